//! What the app tells of itself: registrations, payments, whatever the team wants to see.

use std::{error::Error, fmt, future::Future, hash::BuildHasher, sync::LazyLock};

use foldhash::fast::RandomState;

use super::money;
use crate::{
    bell::{Bell, Handover},
    message::Message,
    render,
    report::Cause,
    severity::Severity,
    topic::Topic,
    transport::{Receipt, SendError},
};

impl Bell {
    /// Something that happened: a registration, a payment, a domain that was added. It goes where
    /// the [`Route`](crate::Route)s lead its topic and severity.
    ///
    /// ```
    /// use tower_bell::{Bell, Topic};
    ///
    /// # let bell = Bell::off();
    /// bell.event(Topic::User, "New user registration!")
    ///     .user("alice@example.com")
    ///     .field("plan", "pro")
    ///     .send();
    /// bell.event(Topic::Payment, ":moneybag: Upgraded")
    ///     .user("alice@example.com")
    ///     .amount(4900, "usd")
    ///     .send();
    /// ```
    ///
    /// Events are not incidents: each is told. Only in a flood, and never of [`Topic::Payment`], those
    /// of one topic are told together, a line for each with its user: see
    /// [`Builder::events_per_minute`](crate::Builder::events_per_minute).
    pub fn event(&self, topic: impl Into<Topic>, text: impl Into<String>) -> Event {
        Event { bell: self.clone(), message: Message::new(text).topic(topic), key: None }
    }
}

/// Something that happened, from [`Bell::event`].
#[must_use = "an event that is neither sent with `send` nor with `deliver` is lost"]
pub struct Event {
    bell: Bell,
    message: Message,
    key: Option<u64>,
}

impl Event {
    /// An amount of money in the currency's smallest unit, as payment providers count: `4900, "usd"`
    /// is shown as `49.00 USD`, `500, "jpy"` as `500 JPY`. Of an unknown currency the number is shown
    /// as it is, and says so.
    pub fn amount(self, minor: i64, currency: &str) -> Self {
        self.field("amount", money::shown(minor, currency))
    }

    /// The channel it goes to, in place of where the routes lead it; see
    /// [`Message::channel`].
    pub fn channel(self, name: impl Into<String>) -> Self {
        self.with(|message| message.channel(name))
    }

    /// Why it failed: the error and its sources, quoted. The severity stays what it was.
    ///
    /// A box of an error is none itself: hand over what is in it.
    ///
    /// ```
    /// # use tower_bell::{Bell, Topic};
    /// # fn demo(bell: Bell, boxed: Box<dyn std::error::Error + Send + Sync>, any: anyhow::Error) {
    /// bell.event(Topic::Task, "Import failed").error(&*boxed).send();
    /// bell.event(Topic::Task, "Import failed").error(any.as_ref()).send();
    /// # }
    /// ```
    pub fn error(mut self, error: &(dyn Error + 'static)) -> Self {
        self.message.quote = Some(render::chain(&Cause::of_error(error)));
        self
    }

    /// Adds a name and a value; see [`Message::field`].
    pub fn field(self, name: impl Into<String>, value: impl fmt::Display) -> Self {
        self.with(|message| message.field(name, value))
    }

    /// The picture beside the name; see [`Message::icon`].
    pub fn icon(self, icon: impl Into<String>) -> Self {
        self.with(|message| message.icon(icon))
    }

    /// Tells it once: another event of this topic with this key is left out, as long as the process
    /// remembers it (the last [`REMEMBERED_KEYS`](crate::delivery::REMEMBERED_KEYS) keys). One that
    /// could not be sent may be sent again. Counted in
    /// [`Stats::duplicates`](crate::Stats::duplicates).
    pub fn key(mut self, key: impl AsRef<str>) -> Self {
        self.key = Some(SEED.hash_one((&self.message.topic, key.as_ref())));
        self
    }

    /// Adds a link; see [`Message::link`].
    pub fn link(self, label: impl Into<String>, url: impl Into<String>) -> Self {
        self.with(|message| message.link(label, url))
    }

    /// How bad it is. Default: [`Severity::Info`].
    pub fn severity(self, severity: Severity) -> Self {
        self.with(|message| message.severity(severity))
    }

    /// Whom it is about: stands as `user:…` in the text, unbroken and unredacted, so that searching
    /// the chat finds it; see [`Message::user`]. What [`context::user`](crate::context::user) says of
    /// the request is not taken over, unless the event is told together with the request's failure.
    pub fn user(self, user: impl Into<String>) -> Self {
        self.with(|message| message.user(user))
    }

    /// The name it is posted under; see [`Message::username`].
    pub fn username(self, name: impl Into<String>) -> Self {
        self.with(|message| message.username(name))
    }

    /// Sends it, fire and forget; see [`Bell::send`].
    ///
    /// One of [`Severity::Error`] or worse that is sent inside a request waits until that is
    /// answered. If the request fails, one message tells both: this event, completed with the
    /// request. Else it goes out as it is, as does one of another bell than the layer's; one of more
    /// than 32 KiB does not wait.
    #[expect(clippy::must_use_candidate, reason = "fire and forget: what is refused is counted")]
    pub fn send(self) -> Handover {
        let Self { bell, message, key } = self;
        bell.send_event(message, key)
    }

    /// Sends it at once, and tells what came of it; see [`Bell::deliver`]. In a flood that takes up to
    /// a minute, and the receipt is that of the message which tells them all. Of an event that was told
    /// already ([`key`](Self::key)) the receipt is empty.
    pub fn deliver(self) -> impl Future<Output = Result<Receipt, SendError>> + Send + use<> {
        let Self { bell, message, key } = self;
        bell.deliver_event(message, key)
    }

    fn with(self, change: impl FnOnce(Message) -> Message) -> Self {
        Self { message: change(self.message), ..self }
    }
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event").field("message", &self.message).finish_non_exhaustive()
    }
}

/// Nobody can choose keys that meet.
static SEED: LazyLock<RandomState> = LazyLock::new(RandomState::default);
