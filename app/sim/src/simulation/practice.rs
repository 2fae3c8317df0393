//! The practice clock of the session: each step is committed to the database first and then
//! announced through the broker, one at a time on each node. What follows a step is decided by
//! `logic::topic::practice`.

use super::{
    Simulation,
    event::{Announcement, ScheduledEvent},
};
use crate::{
    node::QueuedCommand,
    node_topic::shown_step,
    reference::{self, LogRecord, ROOM},
};
use logic::topic::{
    AnswerPlace, PlacedAnswer,
    practice::{AfterStep, shows},
};
use protocol::{ClientMessage, MessageId, Position, guitar::PracticeUpdate, server::Outcome};
use uuid::Uuid;

/// How often a node compares what the session shows with the database.
const SWEEP_INTERVAL_MS: i64 = 10_000;

impl Simulation {
    /// A step waits for those before it.
    pub(super) fn step(&mut self, node: usize, command: QueuedCommand) {
        if self.nodes[node].room.is_none() {
            if self.now < self.broker_away_until || self.now < self.database_away_until {
                command.retry();
                return self.nodes[node].refuse(command.conn, command.id, 500);
            }
            self.nodes[node].open_room(self.now, &self.reference);
            self.look(node, ROOM);
        }
        self.nodes[node].steps.push_back(command);
        self.next_step(node);
    }

    pub(super) fn next_step(&mut self, node: usize) {
        if self.nodes[node].stepping {
            return;
        }
        if let Some(command) = self.nodes[node].steps.pop_front() {
            self.nodes[node].stepping = true;
            self.enqueue(node, command);
        }
    }

    /// Nothing has to be announced: the step was not committed, or the session shows it.
    pub(super) fn step_over(&mut self, node: usize) {
        self.nodes[node].stepping = false;
        self.next_step(node);
    }

    /// A step is in the database.
    pub(super) fn stepped(&mut self, node: usize, command: QueuedCommand, step: u64, fresh: bool) {
        command.done();
        let update = reference::clock(step);
        let state = self.nodes[node].room.as_ref().map(|room| room.state()).unwrap_or_default();
        match AfterStep::of(fresh, &state, &update) {
            AfterStep::Announce => self.announce(node, step, Announcement::Step(command)),
            AfterStep::AnnounceCurrent => {
                self.announce_current(node, Announcement::Repeated(command));
            }
            AfterStep::Answer => {
                let result = Ok(Outcome::Practice(update));
                let (id, place) = (Some(command.id), AnswerPlace::Anywhere);
                self.nodes[node].answer(command.conn, PlacedAnswer { id, result, place });
                self.step_over(node);
            }
        }
    }

    /// Announces the database's clock, unless the session shows it.
    fn announce_current(&mut self, node: usize, announcement: Announcement) {
        match self.reference.current() {
            Some(step) if !self.shows_step(node, step) => self.announce(node, step, announcement),
            _ => self.end_step(node, announcement),
        }
    }

    fn shows_step(&self, node: usize, step: u64) -> bool {
        let state = self.nodes[node].room.as_ref().map(|room| room.state());
        state.is_some_and(|state| shows(&state, &reference::clock(step)))
    }

    fn announce(&mut self, node: usize, step: u64, announcement: Announcement) {
        let life = self.nodes[node].life;
        if !self.is_shared() {
            return self.announced(node, life, step, announcement);
        }
        let at = self.next_script(node);
        self.at(at, ScheduledEvent::Announce { node, life, step, announcement });
    }

    /// The broker's script runs.
    pub(super) fn announced(
        &mut self,
        node: usize,
        life: u32,
        step: u64,
        announcement: Announcement,
    ) {
        if !self.alive(node, life) {
            return;
        }
        let shared = self.is_shared();
        if shared && self.now < self.broker_away_until {
            return self.not_announced(node, announcement);
        }
        let record = match &announcement {
            Announcement::Step(command) => {
                reference::clock_record(step, self.now, command.id).from_connection(command.conn)
            }
            _ => {
                let id = self.new_id();
                reference::clock_record(step, self.now, id)
            }
        };
        let (at, fresh) = self.append_to_room(node, record, shared && self.now < self.calm);
        let Some(at) = at else { return self.not_announced(node, announcement) };
        match announcement {
            Announcement::Step(command) => {
                let after = Announcement::AfterStep(command, at, fresh);
                match shared {
                    true => self.announce_current(node, after),
                    false => self.end_step(node, after),
                }
            }
            announcement => self.end_step(node, announcement),
        }
    }

    /// Appends to the session's log and informs the nodes. The reply may be lost although the
    /// script ran.
    pub(super) fn append_to_room(
        &mut self,
        node: usize,
        record: LogRecord,
        may_lose: bool,
    ) -> (Option<Position>, bool) {
        let (at, fresh) = self.reference.room.append(record.clone());
        if fresh {
            self.inform_others(node, ROOM, &at, &record.event);
        }
        if may_lose && self.rng.chance(20) {
            return (None, fresh);
        }
        if fresh && let Some(room) = &self.nodes[node].room {
            room.take_placed(self.now, &at, record.event);
            self.look(node, ROOM);
        }
        (Some(at), fresh)
    }

    fn not_announced(&mut self, node: usize, announcement: Announcement) {
        match announcement {
            Announcement::Step(command) | Announcement::Repeated(command) => {
                // It is on disk: no later command waits for it.
                command.retry();
                self.nodes[node].refuse(command.conn, command.id, 300);
                self.end_step(node, Announcement::Sweep);
            }
            // The step itself was announced.
            announcement => self.end_step(node, announcement),
        }
    }

    /// Answers, and lets the next step begin.
    fn end_step(&mut self, node: usize, announcement: Announcement) {
        let answered = match announcement {
            Announcement::AfterStep(command, at, true) => {
                Some((command, AnswerPlace::Event(ROOM, at)))
            }
            Announcement::AfterStep(command, at, false) => {
                Some((command, AnswerPlace::Repeat(ROOM, at)))
            }
            Announcement::Repeated(command) => {
                let room = self.nodes[node].room.as_ref();
                room.map(|room| (command, AnswerPlace::Repeat(ROOM, room.end())))
            }
            Announcement::Step(_) | Announcement::Sweep => None,
        };
        if let Some((command, place)) = answered {
            let steps = &self.reference.steps;
            let step = steps.iter().position(|id| *id == command.id).unwrap_or_default();
            let result = Ok(Outcome::Practice(reference::clock(step as u64 + 1)));
            let id = Some(command.id);
            self.nodes[node].answer(command.conn, PlacedAnswer { id, result, place });
        }
        self.nodes[node].stepping = false;
        self.write_all(node);
        self.next_step(node);
    }

    /// Compares what the session shows with the database.
    pub(super) fn sweep(&mut self, node: usize, life: u32) {
        if !self.alive(node, life) {
            return;
        }
        self.at(self.now + SWEEP_INTERVAL_MS, ScheduledEvent::Sweep { node, life });
        let away = self.now < self.database_away_until || self.now < self.broker_away_until;
        if !away && self.nodes[node].room.is_some() {
            self.announce_if_wrong(node);
        }
    }

    /// Announces the database's clock if the session shows another. A step in progress does so
    /// itself.
    pub(super) fn announce_if_wrong(&mut self, node: usize) {
        let shown = shown_step(self.nodes[node].room.as_ref());
        if !self.nodes[node].stepping && shown != self.reference.current() {
            self.nodes[node].stepping = true;
            self.announce_current(node, Announcement::Sweep);
        }
    }

    /// A new epoch of the session's log has no clock: each node restores what it showed last, once
    /// for all of them.
    pub(super) fn restore_clock(&mut self, node: usize, update: &PracticeUpdate, epoch: &str) {
        let id = MessageId(Uuid::from_bytes(std::array::from_fn(|i| {
            epoch.as_bytes().get(i).copied().unwrap_or(1)
        })));
        let step = update.elapsed_ms as u64;
        let record = reference::clock_record(step, self.now, id);
        self.append_to_room(node, record, false);
    }

    /// An id that the server makes.
    pub(super) fn new_id(&mut self) -> MessageId {
        self.ids += 1;
        MessageId(Uuid::from_u128(u128::from(self.ids)))
    }

    /// Whether a message is a step of the clock.
    pub(super) fn is_step(message: &ClientMessage) -> bool {
        matches!(message, ClientMessage::PracticeStart(_))
    }
}
