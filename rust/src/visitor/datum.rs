//! The data that users give about a visitor (spec 2 §2), immutable: storing one copies a few words, and what is larger
//! is shared.

use std::sync::Arc;

use compact_str::CompactString;
use smallvec::SmallVec;

use crate::datafile::condition::parse_version;
use crate::numbers::{Integer, Number};

/// Names of `DeviceType`, by [`Datum::Device`]'s place.
pub const DEVICES: [&str; 3] = ["PHONE", "TABLET", "DESKTOP"];
/// Names of `BrowserType`, by value.
pub const BROWSERS: [&str; 6] = ["CHROME", "INTERNET_EXPLORER", "FIREFOX", "SAFARI", "OPERA", "OTHER"];
/// Names of `OperatingSystemType`, by value.
pub const OPERATING_SYSTEMS: [&str; 6] = ["WINDOWS", "MAC", "IOS", "LINUX", "ANDROID", "WINDOWS_PHONE"];

/// One datum, as `add_data` takes it.
#[derive(Clone, Debug, PartialEq)]
pub enum Datum {
    /// `CustomData`
    CustomData(CustomData),
    /// `Browser`
    Browser(Browser),
    /// `Device`, a place in [`DEVICES`].
    Device(u8),
    /// `OperatingSystem`, a place in [`OPERATING_SYSTEMS`].
    OperatingSystem(u8),
    /// `Geolocation`
    Geolocation(Arc<Geolocation>),
    /// `PageView`
    PageView(Arc<PageView>),
    /// `Conversion`
    Conversion(Arc<Conversion>),
    /// `Cookie`
    Cookie(Arc<Cookie>),
    /// `UserAgent`
    UserAgent(Arc<str>),
    /// `ApplicationVersion`
    ApplicationVersion(Arc<ApplicationVersion>),
    /// `UniqueIdentifier`
    UniqueIdentifier(bool),
}

/// Where a custom datum belongs: at an index, or under a name that the data file resolves to one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CustomDataKey {
    /// The index.
    Index(i64),
    /// The name.
    Name(CompactString),
}

/// `CustomData(index_or_name, *values, overwrite=True)`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CustomData {
    /// Index or name.
    pub key: CustomDataKey,
    /// The values, in order.
    pub values: SmallVec<[CompactString; 1]>,
    /// Whether the service replaces the values that it has.
    pub overwrite: bool,
}

/// `Browser(browser_type, version=None)`
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Browser {
    /// A place in [`BROWSERS`].
    pub kind: u8,
    /// The version, if known.
    pub version: Option<Number>,
}

/// `Geolocation(country, region=None, city=None, postal_code=None, latitude=None, longitude=None)`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Geolocation {
    /// The country.
    pub country: Option<CompactString>,
    /// The region.
    pub region: Option<CompactString>,
    /// The city.
    pub city: Option<CompactString>,
    /// The postal code.
    pub postal_code: Option<CompactString>,
    /// Degrees.
    pub latitude: Option<Number>,
    /// Degrees.
    pub longitude: Option<Number>,
}

/// `PageView(url, title=None, referrers=None)`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PageView {
    /// The page's address.
    pub url: CompactString,
    /// Its title.
    pub title: Option<CompactString>,
    /// Indices of the referrers.
    pub referrers: Option<Box<[i64]>>,
}

/// `Conversion(goal_id, revenue=0.0, negative=False, metadata=None)`
#[derive(Clone, Debug, PartialEq)]
pub struct Conversion {
    /// The goal.
    pub goal_id: i64,
    /// The revenue.
    pub revenue: Number,
    /// Whether it takes an earlier conversion back.
    pub negative: bool,
    /// Custom data that belong to the conversion.
    pub metadata: Option<Box<[CustomData]>>,
}

/// `Cookie(cookies)`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cookie {
    /// Names and values, in order.
    pub cookies: Box<[(Box<str>, Box<str>)]>,
}

/// `ApplicationVersion(version)`, read when it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApplicationVersion {
    /// The version as given.
    pub text: CompactString,
    /// As (major, minor, patch), if it can be read.
    pub version: Option<[Integer; 3]>,
}

impl ApplicationVersion {
    /// Reads the version.
    pub fn new(text: &str) -> Self {
        Self { text: text.into(), version: parse_version(text) }
    }
}
