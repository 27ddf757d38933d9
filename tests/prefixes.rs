//! The payloads that are kept, all together: alone in its process because the room is the process's.
#![cfg(feature = "axum")]

mod support;

use std::{
    alloc::System,
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::{Arc, LazyLock},
    task::{Context, Poll, Waker},
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::Request,
    response::Response,
    routing::post,
};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use support::rung;
use tokio::sync::Semaphore;
use tower::ServiceExt;
use tower_bell::{
    Bell, ServerError,
    capture::{MOST_CAPTURE_BODY, MOST_PREFIX_BYTES},
};

#[global_allocator]
static MEMORY: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Requests that there is room for if each keeps as much as it may.
const FIT: usize = MOST_PREFIX_BYTES / MOST_CAPTURE_BODY;
/// What a request that waits may need besides, in bytes.
const BESIDES: usize = 8 * 1024;

/// More than may be kept. Shared by all requests: only what is kept takes memory.
static PAYLOAD: LazyLock<Bytes> = LazyLock::new(|| "widget ".repeat(MOST_CAPTURE_BODY / 3).into());

/// A request whose handler has read the payload and now waits.
type Held = Pin<Box<dyn Future<Output = Result<Response, Infallible>>>>;

/// An app whose handlers read the whole payload and then wait until they are released.
fn waiting(bell: &Bell, release: &Arc<Semaphore>) -> Router {
    let release = Arc::clone(release);
    let wait = async move |body: Body| {
        to_bytes(body, usize::MAX).await.unwrap();
        drop(release.acquire().await);
    };
    Router::new().route("/", post(wait)).layer(bell.layer().capture_body(usize::MAX))
}

/// Half of the payloads come in one piece, half in pieces and of unknown length.
fn hold(app: &Router, count: usize) -> Vec<Held> {
    let pieces = || PAYLOAD.chunks(PAYLOAD.len() / 4 + 1).map(|piece| PAYLOAD.slice_ref(piece));
    let hold = |at: usize| {
        let body = match at % 2 {
            0 => Body::from(PAYLOAD.clone()),
            _ => Body::from_stream(tokio_stream::iter(pieces().map(Ok::<_, Infallible>))),
        };
        let mut held: Held = Box::pin(app.clone().oneshot(request(body)));
        let polled = held.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(polled, Poll::Pending));
        held
    };
    (0..count).map(hold).collect()
}

/// The message of a request that now comes, reads its payload, and fails.
async fn message_of_a_failure() -> String {
    let (bell, stub) = rung();
    let fail = async |_: Bytes| ServerError::new("no");
    let app =
        Router::new().route("/", post(fail)).layer(bell.layer().capture_body(MOST_CAPTURE_BODY));
    app.oneshot(request(Body::from(PAYLOAD.clone()))).await.unwrap();
    stub.next().await.plain_text()
}

fn request(body: Body) -> Request {
    Request::post("/").header("content-type", "text/plain").body(body).unwrap()
}

async fn assert_room(is_there: bool) {
    let text = message_of_a_failure().await;
    assert_eq!(text.contains("widget widget"), is_there, "{text}");
    assert_eq!(text.contains("read, no room to keep any of it"), !is_there, "{text}");
}

#[tokio::test]
async fn all_payloads_together_are_bounded_and_their_room_comes_back() {
    let (bell, _stub) = rung();
    let release = Arc::new(Semaphore::new(0));
    let app = waiting(&bell, &release);
    assert_room(true).await;

    let memory = Region::new(MEMORY);
    let mut held = hold(&app, FIT - 1);
    assert_room(true).await;
    held.extend(hold(&app, 1));
    assert_room(false).await;
    held.extend(hold(&app, FIT));
    let taken = memory.change();
    let taken = taken.bytes_allocated.saturating_sub(taken.bytes_deallocated);
    assert!(taken > MOST_PREFIX_BYTES, "{taken} bytes: the test holds nothing");
    assert!(taken < MOST_PREFIX_BYTES + 2 * FIT * BESIDES, "{taken} bytes");

    // A client that goes away.
    drop(held.swap_remove(0));
    assert_room(true).await;
    // All others are answered.
    release.close();
    for request in held {
        assert_eq!(request.await.unwrap().status(), 200);
    }
    let held = hold(&waiting(&bell, &Arc::new(Semaphore::new(0))), FIT - 1);
    assert_room(true).await;
    drop(held);
}
