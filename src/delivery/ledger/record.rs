//! One incident: its facts, its exemplars, and what was told of it in each channel.

use std::{
    collections::{BTreeMap, HashSet, VecDeque, btree_map::Entry},
    sync::Arc,
};

use super::Lane;
use crate::{
    delivery::{Detail, KindFacts, retry::Attempts},
    incident::{Facts, Form, GRACE, Incidents, Moment, People, State, Telling},
    redact::Redacted,
    report::{Key, Report},
    route::Target,
    severity::Severity,
};

#[derive(Debug)]
pub(super) struct Record {
    pub(super) age: u64,
    pub(super) facts: Facts,
    pub(super) exemplars: Exemplars,
    /// Several can lead to one fingerprint. Bounded by the tally, which they are in.
    pub(super) keys: HashSet<Key>,
    /// The same for those that a route tells nowhere: they only have to be let go.
    pub(super) silenced: HashSet<Key>,
    /// `None` for what the tally had no room for.
    pub(super) kind: Option<Arc<KindFacts>>,
    pub(super) severity: Severity,
    /// One for each channel that is to know of it.
    pub(super) tellings: BTreeMap<usize, Told>,
}

impl Record {
    pub(super) fn new(age: u64, now: Moment) -> Self {
        Self {
            age,
            facts: Facts::new(now),
            exemplars: Exemplars::default(),
            keys: HashSet::new(),
            silenced: HashSet::new(),
            kind: None,
            severity: Severity::Info,
            tellings: BTreeMap::new(),
        }
    }

    /// This channel is to know of it, as the route of the worst says. Gives whether it hears of it for the
    /// first time.
    pub(super) fn tell(&mut self, target: &Target, severity: Severity) -> bool {
        match self.tellings.entry(target.channel) {
            Entry::Vacant(new) => {
                new.insert(Told { is_own: true, ..Told::new(target.clone(), severity) });
                true
            }
            Entry::Occupied(told) => {
                let told = told.into_mut();
                told.is_own = true;
                told.instead_of.clear();
                told.turn(target, severity);
                false
            }
        }
    }

    /// The same in the place of another channel, unless this one is told of it anyway: what that one does
    /// not know.
    pub(super) fn tell_instead(
        &mut self,
        from: usize,
        (to, why): &(usize, Arc<str>),
        severity: Severity,
    ) {
        let said = self.tellings.get(&from).map_or(0, |told| told.telling.said());
        let told = self.tellings.entry(*to).or_insert_with(|| {
            let mut told = Told::new(Target::plain(*to), severity);
            told.telling.join_at(said);
            told
        });
        if !told.is_own {
            told.turn(&Target::plain(*to), severity);
            if told.instead_of.iter().all(|(channel, _)| *channel != from) {
                told.instead_of.push((from, Arc::clone(why)));
            }
        }
    }

    /// The channel hears of it from this episode on.
    pub(super) fn join(&mut self, channel: usize, settings: &Incidents) {
        let base = self.facts.state(settings).base;
        if let Some(told) = self.tellings.get_mut(&channel) {
            told.telling.join_at(base);
        }
    }

    /// What this channel was told instead of others is told.
    pub(super) fn told_instead(&mut self, by: usize, total: u64) {
        let Some(told) = self.tellings.get(&by) else { return };
        let instead_of: Vec<_> = told.instead_of.iter().map(|(channel, _)| *channel).collect();
        for channel in instead_of {
            if let Some(told) = self.tellings.get_mut(&channel) {
                told.telling.told_elsewhere(total);
            }
        }
    }

    /// Another channel speaks for itself again. If nothing leads to this one any more it gives what was
    /// told here together with others.
    pub(super) fn speaks_for_itself(&mut self, from: usize, here: usize) -> Option<u64> {
        let told = self.tellings.get_mut(&here)?;
        told.instead_of.retain(|(channel, _)| *channel != from);
        if told.is_own || !told.instead_of.is_empty() {
            return None;
        }
        let told = self.tellings.remove(&here)?;
        told.held.map(|before| told.telling.said() - before)
    }

    /// Counts; `is_known` if all that was counted before is told wherever anyone listens. Gives whether
    /// a new episode begins, and how many bytes of exemplars it let go of.
    pub(super) fn count(
        &mut self,
        failures: u64,
        now: Moment,
        settings: &Incidents,
        is_known: bool,
    ) -> (bool, usize) {
        if self.facts.total == 0 {
            self.facts = Facts::new(now);
        }
        let again = self.facts.count(failures, now, settings);
        if !(again && is_known) {
            return (again, 0);
        }
        self.facts.people = People::default();
        (again, self.exemplars.clear())
    }

    /// What decides about the next word. Where every failure rings, one whose details are here does at
    /// once, the others a moment later.
    pub(super) fn state(&self, told: &Told, settings: &Incidents) -> State {
        let mut state = self.facts.state(settings);
        if !settings.on && self.exemplars.after(told.cursor).is_none() {
            let said = told.telling.said_at().map(|said| said + GRACE);
            state.tellable = said.unwrap_or(state.tellable).max(state.tellable);
        } else if !settings.on {
            state.tellable = state.first;
        }
        state
    }

    /// Lets go of what every channel was told of; gives how many bytes that is.
    pub(super) fn forget_told(&mut self) -> usize {
        let cursor = self.tellings.values().map(|told| told.cursor).min();
        self.exemplars.forget_before(cursor.unwrap_or(u64::MAX))
    }

    /// Every channel that takes messages knows of every failure.
    pub(super) fn is_told(&self, lanes: &[Lane]) -> bool {
        self.tellings.iter().all(|(channel, told)| {
            let is_broken = lanes.get(*channel).is_some_and(|lane| lane.is_broken);
            is_broken || told.telling.said() == self.facts.total
        })
    }

    /// Failures that some channel does not know of.
    pub(super) fn untold(&self) -> u64 {
        let said = self.tellings.values().map(|told| told.telling.said()).min();
        said.map_or(0, |said| self.facts.total - said)
    }

    /// The tally counts nothing of it.
    pub(super) fn is_closed(&self) -> bool {
        self.keys.is_empty() && self.silenced.is_empty()
    }

    /// There are reports that it can do without.
    pub(super) fn has_spare(&self) -> bool {
        self.exemplars.replaced() > 0 || self.is_closed() && !self.exemplars.is_empty()
    }

    pub(super) fn is_held(&self) -> bool {
        self.tellings.values().any(|told| told.held.is_some())
    }
}

/// What was told in one channel and what was tried there.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) target: Target,
    /// The next word calls whom the target names: it is the first, or it got worse.
    pub(super) calls: bool,
    severity: Severity,
    pub(super) telling: Telling,
    pub(super) attempts: Attempts,
    /// The number of the next full report, where each is told.
    pub(super) cursor: u64,
    /// It is told together with others; so many failures were told before.
    pub(super) held: Option<u64>,
    /// A route leads here.
    is_own: bool,
    /// The channels that this one stands in for, each with a note that says why.
    instead_of: Vec<(usize, Arc<str>)>,
}

impl Told {
    fn new(target: Target, severity: Severity) -> Self {
        let (telling, attempts) = (Telling::default(), Attempts::default());
        Self {
            target,
            calls: true,
            severity,
            telling,
            attempts,
            cursor: 0,
            held: None,
            is_own: false,
            instead_of: Vec::new(),
        }
    }

    /// The note that says why this channel is told.
    pub(super) fn stands_in_because(&self) -> Option<Arc<str>> {
        self.instead_of.first().map(|(_, why)| Arc::clone(why))
    }

    /// It got so severe, if it was not before.
    fn turn(&mut self, target: &Target, severity: Severity) {
        if severity <= self.severity {
            return;
        }
        let uncalled = self.target.mention.take().filter(|_| self.calls);
        self.target = target.clone();
        self.target.mention = self.target.mention.take().or(uncalled);
        (self.severity, self.calls) = (severity, true);
        self.telling.worsen();
    }

    /// Whom it calls hears only the first word, and the first after it got worse. An edit calls nobody.
    pub(super) fn target(&self, form: &Form) -> Target {
        let mut target = self.target.clone();
        target.mention.take_if(|_| !self.calls || matches!(form, Form::Edit(_)));
        target
    }

    /// It was told as this target says: whom it called need not be called again.
    pub(super) fn called_as(&mut self, target: &Target) {
        self.calls &= self.target.mention != target.mention;
    }

    /// Failures that are told together with those of others.
    pub(super) fn share(&self, state: &State) -> Option<u64> {
        self.held.map(|before| state.total - before)
    }
}

/// The first and the latest full report of an episode; all of them where every failure rings.
#[derive(Debug, Default)]
pub(super) struct Exemplars {
    first: Option<Exemplar>,
    latest: Option<Exemplar>,
    each: VecDeque<Exemplar>,
    /// How many there were of these.
    number: u64,
}

#[derive(Debug)]
pub(super) struct Exemplar {
    pub(super) number: u64,
    pub(super) report: Arc<Redacted<Report>>,
    weight: usize,
}

/// Full reports of one kind that wait, where every failure rings.
const MOST_WAITING: usize = 20;

impl Exemplars {
    /// Bytes that it would keep less if another one came.
    pub(super) fn replaced(&self) -> usize {
        self.latest.as_ref().map_or(0, |latest| latest.weight)
    }

    pub(super) fn keep(&mut self, Detail { report, weight }: Detail) {
        let place = if self.first.is_none() { &mut self.first } else { &mut self.latest };
        *place = Some(Exemplar { number: 0, report: Arc::new(report), weight });
    }

    pub(super) fn keep_each(&mut self, Detail { report, weight }: Detail) {
        let number = self.number;
        self.number += 1;
        self.each.push_back(Exemplar { number, report: Arc::new(report), weight });
    }

    pub(super) fn has_room(&self) -> bool {
        self.each.len() < MOST_WAITING
    }

    /// The first of all from this number on.
    pub(super) fn after(&self, cursor: u64) -> Option<&Exemplar> {
        self.each.iter().find(|exemplar| exemplar.number >= cursor)
    }

    /// The number of the one that comes next.
    pub(super) const fn end(&self) -> u64 {
        self.number
    }

    fn forget_before(&mut self, cursor: u64) -> usize {
        let told = self.each.iter().take_while(|exemplar| exemplar.number < cursor).count();
        self.each.drain(..told).map(|exemplar| exemplar.weight).sum()
    }

    /// Lets go of the latest; gives how many bytes that is.
    pub(super) fn clear_latest(&mut self) -> usize {
        self.latest.take().map_or(0, |latest| latest.weight)
    }

    /// Lets go of all; gives how many bytes that is. What comes next is numbered on.
    pub(super) fn clear(&mut self) -> usize {
        let Self { first, latest, each, number } = std::mem::take(self);
        self.number = number;
        first.into_iter().chain(latest).chain(each).map(|exemplar| exemplar.weight).sum()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.first.is_none() && self.each.is_empty()
    }

    pub(super) fn first(&self) -> Option<&Arc<Redacted<Report>>> {
        self.first.as_ref().map(|exemplar| &exemplar.report)
    }

    /// Another one than the first.
    pub(super) fn latest(&self) -> Option<&Arc<Redacted<Report>>> {
        self.latest.as_ref().map(|exemplar| &exemplar.report)
    }
}
