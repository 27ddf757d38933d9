//! Another channel takes over where nothing is taken any more, and says why.

use std::sync::{Arc, atomic::Ordering::Relaxed};

use crate::{
    delivery::{channel::Teller, sending::Outgoing},
    transport::SendError,
};

impl Teller {
    /// The channel that takes over from this one, if there is one that takes messages.
    fn fallback(&self) -> Option<usize> {
        let hub = &self.shared.hub;
        let takes_over = |to: &usize| {
            *to != self.index
                && hub.channels.get(*to).is_some_and(|c| !c.meter.broken.load(Relaxed))
        };
        hub.fallback.filter(takes_over)
    }

    /// Nothing is taken here: what fails is told in the other channel too.
    pub(super) fn divert(&self, error: &SendError) {
        if let Some(to) = self.fallback() {
            let why: Arc<str> = self.instead(error).into();
            self.shared.ledger().divert(self.index, to, &why);
            self.shared.hub.channels[to].queue.news.notify_one();
        }
    }

    pub(super) fn undivert(&self) {
        self.shared.ledger().undivert(self.index);
    }

    /// Hands what waits to the other channel.
    pub(super) fn hand_over_waiting(&self) {
        if self.fallback().is_some() {
            let items = self.channel().queue.leave();
            let error = self.channel().meter.error();
            let error = SendError::permanent(error.unwrap_or_default());
            self.done_with(items, &error);
        }
    }

    /// Gives back what the other channel does not take either.
    pub(super) fn hand_over(&self, items: Vec<Outgoing>, error: &SendError) -> Vec<Outgoing> {
        let Some(to) = self.fallback().filter(|_| error.is_permanent()) else { return items };
        let (note, queue) = (self.instead(error), &self.shared.hub.channels[to].queue);
        let before = items.len();
        let hand_over = |item: Outgoing| queue.receive(item.noted(&note));
        let left: Vec<_> = items.into_iter().filter_map(hand_over).collect();
        self.channel().meter.diverted.fetch_add((before - left.len()) as u64, Relaxed);
        left
    }

    fn instead(&self, error: &SendError) -> String {
        format!("instead of {}, which takes no messages: {error}", self.channel().name)
    }
}

impl Outgoing {
    fn noted(mut self, note: &str) -> Self {
        self.message = self.message.map(|mut message| {
            message.notes.push(note.to_owned());
            // The names of people and groups are another service's.
            message.mention = None;
            message
        });
        self
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::sleep;

    use super::*;
    use crate::{Bell, Message, Route, Severity, transport::stub::Stub};

    const MINUTE: Duration = Duration::from_secs(60);

    fn gone() -> SendError {
        SendError::permanent("Slack: 404 no_service")
    }

    fn bell(main: &Stub, backup: &Stub) -> Bell {
        let (bell, worker) = Bell::builder("shop-api")
            .channel("#errors", main.clone())
            .channel("#backup", backup.clone())
            .fallback("#backup")
            .build_with_worker()
            .unwrap();
        tokio::spawn(worker.run());
        bell
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_dead_channel_does_not_take_goes_to_the_other_one_which_says_why() {
        let (main, backup) = (Stub::failing(gone()), Stub::new());
        let bell = bell(&main, &backup);
        for number in 0..5 {
            assert!(bell.deliver(Message::new(format!("m{number}"))).await.is_ok());
        }
        backup.assert_rang(5);
        backup
            .assert_contains("instead of #errors, which takes no messages: Slack: 404 no_service");
        let stats = bell.stats();
        assert_eq!((stats.channels[0].diverted, stats.channels[0].failed), (5, 0));
        assert_eq!(stats.channels[1].sent, 5);
        assert!(bell.flush(MINUTE).await.complete);
    }

    #[tokio::test(start_paused = true)]
    async fn a_channel_that_takes_messages_again_gets_its_own_ones() {
        let (main, backup) = (Stub::new(), Stub::new());
        (0..3).for_each(|_| main.answer(Err(gone())));
        let bell = bell(&main, &backup);
        for _ in 0..3 {
            assert!(bell.deliver(Message::new("a")).await.is_ok());
        }
        assert!(bell.test().await.is_ok());
        assert!(bell.deliver(Message::new("b")).await.is_ok());
        assert_eq!((main.count(), backup.count()), (2, 4), "both were tested");
    }

    #[tokio::test(start_paused = true)]
    async fn without_another_channel_nothing_changes() {
        let main = Stub::failing(gone());
        let (bell, worker) = Bell::builder("s")
            .channel("#errors", main)
            .fallback("#errors")
            .build_with_worker()
            .unwrap();
        tokio::spawn(worker.run());
        assert!(bell.deliver(Message::new("a")).await.is_err());
        assert_eq!(bell.stats().channels[0].failed, 1);
    }

    #[test]
    fn a_fallback_that_there_is_not_is_a_build_error() {
        let bell = Bell::builder("s").channel("#a", Stub::new()).fallback("#b").build();
        assert_eq!(bell.unwrap_err().to_string(), r##"fallback: there is no channel "#b""##);
    }

    #[tokio::test(start_paused = true)]
    async fn a_route_may_name_the_fallback_too_and_nothing_is_told_twice_there() {
        let (main, backup) = (Stub::failing(gone()), Stub::new());
        let (bell, worker) = Bell::builder("s")
            .channel("#errors", main)
            .channel("#backup", backup.clone())
            .route(Route::severity(Severity::Info).to("#backup"))
            .fallback("#backup")
            .build_with_worker()
            .unwrap();
        tokio::spawn(worker.run());
        bell.send(Message::new("a"));
        sleep(MINUTE).await;
        backup.assert_rang(1);
    }
}
