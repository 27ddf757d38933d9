//! Channels by importance: the five of a small team. `cargo run --example channels`

use std::time::Duration;

use tower_bell::{Bell, Message, Route, Severity, Topic, transport::console::Console};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // With a Slack bot: `let to = |channel| bot.to(channel);`
    let to = |channel| Console::new().label(channel);
    let bell = Bell::builder("shop-api")
        .channel("#non-critical-server-errors", to("#non-critical-server-errors"))
        .channel("#critical-server-errors", to("#critical-server-errors"))
        .channel("#financials", to("#financials"))
        .channel("#user-behavior", to("#user-behavior"))
        .channel("#application-stats", to("#application-stats"))
        .route(Route::severity(Severity::Critical).to("#critical-server-errors").mention("<!here>"))
        .route(Route::topic(Topic::Payment).to("#financials"))
        .route(Route::topic(Topic::User).to("#user-behavior"))
        .route(Route::topic(Topic::Task).to("#application-stats"))
        .route(Route::topic(Topic::Stats).to("#application-stats"))
        .build()?;

    let alice = "alice@example.com";
    bell.event(Topic::User, ":tada: New user registration!").user(alice).send();
    bell.event(Topic::Payment, ":moneybag: Upgraded").user(alice).amount(4900, "usd").send();
    bell.event(Topic::Stats, ":bar_chart: 312 users").field("growth", "+4 %").send();
    bell.event(Topic::User, ":no_entry: Nobody can register")
        .severity(Severity::Critical)
        .user(alice)
        .send();
    bell.send(Message::new("What no route takes goes to the first channel."));

    println!("{:?}", bell.shutdown_blocking(Duration::from_secs(5)));
    Ok(())
}
