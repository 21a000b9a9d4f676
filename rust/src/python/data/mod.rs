//! The data kinds as frozen native classes (docs/visitor-data.md#data). Adding one to a visitor copies a pointer.

mod content;
pub(super) mod conversion;
pub(super) mod cookie;
pub(super) mod custom_data;
mod initializer;
pub(super) mod location;
mod members;
mod shape;
pub(super) mod software;

use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pyclass::CompareOp;
use pyo3::types::{PyDict, PyTuple};

use super::comparison;
use crate::numbers::Number;
use crate::visitor::datum::{CustomDataKey, Datum};
use content::{Content, initializes_itself};
use conversion::Conversion;
use cookie::Cookie;
use custom_data::CustomData;
use location::{Geolocation, PageView};
use members::Members;
use software::{ApplicationVersion, Browser, Device, OperatingSystem, UniqueIdentifier, UserAgent};

/// The base of all data kinds: what `KameleoonClient.add_data` takes. Immutable, comparable, picklable, and hashable where
/// their content is. What is kept of each kind, what replaces what and what is sent: docs/visitor-data.md#data.
#[pyclass(subclass, frozen, module = "kameleoon.data")]
pub(super) struct Data;

#[pymethods]
impl Data {
    #[new]
    fn new() -> Self {
        Self
    }

    /// The kind, as a `DataType`.
    #[getter]
    fn data_type(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        static MEMBERS: Members = Members::new("DataType");
        let datum = of(slf.as_any()).ok_or_else(|| PyValueError::new_err("no kind of its own"))?;
        MEMBERS.get(slf.py(), data_type(&datum))
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let name = slf.get_type().name()?;
        let Some(datum) = of(slf.as_any()) else { return Ok(format!("{name}(…)")) };
        let (positional, named) = arguments(slf.py(), &datum)?;
        let mut shown = Vec::new();
        for value in positional.iter() {
            shown.push(value.repr()?.to_string());
        }
        for (key, value) in named.iter() {
            shown.push(format!("{key}={}", value.repr()?));
        }
        Ok(format!("{name}({})", shown.join(", ")))
    }

    fn __richcmp__(slf: &Bound<'_, Self>, other: &Bound<'_, PyAny>, operator: CompareOp) -> PyResult<Py<PyAny>> {
        comparison::answer(slf.py(), operator, || {
            if !slf.get_type().is(other.get_type()) {
                return Ok(None);
            }
            Ok(of(slf.as_any()).zip(of(other)).map(|(first, second)| first == second))
        })
    }

    fn __hash__(slf: &Bound<'_, Self>) -> PyResult<isize> {
        let py = slf.py();
        let Some(datum) = of(slf.as_any()) else { return Ok(0) };
        let (positional, _) = arguments(py, &datum)?;
        PyTuple::new(py, [slf.get_type().into_any(), positional.into_any()])?.hash()
    }

    fn __getnewargs_ex__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyTuple>, Bound<'py, PyDict>)> {
        let (py, class) = (slf.py(), slf.get_type());
        let Some(datum) = of(slf.as_any()) else {
            // Of what could not be read: it cannot be read the next time either.
            let positional =
                if class.is(py.get_type::<Self>()) { PyTuple::empty(py) } else { PyTuple::new(py, [py.None()])? };
            return Ok((positional, PyDict::new(py)));
        };
        let plain = to_object(py, datum.clone())?.into_bound(py);
        if initializes_itself(&class, &plain.get_type())? {
            return Ok((PyTuple::new(py, [plain])?, PyDict::new(py)));
        }
        arguments(py, &datum)
    }
}

/// Once, while the module is being made.
pub(super) fn install(py: Python<'_>) {
    initializer::spare::<CustomData>(py);
    initializer::spare::<Browser>(py);
    initializer::spare::<PageView>(py);
    initializer::spare::<Device>(py);
    initializer::spare::<OperatingSystem>(py);
    initializer::spare::<Geolocation>(py);
    initializer::spare::<Conversion>(py);
    initializer::spare::<ApplicationVersion>(py);
    initializer::spare::<UserAgent>(py);
    initializer::spare::<Cookie>(py);
    initializer::spare::<UniqueIdentifier>(py);
}

/// The datum that an object is, if it is one.
pub(super) fn of(object: &Bound<'_, PyAny>) -> Option<Datum> {
    macro_rules! first_of {
        ($($class:ident => $make:expr),+ $(,)?) => {
            // The classes themselves first: that compares pointers. Subclasses of users cost a walk each.
            $(if let Ok(found) = object.cast_exact::<$class>() {
                return found.get().0.made().map($make);
            })+
            $(if let Ok(found) = object.cast::<$class>() {
                return found.get().0.get().map($make);
            })+
        };
    }
    first_of! {
        CustomData => |datum| Datum::CustomData(datum.clone()),
        Browser => |datum| Datum::Browser(*datum),
        PageView => |datum| Datum::PageView(Arc::clone(datum)),
        Device => |datum| Datum::Device(*datum),
        OperatingSystem => |datum| Datum::OperatingSystem(*datum),
        Geolocation => |datum| Datum::Geolocation(Arc::clone(datum)),
        Conversion => |datum| Datum::Conversion(Arc::clone(datum)),
        ApplicationVersion => |datum| Datum::ApplicationVersion(Arc::clone(datum)),
        UserAgent => |datum| Datum::UserAgent(Arc::clone(datum)),
        Cookie => |datum| Datum::Cookie(Arc::clone(datum)),
        UniqueIdentifier => |datum| Datum::UniqueIdentifier(*datum),
    }
    None
}

/// The Python object for a datum.
pub(super) fn to_object(py: Python<'_>, datum: Datum) -> PyResult<Py<PyAny>> {
    macro_rules! object {
        ($value:expr) => {
            Ok(Py::new(py, PyClassInitializer::from(Data).add_subclass($value))?.into_any())
        };
    }
    match datum {
        Datum::CustomData(datum) => object!(CustomData(Content::new(Some(datum)))),
        Datum::Browser(browser) => object!(Browser(Content::new(Some(browser)))),
        Datum::Device(device) => object!(Device(Content::new(Some(device)))),
        Datum::OperatingSystem(system) => object!(OperatingSystem(Content::new(Some(system)))),
        Datum::Geolocation(geolocation) => object!(Geolocation(Content::new(Some(geolocation)))),
        Datum::PageView(view) => object!(PageView(Content::new(Some(view)))),
        Datum::Conversion(conversion) => object!(Conversion(Content::new(Some(conversion)))),
        Datum::Cookie(cookie) => object!(Cookie(Content::new(Some(cookie)))),
        Datum::UserAgent(value) => object!(UserAgent(Content::new(Some(value)))),
        Datum::ApplicationVersion(version) => object!(ApplicationVersion(Content::new(Some(version)))),
        Datum::UniqueIdentifier(unique) => object!(UniqueIdentifier(Content::new(Some(unique)))),
    }
}

/// The number of a datum's kind in `DataType`.
fn data_type(datum: &Datum) -> usize {
    match datum {
        Datum::CustomData(_) => 0,
        Datum::Browser(_) => 1,
        Datum::Conversion(_) => 2,
        Datum::Device(_) => 3,
        Datum::PageView(_) => 4,
        Datum::UserAgent(_) => 5,
        Datum::Cookie(_) => 7,
        Datum::OperatingSystem(_) => 8,
        Datum::Geolocation(_) => 9,
        Datum::UniqueIdentifier(_) => 13,
        Datum::ApplicationVersion(_) => 19,
    }
}

/// The arguments that make an equal datum.
fn arguments<'py>(py: Python<'py>, datum: &Datum) -> PyResult<(Bound<'py, PyTuple>, Bound<'py, PyDict>)> {
    let named = PyDict::new(py);
    let positional: Vec<Bound<'py, PyAny>> = match datum {
        Datum::CustomData(datum) => {
            if !datum.overwrite {
                named.set_item("overwrite", false)?;
            }
            let key = match &datum.key {
                CustomDataKey::Index(index) => index.into_pyobject(py)?.into_any(),
                CustomDataKey::Name(name) => name.as_str().into_pyobject(py)?.into_any(),
            };
            let mut all = vec![key];
            for value in datum.values.as_slice() {
                all.push(value.as_str().into_pyobject(py)?.into_any());
            }
            all
        }
        Datum::Browser(browser) => {
            let kind = software::browser_type(py, browser.kind)?.into_bound(py);
            vec![kind, to_number(py, browser.version)?]
        }
        Datum::Device(device) => vec![software::device_type(py, *device)?.into_bound(py)],
        Datum::OperatingSystem(system) => vec![software::os_type(py, *system)?.into_bound(py)],
        Datum::Geolocation(geolocation) => {
            let mut all = Vec::new();
            for text in [&geolocation.country, &geolocation.region, &geolocation.city, &geolocation.postal_code] {
                all.push(text.as_deref().into_pyobject(py)?.into_any());
            }
            for degrees in [geolocation.latitude, geolocation.longitude] {
                all.push(to_number(py, degrees)?);
            }
            all
        }
        Datum::PageView(view) => {
            let referrers = view.referrers.as_ref().map(|referrers| PyTuple::new(py, referrers.iter())).transpose()?;
            vec![
                view.url.as_str().into_pyobject(py)?.into_any(),
                view.title.as_deref().into_pyobject(py)?.into_any(),
                referrers.into_pyobject(py)?.into_any(),
            ]
        }
        Datum::Conversion(conversion) => {
            let metadata = conversion.metadata.as_ref().map(|items| conversion::metadata(py, items)).transpose()?;
            let metadata = metadata.map(|items| items.to_tuple());
            vec![
                conversion.goal_id.into_pyobject(py)?.into_any(),
                to_number(py, Some(conversion.revenue))?,
                conversion.negative.into_pyobject(py)?.to_owned().into_any(),
                metadata.into_pyobject(py)?.into_any(),
            ]
        }
        Datum::Cookie(cookie) => vec![cookie::to_dict(py, Some(cookie))?.into_any()],
        Datum::UserAgent(value) => vec![(&**value).into_pyobject(py)?.into_any()],
        Datum::ApplicationVersion(version) => vec![version.text.as_str().into_pyobject(py)?.into_any()],
        Datum::UniqueIdentifier(unique) => vec![unique.into_pyobject(py)?.to_owned().into_any()],
    };
    Ok((PyTuple::new(py, positional)?, named))
}

/// A number as it was given.
fn to_number(py: Python<'_>, number: Option<Number>) -> PyResult<Bound<'_, PyAny>> {
    Ok(match number {
        None => py.None().into_bound(py),
        Some(Number::Integer(integer)) => integer.into_pyobject(py)?.into_any(),
        Some(Number::Float(float)) => float.into_pyobject(py)?.into_any(),
    })
}
