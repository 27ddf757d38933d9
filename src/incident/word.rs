//! One thing to say: why, from when on, and how.

use std::time::Duration;

use tokio::time::Instant;

use crate::transport::Receipt;

/// Why something is said.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Reason {
    Open,
    /// Quiet for so long before it.
    Again(Duration),
    Escalated,
    /// It got more severe.
    Worse,
    InFull,
    Quiet,
    Reminder,
    /// What was edited is gone.
    Anew,
    Summary,
    Update,
}

/// How something is said.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Form {
    Message,
    /// In the place of this one.
    Edit(Receipt),
    /// To this one, and shown in the channel too.
    Answer(Receipt),
}

/// There is something to tell.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Word {
    pub(crate) why: Reason,
    /// From when on.
    pub(crate) at: Instant,
}

impl Reason {
    /// The smaller, the more important.
    pub(crate) const fn rank(self) -> u8 {
        match self {
            Self::Open | Self::Again(_) => 0,
            Self::Escalated | Self::Worse => 1,
            Self::InFull => 2,
            Self::Quiet => 3,
            Self::Reminder => 4,
            Self::Anew => 5,
            Self::Summary => 6,
            Self::Update => 7,
        }
    }

    /// It is the first word of an episode.
    pub(crate) const fn opens(self) -> bool {
        matches!(self, Self::Open | Self::Again(_))
    }
}
