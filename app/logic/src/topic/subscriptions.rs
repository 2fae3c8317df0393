//! The topics that one connection follows, the order of its messages, and what it writes next.

use super::{
    catch_up::CaughtUp,
    cursor::{PullResult, TopicCursor, TopicLine},
    event::PublishedEvent,
    log::TopicLog,
    order::{MessageOrder, OrderKind, Permit, out_of_order},
    wire_protocol::WireProtocol,
};
use protocol::{
    ClientMessage, CloseCode, ConnectionId, Envelope, ErrorBody, ErrorCode, Millis, Position,
    ServerMessage, Topic, encode,
    server::{Ack, Outcome},
    topic::TopicRequest,
};
use std::sync::Arc;
use uuid::Uuid;

/// A snapshot because of a new epoch is sent at most this often, in milliseconds.
const NEW_EPOCH_INTERVAL_MS: Millis = 250;

/// Where a subscription's events come from.
pub trait TopicSource {
    /// An event in its encoded form.
    type Payload: From<String>;

    /// Gives access to the node's log of the topic.
    fn with_log<R>(&self, access: impl FnOnce(&mut TopicLog<Self::Payload>) -> R) -> R;

    /// Another epoch of the log was seen: the node compares its log at once.
    fn suspect(&self);
}

/// What answers a message: its id and the outcome.
pub type Reply = (Option<Uuid>, Outcome);

/// A topic that a connection follows.
#[derive(Debug)]
pub struct Subscription<S> {
    /// The topic.
    pub topic: Topic,
    /// Where its events come from.
    pub source: S,
    /// The host has not allowed this participant yet: it receives nothing.
    pub waiting: bool,
    cursor: TopicCursor<Reply>,
    /// The version of the figures that were sent last.
    figures_version: u64,
    /// When a snapshot was last sent because of a new epoch.
    new_epoch_at: Millis,
}

/// All topics of one connection.
#[derive(Debug)]
pub struct Subscriptions<S> {
    protocol: WireProtocol,
    order: MessageOrder,
    followed: Vec<Subscription<S>>,
}

/// A message's answer and its place.
#[derive(Debug)]
pub struct PlacedAnswer {
    /// The message's id.
    pub id: Option<Uuid>,
    /// What it is answered.
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

/// A message that is ready to be written.
#[derive(Debug)]
pub enum FramePart<P> {
    /// Encoded for this connection.
    Text(String),
    /// Shared by all connections that follow the topic.
    Shared(Arc<PublishedEvent<P>>),
}

/// How much is taken for one frame.
#[derive(Debug, Clone, Copy)]
pub struct FrameLimits {
    /// Messages of one frame; a pull may exceed it.
    pub messages: usize,
    /// Once the answers in a frame have this many bytes, nothing is added to it.
    pub bytes: usize,
    /// Events that one look at a topic takes.
    pub events_per_pull: usize,
}

/// What a connection does next.
#[derive(Debug)]
pub struct NextParts<P> {
    /// To be written, in this order.
    pub parts: Vec<FramePart<P>>,
    /// Topics whose cursor no longer connects to the ring: each has to catch up.
    pub catch_up: Vec<TopicRequest>,
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
        Self { protocol, order: MessageOrder::default(), followed: Vec::new() }
    }

    /// What the client speaks.
    pub fn protocol(&self) -> WireProtocol {
        self.protocol
    }

    /// Whether the client knows batches and offsets.
    pub fn is_cadence(&self) -> bool {
        matches!(self.protocol, WireProtocol::Cadence(_))
    }

    /// The followed topics.
    pub fn iter(&self) -> impl Iterator<Item = &Subscription<S>> {
        self.followed.iter()
    }

    /// The subscription of a topic.
    pub fn get(&self, topic: Topic) -> Option<&Subscription<S>> {
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
            let cursor = TopicCursor::new(caught_up.cursor);
            let new_epoch_at = 0;
            let subscription =
                Subscription { topic, source, waiting, cursor, figures_version, new_epoch_at };
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
        let Subscription { source, cursor, .. } = self.followed.swap_remove(index);
        self.order.leave(topic);
        let answers = cursor.leave().into_iter();
        Some((source, answers.map(|(id, outcome)| self.answer(id, Ok(outcome))).collect()))
    }

    /// Stops following everything. Returns the sources.
    pub fn leave_all(&mut self) -> impl Iterator<Item = S> {
        std::mem::take(&mut self.followed).into_iter().map(|subscription| subscription.source)
    }

    // ── answers ─────────────────────────────────────────────────────────────────────────────

    /// Encodes an answer that has no place in a topic. Unless it is retryable, later messages no
    /// longer wait for this one.
    pub fn answer(&self, id: Option<Uuid>, result: Result<Outcome, ErrorBody>) -> String {
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
            None => Some((id, outcome)),
        };
        left.map(|(id, outcome)| self.answer(id, Ok(outcome)))
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
    pub fn admit_command(&self, id: Option<Uuid>) -> Option<Permit> {
        self.admit(OrderKind::Commands, id)
    }

    /// A note's place in the order of its session.
    ///
    /// # Errors
    /// Retryable, when an earlier note of the session has to be sent again first.
    pub fn admit_note(&self, topic: Topic, id: Option<Uuid>) -> Result<Option<Permit>, ErrorBody> {
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
        id: Option<Uuid>,
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

    fn admit(&self, kind: OrderKind, id: Option<Uuid>) -> Option<Permit> {
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
        now: Millis,
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

/// Who pulls, and when.
struct PartReader {
    now: Millis,
    connection: ConnectionId,
    limit: usize,
}

impl PartReader {
    fn pull<S: TopicSource>(
        &self,
        protocol: WireProtocol,
        order: &MessageOrder,
        subscription: &mut Subscription<S>,
        next: &mut NextParts<S::Payload>,
    ) -> Result<(), CloseCode> {
        let Subscription { topic, source, cursor, figures_version, new_epoch_at, .. } =
            subscription;
        let simple = protocol == WireProtocol::Simple;
        // A simple client counts its answers, and its event waits for the answer to its message. An
        // own event without one was refused before, although it had been carried out: it is sent
        // like any other, because another answer would be taken for that of the next message.
        let acknowledged = (!simple).then_some(self.connection);
        let (result, figures) = source.with_log(|log| {
            let result = log.pull(cursor, self.limit, self.now, acknowledged);
            // Figures are sent with the events that they include, never before them.
            let reached = cursor.at().offset;
            let figures = log.figures().filter(|newest| {
                newest.version > *figures_version
                    && newest.as_of <= reached
                    && matches!(result, PullResult::Lines(_))
            });
            (result, figures.map(|newest| (newest.version, Arc::clone(&newest.message))))
        });
        match result {
            PullResult::Lines(lines) => {
                let epoch = &cursor.at().epoch;
                let at = |offset| {
                    let position = || Position { epoch: epoch.clone(), offset };
                    (!simple).then(|| (*topic, position()))
                };
                next.parts.extend(lines.into_iter().map(|line| part(order, line, at)));
                if let Some((version, message)) = figures {
                    *figures_version = version;
                    next.parts.push(FramePart::Shared(message));
                }
                return Ok(());
            }
            // The snapshot that this connection was given is of a newer epoch than this node's ring:
            // the node compares its log, and the connection continues once the ring has caught up.
            PullResult::NewEpoch if self.now - *new_epoch_at < NEW_EPOCH_INTERVAL_MS => {
                source.suspect();
                return Ok(());
            }
            // Not the client's fault, so one without positions also gets the state.
            PullResult::NewEpoch => *new_epoch_at = self.now,
            PullResult::Jumped => {}
            PullResult::Behind if !simple => {}
            PullResult::Behind | PullResult::TooSlow => return Err(CloseCode::SlowConsumer),
        }
        next.catch_up.push(TopicRequest::new(*topic, Some(cursor.at())));
        Ok(())
    }
}

/// What a line becomes on the wire. Its own event answers a message for good, also one that was
/// refused for now although it had been carried out.
fn part<P>(
    order: &MessageOrder,
    line: TopicLine<Arc<PublishedEvent<P>>, Reply>,
    at: impl Fn(u64) -> Option<(Topic, Position)>,
) -> FramePart<P> {
    let (id, result, place) = match line {
        TopicLine::Event(_, published) => return FramePart::Shared(published),
        TopicLine::Own(offset, published) => {
            let id = published.event.message_id();
            if let Some(id) = id {
                order.answered(id);
            }
            (id, published.event.outcome.clone(), at(offset))
        }
        TopicLine::Answer(offset, (id, outcome)) => (id, outcome, at(offset)),
        TopicLine::Repeat((id, outcome)) => (id, outcome, None),
    };
    let ack = ServerMessage::Ack(Ack { result, identity: None });
    let envelope = Envelope::bare(ack).with_id(id);
    FramePart::Text(encode(&match place {
        Some((topic, position)) => envelope.at(topic, position),
        None => envelope,
    }))
}

/// The refusal of a topic beyond the limit.
pub fn too_many_topics() -> ErrorBody {
    let text = "This connection follows as many topics as it may.";
    ErrorBody::new(ErrorCode::TooManyTopics, text)
}
