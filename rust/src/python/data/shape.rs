//! Names of the vendor's that data have beside their content.

use pyo3::prelude::*;

use super::Data;
use super::custom_data::CustomData;

#[pymethods]
impl Data {
    /// The attributes by their names, as a dict of its own that `json` can write: enums as their names, data in it as
    /// dicts, tuples as lists. Written in Python, which is imported by those alone who ask.
    fn to_dict<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("kameleoon.data._shape")?.getattr("to_dict")?.call1((slf,))
    }
}

#[pymethods]
impl CustomData {
    /// The `index` of data that are known by a name alone.
    #[classattr]
    const UNDEFINED_INDEX: i64 = -1;
}
