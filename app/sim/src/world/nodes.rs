//! What the nodes do with what they hear: commit, publish, tell each other, read again, write,
//! end and start again.

use super::{Happens, SILENCE_MS, World};
use crate::{
    node::{self, Asked, Came, Found, Node},
    page::BEGIN,
    truth::{Fact, GYM, ROOM, clock_in},
};
use logic::topic::Wanted;
use protocol::{ClientMessage, CloseCode, Position, ServerMessage, Topic, server::Outcome};
use uuid::Uuid;

impl World {
    pub(super) fn read_inbox(&mut self, conn: u32) {
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
                    served.closing = Some(CloseCode::TooManyMessages);
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
                let step = Self::is_step(&message);
                let lane = if step { GYM } else { topic };
                let came = self.nodes[node].came(conn, lane, id);
                if limited {
                    let wait = self.rng.range(50, 1_000) as u64;
                    return self.nodes[node].put_off(lane, came, wait);
                }
                if step {
                    return self.step(node, came, message);
                }
                // A host takes a role away; desks keep theirs.
                if topic == ROOM && self.now < self.calm && self.rng.chance(5) {
                    self.refused.insert(id);
                    return self.nodes[node].answer(conn, Some(id), Err(node::not_allowed()));
                }
                if topic == GYM {
                    self.enqueue(node, came, message);
                } else if let Some(fact) = node::event_of(id, &message, BEGIN + self.now) {
                    let fact = Fact { origin: Some(conn), ..fact };
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

    /// A command waits for the writer.
    pub(super) fn enqueue(&mut self, node: usize, came: Came, message: ClientMessage) {
        if self.nodes[node].queue.is_empty() {
            let life = self.nodes[node].life;
            self.soon(1, 60, Happens::Commit { node, life });
        }
        self.nodes[node].queue.push((came, message));
    }

    /// A query of a connection: what comes meanwhile waits.
    fn ask(&mut self, node: usize, conn: u32, asked: Asked) {
        if let Some(served) = self.nodes[node].served.get_mut(&conn) {
            served.busy = true;
            self.soon(1, 80, Happens::CaughtUp { conn, asked });
        }
    }

    pub(super) fn caught_up(&mut self, conn: u32, asked: &Asked) {
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
        let known = self.nodes[node].room.is_some();
        self.nodes[node].catch_up(self.now, conn, asked, &self.truth);
        self.look(node, ROOM);
        if !known && self.nodes[node].room.is_some() {
            self.tell_if_wrong(node);
        }
        self.read_inbox(conn);
    }

    pub(super) fn write_all(&mut self, node: usize) {
        let conns: Vec<u32> = self.nodes[node].served.keys().copied().collect();
        conns.into_iter().for_each(|conn| self.write(conn));
    }

    pub(super) fn write(&mut self, conn: u32) {
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

    pub(super) fn commit(&mut self, node: usize, life: u32) {
        if !self.alive(node, life) {
            return;
        }
        let queue = std::mem::take(&mut self.nodes[node].queue);
        if self.now < self.database_away_until {
            for (came, message) in queue {
                let wait = self.rng.range(100, 2_000) as u64;
                self.nodes[node].put_off(GYM, came, wait);
                self.not_committed(node, &message);
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
        let mut steps = Vec::new();
        let mut events = Vec::new();
        for (came, message) in queue {
            if !self.nodes[node].is_its_turn(GYM, came) {
                self.not_committed(node, &message);
                continue;
            }
            // One of two that waited for each other gives way.
            if self.now < self.calm && self.rng.chance(5) {
                self.nodes[node].put_off(GYM, came, 100);
                self.not_committed(node, &message);
                continue;
            }
            if Self::is_step(&message) {
                let (step, fresh) = self.truth.step(came.id);
                steps.push((came, step, fresh));
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
            self.nodes[node].gym.hint(self.now, &at, Fact { origin: Some(conn), ..fact });
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
        for (came, step, fresh) in steps {
            self.stepped(node, came, step, fresh);
        }
        self.look(node, GYM);
        self.write_all(node);
    }

    fn not_committed(&mut self, node: usize, message: &ClientMessage) {
        if Self::is_step(message) {
            self.step_over(node);
        }
    }

    pub(super) fn script(&mut self, node: usize, life: u32, came: Came, fact: Fact) {
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
            room.hint(self.now, &at, fact);
        }
        if self.rng.chance(500) {
            self.write_all(node);
        }
        self.nodes[node].settle(conn, (ROOM, &at), !fresh, (id, outcome));
        self.look(node, ROOM);
        self.write_all(node);
    }

    pub(super) fn tell_others(&mut self, from: usize, topic: Topic, at: &Position, fact: &Fact) {
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

    pub(super) fn hint(&mut self, node: usize, life: u32, topic: Topic, at: &Position, fact: Fact) {
        if self.alive(node, life)
            && let Some(feed) = self.nodes[node].feed(topic)
        {
            feed.hint(self.now, at, fact);
            self.look(node, topic);
            self.write_all(node);
        }
    }

    /// Looks again when an intake has something to do.
    pub(super) fn look(&mut self, node: usize, topic: Topic) {
        let (now, life) = (self.now, self.nodes[node].life);
        if let Some(feed) = self.nodes[node].feed(topic) {
            let at = feed.intake.deadline().max(now);
            self.at(at, Happens::Look { node, life, topic });
        }
    }

    pub(super) fn look_now(&mut self, node: usize, life: u32, topic: Topic) {
        if !self.alive(node, life) {
            return;
        }
        let now = self.now;
        let Some(feed) = self.nodes[node].feed(topic) else { return };
        if feed.reading {
            return;
        }
        if let Some(wanted) = feed.intake.wanted(now) {
            feed.reading = true;
            self.soon(1, 60, Happens::Read { node, life, topic, wanted });
        }
    }

    pub(super) fn read(&mut self, node: usize, life: u32, topic: Topic, wanted: &Wanted) {
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

    pub(super) fn answered(&mut self, node: usize, life: u32, topic: Topic, found: Found) {
        if !self.alive(node, life) {
            return;
        }
        if let Some(feed) = self.nodes[node].feed(topic) {
            let before = (feed.end().epoch.clone(), clock_in(feed.shown()));
            feed.read(self.now, found);
            let epoch = feed.end().epoch.clone();
            if let (old, Some(step)) = before
                && old != epoch
                && clock_in(feed.shown()).is_none()
            {
                self.restore_clock(node, step, &epoch);
            }
        }
        self.look(node, topic);
        self.write_all(node);
    }

    pub(super) fn crash(&mut self, node: usize) {
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

    pub(super) fn start(&mut self, node: usize) {
        if !self.nodes[node].up {
            let life = self.nodes[node].life + 1;
            self.nodes[node] = Node::start(self.now, life, self.capacity, &self.truth);
            self.look(node, GYM);
            let life = self.nodes[node].life;
            self.soon(0, 10_000, Happens::Sweep { node, life });
        }
    }

    /// A server that is told to stop: it says when to come back, and closes.
    pub(super) fn drain(&mut self, node: usize) {
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
}
