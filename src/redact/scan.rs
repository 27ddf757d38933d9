//! One look over one string: what is hidden in it by value, and how deep strings stand in strings.

use std::{borrow::Cow, ops::Range};

use super::{Rules, rules::LITERALS};

/// What stands for a hidden value. Of fixed length, because a secret's length is told too.
pub(super) const REDACTED: &str = "[redacted]";

/// How every placeholder begins: `[redacted]`, `[redacted:card]`.
pub(super) const OPEN: &str = "[redacted";

/// How deep JSON, URLs and forms are looked for inside each other.
const DEEPEST: u8 = 4;

/// The rules at work on one string.
#[derive(Clone, Copy)]
pub(super) struct Scan<'r> {
    pub(super) rules: &'r Rules,
    depth: u8,
}

/// A text with what was hidden in it.
#[derive(Debug, Default, Eq, PartialEq)]
pub(super) struct Hiding {
    pub(super) text: String,
    /// How many values were hidden.
    pub(super) hidden: usize,
}

impl<'r> Scan<'r> {
    pub(super) fn new(rules: &'r Rules) -> Self {
        Self { rules, depth: 0 }
    }

    /// Any string that is shown: the configured secrets, JSON inside it, the detectors, the app's
    /// patterns. Borrowed if nothing was hidden.
    pub(super) fn value<'t>(self, text: &'t str) -> Cow<'t, str> {
        let text = self.rules.secrets.hide(text);
        match self.inner_json(&text) {
            Some(json) if json.text == text => text,
            Some(json) => Cow::Owned(json.text),
            None => self.text(text),
        }
    }

    /// Free text: the detectors and the app's patterns.
    pub(super) fn text<'t>(self, text: Cow<'t, str>) -> Cow<'t, str> {
        let signs = Signs::of(&text);
        // First, because what the others hide may be the beginning of a key.
        let text = then(signs.dashes >= super::pem::DASHES, text, super::pem::hide);
        let text = then(signs.run >= super::shape::SHORTEST, text, super::shape::hide);
        let text = then(signs.colon || signs.slash, text, |text| self.urls(text));
        let text = then(signs.blank, text, super::credential::hide);
        let text = then(signs.colon || signs.equals, text, |text| self.assignments(text));
        let text = then(signs.digits >= super::card::FEWEST, text, super::card::hide);
        then(self.rules.patterns.len() > 0, text, |text| self.rules.patterns.hide(text))
    }

    /// The same for a string inside this one; `None` if that is too deep.
    pub(super) fn deeper(self) -> Option<Self> {
        (self.depth < DEEPEST).then_some(Self { depth: self.depth + 1, ..self })
    }

    /// Whether this is a string inside another one.
    pub(super) fn is_inner(self) -> bool {
        self.depth > 0
    }

    fn inner_json(self, text: &str) -> Option<Hiding> {
        if !super::json::looks_like_json(text) {
            return None;
        }
        self.deeper()?.json(text, false)
    }
}

/// Whether the value is none that could be a secret, whatever its key.
pub(super) fn is_literal(value: &str) -> bool {
    value.is_empty() || LITERALS.contains(&value)
}

/// A word without the punctuation of the sentence around it. A placeholder's bracket is none.
pub(super) fn without_punctuation(word: &str) -> &str {
    let placeholder =
        word.rfind(OPEN).map_or(0, |at| at + word[at..].find(']').map_or(0, |to| to + 1));
    let trimmed = word.trim_end_matches([',', '.', ':', '!', '?', ')', ']', '}']);
    &word[..trimmed.len().max(placeholder)]
}

/// What is left of a text that was cut: without the last word, which may be half of something that
/// is known only by its whole, and without the digits before it, which may be half a card number.
pub(super) fn without_half(text: &str) -> &str {
    let whole = text.trim_end_matches(|c: char| !c.is_whitespace());
    let shown = whole.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-' || c == ' ');
    let digits = whole[shown.len()..].contains(|c: char| c.is_ascii_digit());
    if digits { shown } else { whole }
}

/// A text that is copied only if something in it is hidden.
pub(super) struct Rewrite<'t> {
    text: &'t str,
    out: String,
    done: usize,
}

impl<'t> Rewrite<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self { text, out: String::new(), done: 0 }
    }

    /// Replaces a part. Parts come in order; what begins before the end of the last one is cut.
    pub(super) fn replace(&mut self, at: Range<usize>, with: &str) {
        let start = at.start.max(self.done);
        if start >= at.end || &self.text[start..at.end] == with {
            return;
        }
        self.out.push_str(&self.text[self.done..start]);
        self.out.push_str(with);
        self.done = at.end;
    }

    pub(super) fn finish(mut self) -> Cow<'t, str> {
        if self.done == 0 {
            return Cow::Borrowed(self.text);
        }
        self.out.push_str(&self.text[self.done..]);
        Cow::Owned(self.out)
    }
}

/// Applies a detector that answers with a borrowed text if it found nothing.
fn then<'t>(
    wanted: bool,
    text: Cow<'t, str>,
    detector: impl FnOnce(&str) -> Cow<'_, str>,
) -> Cow<'t, str> {
    if !wanted {
        return text;
    }
    let changed = match detector(&text) {
        Cow::Owned(changed) => Some(changed),
        Cow::Borrowed(_) => None,
    };
    changed.map_or(text, Cow::Owned)
}

/// What stands in a text at all, found in one pass, so that most detectors need not run.
#[derive(Default)]
struct Signs {
    blank: bool,
    colon: bool,
    dashes: usize,
    equals: bool,
    slash: bool,
    digits: usize,
    /// The most characters in a row of which tokens are made.
    run: usize,
}

impl Signs {
    fn of(text: &str) -> Self {
        let mut signs = Self::default();
        let mut run = 0;
        for byte in text.bytes() {
            let in_token = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
            run = if in_token { run + 1 } else { 0 };
            signs.run = signs.run.max(run);
            match byte {
                b' ' => signs.blank = true,
                b':' => signs.colon = true,
                b'-' => signs.dashes += 1,
                b'=' => signs.equals = true,
                b'/' => signs.slash = true,
                b'0'..=b'9' => signs.digits += 1,
                _ => {}
            }
        }
        signs
    }
}
