//! Visitors: the data that users give ([`datum`]), what one visitor holds ([`data`]), and all of them ([`store`]).

pub mod assigned;
pub mod data;
pub mod datum;
mod delivery;
mod millis;
mod slot;
pub mod store;

pub use delivery::{Delivery, DeliveryState};
pub use millis::Millis;
