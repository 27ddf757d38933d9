//! Waiting for a message on any executor.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    task::{Context, Poll},
    thread,
    time::Duration,
};

use crate::{message::Message, redact::Redacted, transport::stub::Stub};

/// The future of [`Stub::next`].
#[must_use = "futures do nothing unless polled"]
pub struct Next {
    stub: Stub,
    deadline: Option<Deadline>,
}

impl Next {
    pub(super) fn new(stub: Stub) -> Self {
        Self { stub, deadline: None }
    }
}

impl Future for Next {
    type Output = Redacted<Message>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut state = self.stub.lock();
        if let Some(message) = state.next() {
            return Poll::Ready(message);
        }
        if !state.waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
            state.waiting.push(cx.waker().clone());
        }
        drop(state);
        let stub = self.stub.clone();
        let deadline = self.deadline.get_or_insert_with(|| Deadline::start(stub));
        if deadline.has_passed() {
            let seconds = PATIENCE.as_secs();
            let dump = self.stub.dump();
            panic!("no further message rang within {seconds} s of real time\n{dump}");
        }
        Poll::Pending
    }
}

impl fmt::Debug for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Next").finish_non_exhaustive()
    }
}

/// A thread that wakes the task when the patience is at its end. A timer of the runtime would stand
/// still, or run off, in paused time.
struct Deadline {
    passed: Arc<AtomicBool>,
    /// Dropping it ends the thread.
    _running: mpsc::Sender<()>,
}

impl Deadline {
    fn start(stub: Stub) -> Self {
        let passed = Arc::new(AtomicBool::new(false));
        let (running, ended) = mpsc::channel();
        let flag = Arc::clone(&passed);
        let watch = move || {
            if ended.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
                flag.store(true, Ordering::Release);
                stub.wake();
            }
        };
        // Without a thread there is no deadline; the message can still come.
        let _ = thread::Builder::new().name("tower-bell-stub".to_owned()).spawn(watch);
        Self { passed, _running: running }
    }

    fn has_passed(&self) -> bool {
        self.passed.load(Ordering::Acquire)
    }
}

/// How long a test waits for a message that does not come.
const PATIENCE: Duration = Duration::from_secs(10);
