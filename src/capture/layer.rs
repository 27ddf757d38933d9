//! The layer and its settings.

use std::{
    error::Error as StdError,
    fmt::{self, Debug},
    marker::PhantomData,
    sync::Arc,
    time::Duration,
};

use http::{StatusCode, request};
use tower_layer::Layer;

use super::{
    cause::CauseFinder,
    config::{Config, MOST_CAPTURE_BODY, PanicPolicy, Shared},
    mode::{AnyBody, SameBody},
    service::BellService,
};
use crate::bell::Bell;

/// Rings the bell when a request fails. Made by [`Bell::layer`].
///
/// Cheap to clone; holds one `Arc` and does nothing in `layer()` but count it up, because axum may
/// call that for each request.
///
/// Put it last, so that it stands round everything that was added before:
///
/// ```
/// # #[cfg(feature = "axum")] {
/// use axum::{Router, routing::get};
/// use tower_bell::Bell;
///
/// let bell = Bell::off();
/// let app: Router = Router::new().route("/", get(|| async { "hello" })).layer(bell.layer());
/// # }
/// ```
#[must_use = "a layer does nothing until it is added to a service"]
pub struct BellLayer<M = SameBody> {
    pub(super) shared: Arc<Shared>,
    mode: PhantomData<fn() -> M>,
}

impl Bell {
    /// The layer that rings this bell: body types stay as they are, and axum's body is captured.
    /// For other bodies see [`BellLayer::any_body`].
    pub fn layer(&self) -> BellLayer {
        let shared = Shared { bell: self.clone(), config: Config::default() };
        BellLayer { shared: Arc::new(shared), mode: PhantomData }
    }
}

impl<M> BellLayer<M> {
    /// Wraps every body, whatever its type: for tonic, hyper and bodies of your own.
    pub fn any_body(self) -> BellLayer<AnyBody> {
        BellLayer { shared: self.shared, mode: PhantomData }
    }

    /// The name of the service in messages and fingerprints. Default: the bell's.
    pub fn service(self, name: impl Into<Arc<str>>) -> Self {
        self.with(|config| config.service = Some(name.into()))
    }

    /// The channel that failures under this layer go to, in place of where the
    /// [`Route`](crate::Route)s lead them. Default: where those lead, else the bell's first.
    ///
    /// An unknown name goes to the first channel with a note, and is counted.
    pub fn channel(self, name: impl Into<Arc<str>>) -> Self {
        self.with(|config| config.channel = Some(name.into()))
    }

    /// How many bytes of a payload are kept while the handler reads it, at most
    /// [`MOST_CAPTURE_BODY`]; 0 = none. Default: [`DEFAULT_CAPTURE_BODY`](super::DEFAULT_CAPTURE_BODY).
    pub fn capture_body(self, bytes: usize) -> Self {
        self.with(|config| config.capture_body = bytes.min(MOST_CAPTURE_BODY))
    }

    /// Rings for these client errors too, as warnings. Default: none.
    ///
    /// A 404 does not ring by itself: [an hour](crate::delivery::MISSING_PAGES_PERIOD) after the first
    /// one message says which links of your own pages lead nowhere, the ten most asked with their
    /// counts, and how many requests there were beside. A link of an own page is one whose `Referer`
    /// has the request's host, or the one in `x-forwarded-host`. Requests without one and those for
    /// [well-known probe paths](super::PROBES) are not listed but only counted; if nothing is listed
    /// there is no message. All are in [`Stats::not_found`](crate::Stats::not_found), and none of
    /// them in [`Stats::failures`](crate::Stats::failures).
    ///
    /// The message goes to this layer's [`channel`](Self::channel); else routes see it as
    /// [`Topic::ClientError`](crate::Topic::ClientError), a warning, with the status 404 and without a
    /// path.
    ///
    /// A 404 fails like any other status if the app says something of it: by a cause
    /// ([`ServerError`](crate::ServerError), `with_cause`), a [`critical_path`](Self::critical_path),
    /// or a [`context::severity`](crate::context::severity) above a warning.
    pub fn client_errors(self, statuses: impl IntoIterator<Item = StatusCode>) -> Self {
        self.with(|config| config.client_errors.extend(statuses))
    }

    /// Lists all missing pages in the hourly message, not only those that a page of the own site links
    /// to. Probe paths are still left out.
    pub fn all_not_found(self) -> Self {
        self.with(|config| config.all_not_found = true)
    }

    /// Failures on this path are critical. Compared with the route's template and with the path.
    pub fn critical_path(self, path: impl Into<Box<str>>) -> Self {
        self.with(|config| config.critical_paths.push(path.into()))
    }

    /// Nothing that happens on exactly this path is told; a panic is still answered. The path is the
    /// one that the client asked for, also inside `nest`.
    pub fn ignore_path(self, path: impl Into<Box<str>>) -> Self {
        self.with(|config| config.ignored_paths.push(path.into()))
    }

    /// Rings when a client goes away after having waited this long. Default: clients that go away
    /// are only counted in [`Bell::stats`].
    pub fn cancelled_after(self, wait: Duration) -> Self {
        self.with(|config| config.cancelled_after = Some(wait))
    }

    /// What to do with a panic after it was told. Default: [`PanicPolicy::Respond`].
    pub fn panics(self, policy: PanicPolicy) -> Self {
        self.with(|config| config.panics = policy)
    }

    /// Looks for a cause of this type: an `Arc<E>` or an `E` in the response's extensions, or the
    /// service's own error.
    ///
    /// ```
    /// # let bell = tower_bell::Bell::off();
    /// let layer = bell.layer().cause::<std::io::Error>();
    /// ```
    pub fn cause<E: StdError + Send + Sync + 'static>(self) -> Self {
        self.with(|config| config.causes.push(CauseFinder::of_error::<E>()))
    }

    /// The same for a type that is only `Debug`.
    pub fn cause_debug<E: Debug + Send + Sync + 'static>(self) -> Self {
        self.with(|config| config.causes.push(CauseFinder::of_debug::<E>()))
    }

    /// Who a request is for, as its head says. What [`context::user`](crate::context::user) says
    /// later counts more.
    ///
    /// Shown as it is, never masked: what you name here is what the team searches for. Called for every
    /// request before it goes on; `None` names nobody, and after a panic in it the message says "user
    /// unknown".
    pub fn user_from<F>(self, user: F) -> Self
    where
        F: Fn(&request::Parts) -> Option<String> + Send + Sync + 'static,
    {
        self.with(|config| config.user_from = Some(Arc::new(user)))
    }

    /// The route's name, where no router says it: it should have few values. Called like
    /// [`user_from`](Self::user_from).
    pub fn route_name<F>(self, name: F) -> Self
    where
        F: Fn(&request::Parts) -> Option<String> + Send + Sync + 'static,
    {
        self.with(|config| config.route_name = Some(Arc::new(name)))
    }

    fn with(mut self, set: impl FnOnce(&mut Config)) -> Self {
        set(&mut Arc::make_mut(&mut self.shared).config);
        self
    }
}

impl<S, M> Layer<S> for BellLayer<M> {
    type Service = BellService<S, M>;

    fn layer(&self, inner: S) -> BellService<S, M> {
        BellService::new(inner, Arc::clone(&self.shared))
    }
}

impl<M> Clone for BellLayer<M> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), mode: PhantomData }
    }
}

impl<M> Debug for BellLayer<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BellLayer").field("config", &self.shared.config).finish_non_exhaustive()
    }
}
