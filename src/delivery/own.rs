//! What a channel's worker does with what the app says itself: a message alone, one that replaces an
//! earlier one, or the events of a flood as a digest.

use std::sync::atomic::Ordering::Relaxed;

use tokio::time::Instant;

use crate::{
    delivery::{channel::Teller, compose, retry::Verdict, sending::Outgoing},
    message::Message,
    redact::Redacted,
    transport::{Receipt, SendError},
};

impl Teller {
    /// Sends one message, or as many of these events as fit one.
    pub(super) async fn send(&mut self, items: Vec<Outgoing>) {
        self.own_turn = false;
        let Some((message, items)) = self.composed(items) else { return };
        let replaced = self.replaced(&items);
        match self.post(Ok(message), false, replaced.as_ref()).await {
            Ok(receipt) => self.own_told(items, &receipt),
            Err(error) => self.own_refused(items, &error),
        }
        self.shared.progress.notify_one();
    }

    /// The message, with those that it tells. The others go back.
    fn composed(&self, mut items: Vec<Outgoing>) -> Option<(Redacted<Message>, Vec<Outgoing>)> {
        let (hub, limits) = (&self.shared.hub, &self.channel().can.limits);
        let digest = compose::digest(&items, Instant::now(), limits, &hub.redactor);
        let (message, told) = match digest {
            Some(digest) => digest,
            None => (compose::own(items.first()?), 1),
        };
        self.put_back(items.split_off(told));
        Some((message, items))
    }

    /// What the message replaces, if the transport can do that and it still stands there.
    fn replaced(&self, items: &[Outgoing]) -> Option<Receipt> {
        let anchor = items.first()?.how.anchor.as_ref().filter(|_| self.channel().can.edit)?;
        anchor.receipt(self.index)
    }

    fn own_told(&self, items: Vec<Outgoing>, receipt: &Receipt) {
        let meter = &self.channel().meter;
        meter.sent.fetch_add(items.len() as u64, Relaxed);
        if items.len() > 1 {
            meter.digested.fetch_add(items.len() as u64, Relaxed);
        }
        let anchors = items.iter().filter_map(|item| item.how.anchor.as_ref());
        anchors.for_each(|anchor| anchor.told(self.index, receipt));
        self.channel().queue.release();
        items.into_iter().for_each(|item| item.answer(Ok(receipt.clone())));
    }

    /// Each of them is tried again or given up. A digest that is not taken as it is is taken apart.
    fn own_refused(&self, mut items: Vec<Outgoing>, error: &SendError) {
        if error.is_lost_anchor() {
            let anchors = items.iter().filter_map(|item| item.how.anchor.as_ref());
            anchors.for_each(|anchor| anchor.lost(self.index));
        }
        if items.len() > 1 && error.is_rejected() {
            items.iter_mut().for_each(Outgoing::leave_company);
            self.count(Verdict::Again);
            return self.put_back(items);
        }
        let again =
            |item: &mut Outgoing| !item.how.probe && item.attempts.after(error) == Verdict::Again;
        let again: Vec<_> = items.extract_if(.., again).collect();
        if !again.is_empty() {
            self.count(Verdict::Again);
        }
        self.put_back(again);
        self.give_up(items, error);
    }

    /// They wait again, but for what a later message says better.
    fn put_back(&self, items: impl IntoIterator<Item = Outgoing>) {
        let queue = &self.channel().queue;
        let replaced = items.into_iter().filter_map(|item| queue.put_back(item));
        replaced.for_each(|item| item.how.left_out());
    }

    /// Counts them as lost, frees their keys and tells whoever waits for them. A probe is an answer,
    /// not a loss.
    pub(super) fn give_up(&self, items: Vec<Outgoing>, error: &SendError) {
        let lost = items.iter().filter(|item| !item.how.probe).count();
        self.channel().meter.lose(lost as u64);
        self.shared.hub.forget(items.iter().filter_map(|item| item.how.key));
        self.channel().queue.release();
        items.into_iter().for_each(|item| item.answer(Err(error.clone())));
    }
}
