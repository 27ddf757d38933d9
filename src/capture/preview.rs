//! What a request would look like in chat, and why: for tests of one's own rules.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::Request;

use super::{
    config::DEFAULT_CAPTURE_BODY,
    snapshot::{Capture, Kept},
};
use crate::{
    bell::Bell,
    redact::{Finding, Redactor},
    render,
    report::{Fingerprint, Kind, Origin, Payload, Report},
    sensitive::Sensitive,
    severity::Severity,
};

impl Redactor {
    /// What this request would look like in chat: its user, request line, headers and payload, of which
    /// [`DEFAULT_CAPTURE_BODY`](crate::capture::DEFAULT_CAPTURE_BODY) bytes are kept. How the payload is
    /// read says its `content-type`; without one only JSON and XML are shown.
    ///
    /// ```
    /// use http::Request;
    /// use tower_bell::Redactor;
    ///
    /// let request = Request::post("/pay?token=s3cr3t").body(r#"{"pin":1234,"plan":"pro"}"#.into())?;
    /// let shown = "Request   POST /pay?token=[redacted] HTTP/1.1\n\
    ///              Payload   25 B, 1 value hidden\n  {\"pin\":\"[redacted]\",\"plan\":\"pro\"}";
    /// assert_eq!(Redactor::default().preview(&request), shown);
    /// # Ok::<(), http::Error>(())
    /// ```
    #[must_use]
    pub fn preview(&self, request: &Request<Bytes>) -> String {
        render::preview(&self.report(report(request)))
    }

    /// Which rules hide what in this request, part by part.
    ///
    /// ```
    /// use http::Request;
    /// use tower_bell::Redactor;
    ///
    /// let request = Request::get("/?token=s3cr3t").header("x-tenant", "acme").body("".into())?;
    /// let found: Vec<_> = Redactor::default().explain(&request).iter().map(ToString::to_string).collect();
    /// let expected = [
    ///     "target, `token`: the key stem `token`",
    ///     "header, `x-tenant`: a header that is not listed",
    /// ];
    /// assert_eq!(found, expected);
    /// # Ok::<(), http::Error>(())
    /// ```
    #[must_use]
    pub fn explain(&self, request: &Request<Bytes>) -> Vec<Finding> {
        self.explain_report(report(request))
    }
}

/// The report of a failure of this request, captured as the layer does it.
fn report(request: &Request<Bytes>) -> Report {
    let (parts, body) = request.clone().into_parts();
    let layer = Bell::off().layer();
    let capture = Capture::of(Arc::clone(&layer.shared), &parts, Kept::None);
    let mut snapshot = capture.snapshot();
    if !body.is_empty() {
        let header = |name| {
            let mut headers = snapshot.headers.iter();
            headers.find(|header| header.name == name)?.value.clone()
        };
        snapshot.payload = Payload::Raw {
            prefix: body[..body.len().min(DEFAULT_CAPTURE_BODY)].to_vec(),
            read: body.len() as u64,
            complete: true,
            content_type: header("content-type"),
            content_encoding: header("content-encoding").filter(|coding| coding != "identity"),
        };
    }
    Report {
        kind: Kind::Status,
        severity: Severity::Error,
        fingerprint: Fingerprint::new([]),
        origin: Origin::default(),
        status: None,
        grpc: None,
        cause: None,
        request: Some(snapshot),
        hidden_headers: Vec::new(),
        response: None,
        request_id: None,
        user: None,
        user_unknown: false,
        tags: Vec::new(),
        sensitive: Sensitive::default(),
        elapsed: Duration::ZERO,
        at: SystemTime::UNIX_EPOCH,
        channel: None,
    }
}
