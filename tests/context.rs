//! The scope of a request: who it is for and what is said of it, wherever it runs.

mod support;

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::StatusCode,
    middleware::{self, Next},
    response::Response,
    routing::get,
};
use support::rung;
use tower::{ServiceBuilder, ServiceExt};
use tower_bell::{Severity, context};

const FAILED: StatusCode = StatusCode::INTERNAL_SERVER_ERROR;

async fn call(app: Router, path: &str) {
    let request = Request::get(path).body(Body::empty()).unwrap();
    app.oneshot(request).await.unwrap();
}

#[tokio::test]
async fn what_a_handler_says_is_told() {
    let (bell, stub) = rung();
    let handler = || async {
        context::user("bob@example.com");
        context::user("alice@example.com");
        context::tag("plan", "free");
        context::tag("plan", "pro");
        context::severity(Severity::Critical);
        FAILED
    };
    call(Router::new().route("/", get(handler)).layer(bell.layer()), "/").await;
    let message = stub.next().await;
    let text = message.plain_text();
    assert!(text.contains("user:alice@example.com") && !text.contains("bob"), "{text}");
    assert!(text.contains("plan: pro") && !text.contains("free"), "{text}");
    assert_eq!(message.level(), Severity::Critical);
}

#[tokio::test]
async fn inner_middleware_speaks_in_the_same_scope() {
    async fn identify(request: Request, next: Next) -> Response {
        context::user("alice");
        next.run(request).await
    }
    let (bell, stub) = rung();
    let app = Router::new()
        .route("/", get(|| async { FAILED }))
        .layer(ServiceBuilder::new().layer(bell.layer()).layer(middleware::from_fn(identify)));
    call(app, "/").await;
    assert!(stub.next().await.plain_text().contains("user:alice"));
}

#[tokio::test]
async fn requests_do_not_hear_each_other() {
    let (bell, stub) = rung();
    let talks = || async {
        for _ in 0..3 {
            context::user("alice");
            tokio::task::yield_now().await;
        }
        "fine"
    };
    let fails = || async {
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        FAILED
    };
    let app: Router =
        Router::new().route("/talks", get(talks)).route("/fails", get(fails)).layer(bell.layer());
    // On one thread, by turns.
    tokio::join!(call(app.clone(), "/talks"), call(app.clone(), "/fails"), call(app, "/talks"));
    assert!(!stub.next().await.plain_text().contains("alice"));
    context::user("nobody listens out here");
}

#[tokio::test]
async fn spawned_work_needs_to_be_carried() {
    let (bell, stub) = rung();
    let handler = || async {
        tokio::spawn(async { context::tag("lost", "yes") }).await.unwrap();
        tokio::spawn(context::carry(async {
            tokio::task::yield_now().await;
            context::tag("carried", "yes");
        }))
        .await
        .unwrap();
        tokio::task::spawn_blocking(context::carry_fn(|| context::user("alice"))).await.unwrap();
        FAILED
    };
    call(Router::new().route("/", get(handler)).layer(bell.layer()), "/").await;
    let text = stub.next().await.plain_text();
    assert!(text.contains("carried: yes") && text.contains("user:alice"), "{text}");
    assert!(!text.contains("lost"), "{text}");
}

#[tokio::test]
async fn a_streamed_body_still_speaks_in_its_scope() {
    let (bell, stub) = rung();
    let handler = || async { Body::from_stream(tokio_stream::iter([1, 2]).map_while_saying()) };
    call_to_end(Router::new().route("/", get(handler)).layer(bell.layer())).await;
    let text = stub.next().await.plain_text();
    assert!(text.contains("user:alice") && text.contains("row 2 is gone"), "{text}");
}

async fn call_to_end(app: Router) {
    let request = Request::get("/").body(Body::empty()).unwrap();
    let body = app.oneshot(request).await.unwrap().into_body();
    axum::body::to_bytes(body, 1000).await.unwrap_err();
}

trait Saying: Sized {
    fn map_while_saying(
        self,
    ) -> impl tokio_stream::Stream<Item = Result<&'static str, std::io::Error>> + Send + 'static;
}

impl<S: tokio_stream::Stream<Item = i32> + Send + 'static> Saying for S {
    fn map_while_saying(
        self,
    ) -> impl tokio_stream::Stream<Item = Result<&'static str, std::io::Error>> + Send + 'static
    {
        use tokio_stream::StreamExt;
        self.map(|n| {
            context::user("alice");
            if n == 2 { Err(std::io::Error::other("row 2 is gone")) } else { Ok("row 1\n") }
        })
    }
}

#[tokio::test]
async fn the_head_says_who_it_is_unless_someone_knows_better() {
    let (bell, stub) = rung();
    let layer = bell.layer().user_from(|parts| {
        let user = parts.headers.get("x-user")?.to_str().ok()?;
        assert_ne!(user, "panic");
        Some(user.to_owned())
    });
    let app: Router = Router::new()
        .route("/", get(|| async { FAILED }))
        .route(
            "/known",
            get(|| async {
                context::user("bob");
                FAILED
            }),
        )
        .route("/panic", get(|| async { FAILED }))
        .layer(layer.route_name(|parts| (parts.uri.path() == "/").then(|| "the root".into())));
    for (path, user, expected) in [
        ("/", "alice", "user:alice"),
        ("/known", "alice", "user:bob"),
        ("/panic", "panic", "GET /panic"),
    ] {
        let request = Request::get(path).header("x-user", user).body(Body::empty()).unwrap();
        app.clone().oneshot(request).await.unwrap();
        let text = stub.next().await.plain_text();
        assert!(text.contains(expected), "{text}");
        assert_eq!(text.contains("the root"), path == "/", "{text}");
    }
}

#[tokio::test]
async fn tags_are_bounded() {
    let (bell, stub) = rung();
    let handler = || async {
        for i in 0..10_000 {
            context::tag(format!("tag{i}"), "x".repeat(10_000));
        }
        FAILED
    };
    call(Router::new().route("/", get(handler)).layer(bell.layer()), "/").await;
    let text = stub.next().await.plain_text();
    assert!(text.contains("tag0") && !text.contains("tag20:"), "{text}");
}

#[cfg(feature = "slack")]
#[tokio::test]
async fn the_longest_address_stands_unbroken_where_a_request_of_its_user_failed() {
    let address = format!("{}@{}.example", "&".repeat(64), "b".repeat(254 - 64 - 1 - 8));
    assert_eq!(address.len(), 254);
    let slack = support::local_slack::LocalSlack::start();
    let webhook = tower_bell::slack::Webhook::new(slack.webhook_url()).unwrap();
    let bell = tower_bell::Bell::builder("shop-api").channel("#slack", webhook).build().unwrap();
    let user = address.clone();
    let layer = bell.layer().user_from(move |_| Some(user.clone()));
    let fails = || async { (FAILED, "x".repeat(5_000)) };
    call(Router::new().route("/", get(fails)).layer(layer), "/").await;
    assert!(bell.flush(support::PATIENCE).await.complete);
    let payload = &slack.payloads()[0];
    let token = format!("user:{address}");
    let text = payload["text"].as_str().unwrap().replace("&amp;", "&");
    assert!(text.contains(&token), "{text}");
    let blocks = payload["blocks"].as_array().unwrap();
    let with_user = blocks.iter().filter(|block| block.to_string().contains(&token));
    assert_eq!(with_user.count(), 1, "{payload}");
}
