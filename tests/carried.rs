//! What is carried out of one request and run inside another still belongs to the first.
#![cfg(feature = "axum")]

mod support;

use std::sync::{Arc, Mutex};

use axum::{Router, body::Body, extract::Request, http::StatusCode, routing::any};
use support::rung;
use tower::ServiceExt;
use tower_bell::{ServerError, context};

type Job = Box<dyn FnOnce() + Send>;

#[tokio::test]
async fn a_carried_job_does_not_speak_for_another_request() {
    let jobs: Arc<Mutex<Vec<Job>>> = Arc::default();
    let (give, take) = (Arc::clone(&jobs), jobs);
    let (bell, stub) = rung();
    let a = move || async move {
        let job = context::carry_fn(|| context::user("alice"));
        give.lock().unwrap().push(Box::new(job));
        StatusCode::OK
    };
    let b = move || async move {
        context::user("bob");
        take.lock().unwrap().drain(..).for_each(|job| job());
        context::tag("still", "bob");
        ServerError::new("no")
    };
    let app = Router::new().route("/a", any(a)).route("/b", any(b)).layer(bell.layer());
    for path in ["/a", "/b"] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let _ = app.clone().oneshot(request).await.unwrap();
    }
    let text = stub.next().await.plain_text();
    assert!(text.contains("user:bob") && text.contains("still: bob"), "{text}");
}
