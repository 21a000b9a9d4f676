//! Visitors: the data that users give ([`datum`]), what one visitor holds ([`data`]), and all of them ([`store`]).

pub mod data;
pub mod datum;
mod delivery;
pub mod store;

pub use delivery::{Delivery, DeliveryState};
