//! A server process: the real rings, intakes and readers, and a stand-in for the sockets and
//! queries around them.

use crate::{
    page::BEGIN,
    truth::{self, Fact, GYM, ROOM, Truth, chord_in, clock_in},
};
use logic::topic::{CatchUp, Intake, Lane, Line, Pulled, Reader, Ring, Taken, Wanted};
use protocol::{
    ClientMessage, CloseCode, Envelope, ErrorBody, ErrorCode, Note, Position, ServerMessage, Topic,
    account::{Identity, Role},
    encode, encode_batch,
    guitar::{ChordChange, GuitarState},
    gym::{GymClock, GymSnapshot, MemberRef, Stats, Visit},
    server::{Ack, Limits, Outcome, Snapshot, Welcome},
    topic::{TopicAnswer, TopicRequest},
};
use std::{
    collections::{BTreeMap, VecDeque},
    rc::Rc,
};
use uuid::Uuid;

/// Events of one look at a ring.
const PULL: usize = 16;
/// Events of one replay from the database.
const REPLAY_LIMIT: u64 = 1_000;

/// An event in a ring.
#[derive(Debug)]
pub struct Event {
    fact: Fact,
    text: String,
}

/// One topic as a node has it.
#[derive(Debug)]
pub struct Feed {
    topic: Topic,
    ring: Ring<Rc<Event>>,
    /// The node's own cursor in the log.
    pub intake: Intake<Fact>,
    /// A reading of the log is under way.
    pub reading: bool,
    /// The state at the ring's end, for sessions.
    state: Vec<String>,
}

/// Facts with their places and moments.
type Facts = Vec<(u64, i64, Fact)>;

/// A message's id and what it is answered.
pub type Answer = (Uuid, Outcome);

/// What a reading of a log found.
#[derive(Debug)]
pub struct Found {
    from: Position,
    end: Position,
    events: Option<Facts>,
    state: Vec<String>,
}

/// A connection's end at the server.
#[derive(Debug, Default)]
pub struct Served {
    readers: BTreeMap<Topic, Reader<Answer>>,
    answers: VecDeque<String>,
    /// Messages that came while a query was under way.
    pub inbox: VecDeque<Envelope<ClientMessage>>,
    /// A query is under way, or the broker is asked to carry out a note.
    pub busy: bool,
    /// The socket takes no frame before.
    pub blocked_until: i64,
    /// When it was last heard.
    pub heard: i64,
    /// It is to be closed with this code once everything is written.
    pub closing: Option<CloseCode>,
    /// Figures up to this place were sent.
    figures: u64,
}

/// A catch-up that waits for its query.
#[derive(Debug, Clone)]
pub enum Asked {
    /// `hello`.
    Hello(Vec<TopicRequest>),
    /// `subscribe`, with its id.
    Subscribe(Option<Uuid>, TopicRequest),
    /// `resync`.
    Resync(TopicRequest),
}

/// A message of a connection, and its turn among those.
#[derive(Debug, Clone, Copy)]
pub struct Came {
    /// The connection.
    pub conn: u32,
    /// The message.
    pub id: Uuid,
    /// Its turn in the lane.
    pub turn: u64,
}

/// A server process.
#[derive(Debug)]
pub struct Node {
    /// False between a crash and the next start.
    pub up: bool,
    /// Grows with every start.
    pub life: u32,
    /// Its connections.
    pub served: BTreeMap<u32, Served>,
    /// The gym's topic.
    pub gym: Feed,
    /// The session's topic, once somebody follows it.
    pub room: Option<Feed>,
    /// The order of each connection's messages. A lane lives as long as they do, which is longer
    /// than the connection.
    lanes: BTreeMap<(u32, Topic), Lane>,
    /// Commands that wait for the next commit.
    pub queue: Vec<(Came, ClientMessage)>,
    /// Steps of the practice clock that wait for the one that is being made.
    pub steps: VecDeque<(Came, ClientMessage)>,
    /// A step is being made, or the clock told.
    pub stepping: bool,
    capacity: usize,
}

impl Node {
    /// A process that starts.
    pub fn start(now: i64, life: u32, capacity: usize, truth: &Truth) -> Self {
        Self {
            up: true,
            life,
            served: BTreeMap::new(),
            gym: Feed::begin(now, GYM, capacity, truth),
            room: None,
            lanes: BTreeMap::new(),
            queue: Vec::new(),
            steps: VecDeque::new(),
            stepping: false,
            capacity,
        }
    }

    /// A topic of this node.
    pub fn feed(&mut self, topic: Topic) -> Option<&mut Feed> {
        match topic {
            Topic::CheckIns => Some(&mut self.gym),
            Topic::Guitar(_) => self.room.as_mut(),
        }
    }

    /// Opens the session.
    pub fn open_room(&mut self, now: i64, truth: &Truth) {
        self.room = Some(Feed::begin(now, ROOM, self.capacity, truth));
    }

    /// Brings a connection from its positions to now.
    pub fn catch_up(&mut self, now: i64, conn: u32, asked: &Asked, truth: &Truth) {
        let mut answers = Vec::new();
        let requests = match asked {
            Asked::Hello(requests) => requests.clone(),
            Asked::Subscribe(_, request) | Asked::Resync(request) => vec![request.clone()],
        };
        for request in &requests {
            if request.name == ROOM && self.room.is_none() {
                self.open_room(now, truth);
            }
            let Some(feed) = self.feed(request.name) else { continue };
            let (answer, texts, reader) = feed.open(now, request, truth);
            let Some(served) = self.served.get_mut(&conn) else { return };
            if let Asked::Subscribe(id, _) = asked {
                let outcome = Outcome::Subscribed(answer.clone());
                served.answers.push_back(ack(*id, outcome, None));
            }
            served.answers.extend(texts);
            match served.readers.get_mut(&request.name) {
                Some(known) => {
                    let jumped = known.restart(reader);
                    let texts =
                        jumped.into_iter().map(|(id, outcome)| ack(Some(id), outcome, None));
                    served.answers.extend(texts);
                }
                None => {
                    served.readers.insert(request.name, Reader::new(reader));
                }
            }
            answers.push(answer);
        }
        if let (Asked::Hello(_), Some(served)) = (asked, self.served.get_mut(&conn)) {
            served.answers.push_front(welcome(now, answers));
        }
    }

    /// Stops a connection's following.
    pub fn unfollow(&mut self, conn: u32, topic: Topic) {
        if let Some(served) = self.served.get_mut(&conn) {
            let left = served.readers.remove(&topic).map(Reader::leave).unwrap_or_default();
            let answers = left.into_iter().map(|(id, outcome)| ack(Some(id), outcome, None));
            served.answers.extend(answers);
        }
        if topic == ROOM {
            // What the page had played there it has given up.
            self.lanes.remove(&(conn, topic));
        }
    }

    /// Answers a message that became the event at a place, just now or, `repeated`, before.
    pub fn settle(&mut self, conn: u32, place: (Topic, &Position), repeated: bool, answer: Answer) {
        self.lane(conn, place.0).answered(answer.0);
        let Some(served) = self.served.get_mut(&conn) else { return };
        let (topic, at) = place;
        let left = match served.readers.get_mut(&topic) {
            Some(reader) if repeated => reader.repeat(at, answer),
            Some(reader) => reader.settle(at, answer),
            None => Some(answer),
        };
        if let Some((id, outcome)) = left {
            served.answers.push_back(ack(Some(id), outcome, None));
        }
    }

    /// Answers a message that made no event.
    pub fn answer(&mut self, conn: u32, id: Option<Uuid>, result: Result<Outcome, ErrorBody>) {
        if let (Some(id), false) = (id, result.as_ref().is_err_and(|error| error.retryable)) {
            for topic in [GYM, ROOM] {
                self.lane(conn, topic).answered(id);
            }
        }
        let Some(served) = self.served.get_mut(&conn) else { return };
        served.answers.push_back(match result {
            Ok(outcome) => ack(id, outcome, None),
            Err(error) => encode(&Envelope::bare(ServerMessage::Error(error)).with_id(id)),
        });
    }

    /// A message of a connection came.
    pub fn came(&mut self, conn: u32, topic: Topic, id: Uuid) -> Came {
        Came { conn, id, turn: self.lane(conn, topic).come() }
    }

    /// Whether it is a message's turn; if not, it is refused for now.
    pub fn is_its_turn(&mut self, topic: Topic, came: Came) -> bool {
        let Came { conn, id, turn } = came;
        let may = self.lane(conn, topic).may(turn, id);
        if !may {
            self.put_off(topic, came, 100);
        }
        may
    }

    /// Refuses a message for now.
    pub fn put_off(&mut self, topic: Topic, came: Came, wait_ms: u64) {
        let Came { conn, id, turn } = came;
        self.lane(conn, topic).put_off(turn, id);
        self.answer(conn, Some(id), Err(unavailable(wait_ms)));
    }

    /// A command is on disk; everybody may still have to be told.
    pub fn decided(&mut self, topic: Topic, came: Came) {
        self.lane(came.conn, topic).answered(came.id);
    }

    fn lane(&mut self, conn: u32, topic: Topic) -> &mut Lane {
        self.lanes.entry((conn, topic)).or_default()
    }

    /// Queues a message that belongs to no command.
    pub fn say(&mut self, conn: u32, message: ServerMessage) {
        if let Some(served) = self.served.get_mut(&conn) {
            served.answers.push_back(encode(&Envelope::bare(message)));
        }
    }

    /// The next frame of a connection, if anything is ready, and the topics that need a new
    /// beginning.
    pub fn frame(&mut self, now: i64, conn: u32) -> (Option<String>, Vec<TopicRequest>) {
        let Some(served) = self.served.get_mut(&conn) else { return (None, Vec::new()) };
        let mut texts: Vec<String> = served.answers.drain(..).collect();
        let mut lost = Vec::new();
        for (topic, reader) in &mut served.readers {
            let feed = match topic {
                Topic::CheckIns => &self.gym,
                Topic::Guitar(_) => match &self.room {
                    Some(room) => room,
                    None => continue,
                },
            };
            match reader.pull(&feed.ring, PULL, now, |event| event.fact.origin == Some(conn)) {
                Pulled::Lines(lines) => {
                    for line in &lines {
                        let Line::Own(_, event) = line else { continue };
                        let fact = &event.fact;
                        let lane = match fact.message {
                            ServerMessage::PracticeUpdate(_) => GYM,
                            _ => *topic,
                        };
                        if let Some(lane) = self.lanes.get_mut(&(conn, lane)) {
                            lane.answered(fact.id);
                        }
                    }
                    let epoch = reader.at().epoch.clone();
                    let at = |offset| Some((*topic, Position { epoch: epoch.clone(), offset }));
                    texts.extend(lines.into_iter().map(|line| match line {
                        Line::Event(_, event) => event.text.clone(),
                        Line::Own(offset, event) => {
                            let Fact { id, outcome, .. } = &event.fact;
                            ack(Some(*id), outcome.clone(), at(offset))
                        }
                        Line::Answer(offset, (id, outcome)) => ack(Some(id), outcome, at(offset)),
                        Line::Repeat((id, outcome)) => ack(Some(id), outcome, None),
                    }));
                }
                Pulled::Anew | Pulled::Jumped | Pulled::Behind => {
                    lost.push(TopicRequest::new(*topic, Some(reader.at())))
                }
                Pulled::TooSlow => served.closing = Some(CloseCode::SlowConsumer),
            }
            let reached = reader.at().offset;
            if *topic == GYM && feed.ring.end().offset > served.figures && reached > served.figures
            {
                served.figures = reached;
                texts.push(figures(reached));
            }
        }
        ((!texts.is_empty()).then(|| encode_batch(&texts)), lost)
    }

    /// The process ends: what is in memory is lost.
    pub fn crash(&mut self) {
        self.up = false;
        self.served.clear();
        self.queue.clear();
        self.steps.clear();
        self.stepping = false;
        self.room = None;
    }
}

impl Feed {
    fn begin(now: i64, topic: Topic, capacity: usize, truth: &Truth) -> Self {
        let end = truth.log(topic).end().clone();
        Self {
            topic,
            ring: Ring::new(end.clone(), capacity, 300_000),
            intake: Intake::new(now, end.clone()),
            reading: false,
            state: held(topic, truth),
        }
    }

    /// The place of the newest event.
    pub fn end(&self) -> &Position {
        self.ring.end()
    }

    /// The state of a session at the ring's end.
    pub fn shown(&self) -> &[String] {
        &self.state
    }

    /// A hint of an event, from this node or another.
    pub fn hint(&mut self, now: i64, at: &Position, fact: Fact) {
        let ready = self.intake.hint(now, at, fact.ts, fact);
        self.append(ready);
    }

    /// What a reading finds at this moment; the answer takes a while.
    pub fn look(&self, wanted: &Wanted, truth: &Truth) -> Found {
        let log = truth.log(self.topic);
        let (from, with_events) = match wanted {
            Wanted::End(from) => (from, false),
            Wanted::Events(from) => (from, true),
        };
        let events = with_events.then(|| {
            let events = log.after(from.offset).into_iter();
            events.map(|(at, fact)| (at, fact.ts, fact)).collect()
        });
        let state = if with_events { held(self.topic, truth) } else { Vec::new() };
        Found { from: from.clone(), end: log.end().clone(), events, state }
    }

    /// The answer of a reading arrives.
    pub fn read(&mut self, now: i64, found: Found) {
        self.reading = false;
        let Found { from, end, events, state } = found;
        let Some(events) = events else { return self.intake.compared(now, &from, &end) };
        match self.intake.read(now, &from, &end, events) {
            Taken::Events(ready) => self.append(ready),
            Taken::Restarted => {
                self.ring.restart(end);
                self.state = state;
            }
        }
    }

    fn append(&mut self, ready: Facts) {
        for (offset, ts, fact) in ready {
            let at = Position { epoch: self.ring.end().epoch.clone(), offset };
            let mut envelope = Envelope::bare(&fact.message).at(self.topic, at);
            envelope.ts = Some(ts);
            let text = encode(&envelope);
            if self.topic == ROOM {
                crate::truth::apply(&mut self.state, &fact.message);
            }
            self.ring.push(ts, Rc::new(Event { fact, text }));
        }
    }

    /// What a client gets that follows from a position: the answer, texts, and where its reader
    /// begins.
    fn open(
        &mut self,
        now: i64,
        request: &TopicRequest,
        truth: &Truth,
    ) -> (TopicAnswer, Vec<String>, Position) {
        let from = request.position();
        let mut way = self.ring.catch_up(from.as_ref());
        if way == CatchUp::Log && self.topic == ROOM {
            // Ahead of this node: it looks once, then goes by what it knows.
            let answer = self.look(&Wanted::Events(self.intake.end().clone()), truth);
            self.read(now, answer);
            way = self.ring.catch_up(from.as_ref());
        }
        let answer = |end: &Position, recovered, replayed| TopicAnswer {
            name: self.topic,
            epoch: end.epoch.clone(),
            offset: end.offset,
            recovered,
            replayed,
            waiting: false,
        };
        if let Some(from) = from {
            let log = truth.log(self.topic).end();
            match way {
                CatchUp::Ring => {
                    let end = self.ring.end();
                    return (answer(end, true, end.offset - from.offset), Vec::new(), from);
                }
                CatchUp::Log
                    if self.topic == GYM
                        && from.offset <= log.offset
                        && log.offset - from.offset <= REPLAY_LIMIT =>
                {
                    let events = truth.gym.after(from.offset);
                    let replayed = events.len() as u64;
                    let texts = events.into_iter().map(|(offset, fact)| {
                        let at = Position { epoch: log.epoch.clone(), offset };
                        encode(&Envelope::bare(&fact.message).at(GYM, at))
                    });
                    return (answer(log, true, replayed), texts.collect(), log.clone());
                }
                _ => {}
            }
        }
        let (snapshot, at) = match self.topic {
            Topic::CheckIns => {
                let at = truth.gym.end().clone();
                (gym_snapshot(truth, &at), at)
            }
            Topic::Guitar(_) => {
                let chord = chord_in(&self.state);
                let practice = clock_in(&self.state).map(truth::clock);
                let state = GuitarState { chord, practice, ..GuitarState::default() };
                (Snapshot::Guitar(state), self.ring.end().clone())
            }
        };
        let message = ServerMessage::Snapshot(snapshot);
        let text = encode(&Envelope::bare(message).at(self.topic, at.clone()));
        (answer(&at, false, 0), vec![text], at)
    }
}

/// What a node holds of a topic beside its events: of a session the state, of the gym nothing.
fn held(topic: Topic, truth: &Truth) -> Vec<String> {
    match topic {
        Topic::CheckIns => Vec::new(),
        Topic::Guitar(_) => truth.state(topic, truth.room.end()),
    }
}

/// What a client's message is for everybody.
pub fn event_of(id: Uuid, message: &ClientMessage, ts: i64) -> Option<Fact> {
    let (message, outcome) = match message {
        ClientMessage::CheckIn(_) => {
            let member =
                MemberRef { id, number: "M-100000".to_owned(), full_name: "Somebody".to_owned() };
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
        ClientMessage::Note(Note::ChordChange(ChordChange { chord })) => {
            let chord = chord.clone();
            (ServerMessage::Note(Note::ChordChange(ChordChange { chord })), Outcome::Done)
        }
        ClientMessage::Note(Note::Strum(strum)) => {
            (ServerMessage::Note(Note::Strum(strum.clone())), Outcome::Done)
        }
        _ => return None,
    };
    Some(Fact { ts, message, id, outcome, origin: None })
}

/// An error that asks to try again.
pub fn unavailable(wait_ms: u64) -> ErrorBody {
    ErrorBody::new(ErrorCode::Unavailable, "Not now.").retry_after(wait_ms)
}

/// An error that says no for good.
pub fn not_allowed() -> ErrorBody {
    ErrorBody::new(ErrorCode::NotAllowed, "No.")
}

fn gym_snapshot(truth: &Truth, at: &Position) -> Snapshot {
    let visits = truth.gym.until(at).iter().filter_map(|fact| match &fact.message {
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

fn figures(as_of: u64) -> String {
    let mut envelope = Envelope::bare(ServerMessage::StatsUpdate(stats(as_of)));
    envelope.topic = Some(GYM);
    encode(&envelope)
}

fn ack(id: Option<Uuid>, result: Outcome, place: Option<(Topic, Position)>) -> String {
    let ack = ServerMessage::Ack(Ack { result, identity: None });
    let envelope = Envelope::bare(ack).with_id(id);
    encode(&match place {
        Some((topic, at)) => envelope.at(topic, at),
        None => envelope,
    })
}

fn welcome(now: i64, topics: Vec<TopicAnswer>) -> String {
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
