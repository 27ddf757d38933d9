//! Ring the team's chat when a request fails.

#![cfg_attr(docsrs, feature(doc_cfg))]

pub mod context;
mod error;
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
    error::ConfigError,
    message::Message,
    redact::Redactor,
    report::{Fingerprint, FingerprintParts},
    secret::Secret,
    severity::Severity,
    topic::Topic,
};
