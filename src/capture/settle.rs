//! What counts as a failure, and when that is certain.
//!
//! A failure is settled at the first moment when its cause is final. At the head: a cause in the
//! extensions, a `grpc-status` in the head, a 5xx without a text. Otherwise with the body: at its
//! last frame, after [`TEXT_LIMIT`], at an error, at its end, or when it is dropped.

use std::{any::Any, borrow::Cow, fmt::Display};

use bytes::Buf;
use http::{
    HeaderMap, HeaderValue, Method, Response, StatusCode, Version, header, response::Parts,
};
use http_body::{Body, SizeHint};

use super::{
    grpc,
    snapshot::{Capture, REQUEST_ID},
    tee::copy,
    tell::{Answer, Failure, Why},
};
use crate::{
    context::{Scope, SharedTags, panic},
    report::Kind,
    severity::Severity,
};

/// Bytes kept of a textual 5xx body.
pub(crate) const TEXT_LIMIT: usize = 2 * 1024;

/// What the head says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Verdict {
    /// Nothing failed and nothing will that we could see.
    Fine,
    /// Nothing failed yet, but the body may: it streams, or it is gRPC's.
    Watch(Await),
    /// It failed.
    Failed(Severity),
    /// A gRPC call failed with this code, or with none.
    Grpc(Option<u16>),
}

/// What is awaited from a body.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Await {
    /// The text of a failing response.
    Text(Severity),
    /// That it ends well.
    End,
    /// Its trailers with a status.
    GrpcStatus,
}

/// Judges a response by its head.
pub(crate) fn judge(capture: &Capture, response: &Response<impl Body>) -> Verdict {
    let (status, headers) = (response.status(), response.headers());
    match status.as_u16() {
        200..=299 if capture.method != Method::CONNECT => {
            good(capture.version, headers, response.body())
        }
        501 => Verdict::Fine,
        503 if headers.contains_key(header::RETRY_AFTER) => Verdict::Failed(Severity::Warning),
        408 | 500..=599 => Verdict::Failed(Severity::Error),
        _ if capture.shared.config.client_errors.contains(&status) => {
            Verdict::Failed(Severity::Warning)
        }
        _ => Verdict::Fine,
    }
}

/// A good head: the body may still fail.
fn good(version: Version, headers: &HeaderMap, body: &impl Body) -> Verdict {
    let has_length = body.size_hint().exact().is_some_and(|length| length > 0);
    if has_length && version < Version::HTTP_2 {
        // The usual case: nothing can follow, because gRPC needs HTTP/2.
        return Verdict::Fine;
    }
    if grpc::is_grpc(headers) {
        return match grpc::status(headers) {
            Some(code) if grpc::is_servers_fault(code) => Verdict::Grpc(Some(code)),
            Some(_) => Verdict::Fine,
            None if body.is_end_stream() => Verdict::Grpc(None),
            None => Verdict::Watch(Await::GrpcStatus),
        };
    }
    let streams = body.size_hint().exact().is_none() && !body.is_end_stream();
    if streams { Verdict::Watch(Await::End) } else { Verdict::Fine }
}

/// Whether a failing response has a text worth waiting for.
pub(crate) fn has_text(headers: &HeaderMap, body: &SizeHint) -> bool {
    // Before the headers are looked through: most failures without a text have no body at all.
    if body.exact().is_none_or(|length| length == 0) {
        return false;
    }
    let encoded = headers.get(header::CONTENT_ENCODING).is_some_and(|e| e != "identity");
    let kind = headers.get(header::CONTENT_TYPE).map_or(&b""[..], |kind| kind.as_bytes());
    let textual = kind.starts_with(b"text/")
        || kind.windows(4).any(|four| four.eq_ignore_ascii_case(b"json"))
        || kind.windows(3).any(|three| three.eq_ignore_ascii_case(b"xml"));
    textual && !encoded
}

/// How a body ended.
pub(crate) enum Outcome<'a> {
    Complete,
    Dropped,
    Error(&'a dyn Display),
    Panic(&'a (dyn Any + Send)),
    Trailers(&'a HeaderMap),
}

/// A verdict that waits for the body. The capture is taken once, at whatever comes first.
pub(crate) struct Settle {
    pending: Option<Capture>,
    scope: Scope,
    status: StatusCode,
    awaits: Await,
    request_id: Option<HeaderValue>,
    length: Option<u64>,
    text: Vec<u8>,
    sent: u64,
}

impl Settle {
    pub(crate) fn new<B: Body>(
        mut capture: Capture,
        tags: SharedTags,
        head: &Parts,
        body: &B,
        awaits: Await,
    ) -> Self {
        if !matches!(awaits, Await::Text(_)) {
            // A stream may last for hours: what is only for a failure's report is not kept so long.
            capture.drop_payload();
        }
        Self {
            pending: Some(capture),
            scope: Scope::of(tags),
            status: head.status,
            awaits,
            request_id: head.headers.get(REQUEST_ID).cloned(),
            length: body.size_hint().exact(),
            text: Vec::new(),
            sent: 0,
        }
    }

    pub(crate) fn scope(&mut self) -> &mut Scope {
        &mut self.scope
    }

    /// A data frame goes out; `last` if nobody may ask for another.
    pub(crate) fn data(&mut self, data: &impl Buf, last: bool) {
        self.sent += data.remaining() as u64;
        if !matches!(self.awaits, Await::Text(_)) {
            if last {
                self.end(Outcome::Complete);
            }
        } else if last && self.text.is_empty() && data.chunk().len() == data.remaining() {
            // The usual case: all in one frame, nothing to copy.
            self.settle_text(data.chunk());
        } else if self.pending.is_some() {
            copy(data, data.remaining().min(TEXT_LIMIT - self.text.len()), &mut self.text);
            if last || self.text.len() == TEXT_LIMIT {
                self.end(Outcome::Complete);
            }
        }
    }

    /// The body ended like this. Only the first end counts.
    pub(crate) fn end(&mut self, how: Outcome<'_>) {
        let (why, kind, grpc) = match (self.awaits, how) {
            (_, Outcome::Panic(payload)) => {
                (Why::Panic(payload, panic::take_place(payload)), Kind::Panic, None)
            }
            (Await::Text(_), Outcome::Error(error)) if self.text.is_empty() => {
                (Why::Text(error), Kind::Status, None)
            }
            (Await::Text(_), _) => {
                let text = std::mem::take(&mut self.text);
                return self.settle_text(&text);
            }
            (_, Outcome::Error(error)) => (Why::Text(error), Kind::Body, None),
            (Await::GrpcStatus, Outcome::Complete) => (Why::Nothing, Kind::Grpc, Some(None)),
            (Await::GrpcStatus, Outcome::Trailers(trailers)) => {
                return self.settle_trailers(trailers);
            }
            // It ended well, or the client went away.
            (_, Outcome::Complete | Outcome::Trailers(_) | Outcome::Dropped) => {
                self.pending = None;
                return;
            }
        };
        self.settle(kind, &why, grpc, None);
    }

    fn settle_text(&mut self, text: &[u8]) {
        let kept = &text[..text.len().min(TEXT_LIMIT)];
        // Most texts are valid, and to find that out is ten times quicker than the lossy way.
        let kept =
            str::from_utf8(kept).map_or_else(|_| String::from_utf8_lossy(kept), Cow::Borrowed);
        let kept = kept.trim();
        let why = if kept.is_empty() { Why::Nothing } else { Why::Response(kept) };
        self.settle(Kind::Status, &why, None, Some(kept));
    }

    fn settle_trailers(&mut self, trailers: &HeaderMap) {
        let code = grpc::status(trailers);
        if code.is_some_and(|code| !grpc::is_servers_fault(code)) {
            self.pending = None;
            return;
        }
        let message = grpc::message(trailers);
        let why = message.as_ref().map_or(Why::Nothing, |message| Why::Text(message));
        self.settle(Kind::Grpc, &why, Some(code), None);
    }

    fn settle(&mut self, kind: Kind, why: &Why<'_>, grpc: Option<Option<u16>>, text: Option<&str>) {
        let Some(capture) = self.pending.take() else { return };
        // A failing head is claimed already. A stream that fails while an outer layer waits for its
        // answer is claimed there, because that answer will be a failure too.
        if !matches!(self.awaits, Await::Text(_)) && self.scope.claim_failure().is_none() {
            return;
        }
        let severity = match self.awaits {
            Await::Text(severity) => severity,
            Await::End | Await::GrpcStatus => Severity::Error,
        };
        // Longer than what is kept, or broken off: what came of it may end in half a secret.
        let came = self.sent.min(TEXT_LIMIT as u64);
        let cut = self.length.is_some_and(|length| length > came);
        let sent = matches!(kind, Kind::Body | Kind::Panic).then_some(self.sent);
        let answer = Answer {
            length: self.length,
            request_id: self.request_id.as_ref(),
            text,
            text_cut: cut && text.is_some_and(|text| !text.is_empty()),
            sent,
        };
        let status = Some(self.status);
        let failure = Failure { kind, severity, status, grpc, why, answer: Some(answer) };
        capture.tell(self.scope.tags(), &failure);
    }
}

impl Drop for Settle {
    fn drop(&mut self) {
        self.end(Outcome::Dropped);
    }
}
