//! Scheduled jobs: what there is to say of them becomes messages. The lock is never held meanwhile.

use std::sync::{Arc, MutexGuard, PoisonError};

use tokio::time::Instant;

use crate::{
    delivery::{
        anchor::Anchor,
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

    /// Says that a run began, if that is to be told, where its result can complete the message.
    pub(crate) fn say_began(&self, run: &Run) -> Option<Arc<Anchor>> {
        let began = run.began()?;
        let anchor = Arc::default();
        let only_if_edit = true;
        let how = Sending { anchor: Some(Arc::clone(&anchor)), only_if_edit, ..Sending::default() };
        self.say(began, how);
        Some(anchor)
    }

    /// Says what came of a run, in the place where it began. An edit rings nobody, and so what people
    /// are to be told is a message of its own too.
    pub(crate) fn say_ended(&self, say: Say, began: Option<Arc<Anchor>>) {
        if !say.rings() {
            self.say(say, Sending { anchor: began, ..Sending::default() });
            return;
        }
        if let Some(anchor) = began {
            let how = Sending { anchor: Some(anchor), only_replaces: true, ..Sending::default() };
            // What it leaves out is told in the other one.
            let _ = self.send(render::task_in_short(&say, &self.origin), how);
        }
        self.say(say, Sending::default());
    }

    /// What is not taken is told later; gives whether it was taken.
    fn say(&self, say: Say, how: Sending) -> bool {
        let taken = self.send(render::task(&say, &self.origin), how).is_ok();
        if !taken {
            self.tasks().put_back(say);
        }
        taken
    }

    /// What is due by now: an overrun, a run that did not start, failures that were counted.
    pub(crate) fn say_what_is_due(&self, now: Instant) {
        let due = self.tasks().due(now);
        for say in due {
            self.say(say, Sending::default());
        }
    }

    /// What is counted and not told: nobody may ask again. Gives how many messages were not taken.
    pub(crate) fn say_what_is_counted(&self) -> usize {
        let counted = self.tasks().hurry();
        counted.into_iter().map(|say| usize::from(!self.say(say, Sending::default()))).sum()
    }
}
