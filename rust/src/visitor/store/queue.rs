//! Which codes wait to be tracked, and what is taken of them: those in the shards, and those whose visitors have departed.

use std::collections::VecDeque;
use std::hash::BuildHasher;

use super::{Locked, SHARDS, VisitorStore};
use crate::sync::MutexGuard;
use crate::sync::atomic::Ordering;
use crate::visitor::sending::{Epoch, WaitingSince};
use crate::visitor::shard::Shard;
use crate::visitor::slot::Slot;

/// How many codes may wait to be tracked, and as many may have departed.
pub(super) const QUEUE_CAPACITY: usize = 1_000_000;

/// Visitors that are gone for evaluations, with what they have to send.
pub(super) struct Departed {
    pub(super) slots: VecDeque<Slot>,
    pub(super) epoch: Epoch,
}

impl VisitorStore {
    /// How many codes wait to be tracked, departed ones included.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed) + self.enter_departed().slots.len()
    }

    /// Whether visitors have departed whose events wait.
    pub fn has_departed(&self) -> bool {
        !self.enter_departed().slots.is_empty()
    }

    /// Takes something of the next code that waits, the departed first. `take` tells whether the code has more, and
    /// waits on. `None` when nobody waits.
    pub fn take_next<T>(&self, take: impl FnOnce(&mut Slot) -> (T, bool)) -> Option<T> {
        let departed = self.enter_departed().slots.pop_front();
        if let Some(slot) = departed {
            return Some(self.take_departed(slot, take));
        }
        if self.waiting.load(Ordering::Acquire) == 0 {
            return self.take_late(take);
        }
        let first = self.next_taken.load(Ordering::Relaxed);
        for step in 0..SHARDS {
            let number = (first + step) % SHARDS;
            let mut shard = self.enter(number);
            let Some(position) = shard.pop_waiting(&self.hasher) else { continue };
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            self.next_taken.store(number, Ordering::Relaxed);
            let Some(slot) = shard.slots.get_bucket_mut(position) else { continue };
            let (taken, has_more) = take(slot);
            if has_more {
                slot.queued = WaitingSince::now(self.epoch());
                let hash = self.hasher.hash_one(slot.code.as_str());
                shard.waiting.push_front(hash);
                self.waiting.fetch_add(1, Ordering::Relaxed);
            } else if shard.waiting.is_empty() {
                shard.waiting = VecDeque::new();
            }
            shard.remove_if_needless(position);
            return Some(taken);
        }
        self.take_late(take)
    }

    /// Takes something of a code that departed after those were looked for, so that it was not in its shard any more.
    fn take_late<T>(&self, take: impl FnOnce(&mut Slot) -> (T, bool)) -> Option<T> {
        let departed = self.enter_departed().slots.pop_front();
        departed.map(|slot| self.take_departed(slot, take))
    }

    fn take_departed<T>(&self, mut slot: Slot, take: impl FnOnce(&mut Slot) -> (T, bool)) -> T {
        let (taken, has_more) = take(&mut slot);
        if has_more {
            self.enter_departed().slots.push_front(slot);
        } else if self.limit.load(Ordering::Relaxed) > 0 {
            self.forget_bytes(slot.heap_bytes() + size_of::<Slot>());
        }
        taken
    }

    /// Takes something of one code, which thereby waits no longer. `None` if there is no such code.
    pub fn take_of<T>(&self, code: &str, take: impl FnOnce(&mut Slot) -> T) -> Option<T> {
        let Locked { mut shard, hash, epoch, .. } = self.lock(code);
        let position = shard.slots.find_bucket_index(hash, |slot| slot.code == code)?;
        let slot = shard.slots.get_bucket_mut(position)?;
        let waited = std::mem::replace(&mut slot.queued, WaitingSince::NEVER).is_current(epoch);
        let taken = take(slot);
        if waited {
            shard.wait_no_more(hash);
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        shard.remove_if_needless(position);
        Some(taken)
    }

    /// Makes those of one part of the visitors wait that have something unsent. Call it for each of [`Self::STEPS`].
    pub fn queue_unsent(&self, step: usize) {
        let epoch = self.epoch();
        let mut shard = self.enter(step);
        let Shard { slots, waiting, .. } = &mut *shard;
        for slot in slots.iter_mut() {
            let unsent = slot.visit(epoch, |visitor| visitor.data.has_unsent(epoch)) == Some(true);
            if unsent && !slot.queued.is_current(epoch) && self.waiting.load(Ordering::Relaxed) < QUEUE_CAPACITY {
                slot.queued = WaitingSince::now(epoch);
                waiting.push_back(self.hasher.hash_one(slot.code.as_str()));
                self.waiting.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    pub(super) fn enter_departed(&self) -> MutexGuard<'_, Departed> {
        let mut departed = self.departed.lock();
        let epoch = self.epoch();
        if departed.epoch != epoch {
            departed.epoch = epoch;
            // The parent process's to send. Not freed: freeing would copy the pages that are shared with it.
            std::mem::forget(std::mem::take(&mut departed.slots));
        }
        departed
    }
}
