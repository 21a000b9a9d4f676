//! The members of the enums in `kameleoon.data`, by their numbers.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::python::errors::contained;
use crate::python::lenient::left_out;
use crate::python::once::Once;

/// The members of one of the enums in `kameleoon.data`, fetched once.
pub(super) struct Members {
    name: &'static str,
    members: Once<Vec<Py<PyAny>>>,
}

impl Members {
    pub(super) const fn new(name: &'static str) -> Self {
        Self { name, members: Once::new() }
    }

    fn all(&self, py: Python<'_>) -> PyResult<&[Py<PyAny>]> {
        let fetch = || -> PyResult<Vec<Py<PyAny>>> {
            let class = py.import("kameleoon.data")?.getattr(self.name)?;
            let members = py.import("builtins")?.call_method1("list", (class,))?;
            Ok(members.cast_into::<PyList>()?.iter().map(Bound::unbind).collect())
        };
        self.members.get_or_try_init(fetch).map(Vec::as_slice)
    }

    /// The member of a number.
    pub(super) fn get(&self, py: Python<'_>, number: usize) -> PyResult<Py<PyAny>> {
        let member = self.all(py)?.get(number).map(|member| member.clone_ref(py));
        member.ok_or_else(|| PyValueError::new_err(format!("no {} number {number}", self.name)))
    }

    /// The number of a member; its value and its name count as the member. `None` for what is none, which is logged under
    /// the argument's name.
    #[inline]
    pub(super) fn number(&self, argument: &Bound<'_, PyAny>, name: &str) -> PyResult<Option<u8>> {
        let members = self.all(argument.py())?;
        match members.iter().position(|member| member.is(argument)) {
            Some(number) => Ok(u8::try_from(number).ok()),
            None => self.number_of_value(argument, name),
        }
    }

    #[cold]
    fn number_of_value(&self, argument: &Bound<'_, PyAny>, name: &str) -> PyResult<Option<u8>> {
        let py = argument.py();
        let mut names = Vec::new();
        for (number, member) in self.all(py)?.iter().enumerate() {
            for attribute in ["value", "name"] {
                let same = member.bind(py).getattr(attribute)?.eq(argument);
                if contained(py, same)?.unwrap_or(false) {
                    return Ok(u8::try_from(number).ok());
                }
            }
            names.push(member.bind(py).getattr("name")?.to_string());
        }
        left_out(argument, name, &format!("a {} ({})", self.name, names.join(", ")), "the datum")?;
        Ok(None)
    }
}
