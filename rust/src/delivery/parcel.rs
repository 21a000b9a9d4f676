//! A parcel: events of one visitor, taken out under its lock, written as lines outside of it.

use std::sync::Arc;

use compact_str::CompactString;

use super::event::Line;
use super::nonce::NonceSource;
use crate::datafile::model::DataFile;
use crate::visitor::data::{Consent, StoredCustomData};
use crate::visitor::datum::Values;
use crate::visitor::sending::{Epoch, Sending};
use crate::visitor::store::{Slot, Visitor};
use crate::visitor::unsent::Event;

/// How the service knows the visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Parameter {
    VisitorCode,
    /// The code is a unique identifier that maps to the visitor.
    MappingValue,
}

/// Events of one visitor.
#[derive(Debug)]
pub struct Parcel {
    code: CompactString,
    parameter: Parameter,
    user_agent: Option<Arc<str>>,
    events: Vec<Event>,
}

/// What decides which events may be taken, and how.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Whether events wait for consent.
    pub consent_required: bool,
    /// The index whose custom data link visitors.
    pub mapping_index: Option<i64>,
    /// The process that takes.
    pub epoch: Epoch,
}

impl Rules {
    /// The rules of a data file.
    pub fn of(data_file: &DataFile, epoch: Epoch) -> Self {
        let consent_required = data_file.configuration.consent_required;
        Self { consent_required, mapping_index: data_file.custom_data.mapping_index, epoch }
    }

    /// Takes a piece of what a code has to send, and whether there is more. `is_first` unless the request has a piece of
    /// the same code already.
    pub fn take(&self, slot: &mut Slot, is_first: bool) -> (Parcel, bool) {
        let code = slot.code().clone();
        let taken = slot.visit(self.epoch, |visitor| self.take_of_visitor(&code, visitor, is_first));
        taken.unwrap_or_else(|| (self.of_unknown(code), false))
    }

    /// What there is to say of a code that no visitor is known under: it was there.
    pub fn of_unknown(&self, code: CompactString) -> Parcel {
        let events = if self.consent_required { Vec::new() } else { vec![Event::Activity] };
        Parcel { code, parameter: Parameter::VisitorCode, user_agent: None, events }
    }

    fn take_of_visitor(&self, code: &CompactString, visitor: Visitor<'_>, is_first: bool) -> (Parcel, bool) {
        let Visitor { data, is_unique_identifier, .. } = visitor;
        if is_unique_identifier
            && data.mapping_identifier().is_none()
            && let Some(index) = self.mapping_index
        {
            // A unique identifier that is mapped to nothing is mapped to itself, as if the user had added that datum.
            let values = Values::from(code.clone());
            let mapping =
                StoredCustomData { index, values, overwrite: true, is_mapping_identifier: true, unsent: true };
            data.store_custom_data(mapping, Sending::In(self.epoch));
            data.extras_mut().mapping_identifier = Some(code.as_str().into());
        }
        let may_send_all = !self.consent_required || data.consent == Consent::Given;
        let mut piece = data.take_unsent(self.epoch, may_send_all, is_first);
        if piece.events.is_empty() && is_first && may_send_all {
            piece.events.push(Event::Activity);
        }
        let is_mapped = data.mapping_identifier() == Some(code);
        let parameter =
            if is_unique_identifier && !is_mapped { Parameter::MappingValue } else { Parameter::VisitorCode };
        let user_agent = data.extras().user_agent.clone();
        (Parcel { code: code.clone(), parameter, user_agent, events: piece.events }, piece.has_more)
    }
}

impl Parcel {
    /// Whose events these are.
    pub fn code(&self) -> &CompactString {
        &self.code
    }

    /// How many events it holds.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Appends the lines, with newlines between them and before the first one if `out` has some already.
    pub fn write(&self, out: &mut String, nonces: &NonceSource) {
        let name = match self.parameter {
            Parameter::VisitorCode => "visitorCode",
            Parameter::MappingValue => "mappingValue",
        };
        for (position, event) in self.events.iter().enumerate() {
            let mut line = Line::begin(out, nonces.draw());
            line.event(event);
            line.text(name, &self.code);
            if position == 0 {
                line.text("userAgent", self.user_agent.as_deref().unwrap_or(""));
            }
        }
    }
}
