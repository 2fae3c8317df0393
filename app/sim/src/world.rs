//! A world's time: what happens when, and to whom.
//!
//! - [`pages`]: people and their pages
//! - [`network`]: the sockets between
//! - [`clock`]: the practice clock, in database and broker
//! - [`nodes`]: the servers, their database and their broker
//! - [`faults`]: what goes wrong
//! - [`promises`]: what must be true in the end

mod clock;
mod faults;
mod network;
mod nodes;
mod pages;
mod promises;

use crate::{
    node::{Asked, Came, Found, Node},
    page::Page,
    rng::Rng,
    truth::{Fact, GYM, Log, ROOM, Truth},
};
use logic::topic::Wanted;
use protocol::{Codec, Frame, Position, Topic};
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
    /// The broker's script runs for the practice clock.
    Told {
        node: usize,
        life: u32,
        step: u64,
        why: clock::Why,
    },
    /// A node compares what it shows of the practice clock with the database.
    Sweep {
        node: usize,
        life: u32,
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
        let truth =
            Truth { gym: Log::new(usize::MAX), room: Log::new(room_kept), steps: Vec::new() };
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
            world.soon(0, 10_000, Happens::Sweep { node, life: 0 });
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
            Happens::Told { node, life, step, why } => self.told(node, life, step, why),
            Happens::Sweep { node, life } => self.sweep(node, life),
            Happens::Hint { node, life, at, topic, fact } => {
                self.hint(node, life, topic, &at, *fact);
            }
            Happens::Look { node, life, topic } => self.look_now(node, life, topic),
            Happens::Read { node, life, topic, wanted } => self.read(node, life, topic, &wanted),
            Happens::Answered { node, life, topic, found } => {
                self.answered(node, life, topic, *found);
            }
            Happens::Start { node } => self.start(node),
            Happens::Reload { page } => self.reload(page),
            Happens::Leave { page } => self.leave(page, 100),
            Happens::ComeBack { page } => self.come_back(page),
            Happens::Fault => self.fault(),
        }
    }

    fn alive(&self, node: usize, life: u32) -> bool {
        self.nodes[node].up && self.nodes[node].life == life
    }
}
