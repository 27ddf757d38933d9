//! What the golden files do not show.

use std::time::Duration;

use super::{Count, examples, failure, golden, line};
use crate::{
    message::{Limits, Message, fit},
    report::{Cause, Kind, Payload, Report, RequestSnapshot, ResponseSnapshot},
    severity::Severity,
    transport::console,
};

fn said(report: Report) -> Message {
    (*failure(&examples::redacted(report), &examples::once())).clone()
}

fn counted(total: u64, fresh: u64, over: Duration) -> String {
    let count = Count { total, fresh, over };
    failure(&examples::redacted(examples::full()), &count).subject.clone().unwrap()
}

fn literal(message: &Message, label: &str) -> Option<(Option<String>, String)> {
    let literal = message.literals.iter().find(|literal| literal.label == label)?;
    Some((literal.note.clone(), literal.text.clone()))
}

fn with_request(change: impl Fn(&mut RequestSnapshot)) -> Message {
    let mut report = examples::full();
    report.request.iter_mut().for_each(change);
    said(report)
}

fn payload_note(payload: &Payload) -> String {
    let message = with_request(|request| request.payload = payload.clone());
    literal(&message, "Payload").unwrap().0.unwrap()
}

fn answered(status: u16, response: ResponseSnapshot) -> Option<(Option<String>, String)> {
    let report = Report { status: Some(status), response: Some(response), ..examples::full() };
    literal(&said(report), "Response")
}

#[test]
fn every_example_looks_as_it_should() {
    for (name, message) in examples::messages() {
        golden::check(&format!("{name}.txt"), &message.plain_text());
        golden::check(&format!("{name}.console.txt"), &console::block(&message, false));
    }
}

#[cfg(feature = "slack")]
#[test]
fn every_example_looks_as_it_should_in_slack() {
    use crate::transport::slack;

    for (name, message) in examples::messages() {
        let payload = slack::payload(&message);
        assert_eq!(slack::check(&payload), Ok(()), "{name}");
        let pretty = serde_json::to_string_pretty(&payload).unwrap();
        golden::check(&format!("{name}.slack.json"), &pretty);
    }
}

/// Examples that tell of several things at once.
const TOGETHER: &[&str] = &["digest", "missing_pages", "storm", "storm_list"];

#[test]
fn a_lock_screen_says_what_where_and_how_bad() {
    let failures = examples::messages().into_iter().filter(|(name, _)| !TOGETHER.contains(name));
    for (name, message) in failures {
        let first: String = message.plain_text().chars().take(90).collect();
        let subject = message.subject.as_deref().unwrap();
        let (line, counts) = subject.split_once(" · ×").unwrap_or((subject, ""));
        let line = line.split(" · shop-api").next().unwrap();
        assert!(first.starts_with(':') && first.contains("Error   "), "{name}: {first}");
        assert!(first.contains(line), "{name}: {first}");
        // How often comes before whose it is.
        assert!(first.contains(" · shop-api") || !counts.is_empty(), "{name}: {first}");
    }
}

#[test]
fn examples_fit_without_a_cut() {
    for (name, message) in examples::messages() {
        assert!(fit((*message).clone(), &Limits::default()) == *message, "{name}");
    }
}

#[test]
fn a_request_id_cannot_speak_for_a_user() {
    let said = |id: &str| {
        said(Report { request_id: Some(id.to_owned()), ..examples::full() }).facts.join(" · ")
    };
    assert!(said("7f3a-9c1e_.x/=").contains("request 7f3a-9c1e_.x/="));
    for forged in ["1 · user:bob", "user:bob", "#a1f3k9q2", "", &"x".repeat(129)] {
        assert!(!said(forged).contains("request"), "{forged}");
    }
}

#[test]
fn a_single_failure_says_nothing_of_counts() {
    assert_eq!(
        counted(1, 1, Duration::from_secs(60)),
        "500 · POST /checkout · shop-api (production)"
    );
}

#[test]
fn counts_say_what_is_new_and_what_is_all() {
    let times = |total, fresh, secs| {
        let subject = counted(total, fresh, Duration::from_secs(secs));
        subject.split(" · ").nth(2).unwrap().to_owned()
    };
    assert_eq!(times(100, 99, 60), "×99 more in 1 min (100 in all)");
    assert_eq!(times(2, 1, 0), "×1 more (2 in all)");
    assert_eq!(times(412, 412, 12), "×412 in 12 s");
    assert_eq!(times(412, 0, 60), "×412 in all");
}

#[test]
fn every_kind_has_its_line() {
    let lines = [
        (line(Kind::Error, 0, "POST", "/x"), "Err · POST /x"),
        (line(Kind::Panic, 500, "POST", "/x"), "panic · POST /x"),
        (line(Kind::Status, 503, "GET", "/x"), "503 · GET /x"),
        (line(Kind::Body, 200, "GET", "/x"), "200, then body failed · GET /x"),
        (line(Kind::Body, 0, "GET", "/x"), "body failed · GET /x"),
        (line(Kind::Grpc, 13, "POST", "/a.B/C"), "gRPC 13 INTERNAL · /a.B/C"),
        (line(Kind::Grpc, 0, "POST", "/a.B/C"), "gRPC without status · /a.B/C"),
        (line(Kind::Cancelled, 0, "GET", "/x"), "client gone · GET /x"),
        (line(Kind::Error, 0, "", ""), "Err · outside a request"),
    ];
    for (line, expected) in lines {
        assert_eq!(line, expected);
    }
}

#[test]
fn each_severity_has_its_sign() {
    let sign = |severity| said(Report { severity, ..examples::full() }).text;
    assert_eq!(sign(Severity::Critical), ":rotating_light: Generic Server Error");
    assert_eq!(sign(Severity::Error), ":x: Generic Server Error");
    assert_eq!(sign(Severity::Warning), ":warning: Generic Server Error");
    assert_eq!(sign(Severity::Info), ":information_source: Generic Server Error");
}

#[test]
fn a_404_is_the_clients_error_and_a_408_is_not() {
    let heading = |status| said(Report { status: Some(status), ..examples::full() }).text;
    assert_eq!(heading(404), ":x: Client Error");
    assert_eq!(heading(408), ":x: Generic Server Error");
    let caused = said(Report { kind: Kind::Panic, status: Some(404), ..examples::full() });
    assert_eq!(caused.text, ":x: Generic Server Error");
}

#[test]
fn no_scheme_is_invented() {
    let url = |scheme: Option<&str>, authority: Option<&str>, target: &str| {
        let message = with_request(|request| {
            request.scheme = scheme.map(str::to_owned);
            request.authority = authority.map(str::to_owned);
            request.target = target.to_owned();
        });
        literal(&message, "Request").unwrap().1
    };
    assert_eq!(
        url(Some("https"), Some("a.example"), "/x?y"),
        "POST https://a.example/x?y HTTP/1.1"
    );
    assert_eq!(url(None, Some("a.example"), "/x"), "POST a.example/x HTTP/1.1");
    assert_eq!(url(Some("https"), None, "/x"), "POST /x HTTP/1.1");
    assert_eq!(url(None, Some("a.example"), "*"), "POST * HTTP/1.1");
    assert_eq!(url(None, Some("a.example:1"), "b.example:2"), "POST b.example:2 HTTP/1.1");
}

#[test]
fn the_path_stands_in_for_a_missing_route_without_its_query() {
    let message = with_request(|request| request.route = None);
    assert_eq!(message.subject.unwrap(), "500 · POST /checkout · shop-api (production)");
}

#[test]
fn how_much_of_the_payload_is_seen_is_said() {
    let shown = |kept, read, complete, hidden| {
        let (text, language) = ("x".to_owned(), None);
        payload_note(&Payload::Shown { text, hidden, read, kept, complete, language })
    };
    assert_eq!(shown(41, 41, true, 0), "41 B");
    assert_eq!(shown(41, 41, true, 2), "41 B, 2 values hidden");
    assert_eq!(shown(4_096, 70_000, true, 1), "first 4.0 KiB of 68.4 KiB read, 1 value hidden");
    assert_eq!(shown(41, 41, false, 0), "41 B read, not to its end");
    assert_eq!(shown(0, 70_000, true, 0), "68.4 KiB read, none kept");
    assert_eq!(
        payload_note(&Payload::NotRead { length: Some(1_234) }),
        "not read (content-length 1234)"
    );
    assert_eq!(payload_note(&Payload::NotRead { length: None }), "not read");
}

#[test]
fn a_payload_that_was_not_redacted_is_not_shown() {
    let raw = Payload::Raw {
        prefix: b"hunter2".to_vec(),
        read: 7,
        complete: true,
        content_type: None,
        content_encoding: None,
    };
    let message = with_request(|request| request.payload = raw.clone());
    assert_eq!(payload_note(&raw), "not shown: 7 B");
    assert!(!message.plain_text().contains("hunter2"));
}

#[test]
fn nothing_to_say_is_no_section() {
    let message = with_request(|request| {
        request.payload = Payload::None;
        request.headers.clear();
    });
    assert_eq!(literal(&message, "Payload"), None);
    assert_eq!(literal(&message, "Headers"), None);
    assert_eq!(answered(500, ResponseSnapshot::default()), None);
}

#[test]
fn cut_headers_are_said() {
    let message = with_request(|request| request.head_cut = true);
    let (note, _) = literal(&message, "Headers").unwrap();
    assert_eq!(note.as_deref(), Some("cut: the head was too long to keep"));
}

#[test]
fn the_answer_is_described() {
    let text = |text: &str| Some(text.to_owned());
    let answer = ResponseSnapshot { length: Some(0), ..ResponseSnapshot::default() };
    assert_eq!(answered(502, answer), Some((text("502, empty"), String::new())));

    let long = ResponseSnapshot {
        length: Some(5_000),
        text: text(&"x".repeat(2_048)),
        text_cut: true,
        sent: None,
    };
    assert_eq!(answered(500, long).unwrap().0, text("500, 4.9 KiB, first 2.0 KiB shown"));
}

#[test]
fn an_answer_that_is_the_cause_is_not_said_twice() {
    let response =
        ResponseSnapshot { text: Some("no stock\n".to_owned()), ..ResponseSnapshot::default() };
    let report = Report {
        cause: Some(Cause::of_text(&"no stock")),
        response: Some(response),
        ..examples::full()
    };
    assert_eq!(said(report).plain_text().matches("no stock").count(), 1);
}

#[test]
fn the_type_is_said_unless_the_words_hold_it() {
    let fact = |error_type, chain: &str| {
        let cause = Cause { error_type: Some(error_type), ..Cause::of_text(&chain) };
        let facts = said(Report { cause: Some(cause), ..examples::full() }).facts;
        facts.into_iter().find(|fact| fact.starts_with("error "))
    };
    let long = "shop::checkout::CheckoutError<alloc::string::String>";
    assert_eq!(fact(long, "declined").as_deref(), Some("error shop::CheckoutError"));
    assert_eq!(fact(long, "CheckoutError { code: 7 }"), None);
    assert_eq!(fact("sqlx::Error", "Error: no row").as_deref(), Some("error sqlx::Error"));
    assert_eq!(fact("str", "declined").as_deref(), Some("error str"));
    // The standard library has several that are called `Error`.
    assert_eq!(fact("std::io::error::Error", "no").as_deref(), Some("error std::io::Error"));
    assert_eq!(fact("core::fmt::Error", "no").as_deref(), Some("error core::fmt::Error"));
    assert_eq!(
        fact("core::num::error::ParseIntError", "no").as_deref(),
        Some("error core::ParseIntError")
    );
}

#[test]
fn an_error_without_words_is_still_quoted() {
    let quote =
        |text: &str| said(Report { cause: Some(Cause::of_text(&text)), ..examples::full() }).quote;
    assert_eq!(quote(" \n").as_deref(), Some("an error without words"));
}

#[test]
fn how_to_attach_a_cause_is_said_once() {
    let bare = || examples::redacted(Report { cause: None, ..examples::full() });
    let later = Count { total: 5, fresh: 4, over: Duration::from_secs(60) };
    assert!(failure(&bare(), &examples::once()).plain_text().contains("no cause attached"));
    assert!(!failure(&bare(), &later).plain_text().contains("no cause attached"));
}

#[test]
fn the_client_decides_how_many_headers_are_hidden_but_not_how_many_are_named() {
    let hidden_headers = (0..100).map(|n| format!("x-{n}")).collect();
    let notes = said(Report { hidden_headers, ..examples::full() }).notes;
    assert!(notes.iter().any(|note| note.contains("x-7 and 92 more (show with `show_header`)")));
}
