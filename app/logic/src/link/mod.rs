//! The client's side of the realtime core, without a socket, a clock or a browser: the browser
//! edge reports what happened and carries out the [`Effect`]s; tests do the same with a network
//! of their own.
//!
//! - [`machine`]: the link itself, composed of the parts below
//! - [`dialer`]: when a connection is opened, given up and tried again; [`backoff`]: how long that
//!   waits
//! - [`heartbeat`]: when silence means something; [`clock`]: the server's clock
//! - [`followed_topics`], [`page_cursor`]: the followed topics, and each topic's events in order
//! - [`pending`], [`outbox_record`]: messages without an answer, resent with the same id
//! - [`transmitter`]: several messages in one frame; urgent ones flush
//! - [`inbox`], [`sending`]: what a received frame means, and what is sent
//! - [`status`], [`statistics`], [`delivery`]: what a page is given

mod backoff;
mod clock;
mod delivery;
mod dialer;
mod effect;
mod followed_topics;
mod heartbeat;
mod inbox;
mod machine;
mod outbox_record;
mod page_cursor;
mod pending;
mod sending;
mod statistics;
mod status;
#[cfg(test)]
mod tests;
mod transmitter;

pub use clock::Now;
pub use delivery::Delivery;
pub use effect::{Effect, Renewal};
pub use machine::Link;
pub use outbox_record::OutboxRecord;
pub use status::{Figures, Phase, Status};
