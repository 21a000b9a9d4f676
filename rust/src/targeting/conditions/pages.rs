//! `PAGE_URL`, `PAGE_TITLE`, `PREVIOUS_PAGE`, `PAGE_VIEWS`.

use super::Family;
use crate::datafile::condition::PageCondition;
use crate::targeting::Targeting;

impl Family for PageCondition {
    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    fn holds(&self, targeting: &Targeting<'_>) -> bool {
        let Some(visitor) = targeting.subject.visitor else { return false };
        let pages = &visitor.details().pages;
        let text = |test: &crate::datafile::condition::TextTest, text: Option<&str>| {
            text.is_some_and(|text| test.holds(text, targeting.matching()))
        };
        match self {
            Self::Url(test) => text(test, pages.latest().map(|page| &*page.view.url)),
            Self::Title(test) => text(test, pages.latest().and_then(|page| page.view.title.as_deref())),
            Self::PreviousUrl(test) => text(test, pages.previous().map(|page| &*page.view.url)),
            Self::Views(test) => test.holds(pages.views() as f64),
        }
    }

    fn describe(&self, targeting: &Targeting<'_>) -> Option<String> {
        let pages = &targeting.subject.visitor?.details().pages;
        match self {
            Self::Url(_) => pages.latest().map(|page| format!("{:?}", page.view.url)),
            Self::Title(_) => {
                pages.latest().and_then(|page| page.view.title.as_ref()).map(|title| format!("{title:?}"))
            }
            Self::PreviousUrl(_) => pages.previous().map(|page| format!("{:?}", page.view.url)),
            Self::Views(_) => Some(pages.views().to_string()),
        }
    }
}
