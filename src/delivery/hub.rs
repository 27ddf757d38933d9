//! What the handles and the worker share.

use std::{
    fmt,
    sync::{Mutex, atomic::Ordering::Relaxed},
    time::Duration,
};

use crate::{
    context,
    delivery::{
        Detail, KindFacts,
        channel::Channel,
        compose,
        drain::{Answer, Control, Drained, Flush},
        intake::{Details, Intake},
        log,
        once::Once,
        post::guard,
        queue::MOST_MESSAGE_BYTES,
        sending::Sending,
        stats::{Meter, Stats},
        weight,
    },
    incident::{Incidents, Missing, Tally, schedule::Schedules},
    message::Message,
    redact::{Redacted, Redactor},
    report::{Key, Origin, Report},
    route::{DEFAULT, RouteParts, Routes, Target},
    transport::SendError,
};

pub(crate) struct Hub {
    /// At least one; the first is the default.
    pub(crate) channels: Box<[Channel]>,
    pub(crate) control: Control,
    /// The channel that takes over from one that takes nothing.
    pub(crate) fallback: Option<usize>,
    pub(crate) incidents: Incidents,
    pub(crate) intake: Intake,
    pub(crate) meter: Meter,
    pub(crate) missing: Missing,
    /// The keys under which something was told.
    pub(crate) once: Once,
    /// Who speaks.
    pub(crate) origin: Origin,
    pub(crate) redactor: Redactor,
    pub(crate) routes: Routes,
    pub(crate) tally: Tally<KindFacts>,
    pub(super) tasks: Mutex<Schedules>,
}

impl Hub {
    pub(crate) fn new(
        channels: Box<[Channel]>,
        routes: Routes,
        redactor: Redactor,
        origin: Origin,
    ) -> (Self, Details) {
        let (intake, details) = Intake::new();
        let hub = Self {
            channels,
            control: Control::default(),
            fallback: None,
            incidents: Incidents::default(),
            intake,
            meter: Meter::new(),
            missing: Missing::default(),
            once: Once::default(),
            origin,
            redactor,
            routes,
            tally: Tally::new(),
            tasks: Mutex::default(),
        };
        (hub, details)
    }

    pub(crate) fn with_incidents(self, incidents: Incidents) -> Self {
        Self { incidents, ..self }
    }

    pub(crate) fn with_fallback(self, fallback: Option<usize>) -> Self {
        Self { fallback, ..self }
    }

    /// The details of a failure that were wanted: `build` runs only if there is a token and a place
    /// for its report. A panic in it, and everything that is in the way, is a lost exemplar, and the
    /// next failure of the kind is asked for its details.
    pub(crate) fn details(&self, key: Key, build: impl FnOnce() -> Redacted<Report>) {
        if self.intake.is_closed() {
            return;
        }
        let sent = self
            .intake
            .slot()
            .is_some_and(|slot| guard(build).is_some_and(|report| slot.send(report)));
        if !sent {
            self.meter.lost_exemplar();
        }
        if !sent || !self.incidents.on {
            self.tally.want(key);
        }
    }

    /// Redacts the message and puts it into the queues of the channels that it goes to.
    pub(crate) fn send(&self, message: Message, how: Sending) -> Result<(), SendError> {
        self.send_completed(message, how, |_| None).map(drop)
    }

    /// The same for a message that may be completed on its way; a panic in that leaves it as it is.
    /// Gives whether someone hears it: a route may lead nowhere.
    pub(crate) fn send_completed(
        &self,
        mut message: Message,
        how: Sending,
        complete: impl FnOnce(&Redacted<Message>) -> Option<Redacted<Message>>,
    ) -> Result<bool, SendError> {
        let targets = self.addressed(&mut message);
        message.sensitive.extend(&context::called_sensitive());
        let key = how.key;
        let sent = match self.checked(message) {
            Ok(message) => {
                let completed = guard(|| complete(&message)).flatten();
                self.queue(completed.as_ref().unwrap_or(&message), &targets, how)
            }
            Err(error) => {
                let first = targets.first().map_or(DEFAULT, |target| target.channel);
                Err(self.channels[first].refuse(error))
            }
        };
        sent.map(|()| !targets.is_empty()).inspect_err(|_| self.forget(key))
    }

    /// Whether no event with this key was told yet; from now on one was.
    pub(crate) fn is_first(&self, key: u64) -> bool {
        let is_first = self.once.first(key);
        if !is_first {
            self.meter.duplicates.fetch_add(1, Relaxed);
        }
        is_first
    }

    /// What had these keys was lost: it may be told again.
    pub(crate) fn forget(&self, keys: impl IntoIterator<Item = u64>) {
        keys.into_iter().for_each(|key| self.once.forget(key));
    }

    /// Puts the message into the queues of these channels. What the first one says is the answer.
    pub(crate) fn queue(
        &self,
        message: &Redacted<Message>,
        targets: &[Target],
        how: Sending,
    ) -> Result<(), SendError> {
        let Some((first, others)) = targets.split_first() else {
            how.left_out();
            return Ok(());
        };
        for target in others {
            // Counted where it is refused.
            let _ = self.push(message, target, how.unanswered());
        }
        self.push(message, first, how)
    }

    fn push(
        &self,
        message: &Redacted<Message>,
        target: &Target,
        how: Sending,
    ) -> Result<(), SendError> {
        let offered = self.offer(message, target, how);
        offered.map_err(|error| self.channels[target.channel].refuse(error))
    }

    /// Puts it into the channel's queue; a refusal is not counted.
    pub(super) fn offer(
        &self,
        message: &Redacted<Message>,
        target: &Target,
        how: Sending,
    ) -> Result<(), SendError> {
        let message = message.clone().map(|message| compose::own_as(message, target));
        self.channels[target.channel].queue.push(message, how)
    }

    /// The message as it may go out, or why it may not.
    pub(super) fn checked(&self, message: Message) -> Result<Redacted<Message>, SendError> {
        if message.is_empty() {
            return Err(SendError::refused("the message is empty"));
        }
        // Nothing that could not be queued is worth redacting.
        if weight::message(&message) > MOST_MESSAGE_BYTES {
            return Err(SendError::refused("the message is too long"));
        }
        let message = guard(|| self.redactor.message(message));
        message.ok_or_else(|| SendError::refused("the message cannot be redacted"))
    }

    /// Where the message goes. If it names a channel that nobody knows, it says so.
    fn addressed(&self, message: &mut Message) -> Vec<Target> {
        let (topic, severity) = (message.topic.as_ref(), message.severity);
        let service = &*self.origin.service;
        let parts = RouteParts { topic, severity, service, ..RouteParts::default() };
        let (targets, unknown) = self.targets(message.channel.as_deref(), &parts);
        let note = unknown.map(|name| {
            self.unknown_channel(name);
            compose::not_there(name)
        });
        message.notes.extend(note);
        targets
    }

    /// Where something goes: to the channel that is named, else where the routes lead. With it the
    /// name, if nobody knows it: then it goes to the default channel.
    pub(crate) fn targets<'n>(
        &self,
        named: Option<&'n str>,
        parts: &RouteParts<'_>,
    ) -> (Vec<Target>, Option<&'n str>) {
        let Some(name) = named else { return (self.routes.targets(parts), None) };
        let known = self.channels.iter().position(|channel| *channel.name == *name);
        let unknown = known.is_none().then_some(name);
        (vec![Target::plain(known.unwrap_or(DEFAULT))], unknown)
    }

    /// Counts it, and says it the first time and then seldom.
    pub(crate) fn unknown_channel(&self, name: &str) {
        let before = self.meter.unknown_channel.fetch_add(1, Relaxed);
        if is_seldom(before) {
            let count = before + 1;
            log::warn(
                &self.redactor,
                format_args!("no channel {name:?}: sent to the default channel (number {count})"),
            );
        }
    }

    /// Asks the worker to send all that waits.
    pub(crate) fn flush(&self, answer: Answer, within: Duration) {
        let refused = self.say_before_its_time();
        self.ask(Flush { answer, within, refused });
    }

    fn ask(&self, flush: Flush) {
        let refused = flush.refused;
        if let Err(answer) = self.control.ask(flush) {
            answer.give(Drained::left(self.waiting().max(refused)));
        }
    }

    /// Says what is counted to be told later. Gives how many messages of it were not taken: whoever
    /// asked for them must not hear that all is told.
    fn say_before_its_time(&self) -> usize {
        self.tell_missing(self.missing.all()) + self.say_what_is_counted()
    }

    /// From now on messages are refused and failures only counted; what waits still goes out, and
    /// then the worker ends.
    pub(crate) fn shutdown(&self, answer: Answer, within: Duration) {
        let refused = self.say_before_its_time();
        self.intake.close();
        self.channels.iter().for_each(|channel| channel.queue.close());
        self.ask(Flush { answer, within, refused });
        self.control.close();
    }

    /// The last handle is gone: what waits goes out for at most so long. Never blocks.
    pub(crate) fn abandon(&self, within: Duration) {
        let waiting = self.waiting();
        // Whoever called `shutdown` was told what is left.
        if waiting > 0 && !self.intake.is_closed() {
            log::warn(
                &self.redactor,
                format_args!(
                    "the last handle is gone and something waits ({waiting}): sent for at most \
                     {} s more, if the process lives; see `Bell::shutdown`",
                    within.as_secs()
                ),
            );
        }
        let (answer, ..) = Answer::new();
        self.shutdown(answer, within);
    }

    /// Messages that wait, with what is known of untold failures.
    pub(crate) fn waiting(&self) -> usize {
        let queued: usize = self.channels.iter().map(|channel| channel.queue.len().0).sum();
        let untold = self.tally.fresh() + self.meter.untold.load(Relaxed);
        queued + usize::from(untold > 0) + usize::from(self.missing.is_waiting())
    }

    pub(crate) fn stats(&self) -> Stats {
        let Meter { alive, cancelled, duplicates, exemplars_lost, further, lost, .. } = &self.meter;
        let Meter { not_found, told_by_events, unknown_channel, untold, .. } = &self.meter;
        Stats {
            cancelled: cancelled.load(Relaxed),
            channels: self.channels.iter().map(Channel::stats).collect(),
            duplicates: duplicates.load(Relaxed),
            exemplars_lost: exemplars_lost.load(Relaxed),
            failures: self.tally.total() + told_by_events.load(Relaxed),
            further: further.load(Relaxed),
            lost: lost.load(Relaxed),
            not_found: not_found.load(Relaxed),
            unknown_channel: unknown_channel.load(Relaxed),
            untold: untold.load(Relaxed) + self.tally.fresh(),
            worker_alive: alive.load(Relaxed),
        }
    }

    /// The worker has a report in hand.
    pub(crate) fn taken(&self, detail: &Detail) {
        self.intake.taken(detail);
    }

    /// There is no worker any more: nothing hangs, and what waits is counted as lost.
    pub(crate) fn end(&self, unanswered: impl IntoIterator<Item = Answer>) {
        self.meter.alive.store(false, Relaxed);
        self.intake.close();
        let untold = self.tally.fresh() + self.meter.untold.load(Relaxed);
        let mut messages = usize::from(self.missing.is_waiting());
        for channel in &self.channels {
            let (waiting, keys) = channel.queue.abandon();
            self.forget(keys);
            channel.meter.lose(waiting as u64);
            messages += waiting;
        }
        let lost = messages + usize::from(untold > 0);
        if lost > 0 {
            log::error(
                &self.redactor,
                format_args!(
                    "ended with {untold} failures untold and {messages} of the app's own messages \
                     unsent"
                ),
            );
        }
        let flushes = self.control.end().into_iter().map(|flush| flush.answer);
        flushes.chain(unanswered).for_each(|answer| answer.give(Drained::left(lost)));
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").field("channels", &self.channels).finish_non_exhaustive()
    }
}

/// The first, the second, the fourth, the eighth ..: for what could be logged without end.
pub(crate) const fn is_seldom(before: u64) -> bool {
    before.saturating_add(1).is_power_of_two()
}
