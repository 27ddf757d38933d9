//! The wording of what was asked for and is not there.

use std::{fmt::Write, time::Duration};

use super::{Count, machine, subject};
use crate::{
    incident::MissingPages,
    message::{Literal, Message},
    report::Origin,
    severity::Severity,
    text::one_line,
    topic::Topic,
};

/// Pages named in a message.
const NAMED: usize = 10;

/// The message for the missing pages of one service, counted over this time.
pub(crate) fn missing(pages: &MissingPages, over: Option<Duration>, origin: &Origin) -> Message {
    let listed = pages.listed();
    let named: Vec<_> = listed.iter().take(NAMED).collect();
    let asked = listed.iter().map(|(_, count)| count).sum::<u64>() + pages.further;
    let others = asked - named.iter().map(|(_, count)| count).sum::<u64>();
    let mut lines = String::new();
    for (page, count) in named {
        let from = page.from.as_ref().map(|from| format!("   linked from {from}"));
        // A string takes everything.
        let _ = writeln!(lines, "{count:>6}  {}{}", one_line(&page.path), from.unwrap_or_default());
    }
    if others > 0 {
        let _ = writeln!(lines, "{others:>6}  for other pages");
    }
    let mut message = Message::new(":mag: Pages that are not there")
        .severity(Severity::Warning)
        .topic(Topic::ClientError);
    let count = Count { total: asked, fresh: asked, over: over.unwrap_or_default() };
    message.subject = Some(subject("404", &count, origin));
    message.literals.push(Literal {
        label: "Asked for",
        note: Some(times(asked)),
        text: lines.trim_end().to_owned(),
        language: None,
    });
    message.facts = machine(origin).collect();
    message.notes = notes(pages);
    message
}

fn notes(pages: &MissingPages) -> Vec<String> {
    let foreign = format!("{} more that no page of the same host links to", pages.foreign);
    let probes = format!("{} for well-known probe paths", pages.probes);
    let notes = [(pages.foreign, foreign), (pages.probes, probes)];
    notes.into_iter().filter(|(count, _)| *count > 0).map(|(_, note)| note).collect()
}

fn times(count: u64) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}
