//! The real server over real sockets: what a client notices, and nothing of its inside.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod accounts;
mod backend;
mod bad_input;
mod bad_network;
mod browser;
mod client;
mod codec;
mod decoders;
mod drops;
mod guitar;
mod gym;
mod hostile;
mod idle_memory;
mod in_order;
mod leftovers;
mod linked;
mod long_life;
mod node_killed;
mod nodes;
mod people;
mod power_cut;
mod proxy;
mod record;
mod redis;
mod releases;
mod restart;
mod site;
mod slow_reader;
mod stop;
mod store;
mod test_gym;
mod together;
mod traffic;
mod world;
mod wrong_claims;
