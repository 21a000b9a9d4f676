//! What one visitor holds. Pure data under the visitor's lock: no lock, clock or randomness in here.
//!
//! Users' data and evaluations come in through the `store_…` methods, together with whether they are to be sent;
//! [`crate::targeting`] reads, and [`super::unsent`] takes what is to be sent.

mod items;

use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::Arc;

use super::Millis;
use super::assigned::{self, AssignedVariation, AssignedVariations};
use super::datum::{ApplicationVersion, Browser, Conversion, Cookie, CustomData, Geolocation, OwnedBytes, PageView};
use super::keyed::Keyed;
use super::pages::Pages;
use super::sending::{Epoch, Sending, WaitingSince};
use super::unsent::Event;

pub use items::{
    BanditScores, Consent, Conversions, ForcedVariation, LastChoice, LastConversion, LastHoldout, Personalization,
    Score, SimulatedVariation, Stored, StoredCustomData, TargetedSegment, VisitorVisits,
};

/// Everything that one visitor holds. Most visitors hold no more than an assigned variation; the rest is boxed.
#[derive(Clone, Debug)]
pub struct VisitorData {
    /// When the visitor was last asked for, by the store's own clock.
    pub last_activity: u32,
    /// When the visitor began.
    pub time_started: Millis,
    /// Consent.
    pub consent: Consent,
    /// Since which epoch something waits to be sent, if anything does.
    pub(super) unsent_since: WaitingSince,
    /// The share of the holdout that was found last.
    pub last_holdout: Cell<LastHoldout>,
    /// The choice that was made last.
    pub last_choice: Cell<LastChoice>,
    /// Assigned variations.
    pub assigned_variations: AssignedVariations,
    details: Option<Box<Details>>,
}

/// What users told about a visitor.
#[derive(Clone, Debug)]
pub struct Details {
    /// Custom data, one per index.
    pub custom_data: Keyed<StoredCustomData>,
    /// Pages, one per url.
    pub pages: Pages,
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
    /// Whether some custom datum links visitors.
    pub has_mapping_identifier: bool,
    /// About how many bytes the data own outside of these lists.
    owned_bytes: usize,
    extras: Option<Box<Extras>>,
}

/// What few visitors hold.
#[derive(Clone, Debug)]
pub struct Extras {
    /// Conversions.
    pub conversions: Conversions,
    /// Cookies.
    pub cookie: Option<Arc<Cookie>>,
    /// The user agent.
    pub user_agent: Option<Arc<str>>,
    /// Targeted segments, by id.
    pub targeted_segments: Keyed<TargetedSegment>,
    /// Previous visits.
    pub visits: Option<Stored<VisitorVisits>>,
    /// Personalizations, by id.
    pub personalizations: Keyed<Personalization>,
    /// `kcs`: scores by (key moment, goal).
    pub heat: Keyed<Score<(i64, i64)>>,
    /// `cbs`: scores by experiment.
    pub bandit_scores: Keyed<BanditScores>,
    /// Forced variations, one per experiment.
    pub forced_variations: Keyed<ForcedVariation>,
    /// Simulated variations, one per flag.
    pub simulated_variations: Keyed<SimulatedVariation>,
    /// The visitor code that the visitor is mapped to.
    pub mapping_identifier: Option<Box<str>>,
}

impl Details {
    const NONE: Self = Self {
        custom_data: Keyed::new(),
        pages: Pages::new(),
        geolocation: None,
        application_version: None,
        browser: None,
        device: None,
        operating_system: None,
        has_mapping_identifier: false,
        owned_bytes: 0,
        extras: None,
    };

    /// What few visitors hold, to change it, if there is anything.
    pub fn existing_extras_mut(&mut self) -> Option<&mut Extras> {
        self.extras.as_deref_mut()
    }

    fn account(&mut self, added: usize, removed: usize) {
        self.owned_bytes = (self.owned_bytes + added).saturating_sub(removed);
    }
}

impl Extras {
    const NONE: Self = Self {
        conversions: Conversions::NONE,
        cookie: None,
        user_agent: None,
        targeted_segments: Keyed::new(),
        visits: None,
        personalizations: Keyed::new(),
        heat: Keyed::new(),
        bandit_scores: Keyed::new(),
        forced_variations: Keyed::new(),
        simulated_variations: Keyed::new(),
        mapping_identifier: None,
    };

    fn heap_bytes(&self) -> usize {
        self.conversions.heap_bytes()
            + self.targeted_segments.heap_bytes()
            + self.personalizations.heap_bytes()
            + self.heat.heap_bytes()
            + self.bandit_scores.heap_bytes()
            + self.forced_variations.heap_bytes()
            + self.simulated_variations.heap_bytes()
            + self.visits.as_ref().map_or(0, |visits| size_of_val(&*visits.datum.starts))
            + self.mapping_identifier.as_ref().map_or(0, |code| code.len())
    }
}

static NO_DETAILS: Details = Details::NONE;
static NO_EXTRAS: Extras = Extras::NONE;

impl VisitorData {
    /// A visitor that begins now, by the wall's clock, and is active now, by the store's.
    pub fn new(now: i64, activity: u32) -> Self {
        Self {
            last_activity: activity,
            time_started: Millis::new(now),
            consent: Consent::Unknown,
            unsent_since: WaitingSince::NEVER,
            last_holdout: Cell::default(),
            last_choice: Cell::default(),
            assigned_variations: AssignedVariations::None,
            details: None,
        }
    }

    /// What users told about the visitor; empty if nothing.
    pub fn details(&self) -> &Details {
        self.details.as_deref().unwrap_or(&NO_DETAILS)
    }

    fn details_mut(&mut self) -> &mut Details {
        self.details.get_or_insert_with(|| Box::new(Details::NONE))
    }

    /// What users told about the visitor, to change it, if there is anything.
    pub fn existing_details_mut(&mut self) -> Option<&mut Details> {
        self.details.as_deref_mut()
    }

    /// What few visitors hold; empty for the others.
    pub fn extras(&self) -> &Extras {
        self.details.as_ref().and_then(|details| details.extras.as_deref()).unwrap_or(&NO_EXTRAS)
    }

    /// What few visitors hold, if there is anything.
    #[inline]
    pub fn existing_extras(&self) -> Option<&Extras> {
        self.details.as_ref()?.extras.as_deref()
    }

    /// The same, to change it.
    pub fn extras_mut(&mut self) -> &mut Extras {
        self.details_mut().extras.get_or_insert_with(|| Box::new(Extras::NONE))
    }

    /// About how many bytes the visitor takes outside of itself. Costs no more than a few additions.
    pub fn heap_bytes(&self) -> usize {
        let details = self.details.as_ref().map_or(0, |details| {
            let extras = details.extras.as_ref().map_or(0, |extras| size_of::<Extras>() + extras.heap_bytes());
            let lists = details.custom_data.heap_bytes() + details.pages.visits().heap_bytes();
            size_of::<Details>() + details.owned_bytes + lists + extras
        });
        self.assigned_variations.heap_bytes() + details
    }

    /// The visitor code that the visitor is mapped to.
    pub fn mapping_identifier(&self) -> Option<&str> {
        self.extras().mapping_identifier.as_deref()
    }

    /// The values of the custom datum at an index; `None` if there is none.
    pub fn custom_values(&self, index: i64) -> Option<&[compact_str::CompactString]> {
        self.details.as_deref()?.custom_data.get(&index).map(|stored| stored.values.as_slice())
    }

    /// The previous visits, if known.
    pub fn visits(&self) -> Option<&VisitorVisits> {
        self.extras().visits.as_ref().map(|stored| &stored.datum)
    }

    /// The starts of the previous visits, newest first.
    pub fn visit_starts(&self) -> &[i64] {
        self.visits().map_or(&[], |visits| &visits.starts)
    }

    /// Notes that something is stored which may have to be sent; returns whether it has to be.
    fn note(&mut self, sending: Sending) -> bool {
        let Sending::In(epoch) = sending else { return false };
        if self.unsent_since.is_of_a_parent(epoch) {
            self.disown();
        }
        self.unsent_since = WaitingSince::now(epoch);
        true
    }

    /// What waits is a parent process's to send: from now on it counts as sent.
    pub(super) fn disown(&mut self) {
        self.unsent_since = WaitingSince::NEVER;
        match &mut self.assigned_variations {
            AssignedVariations::None => {}
            AssignedVariations::One(only) => only.unsent = false,
            AssignedVariations::Several(all) => all.as_mut_slice().iter_mut().for_each(|one| one.unsent = false),
        }
        let Some(details) = self.existing_details_mut() else { return };
        let clear = |unsent: Option<&mut bool>| unsent.map_or((), |unsent| *unsent = false);
        clear(details.geolocation.as_mut().map(|stored| &mut stored.unsent));
        clear(details.browser.as_mut().map(|stored| &mut stored.unsent));
        clear(details.device.as_mut().map(|stored| &mut stored.unsent));
        clear(details.operating_system.as_mut().map(|stored| &mut stored.unsent));
        details.custom_data.as_mut_slice().iter_mut().for_each(|stored| stored.unsent = false);
        details.pages.visits_mut().as_mut_slice().iter_mut().for_each(|page| page.unsent = false);
        let Some(extras) = details.existing_extras_mut() else { return };
        clear(extras.visits.as_mut().map(|stored| &mut stored.unsent));
        extras.targeted_segments.as_mut_slice().iter_mut().for_each(|segment| segment.unsent = false);
        extras.conversions.unsent = VecDeque::new();
    }

    /// How many events wait to be sent by the process of `epoch`; walks over all that the visitor holds.
    pub fn count_unsent(&self, epoch: Epoch) -> usize {
        if !self.has_unsent(epoch) {
            return 0;
        }
        let (details, extras) = (self.details(), self.extras());
        let singles = [
            details.geolocation.as_ref().is_some_and(|stored| stored.unsent),
            details.browser.as_ref().is_some_and(|stored| stored.unsent),
            details.device.as_ref().is_some_and(|stored| stored.unsent),
            details.operating_system.as_ref().is_some_and(|stored| stored.unsent),
            extras.visits.as_ref().is_some_and(|stored| stored.unsent),
        ];
        singles.into_iter().filter(|unsent| *unsent).count()
            + self.assigned_variations.as_slice().iter().filter(|assigned| assigned.unsent).count()
            + details.custom_data.as_slice().iter().filter(|stored| stored.unsent).count()
            + details.pages.visits().as_slice().iter().filter(|page| page.unsent).count()
            + extras.targeted_segments.as_slice().iter().filter(|segment| segment.unsent).count()
            + extras.conversions.unsent.len()
    }

    /// Makes what is remembered of the visitor's own code that of this generation of the data file: of another one all is
    /// forgotten.
    #[inline]
    pub fn remember_under(&mut self, generation: u32) {
        if !self.remembers_under(generation) {
            self.forget(generation);
        }
    }

    /// Whether what is remembered, if anything is, is of this generation of the data file.
    #[inline]
    pub fn remembers_under(&self, generation: u32) -> bool {
        self.last_choice.get().generation == generation
    }

    #[cold]
    fn forget(&mut self, generation: u32) {
        self.last_choice.set(LastChoice { generation, outcome: None });
        self.last_holdout.set(LastHoldout::Unknown);
        self.assigned_variations.forget();
    }

    /// Stores an assigned variation over any older one of its experiment. `hint` is where to look first.
    #[inline]
    pub fn assign(&mut self, mut assigned: AssignedVariation, sending: Sending, hint: usize) -> assigned::Stored {
        assigned.unsent = self.note(sending);
        self.assigned_variations.assign(&assigned, hint)
    }

    /// Stores a browser.
    pub fn store_browser(&mut self, datum: Browser, sending: Sending) {
        let unsent = self.note(sending);
        self.details_mut().browser = Some(Stored { datum, unsent });
    }

    /// Stores a device.
    pub fn store_device(&mut self, datum: u8, sending: Sending) {
        let unsent = self.note(sending);
        self.details_mut().device = Some(Stored { datum, unsent });
    }

    /// Stores an operating system.
    pub fn store_operating_system(&mut self, datum: u8, sending: Sending) {
        let unsent = self.note(sending);
        self.details_mut().operating_system = Some(Stored { datum, unsent });
    }

    /// Stores a geolocation.
    pub fn store_geolocation(&mut self, datum: Arc<Geolocation>, sending: Sending) {
        let unsent = self.note(sending);
        let details = self.details_mut();
        let added = datum.owned_bytes();
        let older = details.geolocation.replace(Stored { datum, unsent });
        details.account(added, older.map_or(0, |older| older.datum.owned_bytes()));
    }

    /// Stores an application version, which is never sent.
    pub fn store_application_version(&mut self, version: Arc<ApplicationVersion>) {
        let details = self.details_mut();
        let added = version.owned_bytes();
        let older = details.application_version.replace(version);
        details.account(added, older.owned_bytes());
    }

    /// Stores cookies, which are never sent.
    pub fn store_cookie(&mut self, cookie: Arc<Cookie>) {
        let added = cookie.owned_bytes();
        let older = self.extras_mut().cookie.replace(cookie);
        self.details_mut().account(added, older.owned_bytes());
    }

    /// Stores a user agent, which goes along with other events.
    pub fn store_user_agent(&mut self, user_agent: Arc<str>) {
        let added = user_agent.owned_bytes();
        let older = self.extras_mut().user_agent.replace(user_agent);
        self.details_mut().account(added, older.map_or(0, |older| older.owned_bytes()));
    }

    /// Stores a custom datum over any older one at its index.
    pub fn store_custom_data(&mut self, mut stored: StoredCustomData, sending: Sending) {
        stored.unsent = self.note(sending);
        let details = self.details_mut();
        details.has_mapping_identifier |= stored.is_mapping_identifier;
        let (unsent, added) = (stored.unsent, stored.values.owned_bytes());
        let (position, older) = details.custom_data.insert(stored);
        if unsent {
            details.custom_data.note_unsent(position);
        }
        details.account(added, older.map_or(0, |older| older.values.owned_bytes()));
    }

    /// Counts a page view.
    pub fn view_page(&mut self, view: Arc<PageView>, now: i64, sending: Sending) {
        let unsent = self.note(sending);
        let details = self.details_mut();
        let added = view.owned_bytes();
        let older = details.pages.view(view, now, unsent);
        details.account(added, older.owned_bytes());
    }

    /// Adds views of a page that happened elsewhere; nothing is sent for them.
    pub fn merge_page(&mut self, view: Arc<PageView>, count: i64, last_time: i64) {
        let details = self.details_mut();
        let added = view.owned_bytes();
        if details.pages.merge(view, count, last_time) {
            details.account(added, 0);
        }
    }

    /// Stores a conversion.
    pub fn convert(
        &mut self,
        conversion: Arc<Conversion>,
        metadata: Box<[(i64, CustomData)]>,
        time: i64,
        sending: Sending,
    ) {
        let unsent = self.note(sending);
        let conversions = &mut self.extras_mut().conversions;
        conversions.note(conversion.goal_id, time);
        if unsent {
            conversions.unsent.push_back(Event::Conversion { conversion, metadata });
        }
    }

    /// Stores a targeted segment, to be sent (again).
    pub fn target_segment(&mut self, id: i64, sending: Sending) {
        let unsent = self.note(sending);
        let segments = &mut self.extras_mut().targeted_segments;
        let (position, _) = segments.insert(TargetedSegment { id, unsent });
        if unsent {
            segments.note_unsent(position);
        }
    }

    /// Stores previous visits, unless some are known.
    pub fn store_visits(&mut self, visits: VisitorVisits, sending: Sending) {
        if self.extras().visits.is_none() {
            let unsent = self.note(sending);
            self.extras_mut().visits = Some(Stored { datum: visits, unsent });
        }
    }

    /// Forces a variation, over any older one for its experiment.
    pub fn force_variation(&mut self, forced: ForcedVariation) {
        self.extras_mut().forced_variations.insert(forced);
    }

    /// Takes a forced variation away.
    pub fn unforce_variation(&mut self, experiment_id: i64) {
        if let Some(extras) = self.existing_details_mut().and_then(Details::existing_extras_mut) {
            extras.forced_variations.remove(&experiment_id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_visitor_without_details_stays_small() {
        assert_eq!(size_of::<VisitorData>(), 56);
    }
}
