//! Why a bell was not built.

use std::{error::Error, fmt, io, sync::Arc};

use crate::error::ConfigError;

/// Why a bell was not built: names the setting, never a secret.
#[derive(Clone)]
pub struct BuildError {
    problem: Problem,
}

#[derive(Clone)]
pub(super) enum Problem {
    /// The service's name is empty.
    NoService,
    /// There is no channel.
    NoChannel,
    /// The fallback is no channel.
    NoFallback(Arc<str>),
    /// A channel's name is empty.
    NoName,
    /// Two channels have this name.
    Twice(Arc<str>),
    /// The worker's thread or runtime did not start.
    Thread(Arc<io::Error>),
    /// A value is wrong by itself.
    Setting(ConfigError),
}

impl From<Problem> for BuildError {
    fn from(problem: Problem) -> Self {
        Self { problem }
    }
}

impl From<ConfigError> for BuildError {
    fn from(error: ConfigError) -> Self {
        Problem::Setting(error).into()
    }
}

impl fmt::Debug for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tower_bell::BuildError({self})")
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problem {
            Problem::NoService => f.write_str("service: the name is empty"),
            Problem::NoChannel => f.write_str("channel: there is none"),
            Problem::NoFallback(name) => write!(f, "fallback: there is no channel {name:?}"),
            Problem::NoName => f.write_str("channel: a name is empty"),
            Problem::Twice(name) => write!(f, "channel: the name {name:?} is given twice"),
            Problem::Thread(error) => write!(f, "the worker did not start: {error}"),
            Problem::Setting(error) => error.fmt(f),
        }
    }
}

impl Error for BuildError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.problem {
            Problem::Thread(error) => Some(&**error),
            _ => None,
        }
    }
}
