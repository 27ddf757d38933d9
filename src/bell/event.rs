//! An event's way: told once, told at once, or held until its request is answered.

use std::{future::Future, sync::Arc};

use tokio::sync::oneshot;

use super::{Bell, Core, Handover, handover};
use crate::{
    context::{self, HeldEvent},
    delivery::{Sending, weight},
    message::Message,
    render,
    report::Report,
    severity::Severity,
    transport::{Receipt, SendError},
};

/// Bytes of an event that waits for its request: no queue bounds what requests hold. A larger one is
/// told at once, as what it would be without the request.
const LARGEST_HELD: usize = 32 * 1024;

impl Bell {
    /// Sends an event; a bad one waits to see whether its request fails.
    pub(crate) fn send_event(&self, message: Message, key: Option<u64>) -> Handover {
        let Some(core) = &self.core else { return Handover::new(Ok(())) };
        if !core.is_first(key) {
            return Handover::new(Ok(()));
        }
        // What is called sensitive later, too, if the request fails: its report says so.
        let mut event = Some(Message { sensitive: context::called_sensitive(), ..message });
        let waits = |message: &Message| {
            let is_bad = message.level() >= Severity::Error && !message.is_empty();
            is_bad && weight::message(message) <= LARGEST_HELD
        };
        if event.as_ref().is_some_and(waits) {
            context::hold(|| {
                let (core, event) = (Arc::clone(core), event.take());
                let bell = core.id();
                let tell = Box::new(move |report| {
                    let told = event.map(|event| core.tell_event(event, key, report));
                    matches!(told, Some(Ok(true)))
                });
                HeldEvent { bell, tell }
            });
        }
        let sent = event.map(|event| core.tell_event(event, key, None).map(drop));
        Handover::new(sent.unwrap_or(Ok(())))
    }

    /// Sends an event at once, and tells what came of it.
    pub(crate) fn deliver_event(
        &self,
        message: Message,
        key: Option<u64>,
    ) -> impl Future<Output = Result<Receipt, SendError>> + Send + use<> {
        let (answer, answered) = oneshot::channel();
        let sent = self.core.as_ref().filter(|core| core.is_first(key)).map(|core| {
            core.hub.send(message, Sending { answer: Some(answer), ..Sending::event(key) })
        });
        handover::outcome(sent, answered)
    }
}

impl Core {
    fn is_first(&self, key: Option<u64>) -> bool {
        key.is_none_or(|key| self.hub.is_first(key))
    }

    /// Sends it alone, or completed with the report of its request, which failed. Gives whether
    /// someone hears it.
    fn tell_event(
        &self,
        mut event: Message,
        key: Option<u64>,
        report: Option<Report>,
    ) -> Result<bool, SendError> {
        let failed = report.as_ref().map(|report| report.severity);
        event.severity = failed.map_or(event.severity, |failed| failed.max(event.severity));
        report.iter().for_each(|report| event.sensitive.extend(&report.sensitive));
        self.hub.send_completed(event, Sending::event(key), |event| {
            Some(render::completed(event, &self.hub.redactor.report(report?)))
        })
    }
}
