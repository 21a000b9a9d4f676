//! Log lines: to `kameleoon.logging`, and nothing at all below the level.

use std::sync::atomic::{AtomicU8, Ordering};

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

use crate::datafile::reports::Reports;
use crate::engine::{Notice, Severity};

pub(super) const ERROR: u8 = 1;
pub(super) const WARNING: u8 = 2;
pub(super) const DEBUG: u8 = 4;

/// The level of `KameleoonLogger`, mirrored here so that a log call below it costs one load.
static LEVEL: AtomicU8 = AtomicU8::new(WARNING);

/// Sets the level below which native code logs nothing (`LogLevel`'s numbers).
#[pyfunction]
pub(super) fn set_log_level(level: u8) {
    LEVEL.store(level, Ordering::Relaxed);
}

/// Whether lines of this level are wanted.
pub(super) fn enabled(level: u8) -> bool {
    level <= LEVEL.load(Ordering::Relaxed)
}

/// Logs a line. A logger that raises changes nothing.
pub(super) fn emit(py: Python<'_>, level: u8, message: impl FnOnce() -> String) {
    static EMIT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    if !enabled(level) {
        return;
    }
    let emit = || -> PyResult<()> {
        EMIT.import(py, "kameleoon.logging.kameleoon_logger", "emit")?.call1((level, message()))?;
        Ok(())
    };
    if let Err(error) = emit() {
        error.write_unraisable(py, None);
    }
}

pub(super) fn notices(py: Python<'_>, notices: Vec<Notice>) {
    for notice in notices {
        let level = match notice.severity {
            Severity::Error => ERROR,
            Severity::Warning => WARNING,
        };
        emit(py, level, || notice.text);
    }
}

/// What evaluations have left for the log. Where they have nothing, which is nearly always, this is one load.
pub(super) fn reports(py: Python<'_>, reports: &Reports) {
    for line in reports.take() {
        emit(py, WARNING, || line);
    }
}
