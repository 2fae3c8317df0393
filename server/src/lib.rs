//! The native edge of Cadence. Read in this order:
//!
//! - [`routes`]: every address, grouped by who calls it; [`serve`]: how the parts are put together
//! - [`ws`]: one WebSocket connection; [`hub`]: all of them, and the topics that they follow
//! - [`check_in`], [`check_out`], [`undo_check_in`], [`members`], [`gym`], [`sign_in`],
//!   [`pairing`], [`practice`]: one file per use case, the same behind pages, API and socket
//! - [`store`]: the only place that writes SQL; [`broker`]: the only one that knows of other nodes
//! - [`auth`]: who is who; [`api`]: the JSON API; [`backend`]: the pages' way in
//! - [`files`]: what is not made but only sent; [`config`], [`telemetry`], [`health`], [`welcome`], [`create_admin`]: for operators;
//!   `faults`: for tests
//!
//! What this crate does not know: no page and no rule. Pages are in `app`, rules in `logic`.

pub mod api;
pub mod auth;
pub mod backend;
pub mod check_in;
pub mod check_out;
pub mod create_admin;
pub mod files;
pub mod gym;
pub mod health;
pub mod jobs;
pub mod members;
mod page_language;
pub mod pairing;
pub mod practice;
pub mod render;
pub mod routes;
pub mod serve;
pub mod sign_in;
pub mod state;
pub mod telemetry;
pub mod undo_check_in;
pub mod welcome;
pub mod ws;
