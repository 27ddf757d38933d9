//! The tour: an app with a button for each way to fail. No account needed.
//!
//! `cargo run --example demo`; `PORT` chooses another port. Reports are shown in this terminal, and
//! in Slack too if `SLACK_WEBHOOK_URL` is set.

use std::{env, io, time::Duration};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::Path,
    response::{Html, Response},
    routing::{get, post},
};
use serde_json::{Map, Value};
use tokio_stream::StreamExt;
use tower_bell::{
    Bell, Incidents, Route, ServerError, Severity, context, slack, transport::console::Console,
};

/// How long nothing of a kind may fail until it is told to be quiet. By default 10 minutes.
const QUIET: Duration = Duration::from_secs(20);

type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let webhook = env::var("SLACK_WEBHOOK_URL").ok().map(slack::Webhook::new).transpose()?;
    let shown = if webhook.is_some() { "shown here and in Slack" } else { "shown here" };
    let mut bell = Bell::builder("demo")
        .environment("tour")
        .release(env!("CARGO_PKG_VERSION"))
        .incidents(Incidents::default().quiet_after(QUIET))
        .channel("console", Console::new());
    if let Some(webhook) = webhook {
        let everything = Route::severity(Severity::Info);
        bell = bell.channel("slack", webhook).route(everything.to("console").to("slack"));
    }
    let bell = bell.build()?;

    let app = Router::new()
        .route("/", get(page))
        .route("/ok", get(async || "all is well\n"))
        .route("/checkout", post(checkout))
        .route("/panic", get(panics))
        .route("/stream", get(stream))
        .route("/missing-row/{id}", get(missing_row))
        .layer(bell.layer());

    let port = env::var("PORT").unwrap_or_else(|_| "3000".into());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}"))
        .await
        .map_err(|error| format!("port {port}: {error}; PORT chooses another one"))?;
    let here = listener.local_addr()?;
    println!(
        "The tour is at http://{here}, its failures are {shown}. Press a button there, or try:
  curl -i http://{here}/checkout -H 'content-type: application/json' -H 'authorization: Bearer abc' \\
       -d '{{\"plan\":\"pro\",\"email\":\"alice@example.com\",\"password\":\"hunter2\"}}'
  curl -i 'http://{here}/missing-row/42?token=s3cr3t'
  curl 'http://{here}/missing-row/[1-50]'           the same kind: only their count is told
  curl -i http://{here}/panic
  curl -i http://{here}/stream
  curl -i http://{here}/ok                  rings nothing
  curl -i http://{here}/no/such/page        nor does this
What failed more than once is told to be quiet after {} s (by default 10 min). Stop with Ctrl-C.",
        QUIET.as_secs()
    );
    let stopped = async { drop(tokio::signal::ctrl_c().await) };
    axum::serve(listener, app).with_graceful_shutdown(stopped).await?;
    println!("{:?}", bell.shutdown(Duration::from_secs(5)).await);
    Ok(())
}

/// Any JSON object is taken, and then the charge fails three steps down.
async fn checkout(Json(order): Json<Map<String, Value>>) -> Result<String, ServerError> {
    if let Some(email) = order.get("email").and_then(Value::as_str) {
        context::user(email);
    }
    charge().map_err(|error| ServerError::new(error).critical())?;
    Ok("thank you\n".into())
}

fn charge() -> Result<(), ChargeFailed> {
    let refused = io::Error::from_raw_os_error(111);
    Err(ChargeFailed(CardDeclined(refused)))
}

#[derive(Debug, thiserror::Error)]
#[error("charge failed")]
struct ChargeFailed(#[source] CardDeclined);

#[derive(Debug, thiserror::Error)]
#[error("card declined by issuer")]
struct CardDeclined(#[source] io::Error);

async fn panics() -> String {
    let rows: Vec<u32> = Vec::new();
    format!("{}", rows[7])
}

/// The head says 200, and then the body breaks.
async fn stream() -> Response {
    let rows = [Ok(Bytes::from_static(b"row 1\n")), Err(io::Error::other("row 2 is unreadable"))];
    // A moment between the two: hyper drops a head that it has not written when the body breaks.
    let rows = tokio_stream::iter(rows).throttle(Duration::from_millis(100));
    Response::new(Body::from_stream(rows))
}

async fn missing_row(Path(id): Path<u64>) -> Result<String, ServerError> {
    context::tag("table", "orders");
    let row: Option<String> = None;
    Ok(row.ok_or_else(|| format!("no row {id} in orders"))?)
}

async fn page() -> Html<&'static str> {
    Html(include_str!("demo.html"))
}
