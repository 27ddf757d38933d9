//! The service: looks at each request before it goes on.

use std::{
    fmt::{self, Debug, Display},
    marker::PhantomData,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response, Version};
use http_body::Body;
use tower_service::Service;

use super::{
    config::Shared,
    future::ResponseFuture,
    grpc,
    mode::{BodyMode, SameBody, Watching},
    snapshot::{Capture, Kept},
    unready,
};
use crate::context::{Scope, ready};

/// The service that [`BellLayer`](super::BellLayer) makes.
pub struct BellService<S, M = SameBody> {
    inner: S,
    shared: Arc<Shared>,
    mode: PhantomData<fn() -> M>,
}

impl<S, M> BellService<S, M> {
    pub(crate) fn new(inner: S, shared: Arc<Shared>) -> Self {
        Self { inner, shared, mode: PhantomData }
    }

    /// The service inside.
    pub fn get_ref(&self) -> &S {
        &self.inner
    }

    /// The service inside.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.inner
    }

    /// The service inside.
    pub fn into_inner(self) -> S {
        self.inner
    }
}

impl<S, M, B, R> Service<Request<B>> for BellService<S, M>
where
    M: BodyMode<B> + BodyMode<R>,
    S: Service<Request<<M as BodyMode<B>>::Body>, Response = Response<R>>,
    S::Error: Display + 'static,
    B: Body,
    R: Body,
{
    type Response = Response<<M as BodyMode<R>>::Body>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, M>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        ready::begin();
        match catch_unwind(AssertUnwindSafe(|| self.inner.poll_ready(cx))) {
            Ok(Poll::Ready(Err(error))) => {
                unready::tell_error(&self.shared, &error);
                Poll::Ready(Err(error))
            }
            Ok(ready) => {
                ready::end();
                ready
            }
            Err(payload) => {
                unready::tell_panic(&self.shared, &*payload);
                resume_unwind(payload)
            }
        }
    }

    // Not inlined: the future is then made where it stays, and not moved there.
    #[inline(never)]
    fn call(&mut self, request: Request<B>) -> Self::Future {
        if self.shared.looks_away(request.uri(), request.extensions()) {
            self.pass(request)
        } else {
            self.watch(request)
        }
    }
}

impl<S, M> BellService<S, M> {
    /// Nobody is told of this request, but a panic is answered.
    fn pass<B, R>(&mut self, request: Request<B>) -> ResponseFuture<S::Future, M>
    where
        M: BodyMode<B> + BodyMode<R>,
        S: Service<Request<<M as BodyMode<B>>::Body>, Response = Response<R>>,
    {
        let policy = self.shared.config.panics;
        let is_grpc = request.version() >= Version::HTTP_2 && grpc::is_grpc(request.headers());
        let request = request.map(<M as BodyMode<B>>::pass);
        match catch_unwind(AssertUnwindSafe(|| self.inner.call(request))) {
            Ok(future) => ResponseFuture::new(future, None, Scope::default(), policy, is_grpc),
            Err(payload) => {
                ResponseFuture::raised::<R>(payload, None, Scope::default(), policy, is_grpc)
            }
        }
    }

    fn watch<B, R>(&mut self, request: Request<B>) -> ResponseFuture<S::Future, M>
    where
        M: BodyMode<B> + BodyMode<R>,
        S: Service<Request<<M as BodyMode<B>>::Body>, Response = Response<R>>,
        B: Body,
    {
        let policy = self.shared.config.panics;
        let (parts, body) = request.into_parts();
        let mut capture = Capture::of(Arc::clone(&self.shared), &parts, Kept::of(&body));
        let body = <M as BodyMode<B>>::watch(body, |body| Watching(capture.watch_payload(body)));
        let request = Request::from_parts(parts, body);
        let mut scope = Scope::default();
        let call = AssertUnwindSafe(|| self.inner.call(request));
        match scope.enter(|| catch_unwind(call)) {
            Ok(future) => ResponseFuture::new(future, Some(capture), scope, policy, false),
            Err(payload) => {
                ResponseFuture::raised::<R>(payload, Some(capture), scope, policy, false)
            }
        }
    }
}

impl<S: Clone, M> Clone for BellService<S, M> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone(), Arc::clone(&self.shared))
    }
}

impl<S: Debug, M> Debug for BellService<S, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BellService")
            .field("inner", &self.inner)
            .field("config", &self.shared.config)
            .finish_non_exhaustive()
    }
}
