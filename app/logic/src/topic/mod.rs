//! The server's side of a topic, without a socket, a clock or a database. The server puts locks,
//! sockets and databases around this code; the simulation in `app/sim` puts a bad network around
//! the same code.
//!
//! One node:
//! - [`event`]: an event, before and after it has a place
//! - [`ring`]: the recent events, numbered without holes
//! - [`log_follower`]: keeps a ring equal to a log that other nodes also write
//! - [`log`]: ring and follower of one topic, each event encoded once
//! - [`practice`]: how the practice clock reaches a session
//!
//! One connection:
//! - [`wire_protocol`]: what its client speaks
//! - [`access`]: which role may send what, and follow what
//! - [`order`]: the order of its messages, also when one has to be sent again
//! - [`catch_up`]: from a client's position to the end, by ring, replay or snapshot
//! - [`answered_events`]: what it was answered before or without its events
//! - [`cursor`]: its position in a topic, and the answers that replace its own events
//! - [`topic_subscription`]: one topic that it follows
//! - [`frame_parts`]: what it writes next of one topic
//! - [`subscriptions`]: its topics together

pub mod access;
pub mod answered_events;
pub mod catch_up;
pub mod cursor;
pub mod event;
pub mod frame_parts;
pub mod log;
pub mod log_follower;
pub mod order;
pub mod practice;
pub mod ring;
pub mod subscriptions;
pub mod topic_subscription;
pub mod wire_protocol;

pub use catch_up::{CatchUp, CatchUpStep, CaughtUp, LogReplay};
pub use cursor::{PullResult, TopicCursor, TopicLine};
pub use event::{EventOrigin, PublishedEvent, TopicEvent};
pub use frame_parts::{FrameLimits, FramePart, NextParts};
pub use log::TopicLog;
pub use log_follower::{LogFollower, LogProgress, LogQuery};
pub use order::{MessageOrder, OrderKind, Permit};
pub use ring::{CatchUpSource, EventRing, RingRead};
pub use subscriptions::{AnswerPlace, Deferral, PlacedAnswer, Subscriptions};
pub use topic_subscription::{TopicSource, TopicSubscription};
pub use wire_protocol::WireProtocol;
