//! A server process: the topics and connections of `logic::topic`, with stand-ins for the sockets,
//! queries and the broker around them.

use crate::{
    reference::{self, BEGIN, GYM, LogRecord, ROOM, Reference, ReferenceLog, connection_id},
    roles::PageRoles,
};
use logic::topic::{
    AnswerPlace, CatchUp, FrameLimits, FramePart, LogQuery, NextParts, Permit, PlacedAnswer,
    Subscriptions, TopicEvent, TopicLog, TopicSource, WireProtocol,
};
use protocol::{
    CloseCode, Envelope, ErrorBody, ErrorCode, Position, ServerMessage, Topic,
    account::{Identity, Role},
    client::ClientMessage,
    encode,
    guitar::GuitarState,
    gym::{GymClock, GymSnapshot, MemberRef, Stats, Visit},
    server::{Limits, Outcome, Snapshot, Welcome},
    topic::{TopicAnswer, TopicRequest},
};
use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, VecDeque},
    ops::Deref,
    rc::Rc,
};
use uuid::Uuid;

/// One topic of a node, shared with the connections that follow it.
#[derive(Debug)]
pub struct NodeTopic {
    topic: Topic,
    log: RefCell<TopicLog<String>>,
    /// The state of a session at the ring's end.
    state: RefCell<GuitarState>,
    /// A reading of the log is in progress.
    pub reading: Cell<bool>,
    /// A connection has seen another epoch.
    pub suspected: Cell<bool>,
}

/// A node's topic, as connections hold it.
#[derive(Debug, Clone)]
pub struct SharedTopic(Rc<NodeTopic>);

impl Deref for SharedTopic {
    type Target = NodeTopic;

    fn deref(&self) -> &NodeTopic {
        &self.0
    }
}

/// The result of a query to a log.
#[derive(Debug)]
pub struct LogReading {
    from: Position,
    end: Position,
    events: Option<Vec<(u64, i64, TopicEvent)>>,
    state: GuitarState,
}

/// A connection's end at the server.
#[derive(Debug)]
pub struct ServedConnection {
    /// The connection.
    pub id: u32,
    /// What it acts as in the session, and at the gym.
    pub roles: PageRoles,
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
    /// The catch-up that it waits for.
    pub catching_up: Option<CatchUpTask>,
    /// The socket accepts no frame before.
    pub blocked_until: i64,
    /// When a frame of it arrived last.
    pub received_at: i64,
    /// It is to be closed with this code once everything is written.
    pub closing: Option<CloseCode>,
}

/// Why a connection catches up.
#[derive(Debug, Clone)]
pub enum CatchUpReason {
    /// `hello`.
    Hello,
    /// `subscribe`, with its id.
    Subscribe(Option<Uuid>),
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

/// A command on its way to the database.
#[derive(Debug, Clone)]
pub struct QueuedCommand {
    /// The connection.
    pub conn: u32,
    /// Its id.
    pub id: Uuid,
    /// Its place among the connection's commands.
    pub permit: Permit,
    /// What it says.
    pub message: ClientMessage,
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
    pub fn refuse(&mut self, conn: u32, id: Uuid, wait_ms: u64) {
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
    }
}

impl ServedConnection {
    /// A connection that has just been accepted.
    pub fn new(id: u32, now: i64, roles: PageRoles, protocol: WireProtocol) -> Self {
        Self {
            id,
            roles,
            topics: Subscriptions::new(protocol),
            queued: VecDeque::new(),
            placed: VecDeque::new(),
            inbox: VecDeque::new(),
            busy: false,
            catching_up: None,
            blocked_until: 0,
            received_at: now,
            closing: None,
        }
    }

    /// Answers a message in its place; later, while the connection's task waits for something else.
    pub fn answer(&mut self, answer: PlacedAnswer) {
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

    /// Queues a message that answers none.
    pub fn push(&mut self, message: ServerMessage) {
        self.queued.push_back(encode(&Envelope::bare(message)));
    }

    /// Stops following a topic.
    pub fn leave(&mut self, topic: Topic) {
        if let Some((_, answers)) = self.topics.leave(topic) {
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
        topics.next_parts(BEGIN + now, connection_id(*id), limits, || queued.pop_front())
    }
}

impl NodeTopic {
    fn open(now: i64, topic: Topic, capacity: usize, reference: &Reference) -> SharedTopic {
        let end = reference.log(topic).end().clone();
        SharedTopic(Rc::new(Self {
            topic,
            log: RefCell::new(TopicLog::new(topic, now, end, capacity, 300_000)),
            state: RefCell::new(state_at_end(reference.log(topic))),
            reading: Cell::new(false),
            suspected: Cell::new(false),
        }))
    }

    /// Which topic it is.
    pub fn name(&self) -> Topic {
        self.topic
    }

    /// The position of the newest event.
    pub fn end(&self) -> Position {
        self.log.borrow().end().clone()
    }

    /// The state of a session at the ring's end.
    pub fn state(&self) -> GuitarState {
        self.state.borrow().clone()
    }

    /// When [`NodeTopic::next_query`] becomes due.
    pub fn deadline(&self) -> i64 {
        self.log.borrow().deadline()
    }

    /// The reading that is due.
    pub fn next_query(&self, now: i64) -> Option<LogQuery> {
        self.log.borrow().next_query(now)
    }

    /// Makes a comparison due, if a connection has seen another epoch.
    pub fn take_suspicion(&self, now: i64) -> bool {
        let suspected = self.suspected.take();
        if suspected {
            self.log.borrow_mut().suspect(now);
        }
        suspected
    }

    /// An event with its place, from this node or another.
    pub fn hint(&self, now: i64, at: &Position, event: TopicEvent) {
        let mut log = self.log.borrow_mut();
        for published in log.hint(now, at, event) {
            logic::guitar::apply(&mut self.state.borrow_mut(), &published.event.message);
        }
        if self.topic == GYM {
            // The figures are counted in the same transaction.
            log.set_figures(stats(at.offset));
        }
    }

    /// What a query reads now; the answer takes a while.
    pub fn query(&self, query: &LogQuery, reference: &Reference) -> LogReading {
        let log = reference.log(self.topic);
        let (from, with_events) = match query {
            LogQuery::End(from) => (from, false),
            LogQuery::Events(from) => (from, true),
        };
        let events = with_events.then(|| {
            let events = log.after(from.offset).into_iter();
            events.map(|(offset, record)| (offset, record.event.ts, record.event)).collect()
        });
        LogReading { from: from.clone(), end: log.end().clone(), events, state: state_at_end(log) }
    }

    /// The answer of a query arrives.
    pub fn read(&self, now: i64, reading: LogReading) {
        let LogReading { from, end, events, state } = reading;
        let mut log = self.log.borrow_mut();
        let Some(events) = events else { return log.compared(now, &from, &end) };
        match log.read(now, &from, &end, events) {
            Some(appended) => {
                for published in appended {
                    logic::guitar::apply(&mut self.state.borrow_mut(), &published.event.message);
                }
            }
            None => *self.state.borrow_mut() = state,
        }
        if self.topic == GYM {
            let reached = log.end().offset;
            log.set_figures(stats(reached));
        }
    }

    /// A query failed.
    pub fn failed(&self, now: i64) {
        self.log.borrow_mut().failed(now);
    }

    /// The state and its position, from one consistent view.
    pub fn snapshot(&self, reference: &Reference) -> (Snapshot, Position) {
        match self.topic {
            Topic::CheckIns => {
                let at = reference.gym.end().clone();
                (gym_snapshot(reference, &at), at)
            }
            Topic::Guitar(_) => (Snapshot::Guitar(self.state()), self.end()),
        }
    }
}

impl TopicSource for SharedTopic {
    type Payload = String;

    fn with_log<R>(&self, access: impl FnOnce(&mut TopicLog<String>) -> R) -> R {
        access(&mut self.log.borrow_mut())
    }

    fn suspect(&self) {
        self.suspected.set(true);
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

/// A session's state at the end of its log, as the broker's hash of last values holds it.
fn state_at_end(log: &ReferenceLog) -> GuitarState {
    let mut state = GuitarState::default();
    for record in log.until(log.end()) {
        logic::guitar::apply(&mut state, &record.event.message);
    }
    state
}

/// The event that a client's message becomes.
pub fn record_of(id: Uuid, message: &ClientMessage, ts: i64) -> Option<LogRecord> {
    let (message, outcome) = match message {
        ClientMessage::CheckIn(_) => {
            let member =
                MemberRef { id, number: "M-100000".to_owned(), full_name: "A Member".to_owned() };
            let visit = Visit {
                id,
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
pub fn refusal(id: Uuid, error: ErrorBody) -> PlacedAnswer {
    PlacedAnswer { id: Some(id), result: Err(error), place: AnswerPlace::Anywhere }
}

fn gym_snapshot(reference: &Reference, at: &Position) -> Snapshot {
    let visits = reference.gym.until(at).iter().filter_map(|record| match &record.event.message {
        ServerMessage::MemberCheckedIn { visit, .. } => Some(visit.clone()),
        _ => None,
    });
    Snapshot::CheckIns(GymSnapshot {
        stats: stats(at.offset),
        clock: GymClock {
            gym: "Gym".to_owned(),
            utc_offset_minutes: 0,
            day_start: BEGIN,
            day_end: BEGIN + 86_400_000,
            capacity: 0,
            undo_ms: 0,
            repeat_ms: 0,
        },
        activity: Vec::new(),
        visits: visits.collect(),
        hours: Vec::new(),
    })
}

fn stats(as_of_offset: u64) -> Stats {
    Stats {
        currently_in: as_of_offset as i64,
        today_total: as_of_offset as i64,
        average_stay_minutes: None,
        finished_visits: 0,
        as_of_offset,
        timestamp: BEGIN,
    }
}

/// The welcome after `hello`.
pub fn welcome(now: i64, topics: Vec<TopicAnswer>) -> String {
    encode(&Envelope::bare(ServerMessage::Welcome(Welcome {
        connection: Uuid::nil(),
        node: "sim".to_owned(),
        server_time: BEGIN + now,
        identity: Identity { user_id: None, role: Role::Host, expires_at: None },
        limits: Limits { messages_per_second: 100, burst: 200, frame_bytes: 65_536, topics: 32 },
        topics,
        refused: Vec::new(),
    })))
}

/// The practice clock that a session's state shows.
pub fn shown_step(topic: Option<&SharedTopic>) -> Option<u64> {
    let practice = topic?.state().practice?;
    reference::clock_in(&[reference::shown(&practice)])
}
