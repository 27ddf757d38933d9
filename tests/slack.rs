//! Slack's transports against servers that behave, and against servers that do not.
#![cfg(feature = "slack")]

mod support;

use std::{
    io::Write,
    process::Command,
    sync::{Arc, Mutex},
    time::Duration,
};

use proptest::prelude::*;
use support::{
    bad_server::{BadServer, Conduct},
    local_slack::{LocalSlack, Reply, SECRET},
};
use tower_bell::{
    Message, Redactor,
    redact::Redacted,
    transport::{
        Receipt, SendError, Transport,
        slack::{Bot, BotChannel, Webhook},
    },
};

const TOKEN: &str = "xoxb-1-2-TokenSecretTokenSecret";

fn redacted(message: Message) -> Redacted<Message> {
    Redactor::default().message(message)
}

fn hello() -> Redacted<Message> {
    redacted(Message::new("hello").user("alice@example.com"))
}

fn webhook(slack: &LocalSlack) -> Webhook {
    Webhook::new(slack.webhook_url()).expect("a webhook")
}

fn channel(slack: &LocalSlack) -> BotChannel {
    let bot = Bot::new(TOKEN).and_then(|bot| bot.api_url(slack.api_url()));
    bot.expect("a bot").to("C0123")
}

fn class(result: &Result<Receipt, SendError>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(e) if e.is_transient() => "transient",
        Err(e) if e.is_rate_limited() => "rate limited",
        Err(e) if e.is_unknown_outcome() => "unknown",
        Err(e) if e.is_rejected() => "rejected",
        Err(e) if e.is_permanent() => "permanent",
        Err(e) if e.is_lost_anchor() => "lost anchor",
        Err(e) if e.is_refused() => "refused",
        Err(_) => "something else",
    }
}

/// The transport's error in all its forms says nothing that the URL or the token does.
fn assert_says_no_secret(result: &Result<Receipt, SendError>) {
    let said = format!("{result:?} {result:#?}");
    let said = result.as_ref().map_or_else(|e| format!("{said} {e}"), |_| said.clone());
    for secret in [SECRET, TOKEN, "services", "T0001", "http://", "https://", "chat."] {
        assert!(!said.contains(secret), "{secret} in {said}");
    }
}

#[tokio::test]
async fn a_webhook_posts() {
    let slack = LocalSlack::start();
    assert_eq!(webhook(&slack).post(&hello()).await, Ok(Receipt::none()));
    let requests = slack.requests();
    assert_eq!(requests.len(), 1);
    let agent = requests[0].headers["user-agent"].to_str().expect("text");
    assert!(agent.starts_with("tower-bell/"));
    assert!(requests[0].headers.contains_key("x-tower-bell"));
    assert_eq!(requests[0].payload["text"], "hello\nuser:alice@example.com");
}

#[tokio::test]
async fn a_webhook_says_the_name_in_the_text_and_warns_once() {
    let slack = LocalSlack::start();
    let webhook = webhook(&slack);
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let message = Message::new(":rocket: hello").username("MyApp Bot").icon(":bell:");
    for _ in 0..2 {
        webhook.post(&redacted(message.clone())).await.expect("a yes");
    }
    drop(guard);
    assert_eq!(slack.payloads()[1]["text"], "MyApp Bot: :rocket: hello");
    let log = String::from_utf8_lossy(&log.0.lock().expect("no panic")).into_owned();
    assert_eq!(log.matches("its own name and icon").count(), 1, "{log}");
    assert!(!log.contains(SECRET));
}

#[tokio::test]
async fn a_bot_posts_under_a_name_and_edits() {
    let slack = LocalSlack::start();
    let channel = channel(&slack);
    let message = Message::new("one").username("MyApp Bot").icon(":bell:");
    let receipt = channel.post(&redacted(message)).await.expect("a yes");
    let edited = channel.edit(&receipt, &redacted(Message::new("two").username("x"))).await;
    assert_eq!(edited.as_ref(), Ok(&receipt));
    let requests = slack.requests();
    assert_eq!(requests[0].headers["authorization"], format!("Bearer {TOKEN}").as_str());
    assert_eq!(requests[0].payload["username"], "MyApp Bot");
    assert_eq!(requests[0].payload["icon_emoji"], ":bell:");
    assert_eq!(requests[0].payload["channel"], "C0123");
    assert_eq!(requests[1].path, "/api/chat.update");
    assert_eq!(requests[1].payload["text"], "two");
    assert!(requests[1].payload.get("username").is_none());
}

#[tokio::test]
async fn an_icon_is_a_code_or_a_picture_on_the_web() {
    let slack = LocalSlack::start();
    let channel = channel(&slack);
    for icon in ["https://x.example/i.png", "javascript:x", "bell", "::"] {
        channel.post(&redacted(Message::new("x").icon(icon))).await.expect("a yes");
    }
    let payloads = slack.payloads();
    assert_eq!(payloads[0]["icon_url"], "https://x.example/i.png");
    for payload in &payloads[1..] {
        assert!(payload.get("icon_url").is_none() && payload.get("icon_emoji").is_none());
    }
}

#[tokio::test]
async fn an_edit_without_its_message_is_a_lost_anchor() {
    let slack = LocalSlack::start();
    let channel = channel(&slack);
    for receipt in [Receipt::none(), Receipt::new("?"), Receipt::new("C0123/1.2")] {
        let result = channel.edit(&receipt, &hello()).await;
        assert_eq!(class(&result), "lost anchor");
    }
    assert_eq!(slack.requests().len(), 1);
}

#[tokio::test]
async fn an_empty_message_is_refused_and_not_sent() {
    let slack = LocalSlack::start();
    let empty = redacted(Message::new(" \u{200b}\n"));
    assert_eq!(class(&webhook(&slack).post(&empty).await), "refused");
    assert_eq!(class(&channel(&slack).post(&empty).await), "refused");
    assert!(slack.requests().is_empty());
}

#[tokio::test]
async fn every_answer_has_its_class_and_says_no_secret() {
    let slack = LocalSlack::start();
    let (webhook, channel) = (webhook(&slack), channel(&slack));
    for (reply, by_webhook, by_bot) in [
        (Reply::Ok, "ok", "ok"),
        (Reply::RateLimited("3"), "rate limited", "rate limited"),
        (Reply::RateLimited(""), "rate limited", "rate limited"),
        (Reply::Status(500, "rollup_error"), "transient", "transient"),
        (Reply::Status(503, ""), "transient", "transient"),
        (Reply::Status(404, "no_service"), "permanent", "permanent"),
        (Reply::Status(403, "invalid_token"), "permanent", "permanent"),
        (Reply::Status(400, "invalid_payload"), "rejected", "rejected"),
        (Reply::Status(413, ""), "rejected", "rejected"),
        (Reply::Status(200, "garbage"), "ok", "unknown"),
        (Reply::Status(200, "<html>"), "permanent", "permanent"),
        (Reply::NotOk("invalid_auth"), "permanent", "permanent"),
        (Reply::NotOk("msg_too_long"), "rejected", "rejected"),
        (Reply::NotOk("ratelimited"), "rate limited", "rate limited"),
        (Reply::NotOk("fatal_error"), "unknown", "unknown"),
        (Reply::Huge, "unknown", "unknown"),
    ] {
        slack.answer(reply.clone());
        let result = webhook.post(&hello()).await;
        assert_eq!(class(&result), by_webhook, "{reply:?}: {result:?}");
        assert_says_no_secret(&result);
        slack.answer(reply.clone());
        let result = channel.post(&hello()).await;
        assert_eq!(class(&result), by_bot, "{reply:?}: {result:?}");
        if result.is_err() {
            assert_says_no_secret(&result);
        }
    }
}

#[tokio::test]
async fn the_pause_is_read() {
    let slack = LocalSlack::start();
    for (header, pause) in [
        ("3", Some(Duration::from_secs(3))),
        ("0.5", Some(Duration::from_millis(500))),
        ("1e300", Some(Duration::from_secs(3_600))),
        ("Wed, 21 Oct 2015 07:28:00 GMT", Some(Duration::ZERO)),
        ("-3", None),
        ("soon", None),
        ("", None),
    ] {
        slack.answer(Reply::RateLimited(header));
        let error = webhook(&slack).post(&hello()).await.expect_err("429");
        assert_eq!(error.retry_after(), pause, "{header}");
    }
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let (slack, other) = (LocalSlack::start(), LocalSlack::start());
    slack.answer(Reply::Redirect(other.webhook_url()));
    let result = webhook(&slack).post(&hello()).await;
    assert_eq!(class(&result), "permanent");
    assert_says_no_secret(&result);
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn no_answer_after_the_body_was_read_is_an_unknown_outcome() {
    let slack = LocalSlack::start();
    slack.answer(Reply::Never);
    let webhook = webhook(&slack);
    let then_the_time_runs_out = async {
        slack.arrived(1).await;
        tokio::time::pause();
    };
    let message = hello();
    let (result, ()) = tokio::join!(webhook.post(&message), then_the_time_runs_out);
    assert_eq!(class(&result), "unknown");
    assert_says_no_secret(&result);
}

#[tokio::test]
async fn a_slow_answer_is_waited_for() {
    let slack = LocalSlack::start();
    slack.answer(Reply::Held);
    let webhook = webhook(&slack);
    let message = hello();
    let then_it_is_released = async {
        slack.arrived(1).await;
        slack.release();
    };
    let (result, ()) = tokio::join!(webhook.post(&message), then_it_is_released);
    assert_eq!(class(&result), "ok");
}

#[tokio::test]
async fn servers_that_break_http_are_errors_without_the_url() {
    for (conduct, expected) in [
        (Conduct::Reset, "unknown"),
        (Conduct::Say(""), "unknown"),
        (Conduct::Say("\0\0garbage\r\n\r\n"), "unknown"),
        (Conduct::Say("HTTP/1.1 20"), "unknown"),
        (Conduct::Say("ok"), "unknown"),
        (Conduct::Say("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\no"), "unknown"),
        (Conduct::Say("HTTP/1.1 404 No\r\ncontent-length: 9\r\n\r\no"), "permanent"),
        (Conduct::Endless, "unknown"),
    ] {
        let server = BadServer::start([conduct]);
        let url = format!("http://{}/services/T0001/{SECRET}", server.address());
        let result = Webhook::new(url).expect("a webhook").post(&hello()).await;
        assert_eq!(class(&result), expected, "{conduct:?}: {result:?}");
        assert_says_no_secret(&result);
        assert_eq!(server.connections(), 1, "{conduct:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn servers_that_never_answer_are_given_up() {
    for conduct in [
        Conduct::Ignore,
        Conduct::SayAndHang(""),
        Conduct::SayAndHang("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\no"),
    ] {
        let server = BadServer::start([conduct]);
        let url = format!("http://{}/services/T0001/{SECRET}", server.address());
        let result = Webhook::new(url).expect("a webhook").post(&hello()).await;
        assert_eq!(class(&result), "unknown", "{conduct:?}: {result:?}");
        assert_says_no_secret(&result);
    }
}

#[tokio::test]
async fn no_connection_is_transient() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr();
    let address = port.expect("an address");
    let url = format!("http://{address}/services/{SECRET}");
    let result = Webhook::new(url).expect("a webhook").post(&hello()).await;
    assert_eq!(class(&result), "transient");
    assert_eq!(result.expect_err("closed").to_string(), format!("{address}: connection refused"));
}

#[cfg(feature = "rustls")]
#[tokio::test]
async fn a_server_without_tls_gets_no_message() {
    let server = BadServer::start([Conduct::Blurt("HTTP/1.1 200 OK\r\n\r\nok")]);
    let url = format!("https://{}/services/{SECRET}", server.address());
    let result = Webhook::new(url).expect("a webhook").post(&hello()).await;
    assert_eq!(class(&result), "transient");
    let said = result.expect_err("no TLS").to_string();
    assert_eq!(said, format!("{}: TLS handshake failed", server.address()));
}

#[cfg(feature = "rustls")]
#[tokio::test(start_paused = true)]
async fn a_handshake_that_does_not_come_to_an_end_is_given_up() {
    let server = BadServer::start([Conduct::Ignore]);
    let url = format!("https://{}/services/{SECRET}", server.address());
    let result = Webhook::new(url).expect("a webhook").post(&hello()).await;
    assert_eq!(class(&result), "transient");
    let said = result.expect_err("no TLS").to_string();
    assert_eq!(said, format!("{}: no connection within 5 s", server.address()));
}

#[test]
fn the_client_needs_no_runtime_until_it_posts() {
    let slack = LocalSlack::start();
    let webhook = webhook(&slack);
    for _ in 0..2 {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().build().expect("a runtime");
        assert_eq!(class(&runtime.block_on(webhook.post(&hello()))), "ok");
    }
}

#[test]
fn loopback_is_reached_without_the_proxy_of_the_environment() {
    let this = std::env::current_exe().expect("this test");
    let mut again = Command::new(this);
    for proxy in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        again.env(proxy, "http://127.0.0.1:9");
    }
    let ended = again.args(["--exact", "a_webhook_posts"]).output().expect("to run");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stdout));
}

#[test]
fn a_wrong_setting_is_named_and_not_shown() {
    for (url, problem) in [
        ("", "is empty"),
        (" \n", "is empty"),
        ("hooks.slack.com/services/SeCrEt", "is not a URL"),
        ("SeCrEt", "is not a URL"),
        ("https://", "is not a URL"),
        ("http://hooks.slack.com/services/SeCrEt", "must begin with https://"),
        ("http://127.0.0.1.evil.example/SeCrEt", "must begin with https://"),
        ("http://127.0.0.1@evil.example/SeCrEt", "must begin with https://"),
        ("ftp://hooks.slack.com/SeCrEt", "must begin with https://"),
        ("file:///SeCrEt", "has no host"),
        ("data:SeCrEt", "has no host"),
    ] {
        for error in [
            Webhook::new(url).expect_err(url),
            Bot::new(TOKEN).and_then(|bot| bot.api_url(url)).expect_err(url),
        ] {
            let said = format!("{error} {error:?}");
            assert!(said.contains("Slack") && said.contains(problem), "{url}: {said}");
            assert!(!said.contains("SeCrEt"), "{said}");
        }
    }
    for token in ["", " ", "two SeCrEts", "xoxb-SeCrEt\u{fc}", "https://hooks.slack.com/SeCrEt"] {
        let error = Bot::new(token).expect_err(token);
        let said = format!("{error} {error:?}");
        assert!(said.starts_with("Slack bot token: ") && !said.contains("SeCrEt"), "{said}");
    }
    for url in ["http://localhost:9/x", "http://[::1]:9/x", "https://hooks.slack.com/x\n"] {
        assert!(Webhook::new(url).is_ok(), "{url}");
    }
}

#[test]
fn debug_shows_no_secret_and_the_bell_learns_them_all() {
    let webhook = Webhook::new(format!("https://hooks.slack.com/services/T0/B0/{SECRET}"));
    let webhook = webhook.expect("a webhook");
    let bot = Bot::new(TOKEN).expect("a bot");
    let shown = format!("{webhook:?} {webhook:#?} {bot:?} {:?}", bot.to("C0123"));
    assert!(!shown.contains(SECRET) && !shown.contains(TOKEN) && !shown.contains("services"));
    let known: Vec<_> = webhook.secrets().iter().map(|s| s.expose().to_owned()).collect();
    assert_eq!(
        known,
        [
            format!("https://hooks.slack.com/services/T0/B0/{SECRET}"),
            format!("services/T0/B0/{SECRET}"),
            SECRET.to_owned(),
        ]
    );
    assert_eq!(bot.to("C0123").secrets()[0].expose(), TOKEN);
    let local = Webhook::new("http://127.0.0.1:9/hook").expect("a webhook");
    assert_eq!(local.secrets().len(), 1);
}

#[test]
fn whatever_a_message_says_slack_takes_it_and_nothing_is_live() {
    let slack = LocalSlack::start();
    let (webhook, channel) = (webhook(&slack), channel(&slack));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let words = prop_oneof![
        prop::collection::vec(any::<char>(), 0..40).prop_map(String::from_iter),
        "(<!channel>|@here|:boom:|```|\\||&lt;|\u{202e}|[<>&]){1,9}",
        "x{0,20000}",
    ];
    let pieces = prop::collection::vec(words, 6);
    proptest!(ProptestConfig::with_cases(64), |(pieces in pieces)| {
        let [text, user, name, key, value, url] = &pieces[..] else { unreachable!() };
        let message = Message::new(text)
            .user(user)
            .username(name)
            .icon(value)
            .field(key, value)
            .link(key, format!("https://x.example/{url}"));
        let message = redacted(message);
        // The server checks every payload with the one function, and says no to what fails it.
        runtime.block_on(async {
            prop_assert_eq!(class(&webhook.post(&message).await), "ok");
            prop_assert_eq!(class(&channel.post(&message).await), "ok");
            Ok(())
        })?;
    });
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
