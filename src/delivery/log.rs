//! The bell's own words: one line of `tracing` under the target `tower_bell`. Scrubbed like every
//! message, and they can never ring.

use std::fmt;

use crate::{
    delivery::post::guard,
    redact::Redactor,
    text::{Unit, one_line},
};

/// Characters of one line.
const LINE: usize = 500;

/// Something that the operator has to mend.
pub(crate) fn error(redactor: &Redactor, text: fmt::Arguments<'_>) {
    let text = line(redactor, text);
    // The app's subscriber may panic.
    guard(|| tracing::error!(target: "tower_bell", "{text}"));
}

/// Something was lost, or nearly.
pub(crate) fn warn(redactor: &Redactor, text: fmt::Arguments<'_>) {
    let text = line(redactor, text);
    guard(|| tracing::warn!(target: "tower_bell", "{text}"));
}

/// Something that may explain what is missing.
pub(crate) fn info(redactor: &Redactor, text: fmt::Arguments<'_>) {
    let text = line(redactor, text);
    guard(|| tracing::info!(target: "tower_bell", "{text}"));
}

/// What happens all day.
pub(crate) fn debug(redactor: &Redactor, text: fmt::Arguments<'_>) {
    guard(|| {
        if tracing::enabled!(target: "tower_bell", tracing::Level::DEBUG) {
            tracing::debug!(target: "tower_bell", "{}", line(redactor, text));
        }
    });
}

/// One line without secrets.
pub(crate) fn line(redactor: &Redactor, text: impl fmt::Display) -> String {
    let text = redactor.text(&text.to_string());
    Unit::Chars.cut(&one_line(&text), LINE).to_owned()
}
