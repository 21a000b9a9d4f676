//! From stored data to the lines that the service is sent (spec 3): a line ([`event`]), who waits ([`queue`]), and what
//! one request takes, confirms or gives back ([`batch`]). Sends nothing itself.

pub mod batch;
pub mod event;
pub mod nonce;
pub mod queue;
