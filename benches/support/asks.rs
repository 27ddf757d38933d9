//! Requests as a browser sends them and hyper builds them, answered without a socket.

use std::{
    convert::Infallible,
    future::Future,
    hint::black_box,
    ops::Range,
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};

use axum::body::{Body, Bytes};
use bytes::BytesMut;
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use tower::ServiceExt;

use super::{apps::App, headers::HEADERS};

/// What is asked of the app.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Ask {
    /// Answered with `ok`.
    Get,
    /// 1 KiB of JSON, read and sent back by the handler.
    Post1K,
    /// 64 KiB of it.
    Post64K,
    /// Answered with a 500 without a body.
    Status,
    /// Answered with a 500 that carries a typed cause.
    Cause,
    /// Answered with a 500 that says the same in its body.
    Text,
    /// Answered with a 500 on another path each time: the few first of them, which are told.
    New,
    /// The same when there were so many that no further details are taken.
    Flood,
    /// [`Status`](Self::Status) then, whose details are wanted again and again.
    Refused,
}

/// After so many new kinds no further details are taken.
const MANY: usize = 50;

/// One request, to be made again and again.
pub(crate) struct Template {
    method: Method,
    head: Vec<u8>,
    target: Range<usize>,
    headers: Vec<(Range<usize>, Range<usize>)>,
    payload: Bytes,
}

impl Ask {
    pub(crate) const ALL: &[Self] = &[
        Self::Get,
        Self::Post1K,
        Self::Post64K,
        Self::Status,
        Self::Cause,
        Self::Text,
        Self::New,
        Self::Flood,
        Self::Refused,
    ];

    /// The `n`th request of this kind. Those that fail anew differ in their path.
    pub(crate) fn template(self, n: usize) -> Template {
        match self {
            Self::Get => Template::get("/ok"),
            Self::Post1K => Template::post("/echo", 1024),
            Self::Post64K => Template::post("/echo", 64 * 1024),
            Self::Status => Template::get("/status"),
            Self::Cause => Template::get("/cause"),
            Self::Text => Template::get("/text"),
            Self::Refused if n >= MANY => Template::get("/status"),
            // Letters only: digits are collapsed.
            Self::New | Self::Flood | Self::Refused => {
                Template::get(&format!("/{}/{}", "x".repeat(n % 20), "y".repeat(n / 20)))
            }
        }
    }
}

impl Template {
    fn get(path: &str) -> Self {
        Self::new(Method::GET, path, "", Bytes::new())
    }

    fn post(path: &str, length: usize) -> Self {
        let item = br#"{"sku":"A-1042","quantity":3,"note":"gift wrap"},"#;
        let payload: Bytes = item.iter().copied().cycle().take(length).collect();
        let more = format!("content-type: application/json\r\ncontent-length: {length}\r\n");
        Self::new(Method::POST, path, &more, payload)
    }

    fn new(method: Method, path: &str, more: &str, payload: Bytes) -> Self {
        let head = format!("{method} {path} HTTP/1.1\r\n{HEADERS}{more}\r\n");
        let target = method.as_str().len() + 1;
        let mut at = head.find("\r\n").map_or(0, |end| end + 2);
        let headers = head[at..].lines().filter_map(|line| {
            let start = at;
            at += line.len() + 2;
            let colon = start + line.find(": ")?;
            Some((start..colon, colon + 2..start + line.len()))
        });
        let headers = headers.collect();
        let target = target..target + path.len();
        Self { method, head: head.into_bytes(), target, headers, payload }
    }

    /// As hyper makes it: one buffer, and the values are slices of it.
    pub(crate) fn request(&self) -> Request<Body> {
        let head = BytesMut::from(&self.head[..]).freeze();
        let mut request = Request::new(self.body());
        *request.method_mut() = self.method.clone();
        *request.uri_mut() =
            Uri::from_maybe_shared(head.slice(self.target.clone())).expect("a target");
        request.headers_mut().reserve(self.headers.len());
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(&head[name.clone()]).expect("a name");
            let value = HeaderValue::from_maybe_shared(head.slice(value.clone())).expect("a value");
            request.headers_mut().append(name, value);
        }
        request
    }

    fn body(&self) -> Body {
        if self.payload.is_empty() {
            Body::empty()
        } else {
            Body::new(Frames(self.payload.clone()))
        }
    }
}

/// A body of known length that comes in frames of 16 KiB.
struct Frames(Bytes);

impl http_body::Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let length = self.0.len().min(16 * 1024);
        Poll::Ready((length > 0).then(|| Ok(Frame::data(self.0.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.len() as u64)
    }
}

impl App {
    /// Lets it answer, and reads the answer to its end.
    pub(crate) fn answer(&self, request: Request<Body>) {
        let answered = match self {
            Self::Router(router) => now(router.clone().oneshot(request)),
            Self::Whole(service) => now(service.clone().oneshot(request)),
        };
        let Ok(response) = answered;
        let (head, mut body) = response.into_parts();
        while let Some(frame) = now(body.frame()) {
            black_box(frame.is_ok());
        }
        black_box(head);
    }
}

/// The output of a future that never waits.
fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("nothing here has to wait"),
    }
}
