//! How often: counts that are never lost, and what was said of them where.

mod tally;

pub(crate) use self::tally::{Drained, MOST_KINDS, Seen, Tally};
