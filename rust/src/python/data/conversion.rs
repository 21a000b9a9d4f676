//! `Conversion`.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::PyList;

use super::custom_data::CustomData;
use super::{Data, to_number, to_object};
use crate::numbers::Number;
use crate::python::arguments::{number, truth};
use crate::visitor::datum::{self, Datum};

/// A conversion of a goal: `Conversion(goal_id, revenue=0.0, negative=False, metadata=None)`.
///
/// `goal_id` (`int`); `revenue` (`int` or `float`), in the currency of the site; `negative` (`bool`): whether it takes an
/// earlier conversion back; `metadata`: an iterable of `CustomData` that belong to it. Raises `TypeError` for anything else.
/// See docs/visitor-data.md#data; `KameleoonClient.track_conversion` adds one and has it sent.
///
/// ```python
/// >>> Conversion(7, 49.9, metadata=[CustomData(1, "premium")]).revenue
/// 49.9
///
/// ```
#[pyclass(extends = Data, subclass, frozen, module = "kameleoon.data")]
pub(in crate::python) struct Conversion(pub(super) Arc<datum::Conversion>);

#[pymethods]
impl Conversion {
    #[new]
    #[pyo3(signature = (goal_id, revenue=None, negative=false, metadata=None))]
    fn new(
        goal_id: i64,
        revenue: Option<&Bound<'_, PyAny>>,
        #[pyo3(from_py_with = truth)] negative: bool,
        metadata: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<PyClassInitializer<Self>> {
        let conversion = make(goal_id, revenue, negative, metadata)?;
        Ok(PyClassInitializer::from(Data).add_subclass(Self(Arc::new(conversion))))
    }

    /// The goal's id.
    #[getter]
    fn goal_id(&self) -> i64 {
        self.0.goal_id
    }

    /// The revenue, as it was given: an `int` stays one.
    #[getter]
    fn revenue<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_number(py, Some(self.0.revenue))
    }

    /// Whether it takes an earlier conversion back.
    #[getter]
    fn negative(&self) -> bool {
        self.0.negative
    }

    /// The custom data that belong to it, as a list of its own; `None` if there are none.
    #[getter]
    fn metadata<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyList>>> {
        self.0.metadata.as_ref().map(|items| metadata(py, items)).transpose()
    }
}

/// A conversion from its arguments; no revenue is 0.0.
pub(in crate::python) fn make(
    goal_id: i64,
    revenue: Option<&Bound<'_, PyAny>>,
    negative: bool,
    metadata: Option<&Bound<'_, PyAny>>,
) -> PyResult<datum::Conversion> {
    let items = match metadata {
        None => None,
        Some(items) => {
            let mut all = Vec::new();
            for item in items.try_iter()? {
                all.push(item?.cast::<CustomData>()?.get().0.clone());
            }
            Some(all.into())
        }
    };
    let revenue = revenue.map_or(Ok(Number::Float(0.0)), number)?;
    Ok(datum::Conversion { goal_id, revenue, negative, metadata: items })
}

pub(super) fn metadata<'py>(py: Python<'py>, items: &[datum::CustomData]) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for item in items {
        list.append(to_object(py, Datum::CustomData(item.clone()))?)?;
    }
    Ok(list)
}
