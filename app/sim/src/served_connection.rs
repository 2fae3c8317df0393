//! A connection's end at the server, and its way to the end of a topic.

use crate::{
    node_topic::SharedTopic,
    reference::connection_id,
    roles::PageRoles,
    wire_check::{FollowMark, WireCheck},
};
use logic::{
    Monotonic,
    topic::{CatchUp, FrameLimits, NextParts, PlacedAnswer, Subscriptions, WireProtocol},
};
use protocol::{
    ClientMessage, CloseCode, Envelope, MessageId, Position, SeatId, ServerMessage, Topic, encode,
    topic::{TopicAnswer, TopicRequest},
};
use std::collections::VecDeque;

/// A connection's end at the server.
#[derive(Debug)]
pub struct ServedConnection {
    /// The connection.
    pub id: u32,
    /// Its device's seat in the session.
    pub seat: SeatId,
    /// Whether a person can see the page behind it.
    pub visible: bool,
    /// Whether its device has its seat through this connection.
    pub seated: bool,
    /// What it acts as in the session, and at the gym.
    pub roles: PageRoles,
    /// The topic of messages without a topic.
    pub home: Option<Topic>,
    /// What it follows: the code under test.
    pub topics: Subscriptions<SharedTopic>,
    /// Encoded answers that wait to be written.
    pub queued: VecDeque<String>,
    /// Answers that arrived while the connection was busy.
    pub placed: VecDeque<PlacedAnswer>,
    /// Messages that arrived while the connection was busy.
    pub inbox: VecDeque<Envelope<ClientMessage>>,
    /// The connection waits for a query or for the broker, and neither reads nor writes.
    pub busy: bool,
    /// The message that the connection's task carries out: a note, or a simple client's command.
    /// Nothing else is read or written before its answer.
    pub awaited: Option<MessageId>,
    /// The catch-up that it waits for.
    pub catching_up: Option<CatchUpTask>,
    /// The socket accepts no frame before.
    pub blocked_until: i64,
    /// When a frame of it arrived last.
    pub received_at: i64,
    /// It is to be closed with this code once everything is written.
    pub closing: Option<CloseCode>,
    /// Whether what is written keeps the protocol's promises.
    pub wire: WireCheck,
}

/// Why a connection catches up.
#[derive(Debug, Clone)]
pub enum CatchUpReason {
    /// `hello`.
    Hello,
    /// `auth` of a program.
    Auth,
    /// `subscribe`, with its id.
    Subscribe(Option<MessageId>),
    /// `resync`.
    Resync,
    /// The cursor no longer connects to the ring.
    LostCursor,
}

/// A connection's topics that are being caught up, one after the other.
#[derive(Debug)]
pub struct CatchUpTask {
    /// Why.
    pub reason: CatchUpReason,
    /// Those that have not begun.
    pub requests: VecDeque<TopicRequest>,
    /// The one in progress, and what it waits for.
    pub current: Option<(CatchUpProgress, PendingRead)>,
    /// The answers so far, for the welcome.
    pub answers: Vec<TopicAnswer>,
}

/// One topic that is being caught up.
#[derive(Debug)]
pub struct CatchUpProgress {
    /// The topic.
    pub topic: SharedTopic,
    /// The decision, of the code under test.
    pub catch_up: CatchUp,
    /// The version of the figures from before.
    pub figures_version: u64,
}

/// What a catch-up reads.
#[derive(Debug, Clone)]
pub enum PendingRead {
    /// The session's shared log.
    Ring,
    /// The durable log after an offset, with its end that was read first.
    Replay {
        /// The client's offset.
        after: u64,
        /// The log's end.
        end: Position,
    },
    /// The topic's state.
    Snapshot,
}

impl ServedConnection {
    /// A connection that has just been accepted.
    pub fn new(id: u32, now: i64, seat: SeatId, roles: PageRoles, protocol: WireProtocol) -> Self {
        Self {
            id,
            seat,
            visible: true,
            seated: false,
            roles,
            home: None,
            topics: Subscriptions::new(protocol),
            queued: VecDeque::new(),
            placed: VecDeque::new(),
            inbox: VecDeque::new(),
            busy: false,
            awaited: None,
            catching_up: None,
            blocked_until: 0,
            received_at: now,
            closing: None,
            wire: WireCheck::new(protocol),
        }
    }

    /// Answers a message in its place; later, while the connection's task waits for something else.
    pub fn answer(&mut self, answer: PlacedAnswer) {
        if self.awaited.is_some() && self.awaited == answer.id {
            self.awaited = None;
            self.resume();
        }
        if self.busy {
            return self.placed.push_back(answer);
        }
        self.queued.extend(self.topics.place_answer(answer));
    }

    /// The connection's task goes on.
    pub fn resume(&mut self) {
        self.busy = false;
        while let Some(answer) = self.placed.pop_front() {
            self.queued.extend(self.topics.place_answer(answer));
        }
    }

    /// Queues a message that is not an answer.
    pub fn push(&mut self, message: ServerMessage) {
        self.queued.push_back(encode(&Envelope::bare(message)));
    }

    /// Stops following a topic.
    pub fn leave(&mut self, topic: Topic) {
        if let Some((_, answers)) = self.topics.leave(topic) {
            self.queued.push_back(self.wire.mark(FollowMark::Left(topic)));
            self.queued.extend(answers);
        }
    }

    /// What is written next.
    pub fn next_parts(
        &mut self,
        now: i64,
        limits: &FrameLimits,
    ) -> Result<NextParts<String>, CloseCode> {
        let Self { id, topics, queued, .. } = self;
        topics
            .next_parts(Monotonic::from_ms(now), connection_id(*id), limits, || queued.pop_front())
    }
}
