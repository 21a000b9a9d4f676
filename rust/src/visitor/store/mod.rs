//! All visitors: sharded, concurrent, expiring, bounded; and which of them wait to be tracked.
//!
//! # Locks
//! A visitor lies in its shard's table, under the shard's lock: a call takes that one lock, once, for as long as it reads
//! and changes the visitor, and shares it with the thousandth part of the other visitors. Only visitors that are linked,
//! so that two codes lead to them, have a lock of their own, **always taken after the shard's, never before it**. The
//! visitors that have departed have a lock inside of which nothing is locked; a purge takes it under the shard's. A purge
//! decides under the shard's lock: a visitor that somebody has just found is never dropped.
//!
//! # Time
//! Expiry goes by a clock of the store's own, in tenths of a second, that [`VisitorStore::advance`] moves on: reading it
//! is one load, and neither a wall clock that is set nor a process that slept makes visitors vanish.

mod locked;
mod purge;
mod queue;
mod room;

use std::collections::VecDeque;
use std::hash::BuildHasher;

use super::sending::Epoch;
use super::shard::Shard;
use super::slot::Target;
pub use super::slot::{Slot, Visitor};
pub use locked::Locked;
pub use room::Losses;

use crate::prefetch::prefetch;
use crate::sync::atomic::{AtomicI64, AtomicU8, AtomicU32, AtomicUsize, Ordering};
use crate::sync::{Mutex, MutexGuard, RandomState};
use queue::Departed;

/// Many small shards: a purge step and a table's growth touch one of them, so neither takes long.
const SHARDS: usize = if cfg!(shuttle) {
    2
} else if cfg!(miri) {
    16
} else {
    1024
};
/// The store's clock does not run faster than this between two steps, in tenths of a second: after a sleep of the
/// process nobody is older than before it.
const LONGEST_STEP: u32 = 100;

/// The hash of a visitor code in one store; see [`VisitorStore::hash`].
#[derive(Clone, Copy)]
pub struct CodeHash(u64);

/// A shard on cache lines of its own: threads do not disturb each other across shards.
#[repr(align(64))]
#[derive(Default)]
struct AlignedShard(Mutex<Shard>);

/// All visitors of a client.
pub struct VisitorStore {
    shards: Box<[AlignedShard]>,
    hasher: RandomState,
    epoch: AtomicU8,
    clock: AtomicU32,
    /// The time of the last step of the clock, in milliseconds of whoever steps it.
    stepped_at: AtomicI64,
    next_purge: AtomicUsize,
    next_taken: AtomicUsize,
    /// How many codes wait.
    waiting: AtomicUsize,
    /// Visitors whose session is over, but not their events' way.
    departed: Mutex<Departed>,
    bytes: AtomicUsize,
    /// The most bytes; 0 is any number.
    limit: AtomicUsize,
    losses: Losses,
}

impl Default for VisitorStore {
    fn default() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| AlignedShard::default()).collect(),
            hasher: RandomState::default(),
            epoch: AtomicU8::new(Epoch::FIRST.number()),
            clock: AtomicU32::new(0),
            stepped_at: AtomicI64::new(i64::MIN),
            next_purge: AtomicUsize::new(0),
            next_taken: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            departed: Mutex::new(Departed { slots: VecDeque::new(), epoch: Epoch::FIRST }),
            bytes: AtomicUsize::new(0),
            limit: AtomicUsize::new(0),
            losses: Losses::default(),
        }
    }
}

impl VisitorStore {
    /// In how many steps [`Self::purge_step`] and [`Self::queue_unsent`] go through all visitors.
    pub const STEPS: usize = SHARDS;

    /// The process that what is stored now is to be sent by.
    pub fn epoch(&self) -> Epoch {
        Epoch::of_number(self.epoch.load(Ordering::Relaxed))
    }

    /// Moves the store's clock on: `now` is in milliseconds of a clock that is never set back.
    pub fn advance(&self, now: i64) {
        let last = self.stepped_at.swap(now, Ordering::Relaxed);
        let elapsed = if last == i64::MIN { 0 } else { now.saturating_sub(last) };
        let step = u32::try_from(elapsed / 100).unwrap_or(0);
        // What is less than a tenth of a second is not lost, but counts with the next step.
        self.stepped_at.store(now - elapsed % 100, Ordering::Relaxed);
        self.clock.fetch_add(step.min(LONGEST_STEP), Ordering::Relaxed);
    }

    /// Lets so many milliseconds pass for expiry at once, however many: for tests of what happens later.
    pub fn elapse(&self, milliseconds: u64) {
        self.clock.fetch_add(u32::try_from(milliseconds / 100).unwrap_or(u32::MAX), Ordering::Relaxed);
    }

    /// Locks the shard of a hash, and has the slots of that hash brought into the cache.
    fn approach(&self, hash: u64) -> MutexGuard<'_, Shard> {
        // The table uses the hash's lowest and highest bits; these are from the middle.
        let shard = self.enter((hash >> 32) as usize % SHARDS);
        for slot in shard.slots.iter_hash(hash) {
            prefetch(slot); // seldom a second one: seven bits of the hash agree
        }
        shard
    }

    fn enter(&self, shard: usize) -> MutexGuard<'_, Shard> {
        let mut shard = self.shards[shard].0.lock();
        shard.enter(self.epoch());
        shard
    }

    /// The hash that a code is found by in this store.
    #[inline]
    pub fn hash(&self, code: &str) -> CodeHash {
        CodeHash(self.hasher.hash_one(code))
    }

    /// Locks a code.
    pub fn lock<'a>(&'a self, code: &'a str) -> Locked<'a> {
        self.lock_hashed(code, self.hash(code))
    }

    /// Locks a code whose hash is known.
    #[inline]
    pub fn lock_hashed<'a>(&'a self, code: &'a str, hash: CodeHash) -> Locked<'a> {
        let CodeHash(hash) = hash;
        let shard = self.approach(hash);
        let (epoch, evicted) = (self.epoch(), Vec::new());
        Locked { shard, store: self, epoch, hash, code, position: None, evicted }
    }

    /// Has the visitor of a hash brought into the cache: for callers that have other work before they visit it.
    pub fn prefetch(&self, hash: CodeHash) {
        drop(self.approach(hash.0));
    }

    /// Marks or unmarks `code` as a unique identifier. The mark is each code's own.
    pub fn set_unique_identifier(&self, code: &str, is_unique_identifier: bool, now: i64) {
        let mut locked = self.lock(code);
        locked.find_or_create(now, |_| ());
        if let Some(slot) = locked.slot() {
            slot.is_unique_identifier = is_unique_identifier;
        }
    }

    /// Makes `code` lead to the visitor under `other`, whatever it led to before; the mark goes along. Events of the
    /// visitor that it led to are lost, as in the reference client **(kept quirk)**, but counted.
    pub fn link(&self, code: &str, other: &str, now: i64) {
        let mut locked = self.lock(other);
        locked.find_or_create(now, |_| ());
        let activity = self.clock.load(Ordering::Relaxed);
        let Some(slot) = locked.slot() else { return };
        let (visitor, is_unique_identifier) = (slot.share(now, activity), slot.is_unique_identifier);
        drop(locked);
        let mut locked = self.lock(code);
        locked.settle(now);
        let Some(slot) = locked.slot() else { return };
        slot.is_unique_identifier = is_unique_identifier;
        let replaced = std::mem::replace(&mut slot.target, Target::Shared(visitor));
        drop(locked);
        if let Some(lost) = replaced.into_last() {
            self.losses.events.fetch_add(lost.count_unsent(self.epoch()) as u64, Ordering::Relaxed);
        }
    }

    /// Makes the store fit for a forked child: nobody waits, what was unsent is the parent's, and nothing was lost so far.
    pub fn after_fork(&self) {
        self.losses.forget();
        self.epoch.store(self.epoch().next().number(), Ordering::Relaxed);
        self.waiting.store(0, Ordering::Relaxed);
    }

    /// How many visitor codes are held.
    pub fn len(&self) -> usize {
        let held = |shard: &AlignedShard| {
            let shard = shard.0.lock();
            shard.slots.len() - shard.nobodies
        };
        self.shards.iter().map(held).sum()
    }

    /// Whether no visitor is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::visitor::data::Consent;

    fn peek<T>(store: &VisitorStore, code: &str, visit: impl FnOnce(Visitor<'_>) -> T) -> Option<T> {
        store.lock(code).peek(visit)
    }

    fn create(store: &VisitorStore, code: &str) {
        store.lock(code).find_or_create(1, |_| ());
    }

    #[test]
    fn reads_create_nobody_and_writes_do() {
        let store = VisitorStore::default();
        assert!(store.lock("a").find(|_| ()).is_none());
        store.lock("a").queue();
        assert_eq!((store.len(), store.waiting()), (0, 1));
        create(&store, "a");
        assert!(store.lock("a").find(|_| ()).is_some());
        assert_eq!((store.len(), store.waiting()), (1, 1));
    }

    #[test]
    fn linked_codes_share_their_data_and_keep_their_marks() {
        let store = VisitorStore::default();
        store.set_unique_identifier("anonymous", true, 1);
        store.lock("user").find_or_create(1, |visitor| visitor.data.consent = Consent::Refused);
        store.link("user", "anonymous", 2);
        store.set_unique_identifier("anonymous", false, 3);
        let mark = |code| peek(&store, code, |visitor| (visitor.is_shared, visitor.is_unique_identifier));
        assert_eq!((mark("user"), mark("anonymous")), (Some((true, true)), Some((true, false))));
        store.lock("user").find(|visitor| visitor.data.consent = Consent::Given);
        assert_eq!(peek(&store, "anonymous", |visitor| visitor.data.consent), Some(Consent::Given));
    }

    #[test]
    fn each_code_waits_once_and_in_a_forked_child_none_does() {
        let store = VisitorStore::default();
        for code in ["a", "b", "a", "nobody", "b"] {
            store.lock(code).queue();
        }
        assert_eq!(store.waiting(), 3);
        store.after_fork();
        assert_eq!(store.waiting(), 0);
        assert!(store.take_next(|_| ((), false)).is_none());
        store.lock("a").queue();
        let taken = store.take_next(|slot| (slot.code().to_string(), false));
        assert_eq!((taken.as_deref(), store.waiting(), store.len()), (Some("a"), 0, 0));
    }

    #[test]
    fn a_purge_drops_the_idle_keeps_the_active_and_goes_by_its_own_clock() {
        let store = VisitorStore::default();
        let visitors = if cfg!(miri) { 1100 } else { 5000 };
        for number in 0..visitors {
            store.advance(number * 100);
            create(&store, &format!("visitor {number}"));
        }
        store.lock("visitor 17").find(|_| ());
        store.advance(i64::from(u32::MAX)); // a sleep of weeks: nobody is more than ten seconds older
        let dropped: usize = (0..VisitorStore::STEPS).map(|_| store.purge_step(1000 + LONGEST_STEP)).sum();
        assert_eq!((dropped + store.len(), store.len()), (usize::try_from(visitors).unwrap(), 1002));
        assert!(peek(&store, "visitor 17", |_| ()).is_some() && peek(&store, "visitor 18", |_| ()).is_none());
    }

    #[test]
    fn one_visitor_alone_is_bounded_too() {
        let store = VisitorStore::default();
        store.set_limit(1_000_000);
        for index in 0..40_000 {
            let values = std::iter::once(compact_str::CompactString::from("x".repeat(100))).collect();
            let stored = crate::visitor::data::StoredCustomData {
                index,
                values,
                overwrite: true,
                is_mapping_identifier: false,
                unsent: false,
            };
            let sending = crate::visitor::sending::Sending::In(store.epoch());
            store.lock("a").find_or_create(1, |visitor| visitor.data.store_custom_data(stored, sending));
        }
        assert!(store.bytes() <= 1_000_000, "{}", store.bytes());
        assert!(store.losses.visitors.load(Ordering::Relaxed) > 2);
        assert!(store.losses.events.load(Ordering::Relaxed) > 20_000);
    }

    #[test]
    fn a_limit_is_kept_and_those_who_wait_go_last() {
        let (limit, waiting, visitors) = if cfg!(miri) { (32_000, 15, 600) } else { (2_000_000, 1000, 200_000) };
        let store = VisitorStore::default();
        store.set_limit(limit);
        for number in 0..waiting {
            store.lock(&format!("waiting {number}")).find_or_create(1, |_| ());
            store.lock(&format!("waiting {number}")).queue();
        }
        for number in 0..visitors {
            create(&store, &format!("visitor {number}"));
        }
        assert!(store.bytes() <= limit, "{}", store.bytes());
        assert!(store.len() > limit / 400, "{}", store.len());
        assert!(store.waiting() >= waiting - waiting / 100, "{}", store.waiting());
        let evicted = usize::try_from(store.losses.visitors.load(Ordering::Relaxed)).unwrap();
        assert!(evicted > 0);
        assert_eq!(evicted, waiting + visitors - store.len());
    }
}
