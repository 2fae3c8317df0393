//! A topic on one node: the ring of its recent events, each encoded once, and the follower that
//! keeps the ring equal to the log.

use super::{
    cursor::{PullResult, TopicCursor},
    event::{PublishedEvent, TopicEvent},
    log_follower::{LogFollower, LogProgress, LogQuery, PlacedEvents},
    ring::{CatchUpSource, EventRing},
};
use crate::Monotonic;
use protocol::{
    ConnectionId, Envelope, Millis, Position, ServerMessage, Topic, encode, gym::Stats,
};
use std::sync::Arc;

/// A topic on one node. `P` is made of each event's JSON text when the event enters the ring.
#[derive(Debug)]
pub struct TopicLog<P> {
    topic: Topic,
    ring: EventRing<Arc<PublishedEvent<P>>>,
    follower: LogFollower<TopicEvent>,
    figures: Option<ConflatedFigures<P>>,
    /// The number of changes of the figures; never decreases.
    figures_version: u64,
}

/// The newest figures of a topic. A newer value replaces one that was not sent yet.
#[derive(Debug)]
pub struct ConflatedFigures<P> {
    /// Grows with every change; a connection sends each version once.
    pub version: u64,
    /// The offset of the last event that the figures include.
    pub as_of: u64,
    /// The encoded message.
    pub message: Arc<PublishedEvent<P>>,
}

/// Events that have just entered the ring.
pub type AppendedEvents<P> = Vec<Arc<PublishedEvent<P>>>;

impl<P: From<String>> TopicLog<P> {
    /// A topic whose ring starts at `end` and holds up to `capacity` events of the last `keep_ms`.
    pub fn new(
        topic: Topic,
        now: Monotonic,
        end: Position,
        capacity: usize,
        keep_ms: Millis,
    ) -> Self {
        Self {
            topic,
            ring: EventRing::new(end.clone(), capacity, keep_ms),
            follower: LogFollower::new(now, end),
            figures: None,
            figures_version: 0,
        }
    }

    /// Continues from another position of the log; subscribers have to catch up.
    pub fn restart(&mut self, now: Monotonic, end: Position) {
        self.follower = LogFollower::new(now, end.clone());
        self.restart_ring(end);
    }

    /// The topic.
    pub fn topic(&self) -> Topic {
        self.topic
    }

    /// The position of the newest event in the ring.
    pub fn end(&self) -> &Position {
        self.ring.end()
    }

    /// Gives the event its number and appends it, in a log that only this node writes. Returns the
    /// event's position.
    pub fn number_and_append(&mut self, now: Monotonic, event: TopicEvent) -> Position {
        let end = self.ring.end();
        let at = Position { epoch: end.epoch.clone(), offset: end.offset + 1 };
        self.take_placed(now, &at, event);
        at
    }

    /// Takes an event with its position; see [`LogFollower::take_placed`].
    pub fn take_placed(
        &mut self,
        now: Monotonic,
        at: &Position,
        event: TopicEvent,
    ) -> AppendedEvents<P> {
        let ready = self.follower.take_placed(now, at, event.ts, event);
        self.append(ready)
    }

    /// When [`TopicLog::next_query`] becomes due.
    pub fn deadline(&self) -> Monotonic {
        self.follower.deadline()
    }

    /// The reading of the log that is due now, if any.
    pub fn next_query(&self, now: Monotonic) -> Option<LogQuery> {
        self.follower.next_query(now)
    }

    /// Takes the log's end, as it was read when this node stood at `from`.
    pub fn compared(&mut self, now: Monotonic, from: &Position, end: &Position) {
        self.follower.compared(now, from, end);
    }

    /// Another epoch of the log was seen: makes the comparison due at once.
    pub fn suspect(&mut self, now: Monotonic) {
        self.follower.suspect(now);
    }

    /// Takes a reading of the log from a position. Returns the events that entered the ring, or
    /// `None` when the log does not continue this ring: the ring restarted at `end`.
    pub fn read(
        &mut self,
        now: Monotonic,
        from: &Position,
        end: &Position,
        events: PlacedEvents<TopicEvent>,
    ) -> Option<AppendedEvents<P>> {
        match self.follower.read(now, from, end, events) {
            LogProgress::Events(ready) => Some(self.append(ready)),
            LogProgress::Restarted => {
                self.restart_ring(end.clone());
                None
            }
        }
    }

    /// A reading failed: makes it due again after a moment.
    pub fn failed(&mut self, now: Monotonic) {
        self.follower.failed(now);
    }

    /// What brings a client from a position to the end.
    pub(crate) fn catch_up_source(&self, from: Option<&Position>) -> CatchUpSource {
        self.ring.catch_up(from)
    }

    /// The next lines of a connection, at most `limit`. `now` is in milliseconds of any one clock.
    /// Events of `acknowledged` are answered in their place, also if their answer was given before.
    pub(crate) fn pull<A>(
        &self,
        cursor: &mut TopicCursor<A>,
        limit: usize,
        now: Monotonic,
        acknowledged: Option<ConnectionId>,
    ) -> PullResult<Arc<PublishedEvent<P>>, A> {
        let own = |published: &Arc<PublishedEvent<P>>| {
            acknowledged.is_some_and(|connection| published.event.is_from(connection))
        };
        cursor.pull(&self.ring, limit, now, own)
    }

    /// Replaces the newest figures, unless these were counted earlier: two counts can overtake each
    /// other. Returns whether they changed. A new day of the gym changes them without an event.
    pub fn set_figures(&mut self, stats: Stats) -> bool {
        let (as_of, ts) = (stats.as_of_offset, stats.timestamp);
        let newer = |held: &ConflatedFigures<P>| (held.as_of, held.message.event.ts) > (as_of, ts);
        if self.figures.as_ref().is_some_and(newer) {
            return false;
        }
        self.figures_version += 1;
        let event = TopicEvent::by_server(ts, ServerMessage::StatsUpdate(stats));
        let mut envelope = Envelope::bare(&event.message);
        envelope.topic = Some(self.topic);
        let payload = encode(&envelope).into();
        let message = Arc::new(PublishedEvent { event, payload });
        self.figures = Some(ConflatedFigures { version: self.figures_version, as_of, message });
        true
    }

    /// The newest figures.
    pub fn figures(&self) -> Option<&ConflatedFigures<P>> {
        self.figures.as_ref()
    }

    /// The number of changes of the figures so far.
    pub fn figures_version(&self) -> u64 {
        self.figures_version
    }

    fn append(&mut self, ready: PlacedEvents<TopicEvent>) -> AppendedEvents<P> {
        let mut appended = Vec::with_capacity(ready.len());
        for (offset, ts, event) in ready {
            let at = Position { epoch: self.ring.end().epoch.clone(), offset };
            let mut envelope = Envelope::bare(&event.message).at(self.topic, at);
            envelope.ts = Some(ts);
            let payload = encode(&envelope).into();
            let published = Arc::new(PublishedEvent { event, payload });
            self.ring.push(ts, Arc::clone(&published));
            appended.push(published);
        }
        appended
    }

    fn restart_ring(&mut self, end: Position) {
        if end.epoch != self.ring.end().epoch {
            // Their offset is of another epoch, so newer figures could look older.
            self.figures = None;
        }
        self.ring.restart(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topic::{EventOrigin, answered_events::AnsweredEvents, cursor::TopicLine};

    #[test]
    fn an_own_event_is_sent_like_any_other_to_a_connection_whose_answer_was_an_error() {
        let end = Position { epoch: "a".into(), offset: 0 };
        let mut log = TopicLog::<String>::new(
            Topic::CheckIns,
            Monotonic::default(),
            end.clone(),
            10,
            300_000,
        );
        let connection = ConnectionId(uuid::Uuid::from_u128(7));
        let origin = Some(EventOrigin { connection, message: None });
        let event = TopicEvent::by_server(0, ServerMessage::ServerRestart { min_ms: 0, max_ms: 0 });
        log.number_and_append(Monotonic::default(), TopicEvent { origin, ..event });
        let first_line = |acknowledged| {
            let mut cursor = TopicCursor::<()>::new(end.clone(), AnsweredEvents::default());
            match log.pull(&mut cursor, 10, Monotonic::default(), acknowledged) {
                PullResult::Lines(mut lines) => lines.pop(),
                other => panic!("{other:?}"),
            }
        };
        assert!(matches!(first_line(Some(connection)), Some(TopicLine::Own(1, _))));
        assert!(matches!(first_line(None), Some(TopicLine::Event(1, _))));
    }

    #[test]
    fn figures_that_were_counted_earlier_do_not_replace_newer_ones() {
        let end = Position { epoch: "a".into(), offset: 0 };
        let mut log =
            TopicLog::<String>::new(Topic::CheckIns, Monotonic::default(), end, 10, 300_000);
        let mut set = |as_of_offset, timestamp| {
            log.set_figures(Stats {
                currently_in: 0,
                today_total: 0,
                average_stay_minutes: None,
                finished_visits: 0,
                as_of_offset,
                timestamp,
            })
        };
        assert!(set(5, 100));
        assert!(!set(4, 200) && !set(5, 99));
        assert!(set(5, 300), "the day began without an event");
        assert!(set(6, 250));
        assert_eq!(log.figures_version(), 3);
    }
}
