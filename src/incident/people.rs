//! Whom a kind of failure hits: counted where it fails, named in the message.

use std::{
    hash::BuildHasher,
    sync::{
        LazyLock, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
};

use foldhash::fast::RandomState;

use crate::redact::Redacted;

/// Users of an incident that are told apart and named; of more, or of names that are very long (3 KiB
/// together), it says "20+".
pub const NAMED_USERS: usize = 20;

/// Bytes of an incident's names: a name may be anything, and there are many incidents.
const MOST_BYTES: usize = 3 * 1024;

/// The users of one kind of failure since the worker last asked, on the request path: a known one costs
/// a hash and a look at those that are known.
#[derive(Debug, Default)]
pub(crate) struct Hit {
    /// Hashes of who was seen; 0 is nobody.
    seen: [AtomicU64; NAMED_USERS],
    more: AtomicBool,
    fresh: Mutex<Vec<Redacted<String>>>,
}

impl Hit {
    /// Whether a user with this [`hash`](user_hash) need not be added.
    pub(crate) fn knows(&self, hash: u64) -> bool {
        let is_known = |place: &AtomicU64| place.load(Relaxed) == hash;
        self.seen.iter().any(is_known) || self.more.load(Relaxed)
    }

    /// It failed for this user, whose hash is this.
    pub(crate) fn add(&self, hash: u64, user: Redacted<String>) {
        let mut fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        for place in &self.seen {
            match place.load(Relaxed) {
                // Another thread was faster.
                known if known == hash => return,
                0 => {
                    place.store(hash, Relaxed);
                    fresh.push(user);
                    return;
                }
                _ => {}
            }
        }
        self.more.store(true, Relaxed);
    }

    /// Whoever was seen is new again.
    pub(crate) fn forget(&self) {
        self.seen.iter().for_each(|place| place.store(0, Relaxed));
        self.more.store(false, Relaxed);
    }

    /// Who is new since the last time, and whether there are more than are told apart.
    pub(crate) fn take(&self) -> (Vec<Redacted<String>>, bool) {
        let mut fresh = self.fresh.lock().unwrap_or_else(PoisonError::into_inner);
        (std::mem::take(&mut *fresh), self.more.load(Relaxed))
    }
}

/// The users of one incident.
#[derive(Clone, Debug, Default)]
pub(crate) struct People {
    named: Vec<Redacted<String>>,
    more: bool,
}

impl People {
    /// Adds one, if it is not there.
    pub(crate) fn add(&mut self, user: Redacted<String>) {
        if self.named.iter().any(|known| **known == *user) {
            return;
        }
        let bytes: usize = self.named.iter().map(|user| user.len()).sum();
        match self.named.len() < NAMED_USERS && bytes + user.len() <= MOST_BYTES {
            true => self.named.push(user),
            false => self.more = true,
        }
    }

    pub(crate) fn add_more(&mut self) {
        self.more = true;
    }

    /// The first ones, in the order in which they came.
    pub(crate) fn named(&self) -> impl Iterator<Item = &str> {
        self.named.iter().map(|user| user.as_str())
    }

    /// How many; more than are told apart count as one more.
    pub(crate) fn count(&self) -> usize {
        self.named.len() + usize::from(self.more)
    }

    /// `1 user`, `12 users`, `20+ users`; nothing if nobody is known.
    pub(crate) fn said(&self) -> Option<String> {
        match (self.named.len(), self.more) {
            (0, _) => None,
            (1, false) => Some("1 user".to_owned()),
            (several, false) => Some(format!("{several} users")),
            (several, true) => Some(format!("{several}+ users")),
        }
    }
}

/// What a user is known by. Seeded, so that nobody can choose users whose hashes are one.
pub(crate) fn user_hash(user: &str) -> u64 {
    static SEED: LazyLock<RandomState> = LazyLock::new(RandomState::default);
    SEED.hash_one(user).max(1)
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::{redact::Redactor, sensitive::Sensitive};

    fn user(name: &str) -> Redacted<String> {
        Redactor::default().user(name, &Sensitive::default())
    }

    fn saw(hit: &Hit, name: &str) {
        if !hit.knows(user_hash(name)) {
            hit.add(user_hash(name), user(name));
        }
    }

    #[test]
    fn each_user_is_handed_on_once() {
        let hit = Hit::default();
        for name in ["alice", "bob", "alice", "alice"] {
            saw(&hit, name);
        }
        let (fresh, more) = hit.take();
        assert_eq!(fresh.iter().map(|user| user.as_str()).collect::<Vec<_>>(), ["alice", "bob"]);
        assert!(!more && hit.take().0.is_empty());
    }

    #[test]
    fn of_more_than_are_told_apart_it_is_said_that_there_are_more() {
        let (hit, mut people) = (Hit::default(), People::default());
        for number in 0..=NAMED_USERS {
            assert!(!hit.take().1, "at {number}");
            saw(&hit, &format!("user {number}"));
            let (fresh, more) = hit.take();
            fresh.into_iter().for_each(|user| people.add(user));
            if more {
                people.add_more();
            }
        }
        assert_eq!(people.said().as_deref(), Some("20+ users"));
        assert_eq!((people.named().count(), people.count()), (NAMED_USERS, NAMED_USERS + 1));
    }

    #[test]
    fn names_of_any_length_take_no_more_than_their_bytes() {
        let mut people = People::default();
        (0..20).for_each(|number| people.add(user(&format!("{number}{}", "é".repeat(200)))));
        assert!(people.named().map(str::len).sum::<usize>() <= MOST_BYTES);
        assert!(people.said().is_some_and(|said| said.ends_with("+ users")));
    }

    #[test]
    fn threads_that_meet_count_nobody_twice() {
        let hit = Hit::default();
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    (0..NAMED_USERS).for_each(|number| saw(&hit, &format!("u{number}")));
                });
            }
        });
        let (fresh, more) = hit.take();
        assert_eq!((fresh.len(), more), (NAMED_USERS, false));
    }

    #[test]
    fn users_are_counted_in_words() {
        let mut people = People::default();
        assert_eq!(people.said(), None);
        people.add(user("alice"));
        people.add(user("alice"));
        assert_eq!(people.said().as_deref(), Some("1 user"));
        people.add(user("bob"));
        assert_eq!(people.said().as_deref(), Some("2 users"));
    }
}
