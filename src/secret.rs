//! A token or webhook URL that nothing prints by accident.

use std::{fmt, sync::Arc};

use serde::{Serialize, Serializer};

/// A token or webhook URL. `Debug`, `Display` and serde print `[redacted]`; only
/// [`expose`](Secret::expose) gives the text.
///
/// What a [`Transport`](crate::transport::Transport) names as its secrets is scrubbed from every
/// message and from the bell's own errors and logs.
///
/// ```
/// use tower_bell::Secret;
///
/// let token = Secret::new("xoxb-1-2-3");
/// assert_eq!(format!("{token} {token:?}"), "[redacted] Secret([redacted])");
/// assert_eq!(token.expose(), "xoxb-1-2-3");
/// ```
#[derive(Clone, Eq, PartialEq)]
pub struct Secret(Arc<str>);

impl Secret {
    /// Wraps the text.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The text itself. Hand it only to what needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([redacted])")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("[redacted]")
    }
}
