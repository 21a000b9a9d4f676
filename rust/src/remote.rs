//! Remote visitor data (spec 2 §4): read whole, then stored under the visitor, or not at all.

use std::sync::Arc;

use compact_str::CompactString;
use jiter::JsonValue;
use smallvec::SmallVec;

use crate::datafile::json::{self, Fields, digits, number};
use crate::datafile::model::{CustomDataTable, RuleKind};
use crate::numbers::Number;
use crate::visitor::assigned::AssignedVariation;
use crate::visitor::data::{
    BanditScores, HeatScore, PageVisit, Personalization, Stored, StoredConversion, StoredCustomData, VisitorData,
    VisitorVisits,
};
use crate::visitor::datum::{
    BROWSERS, Browser, Conversion, CustomData, CustomDataKey, DEVICES, Datum, Geolocation, OPERATING_SYSTEMS, PageView,
};
use crate::visitor::{Delivery, Millis};

/// What of the answer is wanted, as far as the service does not filter it.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches")]
pub struct RemoteFilter {
    /// The device.
    pub device: bool,
    /// The browser.
    pub browser: bool,
    /// The operating system.
    pub operating_system: bool,
    /// Whether the latest visitor code becomes the mapping identifier.
    pub visitor_code: bool,
}

/// A page of remote visitor data: its latest view, how often it was visited, and when last.
struct RemotePage {
    view: Arc<PageView>,
    count: i64,
    last_time: i64,
}

/// Remote visitor data, read.
#[derive(Default)]
pub struct RemoteVisitor {
    custom_data: Vec<(i64, SmallVec<[CompactString; 1]>)>,
    pages: Vec<RemotePage>,
    experiments: Vec<AssignedVariation>,
    conversions: Vec<(Arc<Conversion>, i64)>,
    geolocation: Option<Arc<Geolocation>>,
    personalizations: Vec<Personalization>,
    device: Option<u8>,
    browser: Option<Browser>,
    operating_system: Option<u8>,
    /// Starts and last activities of the previous visits, newest first.
    previous_visits: Vec<(i64, i64)>,
    visit_number: i64,
    visitor_code: Option<Box<str>>,
    heat: Option<Vec<HeatScore>>,
    bandit_scores: Option<Vec<BanditScores>>,
}

impl RemoteVisitor {
    /// Reads the service's answer.
    ///
    /// # Errors
    /// What is wrong with it; then nothing of it is to be used.
    pub fn read(text: &[u8], filter: RemoteFilter) -> Result<Self, String> {
        let scrubbed;
        let parsed = match json::parse(text) {
            Ok(parsed) => parsed,
            Err(reason) => {
                scrubbed = json::without_lone_surrogates(text).ok_or(reason)?;
                json::parse(&scrubbed)?
            }
        };
        let fields = Fields::of(&parsed)?;
        let mut remote = Self::default();
        if let Some(visit) = fields.object("currentVisit")? {
            remote.read_visit(visit, 0, filter).map_err(|reason| format!("currentVisit: {reason}"))?;
        }
        for (place, visit) in fields.array("previousVisits")?.unwrap_or_default().iter().enumerate() {
            let back = i64::try_from(place + 1).unwrap_or(i64::MAX);
            let read = Fields::of(visit).and_then(|visit| {
                let start = visit.integer("timeStarted")?.unwrap_or(0);
                remote.previous_visits.push((start, visit.integer("timeLastEvent")?.unwrap_or(start)));
                remote.read_visit(visit, back, filter)
            });
            read.map_err(|reason| format!("previousVisits: {reason}"))?;
        }
        let previous = i64::try_from(remote.previous_visits.len()).unwrap_or(i64::MAX);
        remote.visit_number = remote.visit_number.max(previous);
        remote.heat = fields.object("kcs")?.map(read_heat);
        remote.bandit_scores = fields.object("cbs")?.map(read_bandit_scores);
        Ok(remote)
    }

    fn read_visit(&mut self, visit: Fields<'_>, back: i64, filter: RemoteFilter) -> Result<(), String> {
        if self.visitor_code.is_none() {
            self.visitor_code = visit.text("visitorCode")?.filter(|code| !code.is_empty()).map(Into::into);
        }
        for event in events(visit, "customDataEvents")? {
            self.read_custom_data(event?.0)?;
        }
        for event in events(visit, "pageEvents")? {
            let (data, time) = event?;
            self.read_page(data, time)?;
        }
        for event in events(visit, "experimentEvents")? {
            let (data, time) = event?;
            let (Some(experiment_id), Some(variation_id)) = (data.integer("id")?, data.integer("variationId")?) else {
                continue;
            };
            if self.experiments.iter().all(|known| known.experiment_id != experiment_id) {
                let rule_kind = RuleKind::Unknown; // none that is sent without consent
                let (time, delivery) = (Millis::new(time), Delivery::SENT);
                self.experiments.push(AssignedVariation { experiment_id, variation_id, time, rule_kind, delivery });
            }
        }
        for event in events(visit, "conversionEvents")? {
            let (data, time) = event?;
            let revenue = data.get("revenue").and_then(to_number).unwrap_or(Number::Float(0.0));
            let conversion = Conversion {
                goal_id: data.integer("goalId")?.unwrap_or(-1),
                revenue,
                negative: data.boolean("negative")?.unwrap_or(false),
                metadata: None,
            };
            self.conversions.push((Arc::new(conversion), time));
        }
        if self.geolocation.is_none()
            && let Some(event) = events(visit, "geolocationEvents")?.next()
        {
            let data = event?.0;
            let text = |name| Ok::<_, String>(data.text(name)?.map(Into::into));
            self.geolocation = Some(Arc::new(Geolocation {
                country: text("country")?,
                region: text("region")?,
                city: text("city")?,
                ..Geolocation::default()
            }));
        }
        for event in events(visit, "personalizationEvents")? {
            let (data, time) = event?;
            let Some(id) = data.integer("id")? else { continue };
            if self.personalizations.iter().all(|known| known.id != id) {
                self.personalizations.push(Personalization { id, time });
            }
        }
        self.read_static_data(visit, back, filter)
    }

    fn read_custom_data(&mut self, data: Fields<'_>) -> Result<(), String> {
        let Some(index) = data.integer_or_digits("index")? else { return Ok(()) };
        if self.custom_data.iter().all(|(known, _)| *known != index) {
            let values = data.object("valuesCountMap")?;
            let values = values.map(|values| values.iter().map(|(value, _)| value.into()).collect());
            self.custom_data.push((index, values.unwrap_or_default()));
        }
        Ok(())
    }

    fn read_page(&mut self, data: Fields<'_>, time: i64) -> Result<(), String> {
        let Some(url) = data.text("href")? else { return Ok(()) };
        if let Some(page) = self.pages.iter_mut().find(|page| *page.view.url == *url) {
            page.count += 1;
        } else {
            let title = data.text("title")?.map(Into::into);
            let view = Arc::new(PageView { url: url.into(), title, referrers: None });
            self.pages.push(RemotePage { view, count: 1, last_time: time });
        }
        Ok(())
    }

    fn read_static_data(&mut self, visit: Fields<'_>, back: i64, filter: RemoteFilter) -> Result<(), String> {
        if self.device.is_some() && self.browser.is_some() && self.operating_system.is_some() {
            return Ok(()); // what is older is not looked at, its visit number included **(kept quirk)**
        }
        let Some(event) = visit.object("staticDataEvent")? else { return Ok(()) };
        let Some(data) = event.object("data")? else { return Ok(()) };
        if self.visit_number == 0 {
            self.visit_number = match data.integer("visitNumber")?.unwrap_or(0) {
                0 => 0,
                number => number.saturating_add(back),
            };
        }
        if filter.device && self.device.is_none() {
            self.device = data.text("deviceType")?.and_then(|name| place_of(name, &DEVICES));
        }
        if filter.browser && self.browser.is_none() {
            let name = data.text("browser")?.map(|name| if name == "IE" { "INTERNET_EXPLORER" } else { name });
            self.browser = name
                .and_then(|name| place_of(name, &BROWSERS))
                .map(|kind| Browser { kind, version: data.get("browserVersion").and_then(to_number) });
        }
        if filter.operating_system && self.operating_system.is_none() {
            self.operating_system = data.text("os")?.and_then(|name| place_of(name, &OPERATING_SYSTEMS));
        }
        Ok(())
    }

    /// The visitor code of the latest visit that has one.
    pub fn visitor_code(&self) -> Option<&str> {
        self.visitor_code.as_deref()
    }

    /// Whether there is nothing to store: then no visitor is made for it.
    pub fn is_empty(&self) -> bool {
        self.data().is_empty()
            && self.experiments.is_empty()
            && self.personalizations.is_empty()
            && self.previous_visits.is_empty()
            && self.heat.is_none()
            && self.bandit_scores.is_none()
    }

    /// What the caller is given.
    pub fn data(&self) -> Vec<Datum> {
        let custom_data = self.custom_data.iter().map(|(index, values)| {
            let key = CustomDataKey::Index(*index);
            Datum::CustomData(CustomData { key, values: values.clone(), overwrite: true })
        });
        let pages = self.pages.iter().map(|page| Datum::PageView(Arc::clone(&page.view)));
        let conversions = self.conversions.iter().map(|(datum, _)| Datum::Conversion(Arc::clone(datum)));
        custom_data
            .chain(pages)
            .chain(self.device.map(Datum::Device))
            .chain(self.browser.map(Datum::Browser))
            .chain(self.operating_system.map(Datum::OperatingSystem))
            .chain(self.geolocation.as_ref().map(|place| Datum::Geolocation(Arc::clone(place))))
            .chain(conversions)
            .collect()
    }

    /// Stores everything, without overwriting what the visitor has.
    pub fn store(self, visitor: &mut VisitorData, table: &CustomDataTable) {
        for assigned in self.experiments {
            if visitor.assigned_variation(assigned.experiment_id).is_none() {
                visitor.assigned_variations.assign(assigned, 0);
            }
        }
        let start = visitor.time_started.get();
        let details = visitor.details_mut();
        for (index, values) in self.custom_data {
            if details.custom_data.iter().all(|known| known.index != index) {
                let delivery = Delivery::tracked(table.is_visitor_scope(index));
                let (overwrite, is_mapping_identifier) = (true, false);
                let stored = StoredCustomData { index, values, overwrite, is_mapping_identifier, delivery };
                details.custom_data.push(stored);
            }
        }
        for page in self.pages {
            match details.pages.iter_mut().find(|known| known.view.url == page.view.url) {
                Some(known) => {
                    known.count += page.count;
                    known.last_time = known.last_time.max(page.last_time);
                }
                None => details.pages.push(PageVisit {
                    view: page.view,
                    count: page.count,
                    last_time: page.last_time,
                    arrival: 0,
                    delivery: Delivery::SENT,
                }),
            }
        }
        fill(&mut details.geolocation, self.geolocation);
        fill(&mut details.device, self.device);
        fill(&mut details.browser, self.browser);
        fill(&mut details.operating_system, self.operating_system);
        let extras = visitor.extras_mut();
        let sent =
            |time: i64, datum| StoredConversion { datum, metadata: Box::default(), time, delivery: Delivery::SENT };
        extras.conversions.extend(self.conversions.into_iter().map(|(datum, time)| sent(time, datum)));
        for personalization in self.personalizations {
            if extras.personalizations.iter().all(|known| known.id != personalization.id) {
                extras.personalizations.push(personalization);
            }
        }
        if extras.visits.is_none() && !self.previous_visits.is_empty() {
            let last = self.previous_visits.iter().map(|(_, last)| *last).find(|last| *last <= start);
            let visits = VisitorVisits {
                starts: self.previous_visits.iter().map(|(start, _)| *start).collect(),
                visit_number: self.visit_number,
                time_since_previous: last.map_or(0, |last| start - last),
            };
            extras.visits = Some(Stored::new(visits, Delivery::UNSENT));
        }
        if let Some(heat) = self.heat {
            extras.heat = heat;
        }
        if extras.bandit_scores.is_empty() {
            extras.bandit_scores = self.bandit_scores.unwrap_or_default();
        }
    }
}

/// Fills an empty place with something that is already sent.
fn fill<T>(place: &mut Option<Stored<T>>, datum: Option<T>) {
    if place.is_none() {
        *place = datum.map(|datum| Stored::new(datum, Delivery::SENT));
    }
}

fn place_of(name: &str, names: &[&str]) -> Option<u8> {
    names.iter().position(|known| *known == name).and_then(|place| u8::try_from(place).ok())
}

fn to_number(json: &JsonValue<'_>) -> Option<Number> {
    match json {
        JsonValue::Int(integer) => Some(Number::Integer(*integer)),
        JsonValue::Float(float) => Some(Number::Float(*float)),
        _ => None,
    }
}

/// The events of a list, the last one first: data and time.
fn events<'a>(
    visit: Fields<'a>,
    name: &'static str,
) -> Result<impl Iterator<Item = Result<(Fields<'a>, i64), String>>, String> {
    let list = visit.array(name)?.unwrap_or_default();
    Ok(list.iter().rev().map(move |event| {
        let read = || {
            let event = Fields::of(event)?;
            let data = event.object("data")?.ok_or("data: missing")?;
            Ok((data, event.integer("time")?.unwrap_or(0)))
        };
        read().map_err(|reason: String| format!("{name}: {reason}"))
    }))
}

/// `{key moment: {goal: score}}`; entries that cannot be read are skipped.
fn read_heat(moments: Fields<'_>) -> Vec<HeatScore> {
    let mut heat = Vec::new();
    for (moment, goals) in moments.iter() {
        let (Some(key_moment_id), Ok(goals)) = (digits(moment), Fields::of(goals)) else { continue };
        heat.extend(scores(goals).map(|(goal_id, score)| HeatScore { key_moment_id, goal_id, score }));
    }
    heat
}

/// `{experiment id: {variation id: score}}`; entries that cannot be read are skipped.
fn read_bandit_scores(experiments: Fields<'_>) -> Vec<BanditScores> {
    let mut all = Vec::new();
    for (experiment, variations) in experiments.iter() {
        let (Some(experiment_id), Ok(variations)) = (digits(experiment), Fields::of(variations)) else { continue };
        all.push(BanditScores { experiment_id, scores: scores(variations).collect() });
    }
    all
}

fn scores(fields: Fields<'_>) -> impl Iterator<Item = (i64, f64)> {
    fields.iter().filter_map(|(id, score)| Some((digits(id)?, number(score)?)))
}
