//! Evaluates a portion of rows: for each row each flag that is asked for, in order, as a client would that is given the
//! row's data by `add_data` and asked with `track=False`.

mod watch;

use std::ops::Range;

use arrow_array::RecordBatch;

use super::cells::Cells;
use super::columns::{Kind, Source, SourceCells};
use super::truths::{Reads, Truths, store};
use crate::datafile::index::{FlagIndex, OutcomeIndex};
use crate::datafile::model::{DataFile, RuleKind};
use crate::evaluation::{Answer, evaluate};
use crate::hashing::Salt;
use crate::targeting::Subject;
use crate::visitor::code::{CodeError, VisitorCode};
use crate::visitor::data::VisitorData;
use crate::visitor::sending::Sending;
use watch::Watch;

/// So many rows are taken through all flags before the next: their buckets and visitors stay in the cache.
const BLOCK: usize = 1024;

/// Why a row has its variation, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Reason {
    /// A rule targets the visitor and gives the variation.
    Targeted,
    /// No rule targets the visitor: the default.
    NotTargeted,
    /// A rule targets the visitor, whose bucket is beyond its exposition or its variations: the default.
    NotExposed,
    /// The holdout has the visitor: the default.
    Holdout,
    /// The flag's mutually exclusive group has chosen another flag: the default.
    OtherFlagOfGroup,
    /// The flag is disabled: nothing.
    Disabled,
    /// The row's visitor code cannot be used: nothing.
    InvalidVisitorCode,
}

impl Reason {
    /// All reasons in words, by number.
    pub const WORDS: [&str; 7] = [
        "targeted",
        "not targeted",
        "not exposed",
        "holdout",
        "other flag of the group",
        "disabled",
        "invalid visitor code",
    ];
}

/// A row's answer for a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The variation.
    pub outcome: Option<OutcomeIndex>,
    /// The id of the rule that has decided, if one has.
    pub rule_id: Option<i64>,
    /// Why.
    pub reason: Reason,
}

/// Takes the answers for a portion of rows. What it is not told of has [`Reason::InvalidVisitorCode`].
pub trait Answers {
    /// The answer of a row for the flag at a position among those that are asked for.
    fn put(&mut self, position: usize, row: usize, verdict: Verdict);
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

/// What is asked, of whichever rows.
pub struct Question {
    /// The flags, in the order in which they are asked.
    pub flags: Vec<FlagIndex>,
    sources: Vec<Source>,
    reads: Reads,
    /// Whether some flag hashes a custom datum that a column has: then a visitor is made of each row's data.
    hashes_data: bool,
    now: i64,
    day_start: i64,
}

impl Question {
    /// `now` is in milliseconds, as is `day_start`, when the local day began.
    pub fn new(data_file: &DataFile, flags: Vec<FlagIndex>, sources: Vec<Source>, now: i64, day_start: i64) -> Self {
        let kinds: Vec<Kind> = sources.iter().map(|source| source.kind).collect();
        let hashed = |flag: &FlagIndex| data_file[*flag].bucketing_index.map(Kind::CustomData);
        let hashes_data = flags.iter().filter_map(hashed).any(|kind| kinds.contains(&kind));
        Self { reads: Reads::new(data_file, &kinds), flags, sources, hashes_data, now, day_start }
    }

    /// Answers for rows whose visitor codes are in the column `codes`.
    pub fn answer(
        &self,
        data_file: &DataFile,
        rows: &RecordBatch,
        codes: usize,
        answers: &mut dyn Answers,
    ) -> Unusable {
        let count = rows.num_rows();
        let column = Cells::new(rows.column(codes));
        let mut unusable = Unusable::default();
        let codes: Vec<&str> = (0..count).map(|row| usable(column.str(row), &mut unusable)).collect();
        let cells: Vec<SourceCells> = self.sources.iter().map(|source| SourceCells::new(source, rows)).collect();
        let truths = Truths::new(data_file, &self.reads, &cells, count, (self.now, self.day_start));
        let mut portion = Portion {
            data_file,
            question: self,
            codes: &codes,
            cells: &cells,
            watch: Watch::new(truths),
            visitors: Vec::new(),
            answers,
        };
        let mut start = 0;
        while start < count {
            portion.block(start..(start + BLOCK).min(count));
            start += BLOCK;
        }
        unusable
    }
}

/// A code, or the empty text for one that cannot be used, which is counted.
fn usable<'a>(code: Option<&'a str>, unusable: &mut Unusable) -> &'a str {
    let Some(code) = code else {
        unusable.null += 1;
        return "";
    };
    match VisitorCode::parse(code) {
        Ok(_) => code,
        Err(CodeError::Empty) => {
            unusable.empty += 1;
            ""
        }
        Err(CodeError::TooLong) => {
            unusable.too_long += 1;
            ""
        }
    }
}

struct Portion<'a> {
    data_file: &'a DataFile,
    question: &'a Question,
    /// Empty where there is none that can be used.
    codes: &'a [&'a str],
    cells: &'a [SourceCells],
    watch: Watch<'a>,
    /// The visitors of the block's rows; `None` for one who has nothing yet. Empty if no condition looks at visitors.
    visitors: Vec<Option<VisitorData>>,
    answers: &'a mut dyn Answers,
}

impl Portion<'_> {
    fn block(&mut self, rows: Range<usize>) {
        self.visitors.clear();
        if self.question.hashes_data || self.question.reads.anything {
            for row in rows.clone() {
                let visitor = self.visitor(row);
                self.visitors.push(visitor);
            }
        }
        self.watch.begin_block(rows.start);
        let asked: Vec<usize> = rows.clone().filter(|row| !self.codes[*row].is_empty()).collect();
        for position in 0..self.question.flags.len() {
            self.flag(position, rows.start, asked.clone());
        }
    }

    /// The row's visitor, if it has any data. Without them, where the columns themselves tell what conditions are.
    fn visitor(&mut self, row: usize) -> Option<VisitorData> {
        let now = self.question.now;
        if self.question.hashes_data {
            let mut visitor = VisitorData::new(now, 0);
            let mut exists = false;
            for cells in self.cells {
                exists |= store(cells, row, &mut visitor, self.data_file, self.codes[row], now);
            }
            return exists.then_some(visitor);
        }
        let exists = self.cells.iter().enumerate().any(|(source, cells)| {
            self.watch.truths.exists(source, row).unwrap_or_else(|| {
                let mut any = false;
                cells.data(row, &mut |_| any = true);
                any
            })
        });
        exists.then(|| VisitorData::new(now, 0))
    }

    /// Evaluates a flag for a block's rows. An evaluation that asks for a bucket which is not there is done again when all
    /// of the block's that are wanted have been worked out together.
    fn flag(&mut self, position: usize, first: usize, mut asked: Vec<usize>) {
        let flag = self.question.flags[position];
        if !self.data_file[flag].environment_enabled {
            let verdict = Verdict { outcome: None, rule_id: None, reason: Reason::Disabled };
            for row in asked {
                self.answers.put(position, row, verdict);
            }
            return;
        }
        self.watch.begin_flag(self.data_file, flag);
        if !self.question.hashes_data {
            for salt in first_salts(self.data_file, flag) {
                self.watch.work_out(salt, &asked, self.codes);
            }
        }
        while !asked.is_empty() {
            asked.retain(|row| match self.evaluate(flag, *row, first) {
                Some(verdict) => {
                    self.answers.put(position, *row, verdict);
                    false
                }
                None => true,
            });
            self.watch.work_out_wanted(self.codes);
        }
    }

    /// A row's verdict; `None` where a bucket is wanted first.
    fn evaluate(&mut self, flag: FlagIndex, row: usize, first: usize) -> Option<Verdict> {
        let visitor = self.visitors.get_mut(row - first);
        let code = self.codes[row];
        let subject = Subject {
            code,
            visitor: visitor.as_deref().and_then(Option::as_ref),
            now: self.question.now,
            day_start: self.question.day_start,
            saves: true,
            memory: None,
        };
        self.watch.begin_row(row, code, self.question.hashes_data);
        let evaluation = evaluate(self.data_file, flag, &subject, &mut self.watch);
        if self.watch.wants() {
            return None;
        }
        let Ok(evaluation) = evaluation else {
            return Some(Verdict { outcome: None, rule_id: None, reason: Reason::Disabled });
        };
        if let Some(visitor) = visitor
            && (evaluation.assigned.is_some() || evaluation.holdout.is_some())
        {
            let visitor = visitor.get_or_insert_with(|| VisitorData::new(self.question.now, 0));
            if self.question.reads.history {
                for assigned in [evaluation.holdout, evaluation.assigned].into_iter().flatten() {
                    visitor.assign(assigned, Sending::Never, 0);
                }
            }
        }
        let outcome = match evaluation.answer {
            Answer::Known(outcome) => Some(outcome),
            Answer::Stored(_) => None, // nothing is forced or simulated here
        };
        Some(Verdict { outcome, ..self.watch.verdict })
    }
}

/// What nearly every evaluation of the flag asks for.
fn first_salts(data_file: &DataFile, flag: FlagIndex) -> impl Iterator<Item = &Salt> {
    let flag = &data_file[flag];
    let holdout = data_file.holdout.as_ref().map(|holdout| &holdout.salt);
    let group = flag.group.map(|group| &data_file[group].salt);
    let rule = flag.rules.first().filter(|rule| rule.segment.is_none() && group.is_none());
    let rule = rule.and_then(|rule| {
        let is_asked = rule.kind != RuleKind::TargetedDelivery;
        if rule.exposition < 1.0 { Some(&rule.salt) } else { is_asked.then_some(&rule.experiment_salt) }
    });
    [holdout, group, rule].into_iter().flatten()
}
