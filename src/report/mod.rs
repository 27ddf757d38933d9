//! What happened, raw. A report never outlives the request unredacted: the only way on is through
//! the redactor, which gives a `Redacted<Report>`.

mod cause;
mod fingerprint;
mod normal;
mod request;

use std::{
    borrow::Cow,
    sync::Arc,
    time::{Duration, SystemTime},
};

pub use self::fingerprint::{Fingerprint, FingerprintParts};
pub(crate) use self::{
    cause::{Cause, Place},
    fingerprint::{FingerprintFn, Key},
    normal::Normal,
    request::{Header, Payload, RequestSnapshot, ResponseSnapshot},
};
use crate::severity::Severity;

/// How the request failed. The name is part of the fingerprint.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Kind {
    /// The service returned `Err`.
    Error,
    /// A handler, `call`, `poll_ready` or a response body panicked.
    Panic,
    /// The response has a failing status.
    Status,
    /// The response failed after its head was out.
    Body,
    /// A gRPC call ended with a status of the server's fault, or with none.
    Grpc,
    /// The client went away after a long wait (only where asked for).
    Cancelled,
}

impl Kind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Panic => "panic",
            Self::Status => "status",
            Self::Body => "body",
            Self::Grpc => "grpc",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Who speaks: said in every message.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) service: Arc<str>,
    pub(crate) environment: Option<Arc<str>>,
    pub(crate) release: Option<Arc<str>>,
    pub(crate) host: Option<Arc<str>>,
}

/// One failure with all that is known of it.
///
/// Public fields inside the crate, because the redactor rewrites each of them and `render` reads
/// each of them; nothing else does.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    pub(crate) kind: Kind,
    pub(crate) severity: Severity,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) origin: Origin,
    /// The HTTP status of the answer; `None` where there was none (`Err`, a panic passed on).
    pub(crate) status: Option<u16>,
    /// The gRPC status: its code, or `None` if the body ended without one.
    pub(crate) grpc: Option<Option<u16>>,
    pub(crate) cause: Option<Cause>,
    /// `None` if it failed outside a request (`poll_ready`).
    pub(crate) request: Option<RequestSnapshot>,
    pub(crate) response: Option<ResponseSnapshot>,
    pub(crate) request_id: Option<String>,
    pub(crate) user: Option<String>,
    pub(crate) tags: Vec<(Cow<'static, str>, String)>,
    pub(crate) elapsed: Duration,
    /// Only to be shown.
    pub(crate) at: SystemTime,
    /// The channel that the layer names, if any.
    pub(crate) channel: Option<Arc<str>>,
    /// Names of the headers whose values are hidden only because no rule says that they are
    /// harmless. The redactor fills it in.
    pub(crate) hidden_headers: Vec<String>,
}
