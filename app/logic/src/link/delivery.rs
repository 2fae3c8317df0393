//! What a page gets from a topic, in the topic's order.

use protocol::{
    ClientMessage, ErrorBody, Millis, Position, ServerMessage,
    server::{Outcome, Snapshot},
};
use uuid::Uuid;

/// One delivery to the part of a page that follows a topic.
#[derive(Debug, Clone, PartialEq)]
pub enum Delivery {
    /// Forget what is shown and show this: the state at a position.
    Snapshot {
        /// The state.
        snapshot: Snapshot,
        /// It includes everything up to here.
        position: Position,
    },
    /// The next numbered event, or a latest value.
    Event {
        /// What happened.
        message: ServerMessage,
        /// The event's place; `None` for latest values.
        offset: Option<u64>,
        /// The server's clock when it happened.
        ts: Option<Millis>,
        /// True while catching up after a reconnect: apply to the state, play no sound.
        replayed: bool,
    },
    /// The answer to this page's own message, in the place of the event that it became: apply
    /// one's own message to the state here, so that all clients see one order.
    Answer {
        /// The id that `send` or `command` returned.
        id: Uuid,
        /// The message as it was sent.
        message: ClientMessage,
        /// What came of it.
        result: Result<Outcome, ErrorBody>,
        /// Its place in the topic's log, when this stands in for the event: apply the message to
        /// the state. `None` when the event came by itself or there is none: apply nothing.
        offset: Option<u64>,
    },
    /// The host still has to allow this phone; a snapshot follows when that happens.
    Waiting,
    /// The topic is not given to this page, and why.
    Refused(ErrorBody),
}
