//! Sockets between pages and nodes: frames arrive late, wait, or are lost; each side learns of the
//! end in its own time.

use super::{SILENCE_MS, SimulatedSocket, Simulation, SocketOwner, event::ScheduledEvent};
use crate::{page::SimulatedPage, served_connection::ServedConnection};
use logic::{presence::Departure, topic::WireProtocol};
use protocol::{ClientMessage, Decoded, Frame, decode_frame, encode_batch};

impl Simulation {
    pub(super) fn delay(&mut self) -> i64 {
        match self.rng.below(10) {
            0 => self.rng.range(50, 800),
            _ => self.rng.range(1, 40),
        }
    }

    pub(super) fn dial(&mut self, page: usize, socket: u32) {
        self.report.connections += 1;
        let node = self.rng.below(self.nodes.len());
        let conn = self.next_conn;
        self.next_conn += 1;
        let delay = self.delay();
        let owner = SocketOwner::Page { page, life: self.pages[page].life, socket };
        let node_life = self.nodes[node].life;
        let opening = SimulatedSocket::opening(owner, node, node_life, self.now + delay);
        self.sockets.insert(conn, opening);
        if self.now < self.pages[page].offline_until {
            self.soon(1, 3_000, ScheduledEvent::EndAtClient { conn, code: 1006 });
        } else if !self.nodes[node].up {
            self.soon(1, 50, ScheduledEvent::EndAtClient { conn, code: 1006 });
        } else {
            self.at(self.now + delay, ScheduledEvent::Arrive { conn });
        }
    }

    pub(super) fn arrive(&mut self, conn: u32) {
        let Some(c) = self.sockets.get(&conn) else { return };
        let node = c.node;
        if !self.alive(node, c.node_life) {
            return self.soon(1, 50, ScheduledEvent::EndAtClient { conn, code: 1006 });
        }
        let (page, life, socket) = match c.owner {
            SocketOwner::Page { page, life, socket } => (page, life, socket),
            SocketOwner::Program(client) => return self.arrive_simply(conn, client, node),
        };
        let protocol = WireProtocol::Cadence(self.codec);
        let SimulatedPage { seat, roles, .. } = self.pages[page];
        let served = ServedConnection::new(conn, self.now, seat, roles, protocol);
        self.nodes[node].connections.insert(conn, served);
        // The handshake's answer is taken to be there at once: nothing can come before it.
        if self.pages[page].life == life && c.client_open {
            let device = &mut self.pages[page];
            let now = device.now(self.now);
            device.link.opened(now, socket, self.codec);
            self.settle_page(page);
            // A person who goes to and fro does not wait for the welcome.
            if self.rng.chance(60) {
                self.soon(0, 60, ScheduledEvent::Leave { page });
            }
        }
    }

    pub(super) fn transmit(&mut self, page: usize, frame: Frame) {
        let Some(conn) = self.of_page(page).last() else { return };
        let delay = self.delay();
        let offline = self.now < self.pages[page].offline_until;
        let lasting = self.rng.chance(500);
        let until = self.pages[page].offline_until;
        let Some(c) = self.sockets.get_mut(&conn) else { return };
        // Without a network nothing is lost in the middle of a stream: it is sent again later, or
        // the stream is over.
        c.up_lost |= offline && lasting;
        if c.up_lost {
            return;
        }
        c.up_at = c.up_at.max(until).max(self.now + delay + c.slow);
        let at = c.up_at;
        self.at(at, ScheduledEvent::Up { conn, frame });
    }

    pub(super) fn hang(&mut self, page: usize, socket: u32) {
        let hung: Vec<u32> =
            self.of_page(page).filter(|conn| self.is_socket(*conn, socket)).collect();
        for conn in hung {
            let lost = self.sockets[&conn].up_lost;
            self.sockets.entry(conn).and_modify(|c| c.client_open = false);
            // What is in flight still arrives, perhaps after the next connection's first words.
            let wait = if lost { SILENCE_MS } else { 2_000 };
            let how = if lost { Departure::Broken } else { Departure::Closed };
            self.soon(0, wait, ScheduledEvent::EndAtServer { conn, how });
        }
    }

    pub(super) fn up(&mut self, conn: u32, frame: Frame) {
        let Some(c) = self.sockets.get(&conn) else { return };
        let node = c.node;
        if !self.alive(node, c.node_life) {
            return;
        }
        let Some(served) = self.nodes[node].connections.get_mut(&conn) else { return };
        served.received_at = self.now;
        let frame = frame.json().expect("a client's own frame");
        for decoded in decode_frame(&frame, ClientMessage::read) {
            let Decoded::Message(envelope) = decoded else { panic!("unreadable: {frame}") };
            envelope.id.into_iter().for_each(|id| served.wire.received(id));
            served.inbox.push_back(envelope);
        }
        self.read_inbox(conn);
    }

    /// A node writes texts that are ready: one frame for Cadence's own client, one for each message
    /// otherwise.
    pub(super) fn send_down(&mut self, node: usize, conn: u32, texts: Vec<String>) {
        let Some(served) = self.nodes[node].connections.get_mut(&conn) else { return };
        let (texts, answers) = served.wire.written(texts, &self.reference);
        let lasting = self.rng.chance(500);
        let delay = self.delay();
        let now = self.now;
        let Some(socket) = self.sockets.get_mut(&conn) else { return };
        let wait = socket.slow + self.rng.range(0, 3);
        let until = socket.page().map_or(0, |page| self.pages[page].offline_until);
        socket.down_at = socket.down_at.max(until).max(now + delay + socket.slow);
        socket.down_lost |= now < until && lasting;
        let (at, passes) = (socket.down_at, !socket.down_lost && !texts.is_empty());
        match socket.owner {
            SocketOwner::Page { .. } if passes => {
                let frame = self.codec.frame(encode_batch(&texts));
                self.at(at, ScheduledEvent::Down { conn, frame });
            }
            SocketOwner::Page { .. } => {}
            SocketOwner::Program(client) => {
                let client = &mut self.simple_clients[client];
                answers.into_iter().for_each(|answer| client.answered(answer));
            }
        }
        if let Some(served) = self.nodes[node].connections.get_mut(&conn) {
            served.blocked_until = now + wait;
        }
        self.at(now + wait, ScheduledEvent::Writable { conn });
    }

    pub(super) fn down(&mut self, conn: u32, frame: &Frame) {
        let Some(c) = self.sockets.get(&conn) else { return };
        let SocketOwner::Page { page, life, socket } = c.owner else { return };
        if !c.client_open || self.pages[page].life != life {
            return;
        }
        let asleep = self.pages[page].asleep_until;
        if self.now < asleep || !c.kept.is_empty() {
            self.sockets.entry(conn).and_modify(|c| c.kept.push(frame.clone()));
            return self.at(asleep, ScheduledEvent::Awake { page });
        }
        self.hand_over(page, socket, frame);
    }

    pub(super) fn read_kept(&mut self, page: usize) {
        if self.now < self.pages[page].asleep_until {
            return;
        }
        for conn in self.of_page(page).collect::<Vec<_>>() {
            let Some(c) = self.sockets.get_mut(&conn) else { continue };
            let SocketOwner::Page { socket, .. } = c.owner else { continue };
            for frame in std::mem::take(&mut c.kept) {
                self.hand_over(page, socket, &frame);
            }
        }
    }

    fn hand_over(&mut self, page: usize, socket: u32, frame: &Frame) {
        let device = &mut self.pages[page];
        let now = device.now(self.now);
        device.link.frame(now, socket, frame);
        self.settle_page(page);
    }

    pub(super) fn end_at_server(&mut self, conn: u32, how: Departure) {
        let Some(c) = self.sockets.get(&conn) else { return };
        self.drop_connection(c.node, conn, how);
    }

    pub(super) fn end_at_client(&mut self, conn: u32, code: u16) {
        let Some(c) = self.sockets.get_mut(&conn) else { return };
        let was_open = std::mem::replace(&mut c.client_open, false);
        let (page, life, socket) = match c.owner {
            SocketOwner::Page { page, life, socket } => (page, life, socket),
            SocketOwner::Program(client) => {
                let client = &mut self.simple_clients[client];
                client.conn = client.conn.filter(|open| *open != conn);
                return;
            }
        };
        if !was_open || self.pages[page].life != life {
            return;
        }
        let device = &mut self.pages[page];
        let now = device.now(self.now);
        device.link.closed(now, socket, code);
        self.settle_page(page);
    }

    /// Ends a connection for both sides, each in its time.
    pub(super) fn cut(&mut self, conn: u32, code: u16) {
        let in_flight = self.sockets.get(&conn).map_or(self.now, |c| c.down_at);
        let at = in_flight.max(self.now) + self.rng.range(0, 500);
        self.at(at, ScheduledEvent::EndAtClient { conn, code });
        self.soon(0, 1_000, ScheduledEvent::EndAtServer { conn, how: Departure::Broken });
    }

    /// The connections that a page believes to be open.
    pub(super) fn of_page(&self, page: usize) -> impl Iterator<Item = u32> + '_ {
        let open = move |c: &SimulatedSocket| c.page() == Some(page) && c.client_open;
        self.sockets.iter().filter(move |(_, c)| open(c)).map(|(id, _)| *id)
    }

    /// Whether a page's link gave this number to a connection.
    fn is_socket(&self, conn: u32, number: u32) -> bool {
        matches!(self.sockets[&conn].owner, SocketOwner::Page { socket, .. } if socket == number)
    }
}
