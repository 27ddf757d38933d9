//! What is kept of a request until it is known whether it failed, and the report made of it.

use std::{
    any::type_name,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::{Duration, Instant},
};

use http::{HeaderName, Method, Version, header, request::Parts};
use http_body::Body;

use super::{
    body::Watch,
    config::{FromParts, Shared},
    head::{self, Head},
    tee::{Prefix, Tee},
};
use crate::{
    report::{Header, Payload, RequestSnapshot},
    text::{Size, discard},
};

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// All that is kept of one request. Made for every request: one allocation without a body, three
/// with one.
pub(crate) struct Capture {
    pub(crate) shared: Arc<Shared>,
    pub(crate) method: Method,
    /// Of the layer's own look-up, unless that panicked.
    pub(crate) user: Result<Option<String>, Panicked>,
    head: Head,
    pub(crate) version: Version,
    route: Route,
    payload: Kept,
    started: Instant,
}

/// A look-up of the user's own did.
#[derive(Clone, Copy)]
pub(crate) struct Panicked;

/// The route's name, if there is one.
enum Route {
    Unnamed,
    #[cfg(feature = "axum-08")]
    Matched(axum::extract::MatchedPath),
    Named(String),
}

/// What is kept of the payload.
pub(crate) enum Kept {
    /// There is none.
    None,
    Prefix(Arc<Prefix>),
    /// Nothing, for this reason.
    Nothing(&'static str),
    /// Its type is unknown: gives its name.
    Unwatchable(fn() -> &'static str),
}

impl Kept {
    /// Until [`Capture::watch_payload`] is called, the type is one that cannot be watched.
    pub(crate) fn of<B: Body>(body: &B) -> Self {
        if body.is_end_stream() { Self::None } else { Self::Unwatchable(type_name::<B>) }
    }
}

impl Capture {
    /// Looks at the request before it goes on. Not generic: compiled once, and not anew for each
    /// service, where nothing below it could be inlined.
    pub(crate) fn of(shared: Arc<Shared>, request: &Parts, payload: Kept) -> Self {
        let ask = |function: &Option<FromParts>| {
            function.as_ref().map_or(Ok(None), |function| ask(function, request))
        };
        Self {
            method: request.method.clone(),
            user: ask(&shared.config.user_from),
            head: Head::of(request),
            version: request.version,
            route: ask(&shared.config.route_name)
                .unwrap_or_default()
                .map_or_else(|| matched_route(request), Route::Named),
            payload,
            // Only for `elapsed`: nothing is decided by it.
            started: Instant::now(),
            shared,
        }
    }

    /// The body's own watch; called only for a body that can be watched.
    pub(crate) fn watch_payload<B: Body>(&mut self, body: &B) -> Watch {
        let limit = self.shared.config.capture_body;
        if matches!(self.payload, Kept::None) {
            return Watch::Off;
        }
        if limit == 0 {
            self.payload = Kept::Nothing("capturing payloads is switched off");
            return Watch::Off;
        }
        let prefix = Arc::<Prefix>::default();
        let tee = Tee::new(Arc::clone(&prefix), limit, body);
        self.payload = Kept::Prefix(prefix);
        Watch::Request(tee)
    }

    pub(crate) fn drop_payload(&mut self) {
        if matches!(self.payload, Kept::Prefix(_)) {
            self.payload = Kept::Nothing("not kept once the answer was on its way");
        }
    }

    pub(crate) fn is_grpc(&self) -> bool {
        // Anyone can say so over HTTP/1, where a 200 would hide a panic.
        self.version >= Version::HTTP_2 && self.head.is_grpc()
    }

    pub(crate) fn is_ring(&self) -> bool {
        self.head.is_ring()
    }

    pub(crate) fn path(&self) -> &str {
        self.head.path()
    }

    /// The host that was asked, with its port.
    pub(crate) fn host(&self) -> Option<&str> {
        let target = std::str::from_utf8(self.head.raw_target()).ok()?;
        let absolute = head::absolute(target).map(|(_, rest)| rest.split('/').next());
        let header = || str::from_utf8(self.header(&header::HOST)?).ok();
        absolute.flatten().or_else(header)
    }

    /// The route's template or name.
    pub(crate) fn route(&self) -> Option<&str> {
        match &self.route {
            Route::Unnamed => None,
            #[cfg(feature = "axum-08")]
            Route::Matched(path) => Some(path.as_str()),
            Route::Named(name) => Some(name),
        }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// The head's value of this name.
    pub(crate) fn header(&self, name: &HeaderName) -> Option<&[u8]> {
        self.head.value(name)
    }

    pub(crate) fn snapshot(&self) -> RequestSnapshot {
        let headers: Vec<Header> = self.head.headers().collect();
        let target = String::from_utf8_lossy(self.head.raw_target());
        let (scheme, rest) = match head::absolute(&target) {
            Some((scheme, rest)) => (Some(scheme.to_owned()), rest),
            None => (None, &*target),
        };
        let path_at = if scheme.is_some() { rest.find('/').unwrap_or(rest.len()) } else { 0 };
        let authority = Some(&rest[..path_at]).filter(|authority| !authority.is_empty());
        let host = || headers.iter().find(|h| h.name == header::HOST.as_str())?.value.clone();
        RequestSnapshot {
            method: self.method.clone(),
            authority: authority.map(str::to_owned).or_else(host),
            scheme,
            target: rest[path_at..].to_owned(),
            version: self.version,
            route: self.route().map(str::to_owned),
            payload: self.payload(&headers),
            headers,
            head_cut: self.head.is_cut(),
        }
    }

    fn payload(&self, headers: &[Header]) -> Payload {
        let value = |name: HeaderName| {
            headers.iter().find(|header| header.name == name.as_str())?.value.clone()
        };
        let read = match &self.payload {
            Kept::None => return Payload::None,
            Kept::Nothing(reason) => return Payload::NotShown(reason.to_string()),
            Kept::Unwatchable(of) => {
                let reason = format!("body type {}: use `.any_body()`", of());
                return Payload::NotShown(reason);
            }
            Kept::Prefix(prefix) => prefix.lock(),
        };
        if read.read == 0 && !read.complete {
            let length = value(header::CONTENT_LENGTH).and_then(|length| length.parse().ok());
            return Payload::NotRead { length };
        }
        if read.read > 0 && read.kept.is_empty() {
            let size = Size(read.read);
            return Payload::NotShown(format!("{size} read, no room to keep any of it"));
        }
        Payload::Raw {
            prefix: read.kept.clone(),
            read: read.read,
            complete: read.complete,
            content_type: value(header::CONTENT_TYPE),
            content_encoding: value(header::CONTENT_ENCODING).filter(|coding| coding != "identity"),
        }
    }
}

/// What the user's own function says.
fn ask(function: &FromParts, request: &Parts) -> Result<Option<String>, Panicked> {
    catch_unwind(AssertUnwindSafe(|| function(request))).map_err(|payload| {
        discard(payload);
        Panicked
    })
}

fn matched_route(request: &Parts) -> Route {
    #[cfg(feature = "axum-08")]
    if let Some(path) = request.extensions.get::<axum::extract::MatchedPath>() {
        return Route::Matched(path.clone());
    }
    let _ = request;
    Route::Unnamed
}
