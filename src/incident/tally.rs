//! The lossless counters on the request path.
//!
//! A known kind costs one look-up in a shard of sixteen and an atomic add. A new kind is entered
//! under the shard's write lock. The worker takes the counts out each second and lets a kind go
//! when it is quiet; a kind that is counted is never pushed out by a newcomer.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed},
    },
};

use foldhash::fast::FixedState;

use crate::report::Key;

/// Kinds of failure counted apart; further ones are counted together.
pub(crate) const MOST_KINDS: usize = 1_000;
/// Texts counted apart under one stem (the same key without its text).
const MOST_TEXTS: usize = 20;
const SHARDS: usize = 16;

/// Counts failures by kind. `F` is what is remembered of a kind for the worker.
pub(crate) struct Tally<F> {
    shards: [RwLock<HashMap<Key, Kind<F>, FixedState>>; SHARDS],
    kinds: AtomicUsize,
    /// How many texts each stem has. Taken only to enter a kind or to let one go.
    texts: Mutex<HashMap<Key, usize, FixedState>>,
    further: AtomicU64,
    opened: AtomicU64,
    /// What was drained so far. Held while draining, so that the total is never in between.
    drained: Mutex<u64>,
}

struct Kind<F> {
    facts: Arc<F>,
    stem: Key,
    /// Kinds are numbered as they come, so that those of one burst are told in their order.
    number: u64,
    /// Failures since the last drain.
    fresh: AtomicU64,
    /// The next failure's details are asked for.
    wanted: AtomicBool,
}

/// What the tally says of a failure.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Seen {
    /// Counted, nothing more to do.
    Counted,
    /// Counted, and its details are wanted: whoever is told this brings them.
    Wanted,
    /// Not counted: this kind is not known here.
    New,
    /// Not counted: its stem has no room for another text. Count the stem.
    Crowded,
    /// Counted among the further ones: there is no room for another kind.
    Further,
}

/// What the worker takes out for one kind.
pub(crate) struct Drained<F> {
    pub(crate) key: Key,
    pub(crate) facts: Arc<F>,
    pub(crate) count: u64,
    /// The older the kind, the smaller.
    pub(crate) number: u64,
}

impl<F> Tally<F> {
    pub(crate) fn new() -> Self {
        Self {
            shards: Default::default(),
            kinds: AtomicUsize::new(0),
            texts: Mutex::default(),
            further: AtomicU64::new(0),
            opened: AtomicU64::new(0),
            drained: Mutex::default(),
        }
    }

    /// Counts a failure of a known kind.
    pub(crate) fn hit(&self, key: Key) -> Seen {
        let shard = self.shard(key).read().unwrap_or_else(PoisonError::into_inner);
        shard.get(&key).map_or(Seen::New, Kind::hit)
    }

    /// The same, with what is remembered of the kind, if it is wanted. `is_wanted` may not wait.
    pub(crate) fn hit_with(
        &self,
        key: Key,
        is_wanted: impl FnOnce(&Arc<F>) -> bool,
    ) -> (Seen, Option<Arc<F>>) {
        let shard = self.shard(key).read().unwrap_or_else(PoisonError::into_inner);
        let Some(kind) = shard.get(&key) else { return (Seen::New, None) };
        (kind.hit(), is_wanted(&kind.facts).then(|| Arc::clone(&kind.facts)))
    }

    /// What is remembered of a known kind, if it is wanted. `is_wanted` may not wait.
    pub(crate) fn facts(
        &self,
        key: Key,
        is_wanted: impl FnOnce(&Arc<F>) -> bool,
    ) -> Option<Arc<F>> {
        let shard = self.shard(key).read().unwrap_or_else(PoisonError::into_inner);
        let facts = &shard.get(&key)?.facts;
        is_wanted(facts).then(|| Arc::clone(facts))
    }

    /// Enters a new kind and counts its first failure, whose details are wanted. `stem` is the key
    /// without the text, the key itself if there is none.
    pub(crate) fn open(&self, key: Key, stem: Key, facts: Arc<F>) -> Seen {
        let mut texts = self.texts();
        let mut shard = self.shard(key).write().unwrap_or_else(PoisonError::into_inner);
        if let Some(kind) = shard.get(&key) {
            // Another thread was faster.
            return kind.hit();
        }
        if self.kinds.load(Relaxed) >= MOST_KINDS {
            self.further.fetch_add(1, Relaxed);
            return Seen::Further;
        }
        if key != stem {
            let of_stem = texts.entry(stem).or_default();
            if *of_stem >= MOST_TEXTS {
                return Seen::Crowded;
            }
            *of_stem += 1;
        }
        self.kinds.fetch_add(1, Relaxed);
        let (fresh, wanted) = (AtomicU64::new(1), AtomicBool::new(false));
        let number = self.opened.fetch_add(1, Relaxed);
        shard.insert(key, Kind { facts, stem, number, fresh, wanted });
        Seen::Wanted
    }

    /// Asks for the details of the kind's next failure.
    pub(crate) fn want(&self, key: Key) {
        let shard = self.shard(key).read().unwrap_or_else(PoisonError::into_inner);
        if let Some(kind) = shard.get(&key) {
            kind.wanted.store(true, Relaxed);
        }
    }

    /// Takes the fresh counts out. Gives how many failures of further kinds there were.
    pub(crate) fn drain(&self, mut each: impl FnMut(Drained<F>)) -> u64 {
        let mut drained = self.drained.lock().unwrap_or_else(PoisonError::into_inner);
        for shard in &self.shards {
            let shard = shard.read().unwrap_or_else(PoisonError::into_inner);
            for (key, kind) in shard.iter() {
                let count = kind.fresh.swap(0, Relaxed);
                if count > 0 {
                    *drained += count;
                    let (facts, number) = (Arc::clone(&kind.facts), kind.number);
                    each(Drained { key: *key, facts, count, number });
                }
            }
        }
        let further = self.further.swap(0, Relaxed);
        *drained += further;
        further
    }

    /// All that was ever counted, further kinds included.
    pub(crate) fn total(&self) -> u64 {
        let drained = self.drained.lock().unwrap_or_else(PoisonError::into_inner);
        *drained + self.fresh()
    }

    /// Lets a kind go, unless something is fresh. Gives whether it is gone.
    pub(crate) fn close(&self, key: Key) -> bool {
        let mut texts = self.texts();
        let mut shard = self.shard(key).write().unwrap_or_else(PoisonError::into_inner);
        if shard.get(&key).is_some_and(|kind| kind.fresh.load(Relaxed) > 0) {
            return false;
        }
        let Some(kind) = shard.remove(&key) else { return true };
        self.kinds.fetch_sub(1, Relaxed);
        if let Some(of_stem) = texts.get_mut(&kind.stem).filter(|_| kind.stem != key) {
            *of_stem -= 1;
            if *of_stem == 0 {
                texts.remove(&kind.stem);
            }
        }
        true
    }

    /// What was counted since the last drain, further kinds included.
    pub(crate) fn fresh(&self) -> u64 {
        let shards = self.shards.iter().map(|shard| {
            let shard = shard.read().unwrap_or_else(PoisonError::into_inner);
            shard.values().map(|kind| kind.fresh.load(Relaxed)).sum::<u64>()
        });
        shards.sum::<u64>() + self.further.load(Relaxed)
    }

    fn shard(&self, key: Key) -> &RwLock<HashMap<Key, Kind<F>, FixedState>> {
        // The map uses the low bits.
        &self.shards[(key.bits() >> 60) as usize % SHARDS]
    }

    fn texts(&self) -> MutexGuard<'_, HashMap<Key, usize, FixedState>> {
        self.texts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<F> Kind<F> {
    fn hit(&self) -> Seen {
        self.fresh.fetch_add(1, Relaxed);
        // A plain load first: a store would take the cache line from every other thread.
        if self.wanted.load(Relaxed) && self.wanted.swap(false, Relaxed) {
            Seen::Wanted
        } else {
            Seen::Counted
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::{report::FingerprintParts, severity::Severity};

    fn key(route: usize, text: &str) -> Key {
        let route = format!("/{route}");
        let parts = FingerprintParts {
            kind: "status",
            method: "GET",
            route: &route,
            code: 500,
            error_type: "",
            text,
        };
        Key::of("s", None, Severity::Error, &parts)
    }

    fn count(tally: &Tally<()>, key: Key, stem: Key) -> Seen {
        match tally.hit(key) {
            Seen::New => tally.open(key, stem, Arc::new(())),
            seen => seen,
        }
    }

    fn drained(tally: &Tally<()>) -> (u64, u64) {
        let mut counted = 0;
        let further = tally.drain(|kind| counted += kind.count);
        (counted, further)
    }

    #[test]
    fn details_are_wanted_once_at_first_and_again_when_asked_for() {
        let tally = Tally::new();
        let key = key(1, "");
        assert_eq!(tally.hit(key), Seen::New);
        assert_eq!(tally.open(key, key, Arc::new(())), Seen::Wanted);
        assert_eq!(tally.hit(key), Seen::Counted);
        tally.want(key);
        assert_eq!(tally.hit(key), Seen::Wanted);
        assert_eq!(tally.hit(key), Seen::Counted);
        assert_eq!(drained(&tally), (4, 0));
        assert_eq!(drained(&tally), (0, 0));
    }

    #[test]
    fn newcomers_are_counted_together_when_full_and_nothing_is_pushed_out() {
        let tally = Tally::new();
        for route in 0..MOST_KINDS + 12 {
            count(&tally, key(route, ""), key(route, ""));
        }
        assert_eq!(drained(&tally), (MOST_KINDS as u64, 12));
        assert_eq!(tally.hit(key(0, "")), Seen::Counted);
        assert!(!tally.close(key(0, "")), "a fresh count would be lost");
        drained(&tally);
        assert!(tally.close(key(0, "")));
        assert_eq!(count(&tally, key(MOST_KINDS, ""), key(MOST_KINDS, "")), Seen::Wanted);
    }

    #[test]
    fn a_stem_has_room_for_so_many_texts_and_gets_it_back() {
        let tally = Tally::new();
        let stem = key(1, "");
        for text in 0..MOST_TEXTS {
            assert_eq!(count(&tally, key(1, &format!("t{text}")), stem), Seen::Wanted);
        }
        let one_more = key(1, "one more");
        assert_eq!(count(&tally, one_more, stem), Seen::Crowded);
        assert_eq!(count(&tally, stem, stem), Seen::Wanted);
        assert_eq!(drained(&tally), (MOST_TEXTS as u64 + 1, 0));
        assert!(tally.close(key(1, "t0")));
        assert_eq!(count(&tally, one_more, stem), Seen::Wanted);
    }

    #[test]
    fn no_count_is_lost_while_the_worker_drains_and_closes() {
        const EACH: usize = 20_000;
        let tally = Tally::new();
        let mut total = 0;
        thread::scope(|scope| {
            let hitters: Vec<_> = (0..8)
                .map(|thread| {
                    let tally = &tally;
                    scope.spawn(move || {
                        for i in 0..EACH {
                            let key = key((i * 7 + thread) % 200, "");
                            count(tally, key, key);
                        }
                    })
                })
                .collect();
            while !hitters.iter().all(thread::ScopedJoinHandle::is_finished) {
                let mut seen = Vec::new();
                total += tally.drain(|kind| {
                    total += kind.count;
                    seen.push(kind.key);
                });
                for key in seen.into_iter().step_by(3) {
                    tally.close(key);
                }
            }
        });
        let (counted, further) = drained(&tally);
        assert_eq!(total + counted + further, 8 * EACH as u64);
    }
}
