//! A small number for each thread, which no other thread has as long as it lives: whose counters it writes.
//!
//! Of a process, not of an engine: the one thing that the core keeps outside of what it is given.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

/// So many threads have a number at the same time; more count together.
pub(super) const THREADS: usize = 64;

/// The thread has not asked for a number yet.
const UNKNOWN: u8 = u8::MAX;
/// The thread has none, and gets none.
const NONE: u8 = u8::MAX - 1;

/// A bit for each number that is taken.
static TAKEN: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// Apart from its owner: a number without a destructor is read in one step.
    static NUMBER: Cell<u8> = const { Cell::new(UNKNOWN) };
    static OWNED: Owned = const { Owned };
}

/// Gives the thread's number back when the thread ends. What it has counted is seen by the one that takes it next.
struct Owned;

impl Drop for Owned {
    fn drop(&mut self) {
        let number = NUMBER.replace(NONE);
        if usize::from(number) < THREADS {
            TAKEN.fetch_and(!(1 << number), Ordering::Release);
        }
    }
}

/// The thread's number, if it has one.
#[inline]
pub(super) fn number() -> Option<usize> {
    let number = usize::from(NUMBER.get());
    if number < THREADS { Some(number) } else { other() }
}

#[cold]
fn other() -> Option<usize> {
    if NUMBER.get() == NONE || OWNED.try_with(|_| ()).is_err() {
        return None;
    }
    let lowest_free = |taken: u64| (taken != u64::MAX).then(|| taken | (taken + 1));
    let number = match TAKEN.fetch_update(Ordering::Acquire, Ordering::Relaxed, lowest_free) {
        Ok(before) => u8::try_from(before.trailing_ones()).unwrap_or(NONE),
        Err(_) => NONE, // for good: asking again would cost each call
    };
    NUMBER.set(number);
    (number != NONE).then_some(usize::from(number))
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use super::*;

    #[test]
    fn threads_at_the_same_time_have_numbers_of_their_own_which_others_get_later() {
        for _ in 0..3 {
            let meet = Barrier::new(THREADS + 9);
            let mut numbers: Vec<_> = thread::scope(|scope| {
                let ask = || {
                    let number = number();
                    meet.wait();
                    assert_eq!(super::number(), number);
                    number
                };
                let threads: Vec<_> = (0..THREADS + 9).map(|_| scope.spawn(ask)).collect();
                threads.into_iter().map(|thread| thread.join().unwrap()).collect()
            });
            numbers.retain(Option::is_some);
            let count = numbers.len();
            numbers.sort_unstable();
            numbers.dedup();
            assert_eq!(numbers.len(), count);
            assert!((THREADS / 2..=THREADS).contains(&count), "{count}"); // other tests' threads have some
        }
    }
}
