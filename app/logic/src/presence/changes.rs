//! What follows from the devices of all nodes and from the host's decisions for the participants
//! that a session's state shows.

use super::seats::{Seats, participant};
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

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::ConnectionId;
    use uuid::Uuid;

    const PHONE: ParticipantId = ParticipantId(Uuid::from_u128(7));
    const GONE: Presence = Presence::Disconnected;

    fn phone(role: Role, status: Presence) -> Participant {
        Participant { status, user_id: SeatId::phone(PHONE), role, device: "phone".to_owned() }
    }

    fn shows(participant: Option<Participant>) -> GuitarState {
        GuitarState { participants: participant.into_iter().collect(), ..GuitarState::default() }
    }

    fn node_with(role: Role) -> Seats {
        let mut seats = Seats::default();
        let socket = ConnectionId(Uuid::from_u128(70));
        seats.arrive(SeatId::phone(PHONE), role, "phone", socket, true, 0);
        seats
    }

    /// What is published when the state shows `published`, this node has `mine`, and another one
    /// has `other`.
    #[track_caller]
    fn check(
        published: Option<Participant>,
        (mine, other): (&Seats, &Seats),
        decisions: &[PhoneDecision],
        expected: Option<(Participant, bool)>,
    ) {
        let nodes = [mine.clone(), other.clone()];
        let changes = changed_participants(&shows(published), mine, &nodes, decisions, 1_000);
        let expected =
            expected.map(|(participant, decided)| ParticipantChange { participant, decided });
        assert_eq!(changes, expected.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn a_device_is_published_when_it_comes_and_when_no_node_has_it_any_more() {
        let (none, one) = (Seats::default(), node_with(Role::Performer));
        let here = phone(Role::Performer, Presence::Connected);
        let gone = phone(Role::Performer, GONE);
        check(None, (&one, &none), &[], Some((here.clone(), false)));
        check(Some(here.clone()), (&one, &none), &[], None);
        check(Some(here.clone()), (&none, &one), &[], None);
        check(Some(here), (&none, &none), &[], Some((gone.clone(), false)));
        check(Some(gone), (&none, &none), &[], None);
    }

    #[test]
    fn a_role_is_the_one_at_the_devices_node_and_elsewhere_the_published_one() {
        let (none, plays) = (Seats::default(), node_with(Role::Performer));
        let listens = phone(Role::Spectator, Presence::Connected);
        let performs = phone(Role::Performer, Presence::Connected);
        check(Some(listens.clone()), (&plays, &none), &[], Some((performs, false)));
        check(Some(listens), (&none, &plays), &[], None);
    }

    #[test]
    fn a_decision_of_the_host_counts_more_than_what_a_node_reports() {
        let (none, one) = (Seats::default(), node_with(Role::Performer));
        let performs = phone(Role::Performer, Presence::Connected);
        let listens = phone(Role::Spectator, Presence::Connected);
        let role = [PhoneDecision::Role(PHONE, Role::Spectator)];
        check(Some(performs.clone()), (&none, &one), &role, Some((listens, true)));
        let removed = [PhoneDecision::Removed(PHONE)];
        let out = phone(Role::Waiting, GONE);
        check(Some(performs), (&none, &one), &removed, Some((out, true)));
        check(None, (&none, &none), &removed, None);
    }
}
