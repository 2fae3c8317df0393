//! One publication to a session's topic, and what its publisher gets.

use logic::topic::EventOrigin;
use protocol::{Position, ServerMessage, server::Outcome};

/// What a publisher gets back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishReceipt {
    /// The event's place.
    pub at: Position,
    /// False when the same message id was published before; `at` is then the place of the first.
    pub fresh: bool,
}

/// Everything about one publication to a session's topic.
pub struct Publication {
    /// The message for those who follow the session.
    pub message: ServerMessage,
    /// Whose message made it; that connection gets the outcome in the event's place.
    pub origin: Option<EventOrigin>,
    /// What the origin gets.
    pub outcome: Outcome,
}

impl Publication {
    /// An event of the server itself, which no connection asked for.
    pub fn by_server(message: ServerMessage) -> Self {
        Self { message, origin: None, outcome: Outcome::Done }
    }
}
