//! The variations that experiments gave one visitor: most visitors have one, and it lies in the visitor itself.

use super::{Delivery, Millis};
use crate::datafile::model::RuleKind;

/// A variation that an experiment gave the visitor.
#[derive(Clone, Copy, Debug)]
pub struct AssignedVariation {
    /// The experiment.
    pub experiment_id: i64,
    /// The variation.
    pub variation_id: i64,
    /// When.
    pub time: Millis,
    /// The kind of rule that gave it.
    pub rule_kind: RuleKind,
    /// How far it is on its way.
    pub delivery: Delivery,
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
    Several(Vec<AssignedVariation>),
}

impl AssignedVariations {
    /// All of them.
    pub fn as_slice(&self) -> &[AssignedVariation] {
        match self {
            Self::None => &[],
            Self::One(only) => std::slice::from_ref(only),
            Self::Several(all) => all,
        }
    }

    /// All of them, to change them.
    pub fn as_mut_slice(&mut self) -> &mut [AssignedVariation] {
        match self {
            Self::None => &mut [],
            Self::One(only) => std::slice::from_mut(only),
            Self::Several(all) => all,
        }
    }

    /// Stores a variation over any older one of its experiment. `guess` is where to look first; returns the place.
    pub fn assign(&mut self, variation: AssignedVariation, guess: usize) -> usize {
        let same = |older: &AssignedVariation| older.experiment_id == variation.experiment_id;
        let all = self.as_mut_slice();
        let place = match all.get(guess) {
            Some(older) if same(older) => Some(guess),
            _ => all.iter().position(same),
        };
        match place {
            Some(place) => all[place] = variation,
            None => self.push(variation),
        }
        place.unwrap_or(self.as_slice().len() - 1)
    }

    fn push(&mut self, variation: AssignedVariation) {
        match self {
            Self::None => *self = Self::One(variation),
            Self::One(only) => *self = Self::Several(vec![*only, variation]),
            Self::Several(all) => {
                if all.len() == all.capacity() {
                    // By a quarter, not twofold: there are many visitors, and each would waste half.
                    all.reserve_exact(all.len() / 4 + 2);
                }
                all.push(variation);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variation(experiment_id: i64, variation_id: i64) -> AssignedVariation {
        let (time, rule_kind) = (Millis::new(0), RuleKind::Experimentation);
        AssignedVariation { experiment_id, variation_id, time, rule_kind, delivery: Delivery::UNSENT }
    }

    #[test]
    fn a_newer_variation_replaces_the_older_one_of_its_experiment_wherever_it_is_looked_for() {
        let mut all = AssignedVariations::default();
        for (experiment, guess, place) in [(1, 0, 0), (2, 1, 1), (3, 9, 2), (1, 2, 0), (2, 1, 1), (3, 0, 2)] {
            assert_eq!(all.assign(variation(experiment, 10 * experiment), guess), place);
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
        let AssignedVariations::Several(several) = all else { unreachable!("there are 200") };
        assert!(several.capacity() * 32 <= 7500);
        assert_eq!((size_of::<AssignedVariation>(), size_of::<AssignedVariations>()), (32, 32));
    }
}
