//! What the app sends itself, waiting for its channel: bounded by items and bytes. When it is full
//! the newest is refused, because what waits longest was promised first.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::{
    sync::{Notify, oneshot},
    time::Instant,
};

use crate::{
    delivery::{MESSAGE_LIFE, retry::Attempts, weight},
    message::Message,
    redact::Redacted,
    transport::{Receipt, SendError},
};

/// Messages of the app's own that wait in one channel at most; further ones are refused.
pub const MOST_MESSAGES: usize = 256;
/// Bytes that wait in one channel's queue at most; a message that does not fit is refused.
pub const MOST_MESSAGE_BYTES: usize = 1024 * 1024;

/// The answer to one message.
pub(crate) type Answered = Result<Receipt, SendError>;

/// How a message is to be sent.
#[derive(Debug, Default)]
pub(crate) struct Sending {
    /// Hears what came of it.
    pub(crate) answer: Option<oneshot::Sender<Answered>>,
    /// Sent once, and also where nothing else is sent: someone asks whether the channel works.
    pub(crate) probe: bool,
}

impl Sending {
    /// An event of the app's, told once under its key.
    pub(crate) fn event(_key: Option<u64>) -> Self {
        Self::default()
    }

    /// The same for a further channel, whose answer nobody waits for.
    pub(crate) fn unanswered(&self) -> Self {
        Self { answer: None, probe: self.probe }
    }

    /// It goes nowhere, as it was to be.
    pub(crate) fn left_out(self) {
        if let Some(answer) = self.answer {
            // Nobody may be waiting any more.
            let _ = answer.send(Ok(Receipt::none()));
        }
    }
}

/// A message on its way.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) message: Redacted<Message>,
    pub(crate) attempts: Attempts,
    pub(crate) how: Sending,
    number: u64,
    /// By the worker's clock, once it has seen it.
    since: Option<Instant>,
    weight: usize,
}

impl Outgoing {
    /// Tells whoever waits for it what came of it.
    pub(crate) fn answer(self, answered: Answered) {
        if let Some(answer) = self.how.answer {
            // Nobody may be waiting any more.
            let _ = answer.send(answered);
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Queue {
    waiting: Mutex<Waiting>,
    /// Rung whenever the channel has something new to look at.
    pub(crate) news: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    items: VecDeque<Outgoing>,
    /// The one that is being sent still takes its room.
    held: Option<Held>,
    bytes: usize,
    /// The number of the next message.
    next: u64,
    state: State,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum State {
    #[default]
    Open,
    /// Nothing new comes in; what waits goes out.
    Closed,
    /// There is nobody to send anything.
    Abandoned,
}

#[derive(Clone, Copy, Debug)]
struct Held {
    number: u64,
    weight: usize,
}

impl Queue {
    /// Takes the message in, or says why not. Never waits.
    pub(crate) fn push(&self, message: Redacted<Message>, how: Sending) -> Result<(), SendError> {
        let weight = weight::message(&message);
        let mut waiting = self.lock();
        waiting.room_for(weight)?;
        let number = waiting.next;
        waiting.next += 1;
        waiting.bytes += weight;
        let attempts = Attempts::default();
        let item = Outgoing { message, attempts, how, number, since: None, weight };
        waiting.items.push_back(item);
        drop(waiting);
        self.news.notify_one();
        Ok(())
    }

    /// The next one to send, probes first. It takes its room until [`release`](Self::release) or
    /// [`put_back`](Self::put_back).
    pub(crate) fn take(&self) -> Option<Outgoing> {
        let mut waiting = self.lock();
        let first = waiting.items.iter().position(|item| item.how.probe).unwrap_or(0);
        let item = waiting.items.remove(first)?;
        waiting.held = Some(Held { number: item.number, weight: item.weight });
        Some(item)
    }

    /// What was taken is done with.
    pub(crate) fn release(&self) {
        let mut waiting = self.lock();
        if let Some(held) = waiting.held.take() {
            waiting.bytes -= held.weight;
        }
    }

    /// What was taken is to be sent again.
    pub(crate) fn put_back(&self, item: Outgoing) {
        let mut waiting = self.lock();
        if waiting.state != State::Abandoned {
            waiting.held = None;
            waiting.items.push_front(item);
        }
    }

    /// Starts the life of what is new and gives back what is too old, with the time when the next
    /// one will be.
    pub(crate) fn expire(&self, now: Instant) -> (Vec<Outgoing>, Option<Instant>) {
        let mut waiting = self.lock();
        let Waiting { items, bytes, .. } = &mut *waiting;
        let (old, young) = items.drain(..).partition(|item| {
            item.since.is_some_and(|since| now.saturating_duration_since(since) >= MESSAGE_LIFE)
        });
        let old: Vec<Outgoing> = VecDeque::into(old);
        *items = young;
        *bytes -= old.iter().map(|item| item.weight).sum::<usize>();
        let lives = items.iter_mut().map(|item| *item.since.get_or_insert(now) + MESSAGE_LIFE);
        let next = lives.min();
        (old, next)
    }

    /// Whether something waits.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.lock().items.is_empty()
    }

    /// Whether a probe waits.
    pub(crate) fn is_probed(&self) -> bool {
        self.lock().items.iter().any(|item| item.how.probe)
    }

    /// The number that the next message will have: what is before it is what a flush waits for.
    pub(crate) fn mark(&self) -> u64 {
        self.lock().next
    }

    /// How many from before the mark are not done with.
    pub(crate) fn before(&self, mark: u64) -> usize {
        let waiting = self.lock();
        let numbers = waiting.items.iter().map(|item| item.number);
        numbers.chain(waiting.held.map(|held| held.number)).filter(|number| *number < mark).count()
    }

    /// Messages and bytes.
    pub(crate) fn len(&self) -> (usize, usize) {
        let waiting = self.lock();
        (waiting.len(), waiting.bytes)
    }

    /// Refuses everything from now on; what waits still goes out.
    pub(crate) fn close(&self) {
        let mut waiting = self.lock();
        if waiting.state == State::Open {
            waiting.state = State::Closed;
        }
    }

    /// Refuses everything and lets go of what waits: nobody will send it. Gives how many it was;
    /// whoever waits for one of them is told.
    pub(crate) fn abandon(&self) -> usize {
        let mut waiting = self.lock();
        waiting.state = State::Abandoned;
        let lost = waiting.len();
        waiting.bytes = 0;
        waiting.held = None;
        let items = std::mem::take(&mut waiting.items);
        drop(waiting);
        drop(items);
        lost
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn len(&self) -> usize {
        self.items.len() + usize::from(self.held.is_some())
    }

    fn room_for(&self, weight: usize) -> Result<(), SendError> {
        if self.state != State::Open {
            return Err(SendError::refused("the bell is shut down"));
        }
        if self.len() >= MOST_MESSAGES || self.bytes + weight > MOST_MESSAGE_BYTES {
            return Err(SendError::refused("the channel's queue is full"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::redact::Redactor;

    fn message(text: &str) -> Redacted<Message> {
        Redactor::default().message(Message::new(text))
    }

    fn push(queue: &Queue, text: &str) -> Result<(), SendError> {
        queue.push(message(text), Sending::default())
    }

    #[test]
    fn the_newest_is_refused_when_there_are_too_many() {
        let queue = Queue::default();
        let taken = (0..10 * MOST_MESSAGES).filter(|i| push(&queue, &i.to_string()).is_ok());
        assert_eq!(taken.count(), MOST_MESSAGES);
        assert_eq!(queue.take().map(|item| item.message.text().to_owned()).as_deref(), Some("0"));
        assert!(push(&queue, "x").is_err_and(|e| e.is_refused()), "what is held takes its room");
        queue.release();
        assert!(push(&queue, "x").is_ok());
    }

    #[test]
    fn the_newest_is_refused_when_there_are_too_many_bytes() {
        let queue = Queue::default();
        let long = "x".repeat(MOST_MESSAGE_BYTES / 8);
        let taken = (0..80).filter(|_| push(&queue, &long).is_ok()).count();
        assert_eq!(taken, 7);
        let (items, bytes) = queue.len();
        assert!(items == 7 && bytes <= MOST_MESSAGE_BYTES);
        for _ in 0..7 {
            assert!(queue.take().is_some());
            queue.release();
        }
        assert_eq!(queue.len(), (0, 0));
    }

    #[test]
    fn what_is_put_back_comes_first_and_a_probe_overtakes() {
        let queue = Queue::default();
        for text in ["a", "b"] {
            push(&queue, text).unwrap();
        }
        let first = queue.take().unwrap();
        queue.put_back(first);
        queue.push(message("probe"), Sending { probe: true, ..Sending::default() }).unwrap();
        let order: Vec<_> = std::iter::from_fn(|| queue.take())
            .map(|item| item.message.text().to_owned())
            .collect();
        assert_eq!(order, ["probe", "a", "b"]);
    }

    #[test]
    fn a_message_gets_old_by_the_workers_clock() {
        let (queue, now) = (Queue::default(), Instant::now());
        push(&queue, "a").unwrap();
        let (old, next) = queue.expire(now);
        assert!(old.is_empty());
        assert_eq!(next, Some(now + MESSAGE_LIFE));
        push(&queue, "b").unwrap();
        queue.expire(now + Duration::from_secs(1));
        let (old, next) = queue.expire(now + MESSAGE_LIFE);
        assert_eq!(old.len(), 1);
        assert_eq!(next, Some(now + MESSAGE_LIFE + Duration::from_secs(1)));
        assert_eq!(queue.len().0, 1);
    }

    #[test]
    fn a_mark_waits_for_what_came_before_it_only() {
        let queue = Queue::default();
        push(&queue, "a").unwrap();
        push(&queue, "b").unwrap();
        let mark = queue.mark();
        push(&queue, "c").unwrap();
        assert_eq!(queue.before(mark), 2);
        queue.take().unwrap();
        assert_eq!(queue.before(mark), 2, "it is not sent yet");
        queue.release();
        queue.take().unwrap();
        queue.release();
        assert_eq!(queue.before(mark), 0);
        assert_eq!(queue.len().0, 1);
    }

    #[test]
    fn who_waits_for_an_abandoned_message_is_told() {
        let queue = Queue::default();
        let (answer, mut waiting) = oneshot::channel();
        queue.push(message("a"), Sending { answer: Some(answer), ..Sending::default() }).unwrap();
        assert_eq!(queue.abandon(), 1);
        assert_eq!(waiting.try_recv(), Err(oneshot::error::TryRecvError::Closed));
        assert!(push(&queue, "b").is_err_and(|e| e.is_refused()));
        assert_eq!(queue.len(), (0, 0));
    }
}
