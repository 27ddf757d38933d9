//! A page that is not there.

/// What was asked for, and the page of the same site that links to it, if that is known.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Page {
    pub(crate) path: String,
    pub(crate) from: Option<String>,
}

impl Page {
    /// Characters that count of each, and that are kept.
    pub(crate) const LONGEST: usize = 200;
}
