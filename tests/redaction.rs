//! Rules of the app's own, as a team tests them: what a request would look like in chat, and what
//! really arrives.

mod support;

use std::{
    convert::Infallible,
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use axum::{Json, Router, body::Body, routing::post};
use bytes::Bytes;
use http::{Request, Response};
use proptest::prelude::*;
use serde_json::Value;
use tower::{Layer, ServiceExt, service_fn};
use tower_bell::{
    Bell, Message, Redactor, Secret, ServerError, context,
    redact::{Hide, Pii},
    transport::stub::Stub,
};

fn post_json(body: &str) -> Request<Bytes> {
    Request::post("/orders").body(Bytes::copy_from_slice(body.as_bytes())).unwrap()
}

fn post_as(content_type: &str, body: &str) -> Request<Bytes> {
    let request = Request::post("/orders").header("content-type", content_type);
    request.body(Bytes::copy_from_slice(body.as_bytes())).unwrap()
}

fn payload(redactor: &Redactor, request: &Request<Bytes>) -> String {
    let shown = redactor.preview(request);
    shown.split_once("Payload").map(|(_, payload)| payload.to_owned()).unwrap_or_default()
}

/// What is told of a request that is answered with this error, with an app that reads its payload.
async fn told(redactor: Redactor, request: Request<Bytes>, error: &'static str) -> String {
    let stub = Stub::new();
    let bell = Bell::builder("s").channel("c", stub.clone()).redact(redactor).build().unwrap();
    let app: Router = Router::new()
        .route("/login", post(move |_: String| async move { ServerError::new(error) }))
        .route("/orders", post(move |_: String| async move { ServerError::new(error) }))
        .layer(bell.layer());
    let response = app.oneshot(request.map(Body::from)).await.unwrap();
    assert_eq!(response.status(), 500);
    stub.next().await.plain_text()
}

#[tokio::test]
async fn a_preview_shows_what_arrives() {
    let redactor = Redactor::default().hide_key("national_id").show_header("x-tenant");
    let request = Request::post("http://bob:hunter2@shop.example/orders?token=s3cr3t&plan=pro")
        .header("content-type", "application/json")
        .header("x-tenant", "acme")
        .header("x-other", "17")
        .header("authorization", "Bearer hunter2")
        .body(Bytes::from_static(br#"{"nationalId":850712,"sku":17}"#))
        .unwrap();
    let preview = redactor.preview(&request);
    let told = told(redactor, request, "no").await;
    for line in preview.lines().filter(|line| !line.starts_with("hidden headers")) {
        assert!(told.contains(line), "{line} in\n{told}");
    }
    assert!(preview.contains("hidden headers: x-other"), "{preview}");
}

#[test]
fn a_preview_keeps_no_more_than_a_layer_does() {
    let shown = payload(&Redactor::default(), &post_json(&format!("[\"{}\"]", "x ".repeat(5_000))));
    assert!(shown.contains("first 4.0 KiB of 9.8 KiB read"), "{shown}");
    assert!(shown.len() < 5_000);
}

#[test]
fn explain_says_rule_and_place_and_never_a_value() {
    let redactor = Redactor::default()
        .hide_key("national_id")
        .hide_pattern(r"INV-\d+")
        .unwrap()
        .hide_secret(Secret::new("correct-horse"))
        .hide_with(|shown| shown.name() == "memo");
    let request = Request::post("/reset/q7WtZ5mLk2RvJ4nY?token=hunter2222")
        .header("content-type", "application/json")
        .header("x-tenant", "hunter2222")
        .header("user-agent", "bob@example.com")
        .body(Bytes::from_static(
            br#"{"nationalId":"hunter2222","note":"INV-17","memo":"hunter2222","a":"correct-horse",
                "card":"4111 1111 1111 1111","email":"bob@example.com","x":{"name":"pin","value":"hunter2222"}}"#,
        ))
        .unwrap();
    let found: Vec<_> = redactor.explain(&request).iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "target: the detector `opening path`",
            "target, `token`: the key stem `token`",
            "header, `x-tenant`: a header that is not listed",
            "header, `user-agent`: the detector `email`",
            "payload: a configured secret",
            "payload, `nationalId`: `hide_key(\"nationalid\")`",
            "payload, `note`: `hide_pattern` no. 1",
            "payload, `memo`: `hide_with`",
            "payload, `card`: the detector `card`",
            "payload, `email`: the personal key `email`",
            "payload, `value`: a name beside it that is a secret's",
        ]
    );
    assert!(!format!("{found:?}").contains("hunter2222"));
}

#[test]
fn explain_names_a_key_as_it_is_shown() {
    let request = Request::post("/?Bearer%20hunter2222%20token=1")
        .header("content-type", "application/json")
        .body(Bytes::from_static(
            br#"{"https://u:hunter2222@h/token":1,"bob@example.com":{"pin":12}}"#,
        ))
        .unwrap();
    let found = format!("{:?}", Redactor::default().explain(&request));
    assert!(!found.contains("hunter2222") && !found.contains("bob@"), "{found}");
    assert!(found.contains("https://[redacted]@h/token"), "{found}");
}

#[test]
fn keys_of_any_letters_hide_everywhere() {
    for key in ["größe", "straße", "prénom", "contraseña", "пароль", "名前"] {
        let redactor = Redactor::default().hide_key(key);
        let encoded: String = key.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let form = "application/x-www-form-urlencoded";
        for request in [
            post_json(&format!("{{\"{key}\":\"q7secret9\"}}")),
            post_json(&format!("{{\"{}\":\"q7secret9\"}}", key.to_uppercase())),
            post_as(form, &format!("{key}=q7secret9")),
            post_as(form, &format!("{encoded}=q7secret9")),
            post_as("text/plain", &format!("{key}=q7secret9")),
            post_as("text/xml", &format!("<a><{key}>q7secret9</{key}></a>")),
        ] {
            let shown = payload(&redactor, &request);
            assert!(shown.contains("[redacted]") && !shown.contains("q7secret9"), "{key}: {shown}");
        }
        let shown = payload(&redactor.show_key(key), &post_json(&format!("{{\"{key}\":\"q7\"}}")));
        assert!(shown.contains("q7"), "{shown}");
    }
}

#[test]
fn only_what_is_listed_shows() {
    let redactor = Redactor::default().show_only(["plan", "sku", "email"]).show_only(["tags"]);
    for (request, shown) in [
        (
            post_json(
                r#"{"plan":"pro","name":"Al","ok":true,"items":[{"sku":17,"x":[1,"a"]}],"tags":["a"]}"#,
            ),
            r#"{"plan":"pro","name":"[redacted]","ok":true,"items":[{"sku":17,"x":["[redacted]","[redacted]"]}],"tags":["a"]}"#,
        ),
        (post_json(r#"["a",{"plan":"pro"},1]"#), r#"["[redacted]",{"plan":"pro"},"[redacted]"]"#),
        (post_json(r#"{"email":"bob@example.com"}"#), r#"{"email":"bob@example.com"}"#),
        (
            post_as("application/x-www-form-urlencoded", "plan=pro&name=Al&flag"),
            "plan=pro&name=[redacted]&flag",
        ),
        (
            post_as("application/x-www-form-urlencoded", "name=Al;ice;plan=pro;x&flag"),
            "name=[redacted];[redacted];plan=pro;x&flag",
        ),
        (
            post_as("text/xml", "<o id=\"7\"><plan>pro</plan><name>Al</name></o>"),
            "<o id=\"[redacted]\"><plan>pro</plan><name>[redacted]</name></o>",
        ),
        (post_as("text/plain", "Alice was here"), "not shown: text/plain, 14 B"),
    ] {
        let payload = payload(&redactor, &request);
        assert!(payload.contains(shown), "{payload}");
    }
    let redactor = Redactor::default().show_only(["password"]);
    let payload = payload(&redactor, &post_json(r#"{"password":"hunter2"}"#));
    assert!(payload.contains(r#"{"password":"[redacted]"}"#), "only `show_key` shows a secret");
}

#[test]
fn nothing_listed_shows_nothing() {
    let redactor = Redactor::default().show_only([] as [&str; 0]);
    let payload = payload(&redactor, &post_json(r#"{"plan":"pro","n":1,"null":null}"#));
    assert!(payload.contains(r#"{"plan":"[redacted]","n":"[redacted]","null":null}"#), "{payload}");
}

#[tokio::test]
async fn of_a_hidden_route_nothing_of_the_request_shows_not_even_in_the_error() {
    let redactor = Redactor::default().hide_route("/login").user_field("email");
    let request = Request::post("/login?next=hunter2222")
        .header("content-type", "application/json")
        .header("user-agent", "hunter3333/1.0")
        .body(Bytes::from_static(
            br#"{"email":"alice@example.com","plan":"hunter4444","street":"12 Elm St, 5b"}"#,
        ))
        .unwrap();
    let error =
        "no plan hunter4444 in 12 Elm St, 5b for hunter3333/1.0 at hunter2222: connection refused";
    let told = told(redactor, request, error).await;
    for value in ["hunter2222", "hunter3333", "hunter4444", "Elm St"] {
        assert!(!told.contains(value), "{told}");
    }
    assert!(told.contains("connection refused"), "{told}");
    assert!(told.contains("user:alice@example.com"), "{told}");
    assert!(told.contains("POST /login?[redacted] HTTP/1.1"), "{told}");
    assert!(told.contains("Payload   not shown: `hide_route`"), "{told}");
}

#[test]
fn the_name_of_a_header_may_be_a_secret() {
    let redactor = Redactor::default().hide_secret(Secret::new("hunter2hunter2"));
    let redactor = redactor.hide_pattern(r"inv-\d+").unwrap();
    let request = Request::get("/").header("x-hunter2hunter2", "a").header("inv-17", "b");
    let shown = redactor.preview(&request.body(Bytes::new()).unwrap());
    assert!(!shown.contains("hunter2") && !shown.contains("inv-17"), "{shown}");
    assert!(shown.contains("x-[redacted]: [redacted]"), "{shown}");
}

#[test]
fn routes_hide_by_their_beginning_too() {
    let redactor = Redactor::default().hide_route("/admin/*");
    for (path, hidden) in [("/admin/users", true), ("/admin/", true), ("/administer", false)] {
        let request = Request::post(path).body(Bytes::from_static(b"{\"a\":\"visible\"}")).unwrap();
        assert_eq!(!redactor.preview(&request).contains("visible"), hidden, "{path}");
    }
}

#[tokio::test]
async fn a_value_hidden_in_the_request_is_hidden_where_the_error_repeats_it() {
    let request = Request::post("/orders?pin=query-1234&x=visible")
        .header("content-type", "application/json")
        .header("x-tenant", "header-1234")
        .body(Bytes::from_static(
            br#"{"password":"payload \"1234\"","list":{"tokens":["deeper-1234"]}}"#,
        ))
        .unwrap();
    let error = "no row for query-1234, header-1234, payload \"1234\" (\"payload \\\"1234\\\"\", \
                 payload%20%221234%22) and deeper-1234, but for visible";
    let told = told(Redactor::default(), request, error).await;
    assert!(!told.contains("1234"), "{told}");
    assert!(told.contains("but for visible"), "{told}");
}

#[test]
fn a_client_cannot_call_itself_by_the_name_of_another_user() {
    let redactor = Redactor::default().user_field("email");
    for (email, user) in [
        ("mallory · user:alice@corp.com", "user:mallory . user.alice@corp.com"),
        ("mallory\\nUSER : alice@corp.com", "user:mallory USER . alice@corp.com"),
        ("mallory us\\u200ber%3Aalice@corp.com", "user:mallory user%3Aalice@corp.com"),
        ("O'Brien, Ann", "user:O'Brien, Ann"),
    ] {
        let preview = redactor.preview(&post_json(&format!("{{\"email\":\"{email}\"}}")));
        let (head, _) = preview.split_once("Request ").unwrap();
        assert!(head.contains(user), "{head}");
        assert_eq!(head.to_lowercase().matches("user:").count(), 1, "{head}");
    }
}

proptest! {
    #[test]
    fn the_plain_text_names_each_user_once(
        names in prop::collection::vec(
            "m(user|USER|us|er|:|\u{ff1a}|·|[ \t\n\u{a0}\u{200b}]|[a-z@.é]){0,12}",
            1..3,
        ),
    ) {
        let redactor = Redactor::default();
        let count = |text: &str| text.to_lowercase().matches("user:").count();
        for name in &names {
            let message = redactor.message(Message::new("registered").user(name));
            prop_assert_eq!(count(&message.plain_text()), 1, "{}", message.plain_text());
        }
        let email = Value::from(names[0].as_str());
        let preview = redactor.user_field("email").preview(&post_json(&format!("{{\"email\":{email}}}")));
        let (head, _) = preview.split_once("Request ").unwrap();
        prop_assert_eq!(count(head), 1, "{}", head);
    }
}

#[tokio::test]
async fn nor_does_the_app_call_it_so() {
    let stub = Stub::new();
    let bell = Bell::builder("s").channel("c", stub.clone()).build().unwrap();
    let fails = |name: String| async move {
        context::user(name);
        ServerError::new("no")
    };
    let app: Router = Router::new().route("/orders", post(fails)).layer(bell.layer());
    let request = post_as("image/png", "mallory · user:alice@corp.com");
    app.oneshot(request.map(Body::from)).await.unwrap();
    let told = stub.next().await.plain_text();
    assert!(told.contains("user:mallory . user.alice@corp.com"), "{told}");
}

#[tokio::test]
async fn of_a_value_that_the_capture_cut_the_error_shows_no_more() {
    let secret = format!("hunter2-{}", "ABCDEFG-".repeat(8));
    let error = &*format!("bad {secret} or '{}'", secret.replace('-', "%2D")).leak();
    let form = "application/x-www-form-urlencoded";
    for (kind, before) in [
        ("application/json", "\",\"password\":\""),
        ("application/json", "\",\"note\":\"with password="),
        (form, "&password="),
        ("text/plain", " password="),
        ("text/xml", "<password>"),
        ("text/xml", "<note>with password="),
    ] {
        let begin = match kind {
            "application/json" => "{\"a\":\"",
            "text/xml" => "<a>",
            _ => "a=",
        };
        for kept in [16, 40] {
            let room = 4_096 - kept - begin.len() - before.len();
            let filler = &"word ".repeat(1_000)[..room];
            let told = told(
                Redactor::default(),
                post_as(kind, &format!("{begin}{filler}{before}{secret}")),
                error,
            );
            let told = told.await;
            assert!(
                told.contains("> bad [redacted] or '[redacted]'"),
                "{kind}{before}: {}",
                &told[..300]
            );
        }
    }
}

#[tokio::test]
async fn a_hidden_value_is_hidden_as_it_was_sent_and_as_it_is_shown() {
    let request = Request::post("/orders?pin=query+%2d12%2B34&token=undefined")
        .header("content-type", "application/json")
        .body(Bytes::from_static(
            br#"{"password":"payl\u006fad-1234","secret":"two\r\nli\u200bnes-1234"}"#,
        ))
        .unwrap();
    let error = "no query+%2d12%2B34, query -12+34, payl\\u006fad-1234, payload-1234 or \
                 two\r\nli\u{200b}nes-1234, because it is undefined";
    let told = told(Redactor::default(), request, error).await;
    assert!(!told.contains("1234") && !told.contains("12%2B34"), "{told}");
    assert!(told.contains("because it is undefined"), "{told}");
}

#[tokio::test]
async fn short_values_and_addresses_of_machines_stay_in_the_error() {
    let request = Request::post("/orders?pin=12345&ip=10.0.0.5")
        .header("x-real-ip", "10.0.0.6")
        .body(Bytes::from_static(br#"{"host":"see 10.0.0.7"}"#))
        .unwrap();
    let error = "order 12345: connect to 10.0.0.5:5432, 10.0.0.6 and 10.0.0.7 refused";
    let told = told(Redactor::default(), request, error).await;
    assert!(told.contains(&format!("> {error}")), "{told}");
    assert_eq!(told.matches("10.0.0").count(), 3, "only in the error: {told}");
}

#[test]
fn what_speaks_of_people_is_hidden_in_what_was_captured() {
    let request = Request::post("/users/bob@example.com?phone=0170&q=from+203.0.113.7")
        .header("user-agent", "curl/8.5.0 Chrome/142.0.0.0 (bob@example.com)")
        .header("host", "10.0.0.5:3000")
        .header("referer", "http://10.0.0.5:3000/x")
        .body(Bytes::from_static(
            br#"{"email":"b@x.de","note":"bob@example.com, DE89370400440532013000, 2001:db8::17","email_template":"hello"}"#,
        ))
        .unwrap();
    let shown = Redactor::default().preview(&request);
    for part in ["0170", "203.0.113.7", "bob@", "b@x.de", "DE89", "2001:db8"] {
        assert!(!shown.contains(part), "{part} in {shown}");
    }
    for part in [
        "POST 10.0.0.5:3000/users/[redacted:email]?phone=[redacted]&q=from%20[redacted:ip] HTTP/1.1",
        "user-agent: curl/8.5.0 Chrome/142.0.0.0 ([redacted:email])",
        "host: 10.0.0.5:3000",
        "referer: http://10.0.0.5:3000/x",
        r#"{"email":"[redacted]","note":"[redacted:email], [redacted:iban], [redacted:ip]","email_template":"hello"}"#,
    ] {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    let shown = Redactor::default().pii(Pii::Show).preview(&request);
    assert!(shown.contains("/users/bob@example.com?phone=0170&q=from+203.0.113.7"), "{shown}");
    let shown = Redactor::default().show_key("email").preview(&request);
    assert!(shown.contains(r#""email":"b@x.de","note":"[redacted:email]"#), "{shown}");
}

#[test]
fn the_query_of_a_referer_is_a_query() {
    let request = Request::get("/").header("referer", "http://10.0.0.5:3000/x?phone=0170&plan=pro");
    let request = request.body(Bytes::new()).unwrap();
    let shown = Redactor::default().preview(&request);
    assert!(shown.contains("http://10.0.0.5:3000/x?phone=[redacted]&plan=pro"), "{shown}");
    let shown = Redactor::default().show_only(["phone"]).preview(&request);
    assert!(shown.contains("http://10.0.0.5:3000/x?phone=0170&plan=[redacted]"), "{shown}");
}

#[test]
fn what_the_app_sends_itself_may_speak_of_people() {
    let text = "registered bob@example.com from 203.0.113.7 with DE89370400440532013000";
    let message = Message::new(text).field("email", "bob@example.com").user("bob@example.com");
    let shown = Redactor::default().message(message).plain_text();
    assert_eq!(shown, format!("{text}\nuser:bob@example.com\nemail: bob@example.com"));
}

#[test]
fn the_payload_says_who_it_failed_for() {
    let redactor = Redactor::default().user_field("customer_email");
    let form = "application/x-www-form-urlencoded";
    let multipart =
        "--B\r\ncontent-disposition: form-data; name=\"customerEmail\"\r\n\r\na@b.de\r\n--B--";
    for request in [
        post_json(r#"{"orders":[{"customerEmail":"x@y.de"}],"customerEmail":"a@b.de"}"#),
        post_as(form, "customer-email=a%40b.de"),
        post_as("multipart/form-data; boundary=B", multipart),
        post_as("application/xml", "<o><CustomerEmail>a@b.de</CustomerEmail></o>"),
    ] {
        let shown = redactor.preview(&request);
        assert!(shown.starts_with("user:a@b.de\n"), "{shown}");
        assert_eq!(shown.matches("a@b.de").count(), 1, "{shown}");
    }
    for body in [r#"{"customerEmail":"a@b."#, r#"{"customerEmail":{"a":"b"}}"#, "{}"] {
        let shown = redactor.preview(&post_json(body));
        assert!(!shown.contains("user:"), "{shown}");
    }
    let shown = redactor.preview(&post_json(r#"{"customerEmail":"password=hunter2"}"#));
    assert!(shown.starts_with("user:password=[redacted]\n"), "it is the client's word: {shown}");
}

#[tokio::test]
async fn who_the_app_names_counts_before_the_payload() {
    let stub = Stub::new();
    let redactor = Redactor::default().user_field("email");
    let bell = Bell::builder("s").channel("c", stub.clone()).redact(redactor).build().unwrap();
    let app: Router = Router::new()
        .route(
            "/",
            post(|_: Json<Value>| async {
                context::user("carol");
                ServerError::new("no")
            }),
        )
        .layer(bell.layer());
    let request = Request::post("/").header("content-type", "application/json");
    let body = Body::from(r#"{"email":"bob@example.com"}"#);
    drop(app.oneshot(request.body(body).unwrap()).await.unwrap());
    let told = stub.next().await.plain_text();
    assert!(told.contains("user:carol") && !told.contains("bob@"), "{told}");
}

/// A service that calls things sensitive, and fails.
async fn fails_with_sensitive(values: Vec<String>, event: bool) -> Vec<String> {
    let stub = Stub::new();
    let bell = Bell::builder("s").channel("c", stub.clone()).build().unwrap();
    let inner = bell.clone();
    let service = bell.layer().any_body().layer(service_fn(move |_: Request<_>| {
        let (bell, values) = (inner.clone(), values.clone());
        async move {
            values.iter().for_each(context::sensitive);
            context::tag("link", "at magic-17 now");
            context::tag("of magic-17\nat 4111111111111111", 1);
            if event {
                bell.event(tower_bell::Topic::User, "sent magic-17").user("magic-17").send();
            }
            let text = "cannot send magic-17";
            Ok::<_, Infallible>(
                Response::builder()
                    .status(500)
                    .header("content-type", "text/plain")
                    .body(http_body_util::Full::new(Bytes::from_static(text.as_bytes())))
                    .unwrap(),
            )
        }
    }));
    let request = Request::post("/x/magic-17?a=magic%2D17").header("user-agent", "magic-17");
    let request = request.body(http_body_util::Full::new(Bytes::new())).unwrap();
    let response = service.oneshot(request).await.unwrap();
    let _ = http_body_util::BodyExt::collect(response.into_body()).await;
    let mut told = Vec::new();
    for _ in 0..1 + usize::from(event) {
        told.push(stub.next().await.plain_text());
    }
    told
}

#[tokio::test]
async fn what_the_app_calls_sensitive_stands_nowhere() {
    for told in fails_with_sensitive(vec!["magic-17".to_owned()], true).await {
        assert!(!told.contains("magic") && !told.contains("4111"), "{told}");
        assert!(told.contains("send") || told.contains("sent [redacted]"), "{told}");
    }
    let told = fails_with_sensitive(Vec::new(), false).await;
    assert!(told[0].contains("cannot send magic-17"), "the test looks at something: {told:?}");
}

#[tokio::test]
async fn if_too_much_is_sensitive_nothing_is_said_in_words() {
    let many = (0..=context::MOST_SENSITIVE).map(|n| format!("value-{n}"));
    let long = vec!["x".repeat(20_000)];
    for values in [many.collect(), long] {
        let told = fails_with_sensitive(values, false).await;
        assert!(!told[0].contains("magic") && !told[0].contains("cannot"), "{told:?}");
        assert!(told[0].contains("Generic Server Error"), "{told:?}");
    }
}

#[test]
fn a_function_of_the_apps_own_hides_more_and_shows_nothing() {
    let seen = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&seen);
    let redactor = Redactor::default()
        .hide_with(move |shown| {
            counted.fetch_add(1, Relaxed);
            assert!(!shown.text().contains("hunter2"), "{}", shown.text());
            Hide::Nothing
        })
        .hide_with(|shown| shown.is_named("memo") || shown.text().contains("mine"));
    let request = post_json(r#"{"password":"hunter2","memo":"x","a":["memo","mine"],"n":7}"#);
    let payload = payload(&redactor, &request);
    let expected =
        r#"{"password":"[redacted]","memo":"[redacted]","a":["memo","[redacted]"],"n":7}"#;
    assert!(payload.contains(expected), "{payload}");
    assert!(seen.load(Relaxed) > 4);
    assert_eq!(redactor.text("all mine"), "[redacted]");
}

#[test]
fn where_a_function_of_the_apps_own_panics_nothing_shows() {
    let redactor = Redactor::default().hide_with(|shown| {
        assert!(!shown.text().contains("17"), "no");
        false
    });
    assert_eq!(redactor.text("order 17"), "[redaction failed]");
    assert_eq!(redactor.text("order 18"), "order 18");
    let shown = redactor.preview(&post_json(r#"{"a":17,"b":"hunter2"}"#));
    assert!(shown.contains("Payload   not shown: [redaction failed]"), "{shown}");
    let message = redactor.message(Message::new("order 17").field("a", "b"));
    assert_eq!(message.plain_text(), "[redaction failed]\na: b");
}

#[test]
fn all_services_read_one_file() {
    let file = r#"{ "hide_keys": ["national_id"], "show_headers": ["x-shop-*"], "pii": "show" }"#;
    let redactor: Redactor = serde_json::from_str(file).unwrap();
    let request = Request::post("/?national-id=17").header("x-shop-plan", "pro");
    let shown = redactor.preview(&request.body(Bytes::new()).unwrap());
    assert!(shown.contains("?national-id=[redacted]") && shown.contains("x-shop-plan: pro"));
    assert_eq!(redactor.text("bob@example.com"), "bob@example.com");
}

#[test]
fn of_multipart_payloads_fields_show_and_files_do_not() {
    let body = "--B\r\nContent-Disposition: form-data; name=\"plan\"\r\n\r\npro\r\n\
        --B\r\nContent-Disposition: form-data; name=\"api_key\"\r\n\r\nhunter2\r\n\
        --B\r\nContent-Disposition: form-data; name=\"cv\"; filename=\"cv.pdf\"\r\n\
        Content-Type: application/pdf\r\n\r\n%PDF hunter2\0\r\n--B--\r\n";
    let payload = payload(&Redactor::default(), &post_as("multipart/form-data; boundary=B", body));
    for line in [
        "1 value hidden",
        "  plan: pro\n",
        "  api_key: [redacted]\n",
        "  cv: cv.pdf (application/pdf, 13 B)",
    ] {
        assert!(payload.contains(line), "{line} in {payload}");
    }
    assert!(!payload.contains("hunter2"));
}

#[tokio::test]
async fn a_failed_jobs_error_is_an_errors_text() {
    let stub = Stub::new();
    let bell = Bell::builder("s").channel("c", stub.clone()).build().unwrap();
    let failed = bell.task("import").run(async || {
        Err::<(), _>(io::Error::other(
            "bob@example.com: connect to 10.0.0.5 with token=abc12345 refused",
        ))
    });
    failed.await.unwrap_err();
    let told = loop {
        let told = stub.next().await.plain_text();
        if told.contains("refused") {
            break told;
        }
    };
    assert!(
        told.contains("[redacted:email]: connect to 10.0.0.5 with token=[redacted] refused"),
        "{told}"
    );
}

proptest! {
    /// However it is cut into frames, the payload reads the same.
    #[test]
    fn frames_change_nothing(
        cuts in prop::collection::vec(0usize..90, 0..6),
        kind in prop::sample::select(vec!["application/json", "text/plain", "application/xml"]),
    ) {
        let body = r#"{"a":"see postgres://u:hunter2222@h","password":"hunter2222","card":"4111111111111111"}"#;
        let whole = arrived(kind, vec![Bytes::from_static(body.as_bytes())]);
        let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(body.len())).collect();
        cuts.sort_unstable();
        let ends = cuts.iter().copied().chain([body.len()]);
        let starts = [0].into_iter().chain(cuts.iter().copied());
        let frames = starts.zip(ends).map(|(from, to)| Bytes::from_static(&body.as_bytes()[from..to]));
        prop_assert_eq!(arrived(kind, frames.collect()), whole);
    }
}

/// The payload of a failed request, as it arrives, that came in these frames.
fn arrived(content_type: &str, frames: Vec<Bytes>) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let stub = Stub::new();
        let bell = Bell::builder("s").channel("c", stub.clone()).build().unwrap();
        let app: Router = Router::new()
            .route("/", post(async |_: Bytes| ServerError::new("no")))
            .layer(bell.layer());
        let frames = tokio_stream::iter(frames.into_iter().map(Ok::<_, Infallible>));
        let request = Request::post("/").header("content-type", content_type);
        drop(app.oneshot(request.body(Body::from_stream(frames)).unwrap()).await.unwrap());
        let told = stub.next().await.plain_text();
        let (_, payload) = told.split_once("Payload").unwrap();
        payload.split("Response").next().unwrap().to_owned()
    })
}

#[test]
fn a_hidden_route_hides_however_its_path_is_written() {
    for (route, paths) in [
        ("/login", "/login /login/ //login /%6Cogin /%256cogin /login;a=b /;x/login//"),
        ("/login/", "/login /login/"),
        ("/admin/*", "//admin/users /%61dmin/x /admin;a=b/x /admin//"),
        ("/", "/ //"),
    ] {
        let redactor = Redactor::default().hide_route(route);
        for path in paths.split(' ') {
            let request =
                Request::post(path).body(Bytes::from_static(b"{\"a\":\"visible\"}")).unwrap();
            let shown = redactor.preview(&request);
            assert!(!shown.contains("visible"), "{route} {path}: {shown}");
        }
        for path in ["/logins", "/log/in", "/a/login", "/admin", "/Login", "/x%2Flogin"] {
            let request =
                Request::post(path).body(Bytes::from_static(b"{\"a\":\"visible\"}")).unwrap();
            assert!(redactor.preview(&request).contains("visible"), "{route} {path}");
        }
    }
}
