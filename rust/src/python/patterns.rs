//! Patterns by themselves, for the tests that compare them with Python's `re`.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::pattern::{Compiler, Pattern, Steps};

/// Whether all of `text` matches, as `re.fullmatch` says; `None` if it was given up. `ValueError` if it is refused.
#[pyfunction]
pub(super) fn full_match(py: Python<'_>, pattern: &str, text: &str) -> PyResult<Option<bool>> {
    let pattern = Compiler::default().compile(pattern).map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok(py.detach(|| pattern.is_full_match(text, &Steps::for_one_evaluation()).ok()))
}

/// Patterns compiled as those of one data file, for the tests of time and memory.
#[pyclass(frozen)]
pub(super) struct Patterns(Vec<Pattern>);

#[pymethods]
impl Patterns {
    #[new]
    #[expect(clippy::needless_pass_by_value, reason = "that is how arguments come from Python")]
    fn new(sources: Vec<String>) -> PyResult<Self> {
        let mut compiler = Compiler::default();
        let compile = |source: &String| compiler.compile(source);
        let patterns = sources.iter().map(compile).collect::<Result<_, _>>();
        patterns.map(Self).map_err(|error| PyValueError::new_err(error.to_string()))
    }

    /// As `full_match`, for the pattern at a position.
    fn full_match(&self, position: usize, text: &str) -> Option<bool> {
        self.0.get(position)?.is_full_match(text, &Steps::for_one_evaluation()).ok()
    }

    /// Bytes that all patterns take, as they reckon.
    fn memory(&self) -> usize {
        self.0.iter().map(Pattern::memory).sum()
    }

    /// Each pattern as it shows itself: its source, and its engine.
    fn describe(&self) -> Vec<String> {
        self.0.iter().map(|pattern| format!("{pattern:?}")).collect()
    }
}
