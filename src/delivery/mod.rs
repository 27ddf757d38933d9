//! How it gets there: bounded on the way in, one worker per channel on the way out, and every loss
//! counted.
//!
//! What an app meets of it stands at the root: [`Stats`], [`Drained`],
//! [`Worker`]. Here are the bounds.

// | file | what it is |
// |---|---|
// | `intake` | the request path's side: tokens and places for reports |
// | `queue` | the app's own messages, waiting for their channel |
// | `ledger` | the facts of incidents and what was told where |
// | `channel` | a destination and its worker: what is to be said now? |
// | `pacing`, `retry` | when it may be said, and what comes after an error |
// | `compose`, `post` | from what is due to a message that fits; one guarded post |
// | `tasks` | what there is to say of scheduled jobs |
// | `drain` | flush and shutdown |
// | `stats`, `log` | what happened, in numbers and words |
// | `hub`, `worker` | what handles and worker share; the worker itself |

mod channel;
mod compose;
mod drain;
mod hub;
mod intake;
mod ledger;
mod log;
mod pacing;
mod post;
mod queue;
mod retry;
#[cfg(test)]
pub(crate) mod samples;
mod stats;
mod tasks;
mod weight;
mod worker;

pub(crate) use self::{
    channel::Channel,
    drain::{Answer, wait},
    hub::Hub,
    intake::{Detail, KindFacts},
    pacing::LONGEST_PAUSE,
    queue::{Answered, Sending},
    retry::MESSAGE_LIFE,
};
pub use self::{
    drain::Drained,
    intake::{MOST_REPORT_BYTES, MOST_REPORTS},
    ledger::MOST_EXEMPLAR_BYTES,
    queue::{MOST_MESSAGE_BYTES, MOST_MESSAGES},
    stats::{ChannelStats, Stats},
    worker::Worker,
};
