//! The practice clock: commands, and how it stands.

use crate::Millis;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, Visitor},
};
use std::fmt;

/// Bytes of a moment as text: RFC 3339 needs about half of them.
const TIMESTAMP_TEXT: usize = 64;

/// A moment that a simple client may give as milliseconds or RFC 3339; echoed as it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Timestamp {
    /// UTC milliseconds.
    Millis(Millis),
    /// RFC 3339 text, at most 64 bytes.
    Text(String),
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EitherTimestamp)
    }
}

struct EitherTimestamp;

impl Visitor<'_> for EitherTimestamp {
    type Value = Timestamp;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("milliseconds or RFC 3339 text")
    }

    fn visit_i64<E: de::Error>(self, millis: i64) -> Result<Timestamp, E> {
        Ok(Timestamp::Millis(millis))
    }

    fn visit_u64<E: de::Error>(self, millis: u64) -> Result<Timestamp, E> {
        let millis = i64::try_from(millis);
        millis.map(Timestamp::Millis).map_err(|_| E::custom("a moment out of range"))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Timestamp, E> {
        if text.len() > TIMESTAMP_TEXT {
            return Err(E::custom("a moment longer than 64 bytes"));
        }
        Ok(Timestamp::Text(text.to_owned()))
    }
}

/// `practice_start`, `practice_pause`, `practice_end`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PracticeCommand {
    /// The client's own time, echoed in the `practice_update`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timestamp: Option<Timestamp>,
    /// When the command was made, on the server's clock; now when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Millis>,
}

/// The state of a practice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PracticeStatus {
    /// The clock runs.
    Started,
    /// The clock is paused.
    Paused,
    /// Finished and stored.
    Ended,
}

/// `practice_update`: the server's practice clock at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PracticeUpdate {
    /// The state of the clock.
    pub status: PracticeStatus,
    /// The client's `timestamp` when it gave one, otherwise the server's moment of the change.
    pub timestamp: Timestamp,
    /// The server's moment at which `elapsed_ms` was true; a running clock counts on from it.
    pub as_of: Millis,
    /// Practised so far, pauses left out.
    pub elapsed_ms: Millis,
}
