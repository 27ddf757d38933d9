//! The redactor as a whole.

use std::time::{Duration, SystemTime};

use http::{Method, Version};
use proptest::prelude::*;

use super::{
    scan::{Scan, Tier},
    *,
};
use crate::{
    message::{Link, Literal, Message},
    report::{
        Cause, Fingerprint, Header, Kind, Origin, Payload, Report, RequestSnapshot,
        ResponseSnapshot,
    },
    secret::Secret,
    sensitive::Sensitive,
    severity::Severity,
};

/// The rules as the documentation shows them.
fn table_of_rules() -> String {
    use super::rules::*;
    let list = |names: &[&str]| {
        let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
        names.join(", ")
    };
    let shape = |(kind, prefix, _, least): &(&'static str, &'static str, _, usize)| {
        let before = if *kind == "telegram" { "<number>:" } else { "" };
        format!("{kind} `{before}{prefix}` and {least} more")
    };
    let shapes: Vec<_> = SHAPES.iter().map(shape).collect();
    let webhooks: Vec<_> =
        WEBHOOKS.iter().map(|(host, opening)| format!("{host}/{opening}")).collect();
    let webhooks: Vec<_> = webhooks.iter().map(String::as_str).collect();
    let cards: Vec<_> = CARDS
        .iter()
        .map(|(from, to, fewest, most)| match (from == to, fewest == most) {
            (_, true) => format!("{from}-{to} with {fewest} digits"),
            _ => format!("{from}-{to} with {fewest} to {most} digits"),
        })
        .collect();
    let rows = [
        ("a key that contains one of these, without its separators, hides its value", list(STEMS)),
        ("a key with one of these among its words hides its value", list(WORDS)),
        ("`key` hides its value alone, and behind one of these", list(BEFORE_KEY)),
        ("these, and compounds of these, hide nothing", list(HARMLESS)),
        ("a key that ends with one of these speaks about a secret and hides nothing", list(ABOUT)),
        (
            "a key that ends with one of these, without its separators, speaks of a person",
            list(PERSONAL_KEYS),
        ),
        (
            "in a query or a form these hide a value of 16 bytes or more with a digit",
            list(WORDS_OF_RANDOM_VALUES),
        ),
        ("these name the value of the member beside them", list(NAME_KEYS)),
        ("values that are no secret, whatever their key", list(LITERALS)),
        ("between a secret's name and a colon these say what became of it", list(MISHAPS)),
        ("headers whose values are shown", list(SHOWN_HEADERS)),
        ("headers whose values are shown, by how their names begin", list(SHOWN_HEADER_PREFIXES)),
        ("headers that are shown as URLs", list(URL_HEADERS)),
        ("headers that nothing shows", list(NEVER_SHOWN_HEADERS)),
        ("headers that only `show_header` shows", list(SECRET_HEADERS)),
        (
            "headers that only `show_header` shows, by how their names end",
            list(SECRET_HEADER_ENDINGS),
        ),
        ("what stands behind the name of a scheme", list(SCHEMES)),
        (
            "keys of known services: how they begin, and how many characters follow",
            shapes.join("; "),
        ),
        ("addresses of which the rest opens something", list(&webhooks)),
        (
            "segments of a path behind which one of 16 bytes or more opens something",
            list(OPENING_SEGMENTS),
        ),
        ("card numbers whose check digit is right, by their first four digits", cards.join("; ")),
    ];
    let rows: String = rows.iter().map(|(what, names)| format!("| {what} | {names} |\n")).collect();
    format!("# Each rule\n\n| rule | for |\n|---|---|\n{rows}")
}

/// `UPDATE_GOLDEN=1` writes it anew.
#[test]
fn the_documentation_has_each_rule() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/redact/rules.md");
    let table = table_of_rules();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &table).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap().replace("\r\n", "\n");
    assert!(written == table, "src/redact/rules.md differs: run again with UPDATE_GOLDEN=1");
}

/// Whether any six characters in a row of the secret are in the text.
pub(super) fn leaks(text: &str, secret: &str) -> bool {
    secret.as_bytes().windows(6).any(|six| text.as_bytes().windows(6).any(|window| window == six))
}

/// The text without what a detector finds.
pub(super) fn replaced(text: &str, next: scan::Find) -> String {
    let rules = Rules::default();
    Scan::new(&rules, Tier::Own).without(text, next).into_owned()
}

fn header(name: &str, value: &str) -> Header {
    Header { name: name.to_owned(), value: Some(value.to_owned()), cut: false }
}

/// A report with the same text in each place that can hold one, and with every kind of secret.
fn report(text: &str) -> Report {
    let owned = || Some(text.to_owned());
    let body = format!(r#"{{"password":"hunter2222","note":"{text}"}}"#);
    Report {
        kind: Kind::Error,
        severity: Severity::Error,
        fingerprint: Fingerprint::new(["x"]),
        origin: Origin { service: "shop-api".into(), environment: None, release: None, host: None },
        status: Some(500),
        grpc: None,
        cause: Some(Cause {
            chain: vec![text.to_owned(), "token: hunter2222".to_owned()],
            ..Cause::default()
        }),
        request: Some(RequestSnapshot {
            method: Method::POST,
            scheme: owned(),
            authority: Some("bob:hunter2222@shop.example:8080".to_owned()),
            target: format!("/a?x={}&token=hunter2222", text.replace(' ', "+")),
            version: Version::HTTP_11,
            route: owned(),
            headers: vec![
                header("host", "shop.example"),
                header("user-agent", text),
                header("referer", "https://shop.example/?code=hunter2222hunter2222"),
                header("x-api-key", "hunter2222"),
                header("x-tenant", "hunter2222"),
                header("x-tenant", "hunter2222"),
                header("cookie", "a=hunter2222"),
                Header { name: "authorization".to_owned(), value: None, cut: false },
            ],
            head_cut: false,
            payload: Payload::Raw {
                read: body.len() as u64,
                prefix: body.into_bytes(),
                complete: true,
                content_type: Some("application/json".to_owned()),
                content_encoding: None,
            },
        }),
        response: Some(ResponseSnapshot { text: owned(), ..ResponseSnapshot::default() }),
        request_id: owned(),
        user: owned(),
        user_unknown: false,
        tags: vec![("step".into(), text.to_owned()), ("session".into(), "hunter2222".to_owned())],
        sensitive: Sensitive::default(),
        elapsed: Duration::ZERO,
        at: SystemTime::UNIX_EPOCH,
        channel: None,
        hidden_headers: Vec::new(),
    }
}

/// A message with the same text in each place.
fn message(text: &str) -> Message {
    let mut message = Message::new(text)
        .channel(text)
        .field(text, text)
        .field("api_key", "hunter2222")
        .icon(text)
        .link(text, format!("https://h/?token=hunter2222&x={text}"))
        .user(text)
        .username(text);
    message.change = Some(text.to_owned());
    message.facts = vec![text.to_owned()];
    message.id = Some(text.to_owned());
    message.notes = vec![text.to_owned()];
    message.place = Some(text.to_owned());
    message.quote = Some(text.to_owned());
    message.subject = Some(text.to_owned());
    message.literals = vec![Literal {
        label: "Payload",
        note: Some(text.to_owned()),
        text: text.to_owned(),
        language: None,
    }];
    message
}

/// Everything that the message says.
fn said(message: &Message) -> String {
    let Message { facts, fields, links, literals, notes, text, user, .. } = message;
    let Message { change, channel, icon, id, place, quote, subject, username, .. } = message;
    format!(
        "{facts:?}{fields:?}{links:?}{literals:?}{notes:?}{text}{user:?}\
         {change:?}{channel:?}{icon:?}{id:?}{place:?}{quote:?}{subject:?}{username:?}"
    )
}

fn with_secret(secret: &str) -> Redactor {
    Redactor::default().with_secrets([Secret::new(secret)])
}

#[test]
fn a_redactor_is_shared_freely() {
    fn check<T: Clone + Send + Sync + 'static>() {}
    check::<Redactor>();
    check::<Redacted<Message>>();
}

#[test]
fn no_part_of_a_report_shows_a_secret() {
    for text in [
        "at postgres://u:hunter2222@h/x now",
        "sent Bearer hunter2222 now",
        "with password=hunter2222 now",
        "to hooks.slack.com/services/T/hunter2222 now",
    ] {
        let mut report = report(text);
        report.user = None;
        let shown = format!("{:?}", Redactor::default().report(report));
        assert!(!leaks(&shown, "hunter2222"), "{shown}");
        assert!(shown.contains("now"), "the rest stays: {shown}");
    }
    let shown = format!("{:?}", Redactor::default().report(report("paid by 4111 1111 1111 1111")));
    assert_eq!(shown.matches("4111").count(), 1, "only the user, as the app named it: {shown}");
}

#[test]
fn keys_hide_with_their_kind_wherever_they_stand() {
    let key = ["ghp_", "q7WtZ5mLk2RvJ4nYb8XcD1fGh3KpS6uAe9Tz"].concat();
    let text = |text: &str| Redactor::default().text(text);
    assert_eq!(text(&format!("push with {key}: 403")), "push with [redacted:github]: 403");
    assert_eq!(text(&format!("{{\"a\":\"{key}\"}}")), "{\"a\":\"[redacted:github]\"}");
    assert_eq!(text(&format!("/x?a={key}&b=1")), "/x?a=[redacted:github]&b=1");
    assert_eq!(text(&format!("https://{key}@github.com/x")), "https://[redacted]@github.com/x");
    assert_eq!(text(&format!("token={key}")), "token=[redacted]");
    assert_eq!(
        text("key: -----BEGIN PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\nq7WtZ5mL"),
        "key: [redacted]",
        "cut, and behind a secret's name"
    );
}

/// The time may not grow with the square of the text. A bound would depend on the machine.
#[test]
fn long_texts_of_half_keys_are_read_in_one_go() {
    for part in
        ["sk-", "sk-ant-", "-eyJaaaa", "eyJ.", "-----BEGIN ", "12345:A", "/v1", "AKIA-", "A"]
    {
        let text = part.repeat(200_000 / part.len());
        let shown = Redactor::default().text(&text);
        assert!(shown.len() <= text.len() + 32, "{part}");
    }
}

#[test]
fn no_part_of_a_message_shows_a_secret() {
    for text in ["at x://u:hunter2222@h now", "a Bearer hunter2222 now", "with pwd=hunter2222 now"]
    {
        let mut message = message(text);
        message.user = None;
        let shown = said(&Redactor::default().message(message));
        assert!(!leaks(&shown, "hunter2222"), "{shown}");
    }
}

#[test]
fn configured_secrets_show_nowhere_not_even_in_the_user() {
    let redactor = with_secret("correct horse");
    let shown = format!("{:?}", redactor.report(report("a correct horse now")));
    assert!(!shown.contains("correct") && !shown.contains("horse"), "{shown}");
    let shown = said(&redactor.message(message("a correct horse now")));
    assert!(!shown.contains("correct") && !shown.contains("horse"), "{shown}");
    assert_eq!(redactor.text("a correct horse"), "a [redacted]");
    assert!(!format!("{redactor:?}").contains("horse"));
}

#[test]
fn the_name_of_a_scheme_before_a_key_shields_no_secret() {
    let redactor = Redactor::default().hide_key("national_id");
    for (text, shown) in [
        ("basic client_secret = x7f3a9c1e", "basic client_secret = [redacted]"),
        ("basic client_secret: x7f3a9c1e", "basic client_secret: [redacted]"),
        ("basic client_secret : x7f3a9c1e", "basic client_secret : [redacted]"),
        ("basic client_secret\t: x7f3a9c1e", "basic client_secret\t: [redacted]"),
        ("basic national_id: x7f3a9c1e", "basic national_id: [redacted]"),
        ("Bearer client_secret= x7f3a9c1e", "Bearer [redacted]"),
        ("Bearer clientSecret= x7f3a9c1e", "Bearer [redacted]"),
        ("Bearer \"client_secret\": \"x7f3a9c1e\"", "Bearer \"client_secret\": \"[redacted]\""),
        ("Bearer oauth2_token = x7f3a9c1e", "Bearer [redacted]"),
        ("Bearer oauth2_token= x7f3a9c1e", "Bearer [redacted]"),
        ("Bearer client_secret == x7f3a9c1e", "Bearer [redacted]"),
        ("Bearer F4CX3GX2VJ0PW8YD ===", "Bearer [redacted] ==="),
        ("Bearer F4CX3GX2VJ0PW8YD= expired", "Bearer [redacted] expired"),
        ("Bearer dXNlcjpwYXNzaPW= expired", "Bearer [redacted] expired"),
        ("Bearer abcdefghijklmnopqrs: expired", "Bearer [redacted]: expired"),
        ("Bearer abcdefghijklmnopqrs= expired", "Bearer [redacted] expired"),
        ("Bearer YXBpX3NlY3JldA== expired", "Bearer [redacted] expired"),
        ("Bearer client_secret=x7f3a9c1e", "Bearer [redacted]"),
        ("Bearer client_secret=", "Bearer [redacted]"),
        ("Bearer x7_token: expired", "Bearer [redacted]: expired"),
    ] {
        assert_eq!(redactor.text(text), shown);
        assert_eq!(redactor.text(shown), shown, "twice");
    }
}

#[test]
fn a_tag_behind_the_name_of_a_scheme_shields_no_secret() {
    for (text, shown) in [
        (
            "basic <user.secret>x7f3a9c1e</user.secret>",
            "basic <[redacted]>[redacted]</user.secret>",
        ),
        (
            "Bearer <apiKey id=\"1\">x7f3</apiKey>",
            "Bearer <[redacted] id=\"1\">[redacted]</apiKey>",
        ),
        ("Basic <dXNlcjpwdw==>, no", "Basic <[redacted]>, no"),
    ] {
        assert_eq!(Redactor::default().text(text), shown);
        assert_eq!(Redactor::default().text(shown), shown, "twice");
    }
}

#[test]
fn what_looks_like_a_vendors_key_shields_no_secret() {
    for (text, shown) in [
        ("xoxs-huntrsk_prpassword=F1ZN8KS9", "[redacted:slack]"),
        ("xoxs-huntrsk_prpassword : F1ZN8KS9, no", "[redacted:slack], no"),
        ("xoxs-huntrsk_prpassword=\"F1ZN 8KS9\" a", "[redacted:slack]\" a"),
        ("xoxs-huntrsk_prpassword: expired", "[redacted:slack]: expired"),
        ("xoxs-huntrsk_prpasswxrd=F1ZN8KS9", "[redacted:slack]=F1ZN8KS9"),
        ("Bearer x7_token: x7f3a9c1e", "Bearer [redacted]"),
    ] {
        assert_eq!(Redactor::default().text(text), shown);
        assert_eq!(Redactor::default().text(shown), shown, "twice");
    }
}

#[test]
fn what_looks_like_a_placeholder_shields_no_secret() {
    let redactor = with_secret("hunter2222");
    for text in
        ["[redactedhunter2222]", "[redacted:hunter2222]", "{\"[redacted:pin]\": \"hunter2222\"}"]
    {
        assert!(!redactor.text(text).contains("hunter"), "{text}");
    }
    let shown = Redactor::default().text("[redacted:password]=hunter2222");
    assert_eq!(shown, "[redacted:password]=[redacted]");
}

#[test]
fn the_user_stays_as_the_app_named_it() {
    let shown = Redactor::default().report(report("ali\u{202e}ce@example.com\n"));
    assert_eq!(shown.user.as_deref(), Some("alice@example.com "));
    let shown = Redactor::default().message(message("alice@example.com"));
    assert_eq!(shown.user.as_deref(), Some("alice@example.com"));
}

#[test]
fn a_request_stays_readable() {
    let redactor = Redactor::default().show_header("X-Tenant");
    let report = redactor.report(report("fine text"));
    let request = report.request.as_ref().unwrap();
    assert_eq!(request.target, "/a?x=fine+text&token=[redacted]");
    assert_eq!(request.authority.as_deref(), Some("[redacted]@shop.example:8080"));
    let header = |i: usize| (request.headers[i].name.as_str(), request.headers[i].value.as_deref());
    assert_eq!(header(0), ("host", Some("shop.example")));
    assert_eq!(header(2), ("referer", Some("https://shop.example/?code=[redacted]")));
    assert_eq!(header(3), ("x-api-key", None));
    assert_eq!(header(4), ("x-tenant", Some("hunter2222")));
    assert_eq!(header(7), ("authorization", None));
    assert!(report.hidden_headers.is_empty());
    let Payload::Shown { text, hidden, language, .. } = &request.payload else {
        panic!("{:?}", request.payload);
    };
    assert_eq!(text, r#"{"password":"[redacted]","note":"fine text"}"#);
    assert_eq!((*hidden, *language), (1, Some("json")));
}

#[test]
fn the_message_can_say_which_headers_could_be_shown() {
    let report = Redactor::default().report(report("x"));
    assert_eq!(report.hidden_headers, ["x-tenant"], "no credentials, and each once");
}

#[test]
fn half_a_secret_at_a_cut_does_not_show() {
    let mut raw = report("x");
    let request = raw.request.as_mut().unwrap();
    request.head_cut = true;
    let cut = header("user-agent", "curl postgres://u:hunter2222");
    request.headers = vec![Header { cut: true, ..cut }, header("accept", "text/html")];
    raw.response.as_mut().unwrap().text = Some("db is postgres://u:hunter2222".to_owned());
    raw.response.as_mut().unwrap().text_cut = true;
    let cause = raw.cause.as_mut().unwrap();
    cause.cut = true;
    cause.chain = vec!["word ".repeat(400) + "postgres://u:hunter2222", "short text".to_owned()];
    let shown = Redactor::default().report(raw);
    assert!(!leaks(&format!("{shown:?}"), "hunter2222"));
    assert_eq!(shown.cause.as_ref().unwrap().chain[1], "short text");
    let headers = &shown.request.as_ref().unwrap().headers;
    assert_eq!(headers[1].value.as_deref(), Some("text/html"), "what is whole stays whole");
}

#[test]
fn what_cannot_be_seen_is_removed_before_anything_is_looked_for() {
    let redactor = with_secret("correct-horse");
    assert_eq!(
        redactor.text("correct\u{200b}-horse pass\u{202e}word=x1"),
        "[redacted] password=[redacted]"
    );
    assert_eq!(redactor.text("a\nb\u{7}"), "a\nb");
    let shown = redactor.message(Message::new("x").username("a\nb"));
    assert_eq!(shown.username.as_deref(), Some("a b"));
}

#[test]
fn words_are_looked_through_as_they_are_decoded() {
    for (text, shown) in [
        ("no https%3A%2F%2Fu%3Apw%40h%2Fx there", "no https://[redacted]@h/x there"),
        ("sent %22password%22%3A%22hunter2%22, no", "sent \"password\":\"[redacted]\", no"),
        ("a=1 Bearer%20hunter2 b%20c", "a=1 Bearer [redacted] b%20c"),
        ("no user bob%40example.com", "no user [redacted:email]"),
        ("100%, 5%20, %zz, a%2Fb, %", "100%, 5%20, %zz, a%2Fb, %"),
    ] {
        assert_eq!(Redactor::default().text(text), shown);
        assert_eq!(Redactor::default().text(shown), shown, "twice");
    }
}

#[test]
fn links_keep_their_addresses() {
    let shown = Redactor::default().message(message("x"));
    assert_eq!(
        shown.links,
        [Link { label: "x".into(), url: "https://h/?token=[redacted]&x=x".into() }]
    );
}

#[test]
fn the_apps_own_rules_hold_everywhere() {
    let redactor = Redactor::default().hide_key("plan").hide_pattern("gold|silver").unwrap();
    let mut message = message("a silver spoon").field("plan", "pro");
    message.user = None;
    let shown = said(&redactor.message(message));
    assert!(!shown.contains("silver") && !shown.contains("\"pro\""), "{shown}");
    let shown = redactor.report(report("/a?b=silver"));
    assert!(!format!("{:?}", shown.request).contains("silver"), "{shown:?}");
    let debug = format!("{redactor:?}");
    assert!(debug.contains("plan") && !debug.contains("silver"), "{debug}");
}

#[test]
fn the_apps_own_rules_hold_in_words_that_are_shown_decoded_too() {
    let redactor = Redactor::default().hide_pattern("A0AG4PO5").unwrap();
    assert_eq!(redactor.text("12%A0AG4PO5,pin%3D2468"), "12%[redacted],pin=[redacted]");
    assert_eq!(redactor.text("12%A0AG4PO5,%20"), "12%[redacted],%20");
}

#[test]
fn the_apps_own_rules_hold_in_the_tags_of_xml_too() {
    let redactor = Redactor::default().hide_pattern("gold").unwrap();
    let redactor = redactor.hide_with(|shown| shown.text().find("tin").map(|at| at..at + 3));
    let shown = "<a><[redacted] x-[redacted]=\"1\">b</[redacted]></a>";
    assert_eq!(redactor.text("<a><gold x-tin=\"1\">b</gold></a>"), shown);
}

#[test]
fn ordinary_error_texts_stay() {
    let redactor = with_secret("xoxb-1-2-3-4-5");
    for text in [
        "charge failed: card declined by issuer: connection refused (os error 111)",
        "connect to 10.0.0.5:5432 refused",
        "invalid type: string \"x\", expected u64 at line 1 column 12",
        "duplicate key value violates unique constraint \"users_email_key\"",
        "Key (id)=(1) already exists.",
        "error[E0308]: mismatched types --> src/main.rs:42:5",
        "called `Option::unwrap()` on a `None` value",
        "no row for order 1234567890123456 of 2026-11-23T06:40:13Z",
        "commit 3f9c2ab1d4e5f6a7b8c9d0e1f2a3b4c5d6e7f8a9",
        "user 7f3a9c1e-0b1c-4d5e-8f90-123456789abc not found",
        "task-list and disk-usage of sk-learn: AKIA is a prefix, eyJhIjoxfQ is none",
        "npm_config_registry is not set, expected ghp_... or sk_live_<key>",
        "-----BEGIN CERTIFICATE----- expected, found `-----BEGIN`",
        "missing Authorization header",
        "401 Unauthorized: token expired",
        "https://example.com/docs?page=2#keys",
        "expected one of `:`, `=`, found `token`",
        "SELECT * FROM sessions WHERE author = 'bob'",
        "loading the profile: jwt: ExpiredSignature",
        "creating session: PoolTimedOut",
        "no credentials: CredentialsNotLoaded",
        "secrets-manager: ResourceNotFoundException",
        "certificate: UnknownIssuer",
        "oauth: invalid_client",
        "oauth: 401 Unauthorized",
        "GET /api/session: 503 Service Unavailable",
        "POST https://auth.example.com/oauth/token: 502 Bad Gateway",
        "hash password: argon2 failed",
        "auth: Os { code: 111, kind: ConnectionRefused }",
        "unexpected token: 'foo9' at 3:4",
        "timeout after 1.5s: retry=3, max_tokens=512, sort_key=created_at",
        "😀 ünïcode — fine",
        "",
    ] {
        assert_eq!(redactor.text(text), text);
    }
}

/// As the standard library, serde and Debug write them.
#[test]
fn secrets_hide_in_whatever_notation_they_stand() {
    let secret = "x7Fq9ZkW3v";
    for text in [
        r#"Config { password: Some("p)a x7Fq9ZkW3v") }"#,
        r#"Session { tokens: Tokens { access: "a}b", refresh: "x7Fq9ZkW3v" }, id: 1 }"#,
        r#"400 Bad Request: {"password":{"a":"x}y","b":"x7Fq9ZkW3v"}}"#,
        r#"Config { url: "https://maps.example.com/api?key=", api_key: "x7Fq9ZkW3v" }"#,
        r#"Login { user: "token=", password: "x7Fq9ZkW3v" }"#,
        r#"user="token=" password="x7Fq9ZkW3v""#,
        r#"User { password: "a\\", token: "x7Fq9ZkW3v" }"#,
        r#"error: {"name":"password","value":"x7Fq9ZkW3v"}"#,
        r#"body: ["password","x7Fq9ZkW3v"]"#,
        r#"Header { name: "x-api-key", value: "x7Fq9ZkW3v" }"#,
        r#"EnvVar { name: "DB_PASSWORD", value: Some("x7Fq9ZkW3v") }"#,
        r#"Cookie { name: "sid", value: "x7Fq9ZkW3v" }"#,
        r#"[("client_secret", Some("x7Fq9ZkW3v"))]"#,
        r#"KeyValue { key: "api_token", value: "x7Fq9ZkW3v" }"#,
        "name=password&value=x7Fq9ZkW3v",
        "key=password&value=x7Fq9ZkW3v",
        "fields[0][name]=password&fields[0][value]=x7Fq9ZkW3v",
        "Header {\n    name: \"x-api-key\",\n    value: \"x7Fq9ZkW3v\",\n}",
        r#"LoginRequest { secret: b"x7Fq9ZkW3v" }"#,
        r#"jwt_secret: b"super secret x7Fq9ZkW3v""#,
        r#"password: SecretBox<str>("x7Fq9ZkW3v")"#,
        r#"password: secrecy::Secret("x7Fq9ZkW3v")"#,
        r#"failed to run "mysql" "--user" "root" "--password" "x7Fq9ZkW3v": exit status: 1"#,
        r#"args: ["--password", "x7Fq9ZkW3v"]"#,
        r#"--token "x7Fq9ZkW3v""#,
        "--token 'x7Fq9ZkW3v'",
    ] {
        let shown = Redactor::default().text(text);
        assert!(!leaks(&shown, secret), "{text} -> {shown}");
        assert_eq!(Redactor::default().text(&shown), shown, "twice");
        // In a string of another value, as JSON and Debug escape it.
        let inner = format!("Failure {{ message: {text:?}, id: 1 }}");
        let shown = Redactor::default().text(&inner);
        assert!(!leaks(&shown, secret), "{inner} -> {shown}");
        assert_eq!(Redactor::default().text(&shown), shown, "twice");
        let rules = Rules::default();
        let shown = Scan::new(&rules, Tier::Captured).value(text).into_owned();
        assert!(!leaks(&shown, secret), "{text} -> {shown}");
    }
}

#[test]
fn what_only_sounds_or_looks_secret_stays_in_a_request() {
    let rules = Rules::default();
    let scan = Scan::new(&rules, Tier::Captured);
    for key in [
        "accept assigned author authority cache_key compass gift_certificate idempotency_key",
        "keyboard max_tokens monkey passenger primary_key secretariat session_type shipping",
        "signature_required sort_key token_count tokenizer",
    ]
    .iter()
    .flat_map(|line| line.split(' '))
    {
        for text in [
            format!("{key}=x7f3a9c1e"),
            format!("{key}: x7f3a9c1e"),
            format!("{{\"{key}\":\"x7f3a9c1e\"}}"),
            format!("<a {key}=\"x7f3a9c1e\"><{key}>x7f3a9c1e</{key}></a>"),
        ] {
            assert_eq!(scan.value(&text), text);
        }
        let target = format!("/x?{key}=x7f3a9c1e");
        assert_eq!(scan.url(&target).text, target);
    }
    for value in [
        "3f9c2ab1d4e5f6a7b8c9d0e1f2a3b4c5d6e7f8a9",
        "7f3a9c1e-0b1c-4d5e-8f90-123456789abc",
        "SG-2026-000123",
        "1234567890123456",
        "2026-11-23T06:40:13.123456Z",
        "1732344013123",
    ] {
        for text in [value.to_owned(), format!("id={value}"), format!("{{\"id\":\"{value}\"}}")] {
            assert_eq!(scan.value(&text), text);
        }
        for target in [format!("/orders/{value}"), format!("/x?id={value}")] {
            assert_eq!(scan.url(&target).text, target);
        }
    }
    for target in ["/x?state=CA", "/x?code=DE", "/x?code=SUMMER2026"] {
        assert_eq!(scan.url(target).text, target);
    }
}

/// Texts made of what the detectors look for.
fn tricky() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "password",
        "token",
        "key",
        "Cookie",
        "=",
        ":",
        "==",
        " ",
        "://",
        "@",
        "/",
        "?",
        "#",
        "&",
        ";",
        "&amp;",
        "Bearer ",
        "Basic",
        "Digest",
        "\"",
        "'",
        "`",
        "\\",
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        ",",
        ".",
        "4111111111111111",
        "4111 1111",
        "-",
        "x7f",
        "abc",
        "hooks.slack.com/services/",
        "[redacted]",
        "[redacted",
        "%70",
        "%25",
        "%20",
        "+",
        "\n",
        "é",
        "correct-horse",
        "Some(",
        "name",
        "value",
        "null",
        "code",
        "a1b2c3d4e5f6g7h8i9",
        "sk-",
        "AKIA",
        "Q7WTZ5MLK2RVJ4NY",
        "eyJhIjoxfSwieCI6MX0",
        "-----BEGIN PRIVATE KEY-----",
        "-----END PRIVATE KEY-----",
        "discord.com/api/v10/webhooks/",
        "{\"value\":\"x7f\",",
        "--",
        "(\"",
        "\", \"",
        "%2F",
        "%3D",
        "''",
        "\\/",
        "oracle:thin:",
        ".rs:42",
        "$1",
        "EOF",
        " failed: ",
        "reset",
        "user:x7f",
        "<name>",
        "</name>",
        "bob@example.com",
        "/reset/",
        "Authorization: ",
        "Negotiate ",
        "%3A",
        "%22",
        "Key (",
        ")=(",
        "4111 1111 1111 1111",
    ]);
    prop::collection::vec(part, 0..16).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn redacting_twice_changes_nothing(text in tricky()) {
        let redactor = with_secret("correct-horse");
        let once = redactor.text(&text);
        prop_assert_eq!(redactor.text(&once), once);
    }

    #[test]
    fn redacting_a_report_twice_changes_nothing(text in tricky()) {
        let redactor = with_secret("correct-horse");
        let once = redactor.report(report(&text));
        let twice = redactor.report(Report::clone(&once));
        prop_assert_eq!(format!("{twice:?}"), format!("{once:?}"));
    }

    #[test]
    fn redacting_a_message_twice_changes_nothing(text in tricky()) {
        let redactor = with_secret("correct-horse");
        let once = redactor.message(message(&text));
        prop_assert_eq!(redactor.message(Message::clone(&once)), once);
    }

    #[test]
    fn any_text_is_redacted_and_stays_in_bounds(text in any::<String>(), tricky in tricky()) {
        for text in [text, tricky] {
            let shown = with_secret("correct-horse").text(&text);
            prop_assert!(shown.len() <= 12 * text.len() + 16, "{shown}");
        }
    }

    #[test]
    fn any_payload_is_redacted(
        prefix in prop::collection::vec(any::<u8>(), 0..64),
        kind in prop::sample::select(vec![
            "application/json",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "text/plain",
            "text/xml",
        ]),
        complete in any::<bool>(),
    ) {
        let read = prefix.len() as u64;
        let content_type = Some(kind.to_owned());
        let raw = Payload::Raw { prefix, read, complete, content_type, content_encoding: None };
        let rules = Rules::default();
        let shown = Scan::new(&rules, Tier::Captured).payload(raw);
        let is_raw = matches!(shown, Payload::Raw { .. });
        prop_assert!(!is_raw);
    }

    #[test]
    fn a_secret_in_a_text_never_shows(
        before in "[a-z ]{0,12}", after in "[a-z ]{0,12}", secret in "[A-Z]{4}[0-9]{4}[A-Z]{0,8}",
    ) {
        for text in [
            format!("{before} password={secret} {after}"),
            format!("{before} api_key: \"{secret}\", {after}"),
            format!("{before} Bearer {secret} {after}"),
            format!("{before} https://bob:{secret}@host/{after}"),
            format!("{before} User {{ token: Some(\"{secret}\") }} {after}"),
            format!("{before} /x?access_token={secret}&b=1 {after}"),
        ] {
            let shown = Redactor::default().text(&text);
            prop_assert!(!leaks(&shown, &secret), "{text} -> {shown}");
        }
    }
}

#[test]
fn an_escaped_invisible_character_hides_no_secret_and_does_not_come_back() {
    for (content_type, body) in [
        ("application/json", r#"{"a":"Bear\u200ber hunter2222 pass\u202eword=hunter2222"}"#),
        ("application/json", r#"{"a":"x\u2060://u:hunter2222@h 4111\u200b111111111111"}"#),
        ("application/json", r#"{"a":"pass\u034fword=hunter2222 4111\ufe0f111111111111"}"#),
        (
            "application/json",
            r#"{"pass\u115fwo\u3164rd":"hunter2222","to\udb40\udd00ken":"hunter2222"}"#,
        ),
        (
            "application/x-www-form-urlencoded",
            "pass%CD%8Fword=hunter2222&a=Bearer+%EF%BE%A0hunter2222",
        ),
        (
            "application/x-www-form-urlencoded",
            "a=Bear%E2%80%8Ber+hunter2222+4111%E2%80%8B111111111111",
        ),
    ] {
        let rules = Rules::default();
        let shown = Scan::new(&rules, Tier::Captured).payload(Payload::Raw {
            prefix: body.as_bytes().to_vec(),
            read: body.len() as u64,
            complete: true,
            content_type: Some(content_type.to_owned()),
            content_encoding: None,
        });
        let Payload::Shown { text, .. } = shown else { panic!("{shown:?}") };
        assert!(!leaks(&text, "hunter2222") && !text.contains("11111111"), "{text}");
    }
    let shown = Redactor::default().message(Message::new(r#"{"a":"\u202epassword=x1 y"}"#));
    assert_eq!(shown.text(), r#"{"a":"password=[redacted] y"}"#);
}

#[test]
fn of_a_cut_text_all_before_its_last_blank_is_left_however_wide_that_is() {
    for blank in [" ", "\n", "\u{85}", "\u{3000}"] {
        let whole = format!("one{blank}");
        assert_eq!(scan::without_half(&format!("{whole}two")), whole);
    }
}
#[test]
fn what_is_looked_at_again_is_explained_once() {
    let explain = |text: &str| {
        let found = Redactor::default().explain_text(text);
        found.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let password = "text, `password`: the key stem `password`";
    assert_eq!(explain("password=hunter2"), [password]);
    assert_eq!(explain("password=a1 password=b2 c"), [password, password], "each one");
    assert_eq!(explain("Cookie: a=b; c=d"), ["text, `Cookie`: the key stem `cookie`"]);
    assert_eq!(explain("<a><sent Bearer x7f3a>b</a>"), ["text: the detector `credentials`"]);
}

/// What was hidden in these kept the rest from being read the first time.
#[test]
fn what_stands_round_a_hidden_value_is_read_at_once() {
    let redactor = with_secret("correct-horse");
    for text in [
        "4111111111111111Bearer .rs:42@-.rs:42",
        "bob@example.com%2F=passwordpassword",
        "Cookie===password",
        "name@password.rs:42+",
        "password://&4111111111111111\"@",
        "<a>pass<!-- -->word=x</a>",
        "Authorization: \"='",
        "?{\"value\":\"x7f\",Authorization: [redacted]",
        "?[\"Authorization:  discord.com/api/v10/webhooks/",
    ] {
        let once = redactor.text(text);
        assert_eq!(redactor.text(&once), once);
        let once = redactor.report(report(text));
        assert_eq!(format!("{:?}", redactor.report(Report::clone(&once))), format!("{once:?}"));
        let once = redactor.message(message(text));
        assert_eq!(redactor.message(Message::clone(&once)), once);
    }
}
