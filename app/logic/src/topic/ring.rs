//! The recent events of a topic, numbered without holes.

use protocol::{Millis, Position};
use std::collections::VecDeque;

/// A topic's newest events under one epoch. Readers hold positions and pull; nothing is queued
/// for them, so a slow one costs a number.
#[derive(Debug)]
pub struct Ring<E> {
    end: Position,
    /// Where it was begun, or went on from another place.
    begun: u64,
    /// With the moment of each, on the server's clock. The last one stands at `end`.
    events: VecDeque<(Millis, E)>,
    capacity: usize,
    keep_ms: Millis,
}

/// What a reader finds behind its position.
#[derive(Debug, PartialEq, Eq)]
pub enum Read<E> {
    /// The next events, each at its offset; possibly none.
    Events(Vec<(u64, E)>),
    /// The position is older than the ring, or of another epoch.
    Behind,
    /// The ring went on from another place: what lies between was never in it.
    Jumped,
}

/// What brings a client from its position to now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CatchUp {
    /// The ring holds everything that the client has not seen.
    Ring,
    /// The position is of this life of the log, but not in the ring: older, where a log that is
    /// kept longer may still reach back; or ahead, because another node was faster than this one
    /// or the client is wrong. The log knows.
    Log,
    /// Nothing but the whole state: no position, or one of another epoch.
    Snapshot,
}

impl<E: Clone> Ring<E> {
    /// An empty ring at the end of a log, for so many events of the last `keep_ms`.
    pub fn new(end: Position, capacity: usize, keep_ms: Millis) -> Self {
        let begun = end.offset;
        Self { end, begun, events: VecDeque::new(), capacity, keep_ms }
    }

    /// Goes on from another place: what is held does not lead there.
    pub fn restart(&mut self, end: Position) {
        self.begun = end.offset;
        self.end = end;
        self.events.clear();
    }

    /// The place of the newest event.
    pub fn end(&self) -> &Position {
        &self.end
    }

    /// Appends the event at `end().offset + 1`, and forgets what is too old or too much.
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

    /// What comes after a position, at most `limit` events. A position of the log beyond the end is
    /// one that this ring has not reached yet: nothing comes until it has.
    pub fn read_after(&self, at: &Position, limit: usize) -> Read<E> {
        if at.epoch != self.end.epoch {
            return Read::Behind;
        }
        if at.offset < self.begun {
            return Read::Jumped;
        }
        if at.offset + 1 < self.first() {
            return Read::Behind;
        }
        let next = at.offset + 1;
        let skip = (next - self.first()) as usize;
        let events = self.events.iter().skip(skip).take(limit);
        Read::Events((next..).zip(events.map(|(_, event)| event.clone())).collect())
    }

    /// How a client at `from` catches up.
    pub fn catch_up(&self, from: Option<&Position>) -> CatchUp {
        let Some(from) = from.filter(|from| from.epoch == self.end.epoch) else {
            return CatchUp::Snapshot;
        };
        // Not `from.offset + 1`: a client may name any number.
        match (self.first() - 1..=self.end.offset).contains(&from.offset) {
            true => CatchUp::Ring,
            false => CatchUp::Log,
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

    fn ring(capacity: usize, events: &str) -> Ring<char> {
        let mut ring = Ring::new(at(0), capacity, 300_000);
        events.chars().for_each(|event| ring.push(1, event));
        ring
    }

    #[test]
    fn a_reader_gets_what_it_has_not_seen() {
        let ring = ring(10, "CGD");
        assert_eq!(ring.read_after(&at(1), 10), Read::Events(vec![(2, 'G'), (3, 'D')]));
        assert_eq!(ring.read_after(&at(3), 10), Read::Events(vec![]));
        assert_eq!(ring.read_after(&at(0), 2), Read::Events(vec![(1, 'C'), (2, 'G')]));
    }

    #[test]
    fn a_reader_older_than_the_ring_is_told_so() {
        let ring = ring(2, "CGDE");
        assert_eq!(ring.read_after(&at(1), 10), Read::Behind);
        assert_eq!(ring.read_after(&at(2), 10), Read::Events(vec![(3, 'D'), (4, 'E')]));
        assert_eq!(ring.catch_up(Some(&at(1))), CatchUp::Log);
        assert_eq!(ring.catch_up(Some(&at(2))), CatchUp::Ring);
        assert_eq!(ring.catch_up(None), CatchUp::Snapshot);
    }

    #[test]
    fn another_epoch_needs_the_whole_state_and_a_position_from_the_future_a_look_at_the_log() {
        let ring = ring(9, "CGDE");
        let other = Position { epoch: "b".into(), offset: 4 };
        assert_eq!(ring.catch_up(Some(&other)), CatchUp::Snapshot);
        assert_eq!(ring.read_after(&other, 10), Read::Behind);
        assert_eq!(ring.catch_up(Some(&at(5))), CatchUp::Log);
        assert_eq!(ring.catch_up(Some(&at(u64::MAX))), CatchUp::Log);
        assert_eq!(ring.read_after(&at(7), 10), Read::Events(vec![]));
    }

    #[test]
    fn events_older_than_the_window_leave_the_ring() {
        let mut ring = Ring::new(at(0), 100, 1_000);
        ring.push(0, 'C');
        ring.push(5_000, 'G');
        assert_eq!(ring.read_after(&at(0), 10), Read::Behind);
        assert_eq!(ring.read_after(&at(1), 10), Read::Events(vec![(2, 'G')]));
    }

    #[test]
    fn a_ring_that_goes_on_elsewhere_leads_nobody_over_the_hole() {
        let mut ring = ring(2, "CG");
        ring.restart(at(9));
        ring.push(1, 'D');
        assert_eq!(ring.read_after(&at(2), 10), Read::Jumped, "the ring's doing");
        assert_eq!(ring.read_after(&at(9), 10), Read::Events(vec![(10, 'D')]));
        "EA".chars().for_each(|event| ring.push(1, event));
        assert_eq!(ring.read_after(&at(9), 10), Read::Behind, "the reader's");
    }
}
