//! The future: catches what comes out, and settles it or hands it on to the body.

use std::{
    any::Any,
    fmt::{self, Display},
    future::Future,
    marker::PhantomData,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::Pin,
    task::{Context, Poll},
    thread,
};

use http::{Extensions, HeaderValue, Response, StatusCode, header};
use http_body::Body;
use pin_project_lite::pin_project;

use super::{
    body::Watch,
    cause::{Attached, BoxError},
    config::{Config, PanicPolicy},
    grpc,
    mode::{BodyMode, SameBody, Watching},
    settle::{self, Await, Settle, Verdict},
    snapshot::{Capture, REQUEST_ID},
    tell::{Answer, Failure, Why},
};
use crate::{
    context::{self, Scope, SharedTags, panic},
    report::Kind,
    severity::Severity,
    text::discard,
};

type Payload = Box<dyn Any + Send>;

pin_project! {
    /// The future of [`BellService`](super::BellService).
    pub struct ResponseFuture<F, M = SameBody> {
        #[pin]
        future: Option<F>,
        // Raised in `call`.
        panic: Option<Payload>,
        // Taken once. Still there in `drop`: the client went away.
        capture: Option<Capture>,
        scope: Scope,
        policy: PanicPolicy,
        // Of a request that nobody captured.
        is_grpc: bool,
        mode: PhantomData<fn() -> M>,
    }

    impl<F, M> PinnedDrop for ResponseFuture<F, M> {
        fn drop(this: Pin<&mut Self>) {
            if this.capture.is_some() {
                unanswered(this);
            }
        }
    }
}

impl<F, M> ResponseFuture<F, M> {
    /// Of what `call` gave; without a capture nobody looks at it.
    pub(crate) fn new(
        future: F,
        capture: Option<Capture>,
        scope: Scope,
        policy: PanicPolicy,
        is_grpc: bool,
    ) -> Self {
        let mode = PhantomData;
        Self { future: Some(future), panic: None, capture, scope, policy, is_grpc, mode }
    }

    /// There was a panic in `call`. One that will not be answered goes on from here, as it would
    /// without the layer: out of a `call`, hyper's whole HTTP/2 connection ends; out of a future, one
    /// stream.
    #[cold]
    pub(crate) fn raised<R>(
        payload: Payload,
        capture: Option<Capture>,
        mut scope: Scope,
        policy: PanicPolicy,
        is_grpc: bool,
    ) -> Self
    where
        M: BodyMode<R>,
    {
        // Whether it can be answered does not depend on gRPC.
        if panic_answer::<M, R>(policy, false).is_none() {
            tell_panic(capture, &mut scope, &*payload, None);
            resume_unwind(payload)
        }
        let mode = PhantomData;
        Self { future: None, panic: Some(payload), capture, scope, policy, is_grpc, mode }
    }
}

impl<F, M> fmt::Debug for ResponseFuture<F, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

impl<F, M, R, E> Future for ResponseFuture<F, M>
where
    F: Future<Output = Result<Response<R>, E>>,
    M: BodyMode<R>,
    R: Body,
    E: Display + 'static,
{
    type Output = Result<Response<M::Body>, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.as_mut().project();
        let (None, Some(future)) = (this.capture, this.future.as_pin_mut()) else {
            return self.poll_watched(cx);
        };
        // Nobody looks at this one.
        let poll = AssertUnwindSafe(|| M::pass_answer(future.poll(cx)));
        catch_unwind(poll).unwrap_or_else(|payload| Poll::Ready(self.panicked(payload)))
    }
}

impl<F, M> ResponseFuture<F, M> {
    /// Not inlined, so that what nobody looks at stays small.
    #[inline(never)]
    fn poll_watched<R, E>(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Response<M::Body>, E>>
    where
        F: Future<Output = Result<Response<R>, E>>,
        M: BodyMode<R>,
        R: Body,
        E: Display + 'static,
    {
        let this = self.as_mut().project();
        let polled = match (this.panic.take(), this.future.as_pin_mut()) {
            (Some(payload), _) => Err(payload),
            (None, Some(future)) => {
                this.scope.enter(|| catch_unwind(AssertUnwindSafe(|| future.poll(cx))))
            }
            (None, None) => panic!("polled after it was ready"),
        };
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(Ok(response))) => {
                Poll::Ready(Ok(answered::<M, R>(this.capture, this.scope, response)))
            }
            Ok(Poll::Ready(Err(error))) => {
                if let Some(capture) = this.capture.take() {
                    returned_error(&capture, this.scope, &error);
                }
                Poll::Ready(Err(error))
            }
            Err(payload) => Poll::Ready(self.panicked(payload)),
        }
    }

    /// A panic, in `call` or in `poll`.
    #[cold]
    fn panicked<R, E>(self: Pin<&mut Self>, payload: Payload) -> Result<Response<M::Body>, E>
    where
        M: BodyMode<R>,
    {
        let mut this = self.project();
        // The panicked future's own `Drop` may panic too.
        let dropped = catch_unwind(AssertUnwindSafe(|| this.future.set(None)));
        dropped.unwrap_or_else(discard);
        let capture = this.capture.take();
        let is_grpc = capture.as_ref().map_or(*this.is_grpc, Capture::is_grpc);
        let answer = panic_answer::<M, R>(*this.policy, is_grpc);
        tell_panic(capture, this.scope, &*payload, answer.as_ref().map(about));
        match answer {
            Some(answer) => {
                discard(payload);
                Ok(answer)
            }
            None => resume_unwind(payload),
        }
    }
}

/// There is a head: told now, or with the body, or all is well.
fn answered<M: BodyMode<R>, R: Body>(
    kept: &mut Option<Capture>,
    scope: &mut Scope,
    response: Response<R>,
) -> Response<M::Body> {
    let awaited = kept.as_ref().and_then(|capture| told(capture, scope, &response));
    if let Some((tags, awaits)) = awaited
        && let Some(capture) = kept.take()
    {
        return watched::<M, R>(capture, tags, response, awaits);
    }
    // Most requests end here: nothing of theirs is moved.
    *kept = None;
    response.map(M::pass)
}

/// Tells what is certain by the head. Gives what the body is yet to tell.
fn told<R: Body>(
    capture: &Capture,
    scope: &mut Scope,
    response: &Response<R>,
) -> Option<(SharedTags, Await)> {
    match settle::judge(capture, response) {
        Verdict::Fine => {
            scope.answered();
            None
        }
        Verdict::Watch(awaits) => {
            scope.answered();
            Some((scope.claim_watch()?, awaits))
        }
        Verdict::Grpc(code) => {
            failed_grpc(capture, &scope.claim_failure()?, response, code);
            None
        }
        Verdict::Failed(severity) => failed(capture, scope, response, severity),
    }
}

/// A failing status: told at once if its cause is known or no text will come, else with the body.
/// That a page is not there is only counted.
fn failed<R: Body>(
    capture: &Capture,
    scope: &mut Scope,
    response: &Response<R>,
    severity: Severity,
) -> Option<(SharedTags, Await)> {
    let why = why_of_response(&capture.shared.config, response.extensions());
    if response.status() == StatusCode::NOT_FOUND && capture.took_missing(scope, &why) {
        return None;
    }
    let tags = scope.claim_failure()?;
    let nothing = matches!(why, Why::Nothing);
    if nothing && settle::has_text(response.headers(), &response.body().size_hint()) {
        return Some((tags, Await::Text(severity)));
    }
    capture.tell(&tags, &of_head(Kind::Status, severity, None, &why, response));
    None
}

/// The cause in the response's extensions: attached by hand, or of a type that the user named.
fn why_of_response<'a>(config: &Config, extensions: &'a Extensions) -> Why<'a> {
    if let Some(attached) = extensions.get::<Attached>() {
        return Why::Attached(attached);
    }
    let typed = config.causes.iter().find_map(|finder| {
        Some(Why::Typed((finder.in_extensions)(extensions)?, finder.error_type))
    });
    typed.unwrap_or(Why::Nothing)
}

fn failed_grpc<R: Body>(
    capture: &Capture,
    tags: &SharedTags,
    response: &Response<R>,
    code: Option<u16>,
) {
    let message = grpc::message(response.headers());
    let why = message.as_ref().map_or(Why::Nothing, |message| Why::Text(message));
    capture.tell(tags, &of_head(Kind::Grpc, Severity::Error, Some(code), &why, response));
}

fn of_head<'a, R: Body>(
    kind: Kind,
    severity: Severity,
    grpc: Option<Option<u16>>,
    why: &'a Why<'a>,
    response: &'a Response<R>,
) -> Failure<'a> {
    let length = response.body().size_hint().exact();
    let request_id = response.headers().get(REQUEST_ID);
    // The one text that is known without waiting for the body: what `ServerError` says itself.
    let text = match why {
        Why::Attached(attached) => attached.answer().filter(|a| length == Some(a.len() as u64)),
        _ => None,
    };
    Failure {
        kind,
        severity,
        status: Some(response.status()),
        grpc,
        why,
        answer: Some(Answer { length, request_id, text, ..Answer::default() }),
    }
}

/// The verdict goes on with the body. A body that cannot be watched settles it now.
fn watched<M: BodyMode<R>, R: Body>(
    capture: Capture,
    tags: SharedTags,
    response: Response<R>,
    awaits: Await,
) -> Response<M::Body> {
    let (head, body) = response.into_parts();
    // Dropped, and thereby told, if nobody takes it.
    let settle = Settle::new(capture, tags, &head, &body, awaits);
    let body = M::watch(body, |_| Watching(Watch::Response(settle)));
    Response::from_parts(head, body)
}

/// The service returned `Err`: told, and given on as it is.
fn returned_error<E: Display + 'static>(capture: &Capture, scope: &mut Scope, error: &E) {
    let Some(tags) = scope.claim_failure() else { return };
    let shared = capture.shared.clone();
    let why = why_of_error(&shared.config, error);
    capture.tell(&tags, &Failure::without_answer(Kind::Error, &why));
}

/// What is known of a service's own error: its type if the user named it, its chain if it is boxed,
/// else only its text.
pub(crate) fn why_of_error<'a, E: Display + 'static>(config: &Config, error: &'a E) -> Why<'a> {
    let any: &dyn Any = error;
    let boxed = any.downcast_ref::<BoxError>();
    for finder in &config.causes {
        let inside = boxed.and_then(|boxed| (finder.in_box)(&**boxed));
        if let Some(cause) = (finder.in_error)(any).or(inside) {
            return Why::Typed(cause, finder.error_type);
        }
    }
    boxed.map_or(Why::Text(error), |boxed| Why::Error(&**boxed))
}

/// What a panic's answer says, as [`panic_answer`] made it.
fn about<B>(answer: &Response<B>) -> (StatusCode, &'static str) {
    let has_text = answer.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == JSON);
    (answer.status(), if has_text { PANIC_TEXT } else { "" })
}

fn tell_panic(
    capture: Option<Capture>,
    scope: &mut Scope,
    payload: &(dyn Any + Send),
    answered: Option<(StatusCode, &'static str)>,
) {
    let place = panic::take_place(payload);
    let Some(capture) = capture else { return };
    let Some(tags) = scope.claim_failure() else { return };
    let why = Why::Panic(payload, place);
    let answer = answered.map(|(_, text)| Answer {
        length: Some(text.len() as u64),
        text: Some(text),
        ..Answer::default()
    });
    let status = answered.map(|(status, _)| status);
    let failure = Failure::without_answer(Kind::Panic, &why);
    capture.tell(&tags, &Failure { status, answer, ..failure });
}

/// `None` where the panic is to go on, or where no such body can be made.
fn panic_answer<M: BodyMode<R>, R>(
    policy: PanicPolicy,
    is_grpc: bool,
) -> Option<Response<M::Body>> {
    if policy == PanicPolicy::Resume {
        return None;
    }
    let (body, has_text) = M::panic_answer(if is_grpc { "" } else { PANIC_TEXT })?;
    let mut answer = Response::new(body);
    if is_grpc {
        answer
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        answer.headers_mut().insert(grpc::STATUS, HeaderValue::from_static("13"));
        return Some(answer);
    }
    *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    if has_text {
        answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
    }
    Some(answer)
}

/// Nobody came for the answer.
#[cold]
#[inline(never)]
fn unanswered<F, M>(this: Pin<&mut ResponseFuture<F, M>>) {
    let mut this = this.project();
    let Some(capture) = this.capture.take() else { return };
    if let Some(payload) = this.panic.take() {
        tell_panic(Some(capture), this.scope, &*payload, None);
        return discard(payload);
    }
    cancelled(&capture, this.scope);
    // In the scope, so that the layers inside know that it is counted.
    context::give_up(|| this.scope.enter(|| this.future.set(None)));
    // What was carried elsewhere may live for ever: nothing waits for its end.
    this.scope.answered();
}

/// The future was dropped before it was ready: the client went away, or an outer timeout gave up.
fn cancelled(capture: &Capture, scope: &mut Scope) {
    if thread::panicking() {
        // Whoever unwinds here is not our client.
        return;
    }
    if !context::is_given_up() {
        capture.shared.bell.count_cancelled();
    }
    let waited =
        capture.shared.config.cancelled_after.is_some_and(|wait| capture.elapsed() >= wait);
    // What does not ring claims nothing: who gave it up may be inside an outer layer, and may yet
    // answer with a failure.
    if waited && let Some(tags) = scope.claim_failure() {
        capture.tell(&tags, &Failure::without_answer(Kind::Cancelled, &Why::Nothing));
    }
}

const JSON: &str = "application/json";
const PANIC_TEXT: &str = r#"{"error":true}"#;
