//! All visitors: sharded, concurrent, expiring (spec 2 §1).
//!
//! # Locks
//! A visitor lies in its shard's table, under the shard's lock: a call takes that one lock, once, for as long as it
//! reads and changes the visitor, and shares it with the thousandth part of the other visitors. Only visitors that are
//! linked, so that two codes lead to them, have a lock of their own, **always taken after the shard's, never before
//! it**. The clock may remember the local day under a lock of its own, inside of which nothing is locked. A purge decides under the same lock: a visitor that somebody has just found
//! is never dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use compact_str::CompactString;
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use parking_lot::{Mutex, MutexGuard};
use std::hash::BuildHasher;

use super::data::VisitorData;
pub use super::slot::{Found, Queueing, SharedVisitor};
use super::slot::{Slot, Visitor};
use crate::prefetch::prefetch;

/// Many small shards: a purge step and a table's growth touch one of them, so neither takes long.
const SHARDS: usize = 1024;

/// A visitor's lock, while the visitor is on its way into the cache.
pub struct Approach<'a> {
    shard: MutexGuard<'a, HashTable<Slot>>,
    hash: u64,
    code: &'a str,
}

impl Approach<'_> {
    /// Visits the visitor, which thereby is active now; `None` if there is none.
    pub fn find<T>(self, now: i64, visit: impl FnOnce(Found<'_>) -> T) -> Option<T> {
        self.peek(|found| {
            found.data.last_activity = now;
            visit(found)
        })
    }

    fn peek<T>(mut self, visit: impl FnOnce(Found<'_>) -> T) -> Option<T> {
        let slot = self.shard.find_mut(self.hash, |slot| slot.code == self.code)?;
        Some(slot.visit(visit))
    }
}

/// A shard, on cache lines of its own: threads do not disturb each other across shards.
#[repr(align(64))]
#[derive(Default)]
struct Shard(Mutex<HashTable<Slot>>);

/// All visitors of a client.
pub struct VisitorStore {
    shards: Box<[Shard]>,
    hasher: RandomState,
    next_purge: AtomicUsize,
}

impl Default for VisitorStore {
    fn default() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Shard::default()).collect(),
            hasher: RandomState::default(),
            next_purge: AtomicUsize::new(0),
        }
    }
}

impl VisitorStore {
    /// In how many steps [`Self::purge_step`] and [`Self::select`] go through all visitors.
    pub const STEPS: usize = SHARDS;

    fn shard(&self, hash: u64) -> MutexGuard<'_, HashTable<Slot>> {
        // The table uses the hash's lowest and highest bits; these are from the middle.
        let place = (hash >> 32) as usize % SHARDS;
        self.shards[place].0.lock()
    }

    /// Locks the visitor under `code` and has it brought into the cache; what the caller does before it goes on with
    /// [`Approach::find`] hides the wait. No Python may be called meanwhile.
    pub fn approach<'a>(&'a self, code: &'a str) -> Approach<'a> {
        let hash = self.hasher.hash_one(code);
        let shard = self.shard(hash);
        for slot in shard.iter_hash(hash) {
            prefetch(slot); // seldom a second one: seven bits of the hash agree
        }
        Approach { shard, hash, code }
    }

    /// Has the visitor under `code` brought into the cache: for callers that have other work before they visit it.
    pub fn prefetch(&self, code: &str) {
        self.approach(code);
    }

    /// Visits the visitor under `code`, which thereby is active now; `None` if there is none.
    pub fn find<T>(&self, code: &str, now: i64, visit: impl FnOnce(Found<'_>) -> T) -> Option<T> {
        self.approach(code).find(now, visit)
    }

    /// Visits the visitor under `code`, without counting as its activity.
    pub fn peek<T>(&self, code: &str, visit: impl FnOnce(Found<'_>) -> T) -> Option<T> {
        self.approach(code).peek(visit)
    }

    /// Visits the visitor under `code`, made if there is none.
    pub fn find_or_create<T>(&self, code: &str, now: i64, visit: impl FnOnce(Found<'_>) -> T) -> T {
        self.with_slot(code, now, |slot| {
            slot.visit(|found| {
                found.data.last_activity = now;
                visit(found)
            })
        })
    }

    /// Marks or unmarks `code` as a unique identifier. The mark is each code's own.
    pub fn set_unique_identifier(&self, code: &str, unique_identifier: bool, now: i64) {
        self.with_slot(code, now, |slot| {
            slot.unique_identifier = unique_identifier;
            slot.visit(|found| found.data.last_activity = now);
        });
    }

    /// Makes `code` lead to the visitor under `other`, whatever it led to before; the mark goes along.
    pub fn link(&self, code: &str, other: &str, now: i64) {
        let (visitor, unique_identifier) = self.with_slot(other, now, |slot| (slot.share(now), slot.unique_identifier));
        visitor.lock().last_activity = now;
        let replaced = self.with_slot(code, now, |slot| {
            slot.unique_identifier = unique_identifier;
            let before = match &slot.visitor {
                Visitor::Linked { visitor, .. } => Some(Arc::clone(visitor)),
                Visitor::Own(_) => None,
            };
            std::mem::replace(&mut slot.visitor, Visitor::Linked { visitor, before, second: true })
        });
        drop(replaced); // outside the lock: it may be the last reference
    }

    /// Visits every visitor whose events may have been taken under `code`.
    pub fn settle(&self, code: &str, mut settle: impl FnMut(&mut VisitorData)) {
        let hash = self.hasher.hash_one(code);
        let mut shard = self.shard(hash);
        let Some(slot) = shard.find_mut(hash, |slot| slot.code == code) else { return };
        match &mut slot.visitor {
            Visitor::Own(data) => settle(data),
            Visitor::Linked { visitor, before, .. } => {
                settle(&mut visitor.lock());
                if let Some(before) = before {
                    settle(&mut before.lock());
                }
            }
        }
    }

    fn with_slot<T>(&self, code: &str, now: i64, use_slot: impl FnOnce(&mut Slot) -> T) -> T {
        let hash = self.hasher.hash_one(code);
        let mut shard = self.shard(hash);
        let rehash = |slot: &Slot| self.hasher.hash_one(slot.code.as_str());
        match shard.entry(hash, |slot| slot.code == code, rehash) {
            Entry::Occupied(mut occupied) => use_slot(occupied.get_mut()),
            Entry::Vacant(vacant) => use_slot(vacant.insert(Slot::new(code, now)).get_mut()),
        }
    }

    /// Drops what expired among one part of the visitors: those without activity since `oldest`. Call it
    /// [`Self::STEPS`] times to go through all. Returns how many codes were dropped.
    pub fn purge_step(&self, oldest: i64) -> usize {
        let place = self.next_purge.fetch_add(1, Ordering::Relaxed) % SHARDS;
        let mut shard = self.shards[place].0.lock();
        let expired = |slot: &mut Slot| slot.visit(|found| found.data.last_activity < oldest);
        let dropped: Vec<Slot> = shard.extract_if(expired).collect();
        if !dropped.is_empty() && shard.capacity() > 4 * shard.len().max(16) {
            let rehash = |slot: &Slot| self.hasher.hash_one(slot.code.as_str());
            shard.shrink_to_fit(rehash);
        }
        drop(shard); // what was dropped is freed without the lock
        dropped.len()
    }

    /// The codes in one of the [`Self::STEPS`] parts whose visitors are wanted.
    pub fn select(&self, step: usize, mut wanted: impl FnMut(Found<'_>) -> bool) -> Vec<CompactString> {
        let mut shard = self.shards[step].0.lock();
        let wanted = shard.iter_mut().filter_map(|slot| slot.visit(&mut wanted).then(|| slot.code.clone()));
        wanted.collect()
    }

    /// How many visitor codes are held.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.0.lock().len()).sum()
    }

    /// Whether no visitor is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_create_nobody_and_writes_do() {
        let store = VisitorStore::default();
        assert!(store.find("a", 1, |_| ()).is_none());
        assert_eq!(store.len(), 0);
        store.find_or_create("a", 1, |_| ());
        assert!(store.find("a", 1, |_| ()).is_some());
    }

    #[test]
    fn linked_codes_share_their_data_and_keep_their_marks() {
        let store = VisitorStore::default();
        store.set_unique_identifier("anonymous", true, 1);
        store.find_or_create("user", 1, |found| found.data.last_activity = 99);
        store.link("user", "anonymous", 2);
        store.set_unique_identifier("anonymous", false, 3);
        let (linked, unique) = store.find("user", 3, |found| (found.linked, found.unique_identifier)).unwrap();
        assert!(linked && unique);
        let (linked, unique) = store.find("anonymous", 3, |found| (found.linked, found.unique_identifier)).unwrap();
        assert!(!linked && !unique);
        store.find("user", 7, |_| ());
        assert_eq!(store.peek("anonymous", |found| found.data.last_activity), Some(7));
    }

    #[test]
    fn what_was_taken_under_a_code_is_settled_though_the_code_leads_elsewhere_by_then() {
        let store = VisitorStore::default();
        store.find_or_create("first", 1, |found| found.data.queued = true);
        store.link("second", "first", 2); // the visitor becomes a shared one
        store.find_or_create("other", 1, |_| ());
        store.link("first", "other", 3); // and loses the code that it was created under
        store.settle("first", |data| data.queued = false);
        assert_eq!(store.peek("second", |found| found.data.queued), Some(false));
    }

    #[test]
    fn a_purge_drops_the_idle_and_keeps_the_active() {
        let store = VisitorStore::default();
        for number in 0..5000 {
            store.find_or_create(&format!("visitor {number}"), number, |_| ());
        }
        store.find("visitor 17", 10_000, |_| ());
        let dropped: usize = (0..VisitorStore::STEPS).map(|_| store.purge_step(4000)).sum();
        assert_eq!((dropped, store.len()), (3999, 1001));
        assert!(store.peek("visitor 17", |_| ()).is_some() && store.peek("visitor 18", |_| ()).is_none());
    }
}
