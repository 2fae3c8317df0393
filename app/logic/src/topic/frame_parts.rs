//! What a connection writes next of one topic: events, the answers in their places, and figures.

use super::{
    cursor::{PullResult, TopicLine},
    event::PublishedEvent,
    order::MessageOrder,
    topic_subscription::{Reply, TopicSource, TopicSubscription},
    wire_protocol::WireProtocol,
};
use crate::Monotonic;
use protocol::{
    CloseCode, ConnectionId, Envelope, Position, ServerMessage, Topic, encode, server::Ack,
    topic::TopicRequest,
};
use std::sync::Arc;

/// A snapshot because of a new epoch is sent at most this often, in milliseconds.
const NEW_EPOCH_INTERVAL_MS: i64 = 250;

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

/// Who pulls, and when.
pub(super) struct PartReader {
    pub(super) now: Monotonic,
    pub(super) connection: ConnectionId,
    pub(super) limit: usize,
}

impl PartReader {
    pub(super) fn pull<S: TopicSource>(
        &self,
        protocol: WireProtocol,
        order: &MessageOrder,
        subscription: &mut TopicSubscription<S>,
        next: &mut NextParts<S::Payload>,
    ) -> Result<(), CloseCode> {
        let TopicSubscription { topic, source, cursor, figures_version, new_epoch_at, .. } =
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
            PullResult::NewEpoch
                if new_epoch_at.is_some_and(|at| self.now - at < NEW_EPOCH_INTERVAL_MS) =>
            {
                source.suspect();
                return Ok(());
            }
            // Not the client's fault, so one without positions also gets the state.
            PullResult::NewEpoch => *new_epoch_at = Some(self.now),
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
