//! Told once an hour, with no count lost.

use std::{mem, time::Duration};

use tokio::time::Instant;

/// The shortest time between two messages of the same thing about one job.
pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// How often something happened since it was last told.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Fresh {
    pub(crate) count: u64,
    /// From the last message to the last time; zero if there was no message.
    pub(crate) over: Duration,
}

/// Counts until it is told.
#[derive(Debug, Default)]
pub(super) struct Gate {
    told: Option<Instant>,
    untold: u64,
    last: Option<Instant>,
}

impl Gate {
    pub(super) fn count(&mut self, now: Instant) {
        self.untold += 1;
        self.last = Some(now);
    }

    /// What was taken out was not told.
    pub(super) const fn put_back(&mut self, count: u64) {
        self.untold += count;
    }

    pub(super) const fn untold(&self) -> u64 {
        self.untold
    }

    /// Nothing was told within the last hour.
    pub(super) fn is_open(&self, now: Instant) -> bool {
        self.told.is_none_or(|told| now.saturating_duration_since(told) >= HOUR)
    }

    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.untold > 0 && self.is_open(now)
    }

    /// Takes out what is told now, in a message of its own.
    pub(super) fn tell(&mut self, now: Instant) -> Fresh {
        let fresh = self.mention();
        self.told = Some(now);
        fresh
    }

    /// Takes out what another message says as well: the hour goes on.
    pub(super) fn mention(&mut self) -> Fresh {
        let between = self.last.zip(self.told);
        let over = between.map(|(last, told)| last.saturating_duration_since(told));
        Fresh { count: mem::take(&mut self.untold), over: over.unwrap_or_default() }
    }
}
