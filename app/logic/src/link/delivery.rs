//! What a page gets from a topic, in the topic's order.

use protocol::{
    ClientMessage, ErrorBody, MessageId, Millis, Position, ServerMessage,
    server::{Outcome, Snapshot},
};

/// One delivery to the part of a page that follows a topic.
#[derive(Debug, Clone, PartialEq)]
pub enum Delivery {
    /// The state at a position, which replaces what is shown.
    Snapshot {
        /// The state.
        snapshot: Snapshot,
        /// It includes everything up to here.
        position: Position,
    },
    /// The next numbered event, or a conflated value.
    Event {
        /// What happened.
        message: ServerMessage,
        /// The event's place; `None` for conflated values.
        offset: Option<u64>,
        /// The server's clock when it happened.
        ts: Option<Millis>,
        /// True while catching up after a reconnect: apply to the state, play no sound.
        replayed: bool,
    },
    /// The answer to this page's own message. In the place of its event the page applies its own
    /// message to the state, so that all clients apply one order.
    Answer {
        /// The id under which it was sent.
        id: MessageId,
        /// The message as it was sent.
        message: ClientMessage,
        /// What came of it.
        result: Result<Outcome, ErrorBody>,
        /// The place of the event that this answer replaces: apply the message to the state there.
        /// `None` when the event is delivered separately or there is none: apply nothing.
        offset: Option<u64>,
    },
    /// The host still has to allow this phone; a snapshot follows when that happens.
    Waiting,
    /// The topic is not given to this page, and why.
    Refused(ErrorBody),
}
