//! What the bell says of itself, alone in its process because a subscriber is global.

#![allow(clippy::unwrap_used, reason = "helpers of tests may fail like tests")]

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tower_bell::{
    Bell, Message, Secret,
    redact::Redacted,
    transport::{Capabilities, Receipt, SendError, Transport},
};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Gone for the first posts.
struct Gone(AtomicUsize);

impl Transport for Gone {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    fn secrets(&self) -> Vec<Secret> {
        Vec::new()
    }

    async fn post(&self, _: &Redacted<Message>) -> Result<Receipt, SendError> {
        match self.0.fetch_add(1, Ordering::Relaxed) {
            0..4 => Err(SendError::permanent("channel_not_found")),
            _ => Ok(Receipt::none()),
        }
    }
}

/// Down for the first posts.
struct Down(AtomicUsize);

impl Transport for Down {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    fn secrets(&self) -> Vec<Secret> {
        Vec::new()
    }

    async fn post(&self, _: &Redacted<Message>) -> Result<Receipt, SendError> {
        match self.0.fetch_add(1, Ordering::Relaxed) {
            0..10 => Err(SendError::transient("connection refused")),
            _ => Ok(Receipt::none()),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_channel_is_said_once_and_so_is_its_return() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).init();
    let lines = |what: &str| {
        let log = log.0.lock().unwrap();
        let log = String::from_utf8_lossy(&log);
        log.lines().filter(|line| line.contains("tower_bell") && line.contains(what)).count()
    };

    let builder = Bell::builder("s").channel("#errors", Gone(AtomicUsize::new(0)));
    let (bell, worker) = builder.build_with_worker().unwrap();
    tokio::spawn(worker.run());
    for _ in 0..3 {
        assert!(bell.deliver(Message::new("a")).await.is_err());
    }
    assert!(bell.test().await.is_err());
    assert_eq!(lines("#errors: no message is taken: channel_not_found"), 1);
    bell.test().await.unwrap();
    assert_eq!(lines("#errors: messages are taken again"), 1);

    let builder = Bell::builder("s").channel("#down", Down(AtomicUsize::new(0)));
    let (down, worker) = builder.build_with_worker().unwrap();
    tokio::spawn(worker.run());
    for _ in 0..2 {
        assert!(down.deliver(Message::new("a")).await.is_err());
    }
    assert_eq!(lines("#down: nothing was taken 5 times in a row: connection refused"), 1);
    down.deliver(Message::new("a")).await.unwrap();
    assert_eq!(lines("#down: messages are taken again"), 1);

    for _ in 0..10 {
        bell.send(Message::new("a").channel("#nowhere"));
    }
    assert_eq!(lines("no channel \"#nowhere\""), 4, "the 1st, 2nd, 4th and 8th");
    drop(bell);
    assert_eq!(lines("the last handle is gone"), 1);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(lines("messages unsent"), 1);
}
