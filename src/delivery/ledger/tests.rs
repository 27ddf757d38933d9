//! What each channel is told of, in which order, and what is let go.

use std::time::Duration;

use super::*;
use crate::{
    delivery::samples,
    incident::{FULL_PERIOD, GRACE, QUIET as QUIETS, REMEMBERED, Reason, SUMMARIES},
    transport::Limits,
};

const QUIET: Duration = QUIETS[0];

/// Two channels whose messages cannot be edited.
fn ledger() -> Ledger {
    Ledger::new(Incidents::default(), [Capabilities::default(), Capabilities::default()])
}

fn moment(at: Instant) -> Moment {
    Moment { at, shown: std::time::SystemTime::UNIX_EPOCH }
}

impl Due {
    fn subject(&self) -> Subject {
        match &self.about {
            About::Incident(of) => of.subject,
            About::Storm(_) => panic!("it is of several"),
        }
    }
}

fn told(ledger: &mut Ledger, due: &Due, now: Instant) -> (u64, Vec<Key>) {
    ledger.told(0, due, &Receipt::none(), now)
}

fn counted(ledger: &mut Ledger, kind: &samples::Kind, failures: u64, now: Instant) {
    ledger.count(&kind.drained(failures), moment(now));
}

fn due(ledger: &mut Ledger, now: Instant) -> Option<Box<Due>> {
    match ledger.next(0, now) {
        Next::Say(due) => Some(due),
        Next::Wait(_) => None,
    }
}

fn due_in(ledger: &mut Ledger, channel: usize, now: Instant) -> Option<Box<Due>> {
    match ledger.next(channel, now) {
        Next::Say(due) => Some(due),
        Next::Wait(_) => None,
    }
}

/// By a service that names its messages.
fn told_as(ledger: &mut Ledger, due: &Due, now: Instant) {
    ledger.told(0, due, &Receipt::new("1"), now);
}

#[test]
fn the_worst_comes_first_then_the_oldest_and_what_failed_last() {
    let (mut ledger, now) = (ledger(), Instant::now());
    let kinds = ["old", "new"].map(|route| samples::Kind::new(route, Severity::Error));
    let worst = samples::Kind::new("worst", Severity::Critical);
    for kind in kinds.iter().chain([&worst]) {
        counted(&mut ledger, kind, 1, now);
    }
    let later = now + GRACE;
    let mut order = Vec::new();
    for _ in 0..3 {
        let due = due(&mut ledger, later).unwrap();
        ledger.failed(0, &due, &SendError::transient("down"), later);
        order.push(due.subject());
    }
    let subjects = [&worst, &kinds[0], &kinds[1]].map(|kind| Some(kind.fingerprint()));
    assert_eq!(order, subjects);
    assert_eq!(due(&mut ledger, later).unwrap().subject(), subjects[0]);
}

#[test]
fn two_kinds_of_one_fingerprint_are_one_incident() {
    let (mut ledger, now) = (ledger(), Instant::now());
    let kind = samples::Kind::new("a", Severity::Error);
    let other = kind.other_key();
    counted(&mut ledger, &kind, 2, now);
    counted(&mut ledger, &other, 3, now);
    let due = due(&mut ledger, now + GRACE).unwrap();
    assert_eq!((due.count.fresh, due.count.total), (5, 5));
    let (revision, keys) = told(&mut ledger, &due, now + GRACE);
    assert_eq!((revision, keys.len()), (1, 2));
}

#[test]
fn what_is_kept_of_reports_stays_within_its_bytes() {
    let (mut ledger, now) = (ledger(), Instant::now());
    let size = MOST_EXEMPLAR_BYTES / 10 + 1;
    let mut kinds = Vec::new();
    let kept = (0..100).filter(|i| {
        let kind = samples::Kind::new(&i.to_string(), Severity::Critical);
        counted(&mut ledger, &kind, 1, now);
        let kept = ledger.attach(kind.detail(size));
        kinds.push(kind);
        kept
    });
    assert_eq!(kept.count(), 9);
    assert!(ledger.weight <= MOST_EXEMPLAR_BYTES);
    assert!(
        !ledger.attach(kinds[0].detail(size)),
        "the first stays, and there is no room for another"
    );
    while let Some(due) = due(&mut ledger, now + GRACE) {
        told(&mut ledger, &due, now + GRACE);
    }
    assert!(!ledger.attach(kinds[99].detail(size)), "what stands in a chat is edited with them");
    let small = MOST_EXEMPLAR_BYTES / 20;
    assert!(ledger.attach(kinds[0].detail(small)), "a later one");
    assert!(ledger.attach(kinds[99].detail(small)), "makes room once it is told");
    assert!(ledger.weight <= MOST_EXEMPLAR_BYTES);
    ledger.sweep(now + QUIET, |_| true);
    counted(&mut ledger, &kinds[50], 1, now + QUIET);
    assert!(ledger.attach(kinds[50].detail(size)), "what is quiet makes room");
    assert!(ledger.weight <= MOST_EXEMPLAR_BYTES);
    while let Some(due) = due(&mut ledger, now + 2 * QUIET) {
        told(&mut ledger, &due, now + 2 * QUIET);
    }
    ledger.sweep(now + QUIET + REMEMBERED, |_| true);
    assert_eq!(ledger.weight, 0);
}

#[test]
fn what_goes_on_keeps_its_first_report_and_the_new_one_is_the_latest() {
    let (mut ledger, now) = (ledger(), Instant::now());
    let kind = samples::Kind::new("a", Severity::Error);
    for number in 0..4 {
        let at = now + number * (QUIET + GRACE);
        ledger.sweep(at, |_| true);
        counted(&mut ledger, &kind, 1, at);
        assert!(ledger.attach(kind.detail(10)));
        while let Some(due) = due(&mut ledger, at) {
            told(&mut ledger, &due, at);
        }
    }
    let exemplars = &ledger.records[&Some(kind.fingerprint())].exemplars;
    assert!(exemplars.first().is_some() && exemplars.latest().is_some());
}

#[test]
fn a_quiet_incident_is_let_go_only_when_it_is_told_and_nothing_came() {
    let (mut ledger, now) = (ledger(), Instant::now());
    let kind = samples::Kind::new("a", Severity::Error);
    counted(&mut ledger, &kind, 1, now);
    let quiet = now + QUIET;
    ledger.sweep(quiet, |_| true);
    assert_eq!(ledger.records.len(), 1, "it is not told");
    let due = due(&mut ledger, quiet).unwrap();
    told(&mut ledger, &due, now);
    ledger.sweep(quiet, |_| false);
    assert_eq!(ledger.records.len(), 1, "something came");
    ledger.sweep(quiet - Duration::from_secs(1), |_| true);
    assert_eq!(ledger.records.len(), 1, "it is not quiet");
    let mut closed = 0;
    let close = |_| {
        closed += 1;
        true
    };
    ledger.sweep(quiet, close);
    assert_eq!((closed, ledger.records.len()), (1, 1), "it is remembered");
    ledger.sweep(now + REMEMBERED, |_| true);
    assert!(ledger.records.is_empty());
}

#[test]
fn each_channel_knows_what_it_was_told() {
    let (mut ledger, now) = (ledger(), Instant::now());
    let kind = samples::Kind::new("a", Severity::Error);
    ledger.count(&kind.drained(2), moment(now));
    let loud = Target { mention: Some("<!here>".into()), ..Target::plain(1) };
    ledger.count(&kind.to(vec![Target::plain(0), loud]).drained(3), moment(now));
    let due = due(&mut ledger, now + GRACE).unwrap();
    told(&mut ledger, &due, now + GRACE);
    let Next::Say(other) = ledger.next(1, now + GRACE) else { panic!("due there too") };
    assert_eq!(other.count.fresh, 5);
    assert_eq!(other.target.mention.as_deref(), Some("<!here>"));
    assert!(matches!(ledger.next(0, now + GRACE), Next::Wait(None)));
    assert_eq!(ledger.untold(), 5);
}

#[test]
fn what_gets_worse_calls_once_even_while_another_word_is_on_its_way() {
    let (mut ledger, now) = (ledger(), Instant::now());
    let kind = samples::Kind::new("a", Severity::Error);
    let calling = |kind: &samples::Kind, whom: Option<&str>| {
        kind.to(vec![Target { mention: whom.map(Into::into), ..Target::plain(0) }])
    };
    let mut called = |worse: Option<(Severity, Option<&str>)>| {
        counted(&mut ledger, &kind, 1, now);
        ledger.hurry(now + Duration::from_secs(3_600));
        let due = due(&mut ledger, now).unwrap();
        if let Some((severity, whom)) = worse {
            counted(&mut ledger, &calling(&samples::Kind::new("a", severity), whom), 1, now);
        }
        told(&mut ledger, &due, now);
        due.target.mention.as_deref().map(str::to_owned)
    };
    assert_eq!(called(Some((Severity::Critical, Some("<!here>")))), None);
    assert_eq!(called(None).as_deref(), Some("<!here>"));
    assert_eq!(called(Some((Severity::Critical, Some("<!channel>")))), None);
    assert_eq!(called(None), None, "it is no worse than before");
}

#[test]
fn whom_nobody_called_yet_is_called_when_it_gets_worse() {
    let (mut ledger, now) = (ledger(), Instant::now());
    let kind = samples::Kind::new("a", Severity::Error);
    let loud = Target { mention: Some("<!here>".into()), ..Target::plain(0) };
    counted(&mut ledger, &kind.to(vec![loud]), 1, now);
    counted(&mut ledger, &samples::Kind::new("a", Severity::Critical), 1, now);
    let due = due(&mut ledger, now + GRACE).unwrap();
    assert_eq!(due.target.mention.as_deref(), Some("<!here>"));
}

#[test]
fn what_goes_nowhere_is_let_go_and_nobody_asks_for_its_details() {
    let (mut ledger, now) = (ledger(), Instant::now());
    let kind = samples::Kind::new("a", Severity::Critical);
    let off = samples::Kind::new("a", Severity::Error).to(Vec::new());
    counted(&mut ledger, &off, 7, now);
    assert!(matches!(ledger.next(0, now + QUIET), Next::Wait(None)));
    let later = now + FULL_PERIOD;
    counted(&mut ledger, &kind, 2, later);
    let due = due(&mut ledger, later + GRACE).unwrap();
    assert_eq!((due.count.total, due.count.fresh, due.count.over), (2, 2, Duration::ZERO));
    assert_eq!(told(&mut ledger, &due, later + GRACE).1, [kind.key]);
    // The last word: the others were more than the first.
    let due = self::due(&mut ledger, later + GRACE + QUIET);
    assert!(due.is_none(), "nothing came");
    let mut closed = Vec::new();
    ledger.sweep(later + QUIET, |key| {
        closed.push(key);
        true
    });
    assert_eq!(closed, [kind.key, off.key]);
}

#[test]
fn the_next_word_is_waited_for_exactly() {
    let (mut ledger, now) = (ledger(), Instant::now());
    let kind = samples::Kind::new("a", Severity::Error);
    counted(&mut ledger, &kind, 1, now);
    assert!(matches!(ledger.next(0, now), Next::Wait(Some(at)) if at == now + GRACE));
    assert!(ledger.attach(kind.detail(10)));
    let due = due(&mut ledger, now).unwrap();
    told(&mut ledger, &due, now);
    counted(&mut ledger, &kind, 1, now);
    assert!(matches!(ledger.next(0, now), Next::Wait(Some(at)) if at == now + FULL_PERIOD));
}

/// A ledger of one channel that takes two new incidents at once, and so many kinds that fail once.
fn stormy(kinds: usize, now: Instant) -> (Ledger, Vec<samples::Kind>) {
    let can = Capabilities::default().limits(Limits::default().total(2_700));
    let settings = Incidents::default().storm(2, Duration::from_secs(30));
    let mut ledger = Ledger::new(settings, [can]);
    let kinds: Vec<_> =
        (0..kinds).map(|n| samples::Kind::new(&n.to_string(), Severity::Error)).collect();
    kinds.iter().for_each(|kind| counted(&mut ledger, kind, 1, now));
    (ledger, kinds)
}

/// Tells all that is due; gives how many kinds each message is about.
fn tell_all(ledger: &mut Ledger, now: Instant) -> Vec<usize> {
    let mut told_of = Vec::new();
    while let Some(due) = due(ledger, now) {
        told_of.push(match &due.about {
            About::Incident(_) => 1,
            About::Storm(of) => of.members.len(),
        });
        told(ledger, &due, now);
    }
    told_of
}

#[test]
fn what_there_is_no_room_for_is_told_together_and_then_known() {
    let now = Instant::now();
    let (mut ledger, kinds) = stormy(6, now);
    assert_eq!(tell_all(&mut ledger, now + GRACE), [1, 1]);
    assert_eq!(ledger.untold(), 4);
    assert_eq!(tell_all(&mut ledger, now + 2 * GRACE), [4]);
    assert_eq!(ledger.untold(), 0);
    counted(&mut ledger, &kinds[5], 3, now + 3 * GRACE);
    assert_eq!(ledger.untold(), 3);
    assert!(tell_all(&mut ledger, now + QUIET).is_empty() || ledger.untold() == 0);
    // The end lists them all, though two of them failed once.
    assert_eq!(tell_all(&mut ledger, now + 3 * GRACE + QUIET), [4]);
    assert_eq!(ledger.untold(), 0);
    assert_eq!(tell_all(&mut ledger, now + 2 * QUIET), [0; 0]);
}

#[test]
fn a_long_list_takes_several_messages_and_names_each_kind_once() {
    let now = Instant::now();
    let (mut ledger, kinds) = stormy(62, now);
    tell_all(&mut ledger, now + GRACE);
    assert_eq!(tell_all(&mut ledger, now + 2 * GRACE), [60]);
    let pages = tell_all(&mut ledger, now + QUIET);
    assert!(pages.len() > 1 && pages.iter().sum::<usize>() == 60, "{pages:?}");
    assert_eq!(ledger.untold(), 0);
    counted(&mut ledger, &kinds[61], 2, now + 2 * QUIET);
    assert_eq!(tell_all(&mut ledger, now + 2 * QUIET + GRACE), [1], "it is told by itself again");
    assert_eq!(ledger.untold(), 0);
}

#[test]
fn what_fails_between_the_pages_of_a_list_is_told() {
    let now = Instant::now();
    let (mut ledger, kinds) = stormy(62, now);
    for at in [GRACE, 2 * GRACE] {
        tell_all(&mut ledger, now + at);
    }
    let first = due(&mut ledger, now + QUIET).unwrap();
    told(&mut ledger, &first, now + QUIET);
    kinds.iter().for_each(|kind| counted(&mut ledger, kind, 1, now + QUIET));
    let mut fresh = 0;
    for at in [QUIET + GRACE, 2 * QUIET, 3 * QUIET, 4 * QUIET] {
        while let Some(due) = due(&mut ledger, now + at) {
            fresh += due.count.fresh;
            told(&mut ledger, &due, now + at);
        }
    }
    assert_eq!((fresh, ledger.untold()), (62, 0));
}

#[test]
fn a_flush_does_not_wait_for_what_is_told_together() {
    let now = Instant::now();
    let (mut ledger, _) = stormy(6, now);
    ledger.hurry(now + Duration::from_secs(3_600));
    assert!(ledger.is_hurried(0));
    assert_eq!(tell_all(&mut ledger, now), [1, 1, 4]);
    assert!(!ledger.is_hurried(0));
    assert_eq!((ledger.missed(0), ledger.untold()), (0, 0));
}

#[test]
fn what_gets_critical_leaves_the_others() {
    let now = Instant::now();
    let (mut ledger, _) = stormy(6, now);
    tell_all(&mut ledger, now + GRACE);
    tell_all(&mut ledger, now + 2 * GRACE);
    counted(&mut ledger, &samples::Kind::new("5", Severity::Critical), 1, now + 3 * GRACE);
    let due = due(&mut ledger, now + 3 * GRACE).unwrap();
    assert_eq!(
        (due.subject(), due.why),
        (Some(samples::Kind::new("5", Severity::Error).fingerprint()), Reason::Open)
    );
    assert_eq!(due.count.fresh, 1, "the other one was told with the others");
    told(&mut ledger, &due, now + 3 * GRACE);
    assert_eq!(ledger.untold(), 0);
}

#[test]
fn what_comes_back_after_its_storm_is_told_by_itself() {
    let now = Instant::now();
    let (mut ledger, kinds) = stormy(6, now);
    for at in [GRACE, 2 * GRACE, QUIET] {
        tell_all(&mut ledger, now + at);
    }
    let later = now + 2 * QUIET;
    counted(&mut ledger, &kinds[5], 2, later);
    let due = due(&mut ledger, later + GRACE).unwrap();
    assert_eq!((due.why, due.count.fresh), (Reason::Again(2 * QUIET), 2));
}

#[test]
fn a_channel_is_told_of_what_another_one_does_not_take_unless_it_knows() {
    let (mut ledger, now) = (ledger(), Instant::now());
    let kind = samples::Kind::new("a", Severity::Error);
    counted(&mut ledger, &kind, 2, now);
    let note: Arc<str> = "instead of #errors".into();
    ledger.divert(0, 1, &note);
    counted(&mut ledger, &samples::Kind::new("b", Severity::Error), 1, now);
    let known =
        samples::Kind::new("c", Severity::Error).to(vec![Target::plain(0), Target::plain(1)]);
    counted(&mut ledger, &known, 1, now);
    let mut notes = Vec::new();
    while let Next::Say(due) = ledger.next(1, now + GRACE) {
        notes.push(due.instead_of.is_some());
        ledger.told(1, &due, &Receipt::none(), now + GRACE);
    }
    assert_eq!(notes, [true, true, false]);
    ledger.undivert(0);
    counted(&mut ledger, &samples::Kind::new("d", Severity::Error), 1, now);
    assert!(matches!(ledger.next(1, now + GRACE), Next::Wait(_)));
}

#[test]
fn a_storm_whose_members_all_left_ends_and_hides_nothing() {
    let now = Instant::now();
    let (mut ledger, kinds) = stormy(4, now);
    for at in [GRACE, 2 * GRACE] {
        tell_all(&mut ledger, now + at);
    }
    for route in ["2", "3"] {
        let critical = samples::Kind::new(route, Severity::Critical);
        counted(&mut ledger, &critical, 1, now + 3 * GRACE);
    }
    assert_eq!(tell_all(&mut ledger, now + 3 * GRACE), [1, 1]);
    counted(&mut ledger, &kinds[0], 5, now + FULL_PERIOD);
    assert_eq!(tell_all(&mut ledger, now + 2 * FULL_PERIOD), [1]);
    assert_eq!(ledger.untold(), 0);
}

#[test]
fn a_single_new_kind_waits_for_room_and_is_told_by_itself() {
    let now = Instant::now();
    let (mut ledger, _) = stormy(3, now);
    assert_eq!(tell_all(&mut ledger, now + GRACE), [1, 1]);
    let Next::Wait(Some(at)) = ledger.next(0, now + GRACE) else { panic!("it waits") };
    assert!(at > now + GRACE && at <= now + GRACE + Duration::from_secs(30), "{:?}", at - now);
    let due = due(&mut ledger, at).unwrap();
    assert_eq!((due.why, due.count.fresh), (Reason::Open, 1));
}

#[test]
fn what_fails_as_often_as_would_escalate_leaves_the_others() {
    let now = Instant::now();
    let (mut ledger, kinds) = stormy(6, now);
    for at in [GRACE, 2 * GRACE] {
        tell_all(&mut ledger, now + at);
    }
    let later = now + 2 * FULL_PERIOD;
    counted(&mut ledger, &kinds[5], 50, later);
    let due = due(&mut ledger, later).unwrap();
    assert_eq!((due.subject(), due.why), (Some(kinds[5].fingerprint()), Reason::Open));
    assert_eq!(due.count.fresh, 50);
    told(&mut ledger, &due, later);
    assert_eq!(ledger.untold(), 0);
}

#[test]
fn what_a_fallback_told_is_told_and_it_falls_silent_when_the_channel_is_back() {
    let (mut ledger, now) = (ledger(), Instant::now());
    let kind = samples::Kind::new("a", Severity::Error);
    counted(&mut ledger, &kind, 2, now);
    ledger.divert(0, 1, &"instead of #errors".into());
    let Next::Say(due) = ledger.next(1, now + GRACE) else { panic!("due there") };
    ledger.told(1, &due, &Receipt::none(), now + GRACE);
    assert_eq!((ledger.untold(), ledger.missed(0)), (0, 0));
    ledger.undivert(0);
    counted(&mut ledger, &kind, 3, now + 2 * QUIET);
    assert!(matches!(ledger.next(1, now + 3 * QUIET), Next::Wait(None)));
    let due = self::due(&mut ledger, now + 3 * QUIET).unwrap();
    assert_eq!(due.count.fresh, 3);
}

#[test]
fn a_flush_under_way_asks_the_fallback_too() {
    let (mut ledger, now) = (ledger(), Instant::now());
    counted(&mut ledger, &samples::Kind::new("a", Severity::Error), 1, now);
    ledger.hurry(now + Duration::from_secs(3_600));
    ledger.divert(0, 1, &"instead of #errors".into());
    assert!(ledger.is_hurried(1));
}

#[test]
fn a_dead_channel_holds_no_kind_of_the_others() {
    let (mut ledger, now) = (ledger(), Instant::now());
    let both = vec![Target::plain(0), Target::plain(1)];
    counted(&mut ledger, &samples::Kind::new("a", Severity::Error).to(both), 1, now);
    ledger.set_broken(0, true);
    let Next::Say(due) = ledger.next(1, now + GRACE) else { panic!("due there") };
    ledger.told(1, &due, &Receipt::none(), now + GRACE);
    let mut closed = 0;
    let close = |_| {
        closed += 1;
        true
    };
    // What is due in the dead channel keeps nothing open.
    ledger.sweep(now + QUIET, close);
    assert_eq!(closed, 1);
}

#[test]
fn edits_may_be_as_rare_as_a_transport_likes() {
    let can = Capabilities::default().edit(true).edit_period(Duration::MAX);
    let (mut ledger, now) = (Ledger::new(Incidents::default(), [can]), Instant::now());
    let kind = samples::Kind::new("a", Severity::Error);
    counted(&mut ledger, &kind, 1, now);
    let due = due(&mut ledger, now + GRACE).unwrap();
    ledger.told(0, &due, &Receipt::new("1"), now + GRACE);
    counted(&mut ledger, &kind, 1, now + GRACE);
    assert!(matches!(ledger.next(0, now + GRACE), Next::Wait(Some(_))));
}

#[test]
fn whoever_was_hit_before_it_was_quiet_counts_anew() {
    let (mut ledger, now) = (ledger(), Instant::now());
    let kind = samples::Kind::new("a", Severity::Error);
    let hit = |name: &str| {
        let user = crate::redact::Redactor::default().user(name, &Default::default());
        if !kind.facts.hit.knows(crate::incident::user_hash(name)) {
            kind.facts.hit.add(crate::incident::user_hash(name), user);
        }
    };
    (0..25).for_each(|number| hit(&format!("user{number}")));
    counted(&mut ledger, &kind, 25, now);
    let first = due(&mut ledger, now + GRACE).unwrap();
    told(&mut ledger, &first, now + GRACE);
    counted(&mut ledger, &kind, 1, now + QUIET);
    hit("user7");
    counted(&mut ledger, &kind, 1, now + QUIET);
    let people = &ledger.records[&Some(kind.fingerprint())].facts.people;
    assert_eq!(people.said().as_deref(), Some("1 user"));
}

#[test]
fn what_was_never_told_does_not_come_back() {
    let (mut ledger, now) = (ledger(), Instant::now());
    let kind = samples::Kind::new("a", Severity::Error);
    counted(&mut ledger, &kind, 5, now);
    counted(&mut ledger, &kind, 1, now + 2 * QUIET);
    let due = due(&mut ledger, now + 2 * QUIET + GRACE).unwrap();
    assert_eq!((due.why, due.count.total, due.after()), (Reason::Open, 6, None));
}

#[test]
fn what_stays_though_it_is_quiet_is_to_bring_its_details() {
    let (mut ledger, now) = (ledger(), Instant::now());
    let targets = [Target::plain(0), Target::plain(1)];
    let kind = samples::Kind::new("a", Severity::Error).to(targets.into());
    counted(&mut ledger, &kind, 1, now);
    let first = due(&mut ledger, now + GRACE).unwrap();
    told(&mut ledger, &first, now + GRACE);
    assert_eq!(ledger.sweep(now + QUIET / 2, |_| true), []);
    assert_eq!(ledger.sweep(now + QUIET, |_| true), [kind.key]);
}

#[test]
fn what_waits_for_room_holds_nothing_else_up() {
    let now = Instant::now();
    let (mut ledger, kinds) = stormy(3, now);
    tell_all(&mut ledger, now + GRACE);
    counted(&mut ledger, &kinds[0], 100, now + GRACE);
    let hour = Duration::from_secs(3_600);
    ledger.settings = Incidents::default().storm(2, hour);
    ledger.lanes[0].bucket.take(ledger.settings.storm, now);
    let due = due(&mut ledger, now + 2 * FULL_PERIOD).unwrap();
    assert_eq!(due.subject(), Some(kinds[0].fingerprint()));
}

#[test]
fn what_would_wait_for_long_is_told_in_a_list_of_its_own() {
    let now = Instant::now();
    let (mut ledger, _) = stormy(3, now);
    let settings = Incidents::default().storm(2, Duration::from_secs(3_600));
    ledger.settings = settings;
    assert_eq!(tell_all(&mut ledger, now + GRACE), [1, 1]);
    assert_eq!(tell_all(&mut ledger, now + 2 * GRACE), [1]);
    assert_eq!(ledger.untold(), 0);
}

#[test]
fn an_edit_calls_nobody_and_the_next_message_does() {
    let settings = Incidents::default().in_full(1, FULL_PERIOD);
    let mut ledger = Ledger::new(settings, [Capabilities::default().edit(true)]);
    let now = Instant::now();
    let kind = samples::Kind::new("a", Severity::Error);
    counted(&mut ledger, &kind, 1, now);
    let due = due(&mut ledger, now + GRACE).unwrap();
    ledger.told(0, &due, &Receipt::new("1"), now + GRACE);
    ledger.sweep(now + GRACE, |_| false);
    let loud = Target { mention: Some("<!here>".into()), ..Target::plain(0) };
    let worse = samples::Kind::new("a", Severity::Critical).to(vec![loud]);
    let later = now + 2 * FULL_PERIOD;
    counted(&mut ledger, &worse, 1, later);
    // Its details are awaited; an edit is due meanwhile.
    let edit = self::due(&mut ledger, later).unwrap();
    assert_eq!((edit.why, edit.target.mention.as_deref()), (Reason::Update, None));
    ledger.told(0, &edit, &Receipt::new("1"), later);
    let called = self::due(&mut ledger, later + GRACE).unwrap();
    assert_eq!((called.why, called.target.mention.as_deref()), (Reason::Worse, Some("<!here>")));
}

#[test]
fn a_fallback_falls_silent_whatever_was_wrong_with_the_channel_last() {
    let (mut ledger, now) = (ledger(), Instant::now());
    counted(&mut ledger, &samples::Kind::new("a", Severity::Error), 1, now);
    ledger.divert(0, 1, &"instead of #errors: 404".into());
    ledger.divert(0, 1, &"instead of #errors: 410".into());
    ledger.undivert(0);
    assert!(matches!(ledger.next(1, now + GRACE), Next::Wait(None)));
}

#[test]
fn a_list_brings_nothing_back_to_mind_unless_something_fails() {
    let settings = Incidents::default().storm(0, FULL_PERIOD).quiet_after(24 * 60 * QUIET);
    let mut ledger = Ledger::new(settings, [Capabilities::default().edit(true)]);
    let now = Instant::now();
    let kinds = ["a", "b"].map(|route| samples::Kind::new(route, Severity::Error));
    kinds.iter().for_each(|kind| counted(&mut ledger, kind, 1, now));
    let mut reasons = Vec::new();
    for minute in 0..12 * 60 {
        let at = now + minute * Duration::from_secs(60);
        if minute == 10 {
            counted(&mut ledger, &kinds[0], 1, at);
        }
        while let Some(due) = due(&mut ledger, at) {
            reasons.push(due.why);
            ledger.told(0, &due, &Receipt::new("1"), at);
        }
    }
    assert_eq!(reasons, [Reason::Open, Reason::Update]);
}

#[test]
fn nobody_is_forgotten_who_is_not_told_yet() {
    let (mut ledger, now) = (ledger(), Instant::now());
    let kind = samples::Kind::new("a", Severity::Error);
    counted(&mut ledger, &kind, 5, now);
    assert!(ledger.attach(kind.detail_of("alice")));
    counted(&mut ledger, &kind, 1, now + 2 * QUIET);
    let due = due(&mut ledger, now + 2 * QUIET + GRACE).unwrap();
    let About::Incident(of) = &due.about else { panic!("{due:?}") };
    assert!(of.report.is_some(), "its details");
    assert_eq!(of.people.named().collect::<Vec<_>>(), ["alice"]);
}

#[test]
fn a_list_is_done_with_a_flush_when_a_member_left_it() {
    let now = Instant::now();
    let (mut ledger, kinds) = stormy(13, now);
    tell_all(&mut ledger, now + GRACE);
    counted(&mut ledger, &kinds[12], 40, now + FULL_PERIOD);
    ledger.hurry(now + Duration::from_secs(3_600));
    tell_all(&mut ledger, now + FULL_PERIOD + GRACE);
    assert_eq!(ledger.untold(), 0);
    assert!(!ledger.is_hurried(0), "nothing is left to say");
    assert!(matches!(ledger.next(0, now + FULL_PERIOD + GRACE), Next::Wait(_)));
}

#[test]
fn what_a_list_told_stays_in_it_until_something_new_fails() {
    let now = Instant::now();
    let (mut ledger, kinds) = stormy(13, now);
    tell_all(&mut ledger, now + GRACE);
    counted(&mut ledger, &kinds[12], 40, now + 2 * GRACE);
    // No room for another one yet: the list has it.
    ledger.hurry(now + Duration::from_secs(3_600));
    tell_all(&mut ledger, now + 2 * GRACE);
    let held = |ledger: &Ledger| {
        let told = &ledger.records[&Some(kinds[12].fingerprint())].tellings[&0];
        told.held.is_some()
    };
    assert!(held(&ledger));
    let with_room = now + 2 * FULL_PERIOD;
    tell_all(&mut ledger, with_room);
    assert!(held(&ledger), "there is nothing to tell of it");
    counted(&mut ledger, &kinds[12], 1, with_room);
    tell_all(&mut ledger, with_room);
    assert!(!held(&ledger));
}

#[test]
fn what_was_tried_in_vain_comes_before_what_matters_less() {
    let now = Instant::now();
    let mut ledger = Ledger::new(Incidents::default(), [Capabilities::default().edit(true)]);
    let [old, new] = ["old", "new"].map(|route| samples::Kind::new(route, Severity::Error));
    counted(&mut ledger, &old, 1, now);
    let first = due(&mut ledger, now + GRACE).unwrap();
    told_as(&mut ledger, &first, now + GRACE);
    let later = now + FULL_PERIOD + 2 * GRACE;
    counted(&mut ledger, &old, 9, later);
    counted(&mut ledger, &new, 1, later);
    let at = later + GRACE;
    for _ in 0..2 {
        let due = due(&mut ledger, at).unwrap();
        assert_eq!((due.why, due.subject()), (Reason::Open, Some(new.fingerprint())));
        ledger.failed(0, &due, &SendError::transient("503"), at);
    }
}

#[test]
fn what_no_channel_took_is_kept_for_it_and_what_is_too_much_is_counted_as_lost() {
    let (mut ledger, now) = (ledger(), Instant::now());
    ledger.set_broken(0, true);
    let kinds: Vec<_> = (0..MOST_REMEMBERED + 3)
        .map(|number| samples::Kind::new(&number.to_string(), Severity::Error))
        .collect();
    kinds.iter().for_each(|kind| counted(&mut ledger, kind, 2, now));
    ledger.sweep(now + 2 * REMEMBERED, |_| true);
    assert_eq!(ledger.untold(), 2 * MOST_REMEMBERED as u64);
    assert_eq!((ledger.take_lost(), ledger.take_lost()), (6, 0));
    assert!(due(&mut ledger, now + 2 * REMEMBERED).is_some(), "it is tried on");
}

#[test]
fn who_joins_hears_of_this_episode_only() {
    let (mut ledger, now) = (ledger(), Instant::now());
    let kind = samples::Kind::new("a", Severity::Error).to(vec![Target::plain(1)]);
    counted(&mut ledger, &kind, 1_000, now);
    let first = due_in(&mut ledger, 1, now + GRACE).unwrap();
    ledger.told(1, &first, &Receipt::none(), now + GRACE);
    let both = kind.to(vec![Target::plain(0), Target::plain(1)]);
    counted(&mut ledger, &both, 1, now + 3 * QUIET);
    let due = due(&mut ledger, now + 3 * QUIET + GRACE).unwrap();
    assert_eq!((due.why, due.count.total, due.after()), (Reason::Open, 1, None));
}

#[test]
fn a_fallback_speaks_for_a_second_channel_on_when_the_first_is_back() {
    let now = Instant::now();
    let mut ledger = Ledger::new(Incidents::default(), [(); 3].map(|()| Capabilities::default()));
    let kind = samples::Kind::new("a", Severity::Error);
    let kind = kind.to(vec![Target::plain(0), Target::plain(1)]);
    for from in [0, 1] {
        ledger.set_broken(from, true);
        ledger.divert(from, 2, &"gone".into());
    }
    counted(&mut ledger, &kind, 6, now);
    let due = due_in(&mut ledger, 2, now + GRACE).unwrap();
    ledger.told(2, &due, &Receipt::none(), now + GRACE);
    assert_eq!(ledger.untold(), 0);
    ledger.undivert(0);
    counted(&mut ledger, &kind, 1, now + SUMMARIES[0]);
    let due = due_in(&mut ledger, 2, now + SUMMARIES[0] + GRACE).unwrap();
    assert_eq!((due.count.fresh, due.instead_of.as_deref()), (1, Some("gone")));
    ledger.undivert(1);
    assert!(matches!(ledger.next(2, now + QUIET), Next::Wait(None)));
}

#[test]
fn a_list_in_a_fallback_says_why_and_counts_for_the_dead_channel() {
    let (mut ledger, now) = (ledger(), Instant::now());
    ledger.set_broken(0, true);
    ledger.divert(0, 1, &"gone".into());
    for number in 0..40 {
        let kind = samples::Kind::new(&number.to_string(), Severity::Error);
        counted(&mut ledger, &kind, 1, now);
    }
    let mut why = Vec::new();
    for at in [now + GRACE, now + 2 * GRACE] {
        while let Some(due) = due_in(&mut ledger, 1, at) {
            why.push(due.instead_of.clone());
            ledger.told(1, &due, &Receipt::none(), at);
        }
    }
    assert_eq!(why, vec![Some("gone".into()); 10 + 1]);
    assert_eq!(ledger.untold(), 0);
    ledger.undivert(0);
    assert!(matches!(ledger.next(1, now + QUIET), Next::Wait(None)), "it falls silent");
}

#[test]
fn where_every_failure_rings_nobody_is_starved_and_nothing_becomes_quiet() {
    let now = Instant::now();
    let mut ledger = Ledger::new(Incidents::off(), [Capabilities::default()]);
    let [hot, rare] = ["hot", "rare"].map(|route| samples::Kind::new(route, Severity::Error));
    let mut said = Vec::new();
    for second in 0..20 {
        let now = now + Duration::from_secs(second);
        counted(&mut ledger, &hot, 10, now);
        counted(&mut ledger, &rare, 1, now);
        if let Some(due) = due(&mut ledger, now) {
            told(&mut ledger, &due, now);
            said.push(due.subject());
        }
    }
    assert!(said.iter().filter(|subject| **subject == Some(rare.fingerprint())).count() > 5);
    counted(&mut ledger, &hot, 3, now + 3 * QUIET);
    let due = due(&mut ledger, now + 3 * QUIET + GRACE).unwrap();
    assert_eq!(due.after(), None);
}
