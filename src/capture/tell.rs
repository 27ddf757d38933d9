//! From a settled failure to the bell: what is counted, and the report that is made if anyone wants
//! it.

use std::{
    any::Any,
    error::Error as StdError,
    fmt::{self, Debug, Display},
    iter,
    time::SystemTime,
};

use http::{HeaderValue, Method, StatusCode};

use super::{
    cause::{Attached, CauseRef},
    snapshot::{Capture, REQUEST_ID},
};
use crate::{
    bell::{Occurrence, Witness},
    context::{self, SharedTags},
    incident,
    report::{Cause, Fingerprint, Kind, Place, Report, ResponseSnapshot, panic_text},
    sensitive::Sensitive,
    severity::Severity,
    text,
};

/// How many sources of an error name its kind.
const CHAIN: usize = 8;

/// A failure whose cause is final.
pub(crate) struct Failure<'a> {
    pub(crate) kind: Kind,
    pub(crate) severity: Severity,
    pub(crate) status: Option<StatusCode>,
    pub(crate) grpc: Option<Option<u16>>,
    pub(crate) why: &'a Why<'a>,
    /// `None` if there is no answer.
    pub(crate) answer: Option<Answer<'a>>,
}

/// What the answer was, borrowed.
#[derive(Clone, Copy, Default)]
pub(crate) struct Answer<'a> {
    pub(crate) length: Option<u64>,
    pub(crate) request_id: Option<&'a HeaderValue>,
    pub(crate) text: Option<&'a str>,
    pub(crate) text_cut: bool,
    pub(crate) sent: Option<u64>,
}

/// Why it failed, borrowed: nothing is copied before someone wants it.
pub(crate) enum Why<'a> {
    Nothing,
    Attached(&'a Attached),
    Typed(CauseRef<'a>, Option<&'static str>),
    Error(&'a (dyn StdError + 'static)),
    /// A text that was made for a report: an error that is only `Display`, a gRPC message.
    Text(&'a dyn Display),
    /// A failing response's own text. It names the kind, but stands under "Response".
    Response(&'a str),
    Panic(&'a (dyn Any + Send), Option<Place>),
}

impl Capture {
    /// Tells the bell.
    pub(crate) fn tell(&self, tags: &SharedTags, failure: &Failure<'_>) {
        if self.is_ring() {
            // The bell's own message, sent to a server that this layer stands round: a failure to
            // take it must not ring again, for ever.
            return;
        }
        let text = failure.why.text();
        let severity = self.severity(tags, failure);
        let route = self.route();
        let what = Occurrence {
            service: self.shared.service(),
            channel: self.shared.config.channel.as_ref(),
            kind: failure.kind,
            severity,
            code: failure.code(),
            status: failure.status.map(|status| status.as_u16()),
            method: self.counted_method(),
            route,
            // Only what stands for a route is looked for.
            path: if route.is_none() { self.path() } else { "" },
            is_grpc: route.is_none() && self.is_grpc(),
            error_type: failure.why.error_type(),
            text: text.as_ref().map(|text| text as &dyn Display),
        };
        let witness = Seen { capture: self, tags, failure, severity };
        if tags.is_some() && self.told_by_event(tags, &what, &|print| witness.report(print)) {
            return;
        }
        self.shared.bell.failed(&what, &witness);
    }

    /// One of the request's own events tells the failure, completed with the report; the others go
    /// out as they are. `false` if there was none of this bell, or nobody hears it.
    #[cold]
    #[inline(never)]
    fn told_by_event(
        &self,
        tags: &SharedTags,
        what: &Occurrence<'_>,
        report: &dyn Fn(Fingerprint) -> Report,
    ) -> bool {
        let bell = &self.shared.bell;
        let Some(mut events) = context::events_of(tags) else { return false };
        let own = events.iter().position(|event| bell.has_sent(event));
        let told = own.is_some_and(|own| bell.failed_in(what, events.remove(own).tell, report));
        context::release(events);
        told
    }

    fn found_user(&self) -> Option<String> {
        self.user.clone().ok().flatten().and_then(text::named)
    }

    /// Anyone can invent methods: they are counted as one, or each would be a kind of its own.
    fn counted_method(&self) -> &str {
        match self.method {
            Method::GET
            | Method::POST
            | Method::PUT
            | Method::DELETE
            | Method::PATCH
            | Method::HEAD
            | Method::OPTIONS
            | Method::CONNECT
            | Method::TRACE => self.method.as_str(),
            _ => "<other>",
        }
    }

    /// The app's word counts, then the most severe of what is known.
    fn severity(&self, tags: &SharedTags, failure: &Failure<'_>) -> Severity {
        if let Some(said) = context::said_severity(tags) {
            return said;
        }
        let attached = matches!(failure.why, Why::Attached(attached) if attached.is_critical());
        let is_critical = attached || self.is_critical_path();
        if is_critical { Severity::Critical } else { failure.severity }
    }

    pub(crate) fn is_critical_path(&self) -> bool {
        let critical_paths = &self.shared.config.critical_paths;
        let is_critical = |path: &str| critical_paths.iter().any(|critical| **critical == *path);
        !critical_paths.is_empty()
            && (self.route().is_some_and(is_critical) || is_critical(self.path()))
    }

    fn report(
        &self,
        tags: &SharedTags,
        failure: &Failure<'_>,
        severity: Severity,
        fingerprint: Fingerprint,
    ) -> Report {
        let said = context::said(tags);
        Report {
            kind: failure.kind,
            severity,
            fingerprint,
            origin: self.shared.origin(),
            status: failure.status.map(|status| status.as_u16()),
            grpc: failure.grpc,
            cause: failure.why.cause(),
            response: failure.answer.map(|answer| answer.snapshot()),
            request_id: self.request_id(failure),
            user_unknown: self.user.is_err() && said.user.is_none(),
            user: said.user.or_else(|| self.found_user()),
            hidden_headers: Vec::new(),
            tags: said.tags,
            sensitive: said.sensitive,
            elapsed: self.elapsed(),
            at: SystemTime::now(),
            channel: self.shared.config.channel.clone(),
            request: Some(self.snapshot()),
        }
    }

    fn request_id(&self, failure: &Failure<'_>) -> Option<String> {
        let answered = failure.answer.and_then(|answer| answer.request_id);
        let id = answered.map(HeaderValue::as_bytes).or_else(|| self.header(&REQUEST_ID))?;
        Some(String::from_utf8_lossy(id).into_owned())
    }
}

/// A failure as the layer saw it.
struct Seen<'a> {
    capture: &'a Capture,
    tags: &'a SharedTags,
    failure: &'a Failure<'a>,
    severity: Severity,
}

/// It failed for whom the app named, else for whom the layer found.
impl Witness for Seen<'_> {
    fn report(&self, fingerprint: Fingerprint) -> Report {
        self.capture.report(self.tags, self.failure, self.severity, fingerprint)
    }

    #[inline]
    fn knows_user(&self) -> bool {
        self.tags.is_some() || matches!(self.capture.user, Ok(Some(_)))
    }

    fn user_hash(&self) -> Option<u64> {
        let said = context::with_user(self.tags, incident::user_hash);
        said.or_else(|| self.capture.user.as_ref().ok()?.as_deref().map(incident::user_hash))
    }

    fn user(&self) -> Option<(String, Sensitive)> {
        let said = context::said(self.tags);
        Some((said.user.or_else(|| self.capture.found_user())?, said.sensitive))
    }
}

impl<'a> Failure<'a> {
    /// Nothing was answered.
    pub(crate) const fn without_answer(kind: Kind, why: &'a Why<'a>) -> Self {
        Self { kind, severity: Severity::Error, status: None, grpc: None, why, answer: None }
    }

    fn code(&self) -> u16 {
        match (self.grpc, self.status) {
            (Some(code), _) => code.unwrap_or_default(),
            (None, Some(status)) => status.as_u16(),
            (None, None) => 0,
        }
    }
}

impl Answer<'_> {
    fn snapshot(&self) -> ResponseSnapshot {
        let text = self.text.filter(|text| !text.is_empty());
        ResponseSnapshot {
            length: self.length,
            text: text.map(str::to_owned),
            text_cut: self.text_cut,
            sent: self.sent,
        }
    }
}

impl Why<'_> {
    /// The text that names the kind; `None` if there is none.
    pub(crate) fn text(&self) -> Option<Text<'_>> {
        Some(match self {
            Self::Nothing => return None,
            Self::Attached(attached) => Text::Chain(attached.error()),
            Self::Typed(CauseRef::Error(error), _) | Self::Error(error) => Text::Chain(*error),
            Self::Typed(CauseRef::Debug(error), _) => Text::Debug(*error),
            Self::Text(text) => Text::Plain(*text),
            Self::Response(text) => Text::Plain(text),
            Self::Panic(payload, _) => Text::Panic(*payload),
        })
    }

    /// What names the kind beside the text: the error's type, or a panic's file.
    pub(crate) fn error_type(&self) -> &str {
        match self {
            Self::Attached(attached) => attached.error_type().unwrap_or_default(),
            Self::Typed(_, name) => name.unwrap_or_default(),
            Self::Panic(_, Some(place)) => place.short_file(),
            _ => "",
        }
    }

    pub(crate) fn cause(&self) -> Option<Cause> {
        let cause = match self {
            Self::Nothing | Self::Response(_) => return None,
            Self::Attached(attached) => Cause::of_error(attached.error()),
            Self::Typed(CauseRef::Error(error), _) | Self::Error(error) => Cause::of_error(*error),
            Self::Typed(CauseRef::Debug(error), _) => Cause::of_text(&Text::Debug(*error)),
            Self::Text(text) => Cause::of_text(text),
            Self::Panic(payload, place) => Cause::of_panic(*payload, place.clone()),
        };
        Some(match self {
            Self::Attached(attached) => {
                Cause { error_type: attached.error_type(), place: Some(attached.place()), ..cause }
            }
            Self::Typed(_, name) => Cause { error_type: *name, ..cause },
            _ => cause,
        })
    }
}

/// A cause as one text.
pub(crate) enum Text<'a> {
    Chain(&'a (dyn StdError + 'static)),
    Debug(&'a dyn Debug),
    Plain(&'a dyn Display),
    Panic(&'a (dyn Any + Send)),
}

impl Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Debug(value) => Debug::fmt(value, f),
            Self::Plain(text) => Display::fmt(text, f),
            Self::Panic(payload) => f.write_str(panic_text(*payload)),
            Self::Chain(error) => {
                Display::fmt(error, f)?;
                let sources = iter::successors(error.source(), |error| StdError::source(*error));
                // A chain may go round in a circle.
                sources.take(CHAIN).try_for_each(|source| write!(f, ": {source}"))
            }
        }
    }
}
