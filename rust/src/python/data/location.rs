//! Where the visitor is: `Geolocation`, `PageView`.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};

use super::content::{self, Content, Kind, given};
use super::{Data, to_number};
use crate::python::arguments::{identifier, number, optional_text};
use crate::python::errors::contained;
use crate::python::lenient::left_out;
use crate::visitor::datum;

/// Where the visitor is: `Geolocation(country, region=None, city=None, postal_code=None, latitude=None, longitude=None)`.
///
/// Names are `str`, or `None` if unknown; latitude and longitude are degrees, `int` or `float`. What is no
/// number is left out, with a warning in the log. See docs/visitor-data.md#data.
///
/// ```python
/// >>> Geolocation("France", city="Paris", latitude=48.86, longitude=2.35).city
/// 'Paris'
///
/// ```
#[pyclass(extends = Data, subclass, frozen, module = "kameleoon.data")]
pub(in crate::python) struct Geolocation(pub(super) Content<Arc<datum::Geolocation>>);

impl Kind for Geolocation {
    type Held = Arc<datum::Geolocation>;

    fn read(arguments: &Bound<'_, PyTuple>, named: Option<&Bound<'_, PyDict>>) -> PyResult<Option<Self::Held>> {
        let names: [&[&str]; 6] =
            [&["country"], &["region"], &["city"], &["postal_code", "postalCode"], &["latitude"], &["longitude"]];
        let [country, region, city, postal_code, latitude, longitude] =
            content::bind("Geolocation", names, 1, arguments, named)?;
        let degrees = |argument: &Option<Bound<'_, PyAny>>, name| {
            given(argument.as_ref()).map_or(Ok(None), |argument| number(argument, name))
        };
        Ok(Some(Arc::new(datum::Geolocation {
            country: optional_text(given(country.as_ref()))?,
            region: optional_text(given(region.as_ref()))?,
            city: optional_text(given(city.as_ref()))?,
            postal_code: optional_text(given(postal_code.as_ref()))?,
            latitude: degrees(&latitude, "Geolocation: latitude")?,
            longitude: degrees(&longitude, "Geolocation: longitude")?,
        })))
    }

    fn content(&self) -> &Content<Self::Held> {
        &self.0
    }
}

#[pymethods]
impl Geolocation {
    #[new]
    #[classmethod]
    #[pyo3(signature = (*arguments, **named), text_signature = "(country, region=None, city=None, postal_code=None, latitude=None, longitude=None)")]
    fn new(
        class: &Bound<'_, PyType>,
        arguments: &Bound<'_, PyTuple>,
        named: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<PyClassInitializer<Self>> {
        let content = content::new::<Self>(class, arguments, named)?;
        Ok(PyClassInitializer::from(Data).add_subclass(Self(content)))
    }

    #[pyo3(signature = (*arguments, **named))]
    fn __init__(
        slf: &Bound<'_, Self>,
        arguments: &Bound<'_, PyTuple>,
        named: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        content::initialize(slf, arguments, named)
    }

    /// The country; `None` if unknown.
    #[getter]
    fn country(&self) -> Option<&str> {
        self.0.get().and_then(|geolocation| geolocation.country.as_deref())
    }

    /// The region; `None` if unknown.
    #[getter]
    fn region(&self) -> Option<&str> {
        self.0.get().and_then(|geolocation| geolocation.region.as_deref())
    }

    /// The city; `None` if unknown.
    #[getter]
    fn city(&self) -> Option<&str> {
        self.0.get().and_then(|geolocation| geolocation.city.as_deref())
    }

    /// The postal code; `None` if unknown.
    #[getter]
    fn postal_code(&self) -> Option<&str> {
        self.0.get().and_then(|geolocation| geolocation.postal_code.as_deref())
    }

    /// The latitude in degrees; `None` if unknown.
    #[getter]
    fn latitude<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_number(py, self.0.get().and_then(|geolocation| geolocation.latitude))
    }

    /// The longitude in degrees; `None` if unknown.
    #[getter]
    fn longitude<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_number(py, self.0.get().and_then(|geolocation| geolocation.longitude))
    }
}

/// A view of a page: `PageView(url, title=None, referrers=None)`.
///
/// `url` (`str`): an empty one is ignored when it is added, with an error in the log. `title` (`str`). `referrers`: indices
/// of acquisition channels, a list of `int`. What is none is left out, with a warning in the log. See docs/visitor-data.md#data.
///
/// ```python
/// >>> PageView("https://shop.example/cart", "Cart").title
/// 'Cart'
///
/// ```
#[pyclass(extends = Data, subclass, frozen, module = "kameleoon.data")]
pub(in crate::python) struct PageView(pub(super) Content<Arc<datum::PageView>>);

impl Kind for PageView {
    type Held = Arc<datum::PageView>;

    fn read(arguments: &Bound<'_, PyTuple>, named: Option<&Bound<'_, PyDict>>) -> PyResult<Option<Self::Held>> {
        let names: [&[&str]; 3] = [&["url"], &["title"], &["referrers"]];
        let [url, title, referrers] = content::bind("PageView", names, 1, arguments, named)?;
        Ok(Some(Arc::new(datum::PageView {
            url: optional_text(given(url.as_ref()))?.unwrap_or_default(),
            title: optional_text(given(title.as_ref()))?,
            referrers: given(referrers.as_ref()).map_or(Ok(None), indices)?,
        })))
    }

    fn content(&self) -> &Content<Self::Held> {
        &self.0
    }
}

#[pymethods]
impl PageView {
    #[new]
    #[classmethod]
    #[pyo3(signature = (*arguments, **named), text_signature = "(url, title=None, referrers=None)")]
    fn new(
        class: &Bound<'_, PyType>,
        arguments: &Bound<'_, PyTuple>,
        named: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<PyClassInitializer<Self>> {
        let content = content::new::<Self>(class, arguments, named)?;
        Ok(PyClassInitializer::from(Data).add_subclass(Self(content)))
    }

    #[pyo3(signature = (*arguments, **named))]
    fn __init__(
        slf: &Bound<'_, Self>,
        arguments: &Bound<'_, PyTuple>,
        named: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        content::initialize(slf, arguments, named)
    }

    /// The page's address.
    #[getter]
    fn url(&self) -> &str {
        self.0.get().map_or("", |view| &view.url)
    }

    /// The page's title; `None` if it has none.
    #[getter]
    fn title(&self) -> Option<&str> {
        self.0.get().and_then(|view| view.title.as_deref())
    }

    /// Indices of the referrers, as a list of its own; `None` if there are none.
    #[getter]
    fn referrers(&self) -> Option<Vec<i64>> {
        self.0.get().and_then(|view| view.referrers.as_deref()).map(<[i64]>::to_vec)
    }
}

/// The indices of referrers; a single one counts as a list of one. What is none is left out, and logged.
fn indices(referrers: &Bound<'_, PyAny>) -> PyResult<Option<Box<[i64]>>> {
    const NAME: &str = "PageView: referrers";
    let items = if referrers.is_instance_of::<PyString>() {
        None
    } else {
        contained(referrers.py(), referrers.try_iter())?.ok()
    };
    let Some(items) = items else {
        let only = identifier(referrers)?;
        if only.is_none() {
            left_out(referrers, NAME, "a list of integers", "it")?;
        }
        return Ok(only.map(|only| [only].into()));
    };
    let mut all = Vec::new();
    for item in items {
        let item = item?;
        match identifier(&item)? {
            Some(index) => all.push(index),
            None => left_out(&item, NAME, "an integer", "it")?,
        }
    }
    Ok(Some(all.into()))
}
