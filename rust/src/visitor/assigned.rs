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
    /// The kind of rule that gave it, and whether the visitor was exposed to it.
    given: Given,
    /// Whether it waits to be sent.
    pub unsent: bool,
}

/// In one byte: visitors hold assigned variations by the million.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Given {
    Experiment,
    Delivery,
    Other,
    ExperimentExposed,
    DeliveryExposed,
    OtherExposed,
}

impl AssignedVariation {
    /// A variation that was given and is not sent, as far as is known.
    pub fn new(experiment_id: i64, variation_id: i64, time: Millis, rule_kind: RuleKind) -> Self {
        Self { experiment_id, variation_id, time, given: Given::new(rule_kind, false), unsent: false }
    }

    /// The kind of rule that gave it.
    pub fn rule_kind(&self) -> RuleKind {
        self.given.parts().0
    }

    /// Whether the visitor was exposed to it: it was to be sent at some time of the visitor's session.
    pub fn is_exposed(&self) -> bool {
        self.given.parts().1
    }

    /// Takes the place of an older one of its experiment, if there is one. Returns whether the visitor is thereby exposed
    /// to the variation for the first time.
    fn replace(&mut self, older: Option<&Self>) -> bool {
        let was_exposed = older.is_some_and(|older| older.variation_id == self.variation_id && older.is_exposed());
        self.given = Given::new(self.rule_kind(), was_exposed || self.unsent);
        self.unsent && !was_exposed
    }
}

impl Given {
    fn new(kind: RuleKind, is_exposed: bool) -> Self {
        match (kind, is_exposed) {
            (RuleKind::Experimentation, false) => Self::Experiment,
            (RuleKind::TargetedDelivery, false) => Self::Delivery,
            (RuleKind::Unknown, false) => Self::Other,
            (RuleKind::Experimentation, true) => Self::ExperimentExposed,
            (RuleKind::TargetedDelivery, true) => Self::DeliveryExposed,
            (RuleKind::Unknown, true) => Self::OtherExposed,
        }
    }

    fn parts(self) -> (RuleKind, bool) {
        match self {
            Self::Experiment => (RuleKind::Experimentation, false),
            Self::Delivery => (RuleKind::TargetedDelivery, false),
            Self::Other => (RuleKind::Unknown, false),
            Self::ExperimentExposed => (RuleKind::Experimentation, true),
            Self::DeliveryExposed => (RuleKind::TargetedDelivery, true),
            Self::OtherExposed => (RuleKind::Unknown, true),
        }
    }
}

/// What storing an assigned variation came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Where it stands.
    pub position: usize,
    /// Whether the visitor is thereby exposed to it for the first time.
    pub is_exposure: bool,
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

    /// Stores a variation over any older one of its experiment. `hint` is where to look first.
    pub fn assign(&mut self, mut variation: AssignedVariation, hint: usize) -> Stored {
        let (mut position, is_exposure) = (0, variation.unsent);
        match self {
            Self::None => {
                variation.replace(None);
                *self = Self::One(variation);
            }
            Self::One(only) if only.experiment_id == variation.experiment_id => {
                let is_exposure = variation.replace(Some(only));
                *only = variation;
                return Stored { position, is_exposure };
            }
            Self::One(only) => {
                variation.replace(None);
                let mut all = Keyed::new();
                all.insert(*only);
                all.insert(variation);
                *self = Self::Several(Box::new(all));
                position = 1;
            }
            Self::Several(all) => {
                let mut is_exposure = false;
                position = all.update_near(variation, hint, |variation, older| {
                    is_exposure = variation.replace(older);
                });
                if variation.unsent {
                    all.note_unsent(position);
                }
                return Stored { position, is_exposure };
            }
        }
        Stored { position, is_exposure }
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
        AssignedVariation { unsent: true, ..AssignedVariation::new(experiment_id, variation_id, time, rule_kind) }
    }

    #[test]
    fn a_newer_variation_replaces_the_older_one_of_its_experiment_wherever_it_is_looked_for() {
        let mut all = AssignedVariations::default();
        for (experiment, hint, position) in [(1, 0, 0), (2, 1, 1), (3, 9, 2), (1, 2, 0), (2, 1, 1), (3, 0, 2)] {
            assert_eq!(all.assign(variation(experiment, 10 * experiment), hint).position, position);
        }
        assert_eq!(all.assign(variation(2, 7), 0), Stored { position: 1, is_exposure: true });
        let pairs: Vec<_> = all.as_slice().iter().map(|one| (one.experiment_id, one.variation_id)).collect();
        assert_eq!(pairs, [(1, 10), (2, 7), (3, 30)]);
    }

    #[test]
    fn a_visitor_is_exposed_once_to_each_variation_that_it_gets() {
        for others in [0, 1, 40] {
            let mut all = AssignedVariations::default();
            for other in 0..others {
                all.assign(variation(100 + other, 1), 0);
            }
            let mut assign = |variation_id, unsent| {
                all.assign(AssignedVariation { unsent, ..variation(1, variation_id) }, 0).is_exposure
            };
            let exposures = [assign(7, false), assign(7, true), assign(7, true), assign(7, false), assign(7, true)];
            assert_eq!(exposures, [false, true, false, false, false]);
            assert_eq!([assign(8, true), assign(7, true)], [true, true], "another variation, and back");
        }
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
