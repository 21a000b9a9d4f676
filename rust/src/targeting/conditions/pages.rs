//! `PAGE_URL`, `PAGE_TITLE`, `PREVIOUS_PAGE`, `PAGE_VIEWS`.

use crate::datafile::condition::{Condition, NumberTest, TextTest};
use crate::targeting::Subject;
use crate::visitor::data::PageVisit;

fn latest<'a>(subject: &Subject<'a>) -> (Option<&'a PageVisit>, Option<&'a PageVisit>) {
    subject.visitor.map_or((None, None), |visitor| visitor.latest_pages())
}

pub(super) fn url_holds(test: &TextTest, subject: &Subject<'_>) -> bool {
    latest(subject).0.is_some_and(|page| test.holds(&page.view.url))
}

pub(super) fn title_holds(test: &TextTest, subject: &Subject<'_>) -> bool {
    let title = latest(subject).0.and_then(|page| page.view.title.as_deref());
    title.is_some_and(|title| test.holds(title))
}

pub(super) fn previous_holds(test: &TextTest, subject: &Subject<'_>) -> bool {
    latest(subject).1.is_some_and(|page| test.holds(&page.view.url))
}

fn views(subject: &Subject<'_>) -> Option<i64> {
    Some(subject.visitor?.details().pages.iter().map(|page| page.count).sum())
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub(super) fn views_hold(test: NumberTest, subject: &Subject<'_>) -> bool {
    views(subject).is_some_and(|count| test.holds(count as f64))
}

pub(super) fn figure(condition: &Condition, subject: &Subject<'_>) -> Option<String> {
    let (page, previous) = latest(subject);
    match condition {
        Condition::PageUrl(_) => page.map(|page| format!("{:?}", page.view.url)),
        Condition::PageTitle(_) => page.and_then(|page| page.view.title.as_ref()).map(|title| format!("{title:?}")),
        Condition::PreviousPage(_) => previous.map(|page| format!("{:?}", page.view.url)),
        _ => views(subject).map(|count| count.to_string()),
    }
}
