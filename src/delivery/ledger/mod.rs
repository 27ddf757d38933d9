//! The facts of every incident and what was told of it where. The worker writes the counts in, each
//! channel asks what is due now. Reads no clock.

mod due;
mod next;
mod record;
mod storms;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::time::Instant;

pub(crate) use self::due::{About, Due, Member, Next, OfIncident, OfStorm, Subject, line};
use self::record::{Record, Told};
use crate::{
    delivery::{
        Detail, KindFacts, LONGEST_PAUSE,
        retry::{Attempts, Verdict},
    },
    incident::{Bucket, Drained, Incidents, Moment, Storm},
    report::Key,
    route::{DEFAULT, Target},
    severity::Severity,
    transport::{Capabilities, Receipt, SendError},
};

/// Bytes of reports that are kept to be told, over all incidents; further details are lost.
pub const MOST_EXEMPLAR_BYTES: usize = 4 * 1024 * 1024;
/// Quiet incidents that are remembered, so that it can be said that one came back.
pub const MOST_REMEMBERED: usize = 1_000;

/// The time between two sweeps, about.
pub(crate) const SWEPT_EACH: Duration = Duration::from_secs(1);

/// When the episode began to which failures were added.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Begun {
    Before,
    First,
    Again,
}

#[derive(Debug)]
pub(crate) struct Ledger {
    settings: Incidents,
    records: BTreeMap<Subject, Record>,
    lanes: Vec<Lane>,
    /// Bytes of all exemplars.
    weight: usize,
    /// How many incidents there were: the age of the next one.
    opened: u64,
    /// Untold failures of what was forgotten.
    lost: u64,
    /// Until when a flush waits for what is told.
    deadline: Option<Instant>,
}

/// What is kept for a channel beside what was told there.
#[derive(Debug)]
struct Lane {
    can: Capabilities,
    bucket: Bucket,
    storm: Option<Storm>,
    /// Of the storm's messages.
    attempts: Attempts,
    /// Where its incidents are told meanwhile, because it takes no message, with a note that says so.
    diverted: Option<(usize, Arc<str>)>,
    /// Nothing is taken here until someone changes something: nobody waits for it.
    is_broken: bool,
}

impl Ledger {
    pub(crate) fn new(
        settings: Incidents,
        channels: impl IntoIterator<Item = Capabilities>,
    ) -> Self {
        let lane = |can: Capabilities| Lane {
            can: Capabilities { edit_period: can.edit_period.min(LONGEST_PAUSE), ..can },
            bucket: Bucket::default(),
            storm: None,
            attempts: Attempts::default(),
            diverted: None,
            is_broken: false,
        };
        let lanes = channels.into_iter().map(lane).collect();
        Self {
            settings,
            records: BTreeMap::new(),
            lanes,
            weight: 0,
            opened: 0,
            lost: 0,
            deadline: None,
        }
    }

    /// Adds what the tally counted of one kind. Gives whether the incident is new.
    pub(crate) fn count(&mut self, drained: &Drained<KindFacts>, now: Moment) -> bool {
        let KindFacts { fingerprint, summary, targets, hit, .. } = &*drained.facts;
        let severity = summary.severity;
        if targets.is_empty() {
            // What else is told of this incident must not speak of it.
            self.record(Some(*fingerprint), now).silenced.insert(drained.key);
            return false;
        }
        let (users, mut more) = hit.take();
        let begun = self.add(Some(*fingerprint), targets, severity, drained.count, now);
        if begun == Begun::Again {
            // Whoever was hit before counts anew.
            hit.forget();
            more = false;
        }
        let record = self.record(Some(*fingerprint), now);
        record.keys.insert(drained.key);
        record.severity = record.severity.max(severity);
        record.kind.get_or_insert_with(|| Arc::clone(&drained.facts));
        users.into_iter().for_each(|user| record.facts.people.add(user));
        if more {
            record.facts.people.add_more();
        }
        begun == Begun::First
    }

    /// Adds failures of kinds that the tally had no room for.
    pub(crate) fn count_further(&mut self, failures: u64, now: Moment) {
        self.add(None, &[Target::plain(DEFAULT)], Severity::Error, failures, now);
    }

    fn add(
        &mut self,
        subject: Subject,
        targets: &[Target],
        severity: Severity,
        failures: u64,
        now: Moment,
    ) -> Begun {
        let settings = self.settings.clone();
        let lanes = targets.iter().filter_map(|target| {
            Some((target.channel, self.lanes.get(target.channel)?.diverted.clone()?))
        });
        let diverted: Vec<_> = lanes.collect();
        let is_known = self.records.get(&subject).is_some_and(|record| record.is_told(&self.lanes));
        let record = self.record(subject, now);
        let is_first = record.facts.total == 0;
        let new: Vec<_> = targets.iter().filter(|target| record.tell(target, severity)).collect();
        let (again, freed) = record.count(failures, now, &settings, is_known);
        // Who joins hears of this episode, and not of those that were told to others.
        new.into_iter().for_each(|target| record.join(target.channel, &settings));
        diverted.iter().for_each(|(from, to)| record.tell_instead(*from, to, severity));
        self.weight -= freed;
        match again {
            true => Begun::Again,
            false if is_first => Begun::First,
            false => Begun::Before,
        }
    }

    fn record(&mut self, subject: Subject, now: Moment) -> &mut Record {
        self.records.entry(subject).or_insert_with(|| {
            self.opened += 1;
            Record::new(self.opened, now)
        })
    }

    /// Keeps the report to be told: the first, and in the place of an older one the latest. `false` if
    /// it is lost: its kind is let go already, or there is no room.
    pub(crate) fn attach(&mut self, detail: Detail) -> bool {
        let subject = Some(detail.report.fingerprint);
        let each = !self.settings.on;
        let Some(record) = self.records.get(&subject) else { return false };
        let needed = detail.weight.saturating_sub(record.exemplars.replaced());
        self.make_room(needed, subject);
        let Some(record) = self.records.get_mut(&subject) else { return false };
        let sum = self.weight + detail.weight - record.exemplars.replaced();
        if sum > MOST_EXEMPLAR_BYTES || (each && !record.exemplars.has_room()) {
            return false;
        }
        self.weight = sum;
        record.severity = record.severity.max(detail.report.severity);
        if detail.report.user.is_some() {
            let user = detail.report.as_ref().map(|report| report.user.clone().unwrap_or_default());
            record.facts.people.add(user);
        }
        match each {
            true => record.exemplars.keep_each(detail),
            false => record.exemplars.keep(detail),
        }
        record.facts.detailed();
        true
    }

    /// What was told makes room for what was not, what is quiet before what goes on, the oldest first. Not
    /// the first reports of what goes on: what stands in a chat is edited with them.
    fn make_room(&mut self, bytes: usize, keep: Subject) {
        while self.weight + bytes > MOST_EXEMPLAR_BYTES {
            let lanes = &self.lanes;
            let told = self.records.iter_mut().filter(|(subject, record)| {
                **subject != keep && record.has_spare() && record.is_told(lanes)
            });
            let oldest = told.min_by_key(|(_, record)| (!record.is_closed(), record.facts.last()));
            let Some((_, oldest)) = oldest else { return };
            self.weight -= match oldest.is_closed() {
                true => oldest.exemplars.clear(),
                false => oldest.exemplars.clear_latest(),
            };
        }
    }

    /// The channel took it. Gives the number of the message and the keys whose next failure is to
    /// bring its details.
    pub(crate) fn told(
        &mut self,
        channel: usize,
        due: &Due,
        receipt: &Receipt,
        now: Instant,
    ) -> (u64, Vec<Key>) {
        let nothing = (0, Vec::new());
        let About::Incident(of) = &due.about else {
            return (self.storm_told(channel, due, receipt, now), Vec::new());
        };
        let Some(lane) = self.lanes.get_mut(channel) else { return nothing };
        let Some(record) = self.records.get_mut(&of.subject) else { return nothing };
        let Some(told) = record.tellings.get_mut(&channel) else { return nothing };
        if due.why.opens() && is_gated(&self.settings, record.severity) {
            lane.bucket.take(self.settings.storm, now);
        }
        told.attempts = Attempts::default();
        told.called_as(&due.target);
        let can = &lane.can;
        told.cursor = due.cursor.unwrap_or(told.cursor);
        let revision = told.telling.told((due.why, &due.form), can, &due.state, receipt, now);
        record.told_instead(channel, due.state.total);
        self.weight -= record.forget_told();
        (revision, record.keys.iter().copied().collect())
    }

    /// The channel did not take it. It stays due; what was given up waits a while.
    pub(crate) fn failed(
        &mut self,
        channel: usize,
        due: &Due,
        error: &SendError,
        now: Instant,
    ) -> Verdict {
        let place = match &due.about {
            About::Storm(_) => self
                .lanes
                .get_mut(channel)
                .and_then(|lane| Some((&mut lane.attempts, &mut lane.storm.as_mut()?.telling))),
            About::Incident(of) => self.records.get_mut(&of.subject).and_then(|record| {
                let told = record.tellings.get_mut(&channel)?;
                Some((&mut told.attempts, &mut told.telling))
            }),
        };
        let Some((attempts, telling)) = place else { return Verdict::GiveUp };
        if error.is_lost_anchor() {
            telling.lost_anchor();
        }
        let verdict = attempts.after(error);
        // Where nothing is taken it is the channel that waits.
        if verdict == Verdict::GiveUp && !error.is_permanent() {
            *attempts = Attempts::default();
            if error.is_rejected() {
                telling.refused(&due.form, now);
            } else if error.is_unknown_outcome() {
                telling.doubted(due.state.total, now);
            } else {
                telling.put_off(now);
            }
        }
        verdict
    }

    /// This channel takes no message: what it is to know is told in the other one too, with the note.
    pub(crate) fn divert(&mut self, from: usize, to: usize, why: &Arc<str>) {
        let Some(lane) = self.lanes.get_mut(from) else { return };
        let diverted = (to, Arc::clone(why));
        lane.diverted = Some(diverted.clone());
        for record in self.records.values_mut() {
            let total = record.facts.total;
            let told = record.tellings.get(&from).filter(|told| told.telling.said() < total);
            let Some(is_asked) = told.map(|told| told.telling.is_missed()) else { continue };
            record.tell_instead(from, &diverted, record.severity);
            if let Some(instead) = record.tellings.get_mut(&to).filter(|_| is_asked) {
                instead.telling.hurry(total);
            }
        }
    }

    /// Whether the channel takes messages at all.
    pub(crate) fn set_broken(&mut self, channel: usize, is_broken: bool) {
        if let Some(lane) = self.lanes.get_mut(channel) {
            lane.is_broken = is_broken;
        }
    }

    /// It takes messages again: the other channel need not speak for it any more.
    pub(crate) fn undivert(&mut self, from: usize) {
        let diverted = self.lanes.get_mut(from).and_then(|lane| lane.diverted.take());
        let Some((to, _)) = diverted else { return };
        for record in self.records.values_mut() {
            let told = record.speaks_for_itself(from, to);
            let storm = self.lanes.get_mut(to).and_then(|lane| lane.storm.as_mut());
            if let (Some(told), Some(storm)) = (told, storm) {
                storm.leave(told);
            }
        }
        self.end_empty(to);
    }

    /// Lets go of what is told: after a quiet time the kinds, if `close` says that nothing more came of
    /// them, and a day later all that is remembered. Gives the kinds that stay though they are quiet, or
    /// about to be: their next failure begins anew and is to bring its details.
    pub(crate) fn sweep(&mut self, now: Instant, mut close: impl FnMut(Key) -> bool) -> Vec<Key> {
        let Self { records, lanes, settings, weight, .. } = self;
        let mut remembered = Vec::new();
        records.retain(|subject, record| {
            if !record.is_told(lanes) {
                return true;
            }
            record.facts.settled();
            if !settings.on {
                *weight -= record.exemplars.clear();
            }
            if !record.facts.is_quiet(now, settings) || has_words(record, lanes, settings, now) {
                return true;
            }
            record.keys.retain(|key| !close(*key));
            record.silenced.retain(|key| !close(*key));
            if !record.is_closed() || record.is_held() {
                return true;
            }
            let is_past = !settings.on || record.facts.is_past(now, settings);
            let is_over = record.facts.total == 0 || is_past && record.untold() == 0;
            match is_over {
                true => *weight -= record.exemplars.clear(),
                // Before what some channel is yet to know.
                false => remembered.push((record.untold() > 0, record.facts.last(), *subject)),
            }
            !is_over
        });
        self.forget_oldest(remembered);
        self.quiet_by(now + SWEPT_EACH)
    }

    fn quiet_by(&self, at: Instant) -> Vec<Key> {
        let quiet =
            self.records.values().filter(|record| record.facts.is_quiet(at, &self.settings));
        quiet.flat_map(|record| record.keys.iter().copied()).collect()
    }

    fn forget_oldest(&mut self, mut remembered: Vec<(bool, Instant, Subject)>) {
        let Some(too_many) = remembered.len().checked_sub(MOST_REMEMBERED) else { return };
        remembered.sort_unstable();
        for (.., subject) in &remembered[..too_many] {
            if let Some(mut forgotten) = self.records.remove(subject) {
                self.lost += forgotten.untold();
                self.weight -= forgotten.exemplars.clear();
            }
        }
    }

    /// Failures that some channel will never know of: it took nothing, and too many kinds waited. Since
    /// the last time that this was asked.
    pub(crate) fn take_lost(&mut self) -> u64 {
        std::mem::take(&mut self.lost)
    }

    /// Everything that is known now is to be told without waiting, and before the deadline.
    pub(crate) fn hurry(&mut self, deadline: Instant) {
        self.deadline = self.deadline.max(Some(deadline));
        for record in self.records.values_mut() {
            for told in record.tellings.values_mut() {
                told.telling.hurry(record.facts.total);
            }
        }
        self.hurry_storms();
    }

    /// Whether a flush asks for more messages than the channel can take before the deadline.
    fn is_short_of_time(
        &self,
        channel: usize,
        messages: impl FnOnce() -> u64,
        now: Instant,
    ) -> bool {
        let left = self.deadline.and_then(|deadline| deadline.checked_duration_since(now));
        let (Some(left), Some(lane)) = (left, self.lanes.get(channel)) else { return false };
        let Capabilities { pace, burst, .. } = lane.can;
        let times = left.as_millis().checked_div(pace.as_millis()).unwrap_or(u128::MAX);
        u128::from(messages()) > times.saturating_add(u128::from(burst))
    }

    /// Whether a flush still waits for something in this channel.
    pub(crate) fn is_hurried(&self, channel: usize) -> bool {
        let storm = self.lanes.get(channel).and_then(|lane| lane.storm.as_ref());
        let single = |told: &Told| told.held.is_none() && told.telling.is_hurried();
        storm.is_some_and(|storm| storm.telling.is_hurried()) || self.tellings(channel).any(single)
    }

    /// How many incidents a flush asked for and did not get told in this channel.
    pub(crate) fn missed(&self, channel: usize) -> usize {
        self.tellings(channel).filter(|told| told.telling.is_missed()).count()
    }

    /// Failures that are not told in some channel.
    pub(crate) fn untold(&self) -> u64 {
        self.records.values().map(Record::untold).sum()
    }

    /// Failures that are not told in this channel.
    fn untold_in(&self, channel: usize) -> u64 {
        let records = self.records.values().filter_map(|record| {
            Some(record.facts.total - record.tellings.get(&channel)?.telling.said())
        });
        records.sum()
    }

    fn tellings(&self, channel: usize) -> impl Iterator<Item = &Told> {
        self.records.values().filter_map(move |record| record.tellings.get(&channel))
    }
}

fn is_gated(settings: &Incidents, severity: Severity) -> bool {
    settings.on && severity < Severity::Critical
}

/// Something is said of it by and by.
fn has_words(record: &Record, lanes: &[Lane], settings: &Incidents, now: Instant) -> bool {
    record.tellings.iter().any(|(channel, told)| {
        let state = record.state(told, settings);
        let lane = lanes.get(*channel).filter(|lane| told.held.is_none() && !lane.is_broken);
        lane.is_some_and(|lane| told.telling.due(&state, &lane.can, settings, now).is_some())
    })
}
