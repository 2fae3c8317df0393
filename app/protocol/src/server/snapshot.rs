//! A topic's whole state.

use crate::{guitar::GuitarState, gym::GymSnapshot};
use serde::{Deserialize, Serialize};
use serde_json::from_str;

/// A topic's whole state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Snapshot {
    /// Of `guitar:{session}`.
    Guitar(GuitarState),
    /// Of `checkins`.
    CheckIns(GymSnapshot),
}

impl Snapshot {
    /// Reads the state of a guitar session, the only kind that a page without the gym follows.
    pub(super) fn read_guitar(data: &str) -> serde_json::Result<Self> {
        from_str(data).map(Self::Guitar)
    }
}
