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
use serde_json::{Value, json};
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

/// The values of these keys, `null` where there is none.
fn fields<const N: usize>(payload: &Value, keys: [&str; N]) -> [Value; N] {
    keys.map(|key| payload[key].clone())
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
    assert_eq!(requests[0].path, "/api/chat.postMessage");
    assert_eq!(requests[0].headers["authorization"], format!("Bearer {TOKEN}").as_str());
    let said = fields(&requests[0].payload, ["username", "icon_emoji", "channel"]);
    assert_eq!(said, ["MyApp Bot", ":bell:", "C0123"]);
    assert_eq!(requests[1].path, "/api/chat.update");
    assert_eq!(
        requests[1].payload,
        json!({
            "blocks": [{
                "type": "section",
                "text": {"type": "mrkdwn", "text": "two", "verbatim": true},
            }],
            "channel": "C0123",
            "link_names": false,
            "parse": "none",
            "text": "two",
            "ts": "1503435956.000001",
            "unfurl_links": false,
            "unfurl_media": false,
        })
    );
}

#[tokio::test]
async fn a_bot_answers_in_the_thread_and_the_channel_sees_it() {
    let slack = LocalSlack::start();
    let channel = channel(&slack);
    let root = channel.post(&redacted(Message::new("one"))).await.expect("a yes");
    let answer = Message::new("ten times as many").username("MyApp Bot").icon(":bell:");
    let answered = channel.reply(&root, &redacted(answer)).await.expect("a yes");
    assert_ne!(answered, root);
    let request = slack.requests().remove(1);
    assert_eq!(request.path, "/api/chat.postMessage");
    assert_eq!(
        request.payload,
        json!({
            "blocks": [{
                "type": "section",
                "text": {"type": "mrkdwn", "text": "ten times as many", "verbatim": true},
            }],
            "channel": "C0123",
            "icon_emoji": ":bell:",
            "link_names": false,
            "parse": "none",
            "reply_broadcast": true,
            "text": "ten times as many",
            "thread_ts": "1503435956.000001",
            "unfurl_links": false,
            "unfurl_media": false,
            "username": "MyApp Bot",
        })
    );
    let edited = channel.edit(&answered, &redacted(Message::new("a hundred"))).await;
    assert_eq!(edited, Ok(answered));
    let standing = slack.standing();
    let texts: Vec<_> = standing.iter().map(|message| &message.payload["text"]).collect();
    assert_eq!(texts, ["one", "a hundred"]);
}

#[tokio::test]
async fn a_channel_that_was_named_is_edited_and_answered_by_its_id() {
    let slack = LocalSlack::start();
    let bot = Bot::new(TOKEN).and_then(|bot| bot.api_url(slack.api_url())).expect("a bot");
    let channel = bot.to("#alerts");
    let receipt = channel.post(&hello()).await.expect("a yes");
    assert_eq!(class(&channel.edit(&receipt, &hello()).await), "ok");
    assert_eq!(class(&channel.reply(&receipt, &hello()).await), "ok");
    let channels: Vec<_> = slack.payloads().iter().map(|p| p["channel"].clone()).collect();
    assert_eq!(channels, ["#alerts", "C0ALERTS", "C0ALERTS"]);
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
async fn without_its_message_an_edit_or_an_answer_is_a_lost_anchor() {
    let slack = LocalSlack::start();
    let channel = channel(&slack);
    for receipt in [Receipt::none(), Receipt::new("?"), Receipt::new("C0123/1.2")] {
        for result in both(&channel, &receipt).await {
            assert_eq!(class(&result), "lost anchor");
        }
    }
    assert_eq!(slack.requests().len(), 2);
}

#[tokio::test]
async fn a_message_that_was_deleted_is_a_lost_anchor_and_the_others_are_not() {
    let slack = LocalSlack::start();
    let channel = channel(&slack);
    let deleted = channel.post(&hello()).await.expect("a yes");
    let other = channel.post(&hello()).await.expect("a yes");
    slack.forget(&slack.standing()[0].ts);
    let told = both(&channel, &deleted).await.map(|result| result.expect_err("gone"));
    assert!(told.iter().all(SendError::is_lost_anchor));
    let told = told.map(|error| error.to_string());
    assert_eq!(told, ["Slack: 200 message_not_found", "Slack: 200 thread_not_found"]);
    assert_eq!(both(&channel, &other).await.each_ref().map(class), ["ok", "ok"]);
    slack.forget_all();
    assert_eq!(both(&channel, &other).await.each_ref().map(class), ["lost anchor"; 2]);
}

#[tokio::test]
async fn a_message_that_is_closed_to_edits_or_answers_is_a_lost_anchor() {
    let slack = LocalSlack::start();
    let channel = channel(&slack);
    let receipt = channel.post(&hello()).await.expect("a yes");
    for code in [
        "block_mismatch",
        "cannot_reply_to_message",
        "cant_update_message",
        "edit_window_closed",
        "is_inactive",
        "message_not_found",
        "restricted_action_thread_locked",
        "thread_not_found",
    ] {
        slack.answer(Reply::NotOk(code));
        slack.answer(Reply::NotOk(code));
        for result in both(&channel, &receipt).await {
            assert_eq!(class(&result), "lost anchor", "{code}");
            assert_says_no_secret(&result);
        }
    }
}

#[tokio::test]
async fn an_edit_or_an_answer_that_is_not_taken_says_what_to_do() {
    let slack = LocalSlack::start();
    let channel = channel(&slack);
    let receipt = channel.post(&hello()).await.expect("a yes");
    for (reply, expected) in [
        (Reply::RateLimited("3"), "rate limited"),
        (Reply::RateLimited(""), "rate limited"),
        (Reply::NotOk("ratelimited"), "rate limited"),
        (Reply::NotOk("update_failed"), "transient"),
        (Reply::Status(503, ""), "transient"),
        (Reply::NotOk("invalid_auth"), "permanent"),
        (Reply::NotOk("channel_not_found"), "permanent"),
        (Reply::NotOk("msg_too_long"), "rejected"),
        (Reply::NotOk("internal_error"), "unknown"),
        (Reply::Status(200, "garbage"), "unknown"),
        (Reply::Status(200, "{\"ok\":"), "unknown"),
        (Reply::Status(200, ""), "unknown"),
        (Reply::Status(200, "<html>"), "permanent"),
        (Reply::Huge, "unknown"),
    ] {
        slack.answer(reply.clone());
        slack.answer(reply.clone());
        for result in both(&channel, &receipt).await {
            assert_eq!(class(&result), expected, "{reply:?}: {result:?}");
            assert_says_no_secret(&result);
        }
    }
    slack.answer(Reply::RateLimited("3"));
    let error = channel.edit(&receipt, &hello()).await.expect_err("429");
    assert_eq!(error.retry_after(), Some(Duration::from_secs(3)));
}

#[tokio::test]
async fn a_yes_without_the_messages_name_loses_the_one_of_no_edit() {
    let slack = LocalSlack::start();
    let channel = channel(&slack);
    let receipt = channel.post(&hello()).await.expect("a yes");
    slack.answer(Reply::Status(200, "{\"ok\":true}"));
    slack.answer(Reply::Status(200, "{\"ok\":true}"));
    assert_eq!(both(&channel, &receipt).await, [Ok(receipt), Ok(Receipt::none())]);
}

#[tokio::test]
async fn an_edit_that_was_done_and_not_answered_is_an_unknown_outcome() {
    let slack = LocalSlack::start();
    let channel = channel(&slack);
    let receipt = channel.post(&hello()).await.expect("a yes");
    slack.answer(Reply::DoneNever);
    let then_the_time_runs_out = async {
        slack.arrived(2).await;
        tokio::time::pause();
    };
    let message = redacted(Message::new("two"));
    let (result, ()) = tokio::join!(channel.edit(&receipt, &message), then_the_time_runs_out);
    assert_eq!(class(&result), "unknown");
    assert_says_no_secret(&result);
    let standing = slack.standing();
    assert_eq!((&standing[0].payload["text"], standing[0].edits), (&json!("two"), 1));
}

/// What an edit gives, then what an answer does.
async fn both(channel: &BotChannel, receipt: &Receipt) -> [Result<Receipt, SendError>; 2] {
    [channel.edit(receipt, &hello()).await, channel.reply(receipt, &hello()).await]
}

#[tokio::test]
async fn an_empty_message_is_refused_and_not_sent() {
    let slack = LocalSlack::start();
    let empty = redacted(Message::new(" \u{200b}\n"));
    assert_eq!(class(&webhook(&slack).post(&empty).await), "refused");
    assert_eq!(class(&channel(&slack).post(&empty).await), "refused");
    let receipt = Receipt::new("C0123/1.2");
    assert_eq!(class(&channel(&slack).edit(&receipt, &empty).await), "refused");
    assert_eq!(class(&channel(&slack).reply(&receipt, &empty).await), "refused");
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
            let posted = channel.post(&message).await;
            prop_assert_eq!(class(&posted), "ok");
            let posted = posted.expect("a yes");
            prop_assert_eq!(class(&channel.edit(&posted, &message).await), "ok");
            prop_assert_eq!(class(&channel.reply(&posted, &message).await), "ok");
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
