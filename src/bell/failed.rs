//! The one way in for failures. Counts each; builds, redacts and hands on a report only if someone
//! wants it and there is a place for it. Never waits, never panics.

use std::{
    fmt::Display,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use super::{Bell, Core};
use crate::{
    delivery::KindFacts,
    incident::Seen,
    render,
    report::{Fingerprint, FingerprintParts, Key, Kind, Normal, Report, Summary},
    severity::Severity,
    text::{Unit, discard},
};

/// Characters kept of what failed and where, which stands for lost details.
const LONGEST_LINE: usize = 200;

/// A failure as it is counted, all borrowed.
pub(crate) struct Occurrence<'a> {
    pub(crate) service: &'a Arc<str>,
    pub(crate) channel: Option<&'a Arc<str>>,
    pub(crate) kind: Kind,
    pub(crate) severity: Severity,
    pub(crate) code: u16,
    pub(crate) method: &'a str,
    /// The route's template or name, if there is one.
    pub(crate) route: Option<&'a str>,
    /// The path, which stands for the route where there is none.
    pub(crate) path: &'a str,
    /// The path is a gRPC method's.
    pub(crate) is_grpc: bool,
    pub(crate) error_type: &'a str,
    pub(crate) text: Option<&'a dyn Display>,
}

impl Bell {
    /// Counts a failure. `report` is called at most once, and only if its details are wanted.
    pub(crate) fn failed(&self, what: &Occurrence<'_>, report: impl FnOnce(Fingerprint) -> Report) {
        let Some(core) = &self.core else { return };
        // Everything of the user's that runs below may panic: `Display`, patterns, the fingerprint.
        let counted = catch_unwind(AssertUnwindSafe(|| core.count(what, report)));
        counted.unwrap_or_else(discard);
    }
}

impl Core {
    fn count(&self, what: &Occurrence<'_>, report: impl FnOnce(Fingerprint) -> Report) {
        // Handed down where it was made: it is too large to be moved for nothing.
        match what.text {
            Some(text) => self.count_with(what, Normal::of(text).as_str(), report),
            None => self.count_with(what, "", report),
        }
    }

    fn count_with(
        &self,
        what: &Occurrence<'_>,
        text: &str,
        report: impl FnOnce(Fingerprint) -> Report,
    ) {
        let shape = what.route.is_none().then(|| self.shapes.shape_of(what.path, what.is_grpc));
        let mut parts = FingerprintParts {
            kind: what.kind.as_str(),
            method: what.method,
            route: what.route.or(shape.as_ref().map(Normal::as_str)).unwrap_or_default(),
            code: what.code,
            error_type: what.error_type,
            text,
        };
        let mut seen = self.count_kind(what, &parts);
        if seen == Seen::Crowded {
            parts.text = "";
            seen = self.count_kind(what, &parts);
        }
        if seen == Seen::Wanted {
            self.bring_details(what, &parts, report);
        }
    }

    /// Counts it under these parts, entering them if they are new.
    fn count_kind(&self, what: &Occurrence<'_>, parts: &FingerprintParts<'_>) -> Seen {
        let key = what.key(parts);
        match self.hub.tally.hit(key) {
            Seen::New => {
                let facts = Arc::new(self.facts(what, parts));
                let stem = FingerprintParts { text: "", ..*parts };
                self.hub.tally.open(key, what.key(&stem), facts)
            }
            seen => seen,
        }
    }

    /// Without a place the next failure of this kind is asked for its details; the count stands.
    fn bring_details(
        &self,
        what: &Occurrence<'_>,
        parts: &FingerprintParts<'_>,
        report: impl FnOnce(Fingerprint) -> Report,
    ) {
        let report = || self.hub.redactor.report(report(self.fingerprint(what, parts)));
        self.hub.details(what.key(parts), report);
    }

    fn facts(&self, what: &Occurrence<'_>, parts: &FingerprintParts<'_>) -> KindFacts {
        let fingerprint = self.fingerprint(what, parts);
        let mut origin = self.origin.clone();
        origin.service = Arc::clone(what.service);
        let line = render::line(what.kind, what.code, parts.method, parts.route);
        let line = Unit::Chars.cut(&line, LONGEST_LINE).to_owned();
        let (topic, severity) = (what.kind.topic(what.code), what.severity);
        let summary = Summary { line, topic, severity, fingerprint, origin };
        KindFacts {
            fingerprint,
            summary: self.hub.redactor.summary(summary),
            channel: what.channel.cloned(),
        }
    }

    /// The user's own function has the last word; if it panics, the default stands.
    fn fingerprint(&self, what: &Occurrence<'_>, parts: &FingerprintParts<'_>) -> Fingerprint {
        let environment = self.origin.environment.as_deref().unwrap_or_default();
        let default = Fingerprint::of(what.service, environment, parts);
        let Some(own) = &self.fingerprint else { return default };
        catch_unwind(AssertUnwindSafe(|| own(parts, default))).unwrap_or_else(|payload| {
            discard(payload);
            default
        })
    }
}

impl Occurrence<'_> {
    fn key(&self, parts: &FingerprintParts<'_>) -> Key {
        Key::of(self.service, self.channel.map(|channel| &**channel), parts)
    }
}
