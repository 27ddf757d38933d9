//! What comes after an error: again or not, how long the whole channel waits, and when to stop
//! trying for a while. Reads no clock.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

use crate::{delivery::LONGEST_PAUSE, transport::SendError};

/// Attempts made for one message, rate limits and a lost anchor not counted.
pub(crate) const MOST_ATTEMPTS: u32 = 5;
/// A message of the app's own that is older than this is given up.
pub(crate) const MESSAGE_LIFE: Duration = Duration::from_secs(15 * 60);
/// The pause after a rate limit that names none.
const UNSAID_PAUSE: Duration = Duration::from_secs(60);
/// The shortest pause after a rate limit, whatever the service says.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
/// The pause after a post that may have arrived; after each further one in a row twice as long.
const UNKNOWN_PAUSE: Duration = Duration::from_secs(10);
/// The longest such pause: shorter than [`MESSAGE_LIFE`], so that what waits is tried.
const LONGEST_UNKNOWN_PAUSE: Duration = Duration::from_secs(5 * 60);
/// Permanent errors in a row after which a channel is only probed.
const STRIKES: u32 = 3;
/// How often such a channel is probed.
const PROBE: Duration = Duration::from_secs(15 * 60);

/// What was tried to say one thing.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    made: u32,
    lost_anchor: bool,
    minimal: bool,
    unknown: bool,
}

/// What to do with a message that was not taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Verdict {
    Again,
    GiveUp,
}

impl Attempts {
    /// The service refused it in full: say only that it is there.
    pub(crate) const fn is_minimal(&self) -> bool {
        self.minimal
    }

    /// How often it failed.
    pub(crate) const fn made(&self) -> u32 {
        self.made
    }

    pub(crate) fn after(&mut self, error: &SendError) -> Verdict {
        // What was to be replaced is gone: that was no try of the message that is posted anew.
        let is_lost = error.is_lost_anchor() && !std::mem::replace(&mut self.lost_anchor, true);
        if error.is_rate_limited() || is_lost {
            return Verdict::Again;
        }
        self.made += 1;
        let again = if error.is_transient() {
            true
        } else if error.is_unknown_outcome() {
            !std::mem::replace(&mut self.unknown, true)
        } else if error.is_rejected() {
            !std::mem::replace(&mut self.minimal, true)
        } else {
            false
        };
        if again && self.made < MOST_ATTEMPTS { Verdict::Again } else { Verdict::GiveUp }
    }
}

/// How long a channel waits after an error, and whether it is only probed.
#[derive(Debug)]
pub(crate) struct Health {
    backoff: ExponentialBackoff,
    strikes: u32,
    /// Other errors since the last yes, rate limits not counted.
    misses: u32,
    /// Of these, posts that may have arrived.
    unknown: u32,
}

impl Health {
    pub(crate) fn new() -> Self {
        Self { backoff: backoff(), strikes: 0, misses: 0, unknown: 0 }
    }

    /// Nothing is taken here until someone changes something.
    pub(crate) const fn is_broken(&self) -> bool {
        self.strikes >= STRIKES
    }

    /// The service took a message. Gives whether it did not before.
    pub(crate) fn healed(&mut self) -> bool {
        let was_failing = self.strikes > 0 || self.misses >= MOST_ATTEMPTS;
        *self = Self::new();
        was_failing
    }

    /// The service did not take a message. Gives how long nothing goes out.
    pub(crate) fn failed(&mut self, error: &SendError) -> Duration {
        if error.is_rate_limited() {
            return rate_limited(error.retry_after());
        }
        if !error.is_permanent() {
            self.misses = self.misses.saturating_add(1);
        }
        if error.is_unknown_outcome() {
            return self.wait_and_see();
        }
        if error.is_permanent() {
            self.strikes = self.strikes.saturating_add(1);
        }
        match () {
            () if self.is_broken() => PROBE,
            () if error.is_transient() || error.is_permanent() => self.back_off(),
            () => Duration::ZERO,
        }
    }

    /// The first permanent error since the last yes: said once.
    pub(crate) const fn is_first_strike(&self) -> bool {
        self.strikes == 1
    }

    /// Whether this error is the first since the last yes: said once.
    pub(crate) fn is_first_miss(&self, error: &SendError) -> bool {
        let is_miss = !error.is_permanent() && !error.is_rate_limited();
        is_miss && self.misses == 1
    }

    /// Whether this error, just held against the channel, makes it an outage: said once.
    pub(crate) fn is_outage(&self, error: &SendError) -> bool {
        let is_miss = !error.is_permanent() && !error.is_rate_limited();
        is_miss && self.misses == MOST_ATTEMPTS
    }

    /// A service that does everything and never answers must not be flooded with duplicates.
    fn wait_and_see(&mut self) -> Duration {
        let times = 1 << self.unknown.min(16);
        self.unknown = self.unknown.saturating_add(1);
        (UNKNOWN_PAUSE * times).min(LONGEST_UNKNOWN_PAUSE)
    }

    /// Full jitter: anything between nothing and the step, so that replicas do not come together.
    fn back_off(&mut self) -> Duration {
        self.backoff.next().unwrap_or(PROBE).mul_f64(fastrand::f64())
    }
}

/// As long as asked for and up to a tenth longer.
fn rate_limited(asked: Option<Duration>) -> Duration {
    let asked = asked.unwrap_or(UNSAID_PAUSE).clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
    asked.mul_f64(1.0 + fastrand::f64() / 10.0).min(LONGEST_PAUSE)
}

/// 1 s, 2 s, 4 s .. 60 s, 60 s ..
fn backoff() -> ExponentialBackoff {
    ExponentialBuilder::new()
        .with_min_delay(Duration::from_secs(1))
        .with_factor(2.0)
        .with_max_delay(Duration::from_secs(60))
        .without_max_times()
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transient_error_is_tried_five_times() {
        let mut attempts = Attempts::default();
        let verdicts: Vec<_> =
            (0..5).map(|_| attempts.after(&SendError::transient("down"))).collect();
        assert_eq!(verdicts[..4], [Verdict::Again; 4]);
        assert_eq!(verdicts[4], Verdict::GiveUp);
    }

    #[test]
    fn a_rate_limit_is_not_held_against_the_message() {
        let mut attempts = Attempts::default();
        for _ in 0..100 {
            assert_eq!(attempts.after(&SendError::rate_limited(None, "slow")), Verdict::Again);
        }
        assert_eq!(attempts.made(), 0);
    }

    #[test]
    fn an_unknown_outcome_and_a_rejection_get_one_more_try_each() {
        let (unknown, rejected) = (SendError::unknown_outcome("?"), SendError::rejected("no"));
        let mut attempts = Attempts::default();
        assert_eq!(attempts.after(&unknown), Verdict::Again);
        assert!(!attempts.is_minimal());
        assert_eq!(attempts.after(&rejected), Verdict::Again);
        assert!(attempts.is_minimal());
        assert_eq!(attempts.after(&unknown), Verdict::GiveUp);
        assert_eq!(attempts.after(&rejected), Verdict::GiveUp);
    }

    #[test]
    fn a_lost_anchor_is_no_try_of_the_message_but_only_once() {
        let (mut attempts, lost) = (Attempts::default(), SendError::lost_anchor("gone"));
        assert_eq!(attempts.after(&lost), Verdict::Again);
        assert_eq!(attempts.made(), 0);
        assert_eq!(attempts.after(&lost), Verdict::GiveUp);
    }

    #[test]
    fn a_permanent_error_is_not_tried_again() {
        let verdict = Attempts::default().after(&SendError::permanent("gone"));
        assert_eq!(verdict, Verdict::GiveUp);
    }

    #[test]
    fn the_pause_after_a_rate_limit_is_what_the_service_asks_for_within_reason() {
        let seconds = Duration::from_secs;
        for (asked, least, most) in [
            (Some(seconds(7)), seconds(7), seconds(8)),
            (Some(seconds(0)), seconds(1), seconds(2)),
            (None, seconds(60), seconds(66)),
            (Some(Duration::MAX), LONGEST_PAUSE, LONGEST_PAUSE),
        ] {
            let pause = Health::new().failed(&SendError::rate_limited(asked, "slow"));
            assert!((least..=most).contains(&pause), "{asked:?}: {pause:?}");
        }
    }

    #[test]
    fn the_pause_grows_to_a_minute_and_starts_anew_after_a_yes() {
        let mut health = Health::new();
        for most in [1, 2, 4, 8, 16, 32, 60, 60] {
            let pause = health.failed(&SendError::transient("down"));
            assert!(pause <= Duration::from_secs(most), "{pause:?} > {most} s");
        }
        health.healed();
        assert!(health.failed(&SendError::transient("down")) <= Duration::from_secs(1));
    }

    #[test]
    fn a_service_that_never_answers_is_asked_less_and_less_until_a_yes() {
        let (mut health, unknown) = (Health::new(), SendError::unknown_outcome("?"));
        let pauses = [10, 20, 40, 80, 160, 300, 300].map(Duration::from_secs);
        assert_eq!(pauses.map(|_| health.failed(&unknown)), pauses);
        health.healed();
        assert_eq!(health.failed(&unknown), UNKNOWN_PAUSE);
    }

    #[test]
    fn three_permanent_errors_in_a_row_leave_only_probes() {
        let mut health = Health::new();
        let gone = SendError::permanent("gone");
        assert!(health.failed(&gone) <= Duration::from_secs(1));
        assert!(health.is_first_strike() && !health.is_broken());
        health.failed(&gone);
        assert_eq!(health.failed(&gone), PROBE);
        assert!(health.is_broken() && !health.is_first_strike());
        assert_eq!(health.failed(&gone), PROBE);
        assert!(health.healed());
        assert!(!health.healed() && !health.is_broken());
    }
}
