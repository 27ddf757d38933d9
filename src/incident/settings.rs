//! How often an incident speaks: every number, with the reason for its default.

use std::time::Duration;

use super::bucket::Rate;

/// Failures of a kind that are told one by one, with their details, before only their count is: a
/// small team wants to see them.
pub const TOLD_IN_FULL: u64 = 3;
/// The shortest time between two of these.
pub const FULL_PERIOD: Duration = Duration::from_secs(30);
/// When a channel whose messages cannot be edited gets a summary: so long after the first message, then
/// each [`SUMMARY_PERIOD`].
pub const SUMMARIES: [Duration; 2] = [Duration::from_secs(5 * 60), Duration::from_secs(15 * 60)];
/// The time between two later summaries.
pub const SUMMARY_PERIOD: Duration = Duration::from_secs(3_600);
/// So many times as many failures as when the channel last rang ring again, or as are told in full.
pub const ESCALATION: u64 = 10;
/// The shortest time between a message that rings, which an edit does not, and an escalation.
pub const ESCALATION_PERIOD: Duration = Duration::from_secs(60);
/// What goes on is brought back to mind after this; what comes back again and again after twice as long
/// each time, at most a day.
pub const REMINDER: Duration = Duration::from_secs(4 * 3_600);
/// How long nothing of a kind may fail until it is quiet; from the third return within a day on the
/// later ones.
pub const QUIET: [Duration; 3] =
    [Duration::from_secs(600), Duration::from_secs(3_600), Duration::from_secs(6 * 3_600)];
/// How long a kind is remembered, so that it can be said that it is back. A single failure that comes
/// back so often ([`RETURNS`]) within this is one incident that goes on; an outage, of more failures than
/// are told in full, rings when it is back.
pub const REMEMBERED: Duration = Duration::from_secs(24 * 3_600);
/// The return of a single failure that is no news any more: the incident goes on.
pub const RETURNS: usize = 3;
/// The longest time between two edits: the older an incident, the fewer.
pub const LONGEST_EDIT_PERIOD: Duration = Duration::from_secs(300);
/// How many new incidents a channel is told one by one at once; further ones are told together in one
/// message.
pub const STORM_BURST: u32 = 10;
/// After so long there is room for one more.
pub const STORM_REFILL: Duration = Duration::from_secs(30);

/// More returns than this are not remembered.
const MOST_RETURNS: usize = 100;
/// The longest time that a setting can name.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 3_600);

/// When failures of one kind speak again, and when they only count: the settings of
/// [`Builder::incidents`](crate::Builder::incidents).
///
/// The first failure of a kind is told at once. The others are counted, exactly, and told as the
/// channel can: where messages can be edited the first one is kept up to date; elsewhere summaries
/// come after 5 min, 15 min, then hourly ([`SUMMARIES`], [`SUMMARY_PERIOD`]).
///
/// ```
/// use std::time::Duration;
/// use tower_bell::Incidents;
///
/// let incidents = Incidents::default()
///     .quiet_after(Duration::from_secs(30 * 60))
///     .storm(20, Duration::from_secs(10));
/// # tower_bell::Bell::builder("shop-api").incidents(incidents);
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[must_use = "does nothing until it is handed to the builder"]
pub struct Incidents {
    pub(crate) on: bool,
    pub(crate) in_full: u64,
    pub(crate) full_period: Duration,
    pub(crate) escalation: u64,
    pub(crate) escalation_period: Duration,
    pub(crate) reminder: Duration,
    pub(crate) summaries: [Duration; 2],
    pub(crate) summary_period: Duration,
    pub(crate) longest_edit_period: Duration,
    pub(crate) quiet: [Duration; 3],
    pub(crate) remembered: Duration,
    pub(crate) returns: usize,
    pub(crate) storm: Rate,
}

impl Default for Incidents {
    fn default() -> Self {
        Self {
            on: true,
            in_full: TOLD_IN_FULL,
            full_period: FULL_PERIOD,
            escalation: ESCALATION,
            escalation_period: ESCALATION_PERIOD,
            reminder: REMINDER,
            summaries: SUMMARIES,
            summary_period: SUMMARY_PERIOD,
            longest_edit_period: LONGEST_EDIT_PERIOD,
            quiet: QUIET,
            remembered: REMEMBERED,
            returns: RETURNS,
            storm: Rate { burst: STORM_BURST, refill: STORM_REFILL },
        }
    }
}

impl Incidents {
    /// Every failure rings, as fast as the channel's pace allows; what it does not allow is told with
    /// the next one. Nothing is said of what became quiet, and nothing is told together.
    pub fn off() -> Self {
        Self { on: false, ..Self::default() }
    }

    /// How many failures of a kind are told with their details, and the shortest time between two of
    /// them. Default: [`TOLD_IN_FULL`] and [`FULL_PERIOD`]. The first one always is.
    pub fn in_full(mut self, failures: u64, period: Duration) -> Self {
        (self.in_full, self.full_period) = (failures.max(1), period.min(LONGEST));
        self
    }

    /// So many times as many failures as when a channel last rang ring again, at the earliest so long
    /// after that. As long as fewer were told than are told in full, it is so many times as many as
    /// those. Default: [`ESCALATION`] and [`ESCALATION_PERIOD`]. Less than 2 counts as 2.
    pub fn escalate(mut self, times: u64, period: Duration) -> Self {
        (self.escalation, self.escalation_period) = (times.max(2), period.min(LONGEST));
        self
    }

    /// What goes on is brought back to mind after this. Default: [`REMINDER`].
    pub fn remind_after(mut self, period: Duration) -> Self {
        self.reminder = period.clamp(Duration::from_secs(1), LONGEST);
        self
    }

    /// When a channel whose messages cannot be edited gets a summary: so long after the first message,
    /// and then each `period` (at least a second). Default: [`SUMMARIES`] and [`SUMMARY_PERIOD`].
    pub fn summaries(mut self, after: [Duration; 2], period: Duration) -> Self {
        self.summaries = after.map(|after| after.min(LONGEST));
        self.summaries.sort_unstable();
        self.summary_period = period.clamp(Duration::from_secs(1), LONGEST);
        self
    }

    /// The longest time between two edits of a message. They come each
    /// [`edit_period`](crate::transport::Capabilities::edit_period) at first, and ever more slowly as the
    /// incident gets old. Default: [`LONGEST_EDIT_PERIOD`].
    pub fn longest_edit_period(mut self, period: Duration) -> Self {
        self.longest_edit_period = period.min(LONGEST);
        self
    }

    /// When single failures that come back again and again are one incident that goes on: from so many
    /// returns on (at least 1, at most 100) within this time. So long a kind that is quiet is remembered.
    /// Default: [`RETURNS`] and [`REMEMBERED`].
    pub fn low_rate(mut self, returns: usize, within: Duration) -> Self {
        self.returns = returns.clamp(1, MOST_RETURNS);
        self.remembered = within.clamp(Duration::from_secs(1), LONGEST);
        self
    }

    /// How long nothing of a kind may fail until it is quiet. Default: the first of [`QUIET`]; the
    /// longer ones, for low rates, grow with it, unless [`quiet_periods`](Self::quiet_periods) follows.
    pub fn quiet_after(mut self, period: Duration) -> Self {
        let period = period.clamp(Duration::from_millis(1), LONGEST);
        let times = |longer: Duration| {
            let times = longer.as_secs_f64() / QUIET[0].as_secs_f64();
            period.mul_f64(times).min(LONGEST * 6)
        };
        self.quiet = QUIET.map(times);
        self
    }

    /// All three of them, the shortest first: the usual one, and those of what comes back again and
    /// again. Default: [`QUIET`].
    pub fn quiet_periods(mut self, periods: [Duration; 3]) -> Self {
        self.quiet = periods.map(|period| period.clamp(Duration::from_millis(1), LONGEST));
        self.quiet.sort_unstable();
        self
    }

    /// How many new incidents a channel is told one by one at once, and after how long there is room
    /// for one more. Default: [`STORM_BURST`] and [`STORM_REFILL`]. Critical ones are always told. With a
    /// burst of 0 all others are told together, without their details.
    pub fn storm(mut self, burst: u32, refill: Duration) -> Self {
        self.storm = Rate { burst, refill: refill.clamp(Duration::from_millis(1), LONGEST) };
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_quiet_periods_grow_with_the_first() {
        let second = Duration::from_secs(1);
        let incidents = Incidents::default().quiet_after(3 * second);
        assert_eq!(incidents.quiet, [3 * second, 18 * second, 108 * second]);
        let most = Incidents::default().quiet_after(Duration::MAX).quiet;
        assert!(most.is_sorted() && most[2] <= LONGEST * 6);
        let own = incidents.quiet_periods([9 * second, 4 * second, 5 * second]);
        assert_eq!(own.quiet, [4 * second, 5 * second, 9 * second]);
    }

    #[test]
    fn no_setting_is_out_of_all_bounds() {
        for any in [Duration::ZERO, Duration::MAX] {
            let incidents = Incidents::default().summaries([any; 2], any).low_rate(0, any);
            assert!(incidents.summaries[1] <= LONGEST && incidents.returns == 1);
            for period in [incidents.summary_period, incidents.remembered] {
                assert!(period >= Duration::from_secs(1) && period <= LONGEST);
            }
            let incidents = incidents.longest_edit_period(any).quiet_periods([any; 3]);
            assert!(incidents.longest_edit_period <= LONGEST && incidents.quiet[2] <= LONGEST);
        }
        let many = Incidents::default().low_rate(usize::MAX, Duration::ZERO);
        assert_eq!(many.returns, MOST_RETURNS);
    }
}
