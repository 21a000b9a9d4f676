//! `==` and `!=` of the classes of this package.

use pyo3::prelude::*;
use pyo3::pyclass::CompareOp;
use pyo3::types::PyNotImplemented;

/// The answer of `__richcmp__`; `same` tells whether both are equal, or `None` of an object of another class. Such an object and an order
/// are `NotImplemented`: the other side is asked then.
pub(super) fn answer(
    py: Python<'_>,
    operator: CompareOp,
    same: impl FnOnce() -> PyResult<Option<bool>>,
) -> PyResult<Py<PyAny>> {
    let is_wanted = match operator {
        CompareOp::Eq => true,
        CompareOp::Ne => false,
        _ => return Ok(PyNotImplemented::get(py).to_owned().into_any().unbind()),
    };
    Ok(match same()? {
        Some(same) => (same == is_wanted).into_pyobject(py)?.to_owned().into_any().unbind(),
        None => PyNotImplemented::get(py).to_owned().into_any().unbind(),
    })
}
