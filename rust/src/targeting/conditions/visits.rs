//! `FIRST_VISIT`, `LAST_VISIT`, `VISITS`, `SAME_DAY_VISITS`, `NEW_VISITORS`, and visit scopes.

use crate::datafile::condition::{Condition, NumberTest, VisitScope};
use crate::targeting::Subject;
use crate::visitor::data::VisitorData;

fn starts<'a>(subject: &Subject<'a>) -> &'a [i64] {
    subject.visitor.map_or(&[], VisitorData::visit_starts)
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds and counts stay far below 2^53")]
fn elapsed(since: Option<&i64>, subject: &Subject<'_>) -> Option<f64> {
    since.map(|start| (subject.now - start) as f64)
}

pub(super) fn first_holds(test: NumberTest, subject: &Subject<'_>) -> bool {
    elapsed(starts(subject).last(), subject).is_some_and(|elapsed| test.holds(elapsed))
}

pub(super) fn last_holds(test: NumberTest, subject: &Subject<'_>) -> bool {
    elapsed(starts(subject).first(), subject).is_some_and(|elapsed| test.holds(elapsed))
}

/// How many visits, the current one included.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub(super) fn number(subject: &Subject<'_>) -> f64 {
    (starts(subject).len() + 1) as f64
}

/// How many visits today: previous ones from the newest to the first of an earlier day, and the current one.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub(super) fn same_day(subject: &Subject<'_>) -> f64 {
    let today = |start: i64| start >= subject.day_start;
    let previous = starts(subject).iter().take_while(|start| today(**start)).count();
    let current = subject.visitor.is_none_or(|visitor| today(visitor.time_started.get()));
    (previous + usize::from(current)) as f64
}

pub(super) fn is_new(subject: &Subject<'_>) -> bool {
    starts(subject).is_empty()
}

/// From when on assignments and conversions count (spec 1 §5, visit scope).
pub(super) fn threshold(scope: VisitScope, visitor: &VisitorData) -> i64 {
    let Some(visits) = visitor.visits() else { return 0 };
    match scope {
        VisitScope::Visits(count) if !visits.starts.is_empty() => {
            let place = (count as usize - 2).min(visits.starts.len() - 1);
            visits.starts[place]
        }
        _ => visitor.time_started.get(),
    }
}

pub(super) fn figure(condition: &Condition, subject: &Subject<'_>) -> String {
    let milliseconds = |start| match elapsed(start, subject) {
        Some(elapsed) => format!("{elapsed} ms ago"),
        None => "no previous visit".into(),
    };
    match condition {
        Condition::FirstVisit(_) => milliseconds(starts(subject).last()),
        Condition::LastVisit(_) => milliseconds(starts(subject).first()),
        Condition::SameDayVisits(_) => format!("{} today", same_day(subject)),
        _ => format!("{} in all", number(subject)),
    }
}
