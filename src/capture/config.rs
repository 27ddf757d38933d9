//! What one layer is told: everything that its services share, behind one `Arc`.

use std::{fmt, sync::Arc, time::Duration};

use http::{Extensions, StatusCode, Uri, request};

use super::{cause::CauseFinder, head};
use crate::{bell::Bell, report::Origin};

/// Bytes of payload kept, unless [`capture_body`](super::BellLayer::capture_body) says otherwise.
pub const DEFAULT_CAPTURE_BODY: usize = 4 * 1024;
/// The most that [`capture_body`](super::BellLayer::capture_body) keeps, in bytes.
pub const MOST_CAPTURE_BODY: usize = 64 * 1024;

/// What to do with a panic after it was told.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum PanicPolicy {
    /// Answer with 500 and `{"error":true}` (an empty 500 under
    /// [`any_body`](super::BellLayer::any_body), 200 with `grpc-status: 13` for gRPC). Where no such
    /// body can be made, the panic goes on.
    #[default]
    Respond,
    /// Let the panic go on.
    Resume,
}

/// The user's own look at the request's head.
pub(crate) type FromParts = Arc<dyn Fn(&request::Parts) -> Option<String> + Send + Sync>;

/// Shared by a layer, its services and their futures.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) bell: Bell,
    pub(crate) config: Config,
}

#[derive(Clone)]
pub(crate) struct Config {
    /// `None`: the bell's.
    pub(crate) service: Option<Arc<str>>,
    pub(crate) channel: Option<Arc<str>>,
    pub(crate) capture_body: usize,
    pub(crate) client_errors: Vec<StatusCode>,
    pub(crate) all_not_found: bool,
    pub(crate) critical_paths: Vec<Box<str>>,
    pub(crate) ignored_paths: Vec<Box<str>>,
    pub(crate) cancelled_after: Option<Duration>,
    pub(crate) panics: PanicPolicy,
    pub(crate) causes: Vec<CauseFinder>,
    pub(crate) user_from: Option<FromParts>,
    pub(crate) route_name: Option<FromParts>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            service: None,
            channel: None,
            capture_body: DEFAULT_CAPTURE_BODY,
            client_errors: Vec::new(),
            all_not_found: false,
            critical_paths: Vec::new(),
            ignored_paths: Vec::new(),
            cancelled_after: None,
            panics: PanicPolicy::default(),
            causes: Vec::new(),
            user_from: None,
            route_name: None,
        }
    }
}

impl Shared {
    /// Whether nothing is to be told of this request.
    #[inline]
    pub(crate) fn looks_away(&self, uri: &Uri, extensions: &Extensions) -> bool {
        let ignored = &self.config.ignored_paths;
        self.bell.is_off() || (!ignored.is_empty() && is_one_of(ignored, uri, extensions))
    }

    pub(crate) fn service(&self) -> &Arc<str> {
        self.config.service.as_ref().unwrap_or_else(|| &self.bell.origin().service)
    }

    pub(crate) fn origin(&self) -> Origin {
        Origin { service: self.service().clone(), ..self.bell.origin().clone() }
    }
}

// Asked for each request, as soon as one path is ignored.
#[inline(always)]
fn is_one_of(paths: &[Box<str>], uri: &Uri, extensions: &Extensions) -> bool {
    let asked = head::original_uri(extensions).unwrap_or(uri).path();
    paths.iter().any(|path| **path == *asked)
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("service", &self.service)
            .field("channel", &self.channel)
            .field("capture_body", &self.capture_body)
            .field("client_errors", &self.client_errors)
            .field("critical_paths", &self.critical_paths)
            .field("ignored_paths", &self.ignored_paths)
            .field("cancelled_after", &self.cancelled_after)
            .field("panics", &self.panics)
            .finish_non_exhaustive()
    }
}
