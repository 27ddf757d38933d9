//! Scheduled jobs: what came of each run, and that there was none. In paused time, with a worker
//! that the test runs.

#![allow(clippy::unwrap_used, reason = "helpers of tests may fail like tests")]

use std::{
    error::Error,
    fmt,
    future::{pending, ready},
    io,
    ops::Deref,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{task::JoinHandle, time::sleep};
use tower_bell::{
    Bell, Message, OnSuccess, Secret, Severity, Summarize, Summary, Topic,
    redact::Redacted,
    transport::{Capabilities, Receipt, SendError, Transport, console::Console, stub::Stub},
};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

/// A service that cannot edit what it was sent.
struct Webhook(Stub);

impl Transport for Webhook {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default().pace(Duration::ZERO)
    }

    fn secrets(&self) -> Vec<Secret> {
        Vec::new()
    }

    async fn post(&self, message: &Redacted<Message>) -> Result<Receipt, SendError> {
        self.0.post(message).await
    }
}

fn bell() -> (Bell, Stub) {
    let stub = Stub::new();
    (bell_with(Webhook(stub.clone())), stub)
}

/// Starts are told too, because they can be completed.
fn editing_bell() -> (Bell, Stub) {
    let stub = Stub::new();
    (bell_with(stub.clone()), stub)
}

fn bell_with(transport: impl Transport) -> Bell {
    let builder = Bell::builder("shop-api").host("web-1").channel("#jobs", transport);
    let (bell, worker) = builder.build_with_worker().unwrap();
    tokio::spawn(worker.run());
    bell
}

/// What rang since the last call, without what is in every message.
async fn rung(stub: &Stub) -> Vec<String> {
    sleep(2 * SECOND).await;
    stub.take().iter().map(|message| in_short(message)).collect()
}

fn edits(stub: &Stub) -> Vec<String> {
    stub.edits().iter().map(|message| in_short(message)).collect()
}

fn in_short(message: &Message) -> String {
    let text = message.plain_text();
    text.replace("   shop-api", "").replace(" · shop-api", "").replace("\nhost web-1", "")
}

fn no_route() -> io::Error {
    io::Error::other("no route to host")
}

async fn sent(count: u64) -> io::Result<Summary> {
    sleep(3 * SECOND).await;
    Ok(Summary::new().count("sent", count))
}

#[derive(Debug)]
struct Outer(io::Error);

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the report was not sent")
    }
}

impl Error for Outer {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

#[tokio::test(start_paused = true)]
async fn a_result_is_told_with_its_counts_and_given_on() {
    let (bell, stub) = bell();
    let task = bell.task("weekly-report").every(WEEK);
    let summary = task.run(|| sent(312)).await.unwrap();
    assert_eq!(summary, Summary::new().count("sent", 312));
    assert_eq!(rung(&stub).await, [":white_check_mark: weekly-report done in 3 s\nsent: 312"]);
}

#[tokio::test(start_paused = true)]
async fn a_result_takes_the_place_of_the_start_where_that_can_be_edited() {
    let (bell, stub) = editing_bell();
    let run = tokio::spawn(bell.task("weekly-report").run(|| sent(312)));
    sleep(SECOND).await;
    assert_eq!(in_short(&stub.messages()[0]), ":hourglass_flowing_sand: weekly-report started");
    run.await.unwrap().unwrap();
    sleep(SECOND).await;
    assert_eq!(edits(&stub), [":white_check_mark: weekly-report done in 3 s\nsent: 312"]);
    assert_eq!(rung(&stub).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_failure_rings_although_its_start_can_be_edited() {
    let (bell, stub) = editing_bell();
    for _ in 0..3 {
        let fails = async || {
            sleep(3 * SECOND).await;
            Err::<(), _>("no paper")
        };
        bell.task("report").run(fails).await.unwrap_err();
    }
    sleep(SECOND).await;
    assert_eq!(edits(&stub), [":x: report failed after 3 s"]);
    assert_eq!(
        rung(&stub).await,
        [":hourglass_flowing_sand: report started", ":x: report failed after 3 s\n> no paper"],
        "the same again is counted, and its start is not told"
    );
    bell.task("report").run(|| ready(())).await;
    assert_eq!(rung(&stub).await.len(), 1);
    stub.assert_rang(0);
}

/// What a console wrote.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn on_a_terminal_a_job_begins_and_its_result_is_told_once_and_whole() {
    let written = Written::default();
    let bell = bell_with(Console::to(written.clone()));
    bell.task("report").run(|| sent(312)).await.unwrap();
    let fails = async || {
        sleep(3 * SECOND).await;
        Err::<(), _>("no paper")
    };
    bell.task("backup").run(fails).await.unwrap_err();
    sleep(SECOND).await;
    let written = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    let written = written.replace("   shop-api", "").replace("\n  host web-1", "");
    assert_eq!(
        written,
        ":hourglass_flowing_sand: report started\n\n\
         :white_check_mark: report done in 3 s\n  sent: 312\n\n\
         :hourglass_flowing_sand: backup started\n\n\
         :x: backup failed after 3 s\n  > no paper\n\n"
    );
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_told_with_its_causes_and_given_on() {
    let (bell, stub) = bell();
    let failed = bell.task("weekly-report").run(|| async {
        sleep(3 * SECOND).await;
        Err::<(), _>(Outer(no_route()))
    });
    assert_eq!(failed.await.unwrap_err().0.to_string(), "no route to host");
    sleep(SECOND).await;
    let message = stub.messages().pop().unwrap();
    assert_eq!((message.level(), message.about()), (Severity::Error, Some(&Topic::Task)));
    assert_eq!(
        rung(&stub).await,
        [":x: weekly-report failed after 3 s\n\
          > the report was not sent: no route to host\nerror tasks::Outer · host web-1"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_told_with_its_line_and_goes_on() {
    let (bell, stub) = bell();
    let task = bell.task("weekly-report");
    let run: JoinHandle<()> = tokio::spawn(task.run(|| async { panic!("no paper") }));
    let payload = run.await.unwrap_err().into_panic();
    assert_eq!(payload.downcast_ref(), Some(&"no paper"));
    let line = line!() - 3;
    assert_eq!(
        rung(&stub).await,
        [format!(
            ":boom: weekly-report panicked after under 1 ms\n\
             > panicked: no paper      tests/tasks.rs:{line}"
        )]
    );
}

#[tokio::test(start_paused = true)]
async fn a_panic_before_there_is_a_future_is_told_too() {
    let (bell, stub) = bell();
    let run = tokio::spawn(bell.task("x").run(|| {
        assert!(bell_is_dry(), "no paper");
        ready(())
    }));
    assert!(run.await.unwrap_err().is_panic());
    assert!(rung(&stub).await[0].starts_with(":boom: x panicked"));
}

fn bell_is_dry() -> bool {
    false
}

#[cfg(feature = "axum")]
#[tokio::test(start_paused = true)]
async fn a_panic_of_a_job_inside_a_request_is_told_of_both_with_its_line() {
    use axum::{Router, body::Body, http::Request, routing::get};
    use tower::ServiceExt;

    let (bell, stub) = bell();
    let in_handler = bell.clone();
    let handler = || async move { in_handler.task("x").run(async || assert!(bell_is_dry())).await };
    let app: Router = Router::new().route("/", get(handler)).layer(bell.layer());
    assert_eq!(app.oneshot(Request::new(Body::empty())).await.unwrap().status(), 500);
    let rung = rung(&stub).await;
    assert_eq!(rung.len(), 2);
    let line = format!("tests/tasks.rs:{}", line!() - 5);
    assert!(rung.iter().all(|text| text.contains(&line)), "{rung:?}");
}

#[tokio::test(start_paused = true)]
async fn a_bad_event_of_a_job_does_not_wait_for_the_end_of_it() {
    let (bell, stub) = bell();
    let event = bell.event(Topic::User, "import is stuck").severity(Severity::Error);
    let task = bell.task("import").on_success(OnSuccess::Quiet);
    let run = tokio::spawn(task.run(async || {
        event.send();
        sleep(HOUR).await;
    }));
    assert_eq!(rung(&stub).await, ["import is stuck"]);
    run.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_job_outlives_the_bell() {
    let (bell, _stub) = bell();
    let run = tokio::spawn(bell.task("import").run(|| sleep(HOUR)));
    sleep(SECOND).await;
    assert!(bell.shutdown(SECOND).await.complete);
    run.await.unwrap();
    assert_eq!(bell.stats().channels[0].refused, 1);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_is_dropped_is_told() {
    let (bell, stub) = bell();
    let run = tokio::spawn(bell.task("weekly-report").run(pending::<()>));
    sleep(12 * SECOND).await;
    run.abort();
    let message = stub.next().await;
    drop(message);
    assert_eq!(
        rung(&stub).await,
        [":warning: weekly-report was dropped after 12 s, before it was done"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_job_that_never_ends_is_told_once_and_is_not_stopped() {
    let (bell, stub) = bell();
    let task = bell.task("import").timeout(10 * MINUTE).on_success(OnSuccess::Quiet);
    let run = tokio::spawn(task.run(|| sleep(3 * HOUR)));
    sleep(2 * HOUR).await;
    assert_eq!(rung(&stub).await, [":hourglass: import is still running after 10 min"]);
    run.await.unwrap();
    assert_eq!(rung(&stub).await, [":white_check_mark: import done in 3 h\nlonger than 10 min"]);
}

#[tokio::test(start_paused = true)]
async fn a_minutely_failure_is_no_flood_and_every_run_is_counted() {
    let (bell, stub) = bell();
    let run = |fails: bool| {
        let task = bell.task("poll").on_success(OnSuccess::Quiet);
        task.run(move || ready(if fails { Err(no_route()) } else { Ok(()) }))
    };
    // Between two looks of the worker's.
    sleep(SECOND / 2).await;
    for _ in 0..120 {
        run(true).await.unwrap_err();
        sleep(MINUTE).await;
    }
    run(false).await.unwrap();
    run(false).await.unwrap();
    let quote = "\n> no route to host\nerror std::io::Error · host web-1";
    assert_eq!(
        rung(&stub).await,
        [
            format!(":x: poll failed after under 1 ms{quote}"),
            format!(":x: poll failed after under 1 ms   ×60 more in 1 h, 61 in a row{quote}"),
            ":tada: poll works again after 120 failures\n\
             took under 1 ms · failed for 2 h · host web-1"
                .to_owned(),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn what_failed_and_is_not_run_any_more_is_told_with_its_number() {
    let (bell, stub) = bell();
    for _ in 0..3 {
        bell.task("poll").run(|| ready(Err::<(), _>("no route"))).await.unwrap_err();
        sleep(MINUTE).await;
    }
    assert_eq!(rung(&stub).await, [":x: poll failed after under 1 ms\n> no route"]);
    sleep(HOUR).await;
    assert_eq!(
        rung(&stub).await,
        [":x: poll keeps failing   ×2 more in 2 min, 3 in a row\n> no route"]
    );
}

#[tokio::test(start_paused = true)]
async fn what_fails_seldom_is_told_each_time() {
    let (bell, stub) = bell();
    for _ in 0..3 {
        bell.task("report").run(|| ready(Err::<(), _>("no paper"))).await.unwrap_err();
        sleep(2 * HOUR).await;
    }
    let failed = ":x: report failed after under 1 ms";
    let quote = "\n> no paper";
    let repeated = |runs: u8| format!("{failed}   {runs} in a row{quote}");
    assert_eq!(rung(&stub).await, [format!("{failed}{quote}"), repeated(2), repeated(3)]);
}

#[tokio::test(start_paused = true)]
async fn another_error_is_told_at_once() {
    let (bell, stub) = bell();
    for text in ["no paper", "no ink", "no paper"] {
        bell.task("report").run(|| ready(Err::<(), _>(text))).await.unwrap_err();
    }
    let rung = rung(&stub).await;
    assert_eq!(rung.len(), 2);
    assert!(rung[1].contains("   2 in a row\n> no ink"), "{}", rung[1]);
}

#[tokio::test(start_paused = true)]
async fn what_is_counted_is_told_before_the_bell_ends() {
    let (bell, stub) = bell();
    for _ in 0..4 {
        bell.task("report").run(|| ready(Err::<(), _>("no paper"))).await.unwrap_err();
    }
    assert!(bell.shutdown(MINUTE).await.complete);
    stub.assert_contains(":x: report keeps failing   ×3 more in under 1 ms, 4 in a row");
}

#[tokio::test(start_paused = true)]
async fn a_job_that_did_not_run_is_told_and_told_again_each_day() {
    let (bell, stub) = bell();
    bell.task("nightly").every(DAY).run(|| sent(1)).await.unwrap();
    rung(&stub).await;
    sleep(25 * HOUR).await;
    assert!(rung(&stub).await.is_empty(), "it may be a little late");
    sleep(2 * HOUR).await;
    let missed = ":alarm_clock: nightly did not run: expected every 24 h, last started";
    assert_eq!(rung(&stub).await, [format!("{missed} 26 h ago")]);
    sleep(DAY).await;
    assert_eq!(rung(&stub).await, [format!("{missed} 2 d 2 h ago, 2 runs missed")]);
    let task = bell.task("nightly").every(DAY).on_success(OnSuccess::Quiet);
    task.run(|| sent(2)).await.unwrap();
    assert_eq!(
        rung(&stub).await,
        [":white_check_mark: nightly done in 3 s\nsent: 2\n2 runs missed before it"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_job_that_is_running_is_not_missing() {
    let (bell, stub) = bell();
    let task = bell.task("hourly").every(HOUR).timeout(DAY);
    let run = tokio::spawn(task.run(|| sleep(5 * HOUR)));
    sleep(4 * HOUR).await;
    assert!(rung(&stub).await.is_empty());
    run.await.unwrap();
    rung(&stub).await;
    sleep(HOUR).await;
    assert!(rung(&stub).await.is_empty(), "a run is expected from the end of the last one on");
    sleep(HOUR).await;
    assert_eq!(
        rung(&stub).await,
        [":alarm_clock: hourly did not run: expected every 1 h, last started 6 h 6 min ago"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_job_that_never_ran_is_told_if_it_is_watched() {
    let (bell, stub) = bell();
    bell.task("nightly").every(DAY).severity(Severity::Critical).watch().unwrap();
    sleep(26 * HOUR + SECOND).await;
    assert_eq!(stub.messages()[0].level(), Severity::Critical);
    assert_eq!(
        rung(&stub).await,
        [":alarm_clock: nightly did not run: expected every 24 h, never started in 26 h"]
    );
    bell.task("nightly").unwatch();
    sleep(2 * DAY).await;
    assert!(rung(&stub).await.is_empty());
}

#[test]
fn a_watch_without_a_name_or_a_period_is_an_error() {
    let bell = Bell::off();
    let error = |task: tower_bell::Task| task.watch().unwrap_err().to_string();
    assert_eq!(error(bell.task("\u{200b} ").every(DAY)), "task: the name is empty");
    assert_eq!(error(bell.task("x")), "task: without `every` there is nothing to watch");
    assert_eq!(bell.task("x").every(DAY).watch(), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn two_runs_at_once_are_told_apart() {
    let (bell, stub) = bell();
    let slow = bell.task("import").run(|| sleep(9 * SECOND));
    let quick = async {
        sleep(SECOND).await;
        bell.task("import").run(|| sleep(SECOND)).await;
    };
    tokio::join!(slow, quick);
    let beside = |run: u8| format!("run {run}; another run of this name was going");
    assert_eq!(
        rung(&stub).await,
        [
            format!(":white_check_mark: import done in 1 s\n{}", beside(2)),
            ":white_check_mark: import done in 9 s".to_owned(),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn only_a_change_is_told_where_that_is_asked_for() {
    let (bell, stub) = bell();
    for count in [1, 1, 2, 2, 1] {
        let task = bell.task("count").on_success(OnSuccess::OnChange);
        task.run(|| ready(Summary::new().count("users", count))).await;
    }
    let counts: Vec<_> =
        rung(&stub).await.iter().map(|text| text.rsplit(' ').next().unwrap().to_owned()).collect();
    assert_eq!(counts, ["1", "2", "1"]);
}

#[tokio::test(start_paused = true)]
async fn hostile_and_huge_texts_stay_readable() {
    let (bell, stub) = bell();
    let name = format!("night\u{202e}ly\n<!channel> @everyone {}", "x".repeat(1_000_000));
    let summary = Summary::new()
        .note("word ".repeat(250_000))
        .note("card 4111 1111 1111 1111, password=hunter2 \u{202e}```")
        .count("n\nn", u64::MAX);
    bell.task(name).run(|| ready(summary)).await;
    let rung = rung(&stub).await.remove(0);
    assert!(rung.starts_with(":white_check_mark: nightly <!channel> @everyone xxx"), "{rung}");
    assert!(rung.contains("n n: 18446744073709551615"), "{rung}");
    assert!(rung.len() < 10_000 && !rung.contains("hunter2") && !rung.contains("4111"), "{rung}");
}

#[tokio::test(start_paused = true)]
async fn a_name_with_a_secret_word_in_it_is_no_secret() {
    let (bell, stub) = bell();
    for name in ["rotate secret", "refresh-token", "password", "api key"] {
        bell.task(name).every(HOUR).run(|| ready(Err::<(), _>("no paper"))).await.unwrap_err();
    }
    sleep(2 * HOUR).await;
    let rung = rung(&stub).await;
    assert_eq!(rung.len(), 8);
    assert!(!rung.iter().any(|text| text.contains("redacted")), "{rung:?}");
}

#[tokio::test(start_paused = true)]
async fn a_secret_in_an_error_is_not_told_whenever_it_is_told() {
    let (bell, stub) = bell();
    for number in 0..3 {
        let error = format!("row {number}: login with password=hunter2 failed");
        bell.task("login").run(|| ready(Err::<(), _>(error))).await.unwrap_err();
    }
    sleep(HOUR + MINUTE).await;
    stub.assert_rang(2);
    stub.assert_no_secret("hunter2");
}

#[tokio::test(start_paused = true)]
async fn a_job_without_a_name_still_runs() {
    let (bell, stub) = bell();
    assert_eq!(bell.task(" ").run(|| ready(Ok::<_, io::Error>(()))).await.ok(), Some(()));
    assert_eq!(rung(&stub).await, [":white_check_mark: task done in under 1 ms"]);
}

#[tokio::test(start_paused = true)]
async fn a_job_of_too_many_is_told_all_the_same() {
    let (bell, stub) = bell();
    for i in 0..tower_bell::source::MOST_TASKS {
        bell.task(format!("t{i}")).every(DAY).watch().unwrap();
    }
    let one_more = bell.task("one more").every(DAY).watch().unwrap_err();
    assert_eq!(one_more.to_string(), "task: there are 1000 already");
    bell.task("one more").run(|| ready(Err::<(), _>("no paper"))).await.unwrap_err();
    assert_eq!(rung(&stub).await, [":x: one more failed after under 1 ms\n> no paper"]);
}

/// `anyhow::Error` and `eyre::Report` look like this to a generic bound.
#[derive(Debug)]
struct Anyhow(Box<dyn Error + Send + Sync>);

impl<E: Error + Send + Sync + 'static> From<E> for Anyhow {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl Deref for Anyhow {
    type Target = dyn Error + Send + Sync + 'static;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

struct Own;

impl Summarize for Own {
    fn summarize(&self) -> Summary {
        panic!("no idea");
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_may_end_with_any_of_these() {
    let (bell, stub) = bell();
    fn fails() -> io::Result<()> {
        Err(no_route())
    }
    let task = || bell.task("t");
    task().run(async || {}).await;
    task().run(|| ready(Own)).await;
    let _ = task().run(|| async { Ok::<_, anyhow::Error>(fails()?) }).await;
    let _ = task().run(|| async { Ok::<_, Anyhow>(fails()?) }).await;
    let _ = task().run(async || -> Result<(), Box<dyn Error + Send + Sync>> { Ok(fails()?) }).await;
    let _ = task().run(async || -> Result<(), Box<dyn Error>> { Ok(fails()?) }).await;
    let _ = task().run(|| ready(Err::<Summary, _>("no route to host".to_owned()))).await;
    let _ = task().run(|| ready(Err::<(), &'static str>("no route to host"))).await;
    let own: Result<Own, io::Error> = task().run(|| ready(Ok(Own))).await;
    assert!(own.is_ok());
    let rung = rung(&stub).await;
    assert!(rung[1].contains("> [its Summarize panicked]"), "{}", rung[1]);
    assert!(rung[2].contains("> no route to host"), "{}", rung[2]);
    assert!(rung[3].contains("works again after 6 failures"), "{}", rung[3]);
}

#[test]
fn a_job_runs_without_a_runtime_and_with_a_bell_that_is_off() {
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    let poll = |bell: &Bell, cx: &mut std::task::Context<'_>| {
        let mut run =
            Box::pin(bell.task("t").timeout(SECOND).run(|| ready(Ok::<_, io::Error>(()))));
        matches!(run.as_mut().poll(cx), std::task::Poll::Ready(Ok(())))
    };
    assert!(poll(&Bell::off(), &mut cx));
    let stub = Stub::new();
    let bell = Bell::builder("s").channel("#jobs", stub.clone()).build().unwrap();
    assert!(poll(&bell, &mut cx));
    assert!(bell.shutdown_blocking(10 * SECOND).complete);
    stub.assert_contains("t done in");
}

#[test]
fn a_run_can_be_sent_if_its_job_can() {
    fn sent<T: Send>(_: T) {}
    let bell = Bell::off();
    sent(bell.task("t").run(|| sent_soon(Arc::new(()))));
    async fn sent_soon(_: Arc<()>) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_panicking_drop_of_a_panicked_job_ends_in_the_first_panic() {
    struct Bad;
    impl Future for Bad {
        type Output = ();
        fn poll(
            self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<()> {
            panic!("first")
        }
    }
    impl Drop for Bad {
        fn drop(&mut self) {
            panic!("second");
        }
    }
    let (bell, _stub) = bell();
    let run = tokio::spawn(bell.task("t").run(|| AssertUnwindSafe(Bad).0));
    assert_eq!(run.await.unwrap_err().into_panic().downcast_ref(), Some(&"first"));
}
