//! How often: counts that are never lost, and what was said of them where.

mod lifecycle;
mod tally;

pub(crate) use self::{
    lifecycle::{Facts, GRACE, PERIOD, QUIET, Telling},
    tally::{Drained, MOST_KINDS, Seen, Tally},
};
