//! `EngineClient`: the native base class of `kameleoon.KameleoonClient`. Its public methods are the client's hot ones.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple};

use super::arguments::{feature_key, identifier, key, kind, optional_truth, shown, truth, visitor_code};
use super::calls::{self, Purchase, Whom, mode};
use super::clock::moment;
use super::handles::SharedEngine;
use super::hint::Hint;
use super::results::{Objects, Variation};
use super::{errors, fork};
use crate::engine::{EngineError, EngineVisitor, Mode, Snapshot, VisitorCode};
use crate::evaluation::Answer;
use crate::visitor::datum::Datum;

/// The native half of a client. Not for direct use: see `KameleoonClient`.
#[pyclass(subclass, frozen, module = "kameleoon._native")]
pub(super) struct EngineClient {
    pub(super) engine: Arc<SharedEngine>,
    pub(super) environment: OnceLock<Option<String>>,
    /// A callable that tells why no data file is in. It must not lead back to the client, which no collector would see.
    pub(super) why_not_ready: OnceLock<Py<PyAny>>,
    /// The process that its background runs in; see [`fork::generation`]. 0 where that is to be started on the next use.
    pub(super) awake: AtomicU32,
}

/// Starts what the client runs in the background, if it does not run in this process. For a client that is awake this is a
/// comparison.
#[inline]
pub(super) fn wake(slf: &Bound<'_, EngineClient>) -> PyResult<()> {
    if slf.get().awake.load(Ordering::Relaxed) == fork::generation() { Ok(()) } else { wake_up(slf) }
}

#[cold]
fn wake_up(slf: &Bound<'_, EngineClient>) -> PyResult<()> {
    let this = slf.get();
    let here = fork::generation();
    if this.awake.swap(here, Ordering::Relaxed) == here {
        return Ok(()); // another thread does it
    }
    let woken = slf.call_method0("_wake_up");
    if let Err(error) = woken {
        this.awake.store(0, Ordering::Relaxed); // interrupted: the next use tries again
        return Err(error);
    }
    Ok(())
}

impl EngineClient {
    pub(super) fn environment(&self) -> Option<&str> {
        self.environment.get().and_then(|environment| environment.as_deref())
    }

    pub(super) fn raise<T>(&self, py: Python<'_>, result: Result<T, EngineError>) -> PyResult<T> {
        result.map_err(|error| self.exception(py, &error))
    }

    /// The exception for an error, with what helps: that is put together when its message is read.
    #[cold]
    pub(super) fn exception(&self, py: Python<'_>, error: &EngineError) -> PyErr {
        let hint = Hint {
            error: error.clone(),
            environment: self.environment().map(Into::into),
            data_file: (self.engine.is_ready() || !error.is_about_data_file()).then(|| self.engine.here().data_file()),
            why_not_ready: self.why_not_ready.get().map(|why| why.clone_ref(py)),
        };
        errors::exception(py, error, self.environment(), Some(hint))
    }

    /// The visitor under a code. Raises `VisitorCodeInvalid`.
    pub(super) fn visitor<'a>(&'a self, code: &'a Bound<'_, PyAny>) -> PyResult<EngineVisitor<'a, Objects>> {
        Whom::new(code).of(self)
    }

    /// The visitor under a code that is not checked **(kept quirk)**.
    pub(super) fn visitor_unchecked<'a>(&'a self, code: &'a Bound<'_, PyAny>) -> PyResult<EngineVisitor<'a, Objects>> {
        Ok(self.engine.here().visitor(VisitorCode::unchecked(visitor_code(code)?)))
    }

    /// Raises `VisitorCodeInvalid`.
    pub(super) fn check(&self, code: &Bound<'_, PyAny>) -> PyResult<()> {
        let parsed = VisitorCode::parse(visitor_code(code)?).map_err(EngineError::from);
        self.raise(code.py(), parsed).map(drop)
    }

    pub(super) fn feature_keys<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let snapshot = self.engine.here().snapshot();
        let list = PyList::empty(py);
        for flag in snapshot.data_file.flag_indices() {
            list.append(snapshot.attachment.flag_key(py, &snapshot.data_file, flag))?;
        }
        Ok(list)
    }

    /// Level 3.4: the mark may come along with any call.
    fn set_unique_identifier(&self, code: &Bound<'_, PyAny>, unique: Option<bool>) -> PyResult<()> {
        let Some(unique) = unique else { return Ok(()) };
        self.visitor(code)?.add([Datum::UniqueIdentifier(unique)], true, moment());
        Ok(())
    }
}

/// The Python object for an answer.
pub(super) fn object(py: Python<'_>, snapshot: &Snapshot<Objects>, answer: &Answer) -> PyResult<Py<Variation>> {
    snapshot.attachment.variation(py, &snapshot.data_file, answer)
}

#[pymethods]
impl EngineClient {
    #[new]
    #[pyo3(signature = (*_args, **_kwargs))]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self {
            engine: Arc::new(SharedEngine::new()),
            environment: OnceLock::new(),
            why_not_ready: OnceLock::new(),
            awake: AtomicU32::new(0),
        }
    }

    /// Whether the feature flag is on for the visitor: its variation is not `off`.
    ///
    /// A flag that is disabled in the environment is off. The variation is stored with the visitor and, with `track`, sent.
    /// `is_unique_identifier` (deprecated) adds a `UniqueIdentifier` first. Never waits for the network.
    /// Raises `VisitorCodeInvalid` and `FeatureNotFound`. See docs/evaluation.md#what-is-asked-in-order.
    ///
    /// ```python
    /// >>> client.is_feature_active("alice", "new-checkout")
    /// True
    ///
    /// ```
    #[pyo3(signature = (visitor_code, feature_key, is_unique_identifier=None, track=true))]
    fn is_feature_active(
        slf: &Bound<'_, Self>,
        visitor_code: &Bound<'_, PyAny>,
        feature_key: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = optional_truth)] is_unique_identifier: Option<bool>,
        #[pyo3(from_py_with = truth)] track: bool,
    ) -> PyResult<bool> {
        slf.get().set_unique_identifier(visitor_code, is_unique_identifier)?;
        calls::is_active(slf, Whom::new(visitor_code), feature_key, mode(track))
    }

    /// The visitor's variation of the feature flag, a `Variation`. It is stored with the visitor and, with `track`, sent.
    ///
    /// Raises `VisitorCodeInvalid`, `FeatureNotFound` and `FeatureEnvironmentDisabled`: the flag is disabled in the
    /// environment, or for want of consent. See docs/evaluation.md#what-is-asked-in-order.
    ///
    /// ```python
    /// >>> client.get_variation("alice", "new-checkout").key
    /// 'on'
    ///
    /// ```
    #[pyo3(signature = (visitor_code, feature_key, track=true))]
    fn get_variation(
        slf: &Bound<'_, Self>,
        visitor_code: &Bound<'_, PyAny>,
        feature_key: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = truth)] track: bool,
    ) -> PyResult<Py<Variation>> {
        calls::variation(slf, Whom::new(visitor_code), feature_key, mode(track))
    }

    /// The visitor's variations of all feature flags: a dict of flag keys to `Variation`s. Disabled flags are left out, and
    /// with `only_active` those that are off. They are stored with the visitor and, with `track`, sent.
    ///
    /// Raises `VisitorCodeInvalid`. See docs/evaluation.md#the-answer.
    ///
    /// ```python
    /// >>> {key: variation.key for key, variation in client.get_variations("alice").items()}
    /// {'new-checkout': 'on'}
    ///
    /// ```
    #[pyo3(signature = (visitor_code, only_active=false, track=true))]
    fn get_variations<'py>(
        slf: &Bound<'_, Self>,
        visitor_code: &Bound<'py, PyAny>,
        #[pyo3(from_py_with = truth)] only_active: bool,
        #[pyo3(from_py_with = truth)] track: bool,
    ) -> PyResult<Bound<'py, PyDict>> {
        wake(slf)?;
        let visitor = slf.get().visitor(visitor_code)?;
        calls::variations(slf, visitor_code, &visitor, only_active, mode(track))
    }

    /// The visitor's variations of all active feature flags by key. Neither saves nor tracks. Deprecated: use
    /// `get_variations`. Raises `VisitorCodeInvalid`.
    fn get_active_features<'py>(
        slf: &Bound<'_, Self>,
        visitor_code: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyDict>> {
        wake(slf)?;
        let visitor = slf.get().visitor(visitor_code)?;
        calls::variations(slf, visitor_code, &visitor, true, Mode::ReadOnly)
    }

    /// The keys of the feature flags that are active for the visitor, whatever its code. Neither saves nor tracks.
    /// Deprecated: use `get_variations`.
    fn get_active_feature_list_for_visitor<'py>(
        slf: &Bound<'_, Self>,
        visitor_code: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyList>> {
        wake(slf)?;
        let visitor = slf.get().visitor_unchecked(visitor_code)?;
        Ok(calls::variations(slf, visitor_code, &visitor, true, Mode::ReadOnly)?.keys())
    }

    /// The keys of all feature flags, disabled ones included, in the order of the data file.
    ///
    /// ```python
    /// >>> client.get_feature_list()
    /// ['new-checkout', 'old-search']
    ///
    /// ```
    fn get_feature_list<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        self.feature_keys(py)
    }

    /// The key of the visitor's variation, which is stored and sent. Deprecated: use `get_variation`.
    ///
    /// Raises as `get_variation` does.
    #[pyo3(signature = (visitor_code, feature_key, is_unique_identifier=None))]
    fn get_feature_variation_key(
        slf: &Bound<'_, Self>,
        visitor_code: &Bound<'_, PyAny>,
        feature_key: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = optional_truth)] is_unique_identifier: Option<bool>,
    ) -> PyResult<String> {
        slf.get().set_unique_identifier(visitor_code, is_unique_identifier)?;
        calls::variation_key(slf, Whom::new(visitor_code), feature_key, Mode::Track)
    }

    /// The value of a variable of the visitor's variation, which is stored and sent. Deprecated: use `get_variation`.
    ///
    /// Raises as `get_variation` does, and `FeatureVariableNotFound`.
    #[pyo3(signature = (visitor_code, feature_key, variable_key, is_unique_identifier=None))]
    fn get_feature_variable(
        slf: &Bound<'_, Self>,
        visitor_code: &Bound<'_, PyAny>,
        feature_key: &Bound<'_, PyAny>,
        variable_key: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = optional_truth)] is_unique_identifier: Option<bool>,
    ) -> PyResult<Py<PyAny>> {
        let this = slf.get();
        let py = visitor_code.py();
        this.set_unique_identifier(visitor_code, is_unique_identifier)?;
        let variation = calls::variation(slf, Whom::new(visitor_code), feature_key, Mode::Track)?;
        let variable_key = key(variable_key)?;
        let value = variation.get().variable_value(py, &variable_key)?;
        value.ok_or_else(|| {
            let (feature, variation) = match (self::feature_key(feature_key), variation.get().key_text(py)) {
                (Ok(feature), Ok(variation)) => (feature.into(), variation),
                (Err(error), _) | (_, Err(error)) => return error,
            };
            this.exception(py, &EngineError::VariableNotFound { feature, variation, key: variable_key.into() })
        })
    }

    /// The values of a variation's variables by key; without a variation key, the default variation's. Deprecated.
    ///
    /// Raises `FeatureNotFound`, `FeatureEnvironmentDisabled`, `FeatureVariationNotFound`.
    #[pyo3(signature = (feature_key, variation_key=None))]
    fn get_feature_variation_variables<'py>(
        &self,
        feature_key: &Bound<'py, PyAny>,
        variation_key: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let py = feature_key.py();
        let variation_key = variation_key.map(key).transpose()?;
        let found = self.engine.here().variation_of_flag(self::feature_key(feature_key)?, variation_key.as_deref());
        let (snapshot, outcome) = self.raise(py, found)?;
        object(py, &snapshot, &Answer::Stored(outcome.into()))?.get().values(py)
    }

    /// Stores data for the visitor (see `kameleoon.data`). They are sent with the visitor's next events; with
    /// `track=False` they are not. What is no Kameleoon datum is ignored, with a warning in the log.
    ///
    /// Raises `VisitorCodeInvalid`. See docs/visitor-data.md#data.
    ///
    /// ```python
    /// >>> client.add_data("alice", CustomData(1, "premium"), Device(DeviceType.PHONE))
    ///
    /// ```
    #[pyo3(signature = (visitor_code, *data, track=true))]
    fn add_data(
        slf: &Bound<'_, Self>,
        visitor_code: &Bound<'_, PyAny>,
        data: &Bound<'_, PyTuple>,
        #[pyo3(from_py_with = truth)] track: bool,
    ) -> PyResult<()> {
        calls::add(slf, Whom::new(visitor_code), "add_data", data, track)
    }

    /// Stores a conversion of a goal and has it sent with the next tracking interval. Never waits for the network.
    ///
    /// `revenue` (`int` or `float`; 0.0 for `None`) is in the currency of the site; with `negative` the conversion takes an
    /// earlier one back; `metadata`: an iterable of `CustomData` that belong to it. `is_unique_identifier` (deprecated) adds
    /// a `UniqueIdentifier` first. A conversion of a goal that is no whole number is left out, a revenue that is no number is
    /// 0.0, and metadata that are no custom data are left out, each with a warning in the log. Raises `VisitorCodeInvalid`.
    /// See docs/tracking.md#when and docs/migrating.md#odd-arguments.
    ///
    /// ```python
    /// >>> client.track_conversion("alice", goal_id=7, revenue=49.9, metadata=[CustomData(1, "premium")])
    ///
    /// ```
    #[pyo3(signature = (visitor_code, goal_id, revenue=None, is_unique_identifier=None, negative=false, metadata=None))]
    fn track_conversion(
        slf: &Bound<'_, Self>,
        visitor_code: &Bound<'_, PyAny>,
        goal_id: &Bound<'_, PyAny>,
        revenue: Option<&Bound<'_, PyAny>>,
        #[pyo3(from_py_with = optional_truth)] is_unique_identifier: Option<bool>,
        #[pyo3(from_py_with = truth)] negative: bool,
        metadata: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        slf.get().set_unique_identifier(visitor_code, is_unique_identifier)?;
        let purchase = Purchase { goal_id, revenue, negative, metadata };
        calls::convert(slf, Whom::new(visitor_code), "track_conversion", &purchase)
    }

    /// Forces a variation of an experiment for the visitor, as long as the client remembers it; `None` takes it back. With
    /// `force_targeting` it is given without regard to targeting.
    ///
    /// Raises `VisitorCodeInvalid`, `FeatureExperimentNotFound`, `FeatureVariationNotFound`.
    /// See docs/evaluation.md#forced-variations.
    ///
    /// ```python
    /// >>> client.set_forced_variation("bob", 11, "off")
    /// >>> client.is_feature_active("bob", "new-checkout")
    /// False
    ///
    /// ```
    #[pyo3(signature = (visitor_code, experiment_id, variation_key, force_targeting=true))]
    fn set_forced_variation(
        slf: &Bound<'_, Self>,
        visitor_code: &Bound<'_, PyAny>,
        experiment_id: &Bound<'_, PyAny>,
        variation_key: Option<&Bound<'_, PyAny>>,
        #[pyo3(from_py_with = truth)] force_targeting: bool,
    ) -> PyResult<()> {
        wake(slf)?;
        let this = slf.get();
        let visitor = this.visitor(visitor_code)?;
        let variation_key = variation_key.map(key).transpose()?;
        let Some(experiment) = identifier(experiment_id)? else {
            let error =
                || Ok(errors::experiment_not_found(visitor_code.py(), &shown(experiment_id)?, &kind(experiment_id)?));
            return if variation_key.is_some() { Err(error().unwrap_or_else(|error| error)) } else { Ok(()) };
        };
        let forced = visitor.force_variation(experiment, variation_key.as_deref(), force_targeting, moment());
        this.raise(visitor_code.py(), forced)
    }

    /// Stores every audience that targets the visitor, and has them sent. Raises `VisitorCodeInvalid`.
    /// See docs/evaluation.md#audiences.
    ///
    /// ```python
    /// >>> client.evaluate_audiences("alice")
    ///
    /// ```
    fn evaluate_audiences(slf: &Bound<'_, Self>, visitor_code: &Bound<'_, PyAny>) -> PyResult<()> {
        wake(slf)?;
        let this = slf.get();
        this.visitor(visitor_code)?.evaluate_audiences(moment());
        Ok(())
    }

    /// JavaScript, for the visitor's page, that makes the engine in the browser know the variations assigned within the
    /// last 5 s. See docs/evaluation.md#the-engine-in-the-browser.
    ///
    /// ```python
    /// >>> client.get_engine_tracking_code("nobody")
    /// 'window.kameleoonQueue=window.kameleoonQueue||[];'
    ///
    /// ```
    fn get_engine_tracking_code(slf: &Bound<'_, Self>, visitor_code: &Bound<'_, PyAny>) -> PyResult<String> {
        wake(slf)?;
        Ok(slf.get().visitor_unchecked(visitor_code)?.tracking_code(moment()))
    }
}
