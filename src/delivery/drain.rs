//! Flush and shutdown: a promise with a deadline, kept by the worker's clock, and by someone else if
//! the worker cannot.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        mpsc::{self, RecvTimeoutError},
    },
    time::Duration,
};

use tokio::sync::{Notify, oneshot};

/// Flushes under way at most; further ones are answered at once.
const MOST_FLUSHES: usize = 64;
/// How much later than the worker someone else keeps the deadline, so that the worker's answer,
/// which knows what is left, comes first.
const SLACK: Duration = Duration::from_millis(50);
/// The longest deadline.
const LONGEST: Duration = Duration::from_secs(24 * 3_600);

/// What came of a flush or a shutdown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Drained {
    /// The services took everything.
    pub complete: bool,
    /// Messages that they did not take: the app's own ones that still wait or were given up
    /// meanwhile, and one for each kind of failure that has something untold.
    pub left: usize,
}

impl Drained {
    pub(crate) const fn left(left: usize) -> Self {
        Self { complete: left == 0, left }
    }
}

/// Where the answer goes. Given once, by whoever is first.
#[derive(Clone, Debug)]
pub(crate) struct Answer(Arc<Mutex<Option<Waiting>>>);

#[derive(Debug)]
struct Waiting {
    future: oneshot::Sender<Drained>,
    thread: mpsc::Sender<Drained>,
}

impl Answer {
    pub(crate) fn new() -> (Self, oneshot::Receiver<Drained>, mpsc::Receiver<Drained>) {
        let (future, for_future) = oneshot::channel();
        let (thread, for_thread) = mpsc::channel();
        let waiting = Waiting { future, thread };
        (Self(Arc::new(Mutex::new(Some(waiting)))), for_future, for_thread)
    }

    pub(crate) fn give(&self, drained: Drained) {
        let waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Waiting { future, thread }) = waiting {
            // Nobody may be waiting any more.
            let _ = (thread.send(drained), future.send(drained));
        }
    }
}

/// Waits on this thread for at most so long, then gives the answer itself.
pub(crate) fn wait(
    answer: &Answer,
    answered: &mpsc::Receiver<Drained>,
    within: Duration,
    left: impl FnOnce() -> usize,
) -> Drained {
    match answered.recv_timeout(within.min(LONGEST) + SLACK) {
        Ok(drained) => drained,
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
            let drained = Drained { complete: false, left: left() };
            answer.give(drained);
            drained
        }
    }
}

/// What is asked of the worker.
#[derive(Debug)]
pub(crate) struct Flush {
    pub(crate) answer: Answer,
    pub(crate) within: Duration,
    /// Messages that it was to send and that no queue took.
    pub(crate) refused: usize,
}

/// What is asked of the worker: state, not a queue, so that asking never blocks.
#[derive(Debug, Default)]
pub(crate) struct Control {
    asked: Mutex<Asked>,
    pub(crate) news: Notify,
}

#[derive(Debug, Default)]
struct Asked {
    flushes: Vec<Flush>,
    /// How many the worker has in hand.
    begun: usize,
    /// No flush will be followed by more work: the worker ends when all are answered.
    closing: bool,
    /// There is no worker any more.
    ended: bool,
}

impl Control {
    /// Asks for a flush; gives the answer back if nobody is there to do it.
    pub(crate) fn ask(&self, flush: Flush) -> Result<(), Answer> {
        let mut asked = self.lock();
        if asked.ended || asked.flushes.len() + asked.begun >= MOST_FLUSHES {
            return Err(flush.answer);
        }
        asked.flushes.push(Flush { within: flush.within.min(LONGEST), ..flush });
        drop(asked);
        self.news.notify_one();
        Ok(())
    }

    /// The worker is to end once all flushes are answered.
    pub(crate) fn close(&self) {
        self.lock().closing = true;
        self.news.notify_one();
    }

    pub(crate) fn take(&self) -> Vec<Flush> {
        let mut asked = self.lock();
        let flushes = std::mem::take(&mut asked.flushes);
        asked.begun += flushes.len();
        flushes
    }

    /// The worker has answered one that it took.
    pub(crate) fn answered(&self) {
        self.lock().begun -= 1;
    }

    /// Whether the worker may end: it is to, and nobody asked for anything since
    /// [`take`](Self::take).
    pub(crate) fn is_over(&self) -> bool {
        let asked = self.lock();
        asked.closing && asked.flushes.is_empty()
    }

    /// The worker has ended. Gives the flushes that it did not see.
    pub(crate) fn end(&self) -> Vec<Flush> {
        let mut asked = self.lock();
        asked.ended = true;
        std::mem::take(&mut asked.flushes)
    }

    fn lock(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
