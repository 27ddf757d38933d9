//! Days of an app in paused time: how many messages notify, what they say, and that the last one is
//! exact. One channel whose messages can be edited, one whose cannot.

#![cfg(feature = "axum")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may fail like tests")]

mod support;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{Router, body::Body, extract::Request};
use fastrand::Rng;
use http::StatusCode;
use support::words;
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep, sleep_until},
};
use tower_bell::{
    Bell, Incidents, Message, Route, Secret, Severity, context,
    redact::Redacted,
    transport::{Capabilities, Receipt, SendError, Transport, stub::Stub},
};
use tower_service::Service;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// An app whose every request fails, and what its two channels saw.
struct Day {
    bell: Bell,
    app: Router,
    start: Instant,
    edits: Stub,
    plain: Stub,
    made: u64,
    worker: JoinHandle<()>,
}

impl Day {
    fn begin() -> Self {
        Self::with(Incidents::default())
    }

    fn with(incidents: Incidents) -> Self {
        Self::paced(SECOND, incidents)
    }

    /// With this time between two messages of the channel that can edit.
    fn paced(pace: Duration, incidents: Incidents) -> Self {
        let edits = Stub::new().can(|can| can.pace(pace).edit_period(30 * SECOND).thread(true));
        let plain = Stub::new().can(|can| can.pace(SECOND).edit(false));
        let (bell, worker) = Bell::builder("shop-api")
            .channel("#edits", edits.clone())
            .channel("#plain", plain.clone())
            .route(Route::severity(Severity::Info).to("#edits").to("#plain"))
            .incidents(incidents)
            .build_with_worker()
            .unwrap();
        let fail = |request: Request| async move {
            if let Some(user) = request.headers().get("x-user") {
                context::user(user.to_str().unwrap());
            }
            if request.headers().contains_key("x-critical") {
                context::severity(Severity::Critical);
            }
            StatusCode::INTERNAL_SERVER_ERROR
        };
        let app = Router::new().fallback(fail).layer(bell.layer());
        let (start, worker) = (Instant::now(), tokio::spawn(worker.run()));
        Self { bell, app, start, edits, plain, made: 0, worker }
    }

    async fn fail(&mut self, path: &str) {
        self.fail_with(path, &[]).await;
    }

    async fn fail_with(&mut self, path: &str, headers: &[(&'static str, &str)]) {
        let request = headers
            .iter()
            .fold(Request::post(path), |request, (name, value)| request.header(*name, *value));
        let response = self.app.call(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        drop(response);
        self.made += 1;
    }

    async fn until(&self, after: Duration) {
        sleep_until(self.start + after).await;
    }

    /// What notified in each of the channels.
    fn notified(&self) -> [usize; 2] {
        [self.edits.count(), self.plain.count()]
    }

    /// Each channel knows exactly what was made, by its last word about each incident.
    fn assert_exact(&self) {
        let all: Vec<_> = self.plain.messages().iter().map(|message| told(message)).collect();
        assert_eq!(all.iter().sum::<u64>(), self.made, "told in #plain: {all:?}");
        assert_eq!(self.bell.stats().untold, 0);
        assert_eq!(self.bell.stats().failures, self.made);
    }
}

/// How many failures it tells that were not told before: `×99 more ..`, or one.
fn told(message: &Message) -> u64 {
    let plain = message.plain_text();
    let subject = plain.lines().next().unwrap();
    let Some(rest) = subject.split('×').nth(1) else { return 1 };
    let end = rest.find(|c: char| c != ' ' && !c.is_ascii_digit()).unwrap_or(rest.len());
    match rest[end..].starts_with("in all") {
        true => 0,
        false => rest[..end].replace(' ', "").parse().unwrap(),
    }
}

fn texts(messages: &[Redacted<Message>]) -> Vec<String> {
    messages.iter().map(|message| message.plain_text()).collect()
}

fn last(stub: &Stub) -> String {
    texts(&stub.messages()).pop().unwrap()
}

fn last_edit(stub: &Stub) -> String {
    texts(&stub.edits()).pop().unwrap()
}

/// For the table in DESIGN.md: `cargo test --test incidents -- --nocapture`.
fn row(day: &str, bell: &Day) {
    let [edits, plain] = bell.notified();
    println!("| {day} | {} | {edits} | {} | {plain} |", bell.made, bell.edits.edits().len());
}

#[tokio::test(start_paused = true)]
async fn a_single_failure_is_exactly_one_message() {
    let mut day = Day::begin();
    day.fail("/checkout").await;
    day.until(DAY).await;
    row("a single failure", &day);
    assert_eq!(day.notified(), [1, 1]);
    assert_eq!(day.edits.edits().len(), 0, "there is nothing new to say");
    day.assert_exact();
}

#[tokio::test(start_paused = true)]
async fn two_failures_five_seconds_apart_are_two_messages() {
    let mut day = Day::begin();
    day.fail("/checkout").await;
    sleep(5 * SECOND).await;
    day.fail("/checkout").await;
    day.until(29 * SECOND).await;
    assert_eq!(day.notified(), [1, 1]);
    day.until(DAY).await;
    row("two, 5 s apart", &day);
    assert_eq!(day.notified(), [2, 2]);
    day.assert_exact();
}

#[tokio::test(start_paused = true)]
async fn an_hour_of_one_kind_is_about_seven_messages_and_the_last_one_is_exact() {
    let mut day = Day::begin();
    for _ in 0..60 * 60 {
        for _ in 0..50 {
            day.fail("/checkout").await;
        }
        sleep(SECOND).await;
    }
    day.until(2 * HOUR).await;
    row("3 000 a minute for an hour", &day);
    let [edits, plain] = day.notified();
    assert!(edits <= 7 && plain <= 8, "{edits} and {plain}");
    day.assert_exact();
    let end = last(&day.plain);
    assert!(end.contains("quiet for 10 min; 180 000 failures"), "{end}");
    let edited = last_edit(&day.edits);
    assert!(edited.contains("quiet for 10 min; 180 000 failures"), "{edited}");
}

#[tokio::test(start_paused = true)]
async fn a_failure_each_eleven_minutes_is_at_most_six_messages_a_day() {
    let mut day = Day::begin();
    while day.start.elapsed() < DAY {
        day.fail("/checkout").await;
        sleep(11 * MINUTE).await;
    }
    row("one each 11 min for a day", &day);
    let [edits, plain] = day.notified();
    assert!(edits <= 6 && plain <= 6, "{edits} and {plain}");
    day.until(2 * DAY).await;
    day.assert_exact();
}

#[tokio::test(start_paused = true)]
async fn a_failure_a_day_is_a_message_a_day() {
    let mut day = Day::begin();
    for _ in 0..5 {
        day.fail("/checkout").await;
        sleep(DAY).await;
    }
    row("one a day for five days", &day);
    assert_eq!(day.notified(), [5, 5]);
    day.assert_exact();
}

#[tokio::test(start_paused = true)]
async fn what_comes_back_says_that_it_does() {
    let mut day = Day::begin();
    day.fail("/checkout").await;
    sleep(3 * HOUR).await;
    day.fail("/checkout").await;
    sleep(MINUTE).await;
    for stub in [&day.edits, &day.plain] {
        assert!(last(stub).contains("again, after 3 h of quiet"), "{}", last(stub));
    }
}

#[tokio::test(start_paused = true)]
async fn each_user_of_a_failure_is_found() {
    let mut day = Day::begin();
    let users = [
        "ann@example.com",
        "bob@example.com",
        "cy@example.com",
        "di@example.com",
        "ed@example.com",
    ];
    for user in users {
        day.fail_with("/checkout", &[("x-user", user)]).await;
        sleep(2 * SECOND).await;
    }
    day.until(HOUR).await;
    row("five users on one failure", &day);
    for user in users {
        day.plain.assert_contains(user);
        let edited = last_edit(&day.edits);
        assert!(edited.contains(user) && edited.contains("5 users"), "{edited}");
    }
    day.assert_exact();
}

#[tokio::test(start_paused = true)]
async fn of_more_users_than_are_named_the_first_are_found() {
    let mut day = Day::begin();
    for number in 0..38 {
        day.fail_with("/checkout", &[("x-user", &format!("user{number}@example.com"))]).await;
        sleep(SECOND).await;
    }
    day.until(HOUR).await;
    for number in 0..20 {
        day.plain.assert_contains(&format!("user{number}@example.com"));
    }
    assert!(last(&day.plain).contains("20+ users"), "{}", last(&day.plain));
}

#[tokio::test(start_paused = true)]
async fn a_hundred_thousand_paths_are_a_handful_of_messages() {
    let mut day = Day::begin();
    for number in 0..100_000_u32 {
        day.fail(&format!("/{}", words(number))).await;
        if number % 1_000 == 0 {
            sleep(SECOND).await;
        }
    }
    day.until(HOUR).await;
    row("100 000 paths in 100 s", &day);
    let [edits, plain] = day.notified();
    assert!(edits <= 20 && plain <= 20, "{edits} and {plain}");
    day.assert_exact();
}

#[tokio::test(start_paused = true)]
async fn forty_kinds_at_once_are_ten_messages_and_one_that_lists_the_others() {
    let mut day = Day::begin();
    for number in 0..40 {
        day.fail(&format!("/{}", words(number))).await;
    }
    day.until(HOUR).await;
    row("forty kinds at once", &day);
    assert_eq!(day.notified(), [11, 12], "at the end all are listed, where nothing can be edited");
    let edited = last_edit(&day.edits);
    for list in [last(&day.plain), edited] {
        assert_eq!(list.matches("500 · POST /").count(), 30, "{list}");
        assert!(list.contains("quiet for 10 min; 30 further kinds, 30 failures"), "{list}");
    }
    day.assert_exact();
}

#[tokio::test(start_paused = true)]
async fn the_time_in_which_it_failed_is_neither_the_wait_for_its_turn_nor_the_quiet() {
    let mut day = Day::begin();
    // Told one by one, each second one; then twenty more, which wait for their turn.
    for number in 0..30 {
        day.fail(&format!("/{}", words(number))).await;
        sleep(SECOND / 5).await;
    }
    day.until(HOUR).await;
    let list = texts(&day.plain.messages()).into_iter().find(|text| text.contains("further kinds"));
    let list = list.unwrap();
    assert!(list.contains("20 further kinds of failure · ×20 in 3.8 s"), "{list}");

    let mut day = Day::begin();
    for _ in 0..40 {
        day.fail("/checkout").await;
        sleep(SECOND).await;
    }
    day.until(HOUR).await;
    day.plain.assert_contains("×9 more in 9 s (40 in all)");
}

#[tokio::test(start_paused = true)]
async fn whom_a_kind_hits_that_is_only_listed_is_found_too() {
    let mut day = Day::begin();
    for number in 0..40 {
        let user = format!("user{number}@example.com");
        day.fail_with(&format!("/{}", words(number)), &[("x-user", &user)]).await;
    }
    day.until(HOUR).await;
    for number in 0..40 {
        day.plain.assert_contains(&format!("user:user{number}@example.com"));
        day.edits.assert_contains(&format!("user:user{number}@example.com"));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_critical_is_never_held() {
    let mut day = Day::begin();
    for number in 0..40 {
        day.fail_with(&format!("/{}", words(number)), &[("x-critical", "")]).await;
    }
    day.until(HOUR).await;
    assert_eq!(day.notified(), [40, 40]);
    day.assert_exact();
}

#[tokio::test(start_paused = true)]
async fn a_flapping_failure_is_not_told_each_time() {
    let mut day = Day::begin();
    for _ in 0..24 * 2 {
        for _ in 0..60 {
            day.fail("/checkout").await;
            sleep(SECOND).await;
        }
        sleep(29 * MINUTE).await;
    }
    row("a minute each half hour for a day", &day);
    let [edits, plain] = day.notified();
    assert!(edits <= 16 && plain <= 16, "{edits} and {plain}");
    day.until(2 * DAY).await;
    day.assert_exact();
}

#[tokio::test(start_paused = true)]
async fn a_restart_in_the_middle_loses_nothing_that_was_made() {
    let mut day = Day::begin();
    let mut told_before = 0;
    for restart in [false, true] {
        for _ in 0..100 {
            day.fail("/checkout").await;
            sleep(SECOND / 10).await;
        }
        if !restart {
            assert!(day.bell.shutdown(MINUTE).await.complete);
            day.assert_exact();
            told_before = day.plain.count();
            let next = Day::begin();
            day.worker.abort();
            day = next;
        }
    }
    day.until(HOUR).await;
    assert!(told_before <= 2 && day.plain.count() <= 3);
    row("ten seconds at 600 a minute after a restart", &day);
    day.assert_exact();
}

#[tokio::test(start_paused = true)]
async fn a_jump_of_the_clock_tells_what_is_due_once() {
    let mut day = Day::begin();
    for _ in 0..5 {
        day.fail("/checkout").await;
    }
    tokio::time::advance(3 * DAY).await;
    for _ in 0..5 {
        day.fail("/checkout").await;
    }
    day.until(4 * DAY).await;
    let [edits, plain] = day.notified();
    assert!(edits <= 4 && plain <= 4, "{edits} and {plain}");
    row("five, and five when the clock is three days on", &day);
    day.assert_exact();
}

#[tokio::test(start_paused = true)]
async fn with_incidents_off_every_failure_rings() {
    let mut day = Day::with(Incidents::off());
    for number in 0..5 {
        day.fail_with("/checkout", &[("x-user", &format!("user{number}"))]).await;
    }
    day.until(MINUTE).await;
    assert_eq!(day.notified(), [5, 5], "each of those that came at once");
    for number in 0..5 {
        let named = |message: &String| message.contains(&format!("user:user{number}"));
        assert_eq!(texts(&day.edits.messages()).iter().filter(|text| named(text)).count(), 1);
    }
    day.fail_with("/checkout", &[("x-user", "late")]).await;
    day.until(DAY).await;
    assert_eq!(day.notified(), [6, 6]);
    assert!(last(&day.plain).contains("user:late"), "its own details: {}", last(&day.plain));
    assert_eq!(day.edits.edits().len(), 0);
    day.assert_exact();
}

#[tokio::test(start_paused = true)]
async fn with_incidents_off_what_is_too_much_is_told_with_its_count() {
    let mut day = Day::with(Incidents::off());
    for _ in 0..1_000 {
        day.fail("/checkout").await;
    }
    day.until(HOUR).await;
    assert_eq!(day.notified(), [21, 21]);
    assert!(last(&day.plain).contains("×980"), "{}", last(&day.plain));
    day.assert_exact();
}

#[tokio::test(start_paused = true)]
async fn an_escalation_answers_the_first_message() {
    let mut day = Day::begin();
    for _ in 0..1_000 {
        day.fail("/checkout").await;
        sleep(SECOND / 2).await;
    }
    day.until(HOUR).await;
    let replies = texts(&day.edits.replies());
    assert!(
        !replies.is_empty() && replies.iter().all(|text| text.contains("escalated")),
        "{replies:?}"
    );
    day.assert_exact();
}

#[tokio::test(start_paused = true)]
async fn what_was_said_to_be_quiet_does_not_escalate() {
    let mut day = Day::with(Incidents::default().quiet_after(5 * SECOND));
    day.fail("/checkout").await;
    sleep(SECOND).await;
    for _ in 0..100 {
        day.fail("/checkout").await;
    }
    day.until(HOUR).await;
    assert_eq!(day.notified(), [1, 2]);
    let edited = last_edit(&day.edits);
    assert!(edited.contains("quiet for 5 s; 101 failures"), "{edited}");
    day.assert_exact();
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_gone_is_posted_anew_with_its_total() {
    let mut day = Day::begin();
    day.fail("/checkout").await;
    sleep(SECOND).await;
    for _ in 0..9 {
        day.fail("/checkout").await;
    }
    sleep(31 * SECOND).await;
    // The second in full is out; the next word is an edit.
    day.edits.answer(Err(SendError::lost_anchor("message_not_found")));
    let before = day.edits.count();
    for _ in 0..3 {
        day.fail("/checkout").await;
        sleep(31 * SECOND).await;
    }
    assert_eq!(day.edits.count(), before + 1);
    assert!(last(&day.edits).contains("posted anew"), "{}", last(&day.edits));
    day.until(HOUR).await;
    let edited = last_edit(&day.edits);
    assert!(edited.contains("13 failures"), "{edited}");
    day.assert_exact();
}

#[tokio::test(start_paused = true)]
async fn nothing_is_edited_that_has_not_changed() {
    let mut day = Day::begin();
    for _ in 0..100 {
        day.fail("/checkout").await;
        sleep(SECOND).await;
    }
    day.until(DAY).await;
    let edits = texts(&day.edits.edits());
    let mut seen = BTreeMap::new();
    edits.iter().for_each(|text| *seen.entry(text).or_insert(0) += 1);
    assert!(seen.values().all(|times| *times == 1), "{edits:?}");
}

/// A channel that takes some messages and some not, and knows what a reader knows who adds up.
#[derive(Clone)]
struct Reader(Arc<Mutex<Read>>);

struct Read {
    edits: bool,
    random: Rng,
    /// Of ten messages so many are not taken.
    refused: u32,
    /// Of each message the incident, and how many failures of it are known from that message on.
    known: Vec<(String, u64)>,
    /// Of each incident the message that its edits replace.
    first: BTreeMap<String, usize>,
    sum: u64,
    lines: Vec<String>,
}

impl Reader {
    fn new(edits: bool, seed: u64) -> Self {
        let random = Rng::with_seed(seed);
        let (known, first, lines) = (Vec::new(), BTreeMap::new(), Vec::new());
        Self(Arc::new(Mutex::new(Read { edits, random, refused: 0, known, first, sum: 0, lines })))
    }

    fn read(&self) -> MutexGuard<'_, Read> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Read {
    /// `at` is what it replaces; `to` what it answers.
    fn take(
        &mut self,
        at: Option<&Receipt>,
        to: Option<&Receipt>,
        message: &Message,
    ) -> Result<Receipt, SendError> {
        if self.random.u32(..10) < self.refused {
            return Err(match self.random.u32(..6) {
                0 => SendError::rejected("too odd"),
                1 => SendError::permanent("go away"),
                2 => SendError::rate_limited(Some(SECOND * self.random.u32(1..2_000)), "slow"),
                3 if at.or(to).is_some() => SendError::lost_anchor("message_not_found"),
                _ => SendError::transient("not now"),
            });
        }
        let text = message.plain_text();
        let first = text.lines().next().unwrap();
        let id = match first.contains(" of failure") {
            true => "several",
            false => text.split('#').nth(1).unwrap().split(' ').next().unwrap(),
        };
        self.lines.push(format!("{at:?} {first}"));
        // What is posted anew says what the one before it would say.
        let anew = self.first.get(id).copied().filter(|_| text.contains("posted anew"));
        let edited = at.map(|at| at.id().unwrap().parse::<usize>().unwrap());
        let (all, place) = (told(message), edited.or(anew));
        let mut more = all;
        if let Some(place) = place {
            let shrinks = || panic!("the count shrinks:\n{}", self.lines.join("\n"));
            more = more.checked_sub(self.known[place].1).unwrap_or_else(shrinks);
        }
        self.sum += more;
        self.known.iter_mut().filter(|known| known.0 == id).for_each(|known| known.1 += more);
        if let Some(at) = at {
            return Ok(at.clone());
        }
        self.known.push((id.to_owned(), all));
        let number = self.known.len() - 1;
        if !first.contains(" in all") {
            self.first.insert(id.to_owned(), number);
        }
        Ok(if self.edits { Receipt::new(number.to_string()) } else { Receipt::none() })
    }
}

impl Transport for Reader {
    fn capabilities(&self) -> Capabilities {
        let edits = self.read().edits;
        Capabilities::default().edit(edits).thread(edits)
    }

    fn secrets(&self) -> Vec<Secret> {
        Vec::new()
    }

    async fn post(&self, message: &Redacted<Message>) -> Result<Receipt, SendError> {
        self.read().take(None, None, message)
    }

    async fn edit(&self, at: &Receipt, message: &Redacted<Message>) -> Result<Receipt, SendError> {
        self.read().take(Some(at), None, message)
    }

    async fn reply(&self, to: &Receipt, message: &Redacted<Message>) -> Result<Receipt, SendError> {
        self.read().take(None, Some(to), message)
    }
}

/// Any of the settings that change what is told when.
fn any_settings(random: &mut Rng) -> Incidents {
    let settings = match random.u32(..6) {
        0 => Incidents::off(),
        1 => Incidents::default().quiet_after(20 * SECOND),
        2 => Incidents::default().summaries([SECOND, 10 * SECOND], 30 * SECOND).low_rate(1, HOUR),
        3 => Incidents::default().in_full(1, Duration::ZERO).escalate(2, Duration::ZERO),
        _ => Incidents::default().remind_after(20 * MINUTE),
    };
    settings.storm([1_000, 2, 0][random.usize(..3)], [20 * SECOND, HOUR][random.usize(..2)])
}

#[tokio::test(start_paused = true)]
async fn whatever_is_not_taken_meanwhile_in_the_end_it_adds_up() {
    for seed in 0..40 {
        let mut random = Rng::with_seed(seed);
        let settings = any_settings(&mut random);
        let readers = [Reader::new(true, seed), Reader::new(false, seed)];
        let (bell, worker) = Bell::builder("shop-api")
            .channel("#edits", readers[0].clone())
            .channel("#plain", readers[1].clone())
            .route(Route::severity(Severity::Info).to("#edits").to("#plain"))
            .incidents(settings.clone())
            .build_with_worker()
            .unwrap();
        let worker = tokio::spawn(worker.run());
        let mut app =
            Router::new().fallback(async || StatusCode::INTERNAL_SERVER_ERROR).layer(bell.layer());
        let mut made = 0_u64;
        for _ in 0..30 {
            for reader in &readers {
                reader.read().refused = [0, 0, 2, 5, 10][random.usize(..5)];
            }
            let path = format!("/{}", words(random.u32(..12)));
            for _ in 0..[1, 1, 2, 5, 40][random.usize(..5)] {
                let request = Request::post(&path).body(Body::empty()).unwrap();
                drop(app.call(request).await.unwrap());
                made += 1;
            }
            if random.u32(..6) == 0 {
                bell.flush(5 * SECOND).await;
            }
            sleep([SECOND / 10, 5 * SECOND, 40 * SECOND, 12 * MINUTE][random.usize(..4)]).await;
        }
        for reader in &readers {
            reader.read().refused = 0;
        }
        let is_over = random.bool();
        let drained = match is_over {
            true => bell.shutdown(2 * HOUR).await,
            false => {
                sleep(HOUR).await;
                bell.flush(HOUR).await
            }
        };
        let stats = bell.stats();
        for reader in &readers {
            let read = reader.read();
            let about = format!(
                "seed {seed}, edits: {}, {settings:?}, {drained:?}\n{}",
                read.edits,
                read.lines.join("\n")
            );
            // A channel that is left alone for a while may not hear all before it is over.
            let untold = made.checked_sub(read.sum).expect(&about);
            assert!(untold <= stats.untold + stats.lost, "{about}");
            assert!(is_over || untold == 0 && drained.complete, "{about}");
        }
        assert_eq!((stats.failures, stats.lost), (made, 0), "seed {seed}");
        worker.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn what_comes_back_before_a_channel_was_told_that_it_is_quiet_brings_its_details() {
    for tenths in 60..90 {
        let settings = Incidents::default().storm(2, 5 * SECOND).quiet_after(6 * SECOND);
        let mut day = Day::paced(4 * SECOND, settings);
        for number in 0..8 {
            day.fail(&format!("/{}", words(number))).await;
        }
        day.until(tenths * SECOND / 10).await;
        for number in 3..6 {
            day.fail(&format!("/{}", words(number))).await;
        }
        day.until(40 * SECOND).await;
        for text in texts(&day.plain.messages()).into_iter().chain(texts(&day.edits.messages())) {
            assert!(!text.contains("details were lost"), "after {tenths}/10 s: {text}");
        }
        assert_eq!(day.bell.stats().exemplars_lost, 0);
        day.assert_exact();
    }
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_without_time_for_each_kind_lists_them_all_in_one_message() {
    for kinds in [12, 40] {
        let mut day = Day::begin();
        for number in 0..kinds {
            day.fail(&format!("/{}", words(number))).await;
        }
        assert!(day.bell.shutdown(5 * SECOND).await.complete, "{kinds} kinds");
        for stub in [&day.edits, &day.plain] {
            let all = texts(&stub.messages()).join("\n");
            assert!(stub.count() <= 6, "{all}");
            for number in 0..kinds {
                assert!(all.contains(&format!("POST /{}", words(number))), "{number}: {all}");
            }
        }
        day.assert_exact();
    }
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_in_the_middle_of_a_list_names_all_of_them() {
    let mut day = Day::begin();
    for number in 0..40 {
        day.fail(&format!("/{}", words(number))).await;
    }
    day.until(MINUTE).await;
    day.fail(&format!("/{}", words(39))).await;
    assert!(day.bell.shutdown(5 * SECOND).await.complete);
    let all = texts(&day.plain.messages()).join("\n");
    let missing: Vec<_> =
        (0..40).filter(|number| !all.contains(&format!("POST /{}", words(*number)))).collect();
    assert!(missing.is_empty(), "{missing:?} are not in {all}");
    day.assert_exact();
}

#[tokio::test(start_paused = true)]
async fn with_incidents_off_a_shutdown_without_time_for_each_failure_tells_their_number() {
    let mut day = Day::with(Incidents::off());
    for _ in 0..100 {
        day.fail("/checkout").await;
    }
    assert!(day.bell.shutdown(5 * SECOND).await.complete);
    day.assert_exact();
}

#[tokio::test(start_paused = true)]
async fn a_flush_tries_once_more_a_channel_that_was_given_up() {
    let stub = Stub::new();
    (0..4).for_each(|_| stub.answer(Err(SendError::permanent("404 no_service"))));
    let (bell, worker) =
        Bell::builder("shop-api").channel("#errors", stub.clone()).build_with_worker().unwrap();
    tokio::spawn(worker.run());
    let mut app =
        Router::new().fallback(async || StatusCode::INTERNAL_SERVER_ERROR).layer(bell.layer());
    drop(app.call(Request::new(Body::empty())).await.unwrap());
    sleep(MINUTE).await;
    assert!(bell.stats().channels[0].broken);
    assert!(!bell.flush(5 * SECOND).await.complete, "it is still dead");
    assert_eq!(stub.attempts(), 4, "once");
    assert!(bell.shutdown(5 * SECOND).await.complete, "it is mended");
    stub.assert_rang(1);
}

#[tokio::test(start_paused = true)]
async fn what_is_quiet_of_a_list_is_listed_each_hour_though_something_fails_on() {
    let mut day = Day::begin();
    for number in 0..60 {
        day.fail(&format!("/{}", words(number))).await;
    }
    for round in 1..=24 {
        day.until(round * 8 * MINUTE).await;
        day.fail(&format!("/{}", words(59 - round % 10))).await;
    }
    let all = texts(&day.plain.messages()).join("\n");
    let missing: Vec<_> =
        (0..60).filter(|number| !all.contains(&format!("POST /{}", words(*number)))).collect();
    assert!(missing.is_empty(), "{missing:?} are not in {all}");
    day.until(DAY).await;
    assert!(last(&day.plain).contains("quiet · "), "{}", last(&day.plain));
    row("sixty kinds, ten of them on and on", &day);
    day.assert_exact();
}
