//! What redacting costs.

use serde::de::IgnoredAny;
use std::{hint::black_box, time::Instant};
use tower_bell::{Message, Redactor};

fn payload() -> String {
    let mut items = String::new();
    let mut n = 0;
    loop {
        let item = format!(
            "{{\"sku\":\"LAMP-{:04}\",\"name\":\"Desk lamp, brass, no. {n}\",\"quantity\":{},\"price\":{{\"amount\":{}.95,\"currency\":\"EUR\"}},\"gift\":false,\"note\":null}}",
            1000 + n,
            n % 5 + 1,
            19 + n
        );
        if items.len() + item.len() > 3300 {
            break;
        }
        if n > 0 {
            items.push(',');
        }
        items.push_str(&item);
        n += 1;
    }
    let mut text = format!(
        "{{\"order\":\"7f3a9c1e-0b1c-4d5e-8f90-123456789abc\",\"created_at\":\"2026-11-23T06:40:13Z\",\"customer\":{{\"name\":\"Alice Liddell\",\"email\":\"alice@example.com\",\"password\":\"hunter2hunter2\",\"address\":{{\"street\":\"12 Folly Bridge\",\"city\":\"Oxford\",\"postcode\":\"OX1 4JU\",\"country\":\"GB\"}}}},\"payment\":{{\"method\":\"card\",\"card_number\":\"4111111111111111\",\"cvc\":\"123\"}},\"tags\":[\"spring\",\"repeat customer\"],\"comment\":\"Please ring twice; the bell is quiet.\",\"items\":[{items}]}}"
    );
    text.truncate(4096);
    text
}

fn main() {
    let p = payload();
    println!("{} bytes", p.len());
    let r = Redactor::default();
    let k = Redactor::default().by_keys_only();
    let time = |f: &dyn Fn()| {
        for _ in 0..200 {
            f()
        }
        let mut best = f64::MAX;
        for _ in 0..20 {
            let t = Instant::now();
            for _ in 0..200 {
                f()
            }
            best = best.min(t.elapsed().as_secs_f64() / 200.0 * 1e6);
        }
        best
    };
    let a = time(&|| {
        black_box(serde_json::from_slice::<IgnoredAny>(black_box(p.as_bytes())).is_ok());
    });
    let b = time(&|| {
        black_box(r.message(Message::new(black_box(p.as_str()))));
    });
    let c = time(&|| {
        black_box(k.text(black_box(p.as_str())));
    });
    let b2 = time(&|| {
        black_box(r.text(black_box(p.as_str())));
    });
    println!(
        "ignored {a:.2} us, message {b:.2} us, keys {c:.2} = {:.1}, text {b2:.2} = {:.1}",
        c / a,
        b2 / a
    );
}
