//! The practice clock of the session: each step is committed to the database first, and then told
//! through the broker, one at a time on each node.

use super::{Happens, World};
use crate::{
    node::{self, Came},
    truth::{self, Fact, GYM, ROOM, clock_in},
};
use protocol::{ClientMessage, Position, server::Outcome};
use uuid::Uuid;

/// A node looks so often whether everybody was told how the clock stands, in milliseconds.
const SWEEP_MS: i64 = 10_000;

/// Why everybody is told how the clock stands.
#[derive(Debug, Clone)]
pub(super) enum Why {
    /// A step was made.
    Step(Came),
    /// A step came again, and somebody was told something else meanwhile.
    Again(Came),
    /// A step was told, at this place and perhaps for the first time; another node may have told a
    /// later one before it.
    Told(Came, Position, bool),
    /// Nobody asked.
    Sweep,
}

impl World {
    /// A step waits for those before it.
    pub(super) fn step(&mut self, node: usize, came: Came, message: ClientMessage) {
        if self.nodes[node].room.is_none() {
            if self.now < self.broker_away_until || self.now < self.database_away_until {
                return self.nodes[node].put_off(GYM, came, 500);
            }
            self.nodes[node].open_room(self.now, &self.truth);
            self.look(node, ROOM);
        }
        self.nodes[node].steps.push_back((came, message));
        self.next_step(node);
    }

    pub(super) fn next_step(&mut self, node: usize) {
        if self.nodes[node].stepping {
            return;
        }
        if let Some((came, message)) = self.nodes[node].steps.pop_front() {
            self.nodes[node].stepping = true;
            self.enqueue(node, came, message);
        }
    }

    /// Nobody has to be told: a step was not committed, or everybody knows it.
    pub(super) fn step_over(&mut self, node: usize) {
        self.nodes[node].stepping = false;
        self.next_step(node);
    }

    /// A step is in the database.
    pub(super) fn stepped(&mut self, node: usize, came: Came, step: u64, fresh: bool) {
        self.nodes[node].decided(GYM, came);
        let shown = self.shown(node);
        match fresh {
            true if shown == Some(step) => {
                let outcome = Outcome::Practice(truth::clock(step));
                self.nodes[node].answer(came.conn, Some(came.id), Ok(outcome));
                self.step_over(node);
            }
            true => self.tell_clock(node, step, Why::Step(came)),
            false if shown != self.truth.current() => self.tell_now(node, Why::Again(came)),
            false => self.end_step(node, Why::Again(came)),
        }
    }

    /// Tells everybody how the clock stands in the database.
    fn tell_now(&mut self, node: usize, why: Why) {
        match self.truth.current() {
            Some(step) => self.tell_clock(node, step, why),
            None => self.end_step(node, why),
        }
    }

    fn tell_clock(&mut self, node: usize, step: u64, why: Why) {
        let life = self.nodes[node].life;
        if self.nodes.len() == 1 {
            return self.told(node, life, step, why);
        }
        let delay = self.delay();
        let at = self.script_at[node].max(self.now + delay);
        self.script_at[node] = at;
        self.at(at, Happens::Told { node, life, step, why });
    }

    /// The broker's script runs.
    pub(super) fn told(&mut self, node: usize, life: u32, step: u64, why: Why) {
        if !self.alive(node, life) {
            return;
        }
        let shared = self.nodes.len() > 1;
        if shared && self.now < self.broker_away_until {
            return self.not_told(node, why);
        }
        let origin = match &why {
            Why::Step(came) => Some(*came),
            Why::Again(_) | Why::Told(..) | Why::Sweep => None,
        };
        let id = origin.map_or_else(|| self.new_id(), |came| came.id);
        let fact = truth::told(step, self.now, id, origin.map(|came| came.conn));
        let (at, fresh) = self.say_in_room(node, fact, shared && self.now < self.calm);
        let Some(at) = at else { return self.not_told(node, why) };
        match why {
            Why::Step(came) if shared && self.shown(node) != self.truth.current() => {
                self.tell_now(node, Why::Told(came, at, fresh));
            }
            Why::Step(came) => self.end_step(node, Why::Told(came, at, fresh)),
            why => self.end_step(node, why),
        }
    }

    /// Appends to the session's log and tells everybody. The reply may be lost although the script
    /// ran.
    fn say_in_room(&mut self, node: usize, fact: Fact, may_lose: bool) -> (Option<Position>, bool) {
        let (at, fresh) = self.truth.room.append(fact.clone());
        if fresh {
            self.tell_others(node, ROOM, &at, &fact);
        }
        if may_lose && self.rng.chance(20) {
            return (None, fresh);
        }
        if fresh && let Some(room) = &mut self.nodes[node].room {
            room.hint(self.now, &at, fact);
            self.look(node, ROOM);
        }
        (Some(at), fresh)
    }

    fn not_told(&mut self, node: usize, why: Why) {
        match why {
            Why::Step(Came { conn, id, .. }) | Why::Again(Came { conn, id, .. }) => {
                self.nodes[node].answer(conn, Some(id), Err(node::unavailable(300)));
                self.end_step(node, Why::Sweep);
            }
            // The step itself was told.
            why => self.end_step(node, why),
        }
    }

    /// Answers, and lets the next step begin.
    fn end_step(&mut self, node: usize, why: Why) {
        let settled = match why {
            Why::Told(came, at, fresh) => Some((came, at, fresh)),
            Why::Again(came) => {
                let room = self.nodes[node].room.as_ref();
                room.map(|room| (came, room.end().clone(), false))
            }
            Why::Step(_) | Why::Sweep => None,
        };
        if let Some((came, at, fresh)) = settled {
            let step = self.truth.steps.iter().position(|id| *id == came.id).unwrap_or_default();
            let answer = (came.id, Outcome::Practice(truth::clock(step as u64 + 1)));
            self.nodes[node].settle(came.conn, (ROOM, &at), !fresh, answer);
        }
        self.nodes[node].stepping = false;
        self.write_all(node);
        self.next_step(node);
    }

    /// Looks whether what the session shows is what the database holds.
    pub(super) fn sweep(&mut self, node: usize, life: u32) {
        if !self.alive(node, life) {
            return;
        }
        self.at(self.now + SWEEP_MS, Happens::Sweep { node, life });
        let away = self.now < self.database_away_until || self.now < self.broker_away_until;
        if !away && self.nodes[node].room.is_some() {
            self.tell_if_wrong(node);
        }
    }

    /// What a session shows is to be what the database holds. A step that is being made sees to that
    /// itself.
    pub(super) fn tell_if_wrong(&mut self, node: usize) {
        if !self.nodes[node].stepping && self.shown(node) != self.truth.current() {
            self.nodes[node].stepping = true;
            self.tell_now(node, Why::Sweep);
        }
    }

    /// A new life of the session's log knows nothing: each node says once for all how it saw the
    /// clock last.
    pub(super) fn restore_clock(&mut self, node: usize, step: u64, epoch: &str) {
        let id = Uuid::from_bytes(std::array::from_fn(|i| {
            epoch.as_bytes().get(i).copied().unwrap_or(1)
        }));
        let fact = truth::told(step, self.now, id, None);
        self.say_in_room(node, fact, false);
    }

    fn shown(&self, node: usize) -> Option<u64> {
        self.nodes[node].room.as_ref().and_then(|room| clock_in(room.shown()))
    }

    /// An id of the server's making.
    fn new_id(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(u128::from(self.ids))
    }

    /// Whether a message is a step of the clock.
    pub(super) fn is_step(message: &ClientMessage) -> bool {
        matches!(message, ClientMessage::PracticeStart(_))
    }
}
