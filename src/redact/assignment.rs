//! `key=value` and `key: value` in free text: connection strings, command lines, Rust's `Debug`,
//! query strings, JSON inside a sentence. One detector for all, by the rules of the keys.
//!
//! It looks at every `=` and `:`, backwards for the key and forwards for the value. Prose stays
//! readable: "invalid token: expected identifier" gives no value, "token: x7f3a" does.

use std::{borrow::Cow, ops::Range};

use super::{
    credential::is_prose,
    keys::Verdict,
    placeholder::{self, OPEN, REDACTED},
    scan::{Rewrite, Scan, is_literal, without_punctuation},
    trail::Why,
};

/// Hides the values of secret keys.
pub(super) fn hide<'t>(scan: Scan<'_>, text: &'t str) -> Cow<'t, str> {
    let mut rewrite = Rewrite::of(text);
    let (mut at, mut done) = (0, 0);
    while let Some(found) = text.as_bytes()[at..].iter().position(|b| matches!(b, b'=' | b':')) {
        let sign = at + found;
        at = sign + 1;
        let Some(separator) = Separator::at(text.as_bytes(), sign) else {
            continue;
        };
        // What was hidden is no part of a key.
        let before = &text[done..sign];
        let key = Key::before(before);
        // A placeholder's own colon, and what stands behind one: its kind is no key.
        if key.name.ends_with(OPEN) || placeholder::ends(before.trim_end_matches(' ')) {
            continue;
        }
        let Verdict::Secret(rule) = scan.verdict_in_text(key.name) else {
            continue;
        };
        let certain = key.quoted || separator.tight;
        let Some(value) = value(text, separator.end, certain, is_header(key.name)) else {
            continue;
        };
        let name = key.name.rsplit(' ').next().unwrap_or_default();
        scan.under(name).hid(Why::Key(rule), &text[value.clone()]);
        (at, done) = (value.end, value.end);
        if is_cookie(key.name) && text[value.clone()].contains('=') {
            cookies(text, value, &mut rewrite);
        } else {
            rewrite.replace(value, REDACTED);
        }
    }
    rewrite.finish()
}

/// Hides the values of a line of cookies. Their names stay.
fn cookies(text: &str, line: Range<usize>, rewrite: &mut Rewrite<'_>) {
    let mut at = line.start;
    for cookie in text[line].split_inclusive(';') {
        let end = at + cookie.trim_end_matches(';').len();
        let value = cookie.find('=').map_or(at, |equals| at + equals + 1);
        rewrite.replace(value..end, REDACTED);
        at += cookie.len();
    }
}

/// `=`, `=>`, `:` or `:=`.
struct Separator {
    end: usize,
    /// `key=value`: no prose is written like that.
    tight: bool,
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
            (_, b'=', Some(b'=' | b'>' | b'~')) | (_, b':', Some(b'=')) => {
                Some(Self { end: sign + 2, tight: false })
            }
            (_, b'=', Some(after)) => {
                Some(Self { end: sign + 1, tight: !after.is_ascii_whitespace() })
            }
            _ => Some(Self { end: sign + 1, tight: false }),
        }
    }
}

struct Key<'t> {
    name: &'t str,
    quoted: bool,
}

impl<'t> Key<'t> {
    /// The key that ends the text: a word or a quoted string. One word before it belongs to it, for
    /// "api key" and "primary key".
    fn before(text: &'t str) -> Self {
        let text = text.trim_end_matches(' ');
        let inner = text.trim_end_matches(['"', '\'', '`']);
        if inner.len() < text.len() {
            let inner = inner.trim_end_matches('\\');
            return Self { name: last(inner, |c| !"\"'`\\\n".contains(c)), quoted: true };
        }
        let word = last(text, is_key);
        let before = &text[..text.len() - word.len()];
        let name = match before.strip_suffix(' ') {
            Some(before) => {
                let first = last(before, |c| c.is_ascii_alphabetic());
                &text[before.len() - first.len()..]
            }
            None => word,
        };
        Self { name, quoted: false }
    }
}

/// The longest end of the text of such characters, within [`LONGEST_KEY`].
fn last(text: &str, is: impl Fn(char) -> bool) -> &str {
    let near = text.len().saturating_sub(LONGEST_KEY);
    let start = text.char_indices().rev().take_while(|(at, c)| *at >= near && is(*c)).last();
    &text[start.map_or(text.len(), |(at, _)| at)..]
}

fn is_key(c: char) -> bool {
    c.is_alphanumeric() || "_-.[]%$".contains(c)
}

/// Lines like `Cookie: a=b; c=d`, of which all is secret.
fn is_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with("cookie") || name.ends_with("authorization")
}

fn is_cookie(name: &str) -> bool {
    name.to_ascii_lowercase().ends_with("cookie")
}

/// Where the value is that begins at `at`; `None` if there is none, or it is prose or a literal.
fn value(text: &str, at: usize, certain: bool, header: bool) -> Option<Range<usize>> {
    let start = at + text[at..].len() - text[at..].trim_start_matches([' ', '\t']).len();
    let rest = &text[start..];
    let quote = rest.trim_start_matches('\\');
    if quote.starts_with(['"', '\'', '`']) {
        return quoted(rest, rest.len() - quote.len()).map(|at| start + at.start..start + at.end);
    }
    if is_literal(rest) || rest.starts_with('\n') {
        return None;
    }
    if let Some(length) = nested(rest) {
        return Some(start..start + length + word(&rest[length..]).len());
    }
    let word = word(rest);
    let shown = is_literal(word) || !certain && is_ordinary(word);
    if header && word.contains('=') {
        return Some(start..start + rest.find('\n').unwrap_or(rest.len()));
    }
    (!shown).then_some(start..start + word.len())
}

/// The content of a quoted string that begins with so many backslashes and a quote. It ends at the
/// same quote behind no more backslashes, else with the text.
fn quoted(text: &str, backslashes: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let start = backslashes + 1;
    let mut slashes = 0;
    for (at, byte) in bytes.iter().enumerate().skip(start) {
        match byte {
            b'\\' => slashes += 1,
            byte if *byte == bytes[backslashes] && slashes <= backslashes => {
                let content = start..at - slashes;
                return is_secret_content(&text[content.clone()]).then_some(content);
            }
            _ => slashes = 0,
        }
    }
    (start < text.len()).then_some(start..text.len())
}

/// "unexpected token: '}'" quotes no secret.
fn is_secret_content(content: &str) -> bool {
    !is_literal(content) && content.contains(char::is_alphanumeric)
}

/// The length of `{…}`, `[…]`, `Some(…)` or `Name { … }`, up to the bracket that closes it or the
/// end.
fn nested(text: &str) -> Option<usize> {
    let name = text.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
    let bracket = text[name..].strip_prefix(' ').filter(|rest| rest.starts_with('{'));
    let bracket = bracket.unwrap_or(&text[name..]);
    if !bracket.starts_with(['{', '[', '(']) {
        return None;
    }
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate().skip(text.len() - bracket.len()) {
        match byte {
            b'{' | b'[' | b'(' => depth += 1,
            b'}' | b']' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return Some(at + 1);
        }
    }
    Some(text.len())
}

/// Up to the next blank, quote or separator, without the punctuation of the sentence around it.
fn word(text: &str) -> &str {
    let is_end = |c: char| c.is_whitespace() || "\"'`<>;&".contains(c);
    let word = &text[..text.find(is_end).unwrap_or(text.len())];
    without_punctuation(word)
}

/// What a sentence says behind a colon: an ordinary word, or a small number.
fn is_ordinary(word: &str) -> bool {
    is_prose(word)
        || word.len() < 3 && word.bytes().all(|b| b.is_ascii_digit())
        || !word.contains(char::is_alphanumeric)
}

/// Bytes looked back for a key.
const LONGEST_KEY: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::{Rules, scan::Tier};

    fn hide(text: &str) -> String {
        super::hide(Scan::new(&Rules::default(), Tier::Own), text).into_owned()
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
            ("token: abcdefghijklmnopqrstuvw", "token: [redacted]"),
            ("Cookie: a=b; c=d\nHost: x", "Cookie: a=[redacted]; c=[redacted]\nHost: x"),
            (
                "Set-Cookie: sid=a; HttpOnly; Path=/",
                "Set-Cookie: sid=[redacted];[redacted]; Path=[redacted]",
            ),
            ("cookie: \"a=b; c=d\"", "cookie: \"a=[redacted]; c=[redacted]\""),
            ("Cookie: hunter2", "Cookie: [redacted]"),
            (
                "Authorization: AWS4 Credential=AK/x, Signature=9f",
                "Authorization: [redacted] Credential=[redacted], Signature=[redacted]",
            ),
            ("password=\"unclosed hunter2 word", "password=\"[redacted]"),
            ("\"pin=\\a\":b", "\"pin=[redacted]\":b"),
            ("secret: hunter2\nnext: 1", "secret: [redacted]\nnext: 1"),
        ] {
            assert_eq!(hide(text), shown);
            assert_eq!(hide(shown), shown, "twice");
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
