//! The real server over real sockets: what a client notices, and nothing of its inside.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod faults;
mod guitar;
mod gym;
mod nodes;
mod security;
mod support;
