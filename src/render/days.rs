//! What is said of an incident in its time, as the redactor leaves it: every transport shows these.

use std::time::{Duration, SystemTime};

use super::{
    Count, Storm, StormLine, Tale,
    examples::{digest_of, full, once, redacted, summary},
    failure, incident, lost, storm,
};
use crate::{
    incident::{People, Reason},
    message::{Limits, Message},
    redact::{Redacted, Redactor},
    report::Report,
    sensitive::Sensitive,
    severity::Severity,
    topic::Topic,
};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// Each message by the name of its golden files.
pub(crate) fn messages() -> Vec<(&'static str, Redacted<Message>)> {
    let two = people(2);
    let many = people(38);
    let day = Count { total: 180_000, fresh: 180_000, over: HOUR };
    let more = Count { total: 300, fresh: 270, over: 40 * SECOND };
    let update = Tale { why: Reason::Update, is_edit: true, ..tale(&day, &many) };
    let latest = later();
    let update = Tale { latest: Some(&latest), ..update };
    let quiet = Tale { why: Reason::Quiet, silent: 10 * MINUTE + SECOND, ..tale(&day, &many) };
    let (single, back) = (once(), Some(25 * MINUTE));
    let again = Tale { why: Reason::Again(25 * MINUTE), after: back, ..tale(&single, &two) };
    let tales = [
        ("incident_in_full", Tale { why: Reason::InFull, ..tale(&more, &two) }),
        ("incident_update", update),
        ("incident_escalated", Tale { why: Reason::Escalated, ..tale(&more, &two) }),
        ("incident_summary", Tale { why: Reason::Summary, ..tale(&more, &many) }),
        ("incident_reminder", Tale { why: Reason::Reminder, ..tale(&day, &many) }),
        ("incident_quiet", quiet),
        ("incident_quiet_edit", Tale { is_edit: true, ..quiet }),
        ("incident_again", again),
    ];
    let mut messages: Vec<_> = tales
        .into_iter()
        .map(|(name, tale)| (name, incident(failure(&redacted(full()), tale.count), &tale)))
        .collect();
    let worse = Tale { why: Reason::Worse, severity: Severity::Critical, ..tale(&more, &two) };
    messages.push(("incident_worse", incident(lost(&redacted(summary()), &more), &worse)));
    messages.push(("storm", redacted(a_storm(Reason::Update, &two))));
    messages.push(("storm_list", redacted(a_storm(Reason::Quiet, &two))));
    messages
}

fn tale<'a>(count: &'a Count, people: &'a People) -> Tale<'a> {
    Tale {
        why: Reason::Open,
        is_edit: false,
        count,
        people,
        span: span(),
        silent: Duration::ZERO,
        latest: None,
        line: "500 · POST /checkout",
        after: None,
        severity: Severity::Error,
    }
}

fn span() -> (SystemTime, SystemTime) {
    let begun = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_442_531);
    (begun, begun + HOUR - 2 * SECOND)
}

fn later() -> Redacted<Report> {
    let at = span().1;
    redacted(Report { at, user: Some("user-37@example.com".to_owned()), ..full() })
}

/// So many users, as an incident keeps them.
pub(super) fn people(users: usize) -> People {
    let mut people = People::default();
    for number in 0..users {
        let name = format!("user-{number}@example.com");
        people.add(Redactor::default().user(&name, &Sensitive::default()));
    }
    people
}

fn a_storm(why: Reason, people: &People) -> Message {
    let lines = ["500 · POST /checkout", "503 · GET /cart", "panic · GET /orders/{id}"];
    let kinds: Vec<_> = lines
        .iter()
        .zip([412, 7, 1])
        .map(|(line, failures)| StormLine {
            id: Some(format!("a1f3k9q{failures}")),
            line,
            failures,
            people,
        })
        .collect();
    let count = Count { total: 460, fresh: 460, over: 90 * SECOND };
    let storm_now = Storm {
        why,
        count: &count,
        severity: Severity::Error,
        topic: Topic::ServerError,
        services: ["admin".to_owned(), "shop-api (production)".to_owned()].into(),
        span: span(),
        silent: 10 * MINUTE,
        kinds: &kinds,
        before: 0,
        later: 0,
        left: (1, 40),
        is_last: false,
    };
    storm(&storm_now, &Limits::default())
}

#[test]
fn a_list_names_all_users_where_there_is_room_and_some_of_each_kind_where_not() {
    let people = people(20);
    let kind = StormLine { id: None, line: "500 · GET /a", failures: 1, people: &people };
    let named = |kinds: usize, total: usize| {
        let kinds: Vec<_> = (0..kinds).map(|_| kind.clone()).collect();
        let limits = Limits::default().total(total);
        let (lines, _) = storm::lines(&kinds, usize::MAX, &limits);
        lines.iter().map(|line| line.matches("user:").count()).collect::<Vec<_>>()
    };
    assert_eq!(named(3, 5_000), [20, 20, 20]);
    assert_eq!(named(3, 3_000), [20, 6, 6], "what room is left goes to the first");
    assert_eq!(named(9, 3_000), [6; 5]);
}

#[test]
fn a_list_has_no_more_users_than_it_names() {
    let mut people = People::default();
    for name in ["mallory · user:alice@corp.com", "mallory\nUser : bob@corp.com", "carol user:"] {
        people.add(Redactor::default().user(name, &Sensitive::default()));
    }
    let storm = a_storm(Reason::Open, &people).plain_text().to_lowercase();
    assert_eq!(storm.matches("user:").count(), 3 * 3, "{storm}");
    let events =
        people.named().map(|name| Message::new("Registered").user(format!("{name} USER:")));
    let events: Vec<_> =
        events.map(|event| (*Redactor::default().message(event)).clone()).collect();
    let digest = digest_of(&events).plain_text().to_lowercase();
    assert_eq!(digest.matches("user:").count(), 3, "{digest}");
}
