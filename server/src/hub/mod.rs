//! The only place that holds connections.
//!
//! - [`log`]: the recent events of a topic, each encoded once, and who follows it
//! - [`session`]: the state of one guitar session beside its ring: presence, practice, ids
//! - [`handle`]: what the rest of the server can do to one connection
//! - [`sweep`]: what happens because time passed: gone phones, idle practice, forgotten sessions
//!
//! Events are never queued per connection. A connection has a cursor per topic and pulls from the
//! ring when it is woken, so a slow reader costs a number and slows nobody.

pub mod handle;
pub mod log;
pub mod session;
pub mod sweep;

use crate::store::{Commit, LoggedEvent, Origin};
use handle::Handle;
use log::{Fact, Log, new_epoch};
use protocol::{
    CloseCode, Envelope, Millis, Position, ServerMessage, Topic, account::Role, gym::Stats,
    server::Outcome,
};
use session::Session;
use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, MutexGuard, OnceLock, PoisonError},
    time::{Duration, Instant},
};
use uuid::Uuid;

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
    ring_events: usize,
    ring_ms: Millis,
}

/// Shortest and longest wait of a client before it comes back, in milliseconds.
type RestartWindow = (u64, u64);

/// Milliseconds of a clock that never jumps, for waits.
pub(crate) fn mono() -> i64 {
    static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
    i64::try_from(BEGIN.elapsed().as_millis()).unwrap_or(i64::MAX)
}

/// Takes a lock whose holders cannot leave half-done work behind: all of them only move values.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hub {
    /// A hub whose rings keep so many events for so long.
    pub fn new(ring_events: usize, ring_ms: Millis) -> Self {
        let nowhere = Position { epoch: new_epoch(), offset: 0 };
        let checkins = Arc::new(Log::new(Topic::CheckIns, nowhere, ring_events, ring_ms));
        Self {
            inner: Arc::new(Inner {
                checkins,
                sessions: Mutex::default(),
                connections: Mutex::default(),
                restart: OnceLock::new(),
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
        for event in commit.events {
            let LoggedEvent { offset, ts, message, origin, outcome, .. } = event;
            let outcome = outcome.unwrap_or(Outcome::Done);
            let at = Position { epoch: epoch.clone(), offset };
            self.inner.checkins.hint(&at, Fact { ts, message, origin, outcome });
        }
        if let Some(stats) = commit.stats {
            self.publish_stats(stats);
        }
    }

    /// Sends the figures to everybody who follows `checkins`; a newer one replaces an older one
    /// that has not been sent yet.
    pub fn publish_stats(&self, stats: Stats) {
        self.inner.checkins.set_latest(stats);
    }

    // ── guitar sessions ─────────────────────────────────────────────────────────────────────

    /// The session if it is in memory.
    pub fn session(&self, id: Uuid) -> Option<Arc<Session>> {
        lock(&self.inner.sessions).get(&id).cloned()
    }

    /// The session, made from `state` if it is not in memory.
    pub fn open_session(
        &self,
        id: Uuid,
        practice: Option<protocol::guitar::PracticeUpdate>,
        now: Millis,
    ) -> Arc<Session> {
        let mut sessions = lock(&self.inner.sessions);
        let make = || {
            let end = Position { epoch: new_epoch(), offset: 0 };
            let (events, ms) = (self.inner.ring_events, self.inner.ring_ms);
            let log = Log::new(Topic::Guitar(id), end, events, ms);
            Arc::new(Session::new(id, log, practice, now))
        };
        Arc::clone(sessions.entry(id).or_insert_with(make))
    }

    pub(crate) fn sessions(&self) -> Vec<Arc<Session>> {
        lock(&self.inner.sessions).values().cloned().collect()
    }

    pub(crate) fn forget_session(&self, id: Uuid) {
        lock(&self.inner.sessions).remove(&id);
    }

    /// A phone's role changed by the host's word: its connections learn it at once.
    pub fn participant_changed(&self, participant: Uuid, role: Role) {
        for handle in self.handles(|handle| handle.participant() == Some(participant)) {
            handle.change_role(role);
        }
    }

    // ── connections ─────────────────────────────────────────────────────────────────────────

    /// Registers a connection; false when its address has too many already.
    pub fn register(&self, handle: &Arc<Handle>, limits: &crate::config::Limits) -> bool {
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
        lock(&self.inner.connections).values().filter(|handle| of(handle)).cloned().collect()
    }
}

fn say_goodbye(handle: &Handle, (min_ms, max_ms): RestartWindow) {
    let message = Envelope::bare(ServerMessage::ServerRestart { min_ms, max_ms });
    handle.push(protocol::encode(&message));
    handle.close(CloseCode::Restarting);
}

/// What a publisher gets back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The event's place.
    pub at: Position,
    /// False when the same message id was published before; `at` is then the place of the first.
    pub fresh: bool,
}

/// Everything about one publication to a session's topic.
pub struct Publication {
    /// What others see.
    pub message: ServerMessage,
    /// Whose message made it; that connection gets the outcome in the event's place.
    pub origin: Option<Origin>,
    /// What the origin gets.
    pub outcome: Outcome,
}

impl Publication {
    /// An event that nobody on this socket asked for.
    pub fn by_server(message: ServerMessage) -> Self {
        Self { message, origin: None, outcome: Outcome::Done }
    }
}
