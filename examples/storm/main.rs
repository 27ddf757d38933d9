//! A storm: 10 000 failures of one kind and one each of 200 others, and what two channels make of it,
//! live: one whose messages can be edited, and one whose cannot. Ends by itself, with an error if a
//! failure was neither told nor counted as lost, or if more than 20 messages notified.
//!
//! `cargo run --example storm`

mod chat;
mod clients;

use std::{error::Error, time::Duration};

use axum::{Router, routing::get};
use chat::Chat;
use tokio::{
    net::TcpListener,
    time::{Instant, sleep},
};
use tower_bell::{Bell, Incidents, Route, ServerError, Severity, incident::ESCALATION};

const FREQUENT: usize = 10_000;
const SELDOM: usize = 200;
/// By default 10 minutes: nobody would wait for the end.
const QUIET: Duration = Duration::from_secs(3);
/// More than this a team does not read.
const MOST_MESSAGES: usize = 20;

type BoxError = Box<dyn Error + Send + Sync>;

async fn fail() -> Result<String, ServerError> {
    Err(ServerError::new("the database is away"))
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    println!("✉ notifies, ✎ edits a message. Each channel takes one a second, as in Slack.");
    let start = Instant::now();
    let chats = [Chat::editing("#edits", start), Chat::plain("#plain", start)];
    let [edits, plain] = chats.clone();
    // An escalation may follow as soon as an end, by default after a minute. All else is the default.
    let bell = Bell::builder("storm")
        .channel("#edits", edits)
        .channel("#plain", plain)
        .route(Route::severity(Severity::Info).to("#edits").to("#plain"))
        .incidents(Incidents::default().quiet_after(QUIET).escalate(ESCALATION, QUIET))
        .build()?;

    // What fails on another route is another kind.
    let reports = (0..SELDOM).map(|number| format!("/report/{number}"));
    let app = reports.fold(Router::new(), |app, path| app.route(&path, get(fail)));
    let app = app.route("/checkout", get(fail)).layer(bell.layer());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async { axum::serve(listener, app).await });

    // One report after so many checkouts.
    let each = FREQUENT / SELDOM + 1;
    let path = |request| match request % each == each - 1 {
        true => format!("/report/{}", request / each),
        false => "/checkout".to_owned(),
    };
    let made = clients::get(address, (0..FREQUENT + SELDOM).map(path).collect()).await?;
    println!("{:>6.1} s  {made} requests have failed", start.elapsed().as_secs_f64());

    // The last words: the frequent kind is quiet, and so are those that were told together.
    let deadline = Instant::now() + Duration::from_secs(60);
    while !chats.iter().all(|chat| chat.ended() >= 2) && Instant::now() < deadline {
        sleep(QUIET / 30).await;
    }
    bell.shutdown(Duration::from_secs(5)).await;

    let stats = bell.stats();
    println!("\nchannel   notified  edits    made    told    lost");
    for chat in &chats {
        let (name, notified, edited) = (chat.name(), chat.notified(), chat.edited());
        let (told, lost) = (chat.told(), stats.untold);
        println!("{name:<8}  {notified:>8}  {edited:>5}  {made:>6}  {told:>6}  {lost:>6}");
    }
    let refused: u64 = stats.channels.iter().map(|channel| channel.refused).sum();
    println!(
        "The bell counted {} failures, lost the details of {}, and refused {refused} messages.",
        stats.failures, stats.exemplars_lost
    );

    let balances = |chat: &Chat| chat.told() + stats.untold == made;
    if stats.failures != made || !chats.iter().all(balances) {
        return Err("what was made is not what was told and lost".into());
    }
    if chats.iter().any(|chat| chat.notified() > MOST_MESSAGES) {
        return Err(format!("more than {MOST_MESSAGES} messages notified").into());
    }
    Ok(())
}
