//! Whether a segment targets a visitor. Sees a visitor and a compiled data file, changes neither. Asked by
//! [`crate::evaluation`] for each rule, and by the engine for audiences.

mod conditions;

use std::cell::{Cell, RefCell};

use smallvec::SmallVec;

use crate::datafile::condition::{Condition, Expression, Matching, Term};
use crate::datafile::index::SegmentIndex;
use crate::datafile::model::DataFile;
use crate::pattern::Steps;
use crate::visitor::assigned::{AssignedVariation, AssignedVariations};
use crate::visitor::data::{LastChoice, LastHoldout, VisitorData};

/// What a stored visitor remembers of its own code's hashes under the data file that is asked, for the time of a call.
#[derive(Clone, Copy)]
pub struct Memory<'a> {
    /// The choice that was made last.
    pub choice: &'a Cell<LastChoice>,
    /// The share of the holdout that was found last.
    pub holdout: &'a Cell<LastHoldout>,
    /// Some of them are remembered, too.
    pub assigned: &'a AssignedVariations,
    /// Where to look first among them.
    pub hint: usize,
}

/// Whom a question is about, and when.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The visitor code.
    pub code: &'a str,
    /// What is stored under it, if anything.
    pub visitor: Option<&'a VisitorData>,
    /// Milliseconds.
    pub now: i64,
    /// When the local day began, in milliseconds; only asked for if [`DataFile::uses_local_day`].
    pub day_start: i64,
    /// Whether what the evaluation assigns is saved. Then the rules see what the holdout has assigned.
    pub saves: bool,
    /// What is remembered of the code's hashes, if it is the code under which the visitor lies.
    pub memory: Option<Memory<'a>>,
}

/// Watches the evaluation of a targeting tree, and may know some of it beforehand. Does nothing, and costs nothing, unless
/// it says otherwise.
pub trait TargetingObserver {
    /// Whether every condition is to be evaluated, also where the answer is known without it.
    const EXHAUSTIVE: bool = false;

    /// The truth of a condition for the visitor, before `isInclude`, if it is known already.
    fn truth(&mut self, _term: &Term, _visitor: Option<&VisitorData>) -> Option<bool> {
        None
    }

    /// A segment is about to be evaluated.
    fn segment_begins(&mut self, _segment: SegmentIndex, _id: i64) {}

    /// A group of conditions is about to be evaluated.
    fn group_begins(&mut self) {}

    /// A condition was evaluated; `truth` is before `isInclude`. `describe` tells what the visitor has.
    fn condition_evaluated(&mut self, _term: &Term, _truth: bool, _describe: impl FnOnce() -> String) {}

    /// A segment was evaluated.
    fn segment_ends(&mut self, _targeted: bool) {}

    /// A segment is asked for again whose truth is known.
    fn segment_is_known(&mut self, _segment: SegmentIndex) {}
}

/// Nobody watches.
pub struct Unobserved;

impl TargetingObserver for Unobserved {}

/// Evaluates segments for one subject within one campaign.
pub struct Targeting<'a> {
    data_file: &'a DataFile,
    subject: &'a Subject<'a>,
    /// What the holdout assigns in this very evaluation: as good as stored.
    holdout: Option<AssignedVariation>,
    /// The experiment of the rule that asks; `None` for an audience.
    own_experiment: Option<i64>,
    steps: &'a Steps,
    /// The truth of segments that several conditions refer to, by [`crate::datafile::model::Segment::remembered`].
    truths: RefCell<SmallVec<[Option<bool>; 32]>>,
}

impl<'a> Targeting<'a> {
    /// Targeting for the rule of an experiment, or, with `None`, for audiences.
    pub fn new(
        data_file: &'a DataFile,
        subject: &'a Subject<'a>,
        holdout: Option<AssignedVariation>,
        own_experiment: Option<i64>,
        steps: &'a Steps,
    ) -> Self {
        Self { data_file, subject, holdout, own_experiment, steps, truths: RefCell::default() }
    }

    /// Whether the segment targets the subject. Recursion ends: compiling a data file breaks cycles and bounds the depth.
    pub fn is_targeted<O: TargetingObserver>(&self, index: SegmentIndex, observer: &mut O) -> bool {
        let segment = &self.data_file[index];
        if let Some(known) = segment.remembered.and_then(|number| self.known(number)) {
            observer.segment_is_known(index);
            return known;
        }
        observer.segment_begins(index, segment.id);
        let targeted = evaluate(&segment.tree, observer, |group, observer| {
            observer.group_begins();
            evaluate(group, observer, |term, observer| self.holds(term, observer))
        });
        observer.segment_ends(targeted);
        if let Some(number) = segment.remembered {
            self.remember(number, targeted);
        }
        targeted
    }

    /// Whether a condition holds, before `isInclude`; one that refers to a segment does not.
    pub fn condition_holds(&self, condition: &Condition) -> bool {
        conditions::holds(condition, self)
    }

    fn holds<O: TargetingObserver>(&self, term: &Term, observer: &mut O) -> bool {
        let truth = match &term.condition {
            Condition::Segment(segment) => self.is_targeted(*segment, observer),
            condition => match observer.truth(term, self.subject.visitor) {
                Some(known) => known,
                None => conditions::holds(condition, self),
            },
        };
        observer.condition_evaluated(term, truth, || conditions::describe(&term.condition, self));
        truth == term.include
    }

    fn known(&self, number: u32) -> Option<bool> {
        self.truths.borrow().get(number as usize).copied().flatten()
    }

    fn remember(&self, number: u32, truth: bool) {
        let mut truths = self.truths.borrow_mut();
        if truths.is_empty() {
            truths.resize(self.data_file.remembered_segments as usize, None);
        }
        truths[number as usize] = Some(truth);
    }

    fn matching(&self) -> Matching<'_> {
        Matching { steps: self.steps, reports: &self.data_file.reports }
    }

    /// The variations assigned to the visitor, the holdout's included.
    fn assigned<'v>(&self, visitor: &'v VisitorData) -> impl Iterator<Item = AssignedVariation> + use<'v> {
        let overlay = self.holdout;
        let replaced = move |assigned: &AssignedVariation| {
            overlay.is_some_and(|overlay| overlay.experiment_id == assigned.experiment_id)
        };
        let stored = visitor.assigned_variations.as_slice().iter().copied();
        stored.filter(move |assigned| !replaced(assigned)).chain(overlay)
    }

    /// The variation assigned in an experiment.
    fn assigned_in(&self, visitor: &VisitorData, experiment_id: i64) -> Option<AssignedVariation> {
        let overlay = self.holdout.filter(|overlay| overlay.experiment_id == experiment_id);
        overlay.or_else(|| visitor.assigned_variations.get(experiment_id).copied())
    }
}

/// Evaluates an expression; with an exhaustive observer, items are all evaluated first, in order, and once.
fn evaluate<T, O: TargetingObserver>(
    expression: &Expression<T>,
    observer: &mut O,
    mut holds: impl FnMut(&T, &mut O) -> bool,
) -> bool {
    if O::EXHAUSTIVE {
        let truths: Vec<bool> = expression.items.iter().map(|item| holds(item, observer)).collect();
        return expression.evaluate(|position| truths[position]);
    }
    expression.evaluate(|position| holds(&expression.items[position], observer))
}
