//! How the extension module was built, and what the processor offers to it: for `python -m kameleoon doctor`.

use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::hashing;

/// How this module was built (`is_optimized`, `is_quick_build`, `is_profile_guided`), the processor's extensions that count for hashing
/// (`extensions`, by name), and whether hashing takes them (`has_hash_instructions`).
#[pyfunction]
pub(super) fn build_information(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let information = PyDict::new(py);
    information.set_item("is_optimized", !cfg!(debug_assertions))?;
    information.set_item("is_quick_build", env!("KAMELEOON_IS_QUICK_BUILD") == "true")?;
    information.set_item("is_profile_guided", env!("KAMELEOON_IS_PROFILE_GUIDED") == "true")?;
    let extensions = PyDict::new(py);
    for (name, is_there) in hashing::extensions() {
        extensions.set_item(name, is_there)?;
    }
    information.set_item("extensions", extensions)?;
    information.set_item("has_hash_instructions", hashing::has_instructions())?;
    Ok(information)
}
