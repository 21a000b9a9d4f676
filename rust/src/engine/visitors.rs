//! What users do to visitors: data, consent, forced and simulated variations, remote data.

use std::sync::Arc;

use compact_str::CompactString;
use jiter::JsonValue;

use super::{Engine, EngineError, Moment, Notice, check_visitor_code};
use crate::datafile::json::{self, Fields};
use crate::datafile::model::{CustomDataTable, DataFile};
use crate::remote::{RemoteFilter, RemoteVisitor};
use crate::visitor::Delivery;
use crate::visitor::data::{
    Consent, ForcedVariation, SimulatedVariation, Stored, StoredConversion, StoredCustomData, VisitorData,
};
use crate::visitor::datum::{Conversion, CustomData, CustomDataKey, Datum};

/// What is to be done about a visitor's codes once its data are no longer locked, in order.
enum CodeChange {
    UniqueIdentifier(bool),
    Link(CompactString),
}

impl<A> Engine<A> {
    /// Stores data for a visitor (spec 2 §2). What cannot be stored is left out and noted.
    ///
    /// # Errors
    /// When the code is unusable.
    pub fn add_data(
        &self,
        code: &str,
        data: impl IntoIterator<Item = Datum>,
        track: bool,
        moment: Moment,
    ) -> Result<Vec<Notice>, EngineError> {
        check_visitor_code(code)?;
        let snapshot = self.snapshot.load();
        Ok(self.store_data(&snapshot.data_file, code, data, track, moment.now))
    }

    /// Stores a conversion and queues the visitor.
    ///
    /// # Errors
    /// When the code is unusable.
    pub fn track_conversion(
        &self,
        code: &str,
        conversion: Conversion,
        moment: Moment,
    ) -> Result<Vec<Notice>, EngineError> {
        let notices = self.add_data(code, [Datum::Conversion(Arc::new(conversion))], true, moment)?;
        self.queue_visitor(code);
        Ok(notices)
    }

    pub(super) fn store_data(
        &self,
        data_file: &DataFile,
        code: &str,
        data: impl IntoIterator<Item = Datum>,
        track: bool,
        now: i64,
    ) -> Vec<Notice> {
        let (mut notices, mut changes) = (Vec::new(), Vec::new());
        self.store.find_or_create(code, now, |found| {
            let mut storing = Storing { visitor: found.data, table: &data_file.custom_data, code, track, now };
            for datum in data {
                match storing.store(datum, &mut notices) {
                    Ok(None) => {}
                    Ok(Some(change)) => changes.push(change),
                    Err(notice) => notices.push(notice),
                }
            }
        });
        for change in changes {
            match change {
                CodeChange::UniqueIdentifier(unique) => self.store.set_unique_identifier(code, unique, now),
                CodeChange::Link(user_id) => self.store.link(&user_id, code, now),
            }
        }
        notices
    }

    /// Notes the visitor's consent.
    ///
    /// # Errors
    /// When the code is unusable.
    pub fn set_consent(&self, code: &str, given: bool, moment: Moment) -> Result<(), EngineError> {
        check_visitor_code(code)?;
        let consent = if given { Consent::Given } else { Consent::Refused };
        self.store.find_or_create(code, moment.now, |found| found.data.consent = consent);
        Ok(())
    }

    /// Forces a variation of an experiment, or, with `None`, no longer (spec 1 §6).
    ///
    /// # Errors
    /// When the code is unusable, or there is no such experiment or variation.
    pub fn set_forced_variation(
        &self,
        code: &str,
        experiment_id: i64,
        key: Option<&str>,
        force_targeting: bool,
        moment: Moment,
    ) -> Result<(), EngineError> {
        check_visitor_code(code)?;
        let Some(key) = key else {
            self.store.find(code, moment.now, |found| found.data.unforce_variation(experiment_id));
            return Ok(());
        };
        let snapshot = self.snapshot.load();
        let (_, rule) =
            snapshot.data_file.experiment(experiment_id).ok_or(EngineError::ExperimentNotFound(experiment_id))?;
        let exposure = rule
            .variations
            .iter()
            .find(|exposure| *exposure.key == *key)
            .ok_or_else(|| EngineError::VariationNotFound(key.into()))?;
        let forced = ForcedVariation {
            experiment_id,
            key: Arc::clone(&exposure.key),
            variation_id: exposure.variation_id,
            force_targeting,
        };
        self.store.find_or_create(code, moment.now, |found| found.data.force_variation(forced));
        Ok(())
    }

    /// Replaces the visitor's simulated variations by those in the decoded simulation cookie (spec 1 §6). Each entry
    /// that cannot be used is skipped and noted.
    ///
    /// # Errors
    /// When the code is unusable.
    pub fn simulate(&self, code: &str, cookie: &str, moment: Moment) -> Result<Vec<Notice>, EngineError> {
        check_visitor_code(code)?;
        let parsed = match json::parse(cookie.as_bytes()) {
            Ok(parsed) => parsed,
            Err(reason) => return Ok(vec![Notice::error(format!("simulation cookie ignored: no JSON: {reason}"))]),
        };
        let snapshot = self.snapshot.load();
        let mut notices = Vec::new();
        let mut simulated = Vec::new();
        match Fields::of(&parsed) {
            Ok(flags) => {
                for (key, entry) in flags.iter() {
                    match simulated_variation(&snapshot.data_file, key, entry) {
                        Ok(variation) => simulated.push(variation),
                        Err(reason) => {
                            notices.push(Notice::error(format!("simulation cookie: {key:?} skipped: {reason}")));
                        }
                    }
                }
            }
            Err(reason) => notices.push(Notice::error(format!("simulation cookie: {reason}"))),
        }
        self.store.find_or_create(code, moment.now, |found| {
            found.data.extras_mut().simulated_variations = simulated;
        });
        Ok(notices)
    }

    /// Reads remote visitor data and, with `store`, adds them to the visitor (spec 2 §4). Returns what the caller is
    /// given.
    ///
    /// # Errors
    /// What is wrong with the answer; then nothing was stored.
    pub fn load_remote_visitor_data(
        &self,
        code: &str,
        answer: &[u8],
        filter: RemoteFilter,
        store: bool,
        moment: Moment,
    ) -> Result<Vec<Datum>, String> {
        let remote = RemoteVisitor::read(answer, filter)?;
        let mapping = remote.visitor_code().filter(|_| filter.visitor_code).map(Box::from);
        let data = remote.data();
        let store = store && !remote.is_empty();
        if store || mapping.is_some() {
            let snapshot = self.snapshot.load();
            self.store.find_or_create(code, moment.now, |found| {
                if found.data.mapping_identifier().is_none() && mapping.is_some() {
                    found.data.extras_mut().mapping_identifier = mapping;
                }
                if store {
                    remote.store(found.data, &snapshot.data_file.custom_data);
                }
            });
        }
        Ok(data)
    }
}

fn simulated_variation(data_file: &DataFile, key: &str, entry: &JsonValue<'_>) -> Result<SimulatedVariation, String> {
    let entry = Fields::of(entry)?;
    let experiment_id = entry.integer("expId")?.ok_or("expId: missing")?;
    let flag = data_file.flag(key).map(|place| &data_file.flags[place]).ok_or("no such feature flag")?;
    let flag_key = Arc::clone(&flag.key);
    if experiment_id == 0 {
        return Ok(SimulatedVariation { flag_key, variation: None });
    }
    let variation_id = entry.integer("varId")?.ok_or("varId: missing")?;
    let rule = flag.rules.iter().find(|rule| rule.experiment_id == experiment_id);
    let rule = rule.ok_or_else(|| format!("no experiment {experiment_id}"))?;
    let exposure = rule.variations.iter().find(|exposure| exposure.variation_id == Some(variation_id));
    let exposure = exposure.ok_or_else(|| format!("no variation {variation_id}"))?;
    let variation = Some((experiment_id, Arc::clone(&exposure.key), Some(variation_id)));
    Ok(SimulatedVariation { flag_key, variation })
}

/// Stores data under the visitor's lock.
struct Storing<'a> {
    visitor: &'a mut VisitorData,
    table: &'a CustomDataTable,
    code: &'a str,
    track: bool,
    now: i64,
}

impl Storing<'_> {
    fn store(&mut self, datum: Datum, notices: &mut Vec<Notice>) -> Result<Option<CodeChange>, Notice> {
        let delivery = Delivery::tracked(self.track);
        match datum {
            Datum::CustomData(datum) => return self.store_custom_data(datum),
            Datum::UniqueIdentifier(unique) => return Ok(Some(CodeChange::UniqueIdentifier(unique))),
            Datum::Browser(browser) => self.visitor.details_mut().browser = Some(Stored::new(browser, delivery)),
            Datum::Device(device) => self.visitor.details_mut().device = Some(Stored::new(device, delivery)),
            Datum::OperatingSystem(system) => {
                self.visitor.details_mut().operating_system = Some(Stored::new(system, delivery));
            }
            Datum::Geolocation(place) => {
                self.visitor.details_mut().geolocation = Some(Stored::new(place, delivery));
            }
            Datum::PageView(view) if view.url.is_empty() => {
                return Err(Notice::error(format!("page view of visitor {:?} ignored: its url is empty", self.code)));
            }
            Datum::PageView(view) => self.visitor.view_page(view, self.now, delivery),
            Datum::Conversion(datum) => {
                let metadata = self.metadata(&datum, notices);
                let stored = StoredConversion { datum, metadata, time: self.now, delivery };
                self.visitor.extras_mut().conversions.push(stored);
            }
            Datum::Cookie(cookie) => self.visitor.extras_mut().cookie = Some(cookie),
            Datum::UserAgent(value) => self.visitor.extras_mut().user_agent = Some(value),
            Datum::ApplicationVersion(version) => self.visitor.details_mut().application_version = Some(version),
        }
        Ok(None)
    }

    fn index_of(&self, datum: &CustomData) -> Option<i64> {
        match &datum.key {
            CustomDataKey::Index(index) => Some(*index),
            CustomDataKey::Name(name) => self.table.index_of(name),
        }
    }

    fn store_custom_data(&mut self, datum: CustomData) -> Result<Option<CodeChange>, Notice> {
        let Some(index) = self.index_of(&datum) else {
            let text = format!("{} of visitor {:?} ignored: the data file has no such name", shown(&datum), self.code);
            return Err(Notice::error(text));
        };
        let user_id = datum.values.first().filter(|user_id| !user_id.is_empty());
        let user_id = user_id.filter(|_| self.table.mapping_index == Some(index)).cloned();
        let delivery = Delivery::tracked(self.track && !self.table.is_local_only(index));
        let CustomData { values, overwrite, .. } = datum;
        let is_mapping_identifier = user_id.is_some();
        self.visitor.store_custom_data(StoredCustomData { index, values, overwrite, is_mapping_identifier, delivery });
        let Some(user_id) = user_id else { return Ok(None) };
        self.visitor.extras_mut().mapping_identifier.get_or_insert_with(|| self.code.into());
        Ok((user_id != self.code).then(|| CodeChange::Link(user_id)))
    }

    /// A conversion's metadata by index. What has none is left out and noted.
    fn metadata(&self, conversion: &Conversion, notices: &mut Vec<Notice>) -> Box<[(i64, CustomData)]> {
        let mut metadata = Vec::new();
        for item in conversion.metadata.as_deref().unwrap_or_default() {
            if let Some(index) = self.index_of(item) {
                metadata.push((index, item.clone()));
            } else {
                let goal = conversion.goal_id;
                let text =
                    format!("{} left out of a conversion of goal {goal}: the data file has no such name", shown(item));
                notices.push(Notice::warning(text));
            }
        }
        metadata.into()
    }
}

fn shown(datum: &CustomData) -> String {
    match &datum.key {
        CustomDataKey::Index(index) => format!("custom data {index}"),
        CustomDataKey::Name(name) => format!("custom data {name:?}"),
    }
}
