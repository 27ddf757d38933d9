//! What went through the redactor, and nothing else.

use std::{fmt, ops::Deref};

/// A report or message that went through the [`Redactor`](super::Redactor).
///
/// There is no other way to make one, so what was not redacted cannot be handed to a transport:
///
/// ```compile_fail,E0423
/// use tower_bell::{Message, redact::Redacted};
///
/// let smuggled = Redacted(Message::new("password=hunter2"));
/// ```
///
/// ```
/// use tower_bell::{Message, Redactor, redact::Redacted};
///
/// let redacted: Redacted<Message> = Redactor::default().message(Message::new("hello"));
/// assert_eq!(redacted.text(), "hello");
/// ```
#[derive(Clone, Eq, PartialEq)]
pub struct Redacted<T>(T);

impl<T> Redacted<T> {
    /// Rewrites what was redacted into another form of the same words. `render` and `fit` only: what
    /// `rewrite` adds is not redacted any more.
    pub(crate) fn map<U>(self, rewrite: impl FnOnce(T) -> U) -> Redacted<U> {
        Redacted(rewrite(self.0))
    }

    /// The same thing, lent: for `map` without a clone.
    pub(crate) const fn as_ref(&self) -> Redacted<&T> {
        Redacted(&self.0)
    }
}

impl<T> Deref for Redacted<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: fmt::Debug> fmt::Debug for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Redacted").field(&self.0).finish()
    }
}

impl<T> Redacted<T> {
    /// For the redactor alone.
    pub(super) const fn new(redacted: T) -> Self {
        Self(redacted)
    }
}
