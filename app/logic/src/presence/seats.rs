//! The devices that a node has: their sockets, and how long a device without a socket counts as
//! away.

use protocol::{
    ConnectionId, Millis, SeatId,
    account::Role,
    guitar::{Participant, Presence},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A socket that was closed properly may be a reload: the device counts as connected for this time.
const RELOAD_GRACE_MS: Millis = 3_000;
/// A phone that slept when its socket ended is away for this time, then gone.
const SLEEP_GRACE_MS: Millis = 120_000;
/// A browser hides a page before it closes it: a socket that closes within this time after its page
/// was hidden was not asleep.
const HIDE_TO_CLOSE_MS: Millis = 1_000;
/// A device whose socket broke while its page was visible is away for this time, then gone.
const VANISHED_GRACE_MS: Millis = 15_000;

/// How a socket ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Departure {
    /// The browser closed it: the page was left or reloaded.
    Closed,
    /// It broke.
    Broken,
}

/// The devices of one session that one node has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seats(BTreeMap<SeatId, DeviceSeat>);

/// A participant and the sockets of its device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct DeviceSeat {
    role: Role,
    device: String,
    /// Since when each socket's page is hidden; `None` while it is visible.
    sockets: BTreeMap<ConnectionId, Option<Millis>>,
    /// Set when the last socket has ended.
    left: Option<LastDeparture>,
}

/// The last socket of a device has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct LastDeparture {
    /// The device is gone then, unless it comes back.
    gone_at: Millis,
    /// It may be a reload: the others see no change until the device is gone.
    quietly: bool,
}

impl Seats {
    /// A socket of a device opened. A second socket of the same device does not change its presence.
    pub fn arrive(
        &mut self,
        who: SeatId,
        role: Role,
        device: &str,
        socket: ConnectionId,
        visible: bool,
        now: Millis,
    ) {
        let seat = self.0.entry(who).or_insert_with(|| DeviceSeat {
            role,
            device: String::new(),
            sockets: BTreeMap::new(),
            left: None,
        });
        seat.role = role;
        device.clone_into(&mut seat.device);
        seat.sockets.insert(socket, (!visible).then_some(now));
        seat.left = None;
    }

    /// The page behind a socket became visible or hidden.
    pub fn seen(&mut self, who: SeatId, socket: ConnectionId, visible: bool, now: Millis) {
        if let Some(hidden) = self.0.get_mut(&who).and_then(|seat| seat.sockets.get_mut(&socket)) {
            *hidden = (!visible).then(|| hidden.unwrap_or(now));
        }
    }

    /// A socket ended. The device is away until it comes back or its grace time is over.
    pub fn depart(&mut self, who: SeatId, socket: ConnectionId, how: Departure, now: Millis) {
        let Some(seat) = self.0.get_mut(&who) else { return };
        let Some(hidden) = seat.sockets.remove(&socket) else { return };
        if !seat.sockets.is_empty() {
            return;
        }
        let slept =
            hidden.is_some_and(|since| how == Departure::Broken || now - since > HIDE_TO_CLOSE_MS);
        let patience = match how {
            _ if slept => SLEEP_GRACE_MS,
            Departure::Closed => RELOAD_GRACE_MS,
            Departure::Broken => VANISHED_GRACE_MS,
        };
        let quietly = how == Departure::Closed && !slept;
        seat.left = Some(LastDeparture { gone_at: now + patience, quietly });
    }

    /// A participant got another role.
    pub fn set_role(&mut self, who: SeatId, role: Role) {
        if let Some(seat) = self.0.get_mut(&who) {
            seat.role = role;
        }
    }

    /// A participant was removed for good.
    pub fn remove(&mut self, who: SeatId) {
        self.0.remove(&who);
    }

    /// Forgets the devices whose grace time is over, and returns them.
    pub fn sweep(&mut self, now: Millis) -> Vec<SeatId> {
        let over = |seat: &mut DeviceSeat| seat.left.is_some_and(|left| left.gone_at <= now);
        self.0.extract_if(.., |_, seat| over(seat)).map(|(who, _)| who).collect()
    }

    /// The node behind these seats died: all its sockets broke.
    pub fn break_all(&mut self, now: Millis) {
        let sockets: Vec<(SeatId, ConnectionId)> = self
            .0
            .iter()
            .flat_map(|(who, seat)| seat.sockets.keys().map(|socket| (*who, *socket)))
            .collect();
        for (who, socket) in sockets {
            self.depart(who, socket, Departure::Broken, now);
        }
    }

    /// A participant's role, and whether its device has a socket.
    pub fn seat(&self, who: SeatId) -> Option<(Role, bool)> {
        self.0.get(&who).map(|seat| (seat.role, !seat.sockets.is_empty()))
    }

    /// Whether there is no device.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether any device has a socket.
    pub fn any_socket(&self) -> bool {
        self.0.values().any(|seat| !seat.sockets.is_empty())
    }

    /// All participants.
    pub fn everybody(&self) -> impl Iterator<Item = SeatId> + '_ {
        self.0.keys().copied()
    }
}

/// A participant's presence over all nodes; `None` when no node has it.
pub fn participant<'a>(
    nodes: impl IntoIterator<Item = &'a Seats>,
    who: SeatId,
    now: Millis,
) -> Option<Participant> {
    let seats = nodes.into_iter().filter_map(|seats| seats.0.get(&who));
    let best = seats.max_by_key(|seat| match seat.presence(now) {
        Presence::Connected => 2,
        Presence::Away => 1,
        Presence::Disconnected => 0,
    })?;
    Some(Participant {
        status: best.presence(now),
        user_id: who,
        role: best.role,
        device: best.device.clone(),
    })
}

impl DeviceSeat {
    fn presence(&self, now: Millis) -> Presence {
        let waits = |quietly| self.left.is_some_and(|l| l.gone_at > now && l.quietly == quietly);
        if self.sockets.values().any(Option::is_none) || waits(true) {
            Presence::Connected
        } else if !self.sockets.is_empty() || waits(false) {
            Presence::Away
        } else {
            Presence::Disconnected
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const PHONE: SeatId = SeatId(Uuid::from_u128(7));
    const SOCKET: ConnectionId = ConnectionId(Uuid::from_u128(70));

    fn with_phone() -> Seats {
        let mut seats = Seats::default();
        seats.arrive(PHONE, Role::Performer, "phone", SOCKET, true, 0);
        seats
    }

    fn presence(nodes: &[Seats], now: Millis) -> Option<Presence> {
        participant(nodes, PHONE, now).map(|phone| phone.status)
    }

    #[test]
    fn a_page_that_was_left_is_gone_although_browsers_hide_it_first() {
        let mut seats = with_phone();
        seats.seen(PHONE, SOCKET, false, 10_000);
        seats.depart(PHONE, SOCKET, Departure::Closed, 10_020);
        assert_eq!(presence(&[seats.clone()], 13_000), Some(Presence::Connected), "a reload?");
        assert_eq!(presence(&[seats.clone()], 13_100), Some(Presence::Disconnected));
        assert_eq!(seats.sweep(13_100), [PHONE]);
        assert!(seats.is_empty());
    }

    #[test]
    fn a_phone_that_slept_before_its_socket_went_is_away_for_long() {
        let mut seats = with_phone();
        seats.seen(PHONE, SOCKET, false, 10_000);
        assert_eq!(presence(&[seats.clone()], 10_000), Some(Presence::Away));
        seats.depart(PHONE, SOCKET, Departure::Closed, 40_000);
        assert_eq!(presence(&[seats.clone()], 100_000), Some(Presence::Away));
        assert_eq!(presence(&[seats], 160_000), Some(Presence::Disconnected));
    }

    #[test]
    fn a_phone_that_went_to_another_node_is_there_until_the_last_one_lost_it() {
        let mut first = with_phone();
        let mut second = Seats::default();
        second.arrive(
            PHONE,
            Role::Performer,
            "phone",
            ConnectionId(Uuid::from_u128(71)),
            true,
            1_000,
        );
        first.break_all(2_000);
        assert_eq!(presence(&[first.clone(), second.clone()], 2_000), Some(Presence::Connected));
        assert_eq!(first.sweep(20_000), [PHONE]);
        assert_eq!(presence(&[first.clone(), second.clone()], 20_000), Some(Presence::Connected));
        second.break_all(21_000);
        assert_eq!(presence(&[first.clone(), second.clone()], 21_000), Some(Presence::Away));
        assert_eq!(presence(&[first, second], 36_000), Some(Presence::Disconnected));
    }
}
