//! What an exception says beside the culprit. It is put together when its message is read, not when it is raised.

use std::sync::Arc;

use pyo3::prelude::*;

use crate::datafile::model::DataFile;
use crate::engine::EngineError;

/// An error of a client with the data file that was asked: called without arguments, it gives the remedy as text, or `None`.
#[pyclass(frozen, module = "kameleoon._native")]
pub(super) struct Hint {
    pub(super) error: EngineError,
    pub(super) environment: Option<String>,
    /// Without one, the first data file was not in yet.
    pub(super) data_file: Option<Arc<DataFile>>,
    /// Tells why there was none.
    pub(super) why_not_ready: Option<Py<PyAny>>,
}

#[pymethods]
impl Hint {
    fn __call__(&self, py: Python<'_>) -> PyResult<Option<String>> {
        match (&self.data_file, &self.why_not_ready) {
            (Some(data_file), _) => Ok(self.error.hint(data_file, self.environment.as_deref())),
            (None, Some(why)) => why.call0(py)?.extract(py),
            (None, None) => Ok(None),
        }
    }
}
