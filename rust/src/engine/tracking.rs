//! What is sent: which visitors wait, what requests take of them, and the count of what becomes of it.

use super::{Engine, EngineVisitor};
use crate::delivery::batch::{BODY_LIMIT, Batch, FULL_BODY, Lines};
use crate::delivery::parcel::{Parcel, Rules};
use crate::delivery::undelivered::Counts;
use crate::sync::atomic::Ordering;
use crate::visitor::store::VisitorStore;

/// Between two steps a fork may come, which waits for no longer than one takes.
const VISITORS_A_STEP: usize = 32;

/// What was lost for want of room, ever.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// Codes that were dropped from the tracking queue; what is unsent stays with their visitors.
    pub codes: u64,
    /// Events that were dropped.
    pub events: u64,
    /// Visitors that were evicted.
    pub visitors: u64,
}

impl<A> EngineVisitor<'_, A> {
    /// Queues the visitor, which thereby is active.
    pub fn queue(&self) {
        let mut locked = self.lock();
        locked.find(|_| ());
        if self.engine.tracks() {
            locked.queue();
        }
    }

    /// Queues the visitor after something else was done to it.
    pub(super) fn queue_silently(&self) {
        if self.engine.tracks() {
            self.lock().queue();
        }
    }

    /// A request with what this visitor alone has to send; it waits no longer, unless it has more than fits.
    pub fn take_batch(&self) -> Batch {
        let engine = self.engine;
        let (rules, code) = (engine.rules(), self.code.as_str());
        let mut lines = Lines::default();
        loop {
            let is_first = lines.is_empty();
            let taken = engine.store.take_of(code, |slot| rules.take(slot, is_first));
            let (parcel, has_more) = taken.unwrap_or_else(|| (rules.of_unknown(code.into()), false));
            let is_full = !engine.pack(&mut lines, &parcel);
            if !has_more {
                break;
            }
            if is_full {
                self.lock().queue();
                break;
            }
        }
        Batch::new(lines, &engine.undelivered, rules.epoch)
    }
}

impl<A> Engine<A> {
    /// How many calls of [`Self::queue_unsent`] look at every visitor once.
    pub const QUEUE_STEPS: usize = VisitorStore::STEPS;

    /// Queues every visitor that has something unsent.
    pub fn queue_all(&self) {
        for step in 0..Self::QUEUE_STEPS {
            self.queue_unsent(step);
        }
    }

    /// Queues those of one part of the visitors that have something unsent.
    pub fn queue_unsent(&self, step: usize) {
        self.store.queue_unsent(step);
    }

    /// How many visitors wait to be tracked, those whose request has failed included.
    pub fn queue_length(&self) -> usize {
        self.store.waiting() + self.undelivered.visitors()
    }

    /// Whether events wait that a visitor may have had earlier: lines that came back, or those of visitors that departed.
    /// They are what [`Self::take_batch`] takes first.
    pub fn has_earlier(&self) -> bool {
        !self.undelivered.is_empty() || self.store.has_departed()
    }

    /// What became of lines.
    pub fn counts(&self) -> Counts {
        self.undelivered.counts()
    }

    /// What was lost for want of room.
    pub fn losses(&self) -> Losses {
        let losses = self.store.losses();
        Losses {
            codes: losses.codes.load(Ordering::Relaxed),
            events: losses.events.load(Ordering::Relaxed) + self.undelivered.counts().dropped,
            visitors: losses.visitors.load(Ordering::Relaxed),
        }
    }

    /// The next request: what came back from one that failed, then what the visitors that have waited longest have to
    /// send, `most` visitors at the most. `None` when there is nothing.
    pub fn take_batch(&self, most: usize) -> Option<Batch> {
        let mut filling = self.begin_batch(most);
        while filling.step() {}
        filling.finish()
    }

    /// The same in steps that take no longer than some tens of microseconds each.
    pub fn begin_batch(&self, most: usize) -> Filling<'_, A> {
        let rules = self.rules();
        let batch = Batch::new(self.undelivered.take(most, rules.epoch), &self.undelivered, rules.epoch);
        Filling { engine: self, rules, batch, most }
    }

    /// Writes a parcel and appends it; `false` if there was no room: then it is the next request's. No lock is held.
    fn pack(&self, lines: &mut Lines, parcel: &Parcel) -> bool {
        if parcel.is_empty() {
            return true;
        }
        let mut body = String::new();
        parcel.write(&mut body, &self.nonces);
        let written = Lines::of(parcel.code().clone(), body, parcel.len());
        if !lines.is_empty() && lines.body_len() + 1 + written.body_len() >= BODY_LIMIT {
            self.undelivered.put_back(written, self.store.epoch());
            return false;
        }
        lines.append(written);
        lines.body_len() < FULL_BODY
    }

    fn rules(&self) -> Rules {
        Rules::of(&self.data_file.load(), self.store.epoch())
    }

    /// Makes the engine fit for a forked child: its own nonces, nobody waiting. What was unsent or on its way is the
    /// parent's to send; the child keeps it for targeting. Nothing is counted in it so far. Takes no time, however many visitors there are.
    pub fn after_fork(&self, seed: u64) {
        self.nonces.reseed(seed);
        self.store.after_fork();
        self.undelivered.after_fork(self.store.epoch());
        self.forget_figures();
    }
}

/// A request that is being filled. One that is dropped meanwhile gives back what it has.
pub struct Filling<'engine, A> {
    engine: &'engine Engine<A>,
    rules: Rules,
    batch: Batch,
    /// Of how many visitors.
    most: usize,
}

impl<A> Filling<'_, A> {
    /// Takes what some visitors more have to send; `false` where that was all, or where it is full.
    pub fn step(&mut self) -> bool {
        let Self { engine, rules, batch, most } = self;
        let lines = batch.lines_mut();
        for _ in 0..VISITORS_A_STEP {
            if lines.visitors() >= *most || lines.body_len() >= FULL_BODY {
                return false;
            }
            let last_code = lines.last_code();
            let taken = engine.store.take_next(|slot| {
                let is_first = last_code != Some(slot.code());
                rules.take(slot, is_first)
            });
            if !taken.is_some_and(|parcel| engine.pack(lines, &parcel)) {
                return false;
            }
        }
        true
    }

    /// The request; nothing where nothing was queued.
    pub fn finish(self) -> Option<Batch> {
        (self.batch.visitors() > 0).then_some(self.batch)
    }
}
