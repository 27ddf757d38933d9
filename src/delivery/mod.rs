//! stand-in
use crate::{
    redact::Redacted,
    report::{Fingerprint, Summary},
};
use std::sync::Arc;
pub(crate) struct KindFacts {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) summary: Redacted<Summary>,
    pub(crate) channel: Option<Arc<str>>,
}
