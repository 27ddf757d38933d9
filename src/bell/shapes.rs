//! Paths where no router names the route: their ids are collapsed, and only so many shapes are told
//! apart, because anyone can ask for any path.

use std::{
    collections::HashSet,
    hash::BuildHasher,
    sync::{PoisonError, RwLock},
};

use foldhash::fast::RandomState;

use crate::report::Normal;

/// Path shapes told apart by one bell; what comes later is one further shape.
pub(crate) const MOST_SHAPES: usize = 500;
const FURTHER: &str = "<further paths>";

#[derive(Default)]
pub(crate) struct Shapes {
    seed: RandomState,
    known: RwLock<HashSet<u64, RandomState>>,
}

impl Shapes {
    /// `/orders/42` -> `/orders/<n>`; a gRPC path stays as it is: it holds no ids.
    pub(crate) fn shape_of(&self, path: &str, is_grpc: bool) -> Normal {
        let shape = if is_grpc { Normal::verbatim(path) } else { Normal::of(&path) };
        let hash = self.seed.hash_one(shape.as_str());
        if self.is_known(hash) || self.admit(hash) { shape } else { Normal::verbatim(FURTHER) }
    }

    fn is_known(&self, hash: u64) -> bool {
        self.known.read().unwrap_or_else(PoisonError::into_inner).contains(&hash)
    }

    fn admit(&self, hash: u64) -> bool {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let room = known.len() < MOST_SHAPES;
        known.contains(&hash) || (room && known.insert(hash))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_collapsed_and_words_stay() {
        let shapes = Shapes::default();
        assert_eq!(shapes.shape_of("/orders/42/items", false).as_str(), "/orders/<n>/items");
        assert_eq!(shapes.shape_of("/pkg.v1.Service/M", true).as_str(), "/pkg.v1.Service/M");
    }

    #[test]
    fn what_is_known_stays_apart_and_newcomers_share_one_shape() {
        let shapes = Shapes::default();
        let word = |n: usize| format!("/{}", "x".repeat(n % 25 + 1) + &"y".repeat(n / 25));
        for n in 0..MOST_SHAPES {
            assert_eq!(shapes.shape_of(&word(n), false).as_str(), word(n));
        }
        assert_eq!(shapes.shape_of("/one-more", false).as_str(), FURTHER);
        assert_eq!(shapes.shape_of(&word(0), false).as_str(), word(0));
    }
}
