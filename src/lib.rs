//! Ring the team's chat when a request fails: one layer round any tower service, one readable,
//! redacted message for each kind of failure.
//!
//! ```
//! # #[cfg(feature = "axum")]
//! # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
//! use axum::{Router, routing::get};
//! use tower_bell::{Bell, ServerError};
//!
//! async fn report() -> Result<String, ServerError> {
//!     Ok(std::fs::read_to_string("/no/such/report")?)
//! }
//!
//! let bell = Bell::from_env("shop-api")?;
//! let app: Router = Router::new().route("/report", get(report)).layer(bell.layer());
//! # let _ = app; Ok(()) }
//! ```
//!
//! The [README](https://github.com/tower-bell/tower-bell#readme) shows what the message looks like,
//! what is never sent, and where to put the line. Why things are as they are stands in
//! [DESIGN.md](https://github.com/tower-bell/tower-bell/blob/main/DESIGN.md).
//!
//! # The way of the data
//!
//! ```text
//! request ──> capture ──> key, tally ──(only if wanted)──> place, report, redact ──┐
//! app: event, task, send ──> redact ──────────────────────> queue per channel ─────┤
//!                                                                                  v
//!                 worker thread:  incidents ──> one worker per channel: "what is due now?",
//!                                               render from the latest state, fit, post, receipt
//! ```
//!
//! Counting is separate from telling: a known failure costs one look-up and one atomic add, and only
//! a failure whose details are wanted is built into a report. Nothing on the request path waits.
//!
//! # Say why it failed
//!
//! A message says why if the cause reaches the layer: with `?` in a handler that returns
//! `Result<T, ServerError>`; with [`ResponseExt::with_cause`] on a response of your own making; or
//! with [`BellLayer::cause`] and [`BellLayer::cause_debug`] for an error type that your responses
//! carry in their extensions. Without any, a panic's or a 5xx response's own text has to do.
//!
//! # The team's feed
//!
//! [`Bell::event`] tells of a registration, a payment, whatever the team wants to see;
//! [`Bell::task`] of a scheduled job. [`Route`]s lead each to the channel of its importance, by topic, severity,
//! status, path, or a function of yours.
//!
//! # Where things are
//!
//! | module | what it is for |
//! |---|---|
//! | [`capture`] | the middleware: what is seen of a request, what counts as a failure |
//! | [`context`] | what handlers say of the current request: user, tags, severity, what is sensitive |
//! | [`redact`] | what may be said, and how to change it |
//! | [`incident`] | how often it rings: the defaults, and what [`Incidents`] changes |
//! | [`transport`] | Slack, the console, the stub for tests, and the trait for your own |
//! | [`source`] | what the app tells of itself: events, scheduled jobs |
//! | [`delivery`] | how it gets there: bounds, statistics, the worker |
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `axum` | yes | axum 0.8 (an alias of `axum-08`): its body, its routes, `ServerError` |
//! | `slack` | yes | `slack::Webhook` and `slack::Bot` |
//! | `rustls` | yes | TLS for them, with the platform's roots |
//!
//! A feature adds; it never changes a type or a behaviour, and never sends anything by itself.
//! Without any, the layer works for every tower service, with the console, the stub and your own
//! transports.

#![cfg_attr(docsrs, feature(doc_cfg))]
// Without a feature what it adds is not there to be linked to.
#![cfg_attr(
    not(all(feature = "axum-08", feature = "slack")),
    allow(rustdoc::broken_intra_doc_links)
)]
#![warn(clippy::unwrap_used)]

mod bell;
pub mod capture;
pub mod context;
pub mod delivery;
mod error;
pub mod incident;
mod message;
pub mod redact;
mod render;
mod report;
mod route;
mod secret;
mod sensitive;
mod severity;
pub mod source;
mod text;
mod topic;
pub mod transport;

#[cfg(feature = "axum-08")]
pub use self::capture::ServerError;
#[cfg(feature = "slack")]
pub use self::transport::slack;
pub use self::{
    bell::{Bell, BuildError, Builder, Handover, TestFailed},
    capture::{BellBody, BellLayer, PanicPolicy, ResponseExt},
    delivery::{ChannelStats, Drained, Stats, Worker},
    error::ConfigError,
    incident::Incidents,
    message::Message,
    redact::{Pii, Redactor},
    report::{Fingerprint, FingerprintParts},
    route::{Route, RouteParts},
    secret::Secret,
    severity::{Severity, UnknownSeverity},
    source::{Event, OnSuccess, Summarize, Summary, Task},
    topic::Topic,
};

/// The README's examples are tests.
#[cfg(all(doctest, feature = "axum-08", feature = "slack"))]
#[doc = include_str!("../README.md")]
pub struct ReadmeDoctests;
