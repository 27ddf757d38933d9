//! What a target in the origin form says is its path and its query, whatever URL stands in it.
#![cfg(feature = "axum")]

mod support;

use axum::{Router, body::Body, extract::Request, routing::any};
use support::rung;
use tower::ServiceExt;
use tower_bell::ServerError;

async fn said(target: &str) -> String {
    let (bell, stub) = rung();
    let app = Router::new()
        .fallback(any(|| async { ServerError::new("no") }))
        .layer(bell.layer().critical_path("/register"));
    let request = Request::get(target).header("host", "shop.example").body(Body::empty()).unwrap();
    let _ = app.oneshot(request).await.unwrap();
    stub.next().await.plain_text()
}

#[tokio::test]
async fn a_url_in_the_query_neither_hides_nor_moves_the_path() {
    let text = said("/transfer?next=https://evil.example").await;
    assert!(text.contains("500 · GET /transfer"), "{text}");
    assert!(text.contains("GET shop.example/transfer?next=https://evil.example"), "{text}");
    for target in ["/register?x=://a/b", "http://h/register?x=://a/b", "/register"] {
        let text = said(target).await;
        assert!(text.contains(":rotating_light:"), "{target}: {text}");
    }
}

#[tokio::test]
async fn a_url_in_the_query_does_not_show_its_secrets() {
    for target in [
        "/hooks?webhook_url=https://chat.example/hooks/hunter2222",
        "/callback?code=4/hunter22221234567890&next=https://x/",
        "/x?dsn=postgres://bob:hunter2222/x@host/db",
        "http://shop.example?code=4/hunter22221234567890",
    ] {
        let text = said(target).await;
        assert!(!text.contains("hunter2222"), "{target}: {text}");
    }
}
