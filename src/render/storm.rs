//! Many new kinds of failure at once in one message.

use std::{
    collections::BTreeSet,
    time::{Duration, SystemTime},
};

use super::{
    Count,
    digest::literals,
    incident::{QUIET, during, failures, quiet_for},
    opening, times,
    words::grouped,
};
use crate::{
    incident::{People, Reason},
    message::{Limits, Message},
    severity::Severity,
    text::{Unit, one_line},
    topic::Topic,
};

/// One kind of failure.
#[derive(Clone)]
pub(crate) struct StormLine<'a> {
    pub(crate) id: Option<String>,
    /// What failed and where.
    pub(crate) line: &'a str,
    pub(crate) failures: u64,
    /// Whom it hits.
    pub(crate) people: &'a People,
}

impl StormLine<'_> {
    /// `#a1f3k9q2 ×1 500  500 · POST /checkout · user:alice@example.com`: as many of its users as so many
    /// characters take.
    fn shown(&self, users: usize) -> String {
        let id = self.id.as_ref().map_or_else(String::new, |id| format!("#{id} "));
        let line = Unit::Chars.cut(self.line, LINE);
        let mut shown = format!("{id}×{}  {line}", grouped(self.failures));
        let (mut room, mut named) = (users, 0);
        for name in self.people.named() {
            let Some(left) = room.checked_sub(name.chars().count()) else { break };
            (room, named) = (left, named + 1);
            shown.extend([" · user:", name]);
        }
        let others = self.people.said().filter(|_| named < self.people.count());
        shown.extend(others.map(|said| format!(" · {said}")));
        one_line(&shown).into_owned()
    }
}

/// What is known of all of them.
pub(crate) struct Storm<'a> {
    pub(crate) why: Reason,
    pub(crate) count: &'a Count,
    pub(crate) severity: Severity,
    pub(crate) topic: Topic,
    /// Of whom they are, each with its environment.
    pub(crate) services: BTreeSet<String>,
    pub(crate) span: (SystemTime, SystemTime),
    pub(crate) silent: Duration,
    /// Those that fail most often come first.
    pub(crate) kinds: &'a [StormLine<'a>],
    /// Kinds that messages before this one list, at the end, and that those after it do.
    pub(crate) before: usize,
    pub(crate) later: usize,
    /// Kinds that it told of before, each of which has a message of its own by now, and with how many
    /// failures.
    pub(crate) left: (usize, u64),
    /// Nothing may follow: as many as fit are listed.
    pub(crate) is_last: bool,
}

/// The message for new kinds of failure that are told together: the most frequent ones, at the end as
/// many as fit.
pub(crate) fn storm(storm: &Storm<'_>, limits: &Limits) -> Message {
    let kinds = match storm.before + storm.kinds.len() + storm.later + storm.left.0 {
        1 => "1 further kind".to_owned(),
        several => format!("{several} further kinds"),
    };
    let sum = format!("{kinds}, {}", failures(storm.count.total));
    let is_quiet = storm.why == Reason::Quiet;
    let opening = opening(storm.topic.clone(), storm.severity);
    let heading = opening.text.split_once(' ').map_or("", |(_, words)| words).to_owned();
    let text = if is_quiet { format!("{QUIET} {heading}") } else { opening.text.clone() };
    let most = if is_quiet || storm.is_last { usize::MAX } else { TOP };
    let (lines, rest) = lines(storm.kinds, most, limits);
    let quiet = is_quiet.then(|| "quiet".to_owned());
    let words = [quiet, Some(format!("{kinds} of failure")), times(storm.count)];
    let subject = words.into_iter().flatten().chain(storm.services.iter().cloned());
    // At the end the list is the news.
    let change = (!is_quiet).then(|| format!("×{} of {kinds}", grouped(storm.count.total)));
    let during = during(storm.span).map(|during| format!("{sum}, {during}"));
    let quiet = quiet_for(storm.silent, during.as_deref().unwrap_or(&sum));
    Message {
        text,
        subject: Some(subject.collect::<Vec<_>>().join(" · ")),
        quote: is_quiet.then_some(quiet),
        literals: literals("Kinds", lines.into_iter().chain(rest).chain(left(storm.left)), limits),
        notes: notes(storm.later),
        severity: if is_quiet { Severity::Info } else { storm.severity },
        change,
        ..opening
    }
}

fn left((kinds, told): (usize, u64)) -> Option<String> {
    let kinds = match kinds {
        0 => return None,
        1 => "1 kind".to_owned(),
        several => format!("{several} kinds"),
    };
    Some(format!("and {kinds} with {}, told in messages of their own by now", failures(told)))
}

fn notes(later: usize) -> Vec<String> {
    let later = (later > 0).then(|| format!("{later} of them in the next message"));
    [TOGETHER.to_owned()].into_iter().chain(later).collect()
}

/// How many of these one message lists.
pub(crate) fn listed(kinds: &[StormLine<'_>], limits: &Limits) -> usize {
    lines(kinds, usize::MAX, limits).0.len()
}

/// A line for each, as many as there is room for, and what is said of the rest. What room they leave
/// names all of their users.
pub(super) fn lines(
    kinds: &[StormLine<'_>],
    most: usize,
    limits: &Limits,
) -> (Vec<String>, Option<String>) {
    let mut room = limits.total.saturating_sub(REST);
    let mut lines = Vec::new();
    for kind in kinds.iter().take(most) {
        let line = kind.shown(USERS);
        let length = limits.unit.count(&line) + 1;
        let Some(left) = room.checked_sub(length) else { break };
        room = left;
        lines.push(line);
    }
    for (line, kind) in lines.iter_mut().zip(kinds) {
        let longer = kind.shown(usize::MAX);
        let more = limits.unit.count(&longer).saturating_sub(limits.unit.count(line));
        let fits = limits.unit.count(&longer) <= limits.literal;
        if let Some(left) = room.checked_sub(more).filter(|_| fits) {
            (*line, room) = (longer, left);
        }
    }
    let rest = &kinds[lines.len()..];
    let sum = rest.iter().map(|kind| kind.failures).sum();
    let said = format!("and {} further kinds with {}", rest.len(), failures(sum));
    (lines, (!rest.is_empty()).then_some(said))
}

const TOGETHER: &str = "told together and without details, because too many kinds were new";
/// Kinds that are named while it goes on.
const TOP: usize = 20;
/// Characters of what failed and where.
const LINE: usize = 100;
/// Characters of its users' names that each kind has room for.
const USERS: usize = 120;
/// Units that are left for all but the lines, with their labels.
const REST: usize = 2_000;
