//! One connection's way through a topic.
//!
//! A connection that made an event gets the answer to its message in the event's place, so
//! nothing is echoed and nothing is missing. The answer and the place come from two sides: the
//! command's result from whoever carried it out, the place from the ring. Either may be first.

use super::ring::{Read, Ring};
use protocol::{Millis, Position};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A reader that fell behind the ring so often within the window is closed.
const BEHIND_LIMIT: usize = 3;
/// That window, in milliseconds.
const BEHIND_WINDOW_MS: Millis = 30_000;

/// Where a connection is in a topic, and the answers `A` that stand in for events.
#[derive(Debug)]
pub struct Reader<A> {
    at: Position,
    /// Where it began: no event up to here comes by the ring.
    begun: u64,
    /// Answers whose events are still to come.
    expected: BTreeMap<u64, A>,
    /// Places that were answered before the command's result was here.
    answered: BTreeSet<u64>,
    /// Answers to repeated messages, each to be written behind a place.
    repeats: Vec<(u64, A)>,
    /// When it fell behind the ring.
    behind: VecDeque<Millis>,
}

/// What a connection writes for one place of the log.
#[derive(Debug, PartialEq, Eq)]
pub enum Line<E, A> {
    /// Somebody's event.
    Event(u64, E),
    /// This connection's own event: the answer goes in its place.
    Own(u64, E),
    /// This connection's own event, read back from a log that does not name its maker.
    Answer(u64, A),
    /// The answer to a repeated message; it has no place of its own.
    Repeat(A),
}

/// What a look at the ring brought.
#[derive(Debug, PartialEq, Eq)]
pub enum Pulled<E, A> {
    /// To be written in this order; possibly nothing.
    Lines(Vec<Line<E, A>>),
    /// The log began a new life: the reader needs a new beginning.
    Anew,
    /// The ring went on from another place of the log: the reader needs a new beginning, and it is
    /// not its fault.
    Jumped,
    /// The ring does not lead here any more: the reader needs a new beginning.
    Behind,
    /// That happened too often: it reads too slowly to be served.
    TooSlow,
}

impl<A> Reader<A> {
    /// A reader that has seen everything up to `at`.
    pub fn new(at: Position) -> Self {
        let begun = at.offset;
        Self {
            at,
            begun,
            expected: BTreeMap::new(),
            answered: BTreeSet::new(),
            repeats: Vec::new(),
            behind: VecDeque::new(),
        }
    }

    /// Everything up to here was written.
    pub fn at(&self) -> &Position {
        &self.at
    }

    /// Goes on from the position of a snapshot or a replay. Returns the answers whose places were
    /// jumped over, in order: they have to be written by themselves.
    pub fn restart(&mut self, at: Position) -> Vec<A> {
        let same_log = at.epoch == self.at.epoch;
        let jumped = |offset: u64| !same_log || offset <= at.offset;
        let expected = std::mem::take(&mut self.expected).into_iter();
        let (mut gone, kept): (Vec<_>, _) = expected.partition(|(offset, _)| jumped(*offset));
        self.expected = kept.into_iter().collect();
        gone.extend(self.repeats.extract_if(.., |(offset, _)| jumped(*offset)));
        if !same_log {
            self.answered.clear();
        }
        self.begun = at.offset;
        self.at = at;
        gone.into_iter().map(|(_, answer)| answer).collect()
    }

    /// Nobody follows any more. Returns the answers that have no place now, in order.
    pub fn leave(self) -> Vec<A> {
        let repeats = self.repeats.into_iter().map(|(_, answer)| answer);
        self.expected.into_values().chain(repeats).collect()
    }

    /// The answer to a message that became the event at `place`. Returns it when it has to be
    /// written by itself; otherwise it stands, or stood, in the place of the event.
    pub fn settle(&mut self, place: &Position, answer: A) -> Option<A> {
        let same_log = place.epoch == self.at.epoch;
        if same_log && self.answered.remove(&place.offset) {
            return None;
        }
        // Of another log, jumped over by a snapshot or a replay, or written as somebody's event.
        if !same_log || place.offset <= self.begun || place.offset <= self.at.offset {
            return Some(answer);
        }
        self.expected.insert(place.offset, answer);
        None
    }

    /// The answer to a message that was carried out before; what it made then stands at or before
    /// `place`. The answer must not overtake that event: it could be this connection's own, and a
    /// client that has its answer takes no other. Returns it when it can be written at once.
    pub fn repeat(&mut self, place: &Position, answer: A) -> Option<A> {
        if place.epoch != self.at.epoch || place.offset <= self.at.offset {
            return Some(answer);
        }
        self.repeats.push((place.offset, answer));
        None
    }

    /// Whether an answer waits for its place.
    pub fn owes(&self) -> bool {
        !self.expected.is_empty() || !self.repeats.is_empty()
    }

    /// The next lines, at most `limit`. `own` tells whether this connection made an event.
    pub fn pull<E: Clone>(
        &mut self,
        ring: &Ring<E>,
        limit: usize,
        now: Millis,
        own: impl Fn(&E) -> bool,
    ) -> Pulled<E, A> {
        if self.at.epoch != ring.end().epoch {
            return Pulled::Anew;
        }
        let events = match ring.read_after(&self.at, limit) {
            Read::Events(events) => events,
            Read::Jumped => return Pulled::Jumped,
            Read::Behind => return self.fell_behind(now),
        };
        if let Some((last, _)) = events.last() {
            self.at.offset = *last;
        }
        let lines = events.into_iter().map(|(offset, event)| self.line(offset, event, &own));
        let mut lines: Vec<_> = lines.collect();
        let reached = self.at.offset;
        let repeats = self.repeats.extract_if(.., |(place, _)| *place <= reached);
        lines.extend(repeats.map(|(_, answer)| Line::Repeat(answer)));
        Pulled::Lines(lines)
    }

    fn line<E>(&mut self, offset: u64, event: E, own: impl Fn(&E) -> bool) -> Line<E, A> {
        let answer = self.expected.remove(&offset);
        match (own(&event), answer) {
            (true, answer) => {
                if answer.is_none() {
                    self.answered.insert(offset);
                }
                Line::Own(offset, event)
            }
            (false, Some(answer)) => Line::Answer(offset, answer),
            (false, None) => Line::Event(offset, event),
        }
    }

    fn fell_behind<E>(&mut self, now: Millis) -> Pulled<E, A> {
        self.behind.push_back(now);
        self.behind.retain(|at| now - at < BEHIND_WINDOW_MS);
        if self.behind.len() >= BEHIND_LIMIT { Pulled::TooSlow } else { Pulled::Behind }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Events are `(whose, name)`; this connection is `me`.
    type Event = (&'static str, char);

    fn at(offset: u64) -> Position {
        Position { epoch: "a".into(), offset }
    }

    fn ring(capacity: usize, events: &[Event]) -> Ring<Event> {
        let mut ring = Ring::new(at(0), capacity, 300_000);
        events.iter().for_each(|event| ring.push(1, *event));
        ring
    }

    fn pull(
        reader: &mut Reader<&'static str>,
        ring: &Ring<Event>,
    ) -> Vec<Line<Event, &'static str>> {
        match reader.pull(ring, 10, 0, |(whose, _)| *whose == "me") {
            Pulled::Lines(lines) => lines,
            Pulled::Anew | Pulled::Jumped | Pulled::Behind | Pulled::TooSlow => {
                panic!("the ring leads here")
            }
        }
    }

    #[test]
    fn an_answer_stands_in_the_place_of_its_event_whichever_came_first() {
        let ring = ring(10, &[("you", 'C'), ("me", 'G')]);
        let mut early = Reader::new(at(0));
        assert_eq!(early.settle(&at(2), "done"), None);
        let lines = [Line::Event(1, ("you", 'C')), Line::Own(2, ("me", 'G'))];
        assert_eq!(pull(&mut early, &ring), lines);
        let mut late = Reader::new(at(0));
        assert_eq!(pull(&mut late, &ring), lines);
        assert_eq!(late.settle(&at(2), "done"), None);
    }

    #[test]
    fn an_event_read_back_without_its_maker_is_answered_once() {
        let ring = ring(10, &[("log", 'C')]);
        let mut early = Reader::new(at(0));
        assert_eq!(early.settle(&at(1), "done"), None);
        assert_eq!(pull(&mut early, &ring), [Line::Answer(1, "done")]);
        let mut late = Reader::new(at(0));
        assert_eq!(pull(&mut late, &ring), [Line::Event(1, ("log", 'C'))]);
        assert_eq!(late.settle(&at(1), "done"), Some("done"));
    }

    #[test]
    fn who_stops_following_is_answered_all_the_same() {
        let mut reader = Reader::new(at(0));
        assert_eq!(reader.settle(&at(2), "done"), None);
        assert_eq!(reader.repeat(&at(3), "again"), None);
        assert_eq!(reader.leave(), ["done", "again"]);
    }

    #[test]
    fn the_answer_to_a_repeated_message_does_not_overtake_the_first_ones_event() {
        let ring = ring(10, &[("you", 'C'), ("me", 'G')]);
        let mut reader = Reader::new(at(0));
        assert_eq!(reader.repeat(&at(2), "again"), None);
        let lines =
            [Line::Event(1, ("you", 'C')), Line::Own(2, ("me", 'G')), Line::Repeat("again")];
        assert_eq!(pull(&mut reader, &ring), lines);
        assert_eq!(reader.repeat(&at(2), "and again"), Some("and again"));
        assert_eq!(reader.repeat(&at(9), "later"), None);
        assert_eq!(reader.restart(at(9)), ["later"]);
    }

    #[test]
    fn what_a_snapshot_jumped_over_is_answered_by_itself() {
        let mut reader = Reader::new(at(0));
        assert_eq!(reader.settle(&at(2), "two"), None);
        assert_eq!(reader.settle(&at(7), "seven"), None);
        assert_eq!(reader.restart(at(5)), ["two"]);
        assert_eq!(reader.settle(&at(4), "four"), Some("four"));
        let other_life = Position { epoch: "b".into(), offset: 1 };
        assert_eq!(reader.restart(other_life), ["seven"]);
        assert_eq!(reader.settle(&at(9), "nine"), Some("nine"));
    }

    #[test]
    fn a_reader_that_falls_behind_three_times_in_half_a_minute_is_too_slow() {
        let ring = ring(1, &[("you", 'C'), ("you", 'G'), ("you", 'D')]);
        let mut reader: Reader<()> = Reader::new(at(0));
        let mut look = |now| reader.pull(&ring, 10, now, |_| false);
        assert_eq!(look(0), Pulled::Behind);
        assert_eq!(look(10_000), Pulled::Behind);
        assert_eq!(look(31_000), Pulled::Behind);
        assert_eq!(look(32_000), Pulled::TooSlow);
        let other_life = Position { epoch: "b".into(), offset: 1 };
        let mut reader: Reader<()> = Reader::new(other_life);
        assert_eq!(reader.pull(&ring, 10, 0, |_| false), Pulled::Anew, "no fault of the reader's");
    }

    #[test]
    fn a_node_that_cannot_read_what_a_newer_one_wrote_does_not_call_its_readers_slow() {
        let mut ring = ring(10, &[("you", 'C')]);
        let mut reader: Reader<()> = Reader::new(at(0));
        for offset in 2..9 {
            ring.restart(at(offset));
            assert_eq!(reader.pull(&ring, 10, 0, |_| false), Pulled::Jumped);
            assert!(reader.restart(at(offset)).is_empty());
        }
    }

    #[test]
    fn an_answer_that_waits_for_its_place_is_owed() {
        let ring = ring(10, &[("you", 'C'), ("me", 'G')]);
        let mut reader = Reader::new(at(0));
        assert!(!reader.owes());
        assert_eq!(reader.settle(&at(2), "done"), None);
        assert!(reader.owes());
        pull(&mut reader, &ring);
        assert!(!reader.owes());
        assert_eq!(reader.repeat(&at(3), "again"), None);
        assert!(reader.owes());
    }
}
