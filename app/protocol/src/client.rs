//! What a client may say.

use crate::{
    Millis, Topic,
    account::{Credential, Role},
    guitar::{ChordChange, FretUpdate, PracticeCommand, Strum, Timestamp},
    gym::{CheckIn, CheckOut, UndoCheckIn},
    topic::TopicRequest,
};
use serde::{Deserialize, Serialize};
use serde_json::from_str;
use uuid::Uuid;

/// Every message from a client. Adding one makes the compiler show every place that decides.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", content = "data", rename_all = "snake_case")]
pub enum ClientMessage {
    /// Our client's introduction: who it is and where it stood in each topic.
    Hello(Hello),
    /// A plain client's introduction, or any client's renewal of its sign-in.
    Auth(Credential),
    /// Follow one more topic.
    Subscribe(TopicRequest),
    /// Stop following a topic.
    Unsubscribe {
        /// The topic.
        name: Topic,
    },
    /// There is a gap after this position: send what follows, or a snapshot.
    Resync(TopicRequest),
    /// Sign of life and clock measurement.
    Ping {
        /// Echoed as it came.
        timestamp: Timestamp,
    },
    /// The page became hidden or visible.
    Visibility {
        /// Whether a person can see the page.
        visible: bool,
    },
    /// The left hand holds another chord.
    ChordChange(ChordChange),
    /// The left hand holds single frets.
    FretUpdate(FretUpdate),
    /// The right hand plays.
    Strum(Strum),
    /// All strings are damped.
    Mute {},
    /// Starts the practice clock, or lets it go on.
    PracticeStart(PracticeCommand),
    /// Stops the practice clock for a while.
    PracticePause(PracticeCommand),
    /// Ends and stores the practice.
    PracticeEnd(PracticeCommand),
    /// The host lets a waiting phone in, or changes its role.
    Allow {
        /// Which participant.
        participant: Uuid,
        /// `performer` or `spectator`.
        role: Role,
    },
    /// The host removes a phone; code and secret change.
    Remove {
        /// Which participant.
        participant: Uuid,
    },
    /// A desk asks to let a member in.
    CheckIn(CheckIn),
    /// A desk ends a visit.
    CheckOut(CheckOut),
    /// A desk takes a check-in back.
    UndoCheckIn(UndoCheckIn),
}

impl ClientMessage {
    /// The types on the wire, in the order of the enum.
    pub const TYPES: [&'static str; 19] = [
        "hello",
        "auth",
        "subscribe",
        "unsubscribe",
        "resync",
        "ping",
        "visibility",
        "chord_change",
        "fret_update",
        "strum",
        "mute",
        "practice_start",
        "practice_pause",
        "practice_end",
        "allow",
        "remove",
        "check_in",
        "check_out",
        "undo_check_in",
    ];

    /// Reads any message, as [`crate::Read`] says.
    pub fn read(kind: &str, data: &str) -> Option<serde_json::Result<Self>> {
        Some(match kind {
            "hello" => from_str(data).map(Self::Hello),
            "auth" => from_str(data).map(Self::Auth),
            "subscribe" => from_str(data).map(Self::Subscribe),
            "unsubscribe" => from_str(data).map(|Unsubscribe { name }| Self::Unsubscribe { name }),
            "resync" => from_str(data).map(Self::Resync),
            "ping" => from_str(data).map(|Ping { timestamp }| Self::Ping { timestamp }),
            "visibility" => {
                from_str(data).map(|Visibility { visible }| Self::Visibility { visible })
            }
            "chord_change" => from_str(data).map(Self::ChordChange),
            "fret_update" => from_str(data).map(Self::FretUpdate),
            "strum" => from_str(data).map(Self::Strum),
            "mute" => from_str(data).map(|Nothing {}| Self::Mute {}),
            "allow" => {
                from_str(data).map(|Allow { participant, role }| Self::Allow { participant, role })
            }
            "remove" => from_str(data).map(|Remove { participant }| Self::Remove { participant }),
            _ => return Self::read_command(kind, data),
        })
    }

    /// Reads a command: all that a browser ever reads back.
    pub fn read_command(kind: &str, data: &str) -> Option<serde_json::Result<Self>> {
        Some(match kind {
            "practice_start" => from_str(data).map(Self::PracticeStart),
            "practice_pause" => from_str(data).map(Self::PracticePause),
            "practice_end" => from_str(data).map(Self::PracticeEnd),
            "check_in" => from_str(data).map(Self::CheckIn),
            "check_out" => from_str(data).map(Self::CheckOut),
            "undo_check_in" => from_str(data).map(Self::UndoCheckIn),
            _ => return None,
        })
    }

    /// A command is stored, runs at most once and waits in the outbox; everything else is only
    /// worth something on an open connection.
    pub fn is_command(&self) -> bool {
        matches!(
            self,
            Self::PracticeStart(_)
                | Self::PracticePause(_)
                | Self::PracticeEnd(_)
                | Self::CheckIn(_)
                | Self::CheckOut(_)
                | Self::UndoCheckIn(_)
        )
    }

    /// Notes are what hands do on a guitar: everybody in the session hears them.
    pub fn is_note(&self) -> bool {
        matches!(self, Self::ChordChange(_) | Self::FretUpdate(_) | Self::Strum(_) | Self::Mute {})
    }

    /// Momentary messages are worth something only at once and change nothing that lasts.
    pub fn is_momentary(&self) -> bool {
        matches!(self, Self::Strum(_) | Self::Mute {})
    }

    /// Urgent messages flush what waits before them: somebody waits for the sound or the card.
    pub fn is_urgent(&self) -> bool {
        !matches!(self, Self::FretUpdate(_) | Self::Ping { .. } | Self::Visibility { .. })
    }

    /// Sets the moment a command was made, on the server's clock.
    pub fn stamp(&mut self, moment: Millis) {
        let at = match self {
            Self::PracticeStart(c) | Self::PracticePause(c) | Self::PracticeEnd(c) => &mut c.at,
            Self::CheckIn(c) => &mut c.at,
            Self::CheckOut(c) => &mut c.at,
            Self::UndoCheckIn(c) => &mut c.at,
            Self::Strum(s) => &mut s.at,
            _ => return,
        };
        at.get_or_insert(moment);
    }
}

/// Our client's first message; one round trip restores everything on any node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// A credential, when the cookie of the handshake is not enough.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<Credential>,
    /// What connects.
    pub client: ClientInfo,
    /// The topics to follow and where the client stood in each.
    #[serde(default)]
    pub topics: Vec<TopicRequest>,
}

/// What connects, for presence and logs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientInfo {
    /// What to call the device: `phone`, `PC`, `desk`.
    pub device: String,
    /// Whether a person can see the page.
    #[serde(default = "ClientInfo::visible_by_default")]
    pub visible: bool,
}

impl ClientInfo {
    fn visible_by_default() -> bool {
        true
    }
}

// What is read of the messages that carry their fields themselves.

#[derive(Deserialize)]
struct Unsubscribe {
    name: Topic,
}

#[derive(Deserialize)]
struct Ping {
    timestamp: Timestamp,
}

#[derive(Deserialize)]
struct Visibility {
    visible: bool,
}

#[derive(Deserialize)]
struct Nothing {}

#[derive(Deserialize)]
struct Allow {
    participant: Uuid,
    role: Role,
}

#[derive(Deserialize)]
struct Remove {
    participant: Uuid,
}
