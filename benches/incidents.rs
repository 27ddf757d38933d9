//! A million failures from two threads: what the engine keeps, and what a failure costs when there are
//! few kinds and when there are as many as are told apart.
//!
//! ```text
//! cargo bench --bench incidents               prints the table
//! cargo bench --bench incidents -- --check    and fails if a row is over its target
//! ```

use std::{
    alloc::System,
    collections::HashSet,
    convert::Infallible,
    env,
    process::{Command, ExitCode},
    sync::{
        Arc, Barrier, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use axum::body::{Body, Bytes};
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tower::{Layer, Service, service_fn};
use tower_bell::{
    Bell, Message, Secret,
    redact::Redacted,
    transport::{Capabilities, Receipt, SendError, Transport},
};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const FAILURES: usize = 1_000_000;
const THREADS: usize = 2;
/// How often it is looked at what is kept.
const LOOK: Duration = Duration::from_millis(5);
/// What the engine may keep.
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// A failure among a thousand kinds may cost so many times what one among ten costs: the counts of a
/// thousand kinds do not stay in a core's nearest cache.
const MOST_TIMES: f64 = 2.0;

fn main() -> ExitCode {
    let args: Vec<_> = env::args().skip(1).collect();
    match args.iter().position(|arg| arg == "--row") {
        Some(at) => {
            print_row(args.get(at + 1).and_then(|row| ROWS.get(row.parse::<usize>().ok()?)))
        }
        // Cargo leaves `--bench` out in `cargo test`.
        None if !args.iter().any(|arg| arg == "--bench") => ExitCode::SUCCESS,
        None => print_table(args.iter().any(|arg| arg == "--check")),
    }
}

/// What is measured runs in a process of its own: what one leaves behind is none of the next one's.
fn print_table(check: bool) -> ExitCode {
    println!("| {FAILURES} failures, {THREADS} threads | ns each | kept at most, KiB |");
    println!("|---|---:|---:|");
    let measured: Vec<_> = (0..ROWS.len()).map(measured).collect();
    for (row, (nanos, bytes)) in ROWS.iter().zip(&measured) {
        println!("| {} | {nanos:.0} | {} |", row.name, bytes / 1024);
    }
    let times = measured[1].0 / measured[0].0;
    println!("\n1 000 kinds cost {times:.2} times as much as 10 (at most {MOST_TIMES})");
    let is_small = measured.iter().all(|(_, bytes)| *bytes <= MOST_BYTES);
    let within = is_small && times <= MOST_TIMES;
    if check && !within { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn measured(row: usize) -> (f64, usize) {
    let this = env::current_exe().expect("the path of this program");
    let ran = Command::new(this).args(["--row", &row.to_string()]).output().expect("a run");
    let out = String::from_utf8_lossy(&ran.stdout);
    let values = out
        .trim()
        .split_once(' ')
        .and_then(|(nanos, bytes)| Some((nanos.parse().ok()?, bytes.parse().ok()?)));
    values.unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&ran.stderr)))
}

fn print_row(row: Option<&Row>) -> ExitCode {
    let Some(row) = row else { return ExitCode::FAILURE };
    let (nanos, bytes) = run(row);
    println!("{nanos} {bytes}");
    ExitCode::SUCCESS
}

/// What fails.
struct Row {
    name: &'static str,
    kinds: usize,
    /// Users of each kind.
    users: usize,
    /// Bytes of a request's payload.
    payload: usize,
}

const ROWS: [Row; 3] = [
    Row { name: "10 kinds", kinds: 10, users: 0, payload: 0 },
    Row { name: "1 000 kinds", kinds: 1_000, users: 0, payload: 0 },
    Row { name: "1 000 kinds, 40 users each, 8 KiB", kinds: 1_000, users: 40, payload: 8 * 1024 },
];

/// Nanoseconds of one failure on one thread, and the most bytes that were kept meanwhile.
fn run(row: &Row) -> (f64, usize) {
    let region = Region::new(ALLOCATOR);
    let kinds = Arc::new(Mutex::new(HashSet::new()));
    let seen = Arc::clone(&kinds);
    let bell = Bell::builder("shop-api")
        .channel("#errors", Nowhere)
        .fingerprint(move |_, default| {
            seen.lock().expect("no panic").insert(default);
            default
        })
        .build()
        .expect("a bell");
    let paths: Vec<_> = (0..row.kinds).map(path).collect();
    let (start, most) = (Barrier::new(THREADS), AtomicUsize::new(0));
    let kept = || {
        let change = region.change();
        change.bytes_allocated.saturating_sub(change.bytes_deallocated)
    };
    let nanos = thread::scope(|scope| {
        let (done, is_done) = mpsc::channel::<()>();
        scope.spawn(|| {
            let is_done = is_done;
            while is_done.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
                most.fetch_max(kept(), Ordering::Relaxed);
            }
        });
        let threads: Vec<_> = (0..THREADS)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    let begun = Instant::now();
                    fail(&bell, &paths, row);
                    begun.elapsed().as_nanos() as f64
                })
            })
            .collect();
        let all = threads.into_iter().map(|thread| thread.join().expect("no panic"));
        let longest = all.fold(0.0, f64::max);
        drop(done);
        longest / (FAILURES / THREADS) as f64
    });
    // What the worker makes of it.
    let drained = bell.flush_blocking(Duration::from_secs(60));
    assert!(drained.complete, "{drained:?}");
    assert_eq!(bell.stats().failures, FAILURES as u64);
    assert_eq!(kinds.lock().expect("no panic").len(), row.kinds, "each is told apart");
    (nanos, most.into_inner().max(kept()))
}

fn fail(bell: &Bell, paths: &[String], row: &Row) {
    let failing = service_fn(async |request: Request<Body>| {
        // Read, because what nobody reads is not kept.
        drop(request.into_body().collect().await);
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        Ok::<_, Infallible>(response)
    });
    let layer = bell.layer().user_from(|head| {
        let user = head.headers.get("x-user")?.to_str().ok()?;
        Some(user.to_owned())
    });
    // Of bare paths only some hundreds are told apart.
    let layer = layer.route_name(|head| Some(head.uri.path().to_owned()));
    let mut service = layer.layer(failing);
    let users: Vec<_> = (0..row.users).map(|user| format!("user-{user}@shop.example")).collect();
    let payload = Bytes::from(vec![b'x'; row.payload]);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        for number in 0..FAILURES / THREADS {
            let mut request = Request::post(&paths[number % paths.len()])
                .header("host", "shop.example")
                .header("content-type", "text/plain");
            if let Some(user) = users.get(number / paths.len() % users.len().max(1)) {
                request = request.header("x-user", user);
            }
            let request = request.body(Body::from(payload.clone())).expect("a request");
            let Ok(response) = service.call(request).await;
            drop(response);
        }
    });
}

/// Letters only: digits are collapsed.
fn path(number: usize) -> String {
    let letter = |by: usize| char::from(b'a' + u8::try_from(number / by % 26).unwrap_or_default());
    format!("/{}{}{}", letter(1), letter(26), letter(676))
}

/// Takes everything and keeps nothing.
struct Nowhere;

impl Transport for Nowhere {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default().pace(Duration::ZERO).edit(true)
    }

    fn secrets(&self) -> Vec<Secret> {
        Vec::new()
    }

    async fn post(&self, _: &Redacted<Message>) -> Result<Receipt, SendError> {
        Ok(Receipt::new("1"))
    }

    async fn edit(&self, _: &Receipt, _: &Redacted<Message>) -> Result<Receipt, SendError> {
        Ok(Receipt::new("1"))
    }
}
