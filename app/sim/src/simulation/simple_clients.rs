//! What programs of the simple protocol do: they connect, send, lose their connections, and come
//! back without a position.

use super::{SimulatedSocket, Simulation, SocketOwner, event::ScheduledEvent};
use crate::{
    reference::{GYM, ROOM},
    roles::PageRoles,
    served_connection::{CatchUpReason, ServedConnection},
    simple_client::{SimpleClient, SimpleMessage},
};
use logic::topic::WireProtocol;
use protocol::{Envelope, Frame, encode, topic::TopicRequest};

impl Simulation {
    pub(super) fn add_simple_clients(&mut self) {
        for client in 0..self.rng.below(3) {
            let topic = [GYM, ROOM][self.rng.below(2)];
            let roles = PageRoles::choose(&mut self.rng);
            self.simple_clients.push(SimpleClient::new(client, topic, roles));
            self.soon(0, 3_000, ScheduledEvent::ActSimply { client });
        }
    }

    /// A program's next moment.
    pub(super) fn act_simply(&mut self, client: usize) {
        self.soon(200, 4_000, ScheduledEvent::ActSimply { client });
        let Some(conn) = self.simple_clients[client].conn else {
            return self.connect_simply(client);
        };
        let Some(socket) = self.sockets.get(&conn) else { return };
        let (node, lost) = (socket.node, socket.up_lost);
        // A restarted machine refuses what belongs to a connection that it does not have.
        let alive = self.alive(node, socket.node_life);
        if self.now > socket.up_at && (!alive || !self.nodes[node].connections.contains_key(&conn))
        {
            self.simple_clients[client].conn = None;
            return;
        }
        // The answer to the server's ping.
        if let Some(served) = self.nodes[node].connections.get_mut(&conn).filter(|_| !lost) {
            served.received_at = self.now;
        }
        if self.now >= self.calm {
            return;
        }
        if self.rng.chance(30) {
            return self.cut(conn, 1006);
        }
        for _ in 0..self.rng.range(0, 3) {
            self.send_simply(client, conn);
        }
    }

    fn connect_simply(&mut self, client: usize) {
        let node = self.rng.below(self.nodes.len());
        if !self.nodes[node].up {
            return;
        }
        self.report.connections += 1;
        let conn = self.next_conn;
        self.next_conn += 1;
        let at = self.now + self.delay();
        let owner = SocketOwner::Program(client);
        let life = self.nodes[node].life;
        self.sockets.insert(conn, SimulatedSocket::opening(owner, node, life, at));
        self.simple_clients[client].conn = Some(conn);
        self.at(at, ScheduledEvent::Arrive { conn });
    }

    /// The handshake and `auth` of a program reach the node.
    pub(super) fn arrive_simply(&mut self, conn: u32, client: usize, node: usize) {
        let SimpleClient { topic, seat, roles, .. } = self.simple_clients[client];
        let protocol = WireProtocol::Simple;
        let mut served = ServedConnection::new(conn, self.now, seat, roles, protocol);
        served.home = Some(topic);
        self.nodes[node].connections.insert(conn, served);
        let request = TopicRequest::new(topic, None);
        self.begin_catch_up(node, conn, CatchUpReason::Auth, vec![request]);
    }

    fn send_simply(&mut self, client: usize, conn: u32) {
        let SimpleClient { topic, roles, .. } = &self.simple_clients[client];
        let (topic, allowed) = (*topic, roles.may_act_in(*topic));
        // A dashboard and a spectator only watch, mostly.
        if !allowed && !self.rng.chance(150) {
            return;
        }
        let id = self.new_message_id();
        let message = self.new_message(topic);
        let made = SimpleMessage { command: message.is_command(), allowed, done: false };
        self.simple_clients[client].made.insert(id, made);
        self.report.made += 1;
        let delay = self.delay();
        let Some(socket) = self.sockets.get_mut(&conn) else { return };
        socket.up_at = socket.up_at.max(self.now + delay + socket.slow);
        let (at, lost) = (socket.up_at, socket.up_lost);
        let frame = Frame::Text(encode(&Envelope::bare(message).with_id(Some(id))));
        if !lost {
            self.at(at, ScheduledEvent::Up { conn, frame });
        }
    }
}
