//! Secrets in all the places where an app has them, and none of them comes out: not in Slack's
//! JSON, not on the console, not in logs, not in `stats()`, not in any `Debug`.

mod support;

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderValue, StatusCode},
    response::IntoResponse,
    routing::{get, post},
};
use support::local_slack::LocalSlack;
use tower::ServiceExt;
use tower_bell::{
    Bell, Message, Redactor, Secret, ServerError, context, slack,
    transport::{console::Console, stub::Stub},
};

/// Where each is planted stands in `drive`. All different, none part of another word.
const SECRETS: &[&str] = &[
    "hdr-auth-9f8e7d6c",
    "hdr-cookie-5b4a3c2d",
    "hdr-custom-1q2w3e4r",
    "hdr-sensitive-7y6t5r",
    "qry-token-8u7y6t5r",
    "qry-encoded-4e3w2q1a",
    "usr-info-0p9o8i7u",
    "jsn-password-3s4d5f6g",
    "jsn-nested-7h8j9k0l",
    "jsn-cut-2z3x4c5v6b7n",
    "frm-secret-6m5n4b3v",
    "err-bearer-1z2x3c4v",
    "err-userinfo-9k8j7h6g",
    "pan-password-5t4r3e2w",
    "bdy-apikey-8i7u6y5t",
    "src-basic-bXk6c2VjcmV0",
    "tag-token-4f5g6h7j",
    "msg-bearer-0o9i8u7y",
    "own-secret-3d4f5g6h",
    "4111 1111 1111 1111",
    AWS_KEY,
    STRIPE_KEY,
    JWT_CLAIMS,
    "pem-MIIEpAIBAAKCAQEA",
    "whk-9d8c7b6a5f4e",
    "jsn-before-5f6g7h8j",
];

// In parts, so that nobody who searches this repository for keys takes them for real ones.
const AWS_KEY: &str = concat!("AKIA", "Q7WTZ5MLK2RVJ4NY");
const STRIPE_KEY: &str = concat!("sk_live", "_51q7WtZ5mLk2RvJ4nYb8XcD1");
const JWT_CLAIMS: &str = "eyJzdWIiOiIxMjM0NTY3ODkwIn0";

/// Everything that is written, in one place.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

async fn fails_with_a_chain() -> ServerError {
    #[derive(Debug, thiserror::Error)]
    #[error(
        "GET https://bob:err-userinfo-9k8j7h6g@db.example.com failed, sent Bearer err-bearer-1z2x3c4v"
    )]
    struct Outer(#[source] io::Error);
    context::tag("token", "tag-token-4f5g6h7j");
    ServerError::new(Outer(io::Error::other(format!(
        "refused: Authorization: Basic src-basic-bXk6c2VjcmV0 for {AWS_KEY}",
    ))))
}

async fn panics() {
    panic!(
        "login failed, password=pan-password-5t4r3e2w, sent eyJhbGciOiJIUzI1NiJ9.{JWT_CLAIMS}.Zm9v"
    )
}

fn app(bell: &Bell) -> Router {
    let text = |text: String| (StatusCode::INTERNAL_SERVER_ERROR, text);
    Router::new()
        .route("/chain", get(fails_with_a_chain))
        .route("/json", post(|_: String| async { ServerError::new("no") }))
        .route("/form", post(|_: String| async { ServerError::new("no") }))
        .route("/panic", get(panics))
        .route(
            "/text",
            get(move || async move {
                let own = "api_key=bdy-apikey-8i7u6y5t own-secret-3d4f5g6h 4111 1111 1111 1111";
                text(format!("{own}\n-----BEGIN PRIVATE KEY-----\npem-MIIEpAIBAAKCAQEA"))
                    .into_response()
            }),
        )
        .layer(bell.layer())
}

async fn drive(bell: &Bell) {
    let app = app(bell);
    let mut sensitive = HeaderValue::from_static("hdr-sensitive-7y6t5r");
    sensitive.set_sensitive(true);
    let chain = Request::get(
        "http://joe:usr-info-0p9o8i7u@h/chain?token=qry-token-8u7y6t5r&%70assword=qry-encoded-4e3w2q1a",
    )
    .header("authorization", "Bearer hdr-auth-9f8e7d6c")
    .header("cookie", "session=hdr-cookie-5b4a3c2d")
    .header("x-internal", "hdr-custom-1q2w3e4r")
    .header("user-agent", sensitive);
    let json = format!(
        r#"{{"v":{{"value":"jsn-before-5f6g7h8j","name":"pin"}},"password":"jsn-password-3s4d5f6g","a":[{{"apiKey":{{"v":"jsn-nested-7h8j9k0l"}}}}],"pad":"{}","secret":"jsn-cut-2z3x4c5v6b7n"}}"#,
        // The capture ends in the middle of the last secret.
        "p".repeat(3_940),
    );
    let form = "name=joe&client_secret=frm-secret-6m5n4b3v";
    for request in [
        chain.body(Body::empty()),
        Request::post("/json").header("content-type", "application/json").body(Body::from(json)),
        Request::post("/form")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(form)),
        Request::get("/panic").body(Body::empty()),
        Request::get("/text").body(Body::empty()),
    ] {
        let response = app.clone().oneshot(request.unwrap()).await.unwrap();
        assert_eq!(response.status(), 500);
        let _ = axum::body::to_bytes(response.into_body(), 10_000).await;
    }
    bell.send(
        Message::new("imported with Bearer msg-bearer-0o9i8u7y and own-secret-3d4f5g6h")
            .field("card", "4111-1111-1111-1111")
            .field("paid with", STRIPE_KEY)
            .field("posted to", "https://discord.com/api/v10/webhooks/17/whk-9d8c7b6a5f4e")
            .link("see", "https://a:msg-bearer-0o9i8u7y@example.com/"),
    );
}

fn assert_clean(place: &str, text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{secret} is in {place}:\n{text}");
    }
    assert!(!text.contains("jsn-cut"), "the beginning of a cut secret is in {place}:\n{text}");
}

/// A transport's own secret, which no rule could know.
struct WithSecret(Stub);

impl tower_bell::transport::Transport for WithSecret {
    fn capabilities(&self) -> tower_bell::transport::Capabilities {
        self.0.capabilities()
    }

    fn secrets(&self) -> Vec<Secret> {
        vec![Secret::new("own-secret-3d4f5g6h")]
    }

    async fn post(
        &self,
        message: &tower_bell::redact::Redacted<Message>,
    ) -> Result<tower_bell::transport::Receipt, tower_bell::transport::SendError> {
        self.0.post(message).await
    }
}

#[tokio::test]
async fn planted_secrets_stay_inside() {
    let logs = Sink::default();
    let writer = logs.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let slack = LocalSlack::start();
    let (console, stub) = (Sink::default(), Stub::new());
    let webhook = slack::Webhook::new(slack.webhook_url()).unwrap();
    let debugs = format!("{webhook:?} {:?}", slack::Bot::new("xoxb-own-secret-3d4f5g6h").unwrap());
    assert_clean("Debug of the transports", &debugs);

    for (channel, bell) in [
        ("slack", Bell::builder("s").channel("c", webhook)),
        ("console", Bell::builder("s").channel("c", Console::to(console.clone()))),
        ("stub", Bell::builder("s").channel("c", WithSecret(stub.clone()))),
    ]
    .map(|(name, builder)| {
        let builder = builder.channel("unused", WithSecret(Stub::new()));
        assert_clean("Debug of the builder", &format!("{builder:?}"));
        (name, builder.redact(Redactor::default()).build().unwrap())
    }) {
        drive(&bell).await;
        let drained = bell.flush(support::LONG).await;
        for text in [
            format!("{bell:?}"),
            format!("{:?}", bell.layer()),
            format!("{:?}", bell.stats()),
            format!("{drained:?}"),
        ] {
            assert_clean(channel, &text);
        }
    }
    let arrived = slack.payloads().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    for (place, text) in [
        ("Slack's JSON", arrived),
        ("the console", console.text()),
        ("the logs", logs.text()),
        ("the messages", stub.messages().iter().map(|m| m.plain_text()).collect()),
        ("Debug of the messages", format!("{:?}", stub.messages())),
    ] {
        assert_clean(place, &text);
        let expected = if place == "the logs" || place.starts_with("Debug") { "" } else { "joe" };
        assert!(text.contains(expected), "the test looks at nothing in {place}:\n{text}");
    }
    for secret in SECRETS {
        stub.assert_no_secret(secret);
    }
}
