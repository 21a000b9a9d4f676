//! What users do to a visitor: data, consent, forced and simulated variations, remote data.

use std::sync::Arc;

use jiter::JsonValue;
use smallvec::SmallVec;

use super::{EngineError, EngineVisitor, Moment, Notice, Whose};
use crate::datafile::model::DataFile;
use crate::delivery::event::{is_too_long, name_of};
use crate::json::{self, Fields};
use crate::remote::RemoteVisitor;
use crate::visitor::data::{Consent, ForcedVariation, SimulatedVariation};
use crate::visitor::datum::{Conversion, Datum};
use crate::visitor::keyed::Keyed;
use crate::visitor::storing::{CodeChange, LeftOut, Storing};

/// Some data, as a call brings them.
pub type DataList = SmallVec<[Datum; 8]>;

impl<A> EngineVisitor<'_, A> {
    /// Has the visitor brought into the cache: for callers that have other work before they go on with it.
    pub fn prefetch(&self) {
        self.engine.store.prefetch(self.hash);
    }

    /// Stores data. What cannot be stored is left out and noted.
    pub fn add(&self, data: impl IntoIterator<Item = Datum>, track: bool, moment: Moment) -> Vec<Notice> {
        self.add_list(&mut data.into_iter().collect(), track, moment)
    }

    /// As [`Self::add`], for data that are in a list already; it is empty then. By reference: a list is 400 bytes, and
    /// moving it is measured to cost.
    pub fn add_list(&self, data: &mut DataList, track: bool, moment: Moment) -> Vec<Notice> {
        let (mut notices, mut left_out, mut changes) = (Vec::new(), Vec::new(), SmallVec::<[CodeChange; 1]>::new());
        let code = self.code.as_str();
        if data.iter().any(is_too_long) {
            self.leave_out_too_long(data, &mut notices);
        }
        let data_file = self.engine.data_file.load();
        let table = &data_file.custom_data;
        let (now, sending) = (moment.now, self.engine.sending(track));
        self.lock().find_or_create(now, |visitor| {
            let mut storing = Storing { visitor: visitor.data, table, code, sending, now };
            for datum in data.drain(..) {
                changes.extend(storing.store(datum, &mut left_out));
            }
        });
        notices.extend(left_out.into_iter().map(|left_out| told(left_out, code)));
        for change in changes {
            match change {
                CodeChange::UniqueIdentifier(unique) => self.engine.store.set_unique_identifier(code, unique, now),
                CodeChange::Link(user_id) => self.engine.store.link(&user_id, code, now),
            }
        }
        notices
    }

    #[cold]
    fn leave_out_too_long(&self, data: &mut DataList, notices: &mut Vec<Notice>) {
        let code = self.code.as_str();
        data.retain(|datum| {
            let fits = !is_too_long(datum);
            if !fits {
                let text =
                    format!("{} of visitor {code:?} ignored: it is longer than the service accepts", name_of(datum));
                notices.push(Notice::error(text));
            }
            fits
        });
    }

    /// Stores a conversion and queues the visitor.
    pub fn convert(&self, conversion: Conversion, moment: Moment) -> Vec<Notice> {
        let notices = self.add([Datum::Conversion(Arc::new(conversion))], true, moment);
        self.queue_silently();
        notices
    }

    /// Notes the visitor's consent.
    pub fn set_consent(&self, given: bool, moment: Moment) {
        let consent = if given { Consent::Given } else { Consent::Refused };
        let mut locked = self.lock();
        locked.find_or_create(moment.now, |visitor| visitor.data.consent = consent);
    }

    /// What the visitor said when asked for consent; unknown where there is no such visitor, which is not made by asking.
    pub fn consent(&self) -> Consent {
        let mut locked = self.lock();
        locked.find(|visitor| visitor.data.consent).unwrap_or(Consent::Unknown)
    }

    /// Whether the code is marked as a unique identifier.
    pub fn is_unique_identifier(&self) -> bool {
        let mut locked = self.lock();
        locked.peek(|visitor| visitor.is_unique_identifier) == Some(true)
    }

    /// Forces a variation of an experiment, or, with `None`, no longer.
    ///
    /// # Errors
    /// When there is no such experiment or variation.
    pub fn force_variation(
        &self,
        experiment_id: i64,
        key: Option<&str>,
        force_targeting: bool,
        moment: Moment,
    ) -> Result<(), EngineError> {
        let Some(key) = key else {
            let mut locked = self.lock();
            locked.find(|visitor| visitor.data.unforce_variation(experiment_id));
            return Ok(());
        };
        let data_file = self.engine.data_file.load();
        let (_, rule) = data_file.experiment(experiment_id).ok_or(EngineError::ExperimentNotFound(experiment_id))?;
        let whose = || Whose::Experiment(experiment_id);
        let mut shares = rule.shares.iter();
        let share = shares
            .find(|share| *share.key == *key)
            .ok_or_else(|| EngineError::VariationNotFound(key.into(), whose()))?;
        let (key, variation_id) = (Arc::clone(&share.key), share.variation_id);
        let forced = ForcedVariation { experiment_id, key, variation_id, force_targeting };
        let mut locked = self.lock();
        locked.find_or_create(moment.now, |visitor| visitor.data.force_variation(forced));
        Ok(())
    }

    /// Replaces the visitor's simulated variations by those in the decoded simulation cookie. Each entry that cannot be
    /// used is skipped and noted.
    pub fn simulate(&self, cookie: &str, moment: Moment) -> Vec<Notice> {
        let parsed = match json::parse(cookie.as_bytes()) {
            Ok(parsed) => parsed,
            Err(reason) => return vec![Notice::error(format!("simulation cookie ignored: no JSON: {reason}"))],
        };
        let data_file = self.engine.data_file.load();
        let mut notices = Vec::new();
        let mut simulated = Vec::new();
        match Fields::of(&parsed) {
            Ok(flags) => {
                for (key, entry) in flags.unique() {
                    match simulated_variation(&data_file, key, entry) {
                        Ok(variation) => simulated.push(variation),
                        Err(reason) => {
                            notices.push(Notice::error(format!("simulation cookie: {key:?} skipped: {reason}")));
                        }
                    }
                }
            }
            Err(reason) => notices.push(Notice::error(format!("simulation cookie: {reason}"))),
        }
        self.lock().find_or_create(moment.now, |visitor| {
            let variations = &mut visitor.data.extras_mut().simulated_variations;
            *variations = simulated.into_iter().fold(Keyed::new(), |mut all, variation| {
                all.insert(variation);
                all
            });
        });
        notices
    }

    /// Stores remote visitor data and returns what the caller is given of them. Without `store` no more is kept than the
    /// visitor code that they map to.
    pub fn load(&self, remote: RemoteVisitor, store: bool, moment: Moment) -> Vec<Datum> {
        let mapping = remote.mapping_identifier().map(Box::from);
        let data = remote.data();
        let store = store && !remote.is_empty();
        if store || mapping.is_some() {
            let data_file = self.engine.data_file.load();
            let sending = self.engine.sending(true);
            self.lock().find_or_create(moment.now, |visitor| {
                if visitor.data.mapping_identifier().is_none() && mapping.is_some() {
                    visitor.data.extras_mut().mapping_identifier = mapping;
                }
                if store {
                    remote.store(visitor.data, &data_file.custom_data, sending);
                }
            });
        }
        data
    }
}

fn simulated_variation(data_file: &DataFile, key: &str, entry: &JsonValue<'_>) -> Result<SimulatedVariation, String> {
    let entry = Fields::of(entry)?;
    let experiment_id = entry.integer("expId")?.ok_or("expId: missing")?;
    let flag = data_file.flag(key).map(|flag| &data_file[flag]).ok_or("no such feature flag")?;
    let flag_key = Arc::clone(&flag.key);
    if experiment_id == 0 {
        return Ok(SimulatedVariation { flag_key, variation: None });
    }
    let variation_id = entry.integer("varId")?.ok_or("varId: missing")?;
    let rule = flag.rules.iter().find(|rule| rule.experiment_id == experiment_id);
    let rule = rule.ok_or_else(|| format!("no experiment {experiment_id}"))?;
    let share = rule.shares.iter().find(|share| share.variation_id == Some(variation_id));
    let share = share.ok_or_else(|| format!("no variation {variation_id}"))?;
    let variation = Some((experiment_id, Arc::clone(&share.key), Some(variation_id)));
    Ok(SimulatedVariation { flag_key, variation })
}

/// What is told of something that was left out of what was to be stored.
fn told(left_out: LeftOut, code: &str) -> Notice {
    match left_out {
        LeftOut::PageWithoutUrl => Notice::error(format!("page view of visitor {code:?} ignored: its url is empty")),
        LeftOut::CustomData(datum) => {
            let name = name_of(&Datum::CustomData(datum));
            Notice::error(format!("{name} of visitor {code:?} ignored: the data file has no such name"))
        }
        LeftOut::Metadata { item, goal_id } => {
            let name = name_of(&Datum::CustomData(item));
            let text = format!("{name} left out of a conversion of goal {goal_id}: the data file has no such name");
            Notice::warning(text)
        }
    }
}
