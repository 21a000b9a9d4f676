//! `CustomData`.

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt, PyString, PyTuple};

use super::Data;
use crate::python::arguments::{compact_text, truth};
use crate::visitor::datum::{self, CustomDataKey, Values};

/// What `index` is while a custom datum is known by name only.
const UNDEFINED_INDEX: i64 = -1;

/// A custom datum: `CustomData(index_or_name, *values, overwrite=True)`.
///
/// `index_or_name`: the index (`int`), or the name (`str`), which the data file resolves to its index when the datum is
/// added. `values`: any number; what is no `str` counts as its `str()`. `overwrite` (`bool`): whether the service replaces
/// the values that it has. Raises `TypeError` for an index that is neither `int` nor `str`, `OverflowError` for one beyond
/// 64 bits. See docs/visitor-data.md#custom-data.
///
/// ```python
/// >>> CustomData(1, "premium", 2026).values
/// ('premium', '2026')
/// >>> CustomData("plan", "premium").name
/// 'plan'
///
/// ```
#[pyclass(extends = Data, subclass, frozen, module = "kameleoon.data")]
pub(in crate::python) struct CustomData(pub(super) datum::CustomData);

#[pymethods]
impl CustomData {
    #[new]
    #[pyo3(signature = (*args, **kwargs), text_signature = "(index_or_name, *values, overwrite=True)")]
    fn new(args: &Bound<'_, PyTuple>, kwargs: Option<&Bound<'_, PyDict>>) -> PyResult<PyClassInitializer<Self>> {
        // By hand: splitting the arguments as the signature has it would make a tuple for the values each time.
        let (mut index_or_name, mut overwrite) = (None, true);
        for (name, value) in kwargs.into_iter().flatten() {
            match name.cast::<PyString>()?.to_str()? {
                "index_or_name" if args.is_empty() => index_or_name = Some(value),
                "overwrite" => overwrite = truth(&value)?,
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
        let key = match index_or_name.cast::<PyInt>() {
            Ok(index) => CustomDataKey::Index(index.extract()?),
            Err(_) => CustomDataKey::Name(compact_text(index_or_name.cast::<PyString>()?)?),
        };
        let values = match (values.next(), values.len()) {
            (None, _) => Values::None,
            (Some(only), 0) => compact_text(&only)?.into(),
            (Some(first), _) => {
                let texts = std::iter::once(first).chain(values).map(|value| compact_text(&value));
                texts.collect::<PyResult<Values>>()?
            }
        };
        let datum = datum::CustomData { key, values, overwrite };
        Ok(PyClassInitializer::from(Data).add_subclass(Self(datum)))
    }

    /// As `index`.
    #[getter]
    fn id(&self) -> i64 {
        self.index()
    }

    /// The index; -1 if the datum was given by name.
    #[getter]
    fn index(&self) -> i64 {
        match self.0.key {
            CustomDataKey::Index(index) => index,
            CustomDataKey::Name(_) => UNDEFINED_INDEX,
        }
    }

    /// The name, if the datum was given by name.
    #[getter]
    fn name(&self) -> Option<&str> {
        match &self.0.key {
            CustomDataKey::Index(_) => None,
            CustomDataKey::Name(name) => Some(name),
        }
    }

    /// The values, in their order, as `str`.
    #[getter]
    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.values.as_slice().iter().map(compact_str::CompactString::as_str))
    }

    /// Whether the service replaces the values that it has.
    #[getter]
    fn overwrite(&self) -> bool {
        self.0.overwrite
    }
}
