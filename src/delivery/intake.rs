//! The request path's side: first a token and a place, only then a report. Decides nothing by time
//! and never waits.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
};

use tokio::sync::mpsc::{self, Permit, Receiver, Sender};

use crate::{
    delivery::weight,
    incident::Hit,
    redact::Redacted,
    report::{Fingerprint, Report, Summary},
    route::Target,
};

/// Reports that wait for the worker at most; the details of further failures are lost, never their
/// count.
pub const MOST_REPORTS: usize = 64;
/// Bytes of reports that wait for the worker at most.
pub const MOST_REPORT_BYTES: usize = 1024 * 1024;
/// Reports built at once at most: building one costs a hundred times what counting does.
const TOKENS: usize = 20;
/// Further ones a second.
pub(crate) const REFILL: usize = 10;

/// What is remembered of a kind of failure beside its count.
#[derive(Debug)]
pub(crate) struct KindFacts {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) summary: Redacted<Summary>,
    /// Whom it hits.
    pub(crate) hit: Hit,
    /// Where it is told; nowhere if a route says so.
    pub(crate) targets: Vec<Target>,
    /// The channel that the layer names, if there is none of that name.
    pub(crate) unknown: Option<Arc<str>>,
}

/// A report with its approximate size.
#[derive(Debug)]
pub(crate) struct Detail {
    pub(crate) report: Redacted<Report>,
    pub(crate) weight: usize,
}

#[derive(Debug)]
pub(crate) struct Intake {
    sender: Sender<Detail>,
    bytes: AtomicUsize,
    tokens: AtomicUsize,
    closed: AtomicBool,
}

/// The worker's end.
pub(crate) type Details = Receiver<Detail>;

impl Intake {
    pub(crate) fn new() -> (Self, Details) {
        let (sender, details) = mpsc::channel(MOST_REPORTS);
        let (bytes, tokens) = (AtomicUsize::new(0), AtomicUsize::new(TOKENS));
        (Self { sender, bytes, tokens, closed: AtomicBool::new(false) }, details)
    }

    /// A place for a report, if one may be built now.
    pub(crate) fn slot(&self) -> Option<Slot<'_>> {
        // First what costs least to refuse.
        if !self.token() {
            return None;
        }
        let permit = self.sender.try_reserve().ok();
        if permit.is_none() {
            self.tokens.fetch_add(1, Relaxed);
        }
        Some(Slot { intake: self, permit: permit? })
    }

    /// Whether a report may be built now.
    pub(crate) fn token(&self) -> bool {
        self.tokens.fetch_update(Relaxed, Relaxed, |tokens| tokens.checked_sub(1)).is_ok()
    }

    /// The worker took a report out.
    pub(crate) fn taken(&self, detail: &Detail) {
        self.bytes.fetch_sub(detail.weight, Relaxed);
    }

    /// The worker gives new tokens each second.
    pub(crate) fn refill(&self) {
        // The other side only takes.
        let refill = |tokens: usize| Some((tokens + REFILL).min(TOKENS));
        let _ = self.tokens.fetch_update(Relaxed, Relaxed, refill);
    }

    /// From now on failures are only counted.
    pub(crate) fn close(&self) {
        self.closed.store(true, Relaxed);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Relaxed) || self.sender.is_closed()
    }
}

/// The right to build and send one report. Dropped unused, it gives its place back.
pub(crate) struct Slot<'a> {
    intake: &'a Intake,
    permit: Permit<'a, Detail>,
}

impl Slot<'_> {
    /// Sends the report; `false` if too many bytes wait already.
    pub(crate) fn send(self, report: Redacted<Report>) -> bool {
        let weight = weight::report(&report);
        let room = |bytes: usize| Some(bytes + weight).filter(|sum| *sum <= MOST_REPORT_BYTES);
        let room = self.intake.bytes.fetch_update(Relaxed, Relaxed, room).is_ok();
        if room {
            self.permit.send(Detail { report, weight });
        }
        room
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::samples;

    #[test]
    fn twenty_at_once_and_ten_a_second() {
        let (intake, mut details) = Intake::new();
        let mut taken = || {
            let taken = (0..100).filter(|_| intake.slot().is_some()).count();
            while details.try_recv().is_ok() {}
            taken
        };
        assert_eq!(taken(), TOKENS);
        assert_eq!(taken(), 0);
        intake.refill();
        assert_eq!(taken(), REFILL);
        for _ in 0..5 {
            intake.refill();
        }
        assert_eq!(taken(), TOKENS);
    }

    #[test]
    fn ten_times_the_load_stays_within_items_and_bytes() {
        let (intake, mut details) = Intake::new();
        let flood = |size: usize| {
            // To redact so much anew each time takes longer than all the rest.
            let report = samples::report_of(size);
            let one = || {
                intake.refill();
                intake.slot().is_some_and(|slot| slot.send(report.clone()))
            };
            (0..10 * MOST_REPORTS).filter(|_| one()).count()
        };
        assert_eq!(flood(0), MOST_REPORTS);
        while let Ok(detail) = details.try_recv() {
            intake.taken(&detail);
        }
        let large = MOST_REPORT_BYTES / 10;
        assert_eq!(flood(large), 9);
        assert!(intake.bytes.load(Relaxed) <= MOST_REPORT_BYTES);
        while let Ok(detail) = details.try_recv() {
            intake.taken(&detail);
        }
        assert_eq!(intake.bytes.load(Relaxed), 0);
    }

    #[test]
    fn without_a_worker_there_is_no_slot() {
        let (intake, details) = Intake::new();
        drop(details);
        assert!(intake.slot().is_none() && intake.is_closed());
    }
}
