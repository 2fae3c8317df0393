//! The devices of a session, and its whole state.

use super::PracticeUpdate;
use crate::{SeatId, account::Role};
use serde::{Deserialize, Serialize};

/// Whether a device is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// Its page is visible and its socket is open.
    Connected,
    /// Its page is hidden or its phone sleeps; its socket may be closed for a while.
    Away,
    /// Its last socket is closed.
    Disconnected,
}

/// `connection_update`: a device of the session connected, went away, disconnected or changed its
/// role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participant {
    /// Whether it is connected.
    pub status: Presence,
    /// Its seat.
    pub user_id: SeatId,
    /// What it acts as; `waiting` asks for the host's Allow.
    pub role: Role,
    /// The device's name: `phone`, `PC`.
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
    /// The practice that runs, is paused or has just ended.
    #[serde(default)]
    pub practice: Option<PracticeUpdate>,
    /// The devices of the session; their order has no meaning.
    #[serde(default)]
    pub participants: Vec<Participant>,
}
