//! The middleware: sees every failure, says what the request was, and changes nothing.

#[cfg(feature = "axum-08")]
mod axum;
mod body;
mod cause;
mod config;
mod future;
mod grpc;
mod head;
mod layer;
mod mode;
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
    mode::{AnyBody, BodyMode, SameBody},
    service::BellService,
    tee::MOST_PREFIX_BYTES,
};
