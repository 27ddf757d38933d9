//! Why a message was not taken: what the worker must know to decide what comes next.

use std::{borrow::Cow, error::Error, fmt, time::Duration};

/// Why a message was not sent.
///
/// Made by transports with one of the constructors, each of which says what the bell does next.
/// Holds no URL, token or text of the message: only the provider's own code and the HTTP status.
#[derive(Clone, Eq, PartialEq)]
pub struct SendError {
    kind: Kind,
    detail: Cow<'static, str>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Kind {
    /// Nothing was taken; later it may be.
    Transient,
    /// The provider asks for a pause of the whole destination.
    RateLimited(Option<Duration>),
    /// The request went out and no answer came.
    Unknown,
    /// This message will never be taken in this form.
    Rejected,
    /// No message will be taken here until someone changes something.
    Permanent,
    /// The message to be edited or answered is gone.
    LostAnchor,
    /// The bell itself would not take it: empty, closed, no room.
    Refused,
}

impl SendError {
    /// Nothing was posted and trying again may help: no connection, a 5xx. Retried with backoff.
    pub fn transient(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Transient, detail)
    }

    /// The service asks to wait. The whole channel pauses that long (at most an hour, a minute if
    /// unsaid), then the message is tried again.
    pub fn rate_limited(
        retry_after: Option<Duration>,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(Kind::RateLimited(retry_after), detail)
    }

    /// It may or may not have been posted: the request went out and no answer came. Tried once more
    /// after 10 s.
    pub fn unknown_outcome(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Unknown, detail)
    }

    /// The service does not take this message. Resent once as minimal plain text, then counted.
    pub fn rejected(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Rejected, detail)
    }

    /// The destination is gone or the token is wrong: nothing will be taken until someone changes
    /// the configuration. Logged once and counted.
    pub fn permanent(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Permanent, detail)
    }

    /// The message to be edited or answered is not there any more, or is closed to that. It is posted
    /// anew.
    pub fn lost_anchor(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::LostAnchor, detail)
    }

    /// The bell itself would not take it.
    pub(crate) fn refused(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::Refused, detail)
    }

    /// The same in other words: without secrets, on one line.
    pub(crate) fn reworded(self, say: impl FnOnce(&str) -> String) -> Self {
        Self { detail: say(&self.detail).into(), ..self }
    }

    fn new(kind: Kind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, detail: detail.into() }
    }

    /// Trying again later may help.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self.kind, Kind::Transient)
    }

    /// The service asks to wait.
    #[must_use]
    pub const fn is_rate_limited(&self) -> bool {
        matches!(self.kind, Kind::RateLimited(_))
    }

    /// How long the service asks to wait, if it said so.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self.kind {
            Kind::RateLimited(after) => after,
            _ => None,
        }
    }

    /// It may have been posted.
    #[must_use]
    pub const fn is_unknown_outcome(&self) -> bool {
        matches!(self.kind, Kind::Unknown)
    }

    /// This message will never be taken in this form.
    #[must_use]
    pub const fn is_rejected(&self) -> bool {
        matches!(self.kind, Kind::Rejected)
    }

    /// Nothing will be taken here until someone changes something.
    #[must_use]
    pub const fn is_permanent(&self) -> bool {
        matches!(self.kind, Kind::Permanent)
    }

    /// The message to be edited or answered is gone.
    #[must_use]
    pub const fn is_lost_anchor(&self) -> bool {
        matches!(self.kind, Kind::LostAnchor)
    }

    /// The bell itself would not take it: the message is empty, the queue is full, the bell is shut
    /// down.
    #[must_use]
    pub const fn is_refused(&self) -> bool {
        matches!(self.kind, Kind::Refused)
    }
}

impl fmt::Debug for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tower_bell::transport::SendError({:?}: {})", self.kind, self.detail)
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl Error for SendError {}
