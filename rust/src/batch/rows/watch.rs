//! What an evaluation is told beforehand, and what is seen of it.

use crate::batch::truths::Truths;
use crate::datafile::condition::Term;
use crate::datafile::index::FlagIndex;
use crate::datafile::model::{DataFile, Flag, IN_HOLDOUT, Rule};
use crate::evaluation::{Observer, RuleStep};
use crate::hashing::{self, Salt};
use crate::targeting::TargetingObserver;
use crate::visitor::data::VisitorData;

use super::{BLOCK, Reason, Verdict};

/// What is not worked out yet. No bucket is negative.
const UNKNOWN: f64 = -1.0;

/// Buckets of a block's rows for a salt.
struct Column<'a> {
    salt: &'a Salt,
    /// Whether other flags ask for them too.
    is_shared: bool,
    buckets: Vec<f64>,
    /// Rows for which an evaluation has asked in vain.
    wanted: Vec<usize>,
}

/// Watches evaluations.
pub(super) struct Watch<'a> {
    pub(super) truths: Truths<'a>,
    pub(super) verdict: Verdict,
    columns: Vec<Column<'a>>,
    /// Columns that are out of use.
    spare: Vec<Vec<f64>>,
    first: usize,
    row: usize,
    code: &'a str,
    wants: bool,
    hashes_data: bool,
    codes: Vec<&'a str>,
    results: Vec<f64>,
}

impl<'a> Watch<'a> {
    pub(super) fn new(truths: Truths<'a>) -> Self {
        Self {
            truths,
            verdict: Verdict { outcome: None, rule_id: None, reason: Reason::NotTargeted },
            columns: Vec::new(),
            spare: Vec::new(),
            first: 0,
            row: 0,
            code: "",
            wants: false,
            hashes_data: false,
            codes: Vec::new(),
            results: Vec::new(),
        }
    }

    /// Other rows come; the first of them is `first`.
    pub(super) fn begin_block(&mut self, first: usize) {
        self.first = first;
        self.keep(|_| false);
    }

    /// Another flag is asked. Only what flags share stays.
    pub(super) fn begin_flag(&mut self, data_file: &'a DataFile, flag: FlagIndex) {
        self.keep(|column| column.is_shared);
        let flag = &data_file[flag];
        let holdout = data_file.holdout.as_ref().map(|holdout| &holdout.salt);
        let group = flag.group.map(|group| &data_file[group].salt);
        for salt in [holdout, group].into_iter().flatten() {
            if !self.columns.iter().any(|column| std::ptr::eq(column.salt, salt)) {
                self.add(salt, true);
            }
        }
        for salt in flag.rules.iter().flat_map(|rule| [&rule.salt, &rule.experiment_salt]) {
            self.add(salt, false);
        }
    }

    pub(super) fn begin_row(&mut self, row: usize, code: &'a str, hashes_data: bool) {
        (self.row, self.code, self.hashes_data, self.wants) = (row, code, hashes_data, false);
        self.verdict.rule_id = None;
        self.verdict.reason = Reason::NotTargeted;
    }

    /// Whether the evaluation has asked for a bucket in vain.
    pub(super) fn wants(&self) -> bool {
        self.wants
    }

    /// Works out the buckets of some rows for a salt.
    pub(super) fn work_out(&mut self, salt: &Salt, rows: &[usize], codes: &[&'a str]) {
        let Self { columns, codes: chosen, results, first, .. } = self;
        let Some(column) = columns.iter_mut().find(|column| std::ptr::eq(column.salt, salt)) else { return };
        column.buckets.resize(BLOCK, UNKNOWN);
        let is_unknown = |column: &Column<'_>, row: usize| column.buckets[row - *first] == UNKNOWN;
        chosen.clear();
        chosen.extend(rows.iter().filter(|row| is_unknown(column, **row)).map(|row| codes[*row]));
        results.clear();
        hashing::buckets(chosen, salt, results);
        let mut results = results.drain(..);
        for row in rows {
            if is_unknown(column, *row) {
                column.buckets[row - *first] = results.next().unwrap_or(UNKNOWN);
            }
        }
    }

    /// Works out what evaluations have asked for in vain.
    pub(super) fn work_out_wanted(&mut self, codes: &[&'a str]) {
        for position in 0..self.columns.len() {
            let wanted = std::mem::take(&mut self.columns[position].wanted);
            if !wanted.is_empty() {
                self.work_out(self.columns[position].salt, &wanted, codes);
            }
        }
    }

    fn add(&mut self, salt: &'a Salt, is_shared: bool) {
        let mut buckets = self.spare.pop().unwrap_or_default();
        buckets.clear();
        self.columns.push(Column { salt, is_shared, buckets, wanted: Vec::new() });
    }

    fn keep(&mut self, stays: impl Fn(&Column<'_>) -> bool) {
        let (stay, go): (Vec<_>, Vec<_>) = self.columns.drain(..).partition(stays);
        self.columns = stay;
        self.spare.extend(go.into_iter().map(|column| column.buckets));
    }
}

impl TargetingObserver for Watch<'_> {
    #[inline]
    fn truth(&mut self, term: &Term, visitor: Option<&VisitorData>) -> Option<bool> {
        if self.hashes_data || visitor.is_none() { None } else { self.truths.truth(term, self.row) }
    }
}

impl Observer for Watch<'_> {
    /// Where there is none yet, one that ends the evaluation soon.
    #[inline]
    fn bucket(&mut self, code: &str, salt: &Salt) -> f64 {
        if self.hashes_data {
            return hashing::bucket(code, salt);
        }
        let Some(column) = self.columns.iter_mut().find(|column| std::ptr::eq(column.salt, salt)) else {
            return hashing::bucket(code, salt);
        };
        match column.buckets.get(self.row - self.first) {
            Some(bucket) if *bucket >= 0.0 => *bucket,
            _ => {
                if !self.wants {
                    self.wants = true;
                    column.wanted.push(self.row);
                }
                0.0
            }
        }
    }

    fn holdout(&mut self, _bucket: f64, key: Option<&str>) {
        if key == Some(IN_HOLDOUT) {
            self.verdict.reason = Reason::Holdout;
        }
    }

    fn group(&mut self, _name: &str, _bucket: f64, _chosen: &Flag, own: bool) {
        if !own {
            self.verdict.reason = Reason::OtherFlagOfGroup;
        }
    }

    #[inline]
    fn rule_ends(&mut self, rule: &Rule, step: RuleStep) {
        let (reason, decides) = match step {
            RuleStep::NotTargeted => return,
            RuleStep::NotExposed { stops, .. } => (Reason::NotExposed, stops),
            RuleStep::Experiment { found: false } => (Reason::NotExposed, false),
            RuleStep::Experiment { found: true }
            | RuleStep::Delivered
            | RuleStep::Forced
            | RuleStep::Bandit
            | RuleStep::ConsentRefused => (Reason::Targeted, true),
        };
        self.verdict.reason = reason;
        self.verdict.rule_id = decides.then_some(rule.id);
    }
}
