//! The middleware: sees every failure, says what the request was, and changes nothing.
//!
//! # What counts as a failure
//!
//! | what happens | rings as |
//! |---|---|
//! | the service returns `Err`, in `call` or in `poll_ready` | error |
//! | a panic in the handler, in `call`, in `poll_ready` or in the response body | error |
//! | a 5xx response, but not 501 | error; 503 with `Retry-After` is a warning |
//! | a 408 of the server's own, as tower-http's timeout makes it | error |
//! | a response that fails after its head is out | error |
//! | gRPC: UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS, or no status at all | error |
//! | a 4xx that [`client_errors`](BellLayer::client_errors) names | warning; 404s that say nothing more: one message an hour |
//! | a client that goes away | counted; rings only with [`cancelled_after`](BellLayer::cancelled_after) |
//! | anything on an [`ignore_path`](BellLayer::ignore_path) | nothing; a panic is still answered |
//!
//! What the app marks itself is critical: [`ServerError::critical`](crate::ServerError),
//! [`context::severity`](crate::context::severity), [`critical_path`](BellLayer::critical_path).
//!
//! # What it does not do
//!
//! It never reads a body by itself, never waits, and never changes a byte of an answer, except that a
//! panic is answered where an answer can be made. Routes that are added after the layer are not seen.
//!
//! Layers inside one another ring once for a request. That holds for a layer round a client that a
//! handler calls, too: if the failed call was told, a failure of that same request is not told again.

#[cfg(feature = "axum-08")]
mod axum;
mod body;
mod cause;
mod config;
mod future;
mod grpc;
mod head;
mod layer;
mod missing;
mod mode;
mod preview;
mod service;
mod settle;
mod snapshot;
mod tee;
mod tell;
mod unready;

#[cfg(feature = "axum-08")]
pub use self::axum::ServerError;
pub use self::{
    body::BellBody,
    cause::{BoxError, ResponseExt},
    config::{DEFAULT_CAPTURE_BODY, MOST_CAPTURE_BODY, PanicPolicy},
    future::ResponseFuture,
    layer::BellLayer,
    missing::PROBES,
    mode::{AnyBody, BodyMode, SameBody},
    service::BellService,
    tee::MOST_PREFIX_BYTES,
};
