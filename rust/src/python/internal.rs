//! The methods of `EngineClient` that the package's own Python modules call.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::arguments::text;
use super::client::{EngineClient, object};
use super::clock::moment;
use super::handles::{DataFileHandle, Outbox, Visitors};
use super::{data, log};
use crate::datafile::index::VariationIndex;
use crate::datafile::model::Outcome;
use crate::engine::{RemoteFilter, RemoteVisitor};
use crate::evaluation::Answer;

#[pymethods]
impl EngineClient {
    /// `why_not_ready` tells, as text, why no data file is in, as long as there is none.
    fn _configure(&self, environment: Option<String>, tracks: bool, why_not_ready: Py<PyAny>) {
        let _ = self.why_not_ready.set(why_not_ready);
        let _ = self.environment.set(environment); // a client is configured once
        self.engine.here().set_tracks(tracks);
    }

    /// Whether visitor codes are kept without consent: some enabled flag has a targeted-delivery rule.
    fn _has_targeted_delivery(&self) -> bool {
        self.engine.here().snapshot().data_file.has_targeted_delivery()
    }

    /// The feature flags of the data file: for each `(key, environment enabled, default variation's key, variations,
    /// rules)`; a rule is the list of its variations.
    fn _feature_flags<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let snapshot = self.engine.here().snapshot();
        let data_file = &snapshot.data_file;
        let list = PyList::empty(py);
        for index in data_file.flag_indices() {
            let flag = &data_file[index];
            let variations = PyList::empty(py);
            for (_, variation) in flag.variations.iter().zip(0..) {
                let default = data_file[flag.default_outcome].clone();
                let outcome = Outcome { variation: Some(VariationIndex(variation)), ..default };
                variations.append(object(py, &snapshot, &Answer::Stored(outcome.into()))?)?;
            }
            let rules = PyList::empty(py);
            for rule in &flag.rules {
                let of_rule = PyList::empty(py);
                for share in &rule.shares {
                    if data_file[share.outcome].variation.is_some() {
                        of_rule.append(object(py, &snapshot, &Answer::Known(share.outcome))?)?;
                    }
                }
                rules.append(of_rule)?;
            }
            let key = snapshot.attachment.flag_key(py, data_file, index);
            list.append((key, flag.environment_enabled, &*flag.default_variation_key, variations, rules))?;
        }
        Ok(list)
    }

    fn _simulate(&self, visitor_code: &Bound<'_, PyAny>, cookie: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = visitor_code.py();
        log::notices(py, self.visitor(visitor_code)?.simulate(&text(cookie)?, moment()))
    }

    /// Raises `VisitorCodeInvalid`.
    fn _check_visitor_code(&self, visitor_code: &Bound<'_, PyAny>) -> PyResult<()> {
        self.check(visitor_code)
    }

    fn _is_unique_identifier(&self, visitor_code: &Bound<'_, PyAny>) -> PyResult<bool> {
        Ok(self.visitor_unchecked(visitor_code)?.is_unique_identifier())
    }

    /// Reads remote visitor data, stores them if asked to, and returns the data for the caller.
    /// Raises `ValueError` where they cannot be read; then nothing was stored.
    #[pyo3(signature = (visitor_code, answer, *, store, device, browser, operating_system, visitor_code_wanted))]
    #[expect(clippy::fn_params_excessive_bools, reason = "the filter's own switches")]
    #[expect(clippy::too_many_arguments, reason = "the filter's own switches")]
    fn _load_remote_visitor_data<'py>(
        &self,
        visitor_code: &Bound<'py, PyAny>,
        answer: &[u8],
        store: bool,
        device: bool,
        browser: bool,
        operating_system: bool,
        visitor_code_wanted: bool,
    ) -> PyResult<Bound<'py, PyList>> {
        let py = visitor_code.py();
        let filter = RemoteFilter { device, browser, operating_system, visitor_code: visitor_code_wanted };
        let read = py.detach(|| RemoteVisitor::read(answer, filter)).map_err(PyValueError::new_err)?;
        let loaded = self.visitor_unchecked(visitor_code)?.load(read, store, moment());
        let list = PyList::empty(py);
        for datum in loaded {
            list.append(data::to_object(py, datum)?)?;
        }
        Ok(list)
    }

    fn _queue(&self, visitor_code: &Bound<'_, PyAny>) -> PyResult<()> {
        self.visitor(visitor_code)?.queue();
        Ok(())
    }

    /// Counters of visitors and tracking, by name.
    fn _counters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let (counts, losses) = (self.engine.here().counts(), self.engine.here().losses());
        let counters = PyDict::new(py);
        counters.set_item("visitors", self.engine.here().visitor_count())?;
        counters.set_item("visitor_bytes", self.engine.here().visitor_bytes())?;
        counters.set_item("evicted_visitors", losses.visitors)?;
        counters.set_item("queued_visitors", self.engine.here().queue_length())?;
        counters.set_item("dropped_visitors", losses.codes)?;
        counters.set_item("events_sent", counts.sent)?;
        counters.set_item("events_failed", counts.failed)?;
        counters.set_item("events_refused", counts.refused)?;
        counters.set_item("events_dropped", losses.events)?;
        Ok(counters)
    }

    /// Makes the client call its `_wake_up` on its next use.
    fn _put_to_sleep(&self) {
        self.awake.store(0, Ordering::Relaxed);
    }

    /// The client's data file, what its visitors have to send, and the visitors: each for the part that looks after it.
    fn _handles(&self) -> (DataFileHandle, Outbox, Visitors) {
        let engine = || Arc::clone(&self.engine);
        (DataFileHandle { engine: engine() }, Outbox { engine: engine() }, Visitors { engine: engine() })
    }
}
