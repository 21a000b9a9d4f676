//! The data file: JSON shapes that forgive (`wire`), the compiled model ([`model`]), and the pass between them.
//!
//! Knows nothing of visitors. Nothing here runs during an evaluation.

mod compile;
mod compile_condition;
mod compile_segments;
pub mod condition;
pub mod index;
pub mod model;
pub mod reports;
mod wire;

use std::fmt;

pub use compile::{Compiled, compile};

/// Something that was left out of a data file because it could not be read. The rest works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Omission {
    /// What was left out: `"feature flag"`, `"rule"`, `"segment"`, `"condition"`, …
    pub entry: &'static str,
    /// Its id or key, as far as it could be read.
    pub id: String,
    /// Why.
    pub reason: String,
}

impl fmt::Display for Omission {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "data file: {} {} left out: {}", self.entry, self.id, self.reason)
    }
}

/// Why a data file as a whole could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFileError(pub String);

impl fmt::Display for DataFileError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "unreadable data file: {}", self.0)
    }
}

impl std::error::Error for DataFileError {}
