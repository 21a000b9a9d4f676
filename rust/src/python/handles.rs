//! The pieces of a client's engine that its background parts own: they live on without the client, and never hold it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::clock::random_seed;
use super::fork::{self, detached, detached_while};
use super::results::Objects;
use super::tracking::TrackingBatch;
use super::{clock, errors};
use crate::datafile::model::DataFile;
use crate::datafile::{Compiled, compile};
use crate::engine::{Engine, Snapshot, VisitorCode};

/// An engine that notices a fork.
pub(super) struct SharedEngine {
    engine: Engine<Objects>,
    /// The process that it was used in last; see [`fork::generation`].
    generation: AtomicU32,
    /// Whether a data file is in.
    is_ready: AtomicBool,
}

impl SharedEngine {
    pub(super) fn new() -> Self {
        let engine = Engine::new(snapshot(DataFile::default()), random_seed(), true);
        Self { engine, generation: AtomicU32::new(fork::generation()), is_ready: AtomicBool::new(false) }
    }

    /// The engine; in a forked child, one that leaves to its parent what the parent has not sent.
    #[inline]
    pub(super) fn here(&self) -> &Engine<Objects> {
        if self.generation.load(Ordering::Relaxed) != fork::generation() {
            self.enter_child();
        }
        &self.engine
    }

    /// Whether a data file is in. Until then the engine has an empty one.
    pub(super) fn is_ready(&self) -> bool {
        self.is_ready.load(Ordering::Relaxed)
    }

    #[cold]
    fn enter_child(&self) {
        let here = fork::generation();
        if self.generation.swap(here, Ordering::Relaxed) != here {
            self.engine.after_fork(random_seed());
        }
    }
}

pub(super) fn snapshot(data_file: DataFile) -> Snapshot<Objects> {
    let attachment = Objects::new(&data_file);
    Snapshot::new(data_file, attachment)
}

/// The data file of an engine, for the data source that follows the service's.
#[pyclass(frozen, module = "kameleoon._native")]
pub(super) struct DataFileHandle {
    pub(super) engine: Arc<SharedEngine>,
}

#[pymethods]
impl DataFileHandle {
    /// Compiles a data file and uses it from now on, unless it is older (`dateModified`, milliseconds) than
    /// `not_older_than`. Returns whether it is used, and a line for each thing that was left out of it.
    /// Raises `ValueError` where it is no data file at all; then nothing has changed.
    #[pyo3(signature = (text, not_older_than=None))]
    fn update(&self, py: Python<'_>, text: &[u8], not_older_than: Option<i64>) -> PyResult<(bool, Vec<String>)> {
        let compiled = py.detach(|| compile(text)); // touches no engine: a fork need not wait for it
        let Compiled { data_file, omissions } = compiled.map_err(|error| PyValueError::new_err(error.to_string()))?;
        let used = not_older_than.is_none_or(|date| data_file.date_modified >= date);
        if used {
            // What the former snapshot owns are Python objects: they are dropped here, attached to the interpreter. Nothing
            // that runs detached holds a snapshot.
            drop(self.engine.here().swap(snapshot(data_file)));
            self.engine.is_ready.store(true, Ordering::Relaxed);
        }
        Ok((used, omissions.iter().map(ToString::to_string).collect()))
    }

    /// How many feature flags the data file in use has.
    fn count_flags(&self) -> usize {
        self.engine.here().data_file().flags.len()
    }

    /// `(date_modified, real_time_update, consent_required, data_api_domain)` of the data file in use.
    fn settings(&self) -> (i64, bool, bool, Option<String>) {
        let snapshot = self.engine.here().snapshot();
        let DataFile { date_modified, configuration, .. } = &*snapshot.data_file;
        let domain = configuration.data_api_domain.as_ref().map(ToString::to_string);
        (*date_modified, configuration.real_time_update, configuration.consent_required, domain)
    }
}

/// What visitors have to send, for the lane that sends it.
#[pyclass(frozen, module = "kameleoon._native")]
pub(super) struct Outbox {
    pub(super) engine: Arc<SharedEngine>,
}

#[pymethods]
impl Outbox {
    /// What is queued, of so many visitors at most, as far as one request can hold it; nothing where nothing is queued.
    fn take(&self, py: Python<'_>, most: usize) -> Option<TrackingBatch> {
        let engine = self.engine.here();
        let mut filling = detached(py, || engine.begin_batch(most));
        detached_while(py, || filling.step());
        filling.finish().map(TrackingBatch::new)
    }

    /// What one visitor has to send. Raises `VisitorCodeInvalid`.
    fn take_of(&self, py: Python<'_>, visitor_code: &str) -> PyResult<TrackingBatch> {
        let code =
            VisitorCode::parse(visitor_code).map_err(|error| errors::exception(py, &error.into(), None, None))?;
        let visitor = self.engine.here().visitor(code);
        Ok(TrackingBatch::new(detached(py, || visitor.take_batch())))
    }

    /// Queues all visitors that have something unsent.
    fn queue_all(&self, py: Python<'_>) {
        let engine = self.engine.here();
        let mut steps = 0..Engine::<()>::QUEUE_STEPS;
        detached_while(py, || steps.next().map(|step| engine.queue_unsent(step)).is_some());
    }

    /// How many visitors are queued.
    fn queued(&self) -> usize {
        self.engine.here().queue_length()
    }

    /// Whether events wait that a visitor may have had earlier: of requests that failed, or of visitors that are forgotten.
    /// `take` takes them first.
    fn has_earlier(&self) -> bool {
        self.engine.here().has_earlier()
    }

    /// `(visitors, events)` that were lost for want of room so far: from the full queue, and any.
    fn dropped(&self) -> (u64, u64) {
        let losses = self.engine.here().losses();
        (losses.codes, losses.events)
    }
}

/// The visitors of an engine, for the lane that forgets those whose session is over.
#[pyclass(frozen, module = "kameleoon._native")]
pub(super) struct Visitors {
    pub(super) engine: Arc<SharedEngine>,
}

#[pymethods]
impl Visitors {
    /// How many calls of `purge` look at every visitor once.
    #[classattr]
    const PURGE_STEPS: usize = Engine::<()>::PURGE_STEPS;

    /// Moves the clock that expiry goes by on. To be called about once a second; the first call starts the clock.
    fn advance_clock(&self) {
        self.engine.here().advance(clock::monotonic());
    }

    /// Lets so many milliseconds pass for expiry at once. For tests: see `kameleoon.testing`.
    fn elapse(&self, milliseconds: u64) {
        self.engine.here().elapse(milliseconds);
    }

    /// Drops those without activity for `session_seconds`, among a part of all; returns how many.
    fn purge(&self, py: Python<'_>, session_seconds: f64) -> usize {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "as casts saturate")]
        let session = (session_seconds * 1000.0) as u64;
        let engine = self.engine.here();
        detached(py, || engine.purge(session))
    }

    /// Bounds what visitors and queue take to about so many bytes; 0 is any number.
    fn set_memory_limit(&self, bytes: usize) {
        self.engine.here().set_memory_limit(bytes);
    }
}
