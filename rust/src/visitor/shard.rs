//! A part of the visitors, under one lock: their slots, those of them that wait to be tracked, and how much it all takes.

use std::collections::VecDeque;

use hashbrown::hash_table::Entry;
use hashbrown::{HashSet, HashTable};
use std::hash::BuildHasher;

use super::sending::{Epoch, WaitingSince};
use super::slot::{Slot, Target};
use crate::sync::RandomState;

/// How many slots are looked at for one that is evicted. More would find an idler one, and take longer.
const SAMPLE: usize = 24;

/// The slots of a part of all codes, and the tracking queue of these codes.
pub(super) struct Shard {
    pub(super) slots: HashTable<Slot>,
    /// The hashes of the codes that wait, the one that has waited longest first: one for each slot that says that it
    /// waits, no other.
    pub(super) waiting: VecDeque<u64>,
    /// The process that `waiting` is of.
    epoch: Epoch,
    /// How many slots lead to nobody.
    pub(super) nobodies: usize,
    /// About how many bytes the shard takes, as far as the store was told.
    pub(super) bytes: usize,
    /// How far an eviction has come in `slots`.
    hand: usize,
}

impl Default for Shard {
    fn default() -> Self {
        Self {
            slots: HashTable::default(),
            waiting: VecDeque::default(),
            epoch: Epoch::FIRST,
            nobodies: 0,
            bytes: 0,
            hand: 0,
        }
    }
}

impl Shard {
    /// Forgets the queue of a parent process, which sends what waits there.
    pub(super) fn enter(&mut self, epoch: Epoch) {
        if self.epoch != epoch {
            self.epoch = epoch;
            // Not freed: its pages are shared with the parent, and freeing would copy them.
            std::mem::forget(std::mem::take(&mut self.waiting));
        }
    }

    /// The position of the slot of a code; it is made, leading to nobody, if there is none.
    pub(super) fn position_of(&mut self, hash: u64, code: &str, hasher: &RandomState) -> usize {
        let rehash = |slot: &Slot| hasher.hash_one(slot.code.as_str());
        match self.slots.entry(hash, |slot| slot.code == code, rehash) {
            Entry::Occupied(occupied) => occupied.bucket_index(),
            Entry::Vacant(vacant) => {
                self.nobodies += 1;
                vacant.insert(Slot::nobody(code)).bucket_index()
            }
        }
    }

    /// The position of a slot that waits and has this hash.
    pub(super) fn position_of_waiting(&self, hash: u64, hasher: &RandomState) -> Option<usize> {
        let waits = |slot: &Slot| slot.queued.is_current(self.epoch) && hasher.hash_one(slot.code.as_str()) == hash;
        self.slots.find_bucket_index(hash, waits)
    }

    /// The next code that waits: it waits no longer, and its position is given. `None` if there is none.
    pub(super) fn pop_waiting(&mut self, hasher: &RandomState) -> Option<usize> {
        let hash = self.waiting.pop_front()?;
        let position = self.position_of_waiting(hash, hasher)?;
        self.slots.get_bucket_mut(position)?.queued = WaitingSince::NEVER;
        Some(position)
    }

    /// Takes one hash out of those that wait: its slot waits no longer.
    pub(super) fn wait_no_more(&mut self, hash: u64) {
        if let Some(stands) = self.waiting.iter().position(|waiting| *waiting == hash) {
            self.waiting.remove(stands);
        }
    }

    /// Takes a slot out.
    fn remove(&mut self, position: usize) -> Option<Slot> {
        let slot = self.slots.get_bucket_entry(position).ok()?.remove().0;
        self.nobodies -= usize::from(matches!(slot.target, Target::Nobody));
        Some(slot)
    }

    /// Takes out all slots that are `expired`.
    pub(super) fn remove_all(&mut self, hasher: &RandomState, expired: impl FnMut(&mut Slot) -> bool) -> Vec<Slot> {
        let removed: Vec<Slot> = self.slots.extract_if(expired).collect();
        let epoch = self.epoch;
        let waited = removed.iter().filter(|slot| slot.queued.is_current(epoch));
        let mut hashes: HashSet<u64, RandomState> = waited.map(|slot| hasher.hash_one(slot.code.as_str())).collect();
        if !hashes.is_empty() {
            // Once each: another code that waits may have the same hash.
            self.waiting.retain(|hash| !hashes.remove(hash));
        }
        removed
    }

    /// Takes a slot out if it leads to nobody and does not wait.
    pub(super) fn remove_if_needless(&mut self, position: usize) {
        let needless = |slot: &Slot| matches!(slot.target, Target::Nobody) && slot.queued == WaitingSince::NEVER;
        if self.slots.get_bucket(position).is_some_and(needless) {
            self.remove(position);
        }
    }

    /// Takes out the visitor that has been idle for longest among some; one with unsent events only if there is no
    /// other. The slot at `spared` stays.
    pub(super) fn evict_one(&mut self, spared: Option<usize>, hasher: &RandomState) -> Option<Slot> {
        let buckets = self.slots.num_buckets();
        let mut worst: Option<((bool, u32), usize)> = None;
        let mut seen = 0;
        for step in 0..buckets {
            let position = (self.hand + step) % buckets;
            let Some(slot) = self.slots.get_bucket_mut(position).filter(|_| spared != Some(position)) else { continue };
            let waits = slot.queued.is_current(self.epoch);
            let rank = slot.visit(self.epoch, |visitor| {
                (waits || visitor.data.has_unsent(visitor.epoch), visitor.data.last_activity)
            });
            let rank = rank.unwrap_or((waits, 0));
            if worst.is_none_or(|(worst, _)| rank < worst) {
                worst = Some((rank, position));
            }
            seen += 1;
            // All of the first ones may have unsent events: then it is worth it to look further.
            let enough = if worst.is_some_and(|((unsent, _), _)| unsent) { 4 * SAMPLE } else { SAMPLE };
            if seen >= enough {
                self.hand = position + 1;
                break;
            }
        }
        let evicted = self.remove(worst?.1)?;
        if evicted.queued.is_current(self.epoch) {
            let hash = hasher.hash_one(evicted.code.as_str());
            self.wait_no_more(hash);
        }
        Some(evicted)
    }

    /// Makes the table anew in its size: what was removed has left marks in it that count as filled.
    pub(super) fn rebuild(&mut self, hasher: &RandomState) {
        let capacity = self.slots.capacity().max(self.slots.len());
        let old = std::mem::replace(&mut self.slots, HashTable::with_capacity(capacity));
        for slot in old {
            let rehash = |slot: &Slot| hasher.hash_one(slot.code.as_str());
            self.slots.insert_unique(rehash(&slot), slot, rehash);
        }
    }

    /// About how many bytes the shard takes: walks over all of it.
    pub(super) fn count_bytes(&self) -> usize {
        let owned: usize = self.slots.iter().map(Slot::heap_bytes).sum();
        self.slots.allocation_size() + self.waiting.capacity() * size_of::<u64>() + owned
    }
}
