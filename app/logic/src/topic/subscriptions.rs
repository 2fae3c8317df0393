//! The topics that one connection follows, the order of its messages, and what it writes next.

use super::{
    answered_events::AnsweredEvents,
    catch_up::CaughtUp,
    cursor::TopicCursor,
    frame_parts::{FrameLimits, FramePart, NextParts, PartReader},
    order::{MessageOrder, OrderKind, Permit, out_of_order},
    topic_subscription::{TopicSource, TopicSubscription},
    wire_protocol::WireProtocol,
};
use crate::Monotonic;
use protocol::{
    ClientMessage, CloseCode, ConnectionId, Envelope, ErrorBody, ErrorCode, MessageId, Position,
    ServerMessage, Topic, encode,
    server::{Ack, Outcome},
};

/// The answered events of so many topics that are not followed are kept.
const MAX_LEFT: usize = 4;

/// All topics of one connection.
#[derive(Debug)]
pub struct Subscriptions<S> {
    protocol: WireProtocol,
    order: MessageOrder,
    followed: Vec<TopicSubscription<S>>,
    /// Of topics that are not followed: left, or not followed yet.
    left: Vec<(Topic, AnsweredEvents)>,
}

/// A message's answer and its place.
#[derive(Debug)]
pub struct PlacedAnswer {
    /// The message's id.
    pub id: Option<MessageId>,
    /// The outcome, or the refusal.
    pub result: Result<Outcome, ErrorBody>,
    /// Where the answer belongs.
    pub place: AnswerPlace,
}

/// Where a message's answer belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerPlace {
    /// The message became this event: in its place.
    Event(Topic, Position),
    /// The message was carried out before: not before this position.
    Repeat(Topic, Position),
    /// The message made no event: anywhere.
    Anywhere,
}

/// What becomes of a message that was refused for now before it was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deferral {
    /// The client sends it again, or it does not matter.
    Nothing,
    /// The client does not send it again: this topic is left all the same.
    Leave(Topic),
    /// The client does not send it again: the connection closes, and the next one asks anew.
    Close(CloseCode),
}

impl<S: TopicSource> Subscriptions<S> {
    /// A connection that follows nothing yet.
    pub fn new(protocol: WireProtocol) -> Self {
        let order = MessageOrder::default();
        Self { protocol, order, followed: Vec::new(), left: Vec::new() }
    }

    /// What the client speaks.
    pub fn protocol(&self) -> WireProtocol {
        self.protocol
    }

    /// Whether the client speaks Cadence's own protocol, with batches and offsets.
    pub fn is_cadence(&self) -> bool {
        matches!(self.protocol, WireProtocol::Cadence(_))
    }

    /// The followed topics.
    pub fn iter(&self) -> impl Iterator<Item = &TopicSubscription<S>> {
        self.followed.iter()
    }

    /// The subscription of a topic.
    pub fn get(&self, topic: Topic) -> Option<&TopicSubscription<S>> {
        self.followed.iter().find(|subscription| subscription.topic == topic)
    }

    /// Whether no topic is followed.
    pub fn is_empty(&self) -> bool {
        self.followed.is_empty()
    }

    /// Refuses another topic beyond the limit.
    ///
    /// # Errors
    /// `too_many_topics`.
    pub fn check_limit(&self, topic: Topic, limit: usize) -> Result<(), ErrorBody> {
        match self.get(topic).is_some() || self.followed.len() < limit {
            true => Ok(()),
            false => Err(too_many_topics()),
        }
    }

    /// Follows a topic from the end of a catch-up, or continues to. `figures_version` is the one
    /// from before the catch-up was read. The catch-up's texts have to be queued first. Returns the
    /// encoded answers whose events were skipped.
    pub fn follow(
        &mut self,
        topic: Topic,
        source: S,
        caught_up: CaughtUp,
        figures_version: u64,
        waiting: bool,
    ) -> Vec<String> {
        // After a recovery the client may have missed figures: they are sent again.
        let figures_version = if caught_up.recovered { 0 } else { figures_version };
        let known = self.followed.iter_mut().find(|subscription| subscription.topic == topic);
        let Some(known) = known else {
            // Most connections follow one topic; a vector would make room for four.
            self.followed.reserve_exact(1);
            let cursor = TopicCursor::new(caught_up.cursor, self.take_left(topic));
            let new_epoch_at = None;
            let subscription =
                TopicSubscription { topic, source, waiting, cursor, figures_version, new_epoch_at };
            self.followed.push(subscription);
            return Vec::new();
        };
        (known.source, known.figures_version, known.waiting) = (source, figures_version, waiting);
        let skipped = known.cursor.restart(caught_up.cursor);
        skipped.into_iter().map(|(id, outcome)| self.answer(id, Ok(outcome))).collect()
    }

    /// Stops following a topic. Returns the source and the encoded answers whose events will not be
    /// delivered.
    pub fn leave(&mut self, topic: Topic) -> Option<(S, Vec<String>)> {
        let index = self.followed.iter().position(|subscription| subscription.topic == topic)?;
        let TopicSubscription { source, cursor, .. } = self.followed.swap_remove(index);
        self.order.leave(topic);
        let (answers, answered_events) = cursor.leave();
        self.keep_left(topic, answered_events);
        let answers = answers.into_iter().map(|(id, outcome)| self.answer(id, Ok(outcome)));
        Some((source, answers.collect()))
    }

    fn take_left(&mut self, topic: Topic) -> AnsweredEvents {
        let left = self.left.iter().position(|(left, _)| *left == topic);
        left.map(|index| self.left.remove(index).1).unwrap_or_default()
    }

    fn keep_left(&mut self, topic: Topic, answered_events: AnsweredEvents) {
        if answered_events.is_empty() {
            return;
        }
        if self.left.len() == MAX_LEFT {
            self.left.remove(0);
        }
        self.left.push((topic, answered_events));
    }

    /// Stops following everything. Returns the sources.
    pub fn leave_all(&mut self) -> impl Iterator<Item = S> {
        std::mem::take(&mut self.followed).into_iter().map(|subscription| subscription.source)
    }

    // ── answers ─────────────────────────────────────────────────────────────────────────────

    /// Encodes an answer that has no place in a topic. Unless it is retryable, later messages no
    /// longer wait for this one.
    pub fn answer(&self, id: Option<MessageId>, result: Result<Outcome, ErrorBody>) -> String {
        if let (Some(id), false) = (id, result.as_ref().is_err_and(|error| error.retryable)) {
            self.order.answered(id);
        }
        encode(
            &Envelope::bare(match result {
                Ok(result) => ServerMessage::Ack(Ack { result, identity: None }),
                Err(error) => ServerMessage::Error(error),
            })
            .with_id(id),
        )
    }

    /// Puts an answer into its place. Returns the encoded answer when it has to be written by
    /// itself; otherwise it is in a topic, whose next lines may be ready now.
    pub fn place_answer(&mut self, answer: PlacedAnswer) -> Option<String> {
        let PlacedAnswer { id, result, place } = answer;
        let (topic, at, repeated) = match place {
            AnswerPlace::Event(topic, at) => (topic, at, false),
            AnswerPlace::Repeat(topic, at) => (topic, at, true),
            AnswerPlace::Anywhere => return Some(self.answer(id, result)),
        };
        let outcome = match result {
            Ok(outcome) => outcome,
            Err(error) => return Some(self.answer(id, Err(error))),
        };
        let mut followed = self.followed.iter_mut();
        let left = match followed.find(|one| one.topic == topic && !one.waiting) {
            Some(one) if repeated => one.cursor.repeat_answer(&at, (id, outcome)),
            Some(one) => one.cursor.place_answer(&at, (id, outcome)),
            None if repeated => Some((id, outcome)),
            None => self.place_after_leaving(topic, at).then_some((id, outcome)),
        };
        left.map(|(id, outcome)| self.answer(id, Ok(outcome)))
    }

    /// Takes the answer about an event of a topic that is not followed. False when it stood in the
    /// event's place already.
    fn place_after_leaving(&mut self, topic: Topic, at: Position) -> bool {
        let mut answered_events = self.take_left(topic);
        let is_new = !answered_events.take_in_place(&at);
        if is_new {
            answered_events.add_apart(at);
        }
        self.keep_left(topic, answered_events);
        is_new
    }

    /// Answers of the simple protocol are in order. One that waits for its place, because an event
    /// of another node before it has not arrived, is written before anything else is read.
    pub fn answers_first(&self) -> bool {
        let mut followed = self.followed.iter().filter(|subscription| !subscription.waiting);
        !self.is_cadence() && followed.any(|subscription| subscription.cursor.owes_answer())
    }

    // ── order ───────────────────────────────────────────────────────────────────────────────

    /// A command's place in the order. A client of the simple protocol waits for its answers and
    /// needs none.
    pub fn admit_command(&self, id: Option<MessageId>) -> Option<Permit> {
        self.admit(OrderKind::Commands, id)
    }

    /// A note's place in the order of its session.
    ///
    /// # Errors
    /// Retryable, when an earlier note of the session has to be sent again first.
    pub fn admit_note(
        &self,
        topic: Topic,
        id: Option<MessageId>,
    ) -> Result<Option<Permit>, ErrorBody> {
        let permit = self.admit(OrderKind::Notes(topic), id);
        if let Some(permit) = permit.as_ref().filter(|permit| !permit.is_due()) {
            permit.retry();
            return Err(out_of_order());
        }
        Ok(permit)
    }

    /// A message was refused for now before it was looked at; later ones of its kind wait for it.
    pub fn defer(
        &self,
        id: Option<MessageId>,
        topic: Option<Topic>,
        message: &ClientMessage,
    ) -> Deferral {
        let permit = match (message, topic) {
            (ClientMessage::Subscribe(_) | ClientMessage::Resync(_), _) => {
                return Deferral::Close(CloseCode::TooManyMessages);
            }
            (ClientMessage::Unsubscribe { name }, _) => return Deferral::Leave(*name),
            (message, _) if message.is_command() => self.admit_command(id),
            (ClientMessage::Note(_), Some(topic)) if self.get(topic).is_some() => {
                self.admit(OrderKind::Notes(topic), id)
            }
            _ => None,
        };
        if let Some(permit) = permit {
            permit.retry();
        }
        Deferral::Nothing
    }

    fn admit(&self, kind: OrderKind, id: Option<MessageId>) -> Option<Permit> {
        let id = id.filter(|_| self.is_cadence())?;
        Some(self.order.admit(kind, id))
    }

    // ── writing ─────────────────────────────────────────────────────────────────────────────

    /// What is written next: first the answers that `queued` gives, because a `welcome` stands
    /// before what it announces, then events. Nothing waits for a timer.
    ///
    /// # Errors
    /// The code to close with, when the client reads too slowly.
    pub fn next_parts(
        &mut self,
        now: Monotonic,
        connection: ConnectionId,
        limits: &FrameLimits,
        mut queued: impl FnMut() -> Option<String>,
    ) -> Result<NextParts<S::Payload>, CloseCode> {
        let mut next = NextParts { parts: Vec::new(), catch_up: Vec::new() };
        let mut bytes = 0;
        while next.parts.len() < limits.messages && bytes < limits.bytes {
            let Some(text) = queued() else { break };
            bytes += text.len();
            next.parts.push(FramePart::Text(text));
        }
        if next.parts.len() < limits.messages && bytes < limits.bytes {
            let reader = PartReader { now, connection, limit: limits.events_per_pull };
            for subscription in self.followed.iter_mut().filter(|one| !one.waiting) {
                reader.pull(self.protocol, &self.order, subscription, &mut next)?;
            }
        }
        Ok(next)
    }
}

/// The refusal of a topic beyond the limit.
pub fn too_many_topics() -> ErrorBody {
    let text = "This connection follows as many topics as it may.";
    ErrorBody::new(ErrorCode::TooManyTopics, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topic::{EventOrigin, TopicEvent, TopicLog};
    use protocol::{Note, SessionId};
    use std::cell::RefCell;
    use uuid::Uuid;

    const ROOM: Topic = Topic::Guitar(SessionId(Uuid::from_u128(1)));
    const ME: ConnectionId = ConnectionId(Uuid::from_u128(2));

    #[derive(Debug)]
    struct OneLog(RefCell<TopicLog<String>>);

    impl TopicSource for OneLog {
        type Payload = String;

        fn with_log<R>(&self, access: impl FnOnce(&mut TopicLog<String>) -> R) -> R {
            access(&mut self.0.borrow_mut())
        }

        fn suspect(&self) {}
    }

    fn nowhere() -> Position {
        Position { epoch: "a".into(), offset: 0 }
    }

    /// A connection whose message became the first event of its topic.
    fn with_own_event(id: MessageId) -> (Subscriptions<OneLog>, Position) {
        let now = Monotonic::default();
        let mut log = TopicLog::new(ROOM, now, nowhere(), 8, 300_000);
        let origin = Some(EventOrigin { connection: ME, message: Some(id) });
        let event = TopicEvent::by_server(0, ServerMessage::Note(Note::Mute {}));
        let at = log.number_and_append(now, TopicEvent { origin, ..event });
        let mut topics = Subscriptions::new(WireProtocol::Cadence(protocol::Codec::Json));
        let source = OneLog(RefCell::new(log));
        topics.follow(ROOM, source, CaughtUp::nothing(nowhere()), 0, false);
        (topics, at)
    }

    #[test]
    fn an_answer_in_its_events_place_is_not_written_again_when_the_topic_was_left_meanwhile() {
        let id = MessageId(Uuid::from_u128(3));
        let (mut topics, at) = with_own_event(id);
        let limits = FrameLimits { messages: 8, bytes: 1_000, events_per_pull: 8 };
        let written = topics
            .next_parts(Monotonic::default(), ME, &limits, || None)
            .expect("a client that reads");
        assert!(matches!(&written.parts[..], [FramePart::Text(ack)] if ack.contains("ack")));
        assert_eq!(topics.leave(ROOM).map(|(_, answers)| answers), Some(Vec::new()));
        let answer = |place| PlacedAnswer { id: Some(id), result: Ok(Outcome::Done), place };
        let first = topics.place_answer(answer(AnswerPlace::Event(ROOM, at.clone())));
        assert_eq!(first, None, "the client has it");
        let repeated = topics.place_answer(answer(AnswerPlace::Repeat(ROOM, at)));
        assert!(repeated.is_some(), "the client asked again");
    }

    #[test]
    fn an_event_is_not_answered_again_when_its_session_was_left_and_followed_again_meanwhile() {
        let id = MessageId(Uuid::from_u128(3));
        let (mut topics, at) = with_own_event(id);
        let (source, _) = topics.leave(ROOM).expect("a followed topic");
        let place = AnswerPlace::Event(ROOM, at);
        let answer = PlacedAnswer { id: Some(id), result: Ok(Outcome::Done), place };
        assert!(topics.place_answer(answer).is_some(), "by itself");
        topics.follow(ROOM, source, CaughtUp::nothing(nowhere()), 0, false);
        let limits = FrameLimits { messages: 8, bytes: 1_000, events_per_pull: 8 };
        let written = topics
            .next_parts(Monotonic::default(), ME, &limits, || None)
            .expect("a client that reads");
        assert!(matches!(&written.parts[..], [FramePart::Shared(_)]), "the event, not an answer");
    }
}
