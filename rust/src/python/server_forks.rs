//! Forks by a server that is written in C and embeds Python (uWSGI): it forks while Python's threads run, and calls none of
//! Python's fork hooks unless it is told to.
//!
//! In such a child the interpreter's own lock may be held by a thread that is not there, or count waiters that are not: its
//! first use of a thread may wait for ever, and with it a request. So Python's hooks are run here, where the program has
//! asked for it ([`run_fork_hooks`]), as Python itself would run them: by the forking thread, with the GIL.

use std::sync::atomic::{AtomicBool, Ordering};

use pyo3::prelude::*;

/// Whether Python's hooks are to be run at forks that are not Python's.
static ASKED: AtomicBool = AtomicBool::new(false);
/// Whether the fork to come is one of Python's, which has run its hooks already.
static ANNOUNCED: AtomicBool = AtomicBool::new(false);

/// From now on, Python's fork hooks are run at the forks of this process that are not Python's own, if they are made by a
/// thread that Python knows. Not in its children: they are the server's workers, and what they fork is others'.
#[pyfunction]
pub(super) fn run_fork_hooks() {
    ASKED.store(true, Ordering::SeqCst);
}

/// To be run by Python before each fork of its own.
#[pyfunction]
pub(super) fn announce_fork() {
    ANNOUNCED.store(true, Ordering::SeqCst);
}

#[cfg(unix)]
#[expect(unsafe_code, reason = "PyO3 has no safe way to take the GIL in one function and to give it back in another")]
pub(super) mod hooks {
    use super::{ANNOUNCED, ASKED, Ordering};
    use pyo3::ffi;
    use std::sync::atomic::AtomicU8;

    /// What is to be done after the fork.
    static HELD: AtomicU8 = AtomicU8::new(NOTHING);
    const NOTHING: u8 = 0;
    const HOOKS: u8 = 1;
    const HOOKS_AND_GIL: u8 = 2;
    /// What `PyGILState_Ensure` has returned is this: the thread has not had the GIL.
    const GIVE_BACK: ffi::PyGILState_STATE = ffi::PyGILState_STATE::PyGILState_UNLOCKED;

    pub(in crate::python) fn before() {
        if !ASKED.load(Ordering::SeqCst) || ANNOUNCED.load(Ordering::SeqCst) {
            return;
        }
        // SAFETY: the interpreter runs, and the thread is one of its threads; `PyGILState_Check` says whether it has the GIL,
        // which is taken where it has not.
        unsafe {
            if ffi::Py_IsInitialized() == 0 || ffi::PyGILState_GetThisThreadState().is_null() {
                return;
            }
            let held = if ffi::PyGILState_Check() == 1 {
                HOOKS
            } else {
                ffi::PyGILState_Ensure();
                HOOKS_AND_GIL
            };
            HELD.store(held, Ordering::SeqCst); // with the GIL: forks of two threads come one after another
            ffi::PyOS_BeforeFork();
        }
    }

    pub(in crate::python) fn after_in_parent() {
        ANNOUNCED.store(false, Ordering::SeqCst);
        // SAFETY: `before` has run in this thread, and has left the GIL with it.
        end(|| unsafe { ffi::PyOS_AfterFork_Parent() });
    }

    pub(in crate::python) fn after_in_child() {
        ASKED.store(false, Ordering::SeqCst);
        ANNOUNCED.store(false, Ordering::SeqCst);
        // SAFETY: as in the parent; this thread, the only one here, is the one that `before` has run in.
        end(|| unsafe { ffi::PyOS_AfterFork_Child() });
    }

    fn end(hooks: impl FnOnce()) {
        let held = HELD.swap(NOTHING, Ordering::SeqCst);
        if held == NOTHING {
            return;
        }
        hooks();
        if held == HOOKS_AND_GIL {
            // SAFETY: `before` has taken it.
            unsafe { ffi::PyGILState_Release(GIVE_BACK) };
        }
    }
}
