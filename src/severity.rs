//! How bad it is: ordered, parsed and shown.

use std::{error::Error, fmt, str::FromStr};

/// How bad it is. Ordered: `Info < Warning < Error < Critical`.
///
/// What counts as what is decided, not guessed: `Err`, panics, 5xx responses and failures after
/// the head are [`Error`](Severity::Error); what the app marks itself (`ServerError::critical`,
/// [`context::severity`](crate::context::severity), a critical path) is
/// [`Critical`](Severity::Critical); chosen 4xx responses are [`Warning`](Severity::Warning).
///
/// ```
/// use tower_bell::Severity;
///
/// assert!(Severity::Critical > Severity::Error);
/// assert_eq!("warning".parse(), Ok(Severity::Warning));
/// ```
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
#[non_exhaustive]
pub enum Severity {
    /// Worth reading, nothing to do.
    #[default]
    Info,
    /// Something to look at when there is time.
    Warning,
    /// Something failed for someone.
    Error,
    /// Something failed that must not wait.
    Critical,
}

impl Severity {
    /// The lower-case name, as [`FromStr`] reads it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Severity {
    type Err = UnknownSeverity;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Info, Self::Warning, Self::Error, Self::Critical]
            .into_iter()
            .find(|severity| severity.as_str().eq_ignore_ascii_case(text.trim()))
            .ok_or(UnknownSeverity(()))
    }
}

/// The text names no [`Severity`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct UnknownSeverity(());

impl fmt::Display for UnknownSeverity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no severity of that name: use info, warning, error or critical")
    }
}

impl Error for UnknownSeverity {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back() {
        for severity in [Severity::Info, Severity::Warning, Severity::Error, Severity::Critical] {
            assert_eq!(severity.to_string().parse(), Ok(severity));
            assert_eq!(severity.to_string().to_uppercase().parse(), Ok(severity));
        }
        assert_eq!("fatal".parse::<Severity>(), Err(UnknownSeverity(())));
    }
}
