//! What a channel's worker does with what the app says itself: a message alone, one that replaces an
//! earlier one, or the events of a flood as a digest.

use std::sync::atomic::Ordering::Relaxed;

use tokio::time::Instant;

use crate::{
    delivery::{channel::Teller, compose, log, retry::Verdict, sending::Outgoing},
    incident::Form,
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
        if replaced == Form::Message && items.iter().all(|item| item.how.only_replaces) {
            self.channel().queue.release();
            items.into_iter().for_each(|item| item.how.left_out());
        } else {
            match self.post(Ok(message), false, &replaced).await {
                Ok(receipt) => self.own_told(items, &receipt),
                Err(error) => self.own_refused(items, &error),
            }
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
    fn replaced(&self, items: &[Outgoing]) -> Form {
        let anchor = items.first().and_then(|item| item.how.anchor.as_ref());
        let anchor = anchor.filter(|_| self.channel().can.edit);
        anchor.and_then(|anchor| anchor.receipt(self.index)).map_or(Form::Message, Form::Edit)
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
        self.done_with(items, error);
    }

    /// They wait again, but for what a later message says better.
    fn put_back(&self, items: impl IntoIterator<Item = Outgoing>) {
        let queue = &self.channel().queue;
        let replaced = items.into_iter().filter_map(|item| queue.put_back(item));
        replaced.for_each(|item| item.how.left_out());
    }

    /// The fallback takes them, or they are lost.
    pub(super) fn done_with(&self, items: Vec<Outgoing>, error: &SendError) {
        let (probes, items) = items.into_iter().partition(|item| item.how.probe);
        let lost = self.hand_over(items, error);
        self.give_up(probes, error);
        self.give_up(lost, error);
    }

    /// Counts them as lost, frees their keys and tells whoever waits for them. A probe is an answer,
    /// not a loss.
    pub(super) fn give_up(&self, items: Vec<Outgoing>, error: &SendError) {
        let lost = items.iter().filter(|item| !item.how.probe).count();
        self.channel().meter.lose(lost as u64);
        // Of a channel that takes nothing that was said.
        if lost > 0 && !self.channel().meter.broken.load(Relaxed) {
            let name = &self.channel().name;
            log::warn(
                &self.shared.hub.redactor,
                format_args!("{name}: {lost} of the app's own messages lost: {error}"),
            );
        }
        self.shared.hub.forget(items.iter().filter_map(|item| item.how.key));
        self.channel().queue.release();
        items.into_iter().for_each(|item| item.answer(Err(error.clone())));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::{sync::oneshot, time::Duration};

    use super::*;
    use crate::{
        delivery::{Anchor, Answer, Answered, Channel, Drained, Hub, Sending, Worker},
        redact::Redactor,
        report::Origin,
        route::Routes,
        transport::{Transport, stub::Stub},
    };

    const MINUTE: Duration = Duration::from_secs(60);

    /// A hub whose worker runs.
    fn hub(transport: impl Transport) -> Arc<Hub> {
        hub_of([("#jobs", Channel::new("#jobs".into(), Box::new(transport)))])
    }

    fn hub_of<const N: usize>(channels: [(&str, Channel); N]) -> Arc<Hub> {
        let names = channels.each_ref().map(|(name, _)| *name);
        let routes = Routes::new(Vec::new(), &names).unwrap();
        let channels = channels.map(|(_, channel)| channel).into();
        let (hub, details) = Hub::new(channels, routes, Redactor::default(), Origin::default());
        let hub = Arc::new(hub);
        tokio::spawn(Worker::new(Arc::clone(&hub), details).run());
        hub
    }

    fn at(anchor: &Arc<Anchor>) -> Sending {
        Sending { anchor: Some(Arc::clone(anchor)), ..Sending::default() }
    }

    fn send(hub: &Hub, text: &str, how: Sending) -> oneshot::Receiver<Answered> {
        send_to(hub, "#jobs", text, how)
    }

    fn send_to(hub: &Hub, to: &str, text: &str, how: Sending) -> oneshot::Receiver<Answered> {
        let (answer, answered) = oneshot::channel();
        hub.send(Message::new(text).channel(to), Sending { answer: Some(answer), ..how }).unwrap();
        answered
    }

    async fn flush(hub: &Hub) -> Drained {
        let (answer, drained, _) = Answer::new();
        hub.flush(answer, 10 * MINUTE);
        drained.await.unwrap()
    }

    fn texts(messages: &[Redacted<Message>]) -> Vec<&str> {
        messages.iter().map(|message| message.text()).collect()
    }

    fn said(stub: &Stub) -> [Vec<String>; 2] {
        [stub.messages(), stub.edits()]
            .map(|said| texts(&said).iter().map(|t| t.to_string()).collect())
    }

    #[tokio::test(start_paused = true)]
    async fn a_later_message_with_the_same_anchor_replaces_what_stands_there() {
        let stub = Stub::new();
        let (hub, anchor) = (hub(stub.clone()), Arc::new(Anchor::default()));
        let fired = send(&hub, "fired", Sending { only_if_edit: true, ..at(&anchor) }).await;
        send(&hub, "another", at(&Arc::new(Anchor::default()))).await.unwrap().unwrap();
        let first = send(&hub, "running", at(&anchor)).await;
        let second = send(&hub, "done", at(&anchor)).await;
        assert_eq!(said(&stub), [vec!["fired", "another"], vec!["running", "done"]]);
        assert_eq!(fired, first);
        assert_eq!(first, second);
        assert_eq!(hub.stats().channels[0].sent, 4);
    }

    #[tokio::test(start_paused = true)]
    async fn each_channel_has_its_own_message_to_replace() {
        let stubs = [Stub::new(), Stub::new()];
        let channel = |name: &'static str, stub: &Stub| {
            (name, Channel::new(name.into(), Box::new(stub.clone())))
        };
        let hub = hub_of([channel("#jobs", &stubs[0]), channel("#other", &stubs[1])]);
        let anchor = Arc::new(Anchor::default());
        send(&hub, "fired", at(&anchor)).await.unwrap().unwrap();
        send_to(&hub, "#other", "result", at(&anchor)).await.unwrap().unwrap();
        assert_eq!(said(&stubs[0]), [vec!["fired"], vec![]]);
        assert_eq!(said(&stubs[1]), [vec!["result"], vec![]]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_gone_is_posted_anew_at_once() {
        let stub = Stub::new();
        let (hub, anchor) = (hub(stub.clone()), Arc::new(Anchor::default()));
        send(&hub, "fired", at(&anchor)).await.unwrap().unwrap();
        stub.answer(Err(SendError::lost_anchor("message_not_found")));
        assert!(send(&hub, "done", at(&anchor)).await.unwrap().is_ok());
        send(&hub, "corrected", at(&anchor)).await.unwrap().unwrap();
        assert_eq!(said(&stub), [vec!["fired", "done"], vec!["corrected"]]);
        let stats = &hub.stats().channels[0];
        assert_eq!((stats.retried, stats.failed), (1, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn a_transport_that_always_loses_what_it_posted_is_not_asked_for_ever() {
        let stub = Stub::failing(SendError::lost_anchor("message_not_found"));
        let (hub, anchor) = (hub(stub.clone()), Arc::new(Anchor::default()));
        assert!(send(&hub, "fired", at(&anchor)).await.unwrap().is_err());
        assert_eq!(stub.attempts(), 2);
        assert!(flush(&hub).await.complete);
    }

    #[tokio::test(start_paused = true)]
    async fn an_edit_that_fails_is_tried_again() {
        let stub = Stub::new();
        let (hub, anchor) = (hub(stub.clone()), Arc::new(Anchor::default()));
        send(&hub, "fired", at(&anchor)).await.unwrap().unwrap();
        stub.answer(Err(SendError::transient("down")));
        stub.answer(Err(SendError::rejected("too long")));
        send(&hub, "done", at(&anchor)).await.unwrap().unwrap();
        assert_eq!(said(&stub), [vec!["fired"], vec!["done"]]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_waits_and_is_replaced_was_never_lost() {
        let stub = Stub::new();
        stub.answer(Err(SendError::rate_limited(Some(MINUTE), "slow")));
        let (hub, anchor) = (hub(stub.clone()), Arc::new(Anchor::default()));
        let fired = send(&hub, "fired", at(&anchor));
        tokio::time::sleep(Duration::from_secs(1)).await;
        let done = send(&hub, "done", at(&anchor));
        assert_eq!(fired.await.unwrap(), Ok(Receipt::none()));
        assert!(flush(&hub).await.complete);
        assert_eq!(done.await.unwrap(), Ok(Receipt::new("1")));
        assert_eq!(said(&stub), [vec!["done"], vec![]]);
        let stats = &hub.stats().channels[0];
        assert_eq!((stats.sent, stats.failed, stats.refused), (1, 0, 0));
    }

    /// Takes everything, names nothing, edits nothing.
    struct Plain(Stub);

    impl Transport for Plain {
        fn capabilities(&self) -> crate::transport::Capabilities {
            self.0.capabilities().edit(false)
        }

        fn secrets(&self) -> Vec<crate::Secret> {
            Vec::new()
        }

        async fn post(&self, message: &Redacted<Message>) -> Answered {
            self.0.post(message).await
        }
    }

    #[tokio::test(start_paused = true)]
    async fn where_nothing_can_be_replaced_only_the_result_is_told() {
        let stub = Stub::new();
        let (hub, anchor) = (hub(Plain(stub.clone())), Arc::new(Anchor::default()));
        let fired = send(&hub, "fired", Sending { only_if_edit: true, ..at(&anchor) });
        assert_eq!(fired.await.unwrap(), Ok(Receipt::none()));
        send(&hub, "done", at(&anchor)).await.unwrap().unwrap();
        send(&hub, "corrected", at(&anchor)).await.unwrap().unwrap();
        assert_eq!(said(&stub), [vec!["done", "corrected"], vec![]]);
    }

    /// Its edits panic.
    struct Careless(Stub);

    impl Transport for Careless {
        fn capabilities(&self) -> crate::transport::Capabilities {
            self.0.capabilities()
        }

        fn secrets(&self) -> Vec<crate::Secret> {
            Vec::new()
        }

        async fn post(&self, message: &Redacted<Message>) -> Answered {
            self.0.post(message).await
        }

        async fn edit(&self, _: &Receipt, message: &Redacted<Message>) -> Answered {
            match message.text() {
                "hangs" => std::future::pending().await,
                _ => panic!("no edits"),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_edit_may_hang_or_panic() {
        let stub = Stub::new();
        let (hub, anchor) = (hub(Careless(stub.clone())), Arc::new(Anchor::default()));
        send(&hub, "fired", at(&anchor)).await.unwrap().unwrap();
        let error = send(&hub, "panics", at(&anchor)).await.unwrap().unwrap_err();
        assert_eq!(error.to_string(), "the transport panicked");
        let error = send(&hub, "hangs", at(&anchor)).await.unwrap().unwrap_err();
        assert!(error.is_unknown_outcome());
        send(&hub, "another", Sending::default()).await.unwrap().unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_is_free_again_once_what_had_it_is_lost() {
        let stub = Stub::new();
        let hub = hub(stub.clone());
        assert!(hub.is_first(1) && hub.is_first(2) && !hub.is_first(1));
        stub.answer(Err(SendError::permanent("gone")));
        let lost = send(&hub, "a", Sending::event(Some(1))).await.unwrap();
        assert!(lost.is_err() && hub.is_first(1) && !hub.is_first(2));
        assert!(send(&hub, "a", Sending::event(Some(1))).await.unwrap().is_ok());
        assert!(!hub.is_first(1));
        stub.answer(Err(SendError::rate_limited(Some(60 * MINUTE), "slow")));
        let old = send(&hub, "b", Sending::event(Some(2))).await.unwrap();
        assert!(old.is_err() && hub.is_first(2), "not sent within 15 minutes");
        assert_eq!(hub.stats().duplicates, 3);
    }
}
