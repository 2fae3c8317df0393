//! What follows from the devices of all nodes and from the host's decisions for the participants that
//! a session's state shows.

use super::{Seats, participant};
use protocol::{
    Millis, ParticipantId, SeatId,
    account::Role,
    guitar::{GuitarState, Participant, Presence},
};
use std::collections::BTreeSet;

/// What a host decided about a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhoneDecision {
    /// It has another role from now on.
    Role(ParticipantId, Role),
    /// It was removed for good.
    Removed(ParticipantId),
}

impl PhoneDecision {
    /// The decision that gives a role or, without one, removes the phone.
    pub fn of(participant: ParticipantId, role: Option<Role>) -> Self {
        match role {
            Some(role) => Self::Role(participant, role),
            None => Self::Removed(participant),
        }
    }

    /// Whom it is about.
    pub fn about(&self) -> ParticipantId {
        match self {
            Self::Role(who, _) | Self::Removed(who) => *who,
        }
    }
}

/// A participant whom the session's state does not show as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParticipantChange {
    /// As it is.
    pub participant: Participant,
    /// Whether the host decided so.
    pub decided: bool,
}

/// The participants who differ from a session's state. `mine` are the devices of this node, `nodes`
/// those of all nodes, this one included. A role is what the host decided here, what the node of
/// the device reports, or what the state shows.
pub fn changed_participants(
    state: &GuitarState,
    mine: &Seats,
    nodes: &[Seats],
    decisions: &[PhoneDecision],
    now: Millis,
) -> Vec<ParticipantChange> {
    let everybody: BTreeSet<SeatId> = nodes
        .iter()
        .flat_map(Seats::everybody)
        .chain(state.participants.iter().map(|participant| participant.user_id))
        .collect();
    let differs = |who: SeatId| {
        let published = state.participants.iter().find(|participant| participant.user_id == who);
        let gone = Presence::Disconnected;
        let mut is = match participant(nodes, who, now) {
            Some(participant) => participant,
            // Every node has given it up.
            None => Participant { status: gone, ..published?.clone() },
        };
        if let Some(published) = published.filter(|_| mine.seat(who).is_none()) {
            is.role = published.role;
        }
        let mut decided = false;
        for decision in decisions.iter().filter(|decision| SeatId::phone(decision.about()) == who) {
            decided = true;
            match decision {
                PhoneDecision::Role(_, role) => is.role = *role,
                PhoneDecision::Removed(_) => (is.role, is.status) = (Role::Waiting, gone),
            }
        }
        let differs = match published {
            Some(published) => is != *published,
            None => decided || is.status != gone,
        };
        differs.then_some(ParticipantChange { participant: is, decided })
    };
    everybody.into_iter().filter_map(differs).collect()
}
