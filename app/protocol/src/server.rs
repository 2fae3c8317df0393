//! What the server may say.

use crate::{
    ErrorBody, Millis,
    account::Identity,
    guitar::{ChordChange, FretUpdate, GuitarState, Participant, PracticeUpdate, Strum, Timestamp},
    gym::{CheckInAnswer, GymSnapshot, Reason, Refusal, Stats, Visit},
    topic::TopicAnswer,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Every message from the server. Clients ignore types and fields that they do not know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub enum ServerMessage {
    /// The answer to `hello`.
    Welcome(Welcome),
    /// A message was taken; carries its id and, where it became an event, its place in the log.
    Ack(Ack),
    /// A message was not taken; carries its id.
    Error(ErrorBody),
    /// The answer to `ping`.
    Pong {
        /// The client's own value.
        timestamp: Timestamp,
        /// The server's clock.
        server_time: Millis,
    },
    /// A topic's whole state at the envelope's position.
    Snapshot(Snapshot),
    /// The sign-in behind this connection ends soon: renew it.
    AuthExpiring {
        /// When it ends.
        expires_at: Millis,
    },
    /// The server restarts: come back after a random wait in this window.
    ServerRestart {
        /// Shortest wait.
        min_ms: u64,
        /// Longest wait.
        max_ms: u64,
    },
    /// The left hand holds another chord.
    ChordChange(ChordChange),
    /// The left hand holds single frets.
    FretUpdate(FretUpdate),
    /// The right hand played.
    Strum(Strum),
    /// All strings are damped.
    Mute {},
    /// The practice clock changed.
    PracticeUpdate(PracticeUpdate),
    /// A device came, slept, left or changed its role.
    ConnectionUpdate(Participant),
    /// A member came in.
    MemberCheckedIn {
        /// The visit.
        #[serde(flatten)]
        visit: Visit,
        /// Set when it was a warning or an override.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Reason>,
    },
    /// A member left.
    MemberCheckedOut(Visit),
    /// A check-in was taken back; the visit no longer counts.
    CheckInUndone {
        /// The visit.
        #[serde(flatten)]
        visit: Visit,
        /// When it was taken back.
        at: Millis,
    },
    /// A member was refused at a door.
    Activity(Refusal),
    /// The gym's figures when a plain client has introduced itself.
    InitialStats(Stats),
    /// The gym's figures, after a change or when the gym's day begins.
    StatsUpdate(Stats),
}

/// The answer to `hello`: what was restored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// This connection.
    pub connection: Uuid,
    /// The server process.
    pub node: String,
    /// The server's clock.
    pub server_time: Millis,
    /// Who the connection speaks for.
    pub identity: Identity,
    /// What the client must keep to.
    pub limits: Limits,
    /// The topics followed from now on.
    pub topics: Vec<TopicAnswer>,
    /// The topics that were not given, with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<RefusedTopic>,
}

/// A topic of `hello` that was not given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedTopic {
    /// The topic.
    pub name: crate::Topic,
    /// Why.
    pub error: ErrorBody,
}

/// What a client must keep to.
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

/// The answer to a message that was taken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ack {
    /// What came of it.
    pub result: Outcome,
    /// Set in the answer to `auth`.
    #[serde(flatten, default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
}

/// What came of a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Outcome {
    /// Done; nothing more to say.
    Done,
    /// A topic is followed from now on.
    Subscribed(TopicAnswer),
    /// A check-in was decided.
    CheckIn(CheckInAnswer),
    /// A visit ended.
    CheckOut {
        /// The visit.
        visit: Visit,
    },
    /// A check-in was taken back.
    Undone {
        /// The visit that no longer counts.
        visit: Visit,
    },
    /// The practice clock after a command.
    Practice(PracticeUpdate),
    /// A phone's role after the host's word.
    Participant {
        /// Which one.
        participant: Uuid,
    },
}

/// A topic's whole state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Snapshot {
    /// Of `guitar:{session}`.
    Guitar(GuitarState),
    /// Of `checkins`.
    CheckIns(GymSnapshot),
}
