//! When a channel may send: never faster than its pace, never while it was told to wait. Reads no
//! clock.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    incident::{Bucket, Rate},
    transport::Capabilities,
};

/// The longest pause that a service can ask for.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(3_600);

#[derive(Debug)]
pub(crate) struct Pacing {
    rate: Rate,
    bucket: Bucket,
    pause: Option<Instant>,
}

impl Pacing {
    pub(crate) fn new(can: &Capabilities) -> Self {
        let rate = Rate { burst: can.burst.max(1), refill: can.pace.min(LONGEST_PAUSE) };
        Self { rate, bucket: Bucket::default(), pause: None }
    }

    /// Counts a message that was handed to the service, whatever came of it.
    pub(crate) fn sent(&mut self, now: Instant) {
        self.bucket.take(self.rate, now);
    }

    /// The service takes messages again: no pause is left but its pace.
    pub(crate) const fn resume(&mut self) {
        self.pause = None;
    }

    /// Nothing goes out for so long. A longer pause stays.
    pub(crate) fn pause(&mut self, now: Instant, pause: Duration) {
        self.pause = self.pause.max(Some(now + pause.min(LONGEST_PAUSE)));
    }

    /// From when on the channel may send, if that is not now.
    pub(crate) fn next(&self, now: Instant) -> Option<Instant> {
        self.bucket.next(self.rate, now).max(self.pause).filter(|next| *next > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn pacing(burst: u32) -> Pacing {
        Pacing::new(&Capabilities::default().pace(SECOND).burst(burst))
    }

    #[test]
    fn the_first_message_goes_at_once_and_the_second_a_pace_later() {
        let now = Instant::now();
        let mut pacing = pacing(1);
        assert_eq!(pacing.next(now), None);
        pacing.sent(now);
        assert_eq!(pacing.next(now), Some(now + SECOND));
        assert_eq!(pacing.next(now + SECOND), None);
    }

    #[test]
    fn where_a_service_takes_some_at_once_they_go_at_once_and_then_one_each_pace() {
        let now = Instant::now();
        let mut pacing = pacing(3);
        for _ in 0..3 {
            assert_eq!(pacing.next(now), None);
            pacing.sent(now);
        }
        assert_eq!(pacing.next(now), Some(now + SECOND));
        pacing.sent(now + SECOND);
        assert_eq!(pacing.next(now + SECOND), Some(now + 2 * SECOND));
    }

    #[test]
    fn after_a_yes_only_the_pace_is_left() {
        let now = Instant::now();
        let mut pacing = pacing(1);
        pacing.pause(now, 900 * SECOND);
        pacing.sent(now + SECOND);
        pacing.resume();
        assert_eq!(pacing.next(now + SECOND), Some(now + 2 * SECOND));
    }

    #[test]
    fn a_longer_pause_stays_and_none_is_longer_than_an_hour() {
        let now = Instant::now();
        let mut pacing = pacing(1);
        pacing.pause(now, Duration::MAX);
        pacing.pause(now, SECOND);
        pacing.sent(now + SECOND);
        assert_eq!(pacing.next(now), Some(now + LONGEST_PAUSE));
    }
}
