//! How the nodes write, end and start again.

use super::{SILENCE_MS, Simulation, event::ScheduledEvent};
use crate::{
    node::{self, ServerNode},
    reference::{GYM, ROOM, connection_id},
    served_connection::{CatchUpReason, ServedConnection},
};
use logic::{presence::Departure, topic::FramePart};
use protocol::{CloseCode, MessageId, ServerMessage};

impl Simulation {
    pub(super) fn write_all(&mut self, node: usize) {
        let conns: Vec<u32> = self.nodes[node].connections.keys().copied().collect();
        conns.into_iter().for_each(|conn| self.write(conn));
    }

    pub(super) fn write(&mut self, conn: u32) {
        let Some(node) = self.sockets.get(&conn).map(|socket| socket.node) else { return };
        let (now, limits) = (self.now, self.frame_limits);
        let Some(served) = self.nodes[node].connections.get_mut(&conn) else { return };
        if now < served.blocked_until || served.busy {
            return;
        }
        if now - served.received_at > SILENCE_MS {
            return self.end_at_server(conn, Departure::Broken);
        }
        let protocol = served.topics.protocol();
        let (parts, lost) = match served.next_parts(now, &limits) {
            Ok(next) => (next.parts, next.catch_up),
            Err(code) => {
                served.closing = Some(code);
                (Vec::new(), Vec::new())
            }
        };
        let closing = served.closing;
        if !parts.is_empty() {
            let own = parts.iter().filter_map(|part| match part {
                FramePart::Shared(event) if event.event.is_from(connection_id(conn)) => {
                    event.event.message_id()
                }
                _ => None,
            });
            let own: Vec<MessageId> = own.filter(|_| served.topics.is_cadence()).collect();
            let texts = parts.into_iter().map(|part| node::text(part, protocol)).collect();
            self.send_down(node, conn, texts);
            let wire = self.nodes[node].connections.get(&conn).map(|served| &served.wire);
            let answered = |id| wire.is_none_or(|wire| wire.has_answered(id));
            assert!(
                own.into_iter().all(answered),
                "an own event was sent back instead of its answer"
            );
        }
        for topic in [GYM, ROOM] {
            if self.nodes[node].topic(topic).is_some_and(|topic| topic.take_suspicion(now)) {
                self.look(node, topic);
            }
        }
        if let Some(code) = closing {
            self.drop_connection(node, conn, Departure::Closed);
            return self.cut(conn, code.number());
        }
        if !lost.is_empty() {
            return self.begin_catch_up(node, conn, CatchUpReason::LostCursor, lost);
        }
        // A simple client's next message is read once the one before it is answered.
        let reads = |served: &ServedConnection| {
            !served.busy && !served.topics.answers_first() && !served.inbox.is_empty()
        };
        if self.nodes[node].connections.get(&conn).is_some_and(reads) {
            self.read_inbox(conn);
        }
    }

    pub(super) fn crash(&mut self, node: usize) {
        if !self.nodes[node].up {
            return;
        }
        let conns: Vec<u32> = self.nodes[node].connections.keys().copied().collect();
        self.nodes[node].crash();
        if self.nodes.len() == 1 {
            self.reference.lose_room();
        }
        for conn in conns {
            // A killed process's kernel closes its sockets; a machine without power does not.
            if self.rng.chance(800) {
                self.soon(0, 100, ScheduledEvent::EndAtClient { conn, code: 1006 });
            }
        }
        self.soon(50, 8_000, ScheduledEvent::Start { node });
    }

    pub(super) fn start(&mut self, node: usize) {
        if !self.nodes[node].up {
            let life = self.nodes[node].life + 1;
            self.nodes[node] = ServerNode::start(self.now, life, self.capacity, &self.reference);
            self.look(node, GYM);
            let life = self.nodes[node].life;
            self.soon(0, 10_000, ScheduledEvent::Sweep { node, life });
            self.soon(0, 1_000, ScheduledEvent::CompareSeats { node, life });
        }
    }

    /// A server that is asked to stop: it sends its clients when to come back, and closes.
    pub(super) fn drain(&mut self, node: usize) {
        let conns: Vec<u32> = self.nodes[node].connections.keys().copied().collect();
        for conn in conns {
            let message = ServerMessage::ServerRestart { min_ms: 100, max_ms: 3_000 };
            if let Some(served) = self.nodes[node].connections.get_mut(&conn) {
                served.push(message);
                served.closing = Some(CloseCode::Restarting);
                served.resume();
                served.blocked_until = 0;
            }
            self.write(conn);
        }
        self.crash(node);
    }
}
