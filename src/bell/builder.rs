//! The settings of a bell, and the thread that sends.

use std::{
    collections::HashSet,
    fmt, io,
    sync::{Arc, mpsc},
    thread,
};

use tokio::runtime;

use super::{
    Bell,
    core::Core,
    error::{BuildError, Problem},
    shapes::Shapes,
};
use crate::{
    context::panic::install_hook,
    delivery::{Channel, EVENTS_PER_MINUTE, Hub, Worker},
    incident::Incidents,
    redact::Redactor,
    report::{Fingerprint, FingerprintFn, FingerprintParts, Origin},
    route::{Route, Routes},
    transport::{DynTransport, Transport},
};

/// Builds a [`Bell`]; see there for an example.
#[must_use = "must be built into a bell"]
pub struct Builder {
    channels: Vec<(Arc<str>, Box<dyn DynTransport>)>,
    environment: Option<Arc<str>>,
    fallback: Option<Arc<str>>,
    events_per_minute: usize,
    fingerprint: Option<Box<FingerprintFn>>,
    host: Option<Arc<str>>,
    incidents: Incidents,
    is_off: bool,
    redactor: Redactor,
    release: Option<Arc<str>>,
    routes: Vec<Route>,
    service: Arc<str>,
}

impl Builder {
    pub(super) fn new(service: Arc<str>) -> Self {
        Self {
            channels: Vec::new(),
            environment: None,
            fallback: None,
            events_per_minute: EVENTS_PER_MINUTE,
            fingerprint: None,
            host: None,
            incidents: Incidents::default(),
            is_off: false,
            redactor: Redactor::default(),
            release: None,
            routes: Vec::new(),
            service,
        }
    }

    /// Whatever is said later it rings nothing.
    pub(super) fn off(mut self) -> Self {
        self.is_off = true;
        self
    }

    /// Adds a channel: a name and where it leads. The first one is the default.
    pub fn channel(mut self, name: impl Into<Arc<str>>, transport: impl Transport) -> Self {
        self.channels.push((name.into(), Box::new(transport)));
        self
    }

    /// Where the service runs: `production`. Said of every failure and job, not of events and messages
    /// of your own. Part of the fingerprint.
    pub fn environment(mut self, environment: impl Into<Arc<str>>) -> Self {
        self.environment = Some(environment.into());
        self
    }

    /// How many events of one topic are told one by one in one channel within a minute. Further ones
    /// wait for each other, at most a minute, and are told together: a line for each, with its user.
    /// Payments are always told alone. 0 tells all others together; more than 1 000 counts as 1 000.
    /// Default: [`EVENTS_PER_MINUTE`].
    pub fn events_per_minute(mut self, events: usize) -> Self {
        self.events_per_minute = events;
        self
    }

    /// The channel that takes over from every other one that takes nothing any more: its token is
    /// revoked, its webhook is gone. It says which one that is and why, and mentions nobody. A channel
    /// that takes nothing is tried every 15 minutes, and gets its own messages again once it does.
    /// Default: none; what a channel does not take is counted as lost.
    ///
    /// ```
    /// # use tower_bell::{Bell, transport::{Transport, console::Console}};
    /// # fn demo(slack: impl Transport) -> Result<(), tower_bell::BuildError> {
    /// let bell = Bell::builder("shop-api")
    ///     .channel("#errors", slack)
    ///     .channel("console", Console::new())
    ///     .fallback("console")
    ///     .build()?;
    /// # Ok(()) }
    /// ```
    pub fn fallback(mut self, channel: impl Into<Arc<str>>) -> Self {
        self.fallback = Some(channel.into());
        self
    }

    /// Groups failures your own way: sees the parts and the default fingerprint, gives the one that
    /// counts. If it panics the default counts.
    ///
    /// ```
    /// # use tower_bell::{Bell, Fingerprint};
    /// let builder = Bell::builder("shop-api").fingerprint(|parts, default| {
    ///     if parts.error_type.ends_with("PoolTimedOut") {
    ///         Fingerprint::new(["database pool"])
    ///     } else {
    ///         default
    ///     }
    /// });
    /// ```
    pub fn fingerprint(
        mut self,
        fingerprint: impl Fn(&FingerprintParts<'_>, Fingerprint) -> Fingerprint + Send + Sync + 'static,
    ) -> Self {
        self.fingerprint = Some(Box::new(fingerprint));
        self
    }

    /// The machine's name, said of every failure and job. Default: the system's host name.
    pub fn host(mut self, host: impl Into<Arc<str>>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// When failures of one kind speak again, and when they only count. Default:
    /// [`Incidents::default`].
    pub fn incidents(mut self, incidents: Incidents) -> Self {
        self.incidents = incidents;
        self
    }

    /// What may be said. Default: [`Redactor::default`].
    pub fn redact(mut self, redactor: Redactor) -> Self {
        self.redactor = redactor;
        self
    }

    /// The app's version, said of every failure and job.
    pub fn release(mut self, release: impl Into<Arc<str>>) -> Self {
        self.release = Some(release.into());
        self
    }

    /// Adds a route; see [`Route`] for an example. The routes are asked in the order in which they
    /// are added.
    pub fn route(mut self, route: Route) -> Self {
        self.routes.push(route);
        self
    }

    /// Builds the bell with a thread of its own. Needs no runtime.
    ///
    /// Threads do not live on in a forked process: a server that forks its workers builds the bell in
    /// each of them. One that was built before takes messages there, up to its bounds, and sends none.
    ///
    /// # Errors
    ///
    /// If the service's name is empty, there is no channel, a channel's name is empty or given
    /// twice, a route or the fallback names a channel that there is not or leads nowhere, a mention is none of the
    /// service that it is for, or the thread does not start.
    pub fn build(self) -> Result<Bell, BuildError> {
        if self.is_off {
            return Ok(Bell::off());
        }
        let (bell, worker) = self.build_with_worker()?;
        start(worker).map_err(|error| Problem::Thread(Arc::new(error)))?;
        Ok(bell)
    }

    /// Builds the bell without a thread: nothing is sent unless [`Worker::run`] runs somewhere.
    ///
    /// # Errors
    ///
    /// As [`build`](Self::build), but for the thread.
    pub fn build_with_worker(self) -> Result<(Bell, Worker), BuildError> {
        if self.is_off {
            return Ok((Bell::off(), Worker::idle()?));
        }
        self.check()?;
        let secrets = self.channels.iter().flat_map(|(_, transport)| transport.secrets());
        let redactor = self.redactor.with_secrets(secrets.collect::<Vec<_>>());
        let origin = Origin {
            service: self.service,
            environment: self.environment,
            release: self.release,
            host: self.host.or_else(system_host),
        };
        let names: Vec<_> = self.channels.iter().map(|(name, _)| &**name).collect();
        let routes = Routes::new(self.routes, &names)?;
        let fallback = place_of(self.fallback, &names)?;
        for (channel, mention) in routes.mentions() {
            self.channels[channel].1.check_mention(mention)?;
        }
        let channel = |(name, transport)| {
            Channel::new(name, transport).events_per_minute(self.events_per_minute)
        };
        let channels = self.channels.into_iter().map(channel).collect();
        let (hub, details) = Hub::new(channels, routes, redactor, origin);
        let hub = Arc::new(hub.with_incidents(self.incidents).with_fallback(fallback));
        let worker = Worker::new(Arc::clone(&hub), details);
        install_hook();
        let core = Core { fingerprint: self.fingerprint, hub, shapes: Shapes::default() };
        Ok((Bell { core: Some(Arc::new(core)) }, worker))
    }

    fn check(&self) -> Result<(), BuildError> {
        if self.service.trim().is_empty() {
            return Err(Problem::NoService.into());
        }
        if self.channels.is_empty() {
            return Err(Problem::NoChannel.into());
        }
        let mut names = HashSet::new();
        for (name, _) in &self.channels {
            if name.trim().is_empty() {
                return Err(Problem::NoName.into());
            }
            if !names.insert(name) {
                return Err(Problem::Twice(Arc::clone(name)).into());
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let channels: Vec<_> = self.channels.iter().map(|(name, _)| name).collect();
        f.debug_struct("Builder")
            .field("service", &self.service)
            .field("channels", &channels)
            .finish_non_exhaustive()
    }
}

fn place_of(fallback: Option<Arc<str>>, names: &[&str]) -> Result<Option<usize>, BuildError> {
    let Some(fallback) = fallback else { return Ok(None) };
    let place = names.iter().position(|name| *name == &*fallback);
    place.map(Some).ok_or_else(|| Problem::NoFallback(fallback).into())
}

fn system_host() -> Option<Arc<str>> {
    let host = hostname::get().ok()?;
    Some(host.to_string_lossy().into())
}

/// Starts the worker's thread and waits until its runtime stands. The runtime is made there, because
/// it must not be dropped in async context, where `build` may be called.
fn start(worker: Worker) -> io::Result<()> {
    let (started, starts) = mpsc::channel();
    let work = move || match runtime::Builder::new_current_thread().enable_all().build() {
        Err(error) => drop(started.send(Err(error))),
        Ok(runtime) => {
            drop(started.send(Ok(())));
            runtime.block_on(worker.run());
            // A transport's blocking work, a name look-up that hangs, is not waited for.
            runtime.shutdown_background();
        }
    };
    thread::Builder::new().name("tower-bell".to_owned()).spawn(work)?;
    starts.recv().unwrap_or_else(|_| Err(io::Error::other("its thread ended")))
}
