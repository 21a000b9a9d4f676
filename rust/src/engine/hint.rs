//! What helps whoever meets an error: the nearest key, what there is instead, and where. Worked out when somebody reads it:
//! a program may well raise an error for each of its requests.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::{CodeError, EngineError, Whose};
use crate::datafile::model::DataFile;
use crate::nearest::nearest;

/// So many keys are named.
const MOST_NAMED: usize = 5;

impl EngineError {
    /// Whether it is the data file that lacks something.
    pub fn is_about_data_file(&self) -> bool {
        !matches!(self, Self::VisitorCode(_))
    }

    /// The remedy, as far as the data file that was asked knows one; `environment` is the one that it is of.
    pub fn hint(&self, data_file: &DataFile, environment: Option<&str>) -> Option<String> {
        match self {
            Self::VisitorCode(CodeError::Empty) => Some("get_visitor_code(…) gives each visitor a code".into()),
            Self::VisitorCode(CodeError::TooLong) => Some("a longer identifier can be hashed to a shorter one".into()),
            Self::FeatureNotFound(key) => Some(feature(key, data_file, environment)),
            Self::FeatureDisabled(_) => Some(
                "it is switched on per environment, at the service; is_feature_active answers False meanwhile, and \
                 get_variations leaves it out"
                    .into(),
            ),
            Self::ConsentRefused(_) => Some("set_legal_consent(visitor_code, True) once the visitor agrees".into()),
            Self::ExperimentNotFound(id) => Some(experiment(*id, data_file, environment)),
            Self::VariationNotFound(key, Whose::Flag(flag)) => variation(key, flag, data_file),
            Self::VariationNotFound(key, Whose::Experiment(id)) => {
                let (flag, rule) = data_file.experiment(*id)?;
                let keys = || rule.shares.iter().map(|share| &*share.key);
                Some(offer(key, &format!("experiment {id} of feature flag '{}'", flag.key), "variation", keys))
            }
            Self::VariableNotFound { feature, variation, key } => {
                let flag = &data_file[data_file.flag(feature)?];
                let place = format!("variation '{variation}' of feature flag '{feature}'");
                let Some(index) = flag.variation(variation) else { return Some(format!("there is no {place}")) };
                let keys = || flag[index].variables.iter().map(|variable| &*variable.key);
                Some(offer(key, &place, "variable", keys))
            }
        }
    }
}

fn feature(key: &str, data_file: &DataFile, environment: Option<&str>) -> String {
    let keys = || data_file.flags.iter().map(|flag| &*flag.key);
    offer(key, &format!("the data file of {}", shown(environment)), "feature flag", keys)
}

fn variation(key: &str, flag: &str, data_file: &DataFile) -> Option<String> {
    let keys = || data_file.flag(flag).into_iter().flat_map(|index| &data_file[index].variations);
    data_file.flag(flag)?;
    let names = || keys().map(|variation| &*variation.key);
    Some(offer(key, &format!("feature flag '{flag}'"), "variation", names))
}

fn experiment(id: i64, data_file: &DataFile, environment: Option<&str>) -> String {
    let of_flag = |what: &str, key: &str, experiments: Vec<String>| {
        let experiments = listed(experiments.iter().map(String::as_str));
        format!("{id} is the id of {what} '{key}', whose experiments are {experiments}")
    };
    for flag in &data_file.flags {
        let experiments = || flag.rules.iter().map(|rule| rule.experiment_id.to_string()).collect();
        if flag.id == id {
            return of_flag("feature flag", &flag.key, experiments());
        }
        if flag.rules.iter().any(|rule| rule.id == id) {
            return of_flag("a rule of feature flag", &flag.key, experiments());
        }
    }
    let rules = data_file.flags.iter().flat_map(|flag| &flag.rules);
    let all: BTreeSet<i64> = rules.map(|rule| rule.experiment_id).collect();
    if all.is_empty() {
        return format!("the data file of {} has no experiments", shown(environment));
    }
    let ids: Vec<String> = all.iter().take(MOST_NAMED).map(i64::to_string).collect();
    let (what, more) = (plural("experiment", all.len()), more(all.len()));
    format!("the data file of {} has {what} {}{more}", shown(environment), ids.join(", "))
}

/// The nearest of the keys that a place has, and the first ones of all.
fn offer<'a, Keys: Iterator<Item = &'a str>>(wanted: &str, place: &str, what: &str, keys: impl Fn() -> Keys) -> String {
    let count = keys().count();
    if count == 0 {
        return format!("{place} has no {what}s");
    }
    let quoted: Vec<String> = keys().take(MOST_NAMED).map(|key| format!("'{key}'")).collect();
    let mut text = String::new();
    if let Some(near) = nearest(wanted, keys()) {
        let _ = write!(text, "did you mean '{near}'? ");
    }
    let _ = write!(text, "{place} has {} {}{}", plural(what, count), quoted.join(", "), more(count));
    text
}

fn listed<'a>(names: impl Iterator<Item = &'a str> + Clone) -> String {
    let first: Vec<&str> = names.clone().take(MOST_NAMED).collect();
    if first.is_empty() { "none".into() } else { format!("{}{}", first.join(", "), more(names.count())) }
}

fn more(count: usize) -> String {
    if count > MOST_NAMED { format!(" and {} more", count - MOST_NAMED) } else { String::new() }
}

fn plural(what: &str, count: usize) -> String {
    if count == 1 { format!("the {what}") } else { format!("the {what}s") }
}

fn shown(environment: Option<&str>) -> String {
    environment.map_or_else(|| "the default environment".into(), |name| format!("environment '{name}'"))
}
