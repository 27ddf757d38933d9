//! The two forms of the layer, because one `impl` cannot do both: body types that stay as they
//! are, and bodies of any kind that are all wrapped.

use std::{
    any::type_name,
    fmt::Display,
    panic::catch_unwind,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    task::Poll,
};

use http::Response;
use http_body::Body;

pub(crate) use self::sealed::Watching;
use super::body::{BellBody, Watch};
use crate::text::discard;

/// Body types stay. `axum::body::Body` is known and watched inside; a body of another type passes
/// unwatched, and the message says so.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum SameBody {}

/// Every body is wrapped in a [`BellBody`], in the request and in the response.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum AnyBody {}

/// How a layer treats bodies of type `B`: [`SameBody`] or [`AnyBody`]. Sealed.
pub trait BodyMode<B>: sealed::Sealed + 'static {
    /// What becomes of `B`.
    type Body;

    /// Lets someone take note of the body, if that can be had. `make` runs only if it can.
    #[doc(hidden)]
    fn watch(body: B, make: impl FnOnce(&B) -> Watching) -> Self::Body;

    /// Nobody takes note of this one.
    #[doc(hidden)]
    fn pass(body: B) -> Self::Body;

    /// Nobody takes note of this answer's body. A whole answer that stays as it is need not be moved.
    #[doc(hidden)]
    fn pass_answer<E>(
        answer: Poll<Result<Response<B>, E>>,
    ) -> Poll<Result<Response<Self::Body>, E>>;

    /// The body that answers a panic: with this text if it can hold one, else empty, and whether it
    /// holds it. `None` if such a body cannot be made.
    #[doc(hidden)]
    fn panic_answer(text: &'static str) -> Option<(Self::Body, bool)>;
}

impl<B: Body + 'static> BodyMode<B> for SameBody {
    type Body = B;

    fn watch(body: B, make: impl FnOnce(&B) -> Watching) -> B {
        known::watch(body, make)
    }

    fn pass(body: B) -> B {
        body
    }

    fn pass_answer<E>(answer: Poll<Result<Response<B>, E>>) -> Poll<Result<Response<B>, E>> {
        answer
    }

    fn panic_answer(text: &'static str) -> Option<(B, bool)> {
        known::from_text(text).map(|body| (body, true))
    }
}

impl<B: Body<Error: Display> + 'static> BodyMode<B> for AnyBody {
    type Body = BellBody<B>;

    fn watch(body: B, make: impl FnOnce(&B) -> Watching) -> BellBody<B> {
        let Watching(watch) = make(&body);
        BellBody::new(body, watch)
    }

    fn pass(body: B) -> BellBody<B> {
        BellBody::new(body, Watch::Off)
    }

    fn pass_answer<E>(
        answer: Poll<Result<Response<B>, E>>,
    ) -> Poll<Result<Response<BellBody<B>>, E>> {
        answer.map_ok(|response| response.map(<Self as BodyMode<B>>::pass))
    }

    fn panic_answer(_: &'static str) -> Option<(BellBody<B>, bool)> {
        Some((BellBody::empty(), false))
    }
}

/// The body types that [`SameBody`] can watch: those of axum 0.8.
#[cfg(feature = "axum-08")]
mod known {
    use std::{any::Any, mem};

    use http_body_util::BodyExt;

    use super::{BellBody, Body, Watch, Watching};
    use crate::capture::body::TeeBody;

    pub(super) fn watch<B: Body + 'static>(mut body: B, make: impl FnOnce(&B) -> Watching) -> B {
        if !raw_any(&body).is::<axum::body::Body>() {
            super::warn_unknown::<B>();
            return body;
        }
        match make(&body) {
            Watching(Watch::Off) => {}
            Watching(Watch::Request(tee)) => wrap(&mut body, |inner| TeeBody::new(inner, tee)),
            Watching(watch) => wrap(&mut body, |inner| BellBody::new(inner, watch)),
        }
        body
    }

    /// Without `into_inner` each layer would wrap the error once more, and a 413 that axum finds in
    /// it would become a 400.
    fn wrap<B, W>(body: &mut B, with: impl FnOnce(axum::body::Body) -> W)
    where
        B: 'static,
        W: Body<Data = bytes::Bytes, Error = axum::Error> + Send + 'static,
    {
        if let Some(known) = (body as &mut dyn Any).downcast_mut::<axum::body::Body>() {
            let wrapped = with(mem::take(known)).map_err(axum::Error::into_inner);
            *known = axum::body::Body::new(wrapped);
        }
    }

    pub(super) fn from_text<B: 'static>(text: &'static str) -> Option<B> {
        let mut answer = None::<B>;
        let known = (&mut answer as &mut dyn Any).downcast_mut::<Option<axum::body::Body>>()?;
        *known = Some(text.into());
        answer
    }

    fn raw_any<B: 'static>(body: &B) -> &dyn Any {
        body
    }
}

/// Without axum no body type is known.
#[cfg(not(feature = "axum-08"))]
mod known {
    use super::{Body, Watching};

    pub(super) fn watch<B: Body + 'static>(body: B, _: impl FnOnce(&B) -> Watching) -> B {
        super::warn_unknown::<B>();
        body
    }

    pub(super) fn from_text<B>(_: &'static str) -> Option<B> {
        None
    }
}

fn warn_unknown<B>() {
    static SAID: AtomicBool = AtomicBool::new(false);
    if SAID.load(Relaxed) || SAID.swap(true, Relaxed) {
        return;
    }
    // A subscriber is the app's code: its panic must not become the request's.
    let said = catch_unwind(|| {
        tracing::warn!(
            target: "tower_bell",
            "bodies of type {} are not captured: use `.any_body()` on the layer",
            type_name::<B>(),
        );
    });
    said.unwrap_or_else(discard);
}

#[allow(unnameable_types, reason = "that is what seals the trait")]
mod sealed {
    use std::fmt;

    use super::{AnyBody, SameBody, Watch};

    pub trait Sealed {}
    impl Sealed for SameBody {}
    impl Sealed for AnyBody {}

    /// A [`Watch`] that can stand in a public trait and still be made only here.
    pub struct Watching(pub(crate) Watch);

    impl fmt::Debug for Watching {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("Watching").finish_non_exhaustive()
        }
    }
}
