//! From answers to columns.
//!
//! Wide: a column of variation keys for each flag. Long: a row for each visitor and flag, with ids and the reason.

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    Array, ArrayRef, DictionaryArray, Int64Array, PrimitiveArray, RecordBatch, RecordBatchOptions, StringArray,
    make_array,
};
use arrow_buffer::NullBuffer;
use arrow_data::transform::MutableArrayData;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};

use super::error::BatchError;
use super::rows::{Answers, Question, Tally, Unusable, Verdict};
use crate::datafile::index::{FlagIndex, OutcomeIndex};
use crate::datafile::model::DataFile;
use crate::evaluation::reason::Reason;

/// How the answer is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A column for each flag.
    Wide,
    /// A row for each visitor and flag.
    Long,
}

/// The columns of a long answer, after those of the table.
const LONG: [&str; 6] = ["flag", "variation", "variation_id", "experiment_id", "rule_id", "reason"];

/// What stands for no key in a column of keys.
const NOTHING: i32 = -1;

/// Lays answers out.
pub struct Output {
    /// The columns of each batch of answers.
    pub schema: SchemaRef,
    layout: Layout,
    /// The columns of the table that go along.
    kept: Vec<usize>,
    /// For each flag, the keys of its variations; in the long layout, one list for all flags.
    variations: Vec<ArrayRef>,
    /// By outcome: its variation's position among those.
    keys: Vec<i32>,
    flags: ArrayRef,
    reasons: ArrayRef,
}

impl Output {
    /// # Errors
    /// Where two columns would have the same name.
    pub fn new(
        data_file: &DataFile,
        flags: &[FlagIndex],
        input: &Schema,
        kept: Vec<usize>,
        layout: Layout,
    ) -> Result<Self, BatchError> {
        let mut keys = vec![NOTHING; data_file.outcomes.len()];
        let mut variations: Vec<Vec<&str>> = Vec::new();
        for flag in flags {
            if layout == Layout::Wide || variations.is_empty() {
                variations.push(Vec::new());
            }
            let Some(known) = variations.last_mut() else { continue };
            for (outcome, key) in data_file.outcomes.iter().zip(&mut keys).filter(|(outcome, _)| outcome.flag == *flag)
            {
                let variation = outcome.variation_key(&data_file[*flag]);
                let position = known.iter().position(|known| *known == variation).unwrap_or_else(|| {
                    known.push(variation);
                    known.len() - 1
                });
                *key = i32::try_from(position).unwrap_or(NOTHING);
            }
        }
        let text = || DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        let mut fields: Vec<Field> = kept.iter().map(|column| input.field(*column).clone()).collect();
        match layout {
            Layout::Wide => fields.extend(flags.iter().map(|flag| Field::new(&*data_file[*flag].key, text(), true))),
            Layout::Long => fields.extend(LONG.map(|name| {
                let data_type = if name.ends_with("_id") { DataType::Int64 } else { text() };
                Field::new(name, data_type, !matches!(name, "flag" | "reason"))
            })),
        }
        for (position, field) in fields.iter().enumerate() {
            if fields[..position].iter().any(|earlier| earlier.name() == field.name()) {
                return Err(BatchError::NameTaken { name: field.name().clone() });
            }
        }
        Ok(Self {
            schema: Arc::new(Schema::new(fields)),
            layout,
            kept,
            variations: variations.into_iter().map(strings).collect(),
            keys,
            flags: strings(flags.iter().map(|flag| &*data_file[*flag].key)),
            reasons: strings(Reason::WORDS),
        })
    }

    /// The answers for a portion of rows.
    ///
    /// # Errors
    /// What Arrow says.
    pub fn answer(
        &self,
        data_file: &DataFile,
        question: &Question,
        rows: &RecordBatch,
        codes: usize,
    ) -> Result<(RecordBatch, Unusable, Tally), ArrowError> {
        let (count, flags) = (rows.num_rows(), question.flags.len());
        let kept = self.kept.iter().map(|column| Arc::clone(rows.column(*column)));
        let (columns, (unusable, tally)) = match self.layout {
            Layout::Wide => {
                let mut wide = Wide { keys_of: &self.keys, columns: vec![vec![NOTHING; count]; flags] };
                let counts = question.answer(data_file, rows, codes, &mut wide);
                let columns = wide.columns.into_iter().zip(&self.variations).map(|(keys, values)| coded(keys, values));
                (kept.map(Ok).chain(columns).collect::<Result<Vec<_>, _>>()?, counts)
            }
            Layout::Long => {
                let mut long =
                    Long { flags, verdicts: vec![Verdict::nothing(Reason::InvalidVisitorCode); count * flags] };
                let counts = question.answer(data_file, rows, codes, &mut long);
                let mut columns: Vec<ArrayRef> =
                    kept.map(|column| repeated(&column, flags)).collect::<Result<_, _>>()?;
                columns.extend(self.long(data_file, &long)?);
                (columns, counts)
            }
        };
        let rows = match self.layout {
            Layout::Wide => count,
            Layout::Long => count * flags,
        };
        let rows = RecordBatchOptions::new().with_row_count(Some(rows)); // there may be no column that tells
        let answer = RecordBatch::try_new_with_options(Arc::clone(&self.schema), columns, &rows)?;
        Ok((answer, unusable, tally))
    }

    fn long(&self, data_file: &DataFile, long: &Long) -> Result<[ArrayRef; 6], ArrowError> {
        let Long { flags, verdicts } = long;
        let outcomes = || verdicts.iter().map(|verdict| verdict.outcome);
        let position = |position: usize| i32::try_from(position).unwrap_or(NOTHING);
        let key = |outcome: OutcomeIndex| self.keys[outcome.position()];
        let variations = self.variations.first().cloned().unwrap_or_else(|| strings([""; 0]));
        let id = |ids: Int64Array| -> ArrayRef { Arc::new(ids) };
        Ok([
            coded((0..verdicts.len()).map(|row| position(row % flags)).collect(), &self.flags)?,
            coded(outcomes().map(|outcome| outcome.map_or(NOTHING, key)).collect(), &variations)?,
            id(outcomes().map(|outcome| data_file[outcome?].variation_id).collect()),
            id(outcomes().map(|outcome| data_file[outcome?].experiment_id).collect()),
            id(verdicts.iter().map(|verdict| verdict.rule_id).collect()),
            coded(verdicts.iter().map(|verdict| i32::from(verdict.reason as u8)).collect(), &self.reasons)?,
        ])
    }
}

/// For each flag a column of the positions of variation keys.
struct Wide<'a> {
    keys_of: &'a [i32],
    columns: Vec<Vec<i32>>,
}

impl Answers for Wide<'_> {
    fn put(&mut self, position: usize, rows: &[usize], verdict: Verdict) {
        let Some(outcome) = verdict.outcome else { return };
        let (column, key) = (&mut self.columns[position], self.keys_of[outcome.position()]);
        for row in rows {
            column[*row] = key;
        }
    }
}

/// The answers of each row, one flag after another.
struct Long {
    flags: usize,
    verdicts: Vec<Verdict>,
}

impl Answers for Long {
    fn put(&mut self, position: usize, rows: &[usize], verdict: Verdict) {
        for row in rows {
            self.verdicts[row * self.flags + position] = verdict;
        }
    }
}

/// A column with each row so many times.
fn repeated(column: &ArrayRef, times: usize) -> Result<ArrayRef, ArrowError> {
    let data = column.to_data();
    let mut rows = MutableArrayData::new(vec![&data], false, column.len() * times);
    for row in 0..column.len() {
        for _ in 0..times {
            rows.try_extend(0, row, row + 1)?;
        }
    }
    Ok(make_array(rows.freeze()))
}

fn strings<Text: AsRef<str>>(texts: impl IntoIterator<Item = Text>) -> ArrayRef {
    Arc::new(StringArray::from_iter_values(texts))
}

/// A dictionary-encoded column.
fn coded(mut keys: Vec<i32>, values: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let nulls = keys.contains(&NOTHING).then(|| keys.iter().map(|key| *key != NOTHING).collect::<NullBuffer>());
    for key in &mut keys {
        *key = (*key).max(0); // what is null has a key nevertheless, and it must be one
    }
    let keys = PrimitiveArray::<Int32Type>::try_new(keys.into(), nulls)?;
    Ok(Arc::new(DictionaryArray::try_new(keys, Arc::clone(values))?))
}
