//! Which of a process's Python interpreters this library serves: the main one.
//!
//! Classes, and the locks of threads that attach to Python, are the whole process's. In a second interpreter, as `mod_wsgi`
//! makes one for each application, the classes would be another interpreter's, whose `DeviceType` is not the program's.

use pyo3::exceptions::PyImportError;
use pyo3::ffi;
use pyo3::prelude::*;

/// Raises `ImportError` in any other interpreter.
#[expect(unsafe_code, reason = "PyO3 has no safe way to ask which interpreter runs")]
pub(super) fn refuse_others(_: Python<'_>) -> PyResult<()> {
    // SAFETY: the thread is attached to an interpreter; the two only return what is compared, and cannot fail then.
    if unsafe { ffi::PyInterpreterState_Get() == ffi::PyInterpreterState_Main() } {
        return Ok(());
    }
    Err(PyImportError::new_err(
        "kameleoon works in Python's main interpreter only, and this is another one of the same process; \
         hint: under mod_wsgi, set 'WSGIApplicationGroup %{GLOBAL}'",
    ))
}
