//! Where to: what a message is about leads to the channels of its importance.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use http::StatusCode;

use crate::{
    error::ConfigError,
    severity::Severity,
    text::{discard, one_line},
    topic::Topic,
};

/// The longest mention, in bytes.
const LONGEST_MENTION: usize = 100;

/// Leads messages to channels by what they are about. The routes are asked in the order in which
/// they were given to [`Builder::route`](crate::Builder::route); the first that matches and says
/// [`to`](Self::to) or [`off`](Self::off) ends the search, and what no route takes goes to the
/// first channel. A channel that a message or a layer names itself is not asked about.
///
/// ```
/// use tower_bell::{Bell, Route, Severity, Topic};
/// # use tower_bell::transport::stub::Stub;
/// # let slack = |_: &str| Stub::new();
///
/// let bell = Bell::builder("shop-api")
///     .channel("#non-critical-server-errors", slack("C01"))
///     .channel("#critical-server-errors", slack("C02"))
///     .channel("#financials", slack("C03"))
///     .route(Route::severity(Severity::Critical).also("#critical-server-errors").mention("<!here>"))
///     .route(Route::topic(Topic::Payment).to("#financials"))
///     .route(Route::path("/internal/probe").off())
///     .build()?;
/// # Ok::<(), tower_bell::BuildError>(())
/// ```
#[must_use = "a route does nothing until a bell is built with it"]
pub struct Route {
    conditions: Vec<Condition>,
    channels: Vec<Arc<str>>,
    mention: Option<Arc<str>>,
    silent: bool,
    ends: bool,
}

/// What a route decides by.
#[derive(Clone, Copy, Default)]
#[non_exhaustive]
pub struct RouteParts<'a> {
    /// What it is about, if that is known.
    pub topic: Option<&'a Topic>,
    /// How bad it is.
    pub severity: Severity,
    /// The name of the service, or of the layer's service.
    pub service: &'a str,
    /// The method of a failed request, else empty.
    pub method: &'a str,
    /// The template of a failed request's route, the path where there is none, else empty.
    pub path: &'a str,
    /// The type of the error, without its generics, where it is known, else empty: what was handed to
    /// `.cause::<E>()` or to [`ServerError`](crate::ServerError).
    pub error_type: &'a str,
    /// The status that a failed request was answered with, if it was. A gRPC code is not one.
    pub status: Option<u16>,
}

enum Condition {
    Topic(Topic),
    Severity(Severity),
    Status(Vec<StatusCode>),
    Path(Box<str>),
    When(Box<dyn Fn(&RouteParts<'_>) -> bool + Send + Sync>),
}

impl Route {
    /// For what is about this topic.
    pub fn topic(topic: impl Into<Topic>) -> Self {
        Self::on(Condition::Topic(topic.into()))
    }

    /// For what is so severe or worse.
    pub fn severity(at_least: Severity) -> Self {
        Self::on(Condition::Severity(at_least))
    }

    /// For requests that were answered with one of these.
    pub fn status(statuses: impl IntoIterator<Item = StatusCode>) -> Self {
        Self::on(Condition::Status(statuses.into_iter().collect()))
    }

    /// For requests of this route, by its template (`/users/{id}`); where there is none, of exactly
    /// this path.
    pub fn path(path: impl Into<Box<str>>) -> Self {
        Self::on(Condition::Path(path.into()))
    }

    /// For what your own function says yes to. A panic in it is a no.
    pub fn when(yes: impl Fn(&RouteParts<'_>) -> bool + Send + Sync + 'static) -> Self {
        Self::on(Condition::When(Box::new(yes)))
    }

    fn on(condition: Condition) -> Self {
        Self {
            conditions: vec![condition],
            channels: Vec::new(),
            mention: None,
            silent: false,
            ends: false,
        }
    }

    /// Only for what the other route is for, too. Of that, nothing but its conditions counts.
    ///
    /// ```
    /// use tower_bell::{Route, Topic};
    ///
    /// Route::topic(Topic::ServerError).and(Route::path("/register")).to("#critical-server-errors");
    /// ```
    pub fn and(mut self, other: Self) -> Self {
        self.conditions.extend(other.conditions);
        self
    }

    /// Sends it to this channel, and ends the search. Said several times: to several channels.
    pub fn to(mut self, channel: impl Into<Arc<str>>) -> Self {
        self.ends = true;
        self.also(channel)
    }

    /// Sends it to this channel, and goes on: the routes after this one are asked too, and at last
    /// the first channel.
    pub fn also(mut self, channel: impl Into<Arc<str>>) -> Self {
        self.channels.push(channel.into());
        self
    }

    /// Ends the search: it goes nowhere but to where an earlier route [`also`](Self::also) sent it,
    /// and what is told of the same failure with another severity does not count it. Failures are
    /// still counted in [`Stats::failures`](crate::Stats::failures).
    pub fn off(mut self) -> Self {
        self.ends = true;
        self
    }

    /// Whom to call in the channels of this route, in the service's own words: for Slack `<!here>`,
    /// `<!channel>`, `<!everyone>`, `<@U…>` or `<!subteam^S…>`. At most 100 bytes.
    ///
    /// Said with the first message of an incident and with the first after it got more severe, and
    /// with events and task results of [`Severity::Error`] or worse; never with what else follows on an
    /// incident.
    pub fn mention(mut self, mention: impl Into<Arc<str>>) -> Self {
        self.mention = Some(mention.into());
        self
    }

    /// Makes no sound in the channels of this route, where the transport can do that; its own page
    /// says so. Default: loud.
    pub fn silent(mut self) -> Self {
        self.silent = true;
        self
    }

    fn matches(&self, parts: &RouteParts<'_>) -> bool {
        self.conditions.iter().all(|condition| condition.holds(parts))
    }

    fn check(&self) -> Result<(), ConfigError> {
        let wrong = |problem: &'static str| Err(ConfigError::new("route", problem));
        if self.channels.is_empty() && !self.ends {
            return wrong("it leads nowhere: use `to`, `also` or `off`");
        }
        match self.mention.as_deref() {
            Some(mention) if mention.len() > LONGEST_MENTION => wrong("the mention is too long"),
            Some(mention) if one_line(mention).trim().is_empty() => wrong("the mention is empty"),
            _ => Ok(()),
        }
    }
}

impl Condition {
    fn holds(&self, parts: &RouteParts<'_>) -> bool {
        match self {
            Self::Topic(topic) => parts.topic == Some(topic),
            Self::Severity(at_least) => parts.severity >= *at_least,
            Self::Status(any_of) => any_of.iter().any(|one| parts.status == Some(one.as_u16())),
            Self::Path(path) => parts.path == &**path,
            Self::When(yes) => {
                catch_unwind(AssertUnwindSafe(|| yes(parts))).unwrap_or_else(|payload| {
                    discard(payload);
                    false
                })
            }
        }
    }
}

impl fmt::Debug for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Route")
            .field("channels", &self.channels)
            .field("ends", &self.ends)
            .field("mention", &self.mention)
            .field("silent", &self.silent)
            .finish_non_exhaustive()
    }
}

/// Without the path: where there is no template it is the client's own.
impl fmt::Debug for RouteParts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouteParts")
            .field("topic", &self.topic)
            .field("severity", &self.severity)
            .field("service", &self.service)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

/// One channel that something goes to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Target {
    /// Its index.
    pub(crate) channel: usize,
    pub(crate) mention: Option<Arc<str>>,
    pub(crate) silent: bool,
}

impl Target {
    /// Without a word of a route.
    pub(crate) const fn plain(channel: usize) -> Self {
        Self { channel, mention: None, silent: false }
    }
}

/// All routes of one bell.
#[derive(Debug, Default)]
pub(crate) struct Routes(Vec<Known>);

/// A route whose channels are known.
#[derive(Debug)]
struct Known {
    route: Route,
    channels: Vec<usize>,
}

impl Routes {
    /// Of the channels of these names, the first of which takes what no route does.
    pub(crate) fn new(routes: Vec<Route>, names: &[&str]) -> Result<Self, ConfigError> {
        let known = |route: Route| {
            route.check()?;
            let channels = route.channels.iter().map(|channel| {
                let index = names.iter().position(|name| **name == **channel);
                let problem = || format!("there is no channel {channel:?}");
                index.ok_or_else(|| ConfigError::new("route", problem()))
            });
            Ok(Known { channels: channels.collect::<Result<_, _>>()?, route })
        };
        Ok(Self(routes.into_iter().map(known).collect::<Result<_, _>>()?))
    }

    /// The mentions, each with the index of a channel in which it is said.
    pub(crate) fn mentions(&self) -> impl Iterator<Item = (usize, &str)> {
        self.0.iter().flat_map(|Known { route, channels }| {
            let mention = route.mention.as_deref();
            channels.iter().filter_map(move |channel| Some((*channel, mention?)))
        })
    }

    /// Where it goes: each channel once, as the first route that names it says.
    pub(crate) fn targets(&self, parts: &RouteParts<'_>) -> Vec<Target> {
        let mut targets = Vec::new();
        for Known { route, channels } in self.0.iter().filter(|known| known.route.matches(parts)) {
            for &channel in channels {
                let (mention, silent) = (route.mention.clone(), route.silent);
                add(&mut targets, Target { channel, mention, silent });
            }
            if route.ends {
                return targets;
            }
        }
        add(&mut targets, Target::plain(DEFAULT));
        targets
    }
}

fn add(targets: &mut Vec<Target>, target: Target) {
    if targets.iter().all(|known| known.channel != target.channel) {
        targets.push(target);
    }
}

/// The channel that takes what has no other.
pub(crate) const DEFAULT: usize = 0;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NAMES: [&str; 4] = ["#default", "#critical", "#money", "#rest"];

    fn channels(routes: Vec<Route>, parts: &RouteParts<'_>) -> Vec<usize> {
        let routes = Routes::new(routes, &NAMES).unwrap();
        routes.targets(parts).iter().map(|target| target.channel).collect()
    }

    fn failure(severity: Severity) -> RouteParts<'static> {
        RouteParts {
            topic: Some(&Topic::ServerError),
            severity,
            service: "shop-api",
            method: "POST",
            path: "/register",
            error_type: "",
            status: Some(500),
        }
    }

    #[test]
    fn the_first_route_that_matches_wins() {
        let routes = || {
            vec![
                Route::topic(Topic::Payment).to("#money"),
                Route::severity(Severity::Error).to("#critical"),
                Route::path("/register").to("#rest"),
            ]
        };
        assert_eq!(channels(routes(), &failure(Severity::Critical)), [1]);
        assert_eq!(channels(routes(), &failure(Severity::Warning)), [3]);
        let elsewhere = RouteParts { path: "/", ..failure(Severity::Info) };
        assert_eq!(channels(routes(), &elsewhere), [0]);
    }

    #[test]
    fn also_goes_on_and_off_ends() {
        let also = || Route::severity(Severity::Critical).also("#critical");
        assert_eq!(channels(vec![also()], &failure(Severity::Critical)), [1, 0]);
        let status = Route::status([StatusCode::INTERNAL_SERVER_ERROR]).to("#rest").to("#critical");
        assert_eq!(channels(vec![also(), status], &failure(Severity::Critical)), [1, 3]);
        let off = Route::path("/register").off();
        assert_eq!(channels(vec![also(), off], &failure(Severity::Critical)), [1]);
        assert!(
            channels(vec![Route::path("/register").off()], &failure(Severity::Info)).is_empty()
        );
    }

    #[test]
    fn all_conditions_of_a_route_must_hold() {
        let route = || Route::topic(Topic::ServerError).and(Route::path("/register")).to("#rest");
        assert_eq!(channels(vec![route()], &failure(Severity::Error)), [3]);
        let other = RouteParts { path: "/login", ..failure(Severity::Error) };
        assert_eq!(channels(vec![route()], &other), [0]);
    }

    #[test]
    fn a_function_decides_and_its_panic_is_a_no() {
        let admin = Route::when(|parts| parts.service == "admin").to("#rest");
        let parts = RouteParts { service: "admin", ..failure(Severity::Error) };
        assert_eq!(channels(vec![admin], &parts), [3]);
        let panics = Route::when(|_| panic!("no")).to("#rest");
        assert_eq!(channels(vec![panics], &parts), [0]);
    }

    #[test]
    fn the_first_route_that_names_a_channel_says_how() {
        let routes = vec![
            Route::severity(Severity::Critical).also("#critical").mention("<!here>"),
            Route::topic(Topic::ServerError).to("#critical").silent(),
        ];
        let routes = Routes::new(routes, &NAMES).unwrap();
        let target = Target { channel: 1, mention: Some("<!here>".into()), silent: false };
        assert_eq!(routes.targets(&failure(Severity::Critical)), [target]);
        assert_eq!(routes.mentions().collect::<Vec<_>>(), [(1, "<!here>")]);
    }

    #[test]
    fn a_wrong_route_is_named() {
        let problem = |route: Route| Routes::new(vec![route], &NAMES).unwrap_err().to_string();
        let unknown = problem(Route::topic("x").to("#crticial"));
        assert_eq!(unknown, r##"route: there is no channel "#crticial""##);
        let nowhere = problem(Route::topic("x"));
        assert_eq!(nowhere, "route: it leads nowhere: use `to`, `also` or `off`");
        let mention = |mention: String| problem(Route::topic("x").to("#rest").mention(mention));
        assert_eq!(mention(" \n".to_owned()), "route: the mention is empty");
        assert_eq!(mention("x".repeat(101)), "route: the mention is too long");
    }

    proptest! {
        #[test]
        fn each_channel_comes_once_and_only_an_off_leaves_none(
            routes in prop::collection::vec((0..4_usize, 0..3_u8, any::<bool>()), 0..8),
        ) {
            let build = |(channel, how, matches): (usize, u8, bool)| {
                let route = Route::when(move |_| matches);
                match how {
                    0 => route.to(NAMES[channel]),
                    1 => route.also(NAMES[channel]),
                    _ => route.off(),
                }
            };
            let is_off = routes.iter().any(|&(_, how, matches)| matches && how == 2);
            let mut channels =
                channels(routes.into_iter().map(build).collect(), &failure(Severity::Error));
            prop_assert!(is_off || !channels.is_empty());
            let count = channels.len();
            channels.sort_unstable();
            channels.dedup();
            prop_assert_eq!(channels.len(), count);
        }
    }
}
