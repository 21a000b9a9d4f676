//! The questions whose answers lie in a bucket of the visitor's code.

use smallvec::SmallVec;

use crate::datafile::model::{Cumulative, DataFile, Flag, choose};
use crate::hashing::{Salt, bucket};

/// A question that an evaluation of a flag may come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// Which share of the holdout has the visitor.
    Holdout,
    /// Which flag the mutually exclusive group chooses.
    Group,
    /// Whether the visitor is beyond the exposition of the flag's rule at this position.
    Exposition(usize),
    /// Which variation the visitor gets of the rule's experiment.
    Experiment(usize),
}

/// A bucket, and the answer that lies in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chosen {
    /// The bucket.
    pub bucket: f64,
    /// The position of the share or the flag; of shares that do not reach the bucket, one beyond the last. For an exposition
    /// 1 is beyond it, 0 is not.
    pub which: usize,
}

impl Choice {
    /// The answer for a code. A question that the flag does not come to has the answer 0.
    #[inline]
    pub(super) fn of(self, data_file: &DataFile, flag: &Flag, code: &str) -> Chosen {
        let bucket = self.salt(data_file, flag).map_or(0.0, |salt| bucket(code, salt));
        Chosen { bucket, which: self.in_bucket(data_file, flag, bucket) }
    }

    /// What is hashed after the code.
    #[inline]
    pub fn salt<'a>(self, data_file: &'a DataFile, flag: &'a Flag) -> Option<&'a Salt> {
        Some(match self {
            Self::Holdout => &data_file.holdout.as_ref()?.salt,
            Self::Group => &data_file[flag.group?].salt,
            Self::Exposition(rule) => &flag.rules.get(rule)?.salt,
            Self::Experiment(rule) => &flag.rules.get(rule)?.experiment_salt,
        })
    }

    /// The answer that lies in a bucket.
    #[inline]
    pub fn in_bucket(self, data_file: &DataFile, flag: &Flag, bucket: f64) -> usize {
        let rule = |position: usize| flag.rules.get(position);
        match self {
            Self::Holdout => data_file.holdout.as_ref().map_or(0, |holdout| choose(&holdout.shares, bucket)),
            Self::Group => flag.group.map_or(0, |group| slice(bucket, data_file[group].flags.len())),
            Self::Exposition(position) => rule(position).map_or(0, |rule| usize::from(bucket > rule.exposition)),
            Self::Experiment(position) => rule(position).map_or(0, |rule| choose(&rule.shares, bucket)),
        }
    }

    /// The answers that lie in many buckets, in order: each as [`Self::in_bucket`] has it. The processor cannot guess on
    /// which side of a limit a bucket lies, so where the limits rise and are few, none of its steps depends on that.
    #[inline]
    pub fn in_buckets(self, data_file: &DataFile, flag: &Flag, buckets: &[f64], mut answer: impl FnMut(usize)) {
        let limits = self.limits(data_file, flag).filter(|limits| limits.len() <= FEW_LIMITS && limits.is_sorted());
        let Some(limits) = limits else {
            return buckets.iter().for_each(|bucket| answer(self.in_bucket(data_file, flag, *bucket)));
        };
        for bucket in buckets {
            answer(limits.iter().map(|limit| usize::from(bucket > limit)).sum());
        }
    }

    /// The highest bucket of each answer but the last, where answers have one.
    fn limits(self, data_file: &DataFile, flag: &Flag) -> Option<Limits> {
        fn of(shares: &[impl Cumulative]) -> Limits {
            shares.iter().map(Cumulative::cumulative).collect()
        }
        match self {
            Self::Holdout => Some(of(&data_file.holdout.as_ref()?.shares)),
            Self::Group => None,
            Self::Exposition(rule) => Some(SmallVec::from_slice(&[flag.rules.get(rule)?.exposition])),
            Self::Experiment(rule) => Some(of(&flag.rules.get(rule)?.shares)),
        }
    }
}

/// So many limits are looked at for each bucket without asking whether that is necessary.
const FEW_LIMITS: usize = 4;

type Limits = SmallVec<[f64; FEW_LIMITS]>;

/// Which of `count` equal slices of `[0, 1]` holds `bucket`.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "floor(bucket * count), as docs/bucketing.md has it; both are small and not negative"
)]
pub(super) fn slice(bucket: f64, count: usize) -> usize {
    ((bucket * count as f64) as usize).min(count.saturating_sub(1))
}
