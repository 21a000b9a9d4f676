//! What the visitor's device tells: `Browser`, `Device`, `OperatingSystem`, `UserAgent`, `ApplicationVersion`,
//! `UniqueIdentifier`.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

use super::content::{self, Content, Kind, given};
use super::members::Members;
use super::{Data, to_number};
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

/// The visitor's browser: `Browser(browser_type, version=None)`.
///
/// `browser_type`: a `BrowserType`, or its value or name. `version`: a number, major before and minor behind the point. What
/// cannot be read is left out, with a warning in the log. See docs/visitor-data.md#data.
///
/// ```python
/// >>> Browser(BrowserType.CHROME, 126.0).version
/// 126.0
///
/// ```
#[pyclass(extends = Data, subclass, frozen, module = "kameleoon.data")]
pub(in crate::python) struct Browser(pub(super) Content<datum::Browser>);

impl Kind for Browser {
    type Held = datum::Browser;

    fn read(arguments: &Bound<'_, PyTuple>, named: Option<&Bound<'_, PyDict>>) -> PyResult<Option<Self::Held>> {
        let names: [&[&str]; 2] = [&["browser_type", "browser"], &["version"]];
        let [browser_type, version] = content::bind("Browser", names, 1, arguments, named)?;
        let Some(browser_type) = &browser_type else { return Ok(None) };
        let version = given(version.as_ref()).map_or(Ok(None), |version| number(version, "Browser: version"))?;
        let kind = BROWSERS.number(browser_type, "Browser: browser_type")?;
        Ok(kind.map(|kind| datum::Browser { kind, version }))
    }

    fn content(&self) -> &Content<Self::Held> {
        &self.0
    }
}

#[pymethods]
impl Browser {
    #[new]
    #[classmethod]
    #[pyo3(signature = (*arguments, **named), text_signature = "(browser_type, version=None)")]
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

    /// The browser; `None` where it could not be read.
    #[getter]
    fn browser_type(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        self.0.get().map(|browser| browser_type(py, browser.kind)).transpose()
    }

    /// Its version.
    #[getter]
    fn version<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_number(py, self.0.get().and_then(|browser| browser.version))
    }
}

/// The visitor's device: `Device(device_type)`.
///
/// `device_type`: a `DeviceType`, or its value. Anything else is left out, with a warning
/// in the log. See docs/visitor-data.md#data.
///
/// ```python
/// >>> Device(DeviceType.PHONE) == Device("PHONE")
/// True
///
/// ```
#[pyclass(extends = Data, subclass, frozen, module = "kameleoon.data")]
pub(in crate::python) struct Device(pub(super) Content<u8>);

impl Kind for Device {
    type Held = u8;

    fn read(arguments: &Bound<'_, PyTuple>, named: Option<&Bound<'_, PyDict>>) -> PyResult<Option<Self::Held>> {
        let [device_type] = content::bind("Device", [&["device_type", "device"]], 1, arguments, named)?;
        device_type.map_or(Ok(None), |device_type| DEVICES.number(&device_type, "Device: device_type"))
    }

    fn content(&self) -> &Content<Self::Held> {
        &self.0
    }
}

#[pymethods]
impl Device {
    #[new]
    #[classmethod]
    #[pyo3(signature = (*arguments, **named), text_signature = "(device_type)")]
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

    /// The device; `None` where it could not be read.
    #[getter]
    fn device_type(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        self.0.get().map(|number| device_type(py, *number)).transpose()
    }
}

/// The visitor's operating system: `OperatingSystem(os_type)`.
///
/// `os_type`: an `OperatingSystemType`, or its value. Anything else is left out, with a warning
/// in the log. See docs/visitor-data.md#data.
///
/// ```python
/// >>> OperatingSystem(OperatingSystemType.LINUX).os_type.name
/// 'LINUX'
///
/// ```
#[pyclass(extends = Data, subclass, frozen, module = "kameleoon.data")]
pub(in crate::python) struct OperatingSystem(pub(super) Content<u8>);

impl Kind for OperatingSystem {
    type Held = u8;

    fn read(arguments: &Bound<'_, PyTuple>, named: Option<&Bound<'_, PyDict>>) -> PyResult<Option<Self::Held>> {
        let [os_type] = content::bind("OperatingSystem", [&["os_type", "os"]], 1, arguments, named)?;
        os_type.map_or(Ok(None), |os_type| SYSTEMS.number(&os_type, "OperatingSystem: os_type"))
    }

    fn content(&self) -> &Content<Self::Held> {
        &self.0
    }
}

#[pymethods]
impl OperatingSystem {
    #[new]
    #[classmethod]
    #[pyo3(signature = (*arguments, **named), text_signature = "(os_type)")]
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

    /// The operating system; `None` where it could not be read.
    #[getter]
    fn os_type(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        self.0.get().map(|number| os_type(py, *number)).transpose()
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
pub(in crate::python) struct UserAgent(pub(super) Content<Arc<str>>);

impl Kind for UserAgent {
    type Held = Arc<str>;

    fn read(arguments: &Bound<'_, PyTuple>, named: Option<&Bound<'_, PyDict>>) -> PyResult<Option<Self::Held>> {
        let [value] = content::bind("UserAgent", [&["value"]], 1, arguments, named)?;
        value.map(|value| text(&value).map(|value| Arc::from(&*value))).transpose()
    }

    fn content(&self) -> &Content<Self::Held> {
        &self.0
    }
}

#[pymethods]
impl UserAgent {
    #[new]
    #[classmethod]
    #[pyo3(signature = (*arguments, **named), text_signature = "(value)")]
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

    /// The user agent.
    #[getter]
    fn value(&self) -> &str {
        self.0.get().map_or("", |value| value)
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
pub(in crate::python) struct ApplicationVersion(pub(super) Content<Arc<datum::ApplicationVersion>>);

impl Kind for ApplicationVersion {
    type Held = Arc<datum::ApplicationVersion>;

    fn read(arguments: &Bound<'_, PyTuple>, named: Option<&Bound<'_, PyDict>>) -> PyResult<Option<Self::Held>> {
        let [version] = content::bind("ApplicationVersion", [&["version"]], 1, arguments, named)?;
        version.map(|version| Ok(Arc::new(datum::ApplicationVersion::new(&text(&version)?)))).transpose()
    }

    fn content(&self) -> &Content<Self::Held> {
        &self.0
    }
}

#[pymethods]
impl ApplicationVersion {
    #[new]
    #[classmethod]
    #[pyo3(signature = (*arguments, **named), text_signature = "(version)")]
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

    /// The version as given.
    #[getter]
    fn version(&self) -> &str {
        self.0.get().map_or("", |version| &version.text)
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
pub(in crate::python) struct UniqueIdentifier(pub(super) Content<bool>);

impl Kind for UniqueIdentifier {
    type Held = bool;

    fn read(arguments: &Bound<'_, PyTuple>, named: Option<&Bound<'_, PyDict>>) -> PyResult<Option<Self::Held>> {
        let [value] = content::bind("UniqueIdentifier", [&["value"]], 1, arguments, named)?;
        value.map(|value| truth(&value)).transpose()
    }

    fn content(&self) -> &Content<Self::Held> {
        &self.0
    }
}

#[pymethods]
impl UniqueIdentifier {
    #[new]
    #[classmethod]
    #[pyo3(signature = (*arguments, **named), text_signature = "(value)")]
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

    /// Whether it is.
    #[getter]
    fn value(&self) -> bool {
        self.0.get().is_some_and(|unique| *unique)
    }
}
