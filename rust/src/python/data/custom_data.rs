//! `CustomData`.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt, PyString, PyTuple, PyType};

use super::Data;
use super::content::{self, Content, Kind};
use crate::python::arguments::{compact_text, shown, truth, value};
use crate::visitor::datum::{self, CustomDataKey, UNDEFINED_INDEX, Values};

/// A custom datum: `CustomData(index_or_name, *values, overwrite=True)`.
///
/// `index_or_name`: the index (`int`), or the name (`str`), which the data file resolves to its index when the datum is
/// added. `values`: any number; what is no `str` counts as the text that JSON has for it. `overwrite` (`bool`): whether the service replaces
/// the values that it has. What is neither `int` nor `str` counts as a name. See docs/visitor-data.md#custom-data.
///
/// ```python
/// >>> CustomData(1, "premium", 2026).values
/// ('premium', '2026')
/// >>> CustomData("plan", "premium").name
/// 'plan'
///
/// ```
#[pyclass(extends = Data, subclass, frozen, module = "kameleoon.data")]
pub(in crate::python) struct CustomData(pub(super) Content<datum::CustomData>);

impl Kind for CustomData {
    type Held = datum::CustomData;

    fn read(args: &Bound<'_, PyTuple>, kwargs: Option<&Bound<'_, PyDict>>) -> PyResult<Option<Self::Held>> {
        // By hand: splitting the arguments as the signature has it would make a tuple for the values each time.
        let (mut index_or_name, mut overwrite) = (None, true);
        for (name, given) in kwargs.into_iter().flatten() {
            match name.cast::<PyString>()?.to_str()? {
                "index_or_name" | "index" | "id" if args.is_empty() => index_or_name = Some(given),
                "overwrite" => overwrite = truth(&given)?,
                other => {
                    return Err(PyTypeError::new_err(format!("CustomData() got an unexpected argument {other:?}")));
                }
            }
        }
        let mut values = args.iter_borrowed();
        let first = values.next();
        let Some(index_or_name) = index_or_name.as_ref().or(first.as_deref()) else {
            return Err(PyTypeError::new_err("CustomData() misses its argument 'index_or_name'"));
        };
        let key = key_of(index_or_name)?;
        let values = match (values.next(), values.len()) {
            (None, _) => Values::None,
            (Some(only), 0) => value(&only)?.into(),
            (Some(first), _) => {
                let texts = std::iter::once(first).chain(values).map(|given| value(&given));
                texts.collect::<PyResult<Values>>()?
            }
        };
        Ok(Some(datum::CustomData { key, values, overwrite }))
    }

    fn content(&self) -> &Content<Self::Held> {
        &self.0
    }
}

/// Where a datum belongs. What is neither an `int` nor a `str` counts as a name: its `str()`, which the data file hardly has.
fn key_of(index_or_name: &Bound<'_, PyAny>) -> PyResult<CustomDataKey> {
    if index_or_name.is_instance_of::<PyInt>()
        && let Ok(index) = index_or_name.extract()
    {
        return Ok(CustomDataKey::Index(index));
    }
    match index_or_name.cast::<PyString>() {
        Ok(name) => Ok(CustomDataKey::Name(compact_text(name)?)),
        Err(_) => Ok(CustomDataKey::Name(shown(index_or_name)?.into())),
    }
}

#[pymethods]
impl CustomData {
    #[new]
    #[classmethod]
    #[pyo3(signature = (*arguments, **named), text_signature = "(index_or_name, *values, overwrite=True)")]
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

    /// As `index`.
    #[getter]
    fn id(&self) -> i64 {
        self.index()
    }

    /// The index; -1 if the datum was given by name.
    #[getter]
    fn index(&self) -> i64 {
        match self.0.get().map(|datum| &datum.key) {
            Some(CustomDataKey::Index(index)) => *index,
            Some(CustomDataKey::Name(_)) | None => UNDEFINED_INDEX,
        }
    }

    /// The name, if the datum was given by name.
    #[getter]
    fn name(&self) -> Option<&str> {
        match self.0.get().map(|datum| &datum.key) {
            Some(CustomDataKey::Name(name)) => Some(name),
            Some(CustomDataKey::Index(_)) | None => None,
        }
    }

    /// The values, in their order, as `str`.
    #[getter]
    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let values = self.0.get().map_or(&[][..], |datum| datum.values.as_slice());
        PyTuple::new(py, values.iter().map(compact_str::CompactString::as_str))
    }

    /// Whether the service replaces the values that it has.
    #[getter]
    fn overwrite(&self) -> bool {
        self.0.get().is_none_or(|datum| datum.overwrite)
    }
}
