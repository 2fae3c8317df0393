//! What the link asks of the edge that owns the socket and the browser's storage.

use super::{Delivery, OutboxRecord};
use protocol::{Frame, MessageId, Topic};

/// What the edge has to do.
#[allow(clippy::large_enum_variant, reason = "effects are carried out one by one and not kept")]
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Open a socket and report under this number.
    Dial(u32),
    /// Close the socket with this number; whatever it reports from now on is ignored.
    Close(u32),
    /// Send a frame on the open socket.
    Transmit(Frame),
    /// Give a delivery to the followers of the topic.
    Deliver(Topic, Delivery),
    /// Keep a command until it is answered.
    Save(OutboxRecord),
    /// A command is answered: its record is no longer needed.
    Forget(MessageId),
    /// Refresh the sign-in's cookies, then report [`super::Link::refreshed`].
    Refresh,
    /// Refresh the sign-in and get a ticket, then report [`super::Link::renewed`].
    Renew,
}

/// What came of a refresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Renewal {
    /// Signed in for another while.
    Done,
    /// The server refused: a person has to sign in.
    Refused,
    /// No answer.
    Unreachable,
}
