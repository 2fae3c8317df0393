//! A topic of this node: the recent events, encoded once, and who follows it.

use super::handle::Handle;
use axum::extract::ws::Utf8Bytes;
use bytes::Bytes;
use cadence_base::{sync::lock, time::mono};
use cadence_store::Origin;
use logic::topic::{CatchUp, Intake, Pulled, Reader, Ring, Taken, Wanted};
use protocol::{
    Envelope, Millis, Position, ServerMessage, Topic, codec, encode, gym::Stats, server::Outcome,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock},
    time::{Duration, Instant},
};
use tokio::sync::Notify;
use uuid::Uuid;

/// Something that happened, before it is encoded.
#[derive(Debug, Clone)]
pub struct Fact {
    /// When, on the server's clock.
    pub ts: Millis,
    /// What everybody hears.
    pub message: ServerMessage,
    /// Whose message made it; unknown once it is read back from a log.
    pub origin: Option<Origin>,
    /// What that connection gets in the event's place.
    pub outcome: Outcome,
    /// A participant's role, or its removal, as the host decided it: the node of its device obeys.
    pub decided: bool,
}

impl Fact {
    /// What the server itself says.
    pub fn by_server(ts: Millis, message: ServerMessage) -> Self {
        Self { ts, message, origin: None, outcome: Outcome::Done, decided: false }
    }
}

/// One event of a topic.
#[derive(Debug)]
pub struct Event {
    /// What happened.
    pub fact: Fact,
    /// With topic, epoch and offset, for our own client.
    pub numbered: Utf8Bytes,
    packed: OnceLock<Bytes>,
    plain: OnceLock<Utf8Bytes>,
}

impl Event {
    /// As MessagePack; encoded when the first connection needs it.
    pub fn packed(&self) -> &Bytes {
        self.packed.get_or_init(|| codec::pack(&self.numbered).into())
    }

    /// `{"type", "data"}` alone, for plain clients; encoded when the first of them needs it.
    pub fn plain(&self) -> &Utf8Bytes {
        self.plain.get_or_init(|| encode(&Envelope::bare(&self.fact.message)).into())
    }
}

/// The newest figures; each connection sends a version once.
#[derive(Debug, Clone)]
pub struct Latest {
    /// Grows with every change.
    pub version: u64,
    /// What the figures include.
    pub as_of: u64,
    /// When they were counted.
    pub at: Millis,
    /// With the topic, for our own client.
    pub numbered: Utf8Bytes,
    /// For plain clients.
    pub plain: Utf8Bytes,
}

/// What a connection writes in a topic; see [`Reader`].
pub type Answer = (Option<Uuid>, Outcome);

/// A topic of this node.
#[derive(Debug)]
pub struct Log {
    /// The topic.
    pub topic: Topic,
    inner: Mutex<Inner>,
    /// Somebody said something about the log.
    changed: Arc<Notify>,
}

#[derive(Debug)]
struct Inner {
    ring: Ring<Arc<Event>>,
    intake: Intake<Fact>,
    latest: Option<Latest>,
    /// Of the newest figures; never goes back.
    version: u64,
    followers: HashMap<Uuid, Arc<Handle>>,
}

impl Log {
    /// The topic from a place of its log on, with room for so many events of the last `keep_ms`.
    pub fn new(topic: Topic, end: Position, capacity: usize, keep_ms: Millis) -> Self {
        let inner = Inner {
            ring: Ring::new(end.clone(), capacity, keep_ms),
            intake: Intake::new(mono(), end),
            latest: None,
            version: 0,
            followers: HashMap::new(),
        };
        Self { topic, inner: Mutex::new(inner), changed: Arc::default() }
    }

    /// Goes on from another place of the log.
    pub fn begin(&self, end: Position) {
        let mut inner = lock(&self.inner);
        inner.intake = Intake::new(mono(), end.clone());
        inner.restart(end);
    }

    /// The position of the newest event.
    pub fn end(&self) -> Position {
        lock(&self.inner).ring.end().clone()
    }

    /// Appends to a log that nobody else writes. Returns the event's place.
    pub fn push(&self, fact: Fact) -> Position {
        let mut inner = lock(&self.inner);
        let end = inner.ring.end();
        let at = Position { epoch: end.epoch.clone(), offset: end.offset + 1 };
        inner.hint(self.topic, &at, fact);
        at
    }

    /// Somebody says that a fact stands at a place of the log. Facts are delivered in order; one
    /// that is missing is waited for, and read after a moment. Returns what was delivered now.
    pub fn hint(&self, at: &Position, fact: Fact) -> Vec<Arc<Event>> {
        let appended = lock(&self.inner).hint(self.topic, at, fact);
        self.changed.notify_one();
        appended
    }

    /// Notified when somebody says something: what is wanted of the log may be another. Whoever
    /// waits holds this and not the log.
    pub fn changes(&self) -> Arc<Notify> {
        Arc::clone(&self.changed)
    }

    /// Lets whoever waits for [`Log::changes`] look again.
    pub fn look(&self) {
        self.changed.notify_one();
    }

    /// When [`Log::wanted`] has something to say.
    pub fn deadline(&self) -> Instant {
        let wait = lock(&self.inner).intake.deadline() - mono();
        Instant::now() + Duration::from_millis(wait.max(0) as u64)
    }

    /// What is to be read of the log now; see [`Intake`].
    pub fn wanted(&self) -> Option<Wanted> {
        lock(&self.inner).intake.wanted(mono())
    }

    /// The log's end, as it was when it was asked for from a position.
    pub fn compared(&self, from: &Position, end: &Position) {
        lock(&self.inner).intake.compared(mono(), from, end);
    }

    /// Somebody knows of another life of the log: it is compared at once.
    pub fn suspect(&self) {
        lock(&self.inner).intake.suspect(mono());
        self.changed.notify_one();
    }

    /// What a reading of the log from a position brought. Returns what was delivered now, or
    /// nothing when the log did not lead on: everybody starts again at its end.
    pub fn read(
        &self,
        from: &Position,
        end: &Position,
        facts: Vec<(u64, Fact)>,
    ) -> Option<Vec<Arc<Event>>> {
        let mut inner = lock(&self.inner);
        let facts = facts.into_iter().map(|(offset, fact)| (offset, fact.ts, fact)).collect();
        match inner.intake.read(mono(), from, end, facts) {
            Taken::Events(ready) => Some(inner.append(self.topic, ready)),
            Taken::Restarted => {
                inner.restart(end.clone());
                None
            }
        }
    }

    /// A reading failed: it is tried again after a moment.
    pub fn failed(&self) {
        lock(&self.inner).intake.failed(mono());
    }

    /// How a client at a position catches up, and the end of this node's ring at that moment.
    pub fn catch_up(&self, from: Option<&Position>) -> (CatchUp, Position) {
        let inner = lock(&self.inner);
        (inner.ring.catch_up(from), inner.ring.end().clone())
    }

    /// The next lines of a connection.
    pub fn pull(
        &self,
        reader: &mut Reader<Answer>,
        limit: usize,
        now: Millis,
        connection: Uuid,
    ) -> Pulled<Arc<Event>, Answer> {
        let own = |event: &Arc<Event>| {
            event.fact.origin.is_some_and(|origin| origin.connection == connection)
        };
        reader.pull(&lock(&self.inner).ring, limit, now, own)
    }

    /// Replaces the newest figures, unless these were counted earlier: two counts can overtake each
    /// other. The gym's new day changes them without an event.
    pub fn set_latest(&self, stats: Stats) {
        let mut inner = lock(&self.inner);
        let newer =
            |latest: &Latest| (latest.as_of, latest.at) > (stats.as_of_offset, stats.timestamp);
        if inner.latest.as_ref().is_some_and(newer) {
            return;
        }
        inner.version += 1;
        let version = inner.version;
        let (as_of, at) = (stats.as_of_offset, stats.timestamp);
        let mut envelope = Envelope::bare(ServerMessage::StatsUpdate(stats));
        let plain = encode(&envelope).into();
        envelope.topic = Some(self.topic);
        let numbered = encode(&envelope).into();
        inner.latest = Some(Latest { version, as_of, at, numbered, plain });
        inner.wake();
    }

    /// The newest figures, if they are newer than `version`.
    pub fn latest_after(&self, version: u64) -> Option<Latest> {
        lock(&self.inner).latest.clone().filter(|latest| latest.version > version)
    }

    /// What the newest figures include; 0 before the first.
    pub fn latest_as_of(&self) -> u64 {
        lock(&self.inner).latest.as_ref().map_or(0, |latest| latest.as_of)
    }

    /// The version of the newest figures.
    pub fn latest_version(&self) -> u64 {
        lock(&self.inner).version
    }

    /// Wakes this connection from now on.
    pub fn follow(&self, handle: &Arc<Handle>) {
        lock(&self.inner).followers.insert(handle.id, Arc::clone(handle));
    }

    /// Stops waking it.
    pub fn unfollow(&self, connection: Uuid) {
        lock(&self.inner).followers.remove(&connection);
    }
}

impl Inner {
    fn hint(&mut self, topic: Topic, at: &Position, fact: Fact) -> Vec<Arc<Event>> {
        let ready = self.intake.hint(mono(), at, fact.ts, fact);
        self.append(topic, ready)
    }

    fn append(&mut self, topic: Topic, ready: Vec<(u64, Millis, Fact)>) -> Vec<Arc<Event>> {
        if ready.is_empty() {
            return Vec::new();
        }
        let mut appended = Vec::with_capacity(ready.len());
        for (offset, ts, fact) in ready {
            let at = Position { epoch: self.ring.end().epoch.clone(), offset };
            let mut envelope = Envelope::bare(&fact.message).at(topic, at);
            envelope.ts = Some(ts);
            let numbered = encode(&envelope).into();
            let (packed, plain) = (OnceLock::new(), OnceLock::new());
            let event = Arc::new(Event { fact, numbered, packed, plain });
            self.ring.push(ts, Arc::clone(&event));
            appended.push(event);
        }
        self.wake();
        appended
    }

    fn restart(&mut self, end: Position) {
        if end.epoch != self.ring.end().epoch {
            // Counted in another life: newer figures could look older.
            self.latest = None;
        }
        self.ring.restart(end);
        self.wake();
    }

    fn wake(&self) {
        self.followers.values().for_each(|handle| handle.wake());
    }
}

/// A name that no other life of a log has.
pub fn new_epoch() -> String {
    format!("{:08x}", rand::random::<u32>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_that_were_counted_earlier_do_not_replace_newer_ones() {
        let end = Position { epoch: new_epoch(), offset: 0 };
        let log = Log::new(Topic::CheckIns, end, 10, 300_000);
        let stats = |as_of_offset, timestamp| Stats {
            currently_in: 0,
            today_total: 0,
            average_stay_minutes: None,
            finished_visits: 0,
            as_of_offset,
            timestamp,
        };
        log.set_latest(stats(5, 100));
        log.set_latest(stats(4, 200));
        log.set_latest(stats(5, 99));
        assert_eq!(log.latest_version(), 1);
        log.set_latest(stats(5, 300));
        assert_eq!(log.latest_version(), 2, "the day began without an event");
        log.set_latest(stats(6, 250));
        assert_eq!(log.latest_version(), 3);
    }
}
