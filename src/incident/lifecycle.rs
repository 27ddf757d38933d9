//! What was said of one incident in one channel, and what is to be said next, when, and why. Reads no
//! clock, and moves only on the provider's yes.
//!
//! | why | when | how |
//! |---|---|---|
//! | open | at once | a message |
//! | again | it was quiet, and is not | a message |
//! | escalated | ten times as many, or more severe | an answer to the first, shown in the channel too |
//! | in full | up to the third failure, each 30 s | a message |
//! | quiet | nothing failed for 10 min, and that tells something new | an edit, else a message |
//! | reminder | it goes on for 4 h | a message |
//! | anew | what was edited is gone | a message |
//! | summary | where nothing can be edited: 5 min, 15 min, then hourly | a message |
//! | update | where it can: the count changed | an edit |

use std::time::Duration;

use tokio::time::Instant;

use super::{
    Incidents,
    facts::State,
    word::{Form, Reason, Word},
};
use crate::transport::{Capabilities, Receipt};

/// How long nothing is tried after a word was given up.
pub(crate) const PUT_OFF: Duration = Duration::from_secs(60);
/// The longest such time: for what the service refuses again and again, and more for what may be there.
const LONGEST_PUT_OFF: Duration = Duration::from_secs(3_600);
/// An incident that is so many times as old as the time between its edits waits for longer.
const EDITS_PER_AGE: u32 = 10;
/// The longest time between two reminders of a low rate.
const LONGEST_REMINDER: Duration = Duration::from_secs(24 * 3_600);

/// What was told of one incident in one channel.
#[derive(Debug, Default)]
pub(crate) struct Telling {
    /// Of how many failures the channel knows.
    said: u64,
    /// Up to how many it is to know without waiting: a flush asks for it.
    asked: u64,
    /// The episode that was opened; 0 is none.
    episode: u32,
    /// Of how many it knew before: from other messages than this episode's, in which what it did not
    /// take of an earlier episode is told too.
    base: u64,
    /// How many there were of which it is not to know.
    joined: u64,
    /// The message that is edited and answered.
    anchor: Option<Receipt>,
    /// It was there, and is gone: what stood there is posted anew.
    is_lost: bool,
    /// It was there, and cannot be changed any more: what is posted next says all of it.
    is_left: bool,
    /// What stands there.
    shown: Shown,
    /// More severe than when the channel was last called.
    is_worse: bool,
    /// An escalation went out in this episode.
    escalated: bool,
    /// The total with which it was said that it is quiet.
    quiet: Option<u64>,
    /// The failures of this episode that the last message that calls told.
    called: u64,
    /// How many were told with their details.
    in_full: u64,
    reminders: u32,
    /// How often a message was refused even in short since one was taken.
    refused: u32,
    /// The total of a message that may be there, though no answer came.
    doubted: Option<u64>,
    times: Times,
    revision: u64,
}

#[derive(Debug, Default)]
struct Times {
    /// This episode's first message.
    opened: Option<Instant>,
    /// The last message that calls: none is an edit.
    called: Option<Instant>,
    edited: Option<Instant>,
    in_full: Option<Instant>,
    said: Option<Instant>,
    put_off: Option<Instant>,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Shown {
    total: u64,
    people: usize,
    quiet: bool,
}

impl Telling {
    /// What the channel is to be told next, and from when on. Of what is due now the most important.
    pub(crate) fn due(
        &self,
        state: &State,
        can: &Capabilities,
        settings: &Incidents,
        now: Instant,
    ) -> Option<Word> {
        let Word { why, at } = if state.episode != self.episode {
            self.opening(state, now)?
        } else if settings.on {
            let words = self.words(state, can, settings, now).into_iter().flatten();
            words.min_by_key(|word| (word.at.max(now), word.why.rank()))?
        } else {
            // Every failure rings.
            self.fresh(Reason::InFull, state, now)?
        };
        let longer = self.doubted.filter(|total| *total == state.total).map(|_| LONGEST_PUT_OFF);
        let put_off = self.times.put_off.map(|at| at + longer.unwrap_or_default());
        let put_off = put_off.filter(|put_off| *put_off > now);
        Some(Word { why, at: put_off.map_or(at, |put_off| at.max(put_off)) })
    }

    /// All that may be said in an episode, each from when on.
    fn words(
        &self,
        state: &State,
        can: &Capabilities,
        settings: &Incidents,
        now: Instant,
    ) -> [Option<Word>; 9] {
        let goes_on = |word: Option<Word>| word.filter(|_| state.quiet > now);
        [
            self.is_worse.then_some(Word { why: Reason::Worse, at: state.tellable }),
            self.escalation(state, settings),
            goes_on(self.next_in_full(state, settings)),
            self.quiet_word(state, can),
            goes_on(self.reminder(state, settings)),
            self.is_lost.then_some(Word { why: Reason::Anew, at: state.first }),
            goes_on(self.summary(state, can, settings)),
            goes_on(self.update(state, can, settings, now)),
            self.hurried_word(can, now),
        ]
    }

    /// The first word of an episode.
    fn opening(&self, state: &State, now: Instant) -> Option<Word> {
        let why = state.after.filter(|_| self.episode > 0).map_or(Reason::Open, Reason::Again);
        self.fresh(why, state, now)
    }

    /// Something that the channel does not know of, as soon as it can be told.
    fn fresh(&self, why: Reason, state: &State, now: Instant) -> Option<Word> {
        let at = if self.is_hurried() { now } else { state.tellable };
        self.is_behind(state).then_some(Word { why, at })
    }

    const fn is_behind(&self, state: &State) -> bool {
        self.said < state.total
    }

    /// Ten times as many as the channel was last called for, or as are told one by one. Not once it is
    /// said to be quiet.
    fn escalation(&self, state: &State, settings: &Incidents) -> Option<Word> {
        let known = self.called.max(settings.in_full);
        let is_more = state.total - state.base >= known.saturating_mul(settings.escalation);
        let is_due = is_more && self.quiet != Some(state.total);
        let at = self.times.called? + settings.escalation_period;
        is_due.then_some(Word { why: Reason::Escalated, at })
    }

    fn next_in_full(&self, state: &State, settings: &Incidents) -> Option<Word> {
        // What comes back again and again was seen in full.
        let is_first = self.called < settings.in_full && !state.is_seldom && !state.is_storm;
        let is_due = is_first && state.total - state.base > self.called;
        let at = (self.times.in_full? + settings.full_period).max(state.tellable);
        (is_due && self.in_full < settings.in_full).then_some(Word { why: Reason::InFull, at })
    }

    /// Only if it tells something new, but for a storm, whose end lists all of it.
    fn quiet_word(&self, state: &State, can: &Capabilities) -> Option<Word> {
        let is_new = if state.is_storm {
            self.quiet != Some(state.total)
        } else if self.edits(can) {
            let several = state.total - state.base > 1;
            let quiet = Shown { quiet: true, ..Shown::of(state) };
            (several || self.escalated) && self.shown != quiet
        } else {
            self.quiet != Some(state.total) && (self.escalated || self.is_behind(state))
        };
        is_new.then_some(Word { why: Reason::Quiet, at: state.quiet })
    }

    fn reminder(&self, state: &State, settings: &Incidents) -> Option<Word> {
        let longer = if state.is_seldom { 1 << self.reminders.min(16) } else { 1 };
        let period = (settings.reminder * longer).min(LONGEST_REMINDER.max(settings.reminder));
        let at = self.times.called? + period;
        // It goes on only if something fails then.
        let is_due = state.total - state.base > self.called && state.last >= at;
        is_due.then_some(Word { why: Reason::Reminder, at })
    }

    fn summary(&self, state: &State, can: &Capabilities, settings: &Incidents) -> Option<Word> {
        if self.edits(can) || state.is_seldom || !self.is_behind(state) {
            return None;
        }
        let (opened, said) = (self.times.opened?, self.times.said?);
        let since = said.saturating_duration_since(opened);
        let Incidents { summaries: [first, second], summary_period, .. } = *settings;
        let next = [first, second].into_iter().find(|after| *after > since).unwrap_or_else(|| {
            let passed = since.saturating_sub(second).as_millis() / summary_period.as_millis();
            let passed = u32::try_from(passed).unwrap_or(u32::MAX);
            second + summary_period.saturating_mul(passed.saturating_add(1))
        });
        Some(Word { why: Reason::Summary, at: opened.checked_add(next)? })
    }

    fn update(
        &self,
        state: &State,
        can: &Capabilities,
        settings: &Incidents,
        now: Instant,
    ) -> Option<Word> {
        let is_due = self.edits(can) && self.shown != Shown::of(state);
        let age = now.saturating_duration_since(self.times.opened?);
        let period = (age / EDITS_PER_AGE).min(settings.longest_edit_period).max(can.edit_period);
        let at = self.times.edited? + period;
        is_due.then_some(Word { why: Reason::Update, at })
    }

    fn hurried_word(&self, can: &Capabilities, now: Instant) -> Option<Word> {
        let why = if self.edits(can) { Reason::Update } else { Reason::Summary };
        self.is_hurried().then_some(Word { why, at: now })
    }

    fn edits(&self, can: &Capabilities) -> bool {
        can.edit && self.anchor.is_some()
    }

    /// What becomes of the word in the channel.
    pub(crate) fn form(&self, why: Reason, can: &Capabilities) -> Form {
        match (&self.anchor, why) {
            (Some(anchor), Reason::Update | Reason::Quiet) if can.edit => {
                Form::Edit(anchor.clone())
            }
            (Some(anchor), Reason::Escalated | Reason::Worse) if can.thread => {
                Form::Answer(anchor.clone())
            }
            _ => Form::Message,
        }
    }

    /// The channel took it. Gives the number of the message.
    pub(crate) fn told(
        &mut self,
        (why, form): (Reason, &Form),
        can: &Capabilities,
        state: &State,
        receipt: &Receipt,
        now: Instant,
    ) -> u64 {
        if why.opens() {
            self.open(state, now);
        }
        self.said = self.said.max(state.total);
        self.times.said = Some(now);
        (self.times.put_off, self.refused, self.doubted) = (None, 0, None);
        self.revision += 1;
        match why {
            Reason::InFull => {
                self.in_full += 1;
                self.times.in_full = Some(now);
            }
            Reason::Escalated | Reason::Worse => (self.escalated, self.is_worse) = (true, false),
            Reason::Reminder => self.reminders += 1,
            Reason::Quiet => self.quiet = Some(state.total),
            _ => {}
        }
        if !matches!(form, Form::Edit(_)) {
            (self.called, self.times.called) = (state.total - state.base, Some(now));
        }
        let has_use = can.edit || can.thread;
        if has_use && (matches!(form, Form::Edit(_)) || self.anchor.is_none()) {
            self.stands(why, state, receipt, now);
        }
        self.revision
    }

    /// The message that is edited from now on, if the service named it.
    fn stands(&mut self, why: Reason, state: &State, receipt: &Receipt, now: Instant) {
        // A service that only says yes to an edit means the message that it was asked to edit.
        if receipt.id().is_some() {
            self.anchor = Some(receipt.clone());
        }
        self.shown = Shown { quiet: why == Reason::Quiet, ..Shown::of(state) };
        (self.times.edited, self.is_lost, self.is_left) = (Some(now), false, false);
    }

    fn open(&mut self, state: &State, now: Instant) {
        let Self { said, asked, joined, revision, .. } = *self;
        let times = Times { opened: Some(now), in_full: Some(now), ..Times::default() };
        *self = Self {
            said,
            asked,
            episode: state.episode,
            base: said,
            joined,
            in_full: 1,
            revision,
            times,
            ..Self::default()
        };
    }

    /// A message about several incidents told it: the channel knows so many.
    pub(crate) fn told_elsewhere(&mut self, total: u64) {
        self.said = self.said.max(total);
        self.times.put_off = None;
    }

    /// The last message about several incidents told it as it was: from now on it stands for itself.
    pub(crate) fn ended_elsewhere(&mut self, state: &State, now: Instant) {
        self.told_elsewhere(state.total);
        self.open(state, now);
        self.quiet = Some(state.total);
        (self.called, self.in_full) = (state.total - state.base, u64::MAX);
        (self.times.called, self.times.said) = (Some(now), Some(now));
    }

    /// The next word stands beside the one that is there.
    pub(crate) fn turn_page(&mut self) {
        (self.anchor, self.quiet) = (None, None);
    }

    /// What stands there stays as it is: the next word says all of it.
    pub(crate) const fn leave(&mut self) {
        self.is_left = true;
    }

    /// What was edited or answered is gone: the next word stands anew.
    pub(crate) fn lost_anchor(&mut self) {
        self.anchor = None;
        self.is_lost = true;
    }

    /// The message was given up: the next one says it all.
    pub(crate) fn put_off(&mut self, now: Instant) {
        self.times.put_off = Some(now + PUT_OFF);
    }

    /// The message with this total may be there, perhaps twice: it is not sent again before the count
    /// changes, or for long.
    pub(crate) fn doubted(&mut self, total: u64, now: Instant) {
        self.put_off(now);
        self.doubted = Some(total);
    }

    /// The service refused it even in short. What it refuses it will refuse again: the next one waits
    /// longer each time, and if it was to change or answer what stands there, it stands for itself.
    pub(crate) fn refused(&mut self, form: &Form, now: Instant) {
        let longer = 1 << self.refused.min(16);
        self.refused = self.refused.saturating_add(1);
        self.times.put_off = Some(now + (PUT_OFF * longer).min(LONGEST_PUT_OFF));
        if !matches!(form, Form::Message) {
            self.anchor = None;
            self.is_left = true;
        }
    }

    /// It got more severe: that is said at once.
    pub(crate) fn worsen(&mut self) {
        self.is_worse = self.episode > 0;
    }

    /// Asks for what is known now to be told without waiting.
    pub(crate) fn hurry(&mut self, total: u64) {
        self.asked = total;
        self.times.put_off = None;
    }

    /// Some of what it is about is told elsewhere from now on: of no more than is left can a flush ask.
    pub(crate) fn shrink_to(&mut self, total: u64) {
        self.asked = self.asked.min(total);
    }

    /// A flush waits for this.
    pub(crate) const fn is_hurried(&self) -> bool {
        self.is_missed() && self.times.put_off.is_none()
    }

    /// What a flush asked for is not told, or not yet.
    pub(crate) const fn is_missed(&self) -> bool {
        self.said < self.asked
    }

    pub(crate) const fn said(&self) -> u64 {
        self.said
    }

    /// The channel hears of it from now on: what failed before was told to others.
    pub(crate) const fn join_at(&mut self, total: u64) {
        (self.said, self.joined) = (total, total);
    }

    /// Whether it was told nothing before this episode.
    pub(crate) const fn is_new_to_it(&self, state: &State) -> bool {
        self.base(state) == self.joined
    }

    /// Of how many the channel knew before this episode's first message, which may be yet to come.
    pub(crate) const fn base(&self, state: &State) -> u64 {
        if self.episode == state.episode { self.base } else { self.said }
    }

    /// Whether this word stands for one that is gone, or cannot be changed: it says all that one would.
    pub(crate) fn stands_anew(&self, why: Reason) -> bool {
        (self.is_lost || self.is_left) && !why.opens()
    }

    /// When the channel was last told something.
    pub(crate) const fn said_at(&self) -> Option<Instant> {
        self.times.said
    }

    /// When what stands there was last edited.
    pub(crate) const fn edited_at(&self) -> Option<Instant> {
        self.times.edited
    }
}

impl Shown {
    const fn of(state: &State) -> Self {
        Self { total: state.total, people: state.people, quiet: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::incident::{FULL_PERIOD, QUIET, SUMMARIES};

    const SECOND: Duration = Duration::from_secs(1);
    const MINUTE: Duration = Duration::from_secs(60);
    const HOUR: Duration = Duration::from_secs(3_600);

    /// An incident in one channel, whose every word is taken.
    struct Day {
        start: Instant,
        state: State,
        telling: Telling,
        can: Capabilities,
        settings: Incidents,
    }

    impl Day {
        /// The first failure is told at once.
        fn begin(can: Capabilities) -> Self {
            let start = Instant::now();
            let state = State {
                total: 1,
                base: 0,
                episode: 1,
                after: None,
                tellable: start,
                first: start,
                last: start,
                quiet: start + QUIET[0],
                is_seldom: false,
                is_storm: false,
                people: 0,
            };
            let (telling, settings) = (Telling::default(), Incidents::default());
            let mut day = Self { start, state, telling, can, settings };
            assert_eq!(day.say(Duration::ZERO), Some(Reason::Open));
            day
        }

        fn fail(&mut self, times: u64, at: Duration) {
            self.state.total += times;
            self.state.last = self.start + at;
            self.state.quiet = self.start + at + QUIET[0];
        }

        fn next(&self, at: Duration) -> Option<(Reason, Duration)> {
            let now = self.start + at;
            let word = self.telling.due(&self.state, &self.can, &self.settings, now)?;
            Some((word.why, word.at.saturating_duration_since(self.start)))
        }

        /// Says what is due by then.
        fn say(&mut self, at: Duration) -> Option<Reason> {
            let (why, _) = self.next(at).filter(|(_, due)| *due <= at)?;
            let form = self.telling.form(why, &self.can);
            let (receipt, now) = (Receipt::new("1"), self.start + at);
            self.telling.told((why, &form), &self.can, &self.state, &receipt, now);
            Some(why)
        }
    }

    fn plain() -> Capabilities {
        Capabilities::default()
    }

    fn editing() -> Capabilities {
        Capabilities::default().edit(true)
    }

    #[test]
    fn nothing_is_said_of_what_does_not_change() {
        for can in [plain(), editing()] {
            assert_eq!(Day::begin(can).next(24 * HOUR), None);
        }
    }

    #[test]
    fn the_first_three_are_told_in_full_half_a_minute_apart() {
        let mut day = Day::begin(plain());
        for number in 1..=2 {
            day.fail(1, number * 40 * SECOND);
            assert_eq!(day.say(number * 40 * SECOND), Some(Reason::InFull));
        }
        day.fail(1, 120 * SECOND);
        assert_eq!(day.next(120 * SECOND), Some((Reason::Summary, SUMMARIES[0])));
        let mut day = Day::begin(plain());
        day.fail(1, SECOND);
        assert_eq!(day.next(SECOND), Some((Reason::InFull, FULL_PERIOD)));
    }

    /// In which of so many minutes a summary is said.
    fn summaries(settings: Incidents, minutes: u32) -> Vec<u32> {
        let mut day = Day::begin(plain());
        day.settings = settings;
        let said = (1..minutes).filter(|minute| {
            day.fail(1, *minute * MINUTE);
            day.say(*minute * MINUTE) == Some(Reason::Summary)
        });
        said.collect()
    }

    #[test]
    fn summaries_come_after_five_minutes_fifteen_and_each_hour() {
        assert_eq!(summaries(Incidents::default(), 240), [5, 15, 75, 135, 195]);
    }

    #[test]
    fn summaries_come_when_the_app_wants_them() {
        let settings = Incidents::default().summaries([20 * MINUTE, 10 * MINUTE], 7 * MINUTE);
        assert_eq!(summaries(settings, 50), [10, 20, 27, 34, 41, 48]);
    }

    #[test]
    fn ten_times_as_many_escalate_but_not_within_a_minute() {
        let mut day = Day::begin(editing());
        day.fail(28, SECOND);
        assert_ne!(day.say(2 * MINUTE), Some(Reason::Escalated), "29 are not ten times three");
        let mut day = Day::begin(editing());
        day.fail(29, SECOND);
        assert_eq!(day.say(FULL_PERIOD), Some(Reason::InFull));
        day.fail(270, 40 * SECOND);
        assert!(day.say(FULL_PERIOD + 59 * SECOND).is_none_or(|why| why == Reason::Update));
        assert_eq!(day.say(FULL_PERIOD + MINUTE), Some(Reason::Escalated));
    }

    #[test]
    fn the_older_an_incident_the_less_it_is_edited() {
        let mut day = Day::begin(editing());
        day.telling.in_full = u64::MAX;
        let mut edits = Vec::new();
        for second in 1..3_600 {
            day.fail(1, second * SECOND);
            if day.say(second * SECOND) == Some(Reason::Update) {
                edits.push(second);
            }
        }
        let first: Vec<_> = edits.iter().copied().take(3).collect();
        assert_eq!(first, [30, 61, 91], "after a minute it escalates");
        let longest = edits.windows(2).map(|pair| pair[1] - pair[0]).max();
        assert_eq!(longest, Some(300));
    }

    #[test]
    fn edits_slow_down_no_further_than_the_app_wants() {
        let mut day = Day::begin(editing());
        day.settings = Incidents::default().longest_edit_period(MINUTE);
        (day.state.total, day.telling.in_full) = (2, u64::MAX);
        assert_eq!(day.say(HOUR / 12), Some(Reason::Update));
        day.fail(1, HOUR);
        assert_eq!(day.say(HOUR), Some(Reason::Update));
        day.fail(1, HOUR + SECOND);
        assert_eq!(day.next(HOUR + SECOND), Some((Reason::Update, HOUR + MINUTE)));
    }

    #[test]
    fn what_goes_on_is_brought_back_to_mind_and_low_rates_ever_more_seldom() {
        for (is_seldom, hours) in [(false, vec![4, 8, 12, 16, 20, 24]), (true, vec![4, 12])] {
            let mut day = Day::begin(editing());
            (day.state.is_seldom, day.telling.in_full) = (is_seldom, u64::MAX);
            let mut said = Vec::new();
            for minute in 1..=25 * 60 {
                if minute % 60 == 0 {
                    day.fail(1, minute * MINUTE);
                }
                day.state.quiet = day.start + minute * MINUTE + QUIET[0];
                if day.say(minute * MINUTE) == Some(Reason::Reminder) {
                    said.push(minute / 60);
                }
            }
            assert_eq!(said, hours);
        }
    }

    #[test]
    fn that_it_is_quiet_is_said_once_and_only_if_it_tells_something() {
        for can in [plain(), editing()] {
            let mut day = Day::begin(can);
            day.fail(4, SECOND);
            let quiet = SECOND + QUIET[0];
            let said: Vec<_> = (0..3).filter_map(|_| day.say(quiet)).collect();
            assert_eq!(said, [Reason::Quiet]);
            assert_eq!(day.next(24 * HOUR), None);
        }
    }

    #[test]
    fn what_is_given_up_waits_and_a_flush_does_not_wait_for_it() {
        let mut day = Day::begin(editing());
        day.fail(4, SECOND);
        day.telling.hurry(day.state.total);
        assert_eq!(day.next(SECOND), Some((Reason::Update, SECOND)));
        day.telling.put_off(day.start + SECOND);
        assert!(day.telling.is_missed() && !day.telling.is_hurried());
        assert_eq!(day.next(SECOND).map(|(_, at)| at), Some(SECOND + PUT_OFF));
    }

    #[test]
    fn a_service_that_only_says_yes_to_an_edit_keeps_its_message() {
        let mut day = Day::begin(editing());
        day.fail(1, SECOND);
        let (now, edit) = (day.start + MINUTE, Form::Edit(Receipt::new("1")));
        day.telling.told((Reason::Update, &edit), &day.can, &day.state, &Receipt::none(), now);
        assert_eq!(day.telling.form(Reason::Update, &day.can), edit);
    }

    #[test]
    fn what_gets_worse_answers_the_first_message_at_once() {
        let mut day = Day::begin(editing().thread(true));
        day.fail(1, SECOND);
        day.telling.worsen();
        assert_eq!(day.next(SECOND).map(|(why, _)| why), Some(Reason::Worse));
        assert_eq!(day.telling.form(Reason::Worse, &day.can), Form::Answer(Receipt::new("1")));
        assert_eq!(day.say(SECOND), Some(Reason::Worse));
        assert_ne!(day.next(SECOND).map(|(why, _)| why), Some(Reason::Worse));
    }
}
