//! Patterns with the answer of Python's `re.fullmatch`, within a bounded time. Imports nothing of the crate.
//!
//! What comes in: the text of a pattern when a data file is compiled ([`Compiler::compile`]), a text of a visitor when
//! a condition is evaluated ([`Pattern::is_full_match`]). What goes out: whether all of the text matches, or that the
//! question was given up because it takes too long ([`GaveUp`]), which the caller treats as "no".
//!
//! | module | what |
//! |---|---|
//! | `tokens`, `parse`, `parse_set`, `parse_group` | Python's grammar, and what Python refuses |
//! | `tree` | what was parsed |
//! | `category`, `charset`, `casefold` | characters: classes, sets, case |
//! | `resolve` | the tree with its flags applied |
//! | `linear` | small regular patterns, on an automaton |
//! | `program`, `backtrack`, `repeat`, `captures`, `text`, `memo` | all others, on a matcher that backtracks as Python's does |
//! | `steps` | how long an evaluation may take |
//!
//! Where the answer may differ from that of the `re` beside it:
//!
//! - characters assigned by a version of Unicode that only one of the two knows;
//! - `\N{...}`, which is refused; groups nested deeper than 150; patterns longer than 100,000 bytes;
//! - what differs between versions of Python: the rules are those of 3.11 (`++` and `(?>...)` exist, `\B` does not hold in
//!   an empty text, captures of a lazy loop that was given up may stay);
//! - captures of a possessive loop whose last iteration failed, where 3.11 raises `SystemError`.
//!
//! ```
//! use kameleoon_engine::pattern::{Compiler, Steps};
//!
//! let mut compiler = Compiler::default(); // one for all patterns of a data file
//! let pattern = compiler.compile(r"(?i)https://shop\.example(/[\w-]+)*/?")?;
//! assert_eq!(pattern.is_full_match("https://SHOP.example/a/b", &Steps::for_one_evaluation()), Ok(true));
//! # Ok::<(), kameleoon_engine::pattern::PatternError>(())
//! ```

mod backtrack;
mod captures;
mod casefold;
mod category;
mod charset;
mod closed;
mod error;
mod linear;
mod memo;
mod parse;
mod parse_group;
mod parse_set;
mod program;
mod repeat;
mod resolve;
mod steps;
mod text;
mod tokens;
mod tree;

use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;

use backtrack::Scratch;
use charset::Sets;
use linear::Linear;
use program::Program;

pub use error::{GaveUp, PatternError};
pub use steps::Steps;

/// Bytes that one pattern may take on the linear engine.
const PATTERN_MEMORY: usize = 256 * 1024;
/// Bytes that the linear engine may take for all patterns of a data file.
const FILE_MEMORY: usize = 10 * 1024 * 1024;
/// Bytes that all patterns of a data file may take.
const ALL_MEMORY: usize = 16 * 1024 * 1024;
/// Scratch memories that are kept for patterns of a data file.
const KEPT_SCRATCHES: usize = 4;

/// Compiles the patterns of one data file, and sees to it that together they take no more than some 16 MiB.
pub struct Compiler {
    linear_left: usize,
    left: usize,
    sets: Sets,
    scratches: Arc<Scratches>,
}

impl Default for Compiler {
    fn default() -> Self {
        Self { linear_left: FILE_MEMORY, left: ALL_MEMORY, sets: Sets::default(), scratches: Arc::default() }
    }
}

impl Compiler {
    /// Compiles a pattern of Python's `re` for `str`.
    ///
    /// # Errors
    /// Why the pattern can never match: Python refuses it too, or it exceeds a limit (groups nested deeper than 150,
    /// 100,000 bytes, the memory of all patterns), or names a character (`\N{...}`).
    pub fn compile(&mut self, source: &str) -> Result<Pattern, PatternError> {
        let parsed = parse::parse(source)?;
        let sets_before = self.sets.memory();
        let resolved = resolve::resolve(&parsed, &mut self.sets)?;
        let program = Program::new(&resolved);
        let mut memory = size_of::<Pattern>() + source.len() + program.memory() + self.sets.memory() - sets_before;
        let linear = Linear::new(&resolved).filter(|linear| {
            let taken = linear.memory();
            let fits = taken <= PATTERN_MEMORY && taken <= self.linear_left;
            if fits {
                self.linear_left -= taken;
                memory += taken;
            }
            fits
        });
        let Some(left) = self.left.checked_sub(memory) else {
            return Err(PatternError::new("the patterns of this data file take more than 16 MiB", 0));
        };
        self.left = left;
        let engines = Engines { linear, program, scratches: Arc::clone(&self.scratches) };
        Ok(Pattern { source: source.into(), memory, engines: Arc::new(engines) })
    }
}

/// A compiled pattern. A clone shares it.
#[derive(Clone)]
pub struct Pattern {
    source: Box<str>,
    memory: usize,
    engines: Arc<Engines>,
}

struct Engines {
    linear: Option<Linear>,
    program: Program,
    scratches: Arc<Scratches>,
}

impl Pattern {
    /// Whether the whole of `text` matches, as `re.fullmatch` says. What it costs is taken from `steps`.
    ///
    /// # Errors
    /// The steps did not suffice.
    pub fn is_full_match(&self, text: &str, steps: &Steps) -> Result<bool, GaveUp> {
        let engines = &*self.engines;
        if let Some(linear) = &engines.linear {
            steps.spend(u32::try_from(text.len() / 4).unwrap_or(u32::MAX));
            if steps.for_one_match() == 0 {
                return Err(GaveUp);
            }
            if let Some(answer) = linear.is_full_match(text) {
                return Ok(answer);
            }
        }
        let available = steps.for_one_match();
        let mut scratch = engines.scratches.take();
        let (answer, left) = backtrack::is_full_match(&engines.program, text, &mut scratch, available);
        engines.scratches.put_back(scratch);
        steps.spend(available - left);
        answer
    }

    /// The pattern as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Bytes that it takes, about.
    pub fn memory(&self) -> usize {
        self.memory
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let engine = if self.engines.linear.is_some() { "linear" } else { "backtracking" };
        write!(formatter, "Pattern({:?}, {engine})", self.source)
    }
}

/// Memory of matches that have ended, for the next ones.
#[derive(Default)]
struct Scratches(Mutex<Vec<Scratch>>);

impl Scratches {
    fn take(&self) -> Scratch {
        self.0.lock().pop().unwrap_or_default()
    }

    fn put_back(&self, scratch: Scratch) {
        let mut kept = self.0.lock();
        if kept.len() < KEPT_SCRATCHES {
            kept.push(scratch);
        }
    }
}
