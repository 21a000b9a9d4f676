//! The kinds of things that a visitor holds, each by its key.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::visitor::datum::{Conversion, Values};
use crate::visitor::keyed::{Item, Keyed};
use crate::visitor::unsent::Event;

/// What the visitor said when asked for consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// Never asked.
    Unknown,
    /// Given.
    Given,
    /// Refused.
    Refused,
}

/// A datum, and whether it waits to be sent.
#[derive(Clone, Debug)]
pub struct Stored<T> {
    /// The datum.
    pub datum: T,
    /// Whether it waits to be sent.
    pub unsent: bool,
}

/// A custom datum at its index.
#[derive(Clone, Debug)]
pub struct StoredCustomData {
    /// The index.
    pub index: i64,
    /// The values, in order.
    pub values: Values,
    /// Whether the service replaces the values that it has.
    pub overwrite: bool,
    /// Whether it links visitors; then it goes into every request.
    pub is_mapping_identifier: bool,
    /// Whether it waits to be sent.
    pub unsent: bool,
}

/// When the visitor converted last, for one goal: all that targeting asks of conversions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastConversion {
    /// The goal.
    pub goal_id: i64,
    /// When, in milliseconds.
    pub time: i64,
}

/// A visitor's conversions: what targeting asks of them, and those that wait to be sent.
#[derive(Clone, Debug, Default)]
pub struct Conversions {
    last: Keyed<LastConversion>,
    pub(in crate::visitor) unsent: VecDeque<Event>,
}

impl Conversions {
    pub(super) const NONE: Self = Self { last: Keyed::new(), unsent: VecDeque::new() };

    /// The goals that the visitor converted for, each with its last time.
    pub fn last(&self) -> &[LastConversion] {
        self.last.as_slice()
    }

    /// Whether the visitor converted at `since` or later; for one goal, or any.
    pub fn any_since(&self, goal_id: Option<i64>, since: i64) -> bool {
        match goal_id {
            Some(goal) => self.last.get(&goal).is_some_and(|last| last.time >= since),
            None => self.last().iter().any(|last| last.time >= since),
        }
    }

    /// About how many bytes they take.
    pub(super) fn heap_bytes(&self) -> usize {
        self.last.heap_bytes() + self.unsent.capacity() * (size_of::<Event>() + size_of::<Conversion>() + 16)
    }

    /// Notes a conversion for targeting.
    pub fn note(&mut self, goal_id: i64, time: i64) {
        let time = self.last.get(&goal_id).map_or(time, |last| last.time.max(time));
        self.last.insert(LastConversion { goal_id, time });
    }
}

/// A segment that was found to target the visitor.
#[derive(Clone, Copy, Debug)]
pub struct TargetedSegment {
    /// Its id.
    pub id: i64,
    /// Whether it waits to be sent.
    pub unsent: bool,
}

/// Previous visits, from remote visitor data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VisitorVisits {
    /// When each began, newest first, in milliseconds.
    pub starts: Box<[i64]>,
    /// The number of the current visit.
    pub visit_number: i64,
    /// Milliseconds since the previous visit, at storing.
    pub time_since_previous: i64,
}

/// A variation forced for an experiment.
#[derive(Clone, Debug)]
pub struct ForcedVariation {
    /// The experiment.
    pub experiment_id: i64,
    /// The variation's key.
    pub key: Arc<str>,
    /// The variation's id.
    pub variation_id: Option<i64>,
    /// Whether it is given without regard to targeting.
    pub force_targeting: bool,
}

/// A variation simulated for a flag; `None` is the default variation.
#[derive(Clone, Debug)]
pub struct SimulatedVariation {
    /// The flag's key.
    pub flag_key: Arc<str>,
    /// The experiment, the variation's key and its id.
    pub variation: Option<(i64, Arc<str>, Option<i64>)>,
}

/// A personalization that the visitor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Personalization {
    /// Its id.
    pub id: i64,
    /// When it was given, in milliseconds.
    pub time: i64,
}

/// Scores of a contextual bandit: for one experiment, each variation's.
#[derive(Clone, Debug)]
pub struct BanditScores {
    /// The experiment.
    pub experiment_id: i64,
    /// Each variation's score.
    pub scores: Keyed<Score<i64>>,
}

/// A score of something that the service rates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score<K> {
    /// What is rated: a variation, or a (key moment, goal).
    pub of: K,
    /// The score.
    pub score: f64,
}

macro_rules! keyed_by {
    ($($item:ty: $field:ident as $key:ty),+ $(,)?) => {$(
        impl Item for $item {
            type Key = $key;

            fn key(&self) -> &$key {
                &self.$field
            }
        }
    )+};
}

keyed_by! {
    StoredCustomData: index as i64,
    LastConversion: goal_id as i64,
    TargetedSegment: id as i64,
    ForcedVariation: experiment_id as i64,
    SimulatedVariation: flag_key as str,
    Personalization: id as i64,
    BanditScores: experiment_id as i64,
    Score<i64>: of as i64,
    Score<(i64, i64)>: of as (i64, i64),
}

/// What the hashes of the visitor's own code said last, under one data file. What they said before lies with the assigned
/// variations ([`super::AssignedVariation::is_remembered`]).
///
/// Hashing is a pure function of the code and the container, so this is never stale: another data file has another
/// generation, and whoever hashes another text than the code neither reads nor writes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LastChoice {
    /// The data file's generation; 0 is none.
    pub generation: u32,
    /// An answer that the code was given: its bucket is within the exposition of the answer's rule, and in its share.
    pub outcome: Option<std::num::NonZeroU32>,
}

/// The share of the holdout that the code was found in, under the generation of [`LastChoice`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LastHoldout {
    /// It was not asked.
    #[default]
    Unknown,
    /// In none.
    Outside,
    /// In the share at this position.
    Share(u8),
}
