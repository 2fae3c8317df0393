//! One WebSocket connection, one task.
//!
//! - [`upgrade`]: the three endpoints, who may open a socket, and which dialect it speaks
//! - [`connection`]: the loop of a connection: read, decide, write, beat
//! - [`introduce`]: `hello`, `auth`, and the renewal of a sign-in
//! - [`receive`]: one closed `match` over everything a client may say
//! - [`follow`]: topics: catching up from the ring, the database, or by snapshot
//! - [`drain`]: what is ready, in as few frames as the dialect allows
//! - [`principal`]: who the connection speaks for
//! - [`rate`]: how many messages are too many

mod connection;
mod drain;
mod follow;
mod introduce;
pub mod principal;
mod receive;
pub mod upgrade;
