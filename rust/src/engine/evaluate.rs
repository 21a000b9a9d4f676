//! Evaluating flags for a visitor: read, evaluate, save, queue, all under one lock taken once.

use std::sync::Arc;

use super::{Current, EngineError, EngineVisitor, Moment, Snapshot};
use crate::counting::{Tally, known_outcome};
use crate::datafile::index::FlagIndex;
use crate::datafile::model::{DataFile, Outcome, RuleKind};
use crate::evaluation::ahead::Buckets;
use crate::evaluation::explanation::{Explainer, Explanation};
use crate::evaluation::reason::Because;
use crate::evaluation::{Answer, Disabled, Evaluation, Observer, evaluate, is_last_choice};
use crate::pattern::Steps;
use crate::targeting::{Memory, Subject, Targeting, Unobserved};
use crate::visitor::Millis;
use crate::visitor::assigned::AssignedVariation;
use crate::visitor::data::VisitorData;
use crate::visitor::sending::Sending;
use crate::visitor::store::{Locked, Visitor};

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
    pub snapshot: Current<A>,
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
    pub snapshot: Current<A>,
    /// The answer.
    pub answer: Result<Answer, EngineError>,
    /// The steps.
    pub explanation: Explanation,
}

/// A call: for whom, when, under which data file, and what it leaves behind.
struct Call<'a> {
    data_file: &'a DataFile,
    generation: u32,
    tally: Tally<'a>,
    code: &'a str,
    now: i64,
    day_start: i64,
    mode: Mode,
    /// How an assigned variation is stored.
    sending: Sending,
    /// How the holdout's assignment is stored: it is sent also where the call does not track **(kept quirk)**.
    holdout_sending: Sending,
}

impl<A> EngineVisitor<'_, A> {
    /// The answer for one flag. The `clock` is read while the visitor is on its way into the cache.
    ///
    /// # Errors
    /// When the flag is unknown or disabled, or consent refused.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "measured: as a call of its own it takes 40 instructions more, of 2,600")]
    pub fn evaluate(&self, key: &str, mode: Mode, clock: impl FnOnce() -> Moment) -> Result<Evaluated<A>, EngineError> {
        let mut locked = self.lock();
        let snapshot = self.engine.snapshot.load();
        let flag = snapshot.flag(key)?;
        let call = self.call(&snapshot, mode, clock());
        call.tally.note_asked(flag, call.now);
        let answer = call
            .evaluate(&mut locked, flag, &mut 0, &mut Unobserved)
            .map_err(|disabled| disabled_error(disabled, key))?;
        if call.sending != Sending::Never {
            locked.queue();
        }
        Ok(Evaluated { snapshot, answer })
    }

    /// As [`Self::evaluate`], with why the answer is what it is.
    ///
    /// # Errors
    /// When the flag is unknown or disabled, or consent refused.
    pub fn evaluate_with_reason(
        &self,
        key: &str,
        mode: Mode,
        moment: Moment,
    ) -> Result<(Evaluated<A>, Because), EngineError> {
        let mut locked = self.lock();
        let snapshot = self.engine.snapshot.load();
        let flag = snapshot.flag(key)?;
        let call = self.call(&snapshot, mode, moment);
        call.tally.note_asked(flag, call.now);
        let mut because = Because::of(&snapshot.data_file[flag]);
        let answer =
            call.evaluate(&mut locked, flag, &mut 0, &mut because).map_err(|disabled| disabled_error(disabled, key))?;
        if call.sending != Sending::Never {
            locked.queue();
        }
        Ok((Evaluated { snapshot, answer }, because))
    }

    /// The answers for all flags, in order; `None` for those that are disabled, or blocked for want of consent.
    pub fn evaluate_all(
        &self,
        mode: Mode,
        moment: Moment,
        mut each: impl FnMut(&Snapshot<A>, FlagIndex, Option<Answer>),
    ) {
        let snapshot = self.engine.snapshot.load();
        let call = self.call(&snapshot, mode, moment);
        call.tally.note_all(call.now);
        let flags: Vec<FlagIndex> = snapshot.data_file.flag_indices().collect();
        let mut answers = Vec::with_capacity(flags.len());
        let remembers = |visitor: Visitor<'_>| !visitor.is_shared && visitor.data.remembers_under(call.generation);
        let is_known = self.lock().peek(remembers).unwrap_or(false);
        let mut hint = 0;
        for few in flags.chunks(FLAGS_PER_LOCK) {
            let ahead = if is_known {
                Buckets::default()
            } else {
                Buckets::of(&snapshot.data_file, few.iter().copied(), call.code)
            };
            let mut locked = self.lock();
            call.evaluate_few(&mut locked, few, &ahead, &mut hint, &mut answers);
            if call.sending != Sending::Never && answers.len() == flags.len() {
                locked.queue();
            }
        }
        for (flag, answer) in flags.into_iter().zip(answers) {
            each(&snapshot, flag, answer);
        }
    }

    /// Has an answer for the flag of this key sent that an earlier call has saved without tracking it, as if that call had:
    /// `ids` are those of its experiment and variation, if it has any.
    pub fn expose(&self, key: &str, ids: Option<(i64, i64)>, moment: Moment) {
        let sending = self.engine.sending(true);
        let mut locked = self.lock();
        let snapshot = self.engine.snapshot.load();
        let (data_file, tally) = (&snapshot.data_file, snapshot.counts.here());
        let flag = data_file.flag(key);
        if let Some(flag) = flag {
            tally.note_asked(flag, moment.now);
        }
        if let Some((experiment_id, variation_id)) = ids {
            let mut own = flag.iter().flat_map(|flag| &data_file[*flag].rules);
            let own = own.find(|rule| rule.experiment_id == experiment_id);
            let rule = own.or_else(|| data_file.experiment(experiment_id).map(|(_, rule)| rule));
            let rule_kind = rule.map_or(RuleKind::Unknown, |rule| rule.kind);
            let time = Millis::new(moment.now);
            let assigned = AssignedVariation::new(experiment_id, variation_id, time, rule_kind);
            let stored = locked.find_or_create(moment.now, |visitor| visitor.data.assign(assigned, sending, 0));
            let mut shares = rule.iter().flat_map(|rule| &rule.shares);
            if stored.is_some_and(|stored| stored.is_exposure)
                && let Some(share) = shares.find(|share| share.variation_id == Some(variation_id))
            {
                tally.count_exposure(share.outcome);
            }
        }
        if sending != Sending::Never {
            locked.queue();
        }
    }

    /// The answer for one flag with each step that decided it, as an evaluation that is saved would have it. Nothing is
    /// saved.
    ///
    /// # Errors
    /// When the flag is unknown. A disabled flag is part of the result.
    pub fn explain(&self, key: &str, moment: Moment) -> Result<Explained<A>, EngineError> {
        let snapshot = self.engine.snapshot.load();
        let flag = snapshot.flag(key)?;
        let call = self.call(&snapshot, Mode::Save, moment);
        // A copy: an explanation takes long.
        let data = self.lock().find(|visitor| visitor.data.clone());
        let mut explainer = Explainer::default();
        let evaluation = evaluate(&snapshot.data_file, flag, &call.subject(data.as_ref(), None), &mut explainer);
        let answer = evaluation.map(|evaluation| evaluation.answer).map_err(|disabled| disabled_error(disabled, key));
        Ok(Explained { snapshot, answer, explanation: explainer.finish() })
    }

    /// Stores every audience that targets the visitor, to be sent, and queues the visitor.
    pub fn evaluate_audiences(&self, moment: Moment) {
        let snapshot = self.engine.snapshot.load();
        let call = self.call(&snapshot, Mode::Track, moment);
        let mut locked = self.lock();
        let targeted =
            locked.find(|visitor| call.audiences(Some(visitor.data))).unwrap_or_else(|| call.audiences(None));
        if !targeted.is_empty() {
            locked.find_or_create(call.now, |visitor| {
                for segment in targeted {
                    visitor.data.target_segment(segment, call.sending);
                }
            });
        }
        if self.engine.tracks() {
            locked.queue();
        }
    }

    fn call<'a>(&'a self, snapshot: &'a Arc<Snapshot<A>>, mode: Mode, moment: Moment) -> Call<'a> {
        let data_file = &*snapshot.data_file;
        let holdout_sending = self.engine.sending(mode != Mode::ReadOnly);
        Call {
            data_file,
            generation: snapshot.generation,
            tally: snapshot.counts.here(),
            code: self.code.as_str(),
            now: moment.now,
            day_start: if data_file.uses_local_day { (moment.day_start)(moment.now) } else { 0 },
            mode,
            sending: holdout_sending.only_if(mode == Mode::Track),
            holdout_sending,
        }
    }
}

impl Call<'_> {
    fn subject<'v>(&'v self, visitor: Option<&'v VisitorData>, memory: Option<Memory<'v>>) -> Subject<'v> {
        let saves = self.mode != Mode::ReadOnly;
        Subject { code: self.code, visitor, now: self.now, day_start: self.day_start, saves, memory }
    }

    /// Evaluates a flag and saves what comes of it. `hint` is where the assigned variation may stand among others,
    /// before and after.
    fn evaluate<O: Observer>(
        &self,
        locked: &mut Locked<'_>,
        flag: FlagIndex,
        hint: &mut usize,
        observer: &mut O,
    ) -> Result<Answer, Disabled> {
        let known = locked.find(|mut visitor| self.evaluate_for(&mut visitor, flag, hint, observer));
        known.unwrap_or_else(|| self.evaluate_for_nobody(locked, flag, hint, observer))
    }

    /// The same for some flags, one after another.
    fn evaluate_few(
        &self,
        locked: &mut Locked<'_>,
        flags: &[FlagIndex],
        ahead: &Buckets,
        hint: &mut usize,
        answers: &mut Vec<Option<Answer>>,
    ) {
        let mut flags = flags.iter().copied().enumerate();
        while flags.len() > 0 {
            locked.find(|mut visitor| {
                let is_own = visitor.data.mapping_identifier().is_none();
                for (position, flag) in flags.by_ref() {
                    let observer = &mut ahead.observer(position, is_own, self.data_file, flag);
                    answers.push(self.evaluate_for(&mut visitor, flag, hint, observer).ok());
                }
            });
            // Nobody is there until something is saved.
            if let Some((position, flag)) = flags.next() {
                let observer = &mut ahead.observer(position, true, self.data_file, flag);
                answers.push(self.evaluate_for_nobody(locked, flag, hint, observer).ok());
            }
        }
    }

    /// The same for a visitor that is there.
    #[inline]
    fn evaluate_for<O: Observer>(
        &self,
        visitor: &mut Visitor<'_>,
        flag: FlagIndex,
        hint: &mut usize,
        observer: &mut O,
    ) -> Result<Answer, Disabled> {
        let Visitor { data, is_shared, .. } = visitor;
        if !*is_shared {
            data.remember_under(self.generation);
        }
        let memory = (!*is_shared && !O::SEES_EVERYTHING).then_some(Memory {
            choice: &data.last_choice,
            holdout: &data.last_holdout,
            assigned: &data.assigned_variations,
            hint: *hint,
        });
        let evaluation = self.evaluated(flag, &self.subject(Some(data), memory), observer)?;
        let is_exposure = self.save(visitor, &evaluation, hint);
        self.count(flag, &evaluation.answer, is_exposure);
        Ok(evaluation.answer)
    }

    /// The same where there is no visitor: one begins if something is to be saved.
    fn evaluate_for_nobody<O: Observer>(
        &self,
        locked: &mut Locked<'_>,
        flag: FlagIndex,
        hint: &mut usize,
        observer: &mut O,
    ) -> Result<Answer, Disabled> {
        let evaluation = self.evaluated(flag, &self.subject(None, None), observer)?;
        let mut is_exposure = false;
        if self.mode != Mode::ReadOnly && (evaluation.assigned.is_some() || evaluation.holdout.is_some()) {
            let saved = locked.find_or_create(self.now, |mut visitor| self.save(&mut visitor, &evaluation, hint));
            is_exposure = saved.unwrap_or(false);
        }
        self.count(flag, &evaluation.answer, is_exposure);
        Ok(evaluation.answer)
    }

    /// What the evaluation comes to; one without an answer is counted.
    #[inline]
    fn evaluated<O: Observer>(
        &self,
        flag: FlagIndex,
        subject: &Subject<'_>,
        observer: &mut O,
    ) -> Result<Evaluation, Disabled> {
        evaluate(self.data_file, flag, subject, observer).inspect_err(|_| self.tally.count(flag, None, false))
    }

    #[inline]
    fn count(&self, flag: FlagIndex, answer: &Answer, is_exposure: bool) {
        let outcome = match answer {
            Answer::Known(outcome) => Some(*outcome),
            Answer::Stored(stored) => known_outcome(self.data_file, stored),
        };
        self.tally.count(flag, outcome, is_exposure);
    }

    /// Saves an evaluation, if this call saves at all. Returns whether the visitor is thereby exposed to the answer for the
    /// first time.
    fn save(&self, visitor: &mut Visitor<'_>, evaluation: &Evaluation, hint: &mut usize) -> bool {
        if self.mode == Mode::ReadOnly {
            return false;
        }
        if let Some(holdout) = evaluation.holdout {
            visitor.data.assign(holdout, self.holdout_sending, 0);
        }
        let Some(assigned) = evaluation.assigned else { return false };
        let is_remembered = !visitor.is_shared && is_last_choice(&evaluation.answer, visitor.data.last_choice.get());
        let stored = visitor.data.assign(assigned.remembered(is_remembered), self.sending, *hint);
        *hint = stored.position + 1;
        stored.is_exposure
    }

    /// The ids of the audiences that target the visitor.
    fn audiences(&self, visitor: Option<&VisitorData>) -> Vec<i64> {
        let steps = Steps::for_one_evaluation();
        let subject = self.subject(visitor, None);
        let targeting = Targeting::new(self.data_file, &subject, None, None, &steps);
        let audiences = self.data_file.audiences.iter();
        let targeted = audiences.filter(|segment| targeting.is_targeted(**segment, &mut Unobserved));
        targeted.map(|segment| self.data_file[*segment].id).collect()
    }
}

fn disabled_error(disabled: Disabled, key: &str) -> EngineError {
    match disabled {
        Disabled::Environment => EngineError::FeatureDisabled(key.into()),
        Disabled::Consent => EngineError::ConsentRefused(key.into()),
    }
}
