//! What the fuzz targets do: each module with `check` is a target, which takes bytes and panics where something is wrong.
//!
//! | module | |
//! |---|---|
//! | [`data_file`] | a data file compiled, and every flag evaluated and explained for a visitor |
//! | [`remote`] | remote visitor data read and stored |
//! | [`simulation`] | the cookie that simulates variations |
//! | [`pattern`], [`numbers`] | patterns, numbers and versions, beside Python's own ([`python`]) |
//! | [`event_line`] | events written as lines and read back ([`line`]) |
//! | [`arrow`] | tables of every layout ([`layout`]), beside visitors one by one ([`rows`]) |
//! | [`document`] | an input of JSON and other bytes, and how it is changed |
//! | [`shapes`] | flags, conditions and the rest, as JSON, to be put into documents; a data file with all of them |
//! | [`visitor`] | what is done to a visitor |
//! | [`ask`] | asks every flag in every way, and compares the answers |
//! | [`bound`] | how long a call may take |

pub mod arrow;
pub mod ask;
pub mod bound;
pub mod data_file;
pub mod document;
pub mod event_line;
pub mod layout;
pub mod line;
pub mod numbers;
pub mod pattern;
pub mod python;
pub mod remote;
pub mod rows;
pub mod shapes;
pub mod simulation;
pub mod visitor;
