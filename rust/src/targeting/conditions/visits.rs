//! `FIRST_VISIT`, `LAST_VISIT`, `VISITS`, `SAME_DAY_VISITS`, `NEW_VISITORS`, and visit scopes.

use super::Family;
use crate::datafile::condition::{VisitCondition, VisitScope};
use crate::targeting::{Subject, Targeting};
use crate::visitor::data::VisitorData;

impl Family for VisitCondition {
    fn holds(&self, targeting: &Targeting<'_>) -> bool {
        let subject = targeting.subject;
        let starts = starts(subject);
        match self {
            Self::First(test) => elapsed(starts.last(), subject).is_some_and(|elapsed| test.holds(elapsed)),
            Self::Last(test) => elapsed(starts.first(), subject).is_some_and(|elapsed| test.holds(elapsed)),
            Self::Count(test) => test.holds(count(starts)),
            Self::Today(test) => test.holds(today(subject)),
            Self::New(asked) => starts.is_empty() == *asked,
        }
    }

    fn describe(&self, targeting: &Targeting<'_>) -> Option<String> {
        let subject = targeting.subject;
        let starts = starts(subject);
        let milliseconds = |start| match elapsed(start, subject) {
            Some(elapsed) => format!("{elapsed} ms ago"),
            None => "no previous visit".into(),
        };
        Some(match self {
            Self::First(_) => milliseconds(starts.last()),
            Self::Last(_) => milliseconds(starts.first()),
            Self::Today(_) => format!("{} today", today(subject)),
            Self::Count(_) | Self::New(_) => format!("{} in all", count(starts)),
        })
    }
}

/// The starts of the previous visits, newest first.
fn starts<'a>(subject: &Subject<'a>) -> &'a [i64] {
    subject.visitor.map_or(&[], VisitorData::visit_starts)
}

/// Milliseconds since the start of a visit, which may be any number that the service has sent.
#[expect(clippy::cast_precision_loss, reason = "milliseconds stay far below 2^53, and absurd ones need not be exact")]
fn elapsed(start: Option<&i64>, subject: &Subject<'_>) -> Option<f64> {
    start.map(|start| subject.now.saturating_sub(*start) as f64)
}

/// How many visits, the current one included.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn count(starts: &[i64]) -> f64 {
    (starts.len() + 1) as f64
}

/// How many visits today: previous ones from the newest to the first of an earlier day, and the current one.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn today(subject: &Subject<'_>) -> f64 {
    let is_today = |start: i64| start >= subject.day_start;
    let previous = starts(subject).iter().take_while(|start| is_today(**start)).count();
    let current = subject.visitor.is_none_or(|visitor| is_today(visitor.time_started.get()));
    (previous + usize::from(current)) as f64
}

/// From when on assignments and conversions count.
pub(super) fn threshold(scope: VisitScope, visitor: &VisitorData) -> i64 {
    let Some(visits) = visitor.visits() else { return 0 };
    match scope {
        VisitScope::Visits(count) if !visits.starts.is_empty() => {
            let back = (count as usize - 2).min(visits.starts.len() - 1);
            visits.starts[back]
        }
        _ => visitor.time_started.get(),
    }
}
