//! How often: counts that are never lost, and what was said of them where.
//!
//! The settings are [`Incidents`]; here are their defaults.

mod bucket;
mod facts;
mod lifecycle;
mod missing;
mod people;
pub(crate) mod schedule;
mod settings;
mod storm;
mod tally;
mod word;

#[cfg(test)]
pub(crate) use self::tally::MOST_KINDS;
pub(crate) use self::{
    bucket::{Bucket, Rate},
    facts::{Facts, GRACE, Moment, State},
    lifecycle::Telling,
    missing::{Asked, Due as MissingDue, Missing, Pages as MissingPages, Site},
    people::{Hit, People, user_hash},
    storm::Storm,
    tally::{Drained, Seen, Tally},
    word::{Form, Reason, Word},
};
pub use self::{
    missing::{MISSING_PAGES_PERIOD, MOST_MISSING_PAGES},
    people::NAMED_USERS,
    settings::{
        ESCALATION, ESCALATION_PERIOD, FULL_PERIOD, Incidents, LONGEST_EDIT_PERIOD, QUIET,
        REMEMBERED, REMINDER, RETURNS, STORM_BURST, STORM_REFILL, SUMMARIES, SUMMARY_PERIOD,
        TOLD_IN_FULL,
    },
};
