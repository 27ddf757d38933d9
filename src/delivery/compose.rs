//! From what is due to a message that fits.

use crate::{
    delivery::{ledger::Due, post::guard, queue::Outgoing, stats::Losses},
    message::{Message, fit},
    redact::{Redacted, Redactor},
    render::{self, Count},
    severity::Severity,
    text::Unit,
    topic::Topic,
    transport::{Limits, SendError},
};

/// Characters kept of a text that the service did not take in full.
const TITLE: usize = 200;

/// What is said of an incident, as of its latest state.
pub(crate) fn incident(due: &Due, redactor: &Redactor) -> Result<Redacted<Message>, SendError> {
    written(|| match (&due.report, &due.summary) {
        (Some(report), _) if !due.minimal => render::failure(report, &due.count),
        (_, Some(summary)) if !due.minimal => render::lost(summary, &due.count),
        (_, Some(summary)) => counted(minimal(&render::lost(summary, &due.count)), &due.count),
        (_, None) => further(&due.count, redactor),
    })
}

/// What the app says itself.
pub(crate) fn own(item: &Outgoing) -> Redacted<Message> {
    if item.attempts.is_minimal() { minimal(&item.message) } else { item.message.clone() }
}

/// With a note of what was lost, cut to what the service takes.
pub(crate) fn finish(
    message: Redacted<Message>,
    losses: &Losses,
    limits: &Limits,
) -> Result<Redacted<Message>, SendError> {
    written(|| {
        message.map(|mut message| {
            message.notes.extend(losses.note());
            fit(message, limits)
        })
    })
}

/// A panic of ours must not silence the channel: it is treated like a service that does not take
/// this message.
fn written(write: impl FnOnce() -> Redacted<Message>) -> Result<Redacted<Message>, SendError> {
    guard(write).ok_or_else(|| SendError::rejected("the message could not be written"))
}

/// Failures of kinds that there is no room to count apart.
fn further(count: &Count, redactor: &Redactor) -> Redacted<Message> {
    let text = format!(":x: +{} failures of further kinds", count.fresh);
    redactor.message(
        Message::new(text)
            .severity(Severity::Error)
            .topic(Topic::ServerError)
            .field("further kinds, in all", count.total),
    )
}

/// The count is told, whatever the service refuses.
fn counted(message: Redacted<Message>, count: &Count) -> Redacted<Message> {
    message.map(|mut message| {
        message.notes.push(format!("{} failures, {} in all", count.fresh, count.total));
        message
    })
}

/// Only that there is something: for a service that refused the whole.
fn minimal(message: &Redacted<Message>) -> Redacted<Message> {
    let title = |message: &Message| {
        let line = message.text.lines().next().unwrap_or_default();
        [Some(line), message.subject.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ")
    };
    message.clone().map(|message| Message {
        channel: message.channel.clone(),
        id: message.id.clone(),
        notes: vec!["details withheld: the service refused the message".to_owned()],
        severity: message.severity,
        topic: message.topic.clone(),
        ..Message::new(Unit::Chars.cut(&title(&message), TITLE))
    })
}
