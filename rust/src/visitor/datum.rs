//! The data that users give about a visitor, immutable: storing one copies a few words, and what is larger is shared.
//! Made by the bindings and by [`crate::remote`], stored in [`super::data`].

use std::sync::Arc;

use compact_str::CompactString;

use crate::numbers::{Number, Version};

/// One datum, as `add_data` takes it.
#[derive(Clone, Debug, PartialEq)]
pub enum Datum {
    /// `CustomData`
    CustomData(CustomData),
    /// `Browser`
    Browser(Browser),
    /// `Device`, a number of [`crate::kinds::DEVICES`].
    Device(u8),
    /// `OperatingSystem`, a number of [`crate::kinds::OPERATING_SYSTEMS`].
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

/// The index of a custom datum that is known by name only; it belongs nowhere.
pub const UNDEFINED_INDEX: i64 = -1;

/// Where a custom datum belongs: at an index, or under a name that the data file resolves to one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CustomDataKey {
    /// The index.
    Index(i64),
    /// The name.
    Name(CompactString),
}

/// The values of a custom datum, in order. Copying them copies three words at the most.
#[derive(Clone, Debug, Default)]
pub enum Values {
    /// None.
    #[default]
    None,
    /// One short one, without an allocation of its own.
    One(CompactString),
    /// Several, or a long one.
    Shared(Arc<[CompactString]>),
}

/// From this many bytes on a single value is shared, not copied.
const LONG_VALUE: usize = 256;

impl Values {
    /// The values.
    pub fn as_slice(&self) -> &[CompactString] {
        match self {
            Self::None => &[],
            Self::One(only) => std::slice::from_ref(only),
            Self::Shared(all) => all,
        }
    }

    /// About how many bytes they take as text, with what stands around each.
    pub(crate) fn text_bytes(&self) -> usize {
        self.as_slice().iter().map(|value| value.len() + 8).sum()
    }
}

impl From<CompactString> for Values {
    fn from(value: CompactString) -> Self {
        if value.len() < LONG_VALUE { Self::One(value) } else { Self::Shared(Arc::new([value])) }
    }
}

impl FromIterator<CompactString> for Values {
    fn from_iter<I: IntoIterator<Item = CompactString>>(values: I) -> Self {
        let mut values = values.into_iter();
        let Some(first) = values.next() else { return Self::None };
        let Some(second) = values.next() else { return first.into() };
        Self::Shared([first, second].into_iter().chain(values).collect())
    }
}

impl PartialEq for Values {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl Eq for Values {}

impl std::hash::Hash for Values {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.as_slice().hash(state);
    }
}

/// `CustomData(index_or_name, *values, overwrite=True)`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CustomData {
    /// Index or name.
    pub key: CustomDataKey,
    /// The values.
    pub values: Values,
    /// Whether the service replaces the values that it has.
    pub overwrite: bool,
}

/// `Browser(browser_type, version=None)`
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Browser {
    /// A number of [`crate::kinds::BROWSERS`].
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
    /// The version, if it can be read.
    pub version: Option<Version>,
}

impl ApplicationVersion {
    /// Reads the version.
    pub fn new(text: &str) -> Self {
        Self { text: text.into(), version: Version::parse(text) }
    }
}

/// What a datum takes outside of itself: for the cap on memory, which needs no more than a good estimate.
pub trait OwnedBytes {
    /// The bytes that it owns, itself not counted. Takes no longer than making the datum did.
    fn owned_bytes(&self) -> usize;
}

/// The counters beside what an [`Arc`] leads to.
const SHARED: usize = 16;

impl OwnedBytes for CompactString {
    fn owned_bytes(&self) -> usize {
        if self.is_heap_allocated() { self.capacity() } else { 0 }
    }
}

impl<T: OwnedBytes> OwnedBytes for Option<T> {
    fn owned_bytes(&self) -> usize {
        self.as_ref().map_or(0, OwnedBytes::owned_bytes)
    }
}

impl<T: OwnedBytes> OwnedBytes for [T] {
    fn owned_bytes(&self) -> usize {
        self.iter().map(|item| size_of::<T>() + item.owned_bytes()).sum()
    }
}

impl<T: OwnedBytes> OwnedBytes for Arc<T> {
    fn owned_bytes(&self) -> usize {
        SHARED + size_of::<T>() + T::owned_bytes(self)
    }
}

impl OwnedBytes for Arc<str> {
    fn owned_bytes(&self) -> usize {
        SHARED + self.len()
    }
}

impl OwnedBytes for Values {
    fn owned_bytes(&self) -> usize {
        match self {
            Self::None => 0,
            Self::One(only) => only.owned_bytes(),
            Self::Shared(all) => SHARED + all.owned_bytes(),
        }
    }
}

impl OwnedBytes for CustomData {
    fn owned_bytes(&self) -> usize {
        let name = match &self.key {
            CustomDataKey::Index(_) => 0,
            CustomDataKey::Name(name) => name.owned_bytes(),
        };
        name + self.values.owned_bytes()
    }
}

impl OwnedBytes for Geolocation {
    fn owned_bytes(&self) -> usize {
        [&self.country, &self.region, &self.city, &self.postal_code].into_iter().map(OwnedBytes::owned_bytes).sum()
    }
}

impl OwnedBytes for PageView {
    fn owned_bytes(&self) -> usize {
        let referrers = self.referrers.as_ref().map_or(0, |referrers| size_of_val(&**referrers));
        self.url.owned_bytes() + self.title.owned_bytes() + referrers
    }
}

impl OwnedBytes for Conversion {
    fn owned_bytes(&self) -> usize {
        self.metadata.as_ref().map_or(0, |metadata| metadata.owned_bytes())
    }
}

impl OwnedBytes for Cookie {
    fn owned_bytes(&self) -> usize {
        self.cookies.iter().map(|(name, value)| 32 + name.len() + value.len()).sum()
    }
}

impl OwnedBytes for ApplicationVersion {
    fn owned_bytes(&self) -> usize {
        2 * self.text.owned_bytes()
    }
}
