//! Incidents all the way to Slack: the whole bell, over real sockets, on Slack's good and bad days. In
//! paused time, which stands still while Slack answers.
//!
//! The local Slack checks every request against the documented limits and knows what stands in the
//! channel: only that can be edited and answered.

#![cfg(all(feature = "axum", feature = "slack"))]
#![allow(clippy::unwrap_used, reason = "helpers of tests may fail like tests")]

mod support;

use std::{
    collections::BTreeSet,
    fmt, io,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use axum::{Router, body::Body, extract::Request};
use http::StatusCode;
use serde_json::Value;
use support::{
    LONG,
    local_slack::{LocalSlack, Reply, Standing},
    still::Still,
    words,
};
use tokio::{
    task::JoinHandle,
    time::{Instant, sleep},
};
use tower::Service;
use tower_bell::{Bell, ChannelStats, Incidents, Message, context, slack, transport::Transport};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// An app whose every request fails, its bell, and the Slack that it rings in.
struct Day {
    app: Router,
    bell: Bell,
    slack: LocalSlack,
    /// When requests to Slack were begun.
    times: Arc<Mutex<Vec<Instant>>>,
    made: u64,
    worker: JoinHandle<()>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum By {
    Bot,
    Webhook,
}

impl Day {
    /// Only the first failure is told in full, so that what follows is an edit.
    fn of(by: By) -> Self {
        Self::with(by, LocalSlack::start(), Incidents::default().in_full(1, MINUTE))
    }

    fn with(by: By, slack: LocalSlack, incidents: Incidents) -> Self {
        match by {
            By::Bot => {
                let bot = slack::Bot::new("xoxb-1-2-TokenSecretTokenSecret").unwrap();
                let channel = bot.api_url(slack.api_url()).unwrap().to("C0123");
                Self::through(channel, slack, incidents)
            }
            By::Webhook => {
                let webhook = slack::Webhook::new(slack.webhook_url()).unwrap();
                Self::through(webhook, slack, incidents)
            }
        }
    }

    fn through(
        transport: impl Transport + 'static,
        slack: LocalSlack,
        incidents: Incidents,
    ) -> Self {
        let transport = Still::new(&slack, transport);
        let times = transport.times();
        let (bell, worker) = Bell::builder("shop-api")
            .channel("#errors", transport)
            .incidents(incidents)
            .build_with_worker()
            .unwrap();
        let fail = |request: Request| async move {
            if let Some(user) = request.headers().get("x-user") {
                context::user(str::from_utf8(user.as_bytes()).unwrap());
            }
            StatusCode::INTERNAL_SERVER_ERROR
        };
        let layer = bell.layer().route_name(|parts| {
            let route = parts.headers.get("x-route")?;
            Some(String::from_utf8(route.as_bytes().to_vec()).unwrap())
        });
        let app = Router::new().fallback(fail).layer(layer);
        Self { app, bell, slack, times, made: 0, worker: tokio::spawn(worker.run()) }
    }

    async fn fail(&mut self, times: u64) {
        for _ in 0..times {
            self.fail_with(&[]).await;
        }
    }

    async fn fail_for(&mut self, user: &str) {
        self.fail_with(&[("x-user", user.as_bytes())]).await;
    }

    async fn fail_at(&mut self, route: &str) {
        self.fail_with(&[("x-route", route.as_bytes())]).await;
    }

    async fn fail_with(&mut self, headers: &[(&'static str, &[u8])]) {
        let request = headers.iter().fold(Request::post("/checkout"), |request, (name, value)| {
            request.header(*name, *value)
        });
        let response = self.app.call(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        self.made += 1;
    }

    /// All that came to Slack, refused or not.
    fn came(&self) -> Vec<Value> {
        self.slack.payloads()
    }

    /// The same of one method.
    fn came_to(&self, method: &str) -> Vec<Value> {
        let requests = self.slack.requests();
        let here = requests.into_iter().filter(|request| request.path.ends_with(method));
        here.map(|request| request.payload).collect()
    }

    fn posts(&self) -> Vec<Value> {
        self.came_to("chat.postMessage")
    }

    fn edits(&self) -> Vec<Value> {
        self.came_to("chat.update")
    }

    fn standing(&self) -> Vec<Standing> {
        self.slack.standing()
    }

    /// The time between the beginnings of two requests.
    fn pause(&self, from: usize, to: usize) -> Duration {
        let times = self.times.lock().unwrap();
        times[to] - times[from]
    }

    fn channel(&self) -> ChannelStats {
        self.bell.stats().channels.remove(0)
    }

    /// Slack knows of each failure.
    fn assert_all_told(&self) {
        let stats = self.bell.stats();
        assert_eq!((stats.failures, stats.untold), (self.made, 0), "{stats:?}");
        assert!(!self.worker.is_finished());
    }
}

/// All that people can read of it.
fn text(payload: &Value) -> String {
    match payload {
        Value::String(text) => format!("{text}\n"),
        Value::Array(values) => values.iter().map(text).collect(),
        Value::Object(map) => {
            map.iter().filter(|(key, _)| *key != "type").map(|(_, v)| text(v)).collect()
        }
        _ => String::new(),
    }
}

/// The short ids in it.
fn ids(payload: &Value) -> BTreeSet<String> {
    let text = text(payload);
    let is_id = |word: &&str| word.len() == 8 && word.bytes().all(|b| b.is_ascii_alphanumeric());
    let words = text.split('#').skip(1);
    let words = words.filter_map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric()).next());
    words.filter(is_id).map(str::to_owned).collect()
}

fn assert_says(payload: &Value, words: &str) {
    assert!(text(payload).contains(words), "no {words:?} in\n{}", text(payload));
}

#[tokio::test(start_paused = true)]
async fn later_failures_edit_the_first_message_with_the_count_and_all_users() {
    let mut day = Day::of(By::Bot);
    let users = ["ann@example.com", "bob@example.com", "cy@example.com", "di@example.com"];
    for (number, user) in users.into_iter().enumerate() {
        day.fail_for(user).await;
        day.fail_for(user).await;
        sleep(40 * SECOND).await;
        assert_eq!((day.posts().len(), day.edits().len()), (1, number), "after {user}");
    }
    day.fail(1).await;
    sleep(40 * SECOND).await;
    let [root] = <[Standing; 1]>::try_from(day.standing()).unwrap();
    assert_eq!(root.payload["channel"], "C0123");
    assert_says(&root.payload, "×9");
    assert_says(&root.payload, "9 failures");
    assert_says(&root.payload, "4 users");
    users.iter().for_each(|user| assert_says(&root.payload, user));
    let id = ids(&day.posts()[0]);
    assert_eq!(id.len(), 1);
    for edit in day.edits() {
        assert_eq!((&edit["ts"], ids(&edit)), (&Value::from(root.ts.clone()), id.clone()));
    }
    day.assert_all_told();
}

#[tokio::test(start_paused = true)]
async fn twenty_users_with_long_wild_names_stand_unbroken_in_what_is_edited() {
    let mut day = Day::of(By::Bot);
    let user =
        |number: usize| format!("{}🦀<!channel>*_`é@example.com", "long.name.".repeat(number));
    for number in 0..23 {
        day.fail_for(&user(number)).await;
        sleep(2 * SECOND).await;
    }
    sleep(2 * MINUTE).await;
    let root = day.standing().remove(0);
    (0..20).for_each(|number| assert_says(&root.payload, &user(number)));
    assert_says(&root.payload, "20+ users");
    assert_says(&root.payload, "×23");
    day.assert_all_told();
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_when_nothing_changed() {
    let mut day = Day::of(By::Bot);
    day.fail(3).await;
    sleep(5 * MINUTE).await;
    let before = day.came().len();
    sleep(4 * MINUTE).await;
    assert_eq!(day.came().len(), before, "in the middle of it");
    sleep(2 * MINUTE).await;
    assert_says(day.came().last().unwrap(), "quiet for 10 min; 3 failures");
    let before = day.came().len();
    sleep(25 * HOUR).await;
    assert_eq!(day.came().len(), before, "after it");
    let edits = day.edits();
    assert!(edits.windows(2).all(|pair| pair[0] != pair[1]));
    day.assert_all_told();
}

#[tokio::test(start_paused = true)]
async fn what_is_told_in_full_is_posted_and_the_count_stays_at_the_first() {
    let mut day = Day::with(By::Bot, LocalSlack::start(), Incidents::default());
    for _ in 0..5 {
        day.fail(1).await;
        sleep(35 * SECOND).await;
    }
    sleep(MINUTE).await;
    let standing = day.standing();
    assert_eq!(standing.len(), 3);
    assert_eq!(
        standing.iter().map(|message| message.edits > 0).collect::<Vec<_>>(),
        [true, false, false]
    );
    assert_says(&standing[0].payload, "×5");
    assert!(day.posts().iter().all(|post| post.get("thread_ts").is_none()));
    day.assert_all_told();
}

#[tokio::test(start_paused = true)]
async fn a_webhook_gets_the_first_and_then_summaries_that_add_up() {
    let mut day = Day::of(By::Webhook);
    for _ in 0..5 {
        day.fail(1).await;
        sleep(MINUTE).await;
    }
    sleep(MINUTE).await;
    let came = day.came();
    assert_eq!(came.len(), 2);
    assert_says(&came[1], "×4 more");
    assert_says(&came[1], "(5 in all)");
    assert_eq!(ids(&came[1]), ids(&came[0]));
    day.assert_all_told();
}

#[tokio::test(start_paused = true)]
async fn an_escalation_answers_the_first_message_and_the_channel_sees_it() {
    let mut day = Day::of(By::Bot);
    day.fail(1).await;
    sleep(50 * SECOND).await;
    day.fail(29).await;
    sleep(MINUTE).await;
    let root = day.standing()[0].clone();
    let posts = day.posts();
    assert_eq!(posts.len(), 2);
    assert_eq!(posts[1]["thread_ts"], root.ts);
    assert_eq!(posts[1]["reply_broadcast"], true);
    assert_eq!(posts[1]["channel"], "C0123");
    assert_says(&posts[1], "escalated");
    assert_says(&posts[1], "30 in all");
    assert_eq!(ids(&posts[1]), ids(&posts[0]));
    day.fail(5).await;
    sleep(2 * MINUTE).await;
    let last = day.edits().pop().unwrap();
    assert_eq!(last["ts"], root.ts, "the first one is edited, not the answer");
    assert_says(&last, "×35");
    assert_eq!(day.posts().len(), 2);
    day.assert_all_told();
}

/// 429, each in its own way, with the shortest and the longest pause that it may make.
fn pauses() -> Vec<(Reply, Duration, Duration)> {
    let in_ten_minutes = httpdate::fmt_http_date(SystemTime::now() + 10 * MINUTE);
    let body = r#"{"ok":false,"error":"ratelimited","retry_after":90}"#;
    let most = |least: Duration| least.mul_f64(1.1) + 2 * SECOND;
    let float = Duration::from_millis(20_500);
    vec![
        (Reply::RateLimited("120"), 2 * MINUTE, most(2 * MINUTE)),
        (Reply::RateLimited("20.5"), float, most(float)),
        (Reply::RateLimited(in_ten_minutes.leak()), 5 * MINUTE, most(10 * MINUTE)),
        (Reply::Status(429, body), 90 * SECOND, most(90 * SECOND)),
        (Reply::RateLimited(""), MINUTE, most(MINUTE)),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_pauses_all_that_goes_there_and_then_one_message_has_the_total() {
    let incidents = || Incidents::default().in_full(1, MINUTE).quiet_after(2 * HOUR);
    for by in [By::Bot, By::Webhook] {
        for (reply, least, most) in pauses() {
            let shown = format!("{by:?}, {reply:?}");
            let mut day = Day::with(by, LocalSlack::start(), incidents());
            day.slack.answer(reply);
            day.fail(1).await;
            sleep(3 * SECOND).await;
            day.bell.send(Message::new("a new customer"));
            for _ in 0..9 {
                day.fail(10).await;
                sleep(SECOND).await;
            }
            day.fail(9).await;
            sleep(most + 5 * SECOND).await;
            let pause = day.pause(0, 1);
            assert!((least..=most).contains(&pause), "{shown}: {pause:?}");
            let came = day.came();
            assert_eq!(came.len(), 3, "{shown}: what was refused and, in turn, what waited");
            let told = came[1..].iter().find(|payload| !ids(payload).is_empty()).unwrap();
            assert!(text(told).contains("×100"), "{shown}: {}", text(told));
            assert!(came[1..].iter().any(|told| text(told).contains("a new customer")), "{shown}");
            assert_eq!(day.channel().failed, 0, "{shown}");
            day.assert_all_told();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_on_an_edit_lets_what_is_stale_go() {
    let mut day = Day::of(By::Bot);
    day.fail(1).await;
    sleep(10 * SECOND).await;
    day.slack.answer(Reply::RateLimited("300"));
    day.fail(1).await;
    sleep(40 * SECOND).await;
    assert_eq!(day.came().len(), 2, "the edit is refused");
    for _ in 0..7 {
        day.fail(1).await;
        sleep(40 * SECOND).await;
    }
    sleep(MINUTE).await;
    assert_eq!(day.came().len(), 3, "one edit, not one for each");
    assert!(day.pause(1, 2) >= 5 * MINUTE);
    assert_says(&day.standing()[0].payload, "×9");
    day.assert_all_told();
}

#[tokio::test(start_paused = true)]
async fn errors_of_the_server_are_tried_again_without_loss_or_duplicate() {
    for by in [By::Bot, By::Webhook] {
        let mut day = Day::of(by);
        for status in [500, 502, 503, 504] {
            day.slack.answer(Reply::Status(status, ""));
        }
        day.fail(1).await;
        sleep(MINUTE).await;
        let came = day.came();
        assert_eq!(came.len(), 5, "{by:?}");
        assert!(came.iter().all(|payload| ids(payload) == ids(&came[0])), "{by:?}");
        let stats = day.channel();
        assert_eq!((stats.sent, stats.retried, stats.failed), (1, 4, 0), "{by:?}");
        if by == By::Bot {
            assert_eq!(day.standing().len(), 1);
        }
        sleep(HOUR).await;
        assert_eq!(day.came().len(), 5, "{by:?}: a single failure has nothing more to say");
        day.assert_all_told();
    }
}

#[tokio::test(start_paused = true)]
async fn a_slack_that_refuses_connections_for_long_gets_one_message_with_the_total() {
    for by in [By::Bot, By::Webhook] {
        let incidents = Incidents::default().in_full(1, MINUTE).quiet_after(2 * HOUR);
        let mut day = Day::with(by, LocalSlack::closed(), incidents);
        for _ in 0..60 {
            day.fail(1).await;
            sleep(MINUTE).await;
        }
        let stats = day.channel();
        assert!(stats.last_error.unwrap().contains("connection refused"), "{by:?}");
        assert_eq!((stats.sent, day.bell.stats().untold), (0, 60), "{by:?}");
        day.slack.open();
        sleep(3 * MINUTE).await;
        let came = day.came();
        assert_eq!(came.len(), 1, "{by:?}");
        assert_says(&came[0], "×60");
        assert_eq!(day.channel().last_error, None, "{by:?}");
        day.assert_all_told();
    }
}

/// Codes of a destination that takes nothing until someone changes something.
fn dead(by: By) -> [Reply; 3] {
    match by {
        By::Bot => ["channel_not_found", "is_archived", "invalid_auth"].map(Reply::NotOk),
        By::Webhook => [
            Reply::Status(404, "no_service"),
            Reply::Status(410, "channel_is_archived"),
            Reply::Status(403, "invalid_token"),
        ],
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_destination_is_left_alone_after_three_tries_said_once_and_probed() {
    for by in [By::Bot, By::Webhook] {
        let log = Log::default();
        let _logged = log.begin();
        let incidents = Incidents::default().in_full(1, MINUTE).quiet_after(2 * HOUR);
        let mut day = Day::with(by, LocalSlack::start(), incidents);
        let replies = dead(by);
        replies.iter().chain(&replies[..1]).for_each(|reply| day.slack.answer(reply.clone()));
        for _ in 0..10 {
            day.fail(1).await;
            sleep(MINUTE).await;
        }
        assert_eq!(day.came().len(), 3, "{by:?}");
        assert!(day.channel().broken, "{by:?}");
        sleep(9 * MINUTE).await;
        assert_eq!(day.came().len(), 4, "{by:?}: a probe, a quarter of an hour later");
        assert!(day.pause(2, 3) >= 15 * MINUTE && day.channel().broken, "{by:?}");
        assert_eq!((day.channel().sent, day.bell.stats().untold), (0, 10), "{by:?}");
        sleep(16 * MINUTE).await;
        let came = day.came();
        assert_eq!(came.len(), 5, "{by:?}: the next probe is taken");
        assert_says(&came[4], "×10");
        let stats = day.channel();
        assert!(!stats.broken && stats.last_error.is_none(), "{by:?}: {stats:?}");
        assert_eq!(log.count("ERROR"), 1, "{by:?}: {log:?}");
        assert_eq!(log.count("messages are taken again"), 1, "{by:?}: {log:?}");
        day.assert_all_told();
    }
}

#[tokio::test(start_paused = true)]
async fn what_slack_refuses_in_full_is_sent_once_more_in_short_with_the_count() {
    let of_bot = ["msg_too_long", "invalid_blocks", "msg_blocks_too_long"].map(Reply::NotOk);
    let of_bot = of_bot.map(|reply| (By::Bot, reply));
    let of_webhook = (By::Webhook, Reply::Status(400, "invalid_blocks"));
    for (by, reply) in of_bot.into_iter().chain([of_webhook]) {
        let mut day = Day::of(by);
        day.slack.answer(reply.clone());
        day.fail(7).await;
        sleep(5 * MINUTE).await;
        let came = day.came();
        assert_eq!(came.len(), 2, "{by:?}, {reply:?}");
        assert_says(&came[1], "×7");
        assert_says(&came[1], "the service refused the message");
        assert_eq!(ids(&came[1]), ids(&came[0]));
        assert!(text(&came[0]).contains("Request") && !text(&came[1]).contains("Request"));
        assert_eq!(day.channel().failed, 0, "{by:?}, {reply:?}");
        day.assert_all_told();
    }
}

#[tokio::test(start_paused = true)]
async fn an_edit_that_slack_refuses_in_full_is_made_in_short() {
    let mut day = Day::of(By::Bot);
    day.fail(1).await;
    sleep(10 * SECOND).await;
    day.slack.answer(Reply::NotOk("msg_too_long"));
    day.fail(5).await;
    sleep(MINUTE).await;
    assert_eq!((day.posts().len(), day.edits().len()), (1, 2));
    assert_says(&day.standing()[0].payload, "×6");
    assert_says(&day.standing()[0].payload, "the service refused the message");
    day.assert_all_told();
}

#[tokio::test(start_paused = true)]
async fn edits_that_slack_refuses_even_in_short_give_way_to_a_few_messages() {
    let incidents = Incidents::default().in_full(1, MINUTE).escalate(1_000, MINUTE);
    let mut day = Day::with(By::Bot, LocalSlack::start(), incidents);
    day.fail(1).await;
    sleep(10 * SECOND).await;
    for _ in 0..60 {
        // Whatever is posted is taken, no edit is.
        (0..2).for_each(|_| day.slack.answer_edit(Reply::NotOk("a_new_code")));
        day.fail(1).await;
        sleep(MINUTE).await;
    }
    let posts = day.posts();
    assert!((3..=5).contains(&posts.len()), "{}", posts.len());
    assert!(day.edits().len() <= 10, "{}", day.edits().len());
    sleep(HOUR).await;
    assert_says(day.posts().last().unwrap(), "×61");
    day.assert_all_told();
}

#[tokio::test(start_paused = true)]
async fn what_slack_refuses_even_in_short_is_tried_less_and_less() {
    for (by, reply) in [
        (By::Bot, Reply::NotOk("invalid_blocks")),
        (By::Webhook, Reply::Status(400, "invalid_payload")),
    ] {
        let incidents = Incidents::default().in_full(1, MINUTE).quiet_after(5 * HOUR);
        let mut day = Day::with(by, LocalSlack::start(), incidents);
        (0..12).for_each(|_| day.slack.answer(reply.clone()));
        for _ in 0..60 {
            day.fail(1).await;
            sleep(MINUTE).await;
        }
        assert!(day.came().len() <= 12, "{by:?}: {}", day.came().len());
        sleep(10 * MINUTE).await;
        assert_says(day.came().last().unwrap(), "×60");
        day.assert_all_told();
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_gone_is_posted_anew_with_its_total_and_edited_from_then_on() {
    for code in ["message_not_found", "edit_window_closed", "block_mismatch", "cant_update_message"]
    {
        let mut day = Day::of(By::Bot);
        day.fail(1).await;
        sleep(10 * SECOND).await;
        let first = day.standing().remove(0);
        if code == "message_not_found" {
            day.slack.forget(&first.ts);
        } else {
            day.slack.answer(Reply::NotOk(code));
        }
        day.fail(6).await;
        sleep(MINUTE).await;
        assert_eq!((day.posts().len(), day.edits().len()), (2, 1), "{code}");
        let second = day.standing().pop().unwrap();
        assert_ne!(second.ts, first.ts, "{code}");
        assert_says(&second.payload, "×7");
        assert_eq!(ids(&second.payload), ids(&first.payload), "{code}");
        day.fail(2).await;
        sleep(2 * MINUTE).await;
        assert_eq!(day.posts().len(), 2, "{code}");
        let edits = day.edits();
        assert!(edits[1..].iter().all(|edit| edit["ts"] == second.ts), "{code}");
        assert_says(&day.standing().pop().unwrap().payload, "×9");
        assert_eq!(day.channel().failed, 0, "{code}");
        day.assert_all_told();
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_gone_when_it_gets_quiet_is_said_once_more_as_quiet() {
    let mut day = Day::of(By::Bot);
    day.fail(3).await;
    sleep(5 * MINUTE).await;
    day.slack.forget_all();
    sleep(HOUR).await;
    let [left] = <[Standing; 1]>::try_from(day.standing()).unwrap();
    assert_says(&left.payload, "quiet for 10 min; 3 failures");
    assert_eq!(day.posts().len(), 2);
    day.assert_all_told();
}

#[tokio::test(start_paused = true)]
async fn an_answer_to_what_is_gone_becomes_a_message_that_is_edited_from_then_on() {
    for code in ["message_not_found", "thread_not_found", "restricted_action_thread_locked"] {
        let mut day = Day::of(By::Bot);
        day.fail(1).await;
        sleep(61 * SECOND).await;
        if code == "thread_not_found" {
            day.slack.forget_all();
        } else {
            day.slack.answer(Reply::NotOk(code));
        }
        day.fail(49).await;
        sleep(10 * SECOND).await;
        let posts = day.posts();
        assert_eq!(posts.len(), 3, "{code}: the first, the answer, the new one");
        assert!(posts[1].get("thread_ts").is_some() && posts[2].get("thread_ts").is_none());
        assert_says(&posts[2], "×50");
        assert_says(&posts[2], "posted anew");
        let fresh = day.standing().pop().unwrap();
        day.fail(3).await;
        sleep(2 * MINUTE).await;
        assert_eq!(day.posts().len(), 3, "{code}");
        assert!(!day.edits().is_empty(), "{code}");
        assert!(day.edits().iter().all(|edit| edit["ts"] == fresh.ts), "{code}");
        assert_says(&day.standing().pop().unwrap().payload, "×53");
        day.assert_all_told();
    }
}

#[tokio::test(start_paused = true)]
async fn a_post_that_is_done_and_not_answered_is_doubled_once_under_the_same_id() {
    for by in [By::Bot, By::Webhook] {
        let mut day = Day::of(by);
        day.slack.answer(Reply::DoneNever);
        day.fail(1).await;
        sleep(30 * SECOND).await;
        let came = day.came();
        assert_eq!(came.len(), 2, "{by:?}");
        assert_eq!(ids(&came[0]).len(), 1);
        assert_eq!(ids(&came[1]), ids(&came[0]), "{by:?}");
        assert!(day.pause(0, 1) >= 20 * SECOND, "10 s for the answer, 10 s to be sure");
        day.fail(6).await;
        sleep(6 * MINUTE).await;
        day.fail(1).await;
        sleep(20 * MINUTE).await;
        if by == By::Bot {
            let standing = day.standing();
            assert_eq!((standing.len(), day.posts().len()), (2, 2));
            assert!(day.edits().len() > 1);
            assert!(day.edits().iter().all(|edit| edit["ts"] == standing[1].ts));
            assert_says(&standing[1].payload, "8 failures");
        }
        day.assert_all_told();
    }
}

#[tokio::test(start_paused = true)]
async fn what_may_be_there_twice_is_sent_again_with_the_next_count_or_after_an_hour() {
    for by in [By::Bot, By::Webhook] {
        for fails_again in [false, true] {
            let mut day = Day::of(by);
            (0..2).for_each(|_| day.slack.answer(Reply::DoneNever));
            day.fail(1).await;
            sleep(9 * MINUTE).await;
            assert_eq!(day.came().len(), 2, "{by:?}");
            if fails_again {
                day.fail(1).await;
                sleep(5 * SECOND).await;
                assert_says(&day.came()[2], "×2");
            } else {
                sleep(49 * MINUTE).await;
                assert_eq!(day.came().len(), 2, "{by:?}");
                sleep(4 * MINUTE).await;
            }
            assert_eq!(day.came().len(), 3, "{by:?}");
            day.assert_all_told();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_edit_that_is_done_and_not_answered_is_made_again_and_doubles_nothing() {
    let mut day = Day::of(By::Bot);
    day.fail(1).await;
    sleep(10 * SECOND).await;
    day.slack.answer(Reply::DoneNever);
    day.fail(4).await;
    sleep(2 * MINUTE).await;
    assert_eq!((day.posts().len(), day.edits().len(), day.standing().len()), (1, 2, 1));
    assert_says(&day.standing()[0].payload, "×5");
    day.assert_all_told();
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_done_and_not_answered_is_doubled_once() {
    let mut day = Day::of(By::Bot);
    day.fail(1).await;
    sleep(61 * SECOND).await;
    day.slack.answer(Reply::DoneNever);
    day.fail(30).await;
    sleep(9 * MINUTE).await;
    let root = day.standing().remove(0);
    let posts = day.posts();
    assert_eq!(posts.len(), 3);
    assert!(posts[1..].iter().all(|post| post["thread_ts"] == root.ts));
    assert!(posts.iter().all(|post| ids(post) == ids(&posts[0])));
    day.assert_all_told();
}

#[tokio::test(start_paused = true)]
async fn a_slack_that_does_everything_and_never_answers_is_not_flooded() {
    let incidents = Incidents::default().in_full(1, MINUTE).quiet_after(5 * HOUR);
    for by in [By::Bot, By::Webhook] {
        let mut day = Day::with(by, LocalSlack::start(), incidents.clone());
        (0..1_000).for_each(|_| day.slack.answer(Reply::DoneNever));
        for _ in 0..60 {
            day.fail(1).await;
            sleep(MINUTE).await;
        }
        let came = day.came();
        assert!(came.len() <= 16, "{by:?}: {}", came.len());
        assert!(came.iter().all(|payload| ids(payload) == ids(&came[0])), "{by:?}");
    }
}

/// A path that is long, not ASCII, and full of what calls people or breaks a layout, for each number.
fn route(number: u32) -> String {
    let wild = "/<!channel>/🦀é<@U0123>&amp;*_~`|https://evil.example:x:";
    format!("/{}{}", words(number), wild.repeat(4))
}

#[tokio::test(start_paused = true)]
async fn a_long_route_does_not_push_the_count_out_of_the_first_line() {
    for by in [By::Bot, By::Webhook] {
        let mut day = Day::of(by);
        for _ in 0..2 {
            for _ in 0..1_234 {
                day.fail_at(&route(7)).await;
            }
            sleep(6 * MINUTE).await;
        }
        let (last, said) = (day.came().pop().unwrap(), ["2468", "1234 more"]);
        let shown = last["text"].as_str().unwrap().lines().next().unwrap();
        assert!(said.iter().any(|said| shown.contains(&format!("×{said}"))), "{by:?}: {shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn many_kinds_are_ten_messages_and_one_list_that_is_edited() {
    // Dropped at the end of each, the local Slack tells what Slack would not take.
    for kinds in [40, 200, 1_000] {
        let incidents = Incidents::default().in_full(1, MINUTE).quiet_after(5 * MINUTE);
        let mut day = Day::with(By::Bot, LocalSlack::start(), incidents);
        for number in 0..kinds {
            day.fail_at(&route(number)).await;
        }
        sleep(MINUTE).await;
        assert_eq!(day.posts().len(), 11, "{kinds} kinds");
        let list = day.standing().pop().unwrap();
        let further = format!("{} further kinds", kinds - 10);
        assert_says(&list.payload, &further);
        for number in 0..kinds {
            day.fail_at(&route(number)).await;
        }
        sleep(2 * MINUTE).await;
        let list = day.standing().pop().unwrap();
        assert!(list.edits > 0 && day.posts().len() == 11, "{kinds} kinds");
        let failures = 2 * (kinds - 10);
        assert_says(&list.payload, &format!("×{failures}"));
        sleep(5 * MINUTE).await;
        let lists: Vec<_> = day.standing().drain(10..).map(|list| list.payload).collect();
        assert_lists(&lists, kinds, &format!("{further}, {failures} failures"));
        day.assert_all_told();
    }
}

/// Where it is quiet each of these kinds is listed once; of more than five messages hold the others are
/// counted.
#[track_caller]
fn assert_lists(lists: &[Value], kinds: u32, sum: &str) {
    assert!((1..=5).contains(&lists.len()), "{kinds} kinds: {} lists", lists.len());
    let mut listed = 0;
    for list in lists {
        assert_says(list, "quiet for ");
        assert_says(list, sum);
        listed += text(list).matches("500 · POST /").count();
    }
    let further = usize::try_from(kinds).unwrap() - 10 - listed;
    match further {
        0 => {}
        _ if lists.len() == 5 => {
            assert_says(lists.last().unwrap(), &format!("and {further} further kinds"));
        }
        _ => panic!("{kinds} kinds: {listed} are listed"),
    }
}

#[tokio::test(start_paused = true)]
async fn many_kinds_at_a_webhook_are_eleven_messages_and_their_list_at_the_end() {
    for kinds in [200, 1_000] {
        let incidents = Incidents::default().quiet_after(4 * MINUTE);
        let mut day = Day::with(By::Webhook, LocalSlack::start(), incidents);
        for number in 0..kinds {
            day.fail_at(&route(number)).await;
        }
        sleep(10 * MINUTE).await;
        let came = day.came();
        assert_lists(&came[11..], kinds, &format!("{} further kinds", kinds - 10));
        day.assert_all_told();
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_gone_is_posted_anew_and_edited_from_then_on() {
    let mut day = Day::of(By::Bot);
    for number in 0..40 {
        day.fail_at(&route(number)).await;
    }
    sleep(MINUTE).await;
    let list = day.standing().pop().unwrap();
    day.slack.forget(&list.ts);
    for number in 0..40 {
        day.fail_at(&route(number)).await;
    }
    sleep(2 * MINUTE).await;
    assert_eq!(day.posts().len(), 12);
    let fresh = day.standing().pop().unwrap();
    assert_says(&fresh.payload, "×60");
    for number in 0..40 {
        day.fail_at(&route(number)).await;
    }
    sleep(5 * MINUTE).await;
    assert_eq!(day.posts().len(), 12);
    let edited = day.standing().pop().unwrap();
    assert_eq!(edited.ts, fresh.ts);
    assert_says(&edited.payload, "×90");
    day.assert_all_told();
}

#[tokio::test(start_paused = true)]
async fn a_list_that_slack_refuses_doubles_or_delays_is_one_list_all_the_same() {
    for (reply, sent) in [
        (Reply::NotOk("msg_blocks_too_long"), 2),
        (Reply::RateLimited("120"), 2),
        (Reply::Status(502, ""), 2),
        (Reply::DoneNever, 2),
    ] {
        let mut day = Day::of(By::Bot);
        (0..10).for_each(|_| day.slack.answer(Reply::Ok));
        day.slack.answer(reply.clone());
        for number in 0..40 {
            day.fail_at(&route(number)).await;
        }
        sleep(3 * MINUTE).await;
        assert_eq!(day.posts().len(), 10 + sent, "{reply:?}");
        let list = day.standing().pop().unwrap();
        assert_says(&list.payload, "30 further kinds of failure · ×30");
        for number in 0..40 {
            day.fail_at(&route(number)).await;
        }
        sleep(5 * MINUTE).await;
        let edited = day.standing().pop().unwrap();
        assert_eq!((edited.ts, day.posts().len()), (list.ts, 10 + sent), "{reply:?}");
        assert_says(&edited.payload, "30 further kinds of failure · ×60");
        day.assert_all_told();
    }
}

#[tokio::test]
async fn a_bell_with_its_own_thread_posts_edits_and_ends_with_the_total() {
    let slack = LocalSlack::start();
    let bot = slack::Bot::new("xoxb-1-2-TokenSecretTokenSecret").unwrap();
    let channel = bot.api_url(slack.api_url()).unwrap().to("C0123");
    let bell = Bell::builder("shop-api").channel("#errors", channel).build().unwrap();
    let fail = || async { StatusCode::INTERNAL_SERVER_ERROR };
    let mut app: Router = Router::new().fallback(fail).layer(bell.layer());
    for number in 0..7 {
        let request = Request::post("/checkout").body(Body::empty()).unwrap();
        app.call(request).await.unwrap();
        if number == 0 {
            slack.arrived(1).await;
        }
    }
    assert!(bell.shutdown(LONG).await.complete);
    let [root] = <[Standing; 1]>::try_from(slack.standing()).unwrap();
    assert_eq!(root.edits, 1);
    assert_says(&root.payload, "×7");
    assert_eq!((bell.stats().failures, bell.stats().untold), (7, 0));
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_in_the_middle_tells_the_totals() {
    for by in [By::Bot, By::Webhook] {
        let mut day = Day::of(by);
        for _ in 0..2 {
            for number in 0..15 {
                day.fail_at(&route(number)).await;
            }
            sleep(SECOND * 25).await;
        }
        let drained = day.bell.shutdown(MINUTE).await;
        assert!(drained.complete, "{by:?}: {drained:?}");
        let stats = day.bell.stats();
        assert_eq!((stats.failures, stats.untold), (30, 0), "{by:?}");
        let all = match by {
            By::Bot => day.standing().into_iter().map(|standing| standing.payload).collect(),
            By::Webhook => day.came(),
        };
        let (one, several) =
            if by == By::Bot { ("×2 in", "×10 in") } else { ("(2 in all)", "(10 in all)") };
        let told = |words| all.iter().filter(|payload| text(payload).contains(words)).count();
        assert_eq!((told(one), told(several)), (10, 1), "{by:?}: each, and the others' list");
    }
}

#[tokio::test(start_paused = true)]
async fn what_fails_while_a_message_is_on_its_way_is_told_by_a_shutdown() {
    for by in [By::Bot, By::Webhook] {
        let mut day = Day::of(by);
        day.slack.answer(Reply::Held);
        day.fail(1).await;
        day.slack.arrived(1).await;
        day.fail(4).await;
        let shutdown = day.bell.shutdown(MINUTE);
        day.slack.release();
        assert!(shutdown.await.complete, "{by:?}");
        assert_eq!(day.came().len(), 2, "{by:?}");
        assert_says(&day.came()[1], if by == By::Bot { "×5" } else { "×4 more" });
        assert_eq!(day.bell.stats().untold, 0, "{by:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_ends_in_time_if_slack_never_answers() {
    for by in [By::Bot, By::Webhook] {
        for reply in [Reply::Never, Reply::DoneNever, Reply::RateLimited("600")] {
            let mut day = Day::of(by);
            (0..9).for_each(|_| day.slack.answer(reply.clone()));
            day.fail(5).await;
            sleep(SECOND / 2).await;
            let begun = Instant::now();
            let drained = day.bell.shutdown(5 * SECOND).await;
            assert_eq!(begun.elapsed().as_secs(), 5, "{by:?}, {reply:?}");
            assert_eq!((drained.complete, drained.left), (false, 1), "{by:?}, {reply:?}");
            assert_eq!(day.bell.stats().untold, 5, "{by:?}, {reply:?}");
            assert_eq!(day.came().len(), 1, "{by:?}, {reply:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_flush_does_not_shorten_the_pause_that_slack_asks_for() {
    let mut day = Day::of(By::Bot);
    day.slack.answer(Reply::RateLimited("60"));
    day.fail(5).await;
    sleep(2 * SECOND).await;
    assert!(!day.bell.flush(10 * SECOND).await.complete);
    assert_eq!(day.came().len(), 1);
    assert!(day.bell.flush(2 * MINUTE).await.complete);
    assert!(day.pause(0, 1) >= MINUTE);
    assert_says(&day.came()[1], "×5");
    day.assert_all_told();
}

/// What the bell logs.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn begin(&self) -> tracing::subscriber::DefaultGuard {
        let log = self.clone();
        let lines = tracing_subscriber::fmt().with_ansi(false).with_writer(move || log.clone());
        tracing::subscriber::set_default(lines.finish())
    }

    /// How many of its lines say this.
    fn count(&self, what: &str) -> usize {
        let log = format!("{self:?}");
        log.lines().filter(|line| line.contains("tower_bell") && line.contains(what)).count()
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.0.lock().unwrap()))
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
