//! What a message is about.

use std::{borrow::Cow, fmt};

/// What a message is about: one of the common topics, or your own.
///
/// ```
/// use tower_bell::Topic;
///
/// assert_eq!(Topic::ServerError.as_str(), "server-error");
/// assert_eq!(Topic::from("onboarding").as_str(), "onboarding");
/// assert_eq!(Topic::from("payment"), Topic::Payment);
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum Topic {
    /// A request failed and it is the server's fault.
    ServerError,
    /// A request failed and it is the client's fault; only where asked for.
    ClientError,
    /// Money.
    Payment,
    /// What users do.
    User,
    /// Scheduled jobs.
    Task,
    /// Numbers about the app.
    Stats,
    /// Your own topic. For a name that is known only at run time; one of the common names in it is
    /// not that topic.
    Other(Cow<'static, str>),
}

impl Topic {
    /// The name, in lower case with dashes for the common ones.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::ServerError => "server-error",
            Self::ClientError => "client-error",
            Self::Payment => "payment",
            Self::User => "user",
            Self::Task => "task",
            Self::Stats => "stats",
            Self::Other(name) => name,
        }
    }

    const COMMON: [Self; 6] =
        [Self::ServerError, Self::ClientError, Self::Payment, Self::User, Self::Task, Self::Stats];
}

impl From<&'static str> for Topic {
    fn from(name: &'static str) -> Self {
        Self::COMMON
            .into_iter()
            .find(|topic| topic.as_str() == name)
            .unwrap_or(Self::Other(Cow::Borrowed(name)))
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
