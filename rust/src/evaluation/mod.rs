//! One flag for one visitor: the only evaluator. A data file, a flag and a [`Subject`] come in; an [`Evaluation`] comes
//! out: the answer, and what it assigns. Nothing is stored here: [`crate::engine`] saves an evaluation, or does not.
//!
//! An [`Observer`] may watch each step; an explanation is one ([`explanation`]).

pub mod ahead;
pub mod choice;
pub mod explanation;
pub mod reason;

use std::num::NonZeroU32;
use std::sync::Arc;

use choice::{Choice, Chosen, slice};

use crate::datafile::index::{FlagIndex, OutcomeIndex};
use crate::datafile::model::{DataFile, Flag, HoldoutShare, Outcome, Rule, RuleKind, Share};
use crate::hashing::{Salt, bucket};
use crate::pattern::Steps;
use crate::targeting::{Memory, Subject, Targeting, TargetingObserver, Unobserved};
use crate::visitor::Millis;
use crate::visitor::assigned::AssignedVariation;
use crate::visitor::data::{
    BanditScores, Consent, Extras, ForcedVariation, LastChoice, LastHoldout, SimulatedVariation, VisitorData,
};

/// Why a flag has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disabled {
    /// The flag is not enabled in the environment.
    Environment,
    /// Consent was refused, and everything is blocked without.
    Consent,
}

/// The variation that is the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// One that the data file has.
    Known(OutcomeIndex),
    /// One that was stored with the visitor, maybe under another data file. Boxed: it is rare, and answers are moved.
    Stored(Box<Outcome>),
}

impl Answer {
    /// The variation with its ids.
    pub fn outcome<'a>(&'a self, data_file: &'a DataFile) -> &'a Outcome {
        match self {
            Self::Known(index) => &data_file[*index],
            Self::Stored(outcome) => outcome,
        }
    }
}

/// What an evaluation comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation {
    /// The answer.
    pub answer: Answer,
    /// What the answer assigns to the visitor, if it is saved.
    pub assigned: Option<AssignedVariation>,
    /// What the holdout assigns to the visitor; asked for only where the evaluation is saved.
    pub holdout: Option<AssignedVariation>,
}

/// How one rule ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RuleStep {
    /// Its forced variation is the answer.
    Forced,
    /// It does not target the visitor: on to the next rule.
    NotTargeted,
    /// The visitor's bucket is beyond its exposition. `stops` for a targeted delivery.
    NotExposed {
        /// The bucket.
        bucket: f64,
        /// Whether the default is the answer, or the next rule's turn comes.
        stops: bool,
    },
    /// Consent was refused.
    ConsentRefused,
    /// The contextual bandit's scores chose.
    Bandit,
    /// A targeted delivery's only variation, if it has one.
    Delivered,
    /// The experiment was asked; if no variation was found, the next rule's turn comes.
    Experiment {
        /// Whether a variation reaches the bucket.
        found: bool,
    },
}

/// Watches an evaluation, and may know some of it beforehand. By default it sees nothing and costs nothing.
pub trait Observer: TargetingObserver {
    /// Whether it has to be told what could be remembered from an earlier evaluation.
    const SEES_EVERYTHING: bool = true;

    /// A question is asked whose answer lies in a bucket; `find` works it out. What an evaluation comes to depends on the
    /// answers to these questions and on [`TargetingObserver::truth`], and on nothing else that one code has and another
    /// has not.
    #[inline]
    fn choose(&mut self, _choice: Choice, find: impl FnOnce() -> Chosen) -> Chosen {
        find()
    }

    /// A simulated variation is the answer.
    fn simulated(&mut self) {}

    /// The holdout was asked: the bucket, and the key of the variation that reaches it.
    fn holdout(&mut self, _bucket: f64, _key: Option<&str>) {}

    /// The mutually exclusive group was asked: the bucket, and the flag that it chose.
    fn group(&mut self, _name: &str, _bucket: f64, _chosen: &Flag, _own: bool) {}

    /// The experiment's bucket was worked out. With [`Subject::memory`] its answer may be known without.
    fn experiment(&mut self, _bucket: f64) {}

    /// A rule's turn begins.
    fn rule_begins(&mut self, _rule: &Rule) {}

    /// A rule's turn ends.
    fn rule_ends(&mut self, _rule: &Rule, _step: RuleStep) {}
}

impl Observer for Unobserved {
    const SEES_EVERYTHING: bool = false;
}

/// Evaluates a flag for the subject.
///
/// # Errors
/// Why the flag has no answer.
pub fn evaluate<O: Observer>(
    data_file: &DataFile,
    flag: FlagIndex,
    subject: &Subject<'_>,
    observer: &mut O,
) -> Result<Evaluation, Disabled> {
    let steps = Steps::for_one_evaluation();
    Evaluator { data_file, flag: &data_file[flag], index: flag, subject, steps: &steps }.evaluate(observer)
}

/// An answer, and the kind of the rule that gave it.
type RuleAnswer = (Answer, RuleKind);

struct Evaluator<'a> {
    data_file: &'a DataFile,
    flag: &'a Flag,
    index: FlagIndex,
    subject: &'a Subject<'a>,
    steps: &'a Steps,
}

impl<'a> Evaluator<'a> {
    fn evaluate<O: Observer>(&self, observer: &mut O) -> Result<Evaluation, Disabled> {
        let simulated = self.extras().and_then(|extras| extras.simulated_variations.get(&self.flag.key));
        if let Some(simulated) = simulated {
            observer.simulated();
            return Ok(Evaluation { answer: self.simulated(simulated), assigned: None, holdout: None });
        }
        if !self.flag.environment_enabled {
            return Err(Disabled::Environment);
        }
        let code = self.code_for_hash();
        let share = self.holdout_share(code, observer)?;
        let holdout = share.filter(|_| self.subject.saves).and_then(|share| self.holdout_assignment(share));
        let held_out = share.is_some_and(|share| share.holds_out);
        let (answer, rule_kind) = if held_out || !self.is_chosen_in_group(code, observer) {
            (self.default(), RuleKind::Unknown)
        } else if holdout.is_some() && self.subject.visitor.is_none() {
            self.ask_rules_of_nobody(code, holdout, observer)?
        } else {
            self.ask_rules(code, holdout, observer)?
        };
        let outcome = answer.outcome(self.data_file);
        let ids = outcome.experiment_id.zip(outcome.variation_id);
        let assigned = ids.map(|(experiment_id, variation_id)| self.assignment(experiment_id, variation_id, rule_kind));
        Ok(Evaluation { answer, assigned, holdout })
    }

    fn assignment(&self, experiment_id: i64, variation_id: i64, rule_kind: RuleKind) -> AssignedVariation {
        let time = Millis::new(self.subject.now);
        AssignedVariation::new(experiment_id, variation_id, time, rule_kind)
    }

    /// What few visitors hold, if this one does.
    #[inline]
    fn extras(&self) -> Option<&'a Extras> {
        self.subject.visitor?.existing_extras()
    }

    /// The code that is hashed.
    fn code_for_hash(&self) -> &'a str {
        let Some(visitor) = self.subject.visitor else { return self.subject.code };
        let bucketing_value = || visitor.custom_values(self.flag.bucketing_index?)?.first();
        match bucketing_value() {
            Some(value) => value,
            None => self.extras().and_then(|extras| extras.mapping_identifier.as_deref()).unwrap_or(self.subject.code),
        }
    }

    /// What the visitor remembers of hashes of `code`. By address: only the very code of the subject is remembered, not
    /// what else may be hashed for it.
    fn memory(&self, code: &str) -> Option<Memory<'a>> {
        self.subject.memory.filter(|_| std::ptr::eq(code, self.subject.code))
    }

    #[inline]
    fn choose<O: Observer>(&self, choice: Choice, code: &str, observer: &mut O) -> Chosen {
        observer.choose(choice, || choice.of(self.data_file, self.flag, code))
    }

    fn default(&self) -> Answer {
        Answer::Known(self.flag.default_outcome)
    }

    /// An answer made of a key and ids that were stored, maybe under another data file.
    fn stored(&self, key: &Arc<str>, variation_id: Option<i64>, experiment_id: i64) -> Answer {
        let outcome = Outcome {
            flag: self.index,
            key: Arc::clone(key),
            variation: self.flag.variation(key),
            variation_id,
            experiment_id: Some(experiment_id),
        };
        Answer::Stored(outcome.into())
    }

    fn simulated(&self, simulated: &SimulatedVariation) -> Answer {
        match &simulated.variation {
            None => self.default(),
            Some((experiment_id, key, variation_id)) => self.stored(key, *variation_id, *experiment_id),
        }
    }

    /// The share of the holdout that the visitor is in, if there is a holdout and its shares reach the visitor's bucket.
    fn holdout_share<O: Observer>(&self, code: &str, observer: &mut O) -> Result<Option<&'a HoldoutShare>, Disabled> {
        let Some(holdout) = &self.data_file.holdout else { return Ok(None) };
        if self.is_consent_refused() && self.data_file.configuration.fully_block {
            return Err(Disabled::Consent);
        }
        let memory = self.memory(code);
        match memory.map(|memory| memory.holdout.get()) {
            Some(LastHoldout::Outside) => return Ok(None),
            Some(LastHoldout::Share(position)) => return Ok(holdout.shares.get(usize::from(position))),
            Some(LastHoldout::Unknown) | None => {}
        }
        let Chosen { bucket, which } = self.choose(Choice::Holdout, code, observer);
        let share = holdout.shares.get(which);
        if let Some(memory) = memory {
            memory.note_holdout(share.map(|_| which));
        }
        observer.holdout(bucket, share.map(|share| &*share.key));
        Ok(share)
    }

    fn holdout_assignment(&self, share: &HoldoutShare) -> Option<AssignedVariation> {
        let experiment_id = self.data_file.holdout.as_ref()?.experiment_id;
        Some(self.assignment(experiment_id, share.variation_id?, RuleKind::Unknown))
    }

    /// Whether the flag is its mutually exclusive group's choice, or in no group.
    fn is_chosen_in_group<O: Observer>(&self, code: &str, observer: &mut O) -> bool {
        let Some(group) = self.flag.group.map(|group| &self.data_file[group]) else { return true };
        let Chosen { bucket, which } = self.choose(Choice::Group, code, observer);
        let chosen = group.flags[which];
        observer.group(&group.name, bucket, &self.data_file[chosen], chosen == self.index);
        chosen == self.index
    }

    fn is_consent_refused(&self) -> bool {
        self.data_file.configuration.consent_required
            && self.subject.visitor.is_some_and(|visitor| visitor.consent == Consent::Refused)
    }

    /// Asks the rules for nobody to whom the holdout has just assigned something: they see a visitor that begins now.
    #[cold]
    fn ask_rules_of_nobody<O: Observer>(
        &self,
        code: &str,
        holdout: Option<AssignedVariation>,
        observer: &mut O,
    ) -> Result<RuleAnswer, Disabled> {
        let begun = VisitorData::new(self.subject.now, 0);
        let subject = Subject { visitor: Some(&begun), ..*self.subject };
        let Self { data_file, flag, index, steps, .. } = *self;
        Evaluator { data_file, flag, index, subject: &subject, steps }.ask_rules(code, holdout, observer)
    }

    /// Asks the rules in order. They see what the holdout has just assigned, as if it were stored.
    fn ask_rules<O: Observer>(
        &self,
        code: &str,
        holdout: Option<AssignedVariation>,
        observer: &mut O,
    ) -> Result<RuleAnswer, Disabled> {
        for (position, rule) in self.flag.rules.iter().enumerate() {
            observer.rule_begins(rule);
            let (step, answer) = self.ask_rule((position, rule), code, holdout, observer);
            observer.rule_ends(rule, step);
            if let Some(answer) = answer {
                return answer.map(|answer| (answer, rule.kind));
            }
        }
        Ok((self.default(), RuleKind::Unknown))
    }

    /// How a rule ends, and the answer if it is the last one to be asked.
    fn ask_rule<O: Observer>(
        &self,
        (position, rule): (usize, &Rule),
        code: &str,
        holdout: Option<AssignedVariation>,
        observer: &mut O,
    ) -> (RuleStep, Option<Result<Answer, Disabled>>) {
        let forced = self.extras().and_then(|extras| extras.forced_variations.get(&rule.experiment_id));
        if let Some(forced) = forced.filter(|forced| forced.force_targeting) {
            return (RuleStep::Forced, Some(Ok(self.forced(forced, rule))));
        }
        if !self.is_targeted(rule, holdout, observer) {
            return (RuleStep::NotTargeted, None);
        }
        if let Some(forced) = forced {
            return (RuleStep::Forced, Some(Ok(self.forced(forced, rule))));
        }
        let memory = self.memory(code);
        let remembered = memory.and_then(|memory| memory.share_of(rule));
        if remembered.is_none()
            && rule.exposition < 1.0 // no bucket is beyond 1, so that needs no hash
            && let Chosen { bucket, which: 1 } = self.choose(Choice::Exposition(position), code, observer)
        {
            let stops = rule.kind == RuleKind::TargetedDelivery;
            return (RuleStep::NotExposed { bucket, stops }, stops.then(|| Ok(self.default())));
        }
        if rule.kind == RuleKind::Experimentation && self.is_consent_refused() {
            let fully_block = self.data_file.configuration.fully_block;
            let answer = if fully_block { Err(Disabled::Consent) } else { Ok(self.default()) };
            return (RuleStep::ConsentRefused, Some(answer));
        }
        if let Some(share) = self.bandit_choice(rule, code) {
            return (RuleStep::Bandit, Some(Ok(Answer::Known(share.outcome))));
        }
        let (step, share) = if rule.kind == RuleKind::TargetedDelivery {
            (RuleStep::Delivered, rule.shares.first())
        } else {
            let share = remembered.or_else(|| {
                let Chosen { bucket, which } = self.choose(Choice::Experiment(position), code, observer);
                observer.experiment(bucket);
                rule.shares.get(which)
            });
            (RuleStep::Experiment { found: share.is_some() }, share)
        };
        if let (Some(memory), Some(share)) = (memory, share) {
            memory.note_choice(share);
        }
        let answer = match share {
            Some(share) => Some(Ok(Answer::Known(share.outcome))),
            None if rule.kind == RuleKind::TargetedDelivery => Some(Ok(self.default())),
            None => None,
        };
        (step, answer)
    }

    fn forced(&self, forced: &ForcedVariation, rule: &Rule) -> Answer {
        let mut shares = rule.shares.iter();
        match shares.find(|share| share.key == forced.key && share.variation_id == forced.variation_id) {
            Some(share) => Answer::Known(share.outcome),
            None => self.stored(&forced.key, forced.variation_id, rule.experiment_id),
        }
    }

    fn is_targeted<O: Observer>(&self, rule: &Rule, holdout: Option<AssignedVariation>, observer: &mut O) -> bool {
        let Some(segment) = rule.segment else { return true };
        let own = Some(rule.experiment_id);
        Targeting::new(self.data_file, self.subject, holdout, own, self.steps).is_targeted(segment, observer)
    }

    /// The choice of the contextual bandit, if the visitor has scores for the experiment.
    fn bandit_choice<'r>(&self, rule: &'r Rule, code: &str) -> Option<&'r Share> {
        let scores = self.extras()?.bandit_scores.get(&rule.experiment_id)?;
        best_scored(rule, scores, |salt, count| slice(bucket(code, salt), count))
    }
}

impl Memory<'_> {
    /// The share of the rule that the code was found in: its bucket is within the rule's exposition, and in this share.
    #[inline]
    fn share_of(self, rule: &Rule) -> Option<&Share> {
        let near = self.assigned.at(self.hint, rule.experiment_id);
        let known = |assigned| Self::recalled(rule, assigned);
        let share = near.and_then(known).or_else(|| self.last_share_of(rule));
        share.or_else(|| if near.is_some() { None } else { self.assigned.get(rule.experiment_id).and_then(known) })
    }

    /// The share that an assigned variation of the rule's experiment tells of.
    #[inline]
    fn recalled<'r>(rule: &'r Rule, assigned: &AssignedVariation) -> Option<&'r Share> {
        let id = Some(assigned.variation_id);
        if !(rule.is_recalled && assigned.is_remembered()) {
            return None;
        }
        rule.shares.iter().find(|share| share.variation_id == id)
    }

    fn last_share_of(self, rule: &Rule) -> Option<&Share> {
        let outcome = self.choice.get().outcome?.get() - 1;
        rule.shares.iter().find(|share| share.outcome.raw() == outcome)
    }

    fn note_choice(self, share: &Share) {
        self.choice.set(LastChoice { outcome: remembered(share.outcome), ..self.choice.get() });
    }

    fn note_holdout(self, position: Option<usize>) {
        self.holdout.set(match position.map(u8::try_from) {
            None => LastHoldout::Outside,
            Some(Ok(position)) => LastHoldout::Share(position),
            Some(Err(_)) => LastHoldout::Unknown,
        });
    }
}

/// An answer as [`LastChoice`] has it.
fn remembered(outcome: OutcomeIndex) -> Option<NonZeroU32> {
    outcome.raw().checked_add(1).and_then(NonZeroU32::new)
}

/// Whether the answer is the one that the hash of the code was found to come to last.
pub fn is_last_choice(answer: &Answer, last: LastChoice) -> bool {
    matches!(answer, Answer::Known(outcome) if last.outcome.is_some() && remembered(*outcome) == last.outcome)
}

/// Among the rule's variations those with the highest score that any of them has; `pick` chooses between several.
fn best_scored<'r>(
    rule: &'r Rule,
    scores: &BanditScores,
    pick: impl FnOnce(&Salt, usize) -> usize,
) -> Option<&'r Share> {
    let score = |share: &Share| scores.scores.get(&share.variation_id?).map(|scored| scored.score);
    let best = rule.shares.iter().filter_map(score).max_by(f64::total_cmp)?;
    let best: Vec<&Share> =
        rule.shares.iter().filter(|share| score(share).is_some_and(|score| score >= best)).collect();
    match &*best {
        [only] => Some(only),
        several => several.get(pick(&rule.experiment_salt, several.len())).copied(),
    }
}
