//! Arguments that are not of the proper type, read as far as they can be: `"32"` is a number, `b"x"` is text. All of it is
//! cold: what is of the proper type never comes here. `docs/migrating.md` ("Odd arguments") lists what becomes of what.

use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyInt, PyString};

use super::arguments::{kind, shown};
use super::errors::contained;
use super::log;
use crate::numbers::{Integer, Number};

/// The longest value that is shown in a log line, in characters.
const LONGEST_SHOWN: usize = 100;

/// The text of something. What is empty or zero is no text; bytes are UTF-8; lone surrogates become U+FFFD, noted in the
/// log; all else counts as its `str()`.
#[cold]
pub(super) fn text(argument: &Bound<'_, PyAny>) -> PyResult<String> {
    if let Ok(string) = argument.cast::<PyString>() {
        return replaced_surrogates(string);
    }
    if !contained(argument.py(), argument.is_truthy())?.unwrap_or(true) {
        return Ok(String::new());
    }
    match argument.cast::<PyBytes>() {
        Ok(bytes) => Ok(String::from_utf8_lossy(bytes.as_bytes()).into_owned()),
        Err(_) => shown(argument),
    }
}

/// A custom datum's value as text: what JSON has words for is written as they are (`true`, `null`, `NaN`).
#[cold]
pub(super) fn value(argument: &Bound<'_, PyAny>) -> PyResult<String> {
    if let Ok(string) = argument.cast::<PyString>() {
        return replaced_surrogates(string);
    }
    if let Ok(bytes) = argument.cast::<PyBytes>() {
        return Ok(String::from_utf8_lossy(bytes.as_bytes()).into_owned());
    }
    if argument.is_none() {
        return Ok("null".into());
    }
    if let Ok(boolean) = argument.cast::<PyBool>() {
        return Ok(boolean.is_true().to_string());
    }
    if let Ok(float) = argument.cast::<PyFloat>().map(pyo3::types::PyFloatMethods::value) {
        if float.is_nan() {
            return Ok("NaN".into());
        }
        if float.is_infinite() {
            return Ok(if float > 0.0 { "Infinity" } else { "-Infinity" }.into());
        }
    }
    if argument.is_instance_of::<PyInt>() && !argument.is_exact_instance_of::<PyInt>() {
        let plain = argument.py().get_type::<PyInt>().call1((argument,))?; // a member of an enumeration has a `str()` of its own
        return shown(&plain);
    }
    shown(argument)
}

fn replaced_surrogates(string: &Bound<'_, PyString>) -> PyResult<String> {
    log::emit(string.py(), log::WARNING, || Ok("a text has lone surrogates; they are replaced by U+FFFD".into()))?;
    Ok(string.to_string_lossy().into_owned())
}

/// A number: text that Python reads as one, or what has a `__float__` or an `__index__`. What is none is left out, and
/// logged under the argument's name.
#[cold]
pub(super) fn number(argument: &Bound<'_, PyAny>, name: &str) -> PyResult<Option<Number>> {
    if argument.is_none() {
        return Ok(None);
    }
    let number = read_number(argument)?;
    if number.is_none() {
        left_out(argument, name, "a number", "it")?;
    }
    Ok(number)
}

/// An id or an index: a number without a fraction, or the text of one.
#[cold]
pub(super) fn identifier(argument: &Bound<'_, PyAny>) -> PyResult<Option<i64>> {
    let number = if argument.is_none() { None } else { read_number(argument)? };
    Ok(match number {
        Some(Number::Integer(integer)) => Some(integer),
        #[expect(clippy::cast_possible_truncation, reason = "there is no fraction, and it fits")]
        Some(Number::Float(float)) if float.fract() == 0.0 && float.abs() < 9e18 => Some(float as i64),
        _ => None,
    })
}

fn read_number(argument: &Bound<'_, PyAny>) -> PyResult<Option<Number>> {
    if argument.is_instance_of::<PyBool>() {
        return argument.extract().map(|float| Some(Number::Float(float)));
    }
    if argument.is_instance_of::<PyInt>()
        && let Ok(integer) = argument.extract()
    {
        return Ok(Some(Number::Integer(integer)));
    }
    if let Ok(string) = argument.cast::<PyString>() {
        return Ok(string.to_str().ok().and_then(Number::parse));
    }
    let Ok(float) = contained(argument.py(), argument.extract::<f64>())? else { return Ok(None) };
    // Of other numbers (`Decimal`) the text tells whether they are whole.
    let text = if argument.is_instance_of::<PyFloat>() { String::new() } else { shown(argument)? };
    match Integer::parse(&text) {
        Some(Integer::Small(integer)) => Ok(Some(Number::Integer(integer))),
        _ => Ok(Some(Number::Float(float))),
    }
}

/// Logs that an argument is not what was `expected`, and what is left out for it.
#[cold]
pub(super) fn left_out(argument: &Bound<'_, PyAny>, name: &str, expected: &str, what: &str) -> PyResult<()> {
    log::emit(argument.py(), log::WARNING, || {
        let (kind, value) = (kind(argument)?, representation(argument)?);
        Ok(format!("{name}: expected {expected}, got {kind} {value}; {what} is left out"))
    })
}

fn representation(argument: &Bound<'_, PyAny>) -> PyResult<String> {
    let text = argument.repr().map(|text| text.to_string_lossy().into_owned());
    let text = contained(argument.py(), text)?.unwrap_or_else(|_| "(that has no repr())".into());
    match text.char_indices().nth(LONGEST_SHOWN) {
        Some((end, _)) => Ok(format!("{}…", &text[..end])),
        None => Ok(text),
    }
}
