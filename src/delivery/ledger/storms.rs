//! New incidents for which there was no room: told together in one message, which is kept up to date
//! and lists all of them at the end.

use std::cmp::Reverse;

use tokio::time::Instant;

use super::{About, Due, Lane, Ledger, Member, OfStorm, Subject};
use crate::{
    delivery::retry::Attempts,
    incident::{Form, Reason, STORM_REFILL, State, Storm, Word},
    render::{self, Count},
    route::Target,
    severity::Severity,
    transport::{Limits, Receipt},
};

/// What is fresh; of what replaces a message, all. It came in the time from the first failure, or the
/// last word, to the last failure: how long it had to wait for its turn says nothing about it.
fn count(storm: &Storm, state: &State, (why, form): (Reason, &Form), first: Instant) -> Count {
    let replaces = matches!(form, Form::Edit(_)) || storm.telling.stands_anew(why);
    let said = if replaces { 0 } else { storm.telling.said() };
    let since = storm.telling.said_at().filter(|_| said > 0).unwrap_or(first);
    let over = state.last.saturating_duration_since(since);
    Count { total: state.total, fresh: state.total - said.min(state.total), over }
}

fn all<'m>(members: &'m [Member], later: &'m [Member]) -> impl Iterator<Item = (&'m Member, bool)> {
    members.iter().map(|member| (member, true)).chain(later.iter().map(|member| (member, false)))
}

impl Storm {
    /// Leaves as many as one message lists; gives those that the next one does.
    fn split_off(&self, members: &mut Vec<Member>, limits: &Limits) -> Vec<Member> {
        let lines: Vec<_> = members.iter().map(Member::line).collect();
        let listed = render::listed(&lines, limits);
        let has_next = listed >= LEAST_LISTED && self.pages() + 1 < MOST_PAGES;
        if has_next { members.split_off(listed) } else { Vec::new() }
    }
}

/// Messages that list what was told together, at the end; what they have no room for is only counted.
const MOST_PAGES: u32 = 5;
/// Where a message lists fewer there is only one.
const LEAST_LISTED: usize = 10;

impl Ledger {
    /// Whether a new incident is told by itself.
    pub(super) fn has_room(&self, channel: usize, now: Instant) -> bool {
        let lane = self.lanes.get(channel);
        !self.settings.on || lane.is_none_or(|lane| lane.bucket.has_one(self.settings.storm, now))
    }

    /// Whether a flush waits for more new incidents than there is time to tell one by one.
    pub(super) fn is_too_many(&self, channel: usize, now: Instant) -> bool {
        let new = || self.new_ones(channel, now).len() as u64;
        self.settings.on && self.is_short_of_time(channel, new, now)
    }

    /// What is new and due is told together from now on. If that is a single one that does not wait for
    /// long, it waits instead: gives until when.
    pub(super) fn hold(&mut self, channel: usize, now: Instant) -> Option<Instant> {
        let room_at = self.lanes.get(channel)?.bucket.next(self.settings.storm, now);
        let room_at = room_at.filter(|at| at.saturating_duration_since(now) <= STORM_REFILL);
        let new = self.new_ones(channel, now);
        let is_hurried = new.iter().any(|(_, is_hurried)| *is_hurried);
        let storm = &mut self.lanes.get_mut(channel)?.storm;
        let can_wait = room_at.is_some() && storm.is_none() && !is_hurried;
        match new.len() {
            0 => return None,
            1 if can_wait => return room_at,
            _ => {}
        }
        storm.get_or_insert_with(|| Storm::new(now));
        for (subject, _) in &new {
            let record = self.records.get_mut(subject);
            if let Some(told) = record.and_then(|record| record.tellings.get_mut(&channel)) {
                told.held = Some(told.telling.said());
            }
        }
        if is_hurried {
            self.hurry_storms();
        }
        None
    }

    /// The new incidents that are due and need room, each with whether a flush waits for it.
    fn new_ones(&self, channel: usize, now: Instant) -> Vec<(Subject, bool)> {
        let Some(Lane { can, .. }) = self.lanes.get(channel) else { return Vec::new() };
        let gated = self.records.iter().filter(|(_, record)| record.severity < Severity::Critical);
        let new = gated.filter_map(|(subject, record)| {
            let told = record.tellings.get(&channel).filter(|told| told.held.is_none())?;
            let state = record.state(told, &self.settings);
            let word = told.telling.due(&state, can, &self.settings, now)?;
            let is_new = word.why.opens() && word.at <= now;
            is_new.then_some((*subject, told.telling.is_hurried()))
        });
        new.collect()
    }

    /// What got critical meanwhile is told by itself, and so is, as long as there is room, what fails
    /// as often as would escalate, if there is something to tell of it. The list keeps what it told.
    pub(super) fn release(&mut self, channel: usize, now: Instant) {
        let Self { records, lanes, settings, .. } = self;
        let Some(Lane { storm: Some(storm), bucket, .. }) = lanes.get_mut(channel) else { return };
        let many = settings.in_full.saturating_mul(settings.escalation);
        let mut has_room = bucket.has_one(settings.storm, now);
        for record in records.values_mut() {
            let total = record.facts.total;
            let Some(told) = record.tellings.get_mut(&channel) else { continue };
            let Some(before) = told.held.filter(|_| told.telling.said() < total) else { continue };
            let is_large = has_room && total - before >= many;
            if record.severity >= Severity::Critical || is_large {
                has_room &= !is_large;
                told.held = None;
                storm.leave(told.telling.said() - before);
            }
        }
        self.end_empty(channel);
    }

    /// Where nobody is left there is nothing to list; what a flush asks for is what is left.
    pub(super) fn end_empty(&mut self, channel: usize) {
        let left = self.storm_state(channel).map(|state| state.total);
        let Some(lane) = self.lanes.get_mut(channel) else { return };
        match (left, &mut lane.storm) {
            (Some(total), Some(storm)) => storm.telling.shrink_to(total),
            _ => lane.storm = None,
        }
    }

    pub(super) fn storm_word(&self, channel: usize, now: Instant) -> Option<Word> {
        let lane = self.lanes.get(channel)?;
        let storm = lane.storm.as_ref()?;
        storm.telling.due(&self.storm_state(channel)?, &lane.can, &self.settings, now)
    }

    fn storm_state(&self, channel: usize) -> Option<State> {
        let storm = self.lanes.get(channel)?.storm.as_ref()?;
        let members = self.records.values().filter_map(|record| {
            let state = record.facts.state(&self.settings);
            Some((record.tellings.get(&channel)?.share(&state)?, state))
        });
        storm.state(members)
    }

    pub(super) fn storm_due(&self, channel: usize, word: Word, now: Instant) -> Option<Due> {
        let lane = self.lanes.get(channel)?;
        let storm = lane.storm.as_ref()?;
        let state = self.storm_state(channel)?;
        let held = self.records.iter().filter_map(|(subject, record)| {
            let told = record.tellings.get(&channel)?;
            let state = record.facts.state(&self.settings);
            let (failures, kind) = (told.share(&state)?, record.kind.clone());
            let people = record.facts.people.clone();
            Some((told, record, Member { subject: *subject, kind, failures, people, state }))
        });
        // At its end, or once an hour, it lists what is quiet.
        let is_quiet = word.why == Reason::Quiet;
        let mut held: Vec<_> =
            held.filter(|(.., member)| !is_quiet || member.state.quiet <= now).collect();
        held.sort_by_key(|(_, record, member)| (Reverse(member.failures), record.age));
        let first = held.iter().map(|(.., member)| member.state.first).min()?;
        let spans = held.iter().map(|(_, record, _)| record.facts.span());
        let span = spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))?;
        // A message has room for one; the others are called with the next.
        let form = storm.telling.form(word.why, &lane.can);
        let mention = held.iter().find_map(|(told, ..)| told.target(&form).mention);
        let silent = held.iter().all(|(told, ..)| told.target.silent);
        let instead_of = held.iter().find_map(|(told, ..)| told.stands_in_because());
        let mut members: Vec<_> = held.into_iter().map(|(.., member)| member).collect();
        let later = match is_quiet {
            true => storm.split_off(&mut members, &lane.can.limits),
            false => Vec::new(),
        };
        Some(Due {
            why: word.why,
            about: About::Storm(OfStorm {
                members,
                later,
                before: storm.listed,
                left: storm.left,
                is_last: storm.telling.is_hurried(),
            }),
            target: Target { mention, silent, ..Target::plain(channel) },
            instead_of,
            count: count(storm, &state, (word.why, &form), first),
            form,
            anew: storm.telling.stands_anew(word.why),
            span,
            silent: now.saturating_duration_since(state.last),
            minimal: lane.attempts.is_minimal(),
            state,
            cursor: None,
        })
    }

    pub(super) fn storm_told(
        &mut self,
        channel: usize,
        due: &Due,
        receipt: &Receipt,
        now: Instant,
    ) -> u64 {
        let About::Storm(OfStorm { members, later, .. }) = &due.about else { return 0 };
        let Self { records, lanes, .. } = self;
        let Some(Lane { can, storm, attempts, .. }) = lanes.get_mut(channel) else { return 0 };
        let Some(told_of) = storm else { return 0 };
        *attempts = Attempts::default();
        let number = told_of.telling.told((due.why, &due.form), can, &due.state, receipt, now);
        let is_quiet = due.why == Reason::Quiet;
        for (member, is_listed) in all(members, later) {
            let Some(record) = records.get_mut(&member.subject) else { continue };
            // What was told by itself meanwhile knows better.
            let told = record.tellings.get_mut(&channel).filter(|told| told.held.is_some());
            let Some(told) = told else { continue };
            told.telling.told_elsewhere(member.state.total);
            told.called_as(&due.target);
            if is_quiet && is_listed {
                told_of.gone += member.failures;
                told_of.listed += 1;
                told.telling.ended_elsewhere(&member.state, now);
                told.held = None;
            }
            record.told_instead(channel, member.state.total);
        }
        if is_quiet && later.is_empty() {
            told_of.go_on(can, now);
            self.end_empty(channel);
        } else if is_quiet {
            told_of.turn_page();
        }
        number
    }

    /// What is told together is asked for, too.
    pub(super) fn hurry_storms(&mut self) {
        for channel in 0..self.lanes.len() {
            let Some(state) = self.storm_state(channel) else { continue };
            if let Some(storm) = &mut self.lanes[channel].storm {
                storm.telling.hurry(state.total);
            }
        }
    }
}
