//! The one mapping from the core's errors to the exceptions of `kameleoon.exceptions`.

use std::borrow::Cow;

use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::{IntoPyDict, PyType};

use super::hint::Hint;
use crate::engine::EngineError;

/// The exception for an error; `environment` is the client's, `hint` gives the remedy when it is asked for.
pub(super) fn exception(py: Python<'_>, error: &EngineError, environment: Option<&str>, hint: Option<Hint>) -> PyErr {
    match error {
        EngineError::VisitorCode(_) => raise(py, "VisitorCodeInvalid", &error.to_string(), hint),
        EngineError::FeatureNotFound(key) => raise(py, "FeatureNotFound", key, hint),
        EngineError::FeatureDisabled(key) => {
            let message = match environment {
                Some(environment) => format!("Feature '{key}' is disabled for '{environment}' environment"),
                None => format!("Feature '{key}' is disabled for default environment"),
            };
            raise(py, "FeatureEnvironmentDisabled", &message, hint)
        }
        EngineError::ConsentRefused(key) => {
            let message = format!("Feature '{key}' is disabled because the visitor refused consent");
            raise(py, "FeatureEnvironmentDisabled", &message, hint)
        }
        EngineError::ExperimentNotFound(id) => raise(py, "FeatureExperimentNotFound", &id.to_string(), hint),
        EngineError::VariationNotFound(key, _) => raise(py, "FeatureVariationNotFound", key, hint),
        EngineError::VariableNotFound { key, .. } => raise(py, "FeatureVariableNotFound", key, hint),
    }
}

/// `VisitorCodeInvalid` for what is no text.
pub(super) fn visitor_code_invalid(py: Python<'_>, reason: &str) -> PyErr {
    raise(py, "VisitorCodeInvalid", reason, None::<Hint>)
}

/// `FeatureNotFound` for what is no text.
pub(super) fn feature_not_found(py: Python<'_>, shown: &str, kind: &str) -> PyErr {
    raise(py, "FeatureNotFound", shown, Some(format!("feature_key is a str, not {kind}")))
}

/// `FeatureExperimentNotFound` for what is no id.
pub(super) fn experiment_not_found(py: Python<'_>, shown: &str, kind: &str) -> PyErr {
    raise(py, "FeatureExperimentNotFound", shown, Some(format!("experiment_id is an int, not {kind}")))
}

/// What Python code of a user's has come to, where its failure changes nothing for the caller. What is no `Exception`
/// (`KeyboardInterrupt`, `SystemExit`, a soft time limit) is not about that code, and goes on to the caller.
pub(super) fn contained<T>(py: Python<'_>, result: PyResult<T>) -> PyResult<Result<T, PyErr>> {
    match result {
        Err(error) if !error.is_instance_of::<PyException>(py) => Err(error),
        contained => Ok(contained),
    }
}

/// Whether an error is one of this package's own, which its documentation names.
pub(super) fn is_documented(py: Python<'_>, error: &PyErr) -> bool {
    let base = py.import("kameleoon.exceptions").and_then(|module| module.getattr("KameleoonError"));
    base.is_ok_and(|base| error.is_instance(py, &base))
}

/// A key of a million characters is no help in a message, and messages go into logs.
const LONGEST: usize = 500;

fn shortened(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => Cow::Owned(format!("{}… ({} characters)", &text[..end], text.chars().count())),
        None => Cow::Borrowed(text),
    }
}

fn raise<'py>(py: Python<'py>, class: &str, message: &str, hint: Option<impl IntoPyObject<'py>>) -> PyErr {
    let message = shortened(message);
    let find = || -> PyResult<PyErr> {
        let class = py.import("kameleoon.exceptions")?.getattr(class)?.cast_into::<PyType>()?;
        let Some(hint) = hint else { return Ok(PyErr::from_type(class, (message.into_owned(),))) };
        let named = [("hint", hint)].into_py_dict(py)?;
        Ok(PyErr::from_value(class.call((message,), Some(&named))?))
    };
    find().unwrap_or_else(|error| error)
}
