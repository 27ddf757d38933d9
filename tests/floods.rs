//! Floods of events: each event is told, alone or as a line of a digest. In paused time, with a
//! worker that the test runs.

#![allow(clippy::unwrap_used, reason = "helpers of tests may fail like tests")]

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use proptest::prelude::*;
use tokio::time::{Instant, sleep};
use tower_bell::{
    Bell, Builder, ChannelStats, Message, Route, Secret, Severity, Topic,
    delivery::EVENTS_PER_MINUTE,
    redact::Redacted,
    transport::{Capabilities, Limits, Receipt, SendError, Transport},
};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// Says no by script, and to digests as often as asked for.
#[derive(Clone, Default)]
struct Chat(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    limits: Limits,
    no: VecDeque<SendError>,
    no_digests: usize,
    told: Vec<(Instant, Redacted<Message>)>,
}

impl Chat {
    fn answering(no: impl IntoIterator<Item = SendError>) -> Self {
        let chat = Self::default();
        chat.with(|state| state.no.extend(no));
        chat
    }

    fn with<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn messages(&self) -> Vec<Redacted<Message>> {
        self.with(|state| state.told.iter().map(|(_, message)| message.clone()).collect())
    }

    /// What was told, an event per line: of a digest its lines, of any other message its heading.
    fn lines(&self) -> Vec<Vec<String>> {
        self.messages().iter().map(|message| lines(message)).collect()
    }

    /// When the first digest came, in seconds.
    fn digested_at(&self, start: Instant) -> u64 {
        self.with(|state| {
            let digest = state.told.iter().find(|(_, message)| is_digest(message));
            (digest.unwrap().0 - start).as_secs()
        })
    }
}

fn is_digest(message: &Message) -> bool {
    message.text().starts_with(":ocean: ")
}

fn lines(message: &Message) -> Vec<String> {
    if !is_digest(message) {
        return vec![message.text().to_owned()];
    }
    let plain = message.plain_text();
    plain.lines().filter_map(|line| line.strip_prefix("  ")).map(str::to_owned).collect()
}

impl Transport for Chat {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default().limits(self.with(|state| state.limits))
    }

    fn secrets(&self) -> Vec<Secret> {
        Vec::new()
    }

    async fn post(&self, message: &Redacted<Message>) -> Result<Receipt, SendError> {
        self.with(|state| {
            if let Some(error) = state.no.pop_front() {
                return Err(error);
            }
            if is_digest(message) && state.no_digests > 0 {
                state.no_digests -= 1;
                return Err(SendError::rejected("invalid_blocks"));
            }
            state.told.push((Instant::now(), message.clone()));
            Ok(Receipt::new(state.told.len().to_string()))
        })
    }
}

fn built(builder: Builder) -> Bell {
    let (bell, worker) = builder.build_with_worker().unwrap();
    tokio::spawn(worker.run());
    bell
}

fn bell(chat: &Chat) -> Bell {
    built(Bell::builder("shop-api").channel("#feed", chat.clone()))
}

fn channel(bell: &Bell) -> ChannelStats {
    bell.stats().channels.remove(0)
}

/// Sends so many events of one topic; gives how many were taken.
fn flood(bell: &Bell, topic: &Topic, numbers: std::ops::Range<usize>) -> usize {
    let event = |number: &usize| {
        let user = format!("user{number}@example.com");
        bell.event(topic.clone(), format!("event {number}")).user(user).send().is_ok()
    };
    numbers.filter(event).count()
}

fn line(number: usize) -> String {
    format!("event {number} · user:user{number}@example.com")
}

#[tokio::test(start_paused = true)]
async fn ten_are_told_one_by_one_and_the_rest_of_a_flood_a_minute_later_together() {
    let (chat, start) = (Chat::default(), Instant::now());
    let bell = bell(&chat);
    assert_eq!(flood(&bell, &Topic::User, 0..47), 47);
    sleep(2 * MINUTE).await;
    let told = chat.lines();
    assert_eq!(told.len(), EVENTS_PER_MINUTE + 1);
    let alone: Vec<_> = told[..EVENTS_PER_MINUTE].concat();
    assert_eq!(alone, (0..10).map(|n| format!("event {n}")).collect::<Vec<_>>());
    assert_eq!(told[EVENTS_PER_MINUTE], (10..47).map(line).collect::<Vec<_>>());
    assert_eq!(chat.digested_at(start), 60);
    let digest = chat.messages().pop().unwrap();
    assert_eq!(digest.text(), ":ocean: 37 user events in 1 min");
    assert_eq!(digest.about(), Some(&Topic::User));
    let stats = channel(&bell);
    assert_eq!((stats.sent, stats.digested, stats.failed), (47, 37, 0));
    assert_eq!((stats.queued, stats.queued_bytes), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn ten_a_minute_are_no_flood_however_long_they_last() {
    let chat = Chat::default();
    let bell = bell(&chat);
    for number in 0..60 {
        flood(&bell, &Topic::User, number..number + 1);
        sleep(6 * SECOND).await;
    }
    assert_eq!(chat.messages().len(), 60);
    assert_eq!(channel(&bell).digested, 0);
}

#[tokio::test(start_paused = true)]
async fn money_and_what_is_no_event_are_told_one_by_one() {
    let chat = Chat::default();
    let bell = bell(&chat);
    flood(&bell, &Topic::Payment, 0..50);
    (0..50).for_each(|n| drop(bell.send(Message::new(n.to_string()).topic(Topic::User))));
    sleep(2 * MINUTE).await;
    assert_eq!(chat.messages().len(), 100);
    assert_eq!(channel(&bell).digested, 0);
}

#[tokio::test(start_paused = true)]
async fn another_topic_is_not_kept_waiting_by_a_flood() {
    let (chat, start) = (Chat::default(), Instant::now());
    let bell = bell(&chat);
    flood(&bell, &Topic::User, 0..50);
    sleep(20 * SECOND).await;
    bell.event(Topic::Stats, "users: 312").deliver().await.unwrap();
    assert_eq!(start.elapsed(), 20 * SECOND);
    flood(&bell, &Topic::Payment, 0..1);
    sleep(2 * SECOND).await;
    assert_eq!(chat.lines()[10..], [["users: 312"], ["event 0"]]);
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_a_hundred_a_second_loses_nothing() {
    let chat = Chat::default();
    let bell = bell(&chat);
    let mut taken = 0;
    for tenth in 0..600 {
        taken += flood(&bell, &Topic::User, tenth * 10..tenth * 10 + 10);
        sleep(SECOND / 10).await;
    }
    assert_eq!(taken, 6_000);
    assert!(bell.flush(MINUTE).await.complete);
    let stats = channel(&bell);
    assert_eq!((stats.sent, stats.failed, stats.refused), (6_000, 0, 0));
    assert_eq!(chat.lines().concat().len(), 6_000);
    assert!(chat.messages().len() < 70, "{}", chat.messages().len());
}

#[tokio::test(start_paused = true)]
async fn what_is_too_much_even_for_digests_is_refused_and_counted() {
    let chat = Chat::default();
    let bell = bell(&chat);
    let taken = flood(&bell, &Topic::User, 0..10_000);
    assert_eq!((channel(&bell).refused as usize, taken), (10_000 - 256, 256));
    assert!(bell.flush(MINUTE).await.complete);
    assert_eq!(chat.lines().concat().len(), taken);
    assert!(chat.messages()[0].plain_text().contains("9744 earlier messages lost here"));
}

#[tokio::test(start_paused = true)]
async fn what_does_not_fit_one_message_is_told_in_the_next_line_by_line() {
    let chat = Chat::default();
    chat.with(|state| state.limits = Limits::default().total(1_000));
    let bell = built(Bell::builder("s").channel("#feed", chat.clone()).events_per_minute(0));
    flood(&bell, &Topic::User, 0..60);
    assert!(bell.flush(MINUTE).await.complete);
    assert_eq!(chat.lines().concat(), (0..60).map(line).collect::<Vec<_>>());
    let messages = chat.messages();
    assert!((3..8).contains(&messages.len()), "{}", messages.len());
    for message in messages {
        let plain = message.plain_text();
        assert!(plain.chars().count() <= 1_000 && !plain.contains("cut"), "{plain}");
    }
}

#[tokio::test(start_paused = true)]
async fn where_no_digest_fits_each_event_is_told() {
    let chat = Chat::default();
    chat.with(|state| state.limits = Limits::default().total(0));
    let bell = built(Bell::builder("s").channel("#feed", chat.clone()).events_per_minute(0));
    for _ in 0..3 {
        bell.event(Topic::User, "x".repeat(300)).user("u".repeat(250)).send();
    }
    assert!(bell.flush(MINUTE).await.complete);
    assert_eq!(channel(&bell).sent, 3);
    assert!(chat.messages().iter().all(|message| !is_digest(message)));
}

#[tokio::test(start_paused = true)]
async fn a_flush_is_not_kept_waiting_and_counts_what_it_leaves() {
    let chat = Chat::default();
    let bell = built(Bell::builder("s").channel("#feed", chat.clone()).events_per_minute(0));
    let start = Instant::now();
    let heard: Vec<_> = (0..5).map(|_| bell.event(Topic::User, "hello").deliver()).collect();
    assert!(bell.flush(MINUTE).await.complete);
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(chat.messages().len(), 1);
    for receipt in heard {
        assert_eq!(receipt.await, Ok(Receipt::new("1")));
    }

    chat.with(|state| state.no.push_back(SendError::rate_limited(Some(MINUTE), "slow")));
    flood(&bell, &Topic::User, 0..7);
    let drained = bell.shutdown(3 * SECOND).await;
    assert_eq!((drained.complete, drained.left), (false, 7));
    assert_eq!((channel(&bell).sent, channel(&bell).failed), (5, 7));
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_tells_what_waits_for_others() {
    let chat = Chat::default();
    let bell = built(Bell::builder("s").channel("#feed", chat.clone()).events_per_minute(0));
    flood(&bell, &Topic::User, 0..7);
    sleep(SECOND).await;
    assert!(bell.shutdown(5 * SECOND).await.complete);
    assert_eq!(chat.lines(), [(0..7).map(line).collect::<Vec<_>>()]);
}

#[tokio::test(start_paused = true)]
async fn a_digest_that_is_not_taken_is_tried_again_with_all_that_it_told() {
    let chat = Chat::answering([SendError::transient("down"), SendError::transient("down")]);
    let bell = built(Bell::builder("s").channel("#feed", chat.clone()).events_per_minute(0));
    flood(&bell, &Topic::User, 0..7);
    assert!(bell.flush(MINUTE).await.complete);
    assert_eq!(chat.lines(), [(0..7).map(line).collect::<Vec<_>>()]);
    let stats = channel(&bell);
    assert_eq!((stats.retried, stats.sent, stats.failed), (2, 7, 0));
}

#[tokio::test(start_paused = true)]
async fn a_digest_that_the_service_rejects_is_taken_apart() {
    let chat = Chat::default();
    chat.with(|state| state.no_digests = 1);
    let bell = built(Bell::builder("s").channel("#feed", chat.clone()).events_per_minute(0));
    flood(&bell, &Topic::User, 0..4);
    assert!(bell.flush(MINUTE).await.complete);
    assert_eq!(chat.lines(), [["event 0"], ["event 1"], ["event 2"], ["event 3"]]);
    let stats = channel(&bell);
    assert_eq!((stats.sent, stats.digested, stats.failed), (4, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_digest_that_is_given_up_is_that_many_losses_and_frees_the_keys() {
    let chat = Chat::answering([SendError::permanent("gone")]);
    let bell = built(Bell::builder("s").channel("#feed", chat.clone()).events_per_minute(0));
    let send = || bell.event(Topic::User, "signed up").key("signup-42").send();
    assert!(send().is_ok() && send().is_ok());
    flood(&bell, &Topic::User, 0..2);
    let drained = bell.flush(MINUTE).await;
    assert_eq!((drained.complete, drained.left), (false, 3));
    assert_eq!((channel(&bell).failed, bell.stats().duplicates), (3, 1));
    assert!(send().is_ok());
    bell.flush(MINUTE).await;
    assert_eq!(chat.lines(), [["signed up"]]);
    assert!(send().is_ok());
    bell.flush(MINUTE).await;
    assert_eq!((chat.messages().len(), bell.stats().duplicates), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_refused_frees_its_key() {
    let chat = Chat::default();
    let bell = bell(&chat);
    for text in ["", "signed up", "signed up"] {
        bell.event(Topic::User, text).key("signup-42").send();
    }
    bell.flush(MINUTE).await;
    assert_eq!(chat.lines(), [["signed up"]]);
}

#[tokio::test(start_paused = true)]
async fn a_digest_is_as_bad_and_as_loud_as_the_worst_of_it() {
    let stub = tower_bell::transport::stub::Stub::new();
    let route = Route::topic(Topic::User).to("#feed").mention("@oncall");
    let builder = Bell::builder("s").channel("#feed", stub.clone()).events_per_minute(0);
    let bell = built(builder.route(route));
    bell.event(Topic::User, "registered").send();
    bell.event(Topic::User, "registration failed").severity(Severity::Error).send();
    bell.event(Topic::User, "looked around").severity(Severity::Warning).send();
    assert!(bell.flush(MINUTE).await.complete);
    let digest = stub.take().remove(0);
    assert_eq!((digest.level(), digest.mentions()), (Severity::Error, Some("@oncall")));
    let expected = ["registered", "error · registration failed", "warning · looked around"];
    assert_eq!(lines(&digest), expected);
}

#[tokio::test(start_paused = true)]
async fn nothing_breaks_out_of_its_line() {
    let chat = Chat::default();
    let bell = built(Bell::builder("s").channel("#feed", chat.clone()).events_per_minute(0));
    let hostile = "a\nuser:eve\r\n```<!channel>\u{202e}";
    bell.event(Topic::from("x"), hostile).user("alice\n#12").field(hostile, hostile).send();
    bell.event(Topic::from("x"), "y".repeat(900_000)).user("bob").field("n", 1).send();
    assert!(bell.flush(MINUTE).await.complete);
    let told = lines(&chat.messages()[0]);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[0].starts_with("a user:eve ```<!channel> · user:alice #12 · a user:eve"));
    assert_eq!(told[1], format!("{}… · user:bob · n: 1", "y".repeat(79)));
}

#[derive(Clone, Debug)]
struct Sent {
    pause: u64,
    count: usize,
    topic: usize,
}

const TOPICS: [Topic; 3] = [Topic::User, Topic::Stats, Topic::Payment];

fn sent() -> impl Strategy<Value = Sent> {
    let pause = prop_oneof![3 => Just(0u64), 2 => 0u64..5_000, 1 => 0u64..90_000];
    let count = prop_oneof![3 => 1usize..4, 1 => 1usize..60];
    (pause, count, 0usize..TOPICS.len()).prop_map(|(pause, count, topic)| Sent {
        pause,
        count,
        topic,
    })
}

fn refusals() -> impl Strategy<Value = Vec<SendError>> {
    let error = prop_oneof![
        Just(SendError::transient("down")),
        (1u64..200).prop_map(|s| SendError::rate_limited(Some(Duration::from_secs(s)), "slow")),
    ];
    proptest::collection::vec(error, 0..4)
}

/// Sends it all and gives what was taken and what was told, each by topic.
async fn told_of(sent: &[Sent], no: Vec<SendError>, no_digests: usize) -> [Vec<Vec<String>>; 2] {
    let chat = Chat::answering(no);
    chat.with(|state| state.no_digests = no_digests);
    let bell = bell(&chat);
    let mut taken = vec![Vec::new(); TOPICS.len()];
    for Sent { pause, count, topic } in sent {
        sleep(Duration::from_millis(*pause)).await;
        for _ in 0..*count {
            let text = format!("event {}", taken.iter().map(Vec::len).sum::<usize>());
            if bell.event(TOPICS[*topic].clone(), &*text).send().is_ok() {
                taken[*topic].push(text);
            }
        }
    }
    assert!(bell.flush(60 * MINUTE).await.complete);
    let told = TOPICS.map(|topic| {
        let messages = chat.messages();
        let of_topic = messages.iter().filter(|message| message.about() == Some(&topic));
        of_topic.flat_map(|message| lines(message)).collect()
    });
    let money = chat.messages().into_iter().filter(|m| m.about() == Some(&Topic::Payment));
    assert!(money.into_iter().all(|message| !is_digest(&message)));
    let stats = channel(&bell);
    assert_eq!(stats.sent as usize, taken.iter().map(Vec::len).sum::<usize>());
    assert_eq!((stats.queued, stats.queued_bytes, stats.failed), (0, 0, 0));
    [taken, told.into()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_event_is_told_exactly_once_and_each_topic_in_its_order(
        sent in proptest::collection::vec(sent(), 1..40),
        no in refusals(),
        no_digests in 0usize..2,
    ) {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().start_paused(true).build().unwrap();
        let [taken, told] = runtime.block_on(told_of(&sent, no, no_digests));
        prop_assert_eq!(taken, told);
    }
}
