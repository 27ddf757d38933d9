//! What was told under a key already.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Keys that are remembered; when there are more, the oldest is forgotten.
pub const REMEMBERED_KEYS: usize = 4_096;

/// The latest keys, the oldest first. Few enough to be looked through.
#[derive(Debug, Default)]
pub(crate) struct Once(Mutex<VecDeque<u64>>);

impl Once {
    /// Remembers the key. `false` if it was known.
    pub(crate) fn first(&self, key: u64) -> bool {
        let mut keys = self.lock();
        let is_first = !keys.contains(&key);
        if is_first {
            if keys.len() >= REMEMBERED_KEYS {
                keys.pop_front();
            }
            keys.push_back(key);
        }
        is_first
    }

    /// What had this key was not told after all.
    pub(crate) fn forget(&self, key: u64) {
        self.lock().retain(|known| *known != key);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_first_until_it_is_forgotten() {
        let once = Once::default();
        assert!(once.first(1) && once.first(2));
        assert!(!once.first(1));
        once.forget(1);
        assert!(once.first(1) && !once.first(2));
    }

    #[test]
    fn the_oldest_key_makes_room() {
        let (once, most) = (Once::default(), REMEMBERED_KEYS as u64);
        assert!((0..most).all(|key| once.first(key)));
        assert!(once.first(most));
        assert!(!once.first(1), "the second is still known");
        assert!(once.first(0), "the first is not");
        assert_eq!(once.lock().len(), REMEMBERED_KEYS);
    }

    #[test]
    fn a_key_that_came_back_is_as_young_as_any() {
        let (once, most) = (Once::default(), REMEMBERED_KEYS as u64);
        assert!((0..most).all(|key| once.first(key)));
        once.forget(0);
        assert!(once.first(0) && once.first(most));
        assert!(!once.first(0));
    }
}
