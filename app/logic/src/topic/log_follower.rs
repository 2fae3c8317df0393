//! How a node keeps its ring equal to a log that other nodes also write.
//!
//! A message on the bus between nodes carries a copy of an event; it may be late, duplicated or
//! lost. The follower releases events in offset order, waits [`GAP_WAIT_MS`] for a missing offset
//! and then asks for a reading of the log. Every [`COMPARE_INTERVAL_MS`] it compares its end with
//! the log's, because a node that commits and dies before it publishes leaves no gap to see.

use crate::Monotonic;
use protocol::{Millis, Position};
use std::collections::BTreeMap;

/// How long a missing offset may be in transit before the log is read.
pub(crate) const GAP_WAIT_MS: i64 = 50;
/// The interval at which the end is compared with the log's.
pub(crate) const COMPARE_INTERVAL_MS: i64 = 1_000;
/// Events that wait for an earlier one. Later ones are read from the log instead.
const MAX_EARLY_EVENTS: usize = 4_096;
/// A node that missed more than this restarts at the log's end.
const MAX_MISSED_EVENTS: u64 = 1_000;

/// A node's own position in a topic's log.
#[derive(Debug)]
pub struct LogFollower<E> {
    end: Position,
    early: BTreeMap<u64, (Millis, E)>,
    /// Since when the log is known to be ahead of this node.
    behind_since: Option<Monotonic>,
    compare_at: Monotonic,
}

/// A reading of the log that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogQuery {
    /// Read the log's end, then call [`LogFollower::compared`] with this position, which is where
    /// the node stood when it asked.
    End(Position),
    /// Read the log's end and the events after this position, then call [`LogFollower::read`].
    Events(Position),
}

/// The result of a reading.
#[derive(Debug, PartialEq, Eq)]
pub enum LogProgress<E> {
    /// Append these to the ring.
    Events(PlacedEvents<E>),
    /// The log started a new epoch, went back in time or was truncated: continue from
    /// [`LogFollower::end`], and send every subscriber a snapshot.
    Restarted,
}

/// Events in offset order: offset, timestamp, event.
pub type PlacedEvents<E> = Vec<(u64, Millis, E)>;

impl<E> LogFollower<E> {
    /// A follower whose ring holds everything up to `end`.
    pub fn new(now: Monotonic, end: Position) -> Self {
        let compare_at = now + COMPARE_INTERVAL_MS;
        Self { end, early: BTreeMap::new(), behind_since: None, compare_at }
    }

    /// The position of the last event that was released.
    pub fn end(&self) -> &Position {
        &self.end
    }

    /// Takes an event with its position, from this node's own commit or from the bus. Returns what
    /// can be appended now.
    pub fn take_placed(
        &mut self,
        now: Monotonic,
        at: &Position,
        ts: Millis,
        event: E,
    ) -> PlacedEvents<E> {
        if at.epoch != self.end.epoch {
            // Of an older epoch, or the first of a newer one: a reading of the log decides.
            self.suspect(now);
            return Vec::new();
        }
        if at.offset > self.end.offset && self.early.len() < MAX_EARLY_EVENTS {
            self.early.entry(at.offset).or_insert((ts, event));
        }
        let ready = self.release();
        self.watch(now, at.offset);
        ready
    }

    /// Takes the log's end as it was read. `from` is where this node stood when it asked; bus
    /// messages may have advanced it since.
    pub fn compared(&mut self, now: Monotonic, from: &Position, end: &Position) {
        self.compare_at = now + COMPARE_INTERVAL_MS;
        if from.epoch != self.end.epoch {
            return;
        }
        if end.epoch == from.epoch && end.offset >= from.offset {
            self.watch(now, end.offset);
        } else {
            // Another epoch, or the log went back in time: no bus message will fill this gap.
            self.behind_since = Some(now - GAP_WAIT_MS);
        }
    }

    /// Takes a reading of the log: its end, and all events after `from` in order. Bus messages may have
    /// advanced this node since it asked.
    pub fn read(
        &mut self,
        now: Monotonic,
        from: &Position,
        end: &Position,
        events: PlacedEvents<E>,
    ) -> LogProgress<E> {
        if from.epoch != self.end.epoch {
            return LogProgress::Events(Vec::new());
        }
        let went_back = end.epoch != from.epoch || end.offset < from.offset;
        if went_back || end.offset - from.offset > MAX_MISSED_EVENTS {
            return self.restart(now, end);
        }
        for (offset, ts, event) in events {
            if offset > self.end.offset {
                self.early.insert(offset, (ts, event));
            }
        }
        self.behind_since = None;
        let ready = self.release();
        // Events up to the log's end are missing from the reading: the log was truncated.
        if self.end.offset < end.offset {
            return self.restart(now, end);
        }
        self.watch(now, end.offset);
        LogProgress::Events(ready)
    }

    fn restart(&mut self, now: Monotonic, end: &Position) -> LogProgress<E> {
        *self = Self::new(now, end.clone());
        LogProgress::Restarted
    }

    /// The reading that is due now, if any.
    pub fn next_query(&self, now: Monotonic) -> Option<LogQuery> {
        if self.behind_since.is_some_and(|since| now >= since + GAP_WAIT_MS) {
            return Some(LogQuery::Events(self.end.clone()));
        }
        (now >= self.compare_at).then(|| LogQuery::End(self.end.clone()))
    }

    /// Another epoch of the log was seen: makes the comparison due at once.
    pub fn suspect(&mut self, now: Monotonic) {
        self.compare_at = now;
    }

    /// A reading failed: makes it due again after [`GAP_WAIT_MS`].
    pub fn failed(&mut self, now: Monotonic) {
        self.behind_since = self.behind_since.map(|_| now);
        self.compare_at = self.compare_at.max(now + GAP_WAIT_MS);
    }

    /// When [`LogFollower::next_query`] becomes due.
    pub fn deadline(&self) -> Monotonic {
        self.behind_since.map_or(self.compare_at, |since| self.compare_at.min(since + GAP_WAIT_MS))
    }

    fn release(&mut self) -> PlacedEvents<E> {
        let mut ready = Vec::new();
        while let Some((ts, event)) = self.early.remove(&(self.end.offset + 1)) {
            self.end.offset += 1;
            ready.push((self.end.offset, ts, event));
        }
        ready
    }

    /// Records that the log reaches at least `offset`.
    fn watch(&mut self, now: Monotonic, offset: u64) {
        let last = self.early.keys().next_back().copied().unwrap_or(0).max(offset);
        match last > self.end.offset {
            true => self.behind_since = Some(self.behind_since.unwrap_or(now)),
            false => self.behind_since = None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(offset: u64) -> Position {
        Position { epoch: "a".into(), offset }
    }

    fn after(ms: i64) -> Monotonic {
        Monotonic::from_ms(ms)
    }

    fn follower() -> LogFollower<char> {
        LogFollower::new(after(0), at(0))
    }

    fn take_placed(follower: &mut LogFollower<char>, now: i64, offset: u64, event: char) -> String {
        follower
            .take_placed(after(now), &at(offset), 0, event)
            .into_iter()
            .map(|(.., event)| event)
            .collect()
    }

    #[test]
    fn bus_messages_are_delivered_in_order_and_once() {
        let mut follower = follower();
        assert_eq!(take_placed(&mut follower, 0, 2, 'b'), "");
        assert_eq!(take_placed(&mut follower, 0, 1, 'a'), "ab");
        assert_eq!(take_placed(&mut follower, 0, 2, 'b'), "");
        assert_eq!(take_placed(&mut follower, 0, 3, 'c'), "c");
        assert_eq!(follower.next_query(after(500)), None);
    }

    #[test]
    fn a_lost_bus_message_is_read_from_the_log_after_a_moment() {
        let mut follower = follower();
        take_placed(&mut follower, 0, 2, 'b');
        assert_eq!(follower.next_query(after(GAP_WAIT_MS - 1)), None);
        assert_eq!(follower.next_query(after(GAP_WAIT_MS)), Some(LogQuery::Events(at(0))));
        let log = vec![(1, 0, 'a'), (2, 0, 'b'), (3, 0, 'c')];
        assert_eq!(follower.read(after(60), &at(0), &at(3), log.clone()), LogProgress::Events(log));
        assert_eq!(follower.next_query(after(500)), None);
    }

    #[test]
    fn a_node_that_died_before_it_published_is_noticed_within_a_second() {
        let mut follower = follower();
        assert_eq!(follower.next_query(after(COMPARE_INTERVAL_MS)), Some(LogQuery::End(at(0))));
        follower.compared(after(1_000), &at(0), &at(4));
        assert_eq!(follower.next_query(after(1_000 + GAP_WAIT_MS)), Some(LogQuery::Events(at(0))));
    }

    #[test]
    fn a_log_of_a_new_epoch_that_went_back_or_was_truncated_restarts_this_node() {
        let anew = Position { epoch: "b".into(), offset: 9 };
        for (end, events) in [(anew, vec![]), (at(0), vec![]), (at(3), vec![(3, 0, 'c')])] {
            let mut follower = follower();
            take_placed(&mut follower, 0, 1, 'a');
            follower.compared(after(1_000), &at(1), &end);
            assert_eq!(
                follower.next_query(after(1_000 + GAP_WAIT_MS)),
                Some(LogQuery::Events(at(1)))
            );
            assert_eq!(follower.read(after(1_100), &at(1), &end, events), LogProgress::Restarted);
            assert_eq!((follower.end(), follower.next_query(after(1_500))), (&end, None));
        }
    }

    #[test]
    fn a_bus_message_of_another_epoch_is_no_event() {
        let mut follower = follower();
        let other = Position { epoch: "b".into(), offset: 1 };
        assert_eq!(follower.take_placed(after(10), &other, 0, 'x'), vec![]);
        assert_eq!(follower.next_query(after(10)), Some(LogQuery::End(at(0))));
    }

    #[test]
    fn an_answer_that_bus_messages_have_overtaken_does_not_take_this_node_back() {
        let mut follower = follower();
        take_placed(&mut follower, 0, 1, 'a');
        let from = follower.end().clone();
        take_placed(&mut follower, 10, 2, 'b');
        follower.compared(after(20), &from, &at(1));
        assert_eq!(follower.next_query(after(100)), None);
        assert_eq!(follower.read(after(30), &from, &at(1), vec![]), LogProgress::Events(vec![]));
        assert_eq!(follower.end(), &at(2));
    }
}
