//! What threads share data by: `parking_lot` and the standard library; under `--cfg shuttle` what the model checker of
//! `tests/schedules.rs` can stop a thread at. Without that flag nothing here is more than another name.
//!
//! Only the visitor store and the delivery take it from here. Locks of other modules are not seen by the checker, so none
//! of them may be held where one of these is used.

#[cfg(not(shuttle))]
pub(crate) use foldhash::fast::RandomState;
#[cfg(not(shuttle))]
pub(crate) use parking_lot::{Mutex, MutexGuard};
#[cfg(not(shuttle))]
pub(crate) use std::sync::{Arc, atomic};

#[cfg(shuttle)]
pub(crate) use checked::{Arc, Mutex};
/// A schedule that is run again has to find each code in the same shard.
#[cfg(shuttle)]
pub(crate) use foldhash::fast::FixedState as RandomState;
#[cfg(shuttle)]
pub(crate) use shuttle::sync::{MutexGuard, atomic};

#[cfg(shuttle)]
mod checked {
    use std::ops::Deref;
    use std::sync::PoisonError;

    use shuttle::sync::MutexGuard;
    use shuttle::sync::atomic::{AtomicBool, Ordering};

    /// The checker's lock, with `parking_lot`'s methods: a panic does not poison it.
    #[derive(Debug, Default)]
    pub(crate) struct Mutex<T>(shuttle::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(shuttle::sync::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }

        pub(crate) fn into_inner(self) -> T {
            self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
        }
    }

    /// An `Arc` whose owners can be stopped before they clone it and before they let go of it: the checker's own is the
    /// standard one, in which it sees no step.
    pub(crate) struct Arc<T> {
        /// None once the owner has let go.
        owned: Option<std::sync::Arc<T>>,
        /// Reading it is the step that the checker sees.
        step: AtomicBool,
    }

    impl<T> Arc<T> {
        pub(crate) fn new(value: T) -> Self {
            Self { owned: Some(std::sync::Arc::new(value)), step: AtomicBool::new(false) }
        }

        pub(crate) fn into_inner(mut this: Self) -> Option<T> {
            this.step.load(Ordering::SeqCst);
            this.owned.take().and_then(std::sync::Arc::into_inner)
        }
    }

    impl<T> Clone for Arc<T> {
        fn clone(&self) -> Self {
            self.step.load(Ordering::SeqCst);
            Self { owned: self.owned.clone(), step: AtomicBool::new(false) }
        }
    }

    impl<T> Deref for Arc<T> {
        type Target = T;

        fn deref(&self) -> &T {
            self.owned.as_ref().unwrap_or_else(|| unreachable!("nobody uses what it has let go of"))
        }
    }

    impl<T> Drop for Arc<T> {
        fn drop(&mut self) {
            if self.owned.is_some() && !std::thread::panicking() {
                self.step.load(Ordering::SeqCst);
            }
        }
    }
}
