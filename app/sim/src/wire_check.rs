//! Checks what a server writes on one connection, where it is written: a link drops an answer or an
//! event that comes twice, so a check of what the page is given would not see it.
//!
//! Of a client of either protocol: each message is answered once for every time it was received,
//! and never before its own event; the events of a topic have no hole and no double. Of a client of
//! the simple protocol also: answers are in the order of the messages, and after a catch-up the
//! state is exactly the one of its position.

use crate::reference::{self, LogRecord, Reference};
use logic::topic::{CaughtUp, WireProtocol};
use protocol::{
    Decoded, Envelope, ErrorBody, MessageId, Note, Position, ServerMessage, Topic, decode_frame,
    guitar::ChordChange,
    server::{Ack, Outcome},
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The first character of a text that marks a place among those to be written.
const MARK: char = '\u{1}';

/// A change of what is followed, at its place among the texts to be written.
#[derive(Debug)]
pub enum FollowMark {
    /// A catch-up ended: events continue after this position, behind the state if there is one.
    CaughtUp {
        /// The topic.
        topic: Topic,
        /// Where it continues.
        at: Position,
        /// The state at that position comes first.
        with_state: bool,
    },
    /// A topic is followed no longer.
    Left(Topic),
}

impl FollowMark {
    /// The mark of a catch-up that ended.
    pub fn of(topic: Topic, caught_up: &CaughtUp) -> Self {
        let CaughtUp { end, recovered, replayed, .. } = caught_up;
        let offset = if *recovered { end.offset - replayed } else { end.offset };
        let at = Position { epoch: end.epoch.clone(), offset };
        Self::CaughtUp { topic, at, with_state: !recovered }
    }
}

/// What a connection was sent of a topic.
#[derive(Debug)]
struct WrittenTopic {
    at: Position,
    /// The state is still to come: for the simple protocol these messages, otherwise a snapshot.
    state: Option<VecDeque<ServerMessage>>,
}

/// An answer that was written.
pub type WrittenAnswer = (MessageId, Result<Outcome, ErrorBody>);

/// What was received and written on one connection.
#[derive(Debug)]
pub struct WireCheck {
    simple: bool,
    /// For each id, how often it was received and not yet answered for good.
    unanswered: BTreeMap<MessageId, usize>,
    /// Messages that were answered for good.
    answered: BTreeSet<MessageId>,
    /// Messages of a simple client, in order, that are still to be answered.
    in_order: VecDeque<MessageId>,
    topics: BTreeMap<Topic, WrittenTopic>,
    marks: Vec<FollowMark>,
}

impl WireCheck {
    /// A connection on which nothing has happened.
    pub fn new(protocol: WireProtocol) -> Self {
        Self {
            simple: protocol == WireProtocol::Simple,
            unanswered: BTreeMap::new(),
            answered: BTreeSet::new(),
            in_order: VecDeque::new(),
            topics: BTreeMap::new(),
            marks: Vec::new(),
        }
    }

    /// A message arrived.
    pub fn received(&mut self, id: MessageId) {
        *self.unanswered.entry(id).or_default() += 1;
        if self.simple {
            self.in_order.push_back(id);
        }
    }

    /// Whether a message was answered for good.
    pub fn has_answered(&self, id: MessageId) -> bool {
        self.answered.contains(&id)
    }

    /// The text that stands for a mark among those to be written.
    pub fn mark(&mut self, mark: FollowMark) -> String {
        self.marks.push(mark);
        format!("{MARK}{}", self.marks.len() - 1)
    }

    /// Everything of this topic up to here was written, and no state is still to come.
    pub fn reached(&self, topic: Topic) -> Option<&Position> {
        self.topics.get(&topic).filter(|written| written.state.is_none()).map(|written| &written.at)
    }

    /// Checks texts that are written now. Returns those that are no marks, and the answers among
    /// them.
    pub fn written(
        &mut self,
        texts: Vec<String>,
        reference: &Reference,
    ) -> (Vec<String>, Vec<WrittenAnswer>) {
        let mut answers = Vec::new();
        let mut sent = Vec::with_capacity(texts.len());
        for text in texts {
            if let Some(index) = text.strip_prefix(MARK) {
                self.pass(index.parse().expect("a mark's index"), reference);
                continue;
            }
            for decoded in decode_frame(&text, ServerMessage::read) {
                let Decoded::Message(envelope) = decoded else { panic!("unreadable: {text}") };
                answers.extend(self.check(envelope, reference));
            }
            sent.push(text);
        }
        (sent, answers)
    }

    fn pass(&mut self, index: usize, reference: &Reference) {
        match &self.marks[index] {
            FollowMark::CaughtUp { topic, at, with_state } => {
                let state = match (self.simple, with_state) {
                    (true, _) => Some(simple_state(*topic, at, reference)),
                    (false, true) => Some(VecDeque::new()),
                    (false, false) => None,
                };
                let state = state.filter(|state| !self.simple || !state.is_empty());
                self.topics.insert(*topic, WrittenTopic { at: at.clone(), state });
            }
            FollowMark::Left(topic) => {
                self.topics.remove(topic);
            }
        }
    }

    fn check(
        &mut self,
        envelope: Envelope<ServerMessage>,
        reference: &Reference,
    ) -> Option<WrittenAnswer> {
        let place = envelope.position();
        let Envelope { message, id, .. } = envelope;
        match (message, id) {
            (ServerMessage::Ack(Ack { result, .. }), Some(id)) => {
                self.check_answer(id, true);
                self.check_place(id, place, reference);
                return Some((id, Ok(result)));
            }
            (ServerMessage::Error(error), Some(id)) => {
                self.check_answer(id, !error.retryable);
                return Some((id, Err(error)));
            }
            (message, None) if self.simple => self.check_simple(&message, reference),
            (ServerMessage::Snapshot(_), _) => {
                let (topic, at) = place.expect("a snapshot has a place");
                let written = self.topics.get_mut(&topic).expect("a followed topic");
                assert!(written.state.take().is_some(), "a snapshot that no catch-up announced");
                assert_eq!(written.at, at, "a snapshot of another position");
            }
            _ => {
                if let Some((topic, at)) = place {
                    self.advance(topic, &at, reference);
                }
            }
        }
        None
    }

    /// The next event of a topic, or the answer in its place.
    fn advance<'a>(
        &mut self,
        topic: Topic,
        at: &Position,
        reference: &'a Reference,
    ) -> &'a LogRecord {
        let written = self.topics.get_mut(&topic).expect("an event of a followed topic");
        assert!(written.state.is_none(), "an event of {topic} before its state");
        assert_eq!(written.at.epoch, at.epoch, "an event of another epoch");
        assert_eq!(written.at.offset + 1, at.offset, "a hole or a double on the wire");
        written.at.offset = at.offset;
        reference.log(topic).at(&at.epoch, at.offset).expect("an event that happened")
    }

    fn check_answer(&mut self, id: MessageId, for_good: bool) {
        if self.simple {
            assert_eq!(self.in_order.pop_front(), Some(id), "an answer out of order");
        }
        if for_good {
            let unanswered = self.unanswered.get_mut(&id).expect("a message that was received");
            assert!(*unanswered > 0, "{id} was answered twice");
            *unanswered -= 1;
            self.answered.insert(id);
        }
    }

    /// The `ack` of a message that was carried out.
    fn check_place(
        &mut self,
        id: MessageId,
        place: Option<(Topic, Position)>,
        reference: &Reference,
    ) {
        match place {
            Some((topic, at)) => {
                let record = self.advance(topic, &at, reference);
                assert_eq!(record.id, id, "an answer in the place of another event");
            }
            None => self.check_ack_by_itself(id, reference),
        }
    }

    /// An `ack` without a place is never written before its event. On the simple protocol, whose
    /// answers have no places, it may stand for the next event. A repeated step of the practice
    /// clock is answered when the clock was announced, perhaps by an event that comes later.
    fn check_ack_by_itself(&mut self, id: MessageId, reference: &Reference) {
        for (topic, written) in &mut self.topics {
            let log = reference.log(*topic);
            // Where a log was lost, a note may have become an event twice.
            let Some(offset) = log.place(id).filter(|_| log.end().epoch == written.at.epoch) else {
                continue;
            };
            if !self.simple && reference.steps.contains(&id) {
                continue;
            }
            // The answer may be about the event that was lost.
            if log.is_in_several_epochs(id) {
                continue;
            }
            if self.simple && offset == written.at.offset + 1 && written.state.is_none() {
                written.at.offset = offset;
            }
            assert!(offset <= written.at.offset, "{id} was answered before its event");
        }
    }

    fn check_simple(&mut self, message: &ServerMessage, reference: &Reference) {
        let Some((topic, written)) = self.topics.iter_mut().next() else { return };
        match (message, &mut written.state) {
            // Of the connection and of no topic.
            (ServerMessage::Ack(_) | ServerMessage::Error(_), _)
            | (ServerMessage::ServerRestart { .. } | ServerMessage::Pong { .. }, _) => {}
            (ServerMessage::StatsUpdate(stats), None) => {
                assert!(stats.as_of_offset <= written.at.offset, "figures of events to come");
            }
            (message, Some(state)) => {
                let expected = state.pop_front();
                assert_eq!(shown_of(message), expected.as_ref().and_then(shown_of), "the state");
                if state.is_empty() {
                    written.state = None;
                }
            }
            (message, None) => {
                written.at.offset += 1;
                let record = reference.log(*topic).at(&written.at.epoch, written.at.offset);
                let expected = record.map(|record| &record.event.message);
                assert_eq!(Some(message), expected, "a hole or a double on the simple protocol");
            }
        }
    }
}

/// The state of a position, as a client of the simple protocol is sent it.
fn simple_state(topic: Topic, at: &Position, reference: &Reference) -> VecDeque<ServerMessage> {
    let state = reference.state(topic, at);
    match topic {
        Topic::CheckIns => {
            VecDeque::from([ServerMessage::InitialStats(crate::node_topic::stats(at.offset))])
        }
        Topic::Guitar(_) => {
            let chord = reference::chord_in(&state).map(|chord| ChordChange { chord });
            let chord = chord.map(|chord| ServerMessage::Note(Note::ChordChange(chord)));
            let clock = reference::clock_in(&state).map(reference::clock);
            chord.into_iter().chain(clock.map(ServerMessage::PracticeUpdate)).collect()
        }
    }
}

/// What a message of a state is about; nothing for any other message.
fn shown_of(message: &ServerMessage) -> Option<String> {
    match message {
        ServerMessage::InitialStats(stats) => Some(format!("figures {}", stats.as_of_offset)),
        ServerMessage::Note(Note::ChordChange(change)) => Some(change.chord.clone()),
        ServerMessage::PracticeUpdate(update) => Some(reference::shown(update)),
        _ => None,
    }
}
