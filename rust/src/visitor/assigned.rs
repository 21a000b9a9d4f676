//! The variations that experiments gave one visitor. Most visitors have one, and it lies in the visitor itself.

use super::Millis;
use super::keyed::{Item, Keyed};
use crate::datafile::model::RuleKind;

/// A variation that an experiment gave the visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AssignedVariation {
    /// The experiment.
    pub experiment_id: i64,
    /// The variation.
    pub variation_id: i64,
    /// When.
    pub time: Millis,
    /// The kind of rule that gave it.
    pub rule_kind: RuleKind,
    /// Whether it waits to be sent.
    pub unsent: bool,
}

impl Item for AssignedVariation {
    type Key = i64;

    fn key(&self) -> &i64 {
        &self.experiment_id
    }
}

/// Assigned variations, one per experiment, in the order of first assignment.
#[derive(Clone, Debug, Default)]
pub enum AssignedVariations {
    /// None.
    #[default]
    None,
    /// One, without an allocation.
    One(AssignedVariation),
    /// Several.
    Several(Box<Keyed<AssignedVariation>>),
}

impl AssignedVariations {
    /// All of them.
    pub fn as_slice(&self) -> &[AssignedVariation] {
        match self {
            Self::None => &[],
            Self::One(only) => std::slice::from_ref(only),
            Self::Several(all) => all.as_slice(),
        }
    }

    /// The one of an experiment.
    pub fn get(&self, experiment_id: i64) -> Option<&AssignedVariation> {
        match self {
            Self::None => None,
            Self::One(only) => Some(only).filter(|only| only.experiment_id == experiment_id),
            Self::Several(all) => all.get(&experiment_id),
        }
    }

    /// Stores a variation over any older one of its experiment. `hint` is where to look first; returns where it stands.
    pub fn assign(&mut self, variation: AssignedVariation, hint: usize) -> usize {
        match self {
            Self::None => *self = Self::One(variation),
            Self::One(only) if only.experiment_id == variation.experiment_id => *only = variation,
            Self::One(only) => {
                let mut all = Keyed::new();
                all.insert(*only);
                all.insert(variation);
                *self = Self::Several(Box::new(all));
                return 1;
            }
            Self::Several(all) => {
                let (position, _) = all.insert_near(variation, hint);
                if variation.unsent {
                    all.note_unsent(position);
                }
                return position;
            }
        }
        0
    }

    /// The bytes that they take outside the visitor itself.
    pub fn heap_bytes(&self) -> usize {
        match self {
            Self::None | Self::One(_) => 0,
            Self::Several(all) => size_of::<Keyed<AssignedVariation>>() + all.heap_bytes(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variation(experiment_id: i64, variation_id: i64) -> AssignedVariation {
        let (time, rule_kind) = (Millis::new(0), RuleKind::Experimentation);
        AssignedVariation { experiment_id, variation_id, time, rule_kind, unsent: true }
    }

    #[test]
    fn a_newer_variation_replaces_the_older_one_of_its_experiment_wherever_it_is_looked_for() {
        let mut all = AssignedVariations::default();
        for (experiment, hint, position) in [(1, 0, 0), (2, 1, 1), (3, 9, 2), (1, 2, 0), (2, 1, 1), (3, 0, 2)] {
            assert_eq!(all.assign(variation(experiment, 10 * experiment), hint), position);
        }
        assert_eq!(all.assign(variation(2, 7), 0), 1);
        let pairs: Vec<_> = all.as_slice().iter().map(|one| (one.experiment_id, one.variation_id)).collect();
        assert_eq!(pairs, [(1, 10), (2, 7), (3, 30)]);
    }

    #[test]
    fn they_stay_small() {
        let mut all = AssignedVariations::default();
        for experiment in 0..200 {
            all.assign(variation(experiment, 1), 0);
        }
        assert!(all.heap_bytes() <= 8000, "{}", all.heap_bytes());
        assert_eq!((size_of::<AssignedVariation>(), size_of::<AssignedVariations>()), (24, 24));
    }
}
