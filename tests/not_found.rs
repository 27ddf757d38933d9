//! Pages that are not there: not a message each, but one an hour with what is worth mending.

#![cfg(feature = "axum")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may fail like tests")]

mod support;

use std::{sync::Arc, time::Duration};

use axum::{Router, body::Body, routing::get};
use http::{Request, StatusCode, header};
use proptest::prelude::*;
use tokio::sync::Notify;
use tower::{Layer, ServiceExt};
use tower_bell::{
    Bell, BellLayer, Message, ResponseExt, Route, Severity, Topic, context,
    delivery::MOST_MESSAGES, transport::stub::Stub,
};

use self::support::LONG;

const HOUR: Duration = Duration::from_secs(60 * 60);

/// A bell whose worker runs in the test's paused time.
fn paused() -> (Bell, Stub) {
    let stub = Stub::new();
    let (bell, worker) = Bell::builder("shop-api")
        .environment("production")
        .host("web-1")
        .channel("#all", stub.clone())
        .build_with_worker()
        .unwrap();
    tokio::spawn(worker.run());
    (bell, stub)
}

fn app(layer: BellLayer) -> Router {
    let gone = || async {
        let mut answer = http::Response::new(Body::empty());
        *answer.status_mut() = StatusCode::NOT_FOUND;
        answer.with_cause(std::io::Error::other("row 7 is gone"))
    };
    Router::new()
        .route("/", get(|| async { "hello" }))
        .route("/gone", get(gone))
        .layer(layer.client_errors([StatusCode::NOT_FOUND, StatusCode::CONFLICT]))
}

async fn ask(app: &Router, path: &str, referer: Option<&str>) {
    let mut request = Request::get(path).header(header::HOST, "shop.example");
    if let Some(referer) = referer {
        request = request.header(header::REFERER, referer);
    }
    let answer = app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_that_finds_no_room_for_them_is_not_complete() {
    for is_last in [false, true] {
        let (bell, stub) = paused();
        ask(&app(bell.layer()), "/typo", Some("http://shop.example/")).await;
        for _ in 0..MOST_MESSAGES {
            assert!(bell.send(Message::new("full")).is_ok());
        }
        let drained = if is_last { bell.shutdown(LONG).await } else { bell.flush(LONG).await };
        assert_eq!((drained.complete, drained.left), (false, 1));
        assert_eq!(stub.count(), MOST_MESSAGES);
        if !is_last {
            assert!(bell.flush(LONG).await.complete, "now there is room");
            assert_eq!(stub.count(), MOST_MESSAGES + 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn no_half_of_a_secret_is_left_where_a_path_is_cut() {
    let (bell, stub) = paused();
    let app = app(bell.layer());
    for begin in [180, 186, 191] {
        let path = format!("/{}/4111111111111111", "x".repeat(begin - 2));
        ask(&app, &path, Some("https://shop.example/blog")).await;
        ask(&app, "/a", Some(&format!("https://shop.example{path}"))).await;
    }
    tokio::time::sleep(HOUR + Duration::from_secs(20)).await;
    stub.assert_no_secret("411111111");
}

#[tokio::test(start_paused = true)]
async fn an_hour_later_one_message_says_what_own_pages_link_to() {
    let (bell, stub) = paused();
    let app = app(bell.layer());
    for _ in 0..3 {
        ask(&app, "/old-pricing?token=hunter2hunter2", Some("https://shop.example/blog?a=b")).await;
    }
    ask(&app, "/typo", Some("http://SHOP.example/")).await;
    ask(&app, "/bookmark", None).await;
    ask(&app, "/elsewhere", Some("https://other.example/list")).await;
    ask(&app, "/itself", Some("https://shop.example/itself/")).await;
    for probe in ["/wp-login.php", "/.env"] {
        ask(&app, probe, Some("https://shop.example/blog")).await;
    }
    tokio::time::sleep(HOUR - Duration::from_secs(10)).await;
    assert_eq!(stub.count(), 0);
    tokio::time::sleep(Duration::from_secs(20)).await;
    let expected = "\
:mag: Pages that are not there   404 · ×4 in 1 h · shop-api (production)
host web-1
Asked for 4 times
       3  /old-pricing   linked from /blog
       1  /typo   linked from /
3 more that no page of the same host links to · 2 for well-known probe paths";
    assert_eq!(stub.messages()[0].plain_text(), expected);
    assert_eq!(stub.messages()[0].about(), Some(&Topic::ClientError));
    assert_eq!((bell.stats().not_found, bell.stats().failures), (9, 0));
    tokio::time::sleep(2 * HOUR).await;
    assert_eq!(stub.count(), 1, "nothing new");
}

#[tokio::test(start_paused = true)]
async fn all_are_listed_where_that_is_asked_for() {
    let (bell, stub) = paused();
    let app = app(bell.layer().all_not_found());
    for n in 0..12 {
        ask(&app, &format!("/page-{n:02}"), None).await;
    }
    ask(&app, "/.env", None).await;
    assert!(bell.flush(LONG).await.complete);
    let text = stub.messages()[0].plain_text();
    assert!(text.contains("Asked for 12 times"), "{text}");
    assert!(text.contains("/page-09") && !text.contains("/page-10"), "{text}");
    assert!(text.contains("       2  for other pages"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn probes_and_typing_errors_alone_are_no_message() {
    let (bell, stub) = paused();
    let app = app(bell.layer());
    ask(&app, "/.git/config", None).await;
    ask(&app, "/bookmark", None).await;
    tokio::time::sleep(2 * HOUR).await;
    assert!(bell.shutdown(LONG).await.complete);
    assert_eq!((stub.count(), bell.stats().not_found), (0, 2));
}

#[tokio::test(start_paused = true)]
async fn what_was_counted_is_told_before_the_end() {
    let (bell, stub) = paused();
    ask(&app(bell.layer()), "/old", Some("https://shop.example/")).await;
    assert!(bell.shutdown(LONG).await.complete);
    stub.assert_rang(1);
}

#[tokio::test(start_paused = true)]
async fn a_404_that_says_why_rings_at_once() {
    let (bell, stub) = paused();
    ask(&app(bell.layer()), "/gone", None).await;
    ask(&app(bell.layer().critical_path("/register")), "/register", None).await;
    assert!(bell.flush(LONG).await.complete);
    stub.assert_rang(2);
    stub.assert_contains("row 7 is gone");
    stub.assert_contains(":rotating_light: Client Error   404 · GET /register");
}

#[tokio::test(start_paused = true)]
async fn each_layer_tells_its_own_and_routes_lead() {
    let (all, pages, admin) = (Stub::new(), Stub::new(), Stub::new());
    let (bell, worker) = Bell::builder("shop-api")
        .channel("#all", all.clone())
        .channel("#pages", pages.clone())
        .channel("#admin", admin.clone())
        .route(Route::topic(Topic::ClientError).to("#pages"))
        .build_with_worker()
        .unwrap();
    tokio::spawn(worker.run());
    ask(&app(bell.layer()), "/old", Some("https://shop.example/")).await;
    let layer = bell.layer().service("admin").channel("#admin");
    ask(&app(layer), "/older", Some("https://shop.example/")).await;
    assert!(bell.flush(LONG).await.complete);
    assert_eq!([all.count(), pages.count(), admin.count()], [0, 1, 1]);
    admin.assert_contains("404 · admin");
}

#[tokio::test(start_paused = true)]
async fn hostile_paths_and_referers_are_shown_as_they_are_or_not_at_all() {
    let (bell, stub) = paused();
    let app = app(bell.layer());
    let long = format!("/{}", "x".repeat(7_000));
    for path in ["/%3C!channel%3E", "/%E2%80%AE/@everyone", "/x%0A%0Auser:eve", &long] {
        ask(&app, path, Some("https://shop.example/<!here>?a=b")).await;
    }
    let jwt = "/reset/password=hunter2hunter2";
    ask(&app, jwt, Some("https://shop.example/u/Bearer%20abcdefghijklmnop")).await;
    assert!(bell.flush(LONG).await.complete);
    let text = stub.messages()[0].plain_text();
    assert!(text.chars().count() < 2_000, "{text}");
    assert!(text.lines().all(|line| !line.starts_with("user:")), "{text}");
    stub.assert_no_secret("hunter2hunter2");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]
    #[test]
    fn every_request_is_in_exactly_one_count(
        asked in prop::collection::vec((0..15_usize, 0..3_u8), 1..80),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        let (text, not_found) = runtime.block_on(async {
            let (bell, stub) = paused();
            let app = app(bell.layer());
            ask(&app, "/first", Some("https://shop.example/")).await;
            for (page, how) in &asked {
                match how {
                    0 => ask(&app, &format!("/p{page}"), Some("https://shop.example/")).await,
                    1 => ask(&app, &format!("/p{page}"), None).await,
                    _ => ask(&app, "/.env", None).await,
                }
            }
            assert!(bell.flush(LONG).await.complete);
            (stub.messages()[0].plain_text(), bell.stats().not_found)
        });
        let count_before = |what: &str| {
            let at = text.find(what).map(|at| text[..at].split_whitespace().next_back());
            at.flatten().and_then(|count| count.parse::<u64>().ok()).unwrap_or_default()
        };
        let asked_for = text.split("Asked for").nth(1).unwrap().split_whitespace().next().unwrap();
        let asked_for = if asked_for == "once" { 1 } else { asked_for.parse::<u64>().unwrap() };
        let lines = text.lines().filter(|line| line.starts_with("    "));
        let listed: u64 =
            lines.map(|line| line.split_whitespace().next().unwrap().parse::<u64>().unwrap()).sum();
        prop_assert_eq!(listed, asked_for);
        let others = count_before("more that no page") + count_before("for well-known");
        prop_assert_eq!(asked_for + others, not_found);
        prop_assert_eq!(not_found, asked.len() as u64 + 1);
    }
}

const OWN_PAGE: Option<&str> = Some("https://shop.example/blog");

/// A layer's service that finds nothing.
fn upstream(
    layer: &BellLayer,
) -> impl tower::Service<
    Request<Body>,
    Response = http::Response<Body>,
    Error = std::convert::Infallible,
    Future: Send,
>
+ Clone
+ Send
+ Sync
+ 'static
+ use<> {
    let layer = layer.clone().client_errors([StatusCode::NOT_FOUND]);
    layer.layer(tower::service_fn(|_: Request<Body>| async {
        let mut answer = http::Response::new(Body::empty());
        *answer.status_mut() = StatusCode::NOT_FOUND;
        Ok(answer)
    }))
}

#[tokio::test(start_paused = true)]
async fn a_page_that_a_handler_asks_for_in_vain_hides_no_failure_of_its_own() {
    let (bell, stub) = paused();
    let client = upstream(&bell.layer());
    let handler = move || async move {
        client.oneshot(Request::get("/row/7").body(Body::empty()).unwrap()).await.unwrap();
        StatusCode::INTERNAL_SERVER_ERROR
    };
    let app = Router::new().route("/", get(handler)).layer(bell.layer());
    app.oneshot(Request::get("/").body(Body::empty()).unwrap()).await.unwrap();
    assert!(bell.flush(LONG).await.complete);
    stub.assert_contains("500 · GET /");
    assert_eq!((bell.stats().not_found, bell.stats().failures), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_fails_after_a_page_was_asked_for_in_vain_is_told() {
    let (bell, stub) = paused();
    let client = upstream(&bell.layer());
    let handler = move || async move {
        client.oneshot(Request::get("/row/7").body(Body::empty()).unwrap()).await.unwrap();
        Body::from_stream(tokio_stream::iter([Err::<&str, _>(std::io::Error::other("row 8"))]))
    };
    let app = Router::new().route("/", get(handler)).layer(bell.layer());
    let answer = app.oneshot(Request::get("/").body(Body::empty()).unwrap()).await.unwrap();
    axum::body::to_bytes(answer.into_body(), 1_000).await.unwrap_err();
    assert!(bell.flush(LONG).await.complete);
    stub.assert_contains("row 8");
}

#[tokio::test(start_paused = true)]
async fn a_missing_page_is_counted_though_its_handler_read_a_stream() {
    let (bell, _stub) = paused();
    let streaming = tower::service_fn(|_: Request<Body>| async {
        let body = Body::from_stream(tokio_stream::iter([Ok::<_, std::io::Error>("row 7")]));
        Ok::<_, std::convert::Infallible>(http::Response::new(body))
    });
    let client = bell.layer().layer(streaming);
    let handler = move || async move {
        client.oneshot(Request::get("/").body(Body::empty()).unwrap()).await.unwrap();
        StatusCode::NOT_FOUND
    };
    let layer = bell.layer().client_errors([StatusCode::NOT_FOUND]);
    ask(&Router::new().route("/user", get(handler)).layer(layer), "/user", None).await;
    assert_eq!(bell.stats().not_found, 1);
}

#[tokio::test(start_paused = true)]
async fn nested_layers_count_a_missing_page_once() {
    let (bell, stub) = paused();
    ask(&app(bell.layer()).layer(bell.layer()), "/old", OWN_PAGE).await;
    let both = app(bell.layer()).layer(bell.layer().client_errors([StatusCode::NOT_FOUND]));
    ask(&both, "/old", OWN_PAGE).await;
    assert!(bell.flush(LONG).await.complete);
    stub.assert_contains("Asked for 2 times");
    assert_eq!(bell.stats().not_found, 2);
}

#[tokio::test(start_paused = true)]
async fn a_404_of_a_request_that_the_app_calls_severe_rings_at_once() {
    let (bell, stub) = paused();
    let severe = || async {
        context::severity(Severity::Error);
        StatusCode::NOT_FOUND
    };
    let app = Router::new()
        .route("/invoice", get(severe))
        .layer(bell.layer().client_errors([StatusCode::NOT_FOUND]));
    ask(&app, "/invoice", None).await;
    assert!(bell.flush(LONG).await.complete);
    stub.assert_contains(":x: Client Error   404 · GET /invoice");
    assert_eq!(bell.stats().not_found, 0);
}

#[tokio::test(start_paused = true)]
async fn an_event_does_not_wait_for_a_request_that_is_only_a_missing_page() {
    let (bell, stub) = paused();
    let (told, going_on) = (bell.clone(), Arc::new(Notify::new()));
    let task = Arc::clone(&going_on);
    let handler = move || async move {
        tokio::spawn(context::carry(async move { task.notified().await }));
        told.event(Topic::User, "gone").severity(Severity::Error).send();
        StatusCode::NOT_FOUND
    };
    let app = Router::new()
        .route("/user", get(handler))
        .layer(bell.layer().client_errors([StatusCode::NOT_FOUND]));
    ask(&app, "/user", None).await;
    assert!(bell.flush(LONG).await.complete);
    assert_eq!(stub.messages()[0].text(), "gone");
    going_on.notify_one();
}

#[tokio::test(start_paused = true)]
async fn what_a_full_queue_does_not_take_is_told_in_full_a_moment_later() {
    let slow = Stub::new();
    let (bell, worker) =
        Bell::builder("shop-api").channel("#all", slow.clone()).build_with_worker().unwrap();
    ask(&app(bell.layer()), "/old", OWN_PAGE).await;
    while bell.stats().channels[0].queued < MOST_MESSAGES {
        bell.send(Message::new("x"));
    }
    let flushed = bell.flush(LONG);
    ask(&app(bell.layer()), "/old", OWN_PAGE).await;
    tokio::spawn(worker.run());
    assert!(!flushed.await.complete, "it waits");
    tokio::time::sleep(Duration::from_secs(3)).await;
    slow.assert_contains("Asked for 2 times");
    assert!(slow.messages().iter().all(|message| !message.plain_text().contains("lost")));
    assert_eq!((bell.stats().channels[0].refused, bell.stats().channels[0].failed), (0, 0));
    assert!(bell.flush(LONG).await.complete);
}

#[tokio::test(start_paused = true)]
async fn what_one_channel_took_is_not_told_there_again_because_another_is_full() {
    let stubs = [Stub::new(), Stub::new()];
    let (bell, worker) = Bell::builder("shop-api")
        .channel("#full", stubs[0].clone())
        .channel("#free", stubs[1].clone())
        .route(Route::topic(Topic::ClientError).to("#full").to("#free"))
        .build_with_worker()
        .unwrap();
    ask(&app(bell.layer()), "/old", OWN_PAGE).await;
    while bell.stats().channels[0].queued < MOST_MESSAGES {
        bell.send(Message::new("x"));
    }
    let flushed = bell.flush(LONG);
    tokio::spawn(worker.run());
    assert!(flushed.await.complete);
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(stubs.each_ref().map(Stub::count), [MOST_MESSAGES, 1]);
    assert_eq!(bell.stats().channels[0].refused, 1, "where it is lost it is counted");
}

#[cfg(feature = "slack")]
#[tokio::test]
async fn the_bells_own_messages_are_no_missing_pages() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/services/T0/B0/XXXXXX", listener.local_addr().unwrap());
    let webhook = tower_bell::slack::Webhook::new(url).unwrap();
    let bell = Bell::builder("shop-api").channel("#all", webhook).build().unwrap();
    let app = app(bell.layer().all_not_found());
    tokio::spawn(async move { axum::serve(listener, app).await });
    let error = bell.deliver(Message::new("hello")).await.unwrap_err();
    assert!(error.is_permanent(), "{error}");
    assert_eq!(bell.stats().not_found, 0);
}

#[tokio::test(start_paused = true)]
async fn routes_by_status_and_by_service_lead_too() {
    let (all, pages, admin) = (Stub::new(), Stub::new(), Stub::new());
    let (bell, worker) = Bell::builder("shop-api")
        .channel("#all", all.clone())
        .channel("#pages", pages.clone())
        .channel("#admin", admin.clone())
        .route(Route::when(|parts| parts.service == "admin").to("#admin"))
        .route(Route::status([StatusCode::NOT_FOUND]).to("#pages"))
        .build_with_worker()
        .unwrap();
    tokio::spawn(worker.run());
    ask(&app(bell.layer()), "/old", OWN_PAGE).await;
    ask(&app(bell.layer().service("admin")), "/older", OWN_PAGE).await;
    assert!(bell.flush(LONG).await.complete);
    assert_eq!([all.count(), pages.count(), admin.count()], [0, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn the_own_host_is_known_behind_a_proxy_and_with_its_port() {
    let (bell, stub) = paused();
    let app = app(bell.layer());
    for (path, host, forwarded, referer) in [
        ("/a", "shop.example:443", "", "https://shop.example/"),
        ("/b", "10.0.0.7:8080", "shop.example, proxy.example", "https://shop.example/"),
        ("/c", "shop.example:8443", "", "https://shop.example:8443?x=/y"),
        ("/other-1", "shop.example:8443", "", "https://shop.example/"),
        ("/other-2", "10.0.0.7:8080", "", "https://shop.example/"),
        ("/other-3", "", "", "https:///"),
        ("/other-4", "shop.example", "", "about:blank"),
        ("/other-5", "shop.example", "", "https://shop.example.evil.example/"),
    ] {
        let request = Request::get(path)
            .header(header::HOST, host)
            .header("x-forwarded-host", forwarded)
            .header(header::REFERER, referer);
        app.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    }
    assert!(bell.flush(LONG).await.complete);
    let text = stub.messages()[0].plain_text();
    assert!(text.contains("Asked for 3 times") && !text.contains("/other"), "{text}");
    assert!(text.contains("5 more that no page"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_cut_path_is_seen_to_be_cut_and_shows_no_half_of_a_secret() {
    let (bell, stub) = paused();
    let app = app(bell.layer());
    let card = format!("/{}/4111111111111111/x", "a".repeat(190));
    let page = format!("https://shop.example/{}/4111111111111111/x", "b".repeat(190));
    ask(&app, &card, Some(&page)).await;
    ask(&app, &format!("/{}", "c".repeat(60_000)), OWN_PAGE).await;
    assert!(bell.flush(LONG).await.complete);
    stub.assert_no_secret("411111");
    let text = stub.messages()[0].plain_text();
    assert!(text.contains("aaa/[redacte…   linked from /bbb"), "{text}");
    assert!(text.contains("1 more that no page"), "no header is kept beside such a path: {text}");
}

#[tokio::test(start_paused = true)]
async fn unseen_characters_of_a_referer_are_not_shown() {
    let (bell, stub) = paused();
    let request = Request::get("/old").header(header::HOST, "shop.example");
    let referer = "https://shop.example/\u{202e}cod`<!channel>`\u{200b}".as_bytes();
    let request = request.header(header::REFERER, referer).body(Body::empty()).unwrap();
    app(bell.layer()).oneshot(request).await.unwrap();
    assert!(bell.flush(LONG).await.complete);
    // What no URL has is shown as a URL writes it.
    stub.assert_contains("/old   linked from /cod%60%3C!channel%3E%60");
}
