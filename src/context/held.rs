//! Events that wait until it is known whether their request failed: then one message tells both.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Mutex,
};

use super::{Tags, current_tags, lock};
use crate::{report::Report, text::discard};

/// Events that wait in one request; further ones are told at once.
const MOST_HELD: usize = 4;

/// Tells an event: with the report of its request if that failed. Gives whether someone hears it.
pub(crate) type Tell = Box<dyn FnOnce(Option<Report>) -> bool + Send>;

/// An event that waits.
pub(crate) struct HeldEvent {
    /// Whose it is: what another bell says of the failure is said by its own rules, elsewhere.
    pub(crate) bell: usize,
    pub(crate) tell: Tell,
}

/// The events that wait in one request.
#[derive(Default)]
pub(crate) struct Held {
    waiting: Vec<HeldEvent>,
    /// The request is answered: nothing waits for it any more.
    over: bool,
}

/// Keeps what `event` gives until the current request is answered. `false`, without a call, where
/// there is nothing to wait for.
pub(crate) fn hold(event: impl FnOnce() -> HeldEvent) -> bool {
    let Some(tags) = current_tags() else { return false };
    let held = &mut lock(&tags).held;
    let waits = !held.over && held.waiting.len() < MOST_HELD;
    if waits {
        held.waiting.push(event());
    }
    waits
}

/// The events that wait in this request, which is answered now.
pub(super) fn take(tags: &Mutex<Tags>) -> Vec<HeldEvent> {
    let held = &mut lock(tags).held;
    held.over = true;
    std::mem::take(&mut held.waiting)
}

/// Nothing waits in this request any more. Out of the way of those in which nothing was said.
#[cold]
#[inline(never)]
pub(super) fn let_go(tags: &Mutex<Tags>) {
    release(take(tags));
}

/// Tells them by themselves.
pub(crate) fn release(events: impl IntoIterator<Item = HeldEvent>) {
    for HeldEvent { tell, .. } in events {
        // A subscriber that hears of a refused message is the app's code.
        let told = catch_unwind(AssertUnwindSafe(|| tell(None)));
        // Counted where it is refused.
        let _ = told.map_err(discard);
    }
}

/// The request went without an answer: its client is gone.
impl Drop for Held {
    fn drop(&mut self) {
        release(self.waiting.drain(..));
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Held").field("waiting", &self.waiting.len()).finish_non_exhaustive()
    }
}
