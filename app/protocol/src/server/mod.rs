//! What the server may send.

mod ack;
mod snapshot;
mod welcome;

pub use ack::{Ack, Outcome};
pub use snapshot::Snapshot;
pub use welcome::{Limits, RefusedTopic, Welcome};

use crate::{
    ErrorBody, Millis,
    guitar::{Note, Participant, PracticeUpdate, Timestamp},
    gym::{Reason, Refusal, Stats, Visit},
    table::read_payload,
};
use serde::{Deserialize, Serialize};
use serde_json::from_str;

/// The table of server messages. A row is: name on the wire and variant. A page that follows guitar
/// sessions only does not contain the code that reads the rows of `gym` and `gym_flattened`, and
/// reads those of `two_readings` by their second function. A flattened row names a function that
/// reads it, because what serde derives for `flatten` builds a tree first. Notes have a table of
/// their own.
macro_rules! server_messages {
    (
        link_and_guitar {$(
            $(#[$doc:meta])*
            $name:literal $Variant:ident $payload:tt;
        )*}
        two_readings {$(
            $(#[$both_doc:meta])*
            $both_name:literal $Both:ident $both_payload:tt $read_any:path, $read_guitar:path;
        )*}
        gym {$(
            $(#[$gym_doc:meta])*
            $gym_name:literal $Gym:ident $gym_payload:tt;
        )*}
        gym_flattened {$(
            $(#[$flat_doc:meta])*
            $flat_name:literal $Flat:ident $flat_payload:tt $read_flat:ident;
        )*}
    ) => {
        /// Every message from the server. Clients ignore types and fields that they do not know.
        #[derive(Debug, Clone, PartialEq, Serialize)]
        #[serde(tag = "type", content = "data")]
        pub enum ServerMessage {
            $($(#[$doc])* #[serde(rename = $name)] $Variant $payload,)*
            $($(#[$both_doc])* #[serde(rename = $both_name)] $Both $both_payload,)*
            $($(#[$gym_doc])* #[serde(rename = $gym_name)] $Gym $gym_payload,)*
            $($(#[$flat_doc])* #[serde(rename = $flat_name)] $Flat $flat_payload,)*
            /// Hands on a guitar.
            #[serde(untagged)]
            Note(Note),
        }

        impl ServerMessage {
            /// The types on the wire that are not notes.
            pub const TYPES: &'static [&'static str] =
                &[$($name,)* $($both_name,)* $($gym_name,)* $($flat_name),*];

            /// Reads any message, as [`crate::Read`] says.
            pub fn read(kind: &str, data: &str) -> Option<serde_json::Result<Self>> {
                match kind {
                    $($both_name => Some($read_any(data).map(Self::$Both)),)*
                    $($gym_name => Some(read_payload!(ServerMessage::$Gym $gym_payload data)),)*
                    $($flat_name => Some($read_flat(data)),)*
                    _ => Self::read_guitar(kind, data),
                }
            }

            /// Reads what a page gets that follows guitar sessions only, so that a phone does not
            /// download the code that reads a gym's messages.
            pub fn read_guitar(kind: &str, data: &str) -> Option<serde_json::Result<Self>> {
                match kind {
                    $($name => Some(read_payload!(ServerMessage::$Variant $payload data)),)*
                    $($both_name => Some($read_guitar(data).map(Self::$Both)),)*
                    _ => Some(Note::read(kind, data)?.map(Self::Note)),
                }
            }
        }
    };
}

server_messages! {
    link_and_guitar {
        /// The answer to `hello`.
        "welcome" Welcome(Welcome);
        /// A message was not taken; carries its id.
        "error" Error(ErrorBody);
        /// The answer to `ping`.
        "pong" Pong {
            /// The client's own value.
            timestamp: Timestamp,
            /// The server's clock.
            server_time: Millis,
        };
        /// The sign-in behind this connection ends soon: renew it.
        "auth_expiring" AuthExpiring {
            /// When it ends.
            expires_at: Millis,
        };
        /// The server restarts: come back after a random wait in this window.
        "server_restart" ServerRestart {
            /// Shortest wait.
            min_ms: u64,
            /// Longest wait.
            max_ms: u64,
        };
        /// The practice clock changed.
        "practice_update" PracticeUpdate(PracticeUpdate);
        /// A device came, slept, left or changed its role.
        "connection_update" ConnectionUpdate(Participant);
    }
    two_readings {
        /// A message was taken; carries its id and, where it became an event, its place in the log.
        "ack" Ack(Ack) Ack::read, Ack::read_guitar;
        /// A topic's whole state at the envelope's position.
        "snapshot" Snapshot(Snapshot) from_str, Snapshot::read_guitar;
    }
    gym {
        /// A member left.
        "member_checked_out" MemberCheckedOut(Visit);
        /// A member was refused at a door.
        "activity" MemberRefused(Refusal);
        /// The gym's figures when a simple client has introduced itself.
        "initial_stats" InitialStats(Stats);
        /// The gym's figures, after a change or when the gym's day begins.
        "stats_update" StatsUpdate(Stats);
    }
    gym_flattened {
        /// A member came in.
        "member_checked_in" MemberCheckedIn {
            /// The visit.
            #[serde(flatten)]
            visit: Visit,
            /// Set when it was a warning or an override.
            #[serde(default, skip_serializing_if = "Option::is_none")]
            reason: Option<Reason>,
        } read_checked_in;
        /// A check-in was taken back; the visit no longer counts.
        "check_in_undone" CheckInUndone {
            /// The visit.
            #[serde(flatten)]
            visit: Visit,
            /// When it was taken back.
            at: Millis,
        } read_undone;
    }
}

impl ServerMessage {
    /// A momentary note, which changes nothing that lasts.
    pub fn is_momentary(&self) -> bool {
        matches!(self, Self::Note(note) if note.is_momentary())
    }
}

fn read_checked_in(data: &str) -> serde_json::Result<ServerMessage> {
    #[derive(Deserialize)]
    struct ReasonField {
        #[serde(default)]
        reason: Option<Reason>,
    }
    let visit = from_str(data)?;
    let ReasonField { reason } = from_str(data)?;
    Ok(ServerMessage::MemberCheckedIn { visit, reason })
}

fn read_undone(data: &str) -> serde_json::Result<ServerMessage> {
    #[derive(Deserialize)]
    struct MomentField {
        at: Millis,
    }
    let visit = from_str(data)?;
    let MomentField { at } = from_str(data)?;
    Ok(ServerMessage::CheckInUndone { visit, at })
}
