//! The bell's own thread: no runtime needed, none disturbed, and no deadline that a stuck transport
//! could break.

use std::{
    sync::{Arc, Mutex, mpsc},
    thread,
    time::Duration,
};

use tower_bell::{
    Bell, Message, Secret,
    redact::Redacted,
    transport::{Capabilities, Receipt, SendError, Transport},
};

const MINUTE: Duration = Duration::from_secs(60);

/// Hands each text to the test.
struct Chat(mpsc::Sender<String>);

impl Transport for Chat {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default().pace(Duration::ZERO)
    }

    fn secrets(&self) -> Vec<Secret> {
        Vec::new()
    }

    async fn post(&self, message: &Redacted<Message>) -> Result<Receipt, SendError> {
        let _ = self.0.send(message.text().to_owned());
        Ok(Receipt::new(message.text()))
    }
}

/// Blocks the worker's thread until the test lets go of it.
struct Stuck {
    entered: mpsc::Sender<()>,
    release: Arc<Mutex<mpsc::Receiver<()>>>,
}

impl Transport for Stuck {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    fn secrets(&self) -> Vec<Secret> {
        Vec::new()
    }

    async fn post(&self, _: &Redacted<Message>) -> Result<Receipt, SendError> {
        let _ = self.entered.send(());
        let _ = self.release.lock().unwrap().recv();
        Ok(Receipt::none())
    }
}

fn bell() -> (Bell, mpsc::Receiver<String>) {
    let (said, texts) = mpsc::channel();
    (Bell::builder("s").channel("#a", Chat(said)).build().unwrap(), texts)
}

/// A bell whose worker hangs in a post, and what lets it go on.
fn stuck() -> (Bell, mpsc::Sender<()>) {
    let (entered, enters) = mpsc::channel();
    let (go, release) = mpsc::channel();
    let release = Arc::new(Mutex::new(release));
    let bell = Bell::builder("s").channel("#a", Stuck { entered, release }).build().unwrap();
    bell.send(Message::new("a"));
    enters.recv().unwrap();
    (bell, go)
}

#[test]
fn a_program_without_a_runtime_can_send() {
    let (bell, texts) = bell();
    assert!(bell.send(Message::new("hello")).is_ok());
    assert_eq!(texts.recv().unwrap(), "hello");
    assert!(bell.shutdown_blocking(MINUTE).complete);
    assert!(bell.send(Message::new("late")).into_result().is_err());
}

#[test]
fn the_futures_need_no_tokio() {
    let (bell, _texts) = bell();
    let receipt = block_on(bell.deliver(Message::new("hello"))).unwrap();
    assert_eq!(receipt.id(), Some("hello"));
    assert_eq!(block_on(bell.test()), Ok(()));
    assert!(block_on(bell.flush(MINUTE)).complete);
    assert!(block_on(bell.shutdown(MINUTE)).complete);
}

#[test]
fn a_blocked_runtime_with_one_thread_still_sends() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (bell, texts) = bell();
    runtime.block_on(async {
        bell.send(Message::new("hello"));
        // Blocks the only thread of the app's runtime.
        assert_eq!(texts.recv().unwrap(), "hello");
        assert!(bell.flush_blocking(MINUTE).complete);
    });
}

#[test]
fn the_apps_runtime_may_end_first() {
    let (bell, texts) = bell();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let handle = bell.clone();
    runtime.block_on(async move { handle.send(Message::new("hello")) });
    drop(runtime);
    assert!(bell.flush_blocking(MINUTE).complete);
    assert_eq!(texts.recv().unwrap(), "hello");
}

#[test]
fn what_waits_is_sent_after_the_last_handle_is_dropped_in_async_context() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let texts = runtime.block_on(async {
        let (bell, texts) = bell();
        bell.send(Message::new("hello"));
        texts
    });
    assert_eq!(texts.recv().unwrap(), "hello");
    // The transport, and with it the thread, goes away.
    assert!(texts.recv().is_err());
}

#[test]
fn a_stuck_transport_breaks_no_deadline() {
    let (bell, go) = stuck();
    let soon = Duration::from_millis(20);
    assert!(!bell.flush_blocking(soon).complete);
    assert!(!block_on(bell.flush(soon)).complete);
    assert!(!block_on(bell.shutdown(soon)).complete);
    let drained = bell.shutdown_blocking(soon);
    assert!(!drained.complete && drained.left >= 1);
    drop(bell);
    drop(go);
}

#[test]
fn many_threads_may_ask_for_the_end_at_once() {
    let (bell, _texts) = bell();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                bell.send(Message::new("x"));
                bell.flush_blocking(MINUTE);
                bell.shutdown_blocking(MINUTE);
            });
        }
    });
    assert!(bell.send(Message::new("late")).into_result().is_err());
    let stats = &bell.stats().channels[0];
    assert_eq!(stats.sent + stats.refused + stats.failed, 9);
}

/// The smallest executor: a thread that parks.
fn block_on<F: Future>(future: F) -> F::Output {
    use std::task::{Context, Poll, Wake};

    struct Unpark(thread::Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let waker = Arc::new(Unpark(thread::current())).into();
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}
