//! One post or edit: a transport is code that may hang or panic.

use std::{
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::Poll,
    time::Duration,
};

use tokio::time::timeout;

use crate::{
    delivery::Answered,
    incident::Form,
    message::Message,
    redact::Redacted,
    text::discard,
    transport::{DynTransport, SendError},
};

/// How long a transport has for one post or edit.
pub(crate) const POST_DEADLINE: Duration = Duration::from_secs(10);

/// Posts, or replaces what stands there, within the deadline; a panic becomes an error.
pub(crate) async fn post(
    transport: &dyn DynTransport,
    message: &Redacted<Message>,
    form: &Form,
) -> Answered {
    let start = || match form {
        Form::Message => transport.post(message),
        Form::Edit(receipt) => transport.edit(receipt, message),
        Form::Answer(receipt) => transport.reply(receipt, message),
    };
    let mut posting = guard(start).ok_or_else(panicked)?;
    let answered = timeout(POST_DEADLINE, guarded(posting.as_mut())).await;
    // A future that is given up may panic when it is dropped.
    let dropped = guard(move || drop(posting));
    match answered {
        Ok(answered) => dropped.ok_or_else(panicked).and(answered),
        Err(_) => Err(SendError::unknown_outcome("no answer within 10 s")),
    }
}

/// Runs code that may panic; `None` if it did.
pub(crate) fn guard<T>(run: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(run)).map_err(discard).ok()
}

fn guarded(
    mut posting: Pin<&mut (dyn Future<Output = Answered> + Send)>,
) -> impl Future<Output = Answered> + Send {
    poll_fn(move |cx| {
        guard(|| posting.as_mut().poll(cx)).unwrap_or_else(|| Poll::Ready(Err(panicked())))
    })
}

fn panicked() -> SendError {
    SendError::permanent("the transport panicked")
}
