//! A page that is not there.

/// The path that was asked for, and that of the page of the same site that links to it, if there is
/// one. Without their queries.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Page {
    pub(crate) path: String,
    pub(crate) from: Option<String>,
}

impl Page {
    /// Characters that are shown of each.
    pub(crate) const LONGEST: usize = 200;
}
