//! One failure of each kind, as the redactor leaves it: every transport shows these.

use std::time::{Duration, SystemTime};

use http::{Method, Version};

use super::{Count, days, digest, failure, lost, missing};
use crate::{
    incident::{Asked, Missing, Site},
    message::{Limits, Message},
    redact::{Redacted, Redactor},
    report::{
        Cause, Fingerprint, Header, Kind, Origin, Page, Payload, Place, Report, RequestSnapshot,
        ResponseSnapshot, Summary,
    },
    sensitive::Sensitive,
    severity::Severity,
    topic::Topic,
};

/// Each example by the name of its golden files.
pub(crate) fn messages() -> Vec<(&'static str, Redacted<Message>)> {
    let reports = [
        ("full", full()),
        ("no_cause", no_cause()),
        ("unread_body", unread_body()),
        ("cut_body", cut_body()),
        ("binary_body", binary_body()),
        ("panic", panic()),
        ("stream_failure", stream_failure()),
        ("grpc", grpc()),
        ("grpc_without_status", Report { grpc: Some(None), cause: None, ..grpc() }),
        ("err", err()),
        ("critical", Report { severity: Severity::Critical, ..no_cause() }),
        ("client_error", client_error()),
        ("client_gone", client_gone()),
        ("outside_a_request", outside_a_request()),
        ("long_chain", long_chain()),
    ];
    let single = |(name, report)| (name, failure(&redacted(report), &once()));
    let mut messages: Vec<_> = reports.into_iter().map(single).collect();
    let minute = Duration::from_secs(60);
    let repeated = Count { total: 100, fresh: 99, over: minute };
    messages.push(("repeated", failure(&redacted(full()), &repeated)));
    let burst = Count { total: 412, fresh: 412, over: Duration::from_secs(12) };
    messages.push(("lost_details", lost(&redacted(summary()), &burst)));
    messages.push(("digest", redacted(digest_of(&registrations()))));
    messages.push(("missing_pages", redacted(missing_pages())));
    messages.extend(days::messages());
    messages
}

/// What the team is told of several events at once.
pub(crate) fn digest_of(events: &[Message]) -> Message {
    let events: Vec<_> = events.iter().collect();
    digest("user", &events, Duration::from_secs(60), &Limits::default())
}

/// Events of one minute.
fn registrations() -> [Message; 3] {
    let event = |text, user| Message::new(text).topic(Topic::User).user(user);
    let mut failed = event("Registration failed", "carol@example.com").severity(Severity::Error);
    failed.quote = Some("e-mail is taken\ncaused by: unique constraint users_email".to_owned());
    let registered = "New user registration!";
    [
        event(registered, "alice@example.com").field("plan", "pro").field("amount", "49.00 USD"),
        event(registered, "bob@example.com").field("plan", "free"),
        failed.field("code", "duplicate"),
    ]
}

/// What was asked for in an hour and is not there.
fn missing_pages() -> Message {
    let (counts, service) = (Missing::default(), origin().service);
    let site = Site { service, channel: None };
    let seen = |path: &str, from: &str| {
        redacted(Page { path: path.to_owned(), from: Some(from.to_owned()) })
    };
    let listed = |path: &str, times, from| {
        (0..times).for_each(|_| counts.count(&site, Asked::Listed(path), || seen(path, from)));
    };
    listed("/old-pricing", 12, "/blog/launch");
    listed("/docs/<!channel>`*a*", 3, "/docs");
    (0..10).for_each(|n| listed(&format!("/team/{n}"), 2, "/about"));
    (0..163).for_each(|_| counts.count(&site, Asked::Foreign, || seen("", "")));
    (0..212).for_each(|_| counts.count(&site, Asked::Probe, || seen("", "")));
    let due = counts.all();
    missing(&due[0].pages, Some(Duration::from_secs(3_600)), &origin())
}

/// A single failure.
pub(crate) const fn once() -> Count {
    Count { total: 1, fresh: 1, over: Duration::ZERO }
}

/// Says of something that the redactor has seen it: the examples are written as it leaves them.
pub(crate) fn redacted<T>(seen: T) -> Redacted<T> {
    Redactor::default().message(Message::new("")).map(|_| seen)
}

/// Everything that can be known.
pub(crate) fn full() -> Report {
    Report {
        kind: Kind::Status,
        severity: Severity::Error,
        fingerprint: Fingerprint::new(["full"]),
        origin: origin(),
        status: Some(500),
        grpc: None,
        cause: Some(Cause {
            error_type: Some("shop_api::checkout::CheckoutError"),
            place: Some(Place::new("/build/shop/src/checkout.rs", 42)),
            ..chain(&[
                "charge failed",
                "card declined by issuer",
                "connection refused (os error 111)",
            ])
        }),
        request: Some(RequestSnapshot {
            headers: vec![
                header("host", "shop.example.com"),
                header("content-type", "application/json"),
                header("content-length", "41"),
                header("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:145.0)"),
                Header { name: "authorization".to_owned(), value: None, cut: false },
                Header { name: "x-plan".to_owned(), value: None, cut: false },
                Header { name: "x-tenant".to_owned(), value: None, cut: false },
            ],
            ..request()
        }),
        hidden_headers: vec!["x-plan".to_owned(), "x-tenant".to_owned()],
        response: Some(response("{\"error\":true}")),
        request_id: Some("7f3a9c1e".to_owned()),
        user: Some("alice@example.com".to_owned()),
        user_unknown: false,
        tags: vec![("cart".into(), "3 items".to_owned()), ("plan".into(), "pro".to_owned())],
        sensitive: Sensitive::default(),
        elapsed: Duration::from_millis(1_240),
        at: SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_416_013),
        channel: None,
    }
}

/// A bare 503 of a handler that attaches nothing.
fn no_cause() -> Report {
    Report {
        fingerprint: Fingerprint::new(["no cause"]),
        status: Some(503),
        cause: None,
        request: Some(RequestSnapshot {
            scheme: None,
            target: "/reports/2026/11?format=pdf".to_owned(),
            route: Some("/reports/{year}/{month}".to_owned()),
            method: Method::GET,
            headers: vec![header("host", "shop.example.com"), header("accept", "*/*")],
            payload: Payload::None,
            ..request()
        }),
        hidden_headers: Vec::new(),
        response: Some(ResponseSnapshot { length: Some(0), ..ResponseSnapshot::default() }),
        request_id: None,
        user: None,
        user_unknown: false,
        tags: Vec::new(),
        sensitive: Sensitive::default(),
        elapsed: Duration::from_millis(8),
        ..full()
    }
}

fn unread_body() -> Report {
    with_payload("unread", Payload::NotRead { length: Some(1_234) })
}

fn cut_body() -> Report {
    let text =
        "{\"name\":\"Alice\",\"password\":\"[redacted]\",\"card\":\"[redacted]\",\"items\":[";
    let payload = Payload::Shown {
        text: text.to_owned(),
        hidden: 2,
        read: 70_042,
        kept: 80,
        complete: true,
        language: Some("json"),
    };
    with_payload("cut", payload)
}

fn binary_body() -> Report {
    with_payload("binary", Payload::NotShown("image/png, 48.2 KiB".to_owned()))
}

fn panic() -> Report {
    Report {
        kind: Kind::Panic,
        fingerprint: Fingerprint::new(["panic"]),
        cause: Some(Cause {
            place: Some(Place::new("src/cart.rs", 17)),
            ..chain(&["index out of bounds: the len is 0 but the index is 3"])
        }),
        ..small()
    }
}

fn stream_failure() -> Report {
    let request = RequestSnapshot {
        method: Method::GET,
        target: "/export.csv".to_owned(),
        route: Some("/export.csv".to_owned()),
        payload: Payload::None,
        ..request()
    };
    Report {
        kind: Kind::Body,
        fingerprint: Fingerprint::new(["stream"]),
        status: Some(200),
        cause: Some(chain(&["error reading a row", "connection reset by peer (os error 104)"])),
        request: Some(request),
        response: Some(ResponseSnapshot { sent: Some(12_288), ..ResponseSnapshot::default() }),
        elapsed: Duration::from_secs(123),
        ..small()
    }
}

fn grpc() -> Report {
    let request = RequestSnapshot {
        authority: Some("ledger.internal:50051".to_owned()),
        scheme: Some("http".to_owned()),
        target: "/shop.v1.Ledger/Post".to_owned(),
        version: Version::HTTP_2,
        route: None,
        headers: vec![header("content-type", "application/grpc"), header("te", "trailers")],
        payload: Payload::NotShown("application/grpc, 86 B".to_owned()),
        ..request()
    };
    Report {
        kind: Kind::Grpc,
        fingerprint: Fingerprint::new(["grpc"]),
        status: Some(200),
        grpc: Some(Some(13)),
        cause: Some(chain(&["ledger is out of balance"])),
        request: Some(request),
        response: Some(ResponseSnapshot { sent: Some(0), ..ResponseSnapshot::default() }),
        ..small()
    }
}

/// Of a tower stack without axum: no route, no status, no scheme.
fn err() -> Report {
    let request = RequestSnapshot {
        scheme: None,
        target: "/checkout?plan=pro".to_owned(),
        route: None,
        payload: Payload::NotRead { length: None },
        ..request()
    };
    Report {
        kind: Kind::Error,
        fingerprint: Fingerprint::new(["err"]),
        status: None,
        cause: Some(Cause {
            error_type: Some("tower::timeout::error::Elapsed"),
            ..chain(&["request timed out"])
        }),
        request: Some(request),
        response: None,
        elapsed: Duration::from_millis(30_012),
        ..small()
    }
}

fn client_error() -> Report {
    let request = RequestSnapshot {
        method: Method::GET,
        target: "/products/7".to_owned(),
        route: None,
        payload: Payload::None,
        ..request()
    };
    Report {
        severity: Severity::Warning,
        fingerprint: Fingerprint::new(["client error"]),
        status: Some(404),
        cause: None,
        request: Some(request),
        response: None,
        ..small()
    }
}

fn client_gone() -> Report {
    Report {
        kind: Kind::Cancelled,
        severity: Severity::Warning,
        fingerprint: Fingerprint::new(["client gone"]),
        status: None,
        cause: None,
        response: None,
        elapsed: Duration::from_secs(31),
        ..small()
    }
}

/// `poll_ready` failed.
fn outside_a_request() -> Report {
    Report {
        kind: Kind::Error,
        fingerprint: Fingerprint::new(["outside"]),
        status: None,
        cause: Some(chain(&["buffer's worker closed unexpectedly"])),
        request: None,
        response: None,
        request_id: None,
        user: None,
        user_unknown: false,
        elapsed: Duration::ZERO,
        ..small()
    }
}

fn long_chain() -> Report {
    let cause = chain(&[
        "could not place the order 4711 for the customer with the number 20045",
        "the transaction was rolled back after three attempts",
        "error returned from database: deadlock detected\nDETAIL: Process 81 waits for ShareLock",
    ]);
    Report {
        fingerprint: Fingerprint::new(["chain"]),
        cause: Some(Cause { cut: true, ..cause }),
        ..small()
    }
}

pub(super) fn summary() -> Summary {
    Summary {
        line: super::line(Kind::Status, 500, "POST", "/checkout"),
        topic: Topic::ServerError,
        severity: Severity::Error,
        fingerprint: Fingerprint::new(["lost"]),
        origin: origin(),
    }
}

/// The full report without what would repeat itself in every file.
fn small() -> Report {
    Report { request: Some(request()), hidden_headers: Vec::new(), tags: Vec::new(), ..full() }
}

fn with_payload(fingerprint: &str, payload: Payload) -> Report {
    let small = small();
    let request = small.request.map(|request| RequestSnapshot { payload, ..request });
    Report { fingerprint: Fingerprint::new([fingerprint]), request, ..small }
}

fn origin() -> Origin {
    Origin {
        service: "shop-api".into(),
        environment: Some("production".into()),
        release: Some("1.8.2".into()),
        host: Some("web-7d9f".into()),
    }
}

fn request() -> RequestSnapshot {
    RequestSnapshot {
        method: Method::POST,
        scheme: Some("https".to_owned()),
        authority: Some("shop.example.com".to_owned()),
        target: "/checkout?plan=pro&token=[redacted]".to_owned(),
        version: Version::HTTP_11,
        route: Some("/checkout".to_owned()),
        headers: vec![header("accept", "*/*")],
        head_cut: false,
        payload: Payload::Shown {
            text: "{\"item\":\"lamp\",\"card\":\"[redacted]\"}".to_owned(),
            hidden: 1,
            read: 41,
            kept: 41,
            complete: true,
            language: Some("json"),
        },
    }
}

fn response(text: &str) -> ResponseSnapshot {
    let length = Some(text.len() as u64);
    ResponseSnapshot { length, text: Some(text.to_owned()), ..ResponseSnapshot::default() }
}

fn chain(texts: &[&str]) -> Cause {
    Cause { chain: texts.iter().map(|text| (*text).to_owned()).collect(), ..Cause::default() }
}

fn header(name: &str, value: &str) -> Header {
    Header { name: name.to_owned(), value: Some(value.to_owned()), cut: false }
}
