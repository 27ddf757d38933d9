//! What several tests stand on: a local Slack, and servers that misbehave.
#![allow(dead_code, reason = "every test uses its own part of it")]

pub(crate) mod bad_server;
#[cfg(feature = "axum")]
pub(crate) mod http;
#[cfg(feature = "slack")]
pub(crate) mod local_slack;
#[cfg(feature = "slack")]
pub(crate) mod still;

use std::time::Duration;

use tower_bell::{Bell, transport::stub::Stub};

/// How long anything is waited for before a test gives up, in real time.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Long enough for whatever is to be sent.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// A bell with one channel, and what rings there.
pub(crate) fn rung() -> (Bell, Stub) {
    let stub = Stub::new();
    let bell = Bell::builder("shop-api").channel("#errors", stub.clone()).build();
    (bell.expect("a thread for the bell"), stub)
}

/// A path's segment that is no id, so that each is a kind of its own.
pub(crate) fn words(mut number: u32) -> String {
    let mut word = String::new();
    for _ in 0..4 {
        word.push(char::from(b'a' + u8::try_from(number % 26).unwrap()));
        number /= 26;
    }
    word
}
