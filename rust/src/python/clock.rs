//! The clock and the source of randomness that the core has not.

use chrono::{DateTime, Days, Local, NaiveTime};
use parking_lot::Mutex;
use std::hash::{BuildHasher, RandomState};
use std::sync::OnceLock;
use std::time::Instant;

use crate::engine::Moment;

/// Now.
pub(super) fn moment() -> Moment {
    Moment { now: milliseconds(), day_start: local_day_start }
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
