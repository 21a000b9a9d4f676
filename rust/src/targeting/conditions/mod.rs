//! The truth of each condition for a subject. A family of conditions has a file of its own, where it says whether one
//! `holds`, and `describe`s in words what the subject has; here they are only told apart.

mod campaigns;
mod custom_data;
mod device;
mod pages;
mod visits;

use super::Targeting;
use crate::datafile::condition::{Condition, TextTest};

/// A family of conditions that look at the same part of a visitor.
trait Family {
    /// Whether the condition holds, before `isInclude` is applied.
    fn holds(&self, targeting: &Targeting<'_>) -> bool;

    /// What the visitor has of the kind that the condition asks for; `None` for nothing.
    fn describe(&self, targeting: &Targeting<'_>) -> Option<String>;
}

/// What does not depend on a visitor, and references to segments, which are evaluated elsewhere.
enum Fixed {
    Language(bool),
    Nothing,
}

impl Family for Fixed {
    fn holds(&self, _targeting: &Targeting<'_>) -> bool {
        matches!(self, Self::Language(true))
    }

    fn describe(&self, _targeting: &Targeting<'_>) -> Option<String> {
        match self {
            Self::Language(_) => Some("PYTHON".into()),
            Self::Nothing => Some(String::new()),
        }
    }
}

impl Family for TextTest {
    fn holds(&self, targeting: &Targeting<'_>) -> bool {
        TextTest::holds(self, targeting.subject.code, targeting.matching())
    }

    fn describe(&self, targeting: &Targeting<'_>) -> Option<String> {
        Some(format!("{:?}", targeting.subject.code))
    }
}

/// Every family, once: what is missing here does not compile.
macro_rules! with_family {
    ($condition:expr, $family:ident => $do:expr) => {
        match $condition {
            Condition::VisitorCode($family) => $do,
            Condition::CustomData($family) => $do,
            Condition::Page($family) => $do,
            Condition::Device($family) => $do,
            Condition::Campaign($family) => $do,
            Condition::Visit($family) => $do,
            Condition::Constant(truth) => {
                let $family = &Fixed::Language(*truth);
                $do
            }
            Condition::Segment(_) | Condition::Never => {
                let $family = &Fixed::Nothing;
                $do
            }
        }
    };
}

/// Whether the condition holds, before `isInclude`. A reference to a segment is not for here: it is false.
pub(super) fn holds(condition: &Condition, targeting: &Targeting<'_>) -> bool {
    with_family!(condition, family => Family::holds(family, targeting))
}

/// What the subject has of the kind that the condition asks for, in words.
pub(super) fn describe(condition: &Condition, targeting: &Targeting<'_>) -> String {
    with_family!(condition, family => Family::describe(family, targeting)).unwrap_or_else(|| "none".into())
}
