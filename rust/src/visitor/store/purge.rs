//! Expiry: visitors that were idle for a session are dropped, and depart if they have something to send.

use std::hash::BuildHasher;

use super::queue::QUEUE_CAPACITY;
use super::{SHARDS, VisitorStore};
use crate::sync::atomic::Ordering;
use crate::visitor::sending::Epoch;
use crate::visitor::slot::Slot;

impl VisitorStore {
    /// Drops what expired among one part of the visitors: those without activity for `session` tenths of a second. Call
    /// it [`Self::STEPS`] times to go through all. Those with events to send depart: they are gone for evaluations, and
    /// their events are not lost. Returns how many codes were dropped.
    pub fn purge_step(&self, session: u32) -> usize {
        let step = self.next_purge.fetch_add(1, Ordering::Relaxed) % SHARDS;
        let (epoch, now) = (self.epoch(), self.clock.load(Ordering::Relaxed));
        let mut shard = self.enter(step);
        let waited = shard.waiting.len();
        let idle = |slot: &mut Slot| {
            slot.visit(epoch, |visitor| now.saturating_sub(visitor.data.last_activity) > session) == Some(true)
        };
        let dropped = shard.remove_all(&self.hasher, idle);
        let count = dropped.len();
        // Still under the shard's lock, and before they wait no more: else there would be a moment in which nobody who
        // sends finds them.
        let needless = self.depart(dropped, epoch);
        self.waiting.fetch_sub(waited - shard.waiting.len(), Ordering::Release);
        if count > 0 && shard.slots.capacity() > 4 * shard.slots.len().max(16) {
            let rehash = |slot: &Slot| self.hasher.hash_one(slot.code.as_str());
            shard.slots.shrink_to_fit(rehash);
        }
        let limit = self.limit.load(Ordering::Relaxed);
        if limit > 0 {
            // What was told of growth is an estimate; here it is set right.
            let (before, after) = (shard.bytes, shard.count_bytes());
            self.note_bytes(&mut shard, before, after);
        }
        drop(shard);
        drop(needless); // freed without the lock
        count
    }

    /// Has those depart that have something to send; returns the others, and those that there was no room for.
    fn depart(&self, dropped: Vec<Slot>, epoch: Epoch) -> Vec<Slot> {
        let mut needless = Vec::new();
        let is_bounded = self.limit.load(Ordering::Relaxed) > 0;
        for mut slot in dropped {
            let unsent = slot.visit(epoch, |visitor| visitor.data.has_unsent(epoch)) == Some(true);
            if !unsent && !slot.queued.is_current(epoch) {
                needless.push(slot);
                continue;
            }
            if is_bounded {
                self.bytes.fetch_add(slot.heap_bytes() + size_of::<Slot>(), Ordering::Relaxed);
            }
            let mut departed = self.enter_departed();
            departed.slots.push_back(slot);
            let beyond = departed.slots.len() > QUEUE_CAPACITY
                || is_bounded && self.bytes.load(Ordering::Relaxed) > self.limit.load(Ordering::Relaxed);
            let lost = if beyond { departed.slots.pop_front() } else { None };
            drop(departed);
            if let Some(mut lost) = lost {
                self.losses.codes.fetch_add(1, Ordering::Relaxed);
                if is_bounded {
                    self.forget_bytes(lost.heap_bytes() + size_of::<Slot>());
                }
                self.count_lost_events(&mut lost, epoch);
                needless.push(lost);
            }
        }
        needless
    }
}
