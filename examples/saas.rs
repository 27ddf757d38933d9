//! A small SaaS that tells its team everything: who registers, who pays, what fails, what its jobs
//! found, each in the channel of its importance. No account needed.
//!
//! `cargo run --example saas`; `PORT` chooses another port. Messages are shown in this terminal, or
//! in Slack: by `SLACK_WEBHOOK_URL` all in one channel, by `SLACK_BOT_TOKEN` in five.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    extract::{Path, State},
    routing::{get, post},
};
use http::StatusCode;
use serde_json::{Map, Value};
use tower_bell::{
    Bell, Builder, Message, Route, ServerError, Severity, Summary, Topic, context, slack,
    transport::{Transport, console::Console},
};

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Answer = Result<StatusCode, ServerError>;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let bell = match (env::var("SLACK_WEBHOOK_URL"), env::var("SLACK_BOT_TOKEN")) {
        (Ok(url), _) => {
            let webhook = slack::Webhook::new(url)?;
            team(|_| webhook.clone())
        }
        (_, Ok(token)) => {
            let bot = slack::Bot::new(token)?;
            team(|channel| bot.to(channel))
        }
        _ => team(|channel| Console::new().label(channel)),
    };
    let app = App::new(bell.release(env!("CARGO_PKG_VERSION")).build()?);

    let port = env::var("PORT").unwrap_or_else(|_| "3000".into());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}"))
        .await
        .map_err(|error| format!("port {port}: {error}; PORT chooses another one"))?;
    println!("{}", HELP.replace("HERE", &listener.local_addr()?.to_string()));
    app.bell.send(Message::new(":rocket: Nice job, I'm all set up!").topic(Topic::Stats));
    let stopped = async { drop(tokio::signal::ctrl_c().await) };
    axum::serve(listener, router(app.clone())).with_graceful_shutdown(stopped).await?;
    println!("{:?}", app.bell.shutdown(Duration::from_secs(5)).await);
    Ok(())
}

/// The five channels of the team, and what belongs where.
pub(crate) fn team<T: Transport>(to: impl Fn(&'static str) -> T) -> Builder {
    let channels = [
        "#non-critical-server-errors",
        "#critical-server-errors",
        "#financials",
        "#user-behavior",
        "#application-stats",
    ];
    channels
        .into_iter()
        .fold(Bell::builder("saas"), |bell, name| bell.channel(name, to(name)))
        .environment("example")
        .route(Route::severity(Severity::Critical).to("#critical-server-errors").mention("<!here>"))
        .route(Route::when(|is| is.error_type.ends_with("Down")).to("#critical-server-errors"))
        .route(Route::topic(Topic::Payment).to("#financials"))
        .route(Route::topic(Topic::User).to("#user-behavior"))
        .route(Route::topic(Topic::Task).to("#application-stats"))
        .route(Route::topic(Topic::Stats).to("#application-stats"))
}

#[derive(Clone, Debug)]
pub(crate) struct App {
    pub(crate) bell: Bell,
    accounts: Arc<Mutex<BTreeMap<String, Account>>>,
    /// How many users the last report counted.
    reported: Arc<AtomicUsize>,
}

#[derive(Debug, Default)]
struct Account {
    is_onboarded: bool,
    domains: BTreeSet<String>,
    /// Those that were there once.
    removed: BTreeSet<String>,
}

pub(crate) fn router(app: App) -> Router {
    let layer = app.bell.layer().critical_path("/register").client_errors([StatusCode::NOT_FOUND]);
    Router::new()
        .route("/register", post(register))
        .route("/onboarded", post(onboarded))
        .route("/plan/{plan}", post(change_plan))
        .route("/card", post(change_card))
        .route("/invoice/{cents}", post(charge))
        .route("/domains/{domain}", post(add_domain).delete(remove_domain))
        .route("/slack/disconnect", post(disconnect_slack))
        .route("/report", get(report))
        .route("/jobs/nightly", post(nightly))
        .layer(layer)
        .with_state(app)
}

/// A database that can be down.
#[derive(Debug, thiserror::Error)]
#[error("the database is down")]
pub(crate) struct Down(#[source] io::Error);

#[derive(Debug, thiserror::Error)]
#[error("{0} is registered already")]
struct Duplicate(String);

impl App {
    pub(crate) fn new(bell: Bell) -> Self {
        Self { bell, accounts: Arc::default(), reported: Arc::default() }
    }

    fn accounts(&self) -> MutexGuard<'_, BTreeMap<String, Account>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn insert(&self, email: &str) -> Result<bool, Down> {
        if email.ends_with("@down.example") {
            return Err(Down(io::Error::from(io::ErrorKind::ConnectionRefused)));
        }
        let mut accounts = self.accounts();
        let is_new = !accounts.contains_key(email);
        accounts.entry(email.to_owned()).or_default();
        Ok(is_new)
    }
}

async fn register(State(app): State<App>, Json(form): Json<Map<String, Value>>) -> Answer {
    let email = named(&form, "email")?;
    context::user(email);
    let failed = || app.bell.event(Topic::User, ":no_entry: Registration failed").user(email);
    match app.insert(email) {
        Ok(true) => {
            app.bell
                .event(Topic::User, ":tada: New user registration!")
                .user(email)
                .field("plan", "free")
                .send();
            Ok(StatusCode::CREATED)
        }
        Ok(false) => {
            let why = Duplicate(email.to_owned());
            failed().severity(Severity::Warning).field("code", 409).error(&why).send();
            Ok(StatusCode::CONFLICT)
        }
        // The event waits for the answer: one message tells both.
        Err(down) => {
            failed().severity(Severity::Critical).field("code", 500).error(&down).send();
            Err(down.into())
        }
    }
}

async fn onboarded(State(app): State<App>, Json(form): Json<Map<String, Value>>) -> Answer {
    let user = user(&form)?;
    app.accounts().entry(user.clone()).or_default().is_onboarded = true;
    app.bell.event(Topic::User, ":checkered_flag: Finished onboarding").user(user).send();
    Ok(StatusCode::OK)
}

async fn change_plan(
    State(app): State<App>,
    Path(plan): Path<String>,
    Json(form): Json<Map<String, Value>>,
) -> Answer {
    match plan.as_str() {
        "pro" => upgraded(&app.bell, &user(&form)?, 4900),
        "free" => downgraded(&app.bell, &user(&form)?),
        _ => return Ok(StatusCode::UNPROCESSABLE_ENTITY),
    }
    Ok(StatusCode::OK)
}

async fn change_card(State(app): State<App>, Json(form): Json<Map<String, Value>>) -> Answer {
    payment_info_changed(&app.bell, &user(&form)?);
    Ok(StatusCode::OK)
}

async fn charge(
    State(app): State<App>,
    Path(cents): Path<i64>,
    Json(form): Json<Map<String, Value>>,
) -> Answer {
    payment_failed(&app.bell, &user(&form)?, cents, "card declined by issuer");
    Ok(StatusCode::PAYMENT_REQUIRED)
}

// What a payment provider's webhooks would call.

fn upgraded(bell: &Bell, user: &str, cents: i64) {
    let event = bell.event(Topic::Payment, ":moneybag: Upgraded to pro").user(user);
    event.amount(cents, "usd").send();
}

fn downgraded(bell: &Bell, user: &str) {
    bell.event(Topic::Payment, ":chart_with_downwards_trend: Downgraded to free").user(user).send();
}

fn payment_info_changed(bell: &Bell, user: &str) {
    bell.event(Topic::Payment, ":credit_card: Payment info changed").user(user).send();
}

fn payment_failed(bell: &Bell, user: &str, cents: i64, why: &str) {
    bell.event(Topic::Payment, ":money_with_wings: Payment failed")
        .severity(Severity::Warning)
        .user(user)
        .amount(cents, "usd")
        .field("why", why)
        .send();
}

async fn add_domain(
    State(app): State<App>,
    Path(domain): Path<String>,
    Json(form): Json<Map<String, Value>>,
) -> Answer {
    let user = user(&form)?;
    let was_there = {
        let mut accounts = app.accounts();
        let account = accounts.entry(user.clone()).or_default();
        account.domains.insert(domain.clone());
        account.removed.remove(&domain)
    };
    let what = if was_there { "Domain added again" } else { "Domain added" };
    let event = app.bell.event(Topic::User, format!(":globe_with_meridians: {what}"));
    event.user(user).field("domain", domain).send();
    Ok(StatusCode::CREATED)
}

async fn remove_domain(
    State(app): State<App>,
    Path(domain): Path<String>,
    Json(form): Json<Map<String, Value>>,
) -> Answer {
    let user = user(&form)?;
    let was_there = {
        let mut accounts = app.accounts();
        let account = accounts.entry(user.clone()).or_default();
        account.domains.remove(&domain) && account.removed.insert(domain.clone())
    };
    if !was_there {
        return Ok(StatusCode::NOT_FOUND);
    }
    let event = app.bell.event(Topic::User, ":wastebasket: Domain removed");
    event.user(user).field("domain", domain).send();
    Ok(StatusCode::OK)
}

async fn disconnect_slack(State(app): State<App>, Json(form): Json<Map<String, Value>>) -> Answer {
    let event = app.bell.event(Topic::User, ":electric_plug: Slack disconnected");
    event.user(user(&form)?).send();
    Ok(StatusCode::OK)
}

/// Nobody thought of this one.
async fn report() -> Result<String, ServerError> {
    context::user("alice@example.com");
    Ok(std::fs::read_to_string("/no/such/report")?)
}

/// The nightly job, when someone cannot wait for the night.
async fn nightly(State(app): State<App>) -> Answer {
    run_nightly(&app, DAY, true).await?;
    Ok(StatusCode::OK)
}

/// Counts the users and lists who did not get through the onboarding.
pub(crate) async fn run_nightly(app: &App, every: Duration, is_up: bool) -> Result<Summary, Down> {
    let job = async {
        if !is_up {
            return Err(Down(io::Error::from(io::ErrorKind::ConnectionRefused)));
        }
        let (count, unfinished) = {
            let accounts = app.accounts();
            let unfinished = accounts.iter().filter(|(_, account)| !account.is_onboarded);
            (accounts.len(), unfinished.map(|(email, _)| email.clone()).collect::<Vec<_>>())
        };
        let growth = count.saturating_sub(app.reported.swap(count, Relaxed));
        let users = if count == 1 { "user" } else { "users" };
        app.bell
            .event(Topic::Stats, format!(":bar_chart: {count} {users}"))
            .field("growth", format!("+{growth} since the last report"))
            .send();
        if !unfinished.is_empty() {
            // The number first: of many fields the last ones are cut. Each name as a search finds it.
            let list = app.bell.event(Topic::User, ":hourglass: Registered, but not onboarded");
            let list = list.field("in all", unfinished.len());
            let who = unfinished.iter().map(|email| format!("user:{email}"));
            who.fold(list, |list, who| list.field("who", who)).send();
        }
        Ok(Summary::new().count("users", count as u64).count("unfinished", unfinished.len() as u64))
    };
    app.bell.task("nightly-report").every(every).run(|| job).await
}

fn user(form: &Map<String, Value>) -> Result<String, ServerError> {
    let user = named(form, "user")?;
    context::user(user);
    Ok(user.to_owned())
}

/// Without a name it is the client's mistake, and rings nothing.
fn named<'a>(form: &'a Map<String, Value>, key: &str) -> Result<&'a str, ServerError> {
    let missing = || {
        ServerError::new(format!("no {key} in the form")).status(StatusCode::UNPROCESSABLE_ENTITY)
    };
    form.get(key).and_then(Value::as_str).filter(|name| !name.is_empty()).ok_or_else(missing)
}

const HELP: &str = r#"A small SaaS at http://HERE. Try:
  s=http://HERE; j='content-type: application/json'; a='{"user":"alice@example.com"}'
  curl -i $s/register -H "$j" -d '{"email":"alice@example.com"}'   (twice: a duplicate)
  curl -i $s/register -H "$j" -d '{"email":"bob@down.example"}'    the database is down
  curl -i $s/onboarded -H "$j" -d "$a"                             got through the onboarding
  curl -i $s/plan/pro -H "$j" -d "$a"                              or /plan/free
  curl -i $s/card -H "$j" -d "$a"                                  payment info changed
  curl -i $s/invoice/4900 -H "$j" -d "$a"                          payment failed
  curl -i $s/domains/shop.example -H "$j" -d "$a"                  -X DELETE removes it
  curl -i $s/slack/disconnect -H "$j" -d "$a"
  curl -i -X POST $s/jobs/nightly                                  who is not onboarded, how many users
  curl -i $s/report                                                an unhandled 500
  curl -i $s/old-pricing -H "referer: $s/"                         a 404, told within the hour or at the end
Stop with Ctrl-C."#;
