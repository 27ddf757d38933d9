//! So many at once, and then one each period. Reads no clock.

use std::time::Duration;

use tokio::time::Instant;

/// How fast a bucket of tokens is emptied at most.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Rate {
    /// Tokens in a full bucket.
    pub(crate) burst: u32,
    /// After so long there is one more.
    pub(crate) refill: Duration,
}

/// A bucket of tokens, as the moment when it is full again.
#[derive(Debug, Default)]
pub(crate) struct Bucket {
    full: Option<Instant>,
}

impl Bucket {
    /// Whether there is one left.
    pub(crate) fn has_one(&self, rate: Rate, now: Instant) -> bool {
        self.next(rate, now).is_some_and(|next| next <= now)
    }

    /// From when on there is one left; never, if none fits.
    pub(crate) fn next(&self, rate: Rate, now: Instant) -> Option<Instant> {
        let most = rate.refill.saturating_mul(rate.burst.checked_sub(1)?);
        Some(self.full.map_or(now, |full| full.checked_sub(most).unwrap_or(now).max(now)))
    }

    /// One more than there is makes the next one wait for longer.
    pub(crate) fn take(&mut self, rate: Rate, now: Instant) {
        self.full = Some(self.full.map_or(now, |full| full.max(now)) + rate.refill);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { burst: 10, refill: Duration::from_secs(30) };

    #[test]
    fn so_many_come_at_once_and_then_one_each_period() {
        let (mut bucket, start) = (Bucket::default(), Instant::now());
        let mut take = |now: Instant| {
            let has_one = bucket.has_one(RATE, now);
            if has_one {
                bucket.take(RATE, now);
            }
            has_one
        };
        assert_eq!((0..40).filter(|_| take(start)).count(), 10);
        assert!(!take(start + RATE.refill - Duration::from_millis(1)));
        assert!(take(start + RATE.refill));
        assert!(!take(start + RATE.refill));
        assert_eq!((0..40).filter(|_| take(start + 100 * RATE.refill)).count(), 10);
    }

    #[test]
    fn an_empty_bucket_never_gives_one() {
        let rate = Rate { burst: 0, ..RATE };
        assert!(!Bucket::default().has_one(rate, Instant::now()));
    }
}
