//! What is wrong with a setting, told where it is written.

use std::{borrow::Cow, fmt};

/// A value that can be wrong by itself was: a URL, a token, a pattern, a name. Names the setting,
/// never prints the secret.
#[derive(Clone, Eq, PartialEq)]
pub struct ConfigError {
    setting: Cow<'static, str>,
    problem: Cow<'static, str>,
}

impl ConfigError {
    /// `setting` is wrong because of `problem`. Neither may hold a secret.
    pub fn new(
        setting: impl Into<Cow<'static, str>>,
        problem: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { setting: setting.into(), problem: problem.into() }
    }
}

impl ConfigError {
    /// The same problem of a setting by another name.
    #[cfg(feature = "slack")]
    pub(crate) fn of(self, setting: &'static str) -> Self {
        Self { setting: setting.into(), ..self }
    }
}

impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tower_bell::ConfigError({self})")
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.setting, self.problem)
    }
}

impl std::error::Error for ConfigError {}
