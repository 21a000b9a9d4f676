//! Buckets that are worked out before the flags are evaluated, two at once, where all flags are asked of a visitor of whom
//! nothing is remembered: one digest after another takes nearly twice the time.

use smallvec::SmallVec;

use super::Observer;
use super::choice::{Choice, Chosen};
use crate::datafile::index::FlagIndex;
use crate::datafile::model::{DataFile, Flag, Rule, RuleKind};
use crate::hashing::bucket_pair;
use crate::targeting::TargetingObserver;

/// For how many flags there is room without an allocation.
const ROOM: usize = 64;

/// The question that most flags come to.
const QUESTION: Choice = Choice::Experiment(0);

/// The bucket of the code for the first experiment of each flag, where most evaluations come to it; by default of none.
#[derive(Default)]
pub struct Buckets(SmallVec<[Option<f64>; ROOM]>);

impl Buckets {
    /// Of flags that follow one another.
    pub fn of(data_file: &DataFile, flags: impl ExactSizeIterator<Item = FlagIndex>, code: &str) -> Self {
        let mut buckets = Self(SmallVec::from_elem(None, flags.len()));
        let mut waiting = None;
        for (position, flag) in flags.enumerate() {
            let Some(salt) = data_file[flag].rules.first().filter(|rule| is_likely(&data_file[flag], rule)) else {
                continue;
            };
            let salt = &salt.experiment_salt;
            match waiting.take() {
                None => waiting = Some((position, salt)),
                Some((other, other_salt)) => {
                    let [first, second] = bucket_pair(code, [other_salt, salt]);
                    (buckets.0[other], buckets.0[position]) = (Some(first), Some(second));
                }
            }
        }
        buckets
    }

    /// Watches the evaluation of the flag at a position among these. `is_own` says whether the code is what is hashed.
    pub fn observer<'a>(&self, position: usize, is_own: bool, data_file: &'a DataFile, flag: FlagIndex) -> Ahead<'a> {
        let bucket = self.0.get(position).copied().flatten().filter(|_| is_own);
        Ahead { data_file, flag: &data_file[flag], bucket }
    }
}

/// Whether the flag's evaluation comes to the first rule's experiment, as far as can be said without the visitor.
fn is_likely(flag: &Flag, rule: &Rule) -> bool {
    let asks_everybody = rule.segment.is_none() && rule.exposition >= 1.0 && rule.kind != RuleKind::TargetedDelivery;
    flag.environment_enabled && flag.bucketing_index.is_none() && asks_everybody
}

/// Knows a bucket beforehand.
pub struct Ahead<'a> {
    data_file: &'a DataFile,
    flag: &'a Flag,
    bucket: Option<f64>,
}

impl TargetingObserver for Ahead<'_> {}

impl Observer for Ahead<'_> {
    const SEES_EVERYTHING: bool = false;

    #[inline]
    fn choose(&mut self, choice: Choice, find: impl FnOnce() -> Chosen) -> Chosen {
        match self.bucket {
            Some(bucket) if choice == QUESTION => {
                Chosen { bucket, which: choice.in_bucket(self.data_file, self.flag, bucket) }
            }
            _ => find(),
        }
    }
}
