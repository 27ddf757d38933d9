//! The recipe, end to end: `examples/saas.rs` behind a real socket, and each thing that it tells in
//! the channel where it belongs, by the stub and by a local Slack.

#![cfg(all(feature = "axum", feature = "slack"))]
#![allow(clippy::unwrap_used, reason = "helpers of tests may fail like tests")]

#[allow(dead_code, unreachable_pub, reason = "it is a program of its own")]
#[path = "../examples/saas.rs"]
mod saas;
mod support;

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use serde_json::Value;
use tower_bell::{Bell, Message, Topic, slack::Bot, transport::stub::Stub};

use self::support::{
    PATIENCE,
    local_slack::{LocalSlack, id_of},
};

const CRITICAL: &str = "#critical-server-errors";
const REST: &str = "#non-critical-server-errors";
const MONEY: &str = "#financials";
const USERS: &str = "#user-behavior";
const STATS: &str = "#application-stats";

/// What the recipe names, where it is to be found, and words that must stand in it.
const RECIPE: &[(&str, &str, &[&str])] = &[
    ("set-up", STATS, &["Nice job, I'm all set up!"]),
    ("registration", USERS, &["New user registration!", "user:alice@example.com"]),
    (
        "failed registration: duplicate",
        USERS,
        &["Registration failed", "user:alice@example.com", "409", "is registered already"],
    ),
    (
        "failed registration: database",
        CRITICAL,
        &[
            "Registration failed",
            "user:bob@down.example",
            "500",
            "POST /register",
            "the database is down",
        ],
    ),
    (
        "generic server error",
        REST,
        &["Generic Server Error", "GET /report", "user:alice@example.com", "No such file"],
    ),
    ("upgrade", MONEY, &["Upgraded to pro", "user:alice@example.com", "49.00 USD"]),
    ("downgrade", MONEY, &["Downgraded to free", "user:alice@example.com"]),
    ("payment info changed", MONEY, &["Payment info changed", "user:alice@example.com"]),
    ("payment failed", MONEY, &["Payment failed", "12.34 USD", "card declined by issuer"]),
    ("domain added", USERS, &["Domain added", "shop.example", "user:alice@example.com"]),
    ("domain removed", USERS, &["Domain removed", "shop.example"]),
    ("domain re-added", USERS, &["Domain added again", "shop.example"]),
    ("Slack disconnected", USERS, &["Slack disconnected", "user:alice@example.com"]),
    ("job fired", STATS, &["nightly-report", "started"]),
    ("job result", STATS, &["nightly-report", "done", "unfinished", "1"]),
    ("job failed", STATS, &["nightly-report", "failed", "the database is down"]),
    ("job missing", STATS, &["nightly-report", "did not run"]),
    ("unfinished onboarding", USERS, &["not onboarded", "in all", "user:carol@example.com"]),
    ("404 digest", REST, &["/old-pricing", "/home"]),
    ("user count and growth", STATS, &["2 users", "growth"]),
];

/// Text by channel: posts and edits.
type Told = Vec<(String, String)>;

/// Lives through everything that the recipe names.
async fn live(bell: &Bell) {
    let app = saas::App::new(bell.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(axum::serve(listener, saas::router(app.clone())).into_future());
    bell.send(Message::new(":rocket: Nice job, I'm all set up!").topic(Topic::Stats));
    let (alice, carol) = ("alice@example.com", "carol@example.com");
    ask(address, "POST", "/register", Some(("email", alice)), 201).await;
    ask(address, "POST", "/register", Some(("email", alice)), 409).await;
    ask(address, "POST", "/register", Some(("email", carol)), 201).await;
    ask(address, "POST", "/register", Some(("email", "bob@down.example")), 500).await;
    for (method, path, status) in [
        ("POST", "/onboarded", 200),
        ("POST", "/plan/pro", 200),
        ("POST", "/plan/free", 200),
        ("POST", "/card", 200),
        ("POST", "/invoice/1234", 402),
        ("POST", "/domains/shop.example", 201),
        ("DELETE", "/domains/shop.example", 200),
        ("POST", "/domains/shop.example", 201),
        ("POST", "/slack/disconnect", 200),
    ] {
        ask(address, method, path, Some(("user", alice)), status).await;
    }
    ask(address, "GET", "/report", None, 500).await;
    ask(address, "GET", "/old-pricing", None, 404).await;
    ask(address, "POST", "/jobs/nightly", None, 200).await;
    // What was started is told before the next run ends, so that nothing replaces it.
    assert!(bell.flush(PATIENCE).await.complete);
    assert!(saas::run_nightly(&app, Duration::from_secs(1), false).await.is_err());
    server.abort();
}

async fn ask(
    address: SocketAddr,
    method: &str,
    path: &str,
    form: Option<(&str, &str)>,
    status: u16,
) {
    let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
    let request = reqwest::Client::new().request(method, format!("http://{address}{path}"));
    let request = request.header("referer", format!("http://{address}/home"));
    let request = match form {
        Some((name, value)) => request
            .header("content-type", "application/json")
            .body(serde_json::json!({ name: value }).to_string()),
        None => request,
    };
    assert_eq!(request.send().await.unwrap().status(), status, "{path}");
}

/// Everything of the recipe is there, in its channel; one user is found in three.
fn assert_recipe(told: &Told) {
    for (what, channel, words) in RECIPE {
        let mut there = told.iter().filter(|(name, _)| name == channel);
        let found = there.any(|(_, text)| words.iter().all(|word| text.contains(word)));
        assert!(found, "no {what} in {channel}: {told:#?}");
    }
    let with_alice = told.iter().filter(|(_, text)| text.contains("user:alice@example.com"));
    let channels: std::collections::BTreeSet<_> = with_alice.map(|(channel, _)| channel).collect();
    assert!(channels.len() >= 3, "{channels:?}");
}

#[tokio::test]
async fn the_whole_recipe_arrives_in_its_channels() {
    let stubs: BTreeMap<_, _> =
        [CRITICAL, REST, MONEY, USERS, STATS].map(|channel| (channel, Stub::new())).into();
    let bell = saas::team(|channel| stubs[channel].clone()).build().unwrap();
    live(&bell).await;
    let missing =
        async { while !stubs[STATS].next().await.plain_text().contains("did not run") {} };
    missing.await;
    assert!(bell.shutdown(PATIENCE).await.complete);
    let told = stubs.iter().flat_map(|(channel, stub)| {
        let everything = stub.messages().into_iter().chain(stub.edits());
        everything.map(|message| ((*channel).to_owned(), message.plain_text()))
    });
    assert_recipe(&told.collect());
}

#[tokio::test]
async fn the_whole_recipe_arrives_in_slack() {
    let slack = LocalSlack::start();
    let bot = Bot::new("xoxb-1-2-3").and_then(|bot| bot.api_url(slack.api_url())).unwrap();
    let bell = saas::team(|channel| bot.to(channel)).build().unwrap();
    live(&bell).await;
    let mut count = 0;
    while !slack.requests().iter().any(|request| shown(&request.payload).contains("did not run")) {
        count = slack.arrived(count + 1).await.len();
    }
    assert!(bell.shutdown(3 * PATIENCE).await.complete);
    let payloads = slack.payloads();
    let told = payloads.iter().map(|payload| {
        let channel = payload["channel"].as_str().unwrap();
        // Edits name it by its ID.
        let by_id = |name: &&str| id_of(name) == channel;
        let name = [CRITICAL, REST, MONEY, USERS, STATS].into_iter().find(by_id);
        (name.unwrap_or(channel).to_owned(), shown(payload))
    });
    assert_recipe(&told.collect());
}

/// All texts of a payload.
fn shown(payload: &Value) -> String {
    match payload {
        Value::String(text) => format!("{text}\n"),
        Value::Array(values) => values.iter().map(shown).collect(),
        Value::Object(map) => map.values().map(shown).collect(),
        _ => String::new(),
    }
}
