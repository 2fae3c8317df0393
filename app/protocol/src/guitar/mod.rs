//! What a guitar session's messages carry.

use crate::{Millis, account::Role};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, Visitor},
};
use std::fmt;
use uuid::Uuid;

/// `chord_change`: the left hand holds another chord.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChordChange {
    /// The chord's name, for example `C`, `F#m7`.
    pub chord: String,
}

/// `fret_update`: the left hand holds single frets instead of a named chord.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FretUpdate {
    /// From the low E to the high e: −1 muted, 0 open, up to 24.
    pub frets: [i8; 6],
}

/// Which way the right hand moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the low E to the high e.
    #[default]
    Down,
    /// From the high e to the low E.
    Up,
}

/// What made a strum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StrumSource {
    /// A finger over the strip of the phone.
    Swipe,
    /// A key of the PC.
    Keyboard,
    /// The PC's mouse over the neck.
    Mouse,
    /// Another program.
    #[default]
    Other,
}

/// `strum`: the right hand plays. Never delayed, merged or stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Strum {
    /// Which way.
    #[serde(default)]
    pub direction: Direction,
    /// How hard, 0 to 1.
    #[serde(default = "Strum::usual_velocity")]
    pub velocity: f32,
    /// The strings touched, 1 (high e) to 6 (low E); all six when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strings: Option<Vec<u8>>,
    /// What made it.
    #[serde(default)]
    pub source: StrumSource,
    /// When it was made, on the server's clock; a strum older than 150 ms is not sounded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Millis>,
}

impl Strum {
    fn usual_velocity() -> f32 {
        0.8
    }
}

/// Bytes of a moment as text: RFC 3339 needs about half of them.
const TIMESTAMP_TEXT: usize = 64;

/// A moment that a plain client may give as milliseconds or RFC 3339; echoed as it came.
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

/// Where a practice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PracticeStatus {
    /// The clock runs.
    Started,
    /// The clock stands.
    Paused,
    /// Finished and stored.
    Ended,
}

/// `practice_update`: the server's practice clock at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PracticeUpdate {
    /// Where it stands.
    pub status: PracticeStatus,
    /// The client's `timestamp` when it gave one, otherwise the server's moment of the change.
    pub timestamp: Timestamp,
    /// The server's moment at which `elapsed_ms` was true; a running clock counts on from it.
    pub as_of: Millis,
    /// Practised so far, pauses left out.
    pub elapsed_ms: Millis,
}

/// Whether a device is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// Its page is visible and its socket is open.
    Connected,
    /// Its page is hidden or its phone sleeps; the socket may be gone for a moment.
    Away,
    /// Its last socket is gone.
    Disconnected,
}

/// `connection_update`: a device of the session came, slept, left or changed its role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participant {
    /// Whether it is there.
    pub status: Presence,
    /// The participant.
    pub user_id: Uuid,
    /// What it acts as; `waiting` asks for the host's Allow.
    pub role: Role,
    /// What to call the device: `phone`, `PC`.
    pub device: String,
}

/// The whole state of a guitar session, as a `snapshot` carries it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct GuitarState {
    /// The chord held, if a named one.
    #[serde(default)]
    pub chord: Option<String>,
    /// The frets held, if single ones.
    #[serde(default)]
    pub frets: Option<[i8; 6]>,
    /// The practice that runs, stands or has just ended.
    #[serde(default)]
    pub practice: Option<PracticeUpdate>,
    /// The devices of the session, the host first.
    #[serde(default)]
    pub participants: Vec<Participant>,
}
