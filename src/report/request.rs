//! What the request and the answer were.

use http::{Method, Version};

/// The request as it came, within bounds.
#[derive(Clone, Debug)]
pub(crate) struct RequestSnapshot {
    pub(crate) method: Method,
    /// `https`, from the absolute form of the target; `None` where only a proxy in front knows it.
    pub(crate) scheme: Option<String>,
    /// Host and port, from the absolute form or from `Host`.
    pub(crate) authority: Option<String>,
    /// Path and query, or whatever form the target has.
    pub(crate) target: String,
    pub(crate) version: Version,
    /// The matched route's template, if a router or the user named one.
    pub(crate) route: Option<String>,
    pub(crate) headers: Vec<Header>,
    /// The head was longer than what is kept of it.
    pub(crate) head_cut: bool,
    pub(crate) payload: Payload,
}

/// One header line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Header {
    pub(crate) name: String,
    /// `None`: the value was never copied, or the redactor took it out.
    pub(crate) value: Option<String>,
    /// The value was longer than what is kept of it.
    pub(crate) cut: bool,
}

/// What is known of the payload.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Payload {
    /// There was none.
    None,
    /// It is not shown: the reason, in words.
    NotShown(String),
    /// The handler did not read it.
    NotRead {
        /// `content-length`, if the client said it.
        length: Option<u64>,
    },
    /// The beginning of what the handler read. Raw: only the redactor may look.
    Raw {
        /// The kept bytes.
        prefix: Vec<u8>,
        /// How many bytes the handler read.
        read: u64,
        /// The handler read it to its end.
        complete: bool,
        /// `content-type`.
        content_type: Option<String>,
        /// `content-encoding`, unless `identity`.
        content_encoding: Option<String>,
    },
    /// The same after the redactor.
    Shown {
        /// The redacted text.
        text: String,
        /// How many values were hidden in it.
        hidden: usize,
        /// How many bytes the handler read.
        read: u64,
        /// How many bytes of them stand behind `text`.
        kept: u64,
        /// The handler read it to its end.
        complete: bool,
        /// A name for highlighting: `json`.
        language: Option<&'static str>,
    },
}

/// What the answer was.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct ResponseSnapshot {
    /// Its exact length, where the answer said it.
    pub(crate) length: Option<u64>,
    /// The beginning of a textual 5xx body.
    pub(crate) text: Option<String>,
    /// There was more text than what is kept.
    pub(crate) text_cut: bool,
    /// Bytes that went out before it failed, for a failure after the head.
    pub(crate) sent: Option<u64>,
}
