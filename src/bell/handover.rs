//! What came of handing a message over.

use tokio::sync::oneshot;

use crate::transport::{Receipt, SendError};

/// Whether [`Bell::send`](crate::Bell::send) took the message. May be ignored: what is refused is
/// counted.
///
/// ```
/// # use tower_bell::{Bell, Message};
/// # let bell = Bell::off();
/// bell.send(Message::new("hello"));
/// if let Err(error) = bell.send(Message::new("again")).into_result() {
///     eprintln!("not taken: {error}");
/// }
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Handover(Result<(), SendError>);

impl Handover {
    pub(crate) const fn new(taken: Result<(), SendError>) -> Self {
        Self(taken)
    }

    /// It was taken, or the bell is off.
    #[must_use]
    pub const fn is_ok(&self) -> bool {
        self.0.is_ok()
    }

    /// For `?`.
    ///
    /// # Errors
    ///
    /// Why the message was refused.
    pub fn into_result(self) -> Result<(), SendError> {
        self.0
    }
}

/// What came of a message: nothing was sent at all, it was refused, or the worker answers.
pub(super) async fn outcome(
    sent: Option<Result<(), SendError>>,
    answered: oneshot::Receiver<Result<Receipt, SendError>>,
) -> Result<Receipt, SendError> {
    match sent {
        None => Ok(Receipt::none()),
        Some(Err(error)) => Err(error),
        Some(Ok(())) => received(answered).await,
    }
}

/// What the worker answers.
pub(super) async fn received(
    answered: oneshot::Receiver<Result<Receipt, SendError>>,
) -> Result<Receipt, SendError> {
    let ended = |_| Err(SendError::refused("the bell ended before the message was sent"));
    answered.await.unwrap_or_else(ended)
}
