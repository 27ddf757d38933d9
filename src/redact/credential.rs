//! Credentials behind the name of their scheme: `Bearer eyJ…`, `Basic dXNl…`.

use std::{borrow::Cow, ops::Range};

use super::{
    rules::SCHEMES,
    scan::{REDACTED, Rewrite, without_punctuation},
};

/// Hides credentials behind a scheme's name and a blank.
pub(super) fn hide(text: &str) -> Cow<'_, str> {
    let mut rewrite = Rewrite::of(text);
    let mut at = 0;
    while let Some(blank) = text[at..].find(' ').map(|found| at + found) {
        at = blank + 1;
        if let Some(found) = scheme(&text[..blank]).and_then(|name| credentials(text, at, name)) {
            at = found.end;
            rewrite.replace(found, REDACTED);
        }
    }
    rewrite.finish()
}

/// The scheme that the text ends with, as a word of its own.
fn scheme(text: &str) -> Option<&'static str> {
    let bytes = text.as_bytes();
    SCHEMES.iter().copied().find(|name| {
        let Some(start) = bytes.len().checked_sub(name.len()) else {
            return false;
        };
        let alone = start == 0 || !bytes[start - 1].is_ascii_alphanumeric();
        alone && bytes[start..].eq_ignore_ascii_case(name.as_bytes())
    })
}

/// The credentials at `at`, unless what stands there is prose.
fn credentials(text: &str, at: usize, scheme: &str) -> Option<Range<usize>> {
    let start = at + text[at..].len() - text[at..].trim_start_matches(' ').len();
    let word = word(&text[start..]);
    let secret = match scheme {
        "digest" => word.contains('=') && !word.starts_with("sha"),
        "token" => {
            word.contains('=') || word.len() >= 8 && word.contains(|c: char| c.is_ascii_digit())
        }
        // "Basic Plan2" is a product's name.
        "basic" => word.len() >= 8 && !is_prose(word),
        _ => !is_prose(word),
    };
    let begins = word.starts_with(|c: char| c.is_ascii_alphanumeric() || "+/-._~".contains(c));
    if !secret || !begins {
        return None;
    }
    // `Digest username="…", response="…"` goes on to the end of its line.
    let parameters = matches!(scheme, "digest" | "token") && word.contains('=');
    let end = if parameters {
        text[start..].find('\n').map_or(text.len(), |length| start + length)
    } else {
        start + word.len()
    };
    Some(start..end)
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

    #[test]
    fn credentials_hide() {
        for (text, shown) in [
            ("Bearer eyJhbGciOi.J9.x-_", "Bearer [redacted]"),
            ("sent 'bearer abc123', got 401", "sent 'bearer [redacted]', got 401"),
            ("(Authorization: Basic dXNlcjpwdw==).", "(Authorization: Basic [redacted])."),
            ("Basic  dXNlcjpwdw== x", "Basic  [redacted] x"),
            ("Token 9944b09199c62bcf", "Token [redacted]"),
            ("BEARER abcdefghijklmnopqrst", "BEARER [redacted]"),
            ("Digest username=\"bob\", response=\"6629\"\nnext", "Digest [redacted]\nnext"),
            ("Token token=\"abc\", x=\"y\"", "Token [redacted]"),
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
            "Basic ",
            "bearer",
        ] {
            assert_eq!(hide(text), text);
        }
    }
}
