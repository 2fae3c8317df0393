//! The state of one guitar session beside its ring. It changes in the same lock as the ring
//! grows, so a snapshot and its position always belong together.

use super::{
    handle::Handle,
    log::Log,
    publication::{Publication, Published},
    sent::{Content, Sent},
};
use crate::broker::{Appended, Away, Broker, MessageId};
use cadence_base::refusal::id_conflict;
use cadence_base::sync::lock;
use logic::{
    presence::{self, Departure, Seats},
    topic::{TopicEvent, practice},
};
use protocol::{
    ErrorBody, Millis, Note, Position, ServerMessage,
    account::Role,
    guitar::{GuitarState, Participant, PracticeStatus, PracticeUpdate, Presence},
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use uuid::Uuid;

/// The visibility of one device is said at most so often, in milliseconds.
const SEEN_EVERY_MS: Millis = 1_000;

/// One guitar session in memory.
#[derive(Debug)]
pub struct Session {
    /// The session.
    pub id: Uuid,
    /// Its recent events.
    pub log: Log,
    live: Mutex<Live>,
    practice: tokio::sync::Mutex<()>,
    /// Set when other nodes share the session: its log is then the broker's.
    pub(super) broker: Option<Broker>,
}

#[derive(Debug)]
struct Live {
    state: GuitarState,
    seats: Seats,
    sent: Sent,
    played: Played,
    last_input: Millis,
    last_presence: Millis,
    /// When the visibility of a page was last said.
    seen_at: HashMap<Uuid, Millis>,
    /// Devices changed since the other nodes were told.
    unsaid: bool,
    /// What the host decided here, and the other nodes do not know yet.
    decisions: Vec<Decision>,
    /// What the host decided on another node about devices of this one.
    heard: Vec<Decision>,
}

/// The host's word about a participant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// It has another role from now on.
    Role(Uuid, Role),
    /// It was removed for good.
    Removed(Uuid),
}

impl Decision {
    /// Whom it is about.
    pub(super) fn about(&self) -> Uuid {
        match self {
            Self::Role(who, _) | Self::Removed(who) => *who,
        }
    }
}

/// What was played since it was last stored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Played {
    /// Chords in order of first use.
    pub chords: Vec<String>,
    /// How often the chord changed.
    pub changes: i64,
}

impl Session {
    /// A session as the database knows it; nobody is connected yet.
    pub fn new(id: Uuid, log: Log, practice: Option<PracticeUpdate>, now: Millis) -> Self {
        let live = Live {
            state: GuitarState { practice, ..GuitarState::default() },
            seats: Seats::default(),
            sent: Sent::default(),
            played: Played::default(),
            last_input: now,
            last_presence: now,
            seen_at: HashMap::new(),
            unsaid: false,
            decisions: Vec::new(),
            heard: Vec::new(),
        };
        let practice = tokio::sync::Mutex::default();
        Self { id, log, live: Mutex::new(live), practice, broker: None }
    }

    /// The same session, shared with other nodes, at the place and in the state of its log.
    pub(super) fn shared(mut self, broker: Broker, state: GuitarState) -> Self {
        self.live.get_mut().unwrap_or_else(PoisonError::into_inner).state = state;
        self.broker = Some(broker);
        self
    }

    /// The state and the position that it belongs to.
    pub fn snapshot(&self) -> (GuitarState, Position) {
        let live = lock(&self.live);
        (live.state.clone(), self.log.end())
    }

    /// Numbers an event and delivers it. The same message id is published once.
    ///
    /// # Errors
    /// `broker_unavailable` when the session is shared with other nodes and they cannot be reached;
    /// `id_conflict` when the message's id came before with other words.
    pub async fn publish(
        &self,
        publication: Publication,
        now: Millis,
    ) -> Result<Published, ErrorBody> {
        let Publication { message, origin, outcome } = publication;
        let id = origin.and_then(|origin| origin.message);
        let id = id.map(|id| (id, Content::of(&message)));
        let fact = TopicEvent { ts: now, message, origin, outcome, decided: false };
        let Some(broker) = &self.broker else {
            return self.publish_here(id, fact);
        };
        let id = id.map(|(id, content)| (id.to_string(), content.text()));
        let (id, content) = id.unwrap_or_default();
        let known = MessageId { id: &id, content: &content };
        let appended = broker.append(self.id, &self.log.end(), known, &fact, None).await?;
        Ok(match appended {
            Appended::New(at) => {
                self.hint(&at, fact, true);
                Published { at, fresh: true }
            }
            Appended::Repeated(at) => Published { at, fresh: false },
            Appended::Conflict => return Err(id_conflict()),
            Appended::Outdated => return Err(Away::outdated().into()),
        })
    }

    /// One node is the log itself.
    fn publish_here(
        &self,
        id: Option<(Uuid, Content)>,
        fact: TopicEvent,
    ) -> Result<Published, ErrorBody> {
        let mut live = lock(&self.live);
        if let Some((id, content)) = id
            && let Some(at) = live.sent.place(id, content)?
        {
            return Ok(Published { at, fresh: false });
        }
        live.note(&fact, true);
        let at = self.log.push(fact);
        if let Some((id, content)) = id {
            live.sent.remember(id, content, at.clone());
        }
        Ok(Published { at, fresh: true })
    }

    /// Somebody says that a fact stands at a place of the shared log.
    pub(super) fn hint(&self, at: &Position, fact: TopicEvent, mine: bool) {
        let mut live = lock(&self.live);
        // What this node played is counted here and once, wherever it stands in the order.
        live.note_played(&fact.message, mine);
        for event in self.log.hint(at, fact) {
            live.apply(&event.event);
        }
    }

    /// What a reading of the shared log brought: its end, the events before that, if all of them
    /// could be read, and the state at the end. False when the log did not lead on.
    pub(super) fn read(
        &self,
        from: &Position,
        end: &Position,
        facts: Option<Vec<(u64, TopicEvent)>>,
        state: GuitarState,
    ) -> bool {
        let mut live = lock(&self.live);
        let appended = match facts {
            Some(facts) => self.log.read(from, end, facts),
            None => {
                self.log.begin(end.clone());
                None
            }
        };
        match appended {
            Some(events) => {
                events.iter().for_each(|event| live.apply(&event.event));
                true
            }
            None => {
                live.state = state;
                false
            }
        }
    }

    /// This node's devices, and the decisions that have not been told yet.
    pub(super) fn devices(&self) -> (Seats, Vec<Decision>) {
        let mut live = lock(&self.live);
        live.unsaid = false;
        (live.seats.clone(), live.decisions.clone())
    }

    /// The state, if it is the one at a place of the log and this node's devices are still these.
    pub(super) fn state_at(&self, at: &Position, devices: &Seats) -> Option<GuitarState> {
        let live = lock(&self.live);
        (self.log.end() == *at && live.seats == *devices).then(|| live.state.clone())
    }

    /// Lets the keeper look again.
    pub(super) fn devices_changed(&self) {
        lock(&self.live).unsaid = true;
        self.log.look();
    }

    /// Whether devices changed or decisions were made since [`Session::devices`] was called.
    pub(super) fn has_news(&self) -> bool {
        let live = lock(&self.live);
        live.unsaid || !live.decisions.is_empty()
    }

    /// Decisions that everybody knows now.
    pub(super) fn told(&self, decisions: &[Decision]) {
        lock(&self.live).decisions.retain(|decision| !decisions.contains(decision));
    }

    /// What was decided on other nodes about this one's devices, once.
    pub(super) fn take_heard(&self) -> Vec<Decision> {
        std::mem::take(&mut lock(&self.live).heard)
    }

    /// A device's socket is there. A second socket of the same device changes nothing.
    pub fn arrive(
        &self,
        who: Uuid,
        role: Role,
        device: &str,
        handle: &Handle,
        visible: bool,
        now: Millis,
    ) {
        let mut live = lock(&self.live);
        live.last_presence = now;
        live.seats.arrive(who, role, device, handle.id, visible, now);
        self.announce(&mut live, who, now);
    }

    /// The page of a device became visible or hidden.
    pub fn seen(&self, who: Uuid, connection: Uuid, visible: bool, now: Millis) {
        let mut live = lock(&self.live);
        live.last_presence = now;
        live.seats.seen(who, connection, visible, now);
        // Nobody learns more by more than one word a second; the sweep says the last one.
        let said = live.seen_at.insert(who, now);
        if said.is_none_or(|said| now - said >= SEEN_EVERY_MS) {
            self.announce(&mut live, who, now);
        }
    }

    /// A socket ended. The device is away until it comes back or its time is over.
    pub fn depart(&self, who: Uuid, connection: Uuid, how: Departure, now: Millis) {
        let mut live = lock(&self.live);
        live.last_presence = now;
        live.seats.depart(who, connection, how, now);
        self.announce(&mut live, who, now);
    }

    /// A participant was let in or got another role.
    pub fn set_role(&self, who: Uuid, role: Role, now: Millis) {
        let mut live = lock(&self.live);
        live.seats.set_role(who, role);
        if self.broker.is_some() {
            live.decisions.push(Decision::Role(who, role));
        }
        self.announce(&mut live, who, now);
    }

    /// A participant was removed for good: gone and without a role, it leaves every list, also
    /// when its seat was given up long ago.
    pub fn remove(&self, who: Uuid, now: Millis) {
        let mut live = lock(&self.live);
        live.seats.remove(who);
        if self.broker.is_some() {
            live.decisions.push(Decision::Removed(who));
            return self.log.look();
        }
        let known = live.state.participants.iter().find(|p| p.user_id == who).cloned();
        if let Some(known) = known {
            let (role, status) = (Role::Waiting, Presence::Disconnected);
            self.tell(&mut live, Participant { role, status, ..known }, now);
        }
    }

    /// What the host decided about a phone, as the database has it. Whatever else this node was
    /// about to say of it is overtaken.
    pub(super) fn learn(&self, decided: Decision, now: Millis) {
        let who = decided.about();
        let (sits_as, listed) = {
            let mut live = lock(&self.live);
            live.decisions.retain(|one| one.about() != who || *one == decided);
            let listed = live.state.participants.iter().any(|p| p.user_id == who);
            (live.seats.seat(who).map(|(role, _)| role), listed)
        };
        match (sits_as, decided) {
            (Some(before), Decision::Role(_, role)) if before != role => {
                self.set_role(who, role, now);
            }
            (Some(_), Decision::Removed(_)) => self.remove(who, now),
            (None, Decision::Removed(_)) if listed => self.remove(who, now),
            _ => {}
        }
    }

    /// Devices whose time to come back is over are gone.
    pub fn sweep(&self, now: Millis) {
        let mut live = lock(&self.live);
        live.seen_at.retain(|_, said| now - *said < SEEN_EVERY_MS);
        if self.broker.is_some() {
            live.seats.sweep(now);
            return;
        }
        let known: Vec<Uuid> = live.seats.everybody().collect();
        for who in known {
            self.announce(&mut live, who, now);
        }
        live.seats.sweep(now);
    }

    /// Publishes a seat's state when it differs from what everybody has seen.
    fn announce(&self, live: &mut Live, who: Uuid, now: Millis) {
        if self.broker.is_some() {
            live.unsaid = true;
            return self.log.look();
        }
        let Some(participant) = presence::participant([&live.seats], who, now) else { return };
        if !live.state.participants.contains(&participant) {
            self.tell(live, participant, now);
        }
    }

    fn tell(&self, live: &mut Live, participant: Participant, now: Millis) {
        let message = ServerMessage::ConnectionUpdate(participant);
        logic::guitar::apply(&mut live.state, &message);
        self.log.push(TopicEvent::by_server(now, message));
    }

    /// Whether nobody has been connected since `before`, so that it can be forgotten.
    pub fn is_forgotten(&self, before: Millis) -> bool {
        let live = lock(&self.live);
        live.seats.is_empty() && live.last_presence < before
    }

    /// The running practice's last signs of life: of input, and of any device.
    pub fn signs_of_life(&self, now: Millis) -> Option<(Millis, Millis)> {
        let live = lock(&self.live);
        let running =
            live.state.practice.as_ref().is_some_and(|p| p.status == PracticeStatus::Started);
        let somebody = live.seats.any_socket();
        running.then_some((live.last_input, if somebody { now } else { live.last_presence }))
    }

    /// Held from a practice's change in the database until everybody has been told, so that no two
    /// changes are told in the wrong order.
    pub async fn practice_lock(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.practice.lock().await
    }

    /// The same for whoever may not wait: a command that holds it goes on only as fast as its
    /// connection is read.
    pub fn try_practice_lock(&self) -> Option<tokio::sync::MutexGuard<'_, ()>> {
        self.practice.try_lock().ok()
    }

    /// Whether everybody was told something else about the practice.
    pub fn practice_differs(&self, update: &PracticeUpdate) -> bool {
        !practice::shows(&lock(&self.live).state, update)
    }

    /// What was played since the last call.
    pub fn take_played(&self) -> Option<Played> {
        let mut live = lock(&self.live);
        let played = std::mem::take(&mut live.played);
        (played.changes > 0 || !played.chords.is_empty()).then_some(played)
    }

    /// Takes back what could not be stored; it comes before what was played meanwhile.
    pub fn put_back(&self, mut played: Played) {
        let mut live = lock(&self.live);
        let since = std::mem::take(&mut live.played);
        played.changes += since.changes;
        for chord in since.chords {
            if !played.chords.contains(&chord) {
                played.chords.push(chord);
            }
        }
        live.played = played;
    }
}

impl Live {
    /// What an event does to the state and to the practice's record.
    fn note(&mut self, fact: &TopicEvent, mine: bool) {
        self.note_played(&fact.message, mine);
        self.apply(fact);
    }

    /// What was played on this node goes into the practice's record.
    fn note_played(&mut self, message: &ServerMessage, mine: bool) {
        let running =
            self.state.practice.as_ref().is_some_and(|p| p.status == PracticeStatus::Started);
        if let (true, true, ServerMessage::Note(Note::ChordChange(change))) =
            (mine, running, message)
        {
            if self.state.chord.as_ref().is_some_and(|held| *held != change.chord) {
                self.played.changes += 1;
            }
            if !self.played.chords.contains(&change.chord) {
                self.played.chords.push(change.chord.clone());
            }
        }
    }

    fn apply(&mut self, fact: &TopicEvent) {
        match &fact.message {
            ServerMessage::ConnectionUpdate(told) if fact.decided => self.obey(told),
            ServerMessage::ConnectionUpdate(_) => {}
            _ => self.last_input = self.last_input.max(fact.ts),
        }
        logic::guitar::apply(&mut self.state, &fact.message);
    }

    /// What the host decided, here or on another node, about a device of this one.
    fn obey(&mut self, told: &Participant) {
        let who = told.user_id;
        if told.role == Role::Waiting && told.status == Presence::Disconnected {
            self.seats.remove(who);
            self.heard.push(Decision::Removed(who));
        } else if self.seats.seat(who).is_some_and(|(role, _)| role != told.role) {
            self.seats.set_role(who, told.role);
            self.heard.push(Decision::Role(who, told.role));
        }
    }
}

/// A session as the rest of the server shares it.
pub type SharedSession = Arc<Session>;

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::Topic;
    use std::net::{IpAddr, Ipv4Addr};

    const PHONE: Uuid = Uuid::from_u128(7);

    fn nowhere() -> Position {
        Position { epoch: "a".into(), offset: 0 }
    }

    fn with_phone() -> (Session, Handle) {
        let id = Uuid::from_u128(1);
        let session =
            Session::new(id, Log::new(Topic::Guitar(id), nowhere(), 100, 300_000), None, 0);
        let handle = Handle::new(Uuid::from_u128(2), IpAddr::V4(Ipv4Addr::LOCALHOST));
        session.arrive(PHONE, Role::Performer, "phone", &handle, true, 0);
        (session, handle)
    }

    fn presence(session: &Session) -> Option<Presence> {
        session.snapshot().0.participants.first().map(|phone| phone.status)
    }

    #[test]
    fn a_removed_phone_leaves_the_list_also_when_it_was_gone_long_ago() {
        let (session, handle) = with_phone();
        session.depart(PHONE, handle.id, Departure::Closed, 10_000);
        session.sweep(20_000);
        assert_eq!(presence(&session), Some(Presence::Disconnected));
        session.remove(PHONE, 30_000);
        assert_eq!(presence(&session), None);
    }

    #[tokio::test]
    async fn a_decision_that_the_database_overtook_is_not_said_any_more() {
        let (session, _handle) = with_phone();
        let broker = Broker::new(&["redis://127.0.0.1:1"], "test", 64, |_, _| {});
        let session = session.shared(broker.expect("an address"), GuitarState::default());
        let (plays, listens) =
            (Decision::Role(PHONE, Role::Performer), Decision::Role(PHONE, Role::Spectator));
        session.set_role(PHONE, Role::Performer, 0);
        assert_eq!(session.devices().1, [plays]);
        session.learn(plays, 1);
        assert_eq!(session.devices().1, [plays]);
        session.learn(listens, 2);
        assert_eq!(session.devices().1, [listens]);
        session.learn(listens, 3);
        assert_eq!(session.devices().1, [listens], "once");
    }

    #[test]
    fn what_could_not_be_stored_is_not_forgotten() {
        let (session, _handle) = with_phone();
        let update = |status, as_of, elapsed_ms| PracticeUpdate {
            status,
            timestamp: protocol::guitar::Timestamp::Millis(as_of),
            as_of,
            elapsed_ms,
        };
        let say = |message| {
            let fact = TopicEvent::by_server(0, message);
            session.publish_here(None, fact).expect("no id to repeat");
        };
        let chord = |name: &str| {
            let chord = name.to_owned();
            say(ServerMessage::Note(Note::ChordChange(protocol::guitar::ChordChange { chord })))
        };
        let running = update(PracticeStatus::Started, 100, 0);
        assert!(session.practice_differs(&running));
        say(ServerMessage::PracticeUpdate(running));
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
        assert_eq!(session.take_played(), Some(Played { chords, changes: 3 }));
        assert_eq!(session.take_played(), None);
    }
}
