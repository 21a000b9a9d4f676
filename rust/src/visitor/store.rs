//! All visitors: sharded, concurrent, expiring, bounded; and which of them wait to be tracked.
//!
//! # Locks
//! A visitor lies in its shard's table, under the shard's lock: a call takes that one lock, once, for as long as it reads
//! and changes the visitor, and shares it with the thousandth part of the other visitors. Only visitors that are linked,
//! so that two codes lead to them, have a lock of their own, **always taken after the shard's, never before it**. The
//! visitors that have departed have a lock inside of which nothing is locked. A purge decides under the shard's lock: a
//! visitor that somebody has just found is never dropped.
//!
//! # Time
//! Expiry goes by a clock of the store's own, in tenths of a second, that [`VisitorStore::advance`] moves on: reading it
//! is one load, and neither a wall clock that is set nor a process that slept makes visitors vanish.

use std::collections::VecDeque;
use std::hash::BuildHasher;
use std::sync::atomic::{AtomicI64, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering};

use foldhash::fast::RandomState;
use parking_lot::{Mutex, MutexGuard};

use super::data::VisitorData;
use super::sending::{Epoch, WaitingSince};
use super::shard::Shard;
use super::slot::Target;
pub use super::slot::{Slot, Visitor};
use crate::prefetch::prefetch;

/// Many small shards: a purge step and a table's growth touch one of them, so neither takes long.
const SHARDS: usize = if cfg!(miri) { 16 } else { 1024 };
/// How many codes may wait to be tracked, and as many may have departed.
pub const QUEUE_CAPACITY: usize = 1_000_000;
/// The store's clock does not run faster than this between two steps, in tenths of a second: after a sleep of the
/// process nobody is older than before it.
const LONGEST_STEP: u32 = 100;
/// A shard tells the store of its growth in steps of this many bytes.
const BYTES_STEP: usize = 4096;

/// A shard on cache lines of its own: threads do not disturb each other across shards.
#[repr(align(64))]
#[derive(Default)]
struct AlignedShard(Mutex<Shard>);

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

/// Visitors that are gone for evaluations, with what they have to send.
struct Departed {
    slots: VecDeque<Slot>,
    epoch: Epoch,
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

/// A code whose shard is locked, while its visitor is on the way into the cache: what the caller does before it goes on
/// hides the wait. No Python may be called meanwhile.
pub struct Locked<'a> {
    shard: MutexGuard<'a, Shard>,
    store: &'a VisitorStore,
    epoch: Epoch,
    hash: u64,
    code: &'a str,
    position: Option<usize>,
    /// What was evicted, to be freed without the lock: fields are dropped in their order.
    evicted: Vec<Slot>,
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
    fn settle(&mut self, now: i64) {
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

    /// Before a code is added: where the table would have to grow beyond the cap on memory, idle visitors make room.
    fn make_room(&mut self) {
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
    fn account(&mut self, before: usize, after: usize) {
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
        let Some(slot) = self.position.and_then(|position| self.shard.slots.get_bucket_mut(position)) else { return };
        let emptied = slot.visit(self.epoch, |visitor| {
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
        let Some(slot) = self.shard.evict_one(self.position, &self.store.hasher) else { return 0 };
        self.store.note_evicted(&slot, self.epoch);
        let freed = slot.heap_bytes();
        self.store.note_bytes(&mut self.shard, freed, 0);
        self.evicted.push(slot);
        freed + size_of::<Slot>()
    }
}

impl VisitorStore {
    /// In how many steps [`Self::purge_step`] and [`Self::queue_unsent`] go through all visitors.
    pub const STEPS: usize = SHARDS;

    /// The process that what is stored now is to be sent by.
    pub fn epoch(&self) -> Epoch {
        Epoch::of_number(self.epoch.load(Ordering::Relaxed))
    }

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

    /// Moves the store's clock on: `now` is in milliseconds of a clock that is never set back.
    pub fn advance(&self, now: i64) {
        let last = self.stepped_at.swap(now, Ordering::Relaxed);
        let elapsed = if last == i64::MIN { 0 } else { now.saturating_sub(last) };
        let step = u32::try_from(elapsed / 100).unwrap_or(0);
        // What is less than a tenth of a second is not lost, but counts with the next step.
        self.stepped_at.store(now - elapsed % 100, Ordering::Relaxed);
        self.clock.fetch_add(step.min(LONGEST_STEP), Ordering::Relaxed);
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

    /// Locks a code.
    pub fn lock<'a>(&'a self, code: &'a str) -> Locked<'a> {
        let hash = self.hasher.hash_one(code);
        let shard = self.approach(hash);
        let (epoch, evicted) = (self.epoch(), Vec::new());
        Locked { shard, store: self, epoch, hash, code, position: None, evicted }
    }

    /// Has the visitor under `code` brought into the cache: for callers that have other work before they visit it.
    pub fn prefetch(&self, code: &str) {
        drop(self.approach(self.hasher.hash_one(code)));
    }

    /// Marks or unmarks `code` as a unique identifier. The mark is each code's own.
    pub fn set_unique_identifier(&self, code: &str, is_unique_identifier: bool, now: i64) {
        let mut locked = self.lock(code);
        locked.find_or_create(now, |_| ());
        if let Some(slot) = locked.position.and_then(|position| locked.shard.slots.get_bucket_mut(position)) {
            slot.is_unique_identifier = is_unique_identifier;
        }
    }

    /// Makes `code` lead to the visitor under `other`, whatever it led to before; the mark goes along. Events of the
    /// visitor that it led to are lost, as in the reference client **(kept quirk)**, but counted.
    pub fn link(&self, code: &str, other: &str, now: i64) {
        let mut locked = self.lock(other);
        locked.find_or_create(now, |_| ());
        let activity = self.clock.load(Ordering::Relaxed);
        let Some(slot) = locked.position.and_then(|position| locked.shard.slots.get_bucket_mut(position)) else {
            return;
        };
        let (visitor, is_unique_identifier) = (slot.share(now, activity), slot.is_unique_identifier);
        drop(locked);
        let mut locked = self.lock(code);
        locked.settle(now);
        let Some(slot) = locked.position.and_then(|position| locked.shard.slots.get_bucket_mut(position)) else {
            return;
        };
        slot.is_unique_identifier = is_unique_identifier;
        let replaced = std::mem::replace(&mut slot.target, Target::Shared(visitor));
        drop(locked);
        if let Target::Own(data) = &replaced {
            self.losses.events.fetch_add(data.count_unsent(self.epoch()) as u64, Ordering::Relaxed);
        }
    }

    /// How many codes wait to be tracked, departed ones included.
    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed) + self.enter_departed().slots.len()
    }

    /// Takes something of the next code that waits, the departed first. `take` tells whether the code has more, and
    /// waits on. `None` when nobody waits.
    pub fn take_next<T>(&self, take: impl FnOnce(&mut Slot) -> (T, bool)) -> Option<T> {
        let departed = self.enter_departed().slots.pop_front();
        if let Some(mut slot) = departed {
            let (taken, has_more) = take(&mut slot);
            if has_more {
                self.enter_departed().slots.push_front(slot);
            } else if self.limit.load(Ordering::Relaxed) > 0 {
                self.forget_bytes(slot.heap_bytes() + size_of::<Slot>());
            }
            return Some(taken);
        }
        if self.waiting.load(Ordering::Relaxed) == 0 {
            return None;
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
        None
    }

    /// Takes something of one code, which thereby waits no longer. `None` if there is no such code.
    pub fn take_of<T>(&self, code: &str, take: impl FnOnce(&mut Slot) -> T) -> Option<T> {
        let Locked { mut shard, hash, epoch, .. } = self.lock(code);
        let position = shard.slots.find_bucket_index(hash, |slot| slot.code == code)?;
        let slot = shard.slots.get_bucket_mut(position)?;
        let waited = std::mem::replace(&mut slot.queued, WaitingSince::NEVER).is_current(epoch);
        let taken = take(slot);
        if waited {
            let stands = shard.waiting.iter().position(|waiting| *waiting == hash);
            stands.map(|position| shard.waiting.remove(position));
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
        self.waiting.fetch_sub(waited - shard.waiting.len(), Ordering::Relaxed);
        if !dropped.is_empty() && shard.slots.capacity() > 4 * shard.slots.len().max(16) {
            let rehash = |slot: &Slot| self.hasher.hash_one(slot.code.as_str());
            shard.slots.shrink_to_fit(rehash);
        }
        let limit = self.limit.load(Ordering::Relaxed);
        if limit > 0 {
            // What was told of growth is an estimate; here it is set right.
            let (before, after) = (shard.bytes, shard.count_bytes());
            self.note_bytes(&mut shard, before, after);
        }
        drop(shard); // what was dropped is freed without the lock
        let count = dropped.len();
        self.depart(dropped, epoch);
        count
    }

    fn depart(&self, dropped: Vec<Slot>, epoch: Epoch) {
        let is_bounded = self.limit.load(Ordering::Relaxed) > 0;
        for mut slot in dropped {
            let unsent = slot.visit(epoch, |visitor| visitor.data.has_unsent(epoch)) == Some(true);
            if !unsent && !slot.queued.is_current(epoch) {
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
            if let Some(lost) = lost {
                self.losses.codes.fetch_add(1, Ordering::Relaxed);
                self.count_lost_events(&lost, epoch);
                if is_bounded {
                    self.forget_bytes(lost.heap_bytes() + size_of::<Slot>());
                }
            }
        }
    }

    fn enter_departed(&self) -> MutexGuard<'_, Departed> {
        let mut departed = self.departed.lock();
        let epoch = self.epoch();
        if departed.epoch != epoch {
            departed.epoch = epoch;
            // The parent process's to send. Not freed: freeing would copy the pages that are shared with it.
            std::mem::forget(std::mem::take(&mut departed.slots));
        }
        departed
    }

    /// Makes the store fit for a forked child: nobody waits, and what was unsent is the parent's.
    pub fn after_fork(&self) {
        self.epoch.store(self.epoch().next().number(), Ordering::Relaxed);
        self.waiting.store(0, Ordering::Relaxed);
    }

    fn note_evicted(&self, slot: &Slot, epoch: Epoch) {
        self.losses.visitors.fetch_add(1, Ordering::Relaxed);
        if slot.queued.is_current(epoch) {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        self.count_lost_events(slot, epoch);
    }

    fn count_lost_events(&self, slot: &Slot, epoch: Epoch) {
        // A shared visitor lives on under its other code.
        if let Target::Own(data) = &slot.target {
            self.losses.events.fetch_add(data.count_unsent(epoch) as u64, Ordering::Relaxed);
        }
    }

    /// Notes that a shard takes `after` bytes where it took `before`. Small changes are gathered.
    fn note_bytes(&self, shard: &mut Shard, before: usize, after: usize) {
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

    fn forget_bytes(&self, bytes: usize) {
        let less = |held: usize| Some(held.saturating_sub(bytes));
        let _ = self.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less); // it always succeeds
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
