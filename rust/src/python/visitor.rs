//! `BoundVisitor`: the native base class of `kameleoon.Visitor`. A client and a visitor code, which is checked and hashed once.

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyString, PyTuple};

use super::arguments::{self, key, truth};
use super::calls::{self, Purchase, Reasoned, Whom, mode};
use super::client::{EngineClient, object, wake};
use super::clock::moment;
use super::results::Variation;
use super::{errors, explain, log, test_hook};
use crate::engine::{CodeHash, EngineError, Explained, Mode};
use crate::visitor::data::Consent;

/// What a typed getter gives for a variation without a fitting variable, or for no variation.
type Found = Option<Py<PyAny>>;

/// What is given where there is no value: what the caller says, which may be `None`, or nothing was said.
enum Otherwise {
    Nothing,
    Given(Py<PyAny>),
}

impl Otherwise {
    fn given(self) -> Found {
        match self {
            Self::Nothing => None,
            Self::Given(default) => Some(default),
        }
    }
}

impl<'py> FromPyObject<'_, 'py> for Otherwise {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        Ok(Self::Given(object.to_owned().unbind()))
    }
}

/// The native half of a visitor. Not for direct use: see `kameleoon.Visitor`.
#[pyclass(subclass, frozen, module = "kameleoon._native")]
pub(super) struct BoundVisitor {
    /// The client that answers.
    #[pyo3(get)]
    client: Py<EngineClient>,
    /// The visitor code.
    #[pyo3(get)]
    code: Py<PyString>,
    hash: CodeHash,
}

impl BoundVisitor {
    /// The variable's value, if it is one that `fits`; `None` where there is none, which is logged.
    fn value(
        &self,
        py: Python<'_>,
        (getter, expected): (&str, &str),
        feature_key: &Bound<'_, PyAny>,
        variable_key: &Bound<'_, PyAny>,
        track: bool,
        fits: impl FnOnce(&Bound<'_, PyAny>) -> bool,
    ) -> PyResult<Found> {
        let code = self.code.bind(py).as_any();
        let found = calls::found(self.client.bind(py), Whom::known(code, self.hash), feature_key, mode(track));
        let variation = match calls::or_none(py, found)? {
            Some(Ok(variation)) => variation,
            Some(Err(EngineError::FeatureDisabled(_) | EngineError::ConsentRefused(_))) => return Ok(None),
            Some(Err(_)) | None => {
                log::once(py, || {
                    let (flag, variable) = (feature_key.repr()?, variable_key.repr()?);
                    Ok(format!("visitor.{getter}({flag}, {variable}): no such feature flag; the default is given"))
                })?;
                return Ok(None);
            }
        };
        let value = variation.get().variable_value(py, &key(variable_key)?)?;
        if let Some(value) = &value
            && fits(value.bind(py))
        {
            return Ok(Some(value.clone_ref(py)));
        }
        log::once(py, || {
            let (flag, variable) = (feature_key.repr()?, variable_key.repr()?);
            let variation = variation.get();
            let has = match &value {
                Some(value) => format!("it is {}, not {expected}", value.bind(py).repr()?),
                None => format!(
                    "variation {:?} has no such variable (it has {})",
                    variation.key_text(py)?,
                    variation.variables(py)?.keys().repr()?
                ),
            };
            Ok(format!("visitor.{getter}({flag}, {variable}): {has}; the default is given"))
        })?;
        Ok(None)
    }
}

#[pymethods]
impl BoundVisitor {
    /// Raises `VisitorCodeInvalid`.
    #[new]
    fn new(client: Bound<'_, EngineClient>, visitor_code: &Bound<'_, PyAny>) -> PyResult<Self> {
        let hash = Whom::new(visitor_code).of(client.get())?.hash();
        Ok(Self { client: client.unbind(), code: visitor_code.cast::<PyString>()?.clone().unbind(), hash })
    }

    /// Whether the feature flag is on for the visitor, as `KameleoonClient.is_feature_active` has it.
    ///
    /// With `track` the variation is sent. Raises `FeatureNotFound`. See docs/visitors.md#flags.
    ///
    /// ```python
    /// >>> client.visitor("alice").is_active("new-checkout")
    /// True
    ///
    /// ```
    #[pyo3(signature = (feature_key, track=true))]
    fn is_active(&self, feature_key: &Bound<'_, PyAny>, #[pyo3(from_py_with = truth)] track: bool) -> PyResult<bool> {
        let py = feature_key.py();
        let code = self.code.bind(py).as_any();
        calls::is_active(self.client.bind(py), Whom::known(code, self.hash), feature_key, mode(track))
    }

    /// The visitor's variation of the feature flag, as `KameleoonClient.get_variation` has it.
    ///
    /// Raises `FeatureNotFound` and `FeatureEnvironmentDisabled`. See docs/visitors.md#flags.
    ///
    /// ```python
    /// >>> client.visitor("alice").variation("new-checkout").key
    /// 'on'
    ///
    /// ```
    #[pyo3(signature = (feature_key, track=true))]
    fn variation(
        &self,
        feature_key: &Bound<'_, PyAny>,
        #[pyo3(from_py_with = truth)] track: bool,
    ) -> PyResult<Py<Variation>> {
        let py = feature_key.py();
        let code = self.code.bind(py).as_any();
        calls::variation(self.client.bind(py), Whom::known(code, self.hash), feature_key, mode(track))
    }

    /// The visitor's variations of all feature flags by key, as `KameleoonClient.get_variations` has them.
    ///
    /// ```python
    /// >>> sorted(client.visitor("alice").variations())
    /// ['new-checkout']
    ///
    /// ```
    #[pyo3(signature = (only_active=false, track=true))]
    fn variations<'py>(
        slf: &Bound<'py, Self>,
        #[pyo3(from_py_with = truth)] only_active: bool,
        #[pyo3(from_py_with = truth)] track: bool,
    ) -> PyResult<Bound<'py, PyDict>> {
        let (this, py) = (slf.get(), slf.py());
        let (client, code) = (this.client.bind(py), this.code.bind(py).as_any());
        wake(client)?;
        let visitor = Whom::known(code, this.hash).of(client.get())?;
        calls::variations(client, code, &visitor, only_active, mode(track))
    }

    /// The value of a variable, if it is text (`str`); else `default`, with one warning in the log, as where there is no such
    /// flag or variable. Raises none of this package's exceptions. See docs/visitors.md#typed-values.
    ///
    /// ```python
    /// >>> client.visitor("alice").text("new-checkout", "color", default="blue")
    /// 'green'
    ///
    /// ```
    #[pyo3(
        signature = (feature_key, variable_key, default=Otherwise::Nothing, track=true),
        text_signature = "($self, feature_key, variable_key, default='', track=True)"
    )]
    fn text(
        &self,
        feature_key: &Bound<'_, PyAny>,
        variable_key: &Bound<'_, PyAny>,
        default: Otherwise,
        #[pyo3(from_py_with = truth)] track: bool,
    ) -> PyResult<Py<PyAny>> {
        let py = feature_key.py();
        let found = self.value(py, ("text", "text"), feature_key, variable_key, track, |value| {
            value.is_instance_of::<PyString>()
        })?;
        Ok(found.or(default.given()).unwrap_or_else(|| PyString::new(py, "").into_any().unbind()))
    }

    /// The value of a variable, if it is a number (`int` or `float`, no `bool`); else `default`, as with `text`.
    ///
    /// ```python
    /// >>> client.visitor("alice").number("new-checkout", "color", default=9.5)
    /// 9.5
    ///
    /// ```
    #[pyo3(
        signature = (feature_key, variable_key, default=Otherwise::Nothing, track=true),
        text_signature = "($self, feature_key, variable_key, default=0.0, track=True)"
    )]
    fn number(
        &self,
        feature_key: &Bound<'_, PyAny>,
        variable_key: &Bound<'_, PyAny>,
        default: Otherwise,
        #[pyo3(from_py_with = truth)] track: bool,
    ) -> PyResult<Py<PyAny>> {
        let py = feature_key.py();
        let found = self.value(py, ("number", "a number"), feature_key, variable_key, track, |value| {
            !value.is_instance_of::<PyBool>() && (value.is_instance_of::<PyInt>() || value.is_instance_of::<PyFloat>())
        })?;
        Ok(found.or(default.given()).unwrap_or_else(|| PyFloat::new(py, 0.0).into_any().unbind()))
    }

    /// The value of a variable, if it is a truth (`bool`); else `default`, as with `text`.
    ///
    /// ```python
    /// >>> client.visitor("alice").flag("new-checkout", "color", default=False)
    /// False
    ///
    /// ```
    #[pyo3(
        signature = (feature_key, variable_key, default=Otherwise::Nothing, track=true),
        text_signature = "($self, feature_key, variable_key, default=False, track=True)"
    )]
    fn flag(
        &self,
        feature_key: &Bound<'_, PyAny>,
        variable_key: &Bound<'_, PyAny>,
        default: Otherwise,
        #[pyo3(from_py_with = truth)] track: bool,
    ) -> PyResult<Py<PyAny>> {
        let py = feature_key.py();
        let found = self.value(py, ("flag", "a truth"), feature_key, variable_key, track, |value| {
            value.is_instance_of::<PyBool>()
        })?;
        Ok(found.or(default.given()).unwrap_or_else(|| PyBool::new(py, false).to_owned().into_any().unbind()))
    }

    /// The value of a variable, whatever it is: a `dict` or `list` of its own each time, `str`, `int`, `float`, `bool` or
    /// `None`; `default` where there is no such flag or variable, as with `text`.
    ///
    /// ```python
    /// >>> client.visitor("alice").json("new-checkout", "color")
    /// 'green'
    ///
    /// ```
    #[pyo3(signature = (feature_key, variable_key, default=None, track=true))]
    fn json(
        &self,
        feature_key: &Bound<'_, PyAny>,
        variable_key: &Bound<'_, PyAny>,
        default: Option<Py<PyAny>>,
        #[pyo3(from_py_with = truth)] track: bool,
    ) -> PyResult<Py<PyAny>> {
        let py = feature_key.py();
        let found = self.value(py, ("json", "a value"), feature_key, variable_key, track, |_| true)?;
        Ok(found.or(default).unwrap_or_else(|| py.None()))
    }

    /// Stores data for the visitor, as `KameleoonClient.add_data` does.
    ///
    /// ```python
    /// >>> client.visitor("alice").add(CustomData(1, "premium"), Device(DeviceType.PHONE))
    ///
    /// ```
    #[pyo3(signature = (*data, track=true))]
    fn add(
        slf: &Bound<'_, Self>,
        data: &Bound<'_, PyTuple>,
        #[pyo3(from_py_with = truth)] track: bool,
    ) -> PyResult<()> {
        let (this, py) = (slf.get(), slf.py());
        let code = this.code.bind(py).as_any();
        calls::add(this.client.bind(py), Whom::known(code, this.hash), "visitor.add", data, track)
    }

    /// Stores a conversion of a goal and has it sent, as `KameleoonClient.track_conversion` does: `revenue` (`int` or
    /// `float`) in the currency of the site, `negative` takes an earlier one back, `metadata` is an iterable of `CustomData`.
    ///
    /// ```python
    /// >>> client.visitor("alice").convert(7, revenue=49.9)
    ///
    /// ```
    #[pyo3(signature = (goal_id, revenue=None, negative=false, metadata=None))]
    fn convert(
        &self,
        goal_id: &Bound<'_, PyAny>,
        revenue: Option<&Bound<'_, PyAny>>,
        #[pyo3(from_py_with = truth)] negative: bool,
        metadata: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let py = goal_id.py();
        let code = self.code.bind(py).as_any();
        let purchase = Purchase { goal_id, revenue, negative, metadata };
        calls::convert(self.client.bind(py), Whom::known(code, self.hash), "visitor.convert", &purchase)
    }

    /// See [`Reasoned`]. Raises `FeatureNotFound` for what is no `str`.
    fn _reasoned(&self, feature_key: &Bound<'_, PyAny>, track: bool) -> PyResult<Reasoned> {
        let py = feature_key.py();
        let code = self.code.bind(py).as_any();
        calls::reasoned(self.client.bind(py), Whom::known(code, self.hash), feature_key, mode(track))
    }

    /// `(variation or None, why there is none, explanation)`. Raises `FeatureNotFound`.
    #[expect(clippy::type_complexity, reason = "one tuple for one Python caller")]
    fn _explain<'py>(
        &self,
        feature_key: &Bound<'py, PyAny>,
    ) -> PyResult<(Option<Py<Variation>>, Option<String>, Bound<'py, PyDict>)> {
        let py = feature_key.py();
        let client = self.client.get();
        let code = self.code.bind(py).as_any();
        let visitor = Whom::known(code, self.hash).of(client)?;
        let explained = visitor.explain(arguments::feature_key(feature_key)?, moment());
        let Explained { snapshot, answer, explanation } = client.raise(py, explained)?;
        let explanation = explain::to_dict(py, &explanation)?;
        match answer {
            Ok(answer) => {
                let variation = object(py, &snapshot, &answer)?;
                Ok((Some(variation), None, explanation))
            }
            Err(error) => {
                let reason = errors::exception(py, &error, client.environment(), None).value(py).to_string();
                Ok((None, Some(reason), explanation))
            }
        }
    }

    /// Whether the visitor gave consent; `None` where it never said.
    fn _consent(&self, py: Python<'_>) -> PyResult<Option<bool>> {
        Ok(match Whom::known(self.code.bind(py), self.hash).of(self.client.get())?.consent() {
            Consent::Unknown => None,
            Consent::Given => Some(true),
            Consent::Refused => Some(false),
        })
    }

    fn _set_consent(&self, py: Python<'_>, given: bool) -> PyResult<()> {
        wake(self.client.bind(py))?;
        Whom::known(self.code.bind(py), self.hash).of(self.client.get())?.set_consent(given, moment());
        Ok(())
    }

    /// Has a variation sent that `variations(track=False)` has given.
    fn _expose(&self, feature_key: &Bound<'_, PyAny>, variation: &Bound<'_, Variation>) -> PyResult<()> {
        let py = feature_key.py();
        let (client, code) = (self.client.bind(py), self.code.bind(py).as_any());
        wake(client)?;
        let whom = Whom::known(code, self.hash);
        if !test_hook::is_set() || !test_hook::is_overridden(client, code, feature_key)? {
            whom.of(client.get())?.expose(arguments::feature_key(feature_key)?, variation.get().ids(), moment());
        }
        if test_hook::is_set() {
            test_hook::exposed(client, whom, feature_key, variation.as_unbound(), Mode::Track)?;
        }
        Ok(())
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.client)?;
        visit.call(&self.code)
    }
}
