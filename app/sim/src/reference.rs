//! The reference: what the database and the broker hold, and what a page at a position has to show.
//! Nothing of `logic` decides here, so that a mistake there cannot confirm itself.

use logic::{
    presence::Seats,
    topic::{EventOrigin, TopicEvent},
};
use protocol::{
    ConnectionId, MessageId, Note, Position, SeatId, ServerMessage, SessionId, Topic,
    guitar::{Participant, PracticeStatus, PracticeUpdate, Presence, Timestamp},
    server::Outcome,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use uuid::Uuid;

/// A node that has not renewed its lease for so long is dead, in milliseconds.
const LEASE_MS: i64 = 15_000;
/// The report of a dead node is forgotten so long after its lease, in milliseconds.
const FORGET_AFTER_MS: i64 = 180_000;

/// The wall clock when the simulation begins.
pub const BEGIN: i64 = 1_790_000_000_000;

/// One event of a log.
#[derive(Debug, Clone)]
pub struct LogRecord {
    /// The id of the message that made it.
    pub id: MessageId,
    /// The event. The broker's log records its origin, the database's does not.
    pub event: TopicEvent,
}

impl LogRecord {
    /// The same record, made by a connection.
    #[must_use]
    pub fn from_connection(mut self, conn: u32) -> Self {
        self.event.origin =
            Some(EventOrigin { connection: connection_id(conn), message: Some(self.id) });
        self
    }
}

/// The id of a connection, as events name it.
pub fn connection_id(conn: u32) -> ConnectionId {
    ConnectionId(Uuid::from_u128(u128::from(conn)))
}

/// A topic's log: the database's for a durable topic, the broker's for a session.
#[derive(Debug)]
pub struct ReferenceLog {
    /// How many events can still be read back.
    keep: usize,
    end: Position,
    kept: VecDeque<LogRecord>,
    ids: BTreeMap<MessageId, u64>,
    /// Every epoch of the log, whole, for the checks.
    epochs: BTreeMap<String, Vec<LogRecord>>,
}

impl ReferenceLog {
    /// An empty log that can be read back so far.
    pub fn new(keep: usize) -> Self {
        let mut log = Self {
            keep,
            end: Position { epoch: String::new(), offset: 0 },
            kept: VecDeque::new(),
            ids: BTreeMap::new(),
            epochs: BTreeMap::new(),
        };
        log.lose();
        log
    }

    /// The place of the newest event.
    pub fn end(&self) -> &Position {
        &self.end
    }

    /// Loses everything: the next event is the first of a new epoch.
    pub fn lose(&mut self) {
        let epoch = format!("epoch{}", self.epochs.len() + 1);
        self.epochs.insert(epoch.clone(), Vec::new());
        self.end = Position { epoch, offset: 0 };
        self.kept.clear();
        self.ids.clear();
    }

    /// Appends an event once per id. Returns its place, and whether it is new.
    pub fn append(&mut self, record: LogRecord) -> (Position, bool) {
        if let Some(offset) = self.ids.get(&record.id) {
            return (Position { epoch: self.end.epoch.clone(), offset: *offset }, false);
        }
        self.end.offset += 1;
        self.ids.insert(record.id, self.end.offset);
        if let Some(records) = self.epochs.get_mut(&self.end.epoch) {
            records.push(record.clone());
        }
        self.kept.push_back(record);
        if self.kept.len() > self.keep {
            self.kept.pop_front();
        }
        (self.end.clone(), true)
    }

    /// The first answer to an id.
    pub fn answer(&self, id: MessageId) -> Option<Outcome> {
        let offset = *self.ids.get(&id)?;
        self.at(&self.end.epoch, offset).map(|record| record.event.outcome.clone())
    }

    /// The events after an offset that can still be read.
    pub fn after(&self, offset: u64) -> Vec<(u64, LogRecord)> {
        let first = self.end.offset + 1 - self.kept.len() as u64;
        (first..).zip(self.kept.iter().cloned()).filter(|(at, _)| *at > offset).collect()
    }

    /// The event at an offset of any epoch.
    pub fn at(&self, epoch: &str, offset: u64) -> Option<&LogRecord> {
        self.epochs.get(epoch)?.get(usize::try_from(offset).ok()?.checked_sub(1)?)
    }

    /// The events of an epoch up to a position.
    pub fn until(&self, at: &Position) -> &[LogRecord] {
        let records = self.epochs.get(&at.epoch).map_or(&[][..], Vec::as_slice);
        &records[..records.len().min(at.offset as usize)]
    }

    /// The offset of an id, if the log has had one epoch only.
    pub fn only_place(&self, id: MessageId) -> Option<u64> {
        self.place(id).filter(|_| self.epochs.len() == 1)
    }

    /// The offset of an id in the present epoch.
    pub fn place(&self, id: MessageId) -> Option<u64> {
        self.ids.get(&id).copied()
    }

    /// Whether an id stands in several epochs: its log was lost, and it was sent again.
    pub fn is_in_several_epochs(&self, id: MessageId) -> bool {
        let has_it = |epoch: &&Vec<LogRecord>| epoch.iter().any(|record| record.id == id);
        self.epochs.values().filter(has_it).count() > 1
    }

    /// In how many places of how many epochs an id stands, the most in one life.
    pub fn most_in_one_epoch(&self, id: MessageId) -> usize {
        let in_epoch =
            |epoch: &Vec<LogRecord>| epoch.iter().filter(|record| record.id == id).count();
        self.epochs.values().map(in_epoch).max().unwrap_or(0)
    }
}

/// The topic of the gym's log, which is never lost.
pub const GYM: Topic = Topic::CheckIns;
/// The topic of the guitar session, whose log may be lost.
pub const ROOM: Topic = Topic::Guitar(SessionId(Uuid::from_u128(0xca_de_ce)));

/// What database and broker hold.
#[derive(Debug)]
pub struct Reference {
    /// In the database.
    pub gym: ReferenceLog,
    /// In the broker, or in the memory of the only node.
    pub room: ReferenceLog,
    /// The devices that the nodes reported for the session.
    pub seats: ReferenceSeats,
    /// The steps of the practice clock, in the database.
    pub steps: Vec<MessageId>,
}

/// The devices of each node, in the broker.
#[derive(Debug, Default)]
pub struct ReferenceSeats {
    /// By node and life.
    reports: BTreeMap<(usize, u32), SeatsReport>,
    version: u64,
}

/// What one node reported.
#[derive(Debug)]
pub struct SeatsReport {
    /// Until when the node counts as alive.
    pub lease_ends: i64,
    /// Its devices, as `logic` keeps them.
    pub seats: Seats,
    /// The devices whose pages were visible on it.
    visible: BTreeSet<SeatId>,
}

impl ReferenceSeats {
    /// Takes a node's report and renews its lease.
    pub fn report(
        &mut self,
        node: (usize, u32),
        mine: &Seats,
        visible: BTreeSet<SeatId>,
        now: i64,
    ) {
        let report = SeatsReport { lease_ends: now + LEASE_MS, seats: mine.clone(), visible };
        let before = self.reports.insert(node, report);
        // Devices whose lease was over are there again.
        let changed = |before: SeatsReport| before.lease_ends < now || before.seats != *mine;
        self.version += u64::from(before.is_none_or(changed));
        let known = self.reports.len();
        self.reports.retain(|_, report| report.lease_ends + FORGET_AFTER_MS >= now);
        self.version += (known - self.reports.len()) as u64;
    }

    /// The report of each node.
    pub fn all(&self) -> impl Iterator<Item = &SeatsReport> {
        self.reports.values()
    }

    /// Whether a node with a lease has reported a device as visible.
    pub fn is_visible(&self, seat: SeatId, now: i64) -> bool {
        let has_it =
            |report: &SeatsReport| report.lease_ends >= now && report.visible.contains(&seat);
        self.reports.values().any(has_it)
    }

    /// Changes with every change of any node's devices.
    pub fn version(&self) -> u64 {
        self.version
    }
}

impl Reference {
    /// A topic's log.
    pub fn log(&self, topic: Topic) -> &ReferenceLog {
        match topic {
            Topic::CheckIns => &self.gym,
            Topic::Guitar(_) => &self.room,
        }
    }

    /// The broker loses everything: the session's log, and who reported what.
    pub fn lose_room(&mut self) {
        self.room.lose();
        self.seats = ReferenceSeats::default();
    }

    /// Makes a step of the clock once per id. Returns its number, and whether it is new.
    pub fn step(&mut self, id: MessageId) -> (u64, bool) {
        let made = self.steps.iter().position(|step| *step == id);
        if made.is_none() {
            self.steps.push(id);
        }
        (made.map_or(self.steps.len(), |place| place + 1) as u64, made.is_none())
    }

    /// The newest step.
    pub fn current(&self) -> Option<u64> {
        Some(self.steps.len() as u64).filter(|step| *step > 0)
    }

    /// What a page at this position has to show.
    pub fn state(&self, topic: Topic, at: &Position) -> Vec<String> {
        let mut state = Vec::new();
        for record in self.log(topic).until(at) {
            apply(&mut state, &record.event.message);
        }
        state
    }
}

/// What an event does to what is shown: visits in order, or the chord that is held, the clock, and
/// the devices that are there.
pub fn apply(state: &mut Vec<String>, message: &ServerMessage) {
    match message {
        ServerMessage::MemberCheckedIn { visit, .. } => state.push(visit.id.to_string()),
        ServerMessage::Note(Note::ChordChange(change)) => {
            state.retain(|shown| shown.starts_with(CLOCK) || shown.starts_with(SEAT));
            state.insert(0, change.chord.clone());
        }
        ServerMessage::ConnectionUpdate(participant) => {
            let seat = seat_prefix(participant.user_id);
            state.retain(|shown| !shown.starts_with(&seat));
            state.extend(shown_seat(participant));
            *state = in_order(std::mem::take(state));
        }
        ServerMessage::PracticeUpdate(update) => {
            state.retain(|shown| !shown.starts_with(CLOCK));
            state.push(shown(update));
            *state = in_order(std::mem::take(state));
        }
        ServerMessage::Note(Note::Strum(_)) => {}
        other => panic!("no event of the simulation: {other:?}"),
    }
}

/// The prefix of the clock in what is shown.
const CLOCK: &str = "clock ";

/// The prefix of a device in what is shown.
const SEAT: &str = "seat ";

fn seat_prefix(seat: SeatId) -> String {
    format!("{SEAT}{seat} ")
}

/// A device as it is shown; one that is gone is not.
pub fn shown_seat(participant: &Participant) -> Option<String> {
    let Participant { user_id, role, status, .. } = participant;
    let there = *status != Presence::Disconnected;
    there.then(|| format!("{}{role:?} {status:?}", seat_prefix(*user_id)))
}

/// The devices that are shown.
pub fn seats_in(state: &[String]) -> Vec<String> {
    state.iter().filter(|shown| shown.starts_with(SEAT)).cloned().collect()
}

/// What is shown of a session, the chord first, then the clock, then the devices.
pub fn in_order(mut state: Vec<String>) -> Vec<String> {
    let rank = |shown: &String| (shown.starts_with(SEAT), shown.starts_with(CLOCK), shown.clone());
    state.sort_by_key(rank);
    state
}

/// The clock as it is shown.
pub fn shown(update: &PracticeUpdate) -> String {
    format!("{CLOCK}{}", update.elapsed_ms)
}

/// The step of the clock that is shown.
pub fn clock_in(state: &[String]) -> Option<u64> {
    state.iter().find_map(|shown| shown.strip_prefix(CLOCK)?.parse().ok())
}

/// The chord that is shown.
pub fn chord_in(state: &[String]) -> Option<String> {
    state.iter().find(|shown| !shown.starts_with(CLOCK) && !shown.starts_with(SEAT)).cloned()
}

/// The clock after a step.
pub fn clock(step: u64) -> PracticeUpdate {
    let timestamp = Timestamp::Millis(BEGIN);
    let status = PracticeStatus::Paused;
    PracticeUpdate { status, timestamp, as_of: BEGIN, elapsed_ms: step as i64 }
}

/// The event that announces the clock after a step.
pub fn clock_record(step: u64, now: i64, id: MessageId) -> LogRecord {
    let update = clock(step);
    let message = ServerMessage::PracticeUpdate(update.clone());
    let outcome = Outcome::Practice(update);
    LogRecord { id, event: TopicEvent { outcome, ..TopicEvent::by_server(BEGIN + now, message) } }
}
