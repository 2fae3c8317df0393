//! Connections, topics and the way to other nodes. No SQL, no request, no page.
//!
//! - [`hub`]: all live connections and topics of this process
//! - [`broker`]: the way to other nodes through Redis

pub mod broker;
pub mod hub;
