//! Tracking requests for the Python thread that sends them.

use parking_lot::Mutex;
use pyo3::prelude::*;

use crate::delivery::batch::Batch;

/// One tracking request. Exactly one thing becomes of it: `confirm`, `hand_over`, `give_back`, `postpone`,
/// `halve` or `set_aside`; after that the others do nothing. One that is dropped without a word gives its events back: they are sent with the next request.
#[pyclass(frozen, module = "kameleoon._native")]
pub(super) struct TrackingBatch {
    batch: Mutex<Option<Batch>>,
    /// How many lines.
    #[pyo3(get)]
    events: usize,
    /// How many visitors.
    #[pyo3(get)]
    visitors: usize,
}

#[pymethods]
impl TrackingBatch {
    /// The lines, joined by newlines, in ASCII: a copy. Empty once it is known what became of them.
    #[getter]
    fn body(&self) -> Vec<u8> {
        self.batch.lock().as_ref().map_or_else(Vec::new, |batch| batch.body().into())
    }

    /// The request has arrived: its events are sent.
    fn confirm(&self) {
        if let Some(batch) = self.take() {
            batch.confirm();
        }
    }

    /// Its events are kept elsewhere, and no more to be sent from here.
    fn hand_over(&self) {
        if let Some(batch) = self.take() {
            batch.hand_over();
        }
    }

    /// The request has failed: its events are unsent again, and the first that are tried.
    fn give_back(&self) {
        if let Some(batch) = self.take() {
            batch.give_back();
        }
    }

    /// The request was refused, maybe not for what it holds: its events are unsent again, and the last that are tried.
    fn postpone(&self) {
        if let Some(batch) = self.take() {
            batch.postpone();
        }
    }

    /// The service has refused what the request holds: the two halves of it, or one that cannot be halved. Nothing once
    /// it is known what became of it.
    fn halve(&self) -> Vec<Self> {
        let Some(batch) = self.take() else { return Vec::new() };
        let (first, second) = batch.halve();
        std::iter::once(first).chain(second).map(Self::new).collect()
    }

    /// The service refuses these events whatever else is sent: they are lost, and counted. Returns the visitor code of
    /// the first one.
    fn set_aside(&self) -> Option<String> {
        self.take()?.set_aside().map(Into::into)
    }
}

impl TrackingBatch {
    pub(super) fn new(batch: Batch) -> Self {
        Self { events: batch.events(), visitors: batch.visitors(), batch: Mutex::new(Some(batch)) }
    }

    fn take(&self) -> Option<Batch> {
        self.batch.lock().take()
    }
}
