//! The only place that holds connections.
//!
//! - [`log`]: the recent events of a topic, each encoded once, and who follows it
//! - [`session`]: the state of one guitar session beside its ring: presence, practice, ids
//! - `sent`: which messages made an event already
//! - [`keeper`]: what keeps a session that other nodes share
//! - [`handle`]: what the rest of the server can do to one connection
//! - [`neighbours`]: what is learnt of other nodes through the database
//! - [`sweep`]: what happens because time passed: gone phones, idle practice, forgotten sessions
//!
//! Events are never queued per connection. A connection has a cursor per topic and pulls from the
//! ring when it is woken, so a slow reader costs a number and slows nobody.

pub mod handle;
mod keeper;
pub mod log;
mod publication;
mod sent;
pub mod session;

pub use publication::{Publication, Published};

use crate::broker::{self, Broker, Reading};
use cadence_base::{
    event::{Commit, HostDecision, LoggedEvent},
    sync::lock,
    time::ServerClock,
};
use handle::Handle;
use keeper::state_of;
use log::{Log, new_epoch};
use logic::topic::TopicEvent;
use protocol::{
    CloseCode, Envelope, ErrorBody, Millis, Position, ServerMessage, Topic, account::Role,
    guitar::PracticeUpdate, gym::Stats, server::Outcome,
};
use session::{Decision, Session};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, Weak},
    time::Duration,
};
use uuid::Uuid;

/// The channel on which nodes tell each other of check-ins.
const CHECK_INS: &str = "checkins";
/// The channel on which nodes tell each other what hosts decided about phones.
const DECISIONS: &str = "decisions";
/// How often a server that stops looks whether everybody is gone.
const EMPTIED_EVERY: Duration = Duration::from_millis(10);

/// All live connections and topics of this process.
#[derive(Clone)]
pub struct Hub {
    inner: Arc<Inner>,
}

struct Inner {
    checkins: Arc<Log>,
    sessions: Mutex<HashMap<Uuid, Arc<Session>>>,
    connections: Mutex<HashMap<Uuid, Arc<Handle>>>,
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

    /// A hub that shares its topics with other nodes through the broker that `open` opens; it is
    /// given what to do with what they say.
    ///
    /// # Errors
    /// When the broker's addresses are none.
    pub fn sharing(
        ring_events: usize,
        ring_ms: Millis,
        open: impl FnOnce(Box<dyn Fn(&str, &str) + Send + Sync>) -> anyhow::Result<Broker>,
    ) -> anyhow::Result<Self> {
        let hub = Arc::new(OnceLock::<Weak<Inner>>::new());
        let listening = Arc::clone(&hub);
        let broker = open(Box::new(move |channel, text| {
            if let Some(inner) = listening.get().and_then(Weak::upgrade) {
                Self { inner }.heard(channel, text);
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
        let checkins = Arc::new(Log::new(Topic::CheckIns, nowhere, ring_events, ring_ms));
        Self {
            inner: Arc::new(Inner {
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

    /// Gives `checkins` the position of its log in the database, before anybody follows it.
    pub fn restore_checkins(&self, end: Position) {
        self.inner.checkins.begin(end);
    }

    /// The log of `checkins`.
    pub fn checkins(&self) -> &Arc<Log> {
        &self.inner.checkins
    }

    /// Takes what one COMMIT made; the store calls it in commit order.
    pub fn publish_commit(&self, commit: Commit) {
        let epoch = self.inner.checkins.end().epoch;
        let mut words = Vec::new();
        for event in commit.events {
            let LoggedEvent { offset, ts, message, origin, outcome, .. } = event;
            let outcome = outcome.unwrap_or(Outcome::Done);
            let at = Position { epoch: epoch.clone(), offset };
            let fact = TopicEvent { ts, message, origin, outcome, decided: false };
            if let Some(broker) = &self.inner.broker {
                words.push(broker.word(&at, &fact));
            }
            self.inner.checkins.hint(&at, fact);
        }
        if let Some(broker) = self.inner.broker.clone() {
            // A hint: what does not arrive is read from the database.
            tokio::spawn(async move {
                for word in words {
                    if broker.say(CHECK_INS, &word).await.is_err() {
                        break;
                    }
                }
            });
        }
        if let Some(stats) = commit.stats {
            self.publish_stats(stats);
        }
    }

    /// Sends the figures to everybody who follows `checkins`; a newer one replaces an older one
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
    pub fn session(&self, id: Uuid) -> Option<Arc<Session>> {
        lock(&self.inner.sessions).get(&id).cloned()
    }

    /// The session, made if it is not in memory: from the other nodes where there are any.
    ///
    /// # Errors
    /// `broker_unavailable` when the other nodes cannot be reached.
    pub async fn open_session(
        &self,
        id: Uuid,
        practice: Option<PracticeUpdate>,
        clock: &ServerClock,
    ) -> Result<Arc<Session>, ErrorBody> {
        let Some(broker) = &self.inner.broker else {
            return Ok(self.open_alone(id, practice, clock()));
        };
        // Before the log is read: what is said in between is heard. Left again if nothing comes of
        // it, because the broker is away, somebody else was faster, or nobody waits any more.
        let following = broker.follow_for_now(&id.to_string());
        let nowhere = Position { epoch: String::new(), offset: 0 };
        let Reading { end, events, last } = broker.read(id, &nowhere).await?;
        let mut sessions = lock(&self.inner.sessions);
        if let Some(session) = sessions.get(&id) {
            return Ok(Arc::clone(session));
        }
        following.keep();
        let (capacity, ms) = (self.inner.ring_events, self.inner.ring_ms);
        // From the oldest event that is kept: who comes from another node goes on without a gap.
        let events = events.unwrap_or_default();
        let offset = events.first().map_or(end.offset, |(first, _)| first - 1);
        let begin = Position { epoch: end.epoch.clone(), offset };
        let log = Log::new(Topic::Guitar(id), begin.clone(), capacity, ms);
        log.read(&begin, &end, events);
        let session = Session::new(id, log, None, clock());
        let session = Arc::new(session.shared(broker.clone(), state_of(&last)));
        sessions.insert(id, Arc::clone(&session));
        self.keep(&session, clock);
        Ok(session)
    }

    fn keep(&self, session: &Arc<Session>, clock: &ServerClock) {
        let (hub, clock) = (Arc::downgrade(&self.inner), clock.clone());
        let carry_out = move |decisions: Vec<Decision>| match hub.upgrade() {
            Some(hub) => {
                decisions.into_iter().for_each(|decision| hub.carry_out(decision));
                true
            }
            None => false,
        };
        let session = Arc::downgrade(session);
        tokio::spawn(keeper::keep(session, clock, carry_out));
    }

    fn open_alone(&self, id: Uuid, practice: Option<PracticeUpdate>, now: Millis) -> Arc<Session> {
        let mut sessions = lock(&self.inner.sessions);
        let make = || {
            let end = Position { epoch: new_epoch(), offset: 0 };
            let (events, ms) = (self.inner.ring_events, self.inner.ring_ms);
            let log = Log::new(Topic::Guitar(id), end, events, ms);
            Arc::new(Session::new(id, log, practice, now))
        };
        Arc::clone(sessions.entry(id).or_insert_with(make))
    }

    /// All sessions in memory.
    pub fn sessions(&self) -> Vec<Arc<Session>> {
        lock(&self.inner.sessions).values().cloned().collect()
    }

    /// Forgets sessions to which nobody has been connected since a moment.
    pub fn forget_sessions(&self, before: Millis) {
        let mut sessions = lock(&self.inner.sessions);
        // One that somebody else holds is about to be followed: it would live on beside the next
        // one that is opened. While this lock is held nobody but its keeper can take hold of it.
        let idle = |session: &mut Arc<Session>| {
            Arc::strong_count(session) == 1 && session.is_forgotten(before)
        };
        for (id, _) in sessions.extract_if(|_, session| idle(session)) {
            if let Some(broker) = &self.inner.broker {
                broker.leave(&id.to_string());
            }
        }
    }

    /// The host decided something about a phone, which may be connected to any node.
    pub fn decided(&self, participant: Uuid, role: Option<Role>) {
        let decision = match role {
            Some(role) => Decision::Role(participant, role),
            None => Decision::Removed(participant),
        };
        self.inner.carry_out(decision);
        let Some(broker) = self.inner.broker.clone() else { return };
        let word = match role {
            Some(role) => format!("{participant} {}", serde_json::json!(role)),
            None => participant.to_string(),
        };
        // A hint for connections without a seat; the others learn it from the session's log.
        tokio::spawn(async move {
            let _ = broker.say(DECISIONS, &word).await;
        });
    }

    /// A host decided something, perhaps on another node that could not tell it any more.
    pub fn learn(&self, decided: &HostDecision, now: Millis) {
        let decision = match decided.role {
            Some(role) => Decision::Role(decided.participant, role),
            None => Decision::Removed(decided.participant),
        };
        self.inner.carry_out(decision);
        if let Some(session) = self.session(decided.session) {
            session.learn(decision, now);
        }
    }

    /// Another node said something on the bus.
    fn heard(&self, channel: &str, text: &str) {
        if channel == DECISIONS {
            let mut words = text.splitn(2, ' ');
            let Some(Ok(who)) = words.next().map(Uuid::try_parse) else { return };
            let role = words.next().map(serde_json::from_str);
            return match role {
                Some(Ok(role)) => self.inner.carry_out(Decision::Role(who, role)),
                Some(Err(_)) => {}
                None => self.inner.carry_out(Decision::Removed(who)),
            };
        }
        let Some((at, by, fact)) = broker::heard(text) else { return };
        if self.inner.broker.as_ref().is_some_and(|broker| broker.node() == by) {
            return;
        }
        match Uuid::try_parse(channel) {
            Ok(session) => {
                if let Some(session) = self.session(session) {
                    session.hint(&at, fact, false);
                }
            }
            Err(_) => {
                self.inner.checkins.hint(&at, fact);
            }
        }
    }

    // ── connections ─────────────────────────────────────────────────────────────────────────

    /// Registers a connection; false when its address has too many already.
    pub fn register(&self, handle: &Arc<Handle>, limits: &cadence_config::LimitSettings) -> bool {
        let mut connections = lock(&self.inner.connections);
        let of_address = connections.values().filter(|h| h.address == handle.address).count();
        if of_address >= limits.connections_per_address as usize {
            return false;
        }
        connections.insert(handle.id, Arc::clone(handle));
        drop(connections);
        // Its handshake was under way when the server began to stop.
        if let Some(window) = self.inner.restart.get() {
            say_goodbye(handle, *window);
        }
        true
    }

    /// How many connections an account has.
    pub fn connections_of(&self, user: Uuid) -> usize {
        lock(&self.inner.connections).values().filter(|h| h.user() == Some(user)).count()
    }

    /// Whether a phone of a guitar session has a connection.
    pub fn is_connected(&self, participant: Uuid) -> bool {
        lock(&self.inner.connections).values().any(|h| h.participant() == Some(participant))
    }

    /// Forgets a connection that has ended.
    pub fn unregister(&self, handle: &Handle) {
        lock(&self.inner.connections).remove(&handle.id);
    }

    /// How many connections are open.
    pub fn connections(&self) -> usize {
        lock(&self.inner.connections).len()
    }

    /// Waits until no connection is open.
    pub async fn emptied(&self) {
        while self.connections() > 0 {
            tokio::time::sleep(EMPTIED_EVERY).await;
        }
    }

    /// Takes a revoked sign-in from its connections. Those that were nothing else are closed; a
    /// guitar in the same browser plays on.
    pub fn end_sign_in(&self, sign_in: Uuid, code: CloseCode) {
        for handle in self.handles(|handle| handle.sign_in() == Some(sign_in)) {
            handle.revoke_sign_in(sign_in, code);
        }
    }

    /// Closes every connection of a phone that was removed.
    pub fn close_participant(&self, participant: Uuid, code: CloseCode) {
        for handle in self.handles(|handle| handle.participant() == Some(participant)) {
            handle.close(code);
        }
    }

    /// Tells everybody when to come back, and closes; also whoever is still on the way.
    pub fn close_for_restart(&self, min_ms: u64, max_ms: u64) {
        let window = *self.inner.restart.get_or_init(|| (min_ms, max_ms));
        self.handles(|_| true).iter().for_each(|handle| say_goodbye(handle, window));
    }

    fn handles(&self, of: impl Fn(&Handle) -> bool) -> Vec<Arc<Handle>> {
        self.inner.handles(of)
    }
}

impl Inner {
    fn handles(&self, of: impl Fn(&Handle) -> bool) -> Vec<Arc<Handle>> {
        lock(&self.connections).values().filter(|handle| of(handle)).cloned().collect()
    }

    /// What the host decided about a phone reaches its connections.
    fn carry_out(&self, decision: Decision) {
        let of = |phone| self.handles(move |handle| handle.participant() == Some(phone));
        match decision {
            Decision::Role(phone, role) => of(phone).iter().for_each(|h| h.change_role(role)),
            Decision::Removed(phone) => {
                of(phone).iter().for_each(|handle| handle.close(CloseCode::Removed));
            }
        }
    }
}

fn say_goodbye(handle: &Handle, (min_ms, max_ms): RestartWindow) {
    let message = Envelope::bare(ServerMessage::ServerRestart { min_ms, max_ms });
    handle.push(protocol::encode(&message));
    handle.close(CloseCode::Restarting);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hub whose Redis is never there.
    fn sharing() -> Hub {
        Hub::sharing(64, 300_000, |heard| Broker::new(&["redis://127.0.0.1:1"], "test", 64, heard))
            .expect("an address")
    }

    #[tokio::test]
    async fn a_session_is_forgotten_when_nobody_holds_it_also_on_several_nodes() {
        let hub = sharing();
        let (id, clock): (Uuid, ServerClock) = (Uuid::from_u128(1), Arc::new(|| 0));
        let end = Position { epoch: "a".into(), offset: 0 };
        let log = Log::new(Topic::Guitar(id), end, 64, 300_000);
        let broker = hub.inner.broker.clone().expect("several nodes");
        let session = Session::new(id, log, None, 0).shared(broker, Default::default());
        let held = Arc::new(session);
        lock(&hub.inner.sessions).insert(id, Arc::clone(&held));
        hub.keep(&held, &clock);
        hub.forget_sessions(1);
        assert!(hub.session(id).is_some(), "somebody is about to follow it");
        drop(held);
        let forgotten = async {
            while hub.session(id).is_some() {
                tokio::task::yield_now().await;
                hub.forget_sessions(1);
            }
        };
        let patience = Duration::from_secs(10);
        tokio::time::timeout(patience, forgotten).await.expect("only its keeper is left");
    }
}
