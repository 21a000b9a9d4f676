//! Why a pattern was refused, and that a match gave up. Raised by the parser, the compiler and the matcher.

use std::fmt;

/// Why a pattern can never match: Python refuses it as well, or it is beyond a limit of this crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternError {
    reason: String,
    position: usize,
}

impl PatternError {
    pub(super) fn new(reason: impl Into<String>, position: usize) -> Self {
        Self { reason: reason.into(), position }
    }

    /// The character of the pattern at which it was refused, counted from 0.
    pub fn position(&self) -> usize {
        self.position
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} at position {}", self.reason, self.position)
    }
}

impl std::error::Error for PatternError {}

/// A match was abandoned because its steps or its memory ran out: nobody knows whether the text matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GaveUp;

impl fmt::Display for GaveUp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("gave up: the pattern takes too many steps on this text")
    }
}

impl std::error::Error for GaveUp {}
