//! Many new incidents at once: a channel is told so many one by one, the others together in one message
//! that is kept up to date. Reads no clock.

use tokio::time::Instant;

use super::{
    Incidents, Telling,
    facts::{GRACE, State},
};

/// How many new incidents may be told one by one: a bucket of tokens, as the moment when it is full
/// again.
#[derive(Debug, Default)]
pub(crate) struct Bucket {
    full: Option<Instant>,
}

impl Bucket {
    /// Whether there is one left.
    pub(crate) fn has_one(&self, settings: &Incidents, now: Instant) -> bool {
        self.next(settings, now).is_some_and(|next| next <= now)
    }

    /// From when on there is one left; never, if none is told by itself.
    pub(crate) fn next(&self, settings: &Incidents, now: Instant) -> Option<Instant> {
        let most = settings.refill.saturating_mul(settings.burst.checked_sub(1)?);
        Some(self.full.map_or(now, |full| full.checked_sub(most).unwrap_or(now).max(now)))
    }

    pub(crate) fn take(&mut self, settings: &Incidents, now: Instant) {
        self.full = Some(self.full.map_or(now, |full| full.max(now)) + settings.refill);
    }
}

/// The incidents of one channel that are told together. Which ones, the channel's records say.
#[derive(Debug)]
pub(crate) struct Storm {
    pub(crate) telling: Telling,
    since: Instant,
    /// Failures of what is told by itself by now.
    pub(crate) gone: u64,
    /// Kinds that are listed, at the end.
    pub(crate) listed: usize,
    /// Messages that listed a part of them, at the end.
    pages: u32,
}

impl Storm {
    pub(crate) fn new(now: Instant) -> Self {
        Self { telling: Telling::default(), since: now, gone: 0, listed: 0, pages: 0 }
    }

    pub(crate) const fn pages(&self) -> u32 {
        self.pages
    }

    /// What is left of it is listed in a message of its own.
    pub(crate) fn turn_page(&mut self) {
        self.pages += 1;
        self.telling.turn_page();
    }

    /// As one incident, of what its members have failed since, and what else is known of them.
    pub(crate) fn state(&self, members: impl Iterator<Item = (u64, State)>) -> Option<State> {
        let members =
            members.map(|(failures, member)| State { total: failures, people: 1, ..member });
        let all = members.reduce(|all, member| State {
            total: all.total + member.total,
            last: all.last.max(member.last),
            quiet: all.quiet.max(member.quiet),
            people: all.people + 1,
            ..all
        })?;
        Some(State {
            total: self.gone + all.total,
            base: 0,
            episode: 1,
            after: None,
            tellable: self.since + GRACE,
            first: self.since,
            is_seldom: false,
            is_storm: true,
            ..all
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn so_many_come_at_once_and_then_one_each_period() {
        let (mut bucket, settings, start) =
            (Bucket::default(), Incidents::default(), Instant::now());
        let mut take = |now: Instant| {
            let has_one = bucket.has_one(&settings, now);
            if has_one {
                bucket.take(&settings, now);
            }
            has_one
        };
        assert_eq!((0..40).filter(|_| take(start)).count(), 10);
        assert!(!take(start + settings.refill - Duration::from_millis(1)));
        assert!(take(start + settings.refill));
        assert!(!take(start + settings.refill));
        assert_eq!((0..40).filter(|_| take(start + 100 * settings.refill)).count(), 10);
    }

    #[test]
    fn without_a_burst_all_are_told_together() {
        let settings = Incidents::default().storm(0, Duration::from_secs(1));
        assert!(!Bucket::default().has_one(&settings, Instant::now()));
    }
}
