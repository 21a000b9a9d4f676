//! The methods of `EngineClient` that the package's own Python modules call.

use std::sync::atomic::Ordering;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::arguments::{feature_key, text};
use super::client::{EngineClient, object, snapshot};
use super::clock::{moment, random_seed};
use super::results::Variation;
use super::tracking::TrackingBatch;
use super::{clock, data, errors, explain, log};
use crate::datafile::index::VariationIndex;
use crate::datafile::model::{DataFile, Outcome};
use crate::datafile::{Compiled, compile};
use crate::engine::{Engine, Explained, RemoteFilter, RemoteVisitor};
use crate::evaluation::Answer;

#[pymethods]
impl EngineClient {
    fn _configure(&self, environment: Option<String>, tracks: bool) {
        let _ = self.environment.set(environment); // a client is configured once
        self.engine.set_tracks(tracks);
    }

    /// Compiles a data file and uses it from now on, unless it is older (`dateModified`, milliseconds) than
    /// `not_older_than`. Returns whether it is used, and a line for each thing that was left out of it.
    /// Raises `ValueError` where it is no data file at all; then nothing has changed.
    #[pyo3(signature = (text, not_older_than=None))]
    fn _update_data_file(
        &self,
        py: Python<'_>,
        text: &[u8],
        not_older_than: Option<i64>,
    ) -> PyResult<(bool, Vec<String>)> {
        let compiled = py.detach(|| compile(text));
        let Compiled { data_file, omissions } = compiled.map_err(|error| PyValueError::new_err(error.to_string()))?;
        let used = not_older_than.is_none_or(|date| data_file.date_modified >= date);
        if used {
            // What the former snapshot owns are Python objects: they are dropped here, attached to the interpreter. Nothing
            // that runs detached holds a snapshot.
            drop(self.engine.swap(snapshot(data_file)));
        }
        Ok((used, omissions.iter().map(ToString::to_string).collect()))
    }

    /// `(date_modified, real_time_update, consent_required, data_api_domain)` of the data file in use.
    fn _data_file_settings(&self) -> (i64, bool, bool, Option<String>) {
        let snapshot = self.engine.snapshot();
        let DataFile { date_modified, configuration, .. } = &*snapshot.data_file;
        let domain = configuration.data_api_domain.as_ref().map(ToString::to_string);
        (*date_modified, configuration.real_time_update, configuration.consent_required, domain)
    }

    /// Whether visitor codes are kept without consent: some enabled flag has a targeted-delivery rule.
    fn _has_targeted_delivery(&self) -> bool {
        self.engine.snapshot().data_file.has_targeted_delivery()
    }

    /// The feature flags of the data file: for each `(key, environment enabled, default variation's key, variations,
    /// rules)`; a rule is the list of its variations.
    fn _feature_flags<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let snapshot = self.engine.snapshot();
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

    /// `(variation or None, why there is none, explanation)`
    #[expect(clippy::type_complexity, reason = "one tuple for one Python caller")]
    fn _explain<'py>(
        &self,
        visitor_code: &Bound<'py, PyAny>,
        feature_key: &Bound<'py, PyAny>,
    ) -> PyResult<(Option<Py<Variation>>, Option<String>, Bound<'py, PyDict>)> {
        let py = visitor_code.py();
        let explained = self.visitor(visitor_code)?.explain(self::feature_key(feature_key)?, moment());
        let Explained { snapshot, answer, explanation } = self.raise(py, explained)?;
        let explanation = explain::to_dict(py, &explanation)?;
        match answer {
            Ok(answer) => {
                let variation = object(py, &snapshot, &answer)?;
                Ok((Some(variation), None, explanation))
            }
            Err(error) => {
                let reason = errors::exception(py, &error, self.environment()).value(py).to_string();
                Ok((None, Some(reason), explanation))
            }
        }
    }

    fn _set_consent(&self, visitor_code: &Bound<'_, PyAny>, given: bool) -> PyResult<()> {
        self.visitor(visitor_code)?.set_consent(given, moment());
        Ok(())
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

    /// Moves the clock that expiry goes by on. Call it about once a second; the first call starts the clock.
    fn _advance_clock(&self) {
        self.engine.advance(clock::monotonic());
    }

    /// Drops visitors without activity for `session_seconds`, in one of `_PURGE_STEPS` parts; returns how many.
    fn _purge_step(&self, py: Python<'_>, session_seconds: f64) -> usize {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "as casts saturate")]
        let session = (session_seconds * 1000.0) as u64;
        py.detach(|| self.engine.purge(session))
    }

    #[classattr]
    const _PURGE_STEPS: usize = Engine::<()>::PURGE_STEPS;

    /// Bounds what visitors and queue take to about so many bytes; 0 is any number.
    fn _set_memory_limit(&self, bytes: usize) {
        self.engine.set_memory_limit(bytes);
    }

    fn _queue(&self, visitor_code: &Bound<'_, PyAny>) -> PyResult<()> {
        self.visitor(visitor_code)?.queue();
        Ok(())
    }

    fn _queue_all(&self, py: Python<'_>) {
        py.detach(|| self.engine.queue_all());
    }

    /// Counters of visitors and tracking, by name.
    fn _counters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let (counts, losses) = (self.engine.counts(), self.engine.losses());
        let counters = PyDict::new(py);
        counters.set_item("visitors", self.engine.visitor_count())?;
        counters.set_item("visitor_bytes", self.engine.visitor_bytes())?;
        counters.set_item("evicted_visitors", losses.visitors)?;
        counters.set_item("queued_visitors", self.engine.queue_length())?;
        counters.set_item("dropped_visitors", losses.codes)?;
        counters.set_item("events_sent", counts.sent)?;
        counters.set_item("events_failed", counts.failed)?;
        counters.set_item("events_refused", counts.refused)?;
        counters.set_item("events_dropped", losses.events)?;
        Ok(counters)
    }

    fn _take_batch(&self, py: Python<'_>, most: usize) -> Option<TrackingBatch> {
        py.detach(|| self.engine.take_batch(most)).map(TrackingBatch::new)
    }

    fn _take_batch_of(&self, py: Python<'_>, visitor_code: &Bound<'_, PyAny>) -> PyResult<TrackingBatch> {
        let visitor = self.visitor(visitor_code)?;
        Ok(TrackingBatch::new(py.detach(|| visitor.take_batch())))
    }

    /// Makes the client call its `_wake_up` on its next use: it is new, or in a forked child.
    fn _put_to_sleep(&self) {
        self.dormant.store(true, Ordering::Relaxed);
    }

    fn _after_fork(&self) {
        self.engine.after_fork(random_seed());
    }
}
