//! The worker: takes the counts out each second and the reports as they come, keeps one worker per
//! channel, and answers flushes in time.

use std::{
    sync::{Arc, Mutex, atomic::Ordering::Relaxed},
    time::Duration,
};

use tokio::{
    sync::Notify,
    task::JoinSet,
    time::{Instant, Interval, MissedTickBehavior, interval, sleep_until},
};

use crate::{
    delivery::{
        channel::{Channel, Shared, Teller},
        drain::{Answer, Drained, Flush},
        hub::Hub,
        intake::{Detail, Details},
        ledger::{Ledger, SWEPT_EACH},
        log,
    },
    error::ConfigError,
    incident::Moment,
    redact::Redactor,
    report::{Key, Origin},
    route::Routes,
};

/// How often the counts are taken out.
const TICK: Duration = SWEPT_EACH;

/// What sends, for those who want no thread of the bell's own, from
/// [`Builder::build_with_worker`](crate::Builder::build_with_worker).
///
/// ```
/// # use tower_bell::{Bell, Message};
/// # fn demo(transport: impl tower_bell::transport::Transport) -> Result<(), Box<dyn std::error::Error>> {
/// let (bell, worker) = Bell::builder("shop-api").channel("#errors", transport).build_with_worker()?;
/// tokio::runtime::Runtime::new()?.block_on(async {
///     tokio::spawn(worker.run());
///     bell.send(Message::new("hello"));
/// });
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "nothing is sent unless the worker runs"]
pub struct Worker {
    details: Details,
    shared: Shared,
    flushes: Flushes,
}

impl Worker {
    pub(crate) fn new(hub: Arc<Hub>, details: Details) -> Self {
        let can = hub.channels.iter().map(|channel| channel.can.clone());
        let ledger = Arc::new(Mutex::new(Ledger::new(hub.incidents.clone(), can)));
        let flushes = Flushes { hub: Arc::clone(&hub), waiting: Vec::new() };
        Self { details, shared: Shared { hub, ledger, progress: Arc::new(Notify::new()) }, flushes }
    }

    /// Has nothing to do and ends at once.
    pub(crate) fn idle() -> Result<Self, ConfigError> {
        let routes = Routes::new(Vec::new(), &[])?;
        let (hub, details) =
            Hub::new(Box::default(), routes, Redactor::default(), Origin::default());
        hub.control.close();
        Ok(Self::new(Arc::new(hub), details))
    }

    /// Runs until the bell is shut down, or its last handle is dropped and what waits is sent (at
    /// most 5 s). Needs a tokio runtime with its timers enabled. Dropped earlier, it lets go of what
    /// waits; failures are then only counted and messages refused.
    pub async fn run(mut self) {
        let mut tellers = JoinSet::new();
        for index in 0..self.shared.hub.channels.len() {
            tellers.spawn(Teller::new(self.shared.clone(), index).run());
        }
        let mut tick = ticks();
        let shared = self.shared.clone();
        loop {
            let deadline = self.flushes.deadline();
            tokio::select! {
                Some(detail) = self.details.recv() => self.take_in(detail),
                _ = tick.tick() => self.tick(Instant::now()),
                () = shared.hub.control.news.notified() => self.begin(Instant::now()),
                () = shared.progress.notified() => {}
                () = until(deadline) => {}
                Some(_) = tellers.join_next() => {
                    // It never returns.
                    let redactor = &shared.hub.redactor;
                    log::error(redactor, format_args!("a channel's worker panicked: the bell is out"));
                    return;
                }
            }
            self.flushes.answer(&shared, Instant::now());
            if self.flushes.waiting.is_empty() && shared.hub.control.is_over() {
                return;
            }
        }
    }

    fn tick(&mut self, now: Instant) {
        let Shared { hub, .. } = &self.shared;
        hub.intake.refill();
        hub.tell_missing(hub.missing.due(now));
        hub.say_what_is_due(now);
        self.drain();
        let mut ledger = self.shared.ledger();
        let awaited = ledger.sweep(now, |key: Key| hub.tally.close(key));
        hub.meter.lost_failures(ledger.take_lost());
        hub.meter.untold.store(ledger.untold(), Relaxed);
        drop(ledger);
        awaited.into_iter().for_each(|key| hub.tally.want(key));
    }

    /// Takes the counts out of the tally.
    fn drain(&self) {
        let now = Moment::now();
        let Shared { hub, .. } = &self.shared;
        let mut kinds = Vec::new();
        let further = hub.tally.drain(|kind| kinds.push(kind));
        kinds.sort_unstable_by_key(|kind| kind.number);
        let counted = further + kinds.iter().map(|kind| kind.count).sum::<u64>();
        if counted == 0 {
            return;
        }
        let mut ledger = self.shared.ledger();
        let new: Vec<_> = kinds.iter().filter(|kind| ledger.count(kind, now)).collect();
        if further > 0 {
            ledger.count_further(further, now);
        }
        hub.meter.untold.store(ledger.untold(), Relaxed);
        drop(ledger);
        // Not under the lock: to log is the app's own code.
        let unknown = new.iter().filter_map(|kind| kind.facts.unknown.as_ref());
        unknown.for_each(|name| hub.unknown_channel(name));
        hub.meter.further.fetch_add(further, Relaxed);
        self.wake();
    }

    /// Counts first, because the report is of one of those failures.
    fn take_in(&self, detail: Detail) {
        self.drain();
        self.shared.hub.taken(&detail);
        if !self.shared.ledger().attach(detail) {
            self.shared.hub.meter.lost_exemplar();
        }
        self.wake();
    }

    /// Begins the flushes that were asked for.
    fn begin(&mut self, now: Instant) {
        let asked = self.shared.hub.control.take();
        if asked.is_empty() {
            return;
        }
        self.drain();
        while let Ok(detail) = self.details.try_recv() {
            self.take_in(detail);
        }
        let within = asked.iter().map(|flush| flush.within).max().unwrap_or_default();
        self.shared.ledger().hurry(now + within);
        self.flushes.begin(asked, now);
        self.wake();
    }

    fn wake(&self) {
        self.shared.hub.channels.iter().for_each(|channel| channel.queue.news.notify_one());
    }
}

fn ticks() -> Interval {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// The flushes that wait. When the worker goes, however it goes, they are answered and the bell is
/// out of service.
#[derive(Debug)]
struct Flushes {
    hub: Arc<Hub>,
    waiting: Vec<Pending>,
}

#[derive(Debug)]
struct Pending {
    answer: Answer,
    deadline: Instant,
    /// For each channel, the messages that were there.
    marks: Vec<Mark>,
    refused: usize,
}

#[derive(Debug)]
struct Mark {
    number: u64,
    failed: u64,
    /// Of the flush, as the channel counts them.
    flush: u64,
}

impl Flushes {
    fn begin(&mut self, asked: Vec<Flush>, now: Instant) {
        for Flush { answer, within, refused } in asked {
            let mark = |channel: &Channel| Mark {
                number: channel.queue.hurry(),
                failed: channel.meter.lost.load(Relaxed),
                flush: channel.meter.ask(),
            };
            let marks = self.hub.channels.iter().map(mark).collect();
            self.waiting.push(Pending { answer, deadline: now + within, marks, refused });
        }
    }

    fn deadline(&self) -> Option<Instant> {
        self.waiting.iter().map(|flush| flush.deadline).min()
    }

    /// Answers those that are done or have no time left.
    fn answer(&mut self, shared: &Shared, now: Instant) {
        self.waiting.retain(|flush| {
            let over = flush.deadline <= now || flush.is_done(shared);
            if over {
                flush.answer.give(Drained::left(flush.left(shared)));
                shared.hub.control.answered();
            }
            !over
        });
    }
}

impl Drop for Flushes {
    fn drop(&mut self) {
        self.hub.end(self.waiting.drain(..).map(|flush| flush.answer));
    }
}

impl Pending {
    /// Nothing more can be sent: it is sent, given up, or the channel takes nothing, also now.
    fn is_done(&self, shared: &Shared) -> bool {
        let hub = &shared.hub;
        let mut channels = hub.channels.iter().zip(&self.marks).enumerate();
        let ledger = shared.ledger();
        let is_broken = |channel: &Channel| channel.meter.broken.load(Relaxed);
        let fallback = hub.fallback.filter(|_| hub.channels.iter().any(is_broken));
        channels.all(|(index, (channel, mark))| {
            // What was handed over came later.
            let number = if fallback == Some(index) { u64::MAX } else { mark.number };
            let quiet = channel.queue.before(number) == 0 && !ledger.is_hurried(index);
            quiet || is_broken(channel) && channel.meter.is_tried(mark.flush)
        })
    }

    fn left(&self, shared: &Shared) -> usize {
        let channels = shared.hub.channels.iter().zip(&self.marks).enumerate();
        let ledger = shared.ledger();
        let left = channels.map(|(index, (channel, mark))| {
            let lost = channel.meter.lost.load(Relaxed) - mark.failed;
            let lost = usize::try_from(lost).unwrap_or(usize::MAX);
            channel.queue.before(mark.number) + ledger.missed(index) + lost
        });
        left.sum::<usize>() + self.refused
    }
}
