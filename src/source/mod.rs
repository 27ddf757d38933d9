//! Other ears: what the app itself has to say.
//!
//! [`Bell::task`](crate::Bell::task) watches scheduled jobs.

mod outcome;
mod task;

pub use self::{
    outcome::{Outcome, Summarize},
    task::{LONGEST_NAME, Task},
};
pub use crate::{
    incident::schedule::{MOST_TASKS, OnSuccess},
    report::job::{MOST_COUNTS, MOST_NOTES, Summary},
};
