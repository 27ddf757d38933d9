//! The app's own patterns and the configured secrets.

use std::borrow::Cow;

use regex::Regex;

use super::{
    encoding::{percent_encoded, push_escaped},
    scan::{OPEN, REDACTED, Rewrite},
};
use crate::{error::ConfigError, secret::Secret};

/// The app's own patterns.
#[derive(Clone, Default)]
pub(super) struct Patterns(Vec<Regex>);

impl Patterns {
    pub(super) fn add(&mut self, pattern: &str) -> Result<(), ConfigError> {
        let regex = Regex::new(pattern).map_err(|error| {
            // The last line says what is wrong; those before it repeat the pattern.
            let text = error.to_string();
            let problem = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
            ConfigError::new("hide_pattern", problem.to_owned())
        })?;
        self.0.push(regex);
        Ok(())
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Hides what they match. A placeholder is never hidden in part.
    pub(super) fn hide<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut text = Cow::Borrowed(text);
        for pattern in &self.0 {
            if let Cow::Owned(changed) = hide_matches(pattern, &text) {
                text = Cow::Owned(changed);
            }
        }
        text
    }
}

fn hide_matches<'t>(pattern: &Regex, text: &'t str) -> Cow<'t, str> {
    let mut rewrite = Rewrite::of(text);
    let mut placeholders = placeholders(text).peekable();
    for found in pattern.find_iter(text).filter(|found| !found.is_empty()) {
        let (mut start, mut end) = (found.start(), found.end());
        let mut inside = false;
        while let Some((from, to)) = placeholders.peek().copied().filter(|(from, _)| *from < end) {
            if start < to {
                inside |= from <= start && end <= to;
                (start, end) = (start.min(from), end.max(to));
            }
            if to > end || inside {
                break;
            }
            placeholders.next();
        }
        if !inside {
            rewrite.replace(start..end, REDACTED);
        }
    }
    rewrite.finish()
}

/// Where `[redacted]` and `[redacted:…]` stand.
fn placeholders(text: &str) -> impl Iterator<Item = (usize, usize)> {
    text.match_indices(OPEN).filter_map(|(at, _)| {
        let end = text.bytes().skip(at).take(LONGEST_PLACEHOLDER).position(|b| b == b']')?;
        Some((at, at + end + 1))
    })
}

/// The values that the app and its transports named as secret, in the forms they take.
#[derive(Clone)]
pub(super) struct Secrets {
    /// Longest first, so that a part does not leave the rest standing.
    needles: Vec<String>,
    initials: [bool; 256],
}

impl Default for Secrets {
    fn default() -> Self {
        Self { needles: Vec::new(), initials: [false; 256] }
    }
}

impl Secrets {
    pub(super) fn add(&mut self, secret: &Secret) {
        let secret = secret.expose();
        let (parts, password) = url_parts(secret);
        let parts = parts.filter(|part| part.len() >= SHORTEST_PART);
        for text in parts.chain([secret, password]) {
            let encoded =
                percent_encoded(text, |b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
            let mut escaped = String::new();
            push_escaped(&mut escaped, text, '"');
            let lower = lower_case_encoding(&encoded);
            self.needles.extend([text.to_owned(), encoded, lower, escaped]);
        }
        self.needles.retain(|needle| needle.len() >= SHORTEST);
        self.needles.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        self.needles.dedup();
        for needle in &self.needles {
            self.initials[usize::from(needle.as_bytes()[0])] = true;
        }
    }

    pub(super) fn len(&self) -> usize {
        self.needles.len()
    }

    /// Hides them.
    pub(super) fn hide<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.needles.is_empty() {
            return Cow::Borrowed(text);
        }
        let bytes = text.as_bytes();
        let mut rewrite = Rewrite::of(text);
        let mut at = 0;
        while at < bytes.len() {
            match self.at(&bytes[at..]) {
                Some(length) => {
                    rewrite.replace(at..at + length, REDACTED);
                    at += length;
                }
                None => at += 1,
            }
        }
        rewrite.finish()
    }

    /// The length of the secret that the bytes begin with.
    fn at(&self, bytes: &[u8]) -> Option<usize> {
        if !self.initials[usize::from(bytes[0])] {
            return None;
        }
        self.needles.iter().find(|needle| bytes.starts_with(needle.as_bytes())).map(String::len)
    }
}

/// If the secret is a URL: its path with the query and the parts of both; and its password.
fn url_parts(secret: &str) -> (impl Iterator<Item = &str>, &str) {
    let rest = secret.split_once("://").map_or("", |(_, rest)| rest);
    let path_at = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(path_at);
    let userinfo = authority.rsplit_once('@').map_or("", |(userinfo, _)| userinfo);
    let password = userinfo.split_once(':').map_or(userinfo, |(_, password)| password);
    (path.split(['/', '?', '&', '=']).chain([path]), password)
}

fn lower_case_encoding(encoded: &str) -> String {
    let mut lower = String::with_capacity(encoded.len());
    let mut digits = 0;
    for c in encoded.chars() {
        if c == '%' {
            digits = 3;
        }
        lower.push(if digits > 0 { c.to_ascii_lowercase() } else { c });
        digits = usize::saturating_sub(digits, 1);
    }
    lower
}

const LONGEST_PLACEHOLDER: usize = 32;
/// Shorter secrets are not looked for: too much of what is harmless would be hidden.
const SHORTEST: usize = 6;
/// The same for a part of a URL, which may be an ordinary word: `/services/`.
const SHORTEST_PART: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(all: &[&str]) -> Patterns {
        let mut patterns = Patterns::default();
        for pattern in all {
            patterns.add(pattern).unwrap();
        }
        patterns
    }

    fn secrets(all: &[&str]) -> Secrets {
        let mut secrets = Secrets::default();
        for secret in all {
            secrets.add(&Secret::new(*secret));
        }
        secrets
    }

    #[test]
    fn patterns_hide_what_they_match() {
        let patterns = patterns(&[r"INV-\d+", "(?i)acme"]);
        assert_eq!(patterns.hide("INV-17 of ACME, INV-"), "[redacted] of [redacted], INV-");
        assert!(matches!(patterns.hide("nothing"), Cow::Borrowed(_)));
    }

    #[test]
    fn placeholders_are_never_hidden_in_part() {
        for (pattern, text, shown) in [
            (r"\w+", "[redacted]", "[redacted]"),
            (r"\w+", "ab [redacted:card] cd", "[redacted] [redacted:card] [redacted]"),
            ("x .*", "x [redacted] y [redacted]", "[redacted]"),
            (r"x \[red", "x [redacted] y", "[redacted] y"),
            (r"acted\] y", "x [redacted] y z", "x [redacted] z"),
            ("a*", "bab", "b[redacted]b"),
            (".", "é[redacted]", "[redacted][redacted]"),
        ] {
            let patterns = patterns(&[pattern]);
            assert_eq!(patterns.hide(text), shown, "{pattern}");
            assert_eq!(patterns.hide(shown), shown, "{pattern}, twice");
        }
    }

    #[test]
    fn a_bad_pattern_says_what_is_wrong_and_not_itself() {
        let error = Patterns::default().add("hunter2(").unwrap_err().to_string();
        assert_eq!(error, "hide_pattern: unclosed group");
    }

    #[test]
    fn secrets_hide_in_every_form() {
        let secrets = secrets(&["hunter2+\"é", "abcdef", "abcdefghi", "short"]);
        for (text, shown) in [
            ("<hunter2+\"é>", "<[redacted]>"),
            ("hunter2%2B%22%C3%A9", "[redacted]"),
            ("hunter2%2b%22%c3%a9", "[redacted]"),
            ("\"hunter2+\\\"é\"", "\"[redacted]\""),
            ("abcdefghijk abcdefg", "[redacted]jk [redacted]g"),
            ("short", "short"),
        ] {
            assert_eq!(secrets.hide(text), shown);
        }
    }

    #[test]
    fn of_a_url_the_path_and_its_parts_hide_too() {
        let secrets = secrets(&[
            "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
            "https://chat.example/v1/spaces?key=AIzaSyAAAAAAAAAAAAAAA&token=tok",
            "smtp://bell:correct-horse-battery@mail.example",
        ]);
        for text in [
            "POST /services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX",
            "XXXXXXXXXXXXXXXXXXXXXXXX",
            "AIzaSyAAAAAAAAAAAAAAA",
            "correct-horse-battery",
        ] {
            assert!(secrets.hide(text).ends_with("[redacted]"), "{text}");
        }
        for text in ["/services/", "hooks.slack.com", "mail.example", "/v1/spaces"] {
            assert_eq!(secrets.hide(text), text);
        }
    }
}
