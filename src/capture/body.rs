//! The body wrapper: everything goes through as it is, and someone takes note.

use std::{
    fmt::{self, Display},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    task::{Context, Poll, ready},
};

use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::{
    settle::{Outcome, Settle},
    tee::Tee,
};

pin_project! {
    /// A body that the bell takes note of. Frames, trailers, `size_hint` and `is_end_stream` are
    /// those of the body inside.
    pub struct BellBody<B> {
        // `None` is the empty body of a panic's answer.
        #[pin]
        inner: Option<B>,
        watch: Watch,
    }
}

/// Who takes note of a body. No `Box<dyn ..>`: the only allocation is axum's own box.
#[allow(clippy::large_enum_variant, reason = "a box would cost each watched body an allocation")]
pub(crate) enum Watch {
    Off,
    /// The payload's prefix is copied.
    Request(Tee),
    /// The verdict waits for this body.
    Response(Settle),
}

impl<B> BellBody<B> {
    pub(crate) fn new(inner: B, watch: Watch) -> Self {
        Self { inner: Some(inner), watch }
    }

    pub(crate) fn empty() -> Self {
        Self { inner: None, watch: Watch::Off }
    }
}

impl<B> fmt::Debug for BellBody<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BellBody").finish_non_exhaustive()
    }
}

impl<B: Body<Error: Display>> Body for BellBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let Some(mut inner) = this.inner.as_pin_mut() else { return Poll::Ready(None) };
        match this.watch {
            Watch::Off => inner.poll_frame(cx),
            Watch::Request(tee) => poll_teed(inner, tee, cx),
            Watch::Response(settle) => {
                let poll = AssertUnwindSafe(|| inner.as_mut().poll_frame(cx));
                let frame = match settle.scope().enter(|| catch_unwind(poll)) {
                    Ok(polled) => ready!(polled),
                    Err(payload) => {
                        settle.end(Outcome::Panic(&*payload));
                        // The connection must break as it would without the layer: a clean end
                        // would make the client take half an answer for a whole one.
                        resume_unwind(payload)
                    }
                };
                note_response(settle, frame.as_ref(), inner.is_end_stream());
                Poll::Ready(frame)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.inner.as_ref().is_none_or(B::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.as_ref().map_or_else(|| SizeHint::with_exact(0), B::size_hint)
    }
}

#[cfg(feature = "axum-08")]
pin_project! {
    /// What a [`BellBody`] is for a request, in an eighth of the space: it is moved for each request
    /// that has a payload.
    pub(crate) struct TeeBody<B> {
        #[pin]
        inner: B,
        tee: Tee,
    }
}

#[cfg(feature = "axum-08")]
impl<B> TeeBody<B> {
    pub(crate) fn new(inner: B, tee: Tee) -> Self {
        Self { inner, tee }
    }
}

#[cfg(feature = "axum-08")]
impl<B: Body> Body for TeeBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        poll_teed(this.inner, this.tee, cx)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

type Polled<B> = Poll<Option<Result<Frame<<B as Body>::Data>, <B as Body>::Error>>>;

fn poll_teed<B: Body>(mut inner: Pin<&mut B>, tee: &mut Tee, cx: &mut Context<'_>) -> Polled<B> {
    let frame = ready!(inner.as_mut().poll_frame(cx));
    // Nobody may poll again when the length was exact.
    note_request(tee, frame.as_ref(), inner.is_end_stream());
    Poll::Ready(frame)
}

fn note_request<D: bytes::Buf, E>(tee: &mut Tee, frame: Option<&Result<Frame<D>, E>>, last: bool) {
    match frame {
        None => tee.end(),
        Some(Ok(frame)) => match frame.data_ref() {
            Some(data) => tee.data(data, last),
            None => tee.end(),
        },
        // The rest will not come; what was read stands.
        Some(Err(_)) => {}
    }
}

fn note_response<D: bytes::Buf, E: Display>(
    settle: &mut Settle,
    frame: Option<&Result<Frame<D>, E>>,
    last: bool,
) {
    match frame {
        None => settle.end(Outcome::Complete),
        Some(Err(error)) => settle.end(Outcome::Error(error)),
        Some(Ok(frame)) => match (frame.data_ref(), frame.trailers_ref()) {
            (Some(data), _) => settle.data(data, last),
            (_, Some(trailers)) => settle.end(Outcome::Trailers(trailers)),
            (None, None) => {}
        },
    }
}
