//! What the bell says of itself, alone in its process because a subscriber is global, and because
//! some things are said once in a process.

#![allow(clippy::unwrap_used, reason = "helpers of tests may fail like tests")]

use std::{
    convert::Infallible,
    io,
    sync::{LazyLock, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{Empty, Full};
use tower::{Layer, ServiceExt, service_fn};
use tower_bell::{
    Bell, Message,
    transport::{SendError, stub::Stub},
};

/// What was logged; the first one to ask for it begins it.
static LOG: LazyLock<Mutex<Vec<u8>>> = LazyLock::new(|| {
    tracing_subscriber::fmt().with_ansi(false).with_writer(|| Log).init();
    Mutex::default()
});

struct Log;

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How many lines of the bell's say this.
fn lines(what: &str) -> usize {
    let log = LOG.lock().unwrap();
    let log = String::from_utf8_lossy(&log);
    log.lines().filter(|line| line.contains("tower_bell") && line.contains(what)).count()
}

/// Answers the first so many posts with this.
fn failing(posts: usize, error: &SendError) -> Stub {
    let stub = Stub::new();
    (0..posts).for_each(|_| stub.answer(Err(error.clone())));
    stub
}

#[tokio::test(start_paused = true)]
async fn a_dead_channel_is_said_once_and_so_is_its_return() {
    LazyLock::force(&LOG);
    let gone = failing(4, &SendError::permanent("channel_not_found"));
    let builder = Bell::builder("s").channel("#errors", gone);
    let (bell, worker) = builder.build_with_worker().unwrap();
    tokio::spawn(worker.run());
    for _ in 0..3 {
        assert!(bell.deliver(Message::new("a")).await.is_err());
    }
    assert!(bell.test().await.is_err());
    assert_eq!(lines("#errors: no message is taken: channel_not_found"), 1);
    bell.test().await.unwrap();
    assert_eq!(lines("#errors: messages are taken again"), 1);

    let down = failing(10, &SendError::transient("connection refused"));
    let builder = Bell::builder("s").channel("#down", down);
    let (down, worker) = builder.build_with_worker().unwrap();
    tokio::spawn(worker.run());
    for _ in 0..2 {
        assert!(down.deliver(Message::new("a")).await.is_err());
    }
    assert_eq!(lines("#down: nothing was taken 5 times in a row: connection refused"), 1);
    down.deliver(Message::new("a")).await.unwrap();
    assert_eq!(lines("#down: messages are taken again"), 1);

    assert_eq!(lines("#down: not taken, and tried again: connection refused"), 1);
    assert_eq!(lines("#down: 1 of the app's own messages lost"), 2);

    let slow = failing(1, &SendError::rate_limited(Some(Duration::from_secs(3_600)), "slow down"));
    let (slow, worker) = Bell::builder("s").channel("#slow", slow).build_with_worker().unwrap();
    tokio::spawn(worker.run());
    slow.send(Message::new("a"));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(lines("#slow: nothing goes out for 3600 s: slow down"), 1);

    for _ in 0..10 {
        bell.send(Message::new("a").channel("#nowhere"));
    }
    assert_eq!(lines("no channel \"#nowhere\""), 4, "the 1st, 2nd, 4th and 8th");
    assert!(bell.flush(Duration::from_secs(60)).await.complete);
    drop(bell);
    assert_eq!(lines("the last handle is gone"), 0, "nothing waits");

    // Longer than anyone waits who is gone.
    let minute = Some(Duration::from_secs(60));
    let dead = Stub::failing(SendError::rate_limited(minute, "slow down"));
    let (dead, worker) = Bell::builder("s").channel("#dead", dead).build_with_worker().unwrap();
    tokio::spawn(worker.run());
    dead.send(Message::new("a"));
    drop(dead);
    assert_eq!(lines("the last handle is gone"), 1);
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(lines("messages unsent"), 1);
}

#[tokio::test]
async fn a_body_type_that_is_not_known_is_said_once() {
    LazyLock::force(&LOG);
    let (bell, _worker) =
        Bell::builder("s").channel("#a", Stub::new()).build_with_worker().unwrap();
    let service = bell.layer().layer(service_fn(async |_: Request<Full<Bytes>>| {
        Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
    }));
    for _ in 0..3 {
        let request = Request::new(Full::from("some payload"));
        service.clone().oneshot(request).await.unwrap();
    }
    assert_eq!(lines("Full<bytes::bytes::Bytes> are not captured: use `.any_body()`"), 1);
    assert_eq!(lines("are not captured"), 1);
}
