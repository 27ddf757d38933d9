//! One job.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
    mem,
    sync::Arc,
    time::Duration,
};

use tokio::time::Instant;

use super::{
    AT_ONCE, Ended, Ending, Failure, Failures, Fresh, Missed, OnSuccess, Run, Settings, What,
    gate::{Gate, HOUR},
};
use crate::report::job::Summary;

#[derive(Debug)]
pub(super) struct Job {
    settings: Arc<Settings>,
    /// As many as the app keeps futures of its own, each of which is larger.
    going: BTreeMap<u64, Going>,
    /// The number of its last run.
    runs: u64,
    last_start: Option<Instant>,
    /// Since when a run is expected: the end of the last one.
    idle_since: Instant,
    missing: Missing,
    failing: Failing,
    overruns: Gate,
    /// What they went on for longer than, by the latest of them.
    limit: Duration,
    /// The summary that was told last.
    shown: Option<u64>,
}

#[derive(Debug)]
struct Going {
    started: Instant,
    /// It is counted as one that goes on for too long.
    overran: bool,
    /// It was told.
    told: bool,
}

#[derive(Debug, Default)]
struct Missing {
    /// When it was last told that no run started.
    told: Option<Instant>,
    /// Missed runs that were told, until the result of the next run says that it runs again.
    runs: u64,
}

#[derive(Debug, Default)]
struct Failing {
    gate: Gate,
    in_a_row: u64,
    since: Option<Instant>,
    /// The kinds that were told at once since the hour began.
    kinds: Vec<u64>,
    /// The channel's last word is that the job fails.
    announced: bool,
    /// The last one, if no message told it.
    last: Option<Failure>,
}

impl Job {
    pub(super) fn new(settings: Arc<Settings>, now: Instant) -> Self {
        Self {
            settings,
            going: BTreeMap::new(),
            runs: 0,
            last_start: None,
            idle_since: now,
            missing: Missing::default(),
            failing: Failing::default(),
            overruns: Gate::default(),
            limit: Duration::ZERO,
            shown: None,
        }
    }

    pub(super) fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.settings)
    }

    pub(super) fn is_going(&self) -> bool {
        !self.going.is_empty()
    }

    /// The channel's last word is that it fails.
    pub(super) const fn is_announced(&self) -> bool {
        self.failing.announced
    }

    pub(super) const fn idle_since(&self) -> Instant {
        self.idle_since
    }

    /// Nothing is lost if it is forgotten.
    pub(super) fn is_idle(&self) -> bool {
        let untold = self.failing.gate.untold() + self.overruns.untold();
        let fails = self.failing.announced || self.failing.in_a_row > 0;
        !self.is_going() && self.settings.every.is_none() && untold == 0 && !fails
    }

    /// Gives the run's number.
    pub(super) fn start(&mut self, id: u64, settings: Arc<Settings>, now: Instant) -> u64 {
        self.settings = settings;
        self.going.insert(id, Going { started: now, overran: false, told: false });
        self.last_start = Some(now);
        self.missing.told = None;
        self.runs += 1;
        self.runs
    }

    pub(super) fn watch(&mut self, settings: Arc<Settings>, now: Instant) {
        if self.settings.every.is_none() {
            self.idle_since = now;
        }
        self.settings = settings;
    }

    pub(super) fn unwatch(&mut self) {
        Arc::make_mut(&mut self.settings).every = None;
        self.missing = Missing::default();
    }

    /// Gives what is to be told of the run.
    pub(super) fn end(&mut self, run: &Run, ending: Ending, now: Instant) -> Option<Ended> {
        let going = self.going.remove(&run.id);
        self.idle_since = now;
        let took = now.saturating_duration_since(run.started);
        let overran = self.settings.limit().filter(|limit| took >= *limit);
        let answers = match going {
            Some(Going { overran: true, told, .. }) => told,
            // It ended before anyone looked.
            _ => overran.is_some_and(|limit| self.overrun_at_the_end(limit, now)),
        };
        let answers = answers || self.missing.runs > 0;
        let (ending, failures) = match ending {
            Ending::Done(summary) => {
                let failures = self.succeeded(&summary, answers, now)?;
                (Ending::Done(summary), failures)
            }
            Ending::Failed(failure) => {
                let (failure, failures) = self.failing.failed(failure, run.told, now)?;
                (Ending::Failed(failure), failures)
            }
        };
        let beside = run.beside || self.is_going();
        Some(Ended {
            ending,
            took,
            beside: beside.then_some(run.number),
            overran,
            missed: mem::take(&mut self.missing.runs),
            failures,
        })
    }

    /// `answers`: the channel waits for a word of this run.
    fn succeeded(&mut self, summary: &Summary, answers: bool, now: Instant) -> Option<Failures> {
        let shown = Some(hash_of(summary));
        let told = answers
            || self.failing.announced
            || match self.settings.on_success {
                OnSuccess::Always => true,
                OnSuccess::OnChange => self.shown != shown,
                OnSuccess::Quiet => false,
            };
        let failures = self.failing.recovered(told, now);
        if told {
            self.shown = shown;
        }
        told.then_some(failures)
    }

    /// Gives whether the result is to tell it.
    fn overrun_at_the_end(&mut self, limit: Duration, now: Instant) -> bool {
        self.limit = limit;
        self.overruns.count(now);
        let due = self.overruns.is_due(now);
        if due {
            self.overruns.tell(now);
        }
        due
    }

    pub(super) fn due(&mut self, now: Instant) -> Vec<What> {
        self.count_overruns(now);
        let overran = self.overruns.is_due(now).then(|| self.tell_overruns(now));
        let failing = self.failing.gate.is_due(now).then(|| self.failing.again(now)).flatten();
        let missed = self.missed(now).map(What::Missed);
        [overran, failing, missed].into_iter().flatten().collect()
    }

    /// What is counted and not told yet.
    pub(super) fn hurry(&mut self, now: Instant) -> Vec<What> {
        let overran = (self.overruns.untold() > 0).then(|| self.tell_overruns(now));
        overran.into_iter().chain(self.failing.again(now)).collect()
    }

    /// The message was not taken: what it counted is told later.
    pub(super) fn put_back(&mut self, what: What) {
        match what {
            What::Ended(Ended { ending: Ending::Failed(last), failures, .. })
            | What::Failing { last, failures } => {
                self.failing.gate.put_back(failures.fresh.count);
                self.failing.last.get_or_insert(last);
                self.failing.announced = false;
            }
            What::Overran { runs, .. } => self.overruns.put_back(runs.count),
            What::Missed(Missed { every, .. }) => {
                // Due again an hour after it was not taken.
                let earlier = every.max(DAY) - HOUR;
                let told = self.missing.told;
                self.missing.told = told.and_then(|told| told.checked_sub(earlier));
            }
            What::Started | What::Ended(_) => {}
        }
    }

    /// Counts the runs that go on for too long.
    fn count_overruns(&mut self, now: Instant) {
        let Some(limit) = self.settings.limit() else { return };
        for going in self.going.values_mut().filter(|going| !going.overran) {
            going.overran = now.saturating_duration_since(going.started) >= limit;
            if going.overran {
                self.limit = limit;
                self.overruns.count(now);
            }
        }
    }

    fn tell_overruns(&mut self, now: Instant) -> What {
        let still = self.going.values_mut().filter(|going| going.overran);
        let going = still.map(|going| going.told = true).count() > 0;
        What::Overran { limit: self.limit, going, runs: self.overruns.tell(now) }
    }

    /// No run started although none was going.
    fn missed(&mut self, now: Instant) -> Option<Missed> {
        let every = self.settings.every.filter(|_| !self.is_going())?;
        let waited = now.saturating_duration_since(self.idle_since);
        let again = every.max(DAY);
        let told = self.missing.told;
        if waited < every.saturating_add(grace(every))
            || told.is_some_and(|told| now.saturating_duration_since(told) < again)
        {
            return None;
        }
        let runs = u64::try_from(waited.as_nanos() / every.as_nanos().max(1)).unwrap_or(u64::MAX);
        self.missing = Missing { told: Some(now), runs };
        let last_start = self.last_start.map(|start| now.saturating_duration_since(start));
        Some(Missed { every, runs, last_start, waited })
    }
}

impl Failing {
    /// Gives the failure back if it is to be told now; `begun`: it was told that the run began.
    fn failed(
        &mut self,
        failure: Failure,
        begun: bool,
        now: Instant,
    ) -> Option<(Failure, Failures)> {
        let kind = failure.kind();
        self.in_a_row += 1;
        self.since.get_or_insert(now);
        self.gate.count(now);
        if self.gate.is_open(now) {
            self.kinds.clear();
        }
        let is_news = !self.announced || !self.kinds.contains(&kind);
        if begun || is_news && self.kinds.len() < AT_ONCE {
            Some((failure, self.tell(kind, now)))
        } else {
            self.last = Some(failure);
            None
        }
    }

    /// What was not told yet.
    fn again(&mut self, now: Instant) -> Option<What> {
        let last = self.last.take()?;
        self.kinds.clear();
        let failures = self.tell(last.kind(), now);
        Some(What::Failing { last, failures })
    }

    fn tell(&mut self, kind: u64, now: Instant) -> Failures {
        if self.kinds.len() < AT_ONCE {
            self.kinds.push(kind);
        }
        self.last = None;
        self.announced = self.in_a_row > 0;
        Failures { fresh: self.gate.tell(now), ..self.so_far(now) }
    }

    /// There was a success. What it tells of the failures before it is told.
    fn recovered(&mut self, told: bool, now: Instant) -> Failures {
        let mut failures = self.so_far(now);
        (self.in_a_row, self.since) = (0, None);
        if told {
            failures.fresh = self.gate.mention();
            (self.announced, self.last) = (false, None);
        }
        failures
    }

    fn so_far(&self, now: Instant) -> Failures {
        let lasting = self.since.map(|since| now.saturating_duration_since(since));
        let lasting = lasting.unwrap_or_default();
        Failures { in_a_row: self.in_a_row, lasting, fresh: Fresh::default() }
    }
}

/// How late a run may be: clocks go forward, machines are slow. Who runs every second is missed after
/// two, not after a minute.
fn grace(every: Duration) -> Duration {
    (every / 10).clamp(LEAST_GRACE.min(every), MOST_GRACE)
}

fn hash_of(summary: &Summary) -> u64 {
    let mut hasher = DefaultHasher::new();
    summary.hash(&mut hasher);
    hasher.finish()
}

const DAY: Duration = Duration::from_secs(24 * 3600);
const LEAST_GRACE: Duration = Duration::from_secs(60);
const MOST_GRACE: Duration = Duration::from_secs(2 * 3600);
