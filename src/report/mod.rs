//! What happened, raw. A report never outlives the request unredacted: the only way on is through
//! the redactor, which gives a `Redacted<Report>`.

mod cause;
mod fingerprint;
pub(crate) mod job;
mod normal;
mod page;
mod request;

use std::{
    borrow::Cow,
    sync::Arc,
    time::{Duration, SystemTime},
};

pub use self::fingerprint::{Fingerprint, FingerprintParts};
pub(crate) use self::{
    cause::{Cause, Place, panic_text},
    fingerprint::{FingerprintFn, Key},
    normal::Normal,
    page::Page,
    request::{Header, Payload, RequestSnapshot, ResponseSnapshot},
};
use crate::{sensitive::Sensitive, severity::Severity, topic::Topic};

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

    /// Whose fault it is. `code` is the status that was answered, 0 if there was none. A 408 is the
    /// server's: a timeout of its own.
    pub(crate) const fn topic(self, code: u16) -> Topic {
        match (self, code) {
            (Self::Status, 400..=407 | 409..=499) => Topic::ClientError,
            _ => Topic::ServerError,
        }
    }
}

/// Who speaks: said of every failure and job.
#[derive(Clone, Debug, Default)]
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
    /// Names of the headers whose values are hidden only because no rule says that they are
    /// harmless: `show_header` could show them. The redactor fills it in.
    pub(crate) hidden_headers: Vec<String>,
    pub(crate) response: Option<ResponseSnapshot>,
    pub(crate) request_id: Option<String>,
    pub(crate) user: Option<String>,
    /// The app's own look-up of the user panicked.
    pub(crate) user_unknown: bool,
    pub(crate) tags: Vec<(Cow<'static, str>, String)>,
    /// What may stand nowhere in it. The redactor empties it.
    pub(crate) sensitive: Sensitive,
    pub(crate) elapsed: Duration,
    /// Only to be shown.
    pub(crate) at: SystemTime,
    /// The channel that the layer names, if any.
    pub(crate) channel: Option<Arc<str>>,
}

impl Report {
    /// The status for [`Kind`]: the gRPC code where that is what failed, else the HTTP status; 0 if
    /// there was none. The same number is part of the fingerprint.
    pub(crate) fn code(&self) -> u16 {
        let code = if self.kind == Kind::Grpc { self.grpc.flatten() } else { self.status };
        code.unwrap_or_default()
    }
}

/// What is known of a kind of failure whose details never came.
#[derive(Clone, Debug)]
pub(crate) struct Summary {
    /// What failed and where: `500 · POST /checkout`.
    pub(crate) line: String,
    pub(crate) topic: Topic,
    pub(crate) severity: Severity,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) origin: Origin,
}
