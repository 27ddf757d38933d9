//! A failing response's text that breaks off: what came of it may end in half a secret.
#![cfg(feature = "axum")]

mod support;

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use axum::{Router, body::Body, extract::Request, response::Response, routing::any};
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use support::rung;
use tower::ServiceExt;

/// A proxied answer of a known length whose other side goes away.
struct BreaksOff(Option<&'static str>);

impl http_body::Body for BreaksOff {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let piece = self.0.take().map(|piece| Frame::data(Bytes::from(piece)));
        Poll::Ready(Some(piece.ok_or_else(|| io::Error::other("gone"))))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(60)
    }
}

#[tokio::test]
async fn half_a_secret_does_not_show() {
    let (bell, stub) = rung();
    let proxied = || async {
        let body = Body::new(BreaksOff(Some("the db is at postgres://u:hunter2222")));
        let response = Response::builder().status(502).header("content-type", "text/plain");
        response.body(body).unwrap()
    };
    let app = Router::new().route("/x", any(proxied)).layer(bell.layer());
    let request = Request::get("/x").body(Body::empty()).unwrap();
    let response = app.oneshot(request).await.unwrap();
    assert!(axum::body::to_bytes(response.into_body(), 1_000).await.is_err());
    let text = stub.next().await.plain_text();
    assert!(!text.contains("hunter2222") && text.contains("the db is at"), "{text}");
}
