//! The recent events of a topic, numbered without holes.

use protocol::{Millis, Position};
use std::collections::VecDeque;

/// A topic's newest events under one epoch. Connections hold positions and pull; no event is queued
/// per connection, so a slow one costs a position.
#[derive(Debug)]
pub struct EventRing<E> {
    end: Position,
    /// The offset at which it started, or restarted.
    start: u64,
    /// With timestamps of the server's clock. The last one has the offset of `end`.
    events: VecDeque<(Millis, E)>,
    capacity: usize,
    keep_ms: Millis,
}

/// The events after a position.
#[derive(Debug, PartialEq, Eq)]
pub enum RingRead<E> {
    /// The next events, each at its offset; possibly none.
    Events(Vec<(u64, E)>),
    /// The position is older than the ring, or of another epoch.
    Behind,
    /// The ring restarted at a later offset: the events between were never in it.
    Jumped,
}

/// What brings a client from its position to the end of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CatchUpSource {
    /// The ring holds everything that the client has not seen.
    Ring,
    /// The position is in this epoch but not in the ring: older, where a log that is kept longer
    /// may still reach back; or ahead, because another node was faster than this one or the client
    /// is wrong. A reading of the log decides.
    Log,
    /// Only a snapshot: the client has no position, or one of another epoch.
    Snapshot,
}

impl<E: Clone> EventRing<E> {
    /// An empty ring at the end of a log, for so many events of the last `keep_ms`.
    pub fn new(end: Position, capacity: usize, keep_ms: Millis) -> Self {
        let start = end.offset;
        Self { end, start, events: VecDeque::new(), capacity, keep_ms }
    }

    /// Continues from another position. The events held do not connect to it, so they are dropped.
    pub fn restart(&mut self, end: Position) {
        self.start = end.offset;
        self.end = end;
        self.events.clear();
    }

    /// The position of the newest event.
    pub fn end(&self) -> &Position {
        &self.end
    }

    /// Appends the event at `end().offset + 1`, and drops events beyond the capacity or the window.
    pub fn push(&mut self, ts: Millis, event: E) {
        self.events.push_back((ts, event));
        self.end.offset += 1;
        let too_old = ts - self.keep_ms;
        while self.events.len() > self.capacity
            || self.events.front().is_some_and(|(ts, _)| *ts < too_old)
        {
            self.events.pop_front();
        }
    }

    /// The events after a position, at most `limit`. A position beyond the end, in the same epoch, is
    /// one that this ring has not reached yet: no events until it has.
    pub(crate) fn read_after(&self, at: &Position, limit: usize) -> RingRead<E> {
        if at.epoch != self.end.epoch {
            return RingRead::Behind;
        }
        if at.offset < self.start {
            return RingRead::Jumped;
        }
        if at.offset + 1 < self.first() {
            return RingRead::Behind;
        }
        let next = at.offset + 1;
        let skip = (next - self.first()) as usize;
        let events = self.events.iter().skip(skip).take(limit);
        RingRead::Events((next..).zip(events.map(|(_, event)| event.clone())).collect())
    }

    /// How a client at `from` catches up.
    pub fn catch_up(&self, from: Option<&Position>) -> CatchUpSource {
        let Some(from) = from.filter(|from| from.epoch == self.end.epoch) else {
            return CatchUpSource::Snapshot;
        };
        // Not `from.offset + 1`: a client may name any number.
        match (self.first() - 1..=self.end.offset).contains(&from.offset) {
            true => CatchUpSource::Ring,
            false => CatchUpSource::Log,
        }
    }

    /// The offset of the oldest event that is held; the next one's when none is.
    fn first(&self) -> u64 {
        self.end.offset + 1 - self.events.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(offset: u64) -> Position {
        Position { epoch: "a".into(), offset }
    }

    fn ring(capacity: usize, events: &str) -> EventRing<char> {
        let mut ring = EventRing::new(at(0), capacity, 300_000);
        events.chars().for_each(|event| ring.push(1, event));
        ring
    }

    #[test]
    fn a_reader_gets_what_it_has_not_seen() {
        let ring = ring(10, "CGD");
        assert_eq!(ring.read_after(&at(1), 10), RingRead::Events(vec![(2, 'G'), (3, 'D')]));
        assert_eq!(ring.read_after(&at(3), 10), RingRead::Events(vec![]));
        assert_eq!(ring.read_after(&at(0), 2), RingRead::Events(vec![(1, 'C'), (2, 'G')]));
    }

    #[test]
    fn a_reader_older_than_the_ring_is_told_so() {
        let ring = ring(2, "CGDE");
        assert_eq!(ring.read_after(&at(1), 10), RingRead::Behind);
        assert_eq!(ring.read_after(&at(2), 10), RingRead::Events(vec![(3, 'D'), (4, 'E')]));
        assert_eq!(ring.catch_up(Some(&at(1))), CatchUpSource::Log);
        assert_eq!(ring.catch_up(Some(&at(2))), CatchUpSource::Ring);
        assert_eq!(ring.catch_up(None), CatchUpSource::Snapshot);
    }

    #[test]
    fn another_epoch_needs_the_whole_state_and_a_position_from_the_future_a_look_at_the_log() {
        let ring = ring(9, "CGDE");
        let other = Position { epoch: "b".into(), offset: 4 };
        assert_eq!(ring.catch_up(Some(&other)), CatchUpSource::Snapshot);
        assert_eq!(ring.read_after(&other, 10), RingRead::Behind);
        assert_eq!(ring.catch_up(Some(&at(5))), CatchUpSource::Log);
        assert_eq!(ring.catch_up(Some(&at(u64::MAX))), CatchUpSource::Log);
        assert_eq!(ring.read_after(&at(7), 10), RingRead::Events(vec![]));
    }

    #[test]
    fn events_older_than_the_window_leave_the_ring() {
        let mut ring = EventRing::new(at(0), 100, 1_000);
        ring.push(0, 'C');
        ring.push(5_000, 'G');
        assert_eq!(ring.read_after(&at(0), 10), RingRead::Behind);
        assert_eq!(ring.read_after(&at(1), 10), RingRead::Events(vec![(2, 'G')]));
    }

    #[test]
    fn a_ring_that_restarted_bridges_no_gap() {
        let mut ring = ring(2, "CG");
        ring.restart(at(9));
        ring.push(1, 'D');
        assert_eq!(ring.read_after(&at(2), 10), RingRead::Jumped, "because of the ring");
        assert_eq!(ring.read_after(&at(9), 10), RingRead::Events(vec![(10, 'D')]));
        "EA".chars().for_each(|event| ring.push(1, event));
        assert_eq!(ring.read_after(&at(9), 10), RingRead::Behind, "because of the reader");
    }
}
