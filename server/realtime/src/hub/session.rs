//! One guitar session as the rest of the server uses it: events, devices and the practice.

use super::{
    handle::ConnectionHandle,
    log::NodeLog,
    publication::{Publication, PublishReceipt},
    session_home::SessionHome,
    session_state::SessionCore,
};
use logic::{
    presence::{Departure, PhoneDecision},
    topic::{TopicEvent, practice},
};
use protocol::{
    ConnectionId, ErrorBody, Millis, ParticipantId, Position, SeatId, SessionId,
    account::Role,
    guitar::{GuitarState, PracticeUpdate},
};
use std::sync::Arc;

pub use super::session_state::PlayedChords;

/// The visibility of one device is published at most so often, in milliseconds.
const VISIBILITY_INTERVAL_MS: Millis = 1_000;

/// One guitar session in memory.
#[derive(Debug)]
pub struct Session {
    pub(super) core: SessionCore,
    home: Arc<dyn SessionHome>,
    practice: tokio::sync::Mutex<()>,
}

/// A session as the rest of the server shares it.
pub type SharedSession = Arc<Session>;

impl Session {
    /// A session whose events get their numbers from `home`.
    pub(super) fn new(core: SessionCore, home: Arc<dyn SessionHome>) -> Self {
        Self { core, home, practice: tokio::sync::Mutex::default() }
    }

    /// The session's id.
    pub fn id(&self) -> SessionId {
        self.core.id
    }

    /// Its recent events.
    pub fn log(&self) -> &NodeLog {
        &self.core.log
    }

    /// The state and the position that it belongs to.
    pub fn snapshot(&self) -> (GuitarState, Position) {
        self.core.snapshot()
    }

    /// Numbers an event and delivers it. The same message id is published once.
    ///
    /// # Errors
    /// `broker_unavailable` when the session is shared with other nodes and they cannot be reached;
    /// `id_conflict` when the message's id came before with other content.
    pub async fn publish(
        &self,
        publication: Publication,
        now: Millis,
    ) -> Result<PublishReceipt, ErrorBody> {
        let Publication { message, origin, outcome } = publication;
        let event = TopicEvent { ts: now, message, origin, outcome, decided: false };
        self.home.publish(&self.core, event).await
    }

    /// Reads the session's log now, because a client has seen more of it than this node.
    ///
    /// # Errors
    /// `broker_unavailable` when the session is shared with other nodes and they cannot be reached.
    pub async fn catch_up(&self, now: Millis) -> Result<(), ErrorBody> {
        self.home.catch_up(&self.core, now).await
    }

    /// A device's socket is there. A second socket of the same device changes nothing.
    pub fn arrive(
        &self,
        who: SeatId,
        role: Role,
        device: &str,
        handle: &ConnectionHandle,
        visible: bool,
        now: Millis,
    ) {
        let mut state = self.core.state();
        state.last_presence = now;
        state.seats.arrive(who, role, device, handle.id, visible, now);
        self.home.seats_changed(&self.core, &mut state, now);
    }

    /// The page of a device became visible or hidden.
    pub fn seen(&self, who: SeatId, connection: ConnectionId, visible: bool, now: Millis) {
        let mut state = self.core.state();
        state.last_presence = now;
        state.seats.seen(who, connection, visible, now);
        // A page that flickers causes one publication a second; the next change of another device,
        // or the sweep, publishes how it ended.
        let published = state.visibility_published.insert(who, now);
        if published.is_none_or(|published| now - published >= VISIBILITY_INTERVAL_MS) {
            self.home.seats_changed(&self.core, &mut state, now);
        }
    }

    /// A socket ended. The device is away until it comes back or its time is over.
    pub fn depart(&self, who: SeatId, connection: ConnectionId, how: Departure, now: Millis) {
        let mut state = self.core.state();
        state.last_presence = now;
        state.seats.depart(who, connection, how, now);
        self.home.seats_changed(&self.core, &mut state, now);
    }

    /// A participant was let in or got another role.
    pub fn set_role(&self, phone: ParticipantId, role: Role, now: Millis) {
        let mut state = self.core.state();
        state.seats.set_role(SeatId::phone(phone), role);
        self.home.decided(&self.core, &mut state, PhoneDecision::Role(phone, role), now);
    }

    /// A participant was removed for good: gone and without a role, it leaves every list, also
    /// when its seat was given up long ago.
    pub fn remove(&self, phone: ParticipantId, now: Millis) {
        let mut state = self.core.state();
        state.seats.remove(SeatId::phone(phone));
        self.home.decided(&self.core, &mut state, PhoneDecision::Removed(phone), now);
    }

    /// Applies what the host decided about a phone, as the database has it. An earlier decision
    /// that this node has not published yet is dropped.
    pub(super) fn apply_decision(&self, decided: PhoneDecision, now: Millis) {
        let who = decided.about();
        let (seated_as, listed) = {
            let state = self.core.state();
            self.home.drop_overtaken(decided);
            let seat = SeatId::phone(who);
            let seated_as = state.seats.seat(seat).map(|(role, _)| role);
            (seated_as, state.participant(seat).is_some())
        };
        match (seated_as, decided) {
            (Some(before), PhoneDecision::Role(_, role)) if before != role => {
                self.set_role(who, role, now);
            }
            (Some(_), PhoneDecision::Removed(_)) => self.remove(who, now),
            (None, PhoneDecision::Removed(_)) if listed => self.remove(who, now),
            _ => {}
        }
    }

    /// Decisions of hosts on other nodes about this one's devices, once.
    pub(super) fn take_received(&self) -> Vec<PhoneDecision> {
        std::mem::take(&mut self.core.state().received)
    }

    /// Gives up devices whose time to come back is over.
    pub fn sweep(&self, now: Millis) {
        let mut state = self.core.state();
        state.visibility_published.retain(|_, published| now - *published < VISIBILITY_INTERVAL_MS);
        self.home.sweep(&self.core, &mut state, now);
    }

    /// Whether no device has been connected since `before`, so that it can be forgotten.
    pub fn is_forgotten(&self, before: Millis) -> bool {
        let state = self.core.state();
        state.seats.is_empty() && state.last_presence < before
    }

    /// The running practice's last signs of life: of input, and of any device.
    pub fn signs_of_life(&self, now: Millis) -> Option<(Millis, Millis)> {
        let state = self.core.state();
        let presence = if state.seats.any_socket() { now } else { state.last_presence };
        state.practice_runs().then_some((state.last_input, presence))
    }

    /// Held from a practice's change in the database until it is published, so that no two changes
    /// are published in the wrong order.
    pub async fn practice_lock(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.practice.lock().await
    }

    /// The same for callers that may not wait: a command that holds it goes on only as fast as its
    /// connection is read.
    pub fn try_practice_lock(&self) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        self.practice.try_lock().ok()
    }

    /// Whether the published state shows something else about the practice.
    pub fn practice_differs(&self, update: &PracticeUpdate) -> bool {
        !practice::shows(&self.core.state().guitar, update)
    }

    /// What was played since the last call.
    pub fn take_played(&self) -> Option<PlayedChords> {
        let played = std::mem::take(&mut self.core.state().played);
        (played.changes > 0 || !played.chords.is_empty()).then_some(played)
    }

    /// Takes back what could not be stored; it comes before what was played meanwhile.
    pub fn put_back(&self, mut played: PlayedChords) {
        let mut state = self.core.state();
        let since = std::mem::take(&mut state.played);
        played.changes += since.changes;
        for chord in since.chords {
            if !played.chords.contains(&chord) {
                played.chords.push(chord);
            }
        }
        state.played = played;
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{broker_session::BrokerSession, local_session::LocalSession},
        *,
    };
    use crate::broker::Broker;
    use protocol::{
        Note, ServerMessage, Topic,
        guitar::{PracticeStatus, Presence},
    };
    use std::net::{IpAddr, Ipv4Addr};
    use uuid::Uuid;

    const PHONE: ParticipantId = ParticipantId(Uuid::from_u128(7));

    fn nowhere() -> Position {
        Position { epoch: "a".into(), offset: 0 }
    }

    fn with_phone(home: Arc<dyn SessionHome>) -> (Session, ConnectionHandle) {
        let id = SessionId(Uuid::from_u128(1));
        let log = NodeLog::new(Topic::Guitar(id), nowhere(), 100, 300_000);
        let session = Session::new(SessionCore::new(id, log, GuitarState::default(), 0), home);
        let handle = ConnectionHandle::new(
            ConnectionId(Uuid::from_u128(2)),
            IpAddr::V4(Ipv4Addr::LOCALHOST),
        );
        session.arrive(SeatId::phone(PHONE), Role::Performer, "phone", &handle, true, 0);
        (session, handle)
    }

    fn presence(session: &Session) -> Option<Presence> {
        session.snapshot().0.participants.first().map(|phone| phone.status)
    }

    #[test]
    fn a_removed_phone_leaves_the_list_also_when_it_was_gone_long_ago() {
        let (session, handle) = with_phone(Arc::new(LocalSession::default()));
        session.depart(SeatId::phone(PHONE), handle.id, Departure::Closed, 10_000);
        session.sweep(20_000);
        assert_eq!(presence(&session), Some(Presence::Disconnected));
        session.remove(PHONE, 30_000);
        assert_eq!(presence(&session), None);
    }

    #[tokio::test]
    async fn a_decision_that_the_database_overtook_is_not_published_any_more() {
        let broker = Broker::new(&["redis://127.0.0.1:1"], "test", 64, |_, _| {});
        let home = Arc::new(BrokerSession::new(broker.expect("an address")));
        let (session, _handle) = with_phone(home.clone());
        let unpublished = || home.devices(&session.core).1;
        let plays = PhoneDecision::Role(PHONE, Role::Performer);
        let listens = PhoneDecision::Role(PHONE, Role::Spectator);
        session.set_role(PHONE, Role::Performer, 0);
        assert_eq!(unpublished(), [plays]);
        session.apply_decision(plays, 1);
        assert_eq!(unpublished(), [plays]);
        session.apply_decision(listens, 2);
        assert_eq!(unpublished(), [listens]);
        session.apply_decision(listens, 3);
        assert_eq!(unpublished(), [listens], "once");
    }

    #[test]
    fn what_could_not_be_stored_is_not_forgotten() {
        let home = Arc::new(LocalSession::default());
        let (session, _handle) = with_phone(home.clone());
        let update = |status, as_of, elapsed_ms| PracticeUpdate {
            status,
            timestamp: protocol::guitar::Timestamp::Millis(as_of),
            as_of,
            elapsed_ms,
        };
        let publish = |message| {
            let event = TopicEvent::by_server(0, message);
            home.publish_now(&session.core, event).expect("no id to repeat");
        };
        let chord = |name: &str| {
            let chord = name.to_owned();
            publish(ServerMessage::Note(Note::ChordChange(protocol::guitar::ChordChange { chord })))
        };
        let running = update(PracticeStatus::Started, 100, 0);
        assert!(session.practice_differs(&running));
        publish(ServerMessage::PracticeUpdate(running));
        assert!(!session.practice_differs(&update(PracticeStatus::Started, 300, 200)));
        assert!(session.practice_differs(&update(PracticeStatus::Started, 300, 100)));
        assert!(session.practice_differs(&update(PracticeStatus::Paused, 300, 200)));
        chord("G");
        chord("C");
        let played = session.take_played().expect("two chords");
        chord("D");
        chord("G");
        session.put_back(played);
        let chords = ["G", "C", "D"].map(str::to_owned).to_vec();
        assert_eq!(session.take_played(), Some(PlayedChords { chords, changes: 3 }));
        assert_eq!(session.take_played(), None);
    }
}
