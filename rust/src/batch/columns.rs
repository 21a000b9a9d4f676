//! Which column is which datum, and from the cells of a row to the data that `add_data` would be given.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::Schema;
use compact_str::CompactString;

use super::cells::{Cells, Shape};
use super::error::BatchError;
use crate::datafile::model::DataFile;
use crate::kinds::{DEVICES, OPERATING_SYSTEMS, browser_number, number_of};
use crate::numbers::Number;
use crate::visitor::datum::{
    ApplicationVersion, Browser, Conversion, Cookie, CustomData, CustomDataKey, Datum, Geolocation, PageView, Values,
};

/// What a column says about its row's visitor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// The values of a custom datum.
    CustomData(CustomDataKey),
    /// The name of a device: `PHONE`.
    Device,
    /// The name of a browser: `CHROME`.
    Browser,
    /// The browser's version, a number.
    BrowserVersion,
    /// The name of an operating system: `LINUX`.
    OperatingSystem,
    /// Where the visitor is.
    Country,
    /// Where the visitor is.
    Region,
    /// Where the visitor is.
    City,
    /// Where the visitor is.
    PostalCode,
    /// Degrees.
    Latitude,
    /// Degrees.
    Longitude,
    /// The application's version.
    ApplicationVersion,
    /// The address of the page that is viewed, or several in order.
    PageUrl,
    /// Its title; of several pages, several.
    PageTitle,
    /// The user agent.
    UserAgent,
    /// Cookies by name.
    Cookies,
    /// The id of a goal, or several.
    Conversions,
}

/// The data that conditions tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The custom datum at an index.
    CustomData(i64),
    /// Device.
    Device,
    /// Browser and version.
    Browser,
    /// Operating system.
    OperatingSystem,
    /// Country, region, city and the rest.
    Geolocation,
    /// Application version.
    ApplicationVersion,
    /// Page views.
    Pages,
    /// User agent.
    UserAgent,
    /// Cookies.
    Cookies,
    /// Conversions.
    Conversions,
}

impl Role {
    /// What it is called where something is wrong with it.
    fn name(&self) -> String {
        match self {
            Self::CustomData(CustomDataKey::Index(index)) => format!("custom_data {index}"),
            Self::CustomData(CustomDataKey::Name(name)) => format!("custom_data {name:?}"),
            Self::Device => "device".into(),
            Self::Browser => "browser".into(),
            Self::BrowserVersion => "browser_version".into(),
            Self::OperatingSystem => "operating_system".into(),
            Self::Country => "country".into(),
            Self::Region => "region".into(),
            Self::City => "city".into(),
            Self::PostalCode => "postal_code".into(),
            Self::Latitude => "latitude".into(),
            Self::Longitude => "longitude".into(),
            Self::ApplicationVersion => "application_version".into(),
            Self::PageUrl => "page_url".into(),
            Self::PageTitle => "page_title".into(),
            Self::UserAgent => "user_agent".into(),
            Self::Cookies => "cookies".into(),
            Self::Conversions => "conversions".into(),
        }
    }

    fn kind(&self, data_file: &DataFile) -> Result<Kind, BatchError> {
        Ok(match self {
            Self::CustomData(CustomDataKey::Index(index)) => Kind::CustomData(*index),
            Self::CustomData(CustomDataKey::Name(name)) => {
                let index = data_file.custom_data.index_of(name);
                Kind::CustomData(index.ok_or_else(|| BatchError::NoCustomData { name: name.to_string() })?)
            }
            Self::Device => Kind::Device,
            Self::Browser | Self::BrowserVersion => Kind::Browser,
            Self::OperatingSystem => Kind::OperatingSystem,
            Self::Country | Self::Region | Self::City | Self::PostalCode | Self::Latitude | Self::Longitude => {
                Kind::Geolocation
            }
            Self::ApplicationVersion => Kind::ApplicationVersion,
            Self::PageUrl | Self::PageTitle => Kind::Pages,
            Self::UserAgent => Kind::UserAgent,
            Self::Cookies => Kind::Cookies,
            Self::Conversions => Kind::Conversions,
        })
    }

    /// Whether the column may have values of the shape; else what it may have.
    fn check(&self, shape: Option<Shape>) -> Result<(), &'static str> {
        let (expected, fits) = match self {
            Self::CustomData(_) => {
                ("text, numbers or booleans, or lists of them", matches!(shape, Some(shape) if shape != Shape::Map))
            }
            Self::BrowserVersion | Self::Latitude | Self::Longitude => {
                ("numbers", matches!(shape, Some(Shape::Integer | Shape::Float | Shape::Text | Shape::Null)))
            }
            Self::PageUrl | Self::PageTitle => (
                "text, or lists of text",
                matches!(shape, Some(Shape::Text | Shape::Texts | Shape::Null | Shape::Nulls)),
            ),
            Self::Cookies => ("a map from text to text", matches!(shape, Some(Shape::Map | Shape::Null))),
            Self::Conversions => (
                "whole numbers, or lists of them",
                matches!(shape, Some(Shape::Integer | Shape::Integers | Shape::Null | Shape::Nulls)),
            ),
            _ => ("text", matches!(shape, Some(Shape::Text | Shape::Null))),
        };
        if fits { Ok(()) } else { Err(expected) }
    }
}

/// The columns that together are one datum.
#[derive(Debug)]
pub struct Source {
    /// Which.
    pub kind: Kind,
    columns: Vec<(Role, usize)>,
}

/// The position of a column; an error that names it where there is none.
pub(super) fn position(schema: &Schema, name: &str) -> Result<usize, BatchError> {
    let columns = || schema.fields().iter().map(|field| format!("{:?}", field.name())).collect();
    schema.index_of(name).map_err(|_| BatchError::NoColumn { name: name.into(), columns: columns() })
}

/// The data that a table's columns are, in the order in which they are given.
pub(super) fn sources(
    data_file: &DataFile,
    schema: &Schema,
    roles: &[(Role, String)],
) -> Result<Vec<Source>, BatchError> {
    let mut sources: Vec<Source> = Vec::new();
    for (role, name) in roles {
        let column = position(schema, name)?;
        let found = schema.field(column).data_type();
        if let Err(expected) = role.check(Shape::of(found)) {
            let (name, role) = (name.clone(), role.name());
            return Err(BatchError::WrongType { name, role, expected, found: found.clone() });
        }
        let kind = role.kind(data_file)?;
        let Some(source) = sources.iter_mut().find(|source| source.kind == kind) else {
            sources.push(Source { kind, columns: vec![(role.clone(), column)] });
            continue;
        };
        let same = |known: &Role| known == role || matches!(kind, Kind::CustomData(_));
        if let Some((_, other)) = source.columns.iter().find(|(known, _)| same(known)) {
            let columns = [schema.field(*other).name().clone(), name.clone()];
            return Err(BatchError::Twice { role: role.name(), columns });
        }
        source.columns.push((role.clone(), column));
    }
    let has = |role: Role| roles.iter().any(|(given, _)| *given == role);
    let needs = [
        (Role::BrowserVersion, "browser_version", Role::Browser, "browser"),
        (Role::PageTitle, "page_title", Role::PageUrl, "page_url"),
    ];
    for (role, given, needed, missing) in needs {
        if has(role) && !has(needed) {
            return Err(BatchError::Alone { role: given, missing });
        }
    }
    Ok(sources)
}

/// The cells of a source, of a portion of rows.
pub struct SourceCells {
    kind: Kind,
    columns: Vec<(Role, Cells)>,
}

impl SourceCells {
    pub(super) fn new(source: &Source, rows: &RecordBatch) -> Self {
        let columns =
            source.columns.iter().map(|(role, column)| (role.clone(), Cells::new(rows.column(*column)))).collect();
        Self { kind: source.kind, columns }
    }

    /// The cells of each column.
    pub(super) fn cells(&self) -> impl Iterator<Item = &Cells> {
        self.columns.iter().map(|(_, cells)| cells)
    }

    /// Gives `store` the data that the row has, as `add_data` would be given them. What cannot be read is none.
    pub(super) fn data(&self, row: usize, store: &mut impl FnMut(Datum)) {
        let text = |role: Role| self.cells_of(&role).and_then(|cells| cells.str(row));
        let kind = |role: Role, names: &[&str]| number_of(&text(role)?.to_ascii_uppercase(), names);
        let number = |role: Role| self.cells_of(&role).and_then(|cells| cells.number(row));
        match self.kind {
            Kind::CustomData(index) => {
                if let Some(datum) = self.custom_data(index, row) {
                    store(Datum::CustomData(datum));
                }
            }
            Kind::Device => kind(Role::Device, &DEVICES).map(Datum::Device).into_iter().for_each(store),
            Kind::OperatingSystem => {
                kind(Role::OperatingSystem, &OPERATING_SYSTEMS).map(Datum::OperatingSystem).into_iter().for_each(store);
            }
            Kind::Browser => {
                let kind = text(Role::Browser).and_then(|name| browser_number(&name.to_ascii_uppercase()));
                if let Some(kind) = kind {
                    store(Datum::Browser(Browser { kind, version: number(Role::BrowserVersion) }));
                }
            }
            Kind::Geolocation => {
                let compact = |role| text(role).map(CompactString::new);
                let geolocation = Geolocation {
                    country: compact(Role::Country),
                    region: compact(Role::Region),
                    city: compact(Role::City),
                    postal_code: compact(Role::PostalCode),
                    latitude: number(Role::Latitude),
                    longitude: number(Role::Longitude),
                };
                if geolocation != Geolocation::default() {
                    store(Datum::Geolocation(Arc::new(geolocation)));
                }
            }
            Kind::ApplicationVersion => {
                if let Some(version) = text(Role::ApplicationVersion) {
                    store(Datum::ApplicationVersion(Arc::new(ApplicationVersion::new(version))));
                }
            }
            Kind::UserAgent => {
                if let Some(user_agent) = text(Role::UserAgent) {
                    store(Datum::UserAgent(user_agent.into()));
                }
            }
            Kind::Pages => self.pages(row, store),
            Kind::Cookies => {
                if let Some(cookie) = self.cookies(row) {
                    store(Datum::Cookie(Arc::new(cookie)));
                }
            }
            Kind::Conversions => {
                let Some(cells) = self.cells_of(&Role::Conversions) else { return };
                let (positions, goals) = cells.items(row);
                for position in positions {
                    if let Some(Number::Integer(goal_id)) = goals.number(position) {
                        let revenue = Number::Float(0.0);
                        store(Datum::Conversion(Arc::new(Conversion {
                            goal_id,
                            revenue,
                            negative: false,
                            metadata: None,
                        })));
                    }
                }
            }
        }
    }

    fn cells_of(&self, role: &Role) -> Option<&Cells> {
        self.columns.iter().find(|(known, _)| known == role).map(|(_, cells)| cells)
    }

    /// A list is the values in order; one that is null is no datum, an empty one a datum without values.
    fn custom_data(&self, index: i64, row: usize) -> Option<CustomData> {
        let cells = self.cells().next()?;
        if cells.is_null(row) {
            return None;
        }
        let (positions, items) = cells.items(row);
        let values: Values = positions.filter_map(|position| items.text(position)).map(CompactString::from).collect();
        Some(CustomData { key: CustomDataKey::Index(index), values, overwrite: true })
    }

    fn pages(&self, row: usize, store: &mut impl FnMut(Datum)) {
        let Some(urls) = self.cells_of(&Role::PageUrl) else { return };
        let titles = self.cells_of(&Role::PageTitle).map(|titles| titles.items(row));
        let (positions, urls) = urls.items(row);
        for (place, position) in positions.enumerate() {
            let Some(url) = urls.str(position) else { continue };
            let title = titles.as_ref().and_then(|(positions, titles)| titles.str(positions.clone().nth(place)?));
            store(Datum::PageView(Arc::new(PageView {
                url: url.into(),
                title: title.map(CompactString::new),
                referrers: None,
            })));
        }
    }

    fn cookies(&self, row: usize) -> Option<Cookie> {
        let cells = self.cells().next()?;
        if cells.is_null(row) {
            return None;
        }
        let (positions, entries) = cells.items(row);
        let cookies = positions.filter_map(|position| entries.entry(position));
        Some(Cookie { cookies: cookies.map(|(name, value)| (name.into(), value.into())).collect() })
    }
}
