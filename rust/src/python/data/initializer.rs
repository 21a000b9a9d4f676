//! Spares objects of our own classes the call of `__init__`, which is there for classes of users' own: for five data it is a
//! tenth of the time that making them takes.

#![expect(unsafe_code, reason = "the slot of a type can be set in no other way; it is measured to pay")]

use pyo3::ffi;
use pyo3::prelude::*;

use super::content::Kind;

/// Lets `Kind()` call `__new__` alone. `Kind.__init__` stays in the class: a class that derives from it finds it there, and
/// has a slot of its own for it.
pub(super) fn spare<K: Kind>(py: Python<'_>) {
    let class = K::type_object_raw(py);
    // SAFETY: both are types that live as long as the interpreter; ours is written while the module is being made, under the
    // GIL or, without one, before any other thread has the class. The value is what a type without an `__init__` inherits.
    unsafe { (*class).tp_init = ffi::PyBaseObject_Type.tp_init };
}
