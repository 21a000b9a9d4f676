//! What conditions are for the rows of a portion: each is worked out once for each value that rows share, when it is first
//! asked for, by the same code that an evaluation uses.

use std::hash::Hash;

use hashbrown::HashMap;

use super::cells::{Cells, NO_KEY};
use super::columns::{Kind, SourceCells};
use crate::datafile::condition::{CampaignCondition, Condition, DeviceCondition, Term};
use crate::datafile::model::{DataFile, Flag, Segment};
use crate::pattern::Steps;
use crate::targeting::{Subject, Targeting};
use crate::visitor::data::VisitorData;
use crate::visitor::sending::Sending;
use crate::visitor::storing::Storing;

type Numbers<Key> = HashMap<Key, u32, foldhash::fast::FixedState>;

/// From so many rows on, a source is given up whose values are nearly all different.
const TRIAL: usize = 1024;

/// Which source each term of a data file reads, and what else its terms read.
pub(super) struct Reads {
    by_term: Vec<Option<usize>>,
    /// By segment: whether some of its conditions reads what earlier flags have assigned; those of others included.
    history: Vec<bool>,
}

impl Reads {
    pub(super) fn new(data_file: &DataFile, kinds: &[Kind]) -> Self {
        let source_of = |term: &Term| {
            let kind = kind_of(&term.condition)?;
            kinds.iter().position(|known| *known == kind)
        };
        let by_term = data_file.segments.iter().flat_map(Segment::terms).map(source_of).collect();
        let mut history: Vec<bool> = data_file.segments.iter().map(|segment| segment.terms().any(is_history)).collect();
        // Until nothing changes: a segment that refers to such a one is one.
        let mut changes = true;
        while changes {
            changes = false;
            for (position, segment) in data_file.segments.iter().enumerate() {
                let refers = |term: &Term| match term.condition {
                    Condition::Segment(target) => history[target.position()],
                    _ => false,
                };
                if !history[position] && segment.terms().any(refers) {
                    (history[position], changes) = (true, true);
                }
            }
        }
        Self { by_term, history }
    }

    /// Whether there are conditions at all.
    pub(super) fn anything(&self) -> bool {
        !self.by_term.is_empty()
    }

    /// Whether evaluations of the flag look at what earlier flags have assigned.
    pub(super) fn history_of(&self, flag: &Flag) -> bool {
        flag.rules.iter().filter_map(|rule| rule.segment).any(|segment| self.history[segment.position()])
    }

    /// Whether some condition reads the source.
    pub(super) fn is_read(&self, source: usize) -> bool {
        self.by_term.contains(&Some(source))
    }
}

fn is_history(term: &Term) -> bool {
    matches!(&term.condition, Condition::Campaign(condition) if !matches!(condition, CampaignCondition::Conversions { .. }))
}

/// The datum that a condition reads, and nothing but it.
fn kind_of(condition: &Condition) -> Option<Kind> {
    Some(match condition {
        Condition::CustomData(condition) => Kind::CustomData(condition.index),
        Condition::Page(_) => Kind::Pages,
        Condition::Device(DeviceCondition::Type(_)) => Kind::Device,
        Condition::Device(DeviceCondition::OperatingSystem(_)) => Kind::OperatingSystem,
        Condition::Device(DeviceCondition::Browser { .. }) => Kind::Browser,
        Condition::Device(DeviceCondition::ApplicationVersion(_)) => Kind::ApplicationVersion,
        Condition::Device(DeviceCondition::Cookie { .. }) => Kind::Cookies,
        Condition::Device(DeviceCondition::Geolocation { .. }) => Kind::Geolocation,
        Condition::Campaign(CampaignCondition::Conversions { .. }) => Kind::Conversions,
        Condition::VisitorCode(_)
        | Condition::Campaign(_)
        | Condition::Visit(_)
        | Condition::Constant(_)
        | Condition::Segment(_)
        | Condition::Never => return None,
    })
}

/// A source whose rows are numbered by their values. Rows that have nothing have the number 0.
struct Numbered<'a> {
    cells: &'a SourceCells,
    numbers: Vec<u32>,
    /// By number: a row that has the value.
    rows: Vec<u32>,
    /// By number: a visitor who has that datum and no other, and whether there is one; made when first asked for.
    visitors: Vec<Option<(VisitorData, bool)>>,
}

/// The truths of conditions for the rows of a portion.
pub(super) struct Truths<'a> {
    data_file: &'a DataFile,
    reads: &'a Reads,
    /// By number.
    terms: Vec<&'a Term>,
    sources: Vec<Option<Numbered<'a>>>,
    /// By term, by number: 0 is not known yet, 1 false, 2 true.
    known: Vec<Vec<u8>>,
    now: i64,
    day_start: i64,
}

impl<'a> Truths<'a> {
    pub(super) fn new(
        data_file: &'a DataFile,
        reads: &'a Reads,
        cells: &'a [SourceCells],
        count: usize,
        (now, day_start): (i64, i64),
    ) -> Self {
        let number =
            |(source, cells): (usize, &'a SourceCells)| reads.is_read(source).then(|| Numbered::new(cells, count));
        let sources = cells.iter().enumerate().map(number).collect();
        let terms = data_file.segments.iter().flat_map(Segment::terms).collect();
        Self { data_file, reads, terms, sources, known: vec![Vec::new(); reads.by_term.len()], now, day_start }
    }

    /// The truth of a term for a row; `exists` tells whether its visitor is stored. `None` where it is the same for all rows,
    /// or must be found out by the evaluation itself, which knows what was assigned.
    #[inline]
    pub(super) fn truth(&mut self, term: &Term, row: usize, code: &str, exists: bool) -> Option<bool> {
        if let Condition::VisitorCode(_) = term.condition {
            return Some(self.holds(term, code, None));
        }
        let source = (*self.reads.by_term.get(term.number as usize)?).filter(|_| exists)?;
        let number = self.sources[source].as_ref()?.numbers[row] as usize;
        Some(self.of_value(term, source, number))
    }

    /// The same for some rows, by the number of a term that has a truth for each. What it reads is looked up once.
    pub(super) fn each(&mut self, number: u32, rows: &[usize], codes: &[&str], mut tell: impl FnMut(usize, bool)) {
        let Some(term) = self.terms.get(number as usize).copied() else { return };
        if let Condition::VisitorCode(_) = term.condition {
            return rows.iter().for_each(|row| tell(*row, self.holds(term, codes[*row], None)));
        }
        let Some(source) = self.reads.by_term[number as usize] else { return };
        for row in rows {
            let Some(numbered) = &self.sources[source] else { return };
            let value = numbered.numbers[*row] as usize;
            tell(*row, self.of_value(term, source, value));
        }
    }

    /// The truth for the rows of a source that have the value of this number.
    #[inline]
    fn of_value(&mut self, term: &Term, source: usize, number: usize) -> bool {
        match self.known[term.number as usize].get(number) {
            Some(0) | None => self.find_out(term, source, number),
            Some(truth) => *truth == 2,
        }
    }

    fn holds(&self, term: &Term, code: &str, visitor: Option<&VisitorData>) -> bool {
        let (now, day_start) = (self.now, self.day_start);
        let steps = Steps::for_one_evaluation();
        let subject = Subject { code, visitor, now, day_start, saves: true, memory: None };
        Targeting::new(self.data_file, &subject, None, None, &steps).condition_holds(&term.condition)
    }

    /// Whether the row has a datum of the source; `None` where its rows are not numbered.
    pub(super) fn exists(&mut self, source: usize, row: usize) -> Option<bool> {
        let (data_file, now) = (self.data_file, self.now);
        let numbered = self.sources[source].as_mut()?;
        let number = numbered.numbers[row] as usize;
        Some(number != 0 && numbered.visitor(number, data_file, now).1)
    }

    #[cold]
    fn find_out(&mut self, term: &Term, source: usize, number: usize) -> bool {
        let Some(numbered) = &mut self.sources[source] else { return false };
        numbered.visitor(number, self.data_file, self.now);
        let count = numbered.visitors.len();
        let visitor = self.sources[source].as_ref().and_then(|numbered| numbered.visitors[number].as_ref());
        let truth = self.holds(term, "", visitor.map(|(visitor, _)| visitor));
        let known = &mut self.known[term.number as usize];
        known.resize(count, 0);
        known[number] = if truth { 2 } else { 1 };
        truth
    }
}

impl<'a> Numbered<'a> {
    fn new(cells: &'a SourceCells, count: usize) -> Self {
        let mut columns = cells.cells().map(|cells| numbers_of(cells, count));
        let mut numbers = columns.next().unwrap_or_default();
        for column in columns {
            numbers = numbered(numbers.into_iter().zip(column).map(|pair| (pair != (0, 0)).then_some(pair)));
        }
        let mut rows = Vec::new();
        for (row, number) in numbers.iter().zip(0u32..).map(|(number, row)| (row, *number as usize)) {
            if number >= rows.len() {
                rows.resize(number + 1, 0);
            }
            rows[number] = row;
        }
        rows.resize(rows.len().max(1), 0);
        let visitors = (0..rows.len()).map(|_| None).collect();
        Self { cells, numbers, rows, visitors }
    }

    fn visitor(&mut self, number: usize, data_file: &DataFile, now: i64) -> &(VisitorData, bool) {
        self.visitors[number].get_or_insert_with(|| {
            let mut visitor = VisitorData::new(now, 0);
            let exists = number != 0 && store(self.cells, self.rows[number] as usize, &mut visitor, data_file, "", now);
            (visitor, exists)
        })
    }
}

/// Stores with the visitor what the cells of a row say; returns whether that is anything.
pub(super) fn store(
    cells: &SourceCells,
    row: usize,
    visitor: &mut VisitorData,
    data_file: &DataFile,
    code: &str,
    now: i64,
) -> bool {
    let table = &data_file.custom_data;
    let (mut exists, mut left_out) = (false, Vec::new());
    let mut storing = Storing { visitor, table, code, sending: Sending::Never, now };
    cells.data(row, &mut |datum| {
        exists = true;
        storing.store(datum, &mut left_out);
    });
    exists
}

/// A number for each row, the same for rows of the same value; 0 for null.
fn numbers_of(cells: &Cells, count: usize) -> Vec<u32> {
    let rows = 0..count;
    match cells {
        Cells::Null => vec![0; count],
        // Mostly there are far fewer values than rows, and their keys are numbers already.
        Cells::Dictionary(keys, values) if !matches!(**values, Cells::Dictionary(..)) => {
            let is_null = |key: u32| key == NO_KEY || values.is_null(key as usize);
            let compact = keys.iter().all(|key| *key == NO_KEY || (*key as usize) < count.max(TRIAL));
            if compact {
                keys.iter().map(|key| if is_null(*key) { 0 } else { key + 1 }).collect()
            } else {
                numbered(keys.iter().map(|key| (!is_null(*key)).then_some(*key)))
            }
        }
        Cells::Integer(values, _) => numbered(rows.map(|row| (!cells.is_null(row)).then(|| values[row]))),
        Cells::Float(values, _) => numbered(rows.map(|row| (!cells.is_null(row)).then(|| values[row].to_bits()))),
        Cells::Boolean(values) => numbered(rows.map(|row| (!cells.is_null(row)).then(|| values.value(row)))),
        Cells::Text(_) | Cells::LargeText(_) | Cells::TextView(_) => numbered(rows.map(|row| cells.str(row))),
        Cells::Dictionary(..) | Cells::List(..) | Cells::Map(..) => {
            let row = |row: usize| u32::try_from(row + 1).unwrap_or(0);
            rows.map(|position| if cells.is_null(position) { 0 } else { row(position) }).collect()
        }
    }
}

/// Numbers values from 1 in the order in which they come. If most of the first are different, each row has its own number.
fn numbered<Key: Hash + Eq>(keys: impl ExactSizeIterator<Item = Option<Key>>) -> Vec<u32> {
    let mut known: Numbers<Key> = HashMap::default();
    let mut numbers = Vec::with_capacity(keys.len());
    let mut next = 1;
    let mut apart = false;
    for (row, key) in keys.enumerate() {
        let number = match key {
            None => 0,
            Some(_) if apart => {
                next += 1;
                next - 1
            }
            Some(key) => *known.entry(key).or_insert_with(|| {
                next += 1;
                next - 1
            }),
        };
        numbers.push(number);
        apart = apart || (row == TRIAL && known.len() > TRIAL / 4 * 3);
    }
    numbers
}
