//! What people do with their pages, and the effects of a page's link.

use super::{Simulation, event::ScheduledEvent};
use crate::reference::BEGIN;
use logic::{link::Effect, presence::Departure};
use protocol::{
    ClientMessage, MessageId, Note, Topic,
    guitar::{ChordChange, Direction, PracticeCommand, Strum, StrumSource},
    gym::CheckIn,
};
use uuid::Builder;

impl Simulation {
    /// Carries out the effects of a page's link, and sets its timer.
    pub(super) fn settle_page(&mut self, page: usize) {
        let effects = self.pages[page].work(&self.reference);
        for effect in effects {
            if self.trace {
                println!("{:>8} page {page}: {effect:?}", self.now);
            }
            match effect {
                Effect::Dial(socket) => self.dial(page, socket),
                Effect::Close(socket) => self.hang(page, socket),
                Effect::Transmit(frame) => self.transmit(page, frame),
                other => panic!("an unexpected effect: {other:?}"),
            }
        }
        let device = &mut self.pages[page];
        let now = device.now(self.now);
        let Some(deadline) = device.link.deadline(now) else { return };
        let due = (self.now + (deadline - now.mono)).max(self.now + 1).max(device.asleep_until);
        if device.tick_at.is_none_or(|at| due < at) {
            device.tick_at = Some(due);
            let life = device.life;
            self.at(due, ScheduledEvent::Tick { page, life });
        }
    }

    pub(super) fn tick(&mut self, page: usize, life: u32) {
        let device = &mut self.pages[page];
        if device.life != life {
            return;
        }
        if device.tick_at.is_some_and(|at| at <= self.now) {
            device.tick_at = None;
        }
        if self.now >= device.asleep_until {
            let now = device.now(self.now);
            device.link.on_timer(now);
        }
        self.settle_page(page);
    }

    pub(super) fn act(&mut self, page: usize) {
        if self.now >= self.calm || self.pages[page].closed {
            return;
        }
        self.soon(50, 4_000, ScheduledEvent::Act { page });
        let device = &self.pages[page];
        if self.now < device.asleep_until {
            return;
        }
        let topic = device.topics[self.rng.below(device.topics.len())];
        if device.left == Some(topic) {
            return;
        }
        // A dashboard and a spectator only watch, mostly.
        if !device.roles.may_act_in(topic) && !self.rng.chance(150) {
            return;
        }
        if self.rng.chance(20) {
            return self.leave(page, 5_000);
        }
        // A few at once, as fingers and scanners do.
        for _ in 0..self.rng.range(1, 4) {
            self.report.made += 1;
            let id = self.new_message_id();
            let message = self.new_message(topic);
            self.pages[page].make(self.now, id, topic, message);
        }
        self.settle_page(page);
    }

    /// The id of a new message, which grows with time.
    pub(super) fn new_message_id(&mut self) -> MessageId {
        self.ids += 1;
        let wall = (BEGIN + self.now) as u64;
        let mut tail = [0u8; 10];
        tail[2..].copy_from_slice(&self.ids.to_be_bytes());
        MessageId(Builder::from_unix_timestamp_millis(wall, &tail).into_uuid())
    }

    /// What a person or a program does in a topic; no two strums and no two chords are equal.
    pub(super) fn new_message(&mut self, topic: Topic) -> ClientMessage {
        match topic {
            Topic::CheckIns => ClientMessage::CheckIn(CheckIn {
                member: self.ids.to_string(),
                location: None,
                notes: None,
                override_reason: None,
                at: None,
            }),
            Topic::Guitar(_) if self.rng.chance(100) => {
                ClientMessage::PracticeStart(PracticeCommand::default())
            }
            Topic::Guitar(_) if self.rng.chance(300) => ClientMessage::Note(Note::Strum(Strum {
                direction: Direction::Down,
                velocity: 0.5,
                strings: None,
                source: StrumSource::Swipe,
                at: Some(self.ids as i64),
            })),
            Topic::Guitar(_) => ClientMessage::Note(Note::ChordChange(ChordChange {
                chord: format!("c{}", self.ids),
            })),
        }
    }

    pub(super) fn leave(&mut self, page: usize, at_most: i64) {
        let device = &mut self.pages[page];
        if self.now >= self.calm || device.left.is_some() || device.closed {
            return;
        }
        let topic = device.topics[self.rng.below(device.topics.len())];
        device.leave(self.now, topic);
        self.soon(0, at_most, ScheduledEvent::ComeBack { page });
        self.settle_page(page);
    }

    pub(super) fn come_back(&mut self, page: usize) {
        if self.pages[page].closed {
            return;
        }
        self.pages[page].come_back(self.now);
        self.settle_page(page);
    }

    /// A person closes the page for good; a device that runs out of power closes no socket.
    pub(super) fn close(&mut self, page: usize) {
        match self.rng.chance(500) {
            true => self.close_sockets(page),
            false => {
                let gone: Vec<u32> = self.of_page(page).collect();
                for conn in gone {
                    self.sockets.entry(conn).and_modify(|c| c.client_open = false);
                }
            }
        }
        self.pages[page].close();
    }

    fn close_sockets(&mut self, page: usize) {
        let gone: Vec<u32> = self.of_page(page).collect();
        for conn in gone {
            self.sockets.entry(conn).and_modify(|c| c.client_open = false);
            let how = Departure::Closed;
            self.soon(0, 3_000, ScheduledEvent::EndAtServer { conn, how });
        }
    }

    pub(super) fn reload(&mut self, page: usize) {
        if self.pages[page].closed {
            return;
        }
        self.close_sockets(page);
        let seed = self.rng.number();
        self.pages[page].reload(self.now, seed);
        self.settle_page(page);
    }

    pub(super) fn wake(&mut self, page: usize) {
        if self.pages[page].closed {
            return;
        }
        let device = &mut self.pages[page];
        device.asleep_until = 0;
        let now = device.now(self.now);
        device.link.visibility(now, true);
        device.link.wake(now);
        self.settle_page(page);
        self.read_kept(page);
    }
}
