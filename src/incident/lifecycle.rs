//! What is known of one kind of failure, what was said of it in one channel, and when the next word
//! is due. Reads no clock: the worker hands the time in.
//!
//! The first failure is told at once, the others together once a [`PERIOD`] with their exact count.

use std::time::Duration;

use tokio::time::Instant;

/// The shortest time between two messages about one incident in one channel.
pub(crate) const PERIOD: Duration = Duration::from_secs(60);
/// How long a counted failure waits for its details before it is told without them.
pub(crate) const GRACE: Duration = Duration::from_secs(2);
/// An incident that was silent this long is over.
pub(crate) const QUIET: Duration = Duration::from_secs(600);

/// How often one kind failed, and when.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) total: u64,
    pub(crate) first: Instant,
    pub(crate) last: Instant,
    details: Details,
}

#[derive(Clone, Copy, Debug)]
enum Details {
    /// Nothing is untold that could need them.
    NotNeeded,
    /// They are on their way until then, or lost.
    Awaited(Instant),
    Here,
}

impl Facts {
    pub(crate) const fn new(now: Instant) -> Self {
        Self { total: 0, first: now, last: now, details: Details::NotNeeded }
    }

    pub(crate) fn count(&mut self, failures: u64, now: Instant) {
        self.total += failures;
        self.last = now;
        if matches!(self.details, Details::NotNeeded) {
            self.details = Details::Awaited(now + GRACE);
        }
    }

    /// A full report of one of the failures has come.
    pub(crate) const fn detailed(&mut self) {
        self.details = Details::Here;
    }

    /// All that was counted is told everywhere: what comes next brings its own details.
    pub(crate) const fn settled(&mut self) {
        self.details = Details::NotNeeded;
    }

    pub(crate) fn is_quiet(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.last) >= QUIET
    }

    /// When it can be told, with its details or without.
    fn tellable(&self) -> Instant {
        match self.details {
            Details::Awaited(until) => until,
            Details::NotNeeded | Details::Here => self.first,
        }
    }
}

/// What was told of one incident in one channel. `said` and `revision` move only on the provider's
/// yes.
#[derive(Debug, Default)]
pub(crate) struct Telling {
    /// Of how many failures the channel knows.
    said: u64,
    /// Up to how many it is to know without waiting for the period's end: a flush asks for it.
    asked: u64,
    at: Option<Instant>,
    put_off: Option<Instant>,
    revision: u64,
}

/// There is something to tell.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Due {
    /// From when on.
    pub(crate) at: Instant,
    /// Failures that the channel does not know of.
    pub(crate) fresh: u64,
    /// They came after this.
    pub(crate) since: Instant,
}

impl Telling {
    /// What the channel does not know yet, and from when on it may be told.
    pub(crate) fn due(&self, facts: &Facts) -> Option<Due> {
        let fresh = facts.total.checked_sub(self.said).filter(|fresh| *fresh > 0)?;
        let since = self.at.unwrap_or(facts.first);
        let period = self.at.map(|at| at + PERIOD);
        let at = match self.is_hurried() {
            true => facts.first,
            false => [period, self.put_off].into_iter().flatten().fold(facts.tellable(), Ord::max),
        };
        Some(Due { at, fresh, since })
    }

    /// The channel took a message that says `total`. Gives its number.
    pub(crate) fn told(&mut self, total: u64, now: Instant) -> u64 {
        self.said = total;
        self.at = Some(now);
        self.put_off = None;
        self.revision += 1;
        self.revision
    }

    /// The message was given up: the next one, a period later, says it all.
    pub(crate) fn put_off(&mut self, now: Instant) {
        self.put_off = Some(now + PERIOD);
    }

    /// Asks for what is known now to be told without waiting.
    pub(crate) const fn hurry(&mut self, facts: &Facts) {
        self.asked = facts.total;
        self.put_off = None;
    }

    /// A flush waits for this.
    pub(crate) const fn is_hurried(&self) -> bool {
        self.is_missed() && self.put_off.is_none()
    }

    /// What a flush asked for is not told, or not yet.
    pub(crate) const fn is_missed(&self) -> bool {
        self.said < self.asked
    }

    pub(crate) const fn is_told(&self, facts: &Facts) -> bool {
        self.said == facts.total
    }

    pub(crate) const fn untold(&self, facts: &Facts) -> u64 {
        facts.total - self.said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn detailed(now: Instant) -> Facts {
        let mut facts = Facts::new(now);
        facts.count(1, now);
        facts.detailed();
        facts
    }

    #[test]
    fn the_first_failure_is_told_at_once() {
        let now = Instant::now();
        let due = Telling::default().due(&detailed(now));
        assert_eq!(due, Some(Due { at: now, fresh: 1, since: now }));
    }

    #[test]
    fn the_others_are_told_together_a_period_later() {
        let now = Instant::now();
        let (mut facts, mut telling) = (detailed(now), Telling::default());
        assert_eq!(telling.told(1, now + SECOND), 1);
        assert_eq!(telling.due(&facts), None);
        for _ in 0..500 {
            facts.count(1, now + 2 * SECOND);
        }
        let due = Due { at: now + SECOND + PERIOD, fresh: 500, since: now + SECOND };
        assert_eq!(telling.due(&facts), Some(due));
    }

    #[test]
    fn lost_details_are_waited_for_a_little() {
        let now = Instant::now();
        let mut facts = Facts::new(now);
        facts.count(3, now);
        assert_eq!(Telling::default().due(&facts).map(|due| due.at), Some(now + GRACE));
        facts.count(1, now + SECOND);
        assert_eq!(Telling::default().due(&facts).map(|due| due.at), Some(now + GRACE));
        facts.detailed();
        assert_eq!(Telling::default().due(&facts).map(|due| due.at), Some(now));
    }

    #[test]
    fn what_was_given_up_is_told_a_period_later_with_all_that_came() {
        let now = Instant::now();
        let (mut facts, mut telling) = (detailed(now), Telling::default());
        telling.put_off(now);
        facts.count(4, now + SECOND);
        assert_eq!(telling.due(&facts).map(|due| (due.at, due.fresh)), Some((now + PERIOD, 5)));
    }

    #[test]
    fn a_flush_waits_for_no_period_and_asks_only_for_what_came_before_it() {
        let now = Instant::now();
        let (mut facts, mut telling) = (detailed(now), Telling::default());
        telling.told(1, now);
        facts.count(7, now + SECOND);
        telling.hurry(&facts);
        facts.count(1, now + 2 * SECOND);
        assert_eq!(telling.due(&facts).map(|due| (due.at, due.fresh)), Some((now, 8)));
        telling.told(8, now + 3 * SECOND);
        assert!(!telling.is_hurried());
        assert_eq!(telling.due(&facts).map(|due| due.at), Some(now + 3 * SECOND + PERIOD));
    }

    #[test]
    fn a_flush_does_not_wait_for_what_was_given_up_and_knows_that_it_is_missing() {
        let now = Instant::now();
        let (facts, mut telling) = (detailed(now), Telling::default());
        telling.hurry(&facts);
        assert!(telling.is_hurried());
        telling.put_off(now);
        assert!(telling.is_missed() && !telling.is_hurried());
    }
}
