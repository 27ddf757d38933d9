//! How it gets there: bounded on the way in, one worker per channel on the way out, and every loss
//! counted.
//!
//! What an app meets of it stands at the root: [`Stats`], [`Drained`],
//! [`Worker`]. Here are the bounds.

// | file | what it is |
// |---|---|
// | `intake` | the request path's side: tokens and places for reports |
// | `sending` | a message of the app's own: how it is sent, what came of it |
// | `queue` | where these wait for their channel |
// | `flood`, `once`, `anchor` | which events are of a flood, are told already, replace another |
// | `ledger` | the facts of incidents and what was told where |
// | `channel` | a destination and its worker: what is to be said now? |
// | `own` | what the worker does with the app's own messages |
// | `pacing`, `retry` | when it may be said, and what comes after an error |
// | `fallback` | who takes over from a channel that takes nothing |
// | `compose`, `post` | from what is due to a message that fits; one guarded post |
// | `tasks`, `missing` | what there is to say of scheduled jobs, and of pages that are not there |
// | `drain` | flush and shutdown |
// | `stats`, `log` | what happened, in numbers and words |
// | `hub`, `worker` | what handles and worker share; the worker itself |

mod anchor;
mod channel;
mod compose;
mod drain;
mod fallback;
mod flood;
mod hub;
mod intake;
mod ledger;
mod log;
mod missing;
mod once;
mod own;
mod pacing;
mod post;
mod queue;
mod retry;
#[cfg(test)]
pub(crate) mod samples;
mod sending;
mod stats;
mod tasks;
pub(crate) mod weight;
mod worker;

pub(crate) use self::{
    anchor::Anchor,
    channel::Channel,
    drain::{Answer, wait},
    hub::Hub,
    intake::{Detail, KindFacts},
    pacing::LONGEST_PAUSE,
    retry::MESSAGE_LIFE,
    sending::{Answered, Sending},
};
pub use self::{
    drain::Drained,
    flood::EVENTS_PER_MINUTE,
    intake::{MOST_REPORT_BYTES, MOST_REPORTS},
    ledger::{MOST_EXEMPLAR_BYTES, MOST_REMEMBERED},
    once::REMEMBERED_KEYS,
    queue::{MOST_MESSAGE_BYTES, MOST_MESSAGES},
    stats::{ChannelStats, Stats},
    worker::Worker,
};
pub use crate::incident::{MISSING_PAGES_PERIOD, MOST_MISSING_PAGES};
