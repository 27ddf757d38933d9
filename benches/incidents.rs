//! A million failures from two threads: what the engine keeps, and what a failure costs when there are
//! few kinds and when there are as many as are told apart.
//!
//! ```text
//! cargo bench --bench incidents               prints the table
//! cargo bench --bench incidents -- --check    and fails if a row is over its target
//! ```

use std::{
    alloc::System,
    convert::Infallible,
    env,
    process::ExitCode,
    sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::Empty;
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
    // Cargo leaves `--bench` out in `cargo test`.
    if !env::args().any(|arg| arg == "--bench") {
        return ExitCode::SUCCESS;
    }
    println!(
        "| {FAILURES} failures, {THREADS} threads | ns each | kept at most, KiB |\n|---|---:|---:|"
    );
    let [few, many] = [10, 1_000].map(|kinds| {
        let (nanos, bytes) = run(kinds);
        println!("| {kinds} kinds | {nanos:.0} | {} |", bytes / 1024);
        (nanos, bytes)
    });
    let times = many.0 / few.0;
    println!("\n1 000 kinds cost {times:.2} times as much as 10 (at most {MOST_TIMES})");
    let within = many.1 <= MOST_BYTES && times <= MOST_TIMES;
    let check = env::args().any(|arg| arg == "--check");
    if check && !within { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Nanoseconds of one failure on one thread, and the most bytes that were kept meanwhile.
fn run(kinds: usize) -> (f64, usize) {
    let region = Region::new(ALLOCATOR);
    let bell = Bell::builder("shop-api").channel("#errors", Nowhere).build().expect("a bell");
    let paths: Vec<_> = (0..kinds).map(path).collect();
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
                    fail(&bell, &paths);
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
    (nanos, most.into_inner().max(kept()))
}

fn fail(bell: &Bell, paths: &[String]) {
    let failing = service_fn(async |_: Request<Empty<Bytes>>| {
        let mut response = Response::new(Empty::<Bytes>::new());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        Ok::<_, Infallible>(response)
    });
    let mut service = bell.layer().layer(failing);
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(async {
        for number in 0..FAILURES / THREADS {
            let request = Request::get(&paths[number % paths.len()]).header("host", "shop.example");
            let request = request.body(Empty::new()).expect("a request");
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
