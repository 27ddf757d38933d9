//! Events: what happened to whom, in one line each. `cargo run --example events`

use std::time::Duration;

use tower_bell::{Bell, Message, Severity, Topic};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let bell = Bell::from_env("events")?;

    bell.send(Message::new(":rocket: Nice job, I'm all set up!").username("MyApp Bot"));

    bell.event(Topic::User, ":tada: New user registration!")
        .user("alice@example.com")
        .field("plan", "pro")
        .send();

    // Amounts are in the smallest unit, as payment providers count. Told once, however often the
    // provider repeats itself.
    bell.event(Topic::Payment, ":moneybag: Upgraded")
        .user("alice@example.com")
        .amount(4900, "usd")
        .key("evt_1PqXyz")
        .send();

    // Inside a request that then fails, this and the failure are one message.
    bell.event("onboarding", ":no_entry: Import failed")
        .severity(Severity::Error)
        .user("alice@example.com")
        .error(&std::fs::read("/no/such/file").unwrap_err())
        .send();

    println!("{:?}", bell.shutdown_blocking(Duration::from_secs(5)));
    Ok(())
}
