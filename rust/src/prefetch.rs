//! A hint to the processor: what will be read soon.
//!
//! The core's only `unsafe` (the bindings have some, in `python/finalization.rs`). It pays: with 100,000 visitors a third
//! of an evaluation is the wait for the visitor's memory, and most of it can be spent on the rest of the call
//! (`docs/performance.md`).

/// Bytes that are fetched together.
const LINE: usize = 64;

/// Has `value` brought into the cache, without waiting for it. Changes nothing else.
#[expect(unsafe_code, reason = "the instruction has no safe name; it may be given any address whatsoever")]
#[inline]
pub(crate) fn prefetch<T>(value: &T) {
    let first = std::ptr::from_ref(value).cast::<i8>();
    for offset in (0..size_of::<T>()).step_by(LINE) {
        let line = first.wrapping_add(offset);
        #[cfg(target_arch = "x86_64")]
        // SAFETY: SSE is part of x86_64, and a prefetch neither faults nor changes memory.
        unsafe {
            core::arch::x86_64::_mm_prefetch::<{ core::arch::x86_64::_MM_HINT_T0 }>(line);
        }
        #[cfg(target_arch = "aarch64")]
        // SAFETY: a prefetch neither faults nor changes memory, flags or the stack.
        unsafe {
            core::arch::asm!("prfm pldl1keep, [{}]", in(reg) line, options(readonly, nostack, preserves_flags));
        }
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        let _ = line;
    }
}
