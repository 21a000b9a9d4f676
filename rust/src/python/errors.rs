//! The one mapping from the core's errors to the exceptions of `kameleoon.exceptions`.

use pyo3::exceptions::PyException;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyType;

use crate::engine::EngineError;

/// The exception for an error; `environment` is the client's.
pub(super) fn exception(py: Python<'_>, error: &EngineError, environment: Option<&str>) -> PyErr {
    match error {
        EngineError::VisitorCodeEmpty | EngineError::VisitorCodeTooLong => visitor_code_invalid(py, &error.to_string()),
        EngineError::FeatureNotFound(key) => feature_not_found(py, key),
        EngineError::FeatureDisabled(key) => {
            let message = match environment {
                Some(environment) => format!("Feature '{key}' is disabled for '{environment}' environment"),
                None => format!("Feature '{key}' is disabled for default environment"),
            };
            raise(py, "FeatureEnvironmentDisabled", &message)
        }
        EngineError::ConsentRefused(key) => {
            let message = format!("Feature '{key}' is disabled because the visitor refused consent");
            raise(py, "FeatureEnvironmentDisabled", &message)
        }
        EngineError::ExperimentNotFound(id) => raise(py, "FeatureExperimentNotFound", &id.to_string()),
        EngineError::VariationNotFound(key) => raise(py, "FeatureVariationNotFound", key),
    }
}

/// `VisitorCodeInvalid`
pub(super) fn visitor_code_invalid(py: Python<'_>, reason: &str) -> PyErr {
    raise(py, "VisitorCodeInvalid", reason)
}

/// `FeatureNotFound`
pub(super) fn feature_not_found(py: Python<'_>, key: &str) -> PyErr {
    raise(py, "FeatureNotFound", key)
}

/// `FeatureExperimentNotFound`
pub(super) fn experiment_not_found(py: Python<'_>, id: &str) -> PyErr {
    raise(py, "FeatureExperimentNotFound", id)
}

/// `FeatureVariableNotFound`
pub(super) fn variable_not_found(py: Python<'_>, key: &str) -> PyErr {
    raise(py, "FeatureVariableNotFound", key)
}

/// What Python code of a user's has come to, where its failure changes nothing for the caller. What is no `Exception`
/// (`KeyboardInterrupt`, `SystemExit`, a soft time limit) is not about that code, and goes on to the caller.
pub(super) fn contained<T>(py: Python<'_>, result: PyResult<T>) -> PyResult<Result<T, PyErr>> {
    match result {
        Err(error) if !error.is_instance_of::<PyException>(py) => Err(error),
        contained => Ok(contained),
    }
}

fn raise(py: Python<'_>, class: &str, message: &str) -> PyErr {
    let find = || -> PyResult<PyErr> {
        let class = py.import(intern!(py, "kameleoon.exceptions"))?.getattr(class)?.cast_into::<PyType>()?;
        Ok(PyErr::from_type(class, (message.to_owned(),)))
    };
    find().unwrap_or_else(|error| error)
}
