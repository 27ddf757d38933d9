//! One small app, and what may stand round it.

use std::{fmt, sync::Arc};

use axum::{
    Extension, Router,
    body::{Body, Bytes},
    http::StatusCode,
    routing::{get, post},
};
use tower::{Layer, layer::util::Identity};
use tower_bell::{Bell, capture::BellService, transport::stub::Stub};

/// What stands round the app's routes.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Around {
    /// Nothing.
    Bare,
    /// A layer that does nothing, in the bell's place: `Router::layer` itself costs something.
    Identity,
    /// `bell.layer()`.
    Bell,
    /// `bell.layer()`, told to look away from `/ok` and `/status`.
    Ignoring,
    /// `bell.layer()`, told who each request is for.
    Users,
    /// `bell.layer().any_body()`.
    AnyBody,
    /// `bell.layer()` round the whole `Router` instead of in `Router::layer`.
    Whole,
}

/// The app with something round it.
#[derive(Clone)]
pub(crate) enum App {
    Router(Router),
    Whole(BellService<Router>),
}

impl Around {
    /// [`Bare`](Self::Bare) first: the others are compared with it.
    pub(crate) const ALL: &[Self] = &[
        Self::Bare,
        Self::Identity,
        Self::Bell,
        Self::Ignoring,
        Self::Users,
        Self::AnyBody,
        Self::Whole,
    ];
}

impl App {
    pub(crate) fn new(around: Around) -> Self {
        let layer = bell().layer().capture_body(8 * 1024).cause::<Declined>();
        let routes = routes();
        Self::Router(match around {
            Around::Bare => routes.with_state(()),
            Around::Identity => routes.layer(Identity::new()).with_state(()),
            Around::Bell => routes.layer(layer).with_state(()),
            Around::Ignoring => {
                routes.layer(layer.ignore_path("/ok").ignore_path("/status")).with_state(())
            }
            Around::Users => {
                let user = |_: &_| Some("alice@example.com".to_owned());
                routes.layer(layer.user_from(user)).with_state(())
            }
            Around::AnyBody => routes.layer(layer.any_body()).with_state(()),
            Around::Whole => return Self::Whole(layer.layer(routes.with_state(()))),
        })
    }
}

/// The only place that makes a bell.
fn bell() -> Bell {
    let built = Bell::builder("shop-api").channel("#errors", Stub::new()).build_with_worker();
    let (bell, worker) = built.expect("a bell");
    // Never run: it would ask for the details of the next failure now and then, and the counts would
    // not be the same on every run. Dropped, it would close the bell.
    Box::leak(Box::new(worker));
    bell
}

fn routes() -> Router {
    const FAILED: StatusCode = StatusCode::INTERNAL_SERVER_ERROR;
    Router::new()
        .route("/ok", get(|| async { "ok" }))
        .route("/echo", post(|payload: Bytes| async { Body::from(payload) }))
        .route("/status", get(|| async { FAILED }))
        .route("/cause", get(|| async { (FAILED, Extension(Arc::new(Declined))) }))
        .route("/text", get(|| async { (FAILED, CAUSE) }))
        .fallback(|| async { FAILED })
}

/// 195 characters, as real as they get: words, numbers, an address, an id.
const CAUSE: &str = "charge failed for order 817345: payment gateway at 10.12.0.7:8443 answered \
     502 Bad Gateway after 3 attempts (request 7f3a9c1e-0b1c-4d5e-8f90-123456789abc): connection \
     reset by peer (os error 104)";

/// The app's own error.
#[derive(Debug)]
pub(crate) struct Declined;

impl fmt::Display for Declined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(CAUSE)
    }
}

impl std::error::Error for Declined {}
