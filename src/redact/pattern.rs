//! The app's own patterns.

use std::{borrow::Cow, ops::Range};

use regex::Regex;

use super::{
    placeholder::{self, REDACTED},
    scan::Rewrite,
};
use crate::error::ConfigError;

/// The app's own patterns.
#[derive(Clone, Default)]
pub(super) struct Patterns(Vec<Regex>);

impl Patterns {
    pub(super) fn add(&mut self, pattern: &str) -> Result<(), ConfigError> {
        self.push(read(pattern)?);
        Ok(())
    }

    pub(super) fn push(&mut self, pattern: Regex) {
        self.0.push(pattern);
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Hides what they match, and says the number of the pattern and the value. A placeholder is
    /// never hidden in part.
    pub(super) fn hide<'t>(&self, text: &'t str, mut hid: impl FnMut(usize, &str)) -> Cow<'t, str> {
        let mut text = Cow::Borrowed(text);
        for (number, pattern) in self.0.iter().enumerate() {
            let matches = pattern.find_iter(&text).map(|found| found.range());
            if let Cow::Owned(changed) = hide_ranges(&text, matches, |value| hid(number, value)) {
                text = Cow::Owned(changed);
            }
        }
        text
    }
}

/// The pattern, or what is wrong with it.
pub(super) fn read(pattern: &str) -> Result<Regex, ConfigError> {
    Regex::new(pattern).map_err(|error| {
        // The last line says what is wrong; those before it repeat the pattern.
        let text = error.to_string();
        let problem = text.lines().last().unwrap_or_default().trim_start_matches("error: ");
        ConfigError::new("hide_pattern", problem.to_owned())
    })
}

/// Hides these parts, which come in order. A placeholder is never hidden in part.
pub(super) fn hide_ranges<'t>(
    text: &'t str,
    parts: impl Iterator<Item = Range<usize>>,
    mut hid: impl FnMut(&str),
) -> Cow<'t, str> {
    let mut rewrite = Rewrite::of(text);
    let mut placeholders = placeholder::all(text).peekable();
    for Range { mut start, mut end } in parts.filter(|part| !part.is_empty()) {
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
            hid(&text[start..end]);
            rewrite.replace(start..end, REDACTED);
        }
    }
    rewrite.finish()
}

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

    fn hide(patterns: &Patterns, text: &str) -> String {
        patterns.hide(text, |_, _| {}).into_owned()
    }

    #[test]
    fn patterns_hide_what_they_match() {
        let patterns = patterns(&[r"INV-\d+", "(?i)acme"]);
        assert_eq!(hide(&patterns, "INV-17 of ACME, INV-"), "[redacted] of [redacted], INV-");
        assert!(matches!(patterns.hide("nothing", |_, _| {}), Cow::Borrowed(_)));
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
            assert_eq!(hide(&patterns, text), shown, "{pattern}");
            assert_eq!(hide(&patterns, shown), shown, "{pattern}, twice");
        }
    }

    #[test]
    fn a_bad_pattern_says_what_is_wrong_and_not_itself() {
        let error = Patterns::default().add("hunter2(").unwrap_err().to_string();
        assert_eq!(error, "hide_pattern: unclosed group");
    }
}
