//! The client's side of the realtime core, without a socket, a clock or a browser: the browser
//! edge reports what happened and carries out the [`Effect`]s; tests do the same with a network
//! of their own.
//!
//! - [`machine`]: the connection's life, from the first dial to the last word
//! - [`inbox`]: what a received frame means
//! - [`cursor`]: a topic's events in order, without gaps and doubles
//! - [`pending`]: messages without an answer, resent with the same id
//! - [`batch`]: several messages in one frame; urgent ones flush
//! - [`heartbeat`], [`backoff`], [`clock`]: timing rules as pure functions
//! - [`status`], [`delivery`]: what a page may know and gets

pub mod backoff;
pub mod batch;
pub mod clock;
pub mod cursor;
pub mod delivery;
pub mod heartbeat;
mod inbox;
pub mod machine;
pub mod pending;
pub mod status;
#[cfg(test)]
mod tests;

pub use delivery::Delivery;
pub use machine::{Effect, Link, Now, Renewal};
pub use pending::OutboxRecord;
pub use status::{Figures, Phase, Status};
