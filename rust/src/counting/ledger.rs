//! What was counted under all data files so far, by the keys of flags and variations.

use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use super::{Counts, Sums};
use crate::datafile::model::{DataFile, Flag, Rule, RuleKind};

/// So many flags that are in no data file any more are remembered: those that were evaluated last.
pub const VANISHED_FLAGS: usize = 1000;

type Map<Key, Value> = HashMap<Key, Value, RandomState>;

/// How often a variation of a flag was the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariationTotal {
    /// Its key, as the flag or the rule names it.
    pub key: Arc<str>,
    /// How often it was the answer.
    pub evaluated: u64,
    /// How many visitors were exposed to it, each once a session and experiment.
    pub exposed: u64,
}

/// What was counted of a flag. Times are milliseconds since the epoch, 0 for never.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FlagTotal {
    /// By variation, in the order in which they were first the answer.
    pub variations: Vec<VariationTotal>,
    /// Evaluations that ended without a variation.
    pub without_variation: u64,
    /// When it was last asked for by its key.
    pub asked: i64,
    /// When it was last evaluated, be it with all others.
    pub evaluated: i64,
}

/// How many visitors each share of an experiment was exposed to since it has the shares that it has now.
#[derive(Clone, Debug, PartialEq)]
struct ExperimentTotal {
    /// What the split is made of: each variation's id, and the end of its share.
    split: Vec<(Option<i64>, f64)>,
    exposed: Vec<u64>,
}

/// A flag with what was counted of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlagFigures {
    /// The flag's key.
    pub key: Arc<str>,
    /// Whether the data file in use has it.
    pub is_current: bool,
    /// What was counted.
    pub total: FlagTotal,
}

/// A variation's share of an experiment beside its part of those who were exposed.
#[derive(Clone, Debug, PartialEq)]
pub struct ShareFigures {
    /// The variation's key.
    pub variation: Arc<str>,
    /// The share of `[0, 1]` that the data file gives it.
    pub share: f64,
    /// How many visitors were exposed to it.
    pub exposed: u64,
}

/// An experiment with several variations, and who was exposed to which.
#[derive(Clone, Debug, PartialEq)]
pub struct ExperimentFigures {
    /// The flag's key.
    pub flag: Arc<str>,
    /// The experiment.
    pub experiment_id: i64,
    /// The rule.
    pub rule_id: i64,
    /// Whether the visitor code decides, not a custom datum that visitors may have in common.
    pub is_by_visitor: bool,
    /// Its shares, in order.
    pub shares: Vec<ShareFigures>,
}

/// Everything that was counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// The flags of the data file, in order, then those that it has no more, by key.
    pub flags: Vec<FlagFigures>,
    /// The experiments of the data file that choose between variations, in order.
    pub experiments: Vec<ExperimentFigures>,
}

#[derive(Clone, Default)]
struct Totals {
    flags: Map<Arc<str>, FlagTotal>,
    experiments: Map<i64, ExperimentTotal>,
}

/// What was counted under earlier data files.
#[derive(Default)]
pub struct Ledger {
    totals: Totals,
    /// Data files that evaluations under way may still count for, oldest first: no more than there are such evaluations,
    /// and the last one.
    retired: Vec<(Arc<DataFile>, Arc<Counts>)>,
}

impl Ledger {
    /// Takes over what was counted under a data file that has just been replaced by `current`.
    pub fn retire(&mut self, data_file: Arc<DataFile>, counts: Arc<Counts>, current: &DataFile) {
        self.retired.push((data_file, counts));
        let totals = &mut self.totals;
        self.retired.retain_mut(|(data_file, counts)| {
            // Unlike `strong_count`, this sees what others have counted before they let go.
            let is_last = Arc::get_mut(counts).is_some();
            if is_last {
                totals.add(data_file, &counts.sums());
            }
            !is_last
        });
        self.totals.forget_all_but(current);
    }

    /// Everything so far, with what was counted under the data file in use.
    pub fn figures(&self, data_file: &DataFile, counts: &Counts) -> Figures {
        let mut totals = self.totals.clone();
        for (data_file, counts) in &self.retired {
            totals.add(data_file, &counts.sums());
        }
        totals.add(data_file, &counts.sums());
        totals.forget_all_but(data_file);
        totals.figures(data_file)
    }

    /// Forgets everything: a parent process has counted it.
    pub fn after_fork(&mut self) {
        *self = Self::default();
    }
}

impl Totals {
    fn add(&mut self, data_file: &DataFile, sums: &Sums) {
        for (flag, sum) in data_file.flags.iter().zip(&sums.flags) {
            let evaluated = sum.asked.max(sums.all);
            if sum.without_variation == 0 && evaluated == 0 {
                continue;
            }
            let total = self.flags.entry(Arc::clone(&flag.key)).or_default();
            total.without_variation += sum.without_variation;
            total.asked = total.asked.max(sum.asked);
            total.evaluated = total.evaluated.max(evaluated);
        }
        for (outcome, sum) in data_file.outcomes.iter().zip(&sums.outcomes) {
            if sum.evaluated > 0 || sum.exposed > 0 {
                let total = self.flags.entry(Arc::clone(&data_file[outcome.flag].key)).or_default();
                let variation = total.variation(&outcome.key);
                variation.evaluated += sum.evaluated;
                variation.exposed += sum.exposed;
            }
        }
        for (_, rule) in experiments(data_file) {
            let split = split(rule);
            let count = |position: usize| sums.outcomes.get(position).map_or(0, |sum| sum.exposed);
            let exposed: Vec<_> = rule.shares.iter().map(|share| count(share.outcome.position())).collect();
            let total = self.experiments.entry(rule.experiment_id);
            let total = total.or_insert_with(|| ExperimentTotal { split: Vec::new(), exposed: Vec::new() });
            if total.split == split {
                total.exposed.iter_mut().zip(exposed).for_each(|(total, more)| *total += more);
            } else {
                *total = ExperimentTotal { split, exposed };
            }
        }
    }

    /// Forgets the experiments that `current` has not, and of such flags all but those that were evaluated last.
    fn forget_all_but(&mut self, current: &DataFile) {
        self.experiments.retain(|experiment_id, _| current.experiment(*experiment_id).is_some());
        let vanished = self.flags.iter().filter(|(key, _)| current.flag(key).is_none());
        let mut times: Vec<_> = vanished.map(|(key, total)| (total.evaluated, Arc::clone(key))).collect();
        let surplus = times.len().saturating_sub(VANISHED_FLAGS);
        times.sort_unstable();
        for (_, key) in times.into_iter().take(surplus) {
            self.flags.remove(&key);
        }
    }

    fn figures(mut self, data_file: &DataFile) -> Figures {
        let mut flags = Vec::with_capacity(data_file.flags.len());
        for flag in &data_file.flags {
            let total = self.flags.remove(&flag.key).unwrap_or_default();
            flags.push(FlagFigures { key: Arc::clone(&flag.key), is_current: true, total });
        }
        let mut vanished: Vec<_> = self.flags.into_iter().collect();
        vanished.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        flags.extend(vanished.into_iter().map(|(key, total)| FlagFigures { key, is_current: false, total }));
        let exposed = |rule: &Rule| self.experiments.get(&rule.experiment_id).map_or(&[][..], |total| &total.exposed);
        let experiments = experiments(data_file).map(|(flag, rule)| ExperimentFigures {
            flag: Arc::clone(&flag.key),
            experiment_id: rule.experiment_id,
            rule_id: rule.id,
            is_by_visitor: flag.bucketing_index.is_none(),
            shares: shares(rule, exposed(rule)),
        });
        Figures { flags, experiments: experiments.collect() }
    }
}

impl FlagTotal {
    fn variation(&mut self, key: &Arc<str>) -> &mut VariationTotal {
        let position = self.variations.iter().position(|variation| variation.key == *key).unwrap_or_else(|| {
            self.variations.push(VariationTotal { key: Arc::clone(key), evaluated: 0, exposed: 0 });
            self.variations.len() - 1
        });
        &mut self.variations[position]
    }
}

/// The rules that choose between variations, each with its flag.
fn experiments(data_file: &DataFile) -> impl Iterator<Item = (&Flag, &Rule)> {
    let rules = data_file.flags.iter().flat_map(|flag| flag.rules.iter().map(move |rule| (flag, rule)));
    rules.filter(|(_, rule)| rule.kind != RuleKind::TargetedDelivery && rule.shares.len() > 1)
}

fn split(rule: &Rule) -> Vec<(Option<i64>, f64)> {
    rule.shares.iter().map(|share| (share.variation_id, share.cumulative)).collect()
}

/// The shares of a rule; what is above 1 is nobody's.
fn shares(rule: &Rule, exposed: &[u64]) -> Vec<ShareFigures> {
    let mut begin = 0.0;
    let mut figures = Vec::with_capacity(rule.shares.len());
    for (position, share) in rule.shares.iter().enumerate() {
        let end = share.cumulative.clamp(begin, 1.0_f64.max(begin));
        let exposed = exposed.get(position).copied().unwrap_or(0);
        figures.push(ShareFigures { variation: Arc::clone(&share.key), share: end - begin, exposed });
        begin = end;
    }
    figures
}
