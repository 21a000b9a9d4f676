//! What becomes of a thread that is inside a call of ours when Python ends.
//!
//! Our calls may run Python code: a logger, a `__str__`, an iterator, a `__del__`. A daemon thread that runs such code
//! while the interpreter is finalized never gets the GIL back. Python 3.14 parks it for ever. Earlier ones end it by
//! `pthread_exit`, which on glibc unwinds its stack by force; where this comes upon Rust's frames, the process aborts.
//! So it must not come upon them: [`install`] makes the thread park at the first one, as Python 3.14 does.
//!
//! To unwind a frame, the unwinder first asks the frame's personality routine, on top of the stack that is still whole.
//! All Rust frames of this library (of `PyO3` and of the standard library too: they are linked into it) name theirs through
//! one word of its data. [`install`] puts a routine there that never returns from forced unwinding, and leaves panics to
//! the original. No frame of Rust is ever unwound by force then, whichever call it is in: there is no list of calls into
//! Python to keep complete, `PyO3`'s own (`Py_DECREF`, an argument's `__index__`, an allocation that collects garbage) are
//! covered, and no call costs anything. A guard around each call would do the same for the calls that it is around.
//!
//! Elsewhere (musl, macOS, Windows) ending a thread does not unwind its stack, and there is nothing to do.

/// Makes threads park that would be unwound by force. To be called once this library is loaded.
#[cfg(all(target_os = "linux", target_env = "gnu", not(target_arch = "arm")))]
pub(super) use forced::install;

/// Ending a thread unwinds no stack here.
#[cfg(not(all(target_os = "linux", target_env = "gnu", not(target_arch = "arm"))))]
pub(super) fn install() {}

#[cfg(all(target_os = "linux", target_env = "gnu", not(target_arch = "arm")))]
#[expect(unsafe_code, reason = "the word that is replaced belongs to the compiler, and its type is the unwinder's")]
mod forced {
    use std::ffi::{c_int, c_void};
    use std::sync::atomic::{AtomicPtr, Ordering};
    use std::time::Duration;

    /// `_Unwind_Personality_Fn` of the Itanium C++ ABI: version, actions, class, exception, context.
    type Personality = unsafe extern "C" fn(c_int, c_int, u64, *mut c_void, *mut c_void) -> c_int;

    /// `_UA_FORCE_UNWIND`, among the actions.
    const FORCED: c_int = 8;

    // SAFETY: the compiler defines this word once in every library with frames that have something to clean up, and gives
    // it room for a pointer in writable data. It is hidden: this is the library's own, nobody else's.
    unsafe extern "C" {
        #[link_name = "DW.ref.rust_eh_personality"]
        static PERSONALITY: AtomicPtr<c_void>;
    }

    static ORIGINAL: AtomicPtr<c_void> = AtomicPtr::new(std::ptr::null_mut());

    pub(in crate::python) fn install() {
        // SAFETY: the word is aligned, initialized, lives as long as the library, and is written nowhere else; those who
        // read it, the unwinder, find either routine. `ORIGINAL` is set before, and once.
        unsafe {
            let original = PERSONALITY.load(Ordering::Acquire);
            if ORIGINAL.compare_exchange(std::ptr::null_mut(), original, Ordering::AcqRel, Ordering::Acquire).is_ok() {
                PERSONALITY.store(personality as Personality as *mut c_void, Ordering::Release);
            }
        }
    }

    unsafe extern "C" fn personality(
        version: c_int,
        actions: c_int,
        class: u64,
        exception: *mut c_void,
        context: *mut c_void,
    ) -> c_int {
        if actions & FORCED != 0 {
            // The thread holds neither the GIL nor a lock of the unwinder's, and the process ends without it.
            loop {
                std::thread::sleep(Duration::MAX);
            }
        }
        // SAFETY: this routine is in use only after `install` has put the original one there, with the same signature;
        // it gets what the unwinder has given.
        unsafe {
            let original: Personality = std::mem::transmute(ORIGINAL.load(Ordering::Acquire));
            original(version, actions, class, exception, context)
        }
    }
}
