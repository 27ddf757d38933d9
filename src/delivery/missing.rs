//! Missing pages: what was counted becomes a message. No lock is held meanwhile.

use std::sync::{Arc, atomic::Ordering::Relaxed};

use http::StatusCode;

use crate::{
    delivery::{compose, hub::Hub, post::guard, sending::Sending},
    incident::{Asked, MissingDue, Site},
    render,
    report::{Origin, Page},
    route::RouteParts,
};

impl Hub {
    /// Counts a request for a page that is not there.
    pub(crate) fn count_missing(&self, site: &Site, asked: Asked<'_>, page: impl FnOnce() -> Page) {
        self.meter.not_found.fetch_add(1, Relaxed);
        // The redactor's patterns are the user's.
        guard(|| self.missing.count(site, asked, || self.redactor.page(page())));
    }

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
        let parts = RouteParts {
            topic: message.topic.as_ref(),
            severity: message.severity,
            service: &site.service,
            status: Some(StatusCode::NOT_FOUND.as_u16()),
            ..RouteParts::default()
        };
        let (targets, unknown) = self.targets(site.channel.as_deref(), &parts);
        message.notes.extend(unknown.map(compose::not_there));
        let Ok(message) = self.checked(message) else {
            // It is never going to be taken.
            targets.iter().for_each(|target| self.channels[target.channel].meter.refuse());
            return true;
        };
        let (taken, refused): (Vec<_>, Vec<_>) = targets
            .iter()
            .partition(|target| self.offer(&message, target, Sending::default()).is_ok());
        if taken.is_empty() && !refused.is_empty() {
            return false;
        }
        unknown.into_iter().for_each(|name| self.unknown_channel(name));
        // Where it is told it must not be told again.
        refused.iter().for_each(|target| self.channels[target.channel].meter.refuse());
        true
    }
}
