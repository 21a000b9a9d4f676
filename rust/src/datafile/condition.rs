//! Targeting conditions as data: operators resolved, patterns and sets compiled. Made by
//! `compile_condition`; their truth for a visitor is found in [`crate::targeting`].
//!
//! A family is an enum of conditions that look at the same part of a visitor. [`Condition`] only names the families.

use std::sync::atomic::{AtomicBool, Ordering};

use compact_str::CompactString;
use hashbrown::HashSet;

use super::index::SegmentIndex;
use super::reports::Reports;
use crate::numbers::Version;
use crate::pattern::{Pattern, Steps};

/// A boolean expression over items joined by AND and OR, in the order of the data file.
///
/// It is evaluated from left to right in one pass (see [`Expression::evaluate`]), so its size costs no stack.
#[derive(Debug)]
pub struct Expression<T> {
    /// The operands.
    pub items: Box<[T]>,
    /// `true` is OR. A missing operator yields the value on its right **(kept quirk)**.
    pub or_operators: Box<[bool]>,
}

impl<T> Default for Expression<T> {
    fn default() -> Self {
        Self { items: Box::default(), or_operators: Box::default() }
    }
}

impl<T> Expression<T> {
    /// The value of the expression, where `holds` tells that of the item at a position. An empty expression is true.
    ///
    /// `a AND b AND c OR d` is `(a AND b) AND (c OR d)` **(kept quirk)**: an AND binds exactly two items, whatever
    /// follows is one operand.
    pub fn evaluate(&self, mut holds: impl FnMut(usize) -> bool) -> bool {
        let count = self.items.len();
        let mut position = 0;
        loop {
            if position >= count {
                return true;
            }
            let is_pair = self.or_operators.get(position) == Some(&false) && position + 1 < count;
            let value = holds(position) && (!is_pair || holds(position + 1));
            let taken = 1 + usize::from(is_pair);
            if position + taken >= count {
                return value;
            }
            match self.or_operators.get(position + taken - 1) {
                Some(true) if value => return true,
                Some(false) if !value => return false,
                _ => position += taken,
            }
        }
    }
}

/// The two levels of `conditionsData`: groups of conditions.
pub type ConditionTree = Expression<Expression<Term>>;

/// A condition as a group holds it: maybe negated.
#[derive(Debug)]
pub struct Term {
    /// The term's number: all terms of a data file are numbered from 0, so that a table can say something of each.
    pub number: u32,
    /// What is asked of the visitor.
    pub condition: Condition,
    /// `isInclude`: false negates.
    pub include: bool,
    /// `targetingType` as it stands in the data file, for explanations.
    pub kind: Box<str>,
    /// The condition's other fields as compact JSON, for explanations.
    pub definition: Box<str>,
}

/// How a text is compared.
#[derive(Debug)]
pub enum TextTest {
    /// Equal.
    Exact(Box<str>),
    /// Contains.
    Contains(Box<str>),
    /// Matches as a whole.
    Pattern(PatternTest),
}

/// A pattern with its owner, for the log.
#[derive(Debug)]
pub struct PatternTest {
    /// The pattern.
    pub pattern: Pattern,
    /// What the pattern belongs to, as `PAGE_URL of segment 12`.
    pub owner: Box<str>,
    /// Whether the log was told that a match gave up.
    pub gave_up: AtomicBool,
}

/// What patterns need of the evaluation that asks them.
#[derive(Clone, Copy)]
pub struct Matching<'a> {
    /// The steps that the evaluation's patterns may take.
    pub steps: &'a Steps,
    /// Where a pattern that gives up is told of.
    pub reports: &'a Reports,
}

/// How a number is compared with the condition's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// The visitor's number is equal.
    Equal,
    /// The visitor's number is greater.
    Greater,
    /// The visitor's number is lower.
    Lower,
}

/// A number to compare with.
#[derive(Clone, Copy, Debug)]
pub struct NumberTest {
    /// How.
    pub comparison: Comparison,
    /// With what.
    pub value: f64,
}

/// A version to compare with.
#[derive(Debug)]
pub struct VersionTest {
    /// How.
    pub comparison: Comparison,
    /// With what.
    pub version: Version,
}

/// What is asked of the values of a custom datum.
#[derive(Debug)]
pub enum CustomDataTest {
    /// There is no custom datum at the index.
    Undefined,
    /// Some value passes the text test.
    Text(TextTest),
    /// Some value, as a float, compares so; the first that is no number makes it false.
    Number(NumberTest),
    /// Some value is among these.
    AmongValues(HashSet<CompactString, foldhash::fast::FixedState>),
    /// Never true: the condition's own value is missing or unreadable.
    Never,
}

/// How far back an assignment or conversion counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VisitScope {
    /// Since the current visit began.
    CurrentVisit,
    /// Since that many visits ago (2 or more).
    Visits(u32),
}

/// What [`CampaignCondition::Exclusive`] excludes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CampaignKind {
    /// Other experiments.
    Experiment,
    /// Personalizations.
    Personalization,
    /// Both.
    Any,
}

/// A targeting condition: a family, or what needs no visitor.
#[derive(Debug)]
pub enum Condition {
    /// The visitor code.
    VisitorCode(TextTest),
    /// Custom data.
    CustomData(CustomDataCondition),
    /// Pages that were viewed.
    Page(PageCondition),
    /// The visitor's device, software and whereabouts.
    Device(DeviceCondition),
    /// What the visitor did in experiments, personalizations and goals.
    Campaign(CampaignCondition),
    /// Visits.
    Visit(VisitCondition),
    /// `SDK_LANGUAGE`: depends on nothing but the data file.
    Constant(bool),
    /// `SEGMENT`: another segment.
    Segment(SegmentIndex),
    /// Never true: unknown or unreadable.
    Never,
}

/// `CUSTOM_DATUM`
#[derive(Debug)]
pub struct CustomDataCondition {
    /// The index of the custom data.
    pub index: i64,
    /// What is asked of the values there.
    pub test: CustomDataTest,
}

/// Conditions on pages that were viewed.
#[derive(Debug)]
pub enum PageCondition {
    /// `PAGE_URL`: the url of the page viewed last.
    Url(TextTest),
    /// `PAGE_TITLE`: its title.
    Title(TextTest),
    /// `PREVIOUS_PAGE`: the url of the page viewed second to last.
    PreviousUrl(TextTest),
    /// `PAGE_VIEWS`: all views of all pages.
    Views(NumberTest),
}

/// Conditions on the visitor's device, software and whereabouts. Kinds are numbers of [`crate::kinds`]; `None` is a name that
/// no visitor has.
#[derive(Debug)]
pub enum DeviceCondition {
    /// `DEVICE_TYPE`
    Type(Option<u8>),
    /// `OPERATING_SYSTEM`
    OperatingSystem(Option<u8>),
    /// `BROWSER`, with a version if one is asked for.
    Browser {
        /// The browser.
        number: Option<u8>,
        /// The version's `major.minor` as a float.
        version: Option<NumberTest>,
    },
    /// `APPLICATION_VERSION`
    ApplicationVersion(VersionTest),
    /// `COOKIE`
    Cookie {
        /// For the cookie's name.
        name: TextTest,
        /// For its value.
        value: TextTest,
    },
    /// `GEOLOCATION`; all lower-cased.
    Geolocation {
        /// The country.
        country: Box<str>,
        /// The region, if asked for.
        region: Option<Box<str>>,
        /// The city, if asked for.
        city: Option<Box<str>>,
    },
}

/// Conditions on what the visitor did in experiments, personalizations and goals.
#[derive(Debug)]
pub enum CampaignCondition {
    /// `CONVERSIONS`
    Conversions {
        /// The goal; `None` is any.
        goal_id: Option<i64>,
        /// Since when.
        scope: VisitScope,
    },
    /// `TARGET_FEATURE_FLAG`
    FeatureFlag {
        /// The experiments of the flag's rules.
        experiments: IdSet,
        /// The variation's key, if asked for, resolved: the variation ids that have it.
        variations: Option<IdSet>,
        /// Since when.
        scope: VisitScope,
    },
    /// `TARGET_EXPERIMENT`
    Experiment {
        /// The experiment.
        experiment_id: i64,
        /// The variation, with `EXACT`.
        variation_id: Option<i64>,
        /// Since when.
        scope: VisitScope,
    },
    /// `TARGET_PERSONALIZATION`
    Personalization {
        /// The personalization.
        personalization_id: i64,
        /// Since when.
        scope: VisitScope,
    },
    /// `EXCLUSIVE_EXPERIMENT`
    Exclusive {
        /// What is excluded.
        campaigns: CampaignKind,
        /// Since when.
        scope: VisitScope,
    },
    /// `EXCLUSIVE_FEATURE_FLAG` (level 3.4)
    ExclusiveFeatureFlag,
    /// `HEAT_SLICE`
    HeatSlice {
        /// The key moment.
        key_moment_id: i64,
        /// The goal.
        goal_id: i64,
        /// Inclusive.
        lower: f64,
        /// Inclusive.
        upper: f64,
    },
}

/// Ids to be found among.
pub type IdSet = HashSet<i64, foldhash::fast::FixedState>;

/// Conditions on visits.
#[derive(Debug)]
pub enum VisitCondition {
    /// `FIRST_VISIT`: milliseconds since the oldest known visit began.
    First(NumberTest),
    /// `LAST_VISIT`: milliseconds since the newest previous visit began.
    Last(NumberTest),
    /// `VISITS`: how many, the current one included.
    Count(NumberTest),
    /// `SAME_DAY_VISITS`: how many today, the current one included.
    Today(NumberTest),
    /// `NEW_VISITORS`: whether new visitors are asked for, or returning ones.
    New(bool),
}

impl TextTest {
    /// Whether `text` passes.
    pub fn holds(&self, text: &str, matching: Matching<'_>) -> bool {
        match self {
            Self::Exact(expected) => **expected == *text,
            Self::Contains(part) => text.contains(&**part),
            Self::Pattern(test) => test.holds(text, matching),
        }
    }
}

impl PatternTest {
    /// Whether the pattern matches the whole of `text`. One that gives up does not, and is told of once.
    fn holds(&self, text: &str, matching: Matching<'_>) -> bool {
        self.pattern.is_full_match(text, matching.steps).unwrap_or_else(|_| {
            if !self.gave_up.swap(true, Ordering::Relaxed) {
                matching.reports.add(format!(
                    "pattern {:?} ({}) gave up on a text of {} bytes, which counts as no match; hint: it backtracks too \
                     much, write it without repetitions inside repetitions",
                    self.pattern.source(),
                    self.owner,
                    text.len(),
                ));
            }
            false
        })
    }
}

impl NumberTest {
    /// Whether `number` passes.
    #[expect(clippy::float_cmp, reason = "Python compares the numbers exactly")]
    pub fn holds(&self, number: f64) -> bool {
        match self.comparison {
            Comparison::Equal => number == self.value,
            Comparison::Greater => number > self.value,
            Comparison::Lower => number < self.value,
        }
    }
}

impl VersionTest {
    /// Whether `version` passes.
    pub fn holds(&self, version: &Version) -> bool {
        match self.comparison {
            Comparison::Equal => *version == self.version,
            Comparison::Greater => *version > self.version,
            Comparison::Lower => *version < self.version,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Expression;

    /// The recursive definition of docs/targeting.md#segments, word for word.
    fn by_definition(items: &[bool], operators: &[bool]) -> bool {
        match (items, operators) {
            ([], _) => true,
            ([only], _) => *only,
            ([_, rest @ ..], []) => by_definition(rest, &[]),
            ([first, rest @ ..], [true, operators @ ..]) => *first || by_definition(rest, operators),
            ([first, second, rest @ ..], [false, operators @ ..]) => {
                let pair = *first && *second;
                match (rest, operators) {
                    ([], _) => pair,
                    (rest, []) => by_definition(rest, &[]),
                    (rest, [true, operators @ ..]) => pair || by_definition(rest, operators),
                    (rest, [false, operators @ ..]) => pair && by_definition(rest, operators),
                }
            }
        }
    }

    #[test]
    fn one_pass_is_the_recursive_definition() {
        let bits = |number: usize, count: usize| (0..count).map(|bit| number >> bit & 1 == 1).collect::<Vec<_>>();
        for count in 0..7 {
            for operator_count in 0..=count {
                for items in 0..1 << count {
                    for operators in 0..1 << operator_count {
                        let (items, operators) = (bits(items, count), bits(operators, operator_count));
                        let expected = by_definition(&items, &operators);
                        let expression =
                            Expression { items: items.clone().into(), or_operators: operators.clone().into() };
                        assert_eq!(
                            expression.evaluate(|position| expression.items[position]),
                            expected,
                            "{items:?} {operators:?}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn a_long_expression_takes_no_stack() {
        let expression = Expression { items: vec![false; 1_000_000].into(), or_operators: vec![true; 999_999].into() };
        assert!(!expression.evaluate(|position| expression.items[position]));
    }
}
