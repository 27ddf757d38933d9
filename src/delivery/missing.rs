//! Missing pages: what was counted becomes a message. No lock is held meanwhile.

use std::sync::Arc;

use http::StatusCode;

use crate::{
    delivery::{compose, hub::Hub, sending::Sending},
    incident::MissingDue,
    message::Message,
    redact::Redacted,
    render,
    report::Origin,
    route::{DEFAULT, RouteParts, Target},
    severity::Severity,
    topic::Topic,
};

impl Hub {
    /// Tells of missing pages. What no channel has room for is counted on and told soon: nothing of
    /// it is lost, so nothing counts as refused. Gives how many messages that is.
    pub(super) fn tell_missing(&self, due: Vec<MissingDue>) -> usize {
        let mut without_room = 0;
        for due in due {
            if !self.told_missing(&due) {
                self.missing.put_back(due);
                without_room += 1;
            }
        }
        without_room
    }

    fn told_missing(&self, due: &MissingDue) -> bool {
        let site = &due.site;
        let origin = Origin { service: Arc::clone(&site.service), ..self.origin.clone() };
        let mut message = render::missing(&due.pages, due.over, &origin);
        let unknown = site.channel.as_deref().filter(|name| self.channel(name).is_none());
        message.notes.extend(unknown.map(compose::not_there));
        let targets = self.targets_of_missing(&site.service, site.channel.as_deref());
        let Ok(message) = self.checked(message) else {
            // It is never going to be taken.
            targets.iter().for_each(|target| self.channels[target.channel].meter.refuse());
            return true;
        };
        let (taken, refused): (Vec<_>, Vec<_>) =
            targets.iter().partition(|target| self.takes(&message, target));
        if taken.is_empty() && !refused.is_empty() {
            return false;
        }
        unknown.into_iter().for_each(|name| self.unknown_channel(name));
        // Where it is told it must not be told again.
        refused.iter().for_each(|target| self.channels[target.channel].meter.refuse());
        true
    }

    /// The channel that the layer names, else those that the routes say.
    fn targets_of_missing(&self, service: &str, channel: Option<&str>) -> Vec<Target> {
        if let Some(name) = channel {
            return vec![Target::plain(self.channel(name).unwrap_or(DEFAULT))];
        }
        self.routes.targets(&RouteParts {
            topic: Some(&Topic::ClientError),
            severity: Severity::Warning,
            service,
            method: "",
            path: "",
            error_type: "",
            status: Some(StatusCode::NOT_FOUND.as_u16()),
        })
    }

    fn takes(&self, message: &Redacted<Message>, target: &Target) -> bool {
        let message = message.clone().map(|message| compose::own_as(message, target));
        self.channels[target.channel].queue.push(message, Sending::default()).is_ok()
    }
}
