//! Visitors: the data that users give ([`datum`]), what one visitor holds ([`data`]) and has to send ([`unsent`]), and all
//! of them ([`store`]).

pub mod assigned;
pub mod code;
pub mod data;
pub mod datum;
pub mod keyed;
mod millis;
pub mod pages;
pub mod sending;
mod shard;
mod slot;
pub mod store;
pub mod storing;
pub mod unsent;

pub use millis::Millis;
