//! From the wire shapes to the model, once per data file.

use std::sync::Arc;

use jiter::JsonValue;

use super::compile_segments::compile_segments;
use super::json::{self, Fields};
use super::model::{
    Configuration, CustomDataTable, DataFile, Exposure, Flag, Group, Holdout, Map, Outcome, Rule, RuleKind, Variable,
    Variation,
};
use super::wire::{
    ConfigurationWire, CustomDataWire, DataFileWire, ExperimentWire, FeatureFlagWire, Omissions, RuleWire,
    VariableWire, VariationWire,
};
use super::{DataFileError, Omission};
use crate::hashing::Salt;
use crate::pattern::PatternHost;
use crate::value::Value;

/// Variable types whose values are handed on (spec 1 §1); a value of any other type is `None`.
const VARIABLE_KINDS: [&str; 6] = ["BOOLEAN", "NUMBER", "STRING", "JSON", "CSS", "JS"];

/// A compiled data file, and what had to be left out of it.
#[derive(Debug)]
pub struct Compiled {
    /// The model.
    pub data_file: DataFile,
    /// What was left out, in the order of the file.
    pub omissions: Vec<Omission>,
}

/// Parses and compiles a data file.
///
/// # Errors
/// When the text is no JSON object. Anything less is an [`Omission`].
pub fn compile(text: &[u8], host: &dyn PatternHost) -> Result<Compiled, DataFileError> {
    let scrubbed;
    let parsed = match json::parse(text) {
        Ok(parsed) => parsed,
        Err(reason) => {
            scrubbed = json::without_lone_surrogates(text).ok_or(DataFileError(reason))?;
            json::parse(&scrubbed).map_err(DataFileError)?
        }
    };
    let fields = Fields::of(&parsed).map_err(DataFileError)?;
    let mut omissions = Omissions::default();
    let wire = DataFileWire::read(fields, &mut omissions);
    let mut data_file = DataFile {
        date_modified: wire.date_modified,
        configuration: configuration(&wire.configuration),
        custom_data: custom_data_table(&wire.custom_data, &mut omissions),
        ..DataFile::default()
    };
    let segment_places = compile_segments(&mut data_file, &wire, host, &mut omissions);
    compile_flags(&mut data_file, &wire, &segment_places, &mut omissions);
    group_flags(&mut data_file, &wire);
    data_file.holdout = wire.holdout.as_ref().map(compile_holdout);
    Ok(Compiled { data_file, omissions: omissions.0 })
}

fn configuration(wire: &ConfigurationWire<'_>) -> Configuration {
    Configuration {
        real_time_update: wire.real_time_update,
        consent_required: wire.consent_type == Some("REQUIRED"),
        fully_block: wire.consent_opt_out_behavior == Some("FULLY_BLOCK"),
        data_api_domain: wire.data_api_domain.filter(|domain| !domain.is_empty()).map(Into::into),
    }
}

fn custom_data_table(wire: &[CustomDataWire<'_>], omissions: &mut Omissions) -> CustomDataTable {
    let mut table = CustomDataTable::default();
    for entry in wire {
        if let Some(name) = entry.name {
            table.indices_by_name.insert(name.into(), entry.index);
        }
        if entry.local_only {
            table.local_only.push(entry.index);
        }
        if entry.scope == Some("VISITOR") {
            table.visitor_scope.push(entry.index);
        }
        if entry.is_mapping_identifier
            && let Some(earlier) = table.mapping_index.replace(entry.index)
        {
            let reason = format!("there is another one at index {}; the last one counts", entry.index);
            omissions.add("mapping identifier", format!("at index {earlier}"), reason);
        }
    }
    table
}

fn compile_flags(
    data_file: &mut DataFile,
    wire: &DataFileWire<'_>,
    segment_places: &Map<i64, usize>,
    omissions: &mut Omissions,
) {
    let index_of_id =
        |id: i64| wire.custom_data.iter().rev().find(|entry| entry.id == Some(id)).map(|entry| entry.index);
    for flag_wire in &wire.feature_flags {
        // The last flag of a key counts, at the place of the first.
        let key: Arc<str> = flag_wire.key.into();
        let place = data_file.flags_by_key.get(&key).copied().unwrap_or(data_file.flags.len());
        data_file.flags_by_key.insert(Arc::clone(&key), place);
        let mut flag = Flag {
            id: flag_wire.id,
            key,
            default_variation_key: flag_wire.default_variation_key.into(),
            default_outcome: 0,
            environment_enabled: flag_wire.environment_enabled,
            group: None,
            bucketing_index: flag_wire.bucketing_custom_data_id.and_then(index_of_id).filter(|index| *index != 0),
            variations: compile_variations(flag_wire, omissions),
            rules: Vec::with_capacity(flag_wire.rules.len()),
            needs_host: false,
        };
        let default = outcome(place, &flag, &flag.default_variation_key, None, None);
        flag.default_outcome = data_file.outcomes.len();
        data_file.outcomes.push(default);
        for rule in &flag_wire.rules {
            let segment_id = rule.segment.as_ref().map(|segment| segment.id).or(rule.segment_id);
            let segment = segment_id.and_then(|id| segment_places.get(&id).copied());
            flag.needs_host |= segment.is_some_and(|segment| data_file.segments[segment].needs_host);
            let rule = compile_rule(place, &flag, rule, segment, &mut data_file.outcomes);
            flag.rules.push(rule);
        }
        if place == data_file.flags.len() {
            data_file.flags.push(flag);
        } else {
            data_file.flags[place] = flag;
        }
    }
    for (place, flag) in data_file.flags.iter().enumerate() {
        for (rule_place, rule) in flag.rules.iter().enumerate() {
            data_file.experiments.insert(rule.experiment_id, (place, rule_place));
        }
    }
}

fn outcome(
    place: usize,
    flag: &Flag,
    key: &Arc<str>,
    variation_id: Option<i64>,
    experiment_id: Option<i64>,
) -> Outcome {
    Outcome { flag: place, key: Arc::clone(key), variation: flag.variation(key), variation_id, experiment_id }
}

fn compile_rule(
    place: usize,
    flag: &Flag,
    wire: &RuleWire<'_>,
    segment: Option<usize>,
    outcomes: &mut Vec<Outcome>,
) -> Rule {
    let experiment_id = wire.experiment.experiment_id;
    let mut variations = compile_exposures(&wire.experiment);
    for exposure in &mut variations {
        exposure.outcome = outcomes.len();
        outcomes.push(outcome(place, flag, &exposure.key, exposure.variation_id, Some(experiment_id)));
    }
    Rule {
        id: wire.id,
        kind: match wire.kind {
            Some("EXPERIMENTATION") => RuleKind::Experimentation,
            Some("TARGETED_DELIVERY") => RuleKind::TargetedDelivery,
            _ => RuleKind::Unknown,
        },
        exposition: wire.exposition,
        experiment_id,
        segment,
        variations,
        salt: Salt::of_container(wire.id, wire.respool_time),
        experiment_salt: Salt::of_container(experiment_id, wire.respool_time),
    }
}

fn compile_exposures(wire: &ExperimentWire<'_>) -> Vec<Exposure> {
    let mut total = 0.0;
    let exposures = wire.variation_by_exposition.iter().map(|exposure| {
        total += exposure.exposition;
        Exposure {
            key: exposure.variation_key.into(),
            variation_id: exposure.variation_id,
            exposition: exposure.exposition,
            cumulative: total,
            outcome: 0,
        }
    });
    exposures.collect()
}

fn compile_holdout(wire: &ExperimentWire<'_>) -> Holdout {
    Holdout {
        experiment_id: wire.experiment_id,
        variations: compile_exposures(wire),
        salt: Salt::of_container(wire.experiment_id, None),
    }
}

fn compile_variations(flag: &FeatureFlagWire<'_>, omissions: &mut Omissions) -> Vec<Variation> {
    let mut variations: Vec<Variation> = Vec::with_capacity(flag.variations.len());
    for wire in &flag.variations {
        let variation = compile_variation(flag, wire, omissions);
        replace_or_push(&mut variations, variation, |variation| &variation.key);
    }
    variations
}

fn compile_variation(flag: &FeatureFlagWire<'_>, wire: &VariationWire<'_>, omissions: &mut Omissions) -> Variation {
    let mut variables = Vec::with_capacity(wire.variables.len());
    for variable in &wire.variables {
        let value = variable_value(variable).unwrap_or_else(|reason| {
            let id = format!("{:?} of variation {:?} of feature flag {:?}", variable.key, wire.key, flag.key);
            omissions.add("value of variable", id, reason);
            Value::Null
        });
        let variable = Variable { key: variable.key.into(), kind: variable.kind.into(), value };
        replace_or_push(&mut variables, variable, |variable| &variable.key);
    }
    Variation { key: wire.key.into(), name: wire.name.into(), variables }
}

/// As a dict does it: the last item of a key counts, at the place of the first.
fn replace_or_push<T>(items: &mut Vec<T>, item: T, key: impl Fn(&T) -> &Arc<str>) {
    match items.iter().position(|other| key(other) == key(&item)) {
        Some(place) => items[place] = item,
        None => items.push(item),
    }
}

fn variable_value(variable: &VariableWire<'_>) -> Result<Value, String> {
    let Some(value) = variable.value.filter(|_| VARIABLE_KINDS.contains(&variable.kind)) else {
        return Ok(Value::Null);
    };
    match (variable.kind, value) {
        ("JSON", JsonValue::Str(text)) => match json::parse(text.as_bytes()) {
            Ok(parsed) => Ok(json::to_value(&parsed)),
            Err(reason) => Err(format!("no JSON: {reason}")),
        },
        (_, value) => Ok(json::to_value(value)),
    }
}

/// Mutually exclusive groups: the flags of each name, sorted by id.
fn group_flags(data_file: &mut DataFile, wire: &DataFileWire<'_>) {
    let mut names: Map<&str, Option<&str>> = Map::default();
    for flag in &wire.feature_flags {
        names.insert(flag.key, flag.mutually_exclusive_group.filter(|name| !name.is_empty()));
    }
    for place in 0..data_file.flags.len() {
        let Some(name) = names.get(&*data_file.flags[place].key).copied().flatten() else { continue };
        let group = data_file.groups.iter().position(|group| *group.name == *name).unwrap_or_else(|| {
            data_file.groups.push(Group { name: name.into(), flags: Vec::new(), salt: Salt::of_group(name) });
            data_file.groups.len() - 1
        });
        data_file.flags[place].group = Some(group);
        data_file.groups[group].flags.push(place);
    }
    let DataFile { groups, flags, .. } = data_file;
    for group in groups {
        group.flags.sort_by_key(|place| flags[*place].id);
    }
}
