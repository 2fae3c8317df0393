//! The topics of this node and the handles of all its connections.
//!
//! - [`log`]: the recent events of a topic, each encoded once, and who follows it
//! - [`session`]: one guitar session: events, devices, the practice; its state stands in
//!   `session_state`
//! - `session_home`: where its log is kept: `local_session` on one node, `broker_session` for
//!   several, which `session_sync` keeps in step
//! - `deduplication`: which messages made an event already
//! - [`handle`]: what the rest of the server can do to one connection
//!
//! Events are never queued per connection. A connection has a cursor per topic and pulls from the
//! ring when it is woken, so a slow reader costs a number and delays no other connection.

mod broker_session;
mod deduplication;
pub mod handle;
mod local_session;
pub mod log;
mod publication;
pub mod session;
mod session_home;
mod session_state;
mod session_sync;

pub use publication::{Publication, PublishReceipt};

use crate::broker::{Broker, StreamReading, parse_bus_message};
use broker_session::{BrokerSession, state_of};
use cadence_base::{
    event::{Commit, HostDecision, LoggedEvent},
    sync::lock,
    time::ServerClock,
};
use handle::ConnectionHandle;
use local_session::LocalSession;
use log::{NodeLog, new_epoch};
use logic::{presence::PhoneDecision, topic::TopicEvent};
use protocol::{
    CloseCode, ConnectionId, Envelope, ErrorBody, Millis, ParticipantId, Position, ServerMessage,
    SessionId, SignInId, Topic, UserId,
    account::Role,
    guitar::{GuitarState, PracticeUpdate},
    gym::Stats,
    server::Outcome,
};
use session::Session;
use session_home::SessionHome;
use session_state::SessionCore;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, Weak},
    time::Duration,
};

/// The channel of check-ins between nodes.
const CHECK_INS: &str = "checkins";
/// The channel of hosts' decisions about phones between nodes.
const DECISIONS: &str = "decisions";
/// How often a server that stops counts the connections that are left.
const EMPTY_CHECK_INTERVAL: Duration = Duration::from_millis(10);

/// All live connections and topics of this process.
#[derive(Clone)]
pub struct Hub {
    inner: Arc<HubState>,
}

struct HubState {
    checkins: Arc<NodeLog>,
    sessions: Mutex<HashMap<SessionId, Arc<Session>>>,
    connections: Mutex<HashMap<ConnectionId, Arc<ConnectionHandle>>>,
    /// When clients shall come back; set once the server stops.
    restart: OnceLock<RestartWindow>,
    /// The way to other nodes, where there are any.
    broker: Option<Broker>,
    ring_events: usize,
    ring_ms: Millis,
}

/// Shortest and longest wait of a client before it comes back, in milliseconds.
type RestartWindow = (u64, u64);

impl Hub {
    /// A hub whose rings keep so many events for so long.
    pub fn new(ring_events: usize, ring_ms: Millis) -> Self {
        Self::with(ring_events, ring_ms, None)
    }

    /// A hub that shares its topics with other nodes through the broker that `open` opens with the
    /// given handler of messages.
    ///
    /// # Errors
    /// When an address of the broker is not valid.
    pub fn sharing(
        ring_events: usize,
        ring_ms: Millis,
        open: impl FnOnce(Box<dyn Fn(&str, &str) + Send + Sync>) -> anyhow::Result<Broker>,
    ) -> anyhow::Result<Self> {
        let hub = Arc::new(OnceLock::<Weak<HubState>>::new());
        let receiver = Arc::clone(&hub);
        let broker = open(Box::new(move |channel, text| {
            if let Some(inner) = receiver.get().and_then(Weak::upgrade) {
                Self { inner }.received(channel, text);
            }
        }))?;
        broker.follow(CHECK_INS);
        broker.follow(DECISIONS);
        let made = Self::with(ring_events, ring_ms, Some(broker));
        let _ = hub.set(Arc::downgrade(&made.inner));
        Ok(made)
    }

    fn with(ring_events: usize, ring_ms: Millis, broker: Option<Broker>) -> Self {
        let nowhere = Position { epoch: new_epoch(), offset: 0 };
        let checkins = Arc::new(NodeLog::new(Topic::CheckIns, nowhere, ring_events, ring_ms));
        Self {
            inner: Arc::new(HubState {
                checkins,
                sessions: Mutex::default(),
                connections: Mutex::default(),
                restart: OnceLock::new(),
                broker,
                ring_events,
                ring_ms,
            }),
        }
    }

    /// Gives `checkins` the position of its log in the database, before a connection follows it.
    pub fn restore_checkins(&self, end: Position) {
        self.inner.checkins.begin(end);
    }

    /// The log of `checkins`.
    pub fn checkins(&self) -> &Arc<NodeLog> {
        &self.inner.checkins
    }

    /// Takes what one COMMIT made; the store calls it in commit order.
    pub fn publish_commit(&self, commit: Commit) {
        let epoch = self.inner.checkins.end().epoch;
        let mut messages = Vec::new();
        for event in commit.events {
            let LoggedEvent { offset, ts, message, origin, outcome, .. } = event;
            let outcome = outcome.unwrap_or(Outcome::Done);
            let at = Position { epoch: epoch.clone(), offset };
            let event = TopicEvent { ts, message, origin, outcome, decided: false };
            if let Some(broker) = &self.inner.broker {
                messages.push(broker.bus_message(&at, &event));
            }
            self.inner.checkins.take_placed(&at, event);
        }
        if let Some(broker) = self.inner.broker.clone() {
            // A copy: what does not arrive is read from the database.
            tokio::spawn(async move {
                for message in messages {
                    if broker.publish(CHECK_INS, &message).await.is_err() {
                        break;
                    }
                }
            });
        }
        if let Some(stats) = commit.stats {
            self.publish_stats(stats);
        }
    }

    /// Sends the figures to all who follow `checkins`; a newer one replaces an older one
    /// that has not been sent yet.
    pub fn publish_stats(&self, stats: Stats) {
        self.inner.checkins.set_figures(stats);
    }

    /// Whether other nodes share the topics of this one.
    pub fn is_shared(&self) -> bool {
        self.inner.broker.is_some()
    }

    // ── guitar sessions ─────────────────────────────────────────────────────────────────────

    /// The session if it is in memory.
    pub fn session(&self, id: SessionId) -> Option<Arc<Session>> {
        lock(&self.inner.sessions).get(&id).cloned()
    }

    /// The session, made if it is not in memory: from the other nodes where there are any.
    ///
    /// # Errors
    /// `broker_unavailable` when the other nodes cannot be reached.
    pub async fn open_session(
        &self,
        id: SessionId,
        practice: Option<PracticeUpdate>,
        clock: &ServerClock,
    ) -> Result<Arc<Session>, ErrorBody> {
        let Some(broker) = &self.inner.broker else {
            return Ok(self.open_alone(id, practice, clock()));
        };
        // Follow before the log is read, so that events in between arrive. The guard leaves the
        // channel again when the broker is away, another caller was faster, or this one gave up.
        let following = broker.follow_for_now(&id.to_string());
        let nowhere = Position { epoch: String::new(), offset: 0 };
        let StreamReading { end, events, last } = broker.read(id, &nowhere).await?;
        let mut sessions = lock(&self.inner.sessions);
        if let Some(session) = sessions.get(&id) {
            return Ok(Arc::clone(session));
        }
        following.keep();
        let (capacity, ms) = (self.inner.ring_events, self.inner.ring_ms);
        // From the oldest event that is kept, so that a page of another node goes on without a gap.
        let events = events.unwrap_or_default();
        let offset = events.first().map_or(end.offset, |(first, _)| first - 1);
        let begin = Position { epoch: end.epoch.clone(), offset };
        let log = NodeLog::new(Topic::Guitar(id), begin.clone(), capacity, ms);
        log.read(&begin, &end, events);
        let home = Arc::new(BrokerSession::new(broker.clone()));
        let core = SessionCore::new(id, log, state_of(&last), clock());
        let session = Arc::new(Session::new(core, Arc::clone(&home) as Arc<dyn SessionHome>));
        sessions.insert(id, Arc::clone(&session));
        self.synchronize(&session, home, clock);
        Ok(session)
    }

    fn synchronize(&self, session: &Arc<Session>, home: Arc<BrokerSession>, clock: &ServerClock) {
        let (hub, clock) = (Arc::downgrade(&self.inner), clock.clone());
        let carry_out = move |decisions: Vec<PhoneDecision>| match hub.upgrade() {
            Some(hub) => {
                decisions.into_iter().for_each(|decision| hub.carry_out(decision));
                true
            }
            None => false,
        };
        let session = Arc::downgrade(session);
        tokio::spawn(session_sync::synchronize(session, home, clock, carry_out));
    }

    fn open_alone(
        &self,
        id: SessionId,
        practice: Option<PracticeUpdate>,
        now: Millis,
    ) -> Arc<Session> {
        let mut sessions = lock(&self.inner.sessions);
        let make = || {
            let end = Position { epoch: new_epoch(), offset: 0 };
            let (events, ms) = (self.inner.ring_events, self.inner.ring_ms);
            let log = NodeLog::new(Topic::Guitar(id), end, events, ms);
            let state = GuitarState { practice, ..GuitarState::default() };
            let core = SessionCore::new(id, log, state, now);
            Arc::new(Session::new(core, Arc::new(LocalSession::default())))
        };
        Arc::clone(sessions.entry(id).or_insert_with(make))
    }

    /// All sessions in memory.
    pub fn sessions(&self) -> Vec<Arc<Session>> {
        lock(&self.inner.sessions).values().cloned().collect()
    }

    /// Forgets sessions to which no device has been connected since a moment.
    pub fn forget_sessions(&self, before: Millis) {
        let mut sessions = lock(&self.inner.sessions);
        // A second reference means that a connection is about to follow it: it would live on beside
        // the next one that is opened. While this lock is held only `session_sync` can upgrade to
        // one.
        let idle = |session: &mut Arc<Session>| {
            Arc::strong_count(session) == 1 && session.is_forgotten(before)
        };
        for (id, _) in sessions.extract_if(|_, session| idle(session)) {
            if let Some(broker) = &self.inner.broker {
                broker.leave(&id.to_string());
            }
        }
    }

    /// Applies the host's decision about a phone to its connections, on whichever node they are.
    pub fn publish_decision(&self, participant: ParticipantId, role: Option<Role>) {
        self.inner.carry_out(PhoneDecision::of(participant, role));
        let Some(broker) = self.inner.broker.clone() else { return };
        let message = match role {
            Some(role) => format!("{participant} {}", serde_json::json!(role)),
            None => participant.to_string(),
        };
        // For connections without a seat; the others get it through the session's log.
        tokio::spawn(async move {
            let _ = broker.publish(DECISIONS, &message).await;
        });
    }

    /// Applies a host's decision as the database has it, perhaps of another node that died before
    /// it published it.
    pub fn apply_decision(&self, decided: &HostDecision, now: Millis) {
        let decision = PhoneDecision::of(decided.participant, decided.role);
        self.inner.carry_out(decision);
        if let Some(session) = self.session(decided.session) {
            session.apply_decision(decision, now);
        }
    }

    /// Takes a message of the bus.
    fn received(&self, channel: &str, text: &str) {
        if channel == DECISIONS {
            let mut parts = text.splitn(2, ' ');
            let Some(Ok(who)) = parts.next().map(str::parse) else { return };
            let role = parts.next().map(serde_json::from_str);
            return match role {
                Some(Ok(role)) => self.inner.carry_out(PhoneDecision::Role(who, role)),
                Some(Err(_)) => {}
                None => self.inner.carry_out(PhoneDecision::Removed(who)),
            };
        }
        let Some((at, by, event)) = parse_bus_message(text) else { return };
        if self.inner.broker.as_ref().is_some_and(|broker| broker.node() == by) {
            return;
        }
        match channel.parse() {
            Ok(session) => {
                if let Some(session) = self.session(session) {
                    session.core.take_placed(&at, event, false);
                }
            }
            Err(_) => {
                self.inner.checkins.take_placed(&at, event);
            }
        }
    }

    // ── connections ─────────────────────────────────────────────────────────────────────────

    /// Registers a connection; false when its address has too many already.
    pub fn register(
        &self,
        handle: &Arc<ConnectionHandle>,
        limits: &cadence_config::LimitSettings,
    ) -> bool {
        let mut connections = lock(&self.inner.connections);
        let of_address = connections.values().filter(|h| h.address == handle.address).count();
        if of_address >= limits.connections_per_address as usize {
            return false;
        }
        connections.insert(handle.id, Arc::clone(handle));
        drop(connections);
        // Its handshake was under way when the server began to stop.
        if let Some(window) = self.inner.restart.get() {
            announce_restart(handle, *window);
        }
        true
    }

    /// How many connections an account has.
    pub fn connections_of(&self, user: UserId) -> usize {
        lock(&self.inner.connections).values().filter(|h| h.user() == Some(user)).count()
    }

    /// Whether a phone of a guitar session has a connection.
    pub fn is_connected(&self, participant: ParticipantId) -> bool {
        lock(&self.inner.connections).values().any(|h| h.participant() == Some(participant))
    }

    /// Forgets a connection that has ended.
    pub fn unregister(&self, handle: &ConnectionHandle) {
        lock(&self.inner.connections).remove(&handle.id);
    }

    /// How many connections are open.
    pub fn connections(&self) -> usize {
        lock(&self.inner.connections).len()
    }

    /// Waits until no connection is open.
    pub async fn emptied(&self) {
        while self.connections() > 0 {
            tokio::time::sleep(EMPTY_CHECK_INTERVAL).await;
        }
    }

    /// Takes a revoked sign-in from its connections. Those that were nothing else are closed; a
    /// guitar in the same browser plays on.
    pub fn end_sign_in(&self, sign_in: SignInId, code: CloseCode) {
        for handle in self.handles(|handle| handle.sign_in() == Some(sign_in)) {
            handle.revoke_sign_in(sign_in, code);
        }
    }

    /// Closes every connection of a phone that was removed.
    pub fn close_participant(&self, participant: ParticipantId, code: CloseCode) {
        for handle in self.handles(|handle| handle.participant() == Some(participant)) {
            handle.close(code);
        }
    }

    /// Sends the restart window to all connections and closes them, also those that register later.
    pub fn close_for_restart(&self, min_ms: u64, max_ms: u64) {
        let window = *self.inner.restart.get_or_init(|| (min_ms, max_ms));
        self.handles(|_| true).iter().for_each(|handle| announce_restart(handle, window));
    }

    fn handles(&self, of: impl Fn(&ConnectionHandle) -> bool) -> Vec<Arc<ConnectionHandle>> {
        self.inner.handles(of)
    }
}

impl HubState {
    fn handles(&self, of: impl Fn(&ConnectionHandle) -> bool) -> Vec<Arc<ConnectionHandle>> {
        lock(&self.connections).values().filter(|handle| of(handle)).cloned().collect()
    }

    /// Applies a host's decision about a phone to its connections on this node.
    fn carry_out(&self, decision: PhoneDecision) {
        let of = |phone| self.handles(move |handle| handle.participant() == Some(phone));
        match decision {
            PhoneDecision::Role(phone, role) => of(phone).iter().for_each(|h| h.change_role(role)),
            PhoneDecision::Removed(phone) => {
                of(phone).iter().for_each(|handle| handle.close(CloseCode::Removed));
            }
        }
    }
}

fn announce_restart(handle: &ConnectionHandle, (min_ms, max_ms): RestartWindow) {
    let message = Envelope::bare(ServerMessage::ServerRestart { min_ms, max_ms });
    handle.push(protocol::encode(&message));
    handle.close(CloseCode::Restarting);
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    /// A hub whose Redis is never there.
    fn sharing() -> Hub {
        Hub::sharing(64, 300_000, |handler| {
            Broker::new(&["redis://127.0.0.1:1"], "test", 64, handler)
        })
        .expect("an address")
    }

    #[tokio::test]
    async fn a_session_is_forgotten_with_its_last_reference_also_on_several_nodes() {
        let hub = sharing();
        let (id, clock): (SessionId, ServerClock) = (SessionId(Uuid::from_u128(1)), Arc::new(|| 0));
        let end = Position { epoch: "a".into(), offset: 0 };
        let log = NodeLog::new(Topic::Guitar(id), end, 64, 300_000);
        let broker = hub.inner.broker.clone().expect("several nodes");
        let home = Arc::new(BrokerSession::new(broker));
        let core = SessionCore::new(id, log, GuitarState::default(), 0);
        let session = Arc::new(Session::new(core, Arc::clone(&home) as Arc<dyn SessionHome>));
        lock(&hub.inner.sessions).insert(id, Arc::clone(&session));
        hub.synchronize(&session, home, &clock);
        hub.forget_sessions(1);
        assert!(hub.session(id).is_some(), "a second reference is left");
        drop(session);
        let forgotten = async {
            while hub.session(id).is_some() {
                tokio::task::yield_now().await;
                hub.forget_sessions(1);
            }
        };
        let patience = Duration::from_secs(10);
        tokio::time::timeout(patience, forgotten).await.expect("only its synchronization is left");
    }
}
