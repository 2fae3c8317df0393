//! The native edge of Cadence. Read in this order:
//!
//! - [`serve`]: how the parts are put together; [`state`]: the handles that every door gets
//! - `http`: routes, JSON API and pages; [`ws`]: one WebSocket connection. Doors parse, call one
//!   use case and answer.
//! - [`gym`], [`guitar`], [`accounts`]: one file per use case, the same behind pages, API and socket
//! - [`auth`]: proving who sends a request
//! - `jobs`: what happens because time passed or another node wrote
//! - [`telemetry`], [`welcome`]: for operators
//!
//! Below it stand the crates `cadence-realtime` (connections, topics, other nodes), `cadence-store`
//! (the only SQL), `cadence-config` and `cadence-base`. Pages are in `app`, rules in `logic`.

pub mod accounts;
pub mod auth;
pub mod guitar;
pub mod gym;
mod http;
mod jobs;
pub mod serve;
pub mod state;
pub mod telemetry;
pub mod welcome;
mod ws;
