//! What a client may send.

use crate::{
    Millis, ParticipantId, Topic,
    account::{Credential, Role},
    guitar::{Note, PracticeCommand, Timestamp},
    gym::{CheckIn, CheckOut, UndoCheckIn},
    table::{read_payload, urgency},
    topic::TopicRequest,
};
use serde::{Deserialize, Serialize};

/// The table of client messages. A row of `requests` is: name on the wire, variant, and whether it
/// is sent at once (`urgent`) or may wait for others (`batched`). Commands are all urgent, and each
/// has a field `at`. Notes have a table of their own, which the server's direction shares.
macro_rules! client_messages {
    (
        requests {$(
            $(#[$doc:meta])*
            $name:literal $Variant:ident $payload:tt $urgency:ident;
        )*}
        commands {$(
            $(#[$command_doc:meta])*
            $command_name:literal $Command:ident $command_payload:tt;
        )*}
    ) => {
        /// Every message from a client.
        #[derive(Debug, Clone, PartialEq, Serialize)]
        #[serde(tag = "type", content = "data")]
        pub enum ClientMessage {
            $($(#[$doc])* #[serde(rename = $name)] $Variant $payload,)*
            $($(#[$command_doc])* #[serde(rename = $command_name)] $Command $command_payload,)*
            /// Hands on a guitar.
            #[serde(untagged)]
            Note(Note),
        }

        impl ClientMessage {
            /// The types on the wire that are not notes.
            pub const TYPES: &'static [&'static str] = &[$($name,)* $($command_name),*];

            /// Reads any message, as [`crate::Read`] says.
            pub fn read(kind: &str, data: &str) -> Option<serde_json::Result<Self>> {
                match kind {
                    $($name => Some(read_payload!(ClientMessage::$Variant $payload data)),)*
                    _ => Self::read_command(kind, data)
                        .or_else(|| Some(Note::read(kind, data)?.map(Self::Note))),
                }
            }

            /// Reads a command: the only messages that a browser reads back, from its outbox.
            pub fn read_command(kind: &str, data: &str) -> Option<serde_json::Result<Self>> {
                match kind {
                    $($command_name => {
                        Some(read_payload!(ClientMessage::$Command $command_payload data))
                    })*
                    _ => None,
                }
            }

            /// A command is stored, runs at most once and waits in the outbox. Every other message
            /// is useful on an open connection only.
            pub fn is_command(&self) -> bool {
                match self {
                    $(Self::$Command(_))|* => true,
                    $(Self::$Variant { .. })|* | Self::Note(_) => false,
                }
            }

            /// Whether it flushes the messages that wait for their batch.
            pub fn is_urgent(&self) -> bool {
                match self {
                    $(Self::$Command(_))|* => true,
                    $(Self::$Variant { .. } => urgency!($urgency),)*
                    Self::Note(note) => note.is_urgent(),
                }
            }

            /// Sets the moment of making, on the server's clock, unless the message has one.
            pub fn stamp(&mut self, moment: Millis) {
                let at = match self {
                    $(Self::$Command(command) => Some(&mut command.at),)*
                    $(Self::$Variant { .. })|* => None,
                    Self::Note(note) => note.moment_mut(),
                };
                if let Some(at) = at {
                    at.get_or_insert(moment);
                }
            }
        }
    };
}

client_messages! {
    requests {
        /// Cadence's own client introduces itself: who it is and where it stood in each topic.
        "hello" Hello(Hello) urgent;
        /// A simple client's introduction, or any client's renewal of its sign-in.
        "auth" Auth(Credential) urgent;
        /// Follow one more topic.
        "subscribe" Subscribe(TopicRequest) urgent;
        /// Stop following a topic.
        "unsubscribe" Unsubscribe {
            /// The topic.
            name: Topic,
        } urgent;
        /// There is a gap after this position: send what follows, or a snapshot.
        "resync" Resync(TopicRequest) urgent;
        /// Asks for a `pong`: heartbeat and clock measurement.
        "ping" Ping {
            /// Echoed as it came.
            timestamp: Timestamp,
        } batched;
        /// The page became hidden or visible.
        "visibility" Visibility {
            /// Whether a person can see the page.
            visible: bool,
        } batched;
        /// The host lets a waiting phone in, or changes its role.
        "allow" Allow {
            /// Which participant.
            participant: ParticipantId,
            /// `performer` or `spectator`.
            role: Role,
        } urgent;
        /// The host removes a phone; code and secret change.
        "remove" Remove {
            /// Which participant.
            participant: ParticipantId,
        } urgent;
    }
    commands {
        /// Starts the practice clock, or lets it go on.
        "practice_start" PracticeStart(PracticeCommand);
        /// Stops the practice clock for a while.
        "practice_pause" PracticePause(PracticeCommand);
        /// Ends and stores the practice.
        "practice_end" PracticeEnd(PracticeCommand);
        /// A desk asks to let a member in.
        "check_in" CheckIn(CheckIn);
        /// A desk ends a visit.
        "check_out" CheckOut(CheckOut);
        /// A desk takes a check-in back.
        "undo_check_in" UndoCheckIn(UndoCheckIn);
    }
}

impl ClientMessage {
    /// A momentary note, which is worth something only at once.
    pub fn is_momentary(&self) -> bool {
        matches!(self, Self::Note(note) if note.is_momentary())
    }
}

/// The first message of a Cadence client; one round trip restores its topics on any node.
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
    /// The device's name: `phone`, `PC`, `desk`.
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
