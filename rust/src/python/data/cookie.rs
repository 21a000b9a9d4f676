//! `Cookie`.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};

use super::Data;
use super::content::{self, Content, Kind};
use crate::python::arguments::text;
use crate::python::errors::contained;
use crate::python::lenient::left_out;
use crate::visitor::datum;

/// The visitor's cookies: `Cookie(cookies)`, any mapping of names to values, of which the items count (that of a request, a
/// `SimpleCookie`), for targeting alone: they are not sent. What is no mapping is left out, with a warning in the log. See docs/visitor-data.md#data.
///
/// ```python
/// >>> Cookie({"theme": "dark"}).cookies
/// {'theme': 'dark'}
///
/// ```
#[pyclass(extends = Data, subclass, frozen, module = "kameleoon.data")]
pub(in crate::python) struct Cookie(pub(super) Content<Arc<datum::Cookie>>);

impl Kind for Cookie {
    type Held = Arc<datum::Cookie>;

    fn read(arguments: &Bound<'_, PyTuple>, named: Option<&Bound<'_, PyDict>>) -> PyResult<Option<Self::Held>> {
        let [cookies] = content::bind("Cookie", [&["cookies"]], 1, arguments, named)?;
        let Some(cookies) = cookies else { return Ok(None) };
        let read = if cookies.is_exact_instance_of::<PyDict>() { plain(cookies.cast()?)? } else { mapping(&cookies)? };
        Ok(read.map(|cookies| Arc::new(datum::Cookie { cookies })))
    }

    fn content(&self) -> &Content<Self::Held> {
        &self.0
    }
}

#[pymethods]
impl Cookie {
    #[new]
    #[classmethod]
    #[pyo3(signature = (*arguments, **named), text_signature = "(cookies)")]
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

    /// The cookies, as a dict of its own.
    #[getter]
    fn cookies<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        to_dict(py, self.0.get())
    }
}

type Pairs = Box<[(Box<str>, Box<str>)]>;

fn plain(cookies: &Bound<'_, PyDict>) -> PyResult<Option<Pairs>> {
    let mut all = Vec::with_capacity(cookies.len());
    for (name, value) in cookies.iter() {
        all.push((text(&name)?.into(), value_of(&value)?));
    }
    Ok(Some(all.into()))
}

/// What a mapping of any kind has as its items; the first of a name counts, as with the multi-dicts of frameworks.
#[cold]
fn mapping(cookies: &Bound<'_, PyAny>) -> PyResult<Option<Pairs>> {
    let items = cookies.call_method0("items").and_then(|items| items.try_iter());
    let Ok(items) = contained(cookies.py(), items)? else {
        let expected = "a mapping of names to values (of a header's text: http.cookies.SimpleCookie(text))";
        left_out(cookies, "Cookie: cookies", expected, "the datum")?;
        return Ok(None);
    };
    let mut all: Vec<(Box<str>, Box<str>)> = Vec::new();
    let mut known = std::collections::HashSet::new();
    for item in items {
        let (name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item?.extract()?;
        let name: Box<str> = text(&name)?.into();
        if known.insert(name.clone()) {
            all.push((name, value_of(&value)?));
        }
    }
    Ok(Some(all.into()))
}

fn value_of(value: &Bound<'_, PyAny>) -> PyResult<Box<str>> {
    if value.is_instance_of::<PyString>() { Ok(text(value)?.into()) } else { morsel(value) }
}

/// A `Morsel` has its value as an attribute; what is neither it nor a `str` counts as its text.
#[cold]
fn morsel(value: &Bound<'_, PyAny>) -> PyResult<Box<str>> {
    match contained(value.py(), value.getattr("value"))? {
        Ok(inner) if inner.is_instance_of::<PyString>() => Ok(text(&inner)?.into()),
        _ => Ok(text(value)?.into()),
    }
}

/// The cookies as a new dict.
pub(super) fn to_dict<'py>(py: Python<'py>, cookie: Option<&Arc<datum::Cookie>>) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (name, value) in cookie.map_or(&[][..], |cookie| &cookie.cookies) {
        dict.set_item(&**name, &**value)?;
    }
    Ok(dict)
}
