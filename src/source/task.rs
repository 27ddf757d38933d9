//! Scheduled jobs: told what came of each run, and that there was none.

use std::{
    any::Any,
    fmt,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use tokio::time::Instant;

use super::outcome::{Outcome, Told};
use crate::{
    bell::Bell,
    context::panic::{caught_in_job, place_in_job},
    delivery::{Anchor, Hub},
    error::ConfigError,
    incident::schedule::{Ending, Failure, MOST_TASKS, OnSuccess, Run, Settings},
    redact::Redacted,
    report::Cause,
    severity::Severity,
    text::{Unit, discard, one_line},
};

/// Characters of a job's name that count.
pub const LONGEST_NAME: usize = 100;
/// The shortest period of [`Task::every`]; a shorter one counts as this.
const LEAST_PERIOD: Duration = Duration::from_secs(1);

impl Bell {
    /// A scheduled job by its name: what is told of it depends on its earlier runs. Nothing is
    /// scheduled here: whatever your timer is calls [`run`](Task::run) each time. At most
    /// [`LONGEST_NAME`](crate::source::LONGEST_NAME) characters of the name count, and at most
    /// [`MOST_TASKS`](crate::source::MOST_TASKS) names are remembered.
    ///
    /// ```
    /// use std::time::Duration;
    /// use tower_bell::{Bell, Summary};
    ///
    /// const DAY: Duration = Duration::from_secs(24 * 3600);
    ///
    /// async fn invoices() -> Result<Summary, std::io::Error> {
    ///     // ..
    ///     Ok(Summary::new().count("sent", 312).note("two customers have no address"))
    /// }
    ///
    /// # async fn nightly(bell: Bell) {
    /// let result = bell.task("invoices").every(DAY).timeout(DAY / 24).run(invoices).await;
    /// # let _ = result; }
    /// ```
    ///
    /// An `async` block that uses `?` does not say what its error is. An `async` closure can:
    ///
    /// ```
    /// # use tower_bell::{Bell, Summary};
    /// # async fn demo(bell: Bell) {
    /// type BoxError = Box<dyn std::error::Error + Send + Sync>;
    ///
    /// let job = async || -> Result<Summary, BoxError> {
    ///     let users = std::fs::read_to_string("users.txt")?;
    ///     Ok(Summary::new().count("users", users.lines().count() as u64))
    /// };
    /// let result = bell.task("count users").run(job).await;
    /// # let _ = result; }
    /// ```
    pub fn task(&self, name: impl Into<Arc<str>>) -> Task {
        Task { bell: self.clone(), name: name.into(), settings: Settings::default() }
    }
}

/// A scheduled job, from [`Bell::task`].
///
/// | what happens | what is told |
/// |---|---|
/// | a run begins | that it began, where the transport can edit: the result completes that message. Only with [`OnSuccess::Always`] |
/// | it goes well | duration and [`Summary`](crate::Summary), as [`on_success`](Self::on_success) says |
/// | it fails or panics | the error with its sources, at once. The same again: at most once an hour, with the exact number; of different errors at most five an hour at once |
/// | it goes well after that | always: that it works again, and how often it failed |
/// | it goes on for longer than [`timeout`](Self::timeout) | that it still runs; it is not stopped |
/// | its future is dropped | that it was, as a warning |
/// | no run starts within [`every`](Self::every) | that it did not run, and how many runs were missed |
///
/// All this is known to this process alone. After a restart nothing is expected of a job before its
/// first [`run`](Self::run) or [`watch`](Self::watch), and failures are counted anew.
#[must_use = "a task does nothing unless it runs or is watched"]
pub struct Task {
    bell: Bell,
    name: Arc<str>,
    settings: Settings,
}

impl Task {
    /// The channel that is told. Default: where the bell sends what is about
    /// [`Topic::Task`](crate::Topic::Task).
    pub fn channel(mut self, name: impl Into<Arc<str>>) -> Self {
        self.settings.channel = Some(name.into());
        self
    }

    /// How often it is to run. That is only what is expected: your own timer runs it.
    ///
    /// If no run starts that long after the last one ended, and a tenth of it later (at least a
    /// minute or, if that is shorter, the period; at most 2 hours), it is told that the job did not
    /// run; then again once a period, at most once a day. At least 1 second. Default: it is not
    /// expected.
    pub fn every(mut self, period: Duration) -> Self {
        self.settings.every = Some(period.max(LEAST_PERIOD));
        self
    }

    /// Which runs that went well are told. Default: [`OnSuccess::Always`].
    pub fn on_success(mut self, told: OnSuccess) -> Self {
        self.settings.on_success = told;
        self
    }

    /// How bad it is if it fails or does not run. Default: an error if it fails, a warning if it
    /// does not run. That it goes on for too long or was dropped is a warning in any case.
    pub fn severity(mut self, severity: Severity) -> Self {
        self.settings.severity = Some(severity);
        self
    }

    /// How long a run may go on before that is told, to a second. It is not stopped: its result
    /// comes when it comes. Default: [`every`](Self::every), if it is given.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.settings.timeout = Some(limit);
        self
    }

    /// Runs the job and gives what it gives, unchanged; a panic goes on when it is told. Of two runs
    /// at once each is told, and the results say so. The settings of the latest call count.
    ///
    /// The future needs no timers, and no runtime of tokio's.
    pub async fn run<J, F, M>(self, job: J) -> F::Output
    where
        J: FnOnce() -> F,
        F: Future<Output: Outcome<M>>,
    {
        let Some(mut going) = Going::start(self) else { return job().await };
        let ended = caught(job).await;
        match ended {
            Ok(output) => {
                match output.told() {
                    Told(Ok(summary)) => going.end(Ending::Done(summary)),
                    Told(Err(cause)) => going.fail(cause, Failure::Returned),
                }
                output
            }
            Err(Panicked { payload, cause }) => {
                going.fail(cause, Failure::Panicked);
                resume_unwind(payload)
            }
        }
    }

    /// Expects the first run within [`every`](Self::every) from now on, without running anything:
    /// call it when the process starts. A job that is known already stays as it is, but for its
    /// settings.
    ///
    /// # Errors
    ///
    /// If the name is empty, there is no `every`, or there are too many jobs
    /// ([`MOST_TASKS`](crate::source::MOST_TASKS)).
    pub fn watch(self) -> Result<(), ConfigError> {
        let name =
            self.shown_name().ok_or_else(|| ConfigError::new("task", "the name is empty"))?;
        if self.settings.every.is_none() {
            return Err(ConfigError::new("task", "without `every` there is nothing to watch"));
        }
        let Some(hub) = self.bell.hub() else { return Ok(()) };
        if hub.tasks().watch(&name, self.settings, Instant::now()) {
            Ok(())
        } else {
            Err(ConfigError::new("task", format!("there are {MOST_TASKS} already")))
        }
    }

    /// Expects no run any more, until the next call with [`every`](Self::every).
    pub fn unwatch(self) {
        if let (Some(hub), Some(name)) = (self.bell.hub(), self.shown_name()) {
            hub.tasks().unwatch(&name);
        }
    }

    /// Without what cannot be seen; `None` if nothing is left.
    fn shown_name(&self) -> Option<Arc<str>> {
        let name = one_line(Unit::Chars.cut(&self.name, LONGEST_NAME));
        let name = name.trim();
        (!name.is_empty()).then(|| name.into())
    }
}

impl fmt::Debug for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A run that is not over. Dropped before it has ended, it tells that.
struct Going {
    hub: Arc<Hub>,
    /// Where it stands that it began.
    began: Option<Arc<Anchor>>,
    /// Taken once.
    run: Option<Run>,
    /// The last handle does not go before the result is told.
    _bell: Bell,
}

impl Going {
    /// `None` if the bell is off.
    fn start(task: Task) -> Option<Self> {
        let hub = Arc::clone(task.bell.hub()?);
        let run = hub.task_started(task.shown_name(), task.settings, Instant::now());
        let began = hub.say_began(&run);
        Some(Self { hub, began, run: Some(run), _bell: task.bell })
    }

    fn end(&mut self, ending: Ending) {
        let Some(run) = self.run.take() else { return };
        let say = self.hub.tasks().ended(&run, ending, Instant::now());
        if let Some(say) = say {
            self.hub.say_ended(say, self.began.take());
        }
    }

    fn fail(&mut self, cause: Cause, how: fn(Redacted<Cause>) -> Failure) {
        let cause = self.hub.redactor.cause(cause);
        self.end(Ending::Failed(how(cause)));
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        self.end(Ending::Failed(Failure::Dropped));
    }
}

struct Panicked {
    payload: Box<dyn Any + Send>,
    cause: Cause,
}

impl Panicked {
    fn new(payload: Box<dyn Any + Send>) -> Self {
        let cause = Cause::of_panic(&*payload, place_in_job(&*payload));
        Self { payload, cause }
    }
}

/// Catches the job's panic, with the place where it happened.
async fn caught<F: Future>(job: impl FnOnce() -> F) -> Result<F::Output, Panicked> {
    let called = caught_in_job(job).map_err(Panicked::new)?;
    let mut job = pin!(Some(called));
    poll_fn(move |cx| {
        let Some(going) = job.as_mut().as_pin_mut() else { return Poll::Pending };
        caught_in_job(|| going.poll(cx)).map(|poll| poll.map(Ok)).unwrap_or_else(|payload| {
            let panicked = Panicked::new(payload);
            // The panicked future's own `Drop` may panic too, and must not while this one unwinds.
            let dropped = catch_unwind(AssertUnwindSafe(|| job.set(None)));
            dropped.unwrap_or_else(discard);
            Poll::Ready(Err(panicked))
        })
    })
    .await
}
