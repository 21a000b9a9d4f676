//! What makes results known to others: `dataclasses`, `json`, Pydantic. Written in Python (`kameleoon/types/_shape.py`),
//! which is imported by those alone who ask.

use pyo3::prelude::*;
use pyo3::types::PyType;

const SHAPE: &str = "kameleoon.types._shape";

/// A descriptor: an attribute of a class that a function of `_shape.py` computes from the class when it is asked for.
#[pyclass(frozen, module = "kameleoon._native")]
pub(super) struct ClassAttribute(&'static str);

impl ClassAttribute {
    pub(super) const DATACLASS_FIELDS: Self = Self("dataclass_fields");
    pub(super) const DATACLASS_PARAMETERS: Self = Self("dataclass_parameters");
}

#[pymethods]
impl ClassAttribute {
    fn __get__<'py>(
        &self,
        instance: &Bound<'py, PyAny>,
        owner: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let class = match owner {
            Some(owner) => owner.clone(),
            None => instance.get_type().into_any(),
        };
        class.py().import(SHAPE)?.getattr(self.0)?.call1((class,))
    }
}

/// A result as a dict of its own.
pub(super) fn to_dict<'py>(result: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    result.py().import(SHAPE)?.getattr("to_dict")?.call1((result,))
}

/// How Pydantic reads and writes results of a class.
pub(super) fn core_schema<'py>(class: &Bound<'py, PyType>) -> PyResult<Bound<'py, PyAny>> {
    class.py().import(SHAPE)?.getattr("core_schema")?.call1((class,))
}
