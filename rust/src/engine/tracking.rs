//! The tracking queue and what requests take from it (spec 3).

use std::sync::atomic::{AtomicU64, Ordering};

use compact_str::CompactString;

use super::{Engine, EngineError, Moment, check_visitor_code};
use crate::datafile::model::DataFile;
use crate::tracking::batch::{Batch, FULL_BODY, Rules, has_unsent};
use crate::visitor::datum::{CustomData, CustomDataKey, Datum};
use crate::visitor::store::{Found, Queueing, VisitorStore};

/// Counts what becomes of events.
#[derive(Debug, Default)]
pub struct Counters {
    sent: AtomicU64,
    failed: AtomicU64,
}

impl Counters {
    /// Lines sent, and lines that failed.
    pub fn read(&self) -> (u64, u64) {
        (self.sent.load(Ordering::Relaxed), self.failed.load(Ordering::Relaxed))
    }
}

impl<A> Engine<A> {
    /// Queues a visitor whose data have just changed.
    pub(super) fn queue_visitor(&self, code: &str) {
        if self.tracks.load(Ordering::Relaxed) {
            let queueing = self.store.peek(code, |mut found| found.mark_queued());
            self.queue.push(code, queueing.unwrap_or(Queueing::Stranger), &self.store);
        }
    }

    /// Queues a visitor.
    ///
    /// # Errors
    /// When the code is unusable.
    pub fn queue(&self, code: &str, moment: Moment) -> Result<(), EngineError> {
        check_visitor_code(code)?;
        self.store.find(code, moment.now, |_| ());
        self.queue_visitor(code);
        Ok(())
    }

    /// Queues every visitor that has something unsent.
    pub fn queue_all(&self) {
        for step in 0..VisitorStore::STEPS {
            for code in self.store.select(step, |found| has_unsent(found.data)) {
                self.queue_visitor(&code);
            }
        }
    }

    /// How many visitors wait to be tracked.
    pub fn queue_length(&self) -> usize {
        self.queue.len()
    }

    /// How many visitors were dropped from the queue for want of room.
    pub fn queue_dropped(&self) -> u64 {
        self.queue.dropped()
    }

    /// The counters.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// The next request: what the visitors that have waited longest have to send, `most` visitors at the most. `None`
    /// when nothing waits.
    pub fn take_batch(&self, most: usize, moment: Moment) -> Option<Batch> {
        let mut batch = Batch::default();
        while batch.visitors() < most && batch.body.len() < FULL_BODY {
            let Some(code) = self.queue.pop() else { break };
            self.take(&mut batch, &code, moment);
        }
        (batch.visitors() > 0).then_some(batch)
    }

    /// A request with what one visitor has to send.
    pub fn take_batch_of(&self, code: &str, moment: Moment) -> Batch {
        let mut batch = Batch::default();
        self.take(&mut batch, code, moment);
        batch
    }

    fn take(&self, batch: &mut Batch, code: &str, moment: Moment) {
        let snapshot = self.snapshot.load();
        let data_file = &snapshot.data_file;
        self.map_unique_identifier(code, data_file, moment);
        let rules = Rules { consent_required: data_file.configuration.consent_required, nonces: &self.nonces };
        if self.store.peek(code, |found| batch.take(code, found, &rules)).is_none() {
            batch.take_stranger(code, &rules);
        }
    }

    /// A unique identifier that is mapped to nothing is mapped to itself, as if the user had added that datum.
    fn map_unique_identifier(&self, code: &str, data_file: &DataFile, moment: Moment) {
        let Some(index) = data_file.custom_data.mapping_index else { return };
        let unmapped = |found: Found<'_>| found.unique_identifier && found.data.mapping_identifier().is_none();
        if self.store.peek(code, unmapped) != Some(true) {
            return;
        }
        let values = std::iter::once(CompactString::from(code)).collect();
        let datum = CustomData { key: CustomDataKey::Index(index), values, overwrite: true };
        self.store_data(data_file, code, [Datum::CustomData(datum)], true, moment.now);
    }

    /// The request has arrived.
    pub fn confirm(&self, batch: Batch) {
        self.counters.sent.fetch_add(batch.events as u64, Ordering::Relaxed);
        batch.confirm(&self.store);
    }

    /// The request has failed: what it held is unsent again, and its visitors wait again.
    pub fn give_back(&self, batch: Batch) {
        self.counters.failed.fetch_add(batch.events as u64, Ordering::Relaxed);
        for code in batch.give_back(&self.store) {
            self.queue_visitor(&code);
        }
    }

    /// Makes the engine fit for a forked child: its own nonces, an empty queue. Data on their way stay the parent's.
    pub fn after_fork(&self, seed: u64) {
        self.nonces.reseed(seed);
        for code in self.queue.take_all() {
            self.store.peek(&code, |mut found| found.mark_drained());
        }
    }
}
