//! The pages that were asked for and are not there: counted, and told together once an hour.
//!
//! Bounded whatever comes: a page that is counted costs a look-up, and when the table is full a
//! newcomer costs no more than that.

use std::{
    collections::HashMap,
    hash::BuildHasher,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use foldhash::fast::RandomState;
use tokio::time::Instant;

use crate::{redact::Redacted, report::Page};

/// How long pages that are not there are counted before they are told.
pub const MISSING_PAGES_PERIOD: Duration = Duration::from_secs(60 * 60);
/// Pages that are not there, counted apart for one layer's service and channel in a
/// [period](MISSING_PAGES_PERIOD); requests for further ones are counted together.
pub const MOST_MISSING_PAGES: usize = 1_000;
/// Layers' services and channels counted apart. More than any app has: what further ones miss is
/// only in the statistics.
const MOST_SITES: usize = 100;

/// Whose pages, and where they are told.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Site {
    pub(crate) service: Arc<str>,
    /// The channel that the layer names.
    pub(crate) channel: Option<Arc<str>>,
}

/// How a page was asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Asked<'a> {
    /// Like this, from a page of the same site or because all are wanted.
    Listed(&'a str),
    /// From elsewhere: a bookmark, another site, a typing error.
    Foreign,
    /// Someone tries the door.
    Probe,
}

/// Counts what is not there, by site.
#[derive(Debug, Default)]
pub(crate) struct Missing {
    sites: Mutex<Vec<(Site, Pages)>>,
    seed: RandomState,
}

/// What was asked for since the last digest.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    /// By the worker's clock, once it has seen it.
    since: Option<Instant>,
    /// There was no room for the message: it is due at once.
    put_back: bool,
    listed: HashMap<u64, Counted, RandomState>,
    pub(crate) further: u64,
    pub(crate) foreign: u64,
    pub(crate) probes: u64,
}

#[derive(Debug)]
struct Counted {
    page: Redacted<Page>,
    count: u64,
}

/// What is to be told of one site.
#[derive(Debug)]
pub(crate) struct Due {
    pub(crate) site: Site,
    pub(crate) pages: Pages,
    /// How long they were counted, if that is known.
    pub(crate) over: Option<Duration>,
}

impl Missing {
    /// Counts a request. `page` is asked only for a page that is new and has room; no lock is held
    /// meanwhile.
    pub(crate) fn count(
        &self,
        site: &Site,
        asked: Asked<'_>,
        page: impl FnOnce() -> Redacted<Page>,
    ) {
        let Some(key) = self.count_known(site, asked) else { return };
        let page = page();
        if let Some(pages) = pages_of(&mut self.lock(), site) {
            pages.add(key, Counted { page, count: 1 });
        }
    }

    /// Counts it if that can be done without its page; else gives the page's key.
    fn count_known(&self, site: &Site, asked: Asked<'_>) -> Option<u64> {
        let mut sites = self.lock();
        let pages = pages_of(&mut sites, site)?;
        match asked {
            Asked::Probe => pages.probes += 1,
            Asked::Foreign => pages.foreign += 1,
            Asked::Listed(path) => return pages.hit(self.seed.hash_one(path)),
        }
        None
    }

    /// Takes out what has been counted for a [period](MISSING_PAGES_PERIOD) or was put back. What is
    /// not worth a message is let go.
    pub(crate) fn due(&self, now: Instant) -> Vec<Due> {
        let mut sites = self.lock();
        let due = sites
            .extract_if(.., |(_, pages)| pages.over(now) >= MISSING_PAGES_PERIOD || pages.put_back)
            .map(|(site, mut pages)| Due { site, over: Some(pages.over(now)), pages });
        due.filter(|due| due.pages.is_worth_telling()).collect()
    }

    /// Takes out everything that is worth a message: it is to be told without waiting.
    pub(crate) fn all(&self) -> Vec<Due> {
        let mut sites = self.lock();
        let due = sites.extract_if(.., |(_, pages)| pages.is_worth_telling());
        due.map(|(site, pages)| Due { site, over: None, pages }).collect()
    }

    /// What was taken out could not be told: it is counted on, and due at once.
    pub(crate) fn put_back(&self, Due { site, pages: untold, .. }: Due) {
        let mut sites = self.lock();
        let Some(pages) = pages_of(&mut sites, &site) else { return };
        pages.put_back = true;
        pages.since = untold.since.or(pages.since);
        pages.further += untold.further;
        pages.foreign += untold.foreign;
        pages.probes += untold.probes;
        untold.listed.into_iter().for_each(|(key, counted)| pages.add(key, counted));
    }

    /// Whether something would be told.
    pub(crate) fn is_waiting(&self) -> bool {
        self.lock().iter().any(|(_, pages)| pages.is_worth_telling())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(Site, Pages)>> {
        self.sites.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pages {
    /// The most asked first, with their counts.
    pub(crate) fn listed(&self) -> Vec<(&Redacted<Page>, u64)> {
        let mut pages: Vec<_> =
            self.listed.values().map(|counted| (&counted.page, counted.count)).collect();
        pages.sort_by(|(a, a_count), (b, b_count)| b_count.cmp(a_count).then(a.path.cmp(&b.path)));
        pages
    }

    /// Counts it if it needs no new line; else gives its key.
    fn hit(&mut self, key: u64) -> Option<u64> {
        let is_full = self.is_full();
        match self.listed.get_mut(&key) {
            Some(known) => known.count += 1,
            None if is_full => self.further += 1,
            None => return Some(key),
        }
        None
    }

    /// Counts it in its line; where there is no room for another line, with the further ones.
    fn add(&mut self, key: u64, Counted { page, count }: Counted) {
        let is_full = self.is_full();
        match self.listed.get_mut(&key) {
            Some(known) => known.count += count,
            None if is_full => self.further += count,
            None => {
                self.listed.insert(key, Counted { page, count });
            }
        }
    }

    fn is_full(&self) -> bool {
        self.listed.len() >= MOST_MISSING_PAGES
    }

    /// How long they have been counted. Begins when it is first asked.
    fn over(&mut self, now: Instant) -> Duration {
        now.saturating_duration_since(*self.since.get_or_insert(now))
    }

    /// Probes and typing errors alone are nobody's fault.
    fn is_worth_telling(&self) -> bool {
        !self.listed.is_empty()
    }
}

/// The pages of the site, which is entered if it is new and there is room.
fn pages_of<'a>(sites: &'a mut Vec<(Site, Pages)>, site: &Site) -> Option<&'a mut Pages> {
    let at = match sites.iter().position(|(known, _)| known == site) {
        Some(at) => at,
        None if sites.len() < MOST_SITES => {
            sites.push((site.clone(), Pages::default()));
            sites.len() - 1
        }
        None => return None,
    };
    sites.get_mut(at).map(|(_, pages)| pages)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::redact::Redactor;

    const MINUTE: Duration = Duration::from_secs(60);

    fn site(service: &str) -> Site {
        Site { service: service.into(), channel: None }
    }

    fn page(path: &str) -> Redacted<Page> {
        Redactor::default().page(Page { path: path.to_owned(), from: None })
    }

    fn ask(missing: &Missing, service: &str, path: &str) {
        missing.count(&site(service), Asked::Listed(path), || page(path));
    }

    fn counts(due: &Due) -> Vec<(String, u64)> {
        due.pages.listed().into_iter().map(|(page, count)| (page.path.clone(), count)).collect()
    }

    #[test]
    fn pages_are_told_an_hour_after_the_first_the_most_asked_first() {
        let (missing, now) = (Missing::default(), Instant::now());
        assert!(missing.due(now).is_empty());
        ["/b", "/a", "/c", "/c"].into_iter().for_each(|path| ask(&missing, "shop", path));
        assert!(missing.due(now).is_empty());
        ask(&missing, "shop", "/c");
        assert!(missing.due(now + MISSING_PAGES_PERIOD - MINUTE).is_empty());
        let due = missing.due(now + MISSING_PAGES_PERIOD);
        let [(a, one), (b, _), (c, three)] = [("/a", 1), ("/b", 1), ("/c", 3)];
        assert_eq!(
            counts(&due[0]),
            [(c.to_owned(), three), (a.to_owned(), one), (b.to_owned(), one)]
        );
        assert!(missing.due(now + 2 * MISSING_PAGES_PERIOD).is_empty() && !missing.is_waiting());
    }

    #[test]
    fn what_nobody_links_to_is_counted_and_not_worth_a_message() {
        let (missing, now) = (Missing::default(), Instant::now());
        let never = || -> Redacted<Page> { panic!("nobody looks at it") };
        missing.count(&site("shop"), Asked::Foreign, never);
        missing.count(&site("shop"), Asked::Probe, never);
        assert!(missing.due(now).is_empty() && missing.all().is_empty() && !missing.is_waiting());
        ask(&missing, "shop", "/a");
        let due = missing.due(now + MISSING_PAGES_PERIOD);
        assert_eq!((due[0].pages.foreign, due[0].pages.probes), (1, 1));
        missing.count(&site("shop"), Asked::Probe, never);
        assert!(missing.due(now + MISSING_PAGES_PERIOD).is_empty());
        assert!(missing.due(now + 2 * MISSING_PAGES_PERIOD).is_empty(), "let go");
        ask(&missing, "shop", "/a");
        assert_eq!(missing.all()[0].pages.probes, 0);
    }

    #[test]
    fn what_was_put_back_is_due_at_once_with_all_that_came_since_the_first() {
        let (missing, now) = (Missing::default(), Instant::now());
        ask(&missing, "shop", "/a");
        assert!(missing.due(now).is_empty());
        let due = missing.due(now + MISSING_PAGES_PERIOD).remove(0);
        ask(&missing, "shop", "/a");
        missing.put_back(due);
        let due = missing.due(now + MISSING_PAGES_PERIOD + MINUTE).remove(0);
        assert_eq!(due.over, Some(MISSING_PAGES_PERIOD + MINUTE));
        assert_eq!(counts(&due), [("/a".to_owned(), 2)]);
    }

    #[test]
    fn a_full_table_stays_full_when_something_is_put_back() {
        let missing = Missing::default();
        ask(&missing, "shop", "/a");
        let due = missing.all().remove(0);
        (0..MOST_MISSING_PAGES).for_each(|n| ask(&missing, "shop", &n.to_string()));
        missing.put_back(due);
        let pages = &missing.all()[0].pages;
        assert_eq!((pages.listed.len(), pages.further), (MOST_MISSING_PAGES, 1));
    }

    #[test]
    fn each_service_has_its_own() {
        let missing = Missing::default();
        ask(&missing, "shop", "/a");
        ask(&missing, "admin", "/a");
        assert_eq!(missing.all().len(), 2);
    }

    #[test]
    fn a_million_pages_cost_no_more_than_a_thousand() {
        let missing = Missing::default();
        let mut looked_at = 0;
        for n in 0..20_000 {
            let path = format!("/{n}");
            missing.count(&site("shop"), Asked::Listed(&path), || {
                looked_at += 1;
                page(&path)
            });
        }
        let due = missing.all();
        assert_eq!(
            (due[0].pages.listed.len(), looked_at),
            (MOST_MISSING_PAGES, MOST_MISSING_PAGES)
        );
        assert_eq!(due[0].pages.further, 19_000);
        for n in 0..1_000 {
            ask(&missing, &n.to_string(), "/a");
        }
        assert_eq!(missing.all().len(), MOST_SITES);
    }

    proptest! {
        #[test]
        fn no_request_is_lost_or_told_twice(
            steps in prop::collection::vec((0..5_u8, 0..4_usize), 0..200),
        ) {
            let (missing, mut now) = (Missing::default(), Instant::now());
            let (mut asked, mut told) = (0, 0);
            let sum = |due: &Due| {
                let listed: u64 = due.pages.listed().iter().map(|(_, count)| count).sum();
                listed + due.pages.further
            };
            for (what, at) in steps {
                match what {
                    0..=2 => {
                        ask(&missing, "shop", ["/a", "/b", "/c", "/d"][at]);
                        asked += 1;
                    }
                    3 => {
                        now += MISSING_PAGES_PERIOD / 2;
                        for due in missing.due(now) {
                            if at == 0 { missing.put_back(due) } else { told += sum(&due) }
                        }
                    }
                    _ => told += missing.all().iter().map(sum).sum::<u64>(),
                }
            }
            told += missing.all().iter().map(sum).sum::<u64>();
            prop_assert_eq!(told, asked);
        }
    }
}
