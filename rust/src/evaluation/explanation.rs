//! Each step that decided an evaluation, as data. An observer of the one evaluator, not a second evaluator.
//!
//! Segments are listed, not nested: one that several conditions refer to is there once, and however deep segments refer to
//! one another, nobody who reads an explanation needs to recurse.

use std::fmt::Write as _;

use hashbrown::HashMap;

use super::{Observer, RuleStep};
use crate::datafile::condition::Term;
use crate::datafile::index::SegmentIndex;
use crate::datafile::model::{Flag, Rule, RuleKind};
use crate::targeting::TargetingObserver;

/// The steps of one evaluation, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Explanation {
    /// What came before the rules: simulation, holdout, group.
    pub steps: Vec<String>,
    /// The rules that were asked.
    pub rules: Vec<RuleExplanation>,
    /// The segments that were evaluated. One that a condition refers to stands before that condition's own segment.
    pub segments: Vec<SegmentExplanation>,
}

/// A rule that was asked.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleExplanation {
    /// Its id.
    pub rule_id: i64,
    /// `EXPERIMENTATION`, `TARGETED_DELIVERY` or `UNKNOWN`.
    pub kind: &'static str,
    /// Its experiment.
    pub experiment_id: i64,
    /// Its targeting, if it was asked and there is any: a position in [`Explanation::segments`].
    pub segment: Option<usize>,
    /// What came of it, in words.
    pub result: String,
    /// Whether it gave the answer.
    pub decided: bool,
}

/// A segment that was evaluated.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SegmentExplanation {
    /// Its id.
    pub segment_id: i64,
    /// Whether it targets the visitor.
    pub targeted: bool,
    /// Its groups of conditions.
    pub groups: Vec<Vec<ConditionExplanation>>,
}

/// A condition that was evaluated.
#[derive(Clone, Debug, PartialEq)]
pub struct ConditionExplanation {
    /// Its `targetingType`.
    pub kind: String,
    /// Its other fields.
    pub definition: String,
    /// Whether it counts as it is (`isInclude`), or negated.
    pub include: bool,
    /// Its truth with `isInclude` applied.
    pub holds: bool,
    /// What the visitor has.
    pub visitor_has: String,
    /// The segment that it refers to: a position in [`Explanation::segments`].
    pub segment: Option<usize>,
}

/// Collects an [`Explanation`].
#[derive(Default)]
pub struct Explainer {
    explanation: Explanation,
    /// Segments that are being evaluated, the innermost last.
    open: Vec<(SegmentIndex, SegmentExplanation)>,
    /// The segment that was evaluated last, a position in [`Explanation::segments`].
    closed: Option<usize>,
    /// Where the segments of the rule that is asked stand.
    known: HashMap<SegmentIndex, usize, foldhash::fast::FixedState>,
    /// The bucket of the experiment that was asked last.
    bucket: f64,
}

impl Explainer {
    /// What was collected.
    pub fn finish(self) -> Explanation {
        self.explanation
    }
}

impl TargetingObserver for Explainer {
    const EXHAUSTIVE: bool = true;

    fn segment_begins(&mut self, segment: SegmentIndex, segment_id: i64) {
        self.open.push((segment, SegmentExplanation { segment_id, ..SegmentExplanation::default() }));
    }

    fn group_begins(&mut self) {
        if let Some((_, segment)) = self.open.last_mut() {
            segment.groups.push(Vec::new());
        }
    }

    fn condition_evaluated(&mut self, term: &Term, truth: bool, describe: impl FnOnce() -> String) {
        let condition = ConditionExplanation {
            kind: term.kind.to_string(),
            definition: term.definition.to_string(),
            include: term.include,
            holds: truth == term.include,
            visitor_has: describe(),
            segment: self.closed.take(),
        };
        if let Some(group) = self.open.last_mut().and_then(|(_, segment)| segment.groups.last_mut()) {
            group.push(condition);
        }
    }

    fn segment_ends(&mut self, targeted: bool) {
        if let Some((index, segment)) = self.open.pop() {
            let position = self.explanation.segments.len();
            self.explanation.segments.push(SegmentExplanation { targeted, ..segment });
            self.known.insert(index, position);
            self.closed = Some(position);
        }
    }

    fn segment_is_known(&mut self, segment: SegmentIndex) {
        self.closed = self.known.get(&segment).copied();
    }
}

impl Observer for Explainer {
    fn simulated(&mut self) {
        self.explanation.steps.push("a simulated variation is the answer".into());
    }

    fn holdout(&mut self, bucket: f64, key: Option<&str>) {
        let chosen = key.map_or_else(|| "no variation".into(), |key| format!("variation {key:?}"));
        self.explanation.steps.push(format!("holdout: bucket {bucket} gives {chosen}"));
    }

    fn group(&mut self, name: &str, bucket: f64, chosen: &Flag, own: bool) {
        let verdict = if own { "this flag" } else { "another flag" };
        let step = format!("mutually exclusive group {name:?}: bucket {bucket} chooses {:?}, {verdict}", chosen.key);
        self.explanation.steps.push(step);
    }

    fn experiment(&mut self, bucket: f64) {
        self.bucket = bucket;
    }

    fn rule_begins(&mut self, _rule: &Rule) {
        self.closed = None;
        self.known.clear();
    }

    fn rule_ends(&mut self, rule: &Rule, step: RuleStep) {
        let (result, decided) = match step {
            RuleStep::Forced => ("its forced variation is the answer".into(), true),
            RuleStep::NotTargeted => ("it does not target the visitor".into(), false),
            RuleStep::NotExposed { bucket, stops } => {
                let end = if stops { "; a targeted delivery ends here, with the default" } else { "" };
                (format!("bucket {bucket} is beyond its exposition {}{end}", rule.exposition), stops)
            }
            RuleStep::ConsentRefused => ("consent was refused".into(), true),
            RuleStep::Bandit => ("the visitor's bandit scores choose".into(), true),
            RuleStep::Delivered => ("it delivers its first variation".into(), true),
            RuleStep::Experiment { found } => {
                let mut text = format!("bucket {} against", self.bucket);
                for share in &rule.shares {
                    let _ = write!(text, " {:?} up to {},", share.key, share.cumulative); // cannot fail
                }
                text.push_str(if found { " the first that reaches it is the answer" } else { " none reaches it" });
                (text, found)
            }
        };
        self.explanation.rules.push(RuleExplanation {
            rule_id: rule.id,
            kind: match rule.kind {
                RuleKind::Experimentation => "EXPERIMENTATION",
                RuleKind::TargetedDelivery => "TARGETED_DELIVERY",
                RuleKind::Unknown => "UNKNOWN",
            },
            experiment_id: rule.experiment_id,
            segment: self.closed.take(),
            result,
            decided,
        });
    }
}
