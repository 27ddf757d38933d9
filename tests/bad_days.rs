//! Bad days of the chat service: whatever it does, the app's answers stay as they are, memory stays
//! bounded, and what is lost is counted.
#![cfg(all(feature = "axum", feature = "slack"))]

mod support;

use std::time::Duration;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    routing::{get, post},
};
use support::{
    LONG,
    bad_server::{BadServer, Conduct},
    http::serve,
    local_slack::LocalSlack,
    rung,
};
use tower::ServiceExt;
use tower_bell::{
    Bell, Message, ServerError, slack,
    transport::{SendError, stub::Stub},
};

fn failing(bell: &Bell) -> Router {
    Router::new()
        .route("/", get(|| async { ServerError::new("the till is empty") }))
        .layer(bell.layer())
}

async fn answer(app: &Router) -> (u16, String) {
    let request = Request::get("/").body(Body::empty()).expect("a request");
    let response = app.clone().oneshot(request).await.expect("an answer");
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), 1_000).await.expect("a body");
    (status, String::from_utf8(body.to_vec()).expect("text"))
}

fn to(url: String) -> Bell {
    let webhook = slack::Webhook::new(url).expect("a loopback address");
    Bell::builder("shop-api").channel("#errors", webhook).build().expect("a thread")
}

#[tokio::test]
async fn a_dead_slow_lying_or_redirecting_server_changes_no_answer() {
    const ELSEWHERE: &str = "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n";
    for conduct in [
        Conduct::Ignore,
        Conduct::Reset,
        Conduct::Blurt("no HTTP at all"),
        Conduct::Say(ELSEWHERE),
        Conduct::Say("HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n"),
        Conduct::Say("HTTP/1.1 429 Later\r\nretry-after: 1e300\r\ncontent-length: 0\r\n\r\n"),
        Conduct::SayAndHang("HTTP/1.1 20"),
        Conduct::Endless,
    ] {
        let shown = format!("{conduct:?}");
        let server = BadServer::start([conduct]);
        let bell = to(format!("http://{}/services/T/B/secretsecretsecret", server.address()));
        let app = failing(&bell);
        for _ in 0..3 {
            assert_eq!(answer(&app).await, (500, r#"{"error":true}"#.to_owned()), "{shown}");
        }
        // Long enough for the first try to go wrong, not for all that may follow.
        let _ = bell.shutdown(Duration::from_millis(300)).await;
        let stats = bell.stats();
        assert_eq!(stats.failures, 3, "{shown}");
        let told = stats.channels[0].sent > 0;
        assert!(told || stats.untold == 3, "{shown}: {stats:?}");
        assert!(!format!("{stats:?}").contains("secretsecret"), "{shown}: {stats:?}");
    }
}

#[tokio::test]
async fn a_server_that_the_layer_itself_stands_round_does_not_ring_for_ever() {
    // The app receives its own bell's messages and fails to take them.
    let stub = Stub::new();
    let refused = || async { ServerError::new("no room for messages") };
    let other =
        Bell::builder("receiver").channel("#errors", stub.clone()).build().expect("a thread");
    let app: Router = Router::new().route("/services/{*rest}", post(refused)).layer(other.layer());
    let address = serve(app.into_make_service()).await;
    let bell = to(format!("http://{address}/services/T/B/secretsecretsecret"));
    bell.send(Message::new("hello"));
    let _ = bell.shutdown(Duration::from_secs(3)).await;
    assert!(bell.stats().channels[0].last_error.is_some(), "{:?}", bell.stats());
    other.flush(LONG).await;
    assert_eq!((stub.count(), other.stats().failures), (0, 0));
}

#[tokio::test]
async fn a_flood_of_kinds_stays_bounded_and_exact() {
    let stub = Stub::failing(SendError::transient("down"));
    let bell = Bell::builder("shop-api").channel("#errors", stub).build().expect("a thread");
    let app: Router = Router::new()
        .fallback(|request: Request| async move {
            ServerError::new(request.uri().path().replace('/', " "))
        })
        .layer(bell.layer());
    let mut made = 0;
    for first in 0..60 {
        for second in 0..60 {
            let word = |n: usize| "abcdefghijklmnopqrstuvwxyz"[n % 26..].repeat(n / 26 + 1);
            let uri = format!("/{}/{}", word(first), word(second));
            let request = Request::get(uri).body(Body::empty()).expect("a request");
            app.clone().oneshot(request).await.expect("an answer");
            made += 1;
        }
    }
    let stats = bell.stats();
    assert_eq!(stats.failures, made);
    assert!(stats.exemplars_lost > 0, "{stats:?}");
}

#[tokio::test]
async fn a_runtime_that_ends_early_does_not_take_the_message_with_it() {
    let slack = LocalSlack::start();
    let bell = to(slack.webhook_url());
    let app = failing(&bell);
    let short = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(answer(&app))
    });
    assert_eq!(short.join().expect("no panic").0, 500);
    let arrived = slack.arrived(1).await;
    assert!(arrived[0].payload.to_string().contains("the till is empty"));
    assert!(bell.shutdown(LONG).await.complete);
}

#[tokio::test]
async fn an_empty_message_is_an_error_told_to_the_caller() {
    let (bell, stub) = rung();
    assert!(bell.send(Message::new(" \u{200b}\n")).into_result().is_err());
    assert!(bell.deliver(Message::new("")).await.expect_err("nothing to say").is_refused());
    assert!(bell.flush(LONG).await.complete);
    assert_eq!((stub.count(), bell.stats().channels[0].refused), (0, 2));
}

#[tokio::test]
async fn what_a_bot_can_do_and_a_webhook_cannot_is_said_in_the_text() {
    let slack = LocalSlack::start();
    let bell = to(slack.webhook_url());
    bell.deliver(Message::new(":rocket: all set up").username("MyApp Bot")).await.expect("sent");
    let payload = slack.payloads().remove(0).to_string();
    assert!(payload.contains("MyApp Bot") && payload.contains(":rocket: all set up"), "{payload}");
}

#[test]
fn a_wrong_setting_is_named_and_no_secret_is_printed() {
    let secret = "xoxb-1234-secret";
    let wrong = [
        slack::Webhook::new("").map(drop),
        slack::Webhook::new("hooks.slack.com/services/T/B/xoxb-1234-secret").map(drop),
        slack::Webhook::new("http://example.com/xoxb-1234-secret").map(drop),
        slack::Webhook::new("ftp://xoxb-1234-secret@example.com/").map(drop),
        slack::Bot::new("").map(drop),
        slack::Bot::new("xoxb-1234-secret with blanks").map(drop),
    ];
    for result in wrong {
        let error = result.expect_err("a wrong setting");
        assert!(!format!("{error} {error:?}").contains(secret), "{error}");
    }
    let stub = Stub::new;
    for (wrong, named) in [
        (Bell::builder("s").build(), "channel"),
        (Bell::builder("").channel("#a", stub()).build(), "service"),
        (Bell::builder("s").channel("", stub()).build(), "channel"),
        (Bell::builder("s").channel("#a", stub()).channel("#a", stub()).build(), "#a"),
    ] {
        let error = wrong.expect_err("a wrong setting").to_string();
        assert!(error.contains(named), "{error}");
    }
}
