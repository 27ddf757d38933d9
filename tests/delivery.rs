//! What the app sends itself: in time, within bounds, and never lost without a count. In paused
//! time, with a worker that the test runs.

#![allow(clippy::unwrap_used, reason = "helpers of tests may fail like tests")]

use std::{
    collections::VecDeque,
    future::pending,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep};
use tower_bell::{
    Bell, ChannelStats, Message, Secret, Stats, Worker,
    delivery::{MOST_MESSAGE_BYTES, MOST_MESSAGES},
    redact::Redacted,
    transport::{Capabilities, Receipt, SendError, Transport},
};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

type Answer = Result<Receipt, SendError>;

/// Answers by script, then always yes; `None` never answers.
#[derive(Clone, Default)]
struct Chat(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    script: VecDeque<Option<Answer>>,
    posts: Vec<(Instant, String)>,
}

impl Chat {
    fn answering(script: impl IntoIterator<Item = Option<Answer>>) -> Self {
        let chat = Self::default();
        chat.with(|state| state.script.extend(script));
        chat
    }

    fn texts(&self) -> Vec<String> {
        self.with(|state| state.posts.iter().map(|(_, text)| text.clone()).collect())
    }

    /// The moments of all posts in milliseconds.
    fn times(&self, start: Instant) -> Vec<u128> {
        self.with(|state| state.posts.iter().map(|(at, _)| (*at - start).as_millis()).collect())
    }

    fn with<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Transport for Chat {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    fn secrets(&self) -> Vec<Secret> {
        Vec::new()
    }

    async fn post(&self, message: &Redacted<Message>) -> Answer {
        let next = self.with(|state| {
            state.posts.push((Instant::now(), message.text().to_owned()));
            state.script.pop_front()
        });
        match next {
            None => Ok(Receipt::none()),
            Some(Some(answer)) => answer,
            Some(None) => pending().await,
        }
    }
}

fn bell(chat: &Chat) -> Bell {
    let builder = Bell::builder("shop-api").channel("#test", chat.clone());
    let (bell, worker) = builder.build_with_worker().unwrap();
    tokio::spawn(worker.run());
    bell
}

fn no(error: SendError) -> Option<Answer> {
    Some(Err(error))
}

fn channel(bell: &Bell) -> ChannelStats {
    bell.stats().channels.remove(0)
}

#[tokio::test(start_paused = true)]
async fn a_message_arrives_and_its_receipt_comes_back() {
    let chat = Chat::answering([Some(Ok(Receipt::new("1712.0001")))]);
    let receipt = bell(&chat).deliver(Message::new("hello")).await.unwrap();
    assert_eq!(receipt.id(), Some("1712.0001"));
    assert_eq!(chat.texts(), ["hello"]);
}

#[tokio::test(start_paused = true)]
async fn an_empty_message_is_an_error_told_to_the_caller() {
    let chat = Chat::default();
    let bell = bell(&chat);
    for text in ["", "  \n", "\u{200b}"] {
        let error = bell.send(Message::new(text)).into_result().unwrap_err();
        assert!(error.is_refused());
        assert!(bell.deliver(Message::new(text)).await.is_err());
    }
    sleep(MINUTE).await;
    assert!(chat.texts().is_empty());
}

#[tokio::test(start_paused = true)]
async fn one_message_a_second_in_the_order_of_sending() {
    let (chat, start) = (Chat::default(), Instant::now());
    let bell = bell(&chat);
    for text in ["a", "b", "c"] {
        bell.send(Message::new(text));
    }
    sleep(MINUTE).await;
    assert_eq!(chat.texts(), ["a", "b", "c"]);
    assert_eq!(chat.times(start), [0, 1_000, 2_000]);
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_pauses_the_whole_channel() {
    let limited = no(SendError::rate_limited(Some(30 * SECOND), "rate_limited"));
    let (chat, start) = (Chat::answering([limited]), Instant::now());
    let bell = bell(&chat);
    bell.send(Message::new("a"));
    bell.send(Message::new("b"));
    sleep(MINUTE).await;
    assert_eq!(chat.texts(), ["a", "a", "b"]);
    let times = chat.times(start);
    assert!((30_000..=33_001).contains(&times[1]), "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn a_message_is_tried_five_times_with_a_growing_pause() {
    let down = no(SendError::transient("connection refused"));
    let (chat, start) = (Chat::answering(vec![down; 5]), Instant::now());
    let bell = bell(&chat);
    let error = bell.deliver(Message::new("a")).await.unwrap_err();
    assert_eq!(error.to_string(), "connection refused");
    let times = chat.times(start);
    assert_eq!(times.len(), 5);
    // Full jitter, but never faster than the pace.
    for (pause, most) in times.windows(2).map(|pair| pair[1] - pair[0]).zip([1, 2, 4, 8]) {
        assert!((1_000..=most * 1_000 + 2).contains(&pause), "{times:?}");
    }
    let stats = channel(&bell);
    assert_eq!((stats.retried, stats.failed, stats.sent), (4, 1, 0));
    assert_eq!(stats.last_error.as_deref(), Some("connection refused"));
    bell.deliver(Message::new("b")).await.unwrap();
    assert_eq!(channel(&bell).last_error, None);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_waits_for_a_quarter_of_an_hour_is_given_up() {
    let limited = no(SendError::rate_limited(Some(60 * MINUTE), "slow"));
    let (chat, start) = (Chat::answering([limited]), Instant::now());
    let bell = bell(&chat);
    let error = bell.deliver(Message::new("a")).await.unwrap_err();
    assert_eq!(start.elapsed().as_secs(), 15 * 60);
    assert_eq!(error.to_string(), "not sent within 15 minutes");
    assert_eq!(channel(&bell).failed, 1);
}

#[tokio::test(start_paused = true)]
async fn a_rejected_message_is_sent_once_more_in_short() {
    let rejected = no(SendError::rejected("invalid_blocks"));
    let chat = Chat::answering([rejected]);
    let long = format!("{}\nsecond line", "x".repeat(1_000));
    bell(&chat).deliver(Message::new(long).field("plan", "pro")).await.unwrap();
    assert_eq!(chat.texts().len(), 2);
    assert_eq!(chat.texts()[1], "x".repeat(200));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_may_have_arrived_is_sent_once_more_after_ten_seconds() {
    let unknown = || no(SendError::unknown_outcome("connection reset"));
    let (chat, start) = (Chat::answering([unknown(), unknown()]), Instant::now());
    let bell = bell(&chat);
    let error = bell.deliver(Message::new("a")).await.unwrap_err();
    assert!(error.is_unknown_outcome());
    assert_eq!(chat.times(start), [0, 10_000]);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_never_answers_is_given_up() {
    let (chat, start) = (Chat::answering([None, None]), Instant::now());
    let error = bell(&chat).deliver(Message::new("a")).await.unwrap_err();
    assert!(error.is_unknown_outcome(), "{error}");
    assert_eq!(chat.times(start), [0, 20_000], "10 s each, 10 s between");
}

#[tokio::test(start_paused = true)]
async fn a_permanent_error_is_told_at_once() {
    let chat = Chat::answering([no(SendError::permanent("invalid_auth"))]);
    let start = Instant::now();
    assert!(bell(&chat).deliver(Message::new("a")).await.unwrap_err().is_permanent());
    assert!(start.elapsed() < SECOND);
}

#[tokio::test(start_paused = true)]
async fn ten_times_too_many_messages_stay_within_bounds_and_each_is_counted() {
    let chat = Chat::answering([None]);
    let bell = bell(&chat);
    let sent = 10 * MOST_MESSAGES;
    let taken = (0..sent).filter(|_| bell.send(Message::new("x")).is_ok()).count();
    let stats = channel(&bell);
    assert_eq!((taken, stats.queued), (MOST_MESSAGES, MOST_MESSAGES));
    assert_eq!(stats.refused as usize, sent - MOST_MESSAGES);
    assert!(bell.flush(60 * MINUTE).await.complete);
    assert_eq!(channel(&bell).sent as usize, taken);
    assert_eq!((channel(&bell).queued, channel(&bell).queued_bytes), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn ten_times_too_many_bytes_stay_within_bounds() {
    let chat = Chat::answering([None]);
    let bell = bell(&chat);
    let text = "x".repeat(MOST_MESSAGE_BYTES / 100);
    let taken = (0..1_000).filter(|_| bell.send(Message::new(&*text)).is_ok()).count();
    assert!((50..100).contains(&taken), "{taken}");
    assert!(channel(&bell).queued_bytes <= MOST_MESSAGE_BYTES);
    let huge = Message::new("x".repeat(100 * MOST_MESSAGE_BYTES));
    assert!(bell.send(huge).into_result().is_err_and(|error| error.is_refused()));
}

#[tokio::test(start_paused = true)]
async fn flushes_beyond_the_bound_are_answered_at_once_however_slow_the_service_is() {
    let chat = Chat::answering([None]);
    let bell = bell(&chat);
    bell.send(Message::new("x"));
    let flushes: Vec<_> = (0..40).map(|_| tokio::spawn(bell.flush(MINUTE))).collect();
    sleep(SECOND).await;
    let more: Vec<_> = (0..100).map(|_| tokio::spawn(bell.flush(MINUTE))).collect();
    sleep(SECOND).await;
    let waiting = flushes.iter().chain(&more).filter(|flush| !flush.is_finished()).count();
    assert_eq!(waiting, 64);
}

#[tokio::test(start_paused = true)]
async fn an_unknown_channel_leads_to_the_default_one_and_is_counted() {
    let chat = Chat::default();
    let bell = bell(&chat);
    bell.deliver(Message::new("a").channel("#nowhere")).await.unwrap();
    bell.deliver(Message::new("b").channel("#test")).await.unwrap();
    assert_eq!(chat.texts(), ["a", "b"]);
    assert_eq!(bell.stats().unknown_channel, 1);
}

#[tokio::test(start_paused = true)]
async fn a_flush_waits_for_what_was_sent_before_it() {
    let chat = Chat::default();
    let bell = bell(&chat);
    for text in ["a", "b", "c"] {
        bell.send(Message::new(text));
    }
    let (first, second) = tokio::join!(bell.flush(MINUTE), bell.flush(MINUTE));
    assert!(first.complete && second.complete);
    assert_eq!(chat.texts().len(), 3);
    assert!(bell.stats().worker_alive);
}

#[tokio::test(start_paused = true)]
async fn a_flush_that_loses_a_message_is_not_complete() {
    let chat = Chat::answering([no(SendError::permanent("gone"))]);
    let bell = bell(&chat);
    bell.send(Message::new("a"));
    let drained = bell.flush(MINUTE).await;
    assert_eq!((drained.complete, drained.left), (false, 1));
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_sends_what_waits_and_ends() {
    let chat = Chat::default();
    let bell = bell(&chat);
    bell.send(Message::new("a"));
    bell.send(Message::new("b"));
    let shutdown = bell.shutdown(MINUTE);
    assert!(bell.send(Message::new("late")).into_result().is_err_and(|error| error.is_refused()));
    assert!(shutdown.await.complete);
    assert_eq!(chat.texts(), ["a", "b"]);
    let stats = bell.stats();
    assert!(!stats.worker_alive);
    assert_eq!(stats.channels[0].refused, 1);
    assert!(bell.shutdown(MINUTE).await.complete, "twice does no harm");
    assert!(bell.flush(MINUTE).await.complete);
    assert!(bell.deliver(Message::new("late")).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_keeps_its_deadline_and_counts_what_it_leaves() {
    let chat = Chat::answering([None]);
    let bell = bell(&chat);
    let waiting = bell.deliver(Message::new("a"));
    bell.send(Message::new("b"));
    let start = Instant::now();
    let drained = bell.shutdown(3 * SECOND).await;
    assert_eq!((drained.complete, drained.left), (false, 2));
    assert_eq!(start.elapsed(), 3 * SECOND);
    assert!(waiting.await.unwrap_err().is_refused(), "who waits is told");
    assert_eq!(channel(&bell).failed, 2);
}

#[tokio::test(start_paused = true)]
async fn when_the_last_handle_is_gone_what_waits_is_still_sent() {
    let chat = Chat::default();
    let (bell, worker) =
        Bell::builder("s").channel("#a", chat.clone()).build_with_worker().unwrap();
    let worker = tokio::spawn(worker.run());
    for text in ["a", "b", "c"] {
        bell.send(Message::new(text));
    }
    drop(bell.clone());
    drop(bell);
    worker.await.unwrap();
    assert_eq!(chat.texts(), ["a", "b", "c"]);
}

#[tokio::test(start_paused = true)]
async fn when_the_last_handle_is_gone_the_worker_goes_after_five_seconds() {
    let chat = Chat::answering([None]);
    let (bell, worker) = Bell::builder("s").channel("#a", chat).build_with_worker().unwrap();
    let (worker, start) = (tokio::spawn(worker.run()), Instant::now());
    let waiting = bell.deliver(Message::new("a"));
    drop(bell);
    worker.await.unwrap();
    assert_eq!(start.elapsed(), 5 * SECOND);
    assert!(waiting.await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_dropped_worker_leaves_nobody_waiting() {
    let chat = Chat::answering([None]);
    let (bell, worker) = Bell::builder("s").channel("#a", chat).build_with_worker().unwrap();
    let worker = tokio::spawn(worker.run());
    let (waiting, flush) = (bell.deliver(Message::new("a")), bell.flush(MINUTE));
    sleep(SECOND).await;
    worker.abort();
    assert!(waiting.await.unwrap_err().is_refused());
    assert!(!flush.await.complete);
    assert!(!bell.stats().worker_alive);
    assert!(!bell.send(Message::new("b")).is_ok());
}

#[tokio::test(start_paused = true)]
async fn two_bells_do_not_know_of_each_other() {
    let (stuck, fine) = (Chat::answering([None, None]), Chat::default());
    let (first, second) = (bell(&stuck), bell(&fine));
    first.send(Message::new("a"));
    first.shutdown(SECOND).await;
    second.deliver(Message::new("b")).await.unwrap();
    assert_eq!(fine.texts(), ["b"]);
}

#[tokio::test(start_paused = true)]
async fn a_test_tells_what_each_channel_answered() {
    let (fine, broken) = (Chat::default(), Chat::answering([no(SendError::rejected("no"))]));
    let builder = Bell::builder("s").channel("#fine", fine.clone()).channel("#broken", broken);
    let (bell, worker) = builder.build_with_worker().unwrap();
    tokio::spawn(worker.run());
    let failed = bell.test().await.unwrap_err();
    assert_eq!(failed.to_string(), "#fine: ok; #broken: no");
    assert_eq!(bell.test().await, Ok(()));
    assert_eq!(fine.texts().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_bell_that_is_off_takes_everything_and_does_nothing() {
    let bell = Bell::off();
    assert!(bell.send(Message::new("a")).is_ok());
    assert_eq!(bell.deliver(Message::new("a")).await, Ok(Receipt::none()));
    assert_eq!(bell.test().await, Ok(()));
    assert!(bell.flush(SECOND).await.complete && bell.shutdown_blocking(SECOND).complete);
    assert_eq!(bell.stats(), Stats::default());
}

#[test]
fn a_bad_setting_is_named() {
    let build = |builder: tower_bell::Builder| builder.build().unwrap_err().to_string();
    assert_eq!(build(Bell::builder("s")), "channel: there is none");
    assert_eq!(
        build(Bell::builder(" ").channel("#a", Chat::default())),
        "service: the name is empty"
    );
    assert_eq!(build(Bell::builder("s").channel("", Chat::default())), "channel: a name is empty");
    let twice = Bell::builder("s").channel("#a", Chat::default()).channel("#a", Chat::default());
    assert_eq!(build(twice), r##"channel: the name "#a" is given twice"##);
}

#[test]
fn the_public_types_can_be_shared_and_the_futures_sent() {
    fn shared<T: Clone + Send + Sync + std::fmt::Debug>() {}
    fn sent<T: Send>(_: T) {}
    shared::<Bell>();
    shared::<Stats>();
    shared::<tower_bell::BuildError>();
    shared::<tower_bell::Handover>();
    sent::<fn(Worker)>(|worker| sent(worker.run()));
    let bell = Bell::off();
    sent(bell.deliver(Message::new("a")));
    sent(bell.flush(SECOND));
    sent(bell.test());
}

/// A careless transport: its error says its own token.
struct Careless;

const TOKEN: &str = "xoxb-111-hunter2hunter2";

impl Transport for Careless {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
    }

    fn secrets(&self) -> Vec<Secret> {
        vec![Secret::new(TOKEN)]
    }

    async fn post(&self, _: &Redacted<Message>) -> Answer {
        Err(SendError::permanent(format!("POST with {TOKEN}\nfailed")))
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_transport_says_of_its_secret_is_scrubbed() {
    let (bell, worker) = Bell::builder("s").channel("#a", Careless).build_with_worker().unwrap();
    tokio::spawn(worker.run());
    let error = bell.deliver(Message::new("a")).await.unwrap_err();
    let test = bell.test().await.unwrap_err();
    let stats = bell.stats();
    assert!(stats.channels[0].last_error.as_deref().is_some_and(|error| !error.contains('\n')));
    for said in [format!("{error} {error:?}"), format!("{test} {test:?}"), format!("{stats:?}")] {
        assert!(!said.contains("hunter2"), "{said}");
        assert!(said.contains("failed"), "{said}");
    }
}
