//! Evaluating flags for stored visitors: read, evaluate, save, queue, all under one lock taken once.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use arc_swap::Guard;

use super::{Engine, EngineError, Moment, Snapshot, check_visitor_code};
use crate::datafile::model::{DataFile, Outcome, RuleKind};
use crate::evaluation::explanation::{Explainer, Explanation};
use crate::evaluation::{Answer, Disabled, Observer, evaluate, holdout_assignment};
use crate::targeting::{Memory, Subject, Targeting, Unobserved};
use crate::visitor::assigned::AssignedVariation;
use crate::visitor::data::VisitorData;
use crate::visitor::store::{Approach, Found, Queueing};
use crate::visitor::{Delivery, Millis};

/// How many flags are evaluated before a visitor's lock is given to others.
const FLAGS_PER_LOCK: usize = 64;

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

/// A call: for whom, when, and under which data file.
struct Call<'a> {
    data_file: &'a DataFile,
    generation: u32,
    code: &'a str,
    moment: Moment,
    mode: Mode,
    /// Whether the visitor is queued: the mode asks for it, and events are sent at all.
    queues: bool,
    day_start: i64,
}

impl<A> Engine<A> {
    /// The answer for one flag (spec 1 §3). The `clock` is read while the visitor is on its way into the cache.
    ///
    /// # Errors
    /// When the code is unusable, the flag unknown or disabled, or consent refused.
    pub fn evaluate(
        &self,
        code: &str,
        key: &str,
        mode: Mode,
        clock: impl FnOnce() -> Moment,
    ) -> Result<Evaluated<A>, EngineError> {
        check_visitor_code(code)?;
        let visitor = self.store.approach(code);
        let snapshot = self.snapshot.load();
        let place = Self::flag(&snapshot, key)?;
        let call = self.call(&snapshot, code, mode, clock());
        let answered = self.evaluate_one(&call, place, visitor);
        let (answer, queueing) = answered.map_err(|disabled| disabled_error(disabled, key))?;
        self.queue.push(code, queueing, &self.store);
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
        let call = self.call(&snapshot, code, mode, moment);
        let flags = &snapshot.data_file.flags;
        let mut answers = Vec::with_capacity(flags.len());
        while answers.len() < flags.len() {
            let known = self.store.find(code, moment.now, |found| call.evaluate_many(found, &mut answers));
            if known.is_none() || flags.get(answers.len()).is_some_and(|flag| flag.needs_host) {
                let place = answers.len();
                answers.push(self.evaluate_one(&call, place, self.store.approach(code)).ok().map(|(answer, _)| answer));
            }
        }
        if call.queues {
            self.queue_visitor(code);
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
        let call = self.call(&snapshot, code, Mode::ReadOnly, moment);
        // A copy: an explanation takes long, and may ask the host.
        let data = self.copy(&call);
        let mut explainer = Explainer::default();
        let answer = call.answer(place, data.as_ref(), &mut explainer);
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
        let call = self.call(&snapshot, code, Mode::Track, moment);
        let data = self.copy(&call);
        let targeting = Targeting { data_file, subject: call.subject(data.as_ref()), own_experiment: None };
        let targeted: Vec<i64> = data_file
            .audiences
            .iter()
            .filter(|place| targeting.is_targeted(**place, &mut Unobserved))
            .map(|place| data_file.segments[*place].id)
            .collect();
        if !targeted.is_empty() {
            self.store.find_or_create(code, moment.now, |found| {
                for segment in targeted {
                    found.data.target_segment(segment);
                }
            });
        }
        self.queue_visitor(code);
        Ok(())
    }

    fn call<'a>(&self, snapshot: &'a Snapshot<A>, code: &'a str, mode: Mode, moment: Moment) -> Call<'a> {
        let data_file = &snapshot.data_file;
        let day_start = if data_file.uses_local_day { (moment.day_start)(moment.now) } else { 0 };
        let queues = mode == Mode::Track && self.tracks.load(Ordering::Relaxed);
        Call { data_file, generation: snapshot.generation, code, moment, mode, queues, day_start }
    }

    /// What the visitor holds, as a copy: for what takes long, or calls the host, which must not be done under a lock.
    fn copy(&self, call: &Call<'_>) -> Option<VisitorData> {
        self.store.find(call.code, call.moment.now, |found| found.data.clone())
    }

    /// Evaluates a flag, saves the answer and notes that the visitor is to be queued.
    fn evaluate_one(
        &self,
        call: &Call<'_>,
        place: usize,
        visitor: Approach<'_>,
    ) -> Result<(Answer, Queueing), Disabled> {
        if call.data_file.flags[place].needs_host {
            drop(visitor);
            return self.evaluate_copy(call, place);
        }
        let under_lock = |mut found: Found<'_>| {
            let answer = call.evaluate_found(place, &mut found, &mut 0)?;
            Ok((answer, call.note_queued(&mut found)))
        };
        match visitor.find(call.moment.now, under_lock) {
            Some(answered) => answered,
            None => self.evaluate_copy(call, place),
        }
    }

    /// The same where nobody is known under the code, or the host has to be asked. The visitor is made if there is
    /// something to be saved.
    fn evaluate_copy(&self, call: &Call<'_>, place: usize) -> Result<(Answer, Queueing), Disabled> {
        let mut data = self.copy(call);
        if let Some(holdout) = call.holdout(place, data.as_ref()) {
            data = self.store.find_or_create(call.code, call.moment.now, |found| {
                found.data.assigned_variations.assign(holdout, 0);
                Some(found.data.clone()) // the rules see the holdout's assignment
            });
        }
        let answer = call.answer(place, data.as_ref(), &mut Unobserved)?;
        let now = call.moment.now;
        let queueing = match call.assigned(&answer) {
            Some(assigned) => self.store.find_or_create(call.code, now, |mut found| {
                found.data.assigned_variations.assign(assigned, 0);
                call.note_queued(&mut found)
            }),
            None if !call.queues => Queueing::Done,
            None => self.store.find(call.code, now, |mut found| found.mark_queued()).unwrap_or(Queueing::Stranger),
        };
        Ok((answer, queueing))
    }
}

impl Call<'_> {
    fn subject<'a>(&'a self, visitor: Option<&'a VisitorData>) -> Subject<'a> {
        Subject { code: self.code, visitor, now: self.moment.now, day_start: self.day_start, memory: None }
    }

    fn answer(
        &self,
        place: usize,
        data: Option<&VisitorData>,
        observer: &mut impl Observer,
    ) -> Result<Answer, Disabled> {
        evaluate(self.data_file, place, &self.subject(data), observer)
    }

    /// Evaluates a flag under the visitor's lock and saves the answer there. `guess` is where the assigned variation
    /// may lie, before and after.
    fn evaluate_found(&self, place: usize, found: &mut Found<'_>, guess: &mut usize) -> Result<Answer, Disabled> {
        if let Some(holdout) = self.holdout(place, Some(found.data)) {
            found.data.assigned_variations.assign(holdout, 0);
        }
        let mut subject = self.subject(Some(found.data));
        if found.shared.is_none() {
            subject.memory = Some(Memory { generation: self.generation, choice: &found.data.last_choice });
        }
        let answer = evaluate(self.data_file, place, &subject, &mut Unobserved)?;
        if let Some(assigned) = self.assigned(&answer) {
            *guess = found.data.assigned_variations.assign(assigned, *guess) + 1;
        }
        Ok(answer)
    }

    /// Goes on with the flags after `answers`, until the lock was held for long enough or the host has to be asked.
    fn evaluate_many(&self, mut found: Found<'_>, answers: &mut Vec<Option<Answer>>) {
        let flags = &self.data_file.flags;
        let mut guess = answers.len();
        let batch = flags.iter().enumerate().skip(answers.len()).take(FLAGS_PER_LOCK);
        for (place, _) in batch.take_while(|(_, flag)| !flag.needs_host) {
            answers.push(self.evaluate_found(place, &mut found, &mut guess).ok());
        }
    }

    fn note_queued(&self, found: &mut Found<'_>) -> Queueing {
        if self.queues { found.mark_queued() } else { Queueing::Done }
    }

    /// The holdout's assignment, to be sent in any case, if this call saves it: it is saved before the rules are asked.
    fn holdout(&self, place: usize, data: Option<&VisitorData>) -> Option<AssignedVariation> {
        if self.mode == Mode::ReadOnly || self.data_file.holdout.is_none() {
            return None;
        }
        let (experiment_id, variation_id) = holdout_assignment(self.data_file, place, &self.subject(data))?;
        let (time, rule_kind) = (Millis::new(self.moment.now), RuleKind::Unknown);
        Some(AssignedVariation { experiment_id, variation_id, time, rule_kind, delivery: Delivery::UNSENT })
    }

    /// What an answer assigns, if this call saves it.
    fn assigned(&self, answer: &Answer) -> Option<AssignedVariation> {
        if self.mode == Mode::ReadOnly || answer.simulated {
            return None;
        }
        let outcome = answer.outcome(self.data_file);
        Some(AssignedVariation {
            experiment_id: outcome.experiment_id?,
            variation_id: outcome.variation_id?,
            time: Millis::new(self.moment.now),
            rule_kind: answer.rule_kind,
            delivery: Delivery::tracked(self.mode == Mode::Track),
        })
    }
}

fn disabled_error(disabled: Disabled, key: &str) -> EngineError {
    match disabled {
        Disabled::Environment => EngineError::FeatureDisabled(key.into()),
        Disabled::Consent => EngineError::ConsentRefused(key.into()),
    }
}
