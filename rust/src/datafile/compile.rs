//! From a data file's text to the model, once per data file. Called by whoever has fetched one; what had to be left out
//! comes back beside the model.

use std::sync::Arc;

use jiter::JsonValue;

use super::compile_segments::compile_segments;
use super::index::{FlagIndex, GroupIndex, OutcomeIndex, SegmentIndex};
use super::model::{
    Configuration, CustomDataTable, DataFile, Flag, Group, Holdout, HoldoutShare, IN_HOLDOUT, Map, Outcome, Rule,
    RuleKind, Share, Variable, Variation,
};
use super::wire::{
    ConfigurationWire, CustomDataWire, DataFileWire, ExperimentWire, ExposureWire, FeatureFlagWire, Omissions,
    RuleWire, VariableWire, VariationWire,
};
use super::{DataFileError, Omission};
use crate::hashing::Salt;
use crate::json::{self, Fields};
use crate::value::Value;

/// Variable types whose values are handed on (docs/evaluation.md#the-data-file); a value of any other type is `None`.
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
pub fn compile(text: &[u8]) -> Result<Compiled, DataFileError> {
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
    let segments = compile_segments(&mut data_file, &wire, &mut omissions);
    compile_flags(&mut data_file, &wire, &segments, &mut omissions);
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
            table.local_only.insert(entry.index);
        }
        if entry.scope == Some("VISITOR") {
            table.visitor_scope.insert(entry.index);
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
    segments: &Map<i64, SegmentIndex>,
    omissions: &mut Omissions,
) {
    let ids = wire.custom_data.iter().filter_map(|entry| Some((entry.id?, entry.index)));
    let custom_data_indices: Map<i64, i64> = ids.collect();
    let index_of_id = |id: i64| custom_data_indices.get(&id).copied();
    for flag_wire in &wire.feature_flags {
        // The last flag of a key counts, at the position of the first.
        let key: Arc<str> = flag_wire.key.into();
        let index = data_file.flag(&key).unwrap_or_else(|| FlagIndex::new(data_file.flags.len()));
        data_file.flags_by_key.insert(Arc::clone(&key), index);
        let mut flag = Flag {
            id: flag_wire.id,
            key,
            default_variation_key: flag_wire.default_variation_key.into(),
            default_outcome: OutcomeIndex::new(data_file.outcomes.len()),
            environment_enabled: flag_wire.environment_enabled,
            group: None,
            bucketing_index: flag_wire.bucketing_custom_data_id.and_then(index_of_id).filter(|index| *index != 0),
            variations: compile_variations(flag_wire, omissions),
            rules: Vec::with_capacity(flag_wire.rules.len()),
        };
        data_file.outcomes.push(outcome(index, &flag, &flag.default_variation_key, None, None));
        for rule in &flag_wire.rules {
            let segment_id = rule.segment.as_ref().map(|segment| segment.id).or(rule.segment_id);
            let segment = segment_id.and_then(|id| segments.get(&id).copied());
            let rule = compile_rule(index, &flag, rule, segment, &mut data_file.outcomes);
            flag.rules.push(rule);
        }
        match data_file.flags.get_mut(index.position()) {
            Some(earlier) => *earlier = flag,
            None => data_file.flags.push(flag),
        }
    }
    let holdout = wire.holdout.as_ref().map(|holdout| holdout.experiment_id);
    for flag in data_file.flag_indices() {
        for position in 0..data_file.flags[flag.position()].rules.len() {
            let rule = &mut data_file.flags[flag.position()].rules[position];
            let experiment_id = rule.experiment_id;
            rule.is_recalled = Some(experiment_id) != holdout && has_unique_variations(rule);
            let earlier = data_file.experiments.insert(experiment_id, (flag, position));
            if let Some((other, of_other)) = earlier {
                data_file.flags[other.position()].rules[of_other].is_recalled = false;
                data_file.flags[flag.position()].rules[position].is_recalled = false;
            }
        }
    }
}

fn outcome(
    flag_index: FlagIndex,
    flag: &Flag,
    key: &Arc<str>,
    variation_id: Option<i64>,
    experiment_id: Option<i64>,
) -> Outcome {
    Outcome { flag: flag_index, key: Arc::clone(key), variation: flag.variation(key), variation_id, experiment_id }
}

fn compile_rule(
    flag_index: FlagIndex,
    flag: &Flag,
    wire: &RuleWire<'_>,
    segment: Option<SegmentIndex>,
    outcomes: &mut Vec<Outcome>,
) -> Rule {
    let experiment_id = wire.experiment.experiment_id;
    let shares = with_cumulative(&wire.experiment).map(|(share, cumulative)| {
        let (key, variation_id): (Arc<str>, _) = (share.variation_key.into(), share.variation_id);
        let index = OutcomeIndex::new(outcomes.len());
        outcomes.push(outcome(flag_index, flag, &key, variation_id, Some(experiment_id)));
        Share { key, variation_id, cumulative, outcome: index }
    });
    Rule {
        id: wire.id,
        kind: match wire.kind {
            Some("EXPERIMENTATION") => RuleKind::Experimentation,
            Some("TARGETED_DELIVERY") => RuleKind::TargetedDelivery,
            _ => RuleKind::Unknown,
        },
        exposition: wire.exposition,
        experiment_id,
        is_recalled: false, // seen when all rules are known
        segment,
        shares: shares.collect(),
        salt: Salt::of_container(wire.id, wire.respool_time),
        experiment_salt: Salt::of_container(experiment_id, wire.respool_time),
    }
}

fn has_unique_variations(rule: &Rule) -> bool {
    let mut ids: Vec<i64> = rule.shares.iter().filter_map(|share| share.variation_id).collect();
    ids.sort_unstable();
    ids.is_sorted_by(|one, next| one < next)
}

/// The shares of an experiment, each with the sum of all up to it, in double arithmetic from 0.0.
fn with_cumulative<'a>(wire: &'a ExperimentWire<'a>) -> impl Iterator<Item = (&'a ExposureWire<'a>, f64)> {
    wire.variation_by_exposition.iter().scan(0.0, |total, share| {
        *total += share.exposition;
        Some((share, *total))
    })
}

fn compile_holdout(wire: &ExperimentWire<'_>) -> Holdout {
    let shares = with_cumulative(wire).map(|(share, cumulative)| HoldoutShare {
        key: share.variation_key.into(),
        variation_id: share.variation_id,
        cumulative,
        holds_out: share.variation_key == IN_HOLDOUT,
    });
    Holdout {
        experiment_id: wire.experiment_id,
        shares: shares.collect(),
        salt: Salt::of_container(wire.experiment_id, None),
    }
}

fn compile_variations(flag: &FeatureFlagWire<'_>, omissions: &mut Omissions) -> Vec<Variation> {
    let variations = flag.variations.iter().map(|wire| compile_variation(flag, wire, omissions));
    unique_by_key(variations, |variation| &variation.key)
}

fn compile_variation(flag: &FeatureFlagWire<'_>, wire: &VariationWire<'_>, omissions: &mut Omissions) -> Variation {
    let variables = wire.variables.iter().map(|variable| {
        let value = variable_value(variable).unwrap_or_else(|reason| {
            let id = format!("{:?} of variation {:?} of feature flag {:?}", variable.key, wire.key, flag.key);
            omissions.add("value of variable", id, reason);
            Value::Null
        });
        Variable { key: variable.key.into(), kind: variable.kind.into(), value }
    });
    let variables = unique_by_key(variables, |variable| &variable.key);
    Variation { key: wire.key.into(), name: wire.name.into(), variables }
}

/// As a dict does it: the last item of a key counts, at the position of the first.
fn unique_by_key<T>(items: impl Iterator<Item = T>, key: impl Fn(&T) -> &Arc<str>) -> Vec<T> {
    let mut positions: Map<Arc<str>, usize> = Map::default();
    let mut unique: Vec<T> = Vec::with_capacity(items.size_hint().0);
    for item in items {
        let position = *positions.entry(Arc::clone(key(&item))).or_insert(unique.len());
        match unique.get_mut(position) {
            Some(earlier) => *earlier = item,
            None => unique.push(item),
        }
    }
    unique
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
    let mut groups: Map<&str, GroupIndex> = Map::default();
    for index in data_file.flag_indices() {
        let flag = &mut data_file.flags[index.position()];
        let Some(name) = names.get(&*flag.key).copied().flatten() else { continue };
        let group = *groups.entry(name).or_insert_with(|| {
            data_file.groups.push(Group { name: name.into(), flags: Vec::new(), salt: Salt::of_group(name) });
            GroupIndex::new(data_file.groups.len() - 1)
        });
        flag.group = Some(group);
        data_file.groups[group.position()].flags.push(index);
    }
    let DataFile { groups, flags, .. } = data_file;
    for group in groups {
        group.flags.sort_by_key(|flag| flags[flag.position()].id);
    }
}
