//! How often: counts that are never lost, and what was said of them where.

mod lifecycle;
pub(crate) mod schedule;
mod tally;

pub(crate) use self::{
    lifecycle::{Facts, Telling},
    tally::{Drained, Seen, Tally},
};
#[cfg(test)]
pub(crate) use self::{
    lifecycle::{GRACE, PERIOD, QUIET},
    tally::MOST_KINDS,
};
