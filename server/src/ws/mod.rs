//! One WebSocket connection, one task.
//!
//! - [`upgrade`]: the three endpoints, who may open a socket, and which protocol it uses
//! - [`connection`]: the loop of a connection
//! - [`heartbeat`]: pings, silence, and the end of a sign-in
//! - [`incoming`]: from a frame to its messages, and the limits
//! - [`introduce`]: `hello`, `auth`, and the renewal of a sign-in
//! - [`receive`]: the dispatch of messages; [`guitar_messages`], [`desk_messages`]: their parts
//! - [`commands`]: commands whose answers are not there yet
//! - [`follow`]: following and leaving topics; [`source`]: where their events come from
//! - [`frames`]: what is ready, in as few frames as the protocol allows
//! - [`principal`]: who the connection acts as

mod commands;
mod connection;
mod desk_messages;
mod follow;
mod frames;
mod guitar_messages;
mod heartbeat;
mod incoming;
mod introduce;
pub(crate) mod principal;
mod receive;
mod source;
pub(crate) mod upgrade;
