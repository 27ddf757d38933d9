//! What redacting costs, over reading the same bytes with serde_json and keeping nothing
//! (`IgnoredAny`). The rounds take turns, and a row is the median of its rounds' ratios, so that
//! whatever else the machine does meets both.
//!
//! ```text
//! cargo bench --bench redact               prints the tables
//! cargo bench --bench redact -- --check    and fails if a row is over its target
//! ```

use std::{
    alloc::System,
    env,
    hint::black_box,
    process::ExitCode,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::Request;
use serde::de::IgnoredAny;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tower_bell::{Redactor, Secret};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn main() -> ExitCode {
    // Cargo leaves `--bench` out in `cargo test`.
    if !env::args().any(|arg| arg == "--bench") {
        return ExitCode::SUCCESS;
    }
    let within = [ratios(), linear(), repeated(), allocations()];
    let check = env::args().any(|arg| arg == "--check");
    if check && within.contains(&false) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Redacting 4 KiB of JSON.
fn ratios() -> bool {
    println!("| 4 KiB of JSON | times `IgnoredAny` | at most | µs |\n|---|---:|---:|---:|");
    let payload = order();
    let read = || drop(black_box(serde_json::from_str::<IgnoredAny>(black_box(&payload))));
    let (by_keys, all) = (Redactor::default().by_keys_only(), Redactor::default());
    let rows = [("by keys", by_keys, 3.0), ("with all detectors", all, 10.0)];
    rows.into_iter().fold(true, |within, (name, redactor, most)| {
        let redact = || drop(black_box(redactor.text(black_box(&payload))));
        let (ratio, micros) = compared(&read, &redact);
        let over = if ratio > most { " over" } else { "" };
        println!("| {name} | {ratio:.2}{over} | {most} | {micros:.1} |");
        within && ratio <= most
    })
}

/// The median of the rounds' ratios, and the microseconds of the fastest round.
fn compared(base: &dyn Fn(), other: &dyn Fn()) -> (f64, f64) {
    let mut ratios = Vec::new();
    let mut fastest = f64::MAX;
    for _ in 0..ROUNDS {
        let (base, other) = (round(base), round(other));
        ratios.push(other / base);
        fastest = fastest.min(other);
    }
    ratios.sort_by(f64::total_cmp);
    (ratios[ROUNDS / 2], fastest)
}

/// Microseconds of one call.
fn round(call: &dyn Fn()) -> f64 {
    let begun = Instant::now();
    (0..CALLS).for_each(|_| call());
    begun.elapsed().as_secs_f64() * 1e6 / f64::from(CALLS)
}

/// Five million bytes of what is hard to read: twice as much may take twice as long, and no more than
/// two seconds.
fn linear() -> bool {
    println!("\n| 5 MB of | s | at most | times the half |\n|---|---:|---:|---:|");
    HARD.iter().fold(true, |within, (name, piece)| {
        let text = piece.repeat(5_000_000 / piece.len());
        let redactor = Redactor::default();
        let taken = |text: &str| {
            let begun = Instant::now();
            drop(black_box(redactor.text(black_box(text))));
            begun.elapsed()
        };
        let half = taken(&text[..piece.len() * (2_500_000 / piece.len())]);
        let whole = taken(&text);
        let growth = whole.as_secs_f64() / half.as_secs_f64().max(1e-9);
        let over = if whole > MOST { " over" } else { "" };
        println!(
            "| {name} | {:.3}{over} | {} | {growth:.1} |",
            whole.as_secs_f64(),
            MOST.as_secs()
        );
        within && whole <= MOST
    })
}

/// Five million bytes of values that repeat themselves and are hidden wherever they stand: in a text,
/// and in requests whose values are looked for in what the error says.
fn repeated() -> bool {
    println!("\n| 5 MB of | s | at most |\n|---|---:|---:|");
    let row = |name: &str, of: &str, work: &dyn Fn()| {
        let begun = Instant::now();
        work();
        let taken = begun.elapsed();
        let over = if taken > MOST { " over" } else { "" };
        println!("| {name}, {of} | {:.3}{over} | {} |", taken.as_secs_f64(), MOST.as_secs());
        taken <= MOST
    };
    REPEATED.iter().fold(true, |within, (name, piece)| {
        let repeat = |bytes: usize| piece.repeat(bytes / piece.len());
        let secret = |bytes: usize| {
            let (value, text) = (repeat(bytes), repeat(5_000_000));
            let redactor = move || Redactor::default().hide_secret(Secret::new(value.clone()));
            move || drop(black_box(redactor().text(black_box(&text))))
        };
        let requests = |request: Request<Bytes>| {
            let redactor = Redactor::default();
            move || (0..5_000_000 / 4_096).for_each(|_| drop(redactor.preview(black_box(&request))))
        };
        let target = Request::get(format!("/x?password={}", repeat(4_096).replace(' ', "+")));
        let json = format!("{{\"password\":\"{}", repeat(4_096));
        let target = target.body(Bytes::new()).expect("a target");
        let json = Request::post("/").body(json.into()).expect("a request");
        let text = Request::post("/").header("content-type", "text/plain");
        let text = text.body(repeat(4_096).into()).expect("a request");
        let within = within & row(name, "a secret of 4 KiB", &secret(4 << 10));
        let within = within & row(name, "a secret of 64 KiB", &secret(64 << 10));
        let within = within & row(name, "in targets", &requests(target));
        let within = within & row(name, "in JSON", &requests(json));
        within & row(name, "in text", &requests(text))
    })
}

/// What is allocated beyond the output: nothing.
fn allocations() -> bool {
    let (payload, redactor) = (order(), Redactor::default());
    drop(redactor.text(&payload));
    let region = Region::new(ALLOCATOR);
    let shown = redactor.text(&payload);
    let change = region.change();
    let beyond = change.bytes_allocated.saturating_sub(shown.capacity());
    println!(
        "\n4 KiB of JSON: {} B of output, {} B in {} allocations and {} reallocations",
        shown.len(),
        change.bytes_allocated,
        change.allocations,
        change.reallocations
    );
    println!(
        "beyond the output: {beyond} B, of which {} B were given back at once",
        change.bytes_deallocated
    );
    // Words that are rewritten are made before they are copied.
    beyond <= change.bytes_deallocated
}

/// An order as a shop takes it: short members, some text, and four secrets.
fn order() -> String {
    let mut items = String::new();
    for n in 0.. {
        let item = format!(
            r#"{{"sku":"LAMP-{}","name":"Desk lamp, brass, no. {n}","quantity":{},"price":{{"amount":{}.95,"currency":"EUR"}},"gift":false,"note":null}}"#,
            1000 + n,
            n % 5 + 1,
            19 + n,
        );
        if items.len() + item.len() > 3_300 {
            break;
        }
        items.extend((n > 0).then_some(','));
        items.push_str(&item);
    }
    let comment = "Please ring twice; the bell is quiet. If nobody opens, leave the parcel with the \
                   neighbours on the second floor, who know about it. The lamps are for the reading \
                   room, so the invoice goes to the library and not to me. Many thanks, and greetings \
                   to all who packed the last one so well that not one glass was broken.";
    format!(
        r#"{{"order":"7f3a9c1e-0b1c-4d5e-8f90-123456789abc","created_at":"2026-11-23T06:40:13Z","customer":{{"name":"Alice Liddell","email":"alice@example.com","password":"hunter2hunter2","address":{{"street":"12 Folly Bridge","city":"Oxford","postcode":"OX1 4JU","country":"GB"}}}},"payment":{{"method":"card","card_number":"4111111111111111","cvc":"123"}},"tags":["spring","repeat customer"],"comment":"{comment}","items":[{items}]}}"#
    )
}

/// Odd, so that one of them is in the middle.
const ROUNDS: usize = 101;
const CALLS: u32 = 100;
const MOST: Duration = Duration::from_secs(2);
const REPEATED: &[(&str, &str)] = &[
    ("letters", "a"),
    ("credentials", "Cookie: ("),
    ("words", "token=abcdef "),
    ("percent signs", "%2561"),
    ("references", "&amp;#37;"),
    ("escapes", "\\u005c"),
];
const HARD: &[(&str, &str)] = &[
    ("brackets", "["),
    ("objects in objects", "{\"a\":"),
    ("unclosed strings", "[\"a\\\","),
    ("escapes", "\\u0041\\"),
    ("values before names", "[{\"value\":1,"),
    ("keys of secrets", "password="),
    ("quotes behind keys", "token:'"),
    ("userinfo", "a://b@"),
    ("slashes", "reset/"),
    ("queries", "?a=1&b;"),
    ("percent signs", "%25%32"),
    ("digits", "4111 "),
    ("addresses", "a@a."),
    ("dotted quads", "1.2.3."),
    ("colons", "::1:"),
    ("account numbers", "DE89 3704 "),
    ("vendors' prefixes", "sk-eyJ."),
    ("keys in PEM", "-----BEGIN "),
    ("tags", "<token>"),
    ("attributes", "<a b=\""),
    ("letters", "a"),
    ("letters beyond ASCII", "é"),
];
