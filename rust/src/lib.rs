//! The engine of the Kameleoon client for Python: a data file and a visitor in, the right variation out.
//!
//! The house, bottom up; a module knows those above it in this list, never those below:
//!
//! | module | what |
//! |---|---|
//! | [`hashing`] | code and container to a bucket |
//! | [`numbers`] | numbers as Python reads and writes them |
//! | [`value`] | JSON values as users get them |
//! | [`pattern`] | patterns with `re.fullmatch`'s answer |
//! | `prefetch` | a hint to the processor |
//! | [`json`] | JSON text as Python reads it |
//! | [`datafile`] | tolerant JSON shapes, compiled into a model |
//! | [`visitor`] | what one visitor holds, and the store of all |
//! | [`targeting`] | whether a segment targets a visitor |
//! | [`evaluation`] | one flag for one visitor; explanations |
//! | [`delivery`] | events as lines, requests, what becomes of them |
//! | [`remote`] | remote visitor data |
//! | [`engine`] | the facade |
//! | `python` | the bindings (feature `python`): convert, never decide |
//!
//! The core takes time and randomness as arguments: it has no clock, no environment and no globals.

pub mod datafile;
pub mod delivery;
pub mod engine;
pub mod evaluation;
pub mod hashing;
pub mod json;
pub mod numbers;
pub mod pattern;
mod prefetch;
#[cfg(feature = "python")]
mod python;
pub mod remote;
pub mod targeting;
pub mod value;
pub mod visitor;
