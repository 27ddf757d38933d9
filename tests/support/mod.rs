//! What several tests stand on: a local Slack, and servers that misbehave.
#![allow(dead_code, reason = "every test uses its own part of it")]

pub(crate) mod bad_server;
#[cfg(feature = "slack")]
pub(crate) mod local_slack;

use std::time::Duration;

/// How long anything is waited for before a test gives up, in real time.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
