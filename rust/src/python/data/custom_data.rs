//! `CustomData`.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyInt, PyString, PyTuple};
use smallvec::SmallVec;

use super::Data;
use crate::python::arguments::{text, truth};
use crate::visitor::datum::{self, CustomDataKey};

/// What `index` is while a custom datum is known by name only.
const UNDEFINED_INDEX: i64 = -1;

/// A custom datum: `CustomData(index_or_name, *values, overwrite=True)` (spec 2 §2).
///
/// A name is resolved to its index by the data file when the datum is added. Values that are no `str` count as their
/// `str()`.
#[pyclass(extends = Data, subclass, frozen, module = "kameleoon.data")]
pub(in crate::python) struct CustomData(pub(super) Arc<datum::CustomData>);

#[pymethods]
impl CustomData {
    #[new]
    #[pyo3(signature = (index_or_name, *values, overwrite=true))]
    fn new(
        index_or_name: &Bound<'_, PyAny>,
        values: &Bound<'_, PyTuple>,
        #[pyo3(from_py_with = truth)] overwrite: bool,
    ) -> PyResult<PyClassInitializer<Self>> {
        let key = match index_or_name.cast::<PyInt>() {
            Ok(index) => CustomDataKey::Index(index.extract()?),
            Err(_) => CustomDataKey::Name(text(index_or_name.cast::<PyString>()?)?.into()),
        };
        let mut texts = SmallVec::with_capacity(values.len());
        for value in values.iter_borrowed() {
            texts.push(text(&value)?.into());
        }
        let datum = datum::CustomData { key, values: texts, overwrite };
        Ok(PyClassInitializer::from(Data).add_subclass(Self(Arc::new(datum))))
    }

    /// The index; -1 if the datum was given by name.
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

    /// The values.
    #[getter]
    fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, self.0.values.iter().map(compact_str::CompactString::as_str))
    }

    /// Whether the service replaces the values that it has.
    #[getter]
    fn overwrite(&self) -> bool {
        self.0.overwrite
    }
}
