//! How the practice clock reaches a session. The clock is in the database; the session's log
//! announces it, and may be behind: a node can die between the commit and the announcement.

use protocol::guitar::{GuitarState, PracticeStatus, PracticeUpdate};

/// What follows a practice step that is on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterStep {
    /// Announce this step. Where other nodes share the session, [`AfterStep::AnnounceCurrent`]
    /// follows: another node may have made a later step and announced it earlier.
    Announce,
    /// The step was repeated, and the clock may have moved on since: announce the database's clock
    /// unless the session shows it.
    AnnounceCurrent,
    /// The session shows this already: only answer.
    Answer,
}

impl AfterStep {
    /// `fresh` is false when the first answer to this command is given again.
    pub fn of(fresh: bool, shown: &GuitarState, update: &PracticeUpdate) -> Self {
        match fresh {
            false => Self::AnnounceCurrent,
            true if shows(shown, update) => Self::Answer,
            true => Self::Announce,
        }
    }
}

/// Whether a session's state is up to date with the clock.
pub fn shows(state: &GuitarState, update: &PracticeUpdate) -> bool {
    // The moment at which a running clock showed 0 does not change while it runs.
    let clock = |practice: &PracticeUpdate| match practice.status {
        PracticeStatus::Started => (practice.status, practice.elapsed_ms - practice.as_of),
        PracticeStatus::Paused | PracticeStatus::Ended => (practice.status, practice.elapsed_ms),
    };
    state.practice.as_ref().map(clock) == Some(clock(update))
}

/// What has to be announced again when a session's log was lost: a new epoch starts without a
/// clock. `before` is the state at the end of the old epoch.
pub fn to_restore(before: GuitarState, after: &GuitarState) -> Option<PracticeUpdate> {
    before.practice.filter(|_| after.practice.is_none())
}
