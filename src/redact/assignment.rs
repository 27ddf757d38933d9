//! `key=value` and `key: value` in free text: connection strings, command lines, Rust's `Debug`,
//! query strings, JSON inside a sentence. One detector for all, by the rules of the keys.
//!
//! It looks at every `=` and `:`, backwards for the key and forwards for the value. Prose stays
//! readable: "invalid token: expected identifier" gives no value, "token: x7f3a" does.

use std::{borrow::Cow, mem, ops::Range};

use super::{
    credential::is_prose,
    keys::{KeyRule, Keys, Verdict},
    placeholder::{self, OPEN, REDACTED},
    rules::{MISHAPS, NAME_KEYS, VALUE_KEY},
    scan::{Rewrite, Scan, is_literal, without_punctuation},
    trail::Why,
};

/// Hides the values of secret keys.
pub(super) fn hide<'t>(scan: Scan<'_>, text: &'t str) -> Cow<'t, str> {
    let mut rewrite = Rewrite::of(text);
    let (mut at, mut done) = (0, 0);
    let (mut strings, mut hidden) = (Strings::default(), 0);
    while let Some(found) = text.as_bytes()[at..].iter().position(|b| matches!(b, b'=' | b':')) {
        let sign = at + found;
        at = sign + 1;
        let Some(separator) = Separator::at(text.as_bytes(), sign) else {
            continue;
        };
        if let Some((name, value_at)) = named(&text[done..], sign - done, separator.end - done)
            && names_secret(scan, name)
            && let Some(value) = value(text, done + value_at, Reading::CERTAIN)
        {
            scan.under(name).hid(Why::Key(KeyRule::Named), &text[value.clone()]);
            (at, done) = (value.end, value.end);
            rewrite.replace(value, REDACTED);
            continue;
        }
        let Some((key, rule)) = secret_key(scan, text, done, sign) else {
            continue;
        };
        if is_place(scan, text, &key, sign) {
            continue;
        }
        let quote = closing_quote(&text[separator.end..]).map(|quote| separator.end + quote);
        let ends = |quote| quote < hidden || strings.are_open(text.as_bytes(), quote);
        if quote.is_some_and(ends) {
            continue;
        }
        let told = is_told(scan, rule, &text[sign..]);
        if told && is_path(&text[..sign], &key) && is_of_path(&text[separator.end..]) {
            continue;
        }
        let is_mishap = is_mishap(&key);
        let behind = &text[separator.end..];
        let doubt = match () {
            () if is_mishap => Doubt::Prose,
            () if !told || separator.assigns => Doubt::Value,
            () => Doubt::of(&key, rule, behind),
        };
        let line = rule == KeyRule::Stem("passphrase");
        let reading = Reading { doubt, header: is_header(key.name), line };
        let Some(value) = value(text, separator.end, reading) else {
            continue;
        };
        let behind = &text[value.end..];
        if is_mishap && is_term(&text[value.clone()]) || told && is_parsed(key.name, behind) {
            continue;
        }
        let name = key.name.rsplit(' ').next().unwrap_or_default();
        scan.under(name).hid(Why::Key(rule), &text[value.clone()]);
        // Whether it opened a string or closed one: what stands behind a closing one has keys.
        let end = if quote.is_some() { value.start } else { value.end };
        (at, done, hidden) = (end, end, value.end);
        if is_cookie(key.name) && text[value.clone()].split(';').any(|c| cookie_name(c).is_some()) {
            cookies(text, value, &mut rewrite);
        } else {
            rewrite.replace(value, REDACTED);
        }
    }
    rewrite.finish()
}

/// The strings of a text, as far as it was read.
#[derive(Default)]
struct Strings {
    read: usize,
    slashes: usize,
    open: bool,
}

impl Strings {
    /// Whether the quote at this place closes one: `user: "token=", password: "x7f3a"`.
    fn are_open(&mut self, text: &[u8], quote: usize) -> bool {
        for byte in &text[self.read.min(quote)..quote] {
            self.open ^= *byte == b'"' && self.slashes.is_multiple_of(2);
            self.slashes = if *byte == b'\\' { self.slashes + 1 } else { 0 };
        }
        self.read = quote.max(self.read);
        self.open && text[quote] == b'"' && self.slashes.is_multiple_of(2)
    }
}

/// Where a quote stands in front of a value that may close a string, by what follows.
fn closing_quote(text: &str) -> Option<usize> {
    let value = text.trim_start_matches(is_gap).trim_start_matches('\\');
    let behind = value.strip_prefix(['"', '\'', '`'])?;
    let closes = behind.is_empty()
        || behind.starts_with(|c: char| c.is_whitespace() || ",;:.>)]}".contains(c));
    closes.then(|| text.len() - value.len())
}

/// The key of a secret before this sign. What was hidden is no part of a key, but may be a whole one:
/// `"pin": token = x7f3a`.
fn secret_key<'r, 't>(
    scan: Scan<'r>,
    text: &'t str,
    hidden: usize,
    sign: usize,
) -> Option<(Key<'t>, KeyRule<'r>)> {
    let before = &text[hidden..sign];
    let (key, whole) = (Key::before(before), Key::before(&text[..sign]));
    // A placeholder's own colon, and what stands behind one: its kind is no key.
    let behind = placeholder::last(before.trim_end_matches(' '));
    if key.name.ends_with(OPEN) || behind.is_some_and(|kind| !kind.is_empty()) {
        return None;
    }
    let whole = Some(whole).filter(|key| hidden > 0 && !key.name.contains(OPEN));
    let key = Key::of_columns(text, sign).unwrap_or(key);
    [Some(key), whole].into_iter().flatten().find_map(|key| match scan.verdict_in_text(key.name) {
        Verdict::Secret(rule) => Some((key, rule)),
        _ => None,
    })
}

/// What a member says that names the value of the next one, and where that begins: `name: "password",
/// value: "x7f3a"`.
fn named(text: &str, sign: usize, name_at: usize) -> Option<(&str, usize)> {
    let key = text[..sign].trim_end_matches(|c| is_gap(c) || "\"'`\\]".contains(c));
    let before = NAME_KEYS.iter().find_map(|name| without_end(key, name))?;
    let outer = last(before, is_key);
    if outer.ends_with(|c: char| c.is_alphanumeric() || "_-".contains(c)) {
        return None;
    }
    let near = first(&text[name_at..], |_| true);
    let name = value(near, 0, Reading::CERTAIN)?;
    let is_between = |c: char| c.is_whitespace() || "\"'`\\,;&".contains(c);
    let behind = near[name.end..].trim_start_matches(is_between);
    // A line break, as it is escaped.
    let behind = behind.strip_prefix("n ").map_or(behind, |line| line.trim_start_matches(' '));
    let member = behind.strip_prefix(outer).unwrap_or(behind);
    let length = VALUE_KEY.len();
    member.get(..length).filter(|member| member.eq_ignore_ascii_case(VALUE_KEY))?;
    let rest = member[length..].trim_start_matches(|c| is_gap(c) || "\"'`\\]".contains(c));
    let sign = near.len() - rest.len();
    rest.starts_with(['=', ':']).then_some(())?;
    let separator = Separator::at(near.as_bytes(), sign)?;
    Some((&near[name], name_at + separator.end))
}

/// The text before this end, in any case.
fn without_end<'t>(text: &'t str, end: &str) -> Option<&'t str> {
    let at = text.len().checked_sub(end.len())?;
    let found = text.get(at..)?.eq_ignore_ascii_case(end);
    found.then(|| &text[..at])
}

/// Whether another value's name is a secret's; no sentence is a name.
fn names_secret(scan: Scan<'_>, name: &str) -> bool {
    let blanks = name.bytes().filter(|byte| *byte == b' ').count();
    blanks <= MOST_BLANKS && scan.rules.keys.is_secret(name)
}

/// Where the value ends whose key was taken for a secret itself: `xoxs-7a8b9c0d_password=x7f3a`. The end
/// of what was taken, if it has none.
pub(super) fn end_of_value(text: &str, taken: Range<usize>) -> usize {
    let behind = text[taken.end..].trim_start_matches(is_gap);
    let sign = text.len() - behind.len();
    let is_key = behind.starts_with(['=', ':']) && Keys::default().is_secret(&text[taken.clone()]);
    let separator = is_key.then(|| Separator::at(text.as_bytes(), sign)).flatten();
    let reading = |tight| if tight { Reading::CERTAIN } else { Reading::default() };
    let value = separator.and_then(|sign| value(text, sign.end, reading(sign.tight)));
    value.map_or(taken.end, |value| value.end)
}

/// Hides what stands beside a secret's name with no sign between: `--password x7` on a command line,
/// and `("password", "x7")`, as `Debug` writes a pair.
pub(super) fn hide_beside<'t>(scan: Scan<'_>, text: &'t str) -> Cow<'t, str> {
    let mut rewrite = Rewrite::of(text);
    let mut at = 0;
    let begins = |byte: &u8| matches!(byte, b'-' | b'(' | b'[');
    while let Some(found) = text.as_bytes()[at..].iter().position(begins) {
        at += found;
        let beside = argument(text, at).or_else(|| pair(text, at));
        at += 1;
        let Some((name, start, value)) = beside else {
            continue;
        };
        // The name first: of the others no value is looked for.
        let verdict = scan.verdict_in_text(name);
        if let Verdict::Secret(rule) = verdict
            && let Some(value) = value(&text[start..])
        {
            let value = start + value.start..start + value.end;
            scan.under(name).hid(Why::Key(rule), &text[value.clone()]);
            at = at.max(value.end);
            rewrite.replace(value, REDACTED);
        }
    }
    rewrite.finish()
}

/// Where a value is that begins here, if it is one.
type ValueOf = fn(&str) -> Option<Range<usize>>;

/// A name behind two dashes, and where what may be its value begins.
fn argument(text: &str, at: usize) -> Option<(&str, usize, ValueOf)> {
    // Of a line of dashes only the first ones.
    let rest = text[at..].strip_prefix("--").filter(|_| !text[..at].ends_with(is_key))?;
    let name = first(rest, is_key);
    let behind = &rest[name.len()..];
    let quoted = behind.trim_start_matches('\\').strip_prefix(['"', '\'']);
    let (value, value_of): (_, ValueOf) = match quoted {
        Some(behind) => {
            (behind.strip_prefix(", ").or_else(|| behind.strip_prefix([',', ' '])), quoted_argument)
        }
        None => (behind.strip_prefix(' '), |text| {
            quoted_argument(text).or_else(|| plain_argument(text))
        }),
    };
    value.map(|value| (name, text.len() - value.len(), value_of))
}

/// A word, unless it is prose.
fn plain_argument(text: &str) -> Option<Range<usize>> {
    let value = word(text);
    let begins = value.starts_with(|c: char| c.is_alphanumeric());
    (begins && !is_ordinary(value)).then_some(0..value.len())
}

/// A string, unless it is the next argument's name or a placeholder.
fn quoted_argument(text: &str) -> Option<Range<usize>> {
    let value = text.trim_start_matches('\\');
    let content = value.strip_prefix(['"', '\''])?;
    let is_other = content.starts_with("--") || content.starts_with('<');
    if is_other { None } else { quoted(text, text.len() - value.len()) }
}

/// A string behind a bracket, and where the one behind it begins.
fn pair(text: &str, at: usize) -> Option<(&str, usize, ValueOf)> {
    let rest = text[at..].strip_prefix(['(', '['])?;
    let quote = rest.trim_start_matches('\\');
    let name = first(quote.strip_prefix('"')?, |c| c != '"' && c != '\\');
    let behind = quote[1 + name.len()..].trim_start_matches('\\').strip_prefix("\",")?;
    let value = behind.strip_prefix(' ').unwrap_or(behind);
    let is_list = text[at..].starts_with('[');
    Some((name, text.len() - value.len(), if is_list { last_of_list } else { string_or_nested }))
}

/// `["password", "x7"]`, but not `["password", "email", "name"]`.
fn last_of_list(text: &str) -> Option<Range<usize>> {
    let value = string_or_nested(text)?;
    let behind = text[value.end..].trim_start_matches(['\\', '"']);
    let is_last = behind.is_empty() || behind.starts_with(']');
    // No subtree is a name, and none is that long.
    let is_name = value.start > 0 && value.len() < LONGEST_KEY;
    (is_last || !is_name).then_some(value)
}

/// The content of the string that begins here, or all of the subtree.
fn string_or_nested(text: &str) -> Option<Range<usize>> {
    match string(text) {
        Some(string) => string,
        None => nested(text).map(|length| 0..length),
    }
}

/// The longest beginning of such characters, within [`LONGEST_KEY`].
fn first(text: &str, is: impl Fn(char) -> bool) -> &str {
    let near = text.char_indices().take_while(|(at, c)| *at < LONGEST_KEY && is(*c));
    &text[..near.last().map_or(0, |(at, c)| at + c.len_utf8())]
}

/// Hides the values of a line of cookies. Their names stay, if they are some.
fn cookies(text: &str, line: Range<usize>, rewrite: &mut Rewrite<'_>) {
    let mut at = line.start;
    for cookie in text[line].split_inclusive(';') {
        let end = at + cookie.trim_end_matches(';').len();
        let value = cookie_name(cookie).map_or(at, |name| at + name.len() + 1);
        rewrite.replace(value..end, REDACTED);
        at += cookie.len();
    }
}

fn cookie_name(cookie: &str) -> Option<&str> {
    let (name, _) = cookie.split_once('=')?;
    let is_sign = |c| is_key(c) || "!#&'*+^`|~".contains(c);
    name.trim_start_matches(' ').chars().all(is_sign).then_some(name)
}

/// `=`, `=>`, `:` or `:=`.
struct Separator {
    end: usize,
    /// `key=value`, with no blank.
    tight: bool,
    /// It is no colon and compares nothing: no prose is written like that.
    assigns: bool,
}

impl Separator {
    fn at(bytes: &[u8], sign: usize) -> Option<Self> {
        let before = sign.checked_sub(1).map(|at| bytes[at]);
        let after = bytes.get(sign + 1).copied();
        match (before, bytes[sign], after) {
            // A comparison, a path of a language, a URL.
            (Some(b'!' | b'<' | b'>' | b'='), b'=', _) => None,
            (Some(b':'), b':', _) | (_, b':', Some(b':')) | (Some(b':'), b'=', _) => None,
            (_, b':', Some(b'/')) if bytes.get(sign + 2) == Some(&b'/') => None,
            (_, b'=', Some(b'=' | b'~')) => {
                Some(Self { end: sign + 2, tight: false, assigns: false })
            }
            (_, b'=', Some(b'>')) | (_, b':', Some(b'=')) => {
                Some(Self { end: sign + 2, tight: false, assigns: true })
            }
            (_, b'=', after) => {
                let tight = after.is_some_and(|after| !after.is_ascii_whitespace());
                Some(Self { end: sign + 1, tight, assigns: true })
            }
            _ => Some(Self { end: sign + 1, tight: false, assigns: false }),
        }
    }
}

struct Key<'t> {
    name: &'t str,
    quoted: bool,
}

impl<'t> Key<'t> {
    /// `Key (tenant, token)=(1, x7f3a) already exists`, as Postgres says it.
    fn of_columns(text: &'t str, sign: usize) -> Option<Self> {
        let before = text[..sign].strip_suffix(')').filter(|_| text[sign..].starts_with("=("))?;
        let name = last(before, |c| is_key(c) || ", \"".contains(c));
        before[..before.len() - name.len()].ends_with('(').then_some(Self { name, quoted: true })
    }

    /// The key that ends the text: a word or a quoted string. One word before it belongs to it, for
    /// "api key" and "primary key".
    fn before(text: &'t str) -> Self {
        let text = text.trim_end_matches(is_gap);
        let inner = text.trim_end_matches(['"', '\'', '`']);
        if inner.len() < text.len() {
            let inner = inner.trim_end_matches('\\');
            return Self { name: last(inner, |c| !"\"'`\\\n".contains(c)), quoted: true };
        }
        let word = last(text, is_key);
        let before = &text[..text.len() - word.len()];
        let first =
            before.strip_suffix(' ').map(|before| last(before, |c| c.is_ascii_alphabetic()));
        let start = before.len() - first.map_or(0, |first| first.len() + 1);
        // The end of an address is no word.
        let name = if text[..start].ends_with(['.', '@']) { word } else { &text[start..] };
        Self { name, quoted: false }
    }
}

/// The longest end of the text of such characters, within [`LONGEST_KEY`].
fn last(text: &str, is: impl Fn(char) -> bool) -> &str {
    let near = text.len().saturating_sub(LONGEST_KEY);
    let start = text.char_indices().rev().take_while(|(at, c)| *at >= near && is(*c)).last();
    &text[start.map_or(text.len(), |(at, _)| at)..]
}

/// A blank within a line.
pub(super) fn is_gap(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\u{a0}')
}

fn is_key(c: char) -> bool {
    c.is_alphanumeric() || "_-.[]%$".contains(c)
}

/// `auth failed: InvalidToken`: of two words the last one says what happened.
fn is_mishap(key: &Key<'_>) -> bool {
    let last = key.name.rsplit_once(' ').filter(|_| !key.quoted);
    last.is_some_and(|(_, last)| MISHAPS.contains(&last))
}

/// What an error is called: `UnknownIssuer`, `invalid_grant`, `401`.
fn is_term(word: &str) -> bool {
    let is_name = word.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_');
    let is_code = word.len() < 4 && word.bytes().all(|b| b.is_ascii_digit());
    word.len() < LONGEST_TERM && (is_name || is_code)
}

/// `column "token": unexpected null`. A value that is written with quotes round its key is one word.
fn begins_sentence(text: &str) -> bool {
    let Some((word, rest)) = text.strip_prefix(' ').and_then(|text| text.split_once(' ')) else {
        return false;
    };
    is_prose(word) && rest.starts_with(|c: char| c.is_ascii_lowercase())
}

/// `src/token.rs:42:5`, `auth.internal:8080`: a line or a port, behind what is a file or a host by its
/// ending or by what stands before it.
fn is_place(scan: Scan<'_>, text: &str, key: &Key<'_>, sign: usize) -> bool {
    let (before, Some(value)) = (&text[..sign], text[sign..].strip_prefix(':')) else {
        return false;
    };
    let Some(before) = before.strip_suffix(key.name).filter(|_| !key.quoted) else {
        return false;
    };
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    let is_number = (1..=MOST_PLACE_DIGITS).contains(&digits)
        && !value[digits..].starts_with(|c: char| is_key(c) && c != '.');
    let is_ending = |end: &str| {
        end.len() > 1
            && end.bytes().all(|b| b.is_ascii_lowercase())
            && !matches!(scan.verdict_in_text(end), Verdict::Secret(_))
    };
    let is_file_or_host = key.name.rsplit_once('.').is_some_and(|(_, end)| is_ending(end));
    is_number && (is_file_or_host || before.ends_with("//"))
}

/// Lines like `Cookie: a=b; c=d`, of which all is secret.
fn is_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with("cookie") || name.ends_with("authorization")
}

fn is_cookie(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with("cookie")
}

/// How a value is read.
#[derive(Clone, Copy, Default)]
struct Reading {
    doubt: Doubt,
    header: bool,
    /// It goes on to the end of its line.
    line: bool,
}

impl Reading {
    const CERTAIN: Self = Self { doubt: Doubt::Value, header: false, line: false };
}

/// What may stand where a value does.
#[derive(Clone, Copy, Default, Eq, PartialEq)]
enum Doubt {
    /// Nothing but a value, whatever the word.
    Value,
    #[default]
    Prose,
    /// Prose, or what an error is called.
    Term,
}

impl Doubt {
    /// What stands behind the colon of a key where an error may be told.
    fn of(key: &Key<'_>, rule: KeyRule<'_>, behind: &str) -> Self {
        match () {
            () if key.quoted && !begins_sentence(behind) => Self::Value,
            () if key.quoted || is_header(key.name) || is_password(rule) => Self::Prose,
            () if behind.starts_with(is_gap) => Self::Term,
            () => Self::Prose,
        }
    }

    /// Whether this word says something else, by what is behind it, too.
    fn explains(self, word: &str, behind: &str) -> bool {
        let is_prose = || is_ordinary(word) || ALGORITHMS.contains(&word);
        match self {
            Self::Value => false,
            Self::Prose => is_prose(),
            Self::Term => is_prose() || is_identifier(word) || is_status(word, behind),
        }
    }
}

/// Whether prose may stand behind this sign: not in what was captured, not for what the app calls a
/// secret, and not behind `password:` without a blank. `token:write` may be a scope.
fn is_told(scan: Scan<'_>, rule: KeyRule<'_>, text: &str) -> bool {
    let is_tight = text[1..].starts_with(|c: char| !c.is_whitespace());
    let is_own = matches!(rule, KeyRule::Own(_));
    scan.tells_errors() && !is_own && !(is_tight && is_password(rule))
}

/// `GET /oauth/token: …`: the key is a segment of a path.
fn is_path(before: &str, key: &Key<'_>) -> bool {
    let outer = before.strip_suffix(key.name).filter(|outer| outer.ends_with('/') && !key.quoted);
    let path = outer.map(|outer| last(outer, |c| !c.is_whitespace()));
    path.is_some_and(|path| path.starts_with('/') || path.contains("://"))
}

/// What is said of a path: a status, or a word without digits.
fn is_of_path(text: &str) -> bool {
    let Some(text) = text.strip_prefix(' ') else {
        return false;
    };
    let word = word(text);
    let behind = &text[word.len()..];
    let is_word = !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphabetic() || b == b'-');
    let opens = behind.trim_start_matches(' ').starts_with(['{', '(', '[', '<', '"', '\'', '`']);
    is_status(word, behind) || is_word && !opens
}

/// `401 Unauthorized`.
fn is_status(word: &str, behind: &str) -> bool {
    let is_code = word.len() == 3 && word.bytes().all(|b| b.is_ascii_digit());
    let name = behind.strip_prefix(' ').unwrap_or_default();
    is_code && name.starts_with(|c: char| c.is_ascii_uppercase())
}

/// `ExpiredSignature`, `invalid_client`: at least two words of three letters.
fn is_identifier(word: &str) -> bool {
    let is_lower = |word: &str| word.len() > 2 && word.bytes().all(|b| b.is_ascii_lowercase());
    let is_snake = || word.contains('_') && word.split('_').all(is_lower);
    word.len() < LONGEST_TERM && (is_camel(word) || is_snake())
}

fn is_camel(word: &str) -> bool {
    let (mut words, mut length) = (0, 3);
    for byte in word.bytes() {
        match byte {
            b'A'..=b'Z' if length > 2 => (words, length) = (words + 1, 1),
            b'a'..=b'z' if words > 0 => length += 1,
            _ => return false,
        }
    }
    words > 1 && length > 2
}

/// `unexpected token: 'foo9' at 3:4` quotes what was parsed.
fn is_parsed(key: &str, behind: &str) -> bool {
    let behind = behind.strip_prefix(['"', '\'', '`']);
    let place = behind.and_then(|behind| behind.strip_prefix(" at "));
    let place = place.map(|place| place.strip_prefix("line ").unwrap_or(place));
    key == "unexpected token"
        && place.is_some_and(|at| at.starts_with(|c: char| c.is_ascii_digit()))
}

fn is_password(rule: KeyRule<'_>) -> bool {
    let (KeyRule::Stem(name) | KeyRule::Word(name)) = rule else {
        return false;
    };
    name.starts_with("pass") && name != "pass" || matches!(name, "pin" | "pw" | "pwd")
}

/// Where the value is that begins at `at`; `None` if there is none, or it is prose or a literal.
fn value(text: &str, at: usize, reading: Reading) -> Option<Range<usize>> {
    let Reading { doubt, header, line } = reading;
    let start = at + text[at..].len() - text[at..].trim_start_matches(is_gap).len();
    let rest = &text[start..];
    if let Some(string) = string(rest) {
        return string.map(|at| start + at.start..start + at.end);
    }
    if let Some(lines) = lines_below(rest, doubt) {
        return Some(start + lines.start..start + lines.end);
    }
    let is_os_error = doubt == Doubt::Term && rest.starts_with("Os { code: ");
    if is_literal(rest) || rest.starts_with('\n') || is_os_error {
        return None;
    }
    if let Some(length) = nested(rest) {
        let more = without_punctuation(word(&rest[length..]).trim_end_matches('\\'));
        return Some(start..start + length + more.len());
    }
    let word = word(rest);
    let shown = is_literal(word) || is_parameter(word) || doubt.explains(word, &rest[word.len()..]);
    if line && !shown {
        let end = rest.find(['\n', '"', '<']).unwrap_or(rest.len());
        return Some(start..start + end);
    }
    if header && word.contains('=') {
        return Some(start..start + rest.find('\n').unwrap_or(rest.len()));
    }
    if header && let Some(end) = credential(&rest[word.len()..]) {
        let (from, end) = (start + word.len(), start + word.len() + end);
        return Some(if shown { from + " ".len()..end } else { start..end });
    }
    let behind = &rest[word.len()..];
    let length = words(behind).filter(|_| doubt == Doubt::Value).unwrap_or_else(|| more(behind));
    (!shown).then(|| start..start + word.len() + length)
}

/// The indented lines below a key of YAML: a block behind `|` or `>`, or a list where no error tells
/// anything.
fn lines_below(text: &str, doubt: Doubt) -> Option<Range<usize>> {
    let block = text.strip_prefix(['|', '>']).map(|text| text.trim_start_matches(['-', '+']));
    let below = block.unwrap_or(text).strip_prefix('\n')?;
    let value = below.trim_start_matches(' ');
    let is_list = doubt == Doubt::Value && (value.starts_with("- ") || value.starts_with(OPEN));
    if value.len() == below.len()
        || value.trim_ascii_start().is_empty()
        || block.is_none() && !is_list
    {
        return None;
    }
    let is_last = |(at, _): &(usize, &str)| !value[at + 1..].starts_with([' ', '\n']);
    let end = value.match_indices('\n').find(is_last).map_or(value.len(), |(at, _)| at);
    let start = text.len() - value.len();
    Some(start..start + value[..end].trim_ascii_end().len())
}

/// The length of the other words of a value in a connection string: `Password=abc x7f3a;Encrypt=yes`.
fn words(behind: &str) -> Option<usize> {
    let words = first(behind, |c| !"=;:,\"'`<>\n".contains(c));
    let next = behind[words.len()..].strip_prefix(';').filter(|_| words.starts_with(' '))?;
    let key = first(next, |c| is_key(c) || c == ' ');
    let is_key = key.starts_with(is_key) && next[key.len()..].starts_with('=');
    is_key.then_some(words.len())
}

/// The length of what a `&` divides from a value and what is no pair of its own: `password=a&b7`.
fn more(behind: &str) -> usize {
    let mut length = 0;
    while let Some(part) = behind[length..].strip_prefix('&') {
        let part = word(part);
        let is_pair = part.contains('=') || behind[length + 1 + part.len()..].starts_with(';');
        if part.is_empty() || is_pair {
            break;
        }
        length += "&".len() + part.len();
    }
    length
}

/// Where the credential ends that stands behind its scheme: `Negotiate YIIZ…`, `Hawk id="…", mac="…"`.
fn credential(behind: &str) -> Option<usize> {
    let rest = behind.strip_prefix(' ')?;
    let next = word(rest);
    let quotes = next.ends_with('=') && rest[next.len()..].starts_with('"');
    let is_one = next.len() > 3 && !is_ordinary(next) && !next.contains('=');
    let begins = next.starts_with(|c: char| c.is_ascii_alphanumeric() || "+/-._~".contains(c));
    match () {
        () if quotes => Some(behind.find('\n').unwrap_or(behind.len())),
        () if begins && is_one => Some(" ".len() + next.len()),
        () => None,
    }
}

/// The content of a quoted string that begins with so many backslashes and a quote. It ends with the
/// string, else with the text.
fn quoted(text: &str, backslashes: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let start = backslashes + 1;
    let quote = bytes[backslashes];
    let (mut slashes, mut doubled) = (0, false);
    for (at, byte) in bytes.iter().enumerate().skip(start) {
        match byte {
            b'\\' => slashes += 1,
            // `'it''s'` in SQL and connection strings.
            _ if mem::take(&mut doubled) => {}
            byte if *byte == quote && slashes == 0 && bytes.get(at + 1) == Some(&quote) => {
                doubled = true;
            }
            byte if *byte == quote && closes(slashes, backslashes) => {
                let content = start..at - slashes.min(backslashes);
                return is_secret_content(&text[content.clone()]).then_some(content);
            }
            _ => slashes = 0,
        }
    }
    (start < text.len()).then_some(start..text.len())
}

/// Whether a quote behind so many backslashes closes a string that opened behind so many: one more of
/// them escapes it, two are a backslash of the string.
fn closes(slashes: usize, opened: usize) -> bool {
    slashes <= opened || (slashes - opened).is_multiple_of(2 * (opened + 1))
}

/// "unexpected token: '}'" quotes no secret.
fn is_secret_content(content: &str) -> bool {
    !is_literal(content) && content.contains(char::is_alphanumeric)
}

/// What the string holds that begins here, if one does: `None` inside if that is no secret.
fn string(text: &str) -> Option<Option<Range<usize>>> {
    let prefix = literal_prefix(text);
    let quote = text[prefix..].trim_start_matches('\\');
    let content = quote
        .starts_with(['"', '\'', '`'])
        .then(|| quoted(&text[prefix..], text.len() - prefix - quote.len()))?;
    Some(content.map(|at| prefix + at.start..prefix + at.end))
}

/// The length of what says of a string what it is: `b"…"`, `r#"…"#`.
fn literal_prefix(text: &str) -> usize {
    let bytes = text.strip_prefix('b').unwrap_or(text);
    let content = bytes.strip_prefix('r').map_or(bytes, |raw| raw.trim_start_matches('#'));
    let quotes = content.trim_start_matches('\\').starts_with(['"', '\'']);
    if quotes { text.len() - content.len() } else { 0 }
}

/// The length of a type's parameters: `<Vec<u8>>`.
fn parameters(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, c) in
        first(text, |c| c.is_alphanumeric() || "_:<>[]()&';, *".contains(c)).char_indices()
    {
        match c {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return if c == '>' { at + 1 } else { 0 };
        }
    }
    0
}

/// The length of `{…}`, `[…]`, `Some(…)` or `Name { … }`, up to the bracket that closes it or the
/// end.
fn nested(text: &str) -> Option<usize> {
    let name = text.bytes().take_while(|b| b.is_ascii_alphanumeric() || b"_:".contains(b)).count();
    let name = name + parameters(&text[name..]);
    let bracket = text[name..].strip_prefix(' ').filter(|rest| rest.starts_with('{'));
    let bracket = bracket.unwrap_or(&text[name..]);
    if !bracket.starts_with(['{', '[', '(']) {
        return None;
    }
    let mut brackets = Brackets::default();
    for (at, byte) in text.bytes().enumerate().skip(text.len() - bracket.len()) {
        brackets.read(byte);
        if brackets.depth == 0 {
            return Some(at + 1);
        }
    }
    Some(text.len())
}

/// The open brackets of a subtree. Those inside strings, as in `Some("p)a")`, are none.
#[derive(Default)]
struct Brackets {
    depth: usize,
    /// The quote that opened a string, and how many backslashes stood before it.
    string: Option<(u8, usize)>,
    slashes: usize,
    /// The last byte that is no blank.
    before: u8,
}

impl Brackets {
    fn read(&mut self, byte: u8) {
        if byte == b'\\' {
            self.slashes += 1;
            return;
        }
        let slashes = mem::take(&mut self.slashes);
        match (self.string, byte) {
            (Some((quote, opened)), _) if byte == quote && closes(slashes, opened) => {
                self.string = None;
            }
            (Some(_), _) => {}
            // An apostrophe opens nothing.
            (None, b'\'') if !b"{[(,:='".contains(&self.before) => {}
            (None, b'"' | b'\'') => self.string = Some((byte, slashes)),
            (None, b'{' | b'[' | b'(') => self.depth += 1,
            (None, b'}' | b']' | b')') => self.depth = self.depth.saturating_sub(1),
            (None, _) => {}
        }
        if byte != b' ' {
            self.before = byte;
        }
    }
}

/// Up to the next blank, quote or separator, without the punctuation of the sentence around it.
fn word(text: &str) -> &str {
    let is_end = |c: char| c.is_whitespace() || "\"'`<>;&".contains(c);
    let word = &text[..text.find(is_end).unwrap_or(text.len())];
    without_punctuation(word)
}

/// `$1` in SQL stands for a value and is none.
fn is_parameter(word: &str) -> bool {
    let number = word.strip_prefix('$').unwrap_or_default();
    (1..3).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit())
}

/// What a sentence says behind a colon: an ordinary word, a short one in capitals (`EOF`), or a small
/// number.
fn is_ordinary(word: &str) -> bool {
    is_prose(word)
        || word.len() < 5 && word.bytes().all(|b| b.is_ascii_uppercase())
        || word.len() < 3 && word.bytes().all(|b| b.is_ascii_digit())
        || !word.contains(char::is_alphanumeric)
}

/// What hashes a password, in `hash password: argon2 failed`.
const ALGORITHMS: &[&str] = &["argon2", "md5", "pbkdf2", "sha1", "sha256", "sha512"];
const LONGEST_TERM: usize = 32;
/// Digits of the longest port.
const MOST_PLACE_DIGITS: usize = 5;
/// Blanks in a value that names another one.
const MOST_BLANKS: usize = 3;
/// Bytes looked back for a key, and on for the value that a name stands before.
const LONGEST_KEY: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::{Rules, scan::Tier};

    fn hide(text: &str) -> String {
        super::hide(Scan::new(&Rules::default(), Tier::Own), text).into_owned()
    }

    fn beside(text: &str) -> String {
        hide_beside(Scan::new(&Rules::default(), Tier::Own), text).into_owned()
    }

    #[test]
    fn values_beside_the_names_of_secrets_hide() {
        for (text, shown) in [
            ("psql --password hunter2 --port 80", "psql --password [redacted] --port 80"),
            ("--api-key 1234567", "--api-key [redacted]"),
            (
                "[(\"a\", \"b\"), (\"token\", \"x7, y\")]",
                "[(\"a\", \"b\"), (\"token\", \"[redacted]\")]",
            ),
            (r#"(\"token\", \"x7\", 1)"#, r#"(\"token\", \"[redacted]\", 1)"#),
        ] {
            assert_eq!(beside(text), shown);
            assert_eq!(beside(shown), shown, "twice");
        }
        for text in [
            "--password <PASSWORD> --port 80, --token is required, --token=abc, '--token' 17",
            "the token -- abc123, -- token abc123",
            "(\"name\", \"bob7\") (token, \"b7\") (\"token\") (\"token\", 5) (\"token\", \"\")",
            "--",
            "-",
            "(",
            "(\"",
            "(\"token\", \"",
            "--token ",
            "--é x7",
            "(\"é",
        ] {
            assert_eq!(beside(text), text);
        }
    }

    #[test]
    fn arguments_and_pairs_hide_whoever_quotes_them() {
        for (text, shown) in [
            (
                r#"run "mysql" "--user" "root" "--password" "hunter2x": exit status: 1"#,
                r#"run "mysql" "--user" "root" "--password" "[redacted]": exit status: 1"#,
            ),
            (r#"args: ["--password", "x7Fq9"]"#, r#"args: ["--password", "[redacted]"]"#),
            (r#"args: [\"--password\",\"x7Fq9\"]"#, r#"args: [\"--password\",\"[redacted]\"]"#),
            ("a '--token' 'x7Fq9' b", "a '--token' '[redacted]' b"),
            (r#"--token "swordfish x7" --id 1"#, r#"--token "[redacted]" --id 1"#),
            ("--token 'x7Fq9'", "--token '[redacted]'"),
            (r#"--token \"x7Fq9\" b"#, r#"--token \"[redacted]\" b"#),
            (r#"body: ["password","x7Fq9"] b"#, r#"body: ["password","[redacted]"] b"#),
            (r#"body: [\"password\", \"x7\"] b"#, r#"body: [\"password\", \"[redacted]\"] b"#),
            (r#"[("client_secret", Some("x7)"))] b"#, r#"[("client_secret", [redacted])] b"#),
            (r#"[("client_secret", b"x7")]"#, r#"[("client_secret", b"[redacted]")]"#),
            (r#"[["token", ["x7"]], ["id", "1"]]"#, r#"[["token", [redacted]], ["id", "1"]]"#),
        ] {
            assert_eq!(beside(text), shown);
            assert_eq!(beside(shown), shown, "twice");
        }
        for text in [
            r#"unexpected argument '--password' found, "--token" "--user" "id", '--token' is "x7""#,
            r#"["password", "email", "name"], ["password"]"#,
            r#"--token "<TOKEN>", --token "", "--token"  x7, "--token""#,
            r#"["password", 5], ("token", None)"#,
        ] {
            assert_eq!(beside(text), text);
        }
    }

    #[test]
    fn values_of_secret_keys_hide() {
        for (text, shown) in [
            ("password=hunter2", "password=[redacted]"),
            ("password = hunter2", "password = [redacted]"),
            ("password: hunter2", "password: [redacted]"),
            ("password:hunter2!", "password:[redacted]!"),
            ("password=swordfish", "password=[redacted]"),
            ("--api-key=abc --port=80", "--api-key=[redacted] --port=80"),
            ("host=db user=bob password=p,w port=1", "host=db user=bob password=[redacted] port=1"),
            ("Server=x;Pwd=a;b", "Server=x;Pwd=[redacted];b"),
            ("a=1&token=abc&b=2", "a=1&token=[redacted]&b=2"),
            ("?%70assword=abc", "?%70assword=[redacted]"),
            (
                "User=sa;Password=abc x7 y;Encrypt=yes b",
                "User=sa;Password=[redacted];Encrypt=yes b",
            ),
            ("Pwd=abc x7;User Id=sa", "Pwd=[redacted];User Id=sa"),
            ("password=abc failed; retry=3", "password=[redacted] failed; retry=3"),
            ("password=abc id=1;a=2", "password=[redacted] id=1;a=2"),
            ("{\"password\":\"a\\\"b\",\"x\":1}", "{\"password\":\"[redacted]\",\"x\":1}"),
            (r#"{\"password\":\"ab\",\"x\":1}"#, r#"{\"password\":\"[redacted]\",\"x\":1}"#),
            ("\"pin\": 1234, \"x\": 1", "\"pin\": [redacted], \"x\": 1"),
            ("User { password: \"a\", id: 1 }", "User { password: \"[redacted]\", id: 1 }"),
            ("User { token: Some(\"a\"), id: 1 }", "User { token: [redacted], id: 1 }"),
            ("User { token: Token { v: \"a\" }, id: 1 }", "User { token: [redacted], id: 1 }"),
            ("tokens: [\"a\", \"b\"] x", "tokens: [redacted] x"),
            ("password=[redacted]x7, y", "password=[redacted], y"),
            ("password: \"[redacted]x7\"", "password: \"[redacted]\""),
            (":password=>\"a1\"", ":password=>\"[redacted]\""),
            ("password := abc1", "password := [redacted]"),
            ("if token == abc123", "if token == [redacted]"),
            ("api key: sk123", "api key: [redacted]"),
            ("\"pin\": token = sk123", "\"pin\": [redacted] = [redacted]"),
            ("bob@example.com key=sk123", "bob@example.com key=[redacted]"),
            ("token: abcdefghijklmnopqrstuvw", "token: [redacted]"),
            ("Cookie: a=b; c=d\nHost: x", "Cookie: a=[redacted]; c=[redacted]\nHost: x"),
            (
                "Set-Cookie: sid=a; HttpOnly; Path=/",
                "Set-Cookie: sid=[redacted];[redacted]; Path=[redacted]",
            ),
            ("cookie: \"a=b; c=d\"", "cookie: \"a=[redacted]; c=[redacted]\""),
            ("Cookie: hunter2", "Cookie: [redacted]"),
            ("Cookie: a/b=c; d/e=f", "Cookie: [redacted]"),
            ("Cookie: a=b; c {\"pin\":\"d\"} e=f", "Cookie: a=[redacted];[redacted]"),
            (
                "Authorization: AWS4 Credential=AK/x, Signature=9f",
                "Authorization: [redacted] Credential=[redacted], Signature=[redacted]",
            ),
            ("Authorization: Negotiate YIIZ1234, no", "Authorization: Negotiate [redacted], no"),
            ("proxy-authorization: NTLM TlRM1234 x", "proxy-authorization: NTLM [redacted] x"),
            ("Authorization: Basic YTpi", "Authorization: Basic [redacted]"),
            ("authorization=Bot abc12345", "authorization=[redacted]"),
            (
                "Authorization: Hawk id=\"dh37\", mac=\"6R4r\"\nHost: x",
                "Authorization: Hawk [redacted]\nHost: x",
            ),
            (
                "AWS4-HMAC-SHA256 Credential=AK/20261123/eu, SignedHeaders=host, Signature=9f",
                "AWS4-HMAC-SHA256 Credential=[redacted], SignedHeaders=host, Signature=[redacted]",
            ),
            ("password=\"unclosed hunter2 word", "password=\"[redacted]"),
            ("\"pin=\\a\":b", "\"pin=[redacted]\":b"),
            ("secret: hunter2\nnext: 1", "secret: [redacted]\nnext: 1"),
            ("{\"token\": swordfish }", "{\"token\": [redacted] }"),
            (
                "Key (tenant, api_token)=(1, abc) already exists",
                "Key (tenant, api_token)=[redacted] already exists",
            ),
            ("set password = 'o''brien7' where", "set password = '[redacted]' where"),
            ("Password=\"a\"\"b7\";x=1", "Password=\"[redacted]\";x=1"),
            ("(password: \"\"\"b7\"\"\")", "(password: \"[redacted]\")"),
            ("password='' token=\"\" pin='a'", "password='' token=\"\" pin='[redacted]'"),
            ("db password=a&b7 user=x", "db password=[redacted] user=x"),
            ("?token=a&amp;b=1&c=2", "?token=[redacted]&amp;b=1&c=2"),
            ("password\t=\thunter2", "password\t=\t[redacted]"),
            ("password\u{a0}:\u{a0}hunter2", "password\u{a0}:\u{a0}[redacted]"),
            (
                "token expired: 7f3a9c1e, api key: abcdefghX",
                "token expired: [redacted], api key: [redacted]",
            ),
            ("db.password:12345 user.pin:1234", "db.password:[redacted] user.pin:[redacted]"),
            ("app.auth.token:12345x", "app.auth.token:[redacted]"),
        ] {
            assert_eq!(hide(text), shown);
            assert_eq!(hide(shown), shown, "twice");
        }
    }

    #[test]
    fn a_bracket_inside_a_string_does_not_end_what_is_hidden() {
        for (text, shown) in [
            (r#"Config { password: Some("p)a&b$7x") }"#, "Config { password: [redacted] }"),
            (
                r#"Session { tokens: Tokens { access: "a}b", refresh: "x7Fq9" }, id: 1 }"#,
                "Session { tokens: [redacted], id: 1 }",
            ),
            (
                r#"400: {"password":{"a":"x}y","b":"x7Fq9"},"id":1}"#,
                r#"400: {"password":[redacted],"id":1}"#,
            ),
            (r#"\"tokens\":[\"a]\\\"]b\",\"x7\"],\"id\":1"#, r#"\"tokens\":[redacted],\"id\":1"#),
            (r#"tokens: ["a\\", "]x7"], id: 1"#, "tokens: [redacted], id: 1"),
            (r#"tokens: ['"', ']', 'x7'], id: 1"#, "tokens: [redacted], id: 1"),
            ("{'tokens': {'a': 'x}y', 'b': 'x7'}, 'id': 1}", "{'tokens': [redacted], 'id': 1}"),
            ("tokens: [it's x7] so", "tokens: [redacted] so"),
            (r#"tokens: ["a]x7, cut"#, "tokens: [redacted]"),
        ] {
            assert_eq!(hide(text), shown);
            assert_eq!(hide(shown), shown, "twice");
        }
    }

    #[test]
    fn a_backslash_at_the_end_of_a_string_shows_no_secret_behind() {
        for (text, shown) in [
            (
                r#"User { password: "a\\", token: "x7Fq9" }"#,
                r#"User { password: "[redacted]", token: "[redacted]" }"#,
            ),
            (
                r#"User { password: "a\\\"b", token: "x7Fq9" }"#,
                r#"User { password: "[redacted]", token: "[redacted]" }"#,
            ),
            (
                r#"{\"password\":\"a\\\\\",\"token\":\"x7\\\"Fq9\"}"#,
                r#"{\"password\":\"[redacted]\",\"token\":\"[redacted]\"}"#,
            ),
        ] {
            assert_eq!(hide(text), shown);
            assert_eq!(hide(shown), shown, "twice");
        }
    }

    #[test]
    fn a_string_that_ends_with_a_key_shields_no_secret_behind() {
        for (text, shown) in [
            (
                r#"Config { url: "https://maps.example.com/api?key=", api_key: "x7Fq9" }"#,
                r#"Config { url: "https://maps.example.com/api?key=", api_key: "[redacted]" }"#,
            ),
            (
                r#"Login { user: "token=", password: "x7Fq9" }"#,
                r#"Login { user: "token=", password: "[redacted]" }"#,
            ),
            (
                r#"Login { hint: "a \"b\" password: ", password: Some("x7Fq9") }"#,
                r#"Login { hint: "a \"b\" password: ", password: [redacted] }"#,
            ),
            (r#"user="token=" password="x7Fq9""#, r#"user="token=" password="[redacted]""#),
            (r#"GET "/api?key=" failed, "a""#, r#"GET "/api?key=" failed, "a""#),
            (r#""token=": "x7Fq9""#, r#""token=": "[redacted]""#),
            (r#"5" user='token=', password='x7Fq9'"#, r#"5" user='token='[redacted]'[redacted]'"#),
            (
                r#"(\"token=\", password: \"x7Fq9\", id: 1)"#,
                r#"(\"token=\"[redacted]\"[redacted]\", id: 1)"#,
            ),
            (r#"password=" x7Fq9""#, r#"password="[redacted]""#),
            (r#"msg: "password=\" x7Fq9\"""#, r#"msg: "password=\"[redacted]\"""#),
            (
                r#"'token=' 'token=', "token=' pin: 'x7Fq9'"#,
                r#"'token=' 'token='[redacted]'[redacted]'[redacted]'"#,
            ),
        ] {
            assert_eq!(hide(text), shown);
            assert_eq!(hide(shown), shown, "twice");
        }
    }

    #[test]
    fn values_hide_with_what_stands_round_them_in_rust() {
        for (text, shown) in [
            (
                r#"LoginRequest { secret: b"x7 Fq9", id: 1 }"#,
                r#"LoginRequest { secret: b"[redacted]", id: 1 }"#,
            ),
            (r#"jwt_secret: b"super secret x7Fq9""#, r#"jwt_secret: b"[redacted]""#),
            ("{'password': b'a x7Fq9', 'id': 1}", "{'password': b'[redacted]', 'id': 1}"),
            (r##"secret = r#"a x7Fq9"#, id"##, r##"secret = r#"[redacted]"#, id"##),
            (r#"(secret: b\"a x7Fq9\", id)"#, r#"(secret: b\"[redacted]\", id)"#),
            (r#"password: SecretBox<str>("a x7Fq9"), id: 1"#, "password: [redacted], id: 1"),
            (r#"password: secrecy::Secret("a x7Fq9"), id: 1"#, "password: [redacted], id: 1"),
            (
                r#"password: Some(b::Secret<Vec<u8>, &'a T> { v: "a x7Fq9" }), id: 1"#,
                "password: [redacted], id: 1",
            ),
            (r#"token: Secret<[u8; 4]> { v: "a x7Fq9" }, id: 1"#, "token: [redacted], id: 1"),
        ] {
            assert_eq!(hide(text), shown);
            assert_eq!(hide(shown), shown, "twice");
        }
    }

    #[test]
    fn values_hide_whose_name_stands_beside_them() {
        for (text, shown) in [
            (
                r#"error: {"name":"password","value":"x7Fq9","id":1}"#,
                r#"error: {"name":"password","value":"[redacted]","id":1}"#,
            ),
            (
                r#"Header { name: "x-api-key", value: "x7Fq9" }"#,
                r#"Header { name: "x-api-key", value: "[redacted]" }"#,
            ),
            (
                r#"EnvVar { name: "DB_PASSWORD", value: Some("x7Fq9"), id: 1 }"#,
                r#"EnvVar { name: "DB_PASSWORD", value: [redacted], id: 1 }"#,
            ),
            (
                r#"KeyValue { key: "api_token", value: "swordfish" }"#,
                r#"KeyValue { key: "api_token", value: "[redacted]" }"#,
            ),
            (
                r#"{\"Name\": \"sid\", \"Value\": \"x7Fq9\", \"id\": 1}"#,
                r#"{\"Name\": \"sid\", \"Value\": \"[redacted]\", \"id\": 1}"#,
            ),
            (
                "{'field': 'card number', 'value': 4111}",
                "{'field': 'card number', 'value': [redacted]}",
            ),
            ("name=password&value=x7Fq9&b=1", "name=password&value=[redacted]&b=1"),
            ("key=password&value=swordfish", "key=password&value=[redacted]"),
            ("name=password, value=x7Fq9", "name=password, value=[redacted]"),
            (
                "fields[0][name]=password&fields[0][value]=x7Fq9",
                "fields[0][name]=password&fields[0][value]=[redacted]",
            ),
            (r#"{"key":"x7Fq9","value":"a"}"#, r#"{"key":"[redacted]","value":"a"}"#),
        ] {
            assert_eq!(hide(text), shown);
            assert_eq!(hide(shown), shown, "twice");
        }
        for text in [
            r#"Header { name: "accept", value: "x7Fq9" }"#,
            r#"[Header { name: "password" }, Other { value: "x7Fq9" }]"#,
            r#"User { user_name: "token", value: "x7Fq9" }"#,
            r#"{ name: "password", value: null }, { name: "the password that you wrote here", value: 7 }"#,
            "name=password&values=x7Fq9, name: token, the value: x7",
            "name=password",
            "name:",
        ] {
            assert_eq!(hide(text), text);
        }
    }

    #[test]
    fn an_ordinary_word_is_a_value_where_no_error_speaks() {
        let mut rules = Rules::default();
        rules.keys.hide("diagnosis");
        for (tier, text, shown) in [
            (Tier::Captured, "password: swordfish", "password: [redacted]"),
            (
                Tier::Captured,
                "user: bob\npassword: letmein\nid: 1",
                "user: bob\npassword: [redacted]\nid: 1",
            ),
            (Tier::Captured, "pin: 42", "pin: [redacted]"),
            (Tier::Captured, "PASSWORD: ABCD", "PASSWORD: [redacted]"),
            (Tier::Captured, "jwt: CorrectHorse", "jwt: [redacted]"),
            (Tier::Captured, "/x/password: swordfish", "/x/password: [redacted]"),
            (
                Tier::Captured,
                "passphrase: correct horse battery\nid: 1",
                "passphrase: [redacted]\nid: 1",
            ),
            (Tier::Error, "password = letmein", "password = [redacted]"),
            (Tier::Error, "password => letmein", "password => [redacted]"),
            (Tier::Error, "token := letmein", "token := [redacted]"),
            (Tier::Error, "password:letmein, id:1", "password:[redacted], id:1"),
            (Tier::Error, "passphrase=correct horse battery", "passphrase=[redacted]"),
            (Tier::Error, "a=\"passphrase = correct horse\" b", "a=\"passphrase = [redacted]\" b"),
            (Tier::Error, "diagnosis: flu", "diagnosis: [redacted]"),
            (Tier::Own, "Diagnosis:   severe flu", "Diagnosis:   [redacted] flu"),
        ] {
            let hide = |text: &str| super::hide(Scan::new(&rules, tier), text).into_owned();
            assert_eq!(hide(text), shown);
            assert_eq!(hide(shown), shown, "twice");
        }
        for (tier, text) in [
            (Tier::Captured, "password: null, token: true, pin: $1"),
            (Tier::Captured, "token expired: InvalidToken"),
            (Tier::Error, "token: expected identifier, passphrase: required for this"),
            (Tier::Error, "if token == other"),
            (Tier::Error, "missing scope token:write, password: required"),
        ] {
            assert_eq!(super::hide(Scan::new(&rules, tier), text), text);
        }
    }

    #[test]
    fn what_an_error_is_called_stays() {
        let mut rules = Rules::default();
        rules.keys.hide("diagnosis");
        let hide = |tier, text: &str| super::hide(Scan::new(&rules, tier), text).into_owned();
        for text in [
            "jwt: ExpiredSignature, creating session: PoolTimedOut",
            "no credentials: CredentialsNotLoaded",
            "secrets-manager: ResourceNotFoundException: not there",
            "certificate: UnknownIssuer; oauth: invalid_client",
            "oauth: 401 Unauthorized",
            "GET /api/session: 503 Service Unavailable",
            "POST /oauth/token: 502 Bad Gateway, /reset-password: 500 Internal Server Error",
            "https://api.example.com/oauth/token: ECONNRESET by peer",
            "hash password: argon2 failed",
            "auth: Os { code: 111, kind: ConnectionRefused, message: \"Connection refused\" }",
            "unexpected token: 'foo9' at 3:4, unexpected token: `x9` at line 3",
        ] {
            assert_eq!(hide(Tier::Error, text), text);
        }
        for (text, shown) in [
            ("password: CorrectHorse", "password: [redacted]"),
            ("password: 401 Unauthorized", "password: [redacted] Unauthorized"),
            ("/etc/password: x7Fq9", "/etc/password: [redacted]"),
            ("user/token: bob/x7Fq9", "user/token: [redacted]"),
            ("/x/token: X9, /x/token: Some(\"a\")", "/x/token: [redacted], /x/token: [redacted]"),
            (
                "/x/token: \"ABCDE\", /x/token: T { a: 1 }",
                "/x/token: \"[redacted]\", /x/token: [redacted]",
            ),
            ("password: hunter2 failed", "password: [redacted] failed"),
            ("token: Expired7Signature", "token: [redacted]"),
            ("token: abCdefGhij", "token: [redacted]"),
            ("oauth: ab_cd_ef", "oauth: [redacted]"),
            ("oauth: 401 unauthorized", "oauth: [redacted] unauthorized"),
            ("oauth: 4017 Unauthorized", "oauth: [redacted] Unauthorized"),
            ("jwt=ExpiredSignature", "jwt=[redacted]"),
            ("jwt:ExpiredSignature", "jwt:[redacted]"),
            ("diagnosis: SevereFlu", "diagnosis: [redacted]"),
            ("auth: Tokens { code: 111 }", "auth: [redacted]"),
            ("unexpected token: 'foo9', no", "unexpected token: '[redacted]', no"),
            ("authorization: CustomScheme", "authorization: [redacted]"),
        ] {
            assert_eq!(hide(Tier::Error, text), shown);
            assert_eq!(hide(Tier::Error, shown), shown, "twice");
        }
        assert_eq!(hide(Tier::Captured, "jwt: ExpiredSignature"), "jwt: [redacted]");
    }

    #[test]
    fn the_lines_below_a_key_of_yaml_hide() {
        let rules = Rules::default();
        let hide = |tier, text: &str| super::hide(Scan::new(&rules, tier), text).into_owned();
        for (tier, text, shown) in [
            (Tier::Error, "password: |\n  x7 Fq9\n  y7\nid: 1", "password: |\n  [redacted]\nid: 1"),
            (Tier::Error, "password: >-\n  x7 Fq9", "password: >-\n  [redacted]"),
            (
                Tier::Captured,
                "passwords:\n  - x7\n  - y7\nid: 1",
                "passwords:\n  [redacted]\nid: 1",
            ),
        ] {
            assert_eq!(hide(tier, text), shown);
            assert_eq!(hide(tier, shown), shown, "twice");
        }
        for text in
            ["password: |\nid: 1", "token:\n  - expected one", "password:\n  0: eof", "password: |"]
        {
            assert_eq!(hide(Tier::Error, text), text);
        }
    }

    #[test]
    fn prose_stays() {
        for text in [
            "invalid token: expected identifier",
            "unexpected token: `}`",
            "unexpected token: '}' at line 3",
            "password: required",
            "expected one or more key=value",
            "(key=value)",
            "a token=false b token=true c token=nil d token=undefined e token=null f",
            "Key (id)=(1) already exists",
            "primary key: 42, sort key=7",
            "max tokens: 512, max_tokens=4096",
            "author: bob7, keyboard=us1",
            "std::token::Foo",
            "auth::login(): failed",
            "missing field `password` at line 1",
            "token: null, secret=None",
            "pass: 12, fail: 3",
            "certificate: has expired",
            "token != abc123",
            "authorization: denied by rule_17, Authorization: missing x-api-key (401)",
            "auth failed: InvalidToken, auth error: ECONNREFUSED, token rejected: 401, session failed: 503",
            "token denied: InvalidScope, token expired: TokenExpired, auth failure: ECONNRESET",
            "session invalid: NoSuchSession, password mismatch: HashMismatch",
            "oauth error: invalid_grant, invalid peer certificate: UnknownIssuer",
            "unexpected token: EOF, found token: NULL",
            "SELECT id FROM sessions WHERE token = $1 AND session_id=$12",
            "panicked at src/auth/token.rs:42:5:",
            "error occurred while decoding column \"password_hash\": unexpected null; try an `Option`",
            "invalid value 'x' for '--token <TOKEN>': must be longer",
            "at /app/src/session.rs:120",
            "auth.internal:8080 refused, https://auth:8443/x, sso.example.com:443.",
            "at 12:30:45 in src/main.rs:42:5",
            "https://example.com",
            "password:",
            "[redacted:iban]=a [redacted:iban] = b",
            "token = ",
            "=:=",
        ] {
            assert_eq!(hide(text), text);
        }
    }
}
