//! What one visitor holds (spec 2). Pure data under the visitor's lock: no lock, clock or randomness in here.

use std::cell::Cell;
use std::sync::Arc;

use compact_str::CompactString;
use smallvec::SmallVec;

use super::assigned::{AssignedVariation, AssignedVariations};
use super::datum::{ApplicationVersion, Browser, Conversion, Cookie, CustomData, Geolocation, PageView};
use super::{Delivery, Millis};

/// What the visitor said when asked for consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// Never asked.
    Unknown,
    /// Given.
    Given,
    /// Refused.
    Refused,
}

/// A datum with its delivery.
#[derive(Clone, Debug)]
pub struct Stored<T> {
    /// The datum.
    pub datum: T,
    /// How far it is on its way.
    pub delivery: Delivery,
}

impl<T> Stored<T> {
    /// A datum with its delivery.
    pub fn new(datum: T, delivery: Delivery) -> Self {
        Self { datum, delivery }
    }
}

/// A custom datum at its index.
#[derive(Clone, Debug)]
pub struct StoredCustomData {
    /// The index.
    pub index: i64,
    /// The values, in order.
    pub values: SmallVec<[CompactString; 1]>,
    /// Whether the service replaces the values that it has.
    pub overwrite: bool,
    /// Whether it links visitors; then it goes into every request.
    pub is_mapping_identifier: bool,
    /// How far it is on its way.
    pub delivery: Delivery,
}

/// The visits of one page.
#[derive(Clone, Debug)]
pub struct PageVisit {
    /// The latest view.
    pub view: Arc<PageView>,
    /// How many there were.
    pub count: i64,
    /// When the last one was, in milliseconds.
    pub last_time: i64,
    /// Breaks ties in time: the later arrival is the later visit **(ours)**.
    pub arrival: u32,
    /// How far the view is on its way.
    pub delivery: Delivery,
}

/// A conversion with the indices of its metadata resolved.
#[derive(Clone, Debug)]
pub struct StoredConversion {
    /// The conversion.
    pub datum: Arc<Conversion>,
    /// Its metadata by index.
    pub metadata: Box<[(i64, CustomData)]>,
    /// When, in milliseconds.
    pub time: i64,
    /// How far it is on its way.
    pub delivery: Delivery,
}

/// Previous visits, from remote visitor data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VisitorVisits {
    /// When each began, newest first, in milliseconds.
    pub starts: Box<[i64]>,
    /// The number of the current visit.
    pub visit_number: i64,
    /// Milliseconds since the previous visit, at storing.
    pub time_since_previous: i64,
}

/// A variation forced for an experiment.
#[derive(Clone, Debug)]
pub struct ForcedVariation {
    /// The experiment.
    pub experiment_id: i64,
    /// The variation's key.
    pub key: Arc<str>,
    /// The variation's id.
    pub variation_id: Option<i64>,
    /// Whether it is given without regard to targeting.
    pub force_targeting: bool,
}

/// A variation simulated for a flag; `None` is the default variation.
#[derive(Clone, Debug)]
pub struct SimulatedVariation {
    /// The flag's key.
    pub flag_key: Arc<str>,
    /// The experiment, the variation's key and its id.
    pub variation: Option<(i64, Arc<str>, Option<i64>)>,
}

/// A personalization that the visitor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Personalization {
    /// Its id.
    pub id: i64,
    /// When it was given, in milliseconds.
    pub time: i64,
}

/// Scores of a contextual bandit: for one experiment, each variation's.
#[derive(Clone, Debug, PartialEq)]
pub struct BanditScores {
    /// The experiment.
    pub experiment_id: i64,
    /// Variation ids with their scores.
    pub scores: Box<[(i64, f64)]>,
}

/// A score for a key moment and a goal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HeatScore {
    /// The key moment.
    pub key_moment_id: i64,
    /// The goal.
    pub goal_id: i64,
    /// The score.
    pub score: f64,
}

/// What the hash of the visitor's own code said last: the answer of one experiment of one data file.
///
/// Hashing is a pure function of the code and the experiment, so this is never stale: another data file has another
/// generation, and whoever hashes another text than the code neither reads nor writes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LastChoice {
    /// The data file's generation; 0 is none.
    pub generation: u32,
    /// The answer, a place in the data file's outcomes.
    pub outcome: u32,
}

/// Everything that one visitor holds. Most visitors hold no more than an assigned variation; the rest is boxed.
#[derive(Clone, Debug)]
pub struct VisitorData {
    /// When the visitor began.
    pub time_started: Millis,
    /// Consent.
    pub consent: Consent,
    /// Whether the code that the visitor was created under waits in the tracking queue.
    pub queued: bool,
    /// When the visitor was last asked for, in milliseconds.
    pub last_activity: i64,
    /// Assigned variations.
    pub assigned_variations: AssignedVariations,
    /// The last choice.
    pub last_choice: Cell<LastChoice>,
    details: Option<Box<Details>>,
}

/// What users told about a visitor.
#[derive(Clone, Debug, Default)]
pub struct Details {
    /// Custom data, one per index.
    pub custom_data: Vec<StoredCustomData>,
    /// Pages, one per address.
    pub pages: Vec<PageVisit>,
    /// The geolocation.
    pub geolocation: Option<Stored<Arc<Geolocation>>>,
    /// The application's version.
    pub application_version: Option<Arc<ApplicationVersion>>,
    /// The browser.
    pub browser: Option<Stored<Browser>>,
    /// The device.
    pub device: Option<Stored<u8>>,
    /// The operating system.
    pub operating_system: Option<Stored<u8>>,
    /// Counts page views, for [`PageVisit::arrival`].
    pub arrivals: u32,
    extras: Option<Box<Extras>>,
}

/// What few visitors hold.
#[derive(Clone, Debug, Default)]
pub struct Extras {
    /// Conversions, all of them.
    pub conversions: Vec<StoredConversion>,
    /// Cookies.
    pub cookie: Option<Arc<Cookie>>,
    /// The user agent.
    pub user_agent: Option<Arc<str>>,
    /// Targeted segments, by id.
    pub targeted_segments: Vec<Stored<i64>>,
    /// Previous visits.
    pub visits: Option<Stored<VisitorVisits>>,
    /// Personalizations, by id.
    pub personalizations: Vec<Personalization>,
    /// `kcs`
    pub heat: Vec<HeatScore>,
    /// `cbs`
    pub bandit_scores: Vec<BanditScores>,
    /// Forced variations, one per experiment.
    pub forced_variations: Vec<ForcedVariation>,
    /// Simulated variations, one per flag.
    pub simulated_variations: Vec<SimulatedVariation>,
    /// The visitor code that the visitor is mapped to.
    pub mapping_identifier: Option<Box<str>>,
}

static NO_DETAILS: Details = Details {
    custom_data: Vec::new(),
    pages: Vec::new(),
    geolocation: None,
    application_version: None,
    browser: None,
    device: None,
    operating_system: None,
    arrivals: 0,
    extras: None,
};

static NO_EXTRAS: Extras = Extras {
    conversions: Vec::new(),
    cookie: None,
    user_agent: None,
    targeted_segments: Vec::new(),
    visits: None,
    personalizations: Vec::new(),
    heat: Vec::new(),
    bandit_scores: Vec::new(),
    forced_variations: Vec::new(),
    simulated_variations: Vec::new(),
    mapping_identifier: None,
};

impl Details {
    /// What few visitors hold, to change it, if there is anything.
    pub fn existing_extras_mut(&mut self) -> Option<&mut Extras> {
        self.extras.as_deref_mut()
    }
}

impl VisitorData {
    /// A visitor that begins now.
    pub fn new(now: i64) -> Self {
        Self {
            time_started: Millis::new(now),
            consent: Consent::Unknown,
            queued: false,
            last_activity: now,
            assigned_variations: AssignedVariations::None,
            last_choice: Cell::default(),
            details: None,
        }
    }

    /// What users told about the visitor; empty if nothing.
    pub fn details(&self) -> &Details {
        self.details.as_deref().unwrap_or(&NO_DETAILS)
    }

    /// The same, to change it.
    pub fn details_mut(&mut self) -> &mut Details {
        self.details.get_or_insert_default()
    }

    /// The same, to change it, if there is anything.
    pub fn existing_details_mut(&mut self) -> Option<&mut Details> {
        self.details.as_deref_mut()
    }

    /// What few visitors hold; empty for the others.
    pub fn extras(&self) -> &Extras {
        self.details.as_ref().and_then(|details| details.extras.as_deref()).unwrap_or(&NO_EXTRAS)
    }

    /// The same, to change it.
    pub fn extras_mut(&mut self) -> &mut Extras {
        self.details_mut().extras.get_or_insert_default()
    }

    /// The variation assigned in an experiment.
    pub fn assigned_variation(&self, experiment_id: i64) -> Option<&AssignedVariation> {
        self.assigned_variations.as_slice().iter().find(|assigned| assigned.experiment_id == experiment_id)
    }

    /// The visitor code that the visitor is mapped to.
    pub fn mapping_identifier(&self) -> Option<&str> {
        self.extras().mapping_identifier.as_deref()
    }

    /// The values of the custom datum at an index; `None` if there is none.
    pub fn custom_values(&self, index: i64) -> Option<&[CompactString]> {
        self.details().custom_data.iter().find(|stored| stored.index == index).map(|stored| &*stored.values)
    }

    /// The page visited last, and the one before it.
    pub fn latest_pages(&self) -> (Option<&PageVisit>, Option<&PageVisit>) {
        let (mut latest, mut previous): (Option<&PageVisit>, Option<&PageVisit>) = (None, None);
        let order = |page: &PageVisit| (page.last_time, page.arrival);
        for page in &self.details().pages {
            if latest.is_none_or(|latest| order(page) > order(latest)) {
                (latest, previous) = (Some(page), latest);
            } else if previous.is_none_or(|previous| order(page) > order(previous)) {
                previous = Some(page);
            }
        }
        (latest, previous)
    }

    /// The previous visits, if known.
    pub fn visits(&self) -> Option<&VisitorVisits> {
        self.extras().visits.as_ref().map(|stored| &stored.datum)
    }

    /// The starts of the previous visits, newest first.
    pub fn visit_starts(&self) -> &[i64] {
        self.visits().map_or(&[], |visits| &visits.starts)
    }

    /// The variation forced for an experiment.
    pub fn forced_variation(&self, experiment_id: i64) -> Option<&ForcedVariation> {
        self.extras().forced_variations.iter().find(|forced| forced.experiment_id == experiment_id)
    }

    /// The variation simulated for a flag.
    pub fn simulated_variation(&self, flag_key: &str) -> Option<&SimulatedVariation> {
        self.extras().simulated_variations.iter().find(|simulated| *simulated.flag_key == *flag_key)
    }

    /// Stores a custom datum over any older one at its index.
    pub fn store_custom_data(&mut self, stored: StoredCustomData) {
        let custom_data = &mut self.details_mut().custom_data;
        match custom_data.iter_mut().find(|older| older.index == stored.index) {
            Some(older) => *older = stored,
            None => custom_data.push(stored),
        }
    }

    /// Counts a page view.
    pub fn view_page(&mut self, view: Arc<PageView>, now: i64, delivery: Delivery) {
        let details = self.details_mut();
        details.arrivals += 1;
        let arrival = details.arrivals;
        match details.pages.iter_mut().find(|page| page.view.url == view.url) {
            Some(page) => *page = PageVisit { view, count: page.count + 1, last_time: now, arrival, delivery },
            None => details.pages.push(PageVisit { view, count: 1, last_time: now, arrival, delivery }),
        }
    }

    /// Stores a targeted segment, to be sent (again).
    pub fn target_segment(&mut self, segment_id: i64) {
        let segments = &mut self.extras_mut().targeted_segments;
        let stored = Stored::new(segment_id, Delivery::UNSENT);
        match segments.iter_mut().find(|older| older.datum == segment_id) {
            Some(older) => *older = stored,
            None => segments.push(stored),
        }
    }

    /// Forces a variation, over any older one for its experiment.
    pub fn force_variation(&mut self, forced: ForcedVariation) {
        let variations = &mut self.extras_mut().forced_variations;
        match variations.iter_mut().find(|older| older.experiment_id == forced.experiment_id) {
            Some(older) => *older = forced,
            None => variations.push(forced),
        }
    }

    /// Takes a forced variation away.
    pub fn unforce_variation(&mut self, experiment_id: i64) {
        if let Some(extras) = self.existing_details_mut().and_then(Details::existing_extras_mut) {
            extras.forced_variations.retain(|forced| forced.experiment_id != experiment_id);
        }
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
        let mut data = VisitorData::new(0);
        for url in ["a", "b", "c", "a"] {
            data.view_page(page(url), 5, Delivery::UNSENT);
        }
        let (latest, previous) = data.latest_pages();
        assert_eq!((&*latest.unwrap().view.url, latest.unwrap().count), ("a", 2));
        assert_eq!(&*previous.unwrap().view.url, "c");
    }

    #[test]
    fn a_visitor_without_details_stays_small() {
        assert_eq!(size_of::<VisitorData>(), 64);
    }
}
