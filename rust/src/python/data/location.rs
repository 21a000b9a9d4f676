//! Where the visitor is: `Geolocation`, `PageView`.

use std::sync::Arc;

use compact_str::CompactString;
use pyo3::prelude::*;

use super::{Data, to_number};
use crate::python::arguments::{compact_text, number, optional_text};
use crate::visitor::datum;

/// Where the visitor is: `Geolocation(country, region=None, city=None, postal_code=None, latitude=None, longitude=None)`.
///
/// Names are `str`, or `None` if unknown; latitude and longitude are degrees, `int` or `float`. Raises `TypeError` for
/// degrees that are no number. See docs/visitor-data.md#data.
///
/// ```python
/// >>> Geolocation("France", city="Paris", latitude=48.86, longitude=2.35).city
/// 'Paris'
///
/// ```
#[pyclass(extends = Data, subclass, frozen, module = "kameleoon.data")]
pub(in crate::python) struct Geolocation(pub(super) Arc<datum::Geolocation>);

#[pymethods]
impl Geolocation {
    #[new]
    #[pyo3(signature = (country, region=None, city=None, postal_code=None, latitude=None, longitude=None))]
    fn new(
        country: Option<&Bound<'_, PyAny>>,
        region: Option<&Bound<'_, PyAny>>,
        city: Option<&Bound<'_, PyAny>>,
        postal_code: Option<&Bound<'_, PyAny>>,
        latitude: Option<&Bound<'_, PyAny>>,
        longitude: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<PyClassInitializer<Self>> {
        let geolocation = datum::Geolocation {
            country: optional_text(country)?,
            region: optional_text(region)?,
            city: optional_text(city)?,
            postal_code: optional_text(postal_code)?,
            latitude: latitude.map(number).transpose()?,
            longitude: longitude.map(number).transpose()?,
        };
        Ok(PyClassInitializer::from(Data).add_subclass(Self(Arc::new(geolocation))))
    }

    /// The country; `None` if unknown.
    #[getter]
    fn country(&self) -> Option<&str> {
        self.0.country.as_deref()
    }

    /// The region; `None` if unknown.
    #[getter]
    fn region(&self) -> Option<&str> {
        self.0.region.as_deref()
    }

    /// The city; `None` if unknown.
    #[getter]
    fn city(&self) -> Option<&str> {
        self.0.city.as_deref()
    }

    /// The postal code; `None` if unknown.
    #[getter]
    fn postal_code(&self) -> Option<&str> {
        self.0.postal_code.as_deref()
    }

    /// The latitude in degrees; `None` if unknown.
    #[getter]
    fn latitude<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_number(py, self.0.latitude)
    }

    /// The longitude in degrees; `None` if unknown.
    #[getter]
    fn longitude<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_number(py, self.0.longitude)
    }
}

/// A view of a page: `PageView(url, title=None, referrers=None)`.
///
/// `url` (`str`): an empty one is ignored when it is added, with an error in the log. `title` (`str`). `referrers`: indices
/// of acquisition channels, a list of `int`. Raises `TypeError` for other indices. See docs/visitor-data.md#data.
///
/// ```python
/// >>> PageView("https://shop.example/cart", "Cart").title
/// 'Cart'
///
/// ```
#[pyclass(extends = Data, subclass, frozen, module = "kameleoon.data")]
pub(in crate::python) struct PageView(pub(super) Arc<datum::PageView>);

#[pymethods]
impl PageView {
    #[new]
    #[pyo3(signature = (url, title=None, referrers=None))]
    fn new(
        url: &Bound<'_, PyAny>,
        title: Option<&Bound<'_, PyAny>>,
        referrers: Option<Vec<i64>>,
    ) -> PyResult<PyClassInitializer<Self>> {
        let url = if url.is_none() { CompactString::default() } else { compact_text(url)? };
        let view = datum::PageView { url, title: optional_text(title)?, referrers: referrers.map(Into::into) };
        Ok(PyClassInitializer::from(Data).add_subclass(Self(Arc::new(view))))
    }

    /// The page's address.
    #[getter]
    fn url(&self) -> &str {
        &self.0.url
    }

    /// The page's title; `None` if it has none.
    #[getter]
    fn title(&self) -> Option<&str> {
        self.0.title.as_deref()
    }

    /// Indices of the referrers, as a list of its own; `None` if there are none.
    #[getter]
    fn referrers(&self) -> Option<Vec<i64>> {
        self.0.referrers.as_ref().map(|referrers| referrers.to_vec())
    }
}
