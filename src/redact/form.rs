//! `key=value` pairs of queries, fragments and form payloads. The keys stay, as they were written.

use std::borrow::Cow;

use super::{
    encoding::{form_decoded, form_encoded, percent_decoded},
    json::looks_like_json,
    keys::{KeyRule, Verdict},
    placeholder::{self, REDACTED},
    rules::WORDS_OF_RANDOM_VALUES,
    scan::{Hiding, Scan, without_half},
    trail::Why,
};

impl<'r> Scan<'r> {
    /// A form payload; `cut` if more of it was not kept.
    pub(super) fn form(self, text: &str, cut: bool) -> Hiding {
        let mut hiding = Hiding::default();
        self.pairs(text, Place::Form { cut }, Before::Nothing, &mut hiding);
        // A key that is shown decoded must not make a document of it, the next time that it is read.
        let begins = hiding.text.find(['[', '{']).filter(|_| looks_like_json(&hiding.text));
        if let Some(at) = begins {
            let sign = if hiding.text[at..].starts_with('[') { "%5B" } else { "%7B" };
            hiding.text.replace_range(at..=at, sign);
        }
        hiding
    }

    /// Pairs divided by `&`, `&amp;` or `;`. What stands before them, and what stands before whatever
    /// follows.
    pub(super) fn pairs(
        self,
        text: &str,
        place: Place,
        mut before: Before,
        into: &mut Hiding,
    ) -> Before {
        let mut rest = text;
        while !rest.is_empty() {
            let end = rest.find(['&', ';']).unwrap_or(rest.len());
            let last = end == rest.len();
            let place = if last { place } else { place.whole() };
            let hidden = self.pair(&rest[..end], before, place, into);
            let separator = ["&amp;", "&", ";"].into_iter().find(|s| rest[end..].starts_with(s));
            let separator = separator.unwrap_or_default();
            into.text.push_str(separator);
            rest = &rest[end + separator.len()..];
            before = match (hidden, separator) {
                (Before::Nothing, _) => Before::Nothing,
                // What is not listed ends where the pair does, but it may have a `;` in it.
                (Before::Unlisted, ";" | "") => Before::Unlisted,
                (Before::Unlisted, _) => Before::Nothing,
                (_, ";") => Before::OpenSecret,
                (..) => Before::Secret,
            };
        }
        before
    }

    /// What it is for the next one.
    fn pair(self, pair: &str, before: Before, place: Place, into: &mut Hiding) -> Before {
        let cut = place == Place::Form { cut: true };
        let (key, value) = match pair.split_once('=') {
            Some((key, value)) if before != Before::OpenSecret => (key, value),
            // A flag, or the rest of a secret that has a `;` or `&` in it, or a cut key.
            _ => {
                // What is hidden already has lost its `=` to a rule that knows no pairs.
                let keys = &self.rules.keys;
                let is_secret =
                    |part: &str| keys.is_secret(part) && placeholder::last(part).is_none();
                let secret = is_secret(pair)
                    || keys.may_know(pair)
                        && is_secret(&self.unfollowed().shown_part(pair, place.of_keys()));
                let shown = if cut { without_half(pair) } else { pair };
                if (secret || before != Before::Nothing) && !pair.is_empty() {
                    self.hide_part(pair, Why::Broken, into);
                } else {
                    self.show_part(shown, place.of_keys(), into);
                }
                return if secret { Before::Secret } else { before };
            }
        };
        self.show_part(key, place.of_keys(), into);
        into.text.push('=');
        let name = form_decoded(key);
        let scan = self.under(&name);
        let (rule, scan) = match self.verdict_of_key(key, place) {
            Verdict::Secret(rule) => (Some(rule), scan),
            Verdict::Unlisted => (Some(KeyRule::Unlisted), scan),
            Verdict::Wanted => (None, scan.wanted()),
            Verdict::Plain => (None, scan),
        };
        let why = rule.map(Why::Key);
        let nameless = before == Before::Secret && key.is_empty();
        let random = (nameless || is_random(key, value)).then_some(Why::Detector("random"));
        if !cut {
            self.field(&name, &form_decoded(value), rule, 0);
        }
        match why.or(random) {
            Some(why) if !value.is_empty() => scan.hide_part(value, why, into),
            _ => {
                if cut {
                    scan.cut_text(&form_decoded(value));
                }
                let shown = if cut { without_half(value) } else { value };
                scan.show_part(shown, place.of_values(), into);
            }
        }
        match rule {
            Some(KeyRule::Unlisted) => Before::Unlisted,
            None if random.is_none() => Before::Nothing,
            _ => Before::Secret,
        }
    }

    /// A key is a secret's as it is shown too, and so the next time that it is read.
    fn verdict_of_key(self, key: &str, place: Place) -> Verdict<'r> {
        let verdict = self.verdict(key);
        if !matches!(verdict, Verdict::Plain) || !self.rules.keys.may_know(key) {
            return verdict;
        }
        match self.verdict(&self.unfollowed().shown_part(key, place.of_keys())) {
            Verdict::Secret(rule) => Verdict::Secret(rule),
            _ => verdict,
        }
    }

    fn hide_part(self, part: &str, why: Why<'_>, into: &mut Hiding) {
        into.hidden += usize::from(part != REDACTED);
        into.text.push_str(REDACTED);
        if self.is_followed() {
            self.hid(why, &form_decoded(part));
            // As it was sent, should a text repeat that.
            self.hid_too(part);
        }
    }

    /// What is seen of a key or value that stays, with or without its encoding. These bytes would be
    /// read as something else here.
    fn shown_part<'t>(self, part: &'t str, signs: &[u8]) -> Cow<'t, str> {
        // Encoded, what cannot be seen would split what is looked for.
        let plain = Self::seen(form_decoded(part));
        match self.deeper() {
            None => Cow::Borrowed(REDACTED),
            Some(deeper) => match deeper.value(&plain) {
                Cow::Borrowed(_) => Cow::Borrowed(part),
                Cow::Owned(shown) => Cow::Owned(form_encoded(&shown, signs)),
            },
        }
    }

    fn show_part(self, part: &str, signs: &[u8], into: &mut Hiding) {
        let shown = self.shown_part(part, signs);
        into.hidden += usize::from(*shown != *part);
        into.text.push_str(&shown);
    }
}

/// Where pairs stand.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Place {
    /// In a payload; `cut` if more of it was not kept.
    Form { cut: bool },
    /// In a URL.
    Url,
}

impl Place {
    /// The same for a pair that is not the last one.
    fn whole(self) -> Self {
        if self == Self::Url { self } else { Self::Form { cut: false } }
    }

    /// What ends a key, and what ends the URL or another part of it.
    fn of_keys(self) -> &'static [u8] {
        if self == Self::Url { b"=/@?\"'`<>" } else { b"=" }
    }

    fn of_values(self) -> &'static [u8] {
        if self == Self::Url { b"/@?\"'`<>" } else { b"" }
    }
}

/// What stands before a pair.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(super) enum Before {
    Nothing,
    /// What the app does not list, and a `;`.
    Unlisted,
    /// A secret pair and a `&`.
    Secret,
    /// A secret pair and a `;`, which for most parsers is a part of its value.
    OpenSecret,
}

/// `code` and `state` of an OAuth answer, but not `?code=DE` and `?state=CA`.
fn is_random(key: &str, value: &str) -> bool {
    let key = percent_decoded(key);
    if !WORDS_OF_RANDOM_VALUES.iter().any(|word| key.eq_ignore_ascii_case(word)) {
        return false;
    }
    // Without its encoding, which has digits of its own.
    let value = placeholder::without(&form_decoded(value));
    value.len() >= SHORTEST_RANDOM && value.contains(|c: char| c.is_ascii_digit())
}

/// Characters of the shortest value that looks random.
const SHORTEST_RANDOM: usize = 16;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::redact::{Rules, scan::Tier, tests::leaks};

    fn form(text: &str, cut: bool) -> String {
        Scan::new(&Rules::default(), Tier::Own).form(text, cut).text
    }

    #[test]
    fn values_of_secret_keys_hide() {
        for (text, shown) in [
            ("name=Alice+B&password=hunter2", "name=Alice+B&password=[redacted]"),
            ("%70assword=x&a=1", "%70assword=[redacted]&a=1"),
            ("p%2561ssword=x", "p%2561ssword=[redacted]"),
            ("a=1;user[password]=x;b=y&c=z", "a=1;user[password]=[redacted];[redacted]&c=z"),
            ("a=1&amp;token=x&amp;b=2", "a=1&amp;token=[redacted]&amp;b=2"),
            ("password=a;bcdefgh&x=1", "password=[redacted];[redacted]&x=1"),
            ("password=&hunter2", "password=&[redacted]"),
            ("passwordhunter2", "[redacted]"),
            ("token==x=y", "token=[redacted]"),
            ("code=4/0AX4XfWh1234567&state=CA", "code=[redacted]&state=CA"),
            ("code=DE&state=abcdefgh12345678", "code=DE&state=[redacted]"),
            ("state=a1+token=b", "state=a1%20token=[redacted]"),
            ("next=postgres%3A%2F%2Fu%3Apw%40h", "next=postgres://[redacted]@h"),
            ("q=Bearer+abc123", "q=Bearer%20[redacted]"),
            ("json=%7B%22pin%22%3A1234%7D", "json={\"pin\":\"[redacted]\"}"),
            ("key%3Dabc1+2&b=c", "key%3D[redacted]%202&b=c"),
            ("a%3DBearer+abc123=x", "a%3DBearer%20[redacted]=[redacted]"),
            ("card=4111+1111+1111+1111", "card=[redacted:card]"),
            ("url=/login?password=x", "url=/login?password=[redacted]"),
            ("a%3Durl%3Dx://u:p@h=b", "a%3Durl%3Dx://[redacted]@h=b"),
            ("tokenizer2=a&tokenizer2", "tokenizer2=a&tokenizer2"),
            ("tokeni:zer2+&a=b", "[redacted]&a=b"),
            ("tokeni:zer2+=a", "tokeni:[redacted]%20=[redacted]"),
        ] {
            assert_eq!(form(text, false), shown);
            assert_eq!(form(shown, false), shown, "twice");
        }
    }

    #[test]
    fn a_form_reads_as_a_form_the_next_time_too() {
        for text in ["%255b%5b%=", "%7B%22pin%22:1=x", "a=1&%5b=2"] {
            let shown = form(text, false);
            assert!(!looks_like_json(&shown), "{shown}");
            assert_eq!(form(&shown, false), shown);
        }
    }

    #[test]
    fn the_rest_stays() {
        for text in [
            "name=Alice+Smith&plan=pro&x=%C3%A9",
            "state=S%C3%A3o%20Paulo&state=CA&code=DE&max_tokens=5&debug&empty=&=x",
            "q=a;b;c&&",
            "",
        ] {
            assert_eq!(form(text, false), text);
        }
    }

    #[test]
    fn a_word_without_a_value_names_nobody() {
        let rules = Rules::default();
        let shown = Scan::new(&rules, Tier::Captured).form("email&a=1", false);
        assert_eq!(shown.text, "email&a=1");
    }

    #[test]
    fn hidden_values_are_counted() {
        let rules = Rules::default();
        let hiding =
            Scan::new(&rules, Tier::Own).form("password=x&token=&a=4111111111111111&b=1", false);
        assert_eq!(hiding.hidden, 2);
    }

    #[test]
    fn a_cut_value_is_left_out() {
        assert_eq!(form("a=1&url=https://u:pw", true), "a=1&url=");
        assert_eq!(form("a=1&password=hun", true), "a=1&password=[redacted]");
        assert_eq!(form("a=see;+postgres://u:hunter2", true), "a=see;", "nor what has no key");
    }

    proptest! {
        #[test]
        fn a_secret_value_never_shows(
            pairs in prop::collection::vec(("[a-z]{1,6}", "[a-z %]{0,9}"), 0..4),
            at in 0usize..4,
            key in prop::sample::select(&["password", "user[api_key]", "%70assword", "access_token"]),
            secret in "[A-Z0-9]{8,20}",
            (place, byte) in (any::<prop::sample::Index>(), prop::option::of(0usize..6)),
        ) {
            let mut pairs: Vec<String> = pairs.iter().map(|(k, v)| format!("{k}={v}")).collect();
            pairs.insert(at.min(pairs.len()), format!("{key}={secret}"));
            let mut text = pairs.join("&");
            // One byte too many or missing, but not in the key: another key is another key.
            let from = text.find(key).unwrap_or_default();
            let place = place.index(text.len());
            let in_key = (from..from + key.len()).contains(&place);
            match byte {
                _ if in_key => {}
                Some(byte) => text.insert(place, char::from(b"=;%+[]"[byte])),
                None if b"&=;%+".contains(&text.as_bytes()[place]) => drop(text.remove(place)),
                None => {}
            }
            for cut in 0..=text.len() {
                let shown = form(&text[..cut], cut < text.len());
                prop_assert!(!leaks(&shown, &secret), "{text} -> {shown}");
            }
        }
    }
}
