//! Many events in one message: what a flood of them becomes.

use std::{iter, time::Duration};

use super::words::elapsed;
use crate::{
    message::{Limits, Literal, Message},
    severity::Severity,
    text::{Unit, one_line},
};

/// The message for several events of this topic that came within `over`: a line for each, in literals
/// of the length that the limits allow. Whether it fits as a whole is not looked at.
pub(crate) fn digest(topic: &str, events: &[&Message], over: Duration, limits: &Limits) -> Message {
    let topic = cut(&one_line(topic), TEXT);
    let text = format!(":ocean: {} events of {topic} in {}", events.len(), elapsed(over));
    let lines = events.iter().map(|event| line(event));
    let mut message = Message::new(text);
    message.icon = common(events, |event| &event.icon);
    message.literals = literals(lines, limits);
    message.mention = events.iter().find_map(|event| event.mention.clone());
    message.severity = events.iter().map(|event| event.severity).max().unwrap_or_default();
    message.silent = events.iter().all(|event| event.silent);
    message.topic = events.first().and_then(|event| event.topic.clone());
    message.username = common(events, |event| &event.username);
    message
}

/// One event on one line: `New registration · user:alice@example.com · plan: pro`. Cut visibly, but
/// for the user, who is searched for.
fn line(event: &Message) -> String {
    let severity = (event.severity > Severity::Info).then(|| event.severity.to_string());
    let user = event.user.iter().map(|user| format!("user:{}", cut(&one_line(user), USER)));
    let head = severity.into_iter().chain([cut(&one_line(&event.text), TEXT)]).chain(user);
    let fields = event.fields.iter().map(|field| format!("{}: {}", field.name, field.value));
    let links = event.links.iter().map(|link| format!("{}: {}", link.label, link.url));
    let id = event.shown_id();
    let rest = iter::empty()
        .chain(event.subject.clone())
        .chain(event.quote.clone())
        .chain(fields)
        .chain(links)
        .chain(id)
        .chain(event.notes.iter().cloned());

    let mut line = joined(head);
    // With room for the space and the mark behind the user.
    let most = LINE.max(Unit::Chars.count(&line) + 2);
    let rest = joined(rest);
    if !rest.is_empty() {
        line.extend([" · ", &*one_line(&rest)]);
    }
    cut(&line, most)
}

/// The lines in as few pieces as possible.
fn literals(lines: impl Iterator<Item = String>, limits: &Limits) -> Vec<Literal> {
    let mut literals: Vec<Literal> = Vec::new();
    let mut room = 0;
    for line in lines {
        let length = limits.unit.count(&line) + 1;
        match literals.last_mut().filter(|_| length <= room) {
            Some(Literal { text, .. }) => text.extend(["\n", &*line]),
            None => {
                room = limits.literal + 1;
                literals.push(Literal { label: "Events", note: None, text: line, language: None });
            }
        }
        room = room.saturating_sub(length);
    }
    literals
}

/// What all of them have in common.
fn common(events: &[&Message], part: fn(&Message) -> &Option<String>) -> Option<String> {
    let (first, others) = events.split_first()?;
    others.iter().all(|event| part(event) == part(first)).then(|| part(first).clone())?
}

fn joined(parts: impl IntoIterator<Item = String>) -> String {
    let parts = parts.into_iter().filter(|part| !part.trim().is_empty());
    parts.collect::<Vec<_>>().join(" · ")
}

fn cut(text: &str, most: usize) -> String {
    if Unit::Chars.cut(text, most).len() == text.len() {
        return text.to_owned();
    }
    format!("{}…", Unit::Chars.cut(text, most - 1))
}

/// Characters of a line, if its user leaves so many.
const LINE: usize = 200;
/// Characters of the event's own text.
const TEXT: usize = 80;
/// Characters of the user: as many as any message shows.
const USER: usize = 128;
