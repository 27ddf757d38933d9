//! What goes where: routes by topic, severity, status, path and predicate, and whom they call.

#![cfg(all(feature = "axum", feature = "slack"))]
#![allow(clippy::unwrap_used, reason = "helpers of tests may fail like tests")]

mod support;

use axum::{Router, routing::get};
use http::StatusCode;
use tower_bell::{
    Bell, BuildError, Builder, Message, Route, ServerError, Severity, Topic, context, slack,
    transport::stub::Stub,
};
use tower_service::Service;

use self::support::PATIENCE;

/// Three channels whose messages cannot be edited: the default one, one for what is critical, one for
/// money.
#[derive(Clone)]
struct Team {
    rest: Stub,
    critical: Stub,
    money: Stub,
}

impl Default for Team {
    fn default() -> Self {
        let [rest, critical, money] = [(); 3].map(|()| Stub::new().can(|can| can.edit(false)));
        Self { rest, critical, money }
    }
}

impl Team {
    fn builder(&self) -> Builder {
        Bell::builder("shop-api")
            .channel("#rest", self.rest.clone())
            .channel("#critical", self.critical.clone())
            .channel("#money", self.money.clone())
    }

    async fn counts(&self, bell: &Bell) -> [usize; 3] {
        assert!(bell.flush(PATIENCE).await.complete);
        [&self.rest, &self.critical, &self.money].map(Stub::count)
    }
}

async fn get_path(app: &mut Router, path: &str) -> StatusCode {
    let request = http::Request::get(path).body(axum::body::Body::empty()).unwrap();
    app.call(request).await.unwrap().status()
}

fn app(bell: &Bell) -> Router {
    let fail = || async { Err::<(), _>(ServerError::from("no database")) };
    let sometimes = || async {
        context::severity(Severity::Critical);
        StatusCode::INTERNAL_SERVER_ERROR
    };
    Router::new()
        .route("/register", get(fail))
        .route("/users/{id}", get(fail))
        .route("/report", get(|| async { StatusCode::INTERNAL_SERVER_ERROR }))
        .route("/worse", get(sometimes))
        .route("/busy", get(|| async { StatusCode::BAD_GATEWAY }))
        .layer(bell.layer().critical_path("/register"))
}

#[tokio::test]
async fn failures_go_by_severity_path_and_status() {
    let team = Team::default();
    let bell = team
        .builder()
        .route(Route::severity(Severity::Critical).to("#critical"))
        .route(Route::path("/users/{id}").to("#money"))
        .route(Route::status([StatusCode::BAD_GATEWAY]).off())
        .build()
        .unwrap();
    let mut app = app(&bell);
    for path in ["/register", "/users/7", "/report", "/busy"] {
        get_path(&mut app, path).await;
    }
    assert_eq!(team.counts(&bell).await, [1, 1, 1]);
    team.critical.assert_contains("/register");
    team.money.assert_contains("/users/{id}");
    team.rest.assert_contains("/report");
    let stats = bell.stats();
    assert_eq!((stats.failures, stats.untold, stats.exemplars_lost), (4, 0, 0));
}

#[tokio::test]
async fn a_kind_that_turns_critical_is_told_there_too_as_one_incident() {
    let team = Team::default();
    let bell =
        team.builder().route(Route::severity(Severity::Critical).to("#critical")).build().unwrap();
    let fail = |critical: bool| async move {
        if critical {
            context::severity(Severity::Critical);
        }
        StatusCode::INTERNAL_SERVER_ERROR
    };
    let handler = move |uri: http::Uri| fail(uri.query().is_some());
    let mut app = Router::new().route("/", get(handler)).layer(bell.layer());
    get_path(&mut app, "/").await;
    assert_eq!(team.counts(&bell).await, [1, 0, 0]);
    get_path(&mut app, "/?critical").await;
    team.counts(&bell).await;
    let [error, critical] = [&team.rest, &team.critical].map(|stub| stub.messages()[0].clone());
    let id = |text: String| text[text.rfind('#').unwrap()..][..9].to_owned();
    assert_eq!(id(error.plain_text()), id(critical.plain_text()));
    assert!(critical.plain_text().contains("×2"), "{}", critical.plain_text());
}

#[tokio::test]
async fn what_is_off_is_not_told_with_the_rest_of_its_incident() {
    let team = Team::default();
    let bell = team
        .builder()
        .route(Route::severity(Severity::Critical).to("#critical"))
        .route(Route::topic(Topic::ServerError).off())
        .build()
        .unwrap();
    let fail = |uri: http::Uri| async move {
        if uri.query() == Some("critical") {
            context::severity(Severity::Critical);
        }
        StatusCode::INTERNAL_SERVER_ERROR
    };
    let mut app = Router::new().route("/", get(fail)).layer(bell.layer());
    for path in ["/?off", "/?critical", "/?off", "/?off"] {
        get_path(&mut app, path).await;
        team.counts(&bell).await;
    }
    assert_eq!(team.counts(&bell).await, [0, 1, 0]);
    get_path(&mut app, "/?critical").await;
    assert_eq!(team.counts(&bell).await, [0, 2, 0]);
    let [first, second] = [0, 1].map(|n| team.critical.messages()[n].plain_text());
    assert!(!first.contains('×'), "{first}");
    assert!(second.contains("GET /?critical") && second.contains("2 in all"), "{second}");
    let stats = bell.stats();
    assert_eq!((stats.failures, stats.untold), (5, 0));
}

#[tokio::test]
async fn messages_go_by_topic_and_a_named_channel_wins() {
    let team = Team::default();
    let bell = team
        .builder()
        .route(Route::severity(Severity::Critical).also("#critical"))
        .route(Route::topic(Topic::Payment).to("#money"))
        .route(Route::topic("noise").off())
        .build()
        .unwrap();
    bell.send(Message::new("paid").topic(Topic::Payment));
    bell.send(Message::new("not paid").topic(Topic::Payment).severity(Severity::Critical));
    bell.send(Message::new("named").topic(Topic::Payment).channel("#rest"));
    assert!(bell.send(Message::new("hush").topic("noise")).is_ok());
    assert!(bell.deliver(Message::new("hush").topic("noise")).await.is_ok());
    bell.send(Message::new("about nothing"));
    assert_eq!(team.counts(&bell).await, [2, 1, 2]);
}

#[tokio::test]
async fn a_mention_is_said_when_an_incident_opens_and_not_again() {
    let team = Team::default();
    let route = Route::topic(Topic::ServerError).to("#critical").mention("<!here>").silent();
    let bell = team.builder().route(route).build().unwrap();
    let mut app = app(&bell);
    for _ in 0..2 {
        get_path(&mut app, "/report").await;
        team.counts(&bell).await;
    }
    let messages = team.critical.messages();
    let mentions: Vec<_> = messages.iter().map(|message| message.mentions()).collect();
    assert_eq!(mentions, [Some("<!here>"), None]);
    assert!(messages.iter().all(|message| message.is_silent()));
    assert!(messages[0].plain_text().starts_with("<!here> :x: Generic Server Error"));
}

#[tokio::test]
async fn an_incident_that_gets_worse_calls_in_the_channel_that_knows_of_it_too() {
    let team = Team::default();
    let route = Route::severity(Severity::Critical).to("#rest").mention("<!here>");
    let bell = team.builder().route(route).build().unwrap();
    let fail = |uri: http::Uri| async move {
        if uri.query().is_some() {
            context::severity(Severity::Critical);
        }
        StatusCode::INTERNAL_SERVER_ERROR
    };
    let mut app = Router::new().route("/", get(fail)).layer(bell.layer());
    for path in ["/", "/?critical", "/?critical", "/"] {
        get_path(&mut app, path).await;
        team.counts(&bell).await;
    }
    let messages = team.rest.messages();
    let called: Vec<_> = messages.iter().map(|message| message.mentions().is_some()).collect();
    assert_eq!(called, [false, true, false, false]);
}

#[tokio::test]
async fn a_message_of_the_app_calls_only_if_it_is_bad() {
    let team = Team::default();
    let route = Route::topic(Topic::Payment).to("#money").mention("<@U024BE7LH>");
    let bell = team.builder().route(route).build().unwrap();
    for severity in [Severity::Info, Severity::Warning, Severity::Error, Severity::Critical] {
        bell.send(Message::new("payment").topic(Topic::Payment).severity(severity));
    }
    team.counts(&bell).await;
    let called: Vec<_> =
        team.money.messages().iter().map(|message| message.mentions().is_some()).collect();
    assert_eq!(called, [false, false, true, true]);
}

#[test]
fn a_wrong_route_is_a_build_error_that_names_it() {
    let problem = |route: Route| -> BuildError {
        let webhook = slack::Webhook::new("https://hooks.slack.com/services/T0/B0/abc").unwrap();
        Bell::builder("shop-api").channel("#a", webhook).route(route).build().unwrap_err()
    };
    let unknown = problem(Route::topic(Topic::User).to("#user-behaviour")).to_string();
    assert_eq!(unknown, r##"route: there is no channel "#user-behaviour""##);
    let mention = problem(Route::topic(Topic::User).to("#a").mention("@here")).to_string();
    assert!(mention.starts_with("mention: Slack knows `<!here>`"), "{mention}");
}
