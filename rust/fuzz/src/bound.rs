//! How long a call may take.

/// Seconds of the processor's time that one call may take: compiling a data file, evaluating a flag, matching a pattern.
///
/// The patterns of one evaluation may take 13 ms in a release; with `AddressSanitizer`, coverage and debug assertions, ten to
/// twenty times as long. A second is what no call reaches but one whose work grows faster than its input.
pub const BOUND: f64 = 1.0;

/// Runs a call.
///
/// # Panics
/// When it takes longer than [`BOUND`].
pub fn within<T>(name: &str, call: impl FnOnce() -> T) -> T {
    let start = processor_time();
    let result = call();
    let taken = processor_time() - start;
    assert!(taken < BOUND, "{name} takes {taken:.3} s");
    result
}

/// Seconds of the processor that this thread has had: other processes do not count.
#[expect(clippy::cast_precision_loss, reason = "seconds and nanoseconds of a process are small")]
fn processor_time() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    #[expect(unsafe_code, reason = "the standard library has no clock of a thread's time")]
    // SAFETY: the pointer leads to a `timespec` of our own.
    let failed = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    assert_eq!(failed, 0, "the clock of the thread's time cannot be read");
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
