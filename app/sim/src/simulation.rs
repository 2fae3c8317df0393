//! The event queue of one seeded run, and what its events do.
//!
//! - [`event`]: what can happen
//! - [`pages`]: what people do with their pages
//! - [`simple_clients`]: what programs of the simple protocol do
//! - [`network`]: the sockets between pages and nodes
//! - [`nodes`]: how servers write, end and start again
//! - [`receiving`]: what they receive
//! - [`publishing`]: what they commit and publish
//! - [`log_reading`]: what they read from database and broker
//! - [`catch_up`]: a connection on its way from a position to the end of a topic
//! - [`practice`]: the practice clock, in database and broker
//! - [`presence`]: which devices are in the session, over all nodes
//! - [`faults`]: what goes wrong
//! - [`checks`]: what must be true in the end

mod catch_up;
mod checks;
mod event;
mod faults;
mod log_reading;
mod network;
mod nodes;
mod pages;
mod practice;
mod presence;
mod publishing;
mod receiving;
mod simple_clients;

use crate::{
    node::ServerNode,
    page::SimulatedPage,
    reference::{GYM, ROOM, Reference, ReferenceLog, ReferenceSeats},
    rng::SeededRng,
    roles::PageRoles,
    simple_client::SimpleClient,
};
use event::ScheduledEvent;
use logic::topic::FrameLimits;
use protocol::{Codec, Frame, MessageId};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap},
};

/// After the faults everything gets so long to come to rest, in milliseconds.
const HEALING_MS: i64 = 180_000;
/// A server drops a connection that was silent for so long.
const SILENCE_MS: i64 = 30_000;

/// What a run came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SeedReport {
    /// Things that happened.
    pub steps: u64,
    /// Messages that people made.
    pub made: u64,
    /// Connections that were opened.
    pub connections: u64,
    /// Faults.
    pub faults: u64,
}

/// Runs the simulation of a seed to its end.
///
/// # Panics
/// When a promise is broken.
pub fn run(seed: u64) -> SeedReport {
    run_to_end(Simulation::new(seed, false))
}

/// As [`run`], and prints everything that events.
///
/// # Panics
/// When a promise is broken.
pub fn trace(seed: u64) -> SeedReport {
    run_to_end(Simulation::new(seed, true))
}

fn run_to_end(mut simulation: Simulation) -> SeedReport {
    simulation.run();
    simulation.check();
    simulation.report
}

/// Who opened a socket.
#[derive(Debug, Clone, Copy)]
enum SocketOwner {
    /// A page in one of its lives, under the number that its link gave the socket.
    Page { page: usize, life: u32, socket: u32 },
    /// A program of the simple protocol.
    Program(usize),
}

/// A socket between a client and a node.
#[derive(Debug)]
struct SimulatedSocket {
    owner: SocketOwner,
    node: usize,
    node_life: u32,
    /// Frames of a direction arrive in order: the last one's moment.
    up_at: i64,
    down_at: i64,
    /// Nothing passes any more, and neither side is informed.
    up_lost: bool,
    down_lost: bool,
    client_open: bool,
    /// Frames that wait for a page that sleeps.
    kept: Vec<Frame>,
    /// Added to each frame's way.
    slow: i64,
}

impl SimulatedSocket {
    /// A socket whose handshake arrives at the node at a moment.
    fn opening(owner: SocketOwner, node: usize, node_life: u32, at: i64) -> Self {
        Self {
            owner,
            node,
            node_life,
            up_at: at,
            down_at: at,
            up_lost: false,
            down_lost: false,
            client_open: true,
            kept: Vec::new(),
            slow: 0,
        }
    }

    /// The page that opened it.
    fn page(&self) -> Option<usize> {
        match self.owner {
            SocketOwner::Page { page, .. } => Some(page),
            SocketOwner::Program(_) => None,
        }
    }
}

struct Simulation {
    rng: SeededRng,
    now: i64,
    /// Faults end here.
    calm: i64,
    queue: BinaryHeap<Reverse<(i64, u64)>>,
    events: BTreeMap<u64, ScheduledEvent>,
    next: u64,
    nodes: Vec<ServerNode>,
    pages: Vec<SimulatedPage>,
    simple_clients: Vec<SimpleClient>,
    sockets: BTreeMap<u32, SimulatedSocket>,
    next_conn: u32,
    reference: Reference,
    ids: u64,
    capacity: usize,
    frame_limits: FrameLimits,
    codec: Codec,
    broker_away_until: i64,
    database_away_until: i64,
    /// Notes that were refused for good, and may have been sent again because the refusal did not arrive.
    refused: BTreeSet<MessageId>,
    /// Scripts of a node run in the order in which they were called.
    script_at: Vec<i64>,
    report: SeedReport,
    /// Print what events.
    trace: bool,
}

impl Simulation {
    fn new(seed: u64, trace: bool) -> Self {
        let mut rng = SeededRng::new(seed);
        let nodes = rng.range(1, 3) as usize;
        let pages = rng.range(2, 5) as usize;
        let capacity = [4, 8, 32, 512][rng.below(4)];
        let room_kept = [8, 64, 512][rng.below(3)];
        let calm = rng.range(20_000, 120_000);
        let frame_limits = FrameLimits {
            messages: [2, 16, 256][rng.below(3)],
            bytes: 64 * 1024,
            events_per_pull: [1, 16, 256][rng.below(3)],
        };
        let codec = Codec::ALL[rng.below(2)];
        let reference = Reference {
            gym: ReferenceLog::new(usize::MAX),
            room: ReferenceLog::new(room_kept),
            seats: ReferenceSeats::default(),
            steps: Vec::new(),
        };
        let mut simulation = Self {
            now: 0,
            calm,
            queue: BinaryHeap::new(),
            events: BTreeMap::new(),
            next: 0,
            nodes: (0..nodes).map(|_| ServerNode::start(0, 0, capacity, &reference)).collect(),
            pages: Vec::new(),
            simple_clients: Vec::new(),
            sockets: BTreeMap::new(),
            next_conn: 0,
            reference,
            ids: 0,
            capacity,
            frame_limits,
            codec,
            broker_away_until: 0,
            database_away_until: 0,
            refused: BTreeSet::new(),
            script_at: vec![0; nodes],
            report: SeedReport::default(),
            trace,
            rng,
        };
        simulation.add_pages(pages);
        simulation.add_simple_clients();
        for node in 0..nodes {
            simulation.look(node, GYM);
            simulation.soon(0, 10_000, ScheduledEvent::Sweep { node, life: 0 });
            simulation.soon(0, 1_000, ScheduledEvent::CompareSeats { node, life: 0 });
        }
        simulation.soon(500, 8_000, ScheduledEvent::Fault);
        simulation
    }

    fn add_pages(&mut self, pages: usize) {
        for page in 0..pages {
            let topics = match self.rng.below(3) {
                0 => vec![GYM],
                1 => vec![ROOM],
                _ => vec![GYM, ROOM],
            };
            let roles = PageRoles::choose(&mut self.rng);
            let seed = self.rng.number();
            self.pages.push(SimulatedPage::open(0, page, seed, topics, roles));
            self.settle_page(page);
            self.soon(0, 3_000, ScheduledEvent::Act { page });
        }
    }

    fn at(&mut self, moment: i64, event: ScheduledEvent) {
        self.next += 1;
        self.queue.push(Reverse((moment.max(self.now), self.next)));
        self.events.insert(self.next, event);
    }

    fn soon(&mut self, from: i64, to: i64, event: ScheduledEvent) {
        let wait = self.rng.range(from, to);
        self.at(self.now + wait, event);
    }

    fn run(&mut self) {
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
            assert!(self.report.steps < 2_000_000, "the simulation does not come to rest");
            let Some(event) = self.events.remove(&key) else { continue };
            if self.trace {
                println!("{moment:>8} {event:?}");
            }
            self.dispatch(event);
        }
    }

    fn dispatch(&mut self, event: ScheduledEvent) {
        match event {
            ScheduledEvent::Tick { page, life } => self.tick(page, life),
            ScheduledEvent::Act { page } => self.act(page),
            ScheduledEvent::ActSimply { client } => self.act_simply(client),
            ScheduledEvent::Arrive { conn } => self.arrive(conn),
            ScheduledEvent::Up { conn, frame } => self.up(conn, frame),
            ScheduledEvent::Down { conn, frame } => self.down(conn, &frame),
            ScheduledEvent::Awake { page } => self.read_kept(page),
            ScheduledEvent::EndAtServer { conn, how } => self.end_at_server(conn, how),
            ScheduledEvent::EndAtClient { conn, code } => self.end_at_client(conn, code),
            ScheduledEvent::CatchUp { conn } => self.continue_catch_up(conn),
            ScheduledEvent::Writable { conn } => self.write(conn),
            ScheduledEvent::Commit { node, life } => self.commit(node, life),
            ScheduledEvent::Script { node, life, note } => self.script(node, life, *note),
            ScheduledEvent::Announce { node, life, step, announcement } => {
                self.announced(node, life, step, announcement);
            }
            ScheduledEvent::Sweep { node, life } => self.sweep(node, life),
            ScheduledEvent::BusMessage { node, life, at, topic, event } => {
                self.take_placed(node, life, topic, &at, *event);
            }
            ScheduledEvent::Look { node, life, topic } => self.look_now(node, life, topic),
            ScheduledEvent::Query { node, life, topic, query } => {
                self.query(node, life, topic, &query);
            }
            ScheduledEvent::Answered { node, life, topic, reading } => {
                self.answered(node, life, topic, *reading);
            }
            ScheduledEvent::ReportSeats { node, life } => self.report_seats(node, life),
            ScheduledEvent::CompareSeats { node, life } => self.compare_seats(node, life),
            ScheduledEvent::SeatsScript { node, life, from, report } => {
                self.seats_script(node, life, from, *report);
            }
            ScheduledEvent::SeatsAnswered { node, life, reading } => {
                self.seats_answered(node, life, *reading);
            }
            ScheduledEvent::PublishParticipant { node, life, change, rest, version } => {
                self.publish_participant(node, life, *change, rest, version);
            }
            ScheduledEvent::Start { node } => self.start(node),
            ScheduledEvent::Reload { page } => self.reload(page),
            ScheduledEvent::Leave { page } => self.leave(page, 100),
            ScheduledEvent::ComeBack { page } => self.come_back(page),
            ScheduledEvent::Fault => self.fault(),
        }
    }

    /// Whether several nodes share the session through the broker.
    fn is_shared(&self) -> bool {
        self.nodes.len() > 1
    }

    /// When a script that a node calls now runs at the broker.
    fn next_script(&mut self, node: usize) -> i64 {
        let at = (self.now + self.delay()).max(self.script_at[node]);
        self.script_at[node] = at;
        at
    }

    fn alive(&self, node: usize, life: u32) -> bool {
        self.nodes[node].up && self.nodes[node].life == life
    }
}
