//! What the bell did, in numbers: nothing is lost without being counted here.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
};

/// What a bell did since it was built, from [`Bell::stats`](crate::Bell::stats). Holds no secret.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct Stats {
    /// Requests whose client went away before the answer. They do not ring.
    pub cancelled: u64,
    /// The channels, the default one first.
    pub channels: Vec<ChannelStats>,
    /// Events that were left out, because one with their key was told already.
    pub duplicates: u64,
    /// Failures whose details were lost, because too many came at once. They are counted and told
    /// nevertheless.
    pub exemplars_lost: u64,
    /// Failures counted.
    pub failures: u64,
    /// Of these, failures of kinds that there was no room to count apart.
    pub further: u64,
    /// Failures that some channel was never told: it took nothing for long, and of the kinds that waited
    /// only the latest [`MOST_REMEMBERED`](crate::delivery::MOST_REMEMBERED) are kept.
    pub lost: u64,
    /// Requests for pages that are not there; counted only where a layer asks for them.
    pub not_found: u64,
    /// Messages for a channel that does not exist. They went to the default channel.
    pub unknown_channel: u64,
    /// Failures that were counted and are not told yet, as of the worker's last look.
    pub untold: u64,
    /// The worker is there: messages are taken. `false` after a shutdown.
    pub worker_alive: bool,
}

/// What one channel did.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct ChannelStats {
    /// Nothing was taken three times in a row for a reason that stays until someone changes
    /// something. The channel is tried every 15 minutes.
    pub broken: bool,
    /// Events that were told together with others of a flood, a line each in one message; each is
    /// counted in [`sent`](Self::sent) too.
    pub digested: u64,
    /// Messages of the app's own that the fallback channel took over
    /// ([`Builder::fallback`](crate::Builder::fallback)); there they are counted as sent.
    pub diverted: u64,
    /// Of [`sent`](Self::sent), edits of a message about an incident. They notify nobody.
    pub edited: u64,
    /// Messages that were given up, each event of a flood as one. A message about failures is told later with the next count.
    pub failed: u64,
    /// Why the last post was not taken, in the service's own word, until one is taken again.
    pub last_error: Option<String>,
    /// The name given to the builder.
    pub name: String,
    /// Messages of the app's own that wait.
    pub queued: usize,
    /// Their bytes, about.
    pub queued_bytes: usize,
    /// Messages that were refused, because the queue was full.
    pub refused: u64,
    /// Posts that are to be tried again.
    pub retried: u64,
    /// Messages that the service took, each event of a flood as one, and what replaced an earlier
    /// message as one more. What was replaced before it was sent is counted nowhere.
    pub sent: u64,
}

/// The whole bell's counters.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    pub(crate) alive: AtomicBool,
    pub(crate) cancelled: AtomicU64,
    pub(crate) duplicates: AtomicU64,
    pub(crate) exemplars_lost: AtomicU64,
    pub(crate) further: AtomicU64,
    pub(crate) lost: AtomicU64,
    pub(crate) not_found: AtomicU64,
    /// Failures that an event of the same request told.
    pub(crate) told_by_events: AtomicU64,
    pub(crate) unknown_channel: AtomicU64,
    pub(crate) untold: AtomicU64,
    /// Lost exemplars that no message has told yet.
    untold_losses: AtomicU64,
    /// The same of failures.
    untold_failures: AtomicU64,
}

impl Meter {
    pub(crate) fn new() -> Self {
        Self { alive: AtomicBool::new(true), ..Self::default() }
    }

    pub(crate) fn lost_failures(&self, failures: u64) {
        self.lost.fetch_add(failures, Relaxed);
        self.untold_failures.fetch_add(failures, Relaxed);
    }

    pub(crate) fn lost_exemplar(&self) {
        self.exemplars_lost.fetch_add(1, Relaxed);
        self.untold_losses.fetch_add(1, Relaxed);
    }
}

/// One channel's counters.
#[derive(Debug, Default)]
pub(crate) struct ChannelMeter {
    /// Flushes that asked for what waits here, and up to which of them the channel was tried.
    asked: AtomicU64,
    tried: AtomicU64,
    pub(crate) broken: AtomicBool,
    pub(crate) digested: AtomicU64,
    pub(crate) diverted: AtomicU64,
    pub(crate) edited: AtomicU64,
    pub(crate) failed: AtomicU64,
    /// Messages of the app's own that were taken in and given up.
    pub(crate) lost: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) retried: AtomicU64,
    pub(crate) sent: AtomicU64,
    last_error: Mutex<Option<Arc<str>>>,
    /// Messages of the app's own, lost here, that no message has told yet.
    untold_losses: AtomicU64,
}

impl ChannelMeter {
    /// A flush asks for what waits. Gives its number.
    pub(crate) fn ask(&self) -> u64 {
        self.asked.fetch_add(1, Relaxed) + 1
    }

    /// The last flush that asked.
    pub(crate) fn asked(&self) -> u64 {
        self.asked.load(Relaxed)
    }

    /// The channel was tried since this flush asked.
    pub(crate) fn tried(&self, flush: u64) {
        self.tried.fetch_max(flush, Relaxed);
    }

    /// Whether it was.
    pub(crate) fn is_tried(&self, flush: u64) -> bool {
        self.tried.load(Relaxed) >= flush
    }

    pub(crate) fn refuse(&self) {
        self.refused.fetch_add(1, Relaxed);
        self.untold_losses.fetch_add(1, Relaxed);
    }

    pub(crate) fn lose(&self, messages: u64) {
        self.failed.fetch_add(messages, Relaxed);
        self.lost.fetch_add(messages, Relaxed);
        self.untold_losses.fetch_add(messages, Relaxed);
    }

    pub(crate) fn set_error(&self, error: Option<Arc<str>>) {
        *self.last_error.lock().unwrap_or_else(PoisonError::into_inner) = error;
    }

    pub(crate) fn error(&self) -> Option<String> {
        let error = self.last_error.lock().unwrap_or_else(PoisonError::into_inner);
        error.as_ref().map(|error| error.to_string())
    }

    pub(crate) fn read(&self, name: &str, (queued, queued_bytes): (usize, usize)) -> ChannelStats {
        ChannelStats {
            broken: self.broken.load(Relaxed),
            digested: self.digested.load(Relaxed),
            diverted: self.diverted.load(Relaxed),
            edited: self.edited.load(Relaxed),
            failed: self.failed.load(Relaxed),
            last_error: self.error(),
            name: name.to_owned(),
            queued,
            queued_bytes,
            refused: self.refused.load(Relaxed),
            retried: self.retried.load(Relaxed),
            sent: self.sent.load(Relaxed),
        }
    }
}

/// What was lost and is told in the next message; given back if that one is not taken.
#[derive(Debug, Default)]
pub(crate) struct Losses {
    exemplars: u64,
    failures: u64,
    messages: u64,
}

impl Losses {
    /// Only a message about failures speaks of what was lost of them.
    pub(crate) fn claim(meter: &Meter, channel: &ChannelMeter, of_failures: bool) -> Self {
        let take = |losses: &AtomicU64| if of_failures { losses.swap(0, Relaxed) } else { 0 };
        Self {
            exemplars: take(&meter.untold_losses),
            failures: take(&meter.untold_failures),
            messages: channel.untold_losses.swap(0, Relaxed),
        }
    }

    pub(crate) fn give_back(&self, meter: &Meter, channel: &ChannelMeter) {
        meter.untold_losses.fetch_add(self.exemplars, Relaxed);
        meter.untold_failures.fetch_add(self.failures, Relaxed);
        channel.untold_losses.fetch_add(self.messages, Relaxed);
    }

    /// In words, if there is something to say.
    pub(crate) fn note(&self) -> Option<String> {
        let some = |count, what| match count {
            0 => None,
            1 => Some(format!("1 {what}")),
            _ => Some(format!("{count} {what}s")),
        };
        let messages =
            some(self.messages, "earlier message").map(|some| format!("{some} lost here"));
        let failures =
            some(self.failures, "failure").map(|some| format!("{some} never told somewhere"));
        // Nobody knows of which kinds.
        let exemplars = some(self.exemplars, "failure")
            .map(|some| format!("since the last message details of {some} of any kind lost"));
        let parts: Vec<_> = messages.into_iter().chain(failures).chain(exemplars).collect();
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}
