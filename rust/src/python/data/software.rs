//! What the visitor's device tells: `Browser`, `Device`, `OperatingSystem`, `UserAgent`, `ApplicationVersion`,
//! `Cookie`, `UniqueIdentifier`.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::{Data, Members, to_number};
use crate::python::arguments::{number, text, truth};
use crate::visitor::datum;

static BROWSERS: Members = Members::new("BrowserType");
static DEVICES: Members = Members::new("DeviceType");
static SYSTEMS: Members = Members::new("OperatingSystemType");

pub(super) fn browser_type(py: Python<'_>, number: u8) -> PyResult<Py<PyAny>> {
    BROWSERS.get(py, number.into())
}

pub(super) fn device_type(py: Python<'_>, number: u8) -> PyResult<Py<PyAny>> {
    DEVICES.get(py, number.into())
}

pub(super) fn os_type(py: Python<'_>, number: u8) -> PyResult<Py<PyAny>> {
    SYSTEMS.get(py, number.into())
}

pub(super) fn cookies<'py>(py: Python<'py>, cookie: &datum::Cookie) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (name, value) in &cookie.cookies {
        dict.set_item(&**name, &**value)?;
    }
    Ok(dict)
}

/// The visitor's browser: `Browser(browser_type, version=None)`.
///
/// `browser_type`: a `BrowserType`, or its value. `version`: a number, major before and minor behind the point. Raises
/// `ValueError` for another browser, `TypeError` for a version that is no number. See docs/visitor-data.md#data.
///
/// ```python
/// >>> Browser(BrowserType.CHROME, 126.0).version
/// 126.0
///
/// ```
#[pyclass(extends = Data, subclass, frozen, module = "kameleoon.data")]
pub(in crate::python) struct Browser(pub(super) datum::Browser);

#[pymethods]
impl Browser {
    #[new]
    #[pyo3(signature = (browser_type, version=None))]
    fn new(browser_type: &Bound<'_, PyAny>, version: Option<&Bound<'_, PyAny>>) -> PyResult<PyClassInitializer<Self>> {
        let browser =
            datum::Browser { kind: BROWSERS.number(browser_type)?, version: version.map(number).transpose()? };
        Ok(PyClassInitializer::from(Data).add_subclass(Self(browser)))
    }

    /// The browser, a `BrowserType`.
    #[getter]
    fn browser_type(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        browser_type(py, self.0.kind)
    }

    /// Its version, as it was given; `None` if unknown.
    #[getter]
    fn version<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_number(py, self.0.version)
    }
}

/// The visitor's device: `Device(device_type)`.
///
/// `device_type`: a `DeviceType`, or its value. Raises `ValueError` for anything else. See docs/visitor-data.md#data.
///
/// ```python
/// >>> Device(DeviceType.PHONE) == Device("PHONE")
/// True
///
/// ```
#[pyclass(extends = Data, subclass, frozen, module = "kameleoon.data")]
pub(in crate::python) struct Device(pub(super) u8);

#[pymethods]
impl Device {
    #[new]
    fn new(device_type: &Bound<'_, PyAny>) -> PyResult<PyClassInitializer<Self>> {
        Ok(PyClassInitializer::from(Data).add_subclass(Self(DEVICES.number(device_type)?)))
    }

    /// The device, a `DeviceType`.
    #[getter]
    fn device_type(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        device_type(py, self.0)
    }
}

/// The visitor's operating system: `OperatingSystem(os_type)`.
///
/// `os_type`: an `OperatingSystemType`, or its value. Raises `ValueError` for anything else. See docs/visitor-data.md#data.
///
/// ```python
/// >>> OperatingSystem(OperatingSystemType.LINUX).os_type.name
/// 'LINUX'
///
/// ```
#[pyclass(extends = Data, subclass, frozen, module = "kameleoon.data")]
pub(in crate::python) struct OperatingSystem(pub(super) u8);

#[pymethods]
impl OperatingSystem {
    #[new]
    fn new(os_type: &Bound<'_, PyAny>) -> PyResult<PyClassInitializer<Self>> {
        Ok(PyClassInitializer::from(Data).add_subclass(Self(SYSTEMS.number(os_type)?)))
    }

    /// The operating system, an `OperatingSystemType`.
    #[getter]
    fn os_type(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        os_type(py, self.0)
    }
}

/// The visitor's user agent: `UserAgent(value)`, the text of the header. It goes along with the visitor's other events.
/// See docs/visitor-data.md#data.
///
/// ```python
/// >>> UserAgent("Mozilla/5.0").value
/// 'Mozilla/5.0'
///
/// ```
#[pyclass(extends = Data, subclass, frozen, module = "kameleoon.data")]
pub(in crate::python) struct UserAgent(pub(super) Arc<str>);

#[pymethods]
impl UserAgent {
    #[new]
    fn new(value: &Bound<'_, PyAny>) -> PyResult<PyClassInitializer<Self>> {
        Ok(PyClassInitializer::from(Data).add_subclass(Self(text(value)?.into())))
    }

    /// The user agent, as text.
    #[getter]
    fn value(&self) -> &str {
        &self.0
    }
}

/// The version of the application: `ApplicationVersion(version)`, as `"major.minor.patch"`; missing parts are 0. A text
/// that is no version is kept, and meets no condition. It is not sent. See docs/targeting.md#versions.
///
/// ```python
/// >>> ApplicationVersion("2.10").version
/// '2.10'
///
/// ```
#[pyclass(extends = Data, subclass, frozen, module = "kameleoon.data")]
pub(in crate::python) struct ApplicationVersion(pub(super) Arc<datum::ApplicationVersion>);

#[pymethods]
impl ApplicationVersion {
    #[new]
    fn new(version: &Bound<'_, PyAny>) -> PyResult<PyClassInitializer<Self>> {
        Ok(PyClassInitializer::from(Data).add_subclass(Self(Arc::new(datum::ApplicationVersion::new(&text(version)?)))))
    }

    /// The version as given.
    #[getter]
    fn version(&self) -> &str {
        &self.0.text
    }
}

/// The visitor's cookies: `Cookie(cookies)`, a dict of names to values, for targeting alone: they are not sent. Raises
/// `TypeError` for what is no dict. See docs/visitor-data.md#data.
///
/// ```python
/// >>> Cookie({"theme": "dark"}).cookies
/// {'theme': 'dark'}
///
/// ```
#[pyclass(extends = Data, subclass, frozen, module = "kameleoon.data")]
pub(in crate::python) struct Cookie(pub(super) Arc<datum::Cookie>);

#[pymethods]
impl Cookie {
    #[new]
    fn new(cookies: &Bound<'_, PyDict>) -> PyResult<PyClassInitializer<Self>> {
        let mut all = Vec::with_capacity(cookies.len());
        for (name, value) in cookies.iter() {
            all.push((text(&name)?.into(), text(&value)?.into()));
        }
        Ok(PyClassInitializer::from(Data).add_subclass(Self(Arc::new(datum::Cookie { cookies: all.into() }))))
    }

    /// The cookies, as a dict of its own.
    #[getter]
    fn cookies<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        cookies(py, &self.0)
    }
}

/// Whether the visitor code is a unique identifier, such as the id of a user who is logged in: `UniqueIdentifier(value)`,
/// a `bool`. See docs/visitor-data.md#linked-visitors.
///
/// ```python
/// >>> UniqueIdentifier(True).value
/// True
///
/// ```
#[pyclass(extends = Data, subclass, frozen, module = "kameleoon.data")]
pub(in crate::python) struct UniqueIdentifier(pub(super) bool);

#[pymethods]
impl UniqueIdentifier {
    #[new]
    fn new(#[pyo3(from_py_with = truth)] value: bool) -> PyClassInitializer<Self> {
        PyClassInitializer::from(Data).add_subclass(Self(value))
    }

    /// Whether the visitor code is a unique identifier.
    #[getter]
    fn value(&self) -> bool {
        self.0
    }
}
