//! Evaluating flags for stored visitors: read, evaluate, save, queue.

use std::sync::Arc;

use arc_swap::Guard;

use super::{Engine, EngineError, Moment, Snapshot, check_visitor_code};
use crate::datafile::model::{DataFile, Outcome, RuleKind};
use crate::evaluation::explanation::{Explainer, Explanation};
use crate::evaluation::{Answer, Disabled, evaluate, holdout_assignment};
use crate::targeting::{Subject, Targeting, Unobserved};
use crate::visitor::Delivery;
use crate::visitor::data::{AssignedVariation, VisitorData};
use crate::visitor::store::Found;

/// What an evaluation leaves behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Nothing.
    ReadOnly,
    /// The assigned variation, as already sent.
    Save,
    /// The assigned variation, to be sent; the visitor is queued.
    Track,
}

/// An answer with the snapshot that it refers to.
pub struct Evaluated<A> {
    /// The snapshot.
    pub snapshot: Guard<Arc<Snapshot<A>>>,
    /// The answer.
    pub answer: Answer,
}

impl<A> Evaluated<A> {
    /// The variation with its ids.
    pub fn outcome(&self) -> &Outcome {
        self.answer.outcome(&self.snapshot.data_file)
    }
}

/// An explanation with the answer, or why there is none, and the snapshot that they refer to.
pub struct Explained<A> {
    /// The snapshot.
    pub snapshot: Guard<Arc<Snapshot<A>>>,
    /// The answer.
    pub answer: Result<Answer, EngineError>,
    /// The steps.
    pub explanation: Explanation,
}

/// A call's visitor.
struct Call<'a> {
    code: &'a str,
    moment: Moment,
    mode: Mode,
    day_start: i64,
    /// As it was found, or made to save an answer: what the call makes, the call's further flags see.
    found: Option<Found>,
}

impl Call<'_> {
    fn subject<'a>(&'a self, visitor: Option<&'a VisitorData>) -> Subject<'a> {
        Subject { code: self.code, visitor, now: self.moment.now, day_start: self.day_start }
    }
}

impl<A> Engine<A> {
    /// The answer for one flag (spec 1 §3).
    ///
    /// # Errors
    /// When the code is unusable, the flag unknown or disabled, or consent refused.
    pub fn evaluate(&self, code: &str, key: &str, mode: Mode, moment: Moment) -> Result<Evaluated<A>, EngineError> {
        check_visitor_code(code)?;
        let snapshot = self.snapshot.load();
        let place = Self::flag(&snapshot, key)?;
        let mut call = self.call(&snapshot.data_file, code, mode, moment);
        let answer = self.evaluate_and_save(&snapshot.data_file, place, &mut call);
        let answer = answer.map_err(|disabled| disabled_error(disabled, key))?;
        if mode == Mode::Track {
            self.queue_visitor(code, call.found.as_ref());
        }
        Ok(Evaluated { snapshot, answer })
    }

    /// The answers for all flags, in order; `None` for those that are disabled, or blocked for want of consent. Whether
    /// the code may be used is the caller's to check: one of the public methods does not **(kept quirk)**.
    pub fn evaluate_all(
        &self,
        code: &str,
        mode: Mode,
        moment: Moment,
        mut each: impl FnMut(&Snapshot<A>, usize, Option<Answer>),
    ) {
        let snapshot = self.snapshot.load();
        let mut call = self.call(&snapshot.data_file, code, mode, moment);
        let mut answers = Vec::with_capacity(snapshot.data_file.flags.len());
        for place in 0..snapshot.data_file.flags.len() {
            answers.push(self.evaluate_and_save(&snapshot.data_file, place, &mut call).ok());
        }
        if mode == Mode::Track {
            self.queue_visitor(code, call.found.as_ref());
        }
        for (place, answer) in answers.into_iter().enumerate() {
            each(&snapshot, place, answer);
        }
    }

    /// The answer for one flag with each step that decided. Neither saves nor tracks.
    ///
    /// # Errors
    /// When the code is unusable or the flag unknown. A disabled flag is part of the result.
    pub fn explain(&self, code: &str, key: &str, moment: Moment) -> Result<Explained<A>, EngineError> {
        check_visitor_code(code)?;
        let snapshot = self.snapshot.load();
        let place = Self::flag(&snapshot, key)?;
        let call = self.call(&snapshot.data_file, code, Mode::ReadOnly, moment);
        // A copy: an explanation takes long, and may ask the host.
        let data = call.found.as_ref().map(|found| found.visitor.data().clone());
        let mut explainer = Explainer::default();
        let answer = evaluate(&snapshot.data_file, place, &call.subject(data.as_ref()), &mut explainer);
        let answer = answer.map_err(|disabled| disabled_error(disabled, key));
        Ok(Explained { snapshot, answer, explanation: explainer.finish() })
    }

    /// Stores every audience that targets the visitor, to be sent, and queues the visitor (spec 1 §8).
    ///
    /// # Errors
    /// When the code is unusable.
    pub fn evaluate_audiences(&self, code: &str, moment: Moment) -> Result<(), EngineError> {
        check_visitor_code(code)?;
        let snapshot = self.snapshot.load();
        let data_file = &snapshot.data_file;
        let call = self.call(data_file, code, Mode::Track, moment);
        let data = call.found.as_ref().map(|found| found.visitor.data().clone());
        let targeting = Targeting { data_file, subject: call.subject(data.as_ref()), own_experiment: None };
        let targeted: Vec<i64> = data_file
            .audiences
            .iter()
            .filter(|place| targeting.is_targeted(**place, &mut Unobserved))
            .map(|place| data_file.segments[*place].id)
            .collect();
        if !targeted.is_empty() {
            let found = call.found.clone().unwrap_or_else(|| self.store.find_or_create(code, moment.now));
            let mut data = found.visitor.data();
            for segment in targeted {
                data.target_segment(segment);
            }
        }
        self.queue_visitor(code, self.store.peek(code).as_ref());
        Ok(())
    }

    fn call<'a>(&self, data_file: &DataFile, code: &'a str, mode: Mode, moment: Moment) -> Call<'a> {
        let day_start = if data_file.uses_local_day { (moment.day_start)(moment.now) } else { 0 };
        Call { code, moment, mode, day_start, found: self.store.find(code, moment.now) }
    }

    /// Evaluates a flag under the visitor's lock and saves the answer there; the visitor is made if it has to be.
    fn evaluate_and_save(&self, data_file: &DataFile, place: usize, call: &mut Call<'_>) -> Result<Answer, Disabled> {
        if call.mode != Mode::ReadOnly && data_file.holdout.is_some() {
            self.save_holdout(data_file, place, call);
        }
        let Some(found) = &call.found else {
            let answer = evaluate(data_file, place, &call.subject(None), &mut Unobserved)?;
            if let Some(assigned) = assigned(&answer, data_file, call) {
                let found = call.found.insert(self.store.find_or_create(call.code, call.moment.now));
                found.visitor.data().assign(assigned, Delivery::tracked(call.mode == Mode::Track));
            }
            return Ok(answer);
        };
        let mut data = found.visitor.data();
        let answer = if data_file.flags[place].needs_host {
            // The host must not be called under a lock: evaluate a copy.
            let copy = data.clone();
            drop(data);
            let answer = evaluate(data_file, place, &call.subject(Some(&copy)), &mut Unobserved)?;
            data = found.visitor.data();
            answer
        } else {
            evaluate(data_file, place, &call.subject(Some(&data)), &mut Unobserved)?
        };
        if let Some(assigned) = assigned(&answer, data_file, call) {
            data.assign(assigned, Delivery::tracked(call.mode == Mode::Track));
        }
        Ok(answer)
    }

    /// Saves the holdout's assignment, to be sent in any case, before the rules are asked.
    fn save_holdout(&self, data_file: &DataFile, place: usize, call: &mut Call<'_>) {
        let assignment = match &call.found {
            Some(found) => holdout_assignment(data_file, place, &call.subject(Some(&found.visitor.data()))),
            None => holdout_assignment(data_file, place, &call.subject(None)),
        };
        let Some((experiment_id, variation_id)) = assignment else { return };
        let time = call.moment.now;
        let found = call.found.get_or_insert_with(|| self.store.find_or_create(call.code, time));
        let assigned = AssignedVariation { experiment_id, variation_id, time, rule_kind: RuleKind::Unknown };
        found.visitor.data().assign(assigned, Delivery::UNSENT);
    }
}

/// What an answer assigns, if this call saves it.
fn assigned(answer: &Answer, data_file: &DataFile, call: &Call<'_>) -> Option<AssignedVariation> {
    if call.mode == Mode::ReadOnly || answer.simulated {
        return None;
    }
    let outcome = answer.outcome(data_file);
    Some(AssignedVariation {
        experiment_id: outcome.experiment_id?,
        variation_id: outcome.variation_id?,
        time: call.moment.now,
        rule_kind: answer.rule_kind,
    })
}

fn disabled_error(disabled: Disabled, key: &str) -> EngineError {
    match disabled {
        Disabled::Environment => EngineError::FeatureDisabled(key.into()),
        Disabled::Consent => EngineError::ConsentRefused(key.into()),
    }
}
