//! Who a connection acts as. One browser can be several at once: signed in as staff, the PC of
//! a guitar session, and a phone in another. The topic decides which of them counts.

use cadence_base::identity::StaffIdentity;
use protocol::{
    ParticipantId, SeatId, SessionId, Topic,
    account::{Identity, Role},
};

/// A seat in a guitar session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seat {
    /// The session.
    pub session: SessionId,
    /// The host's or a phone's.
    pub id: SeatId,
    /// Host, performer, spectator, or waiting.
    pub role: Role,
}

/// Everything that a connection has proved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Principal {
    /// The signed-in account.
    pub staff: Option<StaffIdentity>,
    /// The seats in guitar sessions, at most one as host and one as phone.
    pub seats: Vec<Seat>,
}

impl Principal {
    /// Whether nothing was proved.
    pub(crate) fn is_nobody(&self) -> bool {
        self.staff.is_none() && self.seats.is_empty()
    }

    /// Takes a seat: as host or as phone, each in place of the one before.
    pub(crate) fn take_seat(&mut self, seat: Seat) {
        let is_host = |role| role == Role::Host;
        self.seats.retain(|other| is_host(other.role) != is_host(seat.role));
        self.seats.push(seat);
    }

    /// The seat in a session; the host's counts before a phone's.
    pub(crate) fn seat(&self, session: SessionId) -> Option<&Seat> {
        self.seats
            .iter()
            .filter(|seat| seat.session == session)
            .min_by_key(|seat| seat.role != Role::Host)
    }

    /// What the connection acts as in a topic.
    pub(crate) fn role_in(&self, topic: Topic) -> Option<Role> {
        match topic {
            Topic::CheckIns => self.staff.as_ref().map(|staff| staff.role),
            Topic::Guitar(session) => self.seat(session).map(|seat| seat.role),
        }
    }

    /// As `welcome` and `ack` contain it: of the topic when there is one, otherwise the account.
    pub(crate) fn identity(&self, topic: Option<Topic>) -> Identity {
        let seat = match topic {
            Some(Topic::Guitar(session)) => self.seat(session),
            _ => self.seats.first().filter(|_| self.staff.is_none()),
        };
        match (seat, &self.staff) {
            (Some(seat), _) => {
                Identity { user_id: Some(seat.id.into()), role: seat.role, expires_at: None }
            }
            (None, Some(staff)) => staff.on_the_wire(),
            (None, None) => Identity { user_id: None, role: Role::Player, expires_at: None },
        }
    }

    /// The phone's participant, so that removing it closes this connection.
    pub(crate) fn participant(&self) -> Option<ParticipantId> {
        self.seats.iter().find(|seat| seat.role != Role::Host).map(|seat| seat.id.phone_id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::{SignInId, UserId};
    use uuid::Uuid;

    #[test]
    fn the_topic_decides_which_role_counts() {
        let session = SessionId(Uuid::from_u128(1));
        let principal = Principal {
            staff: Some(StaffIdentity {
                user: UserId(Uuid::from_u128(2)),
                name: "T".into(),
                role: Role::Trainer,
                sign_in: SignInId(Uuid::from_u128(3)),
                expires_at: 9,
            }),
            seats: vec![
                Seat { session, id: SeatId(Uuid::from_u128(4)), role: Role::Spectator },
                Seat { session, id: SeatId::host(session), role: Role::Host },
            ],
        };
        assert_eq!(principal.role_in(Topic::CheckIns), Some(Role::Trainer));
        assert_eq!(principal.role_in(Topic::Guitar(session)), Some(Role::Host));
        assert_eq!(principal.role_in(Topic::Guitar(SessionId(Uuid::nil()))), None);
    }
}
