//! The redactor as a whole.

use super::*;

/// Whether any six characters in a row of the secret are in the text.
pub(super) fn leaks(text: &str, secret: &str) -> bool {
    secret.as_bytes().windows(6).any(|six| text.as_bytes().windows(6).any(|window| window == six))
}
