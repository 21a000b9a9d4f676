//! The compiled data file: ids resolved to typed indices ([`super::index`]), salts written, answers numbered.
//!
//! Made by [`super::compile`], immutable from then on, shared by all evaluations. Nothing in it is looked up by text but
//! the flag key.

use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use super::condition::{ConditionTree, Expression, Term};
use super::index::{FlagIndex, GroupIndex, OutcomeIndex, SegmentIndex, VariationIndex};
use super::reports::Reports;
use crate::hashing::Salt;
use crate::value::Value;

/// A map with a fast hash function; its order is unspecified.
pub(super) type Map<Key, Value> = HashMap<Key, Value, foldhash::fast::RandomState>;

/// A set with a fast hash function; its order is unspecified.
pub(super) type Set<Value> = HashSet<Value, foldhash::fast::RandomState>;

/// The variation key that means "inactive".
pub const OFF: &str = "off";
/// The holdout variation whose visitors get every flag's default.
pub const IN_HOLDOUT: &str = "in-holdout";

/// A compiled data file.
#[derive(Debug, Default)]
pub struct DataFile {
    /// `dateModified`, milliseconds.
    pub date_modified: i64,
    /// `configuration`.
    pub configuration: Configuration,
    /// `customData`.
    pub custom_data: CustomDataTable,
    /// `segments`, and those inside the rules of older data files.
    pub segments: Vec<Segment>,
    /// Those of the segments that have `audienceTracking`.
    pub audiences: Vec<SegmentIndex>,
    /// `featureFlags`, in order.
    pub flags: Vec<Flag>,
    /// Mutually exclusive groups.
    pub groups: Vec<Group>,
    /// `holdout`.
    pub holdout: Option<Holdout>,
    /// Every answer that an evaluation can give, unless it was forced under another data file.
    pub outcomes: Vec<Outcome>,
    /// Whether some condition counts the visits of the local day.
    pub uses_local_day: bool,
    /// How many segments have a truth that is remembered during a call ([`Segment::remembered`]).
    pub remembered_segments: u32,
    /// What evaluations have to say to the log.
    pub reports: Reports,
    pub(super) flags_by_key: Map<Arc<str>, FlagIndex>,
    pub(super) experiments: Map<i64, (FlagIndex, usize)>,
}

impl DataFile {
    /// The flag with this key.
    pub fn flag(&self, key: &str) -> Option<FlagIndex> {
        self.flags_by_key.get(key).copied()
    }

    /// All flags, in order.
    pub fn flag_indices(&self) -> impl Iterator<Item = FlagIndex> + use<> {
        (0..self.flags.len()).map(FlagIndex::new)
    }

    /// The flag and the rule of an experiment.
    pub fn experiment(&self, experiment_id: i64) -> Option<(&Flag, &Rule)> {
        let (flag, rule) = self.experiments.get(&experiment_id)?;
        let flag = &self[*flag];
        Some((flag, &flag.rules[*rule]))
    }

    /// Whether an enabled flag has a targeted-delivery rule: then visitor codes are kept without consent.
    pub fn has_targeted_delivery(&self) -> bool {
        let mut enabled = self.flags.iter().filter(|flag| flag.environment_enabled);
        enabled.any(|flag| flag.rules.iter().any(|rule| rule.kind == RuleKind::TargetedDelivery))
    }
}

/// `configuration` of a data file.
#[derive(Clone, Debug, Default)]
pub struct Configuration {
    /// Whether updates come over the event stream.
    pub real_time_update: bool,
    /// Whether `consentType` is `REQUIRED`.
    pub consent_required: bool,
    /// Whether refused consent blocks everything (`FULLY_BLOCK`), not only experiments.
    pub fully_block: bool,
    /// Replaces the default data domain.
    pub data_api_domain: Option<Box<str>>,
}

/// `customData` of a data file.
#[derive(Clone, Debug, Default)]
pub struct CustomDataTable {
    pub(super) indices_by_name: Map<Box<str>, i64>,
    pub(super) local_only: Set<i64>,
    pub(super) visitor_scope: Set<i64>,
    /// The index whose values link visitors.
    pub mapping_index: Option<i64>,
}

impl CustomDataTable {
    /// The index of the custom data with this name.
    pub fn index_of(&self, name: &str) -> Option<i64> {
        self.indices_by_name.get(name).copied()
    }

    /// Whether the custom data at `index` never leave the process.
    pub fn is_local_only(&self, index: i64) -> bool {
        self.local_only.contains(&index)
    }

    /// Whether the custom data at `index` are of scope `VISITOR`.
    pub fn is_visitor_scope(&self, index: i64) -> bool {
        self.visitor_scope.contains(&index)
    }
}

/// A segment.
#[derive(Debug)]
pub struct Segment {
    /// Its id.
    pub id: i64,
    /// Its conditions.
    pub tree: ConditionTree,
    /// Several conditions refer to this segment. Its truth is worked out once a call and remembered under this number;
    /// else a chain of segments that each name the next one twice would take 2^length steps.
    pub remembered: Option<u32>,
}

impl Segment {
    /// Its conditions, group by group.
    pub fn terms(&self) -> impl Iterator<Item = &Term> {
        self.tree.items.iter().flat_map(|group| group.items.iter())
    }

    /// The same, to change them.
    pub(super) fn terms_mut(&mut self) -> impl Iterator<Item = &mut Term> {
        self.tree.items.iter_mut().flat_map(|group| group.items.iter_mut())
    }

    /// A segment without conditions, which targets everybody.
    pub fn everybody(id: i64) -> Self {
        Self { id, tree: Expression::default(), remembered: None }
    }
}

/// A feature flag.
#[derive(Debug)]
pub struct Flag {
    /// Its id.
    pub id: i64,
    /// Its key.
    pub key: Arc<str>,
    /// The key of its default variation, as it stands in the data file.
    pub default_variation_key: Arc<str>,
    /// The answer "default".
    pub default_outcome: OutcomeIndex,
    /// Whether it is enabled in this environment.
    pub environment_enabled: bool,
    /// Its mutually exclusive group.
    pub group: Option<GroupIndex>,
    /// The index of the custom datum that is hashed instead of the visitor code; never 0 **(kept quirk)**.
    pub bucketing_index: Option<i64>,
    /// Its variations; keys are unique.
    pub variations: Vec<Variation>,
    /// Its rules, in order.
    pub rules: Vec<Rule>,
}

impl Flag {
    /// The variation with this key.
    pub fn variation(&self, key: &str) -> Option<VariationIndex> {
        let position = self.variations.iter().position(|variation| *variation.key == *key)?;
        u32::try_from(position).ok().map(VariationIndex)
    }
}

/// A variation of a flag.
#[derive(Debug)]
pub struct Variation {
    /// Its key.
    pub key: Arc<str>,
    /// Its name.
    pub name: Arc<str>,
    /// Its variables; keys are unique.
    pub variables: Vec<Variable>,
}

/// A variable of a variation.
#[derive(Debug)]
pub struct Variable {
    /// Its key.
    pub key: Arc<str>,
    /// Its type as it stands in the data file.
    pub kind: Arc<str>,
    /// Its value; JSON text is decoded.
    pub value: Value,
}

/// What kind of rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleKind {
    /// `EXPERIMENTATION`
    Experimentation,
    /// `TARGETED_DELIVERY`
    TargetedDelivery,
    /// Anything else: treated as an experimentation, but never blocked for want of consent.
    Unknown,
}

/// A rule of a flag.
#[derive(Debug)]
pub struct Rule {
    /// Its id.
    pub id: i64,
    /// Its kind.
    pub kind: RuleKind,
    /// The share of visitors that it is for, in `[0, 1]`.
    pub exposition: f64,
    /// The experiment that it belongs to.
    pub experiment_id: i64,
    /// Whether an assigned variation of the experiment tells which share it is: no other rule nor the holdout has the
    /// experiment, and no two shares the variation.
    pub is_recalled: bool,
    /// Who it is for; `None` is everybody.
    pub segment: Option<SegmentIndex>,
    /// Its variations with their shares.
    pub shares: Vec<Share>,
    /// Salt of the rule's bucket.
    pub salt: Salt,
    /// Salt of the experiment's bucket.
    pub experiment_salt: Salt,
}

/// A variation's share of an experiment.
#[derive(Clone, Debug)]
pub struct Share {
    /// The variation's key.
    pub key: Arc<str>,
    /// The variation's id in this experiment.
    pub variation_id: Option<i64>,
    /// All shares up to and including this one, added in order from 0.0.
    pub cumulative: f64,
    /// The answer "this one".
    pub outcome: OutcomeIndex,
}

/// The holdout experiment.
#[derive(Debug)]
pub struct Holdout {
    /// Its experiment.
    pub experiment_id: i64,
    /// Its variations with their shares.
    pub shares: Vec<HoldoutShare>,
    /// Salt of its bucket.
    pub salt: Salt,
}

/// A share of the holdout experiment. It is no answer of a flag, so it has no outcome.
#[derive(Clone, Debug)]
pub struct HoldoutShare {
    /// The variation's key.
    pub key: Arc<str>,
    /// The variation's id in the holdout experiment.
    pub variation_id: Option<i64>,
    /// All shares up to and including this one, added in order from 0.0.
    pub cumulative: f64,
    /// Whether its visitors get every flag's default.
    pub holds_out: bool,
}

/// The upper end of a share in `[0, 1]`.
pub trait Cumulative {
    /// All shares up to and including this one.
    fn cumulative(&self) -> f64;
}

impl Cumulative for Share {
    fn cumulative(&self) -> f64 {
        self.cumulative
    }
}

impl Cumulative for HoldoutShare {
    fn cumulative(&self) -> f64 {
        self.cumulative
    }
}

/// The position of the first share that reaches `bucket`: the variation that the bucket's visitors get; where none does, one
/// beyond the last.
pub fn choose(shares: &[impl Cumulative], bucket: f64) -> usize {
    shares.iter().position(|share| share.cumulative() >= bucket).unwrap_or(shares.len())
}

/// A mutually exclusive group.
#[derive(Debug)]
pub struct Group {
    /// Its name.
    pub name: Box<str>,
    /// Its flags, sorted by flag id.
    pub flags: Vec<FlagIndex>,
    /// Salt of its bucket.
    pub salt: Salt,
}

/// An answer: a variation of a flag in an experiment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The flag.
    pub flag: FlagIndex,
    /// The variation's key as the rule or the flag names it, whether or not the flag has it.
    pub key: Arc<str>,
    /// The variation; `None`: the flag has no variation of that key.
    pub variation: Option<VariationIndex>,
    /// The variation's id in the experiment.
    pub variation_id: Option<i64>,
    /// The experiment.
    pub experiment_id: Option<i64>,
}

impl Outcome {
    /// The key of the variation as a user is given it: empty where the flag, which must be the outcome's, has none of that
    /// key **(kept quirk)**.
    pub fn variation_key<'a>(&self, flag: &'a Flag) -> &'a str {
        self.variation.map_or("", |variation| &flag[variation].key)
    }

    /// Whether the flag is on: the key is not `"off"`.
    pub fn is_active(&self) -> bool {
        *self.key != *OFF
    }
}
