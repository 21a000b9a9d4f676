//! Targeting conditions as data (spec 1 §5): operators resolved, patterns and sets compiled. Their truth for a visitor
//! is found in [`crate::targeting`].

use compact_str::CompactString;
use hashbrown::HashSet;

use crate::numbers::Integer;
use crate::pattern::Pattern;

/// A boolean expression over items joined by AND and OR, in the order of the data file.
///
/// It is evaluated from left to right in one pass (see [`Expression::evaluate_places`]), so its size costs no stack.
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
    /// The value of the expression, where `holds` tells that of the item at a place. An empty expression is true.
    ///
    /// `a AND b AND c OR d` is `(a AND b) AND (c OR d)` **(kept quirk)**: an AND binds exactly two items, whatever
    /// follows is one operand.
    pub fn evaluate_places(&self, mut holds: impl FnMut(usize) -> bool) -> bool {
        let count = self.items.len();
        let mut place = 0;
        loop {
            if place >= count {
                return true;
            }
            let is_pair = self.or_operators.get(place) == Some(&false) && place + 1 < count;
            let value = holds(place) && (!is_pair || holds(place + 1));
            let taken = 1 + usize::from(is_pair);
            if place + taken >= count {
                return value;
            }
            match self.or_operators.get(place + taken - 1) {
                Some(true) if value => return true,
                Some(false) if !value => return false,
                _ => place += taken,
            }
        }
    }
}

/// The two levels of `conditionsData`: groups of conditions.
pub type ConditionTree = Expression<Expression<Term>>;

/// A condition in its place.
#[derive(Debug)]
pub struct Term {
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
    Pattern(Pattern),
}

/// How a number is compared with the condition's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// The visitor's figure is equal.
    Equal,
    /// The visitor's figure is greater.
    Greater,
    /// The visitor's figure is lower.
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

/// A version to compare with, as (major, minor, patch).
#[derive(Debug)]
pub struct VersionTest {
    /// How.
    pub comparison: Comparison,
    /// With what.
    pub version: [Integer; 3],
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

/// What [`Condition::ExclusiveExperiment`] excludes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CampaignKind {
    /// Other experiments.
    Experiment,
    /// Personalizations.
    Personalization,
    /// Both.
    Any,
}

/// A targeting condition (the table of spec 1 §5).
#[derive(Debug)]
pub enum Condition {
    /// `CUSTOM_DATUM`
    CustomData {
        /// The custom datum's index.
        index: i64,
        /// What is asked of it.
        test: CustomDataTest,
    },
    /// `VISITOR_CODE`
    VisitorCode(TextTest),
    /// `PAGE_URL`
    PageUrl(TextTest),
    /// `PAGE_TITLE`
    PageTitle(TextTest),
    /// `PREVIOUS_PAGE`
    PreviousPage(TextTest),
    /// `PAGE_VIEWS`
    PageViews(NumberTest),
    /// `DEVICE_TYPE`, by name.
    Device(Box<str>),
    /// `OPERATING_SYSTEM`, by name.
    OperatingSystem(Box<str>),
    /// `BROWSER`, by name, with a version if one is asked for.
    Browser {
        /// The browser's name.
        name: Box<str>,
        /// The version's `major.minor` as a float.
        version: Option<NumberTest>,
    },
    /// `APPLICATION_VERSION`
    ApplicationVersion(VersionTest),
    /// `SDK_LANGUAGE`: depends on nothing but the data file.
    Constant(bool),
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
    /// `CONVERSIONS`
    Conversions {
        /// The goal; `None` is any.
        goal_id: Option<i64>,
        /// Since when.
        scope: VisitScope,
    },
    /// `TARGET_FEATURE_FLAG`
    TargetFeatureFlag {
        /// The experiments of the flag's rules.
        experiments: Box<[i64]>,
        /// The variation's key, if asked for, resolved: the variation ids that have it.
        variations: Option<Box<[i64]>>,
        /// Since when.
        scope: VisitScope,
    },
    /// `TARGET_EXPERIMENT`
    TargetExperiment {
        /// The experiment.
        experiment_id: i64,
        /// The variation, with `EXACT`.
        variation_id: Option<i64>,
        /// Since when.
        scope: VisitScope,
    },
    /// `TARGET_PERSONALIZATION`
    TargetPersonalization {
        /// The personalization.
        personalization_id: i64,
        /// Since when.
        scope: VisitScope,
    },
    /// `EXCLUSIVE_EXPERIMENT`
    ExclusiveExperiment {
        /// What is excluded.
        campaigns: CampaignKind,
        /// Since when.
        scope: VisitScope,
    },
    /// `EXCLUSIVE_FEATURE_FLAG` (level 3.4)
    ExclusiveFeatureFlag,
    /// `FIRST_VISIT`: milliseconds since the oldest known visit began.
    FirstVisit(NumberTest),
    /// `LAST_VISIT`: milliseconds since the newest previous visit began.
    LastVisit(NumberTest),
    /// `VISITS`
    Visits(NumberTest),
    /// `SAME_DAY_VISITS`
    SameDayVisits(NumberTest),
    /// `NEW_VISITORS`
    NewVisitors {
        /// Whether new visitors are asked for, or returning ones.
        new: bool,
    },
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
    /// `SEGMENT`: the segment's place in the table.
    Segment(usize),
    /// Never true: unknown or unreadable.
    Never,
}

impl Condition {
    /// Whether some pattern in it is matched by the host.
    pub fn needs_host(&self) -> bool {
        match self {
            Self::VisitorCode(test)
            | Self::PageUrl(test)
            | Self::PageTitle(test)
            | Self::PreviousPage(test)
            | Self::CustomData { test: CustomDataTest::Text(test), .. } => test.needs_host(),
            Self::Cookie { name, value } => name.needs_host() || value.needs_host(),
            _ => false,
        }
    }
}

impl TextTest {
    /// Whether the host matches its pattern.
    pub fn needs_host(&self) -> bool {
        matches!(self, Self::Pattern(pattern) if pattern.needs_host())
    }

    /// Whether `text` passes.
    pub fn holds(&self, text: &str) -> bool {
        match self {
            Self::Exact(expected) => **expected == *text,
            Self::Contains(part) => text.contains(&**part),
            Self::Pattern(pattern) => pattern.is_full_match(text),
        }
    }
}

impl NumberTest {
    /// Whether `figure` passes.
    #[expect(clippy::float_cmp, reason = "Python compares the figures exactly")]
    pub fn holds(&self, figure: f64) -> bool {
        match self.comparison {
            Comparison::Equal => figure == self.value,
            Comparison::Greater => figure > self.value,
            Comparison::Lower => figure < self.value,
        }
    }
}

impl VersionTest {
    /// Whether `version` passes.
    pub fn holds(&self, version: &[Integer; 3]) -> bool {
        match self.comparison {
            Comparison::Equal => *version == self.version,
            Comparison::Greater => *version > self.version,
            Comparison::Lower => *version < self.version,
        }
    }
}

/// A version as (major, minor, patch): missing parts are 0, further ones ignored, `None` if a part is no integer.
pub fn parse_version(text: &str) -> Option<[Integer; 3]> {
    let mut version = [Integer::ZERO; 3];
    for (part, text) in version.iter_mut().zip(text.split('.')) {
        *part = Integer::parse(text)?;
    }
    Some(version)
}

#[cfg(test)]
mod tests {
    use super::Expression;

    /// The recursive definition of spec 1 §5, word for word.
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
                            expression.evaluate_places(|place| expression.items[place]),
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
        assert!(!expression.evaluate_places(|place| expression.items[place]));
    }
}
