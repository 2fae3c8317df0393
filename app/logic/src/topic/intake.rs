//! How a node keeps its ring true to a log that other nodes write, too.
//!
//! A message on the bus between nodes is a hint: it may be late, doubled or lost. A node delivers
//! in offset order, waits a moment for a missing offset and then reads the log; every second it
//! compares its end with the log's, because a node that commits and dies before it publishes
//! leaves no gap to see.

use protocol::{Millis, Position};
use std::collections::BTreeMap;

/// So long a missing offset may be on its way before the log is read, in milliseconds.
pub const WAIT_MS: i64 = 50;
/// How often the end is compared with the log's, in milliseconds.
pub const COMPARE_EVERY_MS: i64 = 1_000;
/// Events that wait for an earlier one. Beyond, they are read from the log.
const HELD: usize = 4_096;
/// A node that missed more than this goes on from the log's end.
const MISSED: u64 = 1_000;

/// A node's own cursor in a topic's log.
#[derive(Debug)]
pub struct Intake<E> {
    end: Position,
    held: BTreeMap<u64, (Millis, E)>,
    /// Since when the log is known to go further than this node does.
    behind_since: Option<i64>,
    compare_at: i64,
}

/// What a node should read now.
#[derive(Debug, PartialEq, Eq)]
pub enum Wanted {
    /// The log's end: then call [`Intake::compared`]. This node was here when it asked.
    End(Position),
    /// The log's end and the events after this position: then call [`Intake::read`].
    Events(Position),
}

/// What a node does after it has read the log.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken<E> {
    /// Deliver these.
    Events(Ready<E>),
    /// The log began anew, went back in time or does not reach back: go on from [`Intake::end`],
    /// and give everybody the whole state.
    Restarted,
}

/// Events to deliver, in order, each with its moment.
pub type Ready<E> = Vec<(u64, Millis, E)>;

impl<E> Intake<E> {
    /// A node that has delivered everything up to `end`.
    pub fn new(now: i64, end: Position) -> Self {
        let compare_at = now + COMPARE_EVERY_MS;
        Self { end, held: BTreeMap::new(), behind_since: None, compare_at }
    }

    /// Everything up to here was delivered.
    pub fn end(&self) -> &Position {
        &self.end
    }

    /// Somebody, perhaps this node itself, says that an event stands at a place.
    pub fn hint(&mut self, now: i64, at: &Position, ts: Millis, event: E) -> Ready<E> {
        if at.epoch != self.end.epoch {
            // Of an older life, or the first word of a newer one: only the log knows.
            self.suspect(now);
            return Vec::new();
        }
        if at.offset > self.end.offset && self.held.len() < HELD {
            self.held.entry(at.offset).or_insert((ts, event));
        }
        let ready = self.release();
        self.watch(now, at.offset);
        ready
    }

    /// The log's end, as it was when this node asked from a position. Hints may have brought it
    /// further since.
    pub fn compared(&mut self, now: i64, from: &Position, end: &Position) {
        self.compare_at = now + COMPARE_EVERY_MS;
        if from.epoch != self.end.epoch {
            return;
        }
        if end.epoch == from.epoch && end.offset >= from.offset {
            self.watch(now, end.offset);
        } else {
            // Another life, or this one went back in time: nothing to wait for.
            self.behind_since = Some(now - WAIT_MS);
        }
    }

    /// What a reading of the log brought that was asked from a position: where it ended, and all
    /// its events in between, in order. Hints may have brought this node further since.
    pub fn read(
        &mut self,
        now: i64,
        from: &Position,
        end: &Position,
        events: Ready<E>,
    ) -> Taken<E> {
        if from.epoch != self.end.epoch {
            return Taken::Events(Vec::new());
        }
        let went_back = end.epoch != from.epoch || end.offset < from.offset;
        if went_back || end.offset - from.offset > MISSED {
            return self.restart(now, end);
        }
        for (offset, ts, event) in events {
            if offset > self.end.offset {
                self.held.insert(offset, (ts, event));
            }
        }
        self.behind_since = None;
        let ready = self.release();
        // The log does not hold what it should: it was cut.
        if self.end.offset < end.offset {
            return self.restart(now, end);
        }
        self.watch(now, end.offset);
        Taken::Events(ready)
    }

    fn restart(&mut self, now: i64, end: &Position) -> Taken<E> {
        *self = Self::new(now, end.clone());
        Taken::Restarted
    }

    /// What to read now, if anything.
    pub fn wanted(&self, now: i64) -> Option<Wanted> {
        if self.behind_since.is_some_and(|since| now >= since + WAIT_MS) {
            return Some(Wanted::Events(self.end.clone()));
        }
        (now >= self.compare_at).then(|| Wanted::End(self.end.clone()))
    }

    /// Somebody knows of another life of the log: compare at once.
    pub fn suspect(&mut self, now: i64) {
        self.compare_at = now;
    }

    /// A read failed: try again after a moment.
    pub fn failed(&mut self, now: i64) {
        self.behind_since = self.behind_since.map(|_| now);
        self.compare_at = self.compare_at.max(now + WAIT_MS);
    }

    /// When [`Intake::wanted`] has something to say.
    pub fn deadline(&self) -> i64 {
        self.behind_since.map_or(self.compare_at, |since| self.compare_at.min(since + WAIT_MS))
    }

    fn release(&mut self) -> Ready<E> {
        let mut ready = Vec::new();
        while let Some((ts, event)) = self.held.remove(&(self.end.offset + 1)) {
            self.end.offset += 1;
            ready.push((self.end.offset, ts, event));
        }
        ready
    }

    /// Notes that the log goes at least as far as `offset`.
    fn watch(&mut self, now: i64, offset: u64) {
        let last = self.held.keys().next_back().copied().unwrap_or(0).max(offset);
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

    fn intake() -> Intake<char> {
        Intake::new(0, at(0))
    }

    fn hint(intake: &mut Intake<char>, now: i64, offset: u64, event: char) -> String {
        intake.hint(now, &at(offset), 0, event).into_iter().map(|(.., event)| event).collect()
    }

    #[test]
    fn hints_are_delivered_in_order_and_once() {
        let mut intake = intake();
        assert_eq!(hint(&mut intake, 0, 2, 'b'), "");
        assert_eq!(hint(&mut intake, 0, 1, 'a'), "ab");
        assert_eq!(hint(&mut intake, 0, 2, 'b'), "");
        assert_eq!(hint(&mut intake, 0, 3, 'c'), "c");
        assert_eq!(intake.wanted(500), None);
    }

    #[test]
    fn a_lost_hint_is_read_from_the_log_after_a_moment() {
        let mut intake = intake();
        hint(&mut intake, 0, 2, 'b');
        assert_eq!(intake.wanted(WAIT_MS - 1), None);
        assert_eq!(intake.wanted(WAIT_MS), Some(Wanted::Events(at(0))));
        let log = vec![(1, 0, 'a'), (2, 0, 'b'), (3, 0, 'c')];
        assert_eq!(intake.read(60, &at(0), &at(3), log.clone()), Taken::Events(log));
        assert_eq!(intake.wanted(500), None);
    }

    #[test]
    fn a_node_that_died_before_it_published_is_noticed_within_a_second() {
        let mut intake = intake();
        assert_eq!(intake.wanted(COMPARE_EVERY_MS), Some(Wanted::End(at(0))));
        intake.compared(1_000, &at(0), &at(4));
        assert_eq!(intake.wanted(1_000 + WAIT_MS), Some(Wanted::Events(at(0))));
    }

    #[test]
    fn a_log_that_began_anew_went_back_or_was_cut_starts_this_node_again() {
        let anew = Position { epoch: "b".into(), offset: 9 };
        for (end, events) in [(anew, vec![]), (at(0), vec![]), (at(3), vec![(3, 0, 'c')])] {
            let mut intake = intake();
            hint(&mut intake, 0, 1, 'a');
            intake.compared(1_000, &at(1), &end);
            assert_eq!(intake.wanted(1_000 + WAIT_MS), Some(Wanted::Events(at(1))));
            assert_eq!(intake.read(1_100, &at(1), &end, events), Taken::Restarted);
            assert_eq!((intake.end(), intake.wanted(1_500)), (&end, None));
        }
    }

    #[test]
    fn a_hint_of_another_life_is_no_event() {
        let mut intake = intake();
        let other = Position { epoch: "b".into(), offset: 1 };
        assert_eq!(intake.hint(10, &other, 0, 'x'), vec![]);
        assert_eq!(intake.wanted(10), Some(Wanted::End(at(0))));
    }

    #[test]
    fn an_answer_that_hints_have_overtaken_does_not_take_this_node_back() {
        let mut intake = intake();
        hint(&mut intake, 0, 1, 'a');
        let from = intake.end().clone();
        hint(&mut intake, 10, 2, 'b');
        intake.compared(20, &from, &at(1));
        assert_eq!(intake.wanted(100), None);
        assert_eq!(intake.read(30, &from, &at(1), vec![]), Taken::Events(vec![]));
        assert_eq!(intake.end(), &at(2));
    }
}
