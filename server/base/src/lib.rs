//! What every part of the server stands on. This crate depends on no other crate of the server.
//!
//! - [`identity`]: who a request or a connection acts as, as plain data
//! - [`event`]: what one COMMIT made
//! - [`refusal`]: errors that the store and the realtime part share
//! - [`token`]: random tokens and their hashes
//! - [`time`], [`sync`]: the clock that never jumps, and locks
//! - [`rate_limit`]: token buckets
//! - [`faults`]: points at which a test ends the process

pub mod event;
pub mod faults;
pub mod identity;
pub mod rate_limit;
pub mod refusal;
pub mod sync;
pub mod time;
pub mod token;
