//! Which keys hide their values: of JSON members, query and form pairs, tags, fields, and of
//! `key=value` in texts.

mod filter;

use std::{borrow::Cow, fmt, ops::Range, sync::LazyLock};

use self::filter::Filter;
use super::{
    encoding::percent_decoded,
    placeholder::{self, OPEN},
    rules::{ABOUT, BEFORE_KEY, HARMLESS, NAME_KEYS, PERSONAL_KEYS, STEMS, VALUE_KEY, WORDS},
};
use crate::text::clean;

/// The default keys and the app's own.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys {
    hide: Vec<String>,
    show: Vec<String>,
    /// Of captured values only those of these keys are shown.
    only: Option<Vec<String>>,
    filter: Filter,
}

/// What becomes of a key's value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Verdict<'r> {
    /// No rule names it.
    Plain,
    /// The app wants it shown, whoever it speaks of.
    Wanted,
    /// Hidden, with all that is below it.
    Secret(KeyRule<'r>),
    /// The app shows only what it lists, and this is not: hidden, but what is below it has keys of
    /// its own.
    Unlisted,
}

/// Which rule hides a key's value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum KeyRule<'r> {
    /// There are more letters than are read.
    Endless,
    /// `key`, alone or behind a word that says that it opens something.
    Key,
    /// Another value names it: `{"name": "password", "value": "x"}`.
    Named,
    Own(&'r str),
    Personal(&'static str),
    Stem(&'static str),
    Unlisted,
    Word(&'static str),
}

impl fmt::Display for KeyRule<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Endless => f.write_str("a key that is too long to read"),
            Self::Key => f.write_str("the key word `key`"),
            Self::Named => f.write_str("a name beside it that is a secret's"),
            Self::Own(name) => write!(f, "`hide_key(\"{name}\")`"),
            Self::Personal(name) => write!(f, "the personal key `{name}`"),
            Self::Stem(stem) => write!(f, "the key stem `{stem}`"),
            Self::Unlisted => f.write_str("`show_only`"),
            Self::Word(word) => write!(f, "the key word `{word}`"),
        }
    }
}

impl Keys {
    /// Hides the values of keys with these words in a row, in any spelling.
    pub(super) fn hide(&mut self, name: &str) {
        let name = Key::of(name).to_string();
        self.show.retain(|shown| *shown != name);
        if !name.is_empty() {
            self.hide.push(name);
        }
        self.read_anew();
    }

    /// Shows the values of the keys with exactly these words, in any spelling.
    pub(super) fn show(&mut self, name: &str) {
        let name = Key::of(name).to_string();
        self.hide.retain(|hidden| *hidden != name);
        self.show.push(name);
        self.read_anew();
    }

    /// Shows of captured values only those of keys with exactly these words.
    pub(super) fn show_only(&mut self, name: &str) {
        self.only.get_or_insert_default().push(Key::of(name).to_string());
    }

    /// Nothing is listed yet, and so nothing is shown.
    pub(super) fn show_none(&mut self) {
        self.only.get_or_insert_default();
    }

    pub(super) fn shows_only(&self) -> bool {
        self.only.is_some()
    }

    fn read_anew(&mut self) {
        self.filter = Filter::with(self.hide.iter().chain(&self.show));
    }

    /// What becomes of this key's value. `personal` if what speaks of people is hidden too.
    #[inline]
    pub(super) fn verdict(&self, key: &str, personal: bool) -> Verdict<'_> {
        if self.filter.may_match(key) {
            self.looked_up(&Key::of(key), personal)
        } else {
            Verdict::Plain
        }
    }

    /// The same for a captured value.
    pub(super) fn verdict_of_captured(&self, key: &str, personal: bool) -> Verdict<'_> {
        let Some(only) = &self.only else { return self.verdict(key, personal) };
        let key = Key::of(key);
        // What the app lists it wants to see, whoever it speaks of.
        match self.looked_up(&key, false) {
            Verdict::Secret(rule) => Verdict::Secret(rule),
            _ if only.iter().any(|name| name.as_bytes() == key.letters()) => Verdict::Wanted,
            _ => Verdict::Unlisted,
        }
    }

    /// Whether any rule may know this key, or a part of it. `false` is certain.
    pub(super) fn may_know(&self, key: &str) -> bool {
        self.filter.may_match(key)
    }

    /// Whether the value of this key is a secret, whoever it speaks of.
    pub(super) fn is_secret(&self, key: &str) -> bool {
        matches!(self.verdict(key, false), Verdict::Secret(_))
    }

    #[cold]
    fn looked_up(&self, key: &Key, personal: bool) -> Verdict<'_> {
        if self.show.iter().any(|name| name.as_bytes() == key.letters()) {
            return Verdict::Wanted;
        }
        let own = self.hide.iter().find(|name| key.runs(name.as_bytes()).next().is_some());
        let rule = own.map(|name| KeyRule::Own(name)).or_else(|| key.rule());
        let rule = rule.or_else(|| key.personal().filter(|_| personal));
        rule.map_or(Verdict::Plain, Verdict::Secret)
    }
}

/// Whether the member or attribute gives the name of another one's value; in any case, because .NET
/// writes `Name` and `Value`.
pub(super) fn is_naming(key: &str) -> bool {
    NAME_KEYS.iter().any(|name| key.eq_ignore_ascii_case(name))
}

/// Whether it holds the value that another one names.
pub(super) fn is_valuing(key: &str) -> bool {
    key.eq_ignore_ascii_case(VALUE_KEY)
}

/// Whether both are the same words, in any spelling.
pub(super) fn is_same(key: &str, name: &str) -> bool {
    Key::of(key).letters() == Key::of(name).letters()
}

/// A key in its normal form: lower-case letters and digits, and where its words begin. `userAPIKey`,
/// `user_api-key` and `user[api][key]` are the same three words. Letters beyond ASCII count by the
/// bytes of their lower case; what cannot be seen is not there, and what was hidden names nothing.
struct Key {
    bytes: [u8; LONGEST],
    len: usize,
    /// One bit for each letter: it begins a word.
    starts: u128,
    /// There are more letters than are kept: no sensible key, so its value is hidden.
    endless: bool,
}

impl Key {
    fn of(text: &str) -> Self {
        let text = readable(text);
        let bytes = text.as_bytes();
        let mut key = Self { bytes: [0; LONGEST], len: 0, starts: 0, endless: false };
        let mut before = Class::Other;
        for (at, byte) in bytes.iter().enumerate() {
            let class = Class::of(*byte);
            let next_is_lower = bytes.get(at + 1).is_some_and(u8::is_ascii_lowercase);
            if class != Class::Other {
                key.push(byte.to_ascii_lowercase(), class.begins_word(before, next_is_lower));
            }
            before = class;
        }
        key
    }

    fn push(&mut self, letter: u8, begins_word: bool) {
        self.endless = self.len == LONGEST;
        if let Some(place) = self.bytes.get_mut(self.len) {
            *place = letter;
            self.starts |= u128::from(begins_word) << self.len;
            self.len += 1;
        }
    }

    fn letters(&self) -> &[u8] {
        &self.bytes[..self.len]
    }

    fn rule(&self) -> Option<KeyRule<'static>> {
        if self.endless {
            return Some(KeyRule::Endless);
        }
        let mut found = self.stems().chain(self.secret_words());
        let found = found.find(|(at, _)| !self.is_harmless(at));
        found.filter(|_| !self.is_about()).map(|(_, rule)| rule)
    }

    /// The last words say that it speaks of somebody: `customerEmail`, but not `email_template`.
    fn personal(&self) -> Option<KeyRule<'static>> {
        let ends = |name: &&&str| {
            let start = self.len.checked_sub(name.len());
            self.letters().ends_with(name.as_bytes())
                && start.is_some_and(|start| self.begins_word(start))
        };
        PERSONAL_KEYS.iter().find(ends).map(|name| KeyRule::Personal(name))
    }

    /// Where the strong stems stand, over the words' borders.
    fn stems(&self) -> impl Iterator<Item = (Range<usize>, KeyRule<'static>)> {
        self.letters().iter().enumerate().filter_map(|(at, initial)| {
            let rest = &self.letters()[at..];
            let mut stems = STEMS_BY_INITIAL.with(*initial).iter();
            // The second letter first: it spares most of the comparisons.
            let is_here = |stem: &&&str| {
                rest.get(1) == stem.as_bytes().get(1) && rest.starts_with(stem.as_bytes())
            };
            let stem = stems.find(is_here)?;
            Some((at..at + stem.len(), KeyRule::Stem(stem)))
        })
    }

    /// Where the short words stand, as whole words.
    fn secret_words(&self) -> impl Iterator<Item = (Range<usize>, KeyRule<'static>)> {
        let mut before: &[u8] = &[];
        self.words().filter_map(move |at| {
            let word = &self.letters()[at.clone()];
            let behind = std::mem::replace(&mut before, word);
            let rule = match word {
                // Alone, or behind a word that says that it opens something.
                b"key" => {
                    (self.len == word.len() || is_in(BEFORE_KEY, behind)).then_some(KeyRule::Key)
                }
                word => in_list(WORDS, word).map(KeyRule::Word),
            };
            Some((at, rule?))
        })
    }

    fn is_harmless(&self, at: &Range<usize>) -> bool {
        let covers = |run: Range<usize>| run.start <= at.start && at.end <= run.end;
        HARMLESS.iter().any(|name| self.runs(name.as_bytes()).any(covers))
    }

    /// Speaks about a secret and is none.
    fn is_about(&self) -> bool {
        let last = self.words().last().unwrap_or_default();
        last.start > 0 && is_in(ABOUT, &self.letters()[last])
    }

    /// Where whole words in a row spell `name`.
    fn runs<'a>(&'a self, name: &'a [u8]) -> impl Iterator<Item = Range<usize>> + 'a {
        let runs = self.words().map(|word| word.start..word.start + name.len());
        runs.filter(move |run| {
            self.letters()[run.start..].starts_with(name)
                && (run.end == self.len || self.begins_word(run.end))
        })
    }

    fn words(&self) -> impl Iterator<Item = Range<usize>> {
        let mut end = 0_usize;
        std::iter::from_fn(move || {
            let start = end;
            let behind = self.starts.checked_shr(u32::try_from(start + 1).ok()?).unwrap_or(0);
            let length = 1 + usize::try_from(behind.trailing_zeros()).ok()?;
            end = start.saturating_add(length).min(self.len);
            (start < end).then_some(start..end)
        })
    }

    fn begins_word(&self, at: usize) -> bool {
        self.starts >> at & 1 == 1
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.letters()))
    }
}

/// A key as it is read: without its percent-encoding and without what cannot be seen, and with
/// nothing in the name of a placeholder.
fn readable(text: &str) -> Cow<'_, str> {
    let text = percent_decoded(text);
    let text = if text.contains(OPEN) { Cow::Owned(placeholder::unnamed(&text)) } else { text };
    if text.is_ascii() { text } else { Cow::Owned(lower(&clean(&text))) }
}

/// In lower case, but for the letters that say where words begin; of those beyond ASCII a `_` says it.
fn lower(text: &str) -> String {
    let mut lower = String::with_capacity(text.len());
    let mut before = '_';
    for c in text.chars() {
        if before.is_lowercase() && c.is_uppercase() {
            lower.push('_');
        }
        match c {
            c if c.is_ascii() => lower.push(c),
            // Another letter at the end of a word, and two in capitals.
            'ς' => lower.push('σ'),
            'ß' | 'ẞ' => lower.push_str("ss"),
            c => lower.extend(c.to_lowercase()),
        }
        before = c;
    }
    lower
}

/// Whether a sorted list has the word.
fn is_in(list: &[&str], word: &[u8]) -> bool {
    list.binary_search_by(|item| item.as_bytes().cmp(word)).is_ok()
}

/// The word, if a sorted list has it.
fn in_list(list: &[&'static str], word: &[u8]) -> Option<&'static str> {
    list.binary_search_by(|item| item.as_bytes().cmp(word)).ok().map(|at| list[at])
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Class {
    Lower,
    Upper,
    Digit,
    Other,
}

impl Class {
    fn of(byte: u8) -> Self {
        match byte {
            b'a'..=b'z' | 0x80.. => Self::Lower,
            b'A'..=b'Z' => Self::Upper,
            b'0'..=b'9' => Self::Digit,
            _ => Self::Other,
        }
    }

    /// `api_key`, `apiKey`, `APIKey`, `oauth2`.
    fn begins_word(self, before: Self, next_is_lower: bool) -> bool {
        match (before, self) {
            (Self::Upper, Self::Lower) => false,
            (Self::Upper, Self::Upper) => next_is_lower,
            (before, class) => before != class,
        }
    }
}

/// Letters and digits that a key may have.
const LONGEST: usize = 128;

static STEMS_BY_INITIAL: LazyLock<ByInitial> = LazyLock::new(|| ByInitial::of(STEMS));

/// A list by the first letter: what begins with another one need not be compared.
struct ByInitial([Vec<&'static str>; 128]);

impl ByInitial {
    fn of(list: &[&'static str]) -> Self {
        let with =
            |i| list.iter().copied().filter(move |word| usize::from(word.as_bytes()[0]) == i);
        Self(std::array::from_fn(|i| with(i).collect()))
    }

    fn with(&self, letter: u8) -> &[&'static str] {
        self.0.get(usize::from(letter)).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::{
        Pii, Redactor, Rules,
        scan::{Scan, Tier},
    };

    /// What is seen of a value that stands under this key in a request.
    fn captured(key: &str) -> String {
        shown(key, &Rules::default(), Tier::Captured)
    }

    fn shown(key: &str, rules: &Rules, tier: Tier) -> String {
        let pair = format!("{key}=x7f3a");
        let shown = Scan::new(rules, tier).form(&pair, false).text;
        shown[key.len() + 1..].to_owned()
    }

    #[test]
    fn keys_of_secrets_hide() {
        // One row for each row of the rules, and the spellings.
        for key in [
            "accesskeyid myaccountkey apikey client_assertion authorization mybearer cardNumber",
            "tlsCertificate clientcertpem codeVerifier connectionString setcookie credentials",
            "creditcard _csrf encryptionkey idjwt MYSQLPWD oidcstate passphrase passwd",
            "password passwort privateKey rsaprivatekeys recoveryCodes samlrequest samlresponse secret",
            "securitycode usersessionid signature id_rsa_sshkey subscriptionkey token twofactor",
            "webhookurl X-XSRF",
            "auth crypt cvc cvv hmac iban mfa nonce oauth otp pass PHPSESSID pin pw pwd salt saml",
            "session sid sig ssn sso totp",
            "access_key account-key admin_key api.key app_key auth_key aws_key client_key",
            "consumer_key decryption_key deploy_key encryption_key license_key master_key",
            "merchant_key private_key root_key secret_key service_key shared_key signing_key",
            "ssh_key storage_key subscription_key webhook_key key",
            "userPIN dbPassword DB_PASSWORD user[password] password[0] %70assword %2570assword",
            "APIKey xApiKey X-Api-Key access_token refreshToken id_token JSESSIONID __Secure-sid",
            "p-a-s-s-w-o-r-d pass%20word oauth2 newPassword2 gift_certificate_token",
            "max_tokens_secret stripe_secret_key connect.sid aws_secret_access_key",
            "PGPASSWORD SECRET_KEY_BASE X-Amz-Credential X-Amz-Security-Token X-Goog-Signature",
        ]
        .iter()
        .flat_map(|line| line.split(' '))
        {
            assert!(Keys::default().is_secret(key), "{key}");
            assert_eq!(captured(key), "[redacted]", "{key}");
        }
        assert!(Keys::default().is_secret("contraseñaPIN"));
        assert!(Keys::default().is_secret("pass word"));
        assert!(Keys::default().is_secret("pass\u{200b}word"));
    }

    #[test]
    fn keys_that_only_sound_like_it_stay() {
        for key in [
            "author authority keyboard monkey passenger shipping compass assigned accept",
            "max_tokens maxTokens min_tokens total_tokens prompt_tokens completion_tokens",
            "input_tokens output_tokens max_output_tokens cached_tokens tokens_used",
            "cache_key sort_key primary_key public_key idempotency_key foreign_key keys",
            "gift_certificate peer_certificate secretariat secretary tokenizer tokenization code state",
            "hash_algorithm token_algorithm token_created_at token_count mfa_enabled",
            "token_expires token_expiry password_length token_limit auth_method",
            "signature_required certificate_status session_type type status",
            "name user_id email order_number sha256 uuid created_at passed spine pinned",
        ]
        .iter()
        .flat_map(|line| line.split(' '))
        {
            assert!(!Keys::default().is_secret(key), "{key}");
            assert_eq!(Redactor::default().text(&format!("{key}=x7f3a")), format!("{key}=x7f3a"));
        }
        assert!(!Keys::default().is_secret(""));
        assert!(!Keys::default().is_secret("ключ"));
    }

    #[test]
    fn keys_that_speak_of_people_hide_in_what_was_captured() {
        let show = Rules { pii: Pii::Show, ..Rules::default() };
        // One for each row of the rules. Those that end in `ip` stand in one word, because in several
        // `ip` alone hides them.
        for key in [
            "cfconnectingip clientip customerEmail email_address Forwarded cf-connecting-ip",
            "ipAddress workMail user[mobile] mobile-number homePhone phone_number realip",
            "REMOTE_ADDR trueclientip X-Forwarded-For",
            "email e-mail ip ip_address x_real_ip true-client-ip remote_addr phone",
        ]
        .iter()
        .flat_map(|line| line.split(' '))
        {
            assert_eq!(captured(key), "[redacted]", "{key}");
            assert_eq!(shown(key, &Rules::default(), Tier::Own), "x7f3a", "{key} of the app");
            assert_eq!(shown(key, &show, Tier::Captured), "x7f3a", "{key} if people are shown");
        }
        for key in [
            "email_template emails mailbox gmail mobile_app phone_model microphone telephony zip",
            "ship ip_version membership forwarded_at client_ips",
        ]
        .iter()
        .flat_map(|line| line.split(' '))
        {
            assert_eq!(captured(key), "x7f3a", "{key}");
        }
    }

    #[test]
    fn an_endless_key_hides() {
        assert!(!Keys::default().is_secret(&"ab".repeat(64)));
        assert!(Keys::default().is_secret(&"ab".repeat(65)));
    }

    #[test]
    fn the_app_hides_and_shows_keys_of_its_own() {
        let mut keys = Keys::default();
        keys.hide("national_id");
        keys.show("session");
        for key in ["national_id", "nationalId", "user.national-id", "NATIONALID", "national_id_2"]
        {
            assert!(keys.is_secret(key), "{key}");
        }
        assert!(!keys.is_secret("international_idea"));
        assert!(!keys.is_secret("Session"));
        assert!(keys.is_secret("session_id"), "only exactly what was named is shown");
    }

    #[test]
    fn keys_of_any_letters_are_hidden_and_shown() {
        for (name, keys) in [
            ("größe", "größe GRÖSSE GRÖßE meine_größe meineGröße größe_2 gr%C3%B6%C3%9Fe"),
            ("straße", "straße Straße STRAẞE"),
            ("prénom", "prénom PRÉNOM user[prénom] prénomComplet"),
            ("Contraseña", "contraseña CONTRASEÑA nueva-contraseña"),
            ("пароль", "пароль Пароль ПАРОЛЬ новыйПароль"),
            ("名前", "名前 user_名前"),
            ("κωδικός", "κωδικός ΚΩΔΙΚΌΣ"),
            ("новый_пароль", "новый_пароль новыйПароль НовыйПароль новый-пароль"),
        ] {
            let mut hiding = Keys::default();
            hiding.hide(name);
            for key in keys.split(' ') {
                assert!(hiding.is_secret(key), "{key}");
            }
            let rule = match hiding.verdict(name, false) {
                Verdict::Secret(rule) => rule.to_string(),
                other => format!("{other:?}"),
            };
            let name = name.to_lowercase().replace('ß', "ss").replace('ς', "σ").replace('_', "");
            assert_eq!(rule, format!("`hide_key(\"{name}\")`"));
        }
        let mut keys = Keys::default();
        keys.hide("größe");
        keys.show("größe");
        keys.show_only("Prénom");
        assert!(!keys.is_secret("größe"), "the last word counts");
        assert!(matches!(keys.verdict_of_captured("GRÖßE", true), Verdict::Unlisted));
        assert!(matches!(keys.verdict_of_captured("PRÉNOM", true), Verdict::Wanted));
        for key in ["große", "größen", "vergrößert", "gro", "straßenname"] {
            keys.hide("größe");
            keys.hide("straße");
            assert!(!keys.is_secret(key), "{key}");
        }
    }

    #[test]
    fn the_last_word_about_a_key_counts() {
        let mut keys = Keys::default();
        keys.show("plan");
        keys.hide("plan");
        assert!(keys.is_secret("plan"));
        keys.show("plan");
        assert!(!keys.is_secret("plan"));
        keys.hide("");
        assert!(!keys.is_secret("anything"), "an empty name hides nothing");
    }

    #[test]
    fn the_words_are_sorted() {
        for list in [ABOUT, BEFORE_KEY, HARMLESS, STEMS, WORDS] {
            assert!(list.is_sorted());
        }
    }
}
