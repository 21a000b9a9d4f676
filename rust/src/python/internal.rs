//! The methods of `EngineClient` that the package's own Python modules call.

use std::sync::atomic::Ordering;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::arguments::{feature_key, text, visitor_code};
use super::client::{EngineClient, object, snapshot};
use super::clock::{moment, random_seed};
use super::results::Variation;
use super::tracking::TrackingBatch;
use super::{data, errors, explain, log, patterns};
use crate::datafile::model::{DataFile, Outcome};
use crate::datafile::{Compiled, DataFileError, compile};
use crate::engine::Explained;
use crate::evaluation::Choice;
use crate::remote::RemoteFilter;
use crate::visitor::store::VisitorStore;

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
        py.detach(|| {
            let Compiled { data_file, omissions } = compile(text, &patterns::PythonRe)?;
            let used = not_older_than.is_none_or(|date| data_file.date_modified >= date);
            if used {
                self.engine.swap(snapshot(data_file));
            }
            Ok((used, omissions.iter().map(ToString::to_string).collect()))
        })
        .map_err(|error: DataFileError| PyValueError::new_err(error.to_string()))
    }

    /// `(date_modified, real_time_update, consent_required, data_api_domain)` of the data file in use.
    fn _data_file_settings(&self) -> (i64, bool, bool, Option<String>) {
        let snapshot = self.engine.snapshot();
        let DataFile { date_modified, configuration, .. } = &snapshot.data_file;
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
        for (place, flag) in data_file.flags.iter().enumerate() {
            let variations = PyList::empty(py);
            for (variation, _) in flag.variations.iter().enumerate() {
                let default = data_file.outcomes[flag.default_outcome].clone();
                let outcome = Outcome { variation: Some(variation), ..default };
                variations.append(object(py, &snapshot, &Choice::Stored(outcome.into()))?)?;
            }
            let rules = PyList::empty(py);
            for rule in &flag.rules {
                let of_rule = PyList::empty(py);
                for exposure in &rule.variations {
                    if data_file.outcomes[exposure.outcome].variation.is_some() {
                        of_rule.append(object(py, &snapshot, &Choice::Known(exposure.outcome))?)?;
                    }
                }
                rules.append(of_rule)?;
            }
            let key = snapshot.attachment.flag_key(py, data_file, place);
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
        let (code, key) = (self::visitor_code(visitor_code)?, self::feature_key(feature_key)?);
        let Explained { snapshot, answer, explanation } = self.raise(py, self.engine.explain(code, key, moment()))?;
        let explanation = explain::to_dict(py, &explanation)?;
        match answer {
            Ok(answer) => {
                let variation = object(py, &snapshot, &answer.choice)?;
                Ok((Some(variation), None, explanation))
            }
            Err(error) => {
                let reason = errors::exception(py, &error, self.environment()).value(py).to_string();
                Ok((None, Some(reason), explanation))
            }
        }
    }

    fn _set_consent(&self, visitor_code: &Bound<'_, PyAny>, given: bool) -> PyResult<()> {
        let set = self.engine.set_consent(self::visitor_code(visitor_code)?, given, moment());
        self.raise(visitor_code.py(), set)
    }

    fn _simulate(&self, visitor_code: &Bound<'_, PyAny>, cookie: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = visitor_code.py();
        let simulated = self.engine.simulate(self::visitor_code(visitor_code)?, &text(cookie)?, moment());
        log::notices(py, self.raise(py, simulated)?)
    }

    /// Raises `VisitorCodeInvalid`.
    fn _check_visitor_code(&self, visitor_code: &Bound<'_, PyAny>) -> PyResult<()> {
        self.check(visitor_code)
    }

    fn _is_unique_identifier(&self, visitor_code: &Bound<'_, PyAny>) -> PyResult<bool> {
        let code = self::visitor_code(visitor_code)?;
        Ok(self.engine.visitors().peek(code, |found| found.unique_identifier).unwrap_or(false))
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
        let code = self::visitor_code(visitor_code)?;
        let filter = RemoteFilter { device, browser, operating_system, visitor_code: visitor_code_wanted };
        let loaded = self.engine.load_remote_visitor_data(code, answer, filter, store, moment());
        let list = PyList::empty(py);
        for datum in loaded.map_err(PyValueError::new_err)? {
            list.append(data::to_object(py, datum)?)?;
        }
        Ok(list)
    }

    /// Drops visitors without activity for `session_seconds`, in one of `_PURGE_STEPS` parts; returns how many.
    fn _purge_step(&self, py: Python<'_>, session_seconds: f64) -> usize {
        #[expect(clippy::cast_possible_truncation, reason = "a session is short")]
        let oldest = moment().now - (session_seconds * 1000.0) as i64;
        py.detach(|| self.engine.visitors().purge_step(oldest))
    }

    #[classattr]
    const _PURGE_STEPS: usize = VisitorStore::STEPS;

    /// How many visitor codes are held.
    fn _visitor_count(&self) -> usize {
        self.engine.visitors().len()
    }

    fn _queue(&self, visitor_code: &Bound<'_, PyAny>) -> PyResult<()> {
        let queued = self.engine.queue(self::visitor_code(visitor_code)?, moment());
        self.raise(visitor_code.py(), queued)
    }

    fn _queue_all(&self, py: Python<'_>) {
        py.detach(|| self.engine.queue_all());
    }

    /// `(waiting visitors, dropped visitors, lines sent, lines failed)`
    fn _tracking_counters(&self) -> (usize, u64, u64, u64) {
        let (sent, failed) = self.engine.counters().read();
        (self.engine.queue_length(), self.engine.queue_dropped(), sent, failed)
    }

    fn _take_batch(&self, py: Python<'_>, most: usize) -> Option<TrackingBatch> {
        py.detach(|| self.engine.take_batch(most, moment())).map(TrackingBatch::new)
    }

    fn _take_batch_of(&self, visitor_code: &Bound<'_, PyAny>) -> PyResult<TrackingBatch> {
        Ok(TrackingBatch::new(self.engine.take_batch_of(self::visitor_code(visitor_code)?, moment())))
    }

    fn _confirm(&self, py: Python<'_>, batch: &TrackingBatch) {
        py.detach(|| batch.settle().map_or((), |batch| self.engine.confirm(batch)));
    }

    fn _give_back(&self, py: Python<'_>, batch: &TrackingBatch) {
        py.detach(|| batch.settle().map_or((), |batch| self.engine.give_back(batch)));
    }

    /// Makes the client call its `_wake_up` on its next use: it is new, or in a forked child.
    fn _put_to_sleep(&self) {
        self.dormant.store(true, Ordering::Relaxed);
    }

    fn _after_fork(&self) {
        self.engine.after_fork(random_seed());
    }
}
