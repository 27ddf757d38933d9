//! How often: counts that are never lost, and what was said of them where.

mod lifecycle;
mod missing;
pub(crate) mod schedule;
mod tally;

pub use self::missing::{MISSING_PAGES_PERIOD, MOST_MISSING_PAGES};
pub(crate) use self::{
    lifecycle::{Facts, Telling},
    missing::{Asked, Due as MissingDue, Missing, Pages as MissingPages, Site},
    tally::{Drained, Seen, Tally},
};
#[cfg(test)]
pub(crate) use self::{
    lifecycle::{GRACE, PERIOD, QUIET},
    tally::MOST_KINDS,
};
