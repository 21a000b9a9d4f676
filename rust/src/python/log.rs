//! Log lines: to `kameleoon.logging`, and nothing at all below the level.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU8, Ordering};

use parking_lot::Mutex;
use pyo3::prelude::*;

use super::errors::contained;
use super::once::Once;
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

/// Logs a line. An `Exception` of the logger changes nothing; what is none, such as `KeyboardInterrupt`, is raised.
pub(super) fn emit(py: Python<'_>, level: u8, message: impl FnOnce() -> PyResult<String>) -> PyResult<()> {
    static EMIT: Once<Py<PyAny>> = Once::new();
    if !enabled(level) {
        return Ok(());
    }
    let emit = || -> PyResult<()> {
        let find = || Ok(py.import("kameleoon.logging.kameleoon_logger")?.getattr("emit")?.unbind());
        EMIT.get_or_try_init(find)?.call1(py, (level, message()?))?;
        Ok(())
    };
    if let Err(error) = contained(py, emit())? {
        error.write_unraisable(py, None);
    }
    Ok(())
}

/// So many different lines are remembered.
const MOST_LINES: usize = 1000;

/// Logs a warning that a call may have to say again and again: each line once.
#[cold]
pub(super) fn once(py: Python<'_>, message: impl FnOnce() -> PyResult<String>) -> PyResult<()> {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    if !enabled(WARNING) {
        return Ok(());
    }
    let Ok(line) = contained(py, message())? else { return Ok(()) }; // its arguments cannot be shown
    let is_new = {
        let mut said = SAID.lock();
        said.len() < MOST_LINES && said.insert(line.clone())
    };
    if is_new { emit(py, WARNING, || Ok(line)) } else { Ok(()) }
}

/// Logs what the engine has to say, each line of it.
pub(super) fn notices(py: Python<'_>, notices: Vec<Notice>) -> PyResult<()> {
    for notice in notices {
        let level = match notice.severity {
            Severity::Error => ERROR,
            Severity::Warning => WARNING,
        };
        emit(py, level, || Ok(notice.text))?;
    }
    Ok(())
}

/// What evaluations have left for the log. Where they have nothing, which is nearly always, this is one load.
#[inline]
pub(super) fn reports(py: Python<'_>, reports: &Reports) -> PyResult<()> {
    if reports.are_waiting() { log_reports(py, reports) } else { Ok(()) }
}

#[cold]
fn log_reports(py: Python<'_>, reports: &Reports) -> PyResult<()> {
    for line in reports.take() {
        emit(py, WARNING, || Ok(line))?;
    }
    Ok(())
}
