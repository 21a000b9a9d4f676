//! The cap on memory: how much the store takes, about, who makes room, and what is lost thereby.

use super::{Locked, VisitorStore};
use crate::sync::atomic::{AtomicU64, Ordering};
use crate::visitor::data::VisitorData;
use crate::visitor::sending::Epoch;
use crate::visitor::shard::Shard;
use crate::visitor::slot::{Slot, Target};

/// A shard tells the store of its growth in steps of this many bytes.
const BYTES_STEP: usize = 4096;

/// What was lost for want of room, ever.
#[derive(Debug, Default)]
pub struct Losses {
    /// Codes that were dropped from the tracking queue.
    pub codes: AtomicU64,
    /// Events that were dropped with their visitor.
    pub events: AtomicU64,
    /// Visitors that were evicted.
    pub visitors: AtomicU64,
}

impl Losses {
    /// Counts anew.
    pub(super) fn forget(&self) {
        for counter in [&self.codes, &self.events, &self.visitors] {
            counter.store(0, Ordering::Relaxed);
        }
    }
}

impl Locked<'_> {
    /// Before a code is added: where the table would have to grow beyond the cap on memory, idle visitors make room.
    pub(super) fn make_room(&mut self) {
        let limit = self.store.limit.load(Ordering::Relaxed);
        let slots = &self.shard.slots;
        if limit == 0 || slots.len() < slots.capacity() {
            return;
        }
        if self.store.bytes.load(Ordering::Relaxed) + slots.allocation_size().max(BYTES_STEP) <= limit {
            return;
        }
        for _ in 0..=slots.len() / 64 {
            self.evict();
        }
        if self.shard.slots.len() >= self.shard.slots.capacity() && !self.shard.slots.is_empty() {
            self.shard.rebuild(&self.store.hasher);
        }
    }

    /// Tells the store of a growth from `before` to `after` bytes; beyond the cap idle visitors of the shard make room.
    pub(super) fn account(&mut self, before: usize, after: usize) {
        let limit = self.store.limit.load(Ordering::Relaxed);
        self.store.note_bytes(&mut self.shard, before, after);
        let mut freed = 0;
        // Twice of what came goes, so that what other shards cannot free is freed here.
        while freed < 2 * after.saturating_sub(before) && self.store.bytes.load(Ordering::Relaxed) > limit {
            match self.evict() {
                0 => break,
                bytes => freed += bytes,
            }
        }
        if after > limit / 2 && self.store.bytes.load(Ordering::Relaxed) > limit {
            self.begin_anew();
        }
    }

    /// The visitor alone takes more than half of all that may be taken, and nobody else can make room: it loses what it
    /// holds, counted as if it had been evicted.
    fn begin_anew(&mut self) {
        let activity = self.store.clock.load(Ordering::Relaxed);
        let epoch = self.epoch;
        let Some(slot) = self.slot() else { return };
        let emptied = slot.visit(epoch, |visitor| {
            let begun = VisitorData::new(visitor.data.time_started.get(), activity);
            std::mem::replace(visitor.data, begun)
        });
        let Some(lost) = emptied else { return };
        self.store.losses.visitors.fetch_add(1, Ordering::Relaxed);
        self.store.losses.events.fetch_add(lost.count_unsent(self.epoch) as u64, Ordering::Relaxed);
        self.store.note_bytes(&mut self.shard, lost.heap_bytes(), 0);
    }

    /// Evicts one visitor of the shard, never the caller's own; returns about how many bytes that frees.
    fn evict(&mut self) -> usize {
        let Some(mut slot) = self.shard.evict_one(self.position, &self.store.hasher) else { return 0 };
        let freed = slot.heap_bytes();
        self.store.note_evicted(&mut slot, self.epoch);
        self.store.note_bytes(&mut self.shard, freed, 0);
        self.evicted.push(slot);
        freed + size_of::<Slot>()
    }
}

impl VisitorStore {
    /// Sets the most bytes that visitors and queue may take, about; 0 is any number.
    pub fn set_limit(&self, bytes: usize) {
        self.limit.store(bytes, Ordering::Relaxed);
    }

    /// About how many bytes visitors and queue take; known only where there is a limit.
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// What was lost for want of room.
    pub fn losses(&self) -> &Losses {
        &self.losses
    }

    fn note_evicted(&self, slot: &mut Slot, epoch: Epoch) {
        self.losses.visitors.fetch_add(1, Ordering::Relaxed);
        if slot.queued.is_current(epoch) {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        self.count_lost_events(slot, epoch);
    }

    /// Counts the events of a visitor whose last code is taken out; with another code it lives on.
    pub(super) fn count_lost_events(&self, slot: &mut Slot, epoch: Epoch) {
        if let Some(data) = std::mem::replace(&mut slot.target, Target::Nobody).into_last() {
            self.losses.events.fetch_add(data.count_unsent(epoch) as u64, Ordering::Relaxed);
            slot.target = Target::Own(data); // to be freed where no lock is held
        }
    }

    /// Notes that a shard takes `after` bytes where it took `before`. Small changes are gathered.
    pub(super) fn note_bytes(&self, shard: &mut Shard, before: usize, after: usize) {
        let old = shard.bytes;
        shard.bytes = (old + after).saturating_sub(before);
        let steps = |bytes: usize| bytes / BYTES_STEP * BYTES_STEP;
        self.move_bytes(steps(old), steps(shard.bytes));
    }

    fn move_bytes(&self, from: usize, to: usize) {
        match to.checked_sub(from) {
            Some(0) => {}
            Some(more) => _ = self.bytes.fetch_add(more, Ordering::Relaxed),
            None => self.forget_bytes(from - to),
        }
    }

    pub(super) fn forget_bytes(&self, bytes: usize) {
        let less = |held: usize| Some(held.saturating_sub(bytes));
        let _ = self.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less); // it always succeeds
    }
}
