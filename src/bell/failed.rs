//! The one way in for failures. Counts each; builds, redacts and hands on a report only if someone
//! wants it and there is a place for it. Never waits, never panics.

use std::{
    fmt::Display,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, atomic::Ordering::Relaxed},
};

use super::{Bell, Core};
use crate::{
    context::Tell,
    delivery::KindFacts,
    incident::{Hit, Seen},
    render,
    report::{Fingerprint, FingerprintParts, Key, Kind, Normal, Report, Summary},
    route::RouteParts,
    sensitive::Sensitive,
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
    /// Of the HTTP answer, if there was one.
    pub(crate) status: Option<u16>,
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

/// What is asked of a failure only if someone wants to know.
pub(crate) trait Witness {
    /// All that is known.
    fn report(&self, fingerprint: Fingerprint) -> Report;

    /// Whether anyone may have said whom it failed for.
    fn knows_user(&self) -> bool;

    /// What that user is known by.
    fn user_hash(&self) -> Option<u64>;

    /// Who that is, with what may stand nowhere in it.
    fn user(&self) -> Option<(String, Sensitive)>;
}

impl Bell {
    /// Counts a failure. Its details are asked for at most once, and only if they are wanted.
    pub(crate) fn failed(&self, what: &Occurrence<'_>, witness: &impl Witness) {
        let Some(core) = &self.core else { return };
        // Everything of the user's that runs below may panic: `Display`, patterns, the fingerprint.
        let counted = catch_unwind(AssertUnwindSafe(|| core.count(what, witness)));
        counted.unwrap_or_else(discard);
    }

    /// Counts a failure that an event of the same request tells, completed with the report. If there
    /// are too many reports the event goes out as it is. `false` if nobody hears the event, because
    /// its channel is full or its route leads nowhere: then the failure is one like any other.
    pub(crate) fn failed_in(
        &self,
        what: &Occurrence<'_>,
        event: Tell,
        report: &dyn Fn(Fingerprint) -> Report,
    ) -> bool {
        let Some(core) = &self.core else { return false };
        let report = || report(core.with_parts(what, |parts| core.fingerprint(what, parts)));
        let report = core.hub.intake.token().then(|| catch_unwind(AssertUnwindSafe(report)));
        let report = report.and_then(|report| report.map_err(discard).ok());
        let has_details = report.is_some();
        let told = catch_unwind(AssertUnwindSafe(|| event(report))).unwrap_or_else(|payload| {
            discard(payload);
            false
        });
        // What the event does not tell is counted as a failure, and so are its details.
        if told && !has_details {
            core.hub.meter.lost_exemplar();
        }
        core.hub.meter.told_by_events.fetch_add(u64::from(told), Relaxed);
        told
    }
}

impl Core {
    /// Names the failure. What has to be written for that lives as long as `f` runs, and is handed
    /// down where it was made: it is too large to be moved for nothing.
    fn with_parts<T>(
        &self,
        what: &Occurrence<'_>,
        f: impl FnOnce(&mut FingerprintParts<'_>) -> T,
    ) -> T {
        match what.text {
            Some(text) => self.with_text(what, Normal::of(text).as_str(), f),
            None => self.with_text(what, "", f),
        }
    }

    fn with_text<T>(
        &self,
        what: &Occurrence<'_>,
        text: &str,
        f: impl FnOnce(&mut FingerprintParts<'_>) -> T,
    ) -> T {
        let shape = what.route.is_none().then(|| self.shapes.shape_of(what.path, what.is_grpc));
        f(&mut FingerprintParts {
            kind: what.kind.as_str(),
            method: what.method,
            route: what.route.or(shape.as_ref().map(Normal::as_str)).unwrap_or_default(),
            code: what.code,
            error_type: what.error_type,
            text,
        })
    }

    fn count(&self, what: &Occurrence<'_>, witness: &impl Witness) {
        self.with_parts(what, |parts| {
            if witness.knows_user() && self.count_known(what, parts, witness) {
                return;
            }
            let (mut seen, mut key) = self.count_kind(what, parts);
            if seen == Seen::Crowded {
                (seen, key) = self.count_stem(what, parts);
            }
            if seen == Seen::Wanted {
                self.bring_details(key, what, parts, witness);
            }
            if witness.knows_user() {
                self.count_user(key, witness);
            }
        });
    }

    /// Counts a failure of a known kind that hits someone: the usual case, in one look-up. Gives whether
    /// that is all.
    #[inline(never)]
    fn count_known(
        &self,
        what: &Occurrence<'_>,
        parts: &FingerprintParts<'_>,
        witness: &impl Witness,
    ) -> bool {
        let Some(hash) = witness.user_hash() else { return false };
        let key = what.key(parts);
        let (seen, new) = self.hub.tally.hit_with(key, |kind| !kind.hit.knows(hash));
        match seen {
            Seen::Wanted => self.bring_details(key, what, parts, witness),
            Seen::Counted => {}
            _ => return false,
        }
        if let Some(kind) = new {
            self.add_user(&kind, hash, witness);
        }
        true
    }

    /// Redacts the name outside of the tally's locks, because that takes long.
    #[cold]
    #[inline(never)]
    fn add_user(&self, kind: &KindFacts, hash: u64, witness: &impl Witness) {
        if let Some((name, sensitive)) = witness.user() {
            kind.hit.add(hash, self.hub.redactor.user(&name, &sensitive));
        }
    }

    /// Counts it without its text: there are too many texts.
    #[cold]
    #[inline(never)]
    fn count_stem(&self, what: &Occurrence<'_>, parts: &mut FingerprintParts<'_>) -> (Seen, Key) {
        parts.text = "";
        self.count_kind(what, parts)
    }

    /// Counts it under these parts, entering them if they are new.
    #[inline]
    fn count_kind(&self, what: &Occurrence<'_>, parts: &FingerprintParts<'_>) -> (Seen, Key) {
        let key = what.key(parts);
        let seen = match self.hub.tally.hit(key) {
            Seen::New => self.open_kind(what, parts, key),
            seen => seen,
        };
        (seen, key)
    }

    /// Out of the way of failures that hit nobody who is known.
    #[inline(never)]
    fn count_user(&self, key: Key, witness: &impl Witness) {
        let Some(hash) = witness.user_hash() else { return };
        let is_new = |kind: &Arc<KindFacts>| !kind.hit.knows(hash);
        if let Some(kind) = self.hub.tally.facts(key, is_new) {
            self.add_user(&kind, hash, witness);
        }
    }

    #[cold]
    #[inline(never)]
    fn open_kind(&self, what: &Occurrence<'_>, parts: &FingerprintParts<'_>, key: Key) -> Seen {
        let facts = Arc::new(self.facts(what, parts));
        let stem = FingerprintParts { text: "", ..*parts };
        let is_told = !facts.targets.is_empty();
        match self.hub.tally.open(key, what.key(&stem), facts) {
            // Nobody asks for the details of what is told nowhere.
            Seen::Wanted if !is_told => Seen::Counted,
            seen => seen,
        }
    }

    /// Without a place the next failure of this kind is asked for its details; the count stands. Out of
    /// the way of those that are only counted.
    #[cold]
    #[inline(never)]
    fn bring_details(
        &self,
        key: Key,
        what: &Occurrence<'_>,
        parts: &FingerprintParts<'_>,
        witness: &impl Witness,
    ) {
        let report = || self.hub.redactor.report(witness.report(self.fingerprint(what, parts)));
        self.hub.details(key, report);
    }

    fn facts(&self, what: &Occurrence<'_>, parts: &FingerprintParts<'_>) -> KindFacts {
        let fingerprint = self.fingerprint(what, parts);
        let mut origin = self.hub.origin.clone();
        origin.service = Arc::clone(what.service);
        let line = render::line(what.kind, what.code, parts.method, parts.route);
        let line = Unit::Chars.cut(&line, LONGEST_LINE).to_owned();
        let (topic, severity) = (what.kind.topic(what.code), what.severity);
        let summary = Summary { line, topic, severity, fingerprint, origin };
        let (targets, unknown) = self.hub.targets(
            what.channel.map(|name| &**name),
            &RouteParts {
                topic: Some(&summary.topic),
                severity: what.severity,
                service: what.service,
                method: parts.method,
                path: what.route.unwrap_or(what.path),
                error_type: parts.error_type,
                status: what.status,
            },
        );
        let unknown = unknown.and(what.channel.cloned());
        KindFacts {
            fingerprint,
            hit: Hit::default(),
            summary: self.hub.redactor.summary(summary),
            targets,
            unknown,
        }
    }

    /// The user's own function has the last word; if it panics, the default stands.
    fn fingerprint(&self, what: &Occurrence<'_>, parts: &FingerprintParts<'_>) -> Fingerprint {
        let environment = self.hub.origin.environment.as_deref().unwrap_or_default();
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
        Key::of(self.service, self.channel.map(|channel| &**channel), self.severity, parts)
    }
}
