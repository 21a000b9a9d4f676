//! Many visitors at once, by columns: a compiled data file and batches of Arrow columns in, columns of variations out. No
//! visitor is stored, and nothing is tracked. Called by the bindings.
//!
//! The answers are those of [`crate::evaluation`], the only evaluator: each row is a visitor without history, asked for one
//! flag after another. What pays by columns is only what the evaluator is told beforehand: buckets, worked out several at a
//! time ([`crate::hashing::buckets`]), the truth of a condition for a value that many rows share (`truths`), and the end of
//! an evaluation whose questions all have the answers of another one (`paths`).
//!
//! | file | |
//! |---|---|
//! | [`cells`] | reads the values of an Arrow array, whatever its layout |
//! | [`columns`] | which column is which datum; from a row's cells to a visitor's data |
//! | `truths` | which rows have the same value, and what conditions are for it |
//! | `paths` | what evaluations of a flag ask, one after another, and how they end |
//! | [`rows`] | evaluates a portion of rows |
//! | [`layout`] | from answers to columns, wide or long |
//! | [`stream`] | portions in parallel, in order, one after another |

pub mod cells;
pub mod columns;
pub mod error;
pub mod layout;
mod paths;
pub mod rows;
pub mod stream;
mod truths;
