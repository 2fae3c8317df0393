//! A server process: the topics and connections of `logic::topic`, with stand-ins for the sockets,
//! queries and the broker around them.

use crate::{
    node_topic::{NodeTopic, SharedTopic},
    reference::{BEGIN, GYM, LogRecord, ROOM, Reference},
    served_connection::ServedConnection,
};
use logic::{
    presence::Seats,
    topic::{AnswerPlace, FramePart, Permit, PlacedAnswer, TopicEvent, WireProtocol},
};
use protocol::{
    ClientMessage, ConnectionId, Envelope, ErrorBody, ErrorCode, MemberId, MessageId,
    ServerMessage, Topic, VisitId,
    account::{Identity, Role},
    encode,
    gym::{MemberRef, Visit},
    server::{Ack, Limits, Outcome, Welcome},
    topic::TopicAnswer,
};
use std::collections::{BTreeMap, VecDeque};
use uuid::Uuid;

/// A command on its way to the database.
#[derive(Debug, Clone)]
pub struct QueuedCommand {
    /// The connection.
    pub conn: u32,
    /// Its id.
    pub id: MessageId,
    /// Its place among the connection's commands; a client of the simple protocol waits for each.
    pub permit: Option<Permit>,
    /// The client's message.
    pub message: ClientMessage,
}

impl QueuedCommand {
    /// Whether no earlier command of its connection has to come again first.
    pub fn is_due(&self) -> bool {
        self.permit.as_ref().is_none_or(Permit::is_due)
    }

    /// It was carried out.
    pub fn done(&self) {
        if let Some(permit) = &self.permit {
            permit.done();
        }
    }

    /// It has to come again.
    pub fn retry(&self) {
        if let Some(permit) = &self.permit {
            permit.retry();
        }
    }
}

/// A note on its way through the broker.
#[derive(Debug, Clone)]
pub struct QueuedNote {
    /// The connection.
    pub conn: u32,
    /// Its place among the connection's notes.
    pub permit: Option<Permit>,
    /// The event that it becomes.
    pub record: LogRecord,
}

/// A server process.
#[derive(Debug)]
pub struct ServerNode {
    /// False between a crash and the next start.
    pub up: bool,
    /// Grows with every start.
    pub life: u32,
    /// Its connections.
    pub connections: BTreeMap<u32, ServedConnection>,
    /// The gym's topic.
    pub gym: SharedTopic,
    /// The session's topic, once a connection follows it.
    pub room: Option<SharedTopic>,
    /// The devices that are connected to it.
    pub seats: Seats,
    /// It reports its devices, or publishes what follows from all.
    pub reports_seats: bool,
    /// Commands that wait for the next commit.
    pub queue: Vec<QueuedCommand>,
    /// Steps of the practice clock that wait for the one in progress.
    pub steps: VecDeque<QueuedCommand>,
    /// A step is being made, or the clock announced.
    pub stepping: bool,
    capacity: usize,
}

impl ServerNode {
    /// A process that starts.
    pub fn start(now: i64, life: u32, capacity: usize, reference: &Reference) -> Self {
        Self {
            up: true,
            life,
            connections: BTreeMap::new(),
            gym: NodeTopic::open(now, GYM, capacity, reference),
            room: None,
            seats: Seats::default(),
            reports_seats: false,
            queue: Vec::new(),
            steps: VecDeque::new(),
            stepping: false,
            capacity,
        }
    }

    /// A topic of this node.
    pub fn topic(&self, topic: Topic) -> Option<&SharedTopic> {
        match topic {
            Topic::CheckIns => Some(&self.gym),
            Topic::Guitar(_) => self.room.as_ref(),
        }
    }

    /// Opens the session.
    pub fn open_room(&mut self, now: i64, reference: &Reference) {
        self.room = Some(NodeTopic::open(now, ROOM, self.capacity, reference));
    }

    /// Answers a message of a connection, in its place.
    pub fn answer(&mut self, conn: u32, answer: PlacedAnswer) {
        if let Some(served) = self.connections.get_mut(&conn) {
            served.answer(answer);
        }
    }

    /// Refuses a message for now.
    pub fn refuse(&mut self, conn: u32, id: MessageId, wait_ms: u64) {
        self.answer(conn, refusal(id, unavailable(wait_ms)));
    }

    /// The process ends: what is in memory is lost.
    pub fn crash(&mut self) {
        self.up = false;
        self.connections.clear();
        self.queue.clear();
        self.steps.clear();
        self.stepping = false;
        self.room = None;
        self.seats = Seats::default();
        self.reports_seats = false;
    }
}

/// A part of a frame as text.
pub fn text(part: FramePart<String>, protocol: WireProtocol) -> String {
    match (part, protocol) {
        (FramePart::Text(text), _) => text,
        (FramePart::Shared(published), WireProtocol::Cadence(_)) => published.payload.clone(),
        (FramePart::Shared(published), WireProtocol::Simple) => {
            encode(&Envelope::bare(&published.event.message))
        }
    }
}

/// The event that a client's message becomes.
pub fn record_of(id: MessageId, message: &ClientMessage, ts: i64) -> Option<LogRecord> {
    let (message, outcome) = match message {
        ClientMessage::CheckIn(_) => {
            let member = MemberRef {
                id: MemberId(id.0),
                number: "M-100000".to_owned(),
                full_name: "A Member".to_owned(),
            };
            let visit = Visit {
                id: VisitId(id.0),
                member,
                location: "desk".to_owned(),
                check_in_time: ts,
                check_out_time: None,
                closed_automatically: false,
            };
            let message = ServerMessage::MemberCheckedIn { visit: visit.clone(), reason: None };
            (message, Outcome::CheckOut { visit })
        }
        ClientMessage::Note(note) => (ServerMessage::Note(note.clone()), Outcome::Done),
        _ => return None,
    };
    Some(LogRecord { id, event: TopicEvent { outcome, ..TopicEvent::by_server(ts, message) } })
}

/// A retryable error.
pub fn unavailable(wait_ms: u64) -> ErrorBody {
    ErrorBody::new(ErrorCode::Unavailable, "Not now.").retry_after(wait_ms)
}

/// An answer that made no event.
pub fn refusal(id: MessageId, error: ErrorBody) -> PlacedAnswer {
    PlacedAnswer { id: Some(id), result: Err(error), place: AnswerPlace::Anywhere }
}

/// The answer to `auth`.
pub fn auth_ack() -> String {
    let identity = Identity { user_id: None, role: Role::Host, expires_at: None };
    let ack = Ack { result: Outcome::Done, identity: Some(identity) };
    encode(&Envelope::bare(ServerMessage::Ack(ack)))
}

/// The welcome after `hello`.
pub fn welcome(now: i64, topics: Vec<TopicAnswer>) -> String {
    encode(&Envelope::bare(ServerMessage::Welcome(Welcome {
        connection: ConnectionId(Uuid::nil()),
        node: "sim".to_owned(),
        server_time: BEGIN + now,
        identity: Identity { user_id: None, role: Role::Host, expires_at: None },
        limits: Limits { messages_per_second: 100, burst: 200, frame_bytes: 65_536, topics: 32 },
        topics,
        refused: Vec::new(),
    })))
}
