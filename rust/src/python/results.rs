//! Results: `Variation` and `Variable`, made once a data file and handed out by reference. What could be changed (the
//! dict of variables, decoded JSON) is given out as a fresh copy each time.

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::pyclass::CompareOp;
use pyo3::types::{PyDict, PyList, PyString, PyType};

use super::comparison;
use super::once::Once;
use super::shapes::{self, ClassAttribute};
use crate::datafile::index::FlagIndex;
use crate::datafile::model::{DataFile, OFF, Outcome};
use crate::evaluation::Answer;
use crate::value::Value;

/// A variation as an evaluation gives it. Immutable, comparable, hashable, picklable. See docs/evaluation.md#the-answer.
///
/// ```python
/// >>> variation = client.get_variation("alice", "new-checkout", track=False)
/// >>> variation.key, variation.is_active, variation.variables["color"].value
/// ('on', True, 'green')
///
/// ```
#[pyclass(frozen, module = "kameleoon.types.variation")]
pub(super) struct Variation {
    /// The variation's key; empty if the flag has no such variation.
    #[pyo3(get)]
    key: Py<PyString>,
    /// The variation's name; empty if it has none.
    #[pyo3(get)]
    name: Py<PyString>,
    /// The variation's id in the experiment (`int`); `None` for the flag's default variation.
    #[pyo3(get)]
    id_: Option<i64>,
    /// The experiment's id (`int`); `None` for the flag's default variation.
    #[pyo3(get)]
    experiment_id: Option<i64>,
    /// Whether the key is not `"off"`.
    #[pyo3(get)]
    is_active: bool,
    variables: Vec<(Py<PyString>, Py<Variable>)>,
}

#[pymethods]
impl Variation {
    #[new]
    #[pyo3(signature = (key, id_, experiment_id, variables, name=None))]
    fn new(
        py: Python<'_>,
        key: &Bound<'_, PyString>,
        id_: Option<i64>,
        experiment_id: Option<i64>,
        variables: &Bound<'_, PyDict>,
        name: Option<Py<PyString>>,
    ) -> PyResult<Self> {
        let mut all = Vec::with_capacity(variables.len());
        for (key, variable) in variables.iter() {
            all.push((key.cast_into::<PyString>()?.unbind(), variable.cast_into::<Variable>()?.unbind()));
        }
        let is_active = key != OFF;
        let name = name.unwrap_or_else(|| PyString::new(py, "").unbind());
        Ok(Self { key: key.clone().unbind(), name, id_, experiment_id, is_active, variables: all })
    }

    /// The variables by key, each a `Variable`: a dict of its own on each access.
    #[getter]
    pub(super) fn variables<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for (key, variable) in &self.variables {
            dict.set_item(key, variable)?;
        }
        Ok(dict)
    }

    fn __richcmp__(&self, py: Python<'_>, other: &Bound<'_, PyAny>, operator: CompareOp) -> PyResult<Py<PyAny>> {
        comparison::answer(py, operator, || {
            let Ok(other) = other.cast::<Self>() else { return Ok(None) };
            let other = other.get();
            let same = self.id_ == other.id_
                && self.experiment_id == other.experiment_id
                && same_text(py, &self.key, &other.key)?
                && same_text(py, &self.name, &other.name)?
                && self.variables(py)?.eq(other.variables(py)?)?;
            Ok(Some(same))
        })
    }

    /// What `dataclasses` finds: so `dataclasses.asdict` works, and with it the encoder of `FastAPI`.
    #[classattr]
    fn __dataclass_fields__() -> ClassAttribute {
        ClassAttribute::DATACLASS_FIELDS
    }

    #[classattr]
    fn __dataclass_params__() -> ClassAttribute {
        ClassAttribute::DATACLASS_PARAMETERS
    }

    /// The same as a dict, which `json` can write.
    fn to_dict<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        shapes::to_dict(slf.as_any())
    }

    /// Pydantic takes such an object, or a dict like the one of `to_dict`, and writes it as that dict.
    #[classmethod]
    fn __get_pydantic_core_schema__<'py>(
        class: &Bound<'py, PyType>,
        _source: &Bound<'py, PyAny>,
        _handler: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        shapes::core_schema(class)
    }

    /// There is no `__clear__`, as a `tuple` has none: who holds an immutable object that holds him can be changed, and
    /// is cleared.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.key)?;
        visit.call(&self.name)?;
        for (key, variable) in &self.variables {
            visit.call(key)?;
            visit.call(variable)?;
        }
        Ok(())
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        (&self.key, self.id_, self.experiment_id).into_pyobject(py)?.hash()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let id = |id: Option<i64>| id.map_or_else(|| "None".into(), |id| id.to_string());
        Ok(format!(
            "Variation(key={}, name={}, id_={}, experiment_id={}, variables={})",
            self.key.bind(py).repr()?,
            self.name.bind(py).repr()?,
            id(self.id_),
            id(self.experiment_id),
            self.variables(py)?.repr()?,
        ))
    }

    #[expect(clippy::type_complexity, reason = "the constructor's arguments")]
    fn __getnewargs__<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<(Py<PyString>, Option<i64>, Option<i64>, Bound<'py, PyDict>, Py<PyString>)> {
        let (key, name) = (self.key.clone_ref(py), self.name.clone_ref(py));
        Ok((key, self.id_, self.experiment_id, self.variables(py)?, name))
    }
}

impl Variation {
    /// The object for an outcome; a `None` variation has an empty key and no variables.
    pub(super) fn of_outcome(py: Python<'_>, data_file: &DataFile, outcome: &Outcome) -> PyResult<Py<Self>> {
        let flag = &data_file[outcome.flag];
        let variation = outcome.variation.map(|variation| &flag[variation]);
        let text = |text: &str| PyString::new(py, text).unbind();
        let mut variables = Vec::new();
        for variable in variation.map_or(&[][..], |variation| &variation.variables) {
            variables.push((text(&variable.key), Py::new(py, Variable::of(py, variable)?)?));
        }
        let (key, name) = variation.map_or(("", ""), |variation| (&variation.key, &variation.name));
        Py::new(
            py,
            Self {
                key: text(key),
                name: text(name),
                id_: outcome.variation_id,
                experiment_id: outcome.experiment_id,
                is_active: key != OFF,
                variables,
            },
        )
    }

    /// The ids of the experiment and of the variation in it; none for a default variation.
    pub(super) fn ids(&self) -> Option<(i64, i64)> {
        self.experiment_id.zip(self.id_)
    }

    /// Whether the key is not `"off"`.
    pub(super) fn is_active(&self) -> bool {
        self.is_active
    }

    /// The variation's key.
    ///
    /// # Errors
    /// For lone surrogates, which no data file holds.
    pub(super) fn key_text(&self, py: Python<'_>) -> PyResult<String> {
        self.key.extract(py)
    }

    /// The value of a variable, if there is such a variable.
    pub(super) fn variable_value(&self, py: Python<'_>, key: &str) -> PyResult<Option<Py<PyAny>>> {
        for (name, variable) in &self.variables {
            if name.bind(py) == key {
                return variable.get().value(py).map(Some);
            }
        }
        Ok(None)
    }

    /// The values of all variables by key.
    pub(super) fn values<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        for (key, variable) in &self.variables {
            dict.set_item(key, variable.get().value(py)?)?;
        }
        Ok(dict)
    }
}

/// A variable of a variation. Immutable, comparable, picklable. See docs/evaluation.md#the-data-file.
///
/// ```python
/// >>> client.get_variation("alice", "new-checkout", track=False).variables["color"]
/// Variable(key='color', type='STRING', value='green')
///
/// ```
#[pyclass(frozen, module = "kameleoon.types.variable")]
pub(super) struct Variable {
    /// The variable's key.
    #[pyo3(get)]
    key: Py<PyString>,
    /// `BOOLEAN`, `NUMBER`, `STRING`, `JSON`, `CSS` or `JS`.
    #[pyo3(get, name = "type")]
    kind: Py<PyString>,
    value: Content,
}

enum Content {
    Shared(Py<PyAny>),
    Copied(Value),
}

#[pymethods]
impl Variable {
    #[new]
    fn new(key: Py<PyString>, type_: Py<PyString>, value: Py<PyAny>) -> Self {
        Self { key, kind: type_, value: Content::Shared(value) }
    }

    /// The value: `bool`, `int`, `float`, `str`, decoded JSON, or `None`.
    #[getter]
    fn value(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        match &self.value {
            Content::Shared(value) => Ok(value.clone_ref(py)),
            Content::Copied(value) => to_object(py, value).map(Bound::unbind),
        }
    }

    fn __richcmp__(&self, py: Python<'_>, other: &Bound<'_, PyAny>, operator: CompareOp) -> PyResult<Py<PyAny>> {
        comparison::answer(py, operator, || {
            let Ok(other) = other.cast::<Self>() else { return Ok(None) };
            let other = other.get();
            let same = same_text(py, &self.key, &other.key)?
                && same_text(py, &self.kind, &other.kind)?
                && self.value(py)?.bind(py).eq(other.value(py)?)?;
            Ok(Some(same))
        })
    }

    /// What `dataclasses` finds: so `dataclasses.asdict` works, and with it the encoder of `FastAPI`.
    #[classattr]
    fn __dataclass_fields__() -> ClassAttribute {
        ClassAttribute::DATACLASS_FIELDS
    }

    #[classattr]
    fn __dataclass_params__() -> ClassAttribute {
        ClassAttribute::DATACLASS_PARAMETERS
    }

    /// The same as a dict, which `json` can write.
    fn to_dict<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        shapes::to_dict(slf.as_any())
    }

    /// Pydantic takes such an object, or a dict like the one of `to_dict`, and writes it as that dict.
    #[classmethod]
    fn __get_pydantic_core_schema__<'py>(
        class: &Bound<'py, PyType>,
        _source: &Bound<'py, PyAny>,
        _handler: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        shapes::core_schema(class)
    }

    /// No `__clear__`: see `Variation`.
    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.key)?;
        visit.call(&self.kind)?;
        match &self.value {
            Content::Shared(value) => visit.call(value),
            Content::Copied(_) => Ok(()),
        }
    }

    fn __hash__(&self, py: Python<'_>) -> PyResult<isize> {
        (&self.key, &self.kind).into_pyobject(py)?.hash()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let value = self.value(py)?;
        let (key, kind) = (self.key.bind(py).repr()?, self.kind.bind(py).repr()?);
        Ok(format!("Variable(key={key}, type={kind}, value={})", value.bind(py).repr()?))
    }

    fn __getnewargs__(&self, py: Python<'_>) -> PyResult<(Py<PyString>, Py<PyString>, Py<PyAny>)> {
        Ok((self.key.clone_ref(py), self.kind.clone_ref(py), self.value(py)?))
    }
}

impl Variable {
    fn of(py: Python<'_>, variable: &crate::datafile::model::Variable) -> PyResult<Self> {
        let value = match &variable.value {
            mutable @ (Value::Array(_) | Value::Object(_)) => Content::Copied(mutable.clone()),
            scalar => Content::Shared(to_object(py, scalar)?.unbind()),
        };
        let text = |text: &str| PyString::new(py, text).unbind();
        Ok(Self { key: text(&variable.key), kind: text(&variable.kind), value })
    }
}

fn same_text(py: Python<'_>, first: &Py<PyString>, second: &Py<PyString>) -> PyResult<bool> {
    first.bind(py).as_any().eq(second)
}

/// A JSON value as Python's `json` makes it.
fn to_object<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Null => py.None().into_bound(py),
        Value::Boolean(boolean) => boolean.into_pyobject(py)?.to_owned().into_any(),
        Value::Integer(integer) => integer.into_pyobject(py)?.into_any(),
        Value::LargeInteger(digits) => py.get_type::<pyo3::types::PyInt>().call1((&**digits,))?,
        Value::Float(float) => float.into_pyobject(py)?.into_any(),
        Value::Text(text) => text.into_pyobject(py)?.into_any(),
        Value::Array(items) => {
            let list = PyList::empty(py);
            for item in items {
                list.append(to_object(py, item)?)?;
            }
            list.into_any()
        }
        Value::Object(fields) => {
            let dict = PyDict::new(py);
            for (key, value) in fields {
                dict.set_item(&**key, to_object(py, value)?)?;
            }
            dict.into_any()
        }
    })
}

/// What a snapshot carries for Python: an object for each outcome and each flag's key, made when first asked for.
pub(super) struct Objects {
    variations: Vec<Once<Py<Variation>>>,
    flag_keys: Vec<Once<Py<PyString>>>,
}

impl Objects {
    pub(super) fn new(data_file: &DataFile) -> Self {
        Self {
            variations: data_file.outcomes.iter().map(|_| Once::new()).collect(),
            flag_keys: data_file.flags.iter().map(|_| Once::new()).collect(),
        }
    }

    /// The object for an answer: one that the data file knows is made once.
    pub(super) fn variation(&self, py: Python<'_>, data_file: &DataFile, answer: &Answer) -> PyResult<Py<Variation>> {
        match answer {
            Answer::Known(index) => {
                let make = || Variation::of_outcome(py, data_file, &data_file[*index]);
                Ok(self.variations[index.position()].get_or_try_init(make)?.clone_ref(py))
            }
            Answer::Stored(outcome) => Variation::of_outcome(py, data_file, outcome),
        }
    }

    pub(super) fn flag_key<'a>(&'a self, py: Python<'_>, data_file: &DataFile, flag: FlagIndex) -> &'a Py<PyString> {
        self.flag_keys[flag.position()].get_or_init(|| PyString::intern(py, &data_file[flag].key).unbind())
    }
}
