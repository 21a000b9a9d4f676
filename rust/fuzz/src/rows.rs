//! What the columns of a table say of a row's visitor, as the page on tables has it: the data that `add_data` would be given.

use std::sync::Arc;

use compact_str::CompactString;
use kameleoon_engine::batch::columns::Role;
use kameleoon_engine::kinds::{DEVICES, OPERATING_SYSTEMS, browser_number, number_of};
use kameleoon_engine::numbers::{Number, write_float};
use kameleoon_engine::visitor::datum::{
    ApplicationVersion, Browser, Conversion, Cookie, CustomData, CustomDataKey, Datum, Geolocation, PageView,
};

use crate::layout::{Cell, Content};

/// A column of a table.
#[derive(Debug)]
pub struct Column {
    /// What it says of a visitor.
    pub role: Role,
    /// What its values are.
    pub content: Content,
    /// Its values.
    pub cells: Vec<Cell>,
}

impl Column {
    /// The values that a column may have.
    pub fn contents(role: &Role) -> &'static [Content] {
        use Content::{Boolean, Float, Floats, Integer, Integers, Map, Text, Texts};
        match role {
            Role::CustomData(_) => &[Text, Integer, Float, Boolean, Texts, Integers, Floats],
            Role::BrowserVersion | Role::Latitude | Role::Longitude => &[Integer, Float, Text],
            Role::PageUrl | Role::PageTitle => &[Text, Texts],
            Role::Cookies => &[Map],
            Role::Conversions => &[Integer, Integers],
            _ => &[Text],
        }
    }

    /// Whether it may have its values; nulls alone any column may have.
    pub fn fits(&self) -> bool {
        Self::contents(&self.role).contains(&self.content)
    }
}

/// A row's data, in the order of the columns; columns that together are one datum are at the place of the first.
pub fn data(columns: &[Column], row: usize) -> Vec<Datum> {
    let cell = |role: &Role| columns.iter().find(|column| column.role == *role).map(|column| &column.cells[row]);
    let text = |role: &Role| if let Some(Cell::Text(text)) = cell(role) { Some(text.as_str()) } else { None };
    let number = |role: &Role| match cell(role)? {
        Cell::Integer(integer) => Some(Number::Integer(*integer)),
        Cell::Float(float) => Some(Number::Float(*float)),
        Cell::Text(text) => Number::parse(text),
        _ => None,
    };
    let mut data = Vec::new();
    let mut located = false;
    for Column { role, cells, .. } in columns {
        let upper = text(role).map(str::to_ascii_uppercase);
        match role {
            Role::CustomData(key) => data.extend(custom_data(key, &cells[row]).map(Datum::CustomData)),
            Role::Device => data.extend(upper.and_then(|name| number_of(&name, &DEVICES)).map(Datum::Device)),
            Role::OperatingSystem => {
                let number = upper.and_then(|name| number_of(&name, &OPERATING_SYSTEMS));
                data.extend(number.map(Datum::OperatingSystem));
            }
            Role::Browser => {
                let version = number(&Role::BrowserVersion);
                let kind = upper.and_then(|name| browser_number(&name));
                data.extend(kind.map(|kind| Datum::Browser(Browser { kind, version })));
            }
            Role::Country | Role::Region | Role::City | Role::PostalCode | Role::Latitude | Role::Longitude => {
                let geolocation = Geolocation {
                    country: text(&Role::Country).map(CompactString::from),
                    region: text(&Role::Region).map(CompactString::from),
                    city: text(&Role::City).map(CompactString::from),
                    postal_code: text(&Role::PostalCode).map(CompactString::from),
                    latitude: number(&Role::Latitude),
                    longitude: number(&Role::Longitude),
                };
                if !located && geolocation != Geolocation::default() {
                    data.push(Datum::Geolocation(Arc::new(geolocation)));
                }
                located = true;
            }
            Role::ApplicationVersion => {
                let version = text(role).map(|text| Arc::new(ApplicationVersion::new(text)));
                data.extend(version.map(Datum::ApplicationVersion));
            }
            Role::UserAgent => data.extend(text(role).map(|text| Datum::UserAgent(text.into()))),
            Role::PageUrl => pages(&cells[row], cell(&Role::PageTitle), &mut data),
            Role::Cookies => {
                if let Cell::Map(entries) = &cells[row] {
                    let entry = |(name, value): &(String, Option<String>)| {
                        Some((name.as_str().into(), value.as_deref()?.into()))
                    };
                    data.push(Datum::Cookie(Arc::new(Cookie { cookies: entries.iter().filter_map(entry).collect() })));
                }
            }
            Role::Conversions => {
                for goal in items(&cells[row]) {
                    let Cell::Integer(goal_id) = *goal else { continue };
                    let revenue = Number::Float(0.0);
                    let conversion = Conversion { goal_id, revenue, negative: false, metadata: None };
                    data.push(Datum::Conversion(Arc::new(conversion)));
                }
            }
            Role::BrowserVersion | Role::PageTitle => {}
        }
    }
    data
}

/// The items of a list; of what is no list, the value itself.
fn items(cell: &Cell) -> &[Cell] {
    match cell {
        Cell::List(items) => items,
        single => std::slice::from_ref(single),
    }
}

fn custom_data(key: &CustomDataKey, cell: &Cell) -> Option<CustomData> {
    if *cell == Cell::Null {
        return None;
    }
    let text = |cell: &Cell| {
        Some(match cell {
            Cell::Text(text) => CompactString::from(text),
            Cell::Integer(integer) => integer.to_string().into(),
            Cell::Float(float) if float.is_nan() => "NaN".into(),
            Cell::Float(float) if float.is_infinite() => if *float > 0.0 { "Infinity" } else { "-Infinity" }.into(),
            Cell::Float(float) => {
                let mut text = String::new();
                write_float(&mut text, *float);
                text.into()
            }
            Cell::Boolean(truth) => truth.to_string().into(),
            _ => return None,
        })
    };
    Some(CustomData { key: key.clone(), values: items(cell).iter().filter_map(text).collect(), overwrite: true })
}

fn pages(urls: &Cell, titles: Option<&Cell>, data: &mut Vec<Datum>) {
    let titles = titles.map(items).unwrap_or_default();
    for (place, url) in items(urls).iter().enumerate() {
        let Cell::Text(url) = url else { continue };
        let title = if let Some(Cell::Text(title)) = titles.get(place) { Some(title.into()) } else { None };
        data.push(Datum::PageView(Arc::new(PageView { url: url.into(), title, referrers: None })));
    }
}
