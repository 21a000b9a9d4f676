//! The questions whose answers lie in a bucket of the visitor's code.

use crate::datafile::model::{DataFile, Flag, choose};
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
}

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
