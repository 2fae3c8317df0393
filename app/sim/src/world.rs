//! Time, network and faults between pages and nodes.

use crate::{
    node::{self, Asked, Came, Found, Node},
    page::{BEGIN, Page},
    rng::Rng,
    truth::{Fact, GYM, Log, ROOM, Truth},
};
use logic::{link::Effect, topic::Wanted};
use protocol::{
    ClientMessage, CloseCode, Codec, Decoded, Frame, Position, ServerMessage, Topic, decode_frame,
    guitar::{ChordChange, Direction, Strum, StrumSource},
    gym::CheckIn,
    server::Outcome,
};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap},
};
use uuid::Uuid;

/// After the faults everything gets so long to come to rest, in milliseconds.
const HEALING_MS: i64 = 180_000;
/// A server drops a connection that was silent for so long.
const SILENCE_MS: i64 = 30_000;

/// What a run came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Report {
    /// Things that happened.
    pub steps: u64,
    /// Messages that people made.
    pub made: u64,
    /// Connections that were opened.
    pub connections: u64,
    /// Faults.
    pub faults: u64,
}

/// Runs the world of a seed to its end.
///
/// # Panics
/// When a promise is broken.
pub fn run(seed: u64) -> Report {
    live_through(World::new(seed, false))
}

/// As [`run`], and prints everything that happens.
///
/// # Panics
/// When a promise is broken.
pub fn tell(seed: u64) -> Report {
    live_through(World::new(seed, true))
}

fn live_through(mut world: World) -> Report {
    world.live();
    world.check();
    world.report
}

/// Something that is going to happen.
#[derive(Debug)]
enum Happens {
    /// A link's timer.
    Tick {
        page: usize,
        life: u32,
    },
    /// A person does something.
    Act {
        page: usize,
    },
    /// A handshake reaches the node.
    Arrive {
        conn: u32,
    },
    /// A frame reaches the server, or the client.
    Up {
        conn: u32,
        frame: Frame,
    },
    Down {
        conn: u32,
        frame: Frame,
    },
    /// A page that slept reads what its sockets kept for it.
    Awake {
        page: usize,
    },
    /// One side learns that a connection is over.
    EndAtServer {
        conn: u32,
    },
    EndAtClient {
        conn: u32,
        code: u16,
    },
    /// A connection's query is answered.
    CaughtUp {
        conn: u32,
        asked: Asked,
    },
    /// A socket takes the next frame.
    Writable {
        conn: u32,
    },
    /// A node's writer commits what waits.
    Commit {
        node: usize,
        life: u32,
    },
    /// The broker's script runs for a message.
    Script {
        node: usize,
        life: u32,
        came: Came,
        fact: Box<Fact>,
    },
    /// A hint from another node.
    Hint {
        node: usize,
        life: u32,
        at: Position,
        topic: Topic,
        fact: Box<Fact>,
    },
    /// A node looks whether it has to read a log, and reads it.
    Look {
        node: usize,
        life: u32,
        topic: Topic,
    },
    Read {
        node: usize,
        life: u32,
        topic: Topic,
        wanted: Wanted,
    },
    /// The answer of a reading arrives.
    Answered {
        node: usize,
        life: u32,
        topic: Topic,
        found: Box<Found>,
    },
    /// A node starts again.
    Start {
        node: usize,
    },
    /// A page is loaded again.
    Reload {
        page: usize,
    },
    /// A person leaves a part of the page, and comes back to it.
    Leave {
        page: usize,
    },
    ComeBack {
        page: usize,
    },
    /// A fault.
    Fault,
}

/// A socket between a page and a node.
#[derive(Debug)]
struct Conn {
    page: usize,
    life: u32,
    socket: u32,
    node: usize,
    node_life: u32,
    /// Frames of a direction arrive in order: the last one's moment.
    up_at: i64,
    down_at: i64,
    /// Nothing passes any more, and nobody is told.
    up_lost: bool,
    down_lost: bool,
    client_open: bool,
    /// Frames that wait for a page that sleeps.
    kept: Vec<Frame>,
    /// Added to each frame's way.
    slow: i64,
}

struct World {
    rng: Rng,
    now: i64,
    /// Faults end here.
    calm: i64,
    queue: BinaryHeap<Reverse<(i64, u64)>>,
    happens: BTreeMap<u64, Happens>,
    next: u64,
    nodes: Vec<Node>,
    pages: Vec<Page>,
    conns: BTreeMap<u32, Conn>,
    next_conn: u32,
    truth: Truth,
    ids: u64,
    capacity: usize,
    codec: Codec,
    broker_away_until: i64,
    database_away_until: i64,
    /// Notes that were refused for good, and may have been sent again because nobody was told.
    refused: BTreeSet<Uuid>,
    /// Scripts of a node run in the order in which they were called.
    script_at: Vec<i64>,
    report: Report,
    /// Print what happens.
    aloud: bool,
}

impl World {
    fn new(seed: u64, aloud: bool) -> Self {
        let mut rng = Rng::new(seed);
        let nodes = rng.range(1, 3) as usize;
        let pages = rng.range(2, 5) as usize;
        let capacity = [4, 8, 32, 512][rng.below(4)];
        let room_kept = [8, 64, 512][rng.below(3)];
        let calm = rng.range(20_000, 120_000);
        let codec = Codec::ALL[rng.below(2)];
        let truth = Truth { gym: Log::new(usize::MAX), room: Log::new(room_kept) };
        let mut world = Self {
            now: 0,
            calm,
            queue: BinaryHeap::new(),
            happens: BTreeMap::new(),
            next: 0,
            nodes: (0..nodes).map(|_| Node::start(0, 0, capacity, &truth)).collect(),
            pages: Vec::new(),
            conns: BTreeMap::new(),
            next_conn: 0,
            truth,
            ids: 0,
            capacity,
            codec,
            broker_away_until: 0,
            database_away_until: 0,
            refused: BTreeSet::new(),
            script_at: vec![0; nodes],
            report: Report::default(),
            aloud,
            rng,
        };
        for page in 0..pages {
            let topics = match world.rng.below(3) {
                0 => vec![GYM],
                1 => vec![ROOM],
                _ => vec![GYM, ROOM],
            };
            let seed = world.rng.number();
            world.pages.push(Page::open(0, seed, topics));
            world.settle_page(page);
            let at = world.rng.range(0, 3_000);
            world.at(at, Happens::Act { page });
        }
        for node in 0..nodes {
            world.look(node, GYM);
        }
        let first = world.rng.range(500, 8_000);
        world.at(first, Happens::Fault);
        world
    }

    fn at(&mut self, moment: i64, what: Happens) {
        self.next += 1;
        self.queue.push(Reverse((moment.max(self.now), self.next)));
        self.happens.insert(self.next, what);
    }

    fn soon(&mut self, from: i64, to: i64, what: Happens) {
        let wait = self.rng.range(from, to);
        self.at(self.now + wait, what);
    }

    fn live(&mut self) {
        let mut healed = false;
        while let Some(Reverse((moment, key))) = self.queue.pop() {
            if moment > self.calm && !healed {
                healed = true;
                self.now = self.calm;
                self.heal();
            }
            if moment > self.calm + HEALING_MS {
                break;
            }
            self.now = moment;
            self.report.steps += 1;
            assert!(self.report.steps < 2_000_000, "the world does not come to rest");
            let Some(what) = self.happens.remove(&key) else { continue };
            if self.aloud {
                println!("{moment:>8} {what:?}");
            }
            self.happen(what);
        }
    }

    fn happen(&mut self, what: Happens) {
        match what {
            Happens::Tick { page, life } => self.tick(page, life),
            Happens::Act { page } => self.act(page),
            Happens::Arrive { conn } => self.arrive(conn),
            Happens::Up { conn, frame } => self.up(conn, frame),
            Happens::Down { conn, frame } => self.down(conn, &frame),
            Happens::Awake { page } => self.read_kept(page),
            Happens::EndAtServer { conn } => self.end_at_server(conn),
            Happens::EndAtClient { conn, code } => self.end_at_client(conn, code),
            Happens::CaughtUp { conn, asked } => self.caught_up(conn, &asked),
            Happens::Writable { conn } => self.write(conn),
            Happens::Commit { node, life } => self.commit(node, life),
            Happens::Script { node, life, came, fact } => self.script(node, life, came, *fact),
            Happens::Hint { node, life, at, topic, fact } => {
                if self.alive(node, life)
                    && let Some(feed) = self.nodes[node].feed(topic)
                {
                    feed.hint(self.now, &at, *fact, None);
                    self.look(node, topic);
                    self.write_all(node);
                }
            }
            Happens::Look { node, life, topic } => {
                if self.alive(node, life) {
                    self.look_now(node, topic);
                }
            }
            Happens::Read { node, life, topic, wanted } => self.read(node, life, topic, &wanted),
            Happens::Answered { node, life, topic, found } => {
                if self.alive(node, life) {
                    let now = self.now;
                    if let Some(feed) = self.nodes[node].feed(topic) {
                        feed.read(now, *found);
                    }
                    self.look(node, topic);
                    self.write_all(node);
                }
            }
            Happens::Start { node } => self.start(node),
            Happens::Reload { page } => self.reload(page),
            Happens::Leave { page } => self.leave(page, 100),
            Happens::ComeBack { page } => {
                let now = self.now;
                self.pages[page].come_back(now);
                self.settle_page(page);
            }
            Happens::Fault => self.fault(),
        }
    }

    fn alive(&self, node: usize, life: u32) -> bool {
        self.nodes[node].up && self.nodes[node].life == life
    }

    // ── pages ───────────────────────────────────────────────────────────────────────────────

    /// Carries out what a page's link wants, and sets its timer.
    fn settle_page(&mut self, page: usize) {
        let effects = self.pages[page].work(&self.truth);
        for effect in effects {
            if self.aloud {
                println!("{:>8} page {page} wants {effect:?}", self.now);
            }
            match effect {
                Effect::Dial(socket) => self.dial(page, socket),
                Effect::Hang(socket) => self.hang(page, socket),
                Effect::Transmit(frame) => self.transmit(page, frame),
                other => panic!("nobody expects {other:?}"),
            }
        }
        let device = &mut self.pages[page];
        let born = self.now - device.now(self.now).mono;
        let Some(deadline) = device.link.deadline(device.now(self.now)) else { return };
        let due = (born + deadline).max(self.now + 1).max(device.asleep_until);
        if device.tick_at.is_none_or(|at| due < at) {
            device.tick_at = Some(due);
            let life = device.life;
            self.at(due, Happens::Tick { page, life });
        }
    }

    fn tick(&mut self, page: usize, life: u32) {
        let device = &mut self.pages[page];
        if device.life != life {
            return;
        }
        if device.tick_at.is_some_and(|at| at <= self.now) {
            device.tick_at = None;
        }
        if self.now >= device.asleep_until {
            let now = device.now(self.now);
            device.link.tick(now);
        }
        self.settle_page(page);
    }

    fn act(&mut self, page: usize) {
        if self.now >= self.calm {
            return;
        }
        self.soon(50, 4_000, Happens::Act { page });
        let device = &self.pages[page];
        if self.now < device.asleep_until {
            return;
        }
        let topic = device.topics[self.rng.below(device.topics.len())];
        if device.left == Some(topic) {
            return;
        }
        if self.rng.chance(20) {
            return self.leave(page, 5_000);
        }
        // A few at once, as fingers and scanners do.
        for _ in 0..self.rng.range(1, 4) {
            self.ids += 1;
            self.report.made += 1;
            let wall = (BEGIN + self.now) as u64;
            let mut tail = [0u8; 10];
            tail[2..].copy_from_slice(&self.ids.to_be_bytes());
            let id = uuid::Builder::from_unix_timestamp_millis(wall, &tail).into_uuid();
            let message = match topic {
                Topic::CheckIns => ClientMessage::CheckIn(CheckIn {
                    member: self.ids.to_string(),
                    location: None,
                    notes: None,
                    override_reason: None,
                    at: None,
                }),
                Topic::Guitar(_) if self.rng.chance(300) => ClientMessage::Strum(Strum {
                    direction: Direction::Down,
                    velocity: 0.5,
                    strings: None,
                    source: StrumSource::Swipe,
                    at: None,
                }),
                Topic::Guitar(_) => {
                    ClientMessage::ChordChange(ChordChange { chord: format!("c{}", self.ids) })
                }
            };
            self.pages[page].make(self.now, id, topic, message);
        }
        self.settle_page(page);
    }

    fn leave(&mut self, page: usize, at_most: i64) {
        let device = &mut self.pages[page];
        if self.now >= self.calm || device.left.is_some() {
            return;
        }
        let topic = device.topics[self.rng.below(device.topics.len())];
        device.leave(self.now, topic);
        self.soon(0, at_most, Happens::ComeBack { page });
        self.settle_page(page);
    }

    fn reload(&mut self, page: usize) {
        let gone: Vec<u32> = self.of_page(page).collect();
        for conn in gone {
            self.conns.entry(conn).and_modify(|c| c.client_open = false);
            self.soon(0, 3_000, Happens::EndAtServer { conn });
        }
        let seed = self.rng.number();
        self.pages[page].reload(self.now, seed);
        self.settle_page(page);
    }

    fn wake(&mut self, page: usize) {
        let device = &mut self.pages[page];
        device.asleep_until = 0;
        let now = device.now(self.now);
        device.link.visibility(now, true);
        device.link.wake(now);
        self.settle_page(page);
        self.read_kept(page);
    }

    fn of_page(&self, page: usize) -> impl Iterator<Item = u32> + '_ {
        self.conns.iter().filter(move |(_, c)| c.page == page && c.client_open).map(|(id, _)| *id)
    }

    // ── the network ─────────────────────────────────────────────────────────────────────────

    fn delay(&mut self) -> i64 {
        match self.rng.below(10) {
            0 => self.rng.range(50, 800),
            _ => self.rng.range(1, 40),
        }
    }

    fn dial(&mut self, page: usize, socket: u32) {
        self.report.connections += 1;
        let node = self.rng.below(self.nodes.len());
        let conn = self.next_conn;
        self.next_conn += 1;
        let delay = self.delay();
        self.conns.insert(
            conn,
            Conn {
                page,
                life: self.pages[page].life,
                socket,
                node,
                node_life: self.nodes[node].life,
                up_at: self.now + delay,
                down_at: self.now + delay,
                up_lost: false,
                down_lost: false,
                client_open: true,
                kept: Vec::new(),
                slow: 0,
            },
        );
        if self.now < self.pages[page].offline_until {
            self.soon(1, 3_000, Happens::EndAtClient { conn, code: 1006 });
        } else if !self.nodes[node].up {
            self.soon(1, 50, Happens::EndAtClient { conn, code: 1006 });
        } else {
            self.at(self.now + delay, Happens::Arrive { conn });
        }
    }

    fn arrive(&mut self, conn: u32) {
        let Some(c) = self.conns.get(&conn) else { return };
        let (page, life, socket, node) = (c.page, c.life, c.socket, c.node);
        if !self.alive(node, c.node_life) {
            return self.soon(1, 50, Happens::EndAtClient { conn, code: 1006 });
        }
        let served = self.nodes[node].served.entry(conn).or_default();
        served.heard = self.now;
        // The handshake's answer is taken to be there at once: nothing can come before it.
        if self.pages[page].life == life && c.client_open {
            let device = &mut self.pages[page];
            let now = device.now(self.now);
            device.link.opened(now, socket, self.codec);
            self.settle_page(page);
            // A person who goes to and fro does not wait for the welcome.
            if self.rng.chance(60) {
                self.soon(0, 60, Happens::Leave { page });
            }
        }
    }

    fn transmit(&mut self, page: usize, frame: Frame) {
        let Some(conn) = self.of_page(page).last() else { return };
        let delay = self.delay();
        let offline = self.now < self.pages[page].offline_until;
        let lasting = self.rng.chance(500);
        let until = self.pages[page].offline_until;
        let Some(c) = self.conns.get_mut(&conn) else { return };
        // Without a network nothing is lost in the middle of a stream: it is sent again later, or
        // the stream is over.
        c.up_lost |= offline && lasting;
        if c.up_lost {
            return;
        }
        c.up_at = c.up_at.max(until).max(self.now + delay + c.slow);
        let at = c.up_at;
        self.at(at, Happens::Up { conn, frame });
    }

    fn hang(&mut self, page: usize, socket: u32) {
        let hung: Vec<u32> =
            self.of_page(page).filter(|conn| self.conns[conn].socket == socket).collect();
        for conn in hung {
            let lost = self.conns[&conn].up_lost;
            self.conns.entry(conn).and_modify(|c| c.client_open = false);
            // What is in flight still arrives, perhaps after the next connection's first words.
            let wait = if lost { SILENCE_MS } else { 2_000 };
            self.soon(0, wait, Happens::EndAtServer { conn });
        }
    }

    fn up(&mut self, conn: u32, frame: Frame) {
        let Some(c) = self.conns.get(&conn) else { return };
        let node = c.node;
        if !self.alive(node, c.node_life) {
            return;
        }
        let Some(served) = self.nodes[node].served.get_mut(&conn) else { return };
        served.heard = self.now;
        let frame = frame.json().expect("a link's own frame");
        served.inbox.extend(decode_frame(&frame, ClientMessage::read).into_iter().map(|decoded| {
            match decoded {
                Decoded::Message(envelope) => envelope,
                Decoded::Refused { error, .. } => panic!("{error:?} in {frame}"),
            }
        }));
        self.read_inbox(conn);
    }

    fn down(&mut self, conn: u32, frame: &Frame) {
        let Some(c) = self.conns.get(&conn) else { return };
        let (page, life, socket) = (c.page, c.life, c.socket);
        if !c.client_open || self.pages[page].life != life {
            return;
        }
        let asleep = self.pages[page].asleep_until;
        if self.now < asleep || !c.kept.is_empty() {
            self.conns.entry(conn).and_modify(|c| c.kept.push(frame.clone()));
            return self.at(asleep, Happens::Awake { page });
        }
        self.hand_over(page, socket, frame);
    }

    fn read_kept(&mut self, page: usize) {
        if self.now < self.pages[page].asleep_until {
            return;
        }
        for conn in self.of_page(page).collect::<Vec<_>>() {
            let Some(c) = self.conns.get_mut(&conn) else { continue };
            let socket = c.socket;
            for frame in std::mem::take(&mut c.kept) {
                self.hand_over(page, socket, &frame);
            }
        }
    }

    fn hand_over(&mut self, page: usize, socket: u32, frame: &Frame) {
        let device = &mut self.pages[page];
        let now = device.now(self.now);
        device.link.frame(now, socket, frame);
        self.settle_page(page);
    }

    fn end_at_server(&mut self, conn: u32) {
        let Some(c) = self.conns.get(&conn) else { return };
        let node = c.node;
        self.nodes[node].served.remove(&conn);
    }

    fn end_at_client(&mut self, conn: u32, code: u16) {
        let Some(c) = self.conns.get_mut(&conn) else { return };
        let (page, life, socket) = (c.page, c.life, c.socket);
        if !std::mem::replace(&mut c.client_open, false) || self.pages[page].life != life {
            return;
        }
        let device = &mut self.pages[page];
        let now = device.now(self.now);
        device.link.closed(now, socket, code);
        self.settle_page(page);
    }

    /// Both sides are told that a connection is over, each in its time.
    fn cut(&mut self, conn: u32, code: u16) {
        let in_flight = self.conns.get(&conn).map_or(self.now, |c| c.down_at);
        let at = in_flight.max(self.now) + self.rng.range(0, 500);
        self.at(at, Happens::EndAtClient { conn, code });
        self.soon(0, 1_000, Happens::EndAtServer { conn });
    }

    // ── nodes ───────────────────────────────────────────────────────────────────────────────

    fn read_inbox(&mut self, conn: u32) {
        let Some(node) = self.conns.get(&conn).map(|c| c.node) else { return };
        loop {
            let Some(served) = self.nodes[node].served.get_mut(&conn) else { return };
            if served.busy {
                return;
            }
            let Some(envelope) = served.inbox.pop_front() else { break };
            self.hear(node, conn, envelope.id, envelope.topic, envelope.message);
        }
        self.write(conn);
    }

    fn hear(
        &mut self,
        node: usize,
        conn: u32,
        id: Option<Uuid>,
        topic: Option<Topic>,
        message: ClientMessage,
    ) {
        let life = self.nodes[node].life;
        let limited = self.now < self.calm && self.rng.chance(10);
        match message {
            ClientMessage::Subscribe(_) | ClientMessage::Resync(_) if limited => {
                self.nodes[node].answer(conn, id, Err(node::unavailable(200)));
                if let Some(served) = self.nodes[node].served.get_mut(&conn) {
                    served.closing = Some(CloseCode::Restarting);
                }
            }
            ClientMessage::Hello(hello) => self.ask(node, conn, Asked::Hello(hello.topics)),
            ClientMessage::Subscribe(request) => {
                self.ask(node, conn, Asked::Subscribe(id, request));
            }
            ClientMessage::Resync(request) => self.ask(node, conn, Asked::Resync(request)),
            ClientMessage::Unsubscribe { name } => {
                self.nodes[node].unfollow(conn, name);
                self.nodes[node].answer(conn, id, Ok(Outcome::Done));
            }
            ClientMessage::Ping { timestamp } => {
                let server_time = BEGIN + self.now;
                self.nodes[node].say(conn, ServerMessage::Pong { timestamp, server_time });
            }
            ClientMessage::Visibility { .. } => {}
            message => {
                let (Some(id), Some(topic)) = (id, topic) else { panic!("a message without id") };
                let came = self.nodes[node].came(conn, topic, id);
                if limited {
                    let wait = self.rng.range(50, 1_000) as u64;
                    return self.nodes[node].put_off(topic, came, wait);
                }
                // A host takes a role away; desks keep theirs.
                if topic == ROOM && self.now < self.calm && self.rng.chance(5) {
                    self.refused.insert(id);
                    return self.nodes[node].answer(conn, Some(id), Err(node::not_allowed()));
                }
                if topic == GYM {
                    if self.nodes[node].queue.is_empty() {
                        self.soon(1, 60, Happens::Commit { node, life });
                    }
                    self.nodes[node].queue.push((came, message));
                } else if let Some(fact) = node::event_of(id, &message, BEGIN + self.now) {
                    if self.nodes.len() == 1 {
                        if self.nodes[node].is_its_turn(topic, came) {
                            self.publish(node, came, fact);
                        }
                        return;
                    }
                    let delay = self.delay();
                    let at = self.script_at[node].max(self.now + delay);
                    self.script_at[node] = at;
                    let fact = Box::new(fact);
                    if let Some(served) = self.nodes[node].served.get_mut(&conn) {
                        served.busy = true;
                    }
                    self.at(at, Happens::Script { node, life, came, fact });
                }
            }
        }
    }

    /// A query of a connection: what comes meanwhile waits.
    fn ask(&mut self, node: usize, conn: u32, asked: Asked) {
        if let Some(served) = self.nodes[node].served.get_mut(&conn) {
            served.busy = true;
            self.soon(1, 80, Happens::CaughtUp { conn, asked });
        }
    }

    fn caught_up(&mut self, conn: u32, asked: &Asked) {
        let Some(node) = self.conns.get(&conn).map(|c| c.node) else { return };
        let Some(served) = self.nodes[node].served.get_mut(&conn) else { return };
        served.busy = false;
        if self.now < self.database_away_until || self.now < self.broker_away_until {
            self.nodes[node].answer(conn, None, Err(node::unavailable(500)));
            if let Some(served) = self.nodes[node].served.get_mut(&conn) {
                served.closing = Some(CloseCode::Restarting);
            }
            return self.write(conn);
        }
        self.nodes[node].catch_up(self.now, conn, asked, &self.truth);
        self.look(node, ROOM);
        self.read_inbox(conn);
    }

    fn write_all(&mut self, node: usize) {
        let conns: Vec<u32> = self.nodes[node].served.keys().copied().collect();
        conns.into_iter().for_each(|conn| self.write(conn));
    }

    fn write(&mut self, conn: u32) {
        let Some(c) = self.conns.get(&conn) else { return };
        let (node, slow) = (c.node, c.slow);
        let Some(served) = self.nodes[node].served.get_mut(&conn) else { return };
        if self.now < served.blocked_until || served.busy {
            return;
        }
        if self.now - served.heard > SILENCE_MS {
            return self.end_at_server(conn);
        }
        let (frame, lost) = self.nodes[node].frame(self.now, conn);
        let wait = slow + self.rng.range(0, 3);
        let lasting = self.rng.chance(500);
        let delay = self.delay();
        let now = self.now;
        if let Some(frame) = frame
            && let Some(c) = self.conns.get_mut(&conn)
        {
            let until = self.pages[c.page].offline_until;
            c.down_at = c.down_at.max(until).max(now + delay + c.slow);
            c.down_lost |= now < until && lasting;
            let at = c.down_at;
            if !c.down_lost {
                let frame = self.codec.frame(frame);
                self.at(at, Happens::Down { conn, frame });
            }
            if let Some(served) = self.nodes[node].served.get_mut(&conn) {
                served.blocked_until = now + wait;
            }
            self.at(now + wait, Happens::Writable { conn });
        }
        let Some(served) = self.nodes[node].served.get_mut(&conn) else { return };
        if let Some(code) = served.closing {
            self.nodes[node].served.remove(&conn);
            return self.cut(conn, code.number());
        }
        if let Some(request) = lost.into_iter().next() {
            self.ask(node, conn, Asked::Resync(request));
        }
    }

    fn commit(&mut self, node: usize, life: u32) {
        if !self.alive(node, life) {
            return;
        }
        let queue = std::mem::take(&mut self.nodes[node].queue);
        if self.now < self.database_away_until {
            for (came, _) in queue {
                let wait = self.rng.range(100, 2_000) as u64;
                self.nodes[node].put_off(GYM, came, wait);
            }
            return self.write_all(node);
        }
        // Where the process dies, if it does: before the commit, after it, or after it has told
        // some of the others.
        let dies = (self.now < self.calm && self.rng.chance(15)).then(|| self.rng.below(3));
        if dies == Some(0) {
            return self.crash(node);
        }
        let mut settled = Vec::new();
        let mut events = Vec::new();
        for (came, message) in queue {
            if !self.nodes[node].is_its_turn(GYM, came) {
                continue;
            }
            // One of two that waited for each other gives way.
            if self.now < self.calm && self.rng.chance(5) {
                self.nodes[node].put_off(GYM, came, 100);
                continue;
            }
            let Came { conn, id, .. } = came;
            let Some(fact) = node::event_of(id, &message, BEGIN + self.now) else { continue };
            let (at, fresh) = self.truth.gym.append(fact.clone());
            let outcome = self.truth.gym.answer(id).unwrap_or(Outcome::Done);
            settled.push((conn, id, outcome, fresh.then(|| at.clone())));
            if fresh {
                events.push((conn, at, fact));
            }
        }
        if dies == Some(1) {
            return self.crash(node);
        }
        for (_, at, fact) in &events {
            self.tell_others(node, GYM, at, fact);
        }
        if dies == Some(2) {
            return self.crash(node);
        }
        for (conn, at, fact) in events {
            self.nodes[node].gym.hint(self.now, &at, fact, Some(conn));
        }
        // Connections may write between the events and the answers.
        if self.rng.chance(500) {
            self.write_all(node);
        }
        for (conn, id, outcome, event) in settled {
            let repeated = event.is_none();
            let at = event.unwrap_or_else(|| self.truth.gym.end().clone());
            self.nodes[node].settle(conn, (GYM, &at), repeated, (id, outcome));
        }
        self.look(node, GYM);
        self.write_all(node);
    }

    fn script(&mut self, node: usize, life: u32, came: Came, fact: Fact) {
        if !self.alive(node, life) {
            return;
        }
        if let Some(served) = self.nodes[node].served.get_mut(&came.conn) {
            served.busy = false;
        }
        if !self.nodes[node].is_its_turn(ROOM, came) {
            // It was put off.
        } else if self.now < self.broker_away_until {
            self.nodes[node].put_off(ROOM, came, 300);
        } else {
            self.publish(node, came, fact);
        }
        self.read_inbox(came.conn);
    }

    fn publish(&mut self, node: usize, came: Came, fact: Fact) {
        let conn = came.conn;
        let (at, fresh) = self.truth.room.append(fact.clone());
        if fresh {
            self.tell_others(node, ROOM, &at, &fact);
        }
        // The reply may be lost although the script ran.
        if self.nodes.len() > 1 && self.now < self.calm && self.rng.chance(20) {
            self.nodes[node].put_off(ROOM, came, 300);
            return self.write(conn);
        }
        let Fact { id, outcome, .. } = fact.clone();
        if fresh && let Some(room) = &mut self.nodes[node].room {
            room.hint(self.now, &at, fact, Some(conn));
        }
        if self.rng.chance(500) {
            self.write_all(node);
        }
        self.nodes[node].settle(conn, (ROOM, &at), !fresh, (id, outcome));
        self.look(node, ROOM);
        self.write_all(node);
    }

    fn tell_others(&mut self, from: usize, topic: Topic, at: &Position, fact: &Fact) {
        for node in (0..self.nodes.len()).filter(|node| *node != from) {
            let times = match self.rng.below(20) {
                0 => 0,
                1 => 2,
                _ => 1,
            };
            for _ in 0..times {
                let life = self.nodes[node].life;
                let (at, fact) = (at.clone(), Box::new(fact.clone()));
                self.soon(0, 90, Happens::Hint { node, life, at, topic, fact });
            }
        }
    }

    /// Looks again when an intake has something to do.
    fn look(&mut self, node: usize, topic: Topic) {
        let (now, life) = (self.now, self.nodes[node].life);
        if let Some(feed) = self.nodes[node].feed(topic) {
            let at = feed.intake.deadline().max(now);
            self.at(at, Happens::Look { node, life, topic });
        }
    }

    fn look_now(&mut self, node: usize, topic: Topic) {
        let (now, life) = (self.now, self.nodes[node].life);
        let Some(feed) = self.nodes[node].feed(topic) else { return };
        if feed.reading {
            return;
        }
        if let Some(wanted) = feed.intake.wanted(now) {
            feed.reading = true;
            self.soon(1, 60, Happens::Read { node, life, topic, wanted });
        }
    }

    fn read(&mut self, node: usize, life: u32, topic: Topic, wanted: &Wanted) {
        if !self.alive(node, life) {
            return;
        }
        let away = match topic {
            Topic::CheckIns => self.database_away_until,
            Topic::Guitar(_) => self.broker_away_until,
        };
        let (now, truth) = (self.now, &self.truth);
        let Some(feed) = self.nodes[node].feed(topic) else { return };
        if now < away {
            feed.reading = false;
            feed.intake.failed(now);
            return self.look(node, topic);
        }
        let found = Box::new(feed.look(wanted, truth));
        self.soon(0, 40, Happens::Answered { node, life, topic, found });
    }

    fn crash(&mut self, node: usize) {
        if !self.nodes[node].up {
            return;
        }
        let conns: Vec<u32> = self.nodes[node].served.keys().copied().collect();
        self.nodes[node].crash();
        if self.nodes.len() == 1 {
            self.truth.room.lose();
        }
        for conn in conns {
            // A killed process's kernel says goodbye; a machine without power does not.
            if self.rng.chance(800) {
                self.soon(0, 100, Happens::EndAtClient { conn, code: 1006 });
            }
        }
        self.soon(50, 8_000, Happens::Start { node });
    }

    fn start(&mut self, node: usize) {
        if !self.nodes[node].up {
            let life = self.nodes[node].life + 1;
            self.nodes[node] = Node::start(self.now, life, self.capacity, &self.truth);
            self.look(node, GYM);
        }
    }

    // ── faults ──────────────────────────────────────────────────────────────────────────────

    fn fault(&mut self) {
        if self.now >= self.calm {
            return;
        }
        self.report.faults += 1;
        self.soon(200, 8_000, Happens::Fault);
        let page = self.rng.below(self.pages.len());
        let node = self.rng.below(self.nodes.len());
        let conn = self.of_page(page).last();
        match self.rng.below(15) {
            0 => {
                if let Some(conn) = conn {
                    self.cut(conn, 1006);
                }
            }
            1 => self.lose(conn, true, false),
            2 => self.lose(conn, false, true),
            3 => self.lose(conn, true, true),
            4 => self.crash(node),
            5 => self.drain(node),
            6 => self.reload(page),
            7 => {
                let until = self.now + self.rng.range(1_000, 90_000);
                self.pages[page].asleep_until = until;
            }
            8 => {
                let until = self.now + self.rng.range(500, 30_000);
                self.pages[page].offline_until = until;
            }
            9 => self.pages[page].skew = self.rng.range(-86_400_000, 86_400_000),
            10 if self.nodes.len() > 1 => self.truth.room.lose(),
            11 => {
                self.broker_away_until = self.now + self.rng.range(100, 10_000);
            }
            12 => {
                self.database_away_until = self.now + self.rng.range(100, 10_000);
            }
            13 => {
                // Deletions are lost only by a page that dies soon.
                self.pages[page].forgetful = true;
                self.soon(0, 300, Happens::Reload { page });
            }
            _ => {
                let slow = [0, 200, 1_500][self.rng.below(3)];
                if let Some(c) = conn.and_then(|conn| self.conns.get_mut(&conn)) {
                    c.slow = slow;
                }
            }
        }
        // A person looks at, or away from, a page.
        if self.rng.chance(400) {
            match self.rng.chance(600) {
                true => self.wake(page),
                false => {
                    let device = &mut self.pages[page];
                    let now = device.now(self.now);
                    device.link.visibility(now, false);
                    self.settle_page(page);
                }
            }
        }
    }

    fn lose(&mut self, conn: Option<u32>, up: bool, down: bool) {
        if let Some(c) = conn.and_then(|conn| self.conns.get_mut(&conn)) {
            c.up_lost |= up;
            c.down_lost |= down;
        }
    }

    /// A server that is told to stop: it says when to come back, and closes.
    fn drain(&mut self, node: usize) {
        let conns: Vec<u32> = self.nodes[node].served.keys().copied().collect();
        for conn in conns {
            let message = ServerMessage::ServerRestart { min_ms: 100, max_ms: 3_000 };
            self.nodes[node].say(conn, message);
            if let Some(served) = self.nodes[node].served.get_mut(&conn) {
                served.closing = Some(CloseCode::Restarting);
                served.busy = false;
                served.blocked_until = 0;
            }
            self.write(conn);
        }
        self.crash(node);
    }

    /// The faults are over.
    fn heal(&mut self) {
        self.broker_away_until = 0;
        self.database_away_until = 0;
        for conn in self.conns.values_mut() {
            conn.slow = 0;
        }
        for node in 0..self.nodes.len() {
            self.start(node);
        }
        for page in 0..self.pages.len() {
            self.pages[page].offline_until = 0;
            self.pages[page].come_back(self.now);
            self.wake(page);
        }
    }

    // ── what must be true in the end ────────────────────────────────────────────────────────

    fn check(&self) {
        for (number, page) in self.pages.iter().enumerate() {
            for topic in &page.topics {
                let end = self.truth.log(*topic).end();
                let view = &page.views[topic];
                assert_eq!(
                    view.at.as_ref(),
                    Some(end),
                    "page {number} did not reach {topic}'s end"
                );
                assert_eq!(view.state, self.truth.state(*topic, end), "page {number} in {topic}");
            }
            self.check_order(number, page);
            let waiting = page.link.figures().waiting;
            assert_eq!(
                waiting, 0,
                "page {number} waits for answers that never come: {:?}",
                page.link
            );
            assert!(page.outbox.is_empty(), "page {number} still waits for {:?}", page.outbox);
            for (id, made) in &page.made {
                let times = self.truth.log(made.topic).most_in_one_life(*id);
                assert!(times <= 1, "{id} was carried out {times} times");
                if made.command {
                    assert!(made.done, "page {number}: the command {id} was never answered");
                    assert_eq!(times, 1, "the command {id} was not carried out");
                }
            }
        }
    }

    /// What a person did stands in the order in which it was done: commands for ever, notes as
    /// long as the page stayed. Where a log was lost, a note may have become an event twice.
    fn check_order(&self, number: usize, page: &Page) {
        let mut last = BTreeMap::new();
        for (id, made) in page.made.iter().filter(|(id, _)| !self.refused.contains(id)) {
            let Some(place) = self.truth.log(made.topic).only_place(*id) else { continue };
            let stay = (!made.command).then_some(made.stay);
            let before = last.insert((made.topic, stay), place);
            assert!(before <= Some(place), "page {number}: {id} was carried out before its turn");
        }
    }
}
