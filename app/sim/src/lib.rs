//! A seeded simulation: the client's link and the server's side of topics and connections, the code
//! of `logic` and `protocol` that the products run, with time and network injected.
//!
//! A run has pages and programs in several roles, nodes, one database and one broker. Frames are
//! delayed and lost, connections are cut or half open, nodes crash between any two steps of a
//! command, messages between nodes are lost, duplicated and reordered, the broker loses its data,
//! the database is away, pages sleep, reload, are closed for good, and set their clocks. Left out
//! are sign-in, phones that wait for the host, and the host's decisions. Afterwards the faults end,
//! and the checks are exact:
//!
//! - a page applies every event of a log once and in order, or jumps by a snapshot that holds
//!   exactly the events up to its position;
//! - a command is carried out at most once and answered once to the page that waits for it;
//! - on the wire each message is answered once, and never before its event, which a link would
//!   forgive;
//! - a message whose sender's role does not permit it is refused and makes no event;
//! - no device is published as gone that is connected to a node with a lease;
//! - in the end every command is carried out and answered, all pages show the reference, and the
//!   session shows the devices that follow it, and no others.
//!
//! - [`rng`]: random numbers of a seed
//! - [`reference`]: what database and broker hold, and what has to be shown
//! - [`roles`]: who sits in front of a page
//! - [`node`]: a server process, with [`node_topic`] and [`served_connection`]
//! - [`page`]: a browser page; [`simple_client`]: a program without a link
//! - [`wire_check`]: what may be written on a connection
//! - [`simulation`]: time, network and faults between them, and what must be true in the end

#![allow(clippy::expect_used, reason = "a violated check ends the run with its message")]

pub mod node;
pub mod node_topic;
pub mod page;
pub mod reference;
pub mod rng;
pub mod roles;
pub mod served_connection;
pub mod simple_client;
pub mod simulation;
pub mod wire_check;

pub use simulation::{SeedReport, run, trace};
