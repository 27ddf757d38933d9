//! What there is to say of scheduled jobs, before it has words.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
    time::Duration,
};

use super::{Fresh, Settings};
use crate::{
    redact::Redacted,
    report::{Cause, Normal, job::Summary},
    severity::Severity,
};

/// Something to say of one job.
#[derive(Debug)]
pub(crate) struct Say {
    pub(crate) task: Arc<str>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) what: What,
}

#[derive(Debug)]
pub(crate) enum What {
    /// A run began.
    Started,
    Ended(Ended),
    /// It failed again and again since the last message; this is how it did last.
    Failing {
        last: Failure,
        failures: Failures,
    },
    /// Runs went on for longer than `limit`; `going` if one still does.
    Overran {
        limit: Duration,
        going: bool,
        runs: Fresh,
    },
    /// No run started when one was expected.
    Missed(Missed),
}

/// A run that ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) ending: Ending,
    pub(crate) took: Duration,
    /// Its number, if another run of the same job was going.
    pub(crate) beside: Option<u64>,
    /// It went on for longer than this.
    pub(crate) overran: Option<Duration>,
    /// So many runs were missed before it, which was told.
    pub(crate) missed: u64,
    /// Of a failure: this one included; else the ones before it.
    pub(crate) failures: Failures,
}

#[derive(Debug)]
pub(crate) enum Ending {
    Done(Summary),
    Failed(Failure),
}

/// How a run failed. It may be kept for an hour, and so is redacted.
#[derive(Debug)]
pub(crate) enum Failure {
    Returned(Redacted<Cause>),
    Panicked(Redacted<Cause>),
    /// Its future was dropped before it was done.
    Dropped,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Failures {
    /// Runs that failed one after the other.
    pub(crate) in_a_row: u64,
    /// Since the first of them.
    pub(crate) lasting: Duration,
    /// Those that no message told before.
    pub(crate) fresh: Fresh,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Missed {
    pub(crate) every: Duration,
    pub(crate) runs: u64,
    /// How long ago the last run started; `None` if there was none.
    pub(crate) last_start: Option<Duration>,
    /// How long it has been expected.
    pub(crate) waited: Duration,
}

impl Say {
    /// What the job says of its failures counts for runs that did not happen too.
    pub(crate) fn severity(&self) -> Severity {
        let (asked, what) = (self.settings.severity, &self.what);
        match what {
            What::Started | What::Ended(Ended { ending: Ending::Done(_), .. }) => Severity::Info,
            What::Ended(Ended { ending: Ending::Failed(failure), .. })
            | What::Failing { last: failure, .. } => match failure {
                Failure::Dropped => Severity::Warning,
                _ => asked.unwrap_or(Severity::Error),
            },
            What::Overran { .. } => Severity::Warning,
            What::Missed(_) => asked.unwrap_or(Severity::Warning),
        }
    }

    /// People are to be told, not only whoever looks: it is bad, or the end of something bad.
    pub(crate) fn rings(&self) -> bool {
        let ends_worry = match &self.what {
            What::Ended(Ended { failures, missed, overran, .. }) => {
                failures.in_a_row > 0 || *missed > 0 || overran.is_some()
            }
            _ => false,
        };
        ends_worry || self.severity() > Severity::Info
    }
}

impl Failure {
    /// The same for failures that differ only in ids, numbers and the like.
    pub(super) fn kind(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        match self {
            Self::Returned(cause) => (0, &texts(cause)).hash(&mut hasher),
            Self::Panicked(cause) => {
                let place = cause.place.as_ref().map(|place| (place.short_file(), place.line));
                (1, place, &texts(cause)).hash(&mut hasher);
            }
            Self::Dropped => 2.hash(&mut hasher),
        }
        hasher.finish()
    }
}

fn texts(cause: &Cause) -> Vec<String> {
    cause.chain.iter().map(|text| Normal::of(text).as_str().to_owned()).collect()
}
