//! Ring the team's chat when a request fails.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod bell;
mod capture;
pub mod context;
mod delivery;
mod error;
mod incident;
mod message;
pub mod redact;
mod render;
mod report;
mod secret;
mod severity;
mod text;
mod topic;
pub mod transport;

pub use self::{
    bell::{Bell, BuildError, Builder, Handover, TestFailed},
    capture::*,
    delivery::{
        ChannelStats, Drained, MOST_EXEMPLAR_BYTES, MOST_MESSAGE_BYTES, MOST_MESSAGES,
        MOST_REPORT_BYTES, MOST_REPORTS, Stats, Worker,
    },
    error::ConfigError,
    message::Message,
    redact::Redactor,
    report::{Fingerprint, FingerprintParts},
    secret::Secret,
    severity::{Severity, UnknownSeverity},
    topic::Topic,
};
