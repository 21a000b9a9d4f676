//! Remote visitor data: read whole from the service's answer, without any lock, then stored under the visitor; or an error
//! says what is wrong with the answer, and nothing is stored.

use std::sync::Arc;

use jiter::JsonValue;

use crate::datafile::model::{CustomDataTable, RuleKind};
use crate::delivery::event::is_too_long;
use crate::json::{self, Fields, digits, number};
use crate::kinds::{DEVICES, OPERATING_SYSTEMS, browser_number, number_of};
use crate::numbers::Number;
use crate::visitor::Millis;
use crate::visitor::assigned::AssignedVariation;
use crate::visitor::data::{BanditScores, Personalization, Score, StoredCustomData, VisitorData, VisitorVisits};
use crate::visitor::datum::{Browser, Conversion, CustomData, CustomDataKey, Datum, Geolocation, PageView, Values};
use crate::visitor::keyed::{Item, Keyed};
use crate::visitor::sending::Sending;

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

/// A page of remote visitor data: its latest view, how often it was viewed, and when last.
struct RemotePage {
    view: Arc<PageView>,
    count: i64,
    last_time: i64,
}

impl Item for RemotePage {
    type Key = str;

    fn key(&self) -> &str {
        &self.view.url
    }
}

/// The values of a custom datum.
struct RemoteCustomData {
    index: i64,
    values: Values,
}

impl Item for RemoteCustomData {
    type Key = i64;

    fn key(&self) -> &i64 {
        &self.index
    }
}

/// Remote visitor data, read.
#[derive(Default)]
pub struct RemoteVisitor {
    custom_data: Keyed<RemoteCustomData>,
    pages: Keyed<RemotePage>,
    experiments: Keyed<AssignedVariation>,
    conversions: Vec<(Arc<Conversion>, i64)>,
    geolocation: Option<Arc<Geolocation>>,
    personalizations: Keyed<Personalization>,
    device: Option<u8>,
    browser: Option<Browser>,
    operating_system: Option<u8>,
    /// Starts and last activities of the previous visits, newest first.
    previous_visits: Vec<(i64, i64)>,
    visit_number: i64,
    visitor_code: Option<Box<str>>,
    heat: Option<Keyed<Score<(i64, i64)>>>,
    bandit_scores: Option<Keyed<BanditScores>>,
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
        for (back, visit) in (1..).zip(fields.array("previousVisits")?.unwrap_or_default()) {
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
        if !filter.visitor_code {
            remote.visitor_code = None;
        }
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
            let (time, rule_kind) = (Millis::new(time), RuleKind::Unknown); // none that is sent without consent
            let assigned = AssignedVariation::new(experiment_id, variation_id, time, rule_kind);
            self.experiments.insert_absent(assigned);
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
            self.personalizations.insert_absent(Personalization { id, time });
        }
        self.read_static_data(visit, back, filter)
    }

    fn read_custom_data(&mut self, data: Fields<'_>) -> Result<(), String> {
        let Some(index) = data.integer_or_digits("index")? else { return Ok(()) };
        if self.custom_data.position(&index).is_none() {
            let values = data.object("valuesCountMap")?;
            let values = values.map(|values| values.unique().into_iter().map(|(value, _)| value.into()).collect());
            self.custom_data.insert(RemoteCustomData { index, values: values.unwrap_or_default() });
        }
        Ok(())
    }

    fn read_page(&mut self, data: Fields<'_>, time: i64) -> Result<(), String> {
        let Some(url) = data.text("href")? else { return Ok(()) };
        if let Some(position) = self.pages.position(url) {
            self.pages.as_mut_slice()[position].count += 1;
        } else {
            let title = data.text("title")?.map(Into::into);
            let view = Arc::new(PageView { url: url.into(), title, referrers: None });
            self.pages.insert(RemotePage { view, count: 1, last_time: time });
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
            self.device = data.text("deviceType")?.and_then(|name| number_of(name, &DEVICES));
        }
        if filter.browser && self.browser.is_none() {
            self.browser = data
                .text("browser")?
                .and_then(browser_number)
                .map(|kind| Browser { kind, version: data.get("browserVersion").and_then(to_number) });
        }
        if filter.operating_system && self.operating_system.is_none() {
            self.operating_system = data.text("os")?.and_then(|name| number_of(name, &OPERATING_SYSTEMS));
        }
        Ok(())
    }

    /// The visitor code of the latest visit that has one, if the filter asked for it: what the visitor is mapped to.
    pub fn mapping_identifier(&self) -> Option<&str> {
        self.visitor_code.as_deref()
    }

    /// Whether there is nothing to store: then no visitor is made for it.
    pub fn is_empty(&self) -> bool {
        self.custom_data.is_empty()
            && self.pages.is_empty()
            && self.conversions.is_empty()
            && self.geolocation.is_none()
            && (self.device, self.browser, self.operating_system) == (None, None, None)
            && self.experiments.is_empty()
            && self.personalizations.is_empty()
            && self.previous_visits.is_empty()
            && self.heat.is_none()
            && self.bandit_scores.is_none()
    }

    /// What the caller is given.
    pub fn data(&self) -> Vec<Datum> {
        let custom_data = self.custom_data.as_slice().iter().map(|RemoteCustomData { index, values }| {
            let key = CustomDataKey::Index(*index);
            Datum::CustomData(CustomData { key, values: values.clone(), overwrite: true })
        });
        let pages = self.pages.as_slice().iter().map(|page| Datum::PageView(Arc::clone(&page.view)));
        let conversions = self.conversions.iter().map(|(datum, _)| Datum::Conversion(Arc::clone(datum)));
        custom_data
            .chain(pages)
            .chain(self.device.map(Datum::Device))
            .chain(self.browser.map(Datum::Browser))
            .chain(self.operating_system.map(Datum::OperatingSystem))
            .chain(self.geolocation.as_ref().map(|geolocation| Datum::Geolocation(Arc::clone(geolocation))))
            .chain(conversions)
            .collect()
    }

    /// Stores everything, without overwriting what the visitor has. Nothing is sent but custom data of scope `VISITOR` and
    /// the visits.
    pub fn store(self, visitor: &mut VisitorData, table: &CustomDataTable, sending: Sending) {
        for assigned in self.experiments.as_slice() {
            if visitor.assigned_variations.get(assigned.experiment_id).is_none() {
                visitor.assign(*assigned, Sending::Never, usize::MAX);
            }
        }
        let start = visitor.time_started.get();
        for RemoteCustomData { index, values } in self.custom_data.as_slice() {
            if visitor.custom_values(*index).is_some() {
                continue;
            }
            let (index, values, overwrite) = (*index, values.clone(), true);
            let datum =
                Datum::CustomData(CustomData { key: CustomDataKey::Index(index), values: values.clone(), overwrite });
            let sending = sending.only_if(table.is_visitor_scope(index) && !is_too_long(&datum));
            let is_mapping_identifier = false;
            let stored = StoredCustomData { index, values, overwrite, is_mapping_identifier, unsent: false };
            visitor.store_custom_data(stored, sending);
        }
        for page in self.pages.as_slice() {
            visitor.merge_page(Arc::clone(&page.view), page.count, page.last_time);
        }
        if let Some(geolocation) = self.geolocation.filter(|_| visitor.details().geolocation.is_none()) {
            visitor.store_geolocation(geolocation, Sending::Never);
        }
        if let Some(device) = self.device.filter(|_| visitor.details().device.is_none()) {
            visitor.store_device(device, Sending::Never);
        }
        if let Some(browser) = self.browser.filter(|_| visitor.details().browser.is_none()) {
            visitor.store_browser(browser, Sending::Never);
        }
        if let Some(system) = self.operating_system.filter(|_| visitor.details().operating_system.is_none()) {
            visitor.store_operating_system(system, Sending::Never);
        }
        if !self.previous_visits.is_empty() {
            let last = self.previous_visits.iter().map(|(_, last)| *last).find(|last| *last <= start);
            let visits = VisitorVisits {
                starts: self.previous_visits.iter().map(|(start, _)| *start).collect(),
                visit_number: self.visit_number,
                time_since_previous: last.map_or(0, |last| start.saturating_sub(last)),
            };
            visitor.store_visits(visits, sending);
        }
        let extras = visitor.extras_mut();
        for (conversion, time) in self.conversions {
            extras.conversions.note(conversion.goal_id, time);
        }
        for personalization in self.personalizations.as_slice() {
            extras.personalizations.insert_absent(*personalization);
        }
        if let Some(heat) = self.heat {
            extras.heat = heat;
        }
        if extras.bandit_scores.is_empty() {
            extras.bandit_scores = self.bandit_scores.unwrap_or_default();
        }
    }
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
fn read_heat(moments: Fields<'_>) -> Keyed<Score<(i64, i64)>> {
    let mut heat = Keyed::new();
    for (moment, goals) in moments.unique() {
        let (Some(key_moment_id), Ok(goals)) = (digits(moment), Fields::of(goals)) else { continue };
        for (goal_id, score) in scores(goals) {
            heat.insert_absent(Score { of: (key_moment_id, goal_id), score });
        }
    }
    heat
}

/// `{experiment id: {variation id: score}}`; entries that cannot be read are skipped.
fn read_bandit_scores(experiments: Fields<'_>) -> Keyed<BanditScores> {
    let mut all = Keyed::new();
    for (experiment, variations) in experiments.unique() {
        let (Some(experiment_id), Ok(variations)) = (digits(experiment), Fields::of(variations)) else { continue };
        let mut of_experiment = Keyed::new();
        for (variation_id, score) in scores(variations) {
            of_experiment.insert_absent(Score { of: variation_id, score });
        }
        all.insert_absent(BanditScores { experiment_id, scores: of_experiment });
    }
    all
}

fn scores(fields: Fields<'_>) -> impl Iterator<Item = (i64, f64)> {
    fields.unique().into_iter().filter_map(|(id, score)| Some((digits(id)?, number(score)?)))
}
