//! How much work the patterns of one evaluation may be. Made by the caller for each evaluation, spent by the matchers.

use std::cell::Cell;

/// Steps for all patterns of one evaluation: some 13 ms (a step takes 3 to 5 ns on a server of 2024).
const EVALUATION: u32 = 3_000_000;

/// Steps for one match at most, some 11 ms.
const MATCH: u32 = 2_500_000;

/// Steps left to the patterns of one evaluation.
///
/// ```
/// use kameleoon_engine::pattern::{Compiler, Steps};
///
/// let pattern = Compiler::default().compile("(a|aa)*b")?;
/// assert_eq!(pattern.is_full_match("aaab", &Steps::for_one_evaluation()), Ok(true));
/// # Ok::<(), kameleoon_engine::pattern::PatternError>(())
/// ```
#[derive(Debug)]
pub struct Steps(Cell<u32>);

impl Steps {
    /// What an evaluation may spend: about 13 ms in all.
    pub fn for_one_evaluation() -> Self {
        Self(Cell::new(EVALUATION))
    }

    /// What one match may spend of them.
    pub(super) fn for_one_match(&self) -> u32 {
        self.0.get().min(MATCH)
    }

    pub(super) fn spend(&self, steps: u32) {
        self.0.set(self.0.get().saturating_sub(steps));
    }
}
