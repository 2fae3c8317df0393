//! Every message between Cadence's server and its clients. GLOSSARY.md explains the terms.
//!
//! Read in this order:
//! - [`topic`]: what can be followed, and a position in it
//! - [`envelope`]: the fields around each message, single or batched; [`codec`]: how a frame is
//!   written
//! - [`client`], [`server`]: the two directions, each one closed table of messages; notes, which go
//!   both ways, are the table in [`guitar::note`]
//! - [`guitar`], [`gym`], [`account`]: what the messages carry
//! - [`id`]: a type for each id
//! - [`error`], [`close`]: the stable codes
//! - [`http`]: requests and responses of the JSON API and the server functions
//!
//! This crate depends on no socket, no database and no page.

pub mod account;
pub mod client;
pub mod close;
pub mod codec;
pub mod envelope;
pub mod error;
pub mod guitar;
pub mod gym;
pub mod http;
pub mod id;
mod message_pack;
pub mod server;
mod table;
pub mod topic;

pub use client::ClientMessage;
pub use close::CloseCode;
pub use codec::{Codec, Frame};
pub use envelope::{Decoded, Envelope, Read, decode_frame, encode, encode_batch};
pub use error::{ErrorBody, ErrorCode};
pub use guitar::Note;
pub use id::{
    ActorId, ConnectionId, GuestId, MemberId, MessageId, ParticipantId, PlanId, PracticeId,
    RefusalId, SeatId, SessionId, SignInId, SubscriptionId, UserId, VisitId,
};
pub use server::ServerMessage;
pub use topic::{Position, Topic};

/// UTC milliseconds since 1970.
pub type Millis = i64;

/// The prefix of every subprotocol of this family, whatever its version and codec.
pub const SUBPROTOCOL_FAMILY: &str = "cadence.";
