//! Evaluates a portion of rows: for each row each flag that is asked for, in order, as a client would that is given the
//! row's data by `add_data` and asked with `track=False`.

use std::ops::{AddAssign, Range};

use arrow_array::RecordBatch;
use hashbrown::HashMap;

use super::cells::Cells;
use super::columns::{Kind, Source, SourceCells};
use super::paths::{End, Node, Paths, Question as Asked, Recorder};
use super::truths::{Reads, Truths, store};
use crate::datafile::index::{FlagIndex, OutcomeIndex};
use crate::datafile::model::DataFile;
use crate::evaluation::reason::{Because, Reason};
use crate::evaluation::{Answer, evaluate};
use crate::hashing::{Salt, buckets};
use crate::targeting::Subject;
use crate::visitor::code::{CodeError, VisitorCode};
use crate::visitor::data::VisitorData;
use crate::visitor::sending::Sending;

/// So many rows are taken through all flags before the next: their buckets and visitors stay in the cache.
const BLOCK: usize = 1024;

/// A row's answer for a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Verdict {
    /// The variation.
    pub outcome: Option<OutcomeIndex>,
    /// The id of the rule that has decided, if one has.
    pub rule_id: Option<i64>,
    /// Why.
    pub reason: Reason,
}

impl Verdict {
    /// No variation, and no rule.
    pub(super) const fn nothing(reason: Reason) -> Self {
        Self { outcome: None, rule_id: None, reason }
    }
}

/// Takes the answers for a portion of rows. What it is not told of has [`Reason::InvalidVisitorCode`].
pub trait Answers {
    /// The answer of some rows for the flag at a position among those that are asked for.
    fn put(&mut self, position: usize, rows: &[usize], verdict: Verdict);
}

/// Rows whose visitor codes cannot be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unusable {
    /// The code is null.
    pub null: u64,
    /// The code is empty.
    pub empty: u64,
    /// The code has too many characters.
    pub too_long: u64,
}

impl AddAssign for Unusable {
    fn add_assign(&mut self, other: Self) {
        self.null += other.null;
        self.empty += other.empty;
        self.too_long += other.too_long;
    }
}

/// How many rows have the same answer for a flag, by the flag's position among those that are asked for.
pub type Tally = HashMap<(usize, Verdict), u64, foldhash::fast::FixedState>;

/// What is asked, of whichever rows.
pub struct Question {
    /// The flags, in the order in which they are asked.
    pub flags: Vec<FlagIndex>,
    sources: Vec<Source>,
    reads: Reads,
    /// Whether some flag hashes a custom datum that a column has: then a visitor is made of each row's data.
    hashes_data: bool,
    /// Whether some flag looks at what earlier ones have assigned.
    history: bool,
    now: i64,
    day_start: i64,
}

impl Question {
    /// `now` is in milliseconds, as is `day_start`, when the local day began.
    pub fn new(data_file: &DataFile, flags: Vec<FlagIndex>, sources: Vec<Source>, now: i64, day_start: i64) -> Self {
        let kinds: Vec<Kind> = sources.iter().map(|source| source.kind).collect();
        let hashed = |flag: &FlagIndex| data_file[*flag].bucketing_index.map(Kind::CustomData);
        let hashes_data = flags.iter().filter_map(hashed).any(|kind| kinds.contains(&kind));
        let reads = Reads::new(data_file, &kinds);
        let history = flags.iter().any(|flag| reads.history_of(&data_file[*flag]));
        Self { flags, sources, reads, hashes_data, history, now, day_start }
    }

    /// Answers for rows whose visitor codes are in the column `codes`.
    pub fn answer(
        &self,
        data_file: &DataFile,
        rows: &RecordBatch,
        codes: usize,
        answers: &mut impl Answers,
    ) -> (Unusable, Tally) {
        let count = rows.num_rows();
        let column = Cells::new(rows.column(codes));
        let mut unusable = Unusable::default();
        let mut codes: Vec<&str> = Vec::with_capacity(count);
        column.each_str(count, |code| codes.push(usable(code, &mut unusable)));
        let cells: Vec<SourceCells> = self.sources.iter().map(|source| SourceCells::new(source, rows)).collect();
        let mut portion = Portion {
            data_file,
            question: self,
            codes: &codes,
            cells: &cells,
            truths: Truths::new(data_file, &self.reads, &cells, count, (self.now, self.day_start)),
            paths: self.flags.iter().map(|_| Paths::new()).collect(),
            exists: Vec::new(),
            visitors: Vec::new(),
            hashing: Hashing::default(),
            spare: Vec::new(),
            tally: Tally::default(),
            answers,
        };
        let mut start = 0;
        while start < count {
            portion.block(start..(start + BLOCK).min(count));
            start += BLOCK;
        }
        (unusable, portion.tally)
    }
}

/// A code, or the empty text for one that cannot be used, which is counted.
#[inline]
fn usable<'a>(code: Option<&'a str>, unusable: &mut Unusable) -> &'a str {
    let count = match code.map(VisitorCode::parse) {
        Some(Ok(code)) => return code.as_str(),
        None => &mut unusable.null,
        Some(Err(CodeError::Empty)) => &mut unusable.empty,
        Some(Err(CodeError::TooLong)) => &mut unusable.too_long,
    };
    *count += 1;
    ""
}

/// Room for hashing, used again and again.
#[derive(Default)]
struct Hashing<'a> {
    codes: Vec<&'a str>,
    buckets: Vec<f64>,
}

impl<'a> Hashing<'a> {
    /// The buckets of some rows.
    fn buckets(&mut self, rows: &[usize], codes: &[&'a str], salt: &Salt) -> &[f64] {
        self.codes.clear();
        self.codes.extend(rows.iter().map(|row| codes[*row]));
        self.buckets.clear();
        buckets(&self.codes, salt, &mut self.buckets);
        &self.buckets
    }
}

struct Portion<'a, A> {
    data_file: &'a DataFile,
    question: &'a Question,
    /// Empty where there is none that can be used.
    codes: &'a [&'a str],
    cells: &'a [SourceCells],
    truths: Truths<'a>,
    /// The ways of each flag.
    paths: Vec<Paths>,
    /// Whether the visitors of the block's rows have anything yet.
    exists: Vec<bool>,
    /// These visitors, where evaluations look at more of them than the columns' cells.
    visitors: Vec<VisitorData>,
    hashing: Hashing<'a>,
    /// Lists of rows that are out of use.
    spare: Vec<Vec<usize>>,
    tally: Tally,
    answers: &'a mut A,
}

impl<A: Answers> Portion<'_, A> {
    fn block(&mut self, rows: Range<usize>) {
        let Question { now, hashes_data, history, .. } = *self.question;
        let first = rows.start;
        self.exists.clear();
        self.exists.resize(rows.len(), false);
        self.visitors.clear();
        if hashes_data || history {
            self.visitors.resize_with(rows.len(), || VisitorData::new(now, 0));
        }
        if self.question.reads.anything() || hashes_data {
            for row in rows.clone() {
                self.exists[row - first] = self.has_data(row, first);
            }
        }
        let asked: Vec<usize> = rows.filter(|row| !self.codes[*row].is_empty()).collect();
        for position in 0..self.question.flags.len() {
            let flag = self.question.flags[position];
            if !self.data_file[flag].environment_enabled {
                self.put(position, &asked, Verdict::nothing(Reason::Disabled));
            } else if hashes_data || self.question.reads.history_of(&self.data_file[flag]) {
                for row in &asked {
                    let end = self.evaluate(flag, *row, first).1;
                    self.end(position, &[*row], first, &end);
                }
            } else {
                self.flag(position, first, &asked);
            }
        }
    }

    /// Whether the row has any data. They are stored with its visitor where evaluations look there for them.
    fn has_data(&mut self, row: usize, first: usize) -> bool {
        if self.question.hashes_data {
            let (visitor, code) = (&mut self.visitors[row - first], self.codes[row]);
            let mut exists = false;
            for cells in self.cells {
                exists |= store(cells, row, visitor, self.data_file, code, self.question.now);
            }
            return exists;
        }
        self.cells.iter().enumerate().any(|(source, cells)| {
            self.truths.exists(source, row).unwrap_or_else(|| {
                let mut any = false;
                cells.data(row, &mut |_| any = true);
                any
            })
        })
    }

    /// Takes rows along the ways of a flag, all that are at the same place at once.
    fn flag(&mut self, position: usize, first: usize, asked: &[usize]) {
        let (new, known): (Vec<usize>, Vec<usize>) = asked.iter().partition(|row| !self.exists[**row - first]);
        let mut places = vec![(Paths::STARTS[0], new), (Paths::STARTS[1], known)];
        while let Some((place, mut rows)) = places.pop() {
            match self.paths[position].node(place) {
                _ if rows.is_empty() => self.spare.push(rows),
                Node::End(end) => {
                    let end = *end;
                    self.end(position, &rows, first, &end);
                    self.spare.push(rows);
                }
                Node::Unknown => {
                    // One row finds the way; the others may follow it.
                    let Some(row) = rows.pop() else { continue };
                    let start = Paths::STARTS[usize::from(self.exists[row - first])];
                    let (way, end) = self.evaluate(self.question.flags[position], row, first);
                    self.paths[position].learn(start, &way, end);
                    self.end(position, &[row], first, &end);
                    places.push((place, rows));
                }
                Node::Ask(question, _) => {
                    let question = *question;
                    for (answer, rows) in self.ask(position, question, &rows).into_iter().enumerate() {
                        places.push((self.paths[position].follow(place, answer), rows));
                    }
                    self.spare.push(rows);
                }
            }
        }
    }

    /// The rows by their answers to a question.
    fn ask(&mut self, position: usize, question: Asked, rows: &[usize]) -> Vec<Vec<usize>> {
        let mut by_answer: Vec<Vec<usize>> = Vec::new();
        let spare = &mut self.spare;
        let mut sort = |row: usize, answer: usize| {
            while by_answer.len() <= answer {
                let mut list = spare.pop().unwrap_or_default();
                list.clear();
                by_answer.push(list);
            }
            by_answer[answer].push(row);
        };
        match question {
            Asked::Term(number) => {
                self.truths.each(number, rows, self.codes, |row, truth| sort(row, usize::from(truth)));
            }
            Asked::Choice(choice) => {
                let (data_file, flag) = (self.data_file, &self.data_file[self.question.flags[position]]);
                let Some(salt) = choice.salt(data_file, flag) else { return by_answer };
                let buckets = self.hashing.buckets(rows, self.codes, salt);
                let mut rows = rows.iter();
                choice.in_buckets(data_file, flag, buckets, |answer| {
                    let Some(row) = rows.next() else { return };
                    sort(*row, answer);
                });
            }
        }
        by_answer
    }

    /// Evaluates a flag for a row: what was asked and answered, and the end.
    fn evaluate(&mut self, flag: FlagIndex, row: usize, first: usize) -> (Vec<(Asked, usize)>, End) {
        let code = self.codes[row];
        let empty = VisitorData::new(self.question.now, 0);
        let visitor = self.visitors.get(row - first).unwrap_or(&empty);
        let subject = Subject {
            code,
            visitor: self.exists[row - first].then_some(visitor),
            now: self.question.now,
            day_start: self.question.day_start,
            saves: true,
            memory: None,
        };
        let truths = (!self.question.hashes_data).then_some(&mut self.truths);
        finish(self.data_file, flag, &subject, Recorder::new(&self.data_file[flag], truths, row, code))
    }

    fn put(&mut self, position: usize, rows: &[usize], verdict: Verdict) {
        self.answers.put(position, rows, verdict);
        *self.tally.entry((position, verdict)).or_default() += rows.len() as u64;
    }

    /// The evaluations of a flag have ended, for some rows.
    fn end(&mut self, position: usize, rows: &[usize], first: usize, end: &End) {
        self.put(position, rows, end.verdict);
        if end.assigned == [None; 2] {
            return;
        }
        for row in rows {
            self.exists[row - first] = true;
        }
        if self.question.history {
            for row in rows {
                for assigned in end.assigned.into_iter().flatten() {
                    self.visitors[row - first].assign(assigned, Sending::Never, 0);
                }
            }
        }
    }
}

fn finish(
    data_file: &DataFile,
    flag: FlagIndex,
    subject: &Subject<'_>,
    mut recorder: Recorder<'_, '_>,
) -> (Vec<(Asked, usize)>, End) {
    let Ok(evaluation) = evaluate(data_file, flag, subject, &mut recorder) else {
        return (recorder.way, End { verdict: Verdict::nothing(Reason::Disabled), assigned: [None; 2] });
    };
    let outcome = match evaluation.answer {
        Answer::Known(outcome) => Some(outcome),
        Answer::Stored(_) => None, // nothing is forced or simulated here
    };
    let Because { rule_id, reason, .. } = recorder.because;
    let verdict = Verdict { outcome, rule_id, reason };
    (recorder.way, End { verdict, assigned: [evaluation.holdout, evaluation.assigned] })
}
