//! A table of visitors as a stream of answers: portions of rows are worked out side by side and handed out in order. What is
//! held at a time does not grow with the table.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::ops::Deref;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::{ArrowError, SchemaRef};

use super::cells::Shape;
use super::columns::{Role, position, sources};
use super::error::BatchError;
use super::layout::{Layout, Output};
use super::rows::{Question, Tally, Unusable};
use crate::datafile::index::FlagIndex;
use crate::datafile::model::DataFile;
use crate::nearest::nearest;

/// So many rows at the most, and at the least, are a portion: one batch of the answer.
const PORTION: [usize; 2] = [1 << 15, 1 << 10];

/// So many evaluations are a portion: they take some 40 ms.
const EVALUATIONS: usize = 1 << 19;

/// So many portions a thread are worked out before the answers are handed out.
const PORTIONS_A_THREAD: usize = 4;

/// What is asked of a table.
pub struct Request {
    /// The column of visitor codes.
    pub visitor_code: String,
    /// Which column is which datum.
    pub data: Vec<(Role, String)>,
    /// The keys of the flags, in the order in which they are asked; `None` is all.
    pub flags: Option<Vec<String>>,
    /// How the answer is laid out.
    pub layout: Layout,
    /// The columns that go along into the answer; `None` is all.
    pub keep: Option<Vec<String>>,
    /// How many threads work.
    pub threads: NonZeroUsize,
    /// Milliseconds.
    pub now: i64,
    /// When the local day began.
    pub day_start: i64,
}

/// What has become of the rows so far.
#[derive(Debug, Default)]
pub struct Counts {
    /// Rows that were answered.
    pub rows: u64,
    /// Those of them whose visitor codes cannot be used.
    pub unusable: Unusable,
    /// How often each answer was given.
    pub tally: Tally,
}

/// The counts, as whoever reads the answers can look at them meanwhile.
pub type Progress = Mutex<Counts>;

/// Asked from time to time whether to go on; an error ends the stream.
pub type GoOn = Box<dyn FnMut() -> Result<(), ArrowError> + Send>;

/// The stream. `D` leads to the data file.
pub struct Assignments<D> {
    input: Box<dyn RecordBatchReader + Send>,
    task: Task<D>,
    threads: NonZeroUsize,
    /// How many rows are a portion.
    portion: usize,
    /// What is left of a batch of the input.
    waiting: Option<RecordBatch>,
    go_on: GoOn,
    ready: VecDeque<Result<RecordBatch, ArrowError>>,
    is_over: bool,
}

impl<D: Deref<Target = DataFile> + Send + Sync> Assignments<D> {
    /// # Errors
    /// What is wrong with the request, before any work is done.
    pub fn new(
        input: Box<dyn RecordBatchReader + Send>,
        data_file: D,
        request: Request,
        progress: Arc<Progress>,
        go_on: GoOn,
    ) -> Result<Self, BatchError> {
        let schema = input.schema();
        let codes = position(&schema, &request.visitor_code)?;
        check_codes(&schema, codes)?;
        let sources = sources(&data_file, &schema, &request.data)?;
        let flags = flags(&data_file, request.flags)?;
        let kept = match request.keep {
            None => (0..schema.fields().len()).collect(),
            Some(names) => names.iter().map(|name| position(&schema, name)).collect::<Result<_, _>>()?,
        };
        let output = Output::new(&data_file, &flags, &schema, kept, request.layout)?;
        let portion = (EVALUATIONS / flags.len().max(1)).clamp(PORTION[1], PORTION[0]);
        let question = Question::new(&data_file, flags, sources, request.now, request.day_start);
        let task = Task { data_file, question, output, codes, progress };
        Ok(Self {
            input,
            task,
            threads: request.threads,
            portion,
            waiting: None,
            go_on,
            ready: VecDeque::new(),
            is_over: false,
        })
    }

    /// The flags that are asked for, in order.
    pub fn flags(&self) -> &[FlagIndex] {
        &self.task.question.flags
    }

    /// Works out the next portions.
    fn work(&mut self) -> Result<(), ArrowError> {
        let portions = self.read()?;
        let answers: Vec<OnceLock<Result<RecordBatch, ArrowError>>> =
            portions.iter().map(|_| OnceLock::new()).collect();
        let (task, go_on, next) = (&self.task, &mut self.go_on, AtomicUsize::new(0));
        let work_on = || {
            let position = next.fetch_add(1, Ordering::Relaxed);
            let Some((portion, answer)) = portions.get(position).zip(answers.get(position)) else { return false };
            let _ = answer.set(task.answer(portion)); // nobody else sets it
            true
        };
        // Threads of the moment: none waits for work that a forked child would not get.
        let helpers = self.threads.get().min(portions.len()).saturating_sub(1);
        thread::scope(|scope| {
            for _ in 0..helpers {
                // Where the system gives no thread, the others do its work.
                let work = || while work_on() {};
                let _ = thread::Builder::new().name("kameleoon-batch".into()).spawn_scoped(scope, work);
            }
            while work_on() {
                go_on().inspect_err(|_| next.store(portions.len(), Ordering::Relaxed))?;
            }
            Ok::<(), ArrowError>(())
        })?;
        self.ready.extend(answers.into_iter().filter_map(OnceLock::into_inner));
        Ok(())
    }

    /// Portions for all threads; fewer at the end of the input. What a batch has beyond them waits for the next time: a batch
    /// may be the whole table.
    fn read(&mut self) -> Result<Vec<RecordBatch>, ArrowError> {
        let threads = self.threads.get();
        // One alone takes whatever comes: nobody else waits for work.
        let wanted = if threads == 1 { 1 } else { threads * PORTIONS_A_THREAD * self.portion };
        let (mut portions, mut rows) = (Vec::new(), 0);
        while rows < wanted {
            let next = self.waiting.take().map(Ok).or_else(|| self.input.next()).transpose()?;
            let Some(batch) = next else {
                self.is_over = true;
                break;
            };
            let length = self.portion.min(batch.num_rows());
            if length < batch.num_rows() {
                self.waiting = Some(batch.slice(length, batch.num_rows() - length));
            }
            if length > 0 {
                rows += length;
                portions.push(batch.slice(0, length));
            }
        }
        Ok(portions)
    }
}

/// What every thread works on.
struct Task<D> {
    data_file: D,
    question: Question,
    output: Output,
    codes: usize,
    progress: Arc<Progress>,
}

impl<D: Deref<Target = DataFile>> Task<D> {
    fn answer(&self, rows: &RecordBatch) -> Result<RecordBatch, ArrowError> {
        // The answer may be asked for by a program in C, through which no panic must pass.
        let answer = || self.output.answer(&self.data_file, &self.question, rows, self.codes);
        let caught = catch_unwind(AssertUnwindSafe(answer));
        let (answer, unusable, tally) = caught
            .unwrap_or_else(|_| Err(ArrowError::ComputeError("a defect of kameleoon: please report it".into())))?;
        let mut counts = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        counts.rows += rows.num_rows() as u64;
        counts.unusable += unusable;
        for (answer, rows) in tally {
            *counts.tally.entry(answer).or_default() += rows;
        }
        drop(counts);
        Ok(answer)
    }
}

fn check_codes(schema: &SchemaRef, codes: usize) -> Result<(), BatchError> {
    let field = schema.field(codes);
    match Shape::of(field.data_type()) {
        Some(Shape::Text | Shape::Null) => Ok(()),
        _ => Err(BatchError::WrongType {
            name: field.name().clone(),
            role: "visitor codes".into(),
            expected: "text",
            found: field.data_type().clone(),
        }),
    }
}

fn flags(data_file: &DataFile, keys: Option<Vec<String>>) -> Result<Vec<FlagIndex>, BatchError> {
    let Some(keys) = keys else { return Ok(data_file.flag_indices().collect()) };
    let find = |key: String| {
        data_file.flag(&key).ok_or_else(|| {
            let known = data_file.flags.iter().map(|flag| &*flag.key);
            let nearest = nearest(&key, known).map(Into::into);
            BatchError::NoFlag { key, nearest }
        })
    };
    keys.into_iter().map(find).collect()
}

impl<D: Deref<Target = DataFile> + Send + Sync> Iterator for Assignments<D> {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.ready.is_empty() && !self.is_over {
            if let Err(error) = self.work() {
                self.is_over = true;
                return Some(Err(error));
            }
        }
        let next = self.ready.pop_front()?;
        if next.is_err() {
            self.ready.clear();
            self.is_over = true;
        }
        Some(next)
    }
}

impl<D: Deref<Target = DataFile> + Send + Sync> RecordBatchReader for Assignments<D> {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.task.output.schema)
    }
}
