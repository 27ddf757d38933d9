//! How the cause of a failing response reaches the message.

mod support;

use std::{fmt, io, sync::Arc};

use axum::{
    Json, Router,
    body::Body,
    extract::{FromRequest, Request, rejection::JsonRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use support::rung;
use tower::ServiceExt;
use tower_bell::{ResponseExt, ServerError, Severity};

async fn call(app: Router, path: &str) -> StatusCode {
    let request = Request::get(path).body(Body::empty()).unwrap();
    app.oneshot(request).await.unwrap().status()
}

/// The app's own error, as axum's `error-handling` example has it: not an `Error`, only `Debug`, left
/// in an `Arc` in the response's extensions.
mod example {
    use super::*;

    #[derive(Debug)]
    pub(crate) enum AppError {
        JsonRejection(JsonRejection),
        TimeError(TimeError),
    }

    #[derive(Debug)]
    pub(crate) enum TimeError {
        FailedToGetTime,
    }

    impl IntoResponse for AppError {
        fn into_response(self) -> Response {
            let (status, message) = match &self {
                Self::JsonRejection(rejection) => (rejection.status(), rejection.body_text()),
                Self::TimeError(_) => {
                    (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong".to_owned())
                }
            };
            let mut response = (status, AppJson(message)).into_response();
            response.extensions_mut().insert(Arc::new(self));
            response
        }
    }

    impl From<JsonRejection> for AppError {
        fn from(rejection: JsonRejection) -> Self {
            Self::JsonRejection(rejection)
        }
    }

    #[derive(FromRequest)]
    #[from_request(via(Json), rejection(AppError))]
    pub(crate) struct AppJson<T>(T);

    impl<T: serde::Serialize> IntoResponse for AppJson<T> {
        fn into_response(self) -> Response {
            Json(self.0).into_response()
        }
    }

    pub(crate) async fn users_create(
        AppJson(_): AppJson<serde_json::Value>,
    ) -> Result<(), AppError> {
        Err(AppError::TimeError(TimeError::FailedToGetTime))
    }
}

#[tokio::test]
async fn the_pattern_of_axums_example_needs_one_added_call() {
    let (bell, stub) = rung();
    let layer = bell.layer().cause_debug::<example::AppError>();
    let app = Router::new().route("/users", post(example::users_create)).layer(layer);
    let request = |body: &'static str| {
        let request = Request::post("/users").header("content-type", "application/json");
        request.body(Body::from(body)).unwrap()
    };
    let response = app.clone().oneshot(request("{}")).await.unwrap();
    assert_eq!(response.status(), 500);
    let text = stub.next().await.plain_text();
    assert!(text.contains("TimeError(FailedToGetTime)"), "{text}");
    // The client's bad JSON is a 4xx of the client's and rings nothing.
    let response = app.oneshot(request("{")).await.unwrap();
    assert_eq!(response.status(), 400);
    assert_eq!(bell.stats().failures, 1);
}

#[derive(Clone, Debug, thiserror::Error)]
#[error("saving order")]
struct Saving(#[source] Arc<io::Error>);

#[tokio::test]
async fn an_error_in_the_extensions_is_found_and_its_chain_shown() {
    let (bell, stub) = rung();
    let answer = || async {
        let error = Saving(Arc::new(io::Error::other("disk full")));
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response.extensions_mut().insert(error);
        response
    };
    let app = Router::new().route("/", get(answer)).layer(bell.layer().cause::<Saving>());
    assert_eq!(call(app, "/").await, 500);
    let text = stub.next().await.plain_text();
    assert!(text.contains("saving order: disk full"), "{text}");
    assert!(text.contains("Saving"), "the type is named: {text}");
}

#[tokio::test]
async fn question_mark_works_on_whatever_is_an_error() {
    async fn io() -> Result<(), ServerError> {
        Err(io::Error::other("from io"))?
    }
    async fn text() -> Result<(), ServerError> {
        Err("from a text")?
    }
    async fn with_context() -> Result<(), ServerError> {
        use anyhow::Context;
        Err(io::Error::other("the root")).context("from anyhow")?
    }
    async fn critical() -> Result<(), ServerError> {
        Err(ServerError::new("from a constructor").status(StatusCode::BAD_GATEWAY).critical())
    }
    let (bell, stub) = rung();
    let app = Router::new()
        .route("/io", get(io))
        .route("/text", get(text))
        .route("/anyhow", get(with_context))
        .route("/critical", get(critical))
        .layer(bell.layer());
    for (path, status, expected) in [
        ("/io", 500, "from io"),
        ("/text", 500, "from a text"),
        ("/anyhow", 500, "from anyhow: the root"),
        ("/critical", 502, "from a constructor"),
    ] {
        assert_eq!(call(app.clone(), path).await, status);
        let message = stub.next().await;
        let text = message.plain_text();
        assert!(text.contains(expected), "{text}");
        // The line of the `?`, not one of the crate's own.
        assert!(text.contains("tests/causes.rs:"), "{text}");
    }
}

#[tokio::test]
async fn a_critical_error_is_critical() {
    let (bell, stub) = rung();
    let fails = || async { ServerError::new("the till is open").critical() };
    let app = Router::new().route("/", get(fails)).layer(bell.layer());
    call(app, "/").await;
    assert_eq!(stub.next().await.level(), Severity::Critical);
}

#[tokio::test]
async fn the_first_message_without_a_cause_says_how_to_attach_one() {
    let (bell, stub) = rung();
    let fails = || async { StatusCode::INTERNAL_SERVER_ERROR };
    let app = Router::new().route("/", get(fails)).layer(bell.layer());
    call(app, "/").await;
    let text = stub.next().await.plain_text();
    assert!(text.contains("no cause attached") && text.contains("ServerError"), "{text}");
}

#[tokio::test]
async fn a_chain_without_end_and_a_display_that_panics_are_survived() {
    #[derive(Debug)]
    struct Circle;
    impl fmt::Display for Circle {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("round and round")
        }
    }
    impl std::error::Error for Circle {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&Self)
        }
    }
    #[derive(Debug)]
    struct Panics;
    impl fmt::Display for Panics {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("half a ")?;
            panic!("no more")
        }
    }
    impl std::error::Error for Panics {}
    #[derive(Debug)]
    struct Huge;
    impl fmt::Display for Huge {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            (0..100).try_for_each(|_| f.write_str(&"xxxx ".repeat(200_000)))
        }
    }
    impl std::error::Error for Huge {}

    let (bell, stub) = rung();
    let app = Router::new()
        .route("/circle", get(|| async { ServerError::new(Circle) }))
        .route("/panics", get(|| async { ServerError::new(Panics) }))
        .route("/huge", get(|| async { ServerError::new(Huge) }))
        .layer(bell.layer());
    for (path, expected) in
        [("/circle", "round and round"), ("/panics", "half a "), ("/huge", "xxxx")]
    {
        assert_eq!(call(app.clone(), path).await, 500);
        let text = stub.next().await.plain_text();
        assert!(text.contains(expected) && text.len() < 20_000, "{path}: {}", text.len());
    }
}

#[tokio::test]
async fn what_was_attached_counts_more_than_what_is_found() {
    let (bell, stub) = rung();
    let answer = || async {
        let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
        response.extensions_mut().insert(Saving(Arc::new(io::Error::other("found"))));
        response.with_cause("attached")
    };
    let app = Router::new().route("/", get(answer)).layer(bell.layer().cause::<Saving>());
    call(app, "/").await;
    let text = stub.next().await.plain_text();
    assert!(text.contains("attached") && !text.contains("found"), "{text}");
}
