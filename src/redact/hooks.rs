//! The app's own function, which may hide more. It sees only what would be shown, so that it can show
//! nothing that was hidden.

use std::{borrow::Cow, fmt, ops::Range, sync::Arc};

use super::{keys::is_same, pattern::hide_ranges, placeholder::REDACTED};

/// A text that is about to be shown, handed to [`Redactor::hide_with`](crate::Redactor::hide_with).
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    name: &'a str,
    text: &'a str,
}

impl<'a> Shown<'a> {
    /// The key, header or field that it stands under, as it is written; empty where there is none, as in
    /// an error's text. See [`is_named`](Self::is_named).
    #[must_use]
    pub const fn name(&self) -> &'a str {
        self.name
    }

    /// Whether it stands under these words, in any spelling: `memo` is `Memo` too.
    ///
    /// ```
    /// use tower_bell::{Message, Redactor};
    ///
    /// let redactor = Redactor::default().hide_with(|shown| shown.is_named("delivery_note"));
    /// let message = Message::new("sent").field("deliveryNote", "ring twice");
    /// assert_eq!(redactor.message(message).plain_text(), "sent\ndeliveryNote: [redacted]");
    /// ```
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        !self.name.is_empty() && is_same(self.name, name)
    }

    /// What would be shown: everything that other rules hide is a placeholder already.
    #[must_use]
    pub const fn text(&self) -> &'a str {
        self.text
    }
}

/// Not the text.
impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shown").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What a function of the app's own wants hidden of a [`Shown`]: made from a `bool` (all or nothing)
/// or from ranges of its text, in bytes.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Hide {
    /// Nothing.
    #[default]
    Nothing,
    /// All of it.
    All,
    /// These parts. Ranges that the text does not have hide all of it.
    Parts(Vec<Range<usize>>),
}

impl From<bool> for Hide {
    fn from(all: bool) -> Self {
        if all { Self::All } else { Self::Nothing }
    }
}

impl From<Range<usize>> for Hide {
    fn from(part: Range<usize>) -> Self {
        Self::Parts(Vec::from([part]))
    }
}

impl From<Option<Range<usize>>> for Hide {
    fn from(part: Option<Range<usize>>) -> Self {
        part.map_or(Self::Nothing, Self::from)
    }
}

impl From<Vec<Range<usize>>> for Hide {
    fn from(parts: Vec<Range<usize>>) -> Self {
        Self::Parts(parts)
    }
}

type Hook = dyn Fn(&Shown<'_>) -> Hide + Send + Sync;

/// The app's own functions.
#[derive(Clone, Default)]
pub(super) struct Hooks(Vec<Arc<Hook>>);

impl Hooks {
    pub(super) fn add(&mut self, hook: impl Fn(&Shown<'_>) -> Hide + Send + Sync + 'static) {
        self.0.push(Arc::new(hook));
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Hides what they want hidden, and says the value. A panic goes on: who called does not show what
    /// could not be looked at.
    pub(super) fn hide<'t>(
        &self,
        name: &str,
        text: &'t str,
        mut hid: impl FnMut(&str),
    ) -> Cow<'t, str> {
        let mut shown = Cow::Borrowed(text);
        for hook in &self.0 {
            let changed = match hook(&Shown { name, text: &shown }) {
                Hide::Nothing => None,
                Hide::Parts(parts) if are_parts(&parts, &shown) => {
                    match hide_ranges(&shown, joined(parts).into_iter(), &mut hid) {
                        Cow::Owned(changed) => Some(changed),
                        Cow::Borrowed(_) => None,
                    }
                }
                Hide::All if shown.is_empty() => None,
                Hide::All | Hide::Parts(_) => {
                    hid(&shown);
                    Some(REDACTED.to_owned())
                }
            };
            shown = changed.map_or(shown, Cow::Owned);
        }
        shown
    }
}

/// In order, and what overlaps as one.
fn joined(mut parts: Vec<Range<usize>>) -> Vec<Range<usize>> {
    parts.sort_unstable_by_key(|part| part.start);
    parts.dedup_by(|next, last| {
        let overlaps = next.start < last.end;
        if overlaps {
            last.end = last.end.max(next.end);
        }
        overlaps
    });
    parts
}

/// Whether the text has these parts.
fn are_parts(parts: &[Range<usize>], text: &str) -> bool {
    parts.iter().all(|part| text.get(part.clone()).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hide(text: &str, want: impl Fn(&Shown<'_>) -> Hide + Send + Sync + 'static) -> String {
        let mut hooks = Hooks::default();
        hooks.add(want);
        hooks.hide("memo", text, |_| {}).into_owned()
    }

    #[test]
    fn what_the_app_wants_hidden_is_hidden() {
        assert_eq!(hide("a b", |shown| Hide::from(shown.name() == "memo")), "[redacted]");
        assert_eq!(hide("a b", |shown| Hide::from(shown.name() == "note")), "a b");
        assert_eq!(hide("a b", |_| Hide::from(0..1)), "[redacted] b");
        assert_eq!(hide("", |_| Hide::All), "");
    }

    #[test]
    fn ranges_that_are_none_hide_everything() {
        for parts in [Hide::from(0..9), Hide::from(1..2), Hide::from(vec![3..4, 7..8])] {
            assert_eq!(hide("é b c", move |_| parts.clone()), "[redacted]");
        }
    }

    #[test]
    fn ranges_may_come_in_any_order_and_overlap() {
        let parts = || Hide::from(vec![8..9, 0..1, 4..6, 5..7]);
        assert_eq!(hide("a b cde f", move |_| parts()), "[redacted] b [redacted] [redacted]");
    }

    #[test]
    fn a_placeholder_is_never_hidden_in_part() {
        assert_eq!(hide("a [redacted]", |_| Hide::from(0..5)), "[redacted]");
        assert_eq!(hide("[redacted:card]", |_| Hide::from(2..5)), "[redacted:card]");
    }
}
