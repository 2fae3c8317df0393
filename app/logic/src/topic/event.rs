//! An event of a topic, before and after it has a place in the log.

use protocol::{ConnectionId, MessageId, Millis, ServerMessage, server::Outcome};

/// Something that happened in a topic.
#[derive(Debug, Clone)]
pub struct TopicEvent {
    /// When it was recorded, on the server's clock.
    pub ts: Millis,
    /// What subscribers receive.
    pub message: ServerMessage,
    /// Whose message made it. Logs do not record it, so it is `None` after a reading.
    pub origin: Option<EventOrigin>,
    /// What the origin receives in the event's place.
    pub outcome: Outcome,
    /// The host decided this: a participant's role, or its removal. The node that the participant
    /// is connected to applies it.
    pub decided: bool,
}

/// The connection and message that made an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventOrigin {
    /// The connection that sent the message.
    pub connection: ConnectionId,
    /// The message's id, if it had one.
    pub message: Option<MessageId>,
}

impl TopicEvent {
    /// An event that the server made by itself.
    pub fn by_server(ts: Millis, message: ServerMessage) -> Self {
        Self { ts, message, origin: None, outcome: Outcome::Done, decided: false }
    }

    /// Whether a message of this connection made it.
    pub fn is_from(&self, connection: ConnectionId) -> bool {
        self.origin.is_some_and(|origin| origin.connection == connection)
    }

    /// The id of the message that made it.
    pub fn message_id(&self) -> Option<MessageId> {
        self.origin.and_then(|origin| origin.message)
    }
}

/// An event in the ring, with its encoded form `P`, which all subscribers share.
#[derive(Debug)]
pub struct PublishedEvent<P> {
    /// What happened.
    pub event: TopicEvent,
    /// The encoded message with topic, epoch and offset.
    pub payload: P,
}
