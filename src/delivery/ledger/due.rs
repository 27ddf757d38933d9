//! What a channel is to say now, as of the latest state.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::time::Instant;

use crate::{
    delivery::KindFacts,
    incident::{Form, People, Reason, State},
    redact::Redacted,
    render::{Count, StormLine},
    report::{Fingerprint, Report},
    route::Target,
    severity::Severity,
};

/// What an incident is about: `None` is what the tally had no room for.
pub(crate) type Subject = Option<Fingerprint>;

#[derive(Debug)]
pub(crate) struct Due {
    pub(crate) why: Reason,
    pub(crate) form: Form,
    /// It stands for a message that is gone, or cannot be changed.
    pub(crate) anew: bool,
    pub(crate) about: About,
    /// How it is said; whom it calls only if the incident opens, or got worse.
    pub(crate) target: Target,
    /// The channel that this one stands in for, and why.
    pub(crate) instead_of: Option<Arc<str>>,
    pub(crate) count: Count,
    /// When it began and last failed.
    pub(crate) span: (SystemTime, SystemTime),
    /// How long nothing has failed.
    pub(crate) silent: Duration,
    /// The service refused it in full.
    pub(crate) minimal: bool,
    pub(super) state: State,
    /// The number of the full report behind the one that this tells, where each is told.
    pub(super) cursor: Option<u64>,
}

#[derive(Debug)]
pub(crate) enum About {
    Incident(Box<OfIncident>),
    Storm(OfStorm),
}

/// Several that are told together.
#[derive(Debug)]
pub(crate) struct OfStorm {
    /// Those that fail most often come first.
    pub(crate) members: Vec<Member>,
    /// At the end: those that the next message lists.
    pub(crate) later: Vec<Member>,
    /// And how many the ones before listed.
    pub(crate) before: usize,
    /// Those that it told of before and that are told by themselves by now, with their failures.
    pub(crate) left: (usize, u64),
    /// A flush waits: nothing may follow.
    pub(crate) is_last: bool,
}

#[derive(Debug)]
pub(crate) struct OfIncident {
    pub(crate) subject: Subject,
    pub(crate) kind: Option<Arc<KindFacts>>,
    pub(crate) people: People,
    /// The worst of its failures.
    pub(crate) severity: Severity,
    pub(crate) report: Option<Arc<Redacted<Report>>>,
    /// Another one, which is not told in full.
    pub(crate) latest: Option<Arc<Redacted<Report>>>,
}

impl OfIncident {
    /// The channel that its layer names, if that does not exist.
    pub(crate) fn unknown(&self) -> Option<&str> {
        self.kind.as_ref()?.unknown.as_deref()
    }
}

/// One of several that are told together.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) subject: Subject,
    pub(crate) kind: Option<Arc<KindFacts>>,
    /// Failures since they are told together.
    pub(crate) failures: u64,
    pub(crate) people: People,
    pub(super) state: State,
}

impl Due {
    /// How long it was quiet before this episode.
    pub(crate) fn after(&self) -> Option<Duration> {
        self.state.after
    }
}

impl Member {
    pub(crate) fn line(&self) -> StormLine<'_> {
        StormLine {
            id: self.subject.map(Fingerprint::short),
            line: line(self.kind.as_ref()),
            failures: self.failures,
            people: &self.people,
        }
    }
}

/// A kind in one line.
pub(crate) fn line(kind: Option<&Arc<KindFacts>>) -> &str {
    kind.map_or(FURTHER, |kind| kind.summary.line.as_str())
}

/// What is said of kinds that the tally had no room for.
const FURTHER: &str = "further kinds";

/// What a channel is to do.
#[derive(Debug)]
pub(crate) enum Next {
    Say(Box<Due>),
    /// Nothing is due before this; `None` is nothing at all.
    Wait(Option<Instant>),
}
