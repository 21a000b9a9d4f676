//! Arguments as users pass them.

use std::borrow::Cow;

use compact_str::CompactString;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt, PyString};

use super::errors;
use super::log;
use crate::hashing::{self, Salt};
use crate::numbers::Number;

/// A visitor code as UTF-8.
///
/// # Errors
/// `VisitorCodeInvalid` for anything but a `str` that can be encoded.
pub(super) fn visitor_code<'a>(argument: &'a Bound<'_, PyAny>) -> PyResult<&'a str> {
    let Ok(text) = argument.cast::<PyString>() else {
        if argument.is_none() {
            return Ok(""); // refused as an empty one
        }
        return Err(errors::visitor_code_invalid(argument.py(), &format!("expected a str, got {}", kind(argument))));
    };
    text.to_str().map_err(|_| errors::visitor_code_invalid(argument.py(), "it has lone surrogates"))
}

/// A feature key as UTF-8.
///
/// # Errors
/// `FeatureNotFound` for anything but a `str` that can be encoded: no flag has such a key.
pub(super) fn feature_key<'a>(argument: &'a Bound<'_, PyAny>) -> PyResult<&'a str> {
    let text = argument.cast::<PyString>().ok().and_then(|text| text.to_str().ok());
    text.ok_or_else(|| errors::feature_not_found(argument.py(), &argument.to_string()))
}

/// Text of any kind: what is no `str` counts as its `str()`, and lone surrogates become U+FFFD, noted in the log.
pub(super) fn text<'a>(argument: &'a Bound<'_, PyAny>) -> PyResult<Cow<'a, str>> {
    let Ok(string) = argument.cast::<PyString>() else {
        return Ok(Cow::Owned(argument.str()?.to_string_lossy().into_owned()));
    };
    if let Ok(text) = string.to_str() {
        return Ok(Cow::Borrowed(text));
    }
    log::emit(argument.py(), log::WARNING, || "a text has lone surrogates; they are replaced by U+FFFD".into());
    Ok(string.to_string_lossy())
}

/// The same, to be kept.
pub(super) fn compact_text(argument: &Bound<'_, PyAny>) -> PyResult<CompactString> {
    text(argument).map(|text| CompactString::new(&text))
}

/// The same, where `None` may stand.
pub(super) fn optional_text(argument: Option<&Bound<'_, PyAny>>) -> PyResult<Option<CompactString>> {
    argument.map(compact_text).transpose()
}

/// A number that keeps whether it was an `int`.
///
/// # Errors
/// `TypeError` for what is no number.
pub(super) fn number(argument: &Bound<'_, PyAny>) -> PyResult<Number> {
    if argument.is_exact_instance_of::<PyFloat>() || argument.is_instance_of::<PyBool>() {
        return argument.extract().map(Number::Float);
    }
    if argument.is_instance_of::<PyInt>()
        && let Ok(integer) = argument.extract()
    {
        return Ok(Number::Integer(integer));
    }
    let float = argument.extract().map(Number::Float);
    float.map_err(|_| PyTypeError::new_err(format!("expected a number, got {}", kind(argument))))
}

/// Whether an argument is true, as Python's `if` has it.
pub(super) fn truth(argument: &Bound<'_, PyAny>) -> PyResult<bool> {
    argument.is_truthy()
}

/// The same, where `None` stands for "not given".
pub(super) fn optional_truth(argument: &Bound<'_, PyAny>) -> PyResult<Option<bool>> {
    if argument.is_none() { Ok(None) } else { argument.is_truthy().map(Some) }
}

/// The name of an argument's type.
pub(super) fn kind(argument: &Bound<'_, PyAny>) -> String {
    argument.get_type().name().map_or_else(|_| "something else".into(), |name| name.to_string())
}

/// The bucket of a code in a container, in [0, 1] (spec 1 §2).
#[pyfunction]
#[pyo3(signature = (code, container, respool=None))]
pub(super) fn bucket(code: &str, container: i64, respool: Option<i64>) -> f64 {
    hashing::bucket(code, &Salt::of_container(container, respool))
}

/// The bucket of a code in a mutually exclusive group, in [0, 1] (spec 1 §2).
#[pyfunction]
pub(super) fn group_bucket(code: &str, group: &str) -> f64 {
    hashing::bucket(code, &Salt::of_group(group))
}
