//! From what is due to a message that fits.

use std::collections::BTreeSet;

use tokio::time::Instant;

use crate::{
    delivery::{
        ledger::{About, Due, Member, OfIncident, OfStorm, line},
        post::guard,
        sending::Outgoing,
        stats::Losses,
    },
    incident::Form,
    message::{Message, fit},
    redact::{Redacted, Redactor},
    render::{self, Count, Storm, Tale},
    route::Target,
    severity::Severity,
    text::Unit,
    topic::Topic,
    transport::{Limits, SendError},
};

/// The longest note of what was lost, in characters.
const LONGEST_NOTE: usize = 120;
/// Characters kept of a text that the service did not take in full.
const TITLE: usize = 200;

/// What is said of an incident, as of its latest state.
///
/// Says so where its layer names a channel that does not exist.
pub(crate) fn incident(
    due: &Due,
    limits: &Limits,
    redactor: &Redactor,
) -> Result<Redacted<Message>, SendError> {
    written(|| {
        let (message, unknown) = match &due.about {
            About::Incident(of) => (one(due, of, redactor), of.unknown()),
            About::Storm(of) => (several(due, of, limits, redactor), None),
        };
        let message = if due.minimal { minimal(&message) } else { message };
        message.map(|mut message| {
            message.notes.extend(unknown.map(not_there));
            message.notes.extend(due.anew.then(|| ANEW.to_owned()));
            message.notes.extend(due.instead_of.as_deref().map(str::to_owned));
            say_as(message, &due.target)
        })
    })
}

/// The message about one incident.
fn one(due: &Due, of: &OfIncident, redactor: &Redactor) -> Redacted<Message> {
    let details = of.report.as_ref().filter(|_| !due.minimal);
    let message = match (details, &of.kind) {
        (Some(report), _) => render::failure(report, &due.count),
        (None, Some(kind)) => render::lost(&kind.summary, &due.count),
        (None, None) => further(&due.count, redactor),
    };
    let tale = Tale {
        why: due.why,
        is_edit: matches!(due.form, Form::Edit(_)),
        count: &due.count,
        people: &of.people,
        span: due.span,
        silent: due.silent,
        latest: of.latest.as_deref(),
        line: line(of.kind.as_ref()),
        after: due.after(),
        severity: of.severity,
    };
    render::incident(message, &tale)
}

/// The message about several.
fn several(due: &Due, of: &OfStorm, limits: &Limits, redactor: &Redactor) -> Redacted<Message> {
    let OfStorm { members, later, before, left, is_last } = of;
    let kinds: Vec<_> = members.iter().map(Member::line).collect();
    let summaries = members.iter().filter_map(|member| member.kind.as_ref());
    let severity = summaries.clone().map(|kind| kind.summary.severity).max();
    let services: BTreeSet<_> =
        summaries.map(|kind| render::service(&kind.summary.origin)).collect();
    let is_client = |member: &&Member| {
        let kind = member.kind.as_ref();
        kind.is_some_and(|kind| kind.summary.topic == Topic::ClientError)
    };
    let all_client = members.iter().filter(is_client).count() == members.len();
    let storm = Storm {
        topic: if all_client { Topic::ClientError } else { Topic::ServerError },
        why: due.why,
        count: &due.count,
        severity: severity.unwrap_or(Severity::Error),
        services,
        span: due.span,
        silent: due.silent,
        kinds: &kinds,
        before: *before,
        later: later.len(),
        left: *left,
        is_last: *is_last,
    };
    let write = || render::storm(&storm, limits);
    // The lines are redacted already, each as a kind's.
    match members.iter().find_map(|member| member.kind.as_ref()) {
        Some(kind) => kind.summary.as_ref().map(|_| write()),
        None => redactor.message(write()),
    }
}

const ANEW: &str = "posted anew: the message before it is gone, or stays as it is";

/// As loud as its route says.
fn say_as(message: Message, Target { mention, silent, .. }: &Target) -> Message {
    Message { mention: mention.as_deref().map(str::to_owned), silent: *silent, ..message }
}

/// What the app says itself calls someone only if it is bad.
pub(crate) fn own_as(message: Message, target: &Target) -> Message {
    let is_bad = message.severity >= Severity::Error;
    let mut message = say_as(message, target);
    message.mention.take_if(|_| !is_bad);
    message
}

/// The channel that was asked for does not exist.
pub(crate) fn not_there(name: &str) -> String {
    format!("sent here because there is no channel {name:?}")
}

/// What the app says itself.
pub(crate) fn own(item: &Outgoing) -> Redacted<Message> {
    if item.attempts.is_minimal() { minimal(&item.message) } else { item.message.clone() }
}

/// As many of these events as fit one message, a whole line each, and how many that is; nothing if
/// there are not several.
pub(crate) fn digest(
    events: &[Outgoing],
    now: Instant,
    limits: &Limits,
    redactor: &Redactor,
) -> Option<(Redacted<Message>, usize)> {
    let (first, _) = events.split_first().filter(|(_, others)| !others.is_empty())?;
    let topic = redactor.text(first.message.about().map_or("", Topic::as_str));
    let write = |told: usize| {
        let events: Vec<&Message> = events.iter().take(told).map(|event| &*event.message).collect();
        render::digest(&topic, &events, first.age(now), limits)
    };
    // What is found to fit must do so with what `finish` adds.
    let fits = |told: usize| {
        let mut message = write(told);
        message.notes.push("-".repeat(LONGEST_NOTE));
        fit(message.clone(), limits).literals == message.literals
    };
    guard(|| {
        let several: Vec<usize> = (2..=events.len()).collect();
        let told = 1 + several.partition_point(|told| fits(*told));
        // The words are those of messages that were redacted each by itself.
        (told > 1).then(|| (first.message.as_ref().map(|_| write(told)), told))
    })
    .flatten()
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

/// Only that there is something, and of whom: for a service that refused the whole. A subject says
/// how often.
fn minimal(message: &Redacted<Message>) -> Redacted<Message> {
    message.clone().map(|message| Message {
        channel: message.channel,
        id: message.id,
        mention: message.mention,
        notes: vec!["details withheld: the service refused the message".to_owned()],
        severity: message.severity,
        silent: message.silent,
        subject: message.subject,
        topic: message.topic,
        user: message.user,
        ..Message::new(Unit::Chars.cut(message.text.lines().next().unwrap_or_default(), TITLE))
    })
}
