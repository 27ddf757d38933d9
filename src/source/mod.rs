//! Other ears than the middleware: what the app tells of itself.
//!
//! [`Bell::event`](crate::Bell::event) tells what happened, [`Bell::task`](crate::Bell::task) watches
//! scheduled jobs. Here are their bounds, and what a job may end with.

mod event;
mod money;
mod outcome;
mod task;

pub use self::{
    event::Event,
    outcome::{Outcome, Summarize},
    task::{LONGEST_NAME, Task},
};
pub use crate::{
    incident::schedule::{MOST_TASKS, OnSuccess},
    report::job::{MOST_COUNTS, MOST_NOTES, Summary},
};
