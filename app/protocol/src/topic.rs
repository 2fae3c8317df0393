//! What can be followed over a socket, and a position in it.

use crate::SessionId;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::fmt;

/// A stream of numbered changes that a connection can follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    /// `checkins`: visits and refusals of the whole gym. Durable: its log is in the database.
    CheckIns,
    /// `guitar:{session}`: one guitar session. Its log is a ring in memory, or in the broker.
    Guitar(SessionId),
}

impl Topic {
    /// Reads a topic's name as it stands on the wire; `None` for a name that no topic has.
    pub fn parse(name: &str) -> Option<Self> {
        match name.split_once(':') {
            None if name == "checkins" => Some(Self::CheckIns),
            Some(("guitar", id)) => id.parse().ok().map(Self::Guitar),
            _ => None,
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CheckIns => f.write_str("checkins"),
            Self::Guitar(id) => write!(f, "guitar:{id}"),
        }
    }
}

impl Serialize for Topic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Topic {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::parse(&name).ok_or_else(|| D::Error::custom(format!("no topic is called `{name}`")))
    }
}

/// A place in a topic's log: everything up to and including `offset` has been seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// Names one life of the log. After a log was lost or went back, its offsets name other events
    /// under a new epoch; without the epoch, a client at 57 would drop the new log's 1 as old.
    pub epoch: String,
    /// Grows by one per event, without holes, from 1. 0 is the place before the first event.
    pub offset: u64,
}

/// A request to follow a topic, from a position when the client has one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicRequest {
    /// The topic.
    pub name: Topic,
    /// Epoch of the client's position; absent when it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<String>,
    /// Offset of the client's position.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
}

impl TopicRequest {
    /// A request to follow `name` from `position`.
    pub fn new(name: Topic, position: Option<&Position>) -> Self {
        Self { name, epoch: position.map(|p| p.epoch.clone()), offset: position.map(|p| p.offset) }
    }

    /// The client's position, when it sent a whole one.
    pub fn position(&self) -> Option<Position> {
        Some(Position { epoch: self.epoch.clone()?, offset: self.offset? })
    }
}

/// The server's answer to a [`TopicRequest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicAnswer {
    /// The topic.
    pub name: Topic,
    /// The epoch of the topic's log.
    pub epoch: String,
    /// The log's end at this moment.
    pub offset: u64,
    /// True when the events after the client's position follow; false when a `snapshot` does.
    pub recovered: bool,
    /// How many events follow to reach `offset`.
    pub replayed: u64,
    /// True when the host still has to allow this participant: nothing follows until then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub waiting: bool,
}
