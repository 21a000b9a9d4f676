//! How data that users give are stored with a visitor. Called by the engine under the visitor's lock, and by `batch` for
//! visitors that lie in no store.

use compact_str::CompactString;

use super::data::{StoredCustomData, VisitorData};
use super::datum::{Conversion, CustomData, CustomDataKey, Datum, UNDEFINED_INDEX};
use super::sending::Sending;
use crate::datafile::model::CustomDataTable;

/// What is to be done about a visitor's codes once its data are no longer locked, in order.
#[derive(Debug)]
pub enum CodeChange {
    /// Whether the code is a unique identifier.
    UniqueIdentifier(bool),
    /// The visitor is also known under this code.
    Link(CompactString),
}

/// What could not be stored.
#[derive(Debug)]
pub enum LeftOut {
    /// A page view whose url is empty.
    PageWithoutUrl,
    /// A custom datum under a name that the data file does not have.
    CustomData(CustomData),
    /// The same as part of a conversion.
    Metadata {
        /// The custom datum.
        item: CustomData,
        /// The conversion's goal.
        goal_id: i64,
    },
}

/// Stores data with a visitor.
pub struct Storing<'a> {
    /// The visitor.
    pub visitor: &'a mut VisitorData,
    /// What the data file says about custom data.
    pub table: &'a CustomDataTable,
    /// The visitor's code.
    pub code: &'a str,
    /// Whether the data are to be sent.
    pub sending: Sending,
    /// Milliseconds.
    pub now: i64,
}

impl Storing<'_> {
    /// Stores a datum. What cannot be stored is added to `left_out`.
    pub fn store(&mut self, datum: Datum, left_out: &mut Vec<LeftOut>) -> Option<CodeChange> {
        let sending = self.sending;
        match datum {
            Datum::CustomData(datum) => return self.store_custom_data(datum, left_out),
            Datum::UniqueIdentifier(unique) => return Some(CodeChange::UniqueIdentifier(unique)),
            Datum::Browser(browser) => self.visitor.store_browser(browser, sending),
            Datum::Device(device) => self.visitor.store_device(device, sending),
            Datum::OperatingSystem(system) => self.visitor.store_operating_system(system, sending),
            Datum::Geolocation(geolocation) => self.visitor.store_geolocation(geolocation, sending),
            Datum::PageView(view) if view.url.is_empty() => left_out.push(LeftOut::PageWithoutUrl),
            Datum::PageView(view) => self.visitor.view_page(view, self.now, sending),
            Datum::Conversion(conversion) => {
                let metadata = self.metadata(&conversion, left_out);
                self.visitor.convert(conversion, metadata, self.now, sending);
            }
            Datum::Cookie(cookie) => self.visitor.store_cookie(cookie),
            Datum::UserAgent(value) => self.visitor.store_user_agent(value),
            Datum::ApplicationVersion(version) => self.visitor.store_application_version(version),
        }
        None
    }

    fn index_of(&self, datum: &CustomData) -> Option<i64> {
        match &datum.key {
            CustomDataKey::Index(UNDEFINED_INDEX) => None,
            CustomDataKey::Index(index) => Some(*index),
            CustomDataKey::Name(name) => self.table.index_of(name),
        }
    }

    fn store_custom_data(&mut self, datum: CustomData, left_out: &mut Vec<LeftOut>) -> Option<CodeChange> {
        let Some(index) = self.index_of(&datum) else {
            left_out.push(LeftOut::CustomData(datum));
            return None;
        };
        let user_id = datum.values.as_slice().first().filter(|user_id| !user_id.is_empty());
        let user_id = user_id.filter(|_| self.table.mapping_index == Some(index)).cloned();
        let sending = self.sending.only_if(!self.table.is_local_only(index));
        let CustomData { values, overwrite, .. } = datum;
        let is_mapping_identifier = user_id.is_some();
        let stored = StoredCustomData { index, values, overwrite, is_mapping_identifier, unsent: false };
        self.visitor.store_custom_data(stored, sending);
        let user_id = user_id?;
        self.visitor.extras_mut().mapping_identifier.get_or_insert_with(|| self.code.into());
        (user_id != self.code).then_some(CodeChange::Link(user_id))
    }

    /// A conversion's metadata by index. What has none is left out.
    fn metadata(&self, conversion: &Conversion, left_out: &mut Vec<LeftOut>) -> Box<[(i64, CustomData)]> {
        let mut metadata = Vec::new();
        for item in conversion.metadata.as_deref().unwrap_or_default() {
            match self.index_of(item) {
                Some(index) => metadata.push((index, item.clone())),
                None => left_out.push(LeftOut::Metadata { item: item.clone(), goal_id: conversion.goal_id }),
            }
        }
        metadata.into()
    }
}
