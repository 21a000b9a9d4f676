//! All visitors: sharded, concurrent, expiring (spec 2 §1).
//!
//! # Locks
//! A shard's lock is held for a lookup, an insertion or one purge step; a visitor's lock while its data are read or
//! changed. **No lock is ever taken while another is held**, so there is no order to get wrong and nothing to deadlock.
//! Activity is noted under the shard's lock, and a purge decides under the same lock: a visitor that somebody has just
//! found is never dropped.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};

use compact_str::CompactString;
use foldhash::fast::RandomState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use parking_lot::{Mutex, MutexGuard};
use std::hash::BuildHasher;

use super::data::VisitorData;

/// Many small shards: a purge step and a table's growth touch one of them, so neither takes long.
const SHARDS: usize = 1024;

/// A visitor: what it holds, under a lock of its own.
#[derive(Debug)]
pub struct Visitor {
    /// Milliseconds. Read and written under the lock of a shard that leads here.
    last_activity: AtomicI64,
    /// Whether the code that it was created under waits in the tracking queue. Changed under the data's lock.
    queued: AtomicBool,
    data: Mutex<VisitorData>,
}

impl Visitor {
    fn new(now: i64) -> Arc<Self> {
        Arc::new(Self {
            last_activity: AtomicI64::new(now),
            queued: AtomicBool::new(false),
            data: Mutex::new(VisitorData::new(now)),
        })
    }

    /// The visitor's data. No other lock may be taken, and no Python called, while the guard lives.
    pub fn data(&self) -> MutexGuard<'_, VisitorData> {
        self.data.lock()
    }

    fn touch(&self, now: i64) {
        self.last_activity.store(now, Ordering::Relaxed);
    }
}

/// A visitor as found under a code.
#[derive(Clone, Debug)]
pub struct Found {
    /// The visitor.
    pub visitor: Arc<Visitor>,
    /// Whether this is a second code of a linked visitor.
    pub linked: bool,
    /// Whether the code is marked as a unique identifier.
    pub unique_identifier: bool,
}

impl Found {
    /// Notes, under the visitor's lock, that the code waits in the queue; false if it does already.
    /// A linked code has no such note: it is for the queue to know.
    pub fn mark_queued(&self, _held: &MutexGuard<'_, VisitorData>) -> bool {
        self.linked || !self.visitor.queued.swap(true, Ordering::Relaxed)
    }

    /// Notes, under the visitor's lock, that the code has left the queue.
    pub fn mark_drained(&self, _held: &MutexGuard<'_, VisitorData>) {
        if !self.linked {
            self.visitor.queued.store(false, Ordering::Relaxed);
        }
    }
}

struct Slot {
    code: CompactString,
    visitor: Arc<Visitor>,
    linked: bool,
    unique_identifier: bool,
}

impl Slot {
    fn found(&self) -> Found {
        Found { visitor: Arc::clone(&self.visitor), linked: self.linked, unique_identifier: self.unique_identifier }
    }
}

/// All visitors of a client.
pub struct VisitorStore {
    shards: Box<[Mutex<HashTable<Slot>>]>,
    hasher: RandomState,
    next_purge: AtomicUsize,
}

impl Default for VisitorStore {
    fn default() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::new(HashTable::new())).collect(),
            hasher: RandomState::default(),
            next_purge: AtomicUsize::new(0),
        }
    }
}

impl VisitorStore {
    /// In how many steps [`Self::purge_step`] goes through all visitors.
    pub const PURGE_STEPS: usize = SHARDS;

    fn shard(&self, hash: u64) -> MutexGuard<'_, HashTable<Slot>> {
        // The table uses the hash's lowest and highest bits; these are from the middle.
        let place = (hash >> 32) as usize % SHARDS;
        self.shards[place].lock()
    }

    /// The visitor under `code`, which thereby is active now.
    pub fn find(&self, code: &str, now: i64) -> Option<Found> {
        let hash = self.hasher.hash_one(code);
        let shard = self.shard(hash);
        let slot = shard.find(hash, |slot| slot.code == code)?;
        slot.visitor.touch(now);
        Some(slot.found())
    }

    /// The visitor under `code`, without counting as its activity.
    pub fn peek(&self, code: &str) -> Option<Found> {
        let hash = self.hasher.hash_one(code);
        self.shard(hash).find(hash, |slot| slot.code == code).map(Slot::found)
    }

    /// The visitor under `code`, made if there is none.
    pub fn find_or_create(&self, code: &str, now: i64) -> Found {
        self.with_slot(code, now, |slot| slot.found())
    }

    /// Marks or unmarks `code` as a unique identifier. The mark is each code's own.
    pub fn set_unique_identifier(&self, code: &str, unique_identifier: bool, now: i64) -> Found {
        self.with_slot(code, now, |slot| {
            slot.unique_identifier = unique_identifier;
            slot.found()
        })
    }

    /// Makes `code` lead to the visitor `found`, whatever it led to before; the mark goes along.
    pub fn link(&self, code: &str, found: &Found, now: i64) {
        let replaced = self.with_slot(code, now, |slot| {
            slot.linked = true;
            slot.unique_identifier = found.unique_identifier;
            std::mem::replace(&mut slot.visitor, Arc::clone(&found.visitor))
        });
        drop(replaced); // outside the lock: it may be the last reference
    }

    fn with_slot<T>(&self, code: &str, now: i64, use_slot: impl FnOnce(&mut Slot) -> T) -> T {
        let hash = self.hasher.hash_one(code);
        let mut shard = self.shard(hash);
        let rehash = |slot: &Slot| self.hasher.hash_one(slot.code.as_str());
        match shard.entry(hash, |slot| slot.code == code, rehash) {
            Entry::Occupied(mut occupied) => {
                let slot = occupied.get_mut();
                slot.visitor.touch(now);
                use_slot(slot)
            }
            Entry::Vacant(vacant) => {
                let slot =
                    Slot { code: code.into(), visitor: Visitor::new(now), linked: false, unique_identifier: false };
                use_slot(vacant.insert(slot).get_mut())
            }
        }
    }

    /// Drops what expired among one part of the visitors: those without activity since `oldest`. Call it
    /// [`Self::PURGE_STEPS`] times to go through all. Returns how many codes were dropped.
    pub fn purge_step(&self, oldest: i64) -> usize {
        let place = self.next_purge.fetch_add(1, Ordering::Relaxed) % SHARDS;
        let mut shard = self.shards[place].lock();
        let expired = |slot: &mut Slot| slot.visitor.last_activity.load(Ordering::Relaxed) < oldest;
        let dropped: Vec<Slot> = shard.extract_if(expired).collect();
        if !dropped.is_empty() && shard.capacity() > 4 * shard.len().max(16) {
            let rehash = |slot: &Slot| self.hasher.hash_one(slot.code.as_str());
            shard.shrink_to_fit(rehash);
        }
        drop(shard); // what was dropped is freed without the lock
        dropped.len()
    }

    /// Calls `each` with every code, one shard at a time. No lock is held meanwhile.
    pub fn for_each_code(&self, mut each: impl FnMut(&str, &Found)) {
        for shard in &self.shards {
            let slots: Vec<(CompactString, Found)> =
                shard.lock().iter().map(|slot| (slot.code.clone(), slot.found())).collect();
            for (code, found) in &slots {
                each(code, found);
            }
        }
    }

    /// How many visitor codes are held.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| shard.lock().len()).sum()
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
        assert!(store.find("a", 1).is_none());
        assert_eq!(store.len(), 0);
        store.find_or_create("a", 1);
        assert!(store.find("a", 1).is_some());
    }

    #[test]
    fn linked_codes_share_their_data_and_keep_their_marks() {
        let store = VisitorStore::default();
        let found = store.set_unique_identifier("anonymous", true, 1);
        store.find_or_create("user", 1).visitor.data().time_started = 99;
        store.link("user", &found, 2);
        store.set_unique_identifier("anonymous", false, 3);
        let user = store.find("user", 3).unwrap();
        assert!(user.linked && user.unique_identifier);
        assert!(!store.find("anonymous", 3).unwrap().unique_identifier);
        user.visitor.data().time_started = 7;
        assert_eq!(store.peek("anonymous").unwrap().visitor.data().time_started, 7);
    }

    #[test]
    fn a_purge_drops_the_idle_and_keeps_the_active() {
        let store = VisitorStore::default();
        for number in 0..5000 {
            store.find_or_create(&format!("visitor {number}"), number);
        }
        store.find("visitor 17", 10_000);
        let dropped: usize = (0..VisitorStore::PURGE_STEPS).map(|_| store.purge_step(4000)).sum();
        assert_eq!((dropped, store.len()), (3999, 1001));
        assert!(store.peek("visitor 17").is_some() && store.peek("visitor 18").is_none());
    }
}
