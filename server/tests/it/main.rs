//! The real server over real sockets: what a client notices, and nothing of its inside.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod accounts;
mod backend;
mod bad_input;
mod client;
mod codec;
mod guitar;
mod gym;
mod idle_memory;
mod nodes;
mod people;
mod redis;
mod releases;
mod restart;
mod store;
mod test_gym;
mod together;
mod world;
