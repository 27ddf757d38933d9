//! The one place that shortens.

use crate::text::Unit;

/// How long a message may be, in one unit.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Limits {
    /// The longest single literal (payload, headers, response).
    pub literal: usize,
    /// The longest text and quote.
    pub text: usize,
    /// The longest message in all.
    pub total: usize,
    /// What the numbers count.
    pub unit: Unit,
}

impl Default for Limits {
    fn default() -> Self {
        Self { literal: 4_000, text: 3_000, total: 12_000, unit: Unit::Chars }
    }
}

impl Limits {
    /// Sets [`total`](Self::total).
    #[must_use]
    pub fn total(mut self, total: usize) -> Self {
        self.total = total;
        self
    }
}
