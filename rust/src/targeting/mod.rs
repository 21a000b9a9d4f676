//! Whether a segment targets a visitor (spec 1 §5). Sees a visitor and a model; changes neither.

mod conditions;

use std::cell::Cell;

use crate::datafile::condition::{Condition, Expression, Term};
use crate::datafile::model::DataFile;
use crate::visitor::data::{LastChoice, VisitorData};

/// What a stored visitor remembers of its own code's hashes, for the time of a call.
#[derive(Clone, Copy)]
pub struct Memory<'a> {
    /// The data file's generation.
    pub generation: u32,
    /// The choice that was made last.
    pub choice: &'a Cell<LastChoice>,
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
    /// What is remembered of the code's hashes, if it is the code under which the visitor lies.
    pub memory: Option<Memory<'a>>,
}

/// Watches the evaluation of a targeting tree. Does nothing, and costs nothing, unless it says otherwise.
pub trait TargetingObserver {
    /// Whether every condition is to be evaluated, also where the answer is known without it.
    const EXHAUSTIVE: bool = false;

    /// A segment is about to be evaluated; `nested` if by a condition of another one.
    fn segment_begins(&mut self, _segment_id: i64, _nested: bool) {}

    /// A group of conditions is about to be evaluated.
    fn group_begins(&mut self) {}

    /// A condition was evaluated; `truth` is before `isInclude`. `figure` tells what the visitor has.
    fn condition_evaluated(&mut self, _term: &Term, _truth: bool, _figure: impl FnOnce() -> String) {}

    /// A segment was evaluated.
    fn segment_ends(&mut self, _targeted: bool) {}
}

/// Nobody watches.
pub struct Unobserved;

impl TargetingObserver for Unobserved {}

/// Evaluates segments for one subject within one campaign.
pub struct Targeting<'a> {
    /// The data file.
    pub data_file: &'a DataFile,
    /// The subject.
    pub subject: Subject<'a>,
    /// The experiment of the rule that asks; `None` for an audience.
    pub own_experiment: Option<i64>,
}

impl Targeting<'_> {
    /// Whether the segment at `place` targets the subject.
    pub fn is_targeted<O: TargetingObserver>(&self, place: usize, observer: &mut O) -> bool {
        self.segment(place, false, observer)
    }

    /// Recursion ends: compiling a data file breaks cycles and bounds the depth.
    fn segment<O: TargetingObserver>(&self, place: usize, nested: bool, observer: &mut O) -> bool {
        let segment = &self.data_file.segments[place];
        observer.segment_begins(segment.id, nested);
        let targeted = evaluate(&segment.tree, observer, |group, observer| {
            observer.group_begins();
            evaluate(group, observer, |term, observer| self.term(term, observer))
        });
        observer.segment_ends(targeted);
        targeted
    }

    fn term<O: TargetingObserver>(&self, term: &Term, observer: &mut O) -> bool {
        let truth = match &term.condition {
            Condition::Segment(place) => self.segment(*place, true, observer),
            condition => conditions::holds(condition, &self.subject, self.own_experiment),
        };
        observer.condition_evaluated(term, truth, || conditions::figure(&term.condition, &self.subject));
        truth == term.include
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
        return expression.evaluate_places(|place| truths[place]);
    }
    expression.evaluate_places(|place| holds(&expression.items[place], observer))
}
