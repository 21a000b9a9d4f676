//! From what visitors have to send to the requests that the service is sent.
//!
//! A piece of a visitor's events is written as lines ([`event`]), each with a nonce of its own ([`nonce`]); a request
//! holds the lines of many visitors ([`batch`]). An event is in one of three states: it is *unsent*, with its visitor or
//! with what came back ([`undelivered`]); it is *in flight*, in a batch; or it is *sent*. Its line, nonce included, is
//! written once and stays as it is however often it is tried. Sends nothing itself: [`crate::engine`] gives the batches
//! to whoever has a network.

pub mod batch;
pub mod event;
pub mod nonce;
pub mod parcel;
pub mod undelivered;
