//! The pages that one visitor viewed: one entry a url, and which two were viewed last.

use std::sync::Arc;

use super::datum::PageView;
use super::keyed::{Item, Keyed};

/// The visits of one page.
#[derive(Clone, Debug)]
pub struct PageVisit {
    /// The latest view.
    pub view: Arc<PageView>,
    /// How many views there were.
    pub count: i64,
    /// When the last one was, in milliseconds.
    pub last_time: i64,
    /// Breaks ties in time: the later arrival is the later visit **(ours)**.
    arrival: u32,
    /// Whether the view waits to be sent.
    pub unsent: bool,
}

impl Item for PageVisit {
    type Key = str;

    fn key(&self) -> &str {
        &self.view.url
    }
}

impl PageVisit {
    fn order(&self) -> (i64, u32) {
        (self.last_time, self.arrival)
    }
}

/// All pages of a visitor.
#[derive(Clone, Debug, Default)]
pub struct Pages {
    visits: Keyed<PageVisit>,
    /// Positions of the page viewed last, and of the one before it.
    latest: Option<u32>,
    previous: Option<u32>,
    views: i64,
    arrivals: u32,
}

impl Pages {
    /// No pages.
    pub const fn new() -> Self {
        Self { visits: Keyed::new(), latest: None, previous: None, views: 0, arrivals: 0 }
    }

    /// The visits, in the order of the first view of each page.
    pub fn visits(&self) -> &Keyed<PageVisit> {
        &self.visits
    }

    /// The same, to note what was sent.
    pub fn visits_mut(&mut self) -> &mut Keyed<PageVisit> {
        &mut self.visits
    }

    /// The page viewed last.
    pub fn latest(&self) -> Option<&PageVisit> {
        self.latest.and_then(|position| self.visits.as_slice().get(position as usize))
    }

    /// The page viewed before that.
    pub fn previous(&self) -> Option<&PageVisit> {
        self.previous.and_then(|position| self.visits.as_slice().get(position as usize))
    }

    /// How many views of all pages there were.
    pub fn views(&self) -> i64 {
        self.views
    }

    /// Counts a view; returns the view of the same page that it replaces.
    pub fn view(&mut self, view: Arc<PageView>, now: i64, unsent: bool) -> Option<Arc<PageView>> {
        self.arrivals += 1;
        self.views += 1;
        let count = self.visits.get(&view.url).map_or(0, |page| page.count) + 1;
        let visit = PageVisit { view, count, last_time: now, arrival: self.arrivals, unsent };
        let (position, older) = self.visits.insert(visit);
        if unsent {
            self.visits.note_unsent(position);
        }
        self.rank(position, older.as_ref().is_some_and(|older| older.last_time > now));
        older.map(|older| older.view)
    }

    /// Adds views that happened elsewhere to those of the same page. Returns whether the page is a new one.
    pub fn merge(&mut self, view: Arc<PageView>, count: i64, last_time: i64) -> bool {
        self.views += count;
        let known = self.visits.position(&view.url);
        let position = match known {
            Some(position) => {
                let page = &mut self.visits.as_mut_slice()[position];
                page.count += count;
                page.last_time = page.last_time.max(last_time);
                position
            }
            None => self.visits.insert(PageVisit { view, count, last_time, arrival: 0, unsent: false }).0,
        };
        self.rank(position, false);
        known.is_none()
    }

    /// Finds the two latest pages again after the one at `position` has changed; `fell` if its time went back.
    fn rank(&mut self, position: usize, fell: bool) {
        let Ok(changed) = u32::try_from(position) else { return };
        let order = |position: Option<u32>| {
            position.and_then(|position| self.visits.as_slice().get(position as usize)).map(PageVisit::order)
        };
        let (mut latest, mut previous) = (self.latest, self.previous);
        if fell {
            // A clock that was set back, which is rare: the page may have fallen behind any other one.
            (latest, previous) = (None, None);
        }
        let candidates = if fell { 0..u32::try_from(self.visits.len()).unwrap_or(0) } else { changed..changed + 1 };
        for candidate in candidates.map(Some) {
            if candidate == latest {
                continue;
            }
            if order(candidate) > order(latest) {
                (latest, previous) = (candidate, latest);
            } else if order(candidate) > order(previous) {
                previous = candidate;
            }
        }
        (self.latest, self.previous) = (latest, previous);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(url: &str) -> Arc<PageView> {
        Arc::new(PageView { url: url.into(), title: None, referrers: None })
    }

    #[test]
    fn ties_between_pages_go_to_the_later_arrival() {
        let mut pages = Pages::default();
        for url in ["a", "b", "c", "a"] {
            pages.view(page(url), 5, true);
        }
        let latest = pages.latest().unwrap();
        assert_eq!((&*latest.view.url, latest.count, pages.views()), ("a", 2, 4));
        assert_eq!(&*pages.previous().unwrap().view.url, "c");
    }

    #[test]
    fn the_two_latest_are_those_of_a_walk_over_all() {
        // A small generator of its own; times go back, too.
        let mut state = 7u64;
        let mut draw = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % below
        };
        let mut pages = Pages::default();
        for _ in 0..if cfg!(miri) { 60 } else { 2000 } {
            let (url, time) = (format!("page {}", draw(8)), i64::try_from(draw(50)).unwrap());
            if draw(5) == 0 {
                pages.merge(page(&url), 2, time);
            } else {
                pages.view(page(&url), time, false);
            }
            let mut orders: Vec<_> = pages.visits().as_slice().iter().map(|page| (page.order(), page.key())).collect();
            orders.sort_by_key(|(order, _)| std::cmp::Reverse(*order));
            assert_eq!(pages.latest().map(PageVisit::order), Some(orders[0].0));
            assert_eq!(pages.previous().map(PageVisit::order), orders.get(1).map(|(order, _)| *order));
        }
    }
}
