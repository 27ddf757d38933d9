//! What all handles of one bell share, and what happens when the last one goes.

use std::{
    fmt,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use super::shapes::Shapes;
use crate::{
    delivery::{Answer, Drained, Hub, wait},
    report::FingerprintFn,
};

/// How long the worker sends on when the last handle is gone.
const AFTERGLOW: Duration = Duration::from_secs(5);

pub(crate) struct Core {
    /// The user's own grouping.
    pub(super) fingerprint: Option<Box<FingerprintFn>>,
    pub(crate) hub: Arc<Hub>,
    pub(super) shapes: Shapes,
}

impl Core {
    /// Tells it from every other that lives.
    pub(super) fn id(self: &Arc<Self>) -> usize {
        Arc::as_ptr(self).addr()
    }

    /// A thread that gives the answer when the worker cannot. It ends with the answer. If it does
    /// not start, the worker's own clock has to do.
    pub(super) fn keep_deadline(
        &self,
        answer: Answer,
        answered: mpsc::Receiver<Drained>,
        within: Duration,
    ) {
        let hub = Arc::clone(&self.hub);
        let keep = move || {
            wait(&answer, &answered, within, || hub.waiting());
        };
        let _ = thread::Builder::new().name("tower-bell-drain".to_owned()).spawn(keep);
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        self.hub.abandon(AFTERGLOW);
    }
}

impl fmt::Debug for Core {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Core").field("origin", &self.hub.origin).finish_non_exhaustive()
    }
}
