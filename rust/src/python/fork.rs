//! What a fork means for this library, whoever forks: Python, or a server written in C (uWSGI), which may not run Python's
//! fork hooks.
//!
//! A fork copies one thread only. What another one has locked at that moment stays locked in the child for ever, so no
//! thread may be inside an engine then. One that holds the GIL is not, where the forking thread has it; those without it
//! go through [`detached`], which a fork waits for. And the child has to notice that it is one: by the [`generation`].

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use pyo3::prelude::*;

#[cfg(unix)]
use super::server_forks;

/// How many threads are inside [`detached`] work.
static INSIDE: AtomicU32 = AtomicU32::new(0);
/// How many forks are under way.
static FORKING: AtomicU32 = AtomicU32::new(0);
/// See [`generation`].
static GENERATION: AtomicU32 = AtomicU32::new(1);

/// Detached work is bounded: some milliseconds at most.
const LOOK_AGAIN: Duration = Duration::from_micros(50);

/// How many forks lie between the first process and this one, from 1.
#[inline]
pub(super) fn generation() -> u32 {
    GENERATION.load(Ordering::Relaxed)
}

/// How many forks lie between the first process and this one, from 1: what was made under another number belongs to
/// another process.
#[pyfunction]
pub(super) fn process_generation() -> u32 {
    generation()
}

/// Runs `work` without the GIL. No fork comes while it runs: it must not take long, nor wait for the GIL.
pub(super) fn detached<T: Send>(py: Python<'_>, work: impl Send + FnOnce() -> T) -> T {
    py.detach(|| {
        let _inside = Inside::enter(); // left before the GIL is waited for: the forking thread may have it
        work()
    })
}

/// The same for work that takes long, in steps that do not: a fork comes between any two of them.
/// Each says whether another one follows.
pub(super) fn detached_while(py: Python<'_>, mut step: impl Send + FnMut() -> bool) {
    py.detach(|| {
        loop {
            let _inside = Inside::enter();
            if !step() {
                return;
            }
        }
    });
}

struct Inside;

impl Inside {
    fn enter() -> Self {
        loop {
            INSIDE.fetch_add(1, Ordering::SeqCst);
            if FORKING.load(Ordering::SeqCst) == 0 {
                return Self;
            }
            INSIDE.fetch_sub(1, Ordering::SeqCst);
            while FORKING.load(Ordering::SeqCst) > 0 {
                thread::sleep(LOOK_AGAIN);
            }
        }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        INSIDE.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Makes forks wait and be noticed. To be called once, when this library is loaded.
#[cfg(unix)]
#[expect(unsafe_code, reason = "the C library's own hooks run at every fork, Python's at those of Python alone")]
pub(super) fn install() {
    extern "C" fn before() {
        server_forks::hooks::before(); // takes the GIL, maybe: what is inside has to get out without it
        FORKING.fetch_add(1, Ordering::SeqCst);
        while INSIDE.load(Ordering::SeqCst) > 0 {
            thread::sleep(LOOK_AGAIN);
        }
    }
    extern "C" fn after_in_parent() {
        FORKING.fetch_sub(1, Ordering::SeqCst);
        server_forks::hooks::after_in_parent();
    }
    extern "C" fn after_in_child() {
        FORKING.store(0, Ordering::SeqCst);
        INSIDE.store(0, Ordering::SeqCst);
        GENERATION.fetch_add(1, Ordering::SeqCst);
        server_forks::hooks::after_in_child();
    }
    // SAFETY: the three live as long as this library, which Python never unloads. In the child, only atomics are touched, before Python's own
    // hooks, where they are asked for.
    // Where there is no memory for the hooks, forks are as safe as they are without.
    let _ = unsafe { libc::pthread_atfork(Some(before), Some(after_in_parent), Some(after_in_child)) };
}

/// There is no fork here.
#[cfg(not(unix))]
pub(super) fn install() {}
