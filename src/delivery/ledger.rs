//! The facts of every incident and what was told of it where. The worker writes the counts in, each
//! channel asks what is due now. Reads no clock.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashSet, btree_map::Entry},
    sync::Arc,
};

use tokio::time::Instant;

use crate::{
    delivery::{
        Detail, KindFacts,
        retry::{Attempts, Verdict},
    },
    incident::{Drained, Facts, Telling},
    redact::Redacted,
    render::Count,
    report::{Fingerprint, Key, Report},
    route::{DEFAULT, Target},
    severity::Severity,
    transport::SendError,
};

/// Bytes of reports that are kept to be told, over all incidents; further details are lost.
pub const MOST_EXEMPLAR_BYTES: usize = 4 * 1024 * 1024;

/// What an incident is about: `None` is what the tally had no room for.
pub(crate) type Subject = Option<Fingerprint>;

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    incidents: BTreeMap<Subject, Incident>,
    /// Bytes of all exemplars.
    weight: usize,
    /// How many incidents there were: the age of the next one.
    opened: u64,
}

#[derive(Debug)]
struct Incident {
    age: u64,
    exemplar: Option<Exemplar>,
    facts: Facts,
    /// Several can lead to one fingerprint. Bounded by the tally, which they are in.
    keys: HashSet<Key>,
    /// The same for those that a route tells nowhere: they only have to be let go.
    silenced: HashSet<Key>,
    /// `None` for what the tally had no room for.
    kind: Option<Arc<KindFacts>>,
    severity: Severity,
    /// One for each channel that is to know of it.
    tellings: BTreeMap<usize, Told>,
}

#[derive(Debug)]
struct Exemplar {
    report: Arc<Redacted<Report>>,
    weight: usize,
}

impl Incident {
    /// This channel is to know of it, as the route of the worst says.
    fn tell(&mut self, target: &Target, severity: Severity) {
        match self.tellings.entry(target.channel) {
            Entry::Vacant(new) => {
                new.insert(Told::new(target.clone(), severity));
            }
            Entry::Occupied(told) => told.into_mut().turn(target, severity),
        }
    }
}

/// What was told in one channel and what was tried there.
#[derive(Debug)]
struct Told {
    target: Target,
    /// The next word calls whom the target names: it is the first, or it got worse.
    calls: bool,
    severity: Severity,
    telling: Telling,
    attempts: Attempts,
}

impl Told {
    fn new(target: Target, severity: Severity) -> Self {
        let (telling, attempts) = (Telling::default(), Attempts::default());
        Self { target, calls: true, severity, telling, attempts }
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
    }

    /// Whom it calls hears only the first word, and the first after it got worse.
    fn target(&self) -> Target {
        let mut target = self.target.clone();
        target.mention.take_if(|_| !self.calls);
        target
    }
}

/// What a channel is to say now, as of the latest state.
#[derive(Debug)]
pub(crate) struct Due {
    pub(crate) subject: Subject,
    pub(crate) count: Count,
    pub(crate) report: Option<Arc<Redacted<Report>>>,
    pub(crate) kind: Option<Arc<KindFacts>>,
    /// The service refused it in full.
    pub(crate) minimal: bool,
    /// How it is said; whom it calls only if the incident opens.
    pub(crate) target: Target,
}

/// What a channel is to do.
#[derive(Debug)]
pub(crate) enum Next {
    Say(Box<Due>),
    /// Nothing is due before this; `None` is nothing at all.
    Wait(Option<Instant>),
}

impl Ledger {
    /// Adds what the tally counted of one kind. Gives whether the incident is new.
    pub(crate) fn count(&mut self, drained: &Drained<KindFacts>, now: Instant) -> bool {
        let KindFacts { fingerprint, summary, targets, .. } = &*drained.facts;
        let incident = self.incident(Some(*fingerprint), now);
        if targets.is_empty() {
            // What else is told of this incident must not speak of it.
            incident.silenced.insert(drained.key);
            return false;
        }
        incident.keys.insert(drained.key);
        incident.severity = incident.severity.max(summary.severity);
        incident.kind.get_or_insert_with(|| Arc::clone(&drained.facts));
        targets.iter().for_each(|target| incident.tell(target, summary.severity));
        let is_new = incident.facts.total == 0;
        if is_new {
            incident.facts = Facts::new(now);
        }
        incident.facts.count(drained.count, now);
        is_new
    }

    /// Adds failures of kinds that the tally had no room for.
    pub(crate) fn count_further(&mut self, failures: u64, now: Instant) {
        let further = self.incident(None, now);
        further.tell(&Target::plain(DEFAULT), Severity::Error);
        further.facts.count(failures, now);
    }

    fn incident(&mut self, subject: Subject, now: Instant) -> &mut Incident {
        self.incidents.entry(subject).or_insert_with(|| {
            self.opened += 1;
            Incident {
                age: self.opened,
                exemplar: None,
                facts: Facts::new(now),
                keys: HashSet::new(),
                silenced: HashSet::new(),
                kind: None,
                severity: Severity::Info,
                tellings: BTreeMap::new(),
            }
        })
    }

    /// Keeps the report to be told, in the place of an older one. `false` if it is lost: its kind is
    /// let go already, or there is no room.
    pub(crate) fn attach(&mut self, detail: Detail) -> bool {
        let Detail { report, weight } = detail;
        let Some(incident) = self.incidents.get_mut(&Some(report.fingerprint)) else {
            return false;
        };
        let older = incident.exemplar.as_ref().map_or(0, |exemplar| exemplar.weight);
        let sum = self.weight - older + weight;
        if sum > MOST_EXEMPLAR_BYTES {
            return false;
        }
        self.weight = sum;
        incident.severity = incident.severity.max(report.severity);
        incident.exemplar = Some(Exemplar { report: Arc::new(report), weight });
        incident.facts.detailed();
        true
    }

    /// The most important thing to say in this channel now: what failed to be said least often, then
    /// the worst, then the oldest.
    pub(crate) fn next(&self, channel: usize, now: Instant) -> Next {
        let untold = self.incidents.iter().filter_map(|(subject, incident)| {
            let told = incident.tellings.get(&channel)?;
            Some((told.telling.due(&incident.facts)?, *subject, incident, told))
        });
        let (now_due, later): (Vec<_>, Vec<_>) = untold.partition(|(due, ..)| due.at <= now);
        let first = now_due.into_iter().min_by_key(|(_, _, incident, told)| {
            (told.attempts.made(), Reverse(incident.severity), incident.age)
        });
        let Some((due, subject, incident, told)) = first else {
            return Next::Wait(later.into_iter().map(|(due, ..)| due.at).min());
        };
        Next::Say(Box::new(Due {
            subject,
            count: Count {
                total: incident.facts.total,
                fresh: due.fresh,
                over: now.saturating_duration_since(due.since),
            },
            report: incident.exemplar.as_ref().map(|exemplar| Arc::clone(&exemplar.report)),
            kind: incident.kind.clone(),
            minimal: told.attempts.is_minimal(),
            target: told.target(),
        }))
    }

    /// The channel took it. Gives the number of the message and the keys whose next failure is to
    /// bring its details.
    pub(crate) fn told(&mut self, channel: usize, due: &Due, now: Instant) -> (u64, Vec<Key>) {
        let Some(incident) = self.incidents.get_mut(&due.subject) else { return (0, Vec::new()) };
        let Some(told) = incident.tellings.get_mut(&channel) else { return (0, Vec::new()) };
        told.attempts = Attempts::default();
        // It may have got worse meanwhile.
        told.calls &= due.target != told.target;
        let revision = told.telling.told(due.count.total, now);
        (revision, incident.keys.iter().copied().collect())
    }

    /// The channel did not take it. It stays due; what was given up waits a period.
    pub(crate) fn failed(
        &mut self,
        channel: usize,
        subject: Subject,
        error: &SendError,
        now: Instant,
    ) -> Verdict {
        let incident = self.incidents.get_mut(&subject);
        let Some(told) = incident.and_then(|incident| incident.tellings.get_mut(&channel)) else {
            return Verdict::GiveUp;
        };
        let verdict = told.attempts.after(error);
        if verdict == Verdict::GiveUp {
            told.attempts = Attempts::default();
            told.telling.put_off(now);
        }
        verdict
    }

    /// Lets go of what is told: the exemplars, and after a quiet time the whole incident, if `close`
    /// says that nothing more came of its kinds.
    pub(crate) fn sweep(&mut self, now: Instant, mut close: impl FnMut(Key) -> bool) {
        let weight = &mut self.weight;
        self.incidents.retain(|_, incident| {
            if incident.tellings.values().any(|told| !told.telling.is_told(&incident.facts)) {
                return true;
            }
            incident.facts.settled();
            *weight -= incident.exemplar.take().map_or(0, |exemplar| exemplar.weight);
            if incident.facts.is_quiet(now) {
                incident.keys.retain(|key| !close(*key));
                incident.silenced.retain(|key| !close(*key));
                return !incident.keys.is_empty() || !incident.silenced.is_empty();
            }
            true
        });
    }

    /// Everything that is known now is to be told without waiting.
    pub(crate) fn hurry(&mut self) {
        for incident in self.incidents.values_mut() {
            for told in incident.tellings.values_mut() {
                told.telling.hurry(&incident.facts);
            }
        }
    }

    /// Whether a flush still waits for something in this channel.
    pub(crate) fn is_hurried(&self, channel: usize) -> bool {
        self.tellings(channel).any(|(_, telling)| telling.is_hurried())
    }

    /// How many incidents a flush asked for and did not get told in this channel.
    pub(crate) fn missed(&self, channel: usize) -> usize {
        self.tellings(channel).filter(|(_, telling)| telling.is_missed()).count()
    }

    /// Failures that are not told in some channel.
    pub(crate) fn untold(&self) -> u64 {
        let most = |incident: &Incident| {
            incident.tellings.values().map(|told| told.telling.untold(&incident.facts)).max()
        };
        self.incidents.values().filter_map(most).sum()
    }

    fn tellings(&self, channel: usize) -> impl Iterator<Item = (&Facts, &Telling)> {
        self.incidents.values().filter_map(move |incident| {
            Some((&incident.facts, &incident.tellings.get(&channel)?.telling))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        delivery::samples,
        incident::{GRACE, PERIOD, QUIET},
    };

    fn counted(ledger: &mut Ledger, kind: &samples::Kind, failures: u64, now: Instant) {
        ledger.count(&kind.drained(failures), now);
    }

    fn due(ledger: &Ledger, now: Instant) -> Option<Box<Due>> {
        match ledger.next(0, now) {
            Next::Say(due) => Some(due),
            Next::Wait(_) => None,
        }
    }

    #[test]
    fn the_worst_comes_first_then_the_oldest_and_what_failed_last() {
        let (mut ledger, now) = (Ledger::default(), Instant::now());
        let kinds = ["old", "new"].map(|route| samples::Kind::new(route, Severity::Error));
        let worst = samples::Kind::new("worst", Severity::Critical);
        for kind in kinds.iter().chain([&worst]) {
            counted(&mut ledger, kind, 1, now);
        }
        let later = now + GRACE;
        let mut order = Vec::new();
        for _ in 0..3 {
            let due = due(&ledger, later).unwrap();
            ledger.failed(0, due.subject, &SendError::transient("down"), later);
            order.push(due.subject);
        }
        let subjects = [&worst, &kinds[0], &kinds[1]].map(|kind| Some(kind.fingerprint()));
        assert_eq!(order, subjects);
        assert_eq!(due(&ledger, later).unwrap().subject, subjects[0]);
    }

    #[test]
    fn two_kinds_of_one_fingerprint_are_one_incident() {
        let (mut ledger, now) = (Ledger::default(), Instant::now());
        let kind = samples::Kind::new("a", Severity::Error);
        let other = kind.other_key();
        counted(&mut ledger, &kind, 2, now);
        counted(&mut ledger, &other, 3, now);
        let due = due(&ledger, now + GRACE).unwrap();
        assert_eq!((due.count.fresh, due.count.total), (5, 5));
        let (revision, keys) = ledger.told(0, &due, now + GRACE);
        assert_eq!((revision, keys.len()), (1, 2));
    }

    #[test]
    fn what_is_kept_of_reports_stays_within_its_bytes() {
        let (mut ledger, now) = (Ledger::default(), Instant::now());
        let size = MOST_EXEMPLAR_BYTES / 10 + 1;
        let kept = (0..100).filter(|i| {
            let kind = samples::Kind::new(&i.to_string(), Severity::Error);
            counted(&mut ledger, &kind, 1, now);
            ledger.attach(kind.detail(size)) && ledger.attach(kind.detail(size))
        });
        assert_eq!(kept.count(), 9);
        assert!(ledger.weight <= MOST_EXEMPLAR_BYTES);
        while let Some(due) = due(&ledger, now + GRACE) {
            ledger.told(0, &due, now + GRACE);
        }
        ledger.sweep(now + GRACE, |_| false);
        assert_eq!(ledger.weight, 0);
    }

    #[test]
    fn a_quiet_incident_is_let_go_only_when_it_is_told_and_nothing_came() {
        let (mut ledger, now) = (Ledger::default(), Instant::now());
        let kind = samples::Kind::new("a", Severity::Error);
        counted(&mut ledger, &kind, 1, now);
        let quiet = now + QUIET;
        ledger.sweep(quiet, |_| true);
        assert_eq!(ledger.incidents.len(), 1, "it is not told");
        let due = due(&ledger, quiet).unwrap();
        ledger.told(0, &due, now);
        ledger.sweep(quiet, |_| false);
        assert_eq!(ledger.incidents.len(), 1, "something came");
        ledger.sweep(quiet - Duration::from_secs(1), |_| true);
        assert_eq!(ledger.incidents.len(), 1, "it is not quiet");
        ledger.sweep(quiet, |_| true);
        assert!(ledger.incidents.is_empty());
    }

    #[test]
    fn each_channel_knows_what_it_was_told() {
        let (mut ledger, now) = (Ledger::default(), Instant::now());
        let kind = samples::Kind::new("a", Severity::Error);
        ledger.count(&kind.drained(2), now);
        let loud = Target { mention: Some("<!here>".into()), ..Target::plain(1) };
        ledger.count(&kind.to(vec![Target::plain(0), loud]).drained(3), now);
        let due = due(&ledger, now + GRACE).unwrap();
        ledger.told(0, &due, now + GRACE);
        let Next::Say(other) = ledger.next(1, now + GRACE) else { panic!("due there too") };
        assert_eq!(other.count.fresh, 5);
        assert_eq!(other.target.mention.as_deref(), Some("<!here>"));
        assert!(matches!(ledger.next(0, now + GRACE), Next::Wait(None)));
        assert_eq!(ledger.untold(), 5);
    }

    #[test]
    fn what_gets_worse_calls_once_even_while_another_word_is_on_its_way() {
        let (mut ledger, now) = (Ledger::default(), Instant::now());
        let kind = samples::Kind::new("a", Severity::Error);
        let calling = |kind: &samples::Kind, whom: Option<&str>| {
            kind.to(vec![Target { mention: whom.map(Into::into), ..Target::plain(0) }])
        };
        let mut called = |worse: Option<(Severity, Option<&str>)>| {
            counted(&mut ledger, &kind, 1, now);
            ledger.hurry();
            let due = due(&ledger, now).unwrap();
            if let Some((severity, whom)) = worse {
                counted(&mut ledger, &calling(&samples::Kind::new("a", severity), whom), 1, now);
            }
            ledger.told(0, &due, now);
            due.target.mention.as_deref().map(str::to_owned)
        };
        assert_eq!(called(Some((Severity::Critical, Some("<!here>")))), None);
        assert_eq!(called(None).as_deref(), Some("<!here>"));
        assert_eq!(called(Some((Severity::Critical, Some("<!channel>")))), None);
        assert_eq!(called(None), None, "it is no worse than before");
    }

    #[test]
    fn whom_nobody_called_yet_is_called_when_it_gets_worse() {
        let (mut ledger, now) = (Ledger::default(), Instant::now());
        let kind = samples::Kind::new("a", Severity::Error);
        let loud = Target { mention: Some("<!here>".into()), ..Target::plain(0) };
        counted(&mut ledger, &kind.to(vec![loud]), 1, now);
        counted(&mut ledger, &samples::Kind::new("a", Severity::Critical), 1, now);
        let due = due(&ledger, now + GRACE).unwrap();
        assert_eq!(due.target.mention.as_deref(), Some("<!here>"));
    }

    #[test]
    fn what_goes_nowhere_is_let_go_and_nobody_asks_for_its_details() {
        let (mut ledger, now) = (Ledger::default(), Instant::now());
        let kind = samples::Kind::new("a", Severity::Critical);
        let off = samples::Kind::new("a", Severity::Error).to(Vec::new());
        counted(&mut ledger, &off, 7, now);
        assert!(matches!(ledger.next(0, now + QUIET), Next::Wait(None)));
        let later = now + PERIOD;
        counted(&mut ledger, &kind, 2, later);
        let due = due(&ledger, later + GRACE).unwrap();
        assert_eq!((due.count.total, due.count.fresh, due.count.over), (2, 2, GRACE));
        assert_eq!(ledger.told(0, &due, later + GRACE).1, [kind.key]);
        let mut closed = Vec::new();
        ledger.sweep(later + QUIET, |key| {
            closed.push(key);
            true
        });
        assert!(ledger.incidents.is_empty());
        assert_eq!(closed, [kind.key, off.key]);
    }

    #[test]
    fn the_next_word_is_waited_for_exactly() {
        let (mut ledger, now) = (Ledger::default(), Instant::now());
        let kind = samples::Kind::new("a", Severity::Error);
        counted(&mut ledger, &kind, 1, now);
        assert!(matches!(ledger.next(0, now), Next::Wait(Some(at)) if at == now + GRACE));
        assert!(ledger.attach(kind.detail(10)));
        let due = due(&ledger, now).unwrap();
        ledger.told(0, &due, now);
        counted(&mut ledger, &kind, 1, now);
        assert!(matches!(ledger.next(0, now), Next::Wait(Some(at)) if at == now + PERIOD));
    }
}
