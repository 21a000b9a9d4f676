//! What one tracking request takes from the visitors, and what becomes of it.

use std::sync::Arc;

use compact_str::CompactString;
use smallvec::SmallVec;

use super::event::Line;
use super::nonce::NonceSource;
use crate::datafile::model::RuleKind;
use crate::visitor::Delivery;
use crate::visitor::data::{Consent, Details, VisitorData};
use crate::visitor::store::{Found, SharedVisitor, VisitorStore};

/// A request takes no further visitor once its body is this long. The service accepts four times as much: that leaves
/// room for a visitor with many events, and Python never copies more than this at a time while callers wait for it.
pub const FULL_BODY: usize = 655_360;

/// One tracking request.
#[derive(Default)]
pub struct Batch {
    /// The lines, joined by newlines.
    pub body: String,
    /// How many lines.
    pub events: usize,
    taken: Vec<Taken>,
}

/// What was taken of one visitor.
struct Taken {
    code: CompactString,
    /// The visitor, if several codes lead to it.
    shared: Option<SharedVisitor>,
    nonces: SmallVec<[u64; 4]>,
}

/// What a request needs to know beside the visitor.
pub struct Rules<'a> {
    /// Whether events wait for consent.
    pub consent_required: bool,
    /// Draws nonces.
    pub nonces: &'a NonceSource,
}

impl Batch {
    /// Takes everything unsent of the visitor found under `code` and marks it in flight.
    pub fn take(&mut self, code: &str, mut found: Found<'_>, rules: &Rules<'_>) {
        found.mark_drained();
        let is_mapped = found.data.mapping_identifier() == Some(code);
        let parameter = if found.unique_identifier && !is_mapped { "mappingValue" } else { "visitorCode" };
        let user_agent = found.data.extras().user_agent.clone();
        let user_agent = user_agent.as_deref().unwrap_or("");
        let mut taking = Taking { batch: self, code, parameter, user_agent, rules, nonces: SmallVec::new() };
        let may_send_all = !rules.consent_required || found.data.consent == Consent::Given;
        taking.everything(found.data, may_send_all);
        let nonces = taking.nonces;
        if nonces.is_empty() && may_send_all {
            self.activity(code, parameter, user_agent, rules);
        }
        self.taken.push(Taken { code: code.into(), shared: found.shared.map(Arc::clone), nonces });
    }

    /// Takes a code that no visitor is known under: it was active.
    pub fn take_stranger(&mut self, code: &str, rules: &Rules<'_>) {
        if !rules.consent_required {
            self.activity(code, "visitorCode", "", rules);
        }
        self.taken.push(Taken { code: code.into(), shared: None, nonces: SmallVec::new() });
    }

    fn activity(&mut self, code: &str, parameter: &str, user_agent: &str, rules: &Rules<'_>) {
        let mut line = Line::begin(&mut self.body, rules.nonces.draw());
        line.activity();
        line.text(parameter, code);
        line.text("userAgent", user_agent);
        self.events += 1;
    }

    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.body.is_empty()
    }

    /// How many visitors it holds.
    pub fn visitors(&self) -> usize {
        self.taken.len()
    }

    /// The request has arrived: exactly what was taken is sent.
    pub fn confirm(self, store: &VisitorStore) {
        for taken in &self.taken {
            taken.settle(store, Delivery::confirm);
        }
    }

    /// The request has failed: exactly what was taken is unsent again. Returns the codes, to be queued again.
    pub fn give_back(self, store: &VisitorStore) -> Vec<CompactString> {
        for taken in &self.taken {
            taken.settle(store, Delivery::give_back);
        }
        self.taken.into_iter().map(|taken| taken.code).collect()
    }
}

impl Taken {
    fn settle(&self, store: &VisitorStore, settle: impl Fn(&mut Delivery, u64)) {
        if self.nonces.is_empty() {
            return;
        }
        let mut sorted = self.nonces.clone();
        sorted.sort_unstable();
        let settle_all = |data: &mut VisitorData| {
            for_each_delivery(data, |delivery| {
                if let Ok(place) = sorted.binary_search(&delivery.nonce()) {
                    settle(delivery, sorted[place]);
                }
            });
        };
        match &self.shared {
            Some(visitor) => settle_all(&mut visitor.lock()),
            None => store.settle(&self.code, settle_all),
        }
    }
}

/// Every delivery of a visitor.
fn for_each_delivery(data: &mut VisitorData, mut each: impl FnMut(&mut Delivery)) {
    data.assigned_variations.as_mut_slice().iter_mut().for_each(|assigned| each(&mut assigned.delivery));
    let Some(details) = data.existing_details_mut() else { return };
    let singles = [
        details.device.as_mut().map(|stored| &mut stored.delivery),
        details.browser.as_mut().map(|stored| &mut stored.delivery),
        details.operating_system.as_mut().map(|stored| &mut stored.delivery),
        details.geolocation.as_mut().map(|stored| &mut stored.delivery),
    ];
    singles.into_iter().flatten().for_each(&mut each);
    details.custom_data.iter_mut().for_each(|stored| each(&mut stored.delivery));
    details.pages.iter_mut().for_each(|page| each(&mut page.delivery));
    let Some(extras) = details.existing_extras_mut() else { return };
    extras.visits.iter_mut().for_each(|stored| each(&mut stored.delivery));
    extras.targeted_segments.iter_mut().for_each(|stored| each(&mut stored.delivery));
    extras.conversions.iter_mut().for_each(|stored| each(&mut stored.delivery));
}

/// Whether the visitor has something to send.
pub fn has_unsent(data: &mut VisitorData) -> bool {
    let mut unsent = false;
    for_each_delivery(data, |delivery| unsent |= delivery.is_unsent());
    unsent
}

/// Writes the lines of one visitor.
struct Taking<'a> {
    batch: &'a mut Batch,
    code: &'a str,
    parameter: &'a str,
    user_agent: &'a str,
    rules: &'a Rules<'a>,
    nonces: SmallVec<[u64; 4]>,
}

impl Taking<'_> {
    fn line(&mut self, delivery: &mut Delivery, write: impl FnOnce(&mut Line<'_>)) {
        if !delivery.is_unsent() {
            return;
        }
        let nonce = delivery.take(|| self.rules.nonces.draw());
        let mut line = Line::begin(&mut self.batch.body, nonce);
        write(&mut line);
        line.text(self.parameter, self.code);
        if self.nonces.is_empty() {
            line.text("userAgent", self.user_agent);
        }
        self.nonces.push(nonce);
        self.batch.events += 1;
    }

    /// Everything unsent in the order of spec 3 §2; without consent only what needs none.
    fn everything(&mut self, data: &mut VisitorData, may_send_all: bool) {
        if may_send_all && let Some(details) = data.existing_details_mut() {
            if let Some(stored) = &mut details.device {
                self.line(&mut stored.delivery, |line| line.device(stored.datum));
            }
            if let Some(stored) = &mut details.browser {
                self.line(&mut stored.delivery, |line| line.browser(stored.datum));
            }
            if let Some(stored) = &mut details.operating_system {
                self.line(&mut stored.delivery, |line| line.operating_system(stored.datum));
            }
            if let Some(stored) = &mut details.geolocation {
                self.line(&mut stored.delivery, |line| line.geolocation(&stored.datum));
            }
            if let Some(stored) = details.existing_extras_mut().and_then(|extras| extras.visits.as_mut()) {
                self.line(&mut stored.delivery, |line| line.visits(&stored.datum));
            }
            for stored in &mut details.custom_data {
                let mut delivery = if stored.is_mapping_identifier { Delivery::UNSENT } else { stored.delivery };
                self.line(&mut delivery, |line| line.custom_data(stored));
                stored.delivery = delivery;
            }
            for page in &mut details.pages {
                self.line(&mut page.delivery, |line| line.page(&page.view));
            }
        }
        for assigned in data.assigned_variations.as_mut_slice() {
            if may_send_all || assigned.rule_kind == RuleKind::TargetedDelivery {
                let mut delivery = assigned.delivery;
                self.line(&mut delivery, |line| line.assigned_variation(assigned));
                assigned.delivery = delivery;
            }
        }
        let Some(extras) = data.existing_details_mut().and_then(Details::existing_extras_mut) else { return };
        if may_send_all {
            for stored in &mut extras.targeted_segments {
                self.line(&mut stored.delivery, |line| line.targeted_segment(stored.datum));
            }
        }
        for stored in &mut extras.conversions {
            let mut delivery = stored.delivery;
            self.line(&mut delivery, |line| line.conversion(stored));
            stored.delivery = delivery;
        }
    }
}
