//! How often each flag was evaluated, and each variation given and exposed: counted by evaluations, read by whoever asks.
//!
//! [`Counts`] belongs to one data file. A thread that evaluates gets a [`Tally`], cells that it writes alone
//! (module `thread`), so counting is a few plain additions: no lock, no cache line that goes from core to core. Reading adds the
//! cells of all threads up and stops nobody. [`ledger`] keeps what was counted under earlier data files, by key.

pub mod ledger;
mod thread;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use parking_lot::Mutex;

use crate::datafile::index::{FlagIndex, OutcomeIndex};
use crate::datafile::model::{DataFile, Outcome};
use thread::THREADS;

/// Pairs of counters in a cache line.
const PAIRS: usize = 4;

/// Counters that fill a cache line: what one thread writes lies in no line that another one writes.
#[repr(align(64))]
#[derive(Default)]
struct Line([AtomicU64; 2 * PAIRS]);

/// The counters of one thread: a pair for each flag, then one for each outcome.
#[repr(align(64))]
struct Cells {
    lines: Box<[Line]>,
    /// When all flags were last evaluated together, in milliseconds since the epoch; 0 for never.
    all: AtomicI64,
}

impl Cells {
    fn new(pairs: usize) -> Self {
        Self { lines: (0..pairs.div_ceil(PAIRS)).map(|_| Line::default()).collect(), all: AtomicI64::new(0) }
    }

    #[inline]
    fn pair(&self, number: usize) -> Option<(&AtomicU64, &AtomicU64)> {
        let Line(counters) = self.lines.get(number / PAIRS)?;
        let first = number % PAIRS * 2;
        Some((&counters[first], &counters[first + 1]))
    }
}

/// What was counted under one data file, in this process.
pub struct Counts {
    flags: usize,
    outcomes: usize,
    own: [OnceLock<Box<Cells>>; THREADS],
    /// Of the threads that have no number.
    shared: Box<Cells>,
    /// What a parent process had counted when this one was forked.
    inherited: Mutex<Option<Sums>>,
}

/// The counters of a flag, apart from those of its outcomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FlagSum {
    /// Evaluations that ended without a variation that the data file has: the flag is disabled, say.
    pub without_variation: u64,
    /// When it was last asked for by its key, in milliseconds since the epoch; 0 for never.
    pub asked: i64,
}

/// The counters of an outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutcomeSum {
    /// How often it was the answer.
    pub evaluated: u64,
    /// How many visitors were exposed to it; see [`Tally::count`].
    pub exposed: u64,
}

/// The counters of all threads, added up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// By [`FlagIndex`].
    pub flags: Vec<FlagSum>,
    /// By [`OutcomeIndex`].
    pub outcomes: Vec<OutcomeSum>,
    /// When all flags were last evaluated together, in milliseconds since the epoch; 0 for never.
    pub all: i64,
}

/// Where the current thread counts.
#[derive(Clone, Copy)]
pub struct Tally<'a> {
    cells: &'a Cells,
    outcomes_from: usize,
    is_own: bool,
}

impl Counts {
    /// Nothing counted yet.
    pub fn new(data_file: &DataFile) -> Self {
        let (flags, outcomes) = (data_file.flags.len(), data_file.outcomes.len());
        Self {
            flags,
            outcomes,
            own: [const { OnceLock::new() }; THREADS],
            shared: Box::new(Cells::new(flags + outcomes)),
            inherited: Mutex::default(),
        }
    }

    /// Where the current thread counts.
    #[inline]
    pub fn here(&self) -> Tally<'_> {
        let outcomes_from = self.flags;
        let Some(own) = thread::number().and_then(|number| self.own.get(number)) else {
            return Tally { cells: &self.shared, outcomes_from, is_own: false };
        };
        let cells = match own.get() {
            Some(cells) => cells,
            None => self.begin(own),
        };
        Tally { cells, outcomes_from, is_own: true }
    }

    #[cold]
    fn begin<'a>(&self, own: &'a OnceLock<Box<Cells>>) -> &'a Cells {
        own.get_or_init(|| Box::new(Cells::new(self.flags + self.outcomes)))
    }

    /// What this process has counted.
    pub fn sums(&self) -> Sums {
        let mut sums = self.all_sums();
        if let Some(inherited) = &*self.inherited.lock() {
            sums.subtract(inherited);
        }
        sums
    }

    /// Makes the counts those of a forked child: nothing so far.
    pub fn after_fork(&self) {
        let sums = self.all_sums();
        *self.inherited.lock() = Some(sums);
    }

    fn all_sums(&self) -> Sums {
        let mut sums = Sums {
            flags: vec![FlagSum::default(); self.flags],
            outcomes: vec![OutcomeSum::default(); self.outcomes],
            all: 0,
        };
        for cells in self.own.iter().filter_map(OnceLock::get).chain([&self.shared]) {
            sums.add(cells);
        }
        sums
    }
}

impl Sums {
    fn add(&mut self, cells: &Cells) {
        let read = |number| {
            let pair = cells.pair(number);
            pair.map_or((0, 0), |(first, second)| (first.load(Ordering::Relaxed), second.load(Ordering::Relaxed)))
        };
        let flags = self.flags.len();
        for (number, flag) in self.flags.iter_mut().enumerate() {
            let (without_variation, asked) = read(number);
            flag.without_variation += without_variation;
            flag.asked = flag.asked.max(asked.cast_signed());
        }
        for (number, outcome) in self.outcomes.iter_mut().enumerate() {
            let (evaluated, exposed) = read(flags + number);
            outcome.evaluated += evaluated;
            outcome.exposed += exposed;
        }
        self.all = self.all.max(cells.all.load(Ordering::Relaxed));
    }

    fn subtract(&mut self, earlier: &Self) {
        let since = |time: i64, earlier: i64| if time == earlier { 0 } else { time };
        for (flag, earlier) in self.flags.iter_mut().zip(&earlier.flags) {
            flag.without_variation = flag.without_variation.saturating_sub(earlier.without_variation);
            flag.asked = since(flag.asked, earlier.asked);
        }
        for (outcome, earlier) in self.outcomes.iter_mut().zip(&earlier.outcomes) {
            outcome.evaluated = outcome.evaluated.saturating_sub(earlier.evaluated);
            outcome.exposed = outcome.exposed.saturating_sub(earlier.exposed);
        }
        self.all = since(self.all, earlier.all);
    }
}

impl Tally<'_> {
    /// Counts an evaluation of a flag, and its answer, if it has one that the data file knows. `exposed`: the visitor had
    /// not been exposed to this variation of the experiment before, and now is: the answer was assigned, and is sent.
    #[inline]
    pub fn count(self, flag: FlagIndex, answer: Option<OutcomeIndex>, exposed: bool) {
        let Some(outcome) = answer else {
            if let Some((without_variation, _)) = self.cells.pair(flag.position()) {
                self.add_one(without_variation);
            }
            return;
        };
        if let Some((evaluated, exposures)) = self.cells.pair(self.outcomes_from + outcome.position()) {
            self.add_one(evaluated);
            if exposed {
                self.add_one(exposures);
            }
        }
    }

    /// Counts an exposure to an answer that an evaluation has given earlier.
    pub fn count_exposure(self, outcome: OutcomeIndex) {
        if let Some((_, exposures)) = self.cells.pair(self.outcomes_from + outcome.position()) {
            self.add_one(exposures);
        }
    }

    /// Notes that a flag was asked for by its key. `now`: milliseconds since the epoch.
    #[inline]
    pub fn note_asked(self, flag: FlagIndex, now: i64) {
        if let Some((_, asked)) = self.cells.pair(flag.position()) {
            asked.store(now.cast_unsigned(), Ordering::Relaxed);
        }
    }

    /// Notes that all flags were evaluated together. `now`: milliseconds since the epoch.
    pub fn note_all(self, now: i64) {
        self.cells.all.store(now, Ordering::Relaxed);
    }

    #[inline]
    fn add_one(self, counter: &AtomicU64) {
        if self.is_own {
            counter.store(counter.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
        } else {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The answer of the data file that is the same as one that was stored with a visitor, maybe under another data file.
#[cold]
pub fn known_outcome(data_file: &DataFile, stored: &Outcome) -> Option<OutcomeIndex> {
    let flag = &data_file[stored.flag];
    let of_rules = flag.rules.iter().filter(|rule| Some(rule.experiment_id) == stored.experiment_id);
    let mut shares = of_rules.flat_map(|rule| &rule.shares);
    let share = shares.find(|share| share.key == stored.key && share.variation_id == stored.variation_id);
    share.map(|share| share.outcome)
}
