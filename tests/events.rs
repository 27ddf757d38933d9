//! Events: what the app tells of itself, alone or completed with the request that failed.

#![cfg(feature = "axum")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may fail like tests")]

mod support;

use std::{error::Error, fmt, future::Future, io, task::Poll};

use axum::{Router, body::Body, extract::State, http::Uri, routing::get};
use http::{Request, Response, StatusCode};
use tower::ServiceExt;
use tower_bell::{
    Bell, Message, Route, ServerError, Severity, Topic, context, transport::stub::Stub,
};

use self::support::PATIENCE;

fn bell() -> (Bell, Stub) {
    let stub = Stub::new();
    (Bell::builder("shop-api").channel("#all", stub.clone()).build().unwrap(), stub)
}

async fn told(bell: &Bell, stub: &Stub) -> Vec<String> {
    assert!(bell.flush(PATIENCE).await.complete);
    stub.messages().iter().map(|message| message.plain_text()).collect()
}

/// A database that is down, for a reason.
#[derive(Debug)]
struct Down(io::Error);

impl fmt::Display for Down {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the database is down")
    }
}

impl Error for Down {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

fn down() -> Down {
    Down(io::Error::new(io::ErrorKind::ConnectionRefused, "connection refused"))
}

#[tokio::test]
async fn an_event_says_what_happened_to_whom() {
    let (bell, stub) = bell();
    let receipt = bell
        .event(Topic::User, ":tada: New user registration!")
        .user("alice@example.com")
        .field("plan", "pro")
        .amount(4900, "usd")
        .link("profile", "https://shop.example/users/42")
        .username("MyApp Bot")
        .deliver()
        .await;
    assert!(receipt.is_ok());
    let expected = "\
:tada: New user registration!
user:alice@example.com
plan: pro
amount: 49.00 USD
profile: https://shop.example/users/42";
    assert_eq!(told(&bell, &stub).await, [expected]);
    let message = &stub.messages()[0];
    assert_eq!((message.level(), message.about()), (Severity::Info, Some(&Topic::User)));
}

#[tokio::test]
async fn a_blank_user_is_nobody() {
    let (bell, stub) = bell();
    for blank in ["", " \n", "\u{200b}"] {
        bell.event(Topic::User, "Registered").user(blank).send();
        assert_eq!(told(&bell, &stub).await, ["Registered"]);
        stub.take();
    }
    let layer =
        bell.layer().user_from(|parts| Some(parts.uri.path().trim_start_matches('/').to_owned()));
    let fails = || async {
        context::user("");
        StatusCode::INTERNAL_SERVER_ERROR
    };
    let app: Router = Router::new().route("/", get(fails)).route("/alice", get(fails)).layer(layer);
    for (path, is_known) in [("/", false), ("/alice", true)] {
        app.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        let text = stub.next().await.plain_text();
        assert_eq!(text.contains("user:"), is_known, "{text}");
    }
}

#[tokio::test]
async fn an_event_says_why_it_failed() {
    let (bell, stub) = bell();
    bell.event(Topic::User, ":warning: Registration failed")
        .severity(Severity::Warning)
        .field("code", 409)
        .error(&down())
        .send();
    let expected = "\
:warning: Registration failed
> the database is down: connection refused
code: 409";
    assert_eq!(told(&bell, &stub).await, [expected]);
}

#[tokio::test]
async fn what_an_event_says_passes_the_redactor_but_for_its_user() {
    let (bell, stub) = bell();
    bell.event("support", "card 4242 4242 4242 4242")
        .user("alice@example.com")
        .field("password", "hunter2hunter2")
        .error(&io::Error::other("Bearer abcdefghijklmnop"))
        .send();
    told(&bell, &stub).await;
    stub.assert_contains("user:alice@example.com");
    for secret in ["4242 4242", "hunter2hunter2", "abcdefghijklmnop"] {
        stub.assert_no_secret(secret);
    }
}

#[tokio::test]
async fn bad_input_is_a_readable_message_or_an_error() {
    let (bell, stub) = bell();
    assert!(bell.event(Topic::User, " \n\u{202e}").send().into_result().is_err());
    assert!(bell.event(Topic::User, "").deliver().await.is_err());
    let long = bell.event(Topic::User, "x".repeat(2 * 1024 * 1024)).send();
    assert!(long.into_result().unwrap_err().is_refused());
    assert!(bell.event(Topic::User, "y".repeat(1_000_000)).send().is_ok());
    told(&bell, &stub).await;
    let hostile = "<!channel> @everyone \u{202e}gnp.exe ```\n# owned\nuser:eve";
    let many = (0..1_000).fold(bell.event(hostile, hostile), |event, n| event.field(hostile, n));
    assert!(many.user(hostile).amount(i64::MIN, hostile).send().is_ok());
    let texts = told(&bell, &stub).await;
    assert!(texts[0].contains("cut)") && texts[0].chars().count() < 12_000);
    assert!(texts[1].contains("parts cut)"), "{}", texts[1]);
    assert_eq!(bell.stats().channels[0].refused, 3);
}

async fn handler(State(bell): State<Bell>, uri: Uri) -> Result<&'static str, ServerError> {
    context::user("alice@example.com");
    let severity = if uri.path() == "/info" { Severity::Info } else { Severity::Error };
    bell.event(Topic::User, ":no_entry: Registration failed")
        .severity(severity)
        .field("step", "insert")
        .send();
    if uri.path() == "/caught" { Ok("try again") } else { Err(down().into()) }
}

fn app(bell: &Bell) -> Router {
    Router::new()
        .route("/register", get(handler))
        .route("/caught", get(handler))
        .route("/info", get(handler))
        .layer(bell.layer())
        .with_state(bell.clone())
}

async fn ask(app: Router, path: &str) -> StatusCode {
    let request = Request::get(path).header("x-request-id", "7f3a9c1e").body(Body::empty());
    app.oneshot(request.unwrap()).await.unwrap().status()
}

#[tokio::test]
async fn a_bad_event_and_its_failed_request_are_one_message() {
    let (bell, stub) = bell();
    assert_eq!(ask(app(&bell), "/register").await, StatusCode::INTERNAL_SERVER_ERROR);
    let texts = told(&bell, &stub).await;
    assert_eq!(texts.len(), 1, "{texts:?}");
    let text = &texts[0];
    for part in [
        ":no_entry: Registration failed   500 · GET /register · shop-api",
        "> the database is down: connection refused",
        "tests/events.rs:",
        "user:alice@example.com",
        "request 7f3a9c1e",
        "step: insert",
        "Request   GET /register",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    let stats = bell.stats();
    assert_eq!((stats.failures, stats.untold), (1, 0));
}

#[tokio::test]
async fn a_bad_event_of_a_good_request_is_told_as_it_is() {
    let (bell, stub) = bell();
    assert_eq!(ask(app(&bell), "/caught").await, StatusCode::OK);
    assert_eq!(told(&bell, &stub).await, [":no_entry: Registration failed\nstep: insert"]);
    assert_eq!(bell.stats().failures, 0);
}

#[tokio::test]
async fn a_harmless_event_and_a_failure_are_two_messages() {
    let (bell, stub) = bell();
    ask(app(&bell), "/info").await;
    assert_eq!(told(&bell, &stub).await.len(), 2);
}

#[tokio::test]
async fn nested_layers_still_make_one_message_of_both() {
    let (bell, stub) = bell();
    ask(app(&bell).layer(bell.layer()), "/register").await;
    assert_eq!(told(&bell, &stub).await.len(), 1);
    // What the inner layer finds good the outer one may not.
    let fails =
        axum::middleware::map_response(|_: Response<Body>| async { StatusCode::BAD_GATEWAY });
    ask(app(&bell).layer(fails).layer(bell.layer()), "/caught").await;
    let texts = told(&bell, &stub).await;
    assert_eq!(texts.len(), 2);
    assert!(texts[1].starts_with(":no_entry: Registration failed   502"), "{}", texts[1]);
}

#[tokio::test]
async fn a_failure_whose_event_goes_nowhere_is_told_by_itself() {
    let stub = Stub::new();
    let bell = Bell::builder("shop-api")
        .channel("#all", stub.clone())
        .route(Route::topic(Topic::User).off())
        .build()
        .unwrap();
    ask(app(&bell), "/register").await;
    let texts = told(&bell, &stub).await;
    assert_eq!(texts.len(), 1);
    assert!(texts[0].starts_with(":x: Generic Server Error   500"), "{}", texts[0]);
    let stats = bell.stats();
    assert_eq!((stats.failures, stats.untold), (1, 0));
}

#[tokio::test]
async fn a_failure_whose_event_is_refused_is_told_by_itself() {
    let stub = Stub::new();
    let (bell, worker) =
        Bell::builder("shop-api").channel("#all", stub.clone()).build_with_worker().unwrap();
    while bell.send(Message::new("earlier")).is_ok() {}
    ask(app(&bell), "/register").await;
    let stats = bell.stats();
    assert_eq!((stats.channels[0].refused, stats.failures, stats.untold), (2, 1, 1));
    tokio::spawn(worker.run());
    let texts = told(&bell, &stub).await;
    let failures = texts.iter().filter(|text| text.contains("Generic Server Error   500"));
    assert_eq!(failures.count(), 1);
}

#[tokio::test]
async fn a_bad_event_is_told_if_the_client_goes_away_or_the_handler_lives_on() {
    let (bell, stub) = bell();
    let never = |State(bell): State<Bell>| async move {
        bell.event(Topic::User, "waiting").severity(Severity::Critical).send();
        std::future::pending::<()>().await;
    };
    let app = Router::new().route("/", get(never)).layer(bell.layer()).with_state(bell.clone());
    let request = Request::get("/").body(Body::empty()).unwrap();
    let mut answer = Box::pin(app.oneshot(request));
    let polled = std::future::poll_fn(|cx| Poll::Ready(answer.as_mut().poll(cx))).await;
    assert!(polled.is_pending());
    assert!(told(&bell, &stub).await.is_empty(), "it may still fail");
    drop(answer);
    assert_eq!(told(&bell, &stub).await, ["waiting"]);
}

#[tokio::test]
async fn no_event_waits_for_what_lives_on_after_its_request() {
    let (bell, stub) = bell();
    let carries = |State(bell): State<Bell>, uri: Uri| async move {
        tokio::spawn(context::carry(std::future::pending::<()>()));
        bell.event(Topic::User, "said").severity(Severity::Error).send();
        if uri.path() == "/gone" {
            std::future::pending::<()>().await;
        }
        StatusCode::NOT_FOUND
    };
    let layer = bell.layer().client_errors([StatusCode::NOT_FOUND]);
    let app = Router::new().fallback(carries).layer(layer).with_state(bell.clone());
    assert_eq!(ask(app.clone(), "/missing").await, StatusCode::NOT_FOUND);
    assert_eq!(told(&bell, &stub).await, ["said"]);
    let mut answer = Box::pin(ask(app, "/gone"));
    let polled = std::future::poll_fn(|cx| Poll::Ready(answer.as_mut().poll(cx))).await;
    assert!(polled.is_pending());
    drop(answer);
    assert_eq!(told(&bell, &stub).await, ["said", "said"]);
}

#[tokio::test]
async fn an_event_that_takes_much_room_does_not_wait() {
    let (bell, stub) = bell();
    let never = |State(bell): State<Bell>| async move {
        let long = |text: String| bell.event(Topic::User, text).severity(Severity::Error).send();
        assert!(long("x".repeat(100_000)).is_ok());
        assert!(long("x".repeat(2_000_000)).into_result().is_err(), "the caller hears of it");
        std::future::pending::<()>().await;
    };
    let app = Router::new().route("/", get(never)).layer(bell.layer()).with_state(bell.clone());
    let mut answer = Box::pin(ask(app, "/"));
    let polled = std::future::poll_fn(|cx| Poll::Ready(answer.as_mut().poll(cx))).await;
    assert!(polled.is_pending());
    assert_eq!(told(&bell, &stub).await.len(), 1);
}

#[tokio::test]
async fn what_is_sent_after_the_answer_does_not_wait() {
    let (bell, stub) = bell();
    let (go, gone) = tokio::sync::oneshot::channel::<()>();
    let gone = std::sync::Arc::new(std::sync::Mutex::new(Some(gone)));
    let spawns = move |State(bell): State<Bell>| async move {
        let gone = gone.lock().unwrap().take().unwrap();
        tokio::spawn(context::carry(async move {
            gone.await.unwrap();
            bell.event(Topic::User, "later").severity(Severity::Error).send();
            std::future::pending::<()>().await;
        }));
    };
    let app = Router::new().route("/", get(spawns)).layer(bell.layer()).with_state(bell.clone());
    assert_eq!(ask(app, "/").await, StatusCode::OK);
    go.send(()).unwrap();
    assert_eq!(stub.next().await.plain_text(), "later");
}

#[tokio::test]
async fn one_of_many_events_is_completed_and_each_is_told() {
    let (bell, stub) = bell();
    let many = |State(bell): State<Bell>| async move {
        for n in 0..10 {
            bell.event(Topic::User, n.to_string()).severity(Severity::Error).send();
        }
        StatusCode::INTERNAL_SERVER_ERROR
    };
    let app = Router::new().route("/", get(many)).layer(bell.layer()).with_state(bell.clone());
    ask(app, "/").await;
    let mut texts = told(&bell, &stub).await;
    texts.sort();
    assert_eq!(texts.iter().filter(|text| text.contains("GET /")).count(), 1);
    assert_eq!(texts.len(), 10);
}

#[tokio::test]
async fn an_event_of_another_bell_is_not_told_what_this_one_knows() {
    let ((own, own_stub), (other, other_stub)) = (bell(), bell());
    let both = move |State((own, other)): State<(Bell, Bell)>| async move {
        other.event(Topic::User, "theirs").severity(Severity::Error).send();
        own.event(Topic::User, "ours").severity(Severity::Error).send();
        StatusCode::INTERNAL_SERVER_ERROR
    };
    let theirs = move |State((_, other)): State<(Bell, Bell)>| async move {
        other.event(Topic::User, "theirs").severity(Severity::Error).send();
        StatusCode::INTERNAL_SERVER_ERROR
    };
    let app = Router::new()
        .route("/both", get(both))
        .route("/theirs", get(theirs))
        .layer(own.layer())
        .with_state((own.clone(), other.clone()));
    ask(app.clone(), "/both").await;
    told(&own, &own_stub).await;
    ask(app, "/theirs").await;
    let texts = told(&own, &own_stub).await;
    assert!(texts[0].starts_with("ours   500 · GET /both"), "{}", texts[0]);
    assert!(texts[1].contains("500 · GET /theirs"), "{}", texts[1]);
    assert_eq!(told(&other, &other_stub).await, ["theirs", "theirs"]);
}

#[tokio::test]
async fn a_page_that_is_not_there_keeps_no_event_waiting() {
    let (bell, stub) = bell();
    let spawns = |State(bell): State<Bell>| async move {
        bell.event(Topic::User, "half a page").severity(Severity::Error).send();
        tokio::spawn(context::carry(std::future::pending::<()>()));
        StatusCode::NOT_FOUND
    };
    let layer = bell.layer().client_errors([StatusCode::NOT_FOUND]);
    let app = Router::new().route("/", get(spawns)).layer(layer).with_state(bell.clone());
    assert_eq!(ask(app, "/").await, StatusCode::NOT_FOUND);
    assert_eq!(told(&bell, &stub).await, ["half a page"]);
}

#[tokio::test]
async fn an_event_goes_where_its_topic_leads() {
    let (all, money) = (Stub::new(), Stub::new());
    let bell = Bell::builder("shop-api")
        .channel("#all", all.clone())
        .channel("#money", money.clone())
        .route(Route::topic(Topic::Payment).to("#money"))
        .build()
        .unwrap();
    bell.event(Topic::Payment, "paid").send();
    bell.event(Topic::Payment, "paid, elsewhere").channel("#all").send();
    bell.event("payment", "paid, by name").send();
    assert!(bell.flush(PATIENCE).await.complete);
    assert_eq!((all.count(), money.count()), (1, 2));
}

#[cfg(feature = "slack")]
#[tokio::test]
async fn the_longest_address_stands_unbroken_in_text_and_in_one_block() {
    let address = format!("{}@{}.example", "a".repeat(64), "b".repeat(254 - 64 - 1 - 8));
    assert_eq!(address.len(), 254);
    let slack = support::local_slack::LocalSlack::start();
    let stub = Stub::new();
    let bell = Bell::builder("shop-api")
        .channel("#stub", stub.clone())
        .channel("#slack", tower_bell::slack::Webhook::new(slack.webhook_url()).unwrap())
        .route(Route::topic(Topic::User).to("#stub").to("#slack"))
        .build()
        .unwrap();
    bell.event(Topic::User, "x".repeat(5_000)).user(&*address).send();
    told(&bell, &stub).await;
    let token = format!("user:{address}");
    stub.assert_contains(&token);
    let payload = &slack.payloads()[0];
    assert!(payload["text"].as_str().unwrap().contains(&token), "{payload}");
    let blocks = payload["blocks"].as_array().unwrap();
    let with_user = blocks.iter().filter(|block| block.to_string().contains(&token));
    assert_eq!(with_user.count(), 1, "{payload}");
}

#[tokio::test]
async fn a_look_up_of_the_user_that_panics_is_said_and_loses_nothing() {
    let (bell, stub) = bell();
    let layer = bell.layer().user_from(|parts| match parts.uri.path() {
        "/register" => panic!("no session store"),
        _ => None,
    });
    let fails = || async { StatusCode::INTERNAL_SERVER_ERROR };
    let app = Router::new().route("/register", get(fails)).route("/", get(fails)).layer(layer);
    ask(app.clone(), "/register").await;
    ask(app, "/").await;
    let texts = told(&bell, &stub).await;
    assert!(texts[0].contains("user unknown · "), "{}", texts[0]);
    assert!(!texts[1].contains("user"), "{}", texts[1]);
}
