//! The wording. (A stand-in: the real one arrives with its own change.)

use std::time::Duration;

use crate::{
    message::Message,
    redact::Redacted,
    report::{Report, Summary},
};

/// How often it happened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Count {
    /// Failures since the incident began.
    pub(crate) total: u64,
    /// Failures that this message tells.
    pub(crate) fresh: u64,
    /// The time in which these came.
    pub(crate) over: Duration,
}

pub(crate) fn failure(report: &Redacted<Report>, count: &Count) -> Redacted<Message> {
    report.clone().map(|report| Message {
        id: Some(report.fingerprint.short()),
        subject: times(count),
        ..Message::new(":x: Generic Server Error").severity(report.severity)
    })
}

pub(crate) fn lost(summary: &Redacted<Summary>, count: &Count) -> Redacted<Message> {
    summary.clone().map(|summary| Message {
        id: Some(summary.fingerprint.short()),
        quote: Some("details were lost".to_owned()),
        subject: Some(format!("{} {}", summary.line, times(count).unwrap_or_default())),
        ..Message::new(":x: Generic Server Error").severity(summary.severity)
    })
}

fn times(&Count { total, fresh, over }: &Count) -> Option<String> {
    match (total, fresh) {
        (..=1, _) => None,
        _ if fresh == total => Some(format!("×{total} in {over:?}")),
        _ => Some(format!("×{fresh} more in {over:?} ({total} in all)")),
    }
}
