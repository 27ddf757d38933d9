//! One channel: its destination, its queue, and the worker that asks what is to be said now.
//!
//! Messages about failures are never queued: whenever the channel may send, the most important one
//! is written from the latest state, in turn with the app's own messages.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::Ordering::Relaxed},
    time::Duration,
};

use tokio::{
    sync::Notify,
    task::yield_now,
    time::{Instant, sleep_until},
};

use crate::{
    delivery::{
        Answered, EVENTS_PER_MINUTE, compose,
        hub::Hub,
        ledger::{About, Due, Ledger, Next},
        log,
        pacing::Pacing,
        post::post,
        queue::{self, Queue},
        retry::{Health, MOST_ATTEMPTS, Verdict},
        sending::Outgoing,
        stats::{ChannelMeter, ChannelStats, Losses},
    },
    incident::Form,
    message::Message,
    redact::Redacted,
    report::Fingerprint,
    transport::{Capabilities, DynTransport, SendError},
};

/// A named destination.
pub(crate) struct Channel {
    pub(crate) can: Capabilities,
    pub(crate) meter: ChannelMeter,
    pub(crate) name: Arc<str>,
    pub(crate) queue: Queue,
    pub(crate) transport: Box<dyn DynTransport>,
}

impl Channel {
    pub(crate) fn new(name: Arc<str>, transport: Box<dyn DynTransport>) -> Self {
        let can = transport.capabilities();
        let queue = Queue::new(can.edit, EVENTS_PER_MINUTE);
        Self { can, meter: ChannelMeter::default(), name, queue, transport }
    }

    /// So many events of one topic are told one by one within a minute.
    pub(crate) fn events_per_minute(self, limit: usize) -> Self {
        Self { queue: Queue::new(self.can.edit, limit), ..self }
    }

    pub(crate) fn stats(&self) -> ChannelStats {
        self.meter.read(&self.name, self.queue.len())
    }

    /// Counts what was not taken in.
    pub(crate) fn refuse(&self, error: SendError) -> SendError {
        self.meter.refuse();
        error
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What all channels and the worker look at.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub(crate) hub: Arc<Hub>,
    pub(crate) ledger: Arc<Mutex<Ledger>>,
    /// Rung when something was said or given up: a flush may be done.
    pub(crate) progress: Arc<Notify>,
}

impl Shared {
    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The worker of one channel.
#[derive(Debug)]
pub(crate) struct Teller {
    pub(super) shared: Shared,
    pub(super) index: usize,
    health: Health,
    pacing: Pacing,
    /// The app's own messages have waited for a message about failures: it is their turn.
    pub(super) own_turn: bool,
}

/// What goes out next.
enum Turn {
    Incident(Box<Due>),
    Own(Vec<Outgoing>),
    Wait(Option<Instant>),
}

impl Teller {
    pub(crate) fn new(shared: Shared, index: usize) -> Self {
        let pacing = Pacing::new(&shared.hub.channels[index].can);
        Self { shared, index, health: Health::new(), pacing, own_turn: false }
    }

    pub(crate) async fn run(mut self) {
        loop {
            match self.turn(Instant::now()) {
                Turn::Incident(due) => self.tell(*due).await,
                Turn::Own(items) => self.send(items).await,
                Turn::Wait(until) => self.wait(until).await,
            }
            // A transport that is always ready must not keep the thread to itself.
            yield_now().await;
        }
    }

    /// Decides what goes out now; without time for it, until when nothing does.
    fn turn(&mut self, now: Instant) -> Turn {
        let expires = self.expire(now);
        if self.health.is_broken() {
            self.hand_over_waiting();
        }
        let queue = &self.channel().queue;
        if let Some(pause) = self.pause(now) {
            return Turn::Wait([Some(pause), expires].into_iter().flatten().min());
        }
        let due = self.shared.ledger().next(self.index, now);
        // A channel that takes nothing is tried with what asks for it.
        let own_first = self.own_turn || queue.is_probed();
        let due = match due {
            Next::Say(due) if !own_first || !queue.is_waiting() => return Turn::Incident(due),
            due => due,
        };
        match (queue.take(now), due) {
            (queue::Next::Send(items), _) => Turn::Own(items),
            (queue::Next::Wait(_), Next::Say(due)) => Turn::Incident(due),
            (queue::Next::Wait(until), Next::Wait(wake)) => {
                Turn::Wait([until, wake].into_iter().flatten().min())
            }
        }
    }

    /// Until when nothing may go out, if it is not over. A probe does not wait for a broken channel, and
    /// a flush tries it once: someone may have mended it.
    fn pause(&self, now: Instant) -> Option<Instant> {
        let next = self.pacing.next(now)?;
        let Channel { meter, queue, .. } = self.channel();
        let is_asked = queue.is_probed() || !meter.is_tried(meter.asked());
        (!(self.health.is_broken() && is_asked)).then_some(next)
    }

    /// Waits for news, and no longer than until then.
    async fn wait(&self, until: Option<Instant>) {
        let news = self.channel().queue.news.notified();
        match until {
            Some(until) => tokio::select! {
                () = news => {}
                () = sleep_until(until) => {}
            },
            None => news.await,
        }
    }

    /// Tells of an incident. What is not taken stays due.
    async fn tell(&mut self, due: Due) {
        self.own_turn = true;
        let (hub, limits) = (&self.shared.hub, &self.channel().can.limits);
        let message = compose::incident(&due, limits, &hub.redactor);
        let answered = self.post(message, true, &due.form).await;
        let now = Instant::now();
        match answered {
            Ok(receipt) => {
                self.count_told(&due.form);
                let mut ledger = self.shared.ledger();
                let (number, keys) = ledger.told(self.index, &due, &receipt, now);
                self.shared.hub.meter.untold.store(ledger.untold(), Relaxed);
                drop(ledger);
                keys.into_iter().for_each(|key| self.shared.hub.tally.want(key));
                self.say_told(&due, number);
            }
            Err(error) => {
                let verdict = self.shared.ledger().failed(self.index, &due, &error, now);
                self.count(verdict);
                if verdict == Verdict::GiveUp && error.is_rejected() {
                    self.say_refused(&error);
                }
            }
        }
        self.shared.progress.notify_one();
    }

    fn count_told(&self, form: &Form) {
        let meter = &self.channel().meter;
        meter.sent.fetch_add(1, Relaxed);
        meter.edited.fetch_add(u64::from(matches!(form, Form::Edit(_))), Relaxed);
    }

    /// One post, or one edit of what stands there, with all that it means for the channel.
    pub(super) async fn post(
        &mut self,
        message: Result<Redacted<Message>, SendError>,
        of_failures: bool,
        form: &Form,
    ) -> Answered {
        let shared = self.shared.clone();
        let channel = &shared.hub.channels[self.index];
        let flush = channel.meter.asked();
        // What an edit says is gone with the next one.
        let is_edit = matches!(form, Form::Edit(_));
        let losses = match is_edit {
            true => Losses::default(),
            false => Losses::claim(&shared.hub.meter, &channel.meter, of_failures),
        };
        let answered = match message
            .and_then(|message| compose::finish(message, &losses, &channel.can.limits))
        {
            Ok(message) => post(&*channel.transport, &message, form).await,
            Err(error) => Err(error),
        };
        let answered =
            answered.map_err(|error| error.reworded(|text| log::line(&shared.hub.redactor, text)));
        let now = Instant::now();
        channel.meter.tried(flush);
        self.pacing.sent(now);
        match &answered {
            Ok(_) => self.taken(),
            Err(error) => {
                losses.give_back(&shared.hub.meter, &channel.meter);
                self.not_taken(error, now);
            }
        }
        answered
    }

    fn taken(&mut self) {
        let healed = self.health.healed();
        if healed {
            self.pacing.resume();
        }
        let Channel { meter, name, .. } = self.channel();
        meter.broken.store(false, Relaxed);
        meter.set_error(None);
        if healed {
            self.shared.ledger().set_broken(self.index, false);
            self.undivert();
            log::warn(&self.shared.hub.redactor, format_args!("{name}: messages are taken again"));
        }
    }

    fn not_taken(&mut self, error: &SendError, now: Instant) {
        let pause = self.health.failed(error);
        self.pacing.pause(now, pause);
        let Channel { meter, name, .. } = self.channel();
        meter.broken.store(self.health.is_broken(), Relaxed);
        meter.set_error(Some(error.to_string().into()));
        if self.health.is_broken() {
            self.shared.ledger().set_broken(self.index, true);
            self.divert(error);
        }
        let redactor = &self.shared.hub.redactor;
        let seconds = pause.as_secs();
        if error.is_permanent() && self.health.is_first_strike() {
            log::error(redactor, format_args!("{name}: no message is taken: {error}"));
        } else if error.is_rate_limited() && pause >= LONG_PAUSE {
            log::warn(redactor, format_args!("{name}: nothing goes out for {seconds} s: {error}"));
        } else if self.health.is_outage(error) {
            log::warn(
                redactor,
                format_args!("{name}: nothing was taken {MOST_ATTEMPTS} times in a row: {error}"),
            );
        } else if self.health.is_first_miss(error) {
            log::info(redactor, format_args!("{name}: not taken, and tried again: {error}"));
        } else {
            log::debug(redactor, format_args!("{name}: not taken: {error}"));
        }
    }

    pub(super) fn count(&self, verdict: Verdict) {
        let meter = &self.channel().meter;
        let counter = match verdict {
            Verdict::Again => &meter.retried,
            Verdict::GiveUp => &meter.failed,
        };
        counter.fetch_add(1, Relaxed);
    }

    /// Gives up what is too old. Gives when the next message will be.
    fn expire(&self, now: Instant) -> Option<Instant> {
        let (old, next) = self.channel().queue.expire(now);
        self.give_up(old, &SendError::transient("not sent within 15 minutes"));
        next
    }

    /// It is told later, with what fails then; meanwhile nobody hears of it.
    fn say_refused(&self, error: &SendError) {
        let name = &self.channel().name;
        log::warn(
            &self.shared.hub.redactor,
            format_args!("{name}: a message about failures is refused, also in short: {error}"),
        );
    }

    fn say_told(&self, due: &Due, number: u64) {
        let name = &self.channel().name;
        let id = match &due.about {
            About::Storm(of) => format!("{} kinds", of.members.len()),
            About::Incident(of) => {
                of.subject.map_or_else(|| "further kinds".to_owned(), Fingerprint::short)
            }
        };
        let fresh = due.count.fresh;
        log::debug(
            &self.shared.hub.redactor,
            format_args!("{name}: {:?}, {fresh} failures of {id}, message {number}", due.why),
        );
    }

    pub(super) fn channel(&self) -> &Channel {
        &self.shared.hub.channels[self.index]
    }
}

/// A pause that the operator should hear of.
const LONG_PAUSE: Duration = Duration::from_secs(60);
