//! What a webhook would send, for the fuzz targets: they have no network.

use serde_json::Value;

use super::blocks;
use crate::{
    message::{Literal, Message},
    redact::Redacted,
};

/// The payload of this message with a quote and a piece of code, as a failure has them.
#[must_use]
pub fn payload(message: &Redacted<Message>, text: &str) -> Value {
    let (note, text) = (Some(text.to_owned()), text.to_owned());
    let literal = Literal { label: "Payload", note, text: text.clone(), language: Some("json") };
    let message = Message { quote: Some(text), literals: vec![literal], ..Message::clone(message) };
    let mut payload = blocks::payload(&message);
    if let Some(name) = &message.username {
        blocks::say_name(&mut payload, name);
    }
    payload
}
