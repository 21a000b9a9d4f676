//! Arguments as users pass them. What is of the proper type is read here; all else is [`lenient`]'s.

use std::borrow::Cow;

use compact_str::CompactString;
use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyInt, PyString};

use super::errors::{self, contained};
use super::lenient;
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
        return Err(errors::visitor_code_invalid(argument.py(), &format!("expected a str, got {}", kind(argument)?)));
    };
    text.to_str().map_err(|_| errors::visitor_code_invalid(argument.py(), "it has lone surrogates"))
}

/// A feature key as UTF-8.
///
/// # Errors
/// `FeatureNotFound` for anything but a `str` that can be encoded: no flag has such a key.
pub(super) fn feature_key<'a>(argument: &'a Bound<'_, PyAny>) -> PyResult<&'a str> {
    if let Ok(text) = argument.cast::<PyString>()
        && let Ok(key) = text.to_str()
    {
        return Ok(key);
    }
    Err(errors::feature_not_found(argument.py(), &shown(argument)?, &kind(argument)?))
}

/// The key of a variable or of a variation. What is no `str` counts as its `str()`, which nothing is called.
pub(super) fn key<'a>(argument: &'a Bound<'_, PyAny>) -> PyResult<Cow<'a, str>> {
    if let Ok(text) = argument.cast::<PyString>()
        && let Ok(key) = text.to_str()
    {
        return Ok(Cow::Borrowed(key));
    }
    shown(argument).map(Cow::Owned)
}

/// Text: a `str`, or what [`lenient::text`] makes of something else.
#[inline]
pub(super) fn text<'a>(argument: &'a Bound<'_, PyAny>) -> PyResult<Cow<'a, str>> {
    if let Ok(string) = argument.cast::<PyString>()
        && let Ok(text) = string.to_str()
    {
        return Ok(Cow::Borrowed(text));
    }
    lenient::text(argument).map(Cow::Owned)
}

/// The same, to be kept.
pub(super) fn compact_text(argument: &Bound<'_, PyAny>) -> PyResult<CompactString> {
    text(argument).map(|text| CompactString::new(&text))
}

/// The same, where `None` may stand.
pub(super) fn optional_text(argument: Option<&Bound<'_, PyAny>>) -> PyResult<Option<CompactString>> {
    argument.map(compact_text).transpose()
}

/// The value of a custom datum: a `str`, or what [`lenient::value`] makes of something else.
#[inline]
pub(super) fn value(argument: &Bound<'_, PyAny>) -> PyResult<CompactString> {
    if let Ok(string) = argument.cast::<PyString>()
        && let Ok(text) = string.to_str()
    {
        return Ok(CompactString::new(text));
    }
    lenient::value(argument).map(Into::into)
}

/// A number that keeps whether it was an `int`; `None` for what [`lenient::number`] cannot read, which is logged under the
/// argument's name.
#[inline]
pub(super) fn number(argument: &Bound<'_, PyAny>, name: &str) -> PyResult<Option<Number>> {
    if argument.is_exact_instance_of::<PyFloat>() {
        return argument.extract().map(|float| Some(Number::Float(float)));
    }
    if argument.is_exact_instance_of::<PyInt>()
        && let Ok(integer) = argument.extract()
    {
        return Ok(Some(Number::Integer(integer)));
    }
    lenient::number(argument, name)
}

/// An id or an index; `None` for what [`lenient::identifier`] cannot read.
#[inline]
pub(super) fn identifier(argument: &Bound<'_, PyAny>) -> PyResult<Option<i64>> {
    if argument.is_exact_instance_of::<PyInt>()
        && let Ok(integer) = argument.extract()
    {
        return Ok(Some(integer));
    }
    lenient::identifier(argument)
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
pub(super) fn kind(argument: &Bound<'_, PyAny>) -> PyResult<String> {
    let name = argument.get_type().name().map(|name| name.to_string_lossy().into_owned());
    Ok(contained(argument.py(), name)?.unwrap_or_else(|_| "something else".into()))
}

/// An argument's `str()`, for a message about it.
pub(super) fn shown(argument: &Bound<'_, PyAny>) -> PyResult<String> {
    let text = argument.str().map(|text| text.to_string_lossy().into_owned());
    match contained(argument.py(), text)? {
        Ok(text) => Ok(text),
        Err(_) => Ok(format!("(a {} that has no str())", kind(argument)?)),
    }
}

/// The bucket of a code in a container, in [0, 1] (docs/bucketing.md#a-bucket).
#[pyfunction]
#[pyo3(signature = (code, container, respool=None))]
pub(super) fn bucket(code: &str, container: i64, respool: Option<i64>) -> f64 {
    hashing::bucket(code, &Salt::of_container(container, respool))
}

/// The bucket of a code in a mutually exclusive group, in [0, 1] (docs/bucketing.md#a-bucket).
#[pyfunction]
pub(super) fn group_bucket(code: &str, group: &str) -> f64 {
    hashing::bucket(code, &Salt::of_group(group))
}
