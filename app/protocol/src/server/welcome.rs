//! The answer to `hello`.

use crate::{ConnectionId, ErrorBody, Millis, account::Identity, topic::TopicAnswer};
use serde::{Deserialize, Serialize};

/// The answer to `hello`: what was restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// This connection.
    pub connection: ConnectionId,
    /// The server process.
    pub node: String,
    /// The server's clock.
    pub server_time: Millis,
    /// Whom the connection acts for.
    pub identity: Identity,
    /// The limits that the client must keep.
    pub limits: Limits,
    /// The topics followed from now on.
    pub topics: Vec<TopicAnswer>,
    /// The topics that were refused, with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<RefusedTopic>,
}

/// A topic of `hello` that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedTopic {
    /// The topic.
    pub name: crate::Topic,
    /// Why.
    pub error: ErrorBody,
}

/// The limits that a client must keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Messages per second, in the long run.
    pub messages_per_second: u32,
    /// Messages at once after a pause.
    pub burst: u32,
    /// Bytes of one frame.
    pub frame_bytes: u32,
    /// Topics of one connection.
    pub topics: u32,
}
