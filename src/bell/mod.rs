//! The handle: cheap to clone, shared by every service in the process.

mod builder;
mod core;
mod env;
mod error;
mod event;
mod failed;
mod handover;
mod probe;
mod shapes;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    future::Future,
    sync::{Arc, LazyLock, atomic::Ordering::Relaxed},
    time::Duration,
};

use tokio::sync::oneshot;

use self::core::Core;
pub(crate) use self::failed::{Occurrence, Witness};
pub use self::{builder::Builder, error::BuildError, handover::Handover, probe::TestFailed};
use crate::{
    context::HeldEvent,
    delivery::{Answer, Drained, Hub, Sending, Stats, wait},
    message::Message,
    report::Origin,
    transport::{Receipt, SendError},
};

/// Rings the team's chat. Cheap to clone; all clones are one bell.
///
/// ```
/// use tower_bell::{Bell, Message};
///
/// # fn demo(slack: impl tower_bell::transport::Transport) -> Result<(), tower_bell::BuildError> {
/// let bell = Bell::builder("shop-api")
///     .environment("production")
///     .release(env!("CARGO_PKG_VERSION"))
///     .channel("#errors", slack)
///     .build()?;
/// bell.send(Message::new(":rocket: Nice job, I'm all set up!"));
/// # Ok(()) }
/// ```
///
/// When the last handle is dropped, what waits is sent for at most 5 s more, if the process lives;
/// dropping never waits. To be sure, end with [`shutdown`](Self::shutdown).
#[derive(Clone)]
pub struct Bell {
    /// `None` is off.
    core: Option<Arc<Core>>,
}

impl Bell {
    /// Starts to build a bell for this service: its name is said of every failure and job.
    pub fn builder(service: impl Into<Arc<str>>) -> Builder {
        Builder::new(service.into())
    }

    /// A bell that does nothing and takes everything: for tests, and for libraries that are handed
    /// a bell.
    ///
    /// ```
    /// use tower_bell::{Bell, Message};
    ///
    /// let bell = Bell::off();
    /// assert!(bell.send(Message::new("hello")).is_ok());
    /// assert!(bell.stats().channels.is_empty());
    /// ```
    #[must_use]
    pub const fn off() -> Self {
        Self { core: None }
    }

    /// Sends a message, fire and forget: it is redacted here and queued for its channel. Never
    /// waits. An empty message is an error, as is one when the channel's queue is full
    /// ([`MOST_MESSAGES`](crate::delivery::MOST_MESSAGES),
    /// [`MOST_MESSAGE_BYTES`](crate::delivery::MOST_MESSAGE_BYTES)) or the bell is shut down; whoever does
    /// not look at the [`Handover`] finds it counted in [`stats`](Self::stats).
    #[expect(clippy::must_use_candidate, reason = "fire and forget: what is refused is counted")]
    pub fn send(&self, message: Message) -> Handover {
        Handover::new(
            self.core.as_ref().map_or(Ok(()), |core| core.hub.send(message, Sending::default())),
        )
    }

    /// Sends a message like [`send`](Self::send), at once, and tells what came of it. The future
    /// needs no runtime; dropping it does not take the message back.
    ///
    /// It ends when the service takes the message, or with the last error after 5 attempts or 15
    /// minutes. Of a message that routes lead to several channels it tells what came of it in the
    /// first; of one that they lead nowhere the receipt is empty.
    pub fn deliver(
        &self,
        message: Message,
    ) -> impl Future<Output = Result<Receipt, SendError>> + Send + use<> {
        let (answer, answered) = oneshot::channel();
        let how = Sending { answer: Some(answer), ..Sending::default() };
        let sent = self.core.as_ref().map(|core| core.hub.send(message, how));
        handover::outcome(sent, answered)
    }

    /// Posts a message to every channel, once, and tells what each answered. The future needs no
    /// runtime.
    ///
    /// # Errors
    ///
    /// If at least one channel did not take it: what each answered.
    pub fn test(&self) -> impl Future<Output = Result<(), TestFailed>> + Send + use<> {
        let asked = self.core.as_ref().map(|core| probe::ask(core)).unwrap_or_default();
        probe::answers(asked)
    }

    /// What the bell did so far, in numbers.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.core.as_ref().map(|core| core.hub.stats()).unwrap_or_default()
    }

    /// Sends what waits, untold counts included, as fast as the services allow. Starts at once; the
    /// future needs no runtime and ends when nothing from before the call is left to send, at the
    /// latest after `within` (at most a day). If the worker is stuck, it ends 50 ms later: a thread
    /// of its own, where one can be started, sees to that; and more than 64 do not wait then, but end
    /// at once.
    pub fn flush(&self, within: Duration) -> impl Future<Output = Drained> + Send + use<> {
        self.drain(within, Hub::flush)
    }

    /// [`flush`](Self::flush) for code that is not async. Blocks this thread.
    pub fn flush_blocking(&self, within: Duration) -> Drained {
        self.drain_blocking(within, Hub::flush)
    }

    /// Takes no more messages, sends what waits, and ends: the last act of the process. After it
    /// messages are refused and failures only counted. Starts at once; the future needs no runtime
    /// and ends when a [`flush`](Self::flush) would: at the latest after `within`, or 50 ms later if
    /// the worker is stuck. A second call does no harm.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # async fn serve() {}
    /// # async fn demo(bell: tower_bell::Bell) {
    /// serve().await;
    /// let drained = bell.shutdown(Duration::from_secs(5)).await;
    /// if !drained.complete {
    ///     eprintln!("{} messages were not sent", drained.left);
    /// }
    /// # }
    /// ```
    pub fn shutdown(&self, within: Duration) -> impl Future<Output = Drained> + Send + use<> {
        self.drain(within, Hub::shutdown)
    }

    /// [`shutdown`](Self::shutdown) for code that is not async. Blocks this thread.
    pub fn shutdown_blocking(&self, within: Duration) -> Drained {
        self.drain_blocking(within, Hub::shutdown)
    }

    /// What does the work; nothing if the bell is off.
    pub(crate) fn hub(&self) -> Option<&Arc<Hub>> {
        self.core.as_ref().map(|core| &core.hub)
    }

    /// Whether this is the bell of the event.
    pub(crate) fn has_sent(&self, event: &HeldEvent) -> bool {
        self.core.as_ref().is_some_and(|core| core.id() == event.bell)
    }

    /// Nothing is counted and nothing rings.
    pub(crate) const fn is_off(&self) -> bool {
        self.core.is_none()
    }

    /// Who speaks; nobody if the bell is off.
    pub(crate) fn origin(&self) -> &Origin {
        static NOBODY: LazyLock<Origin> = LazyLock::new(Origin::default);
        self.core.as_ref().map_or_else(|| &*NOBODY, |core| &core.hub.origin)
    }

    /// Counts a request whose client went away.
    pub(crate) fn count_cancelled(&self) {
        if let Some(core) = &self.core {
            core.hub.meter.cancelled.fetch_add(1, Relaxed);
        }
    }

    fn drain(
        &self,
        within: Duration,
        ask: fn(&Hub, Answer, Duration),
    ) -> impl Future<Output = Drained> + Send + use<> {
        let asked = self.core.as_ref().map(|core| {
            let (answer, answered, for_thread) = Answer::new();
            ask(&core.hub, answer.clone(), within);
            core.keep_deadline(answer, for_thread, within);
            answered
        });
        async move {
            match asked {
                None => Drained::left(0),
                // The answer is given before its sender goes.
                Some(answered) => answered.await.unwrap_or(Drained::left(0)),
            }
        }
    }

    fn drain_blocking(&self, within: Duration, ask: fn(&Hub, Answer, Duration)) -> Drained {
        self.core.as_ref().map_or(Drained::left(0), |core| {
            let (answer, _, answered) = Answer::new();
            ask(&core.hub, answer.clone(), within);
            wait(&answer, &answered, within, || core.hub.waiting())
        })
    }
}

impl fmt::Debug for Bell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.core {
            None => f.write_str("Bell(off)"),
            Some(core) => {
                let channels = core.hub.channels.iter().map(|channel| &channel.name);
                f.debug_struct("Bell")
                    .field("service", &core.hub.origin.service)
                    .field("channels", &channels.collect::<Vec<_>>())
                    .finish_non_exhaustive()
            }
        }
    }
}
