//! A topic of this node, shared by threads: the log of [`logic::topic`] behind a lock, the
//! connections that it wakes, and the forms in which its events are written.

use super::handle::ConnectionHandle;
use axum::extract::ws::Utf8Bytes;
use bytes::Bytes;
use cadence_base::{sync::lock, time::mono};
use logic::topic::{LogQuery, TopicEvent, TopicLog, log::AppendedEvents};
use protocol::{
    ConnectionId, Envelope, Millis, Position, ServerMessage, Topic, codec, encode, gym::Stats,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock},
    time::{Duration, Instant},
};
use tokio::sync::Notify;

/// A message in the forms in which connections write it, each encoded once.
#[derive(Debug)]
pub struct EncodedMessage {
    /// JSON with topic, epoch and offset, for Cadence's own client.
    pub json: Utf8Bytes,
    packed: OnceLock<Bytes>,
    simple: OnceLock<Utf8Bytes>,
}

impl From<String> for EncodedMessage {
    fn from(json: String) -> Self {
        Self { json: json.into(), packed: OnceLock::new(), simple: OnceLock::new() }
    }
}

impl EncodedMessage {
    /// As MessagePack; encoded when the first connection needs it.
    pub fn packed(&self) -> &Bytes {
        self.packed.get_or_init(|| codec::pack(&self.json).into())
    }

    /// `{"type", "data"}` alone, for the simple protocol; encoded when the first connection needs
    /// it. `message` is the one that this was made of.
    pub fn simple(&self, message: &ServerMessage) -> &Utf8Bytes {
        self.simple.get_or_init(|| encode(&Envelope::bare(message)).into())
    }
}

/// The log of a topic with its events encoded.
pub type EncodedLog = TopicLog<EncodedMessage>;

/// A topic of this node.
#[derive(Debug)]
pub struct NodeLog {
    /// The topic.
    pub topic: Topic,
    inner: Mutex<FollowedLog>,
    /// What is to be read of the log may have changed.
    changed: Arc<Notify>,
}

#[derive(Debug)]
struct FollowedLog {
    log: EncodedLog,
    followers: HashMap<ConnectionId, Arc<ConnectionHandle>>,
}

impl NodeLog {
    /// A topic whose ring starts at `end` and holds up to `capacity` events of the last `keep_ms`.
    pub fn new(topic: Topic, end: Position, capacity: usize, keep_ms: Millis) -> Self {
        let log = EncodedLog::new(topic, mono(), end, capacity, keep_ms);
        let inner = FollowedLog { log, followers: HashMap::new() };
        Self { topic, inner: Mutex::new(inner), changed: Arc::default() }
    }

    /// Gives access to the log; see [`logic::topic::TopicSource`].
    pub fn with<R>(&self, access: impl FnOnce(&mut EncodedLog) -> R) -> R {
        access(&mut lock(&self.inner).log)
    }

    /// Continues from another position of the log; subscribers have to catch up.
    pub fn begin(&self, end: Position) {
        let mut inner = lock(&self.inner);
        inner.log.restart(mono(), end);
        inner.wake();
    }

    /// The position of the newest event.
    pub fn end(&self) -> Position {
        lock(&self.inner).log.end().clone()
    }

    /// Gives the event its number and appends it, in a log that only this node writes. Returns the
    /// event's position.
    pub fn number_and_append(&self, event: TopicEvent) -> Position {
        let mut inner = lock(&self.inner);
        let at = inner.log.number_and_append(mono(), event);
        inner.wake();
        at
    }

    /// Takes an event with its position. Events are delivered in order; a missing one is waited for,
    /// and read after a moment. Returns what was delivered now.
    pub fn take_placed(&self, at: &Position, event: TopicEvent) -> AppendedEvents<EncodedMessage> {
        let mut inner = lock(&self.inner);
        let appended = inner.log.take_placed(mono(), at, event);
        if !appended.is_empty() {
            inner.wake();
        }
        drop(inner);
        self.changed.notify_one();
        appended
    }

    /// Notified when [`NodeLog::next_query`] may have changed. A task that waits holds this and not the
    /// log.
    pub fn changes(&self) -> Arc<Notify> {
        Arc::clone(&self.changed)
    }

    /// Notifies the task that waits for [`NodeLog::changes`].
    pub fn look(&self) {
        self.changed.notify_one();
    }

    /// When [`NodeLog::next_query`] becomes due.
    pub fn deadline(&self) -> Instant {
        let wait = lock(&self.inner).log.deadline() - mono();
        Instant::now() + Duration::from_millis(wait.max(0) as u64)
    }

    /// The reading of the log that is due now, if any.
    pub fn next_query(&self) -> Option<LogQuery> {
        lock(&self.inner).log.next_query(mono())
    }

    /// Takes the log's end, as it was read when this node stood at `from`.
    pub fn compared(&self, from: &Position, end: &Position) {
        lock(&self.inner).log.compared(mono(), from, end);
    }

    /// Another epoch of the log was seen: it is compared at once.
    pub fn suspect(&self) {
        lock(&self.inner).log.suspect(mono());
        self.changed.notify_one();
    }

    /// Takes a reading of the log from a position. Returns what was delivered, or `None` when the
    /// log does not continue this ring: it restarted at `end`.
    pub fn read(
        &self,
        from: &Position,
        end: &Position,
        events: Vec<(u64, TopicEvent)>,
    ) -> Option<AppendedEvents<EncodedMessage>> {
        let events = events.into_iter().map(|(offset, event)| (offset, event.ts, event)).collect();
        let mut inner = lock(&self.inner);
        let appended = inner.log.read(mono(), from, end, events);
        if appended.as_ref().is_none_or(|appended| !appended.is_empty()) {
            inner.wake();
        }
        appended
    }

    /// A reading failed: it is tried again after a moment.
    pub fn failed(&self) {
        lock(&self.inner).log.failed(mono());
    }

    /// Replaces the newest figures, unless these were counted earlier.
    pub fn set_figures(&self, stats: Stats) {
        let mut inner = lock(&self.inner);
        if inner.log.set_figures(stats) {
            inner.wake();
        }
    }

    /// The offset of the last event that the newest figures include; 0 before the first.
    pub fn figures_as_of(&self) -> u64 {
        lock(&self.inner).log.figures().map_or(0, |figures| figures.as_of)
    }

    /// Wakes this connection from now on.
    pub fn follow(&self, handle: &Arc<ConnectionHandle>) {
        lock(&self.inner).followers.insert(handle.id, Arc::clone(handle));
    }

    /// Stops waking it.
    pub fn unfollow(&self, connection: ConnectionId) {
        lock(&self.inner).followers.remove(&connection);
    }
}

impl FollowedLog {
    fn wake(&self) {
        self.followers.values().for_each(|handle| handle.wake());
    }
}

/// A name that no other epoch of a log has.
pub(crate) fn new_epoch() -> String {
    format!("{:08x}", rand::random::<u32>())
}
