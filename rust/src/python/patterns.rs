//! Python's `re`, for the patterns that the core's engines do not know.

use std::sync::Arc;

use pyo3::intern;
use pyo3::prelude::*;

use crate::pattern::{HostPattern, PatternHost};

/// `kameleoon._patterns`.
pub(super) struct PythonRe;

impl PatternHost for PythonRe {
    fn compile(&self, pattern: &str) -> Result<Arc<dyn HostPattern>, String> {
        Python::attach(|py| {
            let compile = || -> PyResult<Py<PyAny>> {
                let module = py.import(intern!(py, "kameleoon._patterns"))?;
                Ok(module.call_method1(intern!(py, "compile_pattern"), (pattern,))?.unbind())
            };
            match compile() {
                Ok(matches) => Ok(Arc::new(PythonPattern(matches)) as Arc<dyn HostPattern>),
                Err(error) => Err(error.value(py).to_string()),
            }
        })
    }
}

/// A callable from a text to whether all of it matches.
struct PythonPattern(Py<PyAny>);

impl HostPattern for PythonPattern {
    fn is_full_match(&self, text: &str) -> bool {
        Python::attach(|py| self.0.call1(py, (text,)).and_then(|answer| answer.is_truthy(py)).unwrap_or(false))
    }
}
