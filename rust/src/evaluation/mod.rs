//! One flag for one visitor (spec 1 §3): pure. The data file, the subject and the time come in, the answer and what is
//! to be saved come out. An [`Observer`] may watch each step; explanations are one ([`explanation`]).

pub mod explanation;

use std::sync::Arc;

use crate::datafile::model::{DataFile, Exposure, Flag, IN_HOLDOUT, Outcome, Rule, RuleKind, choose};
use crate::hashing::{Salt, bucket};
use crate::targeting::{Memory, Subject, Targeting, TargetingObserver, Unobserved};
use crate::visitor::data::{BanditScores, Consent, ForcedVariation, LastChoice, SimulatedVariation};

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
pub enum Choice {
    /// The one at this place in [`DataFile::outcomes`].
    Known(usize),
    /// One that was stored with the visitor, maybe under another data file. Boxed: it is rare, and answers are moved.
    Stored(Box<Outcome>),
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The variation.
    pub choice: Choice,
    /// The kind of the rule that gave it, if one did and it is to be saved.
    pub rule_kind: RuleKind,
    /// Whether it was simulated; then nothing is saved.
    pub simulated: bool,
}

impl Answer {
    /// The variation with its ids.
    pub fn outcome<'a>(&'a self, data_file: &'a DataFile) -> &'a Outcome {
        match &self.choice {
            Choice::Known(place) => &data_file.outcomes[*place],
            Choice::Stored(outcome) => outcome,
        }
    }
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

/// Watches an evaluation. By default it sees nothing and costs nothing.
pub trait Observer: TargetingObserver {
    /// A simulated variation is the answer.
    fn simulated(&mut self) {}

    /// The holdout was asked: the bucket, and the key of the variation that reaches it.
    fn holdout(&mut self, _bucket: f64, _key: Option<&str>) {}

    /// The mutually exclusive group was asked: the bucket, and the flag that it chose.
    fn group(&mut self, _name: &str, _bucket: f64, _chosen: &Flag, _own: bool) {}

    /// The experiment's bucket was asked. With [`Subject::memory`] it may be known without.
    fn experiment(&mut self, _bucket: f64) {}

    /// A rule's turn begins.
    fn rule_begins(&mut self, _rule: &Rule) {}

    /// A rule's turn ends.
    fn rule_ends(&mut self, _rule: &Rule, _step: RuleStep) {}
}

impl Observer for Unobserved {}

/// Evaluates the flag at `place` for the subject.
///
/// # Errors
/// Why the flag has no answer.
pub fn evaluate<O: Observer>(
    data_file: &DataFile,
    place: usize,
    subject: &Subject<'_>,
    observer: &mut O,
) -> Result<Answer, Disabled> {
    Evaluator { data_file, flag: &data_file.flags[place], place, subject }.evaluate(observer)
}

/// The holdout's experiment and variation for the subject, if evaluating the flag at `place` asks the holdout and finds
/// one. It is saved before the rules' turn: they see it as assigned.
pub fn holdout_assignment(data_file: &DataFile, place: usize, subject: &Subject<'_>) -> Option<(i64, i64)> {
    let holdout = data_file.holdout.as_ref()?;
    let evaluator = Evaluator { data_file, flag: &data_file.flags[place], place, subject };
    if evaluator.simulated_variation().is_some() || !evaluator.flag.environment_enabled {
        return None;
    }
    let chosen = evaluator.holdout(evaluator.code_for_hash(), &mut Unobserved).ok()??;
    Some((holdout.experiment_id, chosen.variation_id?))
}

struct Evaluator<'a> {
    data_file: &'a DataFile,
    flag: &'a Flag,
    place: usize,
    subject: &'a Subject<'a>,
}

impl<'a> Evaluator<'a> {
    fn evaluate<O: Observer>(&self, observer: &mut O) -> Result<Answer, Disabled> {
        if let Some(simulated) = self.simulated_variation() {
            observer.simulated();
            return Ok(self.simulated(simulated));
        }
        if !self.flag.environment_enabled {
            return Err(Disabled::Environment);
        }
        let code = self.code_for_hash();
        let in_holdout = self.holdout(code, observer)?.is_some_and(|chosen| *chosen.key == *IN_HOLDOUT);
        if in_holdout || !self.chosen_in_group(code, observer) {
            return Ok(self.default());
        }
        self.rules(code, observer)
    }

    fn simulated_variation(&self) -> Option<&'a SimulatedVariation> {
        self.subject.visitor?.simulated_variation(&self.flag.key)
    }

    /// The code that is hashed (spec 1 §2).
    fn code_for_hash(&self) -> &'a str {
        let Some(visitor) = self.subject.visitor else { return self.subject.code };
        let bucketing_value = || visitor.custom_values(self.flag.bucketing_index?)?.first();
        match bucketing_value() {
            Some(value) => value,
            None => visitor.mapping_identifier().unwrap_or(self.subject.code),
        }
    }

    fn default(&self) -> Answer {
        Self::known(self.flag.default_outcome, RuleKind::Unknown)
    }

    fn known(place: usize, rule_kind: RuleKind) -> Answer {
        Answer { choice: Choice::Known(place), rule_kind, simulated: false }
    }

    /// An answer made of a key and ids that were stored, maybe under another data file.
    fn stored(&self, key: &Arc<str>, variation_id: Option<i64>, experiment_id: i64, rule_kind: RuleKind) -> Answer {
        let outcome = Outcome {
            flag: self.place,
            key: Arc::clone(key),
            variation: self.flag.variation(key),
            variation_id,
            experiment_id: Some(experiment_id),
        };
        Answer { choice: Choice::Stored(outcome.into()), rule_kind, simulated: false }
    }

    fn simulated(&self, simulated: &SimulatedVariation) -> Answer {
        let answer = match &simulated.variation {
            None => self.default(),
            Some((experiment_id, key, variation_id)) => {
                self.stored(key, *variation_id, *experiment_id, RuleKind::Unknown)
            }
        };
        Answer { simulated: true, ..answer }
    }

    /// The holdout's variation for the visitor, if there is a holdout and its shares reach the visitor's bucket.
    fn holdout<O: Observer>(&self, code: &str, observer: &mut O) -> Result<Option<&'a Exposure>, Disabled> {
        let Some(holdout) = &self.data_file.holdout else { return Ok(None) };
        if self.consent_refused() && self.data_file.configuration.fully_block {
            return Err(Disabled::Consent);
        }
        let bucket = bucket(code, &holdout.salt);
        let chosen = choose(&holdout.variations, bucket);
        observer.holdout(bucket, chosen.map(|exposure| &*exposure.key));
        Ok(chosen)
    }

    /// Whether the flag is its mutually exclusive group's choice, or in no group.
    fn chosen_in_group<O: Observer>(&self, code: &str, observer: &mut O) -> bool {
        let Some(group) = self.flag.group.map(|group| &self.data_file.groups[group]) else { return true };
        let bucket = bucket(code, &group.salt);
        let chosen = group.flags[slice(bucket, group.flags.len())];
        observer.group(&group.name, bucket, &self.data_file.flags[chosen], chosen == self.place);
        chosen == self.place
    }

    fn consent_refused(&self) -> bool {
        self.data_file.configuration.consent_required
            && self.subject.visitor.is_some_and(|visitor| visitor.consent == Consent::Refused)
    }

    fn rules<O: Observer>(&self, code: &str, observer: &mut O) -> Result<Answer, Disabled> {
        for rule in &self.flag.rules {
            observer.rule_begins(rule);
            let (step, answer) = self.rule(rule, code, observer);
            observer.rule_ends(rule, step);
            if let Some(answer) = answer {
                return answer;
            }
        }
        Ok(self.default())
    }

    /// How a rule ends, and the answer if it is the last one to be asked.
    fn rule<O: Observer>(
        &self,
        rule: &Rule,
        code: &str,
        observer: &mut O,
    ) -> (RuleStep, Option<Result<Answer, Disabled>>) {
        let forced = self.subject.visitor.and_then(|visitor| visitor.forced_variation(rule.experiment_id));
        if let Some(forced) = forced.filter(|forced| forced.force_targeting) {
            return (RuleStep::Forced, Some(Ok(self.forced(forced, rule))));
        }
        if !self.is_targeted(rule, observer) {
            return (RuleStep::NotTargeted, None);
        }
        if let Some(forced) = forced {
            return (RuleStep::Forced, Some(Ok(self.forced(forced, rule))));
        }
        if let Some(bucket) = Self::beyond_exposition(rule, code) {
            let stops = rule.kind == RuleKind::TargetedDelivery;
            return (RuleStep::NotExposed { bucket, stops }, stops.then(|| Ok(self.default())));
        }
        if rule.kind == RuleKind::Experimentation && self.consent_refused() {
            let fully_block = self.data_file.configuration.fully_block;
            let answer = if fully_block { Err(Disabled::Consent) } else { Ok(self.default()) };
            return (RuleStep::ConsentRefused, Some(answer));
        }
        if let Some(exposure) = self.bandit_choice(rule, code) {
            return (RuleStep::Bandit, Some(Ok(Self::known(exposure.outcome, rule.kind))));
        }
        if rule.kind == RuleKind::TargetedDelivery {
            let first = rule.variations.first();
            let answer = first.map_or_else(|| self.default(), |exposure| Self::known(exposure.outcome, rule.kind));
            return (RuleStep::Delivered, Some(Ok(answer)));
        }
        let chosen = self.experiment(rule, code, observer);
        let answer = chosen.map(|exposure| Ok(Self::known(exposure.outcome, rule.kind)));
        (RuleStep::Experiment { found: answer.is_some() }, answer)
    }

    /// The variation that the rule's shares give to the bucket of `code`, remembered if the hash was asked before.
    fn experiment<'r, O: Observer>(&self, rule: &'r Rule, code: &str, observer: &mut O) -> Option<&'r Exposure> {
        // By address: only the very code of the subject is remembered, not what else may be hashed for it.
        let memory = self.subject.memory.filter(|_| std::ptr::eq(code, self.subject.code));
        if let Some(memory) = memory {
            let LastChoice { generation, outcome } = memory.choice.get();
            let known = || rule.variations.iter().find(|exposure| exposure.outcome == outcome as usize);
            if generation == memory.generation
                && let Some(exposure) = known()
            {
                return Some(exposure);
            }
        }
        let bucket = bucket(code, &rule.experiment_salt);
        observer.experiment(bucket);
        let chosen = choose(&rule.variations, bucket)?;
        if let Some(Memory { generation, choice }) = memory
            && let Ok(outcome) = u32::try_from(chosen.outcome)
        {
            choice.set(LastChoice { generation, outcome });
        }
        Some(chosen)
    }

    fn forced(&self, forced: &ForcedVariation, rule: &Rule) -> Answer {
        let known = rule
            .variations
            .iter()
            .find(|exposure| exposure.key == forced.key && exposure.variation_id == forced.variation_id);
        match known {
            Some(exposure) => Self::known(exposure.outcome, rule.kind),
            None => self.stored(&forced.key, forced.variation_id, rule.experiment_id, rule.kind),
        }
    }

    fn is_targeted<O: Observer>(&self, rule: &Rule, observer: &mut O) -> bool {
        let Some(segment) = rule.segment else { return true };
        let targeting =
            Targeting { data_file: self.data_file, subject: *self.subject, own_experiment: Some(rule.experiment_id) };
        targeting.is_targeted(segment, observer)
    }

    /// The rule's bucket if it is beyond the rule's exposition. No bucket is beyond 1, so that needs no hash.
    fn beyond_exposition(rule: &Rule, code: &str) -> Option<f64> {
        if rule.exposition >= 1.0 {
            return None;
        }
        let bucket = bucket(code, &rule.salt);
        (bucket > rule.exposition).then_some(bucket)
    }

    /// The choice of the contextual bandit, if the visitor has scores for the experiment (spec 1 §7).
    fn bandit_choice<'r>(&self, rule: &'r Rule, code: &str) -> Option<&'r Exposure> {
        let mut scores = self.subject.visitor?.extras().bandit_scores.iter();
        let scores = scores.find(|scores| scores.experiment_id == rule.experiment_id)?;
        best_scored(rule, scores, |salt, count| slice(bucket(code, salt), count))
    }
}

/// Among the rule's variations those with the highest score that any of them has; `pick` chooses between several.
fn best_scored<'r>(
    rule: &'r Rule,
    scores: &BanditScores,
    pick: impl FnOnce(&Salt, usize) -> usize,
) -> Option<&'r Exposure> {
    let score = |exposure: &Exposure| {
        let id = exposure.variation_id?;
        scores.scores.iter().find(|(variation, _)| *variation == id).map(|(_, score)| *score)
    };
    let best = rule.variations.iter().filter_map(score).max_by(f64::total_cmp)?;
    let best: Vec<&Exposure> =
        rule.variations.iter().filter(|exposure| score(exposure).is_some_and(|score| score >= best)).collect();
    match &*best {
        [only] => Some(only),
        several => several.get(pick(&rule.experiment_salt, several.len())).copied(),
    }
}

/// Which of `count` equal slices of `[0, 1]` holds `bucket`.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "floor(bucket * count), as the specification has it; both are small and not negative"
)]
fn slice(bucket: f64, count: usize) -> usize {
    ((bucket * count as f64) as usize).min(count.saturating_sub(1))
}
