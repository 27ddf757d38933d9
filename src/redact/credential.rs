//! Credentials behind the name of their scheme: `Bearer eyJ…`, `Basic dXNl…`.

use std::ops::Range;

use super::{
    assignment::{end_of_value, is_gap},
    rules::SCHEMES,
    scan::{Found, without_punctuation},
};

/// Bytes of the shortest scheme with a credential.
pub(super) const SHORTEST: usize = "Basic x".len();

/// The next ones at or behind `from`, without their scheme. `is_secret` says it of a key.
pub(super) fn next(text: &str, mut from: usize, is_secret: impl Fn(&str) -> bool) -> Option<Found> {
    let bytes = text.as_bytes();
    loop {
        let blank =
            from + bytes.get(from..)?.iter().position(|byte| matches!(byte, b' ' | b'\t'))?;
        from = blank + 1;
        let scheme = scheme(&bytes[..blank]);
        let found = scheme.and_then(|scheme| credentials(text, from, scheme, &is_secret));
        if let Some(at) = found {
            return Some(Found::by("credentials", at));
        }
    }
}

/// The scheme that the text ends with, as a word of its own.
fn scheme(text: &[u8]) -> Option<&'static str> {
    let last = text.last()?.to_ascii_lowercase();
    SCHEMES.iter().copied().find(|name| {
        let Some(start) = text.len().checked_sub(name.len()) else {
            return false;
        };
        let alone = start == 0 || !text[start - 1].is_ascii_alphanumeric();
        name.as_bytes().last() == Some(&last)
            && alone
            && text[start..].eq_ignore_ascii_case(name.as_bytes())
    })
}

/// The credentials at `at`, unless what stands there is prose.
fn credentials(
    text: &str,
    at: usize,
    scheme: &str,
    is_secret: impl Fn(&str) -> bool,
) -> Option<Range<usize>> {
    // Of the others a quote is one round a word of the sentence.
    let quotes: &[char] =
        if matches!(scheme, "bearer" | "basic") { &['"', '\'', '`', '<'] } else { &[] };
    let behind = text[at..].trim_start_matches(is_gap).trim_start_matches(quotes);
    let start = text.len() - behind.len();
    let word = word(&text[start..]);
    let secret = match scheme {
        "digest" => word.contains('=') && !word.starts_with("sha"),
        "token" => {
            word.contains('=') || word.len() >= 8 && word.contains(|c: char| c.is_ascii_digit())
        }
        // "Basic Plan2" is a product's name.
        "basic" => word.len() >= 8 && !is_prose(word),
        // `Bearer realm="api"` is what a server asks for.
        _ => !is_prose(word.trim_end_matches('=')),
    };
    let begins = word.starts_with(|c: char| c.is_ascii_alphanumeric() || "+/-._~".contains(c));
    // `Digest username="…", response="…"` goes on to the end of its line.
    let parameters = matches!(scheme, "digest" | "token") && word.contains('=');
    if !secret || !begins || !parameters && is_key(word, &behind[word.len()..], is_secret) {
        return None;
    }
    let end = if parameters {
        text[start..].find('\n').map_or(text.len(), |length| start + length)
    } else {
        // One `=` may be the padding of base64, or that of `client_secret= x7f3a`.
        let name = word.strip_suffix('=').unwrap_or(word);
        end_of_value(text, start..start + name.len()).max(start + word.len())
    };
    Some(start..end)
}

/// `basic client_secret = x7f3a`: what is hidden would be the key, and what shows its value. A word
/// that only a colon follows may be a credential still, unless it is a secret's name.
fn is_key(word: &str, behind: &str, is_secret: impl Fn(&str) -> bool) -> bool {
    // One with a digit spells a short name by chance: `F4CX3GX2VJ0PW8YD`.
    let is_name = word.bytes().all(|b| b.is_ascii_alphabetic() || b"_-.".contains(&b));
    let sign = behind.trim_start_matches(|c| is_gap(c) || "\"'`\\".contains(c));
    // Two credentials may be compared.
    let assigns = sign.starts_with('=') && !sign.starts_with("==");
    is_name && (assigns || sign.starts_with(':') && is_secret(word))
}

/// Up to the next blank, quote or bracket, without the punctuation of the sentence around it.
fn word(text: &str) -> &str {
    let is_end = |c: char| c.is_whitespace() || "\"'`<>,;".contains(c);
    let word = &text[..text.find(is_end).unwrap_or(text.len())];
    without_punctuation(word)
}

/// An ordinary word: lower-case letters, perhaps a capital in front, perhaps with a dash.
pub(super) fn is_prose(word: &str) -> bool {
    let mut letters = word.chars();
    let first = letters.next().is_some_and(|c| c.is_ascii_alphabetic());
    first && word.len() < LONG && letters.all(|c| c.is_ascii_lowercase() || c == '-')
}

/// No ordinary word is that long.
const LONG: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::{keys::Keys, tests::replaced};

    fn hide(text: &str) -> String {
        replaced(text, |text, from| next(text, from, |key| Keys::default().is_secret(key)))
    }

    #[test]
    fn credentials_hide() {
        for (text, shown) in [
            ("Bearer eyJhbGciOi.J9.x-_", "Bearer [redacted]"),
            ("sent 'bearer abc123', got 401", "sent 'bearer [redacted]', got 401"),
            ("(Authorization: Basic dXNlcjpwdw==).", "(Authorization: Basic [redacted])."),
            ("Basic  dXNlcjpwdw== x", "Basic  [redacted] x"),
            ("Bearer\tabc123, Basic \tdXNlcjpwdw==", "Bearer\t[redacted], Basic \t[redacted]"),
            ("Token 9944b09199c62bcf", "Token [redacted]"),
            ("BEARER abcdefghijklmnopqrst", "BEARER [redacted]"),
            ("Digest username=\"bob\", response=\"6629\"\nnext", "Digest [redacted]\nnext"),
            ("Token token=\"abc\", x=\"y\"", "Token [redacted]"),
            (
                "Bearer \"abc123\", Basic 'dXNlcjpwdw=='",
                "Bearer \"[redacted]\", Basic '[redacted]'",
            ),
            ("Bearer a1 Bearer b2", "Bearer [redacted] Bearer [redacted]"),
        ] {
            assert_eq!(hide(text), shown);
            assert_eq!(hide(shown), shown);
        }
    }

    #[test]
    fn prose_stays() {
        for text in [
            "Bearer token missing",
            "basic authentication failed",
            "the Basic Plan2 has ended",
            "unexpected token `}` at 5",
            "token 5 of 9",
            "image digest sha256:abcdef0123",
            "nontoken 9944b09199c62bcf",
            "WWW-Authenticate: Bearer realm=\"api\", error=\"invalid_token\"",
            "Basic ",
            "expected Bearer <token>, found \"Basic\"",
            "unexpected token \"0x1234567\"",
            "bearer",
        ] {
            assert_eq!(hide(text), text);
        }
    }
}
