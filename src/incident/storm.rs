//! Many new incidents at once: a channel is told so many one by one, the others together in one message
//! that is kept up to date. Reads no clock.

use std::time::Duration;

use tokio::time::Instant;

use super::{
    Telling,
    facts::{GRACE, State},
};
use crate::transport::Capabilities;

/// When what is quiet of them is listed, though others are not.
const LISTED_EACH: Duration = Duration::from_secs(3_600);

/// The incidents of one channel that are told together. Which ones, the channel's records say.
#[derive(Debug)]
pub(crate) struct Storm {
    pub(crate) telling: Telling,
    since: Instant,
    /// Failures that it told of what is not in it any more.
    pub(crate) gone: u64,
    /// Of what is told by itself by now: how many kinds of which it told, and with how many failures.
    pub(crate) left: (usize, u64),
    /// Kinds that are listed, at the end.
    pub(crate) listed: usize,
    /// Messages that listed a part of them, at the end.
    pages: u32,
}

impl Storm {
    pub(crate) fn new(now: Instant) -> Self {
        Self { telling: Telling::default(), since: now, gone: 0, left: (0, 0), listed: 0, pages: 0 }
    }

    /// A kind is told by itself from now on. So many of its failures were told here.
    pub(crate) const fn leave(&mut self, told: u64) {
        self.gone += told;
        if told > 0 {
            self.left = (self.left.0 + 1, self.left.1 + told);
        }
    }

    pub(crate) const fn pages(&self) -> u32 {
        self.pages
    }

    /// What is left of it is listed in a message of its own.
    pub(crate) fn turn_page(&mut self) {
        self.pages += 1;
        self.telling.turn_page();
    }

    /// What was quiet is listed. The others are told on, and listed in their turn.
    pub(crate) fn go_on(&mut self, can: &Capabilities, now: Instant) {
        (self.since, self.pages) = (now, 0);
        self.telling.turn_page();
        if can.edit {
            self.telling.leave();
        }
    }

    /// As one incident, of what its members have failed since, and what else is known of them.
    pub(crate) fn state(&self, members: impl Iterator<Item = (u64, State)>) -> Option<State> {
        let members =
            members.map(|(failures, member)| State { total: failures, people: 1, ..member });
        let (mut all, mut first_quiet) = (None, None);
        for member in members {
            first_quiet =
                Some(first_quiet.map_or(member.quiet, |at: Instant| at.min(member.quiet)));
            all = Some(all.map_or(member, |all: State| State {
                total: all.total + member.total,
                last: all.last.max(member.last),
                quiet: all.quiet.max(member.quiet),
                people: all.people + 1,
                ..all
            }));
        }
        let (all, first_quiet) = (all?, first_quiet?);
        // Something may fail on for ever, or ever more kinds may come.
        let listed = first_quiet.max(self.since + LISTED_EACH);
        Some(State {
            quiet: all.quiet.min(listed),
            total: self.gone + all.total,
            base: 0,
            episode: 1,
            after: None,
            tellable: self.since + GRACE,
            first: self.since,
            is_seldom: false,
            is_storm: true,
            ..all
        })
    }
}
