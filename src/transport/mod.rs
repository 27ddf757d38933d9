//! How it is said there: one folder or file per service.
//!
//! | module | service | feature | edits | threads | mentions | can be silent | needs |
//! |---|---|---|---|---|---|---|---|
//! | [`console`] | a terminal | - | as a further line | no | as text | always | - |
//! | [`stub`] | a test | - | yes | [if asked to](stub::Stub::can) | as text | always | - |
//! | [`slack`] | Slack webhooks and bots | `slack` | bot only | bot only | yes | no | network |
//!
//! A new service is one [`Transport`] implementation, in your own crate if you like: see
//! `examples/custom_transport.rs`.

pub mod console;
mod error;
#[cfg(feature = "slack")]
mod http;
pub(crate) mod mark;
#[cfg(feature = "slack")]
mod retry_after;
#[cfg(feature = "slack")]
#[cfg_attr(docsrs, doc(cfg(feature = "slack")))]
pub mod slack;
pub mod stub;

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

pub use self::error::SendError;
use crate::{error::ConfigError, message::Message, redact::Redacted, secret::Secret};
pub use crate::{message::Limits, text::Unit};

/// Carries messages to one service.
///
/// An implementation only says a message once; pacing, deadlines, retries, the breaker and panics
/// are the bell's business. A `post` is dropped when its deadline (10 s) has passed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no transport",
    note = "a `slack::Bot` becomes one with `.to(\"C0123456789\")`, a `Result` with `?`"
)]
pub trait Transport: Send + Sync + 'static {
    /// What the service can do and how much it takes.
    fn capabilities(&self) -> Capabilities;

    /// Tokens and URLs that must never be said: the bell scrubs them from every message and from
    /// its own errors and logs. There is no default, so that nobody forgets.
    fn secrets(&self) -> Vec<Secret>;

    /// Whether the service knows this as a mention ([`Route::mention`](crate::Route::mention)).
    /// Asked when the bell is built. Default: whatever it is.
    ///
    /// # Errors
    ///
    /// If it does not: names the setting `mention` and says what would be one.
    fn check_mention(&self, mention: &str) -> Result<(), ConfigError> {
        let _ = mention;
        Ok(())
    }

    /// Posts a new message. It fits the limits of [`capabilities`](Self::capabilities).
    fn post(
        &self,
        message: &Redacted<Message>,
    ) -> impl Future<Output = Result<Receipt, SendError>> + Send;

    /// Replaces a message that [`post`](Self::post) gave the receipt for. Notifies nobody. Called
    /// only if [`Capabilities::edit`] is set.
    ///
    /// # Errors
    ///
    /// [`SendError::lost_anchor`] if the message is gone or cannot be replaced any more: it is then
    /// posted anew. Default: permanent.
    fn edit(
        &self,
        receipt: &Receipt,
        message: &Redacted<Message>,
    ) -> impl Future<Output = Result<Receipt, SendError>> + Send {
        let _ = (receipt, message);
        async { Err(SendError::permanent("this transport cannot edit")) }
    }

    /// Answers a message that [`post`](Self::post) gave the receipt for, in its thread, and shows the
    /// answer in the channel too, so that it notifies. Gives the answer's own receipt. Called only if
    /// [`Capabilities::thread`] is set.
    ///
    /// # Errors
    ///
    /// [`SendError::lost_anchor`] if the message is gone or cannot be answered any more. Default:
    /// permanent.
    fn reply(
        &self,
        receipt: &Receipt,
        message: &Redacted<Message>,
    ) -> impl Future<Output = Result<Receipt, SendError>> + Send {
        let _ = (receipt, message);
        async { Err(SendError::permanent("this transport has no threads")) }
    }
}

/// What a service can do and how much it takes.
///
/// ```
/// use std::time::Duration;
/// use tower_bell::transport::{Capabilities, Limits};
///
/// let can = Capabilities::default().pace(Duration::from_secs(2)).limits(Limits::default().total(4_000));
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Capabilities {
    /// A posted message can be replaced. Default: no.
    pub edit: bool,
    /// The shortest time between two edits of one message, at most an hour. Default:
    /// [`DEFAULT_EDIT_PERIOD`].
    pub edit_period: Duration,
    /// The shortest time between two messages, once [`burst`](Self::burst) went out at once; at most an
    /// hour. Default: [`DEFAULT_PACE`].
    pub pace: Duration,
    /// So many messages may go out at once: a full bucket of tokens, into which one falls each
    /// [`pace`](Self::pace). Default, and at least: 1.
    pub burst: u32,
    /// How long a message may be.
    pub limits: Limits,
    /// A posted message can be answered, so that the answer stands with it. Default: no.
    pub thread: bool,
    /// A message can be posted under a name of its own ([`Message::username`]).
    pub username: bool,
}

/// One message a second: what chat services commonly allow for one channel.
pub const DEFAULT_PACE: Duration = Duration::from_secs(1);

/// Two edits a minute of one message: a count that a person reads need not be newer, and chat services
/// count edits like messages.
pub const DEFAULT_EDIT_PERIOD: Duration = Duration::from_secs(30);

impl Default for Capabilities {
    fn default() -> Self {
        Self {
            edit: false,
            edit_period: DEFAULT_EDIT_PERIOD,
            pace: DEFAULT_PACE,
            burst: 1,
            limits: Limits::default(),
            thread: false,
            username: false,
        }
    }
}

impl Capabilities {
    /// Sets [`edit`](Self::edit).
    #[must_use]
    pub fn edit(mut self, edit: bool) -> Self {
        self.edit = edit;
        self
    }

    /// Sets [`edit_period`](Self::edit_period).
    #[must_use]
    pub fn edit_period(mut self, period: Duration) -> Self {
        self.edit_period = period;
        self
    }

    /// Sets [`limits`](Self::limits).
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets [`pace`](Self::pace).
    #[must_use]
    pub fn pace(mut self, pace: Duration) -> Self {
        self.pace = pace;
        self
    }

    /// Sets [`burst`](Self::burst).
    #[must_use]
    pub fn burst(mut self, burst: u32) -> Self {
        self.burst = burst;
        self
    }

    /// Sets [`thread`](Self::thread).
    #[must_use]
    pub fn thread(mut self, thread: bool) -> Self {
        self.thread = thread;
        self
    }

    /// Sets [`username`](Self::username).
    #[must_use]
    pub fn username(mut self, username: bool) -> Self {
        self.username = username;
        self
    }
}

/// What a transport gives back so that the message can be edited or answered.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Receipt(Option<Arc<str>>);

impl Receipt {
    /// The service named the message: its name, as the transport wants it back.
    pub fn new(id: impl Into<Arc<str>>) -> Self {
        Self(Some(id.into()))
    }

    /// The service took the message and said no more.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    /// The name, if there is one.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

type Posting<'a> = Pin<Box<dyn Future<Output = Result<Receipt, SendError>> + Send + 'a>>;

/// [`Transport`] with boxed futures, so that channels can hold different ones.
pub(crate) trait DynTransport: Send + Sync {
    fn capabilities(&self) -> Capabilities;
    fn secrets(&self) -> Vec<Secret>;
    fn check_mention(&self, mention: &str) -> Result<(), ConfigError>;
    fn post<'a>(&'a self, message: &'a Redacted<Message>) -> Posting<'a>;
    fn edit<'a>(&'a self, receipt: &'a Receipt, message: &'a Redacted<Message>) -> Posting<'a>;
    fn reply<'a>(&'a self, receipt: &'a Receipt, message: &'a Redacted<Message>) -> Posting<'a>;
}

impl<T: Transport> DynTransport for T {
    fn capabilities(&self) -> Capabilities {
        Transport::capabilities(self)
    }

    fn secrets(&self) -> Vec<Secret> {
        Transport::secrets(self)
    }

    fn check_mention(&self, mention: &str) -> Result<(), ConfigError> {
        Transport::check_mention(self, mention)
    }

    fn post<'a>(&'a self, message: &'a Redacted<Message>) -> Posting<'a> {
        Box::pin(Transport::post(self, message))
    }

    fn edit<'a>(&'a self, receipt: &'a Receipt, message: &'a Redacted<Message>) -> Posting<'a> {
        Box::pin(Transport::edit(self, receipt, message))
    }

    fn reply<'a>(&'a self, receipt: &'a Receipt, message: &'a Redacted<Message>) -> Posting<'a> {
        Box::pin(Transport::reply(self, receipt, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::Redactor;

    /// What every transport has to say for itself, and no more.
    struct Least;

    impl Transport for Least {
        fn capabilities(&self) -> Capabilities {
            Capabilities::default()
        }

        fn secrets(&self) -> Vec<Secret> {
            Vec::new()
        }

        async fn post(&self, _: &Redacted<Message>) -> Result<Receipt, SendError> {
            Ok(Receipt::new("1"))
        }
    }

    #[tokio::test]
    async fn a_transport_neither_edits_nor_answers_unless_it_says_so() {
        let can = Transport::capabilities(&Least);
        assert!(!can.edit && !can.thread);
        assert_eq!(can.edit_period, DEFAULT_EDIT_PERIOD);
        let message = Redactor::default().message(Message::new("hello"));
        let receipt = Receipt::new("1");
        let edited = Transport::edit(&Least, &receipt, &message).await.unwrap_err();
        assert!(edited.is_permanent() && edited.to_string() == "this transport cannot edit");
        let answered = Transport::reply(&Least, &receipt, &message).await.unwrap_err();
        assert!(answered.is_permanent() && answered.to_string() == "this transport has no threads");
    }

    #[test]
    fn each_setter_sets_its_own() {
        let second = Duration::from_secs(1);
        let can = Capabilities::default().edit(true).edit_period(second).thread(true).burst(5);
        assert!(can.edit && can.thread && !can.username && can.burst == 5);
        assert_eq!((can.edit_period, can.pace), (second, DEFAULT_PACE));
    }
}
