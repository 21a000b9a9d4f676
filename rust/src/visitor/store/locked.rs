//! One code under its shard's lock: found, visited, made to wait.

use super::VisitorStore;
use super::queue::QUEUE_CAPACITY;
use crate::sync::MutexGuard;
use crate::sync::atomic::Ordering;
use crate::visitor::data::VisitorData;
use crate::visitor::sending::{Epoch, WaitingSince};
use crate::visitor::shard::Shard;
use crate::visitor::slot::{Slot, Target, Visitor};

/// A code whose shard is locked, while its visitor is on the way into the cache: what the caller does before it goes on
/// hides the wait. No Python may be called meanwhile.
pub struct Locked<'a> {
    pub(super) shard: MutexGuard<'a, Shard>,
    pub(super) store: &'a VisitorStore,
    pub(super) epoch: Epoch,
    pub(super) hash: u64,
    pub(super) code: &'a str,
    pub(super) position: Option<usize>,
    /// What was evicted, to be freed without the lock: fields are dropped in their order.
    pub(super) evicted: Vec<Slot>,
}

impl Locked<'_> {
    /// Visits the visitor, which thereby is active now; `None` if there is none.
    #[inline]
    pub fn find<T>(&mut self, visit: impl FnOnce(Visitor<'_>) -> T) -> Option<T> {
        let activity = self.store.clock.load(Ordering::Relaxed);
        self.peek(|visitor| {
            visitor.data.last_activity = activity;
            visit(visitor)
        })
    }

    /// Visits the visitor, without counting as its activity.
    #[inline]
    pub fn peek<T>(&mut self, visit: impl FnOnce(Visitor<'_>) -> T) -> Option<T> {
        let code = self.code;
        let position = match self.position {
            Some(position) => position,
            None => self.shard.slots.find_bucket_index(self.hash, |slot| slot.code == code)?,
        };
        self.position = Some(position);
        let is_bounded = self.store.limit.load(Ordering::Relaxed) > 0;
        let slot = self.shard.slots.get_bucket_mut(position)?;
        let (mut before, mut after) = (0, 0);
        let visited = slot.visit(self.epoch, |visitor| {
            let Visitor { data, is_shared, is_unique_identifier, epoch } = visitor;
            if is_bounded {
                before = data.heap_bytes();
            }
            let visited = visit(Visitor { data: &mut *data, is_shared, is_unique_identifier, epoch });
            if is_bounded {
                after = data.heap_bytes();
            }
            visited
        })?;
        if before != after {
            self.account(before, after);
        }
        Some(visited)
    }

    /// Visits the visitor, which begins at `now` (milliseconds of the wall's clock) if there is none.
    pub fn find_or_create<T>(&mut self, now: i64, visit: impl FnOnce(Visitor<'_>) -> T) -> Option<T> {
        self.settle(now);
        self.find(visit)
    }

    /// Makes the code lead to a visitor.
    pub(super) fn settle(&mut self, now: i64) {
        let position = self.position_or_new();
        let shard = &mut *self.shard;
        if let Some(slot) = shard.slots.get_bucket_mut(position)
            && matches!(slot.target, Target::Nobody)
        {
            shard.nobodies -= 1;
            slot.target = Target::Own(VisitorData::new(now, self.store.clock.load(Ordering::Relaxed)));
        }
    }

    fn position_or_new(&mut self) -> usize {
        let code = self.code;
        let known = self.position.or_else(|| self.shard.slots.find_bucket_index(self.hash, |slot| slot.code == code));
        let position = known.unwrap_or_else(|| {
            self.make_room();
            let before = self.shard.slots.allocation_size();
            let position = self.shard.position_of(self.hash, code, &self.store.hasher);
            let code_bytes = if code.len() > size_of::<usize>() * 3 { code.len() } else { 0 };
            let after = self.shard.slots.allocation_size();
            if self.store.limit.load(Ordering::Relaxed) > 0 {
                self.position = Some(position);
                self.account(before, after + code_bytes);
            }
            position
        });
        self.position = Some(position);
        position
    }

    /// Makes the code wait to be tracked, unless it does.
    #[inline]
    pub fn queue(&mut self) {
        let known = self.position.and_then(|position| self.shard.slots.get_bucket(position));
        if known.is_none_or(|slot| !slot.queued.is_current(self.epoch)) {
            self.begin_to_wait();
        }
    }

    fn begin_to_wait(&mut self) {
        let position = self.position_or_new();
        let shard = &mut *self.shard;
        let Some(slot) = shard.slots.get_bucket_mut(position) else { return };
        if slot.queued.is_current(self.epoch) {
            return;
        }
        slot.queued = WaitingSince::now(self.epoch);
        shard.waiting.push_back(self.hash);
        if self.store.waiting.fetch_add(1, Ordering::Relaxed) >= QUEUE_CAPACITY {
            self.drop_oldest_waiting();
        }
    }

    /// The queue is full: the code of this shard that has waited longest waits no more.
    fn drop_oldest_waiting(&mut self) {
        self.store.waiting.fetch_sub(1, Ordering::Relaxed);
        self.store.losses.codes.fetch_add(1, Ordering::Relaxed);
        if let Some(position) = self.shard.pop_waiting(&self.store.hasher) {
            self.shard.remove_if_needless(position);
        }
        self.position = None;
    }

    /// The code's slot, if it is known where it lies.
    pub(super) fn slot(&mut self) -> Option<&mut Slot> {
        self.position.and_then(|position| self.shard.slots.get_bucket_mut(position))
    }
}
