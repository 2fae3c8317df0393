//! What the nodes commit and publish, and how they inform each other.

use super::{Simulation, event::ScheduledEvent};
use crate::{
    node::{self, QueuedCommand, QueuedNote},
    reference::{BEGIN, GYM, LogRecord, ROOM},
};
use logic::topic::{AnswerPlace, PlacedAnswer, TopicEvent};
use protocol::{Position, Topic, server::Outcome};

/// What one COMMIT made.
#[derive(Default)]
struct CommittedGroup {
    /// Desk commands with their outcomes, and the places of the events that are new.
    answers: Vec<(QueuedCommand, Outcome, Option<Position>)>,
    /// Steps of the practice clock with their numbers, and whether they are new.
    steps: Vec<(QueuedCommand, u64, bool)>,
    /// New events of the gym.
    events: Vec<(Position, TopicEvent)>,
}

impl Simulation {
    pub(super) fn commit(&mut self, node: usize, life: u32) {
        if !self.alive(node, life) {
            return;
        }
        let queue = std::mem::take(&mut self.nodes[node].queue);
        if self.now < self.database_away_until {
            for command in queue {
                let wait = self.rng.range(100, 2_000) as u64;
                self.refuse_command(node, &command, wait);
            }
            return self.write_all(node);
        }
        // Where the process dies, if it does: before the commit, after it, or after it has informed
        // some of the others.
        let dies = (self.now < self.calm && self.rng.chance(15)).then(|| self.rng.below(3));
        if dies == Some(0) {
            return self.crash(node);
        }
        let CommittedGroup { answers, steps, events } = self.run_group(node, queue);
        if dies == Some(1) {
            return self.crash(node);
        }
        for (at, event) in &events {
            let event = TopicEvent { origin: None, ..event.clone() };
            self.inform_others(node, GYM, at, &event);
        }
        if dies == Some(2) {
            return self.crash(node);
        }
        for (at, event) in events {
            self.nodes[node].gym.take_placed(self.now, &at, event);
        }
        // Connections may write between the events and the answers.
        if self.rng.chance(500) {
            self.write_all(node);
        }
        for (command, outcome, event) in answers {
            let place = match event {
                Some(at) => AnswerPlace::Event(GYM, at),
                None => AnswerPlace::Repeat(GYM, self.reference.gym.end().clone()),
            };
            command.done();
            let (id, result) = (Some(command.id), Ok(outcome));
            self.nodes[node].answer(command.conn, PlacedAnswer { id, result, place });
        }
        for (command, step, fresh) in steps {
            self.stepped(node, command, step, fresh);
        }
        self.look(node, GYM);
        self.write_all(node);
    }

    /// Runs the commands of one group in the database.
    fn run_group(&mut self, node: usize, queue: Vec<QueuedCommand>) -> CommittedGroup {
        let mut group = CommittedGroup::default();
        for command in queue {
            // One of two transactions that waited for each other gives way.
            let deadlock = self.now < self.calm && self.rng.chance(5);
            if deadlock || !command.is_due() {
                self.refuse_command(node, &command, 100);
                continue;
            }
            let (conn, id) = (command.conn, command.id);
            if Self::is_step(&command.message) {
                let (step, fresh) = self.reference.step(id);
                group.steps.push((command, step, fresh));
                continue;
            }
            let Some(record) = node::record_of(id, &command.message, BEGIN + self.now) else {
                continue;
            };
            let (at, fresh) = self.reference.gym.append(record.clone());
            let outcome = self.reference.gym.answer(id).unwrap_or(Outcome::Done);
            group.answers.push((command, outcome, fresh.then(|| at.clone())));
            if fresh {
                group.events.push((at, record.from_connection(conn).event));
            }
        }
        group
    }

    /// A command that was not committed has to come again.
    fn refuse_command(&mut self, node: usize, command: &QueuedCommand, wait_ms: u64) {
        command.retry();
        self.nodes[node].refuse(command.conn, command.id, wait_ms);
        self.not_committed(node, command);
    }

    fn not_committed(&mut self, node: usize, command: &QueuedCommand) {
        if Self::is_step(&command.message) {
            self.step_over(node);
        }
    }

    pub(super) fn script(&mut self, node: usize, life: u32, note: QueuedNote) {
        if !self.alive(node, life) {
            return;
        }
        let conn = note.conn;
        if self.now < self.broker_away_until {
            self.not_published(node, &note);
        } else {
            self.publish(node, note);
        }
        self.read_inbox(conn);
    }

    fn not_published(&mut self, node: usize, note: &QueuedNote) {
        if let Some(permit) = &note.permit {
            permit.retry();
        }
        self.nodes[node].refuse(note.conn, note.record.id, 300);
    }

    pub(super) fn publish(&mut self, node: usize, note: QueuedNote) {
        let conn = note.conn;
        let (at, fresh) = self.reference.room.append(note.record.clone());
        if fresh {
            self.inform_others(node, ROOM, &at, &note.record.event);
        }
        // The reply may be lost although the script ran.
        if self.nodes.len() > 1 && self.now < self.calm && self.rng.chance(20) {
            self.not_published(node, &note);
            return self.write(conn);
        }
        let QueuedNote { permit, record: LogRecord { id, event }, .. } = note;
        let result = Ok(event.outcome.clone());
        if fresh && let Some(room) = &self.nodes[node].room {
            room.take_placed(self.now, &at, event);
        }
        if self.rng.chance(500) {
            self.write_all(node);
        }
        if let Some(permit) = permit {
            permit.done();
        }
        let place = match fresh {
            true => AnswerPlace::Event(ROOM, at),
            false => AnswerPlace::Repeat(ROOM, at),
        };
        self.nodes[node].answer(conn, PlacedAnswer { id: Some(id), result, place });
        self.look(node, ROOM);
        self.write_all(node);
    }

    pub(super) fn inform_others(
        &mut self,
        from: usize,
        topic: Topic,
        at: &Position,
        event: &TopicEvent,
    ) {
        for node in (0..self.nodes.len()).filter(|node| *node != from) {
            let times = match self.rng.below(20) {
                0 => 0,
                1 => 2,
                _ => 1,
            };
            for _ in 0..times {
                let life = self.nodes[node].life;
                let (at, event) = (at.clone(), Box::new(event.clone()));
                self.soon(0, 90, ScheduledEvent::BusMessage { node, life, at, topic, event });
            }
        }
    }

    pub(super) fn take_placed(
        &mut self,
        node: usize,
        life: u32,
        topic: Topic,
        at: &Position,
        event: TopicEvent,
    ) {
        if self.alive(node, life)
            && let Some(topic_of_node) = self.nodes[node].topic(topic)
        {
            topic_of_node.take_placed(self.now, at, event);
            self.look(node, topic);
            self.write_all(node);
        }
    }
}
