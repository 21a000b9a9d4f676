//! The ways that evaluations of a flag can go. Each is found by one evaluation of one row, which tells what it has asked and
//! been answered; rows with the same answers come to the same end, and are not evaluated.
//!
//! Which questions there are, and what their answers come to, is known to the evaluator alone
//! ([`Observer::choose`], [`TargetingObserver::truth`]).

use super::rows::Verdict;
use super::truths::Truths;
use crate::datafile::condition::Term;
use crate::datafile::model::{Flag, Rule};
use crate::evaluation::choice::{Choice, Chosen};
use crate::evaluation::reason::Because;
use crate::evaluation::{Observer, RuleStep};
use crate::targeting::TargetingObserver;
use crate::visitor::assigned::AssignedVariation;
use crate::visitor::data::VisitorData;

/// So many ways are remembered of a flag; rows that go another one are evaluated each.
const MOST_NODES: usize = 4096;

/// The number of a node that there is not.
const NOWHERE: u32 = u32::MAX;

/// What an evaluation asks about a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// Something that lies in a bucket of the code.
    Choice(Choice),
    /// Whether a condition holds, by the number of its term: 1 or 0.
    Term(u32),
}

/// Where an evaluation ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    pub(super) verdict: Verdict,
    /// What it assigns: the holdout's variation, and the answer.
    pub(super) assigned: [Option<AssignedVariation>; 2],
}

/// A place on the way.
#[derive(Debug)]
pub(super) enum Node {
    /// No row has come here yet.
    Unknown,
    /// The next question, and the node for each answer.
    Ask(Question, Vec<u32>),
    /// The end.
    End(End),
}

/// The ways of a flag.
pub(super) struct Paths {
    nodes: Vec<Node>,
}

impl Paths {
    /// Where rows begin whose visitor has nothing, and where those whose visitor has some data.
    pub(super) const STARTS: [u32; 2] = [0, 1];

    pub(super) fn new() -> Self {
        Self { nodes: vec![Node::Unknown, Node::Unknown] }
    }

    pub(super) fn node(&self, number: u32) -> &Node {
        self.nodes.get(number as usize).unwrap_or(&Node::Unknown)
    }

    /// Where an answer leads. Where there is no room for more ways, nowhere: to what is always unknown.
    pub(super) fn follow(&mut self, from: u32, answer: usize) -> u32 {
        let count = self.nodes.len();
        let Some(Node::Ask(_, edges)) = self.nodes.get_mut(from as usize) else { return NOWHERE };
        if edges.len() <= answer {
            edges.resize(answer + 1, NOWHERE);
        }
        if edges[answer] == NOWHERE && count < MOST_NODES {
            edges[answer] = u32::try_from(count).unwrap_or(NOWHERE);
            let next = edges[answer];
            self.nodes.push(Node::Unknown);
            return next;
        }
        edges[answer]
    }

    /// Remembers a way and its end.
    pub(super) fn learn(&mut self, start: u32, way: &[(Question, usize)], end: End) {
        let mut number = start;
        for (question, answer) in way {
            match self.nodes.get_mut(number as usize) {
                None => return, // there are too many ways
                Some(node @ Node::Unknown) => *node = Node::Ask(*question, Vec::new()),
                Some(_) => {}
            }
            number = self.follow(number, *answer);
        }
        if let Some(node @ Node::Unknown) = self.nodes.get_mut(number as usize) {
            *node = Node::End(end);
        }
    }
}

/// Watches the evaluation of a row: what it asks, and how it ends.
pub(super) struct Recorder<'r, 'a> {
    /// Where the columns tell; else the visitor has the row's data itself.
    truths: Option<&'r mut Truths<'a>>,
    row: usize,
    code: &'r str,
    pub(super) way: Vec<(Question, usize)>,
    pub(super) because: Because,
}

impl<'r, 'a> Recorder<'r, 'a> {
    pub(super) fn new(flag: &Flag, truths: Option<&'r mut Truths<'a>>, row: usize, code: &'r str) -> Self {
        Self { truths, row, code, way: Vec::new(), because: Because::of(flag) }
    }
}

impl TargetingObserver for Recorder<'_, '_> {
    fn truth(&mut self, term: &Term, visitor: Option<&VisitorData>) -> Option<bool> {
        let truth = self.truths.as_mut()?.truth(term, self.row, self.code, visitor.is_some())?;
        self.way.push((Question::Term(term.number), usize::from(truth)));
        Some(truth)
    }
}

impl Observer for Recorder<'_, '_> {
    fn choose(&mut self, choice: Choice, find: impl FnOnce() -> Chosen) -> Chosen {
        let chosen = find();
        self.way.push((Question::Choice(choice), chosen.which));
        chosen
    }

    fn holdout(&mut self, bucket: f64, key: Option<&str>) {
        self.because.holdout(bucket, key);
    }

    fn group(&mut self, name: &str, bucket: f64, chosen: &Flag, own: bool) {
        self.because.group(name, bucket, chosen, own);
    }

    fn rule_ends(&mut self, rule: &Rule, step: RuleStep) {
        self.because.rule_ends(rule, step);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluation::reason::Reason;

    fn end(reason: Reason) -> End {
        End { verdict: Verdict::nothing(reason), assigned: [None; 2] }
    }

    fn walk(paths: &mut Paths, answers: &[usize]) -> Option<Reason> {
        let mut number = Paths::STARTS[0];
        for answer in answers {
            number = paths.follow(number, *answer);
        }
        match paths.node(number) {
            Node::End(end) => Some(end.verdict.reason),
            _ => None,
        }
    }

    #[test]
    fn a_way_that_was_learnt_is_found_and_others_are_not() {
        let mut paths = Paths::new();
        let (first, second) = (Question::Term(7), Question::Choice(Choice::Experiment(0)));
        paths.learn(0, &[(first, 0)], end(Reason::NotTargeted));
        paths.learn(0, &[(first, 1), (second, 2)], end(Reason::Targeted));
        assert_eq!(walk(&mut paths, &[0]), Some(Reason::NotTargeted));
        assert_eq!(walk(&mut paths, &[1, 2]), Some(Reason::Targeted));
        assert_eq!(walk(&mut paths, &[1, 1]), None);
        assert_eq!(walk(&mut paths, &[]), None);
    }

    #[test]
    fn ways_are_bounded() {
        let mut paths = Paths::new();
        for answer in 0..2 * MOST_NODES {
            paths.learn(1, &[(Question::Term(0), answer)], end(Reason::Targeted));
        }
        assert_eq!(paths.nodes.len(), MOST_NODES);
    }
}
