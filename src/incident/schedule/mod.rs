//! The runs of scheduled jobs: what of them is to be told, and what is missing. Reads no clock.
//!
//! - A success is told as [`OnSuccess`] says; always if the channel's last word of the job was that
//!   it fails, did not run, or is still running.
//! - A failure is told at once if it is news: if its text was not told yet, or if the last word was
//!   that the job works. At most [`AT_ONCE`] an hour, beside those whose start was told; all others
//!   are counted and told together, an hour after the last message, with their exact number.
//! - A run that goes on for longer than it may is told once, again at most one message an hour.
//! - A job of which no run started a period after the last one ended is told once, and then once a
//!   period, at most once a day. The end of the last run is what counts, because a loop that sleeps
//!   between its runs starts them further apart than its period.

mod gate;
mod job;
mod say;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::time::Instant;

use self::job::Job;
pub(crate) use self::{
    gate::Fresh,
    say::{Ended, Ending, Failure, Failures, Missed, Say, What},
};
use crate::severity::Severity;

/// Jobs known at once. For a further one the longest idle one is forgotten; if none is idle the
/// further one's results are told each by itself, and nothing of it is remembered or watched.
pub const MOST_TASKS: usize = 1_000;
/// Failures of one job that are told at once within an hour.
const AT_ONCE: usize = 5;

/// Which runs that went well are told. Failures always are, and so is the first success after them.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum OnSuccess {
    /// Every one; also that a run began, where the transport can edit and the job is not known to
    /// fail.
    #[default]
    Always,
    /// Those whose summary is not the one that was told last.
    OnChange,
    /// None.
    Quiet,
}

/// What was asked for a job; the latest call's count.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    pub(crate) channel: Option<Arc<str>>,
    pub(crate) every: Option<Duration>,
    pub(crate) on_success: OnSuccess,
    pub(crate) severity: Option<Severity>,
    pub(crate) timeout: Option<Duration>,
}

impl Settings {
    /// How long a run may go on without being told.
    fn limit(&self) -> Option<Duration> {
        self.timeout.or(self.every)
    }
}

/// All jobs by name, at most [`MOST_TASKS`].
#[derive(Debug, Default)]
pub(crate) struct Schedules {
    jobs: BTreeMap<Arc<str>, Job>,
    /// The number of the last run of any job.
    runs: u64,
    /// Runs of jobs that had no room.
    no_room: u64,
    /// The latest time that was handed in.
    now: Option<Instant>,
}

/// A run that is going.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) task: Arc<str>,
    pub(crate) settings: Arc<Settings>,
    /// The job had no room and is not remembered: so many runs had none so far.
    pub(crate) no_room: Option<u64>,
    id: u64,
    /// Among the runs of its job.
    number: u64,
    started: Instant,
    /// Another run of the job was going when it began.
    beside: bool,
    /// It is told that it began.
    told: bool,
}

impl Run {
    /// That it began, if that is to be told. Then its result is told too.
    pub(crate) fn began(&self) -> Option<Say> {
        let (task, settings) = (Arc::clone(&self.task), Arc::clone(&self.settings));
        self.told.then_some(Say { task, settings, what: What::Started })
    }
}

impl Schedules {
    pub(crate) fn started(&mut self, task: &Arc<str>, settings: Settings, now: Instant) -> Run {
        self.see(now);
        self.runs += 1;
        let settings = Arc::new(settings);
        let mut run = Run {
            task: Arc::clone(task),
            settings: Arc::clone(&settings),
            no_room: None,
            id: self.runs,
            number: 1,
            started: now,
            beside: false,
            told: settings.on_success == OnSuccess::Always,
        };
        if let Some(job) = self.job(task, &settings, now) {
            run.beside = job.is_going();
            // Else a job that fails each minute would be told each minute.
            run.told &= !job.is_announced();
            run.number = job.start(run.id, settings, now);
        } else {
            self.no_room += 1;
            run.no_room = Some(self.no_room);
        }
        run
    }

    /// The run is over. Gives what is to be told of it.
    pub(crate) fn ended(&mut self, run: &Run, ending: Ending, now: Instant) -> Option<Say> {
        self.see(now);
        let mut lone;
        let job = match self.jobs.get_mut(&run.task) {
            Some(job) => job,
            None => {
                lone = Job::new(Arc::clone(&run.settings), now);
                &mut lone
            }
        };
        let what = What::Ended(job.end(run, ending, now)?);
        Some(Say { task: Arc::clone(&run.task), settings: job.settings(), what })
    }

    /// Expects a run from now on; `false` if there is no room.
    pub(crate) fn watch(&mut self, task: &Arc<str>, settings: Settings, now: Instant) -> bool {
        self.see(now);
        let settings = Arc::new(settings);
        let job = self.job(task, &settings, now);
        job.map(|job| job.watch(settings, now)).is_some()
    }

    /// Expects no run any more.
    pub(crate) fn unwatch(&mut self, task: &str) {
        if let Some(job) = self.jobs.get_mut(task) {
            job.unwatch();
        }
    }

    /// What is to be told by now.
    pub(crate) fn due(&mut self, now: Instant) -> Vec<Say> {
        self.see(now);
        self.say(|job| job.due(now))
    }

    /// What is counted and not told yet: nobody may ask again.
    pub(crate) fn hurry(&mut self) -> Vec<Say> {
        self.now.map(|now| self.say(|job| job.hurry(now))).unwrap_or_default()
    }

    /// What is not taken is told later, if it is a count.
    pub(crate) fn put_back(&mut self, Say { task, what, .. }: Say) {
        if let Some(job) = self.jobs.get_mut(&task) {
            job.put_back(what);
        }
    }

    fn see(&mut self, now: Instant) {
        self.now = self.now.max(Some(now));
    }

    fn say(&mut self, what: impl Fn(&mut Job) -> Vec<What>) -> Vec<Say> {
        let said = self.jobs.iter_mut().flat_map(|(task, job)| {
            let what = what(job);
            let (task, settings) = (Arc::clone(task), job.settings());
            let say = move |what| Say { task: task.clone(), settings: settings.clone(), what };
            what.into_iter().map(say)
        });
        said.collect()
    }

    /// The job of this name, new if there is room for it.
    fn job(&mut self, task: &Arc<str>, settings: &Arc<Settings>, now: Instant) -> Option<&mut Job> {
        if !self.jobs.contains_key(task) && self.jobs.len() >= MOST_TASKS {
            let idle = self.jobs.iter().filter(|(_, job)| job.is_idle());
            let (longest, _) = idle.min_by_key(|(_, job)| job.idle_since())?;
            let longest = Arc::clone(longest);
            self.jobs.remove(&longest);
        }
        let new = || Job::new(Arc::clone(settings), now);
        Some(self.jobs.entry(Arc::clone(task)).or_insert_with(new))
    }
}
