//! Failures for this folder's tests.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::{Detail, KindFacts};
use crate::{
    incident::{Drained, Hit},
    redact::{Redacted, Redactor},
    report::{self, Fingerprint, FingerprintParts, Key, Origin, Report, Summary},
    route::{DEFAULT, Target},
    sensitive::Sensitive,
    severity::Severity,
    topic::Topic,
};

/// One kind of failure.
pub(crate) struct Kind {
    pub(crate) key: Key,
    pub(crate) facts: Arc<KindFacts>,
}

impl Kind {
    pub(crate) fn new(route: &str, severity: Severity) -> Self {
        let parts = parts(route);
        let fingerprint = Fingerprint::of("shop-api", "", &parts);
        let summary = Summary {
            line: format!("500 · GET {route}"),
            topic: Topic::ServerError,
            severity,
            fingerprint,
            origin: origin(),
        };
        let summary = Redactor::default().summary(summary);
        let targets = vec![Target::plain(DEFAULT)];
        let hit = Hit::default();
        let facts = KindFacts { fingerprint, hit, summary, targets, unknown: None };
        Self { key: Key::of("shop-api", None, severity, &parts), facts: Arc::new(facts) }
    }

    /// The same kind, told elsewhere.
    pub(crate) fn to(&self, targets: Vec<Target>) -> Self {
        let KindFacts { fingerprint, summary, unknown, .. } = &*self.facts;
        let (summary, unknown) = (summary.clone(), unknown.clone());
        let hit = Hit::default();
        let facts = KindFacts { fingerprint: *fingerprint, hit, summary, targets, unknown };
        Self { key: self.key, facts: Arc::new(facts) }
    }

    /// Another key that leads to the same fingerprint.
    pub(crate) fn other_key(&self) -> Self {
        let key = Key::of("shop-api", Some("elsewhere"), Severity::Error, &parts("other"));
        Self { key, facts: Arc::clone(&self.facts) }
    }

    pub(crate) fn fingerprint(&self) -> Fingerprint {
        self.facts.fingerprint
    }

    pub(crate) fn drained(&self, count: u64) -> Drained<KindFacts> {
        Drained { key: self.key, facts: Arc::clone(&self.facts), count, number: 0 }
    }

    pub(crate) fn report(&self, size: usize) -> Redacted<Report> {
        report(self.fingerprint(), self.facts.summary.severity, size)
    }

    /// With a report that is said to weigh so much.
    pub(crate) fn detail(&self, weight: usize) -> Detail {
        Detail { report: self.report(0), weight }
    }

    /// With the report of a failure that hit this user.
    pub(crate) fn detail_of(&self, user: &str) -> Detail {
        let user = Some(user.to_owned());
        let report = self.report(0).map(|report| Report { user, ..report });
        Detail { report, weight: 1 }
    }
}

/// A report with so many bytes of text.
pub(crate) fn report_of(size: usize) -> Redacted<Report> {
    report(Fingerprint::new(["sample"]), Severity::Error, size)
}

fn report(fingerprint: Fingerprint, severity: Severity, size: usize) -> Redacted<Report> {
    Redactor::default().report(Report {
        kind: report::Kind::Status,
        severity,
        fingerprint,
        origin: origin(),
        status: Some(500),
        grpc: None,
        cause: None,
        request: None,
        hidden_headers: Vec::new(),
        response: None,
        request_id: Some("x".repeat(size)),
        user: None,
        user_unknown: false,
        tags: Vec::new(),
        sensitive: Sensitive::default(),
        elapsed: Duration::ZERO,
        at: SystemTime::UNIX_EPOCH,
        channel: None,
    })
}

fn origin() -> Origin {
    Origin { service: "shop-api".into(), environment: None, release: None, host: None }
}

fn parts(route: &str) -> FingerprintParts<'_> {
    FingerprintParts { kind: "status", method: "GET", route, code: 500, error_type: "", text: "" }
}
