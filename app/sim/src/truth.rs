//! What really happened: the logs that nobody in the simulation can lie about.

use crate::page::BEGIN;
use protocol::{
    Millis, Note, Position, ServerMessage, Topic,
    guitar::{PracticeStatus, PracticeUpdate, Timestamp},
    server::Outcome,
};
use std::collections::{BTreeMap, VecDeque};
use uuid::Uuid;

/// One event of a log, and whose message made it.
#[derive(Debug, Clone)]
pub struct Fact {
    /// When it was recorded.
    pub ts: Millis,
    /// What everybody hears.
    pub message: ServerMessage,
    /// The message's id.
    pub id: Uuid,
    /// What its sender is told.
    pub outcome: Outcome,
    /// The connection that it came from, which the broker keeps and the database does not.
    pub origin: Option<u32>,
}

/// A topic's log: the database's for a durable topic, the broker's for a session.
#[derive(Debug)]
pub struct Log {
    /// How many events can still be read back.
    keep: usize,
    end: Position,
    kept: VecDeque<Fact>,
    ids: BTreeMap<Uuid, u64>,
    /// Every life of the log, whole, for the checks.
    lives: BTreeMap<String, Vec<Fact>>,
}

impl Log {
    /// An empty log that can be read back so far.
    pub fn new(keep: usize) -> Self {
        let mut log = Self {
            keep,
            end: Position { epoch: String::new(), offset: 0 },
            kept: VecDeque::new(),
            ids: BTreeMap::new(),
            lives: BTreeMap::new(),
        };
        log.lose();
        log
    }

    /// The place of the newest event.
    pub fn end(&self) -> &Position {
        &self.end
    }

    /// Everything is lost: the next event is the first of a new life.
    pub fn lose(&mut self) {
        let epoch = format!("life{}", self.lives.len() + 1);
        self.lives.insert(epoch.clone(), Vec::new());
        self.end = Position { epoch, offset: 0 };
        self.kept.clear();
        self.ids.clear();
    }

    /// Appends an event once per id. Returns its place, and whether it is new.
    pub fn append(&mut self, fact: Fact) -> (Position, bool) {
        if let Some(offset) = self.ids.get(&fact.id) {
            return (Position { epoch: self.end.epoch.clone(), offset: *offset }, false);
        }
        self.end.offset += 1;
        self.ids.insert(fact.id, self.end.offset);
        if let Some(life) = self.lives.get_mut(&self.end.epoch) {
            life.push(fact.clone());
        }
        self.kept.push_back(fact);
        if self.kept.len() > self.keep {
            self.kept.pop_front();
        }
        (self.end.clone(), true)
    }

    /// The first answer to an id.
    pub fn answer(&self, id: Uuid) -> Option<Outcome> {
        let offset = *self.ids.get(&id)?;
        self.at(&self.end.epoch, offset).map(|fact| fact.outcome.clone())
    }

    /// The events after an offset that can still be read.
    pub fn after(&self, offset: u64) -> Vec<(u64, Fact)> {
        let first = self.end.offset + 1 - self.kept.len() as u64;
        (first..).zip(self.kept.iter().cloned()).filter(|(at, _)| *at > offset).collect()
    }

    /// The event at a place of any life.
    pub fn at(&self, epoch: &str, offset: u64) -> Option<&Fact> {
        self.lives.get(epoch)?.get(usize::try_from(offset).ok()?.checked_sub(1)?)
    }

    /// The events of a life up to a place.
    pub fn until(&self, at: &Position) -> &[Fact] {
        let life = self.lives.get(&at.epoch).map_or(&[][..], Vec::as_slice);
        &life[..life.len().min(at.offset as usize)]
    }

    /// Where an id stands, when everything that ever happened is in one life.
    pub fn only_place(&self, id: Uuid) -> Option<u64> {
        self.ids.get(&id).copied().filter(|_| self.lives.len() == 1)
    }

    /// In how many places of how many lives an id stands, the most in one life.
    pub fn most_in_one_life(&self, id: Uuid) -> usize {
        let in_life = |life: &Vec<Fact>| life.iter().filter(|fact| fact.id == id).count();
        self.lives.values().map(in_life).max().unwrap_or(0)
    }
}

/// The topic of the gym's log, which is never lost.
pub const GYM: Topic = Topic::CheckIns;
/// The topic of the guitar session, whose log may be lost.
pub const ROOM: Topic = Topic::Guitar(Uuid::from_u128(0xca_de_ce));

/// What really is.
#[derive(Debug)]
pub struct Truth {
    /// In the database.
    pub gym: Log,
    /// In the broker, or in the memory of the only node.
    pub room: Log,
    /// The steps of the practice clock, in the database.
    pub steps: Vec<Uuid>,
}

impl Truth {
    /// A topic's log.
    pub fn log(&self, topic: Topic) -> &Log {
        match topic {
            Topic::CheckIns => &self.gym,
            Topic::Guitar(_) => &self.room,
        }
    }

    /// Makes a step of the clock once per id. Returns its number, and whether it is new.
    pub fn step(&mut self, id: Uuid) -> (u64, bool) {
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
        for fact in self.log(topic).until(at) {
            apply(&mut state, &fact.message);
        }
        state
    }
}

/// What an event does to what is shown: visits in order, or the chord that is held and the clock.
pub fn apply(state: &mut Vec<String>, message: &ServerMessage) {
    match message {
        ServerMessage::MemberCheckedIn { visit, .. } => state.push(visit.id.to_string()),
        ServerMessage::Note(Note::ChordChange(change)) => {
            state.retain(|shown| shown.starts_with(CLOCK));
            state.insert(0, change.chord.clone());
        }
        ServerMessage::PracticeUpdate(update) => {
            state.retain(|shown| !shown.starts_with(CLOCK));
            state.push(shown(update));
        }
        ServerMessage::Note(Note::Strum(_)) => {}
        other => panic!("nobody says {other:?} here"),
    }
}

/// How the clock is marked in what is shown.
const CLOCK: &str = "clock ";

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
    state.iter().find(|shown| !shown.starts_with(CLOCK)).cloned()
}

/// The clock after a step.
pub fn clock(step: u64) -> PracticeUpdate {
    let timestamp = Timestamp::Millis(BEGIN);
    let status = PracticeStatus::Paused;
    PracticeUpdate { status, timestamp, as_of: BEGIN, elapsed_ms: step as i64 }
}

/// Everybody is told the clock after a step.
pub fn told(step: u64, now: i64, id: Uuid, origin: Option<u32>) -> Fact {
    let update = clock(step);
    let message = ServerMessage::PracticeUpdate(update.clone());
    Fact { ts: BEGIN + now, message, id, outcome: Outcome::Practice(update), origin }
}
