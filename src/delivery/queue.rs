//! What the app sends itself, waiting for its channel: bounded by items and bytes. When it is full
//! the newest is refused, because what waits longest was promised first.
//!
//! Events of a flood wait here for each other, at most a minute, and are taken together, with what
//! else comes of their topic meanwhile. Nothing is kept twice: what a digest says is written from what
//! waits when it is said.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{sync::Notify, time::Instant};

use crate::{
    delivery::{
        MESSAGE_LIFE,
        anchor::Anchor,
        flood::Floods,
        sending::{Outgoing, Sending},
        weight,
    },
    message::Message,
    redact::Redacted,
    transport::SendError,
};

/// Messages of the app's own that wait in one channel at most; further ones are refused.
pub const MOST_MESSAGES: usize = 256;
/// Bytes that wait in one channel's queue at most; a message that does not fit is refused.
pub const MOST_MESSAGE_BYTES: usize = 1024 * 1024;

#[derive(Debug, Default)]
pub(crate) struct Queue {
    /// What was sent can be replaced.
    edits: bool,
    waiting: Mutex<Waiting>,
    /// Rung whenever the channel has something new to look at.
    pub(crate) news: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    /// By their numbers.
    items: VecDeque<Outgoing>,
    /// What is being sent still takes its room.
    held: Vec<Held>,
    bytes: usize,
    floods: Floods,
    /// The number of the next message.
    next: u64,
    /// What has a lower number is asked for now.
    hurried: u64,
    /// Several were taken together last.
    was_digest: bool,
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
    key: Option<u64>,
    number: u64,
    weight: usize,
}

/// What is to be sent.
#[derive(Debug)]
pub(crate) enum Next {
    /// One message, or several events of one topic to be told together, the oldest first.
    Send(Vec<Outgoing>),
    /// Nothing before then; `None` is nothing at all.
    Wait(Option<Instant>),
}

impl Queue {
    /// `edits`: what was sent can be replaced. More than so many events of one topic in a minute are
    /// a flood.
    pub(crate) fn new(edits: bool, events_per_minute: usize) -> Self {
        let floods = Floods::new(events_per_minute);
        let waiting = Mutex::new(Waiting { floods, ..Waiting::default() });
        Self { edits, waiting, news: Notify::default() }
    }

    /// Takes the message in, or says why not. Never waits.
    pub(crate) fn push(&self, message: Redacted<Message>, how: Sending) -> Result<(), SendError> {
        if how.only_if_edit && !self.edits {
            how.left_out();
            return Ok(());
        }
        let weight = weight::message(&message);
        let replaced = self.lock().push(message, how, weight)?;
        replaced.into_iter().for_each(|earlier| earlier.how.left_out());
        self.news.notify_one();
        Ok(())
    }

    /// The next to send, probes first. It takes its room until [`release`](Self::release) or
    /// [`put_back`](Self::put_back).
    pub(crate) fn take(&self, now: Instant) -> Next {
        let mut waiting = self.lock();
        // What came since the last look is counted before it is taken.
        waiting.see(now);
        let places = match waiting.choose(now) {
            Ok(places) => places,
            Err(until) => return Next::Wait(until),
        };
        let mut taken: Vec<_> =
            places.into_iter().rev().filter_map(|at| waiting.items.remove(at)).collect();
        taken.reverse();
        waiting.was_digest = taken.len() > 1;
        waiting.held.extend(taken.iter().map(|item| Held {
            key: item.how.key,
            number: item.number,
            weight: item.weight,
        }));
        Next::Send(taken)
    }

    /// What was taken is done with.
    pub(crate) fn release(&self) {
        let mut waiting = self.lock();
        let freed: usize = waiting.held.drain(..).map(|held| held.weight).sum();
        waiting.bytes -= freed;
    }

    /// What was taken is to be sent later. Gives it back if a later message says it better.
    pub(crate) fn put_back(&self, item: Outgoing) -> Option<Outgoing> {
        let mut waiting = self.lock();
        if waiting.state == State::Abandoned {
            return None;
        }
        waiting.held.retain(|held| held.number != item.number);
        if waiting.same_anchor(item.how.anchor.as_ref()).is_some() {
            waiting.bytes -= item.weight;
            return Some(item);
        }
        let place = waiting.items.partition_point(|other| other.number < item.number);
        waiting.items.insert(place, item);
        None
    }

    /// All that waits goes elsewhere, but for probes and what replaces another message here.
    pub(crate) fn leave(&self) -> Vec<Outgoing> {
        let mut waiting = self.lock();
        let Waiting { items, bytes, .. } = &mut *waiting;
        let leaves = |item: &Outgoing| !item.how.probe && item.how.anchor.is_none();
        let (gone, stay): (Vec<_>, Vec<_>) = items.drain(..).partition(leaves);
        *items = stay.into();
        *bytes -= gone.iter().map(|item| item.weight).sum::<usize>();
        gone
    }

    /// Takes in what came from another channel, after a shutdown began too. Gives it back if there is no
    /// room.
    pub(crate) fn receive(&self, item: Outgoing) -> Option<Outgoing> {
        let mut waiting = self.lock();
        let is_full = waiting.len() >= MOST_MESSAGES
            || waiting.bytes + item.weight > MOST_MESSAGE_BYTES
            || waiting.state == State::Abandoned;
        if is_full {
            return Some(item);
        }
        let number = waiting.next;
        waiting.next += 1;
        // Whoever waits for what was there before waits for this, too.
        waiting.hurried = waiting.next;
        waiting.bytes += item.weight;
        waiting.items.push_back(item.moved(number));
        drop(waiting);
        self.news.notify_one();
        None
    }

    /// Starts the life of what is new and gives back what is too old, with the time when the next
    /// one will be.
    pub(crate) fn expire(&self, now: Instant) -> (Vec<Outgoing>, Option<Instant>) {
        let mut waiting = self.lock();
        let Waiting { items, bytes, .. } = &mut *waiting;
        let (old, young) = items.drain(..).partition(|item| item.age(now) >= MESSAGE_LIFE);
        let old: Vec<Outgoing> = VecDeque::into(old);
        *items = young;
        *bytes -= old.iter().map(|item| item.weight).sum::<usize>();
        waiting.see(now);
        let lives = waiting.items.iter().filter_map(Outgoing::since);
        let next = lives.min().map(|since| since + MESSAGE_LIFE);
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

    /// Asks for what waits: no event of it waits for others any more. Gives the number that the next
    /// message will have: what is before it is what a flush waits for.
    pub(crate) fn hurry(&self) -> u64 {
        let mut waiting = self.lock();
        waiting.hurried = waiting.next;
        waiting.next
    }

    /// How many from before the mark are not done with.
    pub(crate) fn before(&self, mark: u64) -> usize {
        let waiting = self.lock();
        let numbers = waiting.items.iter().map(|item| item.number);
        let held = waiting.held.iter().map(|held| held.number);
        numbers.chain(held).filter(|number| *number < mark).count()
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

    /// Refuses everything and lets go of what waits: nobody will send it. Gives how many it was,
    /// with their keys; whoever waits for one of them is told.
    pub(crate) fn abandon(&self) -> (usize, Vec<u64>) {
        let mut waiting = self.lock();
        waiting.state = State::Abandoned;
        let lost = waiting.len();
        waiting.bytes = 0;
        let held = std::mem::take(&mut waiting.held);
        let items = std::mem::take(&mut waiting.items);
        drop(waiting);
        let keys = items.iter().map(|item| item.how.key).chain(held.iter().map(|held| held.key));
        (lost, keys.flatten().collect())
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// Gives back the earlier one whose place the message takes.
    fn push(
        &mut self,
        message: Redacted<Message>,
        how: Sending,
        weight: usize,
    ) -> Result<Option<Outgoing>, SendError> {
        let place = self.same_anchor(how.anchor.as_ref());
        let earlier = place.and_then(|place| self.items.get(place));
        let (number, freed) = earlier.map_or((self.next, 0), |item| (item.number, item.weight));
        self.room_for(weight, usize::from(earlier.is_some()), freed)?;
        let earlier = place.and_then(|place| self.items.remove(place));
        if earlier.is_none() {
            self.next += 1;
        }
        self.bytes = self.bytes - freed + weight;
        let place = place.unwrap_or(self.items.len());
        self.items.insert(place, Outgoing::new(message, how, number, weight));
        Ok(earlier)
    }

    fn room_for(&self, weight: usize, freed: usize, freed_bytes: usize) -> Result<(), SendError> {
        if self.state != State::Open {
            return Err(SendError::refused("the bell is shut down"));
        }
        let (items, bytes) = (self.len() - freed, self.bytes - freed_bytes);
        if items >= MOST_MESSAGES || bytes + weight > MOST_MESSAGE_BYTES {
            return Err(SendError::refused("the channel's queue is full"));
        }
        Ok(())
    }

    /// Starts the life of what is new.
    fn see(&mut self, now: Instant) {
        let Self { items, floods, .. } = self;
        for place in 0..items.len() {
            let item = &items[place];
            if item.since().is_none() {
                let has_company = items.iter().any(|other| other.waits_for(item));
                items[place].first_seen(has_company, floods, now);
            }
        }
    }

    /// Where the one stands that a message with this anchor replaces.
    fn same_anchor(&self, anchor: Option<&Arc<Anchor>>) -> Option<usize> {
        let anchor = anchor?;
        self.items.iter().position(|item| item.is_at(anchor))
    }

    /// The places of what is to be sent now, in order; else until when nothing is.
    ///
    /// 1. A probe.
    /// 2. Where there is little room, every second time a digest, because it makes most room.
    /// 3. The oldest that does not wait for others, alone or with all that it waited for.
    ///
    /// Events of one topic never overtake each other.
    fn choose(&self, now: Instant) -> Result<Vec<usize>, Option<Instant>> {
        if let Some(probe) = self.items.iter().position(|item| item.how.probe) {
            return Ok(vec![probe]);
        }
        let is_crowded = self.is_crowded();
        if is_crowded && !self.was_digest {
            let flood = self.items.iter().find(|item| item.shares(false));
            let digest = flood.map_or_else(Vec::new, |flood| self.together(flood, is_crowded));
            if digest.len() > 1 {
                return Ok(digest);
            }
        }
        let waits_until = |item: &Outgoing| {
            item.waits_until().filter(|_| !is_crowded && item.number >= self.hurried)
        };
        let is_ready = |item| waits_until(item).is_none_or(|until| until <= now);
        match self.items.iter().position(is_ready) {
            Some(place) => Ok(self.with_company(place, is_crowded)),
            None => Err(self.items.iter().filter_map(waits_until).min()),
        }
    }

    /// An event of a flood with those that it waited for; anything else alone.
    fn with_company(&self, place: usize, is_crowded: bool) -> Vec<usize> {
        let flood = self.items.get(place).filter(|item| item.shares(false));
        let together = flood.map(|flood| self.together(flood, is_crowded));
        together.filter(|places| !places.is_empty()).unwrap_or_else(|| vec![place])
    }

    /// The events of this one's topic that may be told together, from the oldest on.
    fn together(&self, event: &Outgoing, is_crowded: bool) -> Vec<usize> {
        let topic = event.event_topic();
        let same = self.items.iter().enumerate().filter(|(_, item)| item.event_topic() == topic);
        same.take_while(|(_, item)| item.shares(is_crowded)).map(|(place, _)| place).collect()
    }

    /// Little room is left: no event waits for others.
    fn is_crowded(&self) -> bool {
        self.items.len() >= MANY_MESSAGES || self.bytes >= MANY_BYTES
    }

    fn len(&self) -> usize {
        self.items.len() + self.held.len()
    }
}

/// So many waiting messages leave little room.
const MANY_MESSAGES: usize = 100;
/// So many waiting bytes leave little room.
const MANY_BYTES: usize = MOST_MESSAGE_BYTES / 3;

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::oneshot;

    use super::*;
    use crate::{
        delivery::{Answered, flood::MINUTE},
        redact::Redactor,
        transport::Receipt,
    };

    const SECOND: Duration = Duration::from_secs(1);

    fn message(text: &str) -> Redacted<Message> {
        Redactor::default().message(Message::new(text))
    }

    fn push(queue: &Queue, text: &str) -> Result<(), SendError> {
        queue.push(message(text), Sending::default())
    }

    fn event(queue: &Queue, topic: &'static str, text: &str) -> Result<(), SendError> {
        let event = Redactor::default().message(Message::new(text).topic(topic));
        queue.push(event, Sending::event(None))
    }

    fn anchored(anchor: &Arc<Anchor>) -> (Sending, oneshot::Receiver<Answered>) {
        let (answer, answered) = oneshot::channel();
        let anchor = Some(Arc::clone(anchor));
        (Sending { anchor, answer: Some(answer), ..Sending::default() }, answered)
    }

    fn take(queue: &Queue, now: Instant) -> Vec<Outgoing> {
        match queue.take(now) {
            Next::Send(items) => items,
            Next::Wait(_) => Vec::new(),
        }
    }

    /// What is sent next, until nothing is before later.
    fn all(queue: &Queue, now: Instant) -> Vec<Vec<String>> {
        let next = || {
            let texts: Vec<_> = take(queue, now).iter().map(text).collect();
            queue.release();
            (!texts.is_empty()).then_some(texts)
        };
        std::iter::from_fn(next).collect()
    }

    fn text(item: &Outgoing) -> String {
        item.message.text().to_owned()
    }

    #[test]
    fn the_newest_is_refused_when_there_are_too_many() {
        let queue = Queue::default();
        let taken = (0..10 * MOST_MESSAGES).filter(|i| push(&queue, &i.to_string()).is_ok());
        assert_eq!(taken.count(), MOST_MESSAGES);
        assert_eq!(take(&queue, Instant::now()).iter().map(text).collect::<Vec<_>>(), ["0"]);
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
        assert_eq!(all(&queue, Instant::now()).len(), 7);
        assert_eq!(queue.len(), (0, 0));
    }

    #[test]
    fn what_is_put_back_comes_first_and_a_probe_overtakes() {
        let queue = Queue::default();
        for text in ["a", "b"] {
            push(&queue, text).unwrap();
        }
        let now = Instant::now();
        let first = take(&queue, now).remove(0);
        assert!(queue.put_back(first).is_none());
        queue.push(message("probe"), Sending { probe: true, ..Sending::default() }).unwrap();
        assert_eq!(all(&queue, now), [["probe"], ["a"], ["b"]]);
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
        let (mark, now) = (queue.hurry(), Instant::now());
        push(&queue, "c").unwrap();
        assert_eq!(queue.before(mark), 2);
        take(&queue, now);
        assert_eq!(queue.before(mark), 2, "it is not sent yet");
        queue.release();
        take(&queue, now);
        queue.release();
        assert_eq!(queue.before(mark), 0);
        assert_eq!(queue.len().0, 1);
    }

    #[test]
    fn who_waits_for_an_abandoned_message_is_told_and_its_key_is_given_back() {
        let queue = Queue::default();
        let (answer, mut waiting) = oneshot::channel();
        let how = Sending { answer: Some(answer), ..Sending::event(Some(2)) };
        queue.push(message("held"), Sending::event(Some(1))).unwrap();
        queue.push(message("a"), how).unwrap();
        assert_eq!(take(&queue, Instant::now()).len(), 1);
        let (lost, keys) = queue.abandon();
        assert_eq!((lost, keys), (2, vec![2, 1]));
        assert_eq!(waiting.try_recv(), Err(oneshot::error::TryRecvError::Closed));
        assert!(push(&queue, "b").is_err_and(|e| e.is_refused()));
        assert_eq!(queue.len(), (0, 0));
    }

    #[test]
    fn events_of_a_flood_wait_for_each_other_for_a_minute() {
        let (queue, now) = (Queue::new(false, 2), Instant::now());
        for text in ["1", "2", "3"] {
            event(&queue, "user", text).unwrap();
        }
        assert_eq!(all(&queue, now), [["1"], ["2"]]);
        assert!(matches!(queue.take(now), Next::Wait(Some(until)) if until == now + MINUTE));
        event(&queue, "user", "4").unwrap();
        push(&queue, "no event").unwrap();
        event(&queue, "stats", "another topic").unwrap();
        assert_eq!(all(&queue, now + SECOND), [["no event"], ["another topic"]]);
        assert_eq!(all(&queue, now + MINUTE), [["3", "4"]]);
        assert_eq!(queue.len(), (0, 0));
    }

    #[test]
    fn a_flush_is_not_kept_waiting_by_what_waits_for_others() {
        let (queue, now) = (Queue::new(false, 0), Instant::now());
        event(&queue, "user", "1").unwrap();
        event(&queue, "user", "2").unwrap();
        assert!(all(&queue, now).is_empty());
        let mark = queue.hurry();
        assert_eq!(queue.before(mark), 2);
        assert_eq!(all(&queue, now), [["1", "2"]]);
        assert_eq!(queue.before(mark), 0);
        event(&queue, "user", "3").unwrap();
        assert!(all(&queue, now).is_empty(), "that one was not asked for");
    }

    #[test]
    fn where_there_is_little_room_nobody_waits_for_others() {
        let (queue, now) = (Queue::new(false, 10), Instant::now());
        for number in 0..MANY_MESSAGES {
            event(&queue, "user", &number.to_string()).unwrap();
        }
        let taken = all(&queue, now);
        assert_eq!(taken.len(), 1, "nor is one told alone: {taken:?}");
        assert_eq!(taken[0].len(), MANY_MESSAGES);

        let queue = Queue::new(false, 0);
        event(&queue, "user", "small").unwrap();
        event(&queue, "user", &"x".repeat(MANY_BYTES)).unwrap();
        assert_eq!(all(&queue, now).concat().len(), 2);
    }

    #[test]
    fn floods_and_what_waits_longer_take_turns_where_there_is_little_room() {
        let (queue, now) = (Queue::new(false, 0), Instant::now());
        (0..MANY_MESSAGES).for_each(|_| push(&queue, "own").unwrap());
        for topic in ["user", "user", "stats", "stats", "stats"] {
            event(&queue, topic, "event").unwrap();
        }
        let sizes: Vec<_> = all(&queue, now).iter().map(Vec::len).take(5).collect();
        assert_eq!(sizes, [2, 1, 3, 1, 1]);
    }

    #[test]
    fn money_is_told_alone() {
        let (queue, now) = (Queue::new(false, 0), Instant::now());
        for _ in 0..MOST_MESSAGES {
            event(&queue, "payment", "49.00 USD").unwrap();
        }
        assert_eq!(all(&queue, now).len(), MOST_MESSAGES);
    }

    #[test]
    fn events_of_one_topic_do_not_overtake_each_other() {
        let (queue, start) = (Queue::new(false, 2), Instant::now());
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        event(&queue, "user", "1").unwrap();
        event(&queue, "user", "2").unwrap();
        assert_eq!(all(&queue, at(0)), [["1"], ["2"]]);
        event(&queue, "user", "3").unwrap();
        assert!(all(&queue, at(59)).is_empty());
        // By itself this is no flood any more, but one waits.
        event(&queue, "user", "4").unwrap();
        event(&queue, "stats", "another topic").unwrap();
        assert_eq!(all(&queue, at(65)), [["another topic"]]);
        assert_eq!(all(&queue, at(119)), [["3", "4"]]);
        event(&queue, "user", "5").unwrap();
        assert_eq!(all(&queue, at(130)), [["5"]]);
    }

    #[test]
    fn what_is_put_back_has_its_old_place() {
        let (queue, now) = (Queue::new(false, 0), Instant::now());
        for text in ["1", "2", "3"] {
            event(&queue, "user", text).unwrap();
        }
        queue.hurry();
        let mut items = take(&queue, now);
        event(&queue, "user", "4").unwrap();
        for item in items.split_off(1).into_iter().rev() {
            assert!(queue.put_back(item).is_none());
        }
        assert_eq!(queue.len().0, 4, "the first is still held");
        queue.release();
        assert_eq!(all(&queue, now), [["2", "3", "4"]]);
        assert_eq!(queue.len(), (0, 0));
    }

    #[test]
    fn what_is_told_alone_from_now_on_is_not_overtaken_either() {
        let no_more: [fn(&mut Outgoing); 2] = [Outgoing::leave_company, |item| {
            item.attempts.after(&SendError::rejected("no"));
        }];
        for alone in no_more {
            let (queue, now) = (Queue::new(false, 0), Instant::now());
            for text in ["1", "2", "3"] {
                event(&queue, "user", text).unwrap();
            }
            queue.hurry();
            let mut items = take(&queue, now);
            alone(&mut items[1]);
            for item in items {
                assert!(queue.put_back(item).is_none());
            }
            assert_eq!(all(&queue, now), [["1"], ["2"], ["3"]]);
        }
    }

    #[test]
    fn a_later_message_takes_the_place_of_an_earlier_one_with_its_anchor() {
        let (queue, anchor) = (Queue::new(true, 10), Arc::new(Anchor::default()));
        let ((first, mut left_out), (second, mut waits)) = (anchored(&anchor), anchored(&anchor));
        queue.push(message("fired"), first).unwrap();
        push(&queue, "between").unwrap();
        queue.push(message("result with a longer text"), second).unwrap();
        assert_eq!(left_out.try_recv(), Ok(Ok(Receipt::none())));
        assert!(waits.try_recv().is_err());
        let now = Instant::now();
        assert_eq!(all(&queue, now), [["result with a longer text"], ["between"]]);
        assert_eq!(queue.len(), (0, 0));
    }

    #[test]
    fn what_does_not_fit_leaves_the_earlier_one_in_its_place() {
        let (queue, anchor) = (Queue::new(true, 10), Arc::new(Anchor::default()));
        queue.push(message("fired"), anchored(&anchor).0).unwrap();
        let long = message(&"x".repeat(MOST_MESSAGE_BYTES));
        assert!(queue.push(long, anchored(&anchor).0).is_err_and(|e| e.is_refused()));
        (1..MOST_MESSAGES).for_each(|_| push(&queue, "x").unwrap());
        assert!(
            queue.push(message("result"), anchored(&anchor).0).is_ok(),
            "it needs no new place"
        );
        assert_eq!(take(&queue, Instant::now()).iter().map(text).collect::<Vec<_>>(), ["result"]);
    }

    #[test]
    fn what_failed_is_left_out_if_a_later_message_says_it_better() {
        let (queue, anchor) = (Queue::new(true, 10), Arc::new(Anchor::default()));
        queue.push(message("fired"), anchored(&anchor).0).unwrap();
        let now = Instant::now();
        let fired = take(&queue, now).remove(0);
        queue.push(message("result"), anchored(&anchor).0).unwrap();
        assert!(queue.put_back(fired).is_some());
        assert_eq!(all(&queue, now), [["result"]]);
        assert_eq!(queue.len(), (0, 0));
    }

    #[test]
    fn what_is_only_to_be_replaced_is_left_out_where_nothing_can_be() {
        for (edits, queued) in [(true, 1), (false, 0)] {
            let queue = Queue::new(edits, 10);
            let (answer, mut answered) = oneshot::channel();
            let only_if_edit = true;
            let how = Sending { answer: Some(answer), only_if_edit, ..Sending::default() };
            queue.push(message("fired"), how).unwrap();
            assert_eq!(queue.len().0, queued);
            assert_eq!(answered.try_recv().is_ok(), queued == 0);
        }
    }
}
