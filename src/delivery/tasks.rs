//! Scheduled jobs: what there is to say of them becomes messages. The lock is never held meanwhile.

use std::sync::{Arc, MutexGuard, PoisonError};

use tokio::time::Instant;

use crate::{
    delivery::{
        hub::{Hub, is_seldom},
        log,
        sending::Sending,
    },
    incident::schedule::{MOST_TASKS, Run, Say, Schedules, Settings},
    render,
};

impl Hub {
    pub(crate) fn tasks(&self) -> MutexGuard<'_, Schedules> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A run of a job begins, of a nameless one too.
    pub(crate) fn task_started(
        &self,
        task: Option<Arc<str>>,
        settings: Settings,
        now: Instant,
    ) -> Run {
        let task = task.unwrap_or_else(|| {
            log::warn(&self.redactor, format_args!("a task has no name: it is called \"task\""));
            "task".into()
        });
        let run = self.tasks().started(&task, settings, now);
        if let Some(number) = run.no_room.filter(|number| is_seldom(number - 1)) {
            log::warn(
                &self.redactor,
                format_args!("more than {MOST_TASKS} tasks: {task:?} is not watched ({number})"),
            );
        }
        run
    }

    /// What a refused message loses is counted by its channel.
    pub(crate) fn say(&self, say: &Say, how: Sending) {
        let _ = self.send(render::task(say, &self.origin), how);
    }

    /// What is due by now: an overrun, a run that did not start, failures that were counted.
    pub(crate) fn say_what_is_due(&self, now: Instant) {
        let due = self.tasks().due(now);
        due.iter().for_each(|say| self.say(say, Sending::default()));
    }

    /// What is counted and not told: nobody may ask again.
    pub(crate) fn say_what_is_counted(&self) {
        let counted = self.tasks().hurry();
        counted.iter().for_each(|say| self.say(say, Sending::default()));
    }
}
