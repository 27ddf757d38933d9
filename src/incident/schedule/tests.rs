use proptest::prelude::*;

use super::{gate::HOUR, *};
use crate::{
    message::Message,
    redact::{Redacted, Redactor},
    report::{Cause, job::Summary},
};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

fn quiet() -> Settings {
    Settings { on_success: OnSuccess::Quiet, ..Settings::default() }
}

fn every(period: Duration) -> Settings {
    Settings { every: Some(period), ..quiet() }
}

fn failure(text: &str) -> Ending {
    let cause: Redacted<Cause> =
        Redactor::default().message(Message::new("")).map(|_| Cause::of_text(&text));
    Ending::Failed(Failure::Returned(cause))
}

fn done() -> Ending {
    Ending::Done(Summary::new())
}

/// One job, at a time that goes on.
struct Clock {
    schedules: Schedules,
    now: Instant,
}

impl Clock {
    fn new() -> Self {
        Self { schedules: Schedules::default(), now: Instant::now() }
    }

    fn start(&mut self, settings: Settings) -> Run {
        self.schedules.started(&"job".into(), settings, self.now)
    }

    fn end(&mut self, run: &Run, ending: Ending) -> Option<What> {
        self.schedules.ended(run, ending, self.now).map(|say| say.what)
    }

    /// A run that takes no time.
    fn run(&mut self, settings: Settings, ending: Ending) -> Option<What> {
        let run = self.start(settings);
        self.end(&run, ending)
    }

    /// What comes up until then, looked at each second.
    fn wait(&mut self, time: Duration) -> Vec<What> {
        let mut said = Vec::new();
        for _ in 0..time.as_secs() {
            self.now += SECOND;
            said.extend(self.schedules.due(self.now).into_iter().map(|say| say.what));
        }
        said
    }
}

fn failures(what: &What) -> Failures {
    match what {
        What::Ended(Ended { failures, .. }) | What::Failing { failures, .. } => *failures,
        _ => Failures::default(),
    }
}

#[test]
fn a_job_that_flaps_each_minute_is_no_flood_and_its_last_state_is_told() {
    let mut clock = Clock::new();
    let mut said = 0;
    for minute in 0..60 {
        let ending = if minute % 2 == 0 { failure("no route") } else { done() };
        said += clock.run(quiet(), ending).iter().count() + clock.wait(MINUTE).len();
    }
    assert_eq!(said, 2 * AT_ONCE);
    let rest = clock.wait(HOUR);
    let [What::Failing { failures, .. }] = &*rest else { panic!("{rest:?}") };
    assert_eq!((failures.in_a_row, failures.fresh.count), (0, 30 - AT_ONCE as u64));
    assert!(clock.run(quiet(), done()).is_none(), "that it works was told with them");
}

#[test]
fn different_texts_without_end_are_no_flood() {
    let mut clock = Clock::new();
    let words = |i: u64| (0..8).map(|bit| if i >> bit & 1 == 0 { 'a' } else { 'b' }).collect();
    let said: Vec<_> = (0..180)
        .flat_map(|i| {
            let text: String = words(i);
            let at_once = clock.run(quiet(), failure(&text));
            at_once.into_iter().chain(clock.wait(MINUTE)).collect::<Vec<_>>()
        })
        .collect();
    assert!(said.len() <= 3 * AT_ONCE, "{}", said.len());
    let told: u64 = said.iter().map(|what| failures(what).fresh.count).sum();
    let rest: u64 = clock.schedules.hurry().iter().map(|say| failures(&say.what).fresh.count).sum();
    assert_eq!(told + rest, 180);
}

#[test]
fn ids_and_numbers_make_no_other_failure() {
    let mut clock = Clock::new();
    assert!(clock.run(quiet(), failure("no row 17")).is_some());
    assert!(clock.run(quiet(), failure("no row 4711")).is_none());
    assert!(clock.run(quiet(), failure("no table")).is_some());
    assert!(clock.run(quiet(), Ending::Failed(Failure::Dropped)).is_some());
}

#[test]
fn a_start_is_told_only_while_the_job_is_not_known_to_fail() {
    let mut clock = Clock::new();
    let always = Settings::default;
    assert!(clock.start(always()).began().is_some());
    assert!(clock.start(quiet()).began().is_none());
    clock.run(always(), failure("no route"));
    assert!(clock.start(always()).began().is_none());
    clock.run(always(), done());
    assert!(clock.start(always()).began().is_some());
}

#[test]
fn the_end_of_a_worry_rings() {
    let mut clock = Clock::new();
    let mut rings = |settings: fn() -> Settings, wait, ending| {
        let run = clock.start(settings());
        clock.wait(wait);
        let say = clock.schedules.ended(&run, ending, clock.now);
        let rings = say.is_some_and(|say| say.rings());
        clock.wait(2 * HOUR);
        rings
    };
    assert!(!rings(Settings::default, SECOND, done()));
    assert!(rings(Settings::default, SECOND, failure("no route")));
    assert!(rings(Settings::default, SECOND, done()));
    assert!(rings(Settings::default, SECOND, Ending::Failed(Failure::Dropped)));
    assert!(rings(|| every(HOUR), 2 * HOUR, done()), "works again, and was too long");
    assert!(rings(|| every(HOUR), SECOND, done()), "was missed");
}

#[test]
fn a_run_whose_start_was_told_is_told_to_its_end() {
    let mut clock = Clock::new();
    let runs: Vec<_> = (0..3).map(|_| clock.start(Settings::default())).collect();
    for run in &runs {
        assert!(run.began().is_some());
        assert!(clock.end(run, failure("no route")).is_some());
    }
}

#[test]
fn runs_that_all_take_too_long_are_told_once_an_hour_with_their_number() {
    let mut clock = Clock::new();
    let limited = || Settings { timeout: Some(30 * SECOND), ..quiet() };
    let mut told = Vec::new();
    for _ in 0..90 {
        let run = clock.start(limited());
        told.extend(clock.wait(40 * SECOND));
        told.extend(clock.end(&run, done()));
        told.extend(clock.wait(20 * SECOND));
    }
    let overruns: Vec<_> = told
        .iter()
        .filter_map(|what| match what {
            What::Overran { runs, going, .. } => Some((runs.count, *going)),
            _ => None,
        })
        .collect();
    assert_eq!(overruns, [(1, true), (60, true)]);
    let ended = told.iter().filter(|what| matches!(what, What::Ended(_))).count();
    assert_eq!((ended, told.len()), (2, 4), "the end of what was told to run still");
    let [What::Overran { runs, going: false, .. }] = &*clock.wait(HOUR) else { panic!() };
    assert_eq!(runs.count, 29);
}

#[test]
fn a_run_that_was_too_long_before_anyone_looked_says_so() {
    let mut clock = Clock::new();
    let run = clock.start(Settings { timeout: Some(SECOND), ..quiet() });
    clock.now += 2 * SECOND;
    let Some(What::Ended(ended)) = clock.end(&run, done()) else { panic!("not told") };
    assert_eq!((ended.overran, ended.took), (Some(SECOND), 2 * SECOND));
}

#[test]
fn without_a_timeout_the_period_is_the_limit() {
    let mut clock = Clock::new();
    let _run = clock.start(every(10 * MINUTE));
    let said = clock.wait(HOUR);
    assert!(matches!(&*said, [What::Overran { going: true, .. }]), "{said:?}");
}

#[test]
fn a_run_may_be_a_tenth_late_and_a_minute_or_a_period_at_least() {
    for (period, grace) in
        [(SECOND, 1), (MINUTE, 60), (600 * SECOND, 60), (HOUR, 360), (240 * HOUR, 7_200)]
    {
        let mut clock = Clock::new();
        clock.run(every(period), done());
        let told = |clock: &mut Clock| clock.schedules.due(clock.now).len();
        clock.now += period + Duration::from_secs(grace - 1);
        assert_eq!(told(&mut clock), 0, "{period:?}");
        clock.now += SECOND;
        assert_eq!(told(&mut clock), 1, "{period:?}");
    }
}

#[test]
fn a_missing_run_that_could_not_be_told_is_told_an_hour_later() {
    for period in [MINUTE, 240 * HOUR] {
        let mut clock = Clock::new();
        clock.run(every(period), done());
        clock.now += 2 * period;
        let said = clock.schedules.due(clock.now).remove(0);
        clock.schedules.put_back(said);
        assert!(clock.wait(HOUR - SECOND).is_empty());
        assert!(matches!(&*clock.wait(SECOND), [What::Missed(_)]));
        assert!(clock.wait(2 * HOUR).is_empty());
    }
}

#[test]
fn no_period_is_too_long_or_too_short() {
    for period in [Duration::ZERO, Duration::MAX] {
        let mut clock = Clock::new();
        let settings = Settings { timeout: Some(Duration::MAX), ..every(period) };
        clock.run(settings, done());
        clock.now += 1_000 * HOUR;
        let said = clock.schedules.due(clock.now);
        assert_eq!(said.is_empty(), period == Duration::MAX);
    }
}

#[test]
fn a_watch_begins_when_it_is_asked_for() {
    let mut clock = Clock::new();
    clock.run(quiet(), done());
    clock.wait(HOUR);
    assert!(clock.schedules.watch(&"job".into(), every(10 * MINUTE), clock.now));
    assert!(clock.wait(10 * MINUTE).is_empty());
    assert!(clock.schedules.watch(&"job".into(), every(10 * MINUTE), clock.now));
    assert_eq!(clock.wait(2 * MINUTE).len(), 1, "a second call does not put it off");
}

#[test]
fn there_is_room_as_long_as_a_job_is_idle() {
    let mut schedules = Schedules::default();
    let now = Instant::now();
    let name = |i: usize| -> Arc<str> { format!("{i}").into() };
    for i in 0..2 * MOST_TASKS {
        let run = schedules.started(&name(i), quiet(), now + Duration::from_secs(i as u64));
        assert_eq!(run.no_room, None);
        schedules.ended(&run, done(), now + Duration::from_secs(i as u64));
    }
    assert_eq!(schedules.jobs.len(), MOST_TASKS);
    assert!(!schedules.jobs.contains_key("0"), "the longest idle one goes");
    let names: Vec<_> = schedules.jobs.keys().cloned().collect();
    let runs: Vec<_> = names.iter().map(|name| schedules.started(name, quiet(), now)).collect();
    for number in 1..3 {
        let lone = schedules.started(&"one more".into(), quiet(), now);
        assert_eq!(lone.no_room, Some(number));
        assert!(schedules.ended(&lone, failure("no route"), now).is_some());
    }
    assert!(runs.iter().all(|run| run.no_room.is_none()));
    assert_eq!(schedules.jobs.len(), MOST_TASKS);
}

#[derive(Clone, Debug)]
enum Step {
    Start(bool),
    /// Ends the run at this place among those that go, with one of a few texts or well.
    End(usize, Option<u8>),
    Wait(u64),
    Hurry,
    /// From now on messages are taken, or not.
    Take(bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => any::<bool>().prop_map(Step::Start),
        3 => (any::<usize>(), proptest::option::weighted(0.8, 0u8..8))
            .prop_map(|(at, text)| Step::End(at, text)),
        3 => prop_oneof![1u64..120, 600u64..8_000].prop_map(Step::Wait),
        1 => Just(Step::Hurry),
        1 => any::<bool>().prop_map(Step::Take),
    ]
}

proptest! {
    #[test]
    fn every_failed_run_is_told_in_exactly_one_count(
        steps in proptest::collection::vec(step(), 0..120),
        on_success in prop_oneof![
            Just(OnSuccess::Always), Just(OnSuccess::OnChange), Just(OnSuccess::Quiet),
        ],
    ) {
        let mut clock = Clock::new();
        let mut going: Vec<Run> = Vec::new();
        let (mut failed, mut told) = (0, 0);
        let (mut started, mut overran, mut taken) = (0, 0, true);
        for step in steps {
            let said = match step {
                Step::Start(watched) => {
                    let every = watched.then_some(10 * MINUTE);
                    let timeout = Some(20 * MINUTE);
                    let settings = Settings { on_success, every, timeout, ..Settings::default() };
                    going.push(clock.start(settings));
                    started += 1;
                    Vec::new()
                }
                Step::End(..) if going.is_empty() => Vec::new(),
                Step::End(at, text) => {
                    let run = going.swap_remove(at % going.len());
                    failed += u64::from(text.is_some());
                    let letter = |text| failure(&"x".repeat(usize::from(text)));
                    let what = clock.end(&run, text.map_or_else(done, letter));
                    prop_assert!(what.is_some() || run.began().is_none());
                    what.into_iter().collect()
                }
                Step::Wait(seconds) => {
                    clock.now += Duration::from_secs(seconds);
                    clock.schedules.due(clock.now).into_iter().map(|say| say.what).collect()
                }
                Step::Hurry => {
                    clock.schedules.hurry().into_iter().map(|say| say.what).collect()
                }
                Step::Take(from_now_on) => {
                    taken = from_now_on;
                    Vec::new()
                }
            };
            for what in said {
                prop_assert!(failures(&what).in_a_row <= failed);
                let is_count = !matches!(&what, What::Ended(Ended { ending: Ending::Done(_), .. }));
                if is_count && !taken {
                    let settings = Arc::default();
                    clock.schedules.put_back(Say { task: "job".into(), settings, what });
                    continue;
                }
                told += failures(&what).fresh.count;
                match what {
                    What::Missed(_) => prop_assert!(going.is_empty(), "missed while it runs"),
                    What::Overran { runs, .. } => overran += runs.count,
                    _ => {}
                }
            }
            prop_assert!(told <= failed && overran <= started);
        }
        told += clock.schedules.hurry().iter().map(|say| failures(&say.what).fresh.count).sum::<u64>();
        prop_assert_eq!(told, failed);
        prop_assert!(clock.schedules.hurry().is_empty());
    }
}
