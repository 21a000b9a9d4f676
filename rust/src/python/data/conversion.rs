//! `Conversion`.

use std::sync::Arc;

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyTuple, PyType};

use super::content::{self, Content, Kind, given};
use super::custom_data::CustomData;
use super::{Data, to_number, to_object};
use crate::numbers::Number;
use crate::python::arguments::{identifier, number, truth};
use crate::python::errors::contained;
use crate::python::lenient::left_out;
use crate::visitor::datum::{self, Datum};

/// A conversion of a goal: `Conversion(goal_id, revenue=0.0, negative=False, metadata=None)`.
///
/// `goal_id` (`int`); `revenue` (`int` or `float`), in the currency of the site; `negative` (`bool`): whether it takes an
/// earlier conversion back; `metadata`: an iterable of `CustomData` that belong to it. What cannot be read is left out, with a
/// warning in the log.
/// See docs/visitor-data.md#data; `KameleoonClient.track_conversion` adds one and has it sent.
///
/// ```python
/// >>> Conversion(7, 49.9, metadata=[CustomData(1, "premium")]).revenue
/// 49.9
///
/// ```
#[pyclass(extends = Data, subclass, frozen, module = "kameleoon.data")]
pub(in crate::python) struct Conversion(pub(super) Content<Arc<datum::Conversion>>);

impl Kind for Conversion {
    type Held = Arc<datum::Conversion>;

    fn read(arguments: &Bound<'_, PyTuple>, named: Option<&Bound<'_, PyDict>>) -> PyResult<Option<Self::Held>> {
        let names: [&[&str]; 4] = [&["goal_id"], &["revenue"], &["negative"], &["metadata"]];
        let [goal_id, revenue, negative, metadata] = content::bind("Conversion", names, 1, arguments, named)?;
        let Some(goal_id) = &goal_id else { return Ok(None) };
        let negative = negative.as_ref().map_or(Ok(false), truth)?;
        Ok(make("Conversion", goal_id, given(revenue.as_ref()), negative, given(metadata.as_ref()))?.map(Arc::new))
    }

    fn content(&self) -> &Content<Self::Held> {
        &self.0
    }
}

#[pymethods]
impl Conversion {
    #[new]
    #[classmethod]
    #[pyo3(signature = (*arguments, **named), text_signature = "(goal_id, revenue=0.0, negative=False, metadata=None)")]
    fn new(
        class: &Bound<'_, PyType>,
        arguments: &Bound<'_, PyTuple>,
        named: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<PyClassInitializer<Self>> {
        let content = content::new::<Self>(class, arguments, named)?;
        Ok(PyClassInitializer::from(Data).add_subclass(Self(content)))
    }

    #[pyo3(signature = (*arguments, **named))]
    fn __init__(
        slf: &Bound<'_, Self>,
        arguments: &Bound<'_, PyTuple>,
        named: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        content::initialize(slf, arguments, named)
    }

    /// The goal's id; `None` where it could not be read.
    #[getter]
    fn goal_id(&self) -> Option<i64> {
        self.0.get().map(|conversion| conversion.goal_id)
    }

    /// The revenue, as it was given: an `int` stays one.
    #[getter]
    fn revenue<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        to_number(py, self.0.get().map(|conversion| conversion.revenue))
    }

    /// Whether it takes an earlier conversion back.
    #[getter]
    fn negative(&self) -> bool {
        self.0.get().is_some_and(|conversion| conversion.negative)
    }

    /// The custom data that belong to it, as a list of its own; `None` if there are none.
    #[getter]
    fn metadata<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyList>>> {
        self.0.get().and_then(|conversion| conversion.metadata.as_ref()).map(|items| metadata(py, items)).transpose()
    }
}

/// A conversion from its arguments; no revenue is 0.0. `None` where the goal cannot be read, which is logged.
pub(in crate::python) fn make(
    call: &str,
    goal_id: &Bound<'_, PyAny>,
    revenue: Option<&Bound<'_, PyAny>>,
    negative: bool,
    metadata: Option<&Bound<'_, PyAny>>,
) -> PyResult<Option<datum::Conversion>> {
    let Some(id) = identifier(goal_id)? else {
        left_out(goal_id, &format!("{call}: goal_id"), "an integer", "the conversion")?;
        return Ok(None);
    };
    let revenue = match revenue {
        Some(revenue) => number(revenue, "Conversion: revenue")?,
        None => None,
    };
    let metadata = metadata.map_or(Ok(None), read_metadata)?;
    Ok(Some(datum::Conversion { goal_id: id, revenue: revenue.unwrap_or(Number::Float(0.0)), negative, metadata }))
}

/// What of the metadata are custom data; a single one counts as a list of one. All else is left out, and logged.
fn read_metadata(metadata: &Bound<'_, PyAny>) -> PyResult<Option<Box<[datum::CustomData]>>> {
    const NAME: &str = "Conversion: metadata";
    if let Ok(only) = metadata.cast::<CustomData>() {
        return Ok(only.get().0.get().map(|datum| [datum.clone()].into()));
    }
    let Ok(items) = contained(metadata.py(), metadata.try_iter())? else {
        left_out(metadata, NAME, "a list of CustomData", "it")?;
        return Ok(None);
    };
    let mut all = Vec::new();
    for item in items {
        let item = item?;
        match item.cast::<CustomData>() {
            Ok(datum) => all.extend(datum.get().0.get().cloned()),
            Err(_) => left_out(&item, NAME, "a CustomData", "it")?,
        }
    }
    Ok(Some(all.into()))
}

pub(super) fn metadata<'py>(py: Python<'py>, items: &[datum::CustomData]) -> PyResult<Bound<'py, PyList>> {
    let list = PyList::empty(py);
    for item in items {
        list.append(to_object(py, Datum::CustomData(item.clone()))?)?;
    }
    Ok(list)
}
