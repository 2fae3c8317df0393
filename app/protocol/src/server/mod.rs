//! What the server may say.

use crate::{
    ErrorBody, Millis,
    account::{Identity, Role},
    guitar::{ChordChange, FretUpdate, GuitarState, Participant, PracticeUpdate, Strum, Timestamp},
    gym::{CheckInAnswer, GymSnapshot, Reason, Refusal, Stats, Visit},
    topic::TopicAnswer,
};
use serde::{Deserialize, Serialize};
use serde_json::{from_str, value::RawValue};
use std::borrow::Cow;
use uuid::Uuid;

/// Every message from the server. Clients ignore types and fields that they do not know.
#[derive(Debug, Clone, PartialEq, Serialize)]
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

impl ServerMessage {
    /// Reads any message, as [`crate::Read`] says.
    pub fn read(kind: &str, data: &str) -> Option<serde_json::Result<Self>> {
        Some(match kind {
            "ack" => read_ack(data, |result| from_str(result)),
            "snapshot" => from_str(data).map(Self::Snapshot),
            "member_checked_in" => from_str(data).and_then(|visit| {
                let Why { reason } = from_str(data)?;
                Ok(Self::MemberCheckedIn { visit, reason })
            }),
            "member_checked_out" => from_str(data).map(Self::MemberCheckedOut),
            "check_in_undone" => from_str(data).and_then(|visit| {
                let Undone { at } = from_str(data)?;
                Ok(Self::CheckInUndone { visit, at })
            }),
            "activity" => from_str(data).map(Self::Activity),
            "initial_stats" => from_str(data).map(Self::InitialStats),
            "stats_update" => from_str(data).map(Self::StatsUpdate),
            _ => return Self::read_guitar(kind, data),
        })
    }

    /// Reads what a page hears that follows guitar sessions only, so that a phone need not
    /// download how to read a gym.
    pub fn read_guitar(kind: &str, data: &str) -> Option<serde_json::Result<Self>> {
        Some(match kind {
            "welcome" => from_str(data).map(Self::Welcome),
            "ack" => read_ack(data, Outcome::read_guitar),
            "error" => from_str(data).map(Self::Error),
            "pong" => from_str(data)
                .map(|Pong { timestamp, server_time }| Self::Pong { timestamp, server_time }),
            "snapshot" => from_str(data).map(|state| Self::Snapshot(Snapshot::Guitar(state))),
            "auth_expiring" => {
                from_str(data).map(|Expiring { expires_at }| Self::AuthExpiring { expires_at })
            }
            "server_restart" => from_str(data)
                .map(|Restart { min_ms, max_ms }| Self::ServerRestart { min_ms, max_ms }),
            "chord_change" => from_str(data).map(Self::ChordChange),
            "fret_update" => from_str(data).map(Self::FretUpdate),
            "strum" => from_str(data).map(Self::Strum),
            "mute" => from_str(data).map(|Nothing {}| Self::Mute {}),
            "practice_update" => from_str(data).map(Self::PracticeUpdate),
            "connection_update" => from_str(data).map(Self::ConnectionUpdate),
            _ => return None,
        })
    }
}

fn read_ack(
    data: &str,
    outcome: fn(&str) -> serde_json::Result<Outcome>,
) -> serde_json::Result<ServerMessage> {
    let ack: AckParts<'_> = from_str(data)?;
    let (user_id, expires_at) = (ack.user_id, ack.expires_at);
    let identity = ack.role.map(|role| Identity { user_id, role, expires_at });
    Ok(ServerMessage::Ack(Ack { result: outcome(ack.result.get())?, identity }))
}

// What is read of the messages that carry their fields themselves.

/// An [`Ack`] whose result is still text, and whose identity lies flat.
#[derive(Deserialize)]
struct AckParts<'a> {
    #[serde(borrow)]
    result: &'a RawValue,
    #[serde(default)]
    user_id: Option<Uuid>,
    #[serde(default)]
    role: Option<Role>,
    #[serde(default)]
    expires_at: Option<Millis>,
}

#[derive(Deserialize)]
struct Pong {
    timestamp: Timestamp,
    server_time: Millis,
}

#[derive(Deserialize)]
struct Expiring {
    expires_at: Millis,
}

#[derive(Deserialize)]
struct Restart {
    min_ms: u64,
    max_ms: u64,
}

#[derive(Deserialize)]
struct Nothing {}

#[derive(Deserialize)]
struct Why {
    #[serde(default)]
    reason: Option<Reason>,
}

#[derive(Deserialize)]
struct Undone {
    at: Millis,
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
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ack {
    /// What came of it.
    pub result: Outcome,
    /// Set in the answer to `auth`.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
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

impl Outcome {
    /// Reads what can come of a message about a guitar session. Whoever else's command this page
    /// found in the outbox: that it was answered is all there is to know here.
    fn read_guitar(text: &str) -> serde_json::Result<Self> {
        let Kind { kind } = from_str(text)?;
        match &*kind {
            "subscribed" => from_str(text).map(Self::Subscribed),
            "practice" => from_str(text).map(Self::Practice),
            "participant" => {
                from_str(text).map(|Whom { participant }| Self::Participant { participant })
            }
            _ => Ok(Self::Done),
        }
    }
}

#[derive(Deserialize)]
struct Kind<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Whom {
    participant: Uuid,
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
