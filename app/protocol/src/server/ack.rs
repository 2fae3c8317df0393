//! The answer to a message that was taken.

use crate::{
    ActorId, Millis, ParticipantId,
    account::{Identity, Role},
    guitar::PracticeUpdate,
    gym::{CheckInAnswer, Visit},
    topic::TopicAnswer,
};
use serde::{Deserialize, Serialize};
use serde_json::{from_str, value::RawValue};
use std::borrow::Cow;

/// The answer to a message that was taken.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ack {
    /// Its outcome.
    pub result: Outcome,
    /// Set in the answer to `auth`.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub identity: Option<Identity>,
}

impl Ack {
    /// Reads the answer to any message.
    pub(super) fn read(data: &str) -> serde_json::Result<Self> {
        Self::read_with(data, |result| from_str(result))
    }

    /// Reads the answer to a message about a guitar session.
    pub(super) fn read_guitar(data: &str) -> serde_json::Result<Self> {
        Self::read_with(data, Outcome::read_guitar)
    }

    fn read_with(
        data: &str,
        outcome: fn(&str) -> serde_json::Result<Outcome>,
    ) -> serde_json::Result<Self> {
        let AckFields { result, user_id, role, expires_at } = from_str(data)?;
        let identity = role.map(|role| Identity { user_id, role, expires_at });
        Ok(Self { result: outcome(result.get())?, identity })
    }
}

/// An [`Ack`] whose result is still text, and whose identity lies flat. Reading it by hand spares
/// the browser the tree that serde builds for a flattened field.
#[derive(Deserialize)]
struct AckFields<'a> {
    #[serde(borrow)]
    result: &'a RawValue,
    #[serde(default)]
    user_id: Option<ActorId>,
    #[serde(default)]
    role: Option<Role>,
    #[serde(default)]
    expires_at: Option<Millis>,
}

/// The outcome of a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Outcome {
    /// Done, without a result of its own.
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
    /// The host has allowed or removed a phone.
    Participant {
        /// The phone.
        participant: ParticipantId,
    },
}

impl Outcome {
    /// Reads the outcome of a message about a guitar session. The outbox of the browser may also
    /// hold a desk command of another page; its outcome is read as [`Outcome::Done`], because a
    /// guitar's page only needs to remove it from the outbox.
    fn read_guitar(text: &str) -> serde_json::Result<Self> {
        let OutcomeKind { kind } = from_str(text)?;
        match &*kind {
            "subscribed" => from_str(text).map(Self::Subscribed),
            "practice" => from_str(text).map(Self::Practice),
            "participant" => from_str(text)
                .map(|OutcomeParticipant { participant }| Self::Participant { participant }),
            _ => Ok(Self::Done),
        }
    }
}

#[derive(Deserialize)]
struct OutcomeKind<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
}

#[derive(Deserialize)]
struct OutcomeParticipant {
    participant: ParticipantId,
}
