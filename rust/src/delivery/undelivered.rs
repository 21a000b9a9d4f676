//! Lines that came back from requests that failed, and the count of what became of all lines.

use std::collections::VecDeque;

use super::batch::{BODY_LIMIT, FULL_BODY, Lines};
use crate::sync::atomic::{AtomicU64, Ordering};
use crate::sync::{Mutex, MutexGuard};
use crate::visitor::sending::Epoch;

/// Lines that came back may take this many bytes; beyond it the oldest ones are dropped, and counted.
const CAPACITY_BYTES: usize = 64 << 20;

/// Lines that are to be tried again, and the counters.
#[derive(Debug)]
pub struct Undelivered {
    waiting: Mutex<Waiting>,
    sent: AtomicU64,
    failed: AtomicU64,
    refused: AtomicU64,
    dropped: AtomicU64,
}

#[derive(Debug)]
struct Waiting {
    chunks: VecDeque<Lines>,
    bytes: usize,
    epoch: Epoch,
}

/// When lines that came back are tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Before all others.
    First,
    /// After all others.
    Last,
}

/// What became of lines, ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Those that arrived.
    pub sent: u64,
    /// Those in requests that failed; each is tried again, and counts again if it fails again.
    pub failed: u64,
    /// Those that the service refuses, which were set aside.
    pub refused: u64,
    /// Those that were dropped for want of room.
    pub dropped: u64,
}

impl Default for Undelivered {
    fn default() -> Self {
        Self {
            waiting: Mutex::new(Waiting { chunks: VecDeque::new(), bytes: 0, epoch: Epoch::FIRST }),
            sent: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
        }
    }
}

impl Undelivered {
    /// What became of lines.
    pub fn counts(&self) -> Counts {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            sent: read(&self.sent),
            failed: read(&self.failed),
            refused: read(&self.refused),
            dropped: read(&self.dropped),
        }
    }

    /// How many visitors' lines are to be tried again.
    pub fn visitors(&self) -> usize {
        self.waiting.lock().chunks.iter().map(Lines::visitors).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.waiting.lock().chunks.is_empty()
    }

    /// Takes lines that came back, those of `most` visitors at the most.
    pub fn take(&self, most: usize, epoch: Epoch) -> Lines {
        let mut waiting = self.enter(epoch);
        let mut taken = Lines::default();
        while taken.visitors() < most
            && let Some(mut chunk) = waiting.chunks.pop_front()
        {
            let rest = chunk.split_off_visitors(most - taken.visitors());
            if !rest.is_empty() {
                waiting.chunks.push_front(rest);
            }
            if !taken.is_empty() && taken.body_len() + chunk.body_len() >= FULL_BODY {
                waiting.chunks.push_front(chunk);
                break;
            }
            taken.append(chunk);
        }
        waiting.bytes = waiting.bytes.saturating_sub(taken.body_len());
        taken
    }

    /// Keeps lines for the next request: they were taken, but there was no room for them.
    pub(crate) fn put_back(&self, lines: Lines, epoch: Epoch) {
        debug_assert!(lines.body_len() < BODY_LIMIT);
        let mut waiting = self.enter(epoch);
        waiting.bytes += lines.body_len();
        waiting.chunks.push_front(lines);
    }

    /// Takes the lines of a request that has failed. In a forked child they are the parent's, and nothing happens.
    pub(super) fn take_back(&self, lines: Lines, epoch: Epoch, turn: Turn) {
        let mut waiting = self.waiting.lock();
        if waiting.epoch != epoch {
            return;
        }
        self.failed.fetch_add(lines.len() as u64, Ordering::Relaxed);
        waiting.bytes += lines.body_len();
        match turn {
            Turn::First => waiting.chunks.push_front(lines),
            Turn::Last => waiting.chunks.push_back(lines),
        }
        while waiting.bytes > CAPACITY_BYTES
            && let Some(oldest) = waiting.chunks.pop_back()
        {
            waiting.bytes = waiting.bytes.saturating_sub(oldest.body_len());
            self.dropped.fetch_add(oldest.len() as u64, Ordering::Relaxed);
        }
    }

    pub(super) fn count_sent(&self, lines: usize) {
        self.sent.fetch_add(lines as u64, Ordering::Relaxed);
    }

    pub(super) fn count_refused(&self, lines: usize) {
        self.refused.fetch_add(lines as u64, Ordering::Relaxed);
    }

    /// Makes this fit for a forked child: what came back is the parent's, and so is what was counted.
    pub(crate) fn after_fork(&self, epoch: Epoch) {
        for counter in [&self.sent, &self.failed, &self.refused, &self.dropped] {
            counter.store(0, Ordering::Relaxed);
        }
        drop(self.enter(epoch));
    }

    fn enter(&self, epoch: Epoch) -> MutexGuard<'_, Waiting> {
        let mut waiting = self.waiting.lock();
        if waiting.epoch != epoch {
            (waiting.epoch, waiting.bytes) = (epoch, 0);
            // Not freed: its pages are shared with the parent, and freeing would copy them.
            std::mem::forget(std::mem::take(&mut waiting.chunks));
        }
        waiting
    }
}
