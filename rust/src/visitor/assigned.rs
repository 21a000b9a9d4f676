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
    /// The kind of rule that gave it, whether the visitor was exposed to it, and whether it is remembered.
    given: Given,
    /// Whether it waits to be sent.
    pub unsent: bool,
}

/// In one byte: visitors hold assigned variations by the million.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Given(u8);

impl AssignedVariation {
    /// A variation that was given and is not sent, as far as is known.
    pub fn new(experiment_id: i64, variation_id: i64, time: Millis, rule_kind: RuleKind) -> Self {
        Self { experiment_id, variation_id, time, given: Given::new(rule_kind), unsent: false }
    }

    /// The kind of rule that gave it.
    pub fn rule_kind(&self) -> RuleKind {
        self.given.kind()
    }

    /// See [`Self::remembered`].
    pub fn is_remembered(&self) -> bool {
        self.given.has(Given::REMEMBERED)
    }

    /// Whether the visitor was exposed to it: it was to be sent at some time of the visitor's session.
    pub fn is_exposed(&self) -> bool {
        self.given.has(Given::EXPOSED)
    }

    /// The same, with whether it is what the visitor's own code comes to by its hash under the data file of
    /// [`super::data::LastChoice::generation`]: within the exposition of the experiment's only rule, and in this share.
    #[must_use]
    pub fn remembered(mut self, is_remembered: bool) -> Self {
        self.given.set(Given::REMEMBERED, is_remembered);
        self
    }

    /// Becomes a newer one of its experiment. Returns whether the visitor is thereby exposed to the variation for the first
    /// time. Each field is written where it lies: together they would be read back before they are all written.
    #[inline]
    fn become_newer(&mut self, newer: &Self) -> bool {
        let was_exposed = self.variation_id == newer.variation_id && self.is_exposed();
        self.given = newer.given;
        self.given.set(Given::EXPOSED, was_exposed || newer.unsent);
        (self.variation_id, self.time, self.unsent) = (newer.variation_id, newer.time, newer.unsent);
        newer.unsent && !was_exposed
    }

    /// The first one of its experiment.
    fn first(mut self) -> Self {
        self.given.set(Given::EXPOSED, self.unsent);
        self
    }
}

impl Given {
    const EXPERIMENT: u8 = 1;
    const DELIVERY: u8 = 2;
    const EXPOSED: u8 = 4;
    const REMEMBERED: u8 = 8;

    fn new(kind: RuleKind) -> Self {
        Self(match kind {
            RuleKind::Experimentation => Self::EXPERIMENT,
            RuleKind::TargetedDelivery => Self::DELIVERY,
            RuleKind::Unknown => 0,
        })
    }

    fn kind(self) -> RuleKind {
        match self.0 & (Self::EXPERIMENT | Self::DELIVERY) {
            Self::EXPERIMENT => RuleKind::Experimentation,
            Self::DELIVERY => RuleKind::TargetedDelivery,
            _ => RuleKind::Unknown,
        }
    }

    fn has(self, mark: u8) -> bool {
        self.0 & mark != 0
    }

    fn set(&mut self, mark: u8, is_set: bool) {
        self.0 = self.0 & !mark | if is_set { mark } else { 0 };
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

    /// The one at a position, if it is the experiment's.
    #[inline]
    pub fn at(&self, position: usize, experiment_id: i64) -> Option<&AssignedVariation> {
        self.as_slice().get(position).filter(|assigned| assigned.experiment_id == experiment_id)
    }

    /// From now on none is remembered.
    pub fn forget(&mut self) {
        let all = match self {
            Self::None => return,
            Self::One(only) => std::slice::from_mut(only),
            Self::Several(all) => all.as_mut_slice(),
        };
        for assigned in all {
            assigned.given.set(Given::REMEMBERED, false);
        }
    }

    /// Stores a variation over any older one of its experiment. `hint` is where to look first.
    #[inline]
    pub fn assign(&mut self, variation: &AssignedVariation, hint: usize) -> Stored {
        match self {
            Self::One(only) if only.experiment_id == variation.experiment_id => {
                Stored { position: 0, is_exposure: only.become_newer(variation) }
            }
            Self::Several(all) => {
                let position = all.position_near(&variation.experiment_id, hint);
                let known = position.and_then(|position| Some((position, all.as_mut_slice().get_mut(position)?)));
                let stored = match known {
                    Some((position, older)) => Stored { position, is_exposure: older.become_newer(variation) },
                    None => Stored { position: all.push(variation.first()), is_exposure: variation.unsent },
                };
                if variation.unsent {
                    all.note_unsent(stored.position);
                }
                stored
            }
            Self::None | Self::One(_) => self.begin(variation.first()),
        }
    }

    /// Stores the first or the second one.
    fn begin(&mut self, variation: AssignedVariation) -> Stored {
        let mut position = 0;
        *self = match self.as_slice().first() {
            None => Self::One(variation),
            Some(only) => {
                let mut all = Keyed::new();
                all.insert(*only);
                (position, _) = all.insert(variation);
                Self::Several(Box::new(all))
            }
        };
        Stored { position, is_exposure: variation.unsent }
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
            assert_eq!(all.assign(&variation(experiment, 10 * experiment), hint).position, position);
        }
        assert_eq!(all.assign(&variation(2, 7), 0), Stored { position: 1, is_exposure: true });
        let pairs: Vec<_> = all.as_slice().iter().map(|one| (one.experiment_id, one.variation_id)).collect();
        assert_eq!(pairs, [(1, 10), (2, 7), (3, 30)]);
    }

    #[test]
    fn a_visitor_is_exposed_once_to_each_variation_that_it_gets() {
        for others in [0, 1, 40] {
            let mut all = AssignedVariations::default();
            for other in 0..others {
                all.assign(&variation(100 + other, 1), 0);
            }
            let mut assign = |variation_id, unsent| {
                all.assign(&AssignedVariation { unsent, ..variation(1, variation_id) }, 0).is_exposure
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
            all.assign(&variation(experiment, 1), 0);
        }
        assert!(all.heap_bytes() <= 8000, "{}", all.heap_bytes());
        assert_eq!((size_of::<AssignedVariation>(), size_of::<AssignedVariations>()), (24, 24));
    }
}
