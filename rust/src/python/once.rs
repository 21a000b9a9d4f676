//! Python objects that are made when they are first asked for.
//!
//! `PyO3`'s `PyOnceLock`, and `intern!` with it, let other threads wait while one makes the object, and that one may wait
//! for the GIL in the middle. A child that is forked then waits for a thread that it does not have. Here nobody waits: two
//! threads may make one each, and the first is kept. (`clippy.toml` refuses the others.)

use std::sync::OnceLock;

use pyo3::prelude::*;

use super::hint::Hint;

/// An object that is made once, or by each of the threads that ask for it first at the same time.
pub(super) struct Once<T>(OnceLock<T>);

impl<T> Once<T> {
    pub(super) const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// The object; `make` may run Python code.
    ///
    /// # Errors
    /// Those of `make`; the next call tries again.
    #[inline]
    pub(super) fn get_or_try_init(&self, make: impl FnOnce() -> PyResult<T>) -> PyResult<&T> {
        match self.0.get() {
            Some(made) => Ok(made),
            None => Ok(self.keep(make()?)),
        }
    }

    /// The object; `make` may run Python code.
    #[inline]
    pub(super) fn get_or_init(&self, make: impl FnOnce() -> T) -> &T {
        match self.0.get() {
            Some(made) => made,
            None => self.keep(make()),
        }
    }

    /// Where another thread was first, its object stays and this one is dropped. No Python code runs in the lock, so the GIL
    /// is not handed on there, and nobody forks.
    #[cold]
    fn keep(&self, made: T) -> &T {
        self.0.get_or_init(|| made)
    }
}

/// Makes what `PyO3` itself would make in that way at its first use. For the import.
///
/// # Errors
/// Where Python cannot make a class: the import fails.
pub(super) fn warm_up(py: Python<'_>) -> PyResult<()> {
    py.get_type::<Hint>().name().map(drop) // a class that is no member of the module, and how a name is asked for
}
