//! The recent events of a topic, numbered without holes and encoded once.

use super::{handle::Handle, lock};
use crate::store::Origin;
use axum::extract::ws::Utf8Bytes;
use protocol::{
    Envelope, Millis, Position, ServerMessage, Topic, encode, gym::Stats, server::Outcome,
};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, OnceLock},
};
use uuid::Uuid;

/// One event of a topic.
#[derive(Debug)]
pub struct Event {
    /// Its place.
    pub offset: u64,
    /// When it happened.
    pub ts: Millis,
    /// Whose message made it.
    pub origin: Option<Origin>,
    /// What that connection gets in the event's place.
    pub outcome: Outcome,
    /// With topic, epoch and offset, for our own client.
    pub numbered: Utf8Bytes,
    message: ServerMessage,
    plain: OnceLock<Utf8Bytes>,
}

impl Event {
    /// `{"type", "data"}` alone, for plain clients; encoded when the first of them needs it.
    pub fn plain(&self) -> &Utf8Bytes {
        self.plain.get_or_init(|| encode(&Envelope::bare(&self.message)).into())
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

/// What a connection finds behind its cursor.
pub enum Read {
    /// The next events, possibly none.
    Events(Vec<Arc<Event>>),
    /// The cursor is older than the ring, or of another epoch.
    Behind,
}

/// A topic's ring and who follows it.
#[derive(Debug)]
pub struct Log {
    /// The topic.
    pub topic: Topic,
    capacity: usize,
    keep_ms: Millis,
    ring: Mutex<Ring>,
}

#[derive(Debug)]
struct Ring {
    epoch: String,
    /// The offset of the newest event.
    end: u64,
    events: VecDeque<Arc<Event>>,
    latest: Option<Latest>,
    followers: HashMap<Uuid, Arc<Handle>>,
}

impl Log {
    /// An empty log under a new epoch.
    pub fn new(topic: Topic, capacity: usize, keep_ms: Millis) -> Self {
        let ring = Ring {
            epoch: new_epoch(),
            end: 0,
            events: VecDeque::new(),
            latest: None,
            followers: HashMap::new(),
        };
        Self { topic, capacity, keep_ms, ring: Mutex::new(ring) }
    }

    /// Continues a log that is kept elsewhere.
    pub fn begin(&self, epoch: String, end: u64) {
        let mut ring = lock(&self.ring);
        ring.epoch = epoch;
        ring.end = end;
        ring.events.clear();
    }

    /// The position of the newest event.
    pub fn end(&self) -> Position {
        let ring = lock(&self.ring);
        Position { epoch: ring.epoch.clone(), offset: ring.end }
    }

    /// Appends an event and wakes everybody who follows. Returns its offset.
    pub fn push(
        &self,
        ts: Millis,
        message: ServerMessage,
        origin: Option<Origin>,
        outcome: Outcome,
    ) -> u64 {
        let mut ring = lock(&self.ring);
        let offset = ring.end + 1;
        self.append(&mut ring, offset, ts, message, origin, outcome);
        offset
    }

    /// Appends an event that has its offset from the database. Offsets come in commit order; one
    /// that is known already is dropped.
    pub fn push_at(
        &self,
        offset: u64,
        ts: Millis,
        message: ServerMessage,
        origin: Option<Origin>,
        outcome: Option<Outcome>,
    ) {
        let mut ring = lock(&self.ring);
        if offset <= ring.end {
            return;
        }
        // A hole would be a lost hint: the ring starts anew behind it, and cursors before the
        // hole are sent to the database.
        if offset > ring.end + 1 {
            ring.events.clear();
        }
        let outcome = outcome.unwrap_or(Outcome::Done);
        self.append(&mut ring, offset, ts, message, origin, outcome);
    }

    fn append(
        &self,
        ring: &mut Ring,
        offset: u64,
        ts: Millis,
        message: ServerMessage,
        origin: Option<Origin>,
        outcome: Outcome,
    ) {
        let position = Position { epoch: ring.epoch.clone(), offset };
        let mut envelope = Envelope::bare(&message).at(self.topic, position);
        envelope.ts = Some(ts);
        let numbered = encode(&envelope).into();
        let plain = OnceLock::new();
        ring.events.push_back(Arc::new(Event {
            offset,
            ts,
            origin,
            outcome,
            numbered,
            message,
            plain,
        }));
        ring.end = offset;
        let too_old = ts - self.keep_ms;
        while ring.events.len() > self.capacity
            || ring.events.front().is_some_and(|event| event.ts < too_old)
        {
            ring.events.pop_front();
        }
        ring.followers.values().for_each(|handle| handle.wake());
    }

    /// Replaces the newest figures, unless these were counted earlier: two counts can overtake each
    /// other. The gym's new day changes them without an event.
    pub fn set_latest(&self, stats: Stats) {
        let mut ring = lock(&self.ring);
        let newer =
            |latest: &Latest| (latest.as_of, latest.at) > (stats.as_of_offset, stats.timestamp);
        if ring.latest.as_ref().is_some_and(newer) {
            return;
        }
        let version = ring.latest.as_ref().map_or(1, |latest| latest.version + 1);
        let (as_of, at) = (stats.as_of_offset, stats.timestamp);
        let mut envelope = Envelope::bare(ServerMessage::StatsUpdate(stats));
        let plain = encode(&envelope).into();
        envelope.topic = Some(self.topic);
        let numbered = encode(&envelope).into();
        ring.latest = Some(Latest { version, as_of, at, numbered, plain });
        ring.followers.values().for_each(|handle| handle.wake());
    }

    /// The newest figures, if they are newer than `version`.
    pub fn latest_after(&self, version: u64) -> Option<Latest> {
        lock(&self.ring).latest.clone().filter(|latest| latest.version > version)
    }

    /// The version of the newest figures.
    pub fn latest_version(&self) -> u64 {
        lock(&self.ring).latest.as_ref().map_or(0, |latest| latest.version)
    }

    /// What comes after an offset, at most `limit` events.
    pub fn read_after(&self, offset: u64, limit: usize) -> Read {
        let ring = lock(&self.ring);
        if offset >= ring.end {
            return Read::Events(Vec::new());
        }
        let first = ring.end + 1 - ring.events.len() as u64;
        if offset + 1 < first {
            return Read::Behind;
        }
        let skip = (offset + 1 - first) as usize;
        Read::Events(ring.events.iter().skip(skip).take(limit).cloned().collect())
    }

    /// Whether a position can go on from the ring: same epoch, and nothing missing.
    pub fn reaches(&self, position: &Position) -> bool {
        let ring = lock(&self.ring);
        let first = ring.end + 1 - ring.events.len() as u64;
        position.epoch == ring.epoch && position.offset <= ring.end && position.offset + 1 >= first
    }

    /// Wakes this connection from now on.
    pub fn follow(&self, handle: &Arc<Handle>) {
        lock(&self.ring).followers.insert(handle.id, Arc::clone(handle));
    }

    /// Stops waking it.
    pub fn unfollow(&self, connection: Uuid) {
        lock(&self.ring).followers.remove(&connection);
    }
}

/// A name that no other life of a log has.
pub fn new_epoch() -> String {
    format!("{:08x}", rand::random::<u32>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::guitar::ChordChange;

    fn log(capacity: usize) -> Log {
        Log::new(Topic::CheckIns, capacity, 300_000)
    }

    fn chord(name: &str) -> ServerMessage {
        ServerMessage::ChordChange(ChordChange { chord: name.into() })
    }

    fn offsets(read: Read) -> Option<Vec<u64>> {
        match read {
            Read::Events(events) => Some(events.iter().map(|e| e.offset).collect()),
            Read::Behind => None,
        }
    }

    #[test]
    fn a_cursor_reads_what_it_has_not_seen() {
        let log = log(10);
        for name in ["C", "G", "D"] {
            log.push(1, chord(name), None, Outcome::Done);
        }
        assert_eq!(offsets(log.read_after(1, 10)), Some(vec![2, 3]));
        assert_eq!(offsets(log.read_after(3, 10)), Some(vec![]));
        assert_eq!(offsets(log.read_after(0, 2)), Some(vec![1, 2]));
    }

    #[test]
    fn a_cursor_older_than_the_ring_is_told_so() {
        let log = log(2);
        for name in ["C", "G", "D", "Em"] {
            log.push(1, chord(name), None, Outcome::Done);
        }
        assert_eq!(offsets(log.read_after(1, 10)), None);
        assert_eq!(offsets(log.read_after(2, 10)), Some(vec![3, 4]));
        assert!(!log.reaches(&Position { epoch: log.end().epoch, offset: 1 }));
        assert!(!log.reaches(&Position { epoch: "other".into(), offset: 4 }));
    }

    #[test]
    fn events_older_than_the_window_leave_the_ring() {
        let log = Log::new(Topic::CheckIns, 100, 1_000);
        log.push(0, chord("C"), None, Outcome::Done);
        log.push(5_000, chord("G"), None, Outcome::Done);
        assert_eq!(offsets(log.read_after(0, 10)), None);
        assert_eq!(offsets(log.read_after(1, 10)), Some(vec![2]));
    }

    #[test]
    fn figures_that_were_counted_earlier_do_not_replace_newer_ones() {
        let log = log(10);
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

    #[test]
    fn a_hole_in_the_hints_sends_older_cursors_to_the_database() {
        let log = log(10);
        log.begin("e".into(), 7);
        log.push_at(8, 1, chord("C"), None, None);
        log.push_at(8, 1, chord("C"), None, None);
        log.push_at(10, 1, chord("G"), None, None);
        assert_eq!(offsets(log.read_after(7, 10)), None);
        assert_eq!(offsets(log.read_after(9, 10)), Some(vec![10]));
    }
}
