//! What the app called sensitive.

use std::fmt;

/// Values that may not be said of one request, within bounds.
#[derive(Clone, Default, Eq, PartialEq)]
pub(crate) struct Sensitive {
    values: Vec<String>,
    /// There was more than is kept: then nothing may be said.
    more: bool,
}

impl Sensitive {
    pub(crate) fn add(&mut self, value: &str) {
        let value = value.trim();
        let kept: usize = self.values.iter().map(String::len).sum();
        let fits = self.values.len() < MOST && kept + value.len() <= MOST_BYTES;
        if value.len() < SHORTEST || self.values.iter().any(|known| known == value) {
            return;
        }
        if fits {
            self.values.push(value.to_owned());
        } else {
            self.more = true;
        }
    }

    /// There was one that is too large to keep.
    pub(crate) fn overflow(&mut self) {
        self.more = true;
    }

    /// These and those.
    pub(crate) fn extend(&mut self, other: &Self) {
        other.values.iter().for_each(|value| self.add(value));
        self.more |= other.more;
    }

    /// All of them; `None` if there were too many.
    pub(crate) fn values(&self) -> Option<&[String]> {
        (!self.more).then_some(&*self.values)
    }
}

/// Only how many there are.
impl fmt::Debug for Sensitive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sensitive").field(&self.values.len()).finish()
    }
}

/// Values of one request.
pub(crate) const MOST: usize = 64;
/// Bytes of all of them.
const MOST_BYTES: usize = 16 * 1024;
/// Fewer bytes stand in too many words.
const SHORTEST: usize = 3;
