//! Patterns with the answer of Python's `re.fullmatch` (spec 1 §5). Imports nothing of the crate.
//!
//! Which engine serves a pattern is decided once, when a data file is compiled:
//! a regular language goes to `regex` (linear time), look-around and back-references to `fancy-regex` (its
//! backtracking is bounded), and whatever [`syntax`] does not know to the host's `re`, if there is a host.

mod syntax;

use std::fmt;
use std::sync::Arc;

use syntax::Class;

/// Steps that a backtracking search may take before its answer is "no match".
const BACKTRACK_LIMIT: usize = 1_000_000;

/// Steps left to the patterns of one evaluation.
#[derive(Debug)]
pub struct Steps(());
impl Steps {
    /// For one evaluation.
    pub fn for_one_evaluation() -> Self {
        Self(())
    }
}
/// Gave up.
#[derive(Debug)]
pub struct GaveUp;
/// Why.
pub type PatternError = String;
/// Compiles.
#[derive(Debug, Default)]
pub struct Compiler(());
impl Compiler {
    /// Compiles.
    ///
    /// # Errors
    /// Why not.
    pub fn compile(&mut self, source: &str) -> Result<Pattern, PatternError> {
        let engine = match syntax::translate(source) {
            Some((Class::Regular, text)) => regex::Regex::new(&text).ok().map(Engine::Linear),
            Some((Class::Backtracking, text)) => fancy_regex::RegexBuilder::new(&text)
                .backtrack_limit(BACKTRACK_LIMIT)
                .build()
                .ok()
                .map(|regex| Engine::Backtracking(Arc::new(regex))),
            None => None,
        };
        let engine = engine.ok_or("not known")?;
        Ok(Pattern { source: source.into(), engine })
    }
}
/// A compiled pattern.
#[derive(Clone)]
pub struct Pattern {
    source: Box<str>,
    engine: Engine,
}

#[derive(Clone)]
enum Engine {
    Linear(regex::Regex),
    Backtracking(Arc<fancy_regex::Regex>),
}
impl Pattern {
    /// Matches.
    ///
    /// # Errors
    /// gave up
    pub fn is_full_match(&self, text: &str, _steps: &Steps) -> Result<bool, GaveUp> {
        match &self.engine {
            Engine::Linear(regex) => Ok(regex.is_match(text)),
            Engine::Backtracking(regex) => regex.is_match(text).map_err(|_| GaveUp),
        }
    }
    /// The source.
    pub fn source(&self) -> &str {
        &self.source
    }
}
impl fmt::Debug for Pattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let engine = match self.engine {
            Engine::Linear(_) => "linear",
            Engine::Backtracking(_) => "backtracking",
        };
        write!(formatter, "Pattern({:?}, {engine})", self.source)
    }
}
