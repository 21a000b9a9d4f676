//! Tracking requests for the Python thread that sends them.

use parking_lot::Mutex;
use pyo3::prelude::*;

use crate::tracking::batch::Batch;

/// One tracking request: its body, to be confirmed or given back once.
#[pyclass(frozen, module = "kameleoon._native")]
pub(super) struct TrackingBatch {
    batch: Mutex<Option<Batch>>,
    body: String,
    /// How many lines.
    #[pyo3(get)]
    events: usize,
    /// How many visitors.
    #[pyo3(get)]
    visitors: usize,
}

#[pymethods]
impl TrackingBatch {
    /// The lines, joined by newlines, in ASCII: a copy.
    #[getter]
    fn body(&self) -> &[u8] {
        self.body.as_bytes()
    }
}

impl TrackingBatch {
    pub(super) fn new(mut batch: Batch) -> Self {
        let body = std::mem::take(&mut batch.body);
        Self { body, events: batch.events, visitors: batch.visitors(), batch: Mutex::new(Some(batch)) }
    }

    /// The batch, the first time.
    pub(super) fn settle(&self) -> Option<Batch> {
        self.batch.lock().take()
    }
}
