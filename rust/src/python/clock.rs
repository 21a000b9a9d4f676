//! The clock and the source of randomness that the core has not.

use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use chrono::{DateTime, Days, Local, NaiveTime};
use parking_lot::Mutex;
use pyo3::prelude::*;

use crate::engine::Moment;

/// How far the engine's clock is ahead of the wall's, in milliseconds: 0, but in tests of what happens later.
static AHEAD: AtomicI64 = AtomicI64::new(0);

/// Now.
pub(super) fn moment() -> Moment {
    Moment { now: milliseconds().wrapping_add(AHEAD.load(Ordering::Relaxed)), day_start: local_day_start }
}

/// Moves the clock that conditions and events go by on by so many milliseconds, in all clients of the process; `None` undoes
/// all of that. For tests: see `kameleoon.testing`.
#[pyfunction]
pub(super) fn shift_clock(milliseconds: Option<i64>) {
    match milliseconds {
        Some(milliseconds) => AHEAD.fetch_add(milliseconds, Ordering::Relaxed),
        None => AHEAD.swap(0, Ordering::Relaxed),
    };
}

/// Milliseconds since the epoch. Not of the coarse clock, which is 20 ns faster and some milliseconds late: conditions compare
/// with times that others have read from the exact one, and an answer at a boundary would differ.
#[cfg(target_os = "linux")]
fn milliseconds() -> i64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
    time.tv_sec * 1000 + time.tv_nsec / 1_000_000
}

/// Milliseconds since the epoch.
#[cfg(not(target_os = "linux"))]
#[expect(clippy::disallowed_methods, reason = "the bindings are where the time comes from")]
fn milliseconds() -> i64 {
    let elapsed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    // As 64-bit numbers: dividing the 128 bits of `as_millis` takes longer than reading the clock.
    i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX / 1000) * 1000 + i64::from(elapsed.subsec_millis())
}

/// When the local day of `now` began. The day is remembered: asking the time zone is slow.
fn local_day_start(now: i64) -> i64 {
    static DAY: Mutex<(i64, i64)> = Mutex::new((0, 0));
    let mut day = DAY.lock();
    if !(day.0..day.1).contains(&now) {
        *day = local_day(now).unwrap_or((0, 0));
    }
    day.0
}

fn local_day(now: i64) -> Option<(i64, i64)> {
    let date = DateTime::from_timestamp_millis(now)?.with_timezone(&Local).date_naive();
    let midnight = |date: chrono::NaiveDate| {
        let local = date.and_time(NaiveTime::MIN).and_local_timezone(Local);
        Some(local.earliest()?.timestamp_millis())
    };
    Some((midnight(date)?, midnight(date.checked_add_days(Days::new(1))?)?))
}

/// 64 random bits from the operating system.
pub(super) fn random_seed() -> u64 {
    // The standard hasher's keys come from the system's randomness, and differ for each process's first call; the time
    // tells apart two children forked from one process.
    RandomState::new().hash_one(moment().now) ^ u64::from(std::process::id()).rotate_left(32)
}

/// Milliseconds of a clock that is never set back, from the first call on.
pub(super) fn monotonic() -> i64 {
    static START: OnceLock<Instant> = OnceLock::new();
    i64::try_from(START.get_or_init(Instant::now).elapsed().as_millis()).unwrap_or(i64::MAX)
}
