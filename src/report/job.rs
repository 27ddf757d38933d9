//! What a scheduled job says of a run that went well.

use std::{borrow::Cow, fmt};

use crate::text::shown;

/// Counts that a [`Summary`] keeps; further ones are left out, and the message says so.
pub const MOST_COUNTS: usize = 20;
/// Notes that a [`Summary`] keeps; further ones are left out, and the message says so.
pub const MOST_NOTES: usize = 10;

/// What a scheduled job did, in numbers and words: what it returns, for its message.
///
/// ```
/// use tower_bell::Summary;
///
/// let summary = Summary::new().count("sent", 312).count("bounced", 4).note("slower than usual");
/// # let _ = summary;
/// ```
///
/// Names and notes are cut at 4 KiB each and redacted like every message of the app's own.
#[derive(Clone, Default, Eq, Hash, PartialEq)]
pub struct Summary {
    pub(crate) counts: Vec<(Cow<'static, str>, u64)>,
    pub(crate) notes: Vec<String>,
    /// Counts and notes that had no room.
    pub(crate) left_out: usize,
}

impl Summary {
    /// A summary that says nothing yet.
    #[must_use = "a summary says nothing unless the job returns it"]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a number by name, at most [`MOST_COUNTS`]. A name given twice keeps the later number.
    #[must_use = "a summary says nothing unless the job returns it"]
    pub fn count(mut self, name: impl Into<Cow<'static, str>>, number: u64) -> Self {
        let name = bounded(name.into());
        let room = self.counts.len() < MOST_COUNTS;
        match self.counts.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = number,
            None if room => self.counts.push((name, number)),
            None => self.left_out += 1,
        }
        self
    }

    /// Adds a line of text, at most [`MOST_NOTES`].
    #[must_use = "a summary says nothing unless the job returns it"]
    pub fn note(mut self, text: impl fmt::Display) -> Self {
        if self.notes.len() < MOST_NOTES {
            self.notes.push(shown(&text));
        } else {
            self.left_out += 1;
        }
        self
    }
}

/// Its words are not redacted yet and stay out of every log.
impl fmt::Debug for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Summary")
            .field("counts", &self.counts.len())
            .field("notes", &self.notes.len())
            .finish_non_exhaustive()
    }
}

fn bounded(name: Cow<'static, str>) -> Cow<'static, str> {
    match name {
        Cow::Owned(name) => shown(&name).into(),
        borrowed => borrowed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_room_is_counted() {
        let mut summary = Summary::new();
        for i in 0..30 {
            summary = summary.count(format!("c{i}"), i).note(i);
        }
        assert_eq!((summary.counts.len(), summary.notes.len()), (MOST_COUNTS, MOST_NOTES));
        assert_eq!(summary.left_out, 10 + 20);
    }

    #[test]
    fn a_name_given_twice_keeps_the_later_number() {
        let summary = Summary::new().count("sent", 1).count("sent", 2);
        assert_eq!(summary.counts, [("sent".into(), 2)]);
    }

    #[test]
    fn a_long_note_is_cut_between_words_and_debug_says_none_of_it() {
        let summary = Summary::new().note("hunter2 ".repeat(200_000));
        assert!(summary.notes[0].len() <= 4_100 && summary.notes[0].ends_with(" …"));
        assert_eq!(format!("{summary:?}"), "Summary { counts: 0, notes: 1, .. }");
    }
}
