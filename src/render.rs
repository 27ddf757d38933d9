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
    report.clone().map(|report| {
        let message = Message::new(":x: Generic Server Error").severity(report.severity);
        Message { id: Some(report.fingerprint.short()), ..counted(message, count) }
    })
}

pub(crate) fn lost(summary: &Redacted<Summary>, count: &Count) -> Redacted<Message> {
    summary.clone().map(|summary| {
        let message = Message::new(":x: Generic Server Error").severity(summary.severity);
        let message = Message {
            id: Some(summary.fingerprint.short()),
            subject: Some(summary.line),
            notes: vec!["details were lost".to_owned()],
            ..message
        };
        counted(message, count)
    })
}

fn counted(message: Message, count: &Count) -> Message {
    message
        .field("fresh", count.fresh)
        .field("total", count.total)
        .field("over", format!("{:?}", count.over))
}
