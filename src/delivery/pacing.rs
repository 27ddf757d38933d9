//! When a channel may send: never faster than its pace, never while it was told to wait. Reads no
//! clock.

use std::time::Duration;

use tokio::time::Instant;

/// The longest pause that a service can ask for.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(3_600);

#[derive(Debug)]
pub(crate) struct Pacing {
    pace: Duration,
    next: Option<Instant>,
}

impl Pacing {
    pub(crate) fn new(pace: Duration) -> Self {
        Self { pace: pace.min(LONGEST_PAUSE), next: None }
    }

    /// Counts a message that was handed to the service, whatever came of it.
    pub(crate) fn sent(&mut self, now: Instant) {
        self.pause(now, self.pace);
    }

    /// The service takes messages again: no pause is left but its pace.
    pub(crate) fn resume(&mut self, now: Instant) {
        self.next = Some(now + self.pace);
    }

    /// Nothing goes out for so long. A longer pause stays.
    pub(crate) fn pause(&mut self, now: Instant, pause: Duration) {
        self.next = self.next.max(Some(now + pause.min(LONGEST_PAUSE)));
    }

    /// The moment from which on the channel may send; `None` is now.
    pub(crate) const fn next(&self) -> Option<Instant> {
        self.next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_first_message_goes_at_once_and_the_second_a_pace_later() {
        let now = Instant::now();
        let mut pacing = Pacing::new(SECOND);
        assert_eq!(pacing.next(), None);
        pacing.sent(now);
        assert_eq!(pacing.next(), Some(now + SECOND));
    }

    #[test]
    fn after_a_yes_only_the_pace_is_left() {
        let now = Instant::now();
        let mut pacing = Pacing::new(SECOND);
        pacing.pause(now, 900 * SECOND);
        pacing.resume(now + SECOND);
        assert_eq!(pacing.next(), Some(now + 2 * SECOND));
    }

    #[test]
    fn a_longer_pause_stays_and_none_is_longer_than_an_hour() {
        let now = Instant::now();
        let mut pacing = Pacing::new(SECOND);
        pacing.pause(now, Duration::MAX);
        pacing.sent(now + SECOND);
        assert_eq!(pacing.next(), Some(now + LONGEST_PAUSE));
    }
}
