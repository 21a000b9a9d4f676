//! The hot calls, as `KameleoonClient` and `Visitor` share them: each is asked for somebody, and does all that the call does.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::arguments::{feature_key, kind, visitor_code};
use super::client::{EngineClient, object, wake};
use super::clock::moment;
use super::data::{self, conversion};
use super::errors::{self, contained};
use super::results::{Objects, Variation};
use super::{log, test_hook};
use crate::engine::{CodeHash, DataList, EngineError, EngineVisitor, Evaluated, Mode, VisitorCode};
use crate::evaluation::reason::{Because, Reason};

/// Whom a call is about: the code as it was passed, and its hash where that is known.
#[derive(Clone, Copy)]
pub(super) struct Whom<'a, 'py> {
    pub(super) code: &'a Bound<'py, PyAny>,
    hash: Option<CodeHash>,
    is_checked: bool,
}

impl<'a, 'py> Whom<'a, 'py> {
    pub(super) fn new(code: &'a Bound<'py, PyAny>) -> Self {
        Self { code, hash: None, is_checked: true }
    }

    /// `hash` is what the client's engine has told for the code.
    pub(super) fn known(code: &'a Bound<'py, PyAny>, hash: CodeHash) -> Self {
        Self { code, hash: Some(hash), is_checked: true }
    }

    /// Whatever its code **(kept quirk)**.
    pub(super) fn unchecked(code: &'a Bound<'py, PyAny>) -> Self {
        Self { code, hash: None, is_checked: false }
    }

    pub(super) fn py(self) -> Python<'py> {
        self.code.py()
    }

    /// The visitor. Raises `VisitorCodeInvalid`.
    #[inline]
    pub(super) fn of(self, client: &'a EngineClient) -> PyResult<EngineVisitor<'a, Objects>> {
        let text = visitor_code(self.code)?;
        let parsed = if self.is_checked { VisitorCode::parse(text) } else { Ok(VisitorCode::unchecked(text)) };
        let code = client.raise(self.py(), parsed.map_err(EngineError::from))?;
        let engine = client.engine.here();
        Ok(match self.hash {
            Some(hash) => engine.visitor_hashed(code, hash),
            None => engine.visitor(code),
        })
    }
}

pub(super) fn mode(track: bool) -> Mode {
    if track { Mode::Track } else { Mode::Save }
}

/// Evaluates, and gives what `use_result` makes of it: the answer is not moved, which is measured to pay. Raises
/// `VisitorCodeInvalid`, and `FeatureNotFound` for what is no `str`.
#[inline]
fn evaluate<T>(
    client: &EngineClient,
    whom: Whom<'_, '_>,
    key: &Bound<'_, PyAny>,
    mode: Mode,
    use_result: impl FnOnce(Result<&Evaluated<Objects>, &EngineError>) -> PyResult<T>,
) -> PyResult<T> {
    let visitor = whom.of(client)?;
    let evaluated = visitor.evaluate(feature_key(key)?, mode, moment);
    if let Ok(evaluated) = &evaluated {
        log::reports(whom.py(), &evaluated.snapshot.data_file.reports)?;
    }
    use_result(evaluated.as_ref())
}

/// Whether the flag is on: see `KameleoonClient.is_feature_active`.
#[inline]
pub(super) fn is_active(
    client: &Bound<'_, EngineClient>,
    whom: Whom<'_, '_>,
    key: &Bound<'_, PyAny>,
    mode: Mode,
) -> PyResult<bool> {
    wake(client)?;
    let this = client.get();
    let py = whom.py();
    let active = if test_hook::is_set() {
        answered(this, py, test_hook::variation(client, whom, key, mode)?, |variation| variation.get().is_active())
    } else {
        evaluate(this, whom, key, mode, |evaluated| match evaluated {
            Ok(evaluated) => Ok(evaluated.outcome().is_active()),
            Err(EngineError::FeatureDisabled(_) | EngineError::ConsentRefused(_)) => Ok(false),
            Err(error) => Err(this.exception(py, error)),
        })
    }?;
    log::emit(py, log::DEBUG, || {
        let (code, key) = (visitor_code(whom.code)?, feature_key(key)?);
        Ok(format!("visitor {code}, feature flag {key}: active {active}"))
    })?;
    Ok(active)
}

fn answered(
    client: &EngineClient,
    py: Python<'_>,
    result: Result<Py<Variation>, EngineError>,
    is_active: impl FnOnce(Py<Variation>) -> bool,
) -> PyResult<bool> {
    match result {
        Ok(variation) => Ok(is_active(variation)),
        Err(EngineError::FeatureDisabled(_) | EngineError::ConsentRefused(_)) => Ok(false),
        Err(error) => Err(client.exception(py, &error)),
    }
}

/// The variation, or why there is none. Raises `VisitorCodeInvalid`, and `FeatureNotFound` for what is no `str`.
#[inline]
pub(super) fn found(
    client: &Bound<'_, EngineClient>,
    whom: Whom<'_, '_>,
    key: &Bound<'_, PyAny>,
    mode: Mode,
) -> PyResult<Result<Py<Variation>, EngineError>> {
    wake(client)?;
    let found = if test_hook::is_set() {
        test_hook::variation(client, whom, key, mode)?
    } else {
        evaluated(client.get(), whom, key, mode)?
    };
    if let Ok(variation) = &found
        && log::enabled(log::DEBUG)
    {
        log_variation(whom, key, variation)?;
    }
    Ok(found)
}

/// The same without a hook.
#[inline]
pub(super) fn evaluated(
    client: &EngineClient,
    whom: Whom<'_, '_>,
    key: &Bound<'_, PyAny>,
    mode: Mode,
) -> PyResult<Result<Py<Variation>, EngineError>> {
    evaluate(client, whom, key, mode, |evaluated| match evaluated {
        Ok(evaluated) => object(whom.py(), &evaluated.snapshot, &evaluated.answer).map(Ok),
        Err(error) => Ok(Err(error.clone())),
    })
}

/// The variation: see `KameleoonClient.get_variation`.
#[inline]
pub(super) fn variation(
    client: &Bound<'_, EngineClient>,
    whom: Whom<'_, '_>,
    key: &Bound<'_, PyAny>,
    mode: Mode,
) -> PyResult<Py<Variation>> {
    found(client, whom, key, mode)?.map_err(|error| client.get().exception(whom.py(), &error))
}

/// The key of the variation, also where the flag has no such variation: see `KameleoonClient.get_feature_variation_key`.
pub(super) fn variation_key(
    client: &Bound<'_, EngineClient>,
    whom: Whom<'_, '_>,
    key: &Bound<'_, PyAny>,
    mode: Mode,
) -> PyResult<String> {
    let (this, py) = (client.get(), whom.py());
    if test_hook::is_set()
        && let Some(overridden) = test_hook::overridden(client, whom, key, mode)?
    {
        return this.raise(py, overridden)?.get().key_text(py);
    }
    wake(client)?;
    evaluate(this, whom, key, mode, |evaluated| {
        let evaluated = evaluated.map_err(|error| this.exception(py, error))?;
        let variation = object(py, &evaluated.snapshot, &evaluated.answer)?;
        if log::enabled(log::DEBUG) {
            log_variation(whom, key, &variation)?;
        }
        if test_hook::is_set() {
            test_hook::exposed(client, whom, key, &variation, mode)?;
        }
        Ok(evaluated.outcome().key.to_string())
    })
}

#[cold]
fn log_variation(whom: Whom<'_, '_>, key: &Bound<'_, PyAny>, variation: &Py<Variation>) -> PyResult<()> {
    let py = whom.py();
    log::emit(py, log::DEBUG, || {
        let (code, key) = (visitor_code(whom.code)?, feature_key(key)?);
        Ok(format!("visitor {code}, feature flag {key}: variation {:?}", variation.get().key_text(py)?))
    })
}

/// What `Visitor.details` is made of: the variation, the reason in words, the id of the rule that decided, whether that chose
/// by the bucket, whether it has a segment, whether the flag has rules; and the exception where there is no variation.
pub(super) type Reasoned = (Option<Py<Variation>>, &'static str, Option<i64>, bool, bool, bool, Option<PyErr>);

/// The variation and why it is the answer, or why there is none.
pub(super) fn reasoned(
    client: &Bound<'_, EngineClient>,
    whom: Whom<'_, '_>,
    key: &Bound<'_, PyAny>,
    mode: Mode,
) -> PyResult<Reasoned> {
    wake(client)?;
    let (this, py) = (client.get(), whom.py());
    let without = |error: &EngineError| {
        let reason = match error {
            EngineError::FeatureDisabled(_) => Reason::Disabled.words(),
            EngineError::ConsentRefused(_) => Reason::ConsentRefused.words(),
            _ => "error",
        };
        (None, reason, None, false, false, false, Some(this.exception(py, error)))
    };
    if test_hook::is_set()
        && let Some(overridden) = test_hook::overridden(client, whom, key, mode)?
    {
        return Ok(match overridden {
            Ok(variation) => (Some(variation), "overridden", None, false, false, false, None),
            Err(error) => without(&error),
        });
    }
    let (evaluated, because) = match whom.of(this)?.evaluate_with_reason(feature_key(key)?, mode, moment()) {
        Ok(reasoned) => reasoned,
        Err(error) => return Ok(without(&error)),
    };
    log::reports(py, &evaluated.snapshot.data_file.reports)?;
    let variation = object(py, &evaluated.snapshot, &evaluated.answer)?;
    if test_hook::is_set() {
        test_hook::exposed(client, whom, key, &variation, mode)?;
    }
    let Because { reason, rule_id, is_split, has_segment, has_rules } = because;
    Ok((Some(variation), reason.words(), rule_id, is_split, has_segment, has_rules, None))
}

/// The variations of all flags: see `KameleoonClient.get_variations`. With `visitor` unchecked, whatever its code
/// **(kept quirk)**.
pub(super) fn variations<'py>(
    client: &Bound<'_, EngineClient>,
    code: &Bound<'py, PyAny>,
    visitor: &EngineVisitor<'_, Objects>,
    only_active: bool,
    mode: Mode,
) -> PyResult<Bound<'py, PyDict>> {
    let py = code.py();
    let dict = PyDict::new(py);
    let mut failed = Ok(());
    if test_hook::is_set() {
        test_hook::variations(client, code, &dict, only_active, mode)?;
        return Ok(dict);
    }
    visitor.evaluate_all(mode, moment(), |snapshot, flag, answer| {
        let Some(answer) = answer else { return };
        if only_active && !answer.outcome(&snapshot.data_file).is_active() {
            return;
        }
        let key = snapshot.attachment.flag_key(py, &snapshot.data_file, flag);
        let added = object(py, snapshot, &answer).and_then(|variation| dict.set_item(key, variation));
        if added.is_err() {
            failed = added;
        }
    });
    log::reports(py, &client.get().engine.here().snapshot().data_file.reports)?;
    failed.map(|()| dict)
}

/// Stores data: see `KameleoonClient.add_data`, or `name`, which log lines tell.
pub(super) fn add(
    client: &Bound<'_, EngineClient>,
    whom: Whom<'_, '_>,
    name: &str,
    data: &Bound<'_, PyTuple>,
    track: bool,
) -> PyResult<()> {
    wake(client)?;
    let py = whom.py();
    let visitor = whom.of(client.get())?;
    visitor.prefetch();
    let mut all = DataList::new();
    for object in data.iter_borrowed() {
        match data::of(&object) {
            Some(datum) => all.push(datum),
            None => log::emit(py, log::WARNING, || {
                let kind = kind(&object)?;
                Ok(if object.is_instance_of::<data::Data>() {
                    format!("{name}: a {kind} holds nothing (its arguments could not be read); it is ignored")
                } else {
                    format!("{name}: a {kind} is no Kameleoon datum; it is ignored")
                })
            })?,
        }
    }
    log::notices(py, visitor.add_list(&mut all, track, moment()))
}

/// A conversion as users pass it.
pub(super) struct Purchase<'a, 'py> {
    pub(super) goal_id: &'a Bound<'py, PyAny>,
    pub(super) revenue: Option<&'a Bound<'py, PyAny>>,
    pub(super) negative: bool,
    pub(super) metadata: Option<&'a Bound<'py, PyAny>>,
}

/// Stores a conversion: see `KameleoonClient.track_conversion`, or `name`, which log lines tell.
pub(super) fn convert(
    client: &Bound<'_, EngineClient>,
    whom: Whom<'_, '_>,
    name: &str,
    purchase: &Purchase<'_, '_>,
) -> PyResult<()> {
    wake(client)?;
    let py = whom.py();
    let visitor = whom.of(client.get())?;
    let Purchase { goal_id, revenue, negative, metadata } = *purchase;
    let Some(made) = conversion::make(name, goal_id, revenue, negative, metadata)? else { return Ok(()) };
    log::notices(py, visitor.convert(made, moment()))?;
    if test_hook::is_set() { test_hook::converted(client, whom.code, purchase) } else { Ok(()) }
}

/// What a default stands for: nothing but `Exception`s of this package's own are swallowed by whoever asks with one.
pub(super) fn or_none<T>(py: Python<'_>, result: PyResult<T>) -> PyResult<Option<T>> {
    Ok(match contained(py, result)? {
        Ok(value) => Some(value),
        Err(error) if errors::is_documented(py, &error) => None,
        Err(error) => return Err(error),
    })
}
