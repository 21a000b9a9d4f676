//! Which visitors wait to be tracked (spec 3 §1). Each code waits once, however often it is queued.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};

use compact_str::CompactString;
use hashbrown::HashSet;
use parking_lot::Mutex;

use crate::visitor::store::{Queueing, VisitorStore};

/// How many codes may wait.
pub const CAPACITY: usize = 1_000_000;

/// The codes that wait.
///
/// A visitor itself remembers that its first code waits, so that queueing it again costs a flag. Codes without a
/// visitor, and second codes of linked ones, are remembered here.
#[derive(Default)]
pub struct TrackingQueue {
    waiting: Mutex<Waiting>,
    dropped: AtomicU64,
}

#[derive(Default)]
struct Waiting {
    /// In the order of arrival.
    codes: VecDeque<CompactString>,
    /// Those of `codes` whose waiting no visitor remembers.
    strangers: HashSet<CompactString, foldhash::fast::RandomState>,
}

impl TrackingQueue {
    /// Does what is left to do for a code to wait. No visitor's lock may be held.
    pub fn push(&self, code: &str, queueing: Queueing, store: &VisitorStore) {
        if queueing == Queueing::Done {
            return;
        }
        let mut waiting = self.waiting.lock();
        if queueing == Queueing::Code || waiting.strangers.insert(code.into()) {
            waiting.codes.push_back(code.into());
        }
        drop(waiting);
        self.keep_within_capacity(store);
    }

    /// The code that has waited longest, no longer waiting. Its visitor's note is the caller's to take back.
    pub fn pop(&self) -> Option<CompactString> {
        let mut waiting = self.waiting.lock();
        let code = waiting.codes.pop_front()?;
        waiting.strangers.remove(&code);
        Some(code)
    }

    /// How many codes wait.
    pub fn len(&self) -> usize {
        self.waiting.lock().codes.len()
    }

    /// Whether no code waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many codes were dropped for want of room, ever.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Takes everything out, without a trace: for a forked child, whose parent sends it.
    pub fn take_all(&self) -> Vec<CompactString> {
        let mut waiting = self.waiting.lock();
        waiting.strangers.clear();
        std::mem::take(&mut waiting.codes).into()
    }

    /// Beyond the capacity: drops codes whose visitor is gone, then the oldest, down to four fifths.
    fn keep_within_capacity(&self, store: &VisitorStore) {
        let mut waiting = self.waiting.lock();
        if waiting.codes.len() <= CAPACITY {
            return;
        }
        let codes = std::mem::take(&mut waiting.codes);
        waiting.strangers.clear();
        drop(waiting);
        let before = codes.len();
        let mut kept: VecDeque<CompactString> =
            codes.into_iter().filter(|code| store.peek(code, |_| ()).is_some()).collect();
        if kept.len() > CAPACITY {
            for code in kept.drain(..kept.len() - CAPACITY / 5 * 4) {
                store.peek(&code, |mut found| found.mark_drained());
            }
        }
        self.dropped.fetch_add((before - kept.len()) as u64, Ordering::Relaxed);
        let mut waiting = self.waiting.lock();
        kept.append(&mut waiting.codes);
        waiting.codes = kept;
    }
}
