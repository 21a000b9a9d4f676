//! `kameleoon.batch`: tables come in and go out by Arrow's protocol for Python (`__arrow_c_stream__` and its kin), without a
//! copy of what they hold.

#![allow(unsafe_code, reason = "the protocol hands pointers over in capsules")]

use std::ffi::CStr;
use std::num::NonZeroUsize;
use std::ptr::NonNull;
use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi, to_ffi};
use arrow_array::ffi_stream::{FFI_ArrowArrayStream, RecordBatchStreamReader};
use arrow_array::{Array, RecordBatch, RecordBatchIterator, RecordBatchReader, StructArray};
use arrow_schema::{ArrowError, SchemaRef};
use pyo3::exceptions::{PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use super::arguments::kind;
use super::clock::moment;
use crate::batch::columns::Role;
use crate::batch::error::BatchError;
use crate::batch::layout::Layout;
use crate::batch::rows::{Unusable, Verdict};
use crate::batch::stream::{Assignments, GoOn, Progress, Request};
use crate::datafile::index::FlagIndex;
use crate::datafile::model::DataFile;
use crate::datafile::{Compiled, compile};
use crate::visitor::datum::CustomDataKey;

const STREAM: &CStr = c"arrow_array_stream";
const SCHEMA: &CStr = c"arrow_schema";
const ARRAY: &CStr = c"arrow_array";

/// A compiled data file without visitors.
#[pyclass(frozen, weakref, module = "kameleoon._native")]
pub(super) struct BatchSnapshot {
    data_file: Arc<DataFile>,
}

#[pymethods]
impl BatchSnapshot {
    /// Compiles a data file; returns it with a line for each thing that was left out. Raises `ValueError` where it is none.
    #[staticmethod]
    fn compile(py: Python<'_>, text: &[u8]) -> PyResult<(Self, Vec<String>)> {
        let compiled = py.detach(|| compile(text));
        let Compiled { data_file, omissions } = compiled.map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok((Self { data_file: Arc::new(data_file) }, omissions.iter().map(ToString::to_string).collect()))
    }

    /// The keys of the feature flags, in order, each with whether it is enabled.
    fn flags(&self) -> Vec<(String, bool)> {
        self.data_file.flags.iter().map(|flag| (flag.key.to_string(), flag.environment_enabled)).collect()
    }

    /// See `Snapshot.assign`. `data` names the role, the custom datum's index or name, and the column.
    #[expect(clippy::too_many_arguments, reason = "one call of the package's own Python module")]
    fn assign(
        &self,
        py: Python<'_>,
        table: &Bound<'_, PyAny>,
        visitor_code: String,
        data: Vec<(String, Option<Bound<'_, PyAny>>, String)>,
        flags: Option<Vec<String>>,
        layout: &str,
        keep: Option<Vec<String>>,
        threads: usize,
    ) -> PyResult<Assignment> {
        let roles = data.into_iter().map(|(name, key, column)| Ok((role(&name, key.as_ref())?, column)));
        let moment = moment();
        let request = Request {
            visitor_code,
            data: roles.collect::<PyResult<_>>()?,
            flags,
            layout: if layout == "long" { Layout::Long } else { Layout::Wide },
            keep,
            threads: NonZeroUsize::new(threads)
                .or_else(|| std::thread::available_parallelism().ok())
                .unwrap_or(NonZeroUsize::MIN),
            now: moment.now,
            day_start: (moment.day_start)(moment.now),
        };
        let input = reader(table)?;
        let interrupted = Arc::new(Mutex::new(None));
        let go_on = check_signals(Arc::clone(&interrupted));
        let progress = Arc::new(Progress::default());
        let data_file = Arc::clone(&self.data_file);
        let made = py.detach(|| Assignments::new(input, data_file, request, Arc::clone(&progress), go_on));
        let assignments = made.map_err(|error| refused(&error))?;
        let (schema, flags) = (assignments.schema(), assignments.flags().to_vec());
        let data_file = Arc::clone(&self.data_file);
        Ok(Assignment { assignments: Mutex::new(Some(assignments)), schema, data_file, flags, progress, interrupted })
    }
}

fn refused(error: &BatchError) -> PyErr {
    match error {
        BatchError::WrongType { .. } => PyTypeError::new_err(error.to_string()),
        _ => PyValueError::new_err(error.to_string()),
    }
}

fn role(name: &str, key: Option<&Bound<'_, PyAny>>) -> PyResult<Role> {
    Ok(match name {
        "custom_data" => Role::CustomData(match key {
            Some(key) => match key.extract::<i64>() {
                Ok(index) => CustomDataKey::Index(index),
                Err(_) => CustomDataKey::Name(key.extract::<String>()?.into()),
            },
            None => return Err(PyTypeError::new_err("custom_data needs an index or a name")),
        }),
        "device" => Role::Device,
        "browser" => Role::Browser,
        "browser_version" => Role::BrowserVersion,
        "operating_system" => Role::OperatingSystem,
        "country" => Role::Country,
        "region" => Role::Region,
        "city" => Role::City,
        "postal_code" => Role::PostalCode,
        "latitude" => Role::Latitude,
        "longitude" => Role::Longitude,
        "application_version" => Role::ApplicationVersion,
        "page_url" => Role::PageUrl,
        "page_title" => Role::PageTitle,
        "user_agent" => Role::UserAgent,
        "cookies" => Role::Cookies,
        "conversions" => Role::Conversions,
        other => return Err(PyValueError::new_err(format!("no kind of data is named {other:?}"))),
    })
}

/// Answers on their way out. Whoever asks first has them; there is no second time.
#[pyclass(frozen, module = "kameleoon._native")]
pub(super) struct Assignment {
    assignments: Mutex<Option<Assignments<Arc<DataFile>>>>,
    schema: SchemaRef,
    data_file: Arc<DataFile>,
    flags: Vec<FlagIndex>,
    progress: Arc<Progress>,
    interrupted: Interrupted,
}

#[pymethods]
impl Assignment {
    /// Arrow's protocol for streams. The schema is as it is, whatever is asked for.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        let _ = requested_schema;
        let taken = self.assignments.lock().unwrap_or_else(PoisonError::into_inner).take();
        let assignments = taken
            .ok_or_else(|| PyValueError::new_err("the answers have been read already; hint: call assign(…) again"))?;
        PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(assignments)), STREAM)
    }

    /// Arrow's protocol for schemas.
    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        schema_capsule(py, &self.schema)
    }

    fn __iter__(slf: Bound<'_, Self>) -> Bound<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<AssignedBatch>> {
        // Another thread may wait for the lock too: not while it holds the interpreter.
        let next = py.detach(|| {
            let mut assignments = self.assignments.lock().unwrap_or_else(PoisonError::into_inner);
            assignments.as_mut().and_then(Iterator::next)
        });
        match next {
            None => Ok(None),
            Some(Ok(batch)) => Ok(Some(AssignedBatch { batch })),
            Some(Err(error)) => {
                let interrupted = self.interrupted.lock().unwrap_or_else(PoisonError::into_inner).take();
                Err(interrupted.unwrap_or_else(|| PyRuntimeError::new_err(error.to_string())))
            }
        }
    }

    /// `(flag, variation, variation id, experiment id, rule id, reason, rows)` of each answer that was given so far; of a flag
    /// one after another.
    #[expect(clippy::type_complexity, reason = "one tuple for one Python caller")]
    fn outcomes(&self) -> Vec<(&str, Option<&str>, Option<i64>, Option<i64>, Option<i64>, &'static str, u64)> {
        let counts = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        let mut answers: Vec<_> =
            counts.tally.iter().map(|((position, verdict), rows)| (*position, *verdict, *rows)).collect();
        drop(counts);
        answers.sort_by_key(|(position, verdict, _)| (*position, verdict.reason, verdict.rule_id, verdict.outcome));
        let told = |(position, verdict, rows): (usize, Verdict, u64)| {
            let flag = &self.data_file[self.flags[position]];
            let outcome = verdict.outcome.map(|outcome| &self.data_file[outcome]);
            (
                &*flag.key,
                outcome.map(|outcome| outcome.variation_key(flag)),
                outcome.and_then(|outcome| outcome.variation_id),
                outcome.and_then(|outcome| outcome.experiment_id),
                verdict.rule_id,
                verdict.reason.words(),
                rows,
            )
        };
        answers.into_iter().map(told).collect()
    }

    /// Rows that were answered so far; of these, rows whose visitor code is null, empty, too long.
    fn progress(&self) -> (u64, u64, u64, u64) {
        let counts = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        let Unusable { null, empty, too_long } = counts.unusable;
        (counts.rows, null, empty, too_long)
    }
}

/// Some rows of the answers.
#[pyclass(frozen, module = "kameleoon._native")]
pub(super) struct AssignedBatch {
    batch: RecordBatch,
}

#[pymethods]
impl AssignedBatch {
    /// Arrow's protocol for arrays.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
        let _ = requested_schema;
        let rows = StructArray::from(self.batch.clone());
        let (array, _) = to_ffi(&rows.to_data()).map_err(|error| arrow(&error))?;
        let schema = schema_capsule(py, &self.batch.schema())?;
        Ok((schema, PyCapsule::new_with_value(py, array, ARRAY)?))
    }

    fn __len__(&self) -> usize {
        self.batch.num_rows()
    }
}

fn schema_capsule<'py>(py: Python<'py>, schema: &SchemaRef) -> PyResult<Bound<'py, PyCapsule>> {
    let schema = FFI_ArrowSchema::try_from(&**schema).map_err(|error| arrow(&error))?;
    PyCapsule::new_with_value(py, schema, SCHEMA)
}

fn arrow(error: &ArrowError) -> PyErr {
    PyValueError::new_err(error.to_string())
}

/// The rows of a table: of anything that speaks Arrow's protocol.
fn reader(table: &Bound<'_, PyAny>) -> PyResult<Box<dyn RecordBatchReader + Send>> {
    if table.hasattr("__arrow_c_stream__")? {
        let capsule = table.call_method0("__arrow_c_stream__")?.cast_into::<PyCapsule>()?;
        let stream = pointer::<FFI_ArrowArrayStream>(&capsule, STREAM)?;
        // SAFETY: the capsule holds a stream, by its name; it is moved out, as the protocol has it.
        let reader = unsafe { RecordBatchStreamReader::from_raw(stream.as_ptr()) };
        return Ok(Box::new(reader.map_err(|error| arrow(&error))?));
    }
    if table.hasattr("__arrow_c_array__")? {
        let (schema, array): (Bound<'_, PyCapsule>, Bound<'_, PyCapsule>) =
            table.call_method0("__arrow_c_array__")?.extract()?;
        let (schema, array) = (pointer::<FFI_ArrowSchema>(&schema, SCHEMA)?, pointer::<FFI_ArrowArray>(&array, ARRAY)?);
        // SAFETY: the capsules hold a schema and an array, by their names; the array is moved out.
        let data = unsafe { from_ffi(FFI_ArrowArray::from_raw(array.as_ptr()), schema.as_ref()) };
        let data = data.map_err(|error| arrow(&error))?;
        if !matches!(data.data_type(), arrow_schema::DataType::Struct(_)) || data.nulls().is_some() {
            return Err(PyTypeError::new_err(format!("the table is no table: its rows are {}", data.data_type())));
        }
        let batch = RecordBatch::from(StructArray::from(data));
        let schema = batch.schema();
        return Ok(Box::new(RecordBatchIterator::new([Ok(batch)], schema)));
    }
    let kind = kind(table)?;
    Err(PyTypeError::new_err(format!(
        "a table of Arrow columns was expected, with __arrow_c_stream__ or __arrow_c_array__, not {kind}; hint: pandas \
         below 3 and lists need pyarrow.table(…) around them"
    )))
}

fn pointer<T>(capsule: &Bound<'_, PyCapsule>, name: &'static CStr) -> PyResult<NonNull<T>> {
    Ok(capsule.pointer_checked(Some(name))?.cast())
}

type Interrupted = Arc<Mutex<Option<PyErr>>>;

/// Runs the handlers of signals that have come, where this is Python's thread: a long answer can be interrupted.
fn check_signals(interrupted: Interrupted) -> GoOn {
    Box::new(move || {
        // SAFETY: it may be asked at any time. A thread that Python does not know must not wait for the interpreter here:
        // who has it may be waiting for this thread.
        if unsafe { pyo3::ffi::PyGILState_GetThisThreadState() }.is_null() {
            return Ok(());
        }
        Python::attach(|py| {
            let Err(error) = py.check_signals() else { return Ok(()) };
            let text = format!(
                "interrupted by {}",
                error.get_type(py).name().map_or("a signal".into(), |name| name.to_string())
            );
            *interrupted.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            Err(ArrowError::ComputeError(text))
        })
    })
}
