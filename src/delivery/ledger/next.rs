//! What a channel is to say now: of all that is due, the most important.

use std::cmp::Reverse;

use tokio::time::Instant;

use super::{
    About, Due, Ledger, Next, OfIncident, Subject,
    record::{Record, Told},
};
use crate::{
    delivery::retry::Attempts,
    incident::{Form, People, Reason, State, Storm, Word},
    render::Count,
    severity::Severity,
};

impl Ledger {
    /// The most important thing to say in this channel now: what failed to be said least often, then
    /// by its reason, then the worst, then the oldest. New incidents for which there is no room any
    /// more are told together from then on.
    pub(crate) fn next(&mut self, channel: usize, now: Instant) -> Next {
        self.release(channel, now);
        // One message that lists all of them says more than those that there is time for.
        let has_room = self.has_room(channel, now) && !self.is_too_many(channel, now);
        let room_at = if has_room { None } else { self.hold(channel, now) };
        let Some(Queue { first, wake }) = self.queue(channel, has_room, now) else {
            return Next::Wait(None);
        };
        let due = first.and_then(|candidate| match candidate.subject {
            Some(subject) => self.due(channel, subject, candidate.word, now),
            None => self.storm_due(channel, candidate.word, now),
        });
        let wake = wake.into_iter().chain(room_at).min();
        due.map_or(Next::Wait(wake), |due| Next::Say(Box::new(due)))
    }

    /// What comes first of what is due, and when the next is. What waits for room holds nothing up.
    fn queue(&self, channel: usize, has_room: bool, now: Instant) -> Option<Queue> {
        let lane = self.lanes.get(channel)?;
        let single = self.records.iter().filter_map(|(subject, record)| {
            let told = record.tellings.get(&channel).filter(|told| told.held.is_none())?;
            let state = record.state(told, &self.settings);
            let word = told.telling.due(&state, &lane.can, &self.settings, now)?;
            Some(Candidate::of_incident(*subject, record, told, word))
        });
        let storm = lane.storm.as_ref().and_then(|storm| {
            Some(Candidate::of_storm(self.storm_word(channel, now)?, storm, &lane.attempts))
        });
        let (due, later): (Vec<_>, Vec<_>) =
            single.chain(storm).partition(|candidate| candidate.word.at <= now);
        let wake = later.iter().map(|candidate| candidate.word.at).min();
        let due = due.into_iter().filter(|candidate| has_room || !candidate.is_gated);
        Some(Queue { first: due.min_by_key(|candidate| candidate.rank), wake })
    }

    fn due(&self, channel: usize, subject: Subject, word: Word, now: Instant) -> Option<Due> {
        let lane = self.lanes.get(channel)?;
        let record = self.records.get(&subject)?;
        let told = record.tellings.get(&channel)?;
        let single = record.exemplars.after(told.cursor);
        // Without time for each of them one message tells all.
        let is_short =
            single.is_some() && self.is_short_of_time(channel, || self.untold_in(channel), now);
        let (single, last) = match is_short {
            true => (None, Some(record.exemplars.end())),
            false => (single, None),
        };
        let mut state = record.state(told, &self.settings);
        // Where nothing was told of what was before it does not come back.
        let is_new = told.telling.is_new_to_it(&state);
        state.after.take_if(|_| is_new);
        if single.is_some() {
            state.total = told.telling.said() + 1;
        }
        let form = told.telling.form(word.why, &lane.can);
        let (first, latest) = (record.exemplars.first(), record.exemplars.latest());
        let is_root = matches!(word.why, Reason::Update | Reason::Quiet);
        let (report, latest) = if is_root { (first, latest) } else { (latest.or(first), None) };
        let report = single.map(|exemplar| &exemplar.report).or(report);
        Some(Due {
            why: word.why,
            count: self.count_of((word.why, &form), &state, told),
            anew: told.telling.stands_anew(word.why),
            about: About::Incident(Box::new(OfIncident {
                subject,
                kind: record.kind.clone(),
                people: self.people_of(record),
                severity: record.severity,
                report: report.cloned(),
                latest: latest.cloned(),
            })),
            target: told.target(&form),
            form,
            instead_of: told.stands_in_because(),
            span: record.facts.span(),
            silent: now.saturating_duration_since(state.last),
            minimal: told.attempts.is_minimal(),
            state,
            cursor: single.map(|exemplar| exemplar.number + 1).or(last),
        })
    }

    /// Where every failure rings it says only whom that one hit.
    fn people_of(&self, record: &Record) -> People {
        if self.settings.on { record.facts.people.clone() } else { People::default() }
    }

    /// What is fresh; of what replaces a message, all.
    fn count_of(&self, (why, form): (Reason, &Form), state: &State, told: &Told) -> Count {
        let said = told.telling.said();
        // Where every failure rings a message tells no more than what is fresh.
        let base = if self.settings.on { told.telling.base(state) } else { said };
        let total = state.total - base;
        if matches!(form, Form::Edit(_)) || told.telling.stands_anew(why) {
            let over = state.last.saturating_duration_since(state.first);
            return Count { total, fresh: total, over };
        }
        let fresh = state.total - said;
        // Of an episode before this one something may be untold.
        let is_of_episode = why.opens() && said >= state.base;
        let since = told.telling.said_at().filter(|_| !is_of_episode).unwrap_or(state.first);
        // How long it waited for its turn, or was quiet, says nothing about how fast it fails.
        let over = state.last.saturating_duration_since(since);
        Count { total, fresh, over }
    }
}

/// What is due in a channel.
#[derive(Debug)]
struct Queue {
    first: Option<Candidate>,
    /// When more is.
    wake: Option<Instant>,
}

/// Something that may be said now, or later.
#[derive(Debug)]
struct Candidate {
    word: Word,
    /// `None` is the storm.
    subject: Option<Subject>,
    /// A new incident, for which there must be room.
    is_gated: bool,
    rank: Rank,
}

/// The smaller, the earlier: the reason, how often it was tried, severity, since when it waits, age. What
/// was tried in vain waits for its equals, but not for what matters less.
type Rank = ((u8, bool), u32, Reverse<Severity>, Option<Instant>, u64);

impl Candidate {
    fn of_incident(subject: Subject, record: &Record, told: &Told, word: Word) -> Self {
        let (severity, since) = match word.why {
            // What a person looks at is to be equally new everywhere.
            Reason::Update => (Severity::Info, told.telling.edited_at()),
            Reason::InFull => (record.severity, told.telling.said_at()),
            _ => (record.severity, None),
        };
        let reason = (word.why.rank(), false);
        let rank = (reason, told.attempts.made(), Reverse(severity), since, record.age);
        let is_gated = word.why.opens() && record.severity < Severity::Critical;
        Self { word, subject: Some(subject), is_gated, rank }
    }

    /// Its first message comes after what is told one by one, and its edits in their turn.
    fn of_storm(word: Word, storm: &Storm, attempts: &Attempts) -> Self {
        let why = if word.why.opens() { Reason::Quiet } else { word.why };
        let (severity, since) = match why {
            Reason::Update => (Severity::Info, storm.telling.edited_at()),
            _ => (Severity::Error, None),
        };
        let reason = (why.rank(), why != Reason::Update);
        let rank = (reason, attempts.made(), Reverse(severity), since, 0);
        Self { word, subject: None, is_gated: false, rank }
    }
}
