//! One connection's position in a topic.
//!
//! A connection that made an event gets the answer to its message in the event's place, so
//! nothing is echoed and no offset is missing. Answer and event arrive independently: the answer
//! from the code that carried out the message, the event from the ring. Either may be first.

use super::{
    answered_events::AnsweredEvents,
    ring::{EventRing, RingRead},
};
use crate::Monotonic;
use protocol::Position;
use std::collections::{BTreeMap, VecDeque};

/// A connection that fell behind the ring this often within [`BEHIND_WINDOW_MS`] is closed.
const MAX_TIMES_BEHIND: usize = 3;
/// The window in which falling behind is counted.
const BEHIND_WINDOW_MS: i64 = 30_000;

/// Where a connection is in a topic, and the answers `A` that replace its own events.
#[derive(Debug)]
pub struct TopicCursor<A> {
    at: Position,
    /// The offset it started from: the ring delivers no event up to here.
    start: u64,
    /// Answers whose events are still to come.
    expected: BTreeMap<u64, A>,
    answered_events: AnsweredEvents,
    /// Answers to repeated messages, each to be written after an offset.
    repeats: Vec<(u64, A)>,
    /// When it fell behind the ring.
    behind: VecDeque<Monotonic>,
}

/// What a connection writes for one offset of the log.
#[derive(Debug, PartialEq, Eq)]
pub enum TopicLine<E, A> {
    /// An event that another connection, or the server, made.
    Event(u64, E),
    /// This connection's own event: the answer goes in its place.
    Own(u64, E),
    /// This connection's own event, read back from a log that does not record its origin.
    Answer(u64, A),
    /// The answer to a repeated message; it has no offset of its own.
    Repeat(A),
}

/// The result of [`TopicCursor::pull`].
#[derive(Debug, PartialEq, Eq)]
pub enum PullResult<E, A> {
    /// To be written in this order; may be empty.
    Lines(Vec<TopicLine<E, A>>),
    /// The log has a new epoch: the connection has to catch up from the start.
    NewEpoch,
    /// The ring restarted at another offset: the connection has to catch up, and it is not too
    /// slow.
    Jumped,
    /// The ring has already dropped the next event: the connection has to catch up.
    Behind,
    /// The connection fell behind too often to be served.
    TooSlow,
}

impl<A> TopicCursor<A> {
    /// A cursor that has written everything up to `at`. `answered_events` are those of an earlier
    /// subscription of the same connection.
    pub fn new(at: Position, mut answered_events: AnsweredEvents) -> Self {
        answered_events.drop_until(&at);
        let start = at.offset;
        Self {
            at,
            start,
            expected: BTreeMap::new(),
            answered_events,
            repeats: Vec::new(),
            behind: VecDeque::new(),
        }
    }

    /// Everything up to here was written.
    pub fn at(&self) -> &Position {
        &self.at
    }

    /// Continues from the position of a snapshot or a replay. Returns the answers whose events were
    /// skipped, in order: they have to be written by themselves.
    pub fn restart(&mut self, at: Position) -> Vec<A> {
        let same_log = at.epoch == self.at.epoch;
        let skipped = |offset: u64| !same_log || offset <= at.offset;
        let expected = std::mem::take(&mut self.expected).into_iter();
        let (mut gone, kept): (Vec<_>, _) = expected.partition(|(offset, _)| skipped(*offset));
        self.expected = kept.into_iter().collect();
        gone.extend(self.repeats.extract_if(.., |(offset, _)| skipped(*offset)));
        self.answered_events.keep_after(&at);
        self.start = at.offset;
        self.at = at;
        gone.into_iter().map(|(_, answer)| answer).collect()
    }

    /// Ends the subscription. Returns the answers whose events will not be delivered, in order.
    pub fn leave(self) -> (Vec<A>, AnsweredEvents) {
        let Self { at, expected, repeats, mut answered_events, .. } = self;
        let apart = expected.keys().map(|offset| Position { offset: *offset, ..at.clone() });
        apart.for_each(|place| answered_events.add_apart(place));
        let repeats = repeats.into_iter().map(|(_, answer)| answer);
        (expected.into_values().chain(repeats).collect(), answered_events)
    }

    /// Takes the answer to a message that became the event at `place`. Returns the answer when it
    /// has to be written by itself; otherwise it takes, or took, the place of the event.
    pub fn place_answer(&mut self, place: &Position, answer: A) -> Option<A> {
        if self.answered_events.take_in_place(place) {
            return None;
        }
        if place.epoch != self.at.epoch {
            self.answered_events.add_apart(place.clone());
            return Some(answer);
        }
        // Skipped by a snapshot or a replay, or written as a foreign event.
        if place.offset <= self.start || place.offset <= self.at.offset {
            return Some(answer);
        }
        self.expected.insert(place.offset, answer);
        None
    }

    /// Takes the answer to a message that had been carried out before; its event, if it made one,
    /// has an offset up to `place`. The answer must not be written before that event: it could be
    /// this connection's own, and a client ignores a second answer. Returns the answer when it can
    /// be written at once.
    pub(crate) fn repeat_answer(&mut self, place: &Position, answer: A) -> Option<A> {
        if place.epoch != self.at.epoch || place.offset <= self.at.offset {
            return Some(answer);
        }
        self.repeats.push((place.offset, answer));
        None
    }

    /// Whether an answer waits for its place.
    pub(crate) fn owes_answer(&self) -> bool {
        !self.expected.is_empty() || !self.repeats.is_empty()
    }

    /// The next lines, at most `limit`. `own` is whether this connection made an event.
    pub(crate) fn pull<E: Clone>(
        &mut self,
        ring: &EventRing<E>,
        limit: usize,
        now: Monotonic,
        own: impl Fn(&E) -> bool,
    ) -> PullResult<E, A> {
        if self.at.epoch != ring.end().epoch {
            return PullResult::NewEpoch;
        }
        let events = match ring.read_after(&self.at, limit) {
            RingRead::Events(events) => events,
            RingRead::Jumped => return PullResult::Jumped,
            RingRead::Behind => return self.fell_behind(now),
        };
        if let Some((last, _)) = events.last() {
            self.at.offset = *last;
        }
        let lines = events.into_iter().map(|(offset, event)| self.line(offset, event, &own));
        let mut lines: Vec<_> = lines.collect();
        let reached = self.at.offset;
        let repeats = self.repeats.extract_if(.., |(place, _)| *place <= reached);
        lines.extend(repeats.map(|(_, answer)| TopicLine::Repeat(answer)));
        PullResult::Lines(lines)
    }

    fn line<E>(&mut self, offset: u64, event: E, own: impl Fn(&E) -> bool) -> TopicLine<E, A> {
        let answer = self.expected.remove(&offset);
        if self.answered_events.take_apart(&self.at.epoch, offset) {
            return TopicLine::Event(offset, event);
        }
        match (own(&event), answer) {
            (true, answer) => {
                if answer.is_none() {
                    let place = Position { offset, ..self.at.clone() };
                    self.answered_events.add_in_place(place);
                }
                TopicLine::Own(offset, event)
            }
            (false, Some(answer)) => TopicLine::Answer(offset, answer),
            (false, None) => TopicLine::Event(offset, event),
        }
    }

    fn fell_behind<E>(&mut self, now: Monotonic) -> PullResult<E, A> {
        self.behind.push_back(now);
        self.behind.retain(|at| now - *at < BEHIND_WINDOW_MS);
        match self.behind.len() >= MAX_TIMES_BEHIND {
            true => PullResult::TooSlow,
            false => PullResult::Behind,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topic::answered_events::MAX_ANSWERED;

    /// Events are `(whose, name)`; this connection is `me`.
    type Event = (&'static str, char);

    fn at(offset: u64) -> Position {
        Position { epoch: "a".into(), offset }
    }

    fn ring(capacity: usize, events: &[Event]) -> EventRing<Event> {
        let mut ring = EventRing::new(at(0), capacity, 300_000);
        events.iter().for_each(|event| ring.push(1, *event));
        ring
    }

    fn pull(
        cursor: &mut TopicCursor<&'static str>,
        ring: &EventRing<Event>,
    ) -> Vec<TopicLine<Event, &'static str>> {
        match cursor.pull(ring, 10, Monotonic::default(), |(whose, _)| *whose == "me") {
            PullResult::Lines(lines) => lines,
            PullResult::NewEpoch
            | PullResult::Jumped
            | PullResult::Behind
            | PullResult::TooSlow => {
                panic!("the ring leads here")
            }
        }
    }

    #[test]
    fn an_answer_stands_in_the_place_of_its_event_whichever_came_first() {
        let ring = ring(10, &[("you", 'C'), ("me", 'G')]);
        let mut early = TopicCursor::new(at(0), AnsweredEvents::default());
        assert_eq!(early.place_answer(&at(2), "done"), None);
        let lines = [TopicLine::Event(1, ("you", 'C')), TopicLine::Own(2, ("me", 'G'))];
        assert_eq!(pull(&mut early, &ring), lines);
        let mut late = TopicCursor::new(at(0), AnsweredEvents::default());
        assert_eq!(pull(&mut late, &ring), lines);
        assert_eq!(late.place_answer(&at(2), "done"), None);
    }

    #[test]
    fn an_event_read_back_without_its_maker_is_answered_once() {
        let ring = ring(10, &[("log", 'C')]);
        let mut early = TopicCursor::new(at(0), AnsweredEvents::default());
        assert_eq!(early.place_answer(&at(1), "done"), None);
        assert_eq!(pull(&mut early, &ring), [TopicLine::Answer(1, "done")]);
        let mut late = TopicCursor::new(at(0), AnsweredEvents::default());
        assert_eq!(pull(&mut late, &ring), [TopicLine::Event(1, ("log", 'C'))]);
        assert_eq!(late.place_answer(&at(1), "done"), Some("done"));
    }

    #[test]
    fn answers_without_their_events_are_returned_when_the_topic_is_left() {
        let mut cursor = TopicCursor::new(at(0), AnsweredEvents::default());
        assert_eq!(cursor.place_answer(&at(2), "done"), None);
        assert_eq!(cursor.repeat_answer(&at(3), "again"), None);
        assert_eq!(cursor.leave().0, ["done", "again"]);
    }

    #[test]
    fn the_answer_to_a_repeated_message_does_not_overtake_the_first_ones_event() {
        let ring = ring(10, &[("you", 'C'), ("me", 'G')]);
        let mut cursor = TopicCursor::new(at(0), AnsweredEvents::default());
        assert_eq!(cursor.repeat_answer(&at(2), "again"), None);
        let lines = [
            TopicLine::Event(1, ("you", 'C')),
            TopicLine::Own(2, ("me", 'G')),
            TopicLine::Repeat("again"),
        ];
        assert_eq!(pull(&mut cursor, &ring), lines);
        assert_eq!(cursor.repeat_answer(&at(2), "and again"), Some("and again"));
        assert_eq!(cursor.repeat_answer(&at(9), "later"), None);
        assert_eq!(cursor.restart(at(9)), ["later"]);
    }

    #[test]
    fn what_a_snapshot_jumped_over_is_answered_by_itself() {
        let mut cursor = TopicCursor::new(at(0), AnsweredEvents::default());
        assert_eq!(cursor.place_answer(&at(2), "two"), None);
        assert_eq!(cursor.place_answer(&at(7), "seven"), None);
        assert_eq!(cursor.restart(at(5)), ["two"]);
        assert_eq!(cursor.place_answer(&at(4), "four"), Some("four"));
        let other_epoch = Position { epoch: "b".into(), offset: 1 };
        assert_eq!(cursor.restart(other_epoch), ["seven"]);
        assert_eq!(cursor.place_answer(&at(9), "nine"), Some("nine"));
    }

    #[test]
    fn an_answer_that_was_written_before_the_connection_reached_its_epoch_is_not_written_again() {
        let ring = ring(10, &[("me", 'C'), ("me", 'G')]);
        let other_epoch = Position { epoch: "b".into(), offset: 57 };
        let mut cursor = TopicCursor::new(other_epoch, AnsweredEvents::default());
        assert_eq!(cursor.place_answer(&at(1), "done"), Some("done"));
        assert!(cursor.restart(at(0)).is_empty());
        let lines = [TopicLine::Event(1, ("me", 'C')), TopicLine::Own(2, ("me", 'G'))];
        assert_eq!(pull(&mut cursor, &ring), lines);
    }

    #[test]
    fn an_answer_that_comes_after_its_epoch_has_ended_is_not_written_again() {
        let ring = ring(10, &[("me", 'C')]);
        let mut cursor = TopicCursor::new(at(0), AnsweredEvents::default());
        assert_eq!(pull(&mut cursor, &ring), [TopicLine::Own(1, ("me", 'C'))]);
        assert!(cursor.restart(Position { epoch: "b".into(), offset: 4 }).is_empty());
        assert_eq!(cursor.place_answer(&at(1), "done"), None);
    }

    #[test]
    fn a_cursor_that_falls_behind_three_times_in_half_a_minute_is_too_slow() {
        let ring = ring(1, &[("you", 'C'), ("you", 'G'), ("you", 'D')]);
        let mut cursor: TopicCursor<()> = TopicCursor::new(at(0), AnsweredEvents::default());
        let mut look = |now| cursor.pull(&ring, 10, Monotonic::from_ms(now), |_| false);
        assert_eq!(look(0), PullResult::Behind);
        assert_eq!(look(10_000), PullResult::Behind);
        assert_eq!(look(31_000), PullResult::Behind);
        assert_eq!(look(32_000), PullResult::TooSlow);
        let other_epoch = Position { epoch: "b".into(), offset: 1 };
        let mut cursor: TopicCursor<()> = TopicCursor::new(other_epoch, AnsweredEvents::default());
        assert_eq!(
            cursor.pull(&ring, 10, Monotonic::default(), |_| false),
            PullResult::NewEpoch,
            "not the fault of the connection"
        );
    }

    #[test]
    fn a_node_that_cannot_read_what_a_newer_one_wrote_does_not_call_its_connections_slow() {
        let mut ring = ring(10, &[("you", 'C')]);
        let mut cursor: TopicCursor<()> = TopicCursor::new(at(0), AnsweredEvents::default());
        for offset in 2..9 {
            ring.restart(at(offset));
            assert_eq!(cursor.pull(&ring, 10, Monotonic::default(), |_| false), PullResult::Jumped);
            assert!(cursor.restart(at(offset)).is_empty());
        }
    }

    #[test]
    fn an_answer_that_comes_two_epochs_later_is_not_written_again() {
        let ring = ring(10, &[("me", 'C')]);
        let mut cursor = TopicCursor::new(at(0), AnsweredEvents::default());
        assert_eq!(pull(&mut cursor, &ring), [TopicLine::Own(1, ("me", 'C'))]);
        for epoch in ["b", "a"] {
            cursor.restart(Position { epoch: epoch.into(), offset: 0 });
        }
        assert_eq!(cursor.place_answer(&at(1), "done"), None);
    }

    #[test]
    fn own_events_that_are_never_answered_take_no_memory_for_ever() {
        let mut cursor = TopicCursor::new(at(0), AnsweredEvents::default());
        let mut ring = EventRing::new(at(0), 10, 300_000);
        for _ in 0..10 * MAX_ANSWERED {
            ring.push(1, ("me", 'C'));
            pull(&mut cursor, &ring);
        }
        assert_eq!(cursor.answered_events.in_place.len(), MAX_ANSWERED);
    }

    #[test]
    fn an_answer_that_waits_for_its_place_is_owed() {
        let ring = ring(10, &[("you", 'C'), ("me", 'G')]);
        let mut cursor = TopicCursor::new(at(0), AnsweredEvents::default());
        assert!(!cursor.owes_answer());
        assert_eq!(cursor.place_answer(&at(2), "done"), None);
        assert!(cursor.owes_answer());
        pull(&mut cursor, &ring);
        assert!(!cursor.owes_answer());
        assert_eq!(cursor.repeat_answer(&at(3), "again"), None);
        assert!(cursor.owes_answer());
    }
}
