//! Which events are of a flood: more of one topic within a minute than anyone reads one by one.
//! Reads no clock.

use std::{
    collections::{HashMap, VecDeque},
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use tokio::time::Instant;

use crate::topic::Topic;

/// How many events of one topic are told one by one in one channel within a minute, unless the
/// builder says otherwise. Further ones are told together, a line each; payments never are.
pub const EVENTS_PER_MINUTE: usize = 10;

/// How long the events of a flood wait for each other.
pub(crate) const MINUTE: Duration = Duration::from_secs(60);

/// The latest events of each topic.
#[derive(Debug)]
pub(crate) struct Floods {
    limit: usize,
    /// When they were seen: at most `limit` of them, none older than a minute before the last.
    /// By the topics' hashes: their names may be of any length.
    topics: HashMap<u64, VecDeque<Instant>>,
    seed: RandomState,
}

impl Floods {
    /// So many events of one topic within a minute are no flood yet; at most [`MOST_LIMIT`].
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit: limit.min(MOST_LIMIT), topics: HashMap::new(), seed: RandomState::new() }
    }

    /// Counts an event that is seen now. Gives whether it is of a flood: as many as the limit were
    /// seen within the minute before it.
    pub(crate) fn is_flood(&mut self, topic: &Topic, now: Instant) -> bool {
        let limit = self.limit;
        // Of a topic without a place every event is told: that is bounded by the queue.
        let Some(seen) = self.seen(topic, now) else { return false };
        while seen.front().is_some_and(|at| is_past(*at, now)) {
            seen.pop_front();
        }
        let is_flood = seen.len() >= limit;
        seen.push_back(now);
        if seen.len() > limit {
            seen.pop_front();
        }
        is_flood
    }

    /// The topic's latest events, if there is a place for it.
    fn seen(&mut self, topic: &Topic, now: Instant) -> Option<&mut VecDeque<Instant>> {
        let key = self.seed.hash_one(topic);
        if !self.topics.contains_key(&key) {
            if self.topics.len() >= MOST_TOPICS {
                let is_silent = |seen: &VecDeque<_>| seen.back().is_none_or(|at| is_past(*at, now));
                self.topics.retain(|_, seen| !is_silent(seen));
            }
            if self.topics.len() >= MOST_TOPICS {
                return None;
            }
        }
        Some(self.topics.entry(key).or_default())
    }
}

impl Default for Floods {
    fn default() -> Self {
        Self::new(EVENTS_PER_MINUTE)
    }
}

fn is_past(at: Instant, now: Instant) -> bool {
    now.saturating_duration_since(at) >= MINUTE
}

/// Topics whose events are counted; the app chooses them.
const MOST_TOPICS: usize = 100;
/// The highest limit: so many moments are remembered of each topic.
const MOST_LIMIT: usize = 1_000;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn topic(number: usize) -> Topic {
        Topic::Other(number.to_string().into())
    }

    #[test]
    fn the_eleventh_within_a_minute_is_of_a_flood() {
        let (mut floods, start) = (Floods::default(), Instant::now());
        let of_flood = |at| floods.is_flood(&Topic::User, start + at);
        let seen: Vec<_> = (0..14).map(|second| second * 5 * SECOND).map(of_flood).collect();
        // The twelfth comes at 55 s, the thirteenth a minute after the first.
        let flood: Vec<_> = seen.iter().map(|flood| u8::from(*flood)).collect();
        assert_eq!(flood, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1]);
    }

    #[test]
    fn a_steady_ten_a_minute_is_no_flood() {
        let (mut floods, start) = (Floods::default(), Instant::now());
        assert!((0..1_000).all(|n| !floods.is_flood(&Topic::User, start + n * 6 * SECOND)));
    }

    #[test]
    fn topics_are_counted_apart() {
        let (mut floods, now) = (Floods::new(1), Instant::now());
        assert!(!floods.is_flood(&Topic::User, now));
        assert!(!floods.is_flood(&Topic::Stats, now));
        assert!(floods.is_flood(&Topic::User, now));
    }

    #[test]
    fn with_a_limit_of_none_every_event_is_of_a_flood() {
        assert!(Floods::new(0).is_flood(&Topic::User, Instant::now()));
    }

    #[test]
    fn a_silent_topic_makes_room_for_a_new_one() {
        let (mut floods, now) = (Floods::new(1), Instant::now());
        let mut counted = |topics: std::ops::Range<usize>, now| {
            let twice = |n: usize| (0..2).filter(|_| floods.is_flood(&topic(n), now)).count();
            (topics.map(twice).sum::<usize>(), floods.topics.len())
        };
        assert_eq!(counted(0..2 * MOST_TOPICS, now), (MOST_TOPICS, MOST_TOPICS));
        let new = MOST_TOPICS..MOST_TOPICS + 1;
        assert_eq!(counted(new.clone(), now), (0, MOST_TOPICS));
        assert_eq!(counted(new, now + MINUTE), (1, 1));
    }

    #[test]
    fn nothing_is_remembered_without_a_bound() {
        let (mut floods, now) = (Floods::new(usize::MAX), Instant::now());
        assert!((0..MOST_LIMIT).all(|_| !floods.is_flood(&Topic::User, now)));
        assert!((0..MOST_LIMIT).all(|_| floods.is_flood(&Topic::User, now)));
        assert!(floods.topics.values().all(|seen| seen.len() == MOST_LIMIT));
    }

    proptest! {
        #[test]
        fn it_is_what_counting_by_hand_says(
            limit in 0usize..5,
            events in proptest::collection::vec((0u64..40, 0usize..3), 0..60),
        ) {
            let (mut floods, mut now) = (Floods::new(limit), Instant::now());
            let mut before: Vec<(Instant, usize)> = Vec::new();
            for (pause, number) in events {
                now += Duration::from_secs(pause);
                let recent = before.iter().filter(|(at, of)| now - *at < MINUTE && *of == number);
                prop_assert_eq!(floods.is_flood(&topic(number), now), recent.count() >= limit);
                before.push((now, number));
            }
        }
    }
}
