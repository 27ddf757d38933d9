//! The whole engine in paused time: failures go in as the layer would hand them in, and a recording
//! transport says what came out when.

use std::{
    collections::{BTreeMap, VecDeque},
    future::pending,
    panic::resume_unwind,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use proptest::prelude::*;
use tokio::time::{Instant, sleep};

use super::*;
use crate::{
    delivery::samples::Kind,
    incident::{Incidents, MOST_KINDS, QUIET, Seen},
    redact::Redacted,
    route::Target,
    secret::Secret,
    severity::Severity,
    transport::{Capabilities, Transport},
};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// What the service answers next; yes when nothing is left.
#[derive(Clone, Debug)]
enum Script {
    Yes,
    No(SendError),
    Panic,
    Hang,
}

#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Recorded>>);

#[derive(Default)]
struct Recorded {
    script: VecDeque<Script>,
    /// Every post and edit, with what was answered.
    posts: Vec<Posted>,
    edits: bool,
}

#[derive(Clone)]
struct Posted {
    at: Instant,
    message: Message,
    taken: bool,
    /// The number of the post that it replaces.
    replaces: Option<usize>,
}

impl Recorder {
    fn answering(script: impl IntoIterator<Item = Script>) -> Self {
        let recorder = Self::default();
        recorder.answer(script);
        recorder
    }

    /// One whose messages can be edited.
    fn editing() -> Self {
        let recorder = Self::default();
        recorder.with(|recorded| recorded.edits = true);
        recorder
    }

    /// How many failures the messages tell together.
    fn told(&self) -> u64 {
        self.taken().iter().map(told).sum()
    }

    /// How many failures the first messages of all episodes tell, as they stand now. What is posted anew
    /// stands for the one before it.
    fn standing(&self) -> u64 {
        let posts = self.posts();
        let (mut standing, mut first) = (BTreeMap::new(), BTreeMap::new());
        for (number, post) in posts.iter().enumerate().filter(|(_, post)| post.taken) {
            let Message { id, notes, subject, .. } = &post.message;
            let is_more = subject.as_deref().is_some_and(|text| text.contains(" more"));
            let is_anew = notes.iter().any(|note| note.starts_with("posted anew"));
            let place = match post.replaces {
                Some(replaced) => replaced,
                None if is_more && !is_anew => continue,
                None => {
                    let before = first.insert(id.clone(), number).filter(|_| is_anew);
                    before.map(|before| standing.remove(&before));
                    number
                }
            };
            standing.insert(place, told(&post.message));
        }
        standing.values().sum()
    }

    async fn take(
        &self,
        message: &Redacted<Message>,
        replaces: Option<usize>,
    ) -> Result<Receipt, SendError> {
        let (script, number) = self.with(|recorded| {
            let script = recorded.script.pop_front().unwrap_or(Script::Yes);
            let taken = matches!(script, Script::Yes);
            let message = (**message).clone();
            recorded.posts.push(Posted { at: Instant::now(), message, taken, replaces });
            (script, recorded.posts.len() - 1)
        });
        match script {
            Script::Yes if self.with(|recorded| recorded.edits) => {
                Ok(Receipt::new(replaces.unwrap_or(number).to_string()))
            }
            Script::Yes => Ok(Receipt::none()),
            Script::No(error) => Err(error),
            // Like `panic!`, but without the hook: hundreds of backtraces take longer than the tests.
            Script::Panic => resume_unwind(Box::new("a transport of the app's own")),
            Script::Hang => pending().await,
        }
    }

    fn answer(&self, script: impl IntoIterator<Item = Script>) {
        self.with(|recorded| recorded.script.extend(script));
    }

    fn posts(&self) -> Vec<Posted> {
        self.with(|recorded| recorded.posts.clone())
    }

    /// What was taken: the moment since `start`, and the message.
    fn taken(&self) -> Vec<Message> {
        self.posts().into_iter().filter(|post| post.taken).map(|post| post.message).collect()
    }

    fn times(&self, start: Instant) -> Vec<u64> {
        self.posts().iter().map(|post| (post.at - start).as_secs()).collect()
    }

    fn with<T>(&self, f: impl FnOnce(&mut Recorded) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Transport for Recorder {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default().edit(self.with(|recorded| recorded.edits))
    }

    fn secrets(&self) -> Vec<Secret> {
        Vec::new()
    }

    async fn post(&self, message: &Redacted<Message>) -> Result<Receipt, SendError> {
        self.take(message, None).await
    }

    async fn edit(
        &self,
        receipt: &Receipt,
        message: &Redacted<Message>,
    ) -> Result<Receipt, SendError> {
        self.take(message, receipt.id().and_then(|id| id.parse().ok())).await
    }
}

/// A running bell with these channels, the recorders in the same order.
fn bell(channels: &[(&'static str, &Recorder)]) -> Bell {
    bell_with(Incidents::default(), channels)
}

fn bell_with(incidents: Incidents, channels: &[(&'static str, &Recorder)]) -> Bell {
    let builder = Bell::builder("shop-api").incidents(incidents);
    let builder = channels.iter().fold(builder, |builder, (name, recorder)| {
        builder.channel(*name, Recorder::clone(recorder))
    });
    let (bell, worker) = builder.build_with_worker().unwrap();
    tokio::spawn(worker.run());
    bell
}

/// What the layer does when a request fails.
fn fail(bell: &Bell, kind: &Kind) -> Seen {
    fail_with(bell, kind, 10)
}

/// The same with a request id of so many letters.
fn fail_with(bell: &Bell, kind: &Kind, size: usize) -> Seen {
    let hub = &bell.core.as_ref().unwrap().hub;
    let seen = match hub.tally.hit(kind.key) {
        Seen::New => hub.tally.open(kind.key, kind.key, Arc::clone(&kind.facts)),
        seen => seen,
    };
    if seen == Seen::Wanted {
        hub.details(kind.key, || kind.report(size));
    }
    seen
}

fn kind(route: &str) -> Kind {
    Kind::new(route, Severity::Error)
}

/// How many failures a message tells that were not told before: `×99 more ..`, or one.
fn told(message: &Message) -> u64 {
    let subject = message.subject.as_deref().unwrap_or_default();
    let Some(rest) = subject.split('×').nth(1) else { return 1 };
    let end = rest.find(|c: char| c != ' ' && !c.is_ascii_digit()).unwrap_or(rest.len());
    match rest[end..].starts_with("in all") {
        true => 0,
        false => rest[..end].replace(' ', "").parse().unwrap(),
    }
}

fn details_were_lost(message: &Message) -> bool {
    message.quote.as_deref().is_some_and(|quote| quote.contains("details were lost"))
}

fn down() -> Script {
    Script::No(SendError::transient("down"))
}

#[tokio::test(start_paused = true)]
async fn the_first_failure_is_told_at_once() {
    let (chat, start) = (Recorder::default(), Instant::now());
    let bell = bell(&[("#errors", &chat)]);
    fail(&bell, &kind("/a"));
    sleep(SECOND / 10).await;
    assert_eq!(chat.times(start), [0]);
    assert_eq!(chat.taken()[0].id, Some(kind("/a").fingerprint().short()));
}

#[tokio::test(start_paused = true)]
async fn the_others_are_told_once_in_full_and_then_in_summaries_with_their_exact_count() {
    let (chat, start) = (Recorder::default(), Instant::now());
    let bell = bell(&[("#errors", &chat)]);
    for _ in 0..500 {
        fail(&bell, &kind("/a"));
        sleep(SECOND / 10).await;
    }
    sleep(20 * MINUTE).await;
    assert_eq!(chat.times(start), [0, 30, 300]);
    let counts: Vec<_> = chat.taken().iter().map(told).collect();
    assert_eq!(counts.iter().sum::<u64>(), 500, "{counts:?}");
    assert!(chat.taken().iter().all(|message| !details_were_lost(message)));
    assert_eq!(bell.stats().failures, 500);
}

#[tokio::test(start_paused = true)]
async fn each_message_shows_a_failure_that_it_tells() {
    let chat = Recorder::default();
    let bell = bell(&[("#errors", &chat)]);
    for size in [1, 2, 3] {
        fail_with(&bell, &kind("/a"), size);
        sleep(90 * SECOND).await;
    }
    let facts: Vec<_> = chat.taken().into_iter().map(|message| message.facts).collect();
    for (facts, id) in facts.iter().zip(["request x", "request xx", "request xxx"]) {
        assert!(facts.iter().any(|fact| fact == id), "{facts:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn details_are_given_again_after_a_flood() {
    let chat = Recorder::default();
    let bell = bell(&[("#errors", &chat)]);
    for route in 0..100 {
        fail(&bell, &kind(&route.to_string()));
    }
    let lost = bell.stats().exemplars_lost;
    assert!(lost > 0);
    sleep(3 * SECOND).await;
    for route in 100..110 {
        fail(&bell, &kind(&route.to_string()));
    }
    assert_eq!(bell.stats().exemplars_lost, lost);
}

#[tokio::test(start_paused = true)]
async fn a_kind_whose_details_never_came_is_told_from_its_count() {
    let (chat, start) = (Recorder::default(), Instant::now());
    let bell = bell(&[("#errors", &chat)]);
    let hub = &bell.core.as_ref().unwrap().hub;
    hub.tally.open(kind("/a").key, kind("/a").key, kind("/a").facts);
    hub.details(kind("/a").key, || panic!("a `Display` of the app's own"));
    sleep(10 * SECOND).await;
    assert_eq!(chat.times(start), [2]);
    assert!(details_were_lost(&chat.taken()[0]));
    assert_eq!(
        chat.taken()[0].notes,
        ["since the last message details of 1 failure of any kind lost"],
        "the loss is told where it is felt"
    );
    assert_eq!(bell.stats().exemplars_lost, 1);
}

#[tokio::test(start_paused = true)]
async fn after_an_outage_one_message_says_it_all() {
    let chat = Recorder::answering(vec![down(); 6]);
    let bell = bell(&[("#errors", &chat)]);
    for _ in 0..30 {
        fail(&bell, &kind("/a"));
        sleep(SECOND).await;
    }
    sleep(10 * MINUTE).await;
    let counts: Vec<_> = chat.taken().iter().map(told).collect();
    assert_eq!(counts.iter().sum::<u64>(), 30);
    assert!(counts.len() <= 2, "{counts:?}");
    assert_eq!(bell.stats().untold, 0);
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_refused_is_sent_once_more_with_nothing_in_it() {
    let chat = Recorder::answering([Script::No(SendError::rejected("invalid_blocks"))]);
    let bell = bell(&[("#errors", &chat)]);
    fail(&bell, &kind("/a"));
    sleep(5 * SECOND).await;
    let minimal = &chat.taken()[0];
    assert_eq!(minimal.id, Some(kind("/a").fingerprint().short()));
    assert_eq!(minimal.notes, ["details withheld: the service refused the message"]);
    assert_eq!(chat.posts().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_is_refused_in_every_form_does_not_hold_up_the_others() {
    let no = Script::No(SendError::rejected("no"));
    let (chat, start) = (Recorder::answering([no.clone(), Script::Yes, no]), Instant::now());
    let bell = bell(&[("#errors", &chat)]);
    fail(&bell, &Kind::new("/a", Severity::Critical));
    fail(&bell, &kind("/b"));
    sleep(90 * SECOND).await;
    let ids: Vec<_> = chat.posts().into_iter().map(|post| post.message.id.unwrap()).collect();
    let [a, b] = [kind("/a"), kind("/b")].map(|kind| kind.fingerprint().short());
    // Said least often comes first; what was given up comes again a period later.
    assert_eq!(ids, [&a, &b, &a, &a].map(String::clone));
    assert!(chat.times(start)[3] >= 60);
    assert_eq!(told(&chat.taken()[1]), 1);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_hangs_is_given_up_after_its_deadline_and_asked_once_more() {
    let (chat, start) = (Recorder::answering([Script::Hang]), Instant::now());
    let bell = bell(&[("#errors", &chat)]);
    fail(&bell, &kind("/a"));
    sleep(MINUTE).await;
    assert_eq!(chat.times(start), [0, 20], "10 s for the post, 10 s after it");
    assert_eq!(bell.stats().channels[0].retried, 1);
}

#[tokio::test(start_paused = true)]
async fn a_transport_that_panics_is_counted_and_the_worker_lives() {
    let chat = Recorder::answering([Script::Panic]);
    let bell = bell(&[("#errors", &chat)]);
    let error = bell.deliver(Message::new("a")).await.unwrap_err();
    assert!(error.is_permanent());
    assert!(bell.deliver(Message::new("b")).await.is_ok());
    let stats = bell.stats();
    assert!(stats.worker_alive);
    assert_eq!((stats.channels[0].failed, stats.channels[0].sent), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_dead_channel_is_only_probed_and_forgets_nothing() {
    let gone = Script::No(SendError::permanent("channel_not_found"));
    let (chat, start) = (Recorder::answering(vec![gone; 5]), Instant::now());
    let bell = bell(&[("#errors", &chat)]);
    for _ in 0..3600 {
        fail(&bell, &kind("/a"));
        fail(&bell, &kind("/b"));
        sleep(SECOND).await;
    }
    let times = chat.times(start);
    assert!(times[2] < 5 * 60, "{times:?}");
    assert!(times[3..].iter().zip(&times[2..]).take(2).all(|(b, a)| b - a >= 900), "{times:?}");
    sleep(2 * MINUTE).await;
    let counts: u64 = chat.taken().iter().map(told).sum();
    assert_eq!(counts, 7200, "nothing is forgotten");
    assert!(!bell.stats().channels[0].broken);
}

#[tokio::test(start_paused = true)]
async fn a_test_message_does_not_wait_for_the_next_probe_of_a_dead_channel() {
    let gone = Script::No(SendError::permanent("invalid_auth"));
    let chat = Recorder::answering(vec![gone; 3]);
    let bell = bell(&[("#errors", &chat)]);
    for _ in 0..3 {
        assert!(bell.deliver(Message::new("a")).await.is_err());
    }
    assert!(bell.stats().channels[0].broken);
    let start = Instant::now();
    assert_eq!(bell.test().await, Ok(()));
    assert!(start.elapsed() < SECOND);
    assert!(!bell.stats().channels[0].broken);
}

#[tokio::test(start_paused = true)]
async fn failures_of_further_kinds_are_told_together() {
    let chat = Recorder::default();
    let bell = bell(&[("#errors", &chat)]);
    for route in 0..MOST_KINDS + 412 {
        fail(&bell, &kind(&route.to_string()));
    }
    sleep(SECOND * 1_200).await;
    // Ten one by one, the others together, the many by themselves, and the end in two lists.
    assert_eq!(chat.taken().len(), 14);
    assert_eq!(chat.taken().iter().map(told).sum::<u64>(), MOST_KINDS as u64 + 412);
    let texts: Vec<_> = chat.taken().iter().map(|message| message.plain_text()).collect();
    let is_further = |text: &String| text.contains("×412  further kinds");
    assert!(texts.iter().any(is_further), "{texts:?}");
    assert_eq!(bell.stats().further, 412);
}

#[tokio::test(start_paused = true)]
async fn a_flush_tells_what_is_counted_without_waiting_for_the_minute() {
    let (chat, start) = (Recorder::default(), Instant::now());
    let bell = bell(&[("#errors", &chat)]);
    fail(&bell, &kind("/a"));
    sleep(2 * SECOND).await;
    for _ in 0..41 {
        fail(&bell, &kind("/a"));
    }
    let drained = bell.flush(10 * SECOND).await;
    assert_eq!(drained, Drained::left(0));
    assert_eq!(chat.taken().iter().map(told).collect::<Vec<_>>(), [1, 41]);
    assert!(start.elapsed() < 5 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_flush_keeps_its_deadline_and_says_what_is_left() {
    let chat = Recorder::answering(vec![Script::Hang; 9]);
    let bell = bell(&[("#errors", &chat)]);
    fail(&bell, &kind("/a"));
    bell.send(Message::new("a"));
    bell.send(Message::new("b"));
    let start = Instant::now();
    let drained = bell.flush(3 * SECOND).await;
    assert_eq!((drained.complete, drained.left), (false, 3));
    assert_eq!(start.elapsed(), 3 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn a_flush_does_not_wait_for_a_dead_channel() {
    let gone = Script::No(SendError::permanent("invalid_auth"));
    let chat = Recorder::answering(vec![gone; 99]);
    let bell = bell(&[("#errors", &chat)]);
    for route in ["/a", "/b", "/c"] {
        fail(&bell, &kind(route));
    }
    sleep(MINUTE).await;
    let start = Instant::now();
    assert_eq!(bell.flush(MINUTE).await.left, 3);
    assert!(start.elapsed() < SECOND);
}

#[tokio::test(start_paused = true)]
async fn after_a_shutdown_failures_are_only_counted() {
    let chat = Recorder::default();
    let bell = bell(&[("#errors", &chat)]);
    fail(&bell, &kind("/a"));
    assert!(bell.shutdown(10 * SECOND).await.complete);
    fail(&bell, &kind("/b"));
    fail(&bell, &kind("/b"));
    sleep(MINUTE).await;
    assert_eq!(chat.taken().len(), 1);
    let stats = bell.stats();
    assert_eq!((stats.failures, stats.exemplars_lost, stats.worker_alive), (3, 0, false));
    assert!(bell.send(Message::new("late")).into_result().is_err_and(|error| error.is_refused()));
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_was_quiet_for_ten_minutes_begins_anew() {
    let (chat, start) = (Recorder::default(), Instant::now());
    let bell = bell(&[("#errors", &chat)]);
    fail(&bell, &kind("/a"));
    sleep(11 * MINUTE).await;
    assert_eq!(fail(&bell, &kind("/a")), Seen::Wanted);
    sleep(SECOND).await;
    assert_eq!(chat.times(start), [0, 660]);
    assert!(chat.taken().iter().all(|message| told(message) == 1 && !details_were_lost(message)));
}

#[tokio::test(start_paused = true)]
async fn each_kind_rings_where_its_layer_says() {
    let (first, second) = (Recorder::default(), Recorder::default());
    let bell = bell(&[("#errors", &first), ("#admin", &second)]);
    fail(&bell, &kind("/a"));
    fail(&bell, &kind("/b").to(vec![Target::plain(1)]));
    fail(&bell, &kind("/c").to(Vec::new()));
    sleep(2 * SECOND).await;
    assert_eq!((first.taken().len(), second.taken().len()), (1, 1));
    let stats = bell.stats();
    assert_eq!((stats.failures, stats.untold), (3, 0), "what is told nowhere is still counted");
}

#[tokio::test(start_paused = true)]
async fn failures_and_messages_take_turns() {
    let chat = Recorder::default();
    let bell = bell(&[("#errors", &chat)]);
    for number in 0..4 {
        fail(&bell, &kind(&number.to_string()));
        bell.send(Message::new(format!("own {number}")));
    }
    sleep(MINUTE).await;
    let own: Vec<_> = chat.taken().iter().map(|message| message.text.starts_with("own")).collect();
    assert_eq!(own.len(), 8);
    assert!(own.windows(2).all(|pair| pair[0] != pair[1]), "{own:?}");
}

#[tokio::test(start_paused = true)]
async fn lost_messages_are_told_in_the_next_one_of_their_channel() {
    let chat = Recorder::answering([Script::Hang]);
    let bell = bell(&[("#errors", &chat)]);
    for _ in 0..crate::delivery::MOST_MESSAGES + 12 {
        bell.send(Message::new("x"));
    }
    sleep(25 * SECOND).await;
    assert_eq!(chat.taken()[0].notes, ["12 earlier messages lost here"]);
    assert!(chat.taken()[1].notes.is_empty());
    assert_eq!(bell.stats().channels[0].refused, 12);
}

#[tokio::test(start_paused = true)]
async fn the_worst_failures_and_their_counts_survive_a_flood() {
    let chat = Recorder::default();
    let bell = bell(&[("#errors", &chat)]);
    let kinds: Vec<_> = (0..50).map(|route| kind(&route.to_string())).collect();
    for number in 0..100_000 {
        fail(&bell, &kinds[number % kinds.len()]);
    }
    assert!(bell.flush(10 * MINUTE).await.complete);
    assert_eq!(chat.taken().iter().map(told).sum::<u64>(), 100_000);
    let stats = bell.stats();
    assert_eq!((stats.failures, stats.untold), (100_000, 0));
    assert!(stats.exemplars_lost > 0);
}

#[test]
fn a_bell_is_built_and_dropped_with_and_without_a_runtime() {
    let build = || Bell::builder("s").channel("#a", Recorder::default()).build().unwrap();
    drop(build());
    for runtime in [
        tokio::runtime::Builder::new_current_thread().build().unwrap(),
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap(),
    ] {
        runtime.block_on(async {
            let bell = build();
            fail(&bell, &kind("/a"));
            drop(bell);
        });
        drop(runtime);
    }
}

#[test]
fn a_worker_that_is_never_run_holds_nobody_up() {
    let chat = Recorder::default();
    let (bell, worker) = Bell::builder("s").channel("#a", chat).build_with_worker().unwrap();
    fail(&bell, &kind("/a"));
    assert!(bell.send(Message::new("a")).is_ok());
    assert!(!bell.flush_blocking(Duration::ZERO).complete);
    drop(worker);
    assert!(!bell.stats().worker_alive);
    assert!(!bell.send(Message::new("b")).is_ok());
    assert!(!bell.shutdown_blocking(MINUTE).complete, "there is nobody to wait for");
    fail(&bell, &kind("/a"));
    assert_eq!(bell.stats().failures, 2);
}

#[test]
fn no_debug_says_more_than_names() {
    let bell = Bell::builder("shop-api").channel("#errors", Recorder::default());
    assert_eq!(
        format!("{bell:?}"),
        r##"Builder { service: "shop-api", channels: ["#errors"], .. }"##
    );
    let (bell, _worker) = bell.build_with_worker().unwrap();
    assert_eq!(format!("{bell:?}"), r##"Bell { service: "shop-api", channels: ["#errors"], .. }"##);
    assert_eq!(format!("{:?}", Bell::off()), "Bell(off)");
}

/// One step of a random day.
#[derive(Clone, Debug)]
enum Step {
    Fail { kind: usize, times: usize },
    Wait(u64),
    Answers(usize, Vec<Script>),
    Flush,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let error = prop_oneof![
        Just(Script::Yes),
        Just(down()),
        Just(Script::No(SendError::rate_limited(Some(Duration::from_secs(5)), "slow"))),
        Just(Script::No(SendError::rejected("no"))),
        Just(Script::No(SendError::permanent("gone"))),
        Just(Script::No(SendError::unknown_outcome("?"))),
        Just(Script::Panic),
        Just(Script::Hang),
    ];
    let step = prop_oneof![
        4 => (0..KINDS, 1..50usize).prop_map(|(kind, times)| Step::Fail { kind, times }),
        3 => (0..900u64).prop_map(Step::Wait),
        1 => (0..2usize, prop::collection::vec(error, 0..6))
            .prop_map(|(channel, script)| Step::Answers(channel, script)),
        1 => Just(Step::Flush),
    ];
    prop::collection::vec(step, 1..30)
}

/// More than are told one by one at once.
const KINDS: usize = 6;

fn run(day: impl Future<Output = ()>) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.unwrap().block_on(day);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever happens, what was told and what is still to be told are all the failures there were:
    /// where nothing can be edited by what each message adds, where it can by what stands there.
    #[test]
    fn no_failure_is_forgotten_or_told_twice(steps in steps(), burst in 0..12u32, ends in any::<bool>()) {
        run(random_day(steps, burst, ends));
    }
}

async fn random_day(steps: Vec<Step>, burst: u32, ends: bool) {
    let chats = [Recorder::default(), Recorder::editing()];
    let everywhere = [0, 1].map(Target::plain).to_vec();
    let incidents = Incidents::default().storm(burst, 30 * SECOND);
    let bell = bell_with(incidents, &[("#plain", &chats[0]), ("#edits", &chats[1])]);
    let kinds: Vec<_> =
        (0..KINDS).map(|route| kind(&route.to_string()).to(everywhere.clone())).collect();
    let mut made = 0;
    for step in steps {
        match step {
            Step::Fail { kind, times } => {
                for _ in 0..times {
                    fail(&bell, &kinds[kind]);
                }
                made += times as u64;
            }
            Step::Wait(seconds) => sleep(Duration::from_secs(seconds)).await,
            Step::Answers(channel, script) => chats[channel].answer(script),
            Step::Flush => {
                bell.flush(MINUTE).await;
            }
        }
        assert_eq!(bell.stats().failures, made);
        assert!(chats[0].told() <= made && chats[1].standing() <= made);
    }
    if ends {
        let drained = bell.shutdown(MINUTE).await;
        let (told, untold) = (chats[0].told(), bell.stats().untold);
        assert!(told + untold >= made && told <= made, "{told} told, {untold} not, {made} made");
        assert_eq!(drained.complete, untold == 0);
        return;
    }
    // In the end the service takes everything; the longest wait is for a low rate to be quiet.
    chats.iter().for_each(|chat| chat.with(|recorded| recorded.script.clear()));
    sleep(QUIET[2] + 20 * MINUTE).await;
    assert_eq!([chats[0].told(), chats[1].standing()], [made, made]);
    assert_eq!(bell.stats().untold, 0);
}
