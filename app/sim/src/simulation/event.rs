//! What can happen in the simulation.

use crate::{
    node::{QueuedCommand, QueuedNote},
    node_topic::SimulatedReading,
};
use logic::{
    presence::{Departure, ParticipantChange, Seats},
    topic::{LogQuery, TopicEvent},
};
use protocol::{Frame, Position, SeatId, Topic};
use std::collections::BTreeSet;

/// Something that is going to happen.
#[derive(Debug)]
pub(super) enum ScheduledEvent {
    /// A link's timer.
    Tick {
        page: usize,
        life: u32,
    },
    /// A person does something.
    Act {
        page: usize,
    },
    /// A program does something.
    ActSimply {
        client: usize,
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
        how: Departure,
    },
    EndAtClient {
        conn: u32,
        code: u16,
    },
    /// A query of a connection's catch-up is answered.
    CatchUp {
        conn: u32,
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
        note: Box<QueuedNote>,
    },
    /// The broker's script runs for the practice clock.
    Announce {
        node: usize,
        life: u32,
        step: u64,
        announcement: Announcement,
    },
    /// A node compares what it shows of the practice clock with the database.
    Sweep {
        node: usize,
        life: u32,
    },
    /// A copy of an event from another node.
    BusMessage {
        node: usize,
        life: u32,
        at: Position,
        topic: Topic,
        event: Box<TopicEvent>,
    },
    /// A node looks whether it has to read a log, and reads it.
    Look {
        node: usize,
        life: u32,
        topic: Topic,
    },
    Query {
        node: usize,
        life: u32,
        topic: Topic,
        query: LogQuery,
    },
    /// The answer of a reading arrives.
    Answered {
        node: usize,
        life: u32,
        topic: Topic,
        reading: Box<SimulatedReading>,
    },
    /// A node reports its devices, because one of them changed.
    ReportSeats {
        node: usize,
        life: u32,
    },
    /// A node compares the devices of all nodes with what the session shows.
    CompareSeats {
        node: usize,
        life: u32,
    },
    /// The broker's script runs for a node's devices.
    SeatsScript {
        node: usize,
        life: u32,
        from: Position,
        report: Box<(Seats, BTreeSet<SeatId>)>,
    },
    /// The devices of all nodes arrive.
    SeatsAnswered {
        node: usize,
        life: u32,
        reading: Box<SeatsReading>,
    },
    /// The broker's script runs for a participant; others come after it.
    PublishParticipant {
        node: usize,
        life: u32,
        change: Box<ParticipantChange>,
        rest: Vec<ParticipantChange>,
        version: SeatsVersion,
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

/// Why the clock is announced.
#[derive(Debug, Clone)]
pub(super) enum Announcement {
    /// A step was made.
    Step(QueuedCommand),
    /// A step was repeated, and the session shows another one.
    Repeated(QueuedCommand),
    /// A step was announced at this position, perhaps for the first time; another node may have
    /// announced a later one before it.
    AfterStep(QueuedCommand, Position, bool),
    /// The sweep found a difference.
    Sweep,
}

/// The epoch of the session's log, and what changes in it with every change of any node's devices.
pub(super) type SeatsVersion = (String, u64);

/// The broker's answer to a node's report.
#[derive(Debug)]
pub(super) struct SeatsReading {
    /// What the node reported.
    pub(super) mine: Seats,
    /// The devices of all nodes.
    pub(super) nodes: Vec<Seats>,
    /// Of the devices of all nodes.
    pub(super) version: SeatsVersion,
    /// Where the log ends.
    pub(super) end: Position,
    /// The comparison with the log that comes with it.
    pub(super) comparison: SimulatedReading,
}
