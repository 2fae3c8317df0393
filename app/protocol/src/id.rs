//! Ids, one type for each thing that has one, so that an account's field does not take a seat's id.
//! All are UUIDs and stand as such on the wire.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

macro_rules! typed_ids {
    ($($(#[doc = $doc:literal])* $Name:ident)*) => {
        $(
            $(#[doc = $doc])*
            #[derive(
                Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
            )]
            #[serde(transparent)]
            pub struct $Name(pub Uuid);

            impl fmt::Display for $Name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    self.0.fmt(f)
                }
            }

            impl FromStr for $Name {
                type Err = uuid::Error;

                fn from_str(text: &str) -> Result<Self, Self::Err> {
                    Uuid::try_parse(text).map(Self)
                }
            }
        )*
    };
}

typed_ids! {
    /// An account.
    UserId
    /// A guitar session.
    SessionId
    /// A phone in a guitar session.
    ParticipantId
    /// A seat in a guitar session: a phone's has the participant's id, the host's the session's.
    SeatId
    /// One life of a socket, on the server.
    ConnectionId
    /// A message. Its sender makes the id: the answer carries it, and a command runs once under it.
    MessageId
    /// A member of the gym.
    MemberId
    /// A visit of a member.
    VisitId
    /// A refusal at a door.
    RefusalId
    /// What a member can subscribe to.
    PlanId
    /// What a member subscribed to.
    SubscriptionId
    /// A practice on the guitar.
    PracticeId
    /// A sign-in of an account, from the password to the sign-out.
    SignInId
    /// A browser that practises without an account.
    GuestId
    /// Who a connection acts as: an account or a seat. The role beside it says which.
    ActorId
}

impl From<UserId> for ActorId {
    fn from(account: UserId) -> Self {
        Self(account.0)
    }
}

impl From<SeatId> for ActorId {
    fn from(seat: SeatId) -> Self {
        Self(seat.0)
    }
}

impl SeatId {
    /// The seat of a session's host.
    pub fn host(session: SessionId) -> Self {
        Self(session.0)
    }

    /// The seat of a phone.
    pub fn phone(participant: ParticipantId) -> Self {
        Self(participant.0)
    }

    /// The phone that sits here. For seats of phones only: a host's seat has the id of its session.
    pub fn phone_id(self) -> ParticipantId {
        ParticipantId(self.0)
    }
}
