//! How a client gets from its position to the end of a topic: by the ring, by a replay of the log,
//! or by a snapshot. The decision is made here; the reading is done by the caller.

use super::{log::TopicLog, ring::CatchUpSource, wire_protocol::WireProtocol};
use protocol::{
    Envelope, Millis, Note, Position, ServerMessage, Topic, encode, guitar::ChordChange,
    server::Snapshot, topic::TopicAnswer,
};

/// Events of one replay from the log; a client that missed more gets a snapshot.
pub const MAX_REPLAYED_EVENTS: usize = 1_000;

/// A client on its way from a position to the end of a topic.
#[derive(Debug, Clone)]
pub struct CatchUp {
    topic: Topic,
    from: Option<Position>,
    protocol: WireProtocol,
    /// The node has already compared its ring with the session's shared log.
    refreshed: bool,
}

/// What a catch-up needs next.
#[derive(Debug)]
pub enum CatchUpStep {
    /// Nothing: this is the result.
    Done(CaughtUp),
    /// A reading of the session's shared log into the ring; then call [`CatchUp::next`] again.
    RefreshRing,
    /// The end of the durable log and then the events after this position, up to one more than
    /// [`MAX_REPLAYED_EVENTS`]; then call [`CatchUp::replayed`].
    Replay(Position),
    /// The topic's state and its position, from one consistent view; then call
    /// [`CatchUp::snapshot`].
    Snapshot,
}

/// A reading of the durable log.
#[derive(Debug)]
pub struct LogReplay {
    /// The log's end, read before the events.
    pub end: Position,
    /// The events after the position; `None` when one of them is of a kind or version that this
    /// server cannot read.
    pub events: Option<Vec<(u64, Millis, ServerMessage)>>,
}

/// What brings the client to the end of the topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaughtUp {
    /// The log's end, as the client receives it.
    pub end: Position,
    /// Where the connection's cursor starts.
    pub cursor: Position,
    /// The events after the client's position follow; otherwise a snapshot.
    pub recovered: bool,
    /// How many events follow.
    pub replayed: u64,
    /// Encoded messages to write before anything from the cursor on.
    pub texts: Vec<String>,
}

impl CatchUp {
    /// A client at `from`, or without a position.
    pub fn new(topic: Topic, from: Option<Position>, protocol: WireProtocol) -> Self {
        Self { topic, from, protocol, refreshed: false }
    }

    /// The first step, and the one after [`CatchUpStep::RefreshRing`].
    pub fn next<P: From<String>>(&mut self, log: &TopicLog<P>) -> CatchUpStep {
        match (log.catch_up_source(self.from.as_ref()), &self.from, self.topic) {
            (CatchUpSource::Ring, Some(from), _) => {
                let end = log.end().clone();
                let replayed = end.offset - from.offset;
                let (cursor, texts) = (from.clone(), Vec::new());
                CatchUpStep::Done(CaughtUp { end, cursor, recovered: true, replayed, texts })
            }
            (CatchUpSource::Log, Some(from), Topic::CheckIns) => CatchUpStep::Replay(from.clone()),
            (CatchUpSource::Log, _, Topic::Guitar(_)) if !self.refreshed => {
                self.refreshed = true;
                CatchUpStep::RefreshRing
            }
            _ => CatchUpStep::Snapshot,
        }
    }

    /// The step after [`CatchUpStep::Replay`]: a snapshot when the position is not in this log,
    /// when too many events follow, or when they cannot be read.
    pub fn replayed(&self, replay: LogReplay) -> CatchUpStep {
        let from = self
            .from
            .as_ref()
            .filter(|from| from.epoch == replay.end.epoch && from.offset <= replay.end.offset);
        let events = replay.events.filter(|events| events.len() <= MAX_REPLAYED_EVENTS);
        let (Some(from), Some(events)) = (from, events) else { return CatchUpStep::Snapshot };
        let replayed = events.len() as u64;
        let mut end = from.clone();
        let mut texts = Vec::with_capacity(events.len());
        for (offset, ts, message) in events {
            end.offset = offset;
            texts.push(self.encode(message, &end, Some(ts)));
        }
        let cursor = end.clone();
        CatchUpStep::Done(CaughtUp { end, cursor, recovered: true, replayed, texts })
    }

    /// The result after [`CatchUpStep::Snapshot`].
    pub fn snapshot(&self, snapshot: Snapshot, position: Position) -> CaughtUp {
        let texts = match self.protocol {
            WireProtocol::Cadence(_) => {
                vec![self.encode(ServerMessage::Snapshot(snapshot), &position, None)]
            }
            WireProtocol::Simple => simple_state(snapshot)
                .into_iter()
                .map(|message| encode(&Envelope::bare(message)))
                .collect(),
        };
        let cursor = position.clone();
        CaughtUp { end: position, cursor, recovered: false, replayed: 0, texts }
    }

    fn encode(&self, message: ServerMessage, at: &Position, ts: Option<Millis>) -> String {
        let mut envelope = Envelope::bare(message);
        if let WireProtocol::Cadence(_) = self.protocol {
            envelope = envelope.at(self.topic, at.clone());
            envelope.ts = ts;
        }
        encode(&envelope)
    }
}

impl CaughtUp {
    /// For a participant that the host has not allowed yet: it follows, and receives nothing.
    pub fn nothing(end: Position) -> Self {
        let cursor = end.clone();
        Self { end, cursor, recovered: false, replayed: 0, texts: Vec::new() }
    }

    /// The topic's answer, for `welcome` and `subscribe`.
    pub fn answer(&self, topic: Topic, waiting: bool) -> TopicAnswer {
        TopicAnswer {
            name: topic,
            epoch: self.end.epoch.clone(),
            offset: self.end.offset,
            recovered: self.recovered,
            replayed: self.replayed,
            waiting,
        }
    }
}

/// A topic's state as a client of the simple protocol receives it.
fn simple_state(snapshot: Snapshot) -> Vec<ServerMessage> {
    match snapshot {
        Snapshot::CheckIns(gym) => vec![ServerMessage::InitialStats(gym.stats)],
        Snapshot::Guitar(state) => {
            let chord = state
                .chord
                .map(|chord| ServerMessage::Note(Note::ChordChange(ChordChange { chord })));
            let practice = state.practice.map(ServerMessage::PracticeUpdate);
            chord.into_iter().chain(practice).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Monotonic, topic::TopicEvent};
    use protocol::Codec;

    const CADENCE: WireProtocol = WireProtocol::Cadence(Codec::Json);

    fn at(offset: u64) -> Position {
        Position { epoch: "a".into(), offset }
    }

    /// A ring of the last two of `top` events.
    fn log(topic: Topic, top: u64) -> TopicLog<String> {
        let now = Monotonic::default();
        let mut log = TopicLog::new(topic, now, at(0), 2, 300_000);
        for _ in 0..top {
            log.number_and_append(
                now,
                TopicEvent::by_server(0, ServerMessage::Note(Note::Mute {})),
            );
        }
        log
    }

    fn events(offsets: impl IntoIterator<Item = u64>) -> Vec<(u64, Millis, ServerMessage)> {
        offsets.into_iter().map(|offset| (offset, 0, ServerMessage::Note(Note::Mute {}))).collect()
    }

    #[test]
    fn a_client_within_the_ring_continues_from_its_position() {
        let mut catch_up = CatchUp::new(Topic::CheckIns, Some(at(3)), CADENCE);
        let CatchUpStep::Done(done) = catch_up.next(&log(Topic::CheckIns, 5)) else { panic!() };
        assert_eq!((done.cursor, done.replayed, done.recovered), (at(3), 2, true));
    }

    #[test]
    fn an_older_position_of_a_durable_log_is_replayed_from_the_log() {
        let mut catch_up = CatchUp::new(Topic::CheckIns, Some(at(1)), CADENCE);
        let step = catch_up.next(&log(Topic::CheckIns, 5));
        assert!(matches!(step, CatchUpStep::Replay(from) if from == at(1)));
        let replay = LogReplay { end: at(4), events: Some(events(2..=5)) };
        let CatchUpStep::Done(done) = catch_up.replayed(replay) else { panic!() };
        assert_eq!((done.cursor, done.replayed, done.texts.len()), (at(5), 4, 4));
    }

    #[test]
    fn what_cannot_be_replayed_becomes_a_snapshot() {
        let from_log = |end: Position, events| {
            let catch_up = CatchUp::new(Topic::CheckIns, Some(at(1)), CADENCE);
            catch_up.replayed(LogReplay { end, events })
        };
        let other_epoch = Position { epoch: "b".into(), offset: 9 };
        let too_many = events(2..=MAX_REPLAYED_EVENTS as u64 + 2);
        assert!(matches!(from_log(other_epoch, Some(vec![])), CatchUpStep::Snapshot));
        assert!(matches!(from_log(at(0), Some(vec![])), CatchUpStep::Snapshot));
        assert!(matches!(from_log(at(9), None), CatchUpStep::Snapshot));
        assert!(matches!(from_log(at(9_999), Some(too_many)), CatchUpStep::Snapshot));
    }

    #[test]
    fn a_position_that_a_session_does_not_hold_is_looked_for_once_in_its_shared_log() {
        let topic = Topic::Guitar(protocol::SessionId(uuid::Uuid::nil()));
        let mut catch_up = CatchUp::new(topic, Some(at(9)), CADENCE);
        assert!(matches!(catch_up.next(&log(topic, 5)), CatchUpStep::RefreshRing));
        assert!(matches!(catch_up.next(&log(topic, 5)), CatchUpStep::Snapshot));
    }
}
