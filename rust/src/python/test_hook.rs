//! What `kameleoon.testing` hooks into every client of the process: overridden flags, and exposures and conversions that a
//! test looks at. Where no hook is set, which is always but in tests, a call asks one flag.

use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::Mutex;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyDictMethods};

use super::arguments::feature_key;
use super::calls::{Purchase, Whom, evaluated};
use super::client::EngineClient;
use super::results::Variation;
use crate::engine::{EngineError, Mode};

static IS_SET: AtomicBool = AtomicBool::new(false);
static HOOK: Mutex<Option<Py<PyAny>>> = Mutex::new(None);

/// Sets the hook, an object with the methods `override`, `overrides`, `exposed` and `converted` (see `_native.pyi`), or none.
/// What they raise goes to the caller of the client.
#[pyfunction]
#[pyo3(signature = (hook))]
pub(super) fn set_test_hook(hook: Option<Py<PyAny>>) {
    IS_SET.store(hook.is_some(), Ordering::Relaxed);
    let before = std::mem::replace(&mut *HOOK.lock(), hook);
    drop(before); // when the lock is open: what it drops may be Python code
}

#[inline]
pub(super) fn is_set() -> bool {
    IS_SET.load(Ordering::Relaxed)
}

fn hook(py: Python<'_>) -> Option<Py<PyAny>> {
    HOOK.lock().as_ref().map(|hook| hook.clone_ref(py))
}

/// The variation of a flag, overridden or evaluated, or why there is none. One that is tracked is told of.
#[cold]
pub(super) fn variation(
    client: &Bound<'_, EngineClient>,
    whom: Whom<'_, '_>,
    key: &Bound<'_, PyAny>,
    mode: Mode,
) -> PyResult<Result<Py<Variation>, EngineError>> {
    if let Some(overridden) = overridden(client, whom, key, mode)? {
        return Ok(overridden);
    }
    let found = evaluated(client.get(), whom, key, mode)?;
    if let Ok(variation) = &found {
        exposed(client, whom, key, variation, mode)?;
    }
    Ok(found)
}

/// The variation of a flag if it is overridden: then it is also told of.
#[cold]
pub(super) fn overridden(
    client: &Bound<'_, EngineClient>,
    whom: Whom<'_, '_>,
    key: &Bound<'_, PyAny>,
    mode: Mode,
) -> PyResult<Option<Result<Py<Variation>, EngineError>>> {
    let py = whom.py();
    let Some(hook) = hook(py) else { return Ok(None) };
    whom.of(client.get())?; // an override does not make every code a good one
    let overridden = hook.bind(py).call_method1("override", (client, whom.code, key))?;
    if overridden.is_none() {
        return Ok(None);
    }
    if overridden.is_instance_of::<PyBool>() {
        return Ok(Some(Err(EngineError::FeatureDisabled(feature_key(key)?.into()))));
    }
    let variation = overridden.cast_into::<Variation>()?.unbind();
    exposed(client, whom, key, &variation, mode)?;
    Ok(Some(Ok(variation)))
}

/// Tells of a variation that is tracked.
#[cold]
pub(super) fn exposed(
    client: &Bound<'_, EngineClient>,
    whom: Whom<'_, '_>,
    key: &Bound<'_, PyAny>,
    variation: &Py<Variation>,
    mode: Mode,
) -> PyResult<()> {
    let py = whom.py();
    let Some(hook) = hook(py).filter(|_| mode == Mode::Track) else { return Ok(()) };
    hook.bind(py).call_method1("exposed", (client, whom.code, key, variation)).map(drop)
}

/// The variations of all flags, overridden or evaluated; those that are tracked are told of. What is overridden is not
/// evaluated, which would leave the visitor's own variation behind.
#[cold]
pub(super) fn variations(
    client: &Bound<'_, EngineClient>,
    code: &Bound<'_, PyAny>,
    all: &Bound<'_, PyDict>,
    only_active: bool,
    mode: Mode,
) -> PyResult<()> {
    let py = code.py();
    let whom = Whom::unchecked(code);
    let overridden = match hook(py) {
        Some(hook) => hook.bind(py).call_method1("overrides", (client, code))?.cast_into::<PyDict>()?,
        None => PyDict::new(py),
    };
    let own = client.get().feature_keys(py)?;
    let others = overridden.keys().iter().filter(|key| !own.contains(key).unwrap_or(true)).collect::<Vec<_>>();
    for key in own.iter().chain(others) {
        let found = match overridden.get_item(&key)? {
            Some(given) => given.cast_into::<Variation>().ok().map(Bound::unbind),
            None => evaluated(client.get(), whom, &key, mode)?.ok(),
        };
        let Some(variation) = found.filter(|variation| !only_active || variation.get().is_active()) else { continue };
        all.set_item(&key, &variation)?;
        exposed(client, whom, &key, &variation, mode)?;
    }
    Ok(())
}

/// Whether a flag is overridden for the visitor.
#[cold]
pub(super) fn is_overridden(
    client: &Bound<'_, EngineClient>,
    code: &Bound<'_, PyAny>,
    key: &Bound<'_, PyAny>,
) -> PyResult<bool> {
    let py = code.py();
    let Some(hook) = hook(py) else { return Ok(false) };
    Ok(!hook.bind(py).call_method1("override", (client, code, key))?.is_none())
}

/// Tells of a conversion.
#[cold]
pub(super) fn converted(
    client: &Bound<'_, EngineClient>,
    code: &Bound<'_, PyAny>,
    purchase: &Purchase<'_, '_>,
) -> PyResult<()> {
    let py = code.py();
    let Some(hook) = hook(py) else { return Ok(()) };
    let Purchase { goal_id, revenue, negative, metadata } = *purchase;
    hook.bind(py).call_method1("converted", (client, code, goal_id, revenue, negative, metadata)).map(drop)
}
