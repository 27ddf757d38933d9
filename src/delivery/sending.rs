//! One message of the app's own: how it is to be sent, and what came of it.

use std::{sync::Arc, time::Duration};

use tokio::{sync::oneshot, time::Instant};

use crate::{
    delivery::{
        anchor::Anchor,
        flood::{Floods, MINUTE},
        retry::Attempts,
    },
    message::Message,
    redact::Redacted,
    topic::Topic,
    transport::{Receipt, SendError},
};

/// The answer to one message.
pub(crate) type Answered = Result<Receipt, SendError>;

/// How a message is to be sent.
#[derive(Debug, Default)]
pub(crate) struct Sending {
    /// Where it is not the first with this anchor, it replaces the one before it: in the queue, or
    /// in the chat if the transport can edit.
    pub(crate) anchor: Option<Arc<Anchor>>,
    /// Hears what came of it.
    pub(crate) answer: Option<oneshot::Sender<Answered>>,
    /// In a flood of its topic it is told together with others.
    pub(crate) event: bool,
    /// Nothing else is told under this key, unless this is lost.
    pub(crate) key: Option<u64>,
    /// Left out where the transport cannot edit: it says nothing that the one that replaces it does
    /// not say.
    pub(crate) only_if_edit: bool,
    /// Left out unless it replaces a message that stands in the chat.
    pub(crate) only_replaces: bool,
    /// Sent once, and also where nothing else is sent: someone asks whether the channel works.
    pub(crate) probe: bool,
}

impl Sending {
    /// An event of the app's, told once under its key.
    pub(crate) fn event(key: Option<u64>) -> Self {
        Self { event: true, key, ..Self::default() }
    }

    /// The same for a further channel, whose answer nobody waits for and whose loss does not free
    /// the key.
    pub(crate) fn unanswered(&self) -> Self {
        Self { anchor: self.anchor.clone(), answer: None, key: None, ..*self }
    }

    /// It goes nowhere, as it was to be.
    pub(crate) fn left_out(self) {
        self.answer(Ok(Receipt::none()));
    }

    /// Tells whoever waits for it what came of it.
    pub(crate) fn answer(self, answered: Answered) {
        if let Some(answer) = self.answer {
            // Nobody may be waiting any more.
            let _ = answer.send(answered);
        }
    }
}

/// A message on its way.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pub(crate) message: Redacted<Message>,
    pub(crate) attempts: Attempts,
    pub(crate) how: Sending,
    /// Its place in the queue.
    pub(super) number: u64,
    pub(super) weight: usize,
    company: Company,
    /// By the worker's clock, once it has seen it.
    since: Option<Instant>,
}

/// Whether it may share a message with others.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Company {
    Never,
    /// An event that is told alone as long as there is room for those that wait.
    InNeed,
    /// An event of a flood.
    Flood,
}

impl Outgoing {
    pub(super) fn new(
        message: Redacted<Message>,
        how: Sending,
        number: u64,
        weight: usize,
    ) -> Self {
        let is_shared = message.about().is_some_and(|topic| *topic != Topic::Payment);
        let is_event = how.event && !how.probe && how.anchor.is_none();
        let company = if is_event && is_shared { Company::InNeed } else { Company::Never };
        Self { message, attempts: Attempts::default(), how, number, weight, company, since: None }
    }

    /// The worker sees it for the first time. If others of its topic wait for each other
    /// (`has_company`), it waits with them: it must not overtake them.
    pub(super) fn first_seen(&mut self, has_company: bool, floods: &mut Floods, now: Instant) {
        self.since = Some(now);
        if let (Company::InNeed, Some(topic)) = (self.company, self.message.about())
            && (floods.is_flood(topic, now) || has_company)
        {
            self.company = Company::Flood;
        }
    }

    /// It begins anew in another queue, alone.
    pub(super) fn moved(self, number: u64) -> Self {
        let attempts = Attempts::default();
        Self { attempts, number, company: Company::Never, since: None, ..self }
    }

    /// Since when the worker has seen it.
    pub(super) const fn since(&self) -> Option<Instant> {
        self.since
    }

    /// How long it has waited.
    pub(crate) fn age(&self, now: Instant) -> Duration {
        self.since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
    }

    /// From now on it is told alone.
    pub(crate) fn leave_company(&mut self) {
        self.company = Company::Never;
    }

    /// Whether this is an event of a flood and the other one is of its topic.
    pub(super) fn waits_for(&self, other: &Self) -> bool {
        self.shares(false) && self.event_topic() == other.event_topic()
    }

    /// It waits for others of its topic, until then.
    pub(super) fn waits_until(&self) -> Option<Instant> {
        self.since.filter(|_| self.shares(false)).map(|since| since + MINUTE)
    }

    /// Whether it may share a message, where there is little room or where there is enough.
    pub(super) fn shares(&self, is_crowded: bool) -> bool {
        let shares = match self.company {
            Company::Never => false,
            Company::InNeed => is_crowded,
            Company::Flood => true,
        };
        shares && !self.attempts.is_minimal()
    }

    /// What it is about, if it is an event.
    pub(super) fn event_topic(&self) -> Option<&Topic> {
        self.message.about().filter(|_| self.how.event)
    }

    /// Whether it has this anchor.
    pub(super) fn is_at(&self, anchor: &Arc<Anchor>) -> bool {
        self.how.anchor.as_ref().is_some_and(|own| Arc::ptr_eq(own, anchor))
    }

    /// Tells whoever waits for it what came of it.
    pub(crate) fn answer(self, answered: Answered) {
        self.how.answer(answered);
    }
}
