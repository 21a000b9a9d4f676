//! Why an answer is what it is, in a word: what a program can decide by, where an [explanation](super::explanation) is for
//! people.

use super::{Observer, RuleStep};
use crate::datafile::model::{Flag, IN_HOLDOUT, Rule};
use crate::targeting::TargetingObserver;

/// Why somebody has a variation, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Reason {
    /// A rule targets the visitor and gives the variation.
    Targeted,
    /// No rule targets the visitor: the default.
    NotTargeted,
    /// A rule targets the visitor, whose bucket is beyond its exposition or its variations: the default.
    NotExposed,
    /// The holdout has the visitor: the default.
    Holdout,
    /// The flag's mutually exclusive group has chosen another flag: the default.
    OtherFlagOfGroup,
    /// The flag is disabled: nothing.
    Disabled,
    /// The visitor code cannot be used: nothing.
    InvalidVisitorCode,
    /// The visitor simulates the variation.
    Simulated,
    /// The variation is forced for the visitor.
    Forced,
    /// The visitor refused consent: the default, or nothing.
    ConsentRefused,
}

impl Reason {
    /// All reasons in words, by number.
    pub const WORDS: [&str; 10] = [
        "targeted",
        "not targeted",
        "not exposed",
        "holdout",
        "other flag of the group",
        "disabled",
        "invalid visitor code",
        "simulated",
        "forced",
        "consent refused",
    ];

    /// The reason in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        Self::WORDS[self as usize]
    }
}

/// An observer that keeps why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Because {
    /// Why.
    pub reason: Reason,
    /// The id of the rule that has decided, if one has.
    pub rule_id: Option<i64>,
    /// Whether that rule has chosen by the visitor's bucket.
    pub is_split: bool,
    /// Whether that rule has a segment: then it holds for the visitor.
    pub has_segment: bool,
    /// Whether the flag has any rule.
    pub has_rules: bool,
}

impl Because {
    /// For an evaluation of a flag that begins.
    pub fn of(flag: &Flag) -> Self {
        let has_rules = !flag.rules.is_empty();
        Self { reason: Reason::NotTargeted, rule_id: None, is_split: false, has_segment: false, has_rules }
    }
}

impl TargetingObserver for Because {}

impl Observer for Because {
    fn simulated(&mut self) {
        self.reason = Reason::Simulated;
    }

    fn holdout(&mut self, _bucket: f64, key: Option<&str>) {
        if key == Some(IN_HOLDOUT) {
            self.reason = Reason::Holdout;
        }
    }

    fn group(&mut self, _name: &str, _bucket: f64, _chosen: &Flag, own: bool) {
        if !own {
            self.reason = Reason::OtherFlagOfGroup;
        }
    }

    fn rule_ends(&mut self, rule: &Rule, step: RuleStep) {
        let (reason, decides) = match step {
            RuleStep::NotTargeted => return,
            RuleStep::NotExposed { stops, .. } => (Reason::NotExposed, stops),
            RuleStep::Experiment { found: false } => (Reason::NotExposed, false),
            RuleStep::Experiment { found: true } | RuleStep::Delivered | RuleStep::Bandit => (Reason::Targeted, true),
            RuleStep::Forced => (Reason::Forced, true),
            RuleStep::ConsentRefused => (Reason::ConsentRefused, true),
        };
        self.reason = reason;
        self.rule_id = decides.then_some(rule.id);
        self.is_split = step == RuleStep::Experiment { found: true } || (decides && rule.exposition < 1.0);
        self.has_segment = decides && rule.segment.is_some();
    }
}
