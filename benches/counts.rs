//! Instructions and allocations per request, counted by callgrind: the same numbers on every run of
//! one build, whatever else the machine does. (But for axum's own maps: they are seeded at random,
//! and about one run in fifty needs twelve instructions more in one of them.)
//!
//! ```text
//! cargo bench --bench counts                        prints the table
//! cargo bench --bench counts -- --check             and fails if a row is over its target
//! cargo bench --bench counts -- --profile Bell Get  shows where the instructions go
//! ```
//!
//! Needs valgrind. Each measurement is a run of this program under callgrind, which collects inside
//! [`counted_requests`] only: start-up, warm-up and the bell's own thread are left out. A row is a
//! difference: what the bell adds to a request over what stands in its place.

use std::{
    alloc::System,
    collections::HashMap,
    env,
    fmt::{self, Debug, Display},
    fs, io,
    ops::Sub,
    path::PathBuf,
    process::{Command, ExitCode},
};

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use support::{
    apps::{App, Around},
    asks::{Ask, Template},
};

mod support {
    pub(crate) mod apps;
    pub(crate) mod asks;
    pub(crate) mod headers;
}

fn main() -> ExitCode {
    let args: Vec<_> = env::args().skip(1).collect();
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    // Cargo puts `--bench` last, and leaves it out in `cargo test`.
    let done = match args[..] {
        [] => Ok(true),
        ["--bench"] | ["--check", "--bench"] => print_table(),
        ["--profile", around, ask, "--bench"] => profile(around, ask).map(|()| true),
        ["--requests", around, ask] => request(around, ask).map(|()| true),
        _ => Err(io::Error::other("unknown arguments: see the top of benches/counts.rs")),
    };
    match done {
        Ok(within) if within || !args.contains(&"--check") => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// One line of the table.
struct Row {
    name: &'static str,
    around: Around,
    ask: Ask,
    added: Added,
    target: Option<Counts>,
    /// What the prototype of the design took.
    prototype: Option<Counts>,
}

/// To what the bell adds something.
#[derive(Clone, Copy)]
enum Added {
    /// To the same request with this in the layer's place.
    Over(Around),
    /// To what it adds to a request that succeeds, both over [`Around::Identity`].
    OverSuccess,
    /// To a failure of a known kind whose details nobody wants.
    OverKnown,
}

/// Of one request.
#[derive(Clone, Copy)]
struct Counts {
    instructions: i64,
    allocations: i64,
}

type Known = HashMap<(Around, Ask), Counts>;

/// Prints the table. Gives whether every row is within its target.
fn print_table() -> io::Result<bool> {
    println!("Added per request, instructions / allocations\n");
    println!("| case | measured | at most | prototype |\n|---|---:|---:|---:|");
    let (mut known, mut within) = (Known::new(), true);
    for row in rows() {
        let counts = row.counts(&mut known)?;
        let is_over = row.target.is_some_and(|target| counts.is_over(target));
        within &= !is_over;
        let mark = if is_over { " OVER" } else { "" };
        let show = |counts: Option<Counts>| counts.map_or(String::new(), |c| c.to_string());
        let (target, prototype) = (show(row.target), show(row.prototype));
        println!("| {} | {counts}{mark} | {target} | {prototype} |", row.name);
    }
    Ok(within)
}

impl Row {
    fn counts(&self, known: &mut Known) -> io::Result<Counts> {
        let mut count = |around, ask| match known.get(&(around, ask)) {
            Some(counts) => Ok(*counts),
            None => counted(around, ask).inspect(|counts| {
                known.insert((around, ask), *counts);
            }),
        };
        let measured = count(self.around, self.ask)?;
        Ok(match self.added {
            Added::Over(base) => measured - count(base, self.ask)?,
            Added::OverKnown => measured - count(self.around, Ask::Status)?,
            Added::OverSuccess => {
                let success = count(self.around, Ask::Get)? - count(Around::Identity, Ask::Get)?;
                measured - count(Around::Identity, self.ask)? - success
            }
        })
    }
}

/// Runs this program under callgrind.
fn counted(around: Around, ask: Ask) -> io::Result<Counts> {
    let (allocations, profile) = callgrind(around, ask)?;
    let instructions = fs::read_to_string(&profile)?.lines().find_map(totals).unwrap_or(0);
    fs::remove_file(profile)?;
    if instructions == 0 {
        return Err(io::Error::other("callgrind did not find `counted_requests`"));
    }
    let requests = ask.rounds().1 as i64;
    let per_request = |all: i64| (all + requests / 2) / requests;
    Ok(Counts { instructions: per_request(instructions), allocations: per_request(allocations) })
}

fn totals(line: &str) -> Option<i64> {
    line.strip_prefix("totals: ")?.parse().ok()
}

fn profile(around: &str, ask: &str) -> io::Result<()> {
    let (_, profile) = callgrind(named(Around::ALL, around)?, named(Ask::ALL, ask)?)?;
    Command::new("callgrind_annotate")
        .args(["--auto=yes", "--threshold=95"])
        .arg(&profile)
        .status()?;
    fs::remove_file(profile)
}

/// Gives how many allocations were counted, and the file with callgrind's profile.
fn callgrind(around: Around, ask: Ask) -> io::Result<(i64, PathBuf)> {
    let name = format!("tower-bell-{}-{around:?}-{ask:?}", std::process::id());
    let profile = env::temp_dir().join(name);
    let ran = Command::new("valgrind")
        .env("GLIBC_TUNABLES", TUNABLES)
        .args(["--tool=callgrind", "--toggle-collect=*counted_requests*"])
        .arg(format!("--callgrind-out-file={}", profile.display()))
        .arg(env::current_exe()?)
        .args(["--requests", &format!("{around:?}"), &format!("{ask:?}")])
        .output()
        .map_err(|error| io::Error::other(format!("valgrind: {error}")))?;
    let allocations = String::from_utf8_lossy(&ran.stdout).trim().parse();
    let allocations =
        allocations.map_err(|_| io::Error::other(String::from_utf8_lossy(&ran.stderr)))?;
    Ok((allocations, profile))
}

/// What runs under callgrind.
fn request(around: &str, ask: &str) -> io::Result<()> {
    let (around, ask) = (named(Around::ALL, around)?, named(Ask::ALL, ask)?);
    let app = App::new(around);
    let (warm_up, requests) = ask.rounds();
    for n in 0..warm_up {
        app.answer(ask.template(n).request());
    }
    let templates: Vec<_> = (0..requests).map(|n| ask.template(warm_up + n)).collect();
    let allocated = Region::new(ALLOCATOR);
    counted_requests(&app, &templates);
    let allocated = allocated.change();
    println!("{}", allocated.allocations + allocated.reallocations);
    Ok(())
}

/// Callgrind finds it by this name.
#[inline(never)]
fn counted_requests(app: &App, templates: &[Template]) {
    for template in templates {
        app.answer(template.request());
    }
}

/// No `rep movsb` for long copies, because valgrind counts it per byte; and room in malloc's cache
/// for the many equal pieces of a request, else the counts depend on how the heap happens to lie.
const TUNABLES: &str = "glibc.cpu.x86_rep_movsb_threshold=0x7fffffff:glibc.malloc.tcache_count=64";

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn named<T: Copy + Debug>(all: &[T], name: &str) -> io::Result<T> {
    let found = all.iter().find(|one| format!("{one:?}") == name);
    found.copied().ok_or_else(|| io::Error::other(format!("{name}: one of {all:?}")))
}

impl Ask {
    /// How many requests go before, and how many are counted.
    const fn rounds(self) -> (usize, usize) {
        match self {
            Self::New => (2, 10),
            Self::Flood => (200, 200),
            _ => (100, 400),
        }
    }
}

impl Counts {
    const fn is_over(self, target: Self) -> bool {
        self.instructions > target.instructions || self.allocations > target.allocations
    }
}

impl Sub for Counts {
    type Output = Self;

    fn sub(self, less: Self) -> Self {
        Self {
            instructions: self.instructions - less.instructions,
            allocations: self.allocations - less.allocations,
        }
    }
}

impl Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} / {}", self.instructions, self.allocations)
    }
}

#[rustfmt::skip]
fn rows() -> [Row; 14] {
    use Added::{Over, OverKnown, OverSuccess};
    use Around::{AnyBody, Bare, Bell, Identity, Ignoring, Users, Whole};
    use Ask::{Cause, Flood, Get, New, Post1K, Post64K, Refused, Status, Text};

    const fn is(instructions: i64, allocations: i64) -> Option<Counts> {
        Some(Counts { instructions, allocations })
    }
    [
        // name, around, ask, added, target, prototype
        ("GET", Bell, Get, Over(Identity), is(2_700, 1), is(2_504, 1)),
        ("POST 1 KiB", Bell, Post1K, Over(Identity), is(4_000, 4), is(3_732, 4)),
        ("POST 64 KiB, 8 KiB kept", Bell, Post64K, Over(Identity), is(5_600, 4), is(5_311, 4)),
        ("GET, `ignore_path`", Ignoring, Get, Over(Identity), is(250, 0), None),
        ("GET, round the whole Router", Whole, Get, Over(Bare), is(2_600, 1), is(2_501, 1)),
        ("GET, `any_body()`", AnyBody, Get, Over(Identity), None, is(3_544, 3)),
        ("POST 1 KiB, `any_body()`", AnyBody, Post1K, Over(Identity), None, is(4_475, 5)),
        ("known kind fails: status only", Bell, Status, OverSuccess, is(700, 0), is(303, 0)),
        ("known kind fails: status only, for a user", Users, Status, OverSuccess, is(700, 0), None),
        ("known kind fails: typed cause", Bell, Cause, OverSuccess, is(5_000, 1), is(4_472, 0)),
        ("known kind fails: text in the body", Bell, Text, OverSuccess, is(7_000, 1), is(6_828, 1)),
        ("new kind fails, details taken", Bell, New, OverSuccess, None, None),
        ("new kind fails, queue full", Bell, Flood, OverSuccess, None, None),
        ("wanted details, queue full", Bell, Refused, OverKnown, is(150, 0), None),
    ]
    .map(|(name, around, ask, added, target, prototype)| {
        Row { name, around, ask, added, target, prototype }
    })
}
