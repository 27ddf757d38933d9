//! What is known of each open bracket, and of the value that comes next.

/// What is known of a key.
#[derive(Clone, Copy, Default)]
pub(super) struct Known<'t> {
    pub(super) key: &'t str,
    pub(super) fate: Fate,
    pub(super) is_name: bool,
    pub(super) is_value: bool,
    /// Nothing in it is hidden or has to be removed.
    pub(super) stays: bool,
    /// It stood in double quotes, stays and hides nothing, and nobody wants to know it.
    pub(super) hides_nothing: bool,
    /// The place of the key that came behind it the last time.
    pub(super) next: u8,
}

#[derive(Clone, Copy, Default)]
pub(super) enum Fate {
    #[default]
    Plain,
    Wanted,
    /// Hidden by its key.
    Secret,
    /// Hidden by a name beside it.
    Named,
    /// Hidden if it is a scalar.
    Unlisted,
}

/// One open bracket.
#[derive(Clone, Copy, Default)]
pub(super) struct Frame<'t> {
    pub(super) object: bool,
    /// The last key was `name` or the like.
    pub(super) naming: bool,
    /// In an object, the name that it gave is a secret's; in an array, its first element is.
    pub(super) secret_name: bool,
    /// An element of the array has been read.
    pub(super) begun: bool,
    /// A name has been read.
    pub(super) named: bool,
    /// The last key was `value`.
    pub(super) valuing: bool,
    /// In an array: its key says that what is in it is wanted, or not listed.
    pub(super) wanted: bool,
    pub(super) unlisted: bool,
    /// The last key; in an array, the one that it stands under.
    pub(super) key: &'t str,
    /// A value that is in the output already, should a secret's name follow.
    pub(super) unnamed: Option<Unnamed>,
}

/// Where such a value begins and ends. The end is the beginning while it is being read.
#[derive(Clone, Copy)]
pub(super) struct Unnamed {
    pub(super) start: Mark,
    pub(super) end: Mark,
}

/// A place in the output, and how much is hidden up to it.
#[derive(Clone, Copy)]
pub(super) struct Mark {
    pub(super) text: usize,
    pub(super) hidden: usize,
}
