//! Presence: devices, their sockets, and how long a device without a socket counts as away.
//!
//! Each node keeps the sockets that it holds itself. A device is present while any node has it, and
//! gone when the last node has given it up.
//!
//! - [`seats`]: the devices of a node, and a participant over all nodes
//! - [`changes`]: what has to be published about the participants

pub mod changes;
pub mod seats;

pub use changes::{ParticipantChange, PhoneDecision, changed_participants};
pub use seats::{Departure, Seats, participant};
