//! What the store hands to the realtime part after a COMMIT, so that neither depends on the other.

use logic::topic::EventOrigin;
use protocol::{
    Millis, ParticipantId, ServerMessage, SessionId, Topic, account::Role, gym::Stats,
    server::Outcome,
};

/// An event with its place in the log.
#[derive(Debug, Clone)]
pub struct LoggedEvent {
    /// Its topic.
    pub topic: Topic,
    /// Its place.
    pub offset: u64,
    /// When it was recorded.
    pub ts: Millis,
    /// Its message.
    pub message: ServerMessage,
    /// Whose command made it; unknown once it is read back from the log.
    pub origin: Option<EventOrigin>,
    /// What that command is answered.
    pub outcome: Option<Outcome>,
}

/// What one COMMIT made, to be published.
#[derive(Debug)]
pub struct Commit {
    /// The events in the order of their offsets, without a hole. Between this commit and the one
    /// before, other nodes may have made events.
    pub events: Vec<LoggedEvent>,
    /// The figures, counted in the same transaction; set when `checkins` got events.
    pub stats: Option<Stats>,
}

/// What a host decided about a phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostDecision {
    /// The session.
    pub session: SessionId,
    /// The phone.
    pub participant: ParticipantId,
    /// What it may do; `None` when it was removed.
    pub role: Option<Role>,
}
