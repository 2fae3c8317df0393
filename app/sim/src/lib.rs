//! A seeded simulation: the client's link and the server's topics, the real code of `logic` and
//! `protocol`, with time and network injected.
//!
//! A world has pages, nodes, one database and one broker. Everything that can go wrong does:
//! frames are delayed and lost, connections are cut or half open, nodes crash between any two
//! steps of a command, hints between nodes are lost, doubled and overtaken, the broker forgets,
//! the database is away, pages sleep, reload, and set their clocks. Afterwards everything heals, and
//! the counting is exact:
//!
//! - a page applies every event of a log once and in order, or jumps by a snapshot that holds
//!   exactly the events up to its position;
//! - a command is carried out at most once and answered once to the page that waits for it;
//! - in the end every command is carried out and answered, and everybody shows the same.
//!
//! - [`rng`]: random numbers of a seed
//! - [`truth`]: what really happened
//! - [`node`]: a server process; [`page`]: a browser page
//! - [`world`]: time, network and faults between them, and what must be true in the end

#![allow(clippy::expect_used, reason = "a broken promise ends the run, and says which one")]

pub mod node;
pub mod page;
pub mod rng;
pub mod truth;
pub mod world;

pub use world::{Report, run, tell};
