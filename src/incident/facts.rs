//! What is known of one kind of failure, whoever was told of it: totals, times, users, and whether it
//! came back. Reads no clock: the worker hands the time in.

use std::{
    collections::VecDeque,
    time::{Duration, SystemTime},
};

use tokio::time::Instant;

use super::{Incidents, people::People};

/// How long a counted failure waits for its details before it is told without them.
pub(crate) const GRACE: Duration = Duration::from_secs(2);

/// A moment: decided by the one, shown by the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) at: Instant,
    pub(crate) shown: SystemTime,
}

impl Moment {
    pub(crate) fn now() -> Self {
        Self { at: Instant::now(), shown: SystemTime::now() }
    }
}

/// How often one kind failed, when, and for whom.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    /// Never starts anew, so that what was told is always a part of it.
    pub(crate) total: u64,
    pub(crate) people: People,
    /// Of this episode.
    first: Moment,
    last: Moment,
    episode: Episode,
    /// The latest returns while it is remembered.
    returns: VecDeque<Instant>,
    /// Which of the quiet periods counts.
    level: usize,
    details: Details,
}

/// From the first failure until it is quiet.
#[derive(Clone, Copy, Debug)]
struct Episode {
    /// The first one is 1.
    number: u32,
    /// The total before it.
    base: u64,
    /// How long it was quiet before it.
    after: Option<Duration>,
}

#[derive(Clone, Copy, Debug)]
enum Details {
    /// Nothing is untold that could need them.
    NotNeeded,
    /// They are on their way until then, or lost.
    Awaited(Instant),
    Here,
}

/// What [`Telling`](super::Telling) must know to decide, of one incident or of a storm.
#[derive(Clone, Copy, Debug)]
pub(crate) struct State {
    pub(crate) total: u64,
    /// The total before this episode.
    pub(crate) base: u64,
    pub(crate) episode: u32,
    /// How long it was quiet before this episode.
    pub(crate) after: Option<Duration>,
    /// From when on it can be told, with its details or without.
    pub(crate) tellable: Instant,
    pub(crate) first: Instant,
    pub(crate) last: Instant,
    /// From when on it is quiet, if nothing more fails.
    pub(crate) quiet: Instant,
    /// It comes back again and again.
    pub(crate) is_seldom: bool,
    /// Several incidents that are told together.
    pub(crate) is_storm: bool,
    pub(crate) people: usize,
}

impl Facts {
    pub(crate) fn new(now: Moment) -> Self {
        Self {
            total: 0,
            people: People::default(),
            first: now,
            last: now,
            episode: Episode { number: 1, base: 0, after: None },
            returns: VecDeque::new(),
            level: 0,
            details: Details::NotNeeded,
        }
    }

    /// Counts. Gives whether a new episode begins: it was quiet, and has come back.
    pub(crate) fn count(&mut self, failures: u64, now: Moment, settings: &Incidents) -> bool {
        // Where every failure rings nothing becomes quiet.
        let returns = settings.on && self.total > 0 && self.is_quiet(now.at, settings);
        let again = returns && self.return_at(now, settings);
        self.total += failures;
        self.last = now;
        if matches!(self.details, Details::NotNeeded) {
            self.details = Details::Awaited(now.at + GRACE);
        }
        again
    }

    /// It has come back. Gives whether that is a new episode. Of single failures the third return within
    /// a day (or as the settings say) is not, but the incident goes on, and is waited for longer; what is quiet so long and comes
    /// back is one again.
    fn return_at(&mut self, now: Moment, settings: &Incidents) -> bool {
        let is_past = |at: &Instant| now.at.saturating_duration_since(*at) >= settings.remembered;
        self.returns.retain(|at| !is_past(at));
        self.returns.push_back(now.at);
        if self.returns.len() > settings.returns {
            self.returns.pop_front();
        }
        let is_often = self.returns.len() >= settings.returns;
        let is_low = self.total - self.episode.base <= settings.in_full;
        let goes_on = is_often && is_low && self.level == 0;
        self.level = match (is_often, is_low) {
            (false, _) => 0,
            (true, true) => self.level + 1,
            // Outages: that they end and begin is worth a word, but not each half hour.
            (true, false) => 1,
        };
        if goes_on {
            return false;
        }
        let after = Some(now.at.saturating_duration_since(self.last.at));
        self.episode = Episode { number: self.episode.number + 1, base: self.total, after };
        self.first = now;
        true
    }

    /// A full report of one of the failures has come.
    pub(crate) const fn detailed(&mut self) {
        self.details = Details::Here;
    }

    /// All that was counted is told everywhere: what comes next brings its own details.
    pub(crate) const fn settled(&mut self) {
        self.details = Details::NotNeeded;
    }

    pub(crate) fn is_quiet(&self, now: Instant, settings: &Incidents) -> bool {
        now.saturating_duration_since(self.last.at) >= self.quiet_period(settings)
    }

    /// Nothing has to be remembered of it any more.
    pub(crate) fn is_past(&self, now: Instant, settings: &Incidents) -> bool {
        now.saturating_duration_since(self.last.at) >= settings.remembered
    }

    pub(crate) const fn last(&self) -> Instant {
        self.last.at
    }

    /// When this episode began and last failed, to be shown: a clock may have been set back meanwhile.
    pub(crate) fn span(&self) -> (SystemTime, SystemTime) {
        (self.first.shown, self.last.shown.max(self.first.shown))
    }

    pub(crate) fn quiet_period(&self, settings: &Incidents) -> Duration {
        settings.quiet[self.level.min(settings.quiet.len() - 1)]
    }

    pub(crate) fn state(&self, settings: &Incidents) -> State {
        let Episode { number, base, after } = self.episode;
        State {
            total: self.total,
            base,
            episode: number,
            after,
            tellable: match self.details {
                Details::Awaited(until) => until,
                Details::NotNeeded | Details::Here => self.first.at,
            },
            first: self.first.at,
            last: self.last.at,
            quiet: self.last.at + self.quiet_period(settings),
            is_seldom: self.level > 0,
            is_storm: false,
            people: self.people.count(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn at(start: Moment, after: Duration) -> Moment {
        Moment { at: start.at + after, shown: start.shown + after }
    }

    /// Episodes and quiet periods after failures at these times.
    fn seen(times: &[Duration]) -> Vec<(u32, Duration)> {
        seen_as(&Incidents::default(), times)
    }

    fn seen_as(settings: &Incidents, times: &[Duration]) -> Vec<(u32, Duration)> {
        let start = Moment::now();
        let mut facts = Facts::new(start);
        let count = |after: &Duration| {
            facts.count(1, at(start, *after), settings);
            (facts.episode.number, facts.quiet_period(settings))
        };
        times.iter().map(count).collect()
    }

    #[test]
    fn what_comes_back_after_it_was_quiet_is_another_episode() {
        let seen = seen(&[Duration::ZERO, 9 * MINUTE, 19 * MINUTE]);
        assert_eq!(seen, [(1, 10 * MINUTE), (1, 10 * MINUTE), (2, 10 * MINUTE)]);
    }

    #[test]
    fn an_outage_that_comes_back_is_an_episode_each_time_unless_it_does_each_half_hour() {
        let (start, settings) = (Moment::now(), Incidents::default());
        let episodes = |pause: Duration| {
            let mut facts = Facts::new(start);
            let times = (0..6).map(|number| at(start, number * pause));
            let count = |now| {
                facts.count(25, now, &settings);
                facts.episode.number
            };
            times.map(count).collect::<Vec<_>>()
        };
        assert_eq!(episodes(180 * MINUTE), [1, 2, 3, 4, 5, 6]);
        assert_eq!(episodes(30 * MINUTE), [1, 2, 3, 4, 4, 4]);
    }

    #[test]
    fn the_third_return_of_single_failures_goes_on_and_is_waited_for_longer() {
        let hours = |hours: u32| hours * 60 * MINUTE;
        let seen = seen(&[hours(0), hours(1), hours(2), hours(3), hours(5), hours(12)]);
        assert_eq!(
            seen,
            [
                (1, 10 * MINUTE),
                (2, 10 * MINUTE),
                (3, 10 * MINUTE),
                (3, hours(1)),
                (4, hours(6)),
                (5, hours(6)),
            ]
        );
    }

    #[test]
    fn which_return_goes_on_and_how_long_it_is_waited_for_the_app_says() {
        let settings = Incidents::default().low_rate(1, 20 * MINUTE);
        let settings = settings.quiet_periods([MINUTE, 5 * MINUTE, 15 * MINUTE]);
        let minutes: Vec<_> = [0, 2, 10, 40].map(|minute| minute * MINUTE).into();
        let seen = seen_as(&settings, &minutes);
        assert_eq!(seen, [(1, MINUTE), (1, 5 * MINUTE), (2, 15 * MINUTE), (3, 15 * MINUTE)]);
    }

    #[test]
    fn once_a_day_is_an_episode_each_day() {
        let day = 24 * 60 * MINUTE;
        let seen = seen(&[Duration::ZERO, day, 2 * day, 3 * day]);
        assert_eq!(seen.iter().map(|(episode, _)| *episode).collect::<Vec<_>>(), [1, 2, 3, 4]);
    }

    #[test]
    fn a_clock_that_is_set_back_turns_no_time_round() {
        let (now, settings) = (Moment::now(), Incidents::default());
        let mut facts = Facts::new(now);
        facts.count(1, now, &settings);
        let back = Moment { at: now.at + MINUTE, shown: now.shown - 60 * MINUTE };
        facts.count(1, back, &settings);
        assert_eq!(facts.span(), (now.shown, now.shown));
    }

    #[test]
    fn lost_details_are_waited_for_a_little() {
        let (now, settings) = (Moment::now(), Incidents::default());
        let tellable = |facts: &Facts| facts.state(&settings).tellable;
        let mut facts = Facts::new(now);
        facts.count(3, now, &settings);
        assert_eq!(tellable(&facts), now.at + GRACE);
        facts.count(1, at(now, GRACE / 2), &settings);
        assert_eq!(tellable(&facts), now.at + GRACE);
        facts.detailed();
        assert_eq!(tellable(&facts), now.at);
    }
}
