//! Which devices are in the session. Each node reports its own to the broker under a lease, and
//! publishes what follows from those of all nodes; the only node of a run publishes at once. What
//! is published is decided by `logic::presence`.

use super::{
    SILENCE_MS, Simulation,
    event::{ScheduledEvent, SeatsReading, SeatsVersion},
};
use crate::{
    reference::{BEGIN, LogRecord, ROOM, connection_id},
    served_connection::ServedConnection,
};
use logic::{
    presence::{Departure, ParticipantChange, Seats, changed_participants},
    topic::{LogQuery, TopicEvent},
};
use protocol::{
    Position, SeatId, ServerMessage, Topic,
    guitar::{Participant, Presence},
};
use std::{collections::BTreeSet, slice};

/// How often a node compares the devices when nothing has changed.
const COMPARE_INTERVAL_MS: i64 = 1_000;
/// The wait after the broker did not answer.
const RETRY_MS: i64 = 100;

impl Simulation {
    /// A connection follows the session: its device takes its seat.
    pub(super) fn take_seat(&mut self, node: usize, conn: u32) {
        let (now, server) = (self.now, &mut self.nodes[node]);
        if let Some(served) = server.connections.get_mut(&conn) {
            served.seated = true;
            let ServedConnection { seat, roles, visible, .. } = served;
            server.seats.arrive(*seat, roles.session, "sim", connection_id(conn), *visible, now);
            self.seats_changed(node);
        }
    }

    /// A connection does not follow a topic any more.
    pub(super) fn left(&mut self, node: usize, conn: u32, topic: Topic) {
        let (now, server) = (self.now, &mut self.nodes[node]);
        if topic == ROOM
            && let Some(served) = server.connections.get_mut(&conn)
        {
            served.seated = false;
            server.seats.depart(served.seat, connection_id(conn), Departure::Closed, now);
            self.seats_changed(node);
        }
    }

    /// A page became visible or hidden.
    pub(super) fn set_visible(&mut self, node: usize, conn: u32, visible: bool) {
        let (now, server) = (self.now, &mut self.nodes[node]);
        if let Some(served) = server.connections.get_mut(&conn) {
            served.visible = visible;
            server.seats.seen(served.seat, connection_id(conn), visible, now);
            self.seats_changed(node);
        }
    }

    /// A connection has ended at the server.
    pub(super) fn drop_connection(&mut self, node: usize, conn: u32, how: Departure) {
        let (now, server) = (self.now, &mut self.nodes[node]);
        if let Some(served) = server.connections.remove(&conn) {
            server.seats.depart(served.seat, connection_id(conn), how, now);
            self.seats_changed(node);
        }
    }

    fn seats_changed(&mut self, node: usize) {
        let life = self.nodes[node].life;
        match self.is_shared() {
            true => self.soon(0, 20, ScheduledEvent::ReportSeats { node, life }),
            false => self.publish_own_seats(node),
        }
    }

    /// Time has passed: a device's time to come back, or a node's lease, may be over.
    pub(super) fn compare_seats(&mut self, node: usize, life: u32) {
        if !self.alive(node, life) {
            return;
        }
        self.at(self.now + COMPARE_INTERVAL_MS, ScheduledEvent::CompareSeats { node, life });
        self.end_silent_connections(node);
        match self.is_shared() {
            true => self.report_seats(node, life),
            false => self.publish_own_seats(node),
        }
        // In the server another job does this, at moments of its own.
        if !self.is_shared() || self.rng.chance(500) {
            self.nodes[node].seats.sweep(self.now);
        }
    }

    /// A browser answers the server's pings, also behind a hidden page; one without network, or
    /// that is gone, does not.
    fn end_silent_connections(&mut self, node: usize) {
        let conns: Vec<u32> = self.nodes[node].connections.keys().copied().collect();
        for conn in conns {
            let answers = self.answers_pings(conn);
            let Some(served) = self.nodes[node].connections.get_mut(&conn) else { continue };
            if answers {
                served.received_at = self.now;
            } else if self.now - served.received_at > SILENCE_MS {
                self.end_at_server(conn, Departure::Broken);
            }
        }
    }

    fn answers_pings(&self, conn: u32) -> bool {
        let Some(socket) = self.sockets.get(&conn) else { return false };
        let passes = socket.client_open && !socket.up_lost && !socket.down_lost;
        passes
            && socket.page().is_none_or(|page| {
                let page = &self.pages[page];
                self.now >= page.asleep_until && self.now >= page.offline_until
            })
    }

    fn publish_own_seats(&mut self, node: usize) {
        let server = &self.nodes[node];
        let Some(room) = &server.room else { return };
        let nodes = slice::from_ref(&server.seats);
        let changes = changed_participants(&room.state(), &server.seats, nodes, &[], self.now);
        for change in changes {
            self.append_participant(node, change, false);
        }
        self.write_all(node);
    }

    /// A node reports its devices to the broker, and asks for those of all nodes.
    pub(super) fn report_seats(&mut self, node: usize, life: u32) {
        if !self.alive(node, life) || self.nodes[node].reports_seats {
            return;
        }
        let server = &mut self.nodes[node];
        let Some(from) = server.room.as_ref().map(|room| room.end()) else { return };
        server.reports_seats = true;
        let mine = server.seats.clone();
        let seated = server.connections.values().filter(|served| served.seated && served.visible);
        let visible = seated.map(|served| served.seat).collect();
        let at = self.next_script(node);
        let report = Box::new((mine, visible));
        self.at(at, ScheduledEvent::SeatsScript { node, life, from, report });
    }

    /// The broker's script runs for the devices of a node.
    pub(super) fn seats_script(
        &mut self,
        node: usize,
        life: u32,
        from: Position,
        (mine, visible): (Seats, BTreeSet<SeatId>),
    ) {
        if !self.alive(node, life) {
            return;
        }
        if self.now < self.broker_away_until {
            return self.report_again(node, RETRY_MS);
        }
        let Some(room) = self.nodes[node].room.clone() else { return };
        self.reference.seats.report((node, life), &mine, visible, self.now);
        let reading = SeatsReading {
            version: self.seats_version(),
            nodes: self.all_seats(),
            end: self.reference.room.end().clone(),
            comparison: room.query(&LogQuery::End(from), &self.reference),
            mine,
        };
        self.soon(0, 40, ScheduledEvent::SeatsAnswered { node, life, reading: Box::new(reading) });
    }

    fn seats_version(&self) -> SeatsVersion {
        (self.reference.room.end().epoch.clone(), self.reference.seats.version())
    }

    /// The devices of all nodes. Those of a node whose lease is over have broken off.
    fn all_seats(&self) -> Vec<Seats> {
        let seats = self.reference.seats.all().map(|report| {
            let mut seats = report.seats.clone();
            if report.lease_ends < self.now {
                seats.break_all(report.lease_ends);
            }
            seats
        });
        seats.collect()
    }

    /// The broker's answer arrives: what differs is published, unless this node's log or devices
    /// have changed since.
    pub(super) fn seats_answered(&mut self, node: usize, life: u32, reading: SeatsReading) {
        if !self.alive(node, life) {
            return;
        }
        let Some(room) = self.nodes[node].room.clone() else { return };
        let SeatsReading { mine, nodes, version, end, comparison } = reading;
        room.read(self.now, comparison);
        self.look(node, ROOM);
        if room.end() != end || self.nodes[node].seats != mine {
            return self.report_again(node, 0);
        }
        let changes = changed_participants(&room.state(), &mine, &nodes, &[], self.now);
        self.publish_participants(node, changes, version);
    }

    /// Publishes one change after the other, each on the condition that the devices are still
    /// those that it follows from.
    fn publish_participants(
        &mut self,
        node: usize,
        mut changes: Vec<ParticipantChange>,
        version: SeatsVersion,
    ) {
        if changes.is_empty() {
            self.nodes[node].reports_seats = false;
            return;
        }
        let change = changes.remove(0);
        let (at, life) = (self.next_script(node), self.nodes[node].life);
        let (change, rest) = (Box::new(change), changes);
        self.at(at, ScheduledEvent::PublishParticipant { node, life, change, rest, version });
    }

    /// The broker's script runs for a participant.
    pub(super) fn publish_participant(
        &mut self,
        node: usize,
        life: u32,
        change: ParticipantChange,
        rest: Vec<ParticipantChange>,
        version: SeatsVersion,
    ) {
        if !self.alive(node, life) {
            return;
        }
        let away = self.now < self.broker_away_until;
        if away || self.seats_version() != version {
            return self.report_again(node, if away { RETRY_MS } else { 0 });
        }
        self.check_participant(&change.participant);
        let is_answered = self.append_participant(node, change, self.now < self.calm);
        self.write_all(node);
        match is_answered {
            true => self.publish_participants(node, rest, version),
            false => self.report_again(node, RETRY_MS),
        }
    }

    /// A device that a node with a lease has visible is published as nothing but connected.
    fn check_participant(&self, published: &Participant) {
        let Participant { user_id, status, .. } = published;
        let is_there = self.reference.seats.is_visible(*user_id, self.now);
        assert!(!is_there || *status == Presence::Connected, "{published:?} is visible");
    }

    fn append_participant(
        &mut self,
        node: usize,
        change: ParticipantChange,
        may_lose: bool,
    ) -> bool {
        let ParticipantChange { participant, decided } = change;
        let message = ServerMessage::ConnectionUpdate(participant);
        let event = TopicEvent { decided, ..TopicEvent::by_server(BEGIN + self.now, message) };
        let record = LogRecord { id: self.new_id(), event };
        self.append_to_room(node, record, may_lose).0.is_some()
    }

    fn report_again(&mut self, node: usize, wait: i64) {
        self.nodes[node].reports_seats = false;
        let life = self.nodes[node].life;
        self.soon(wait, wait + 20, ScheduledEvent::ReportSeats { node, life });
    }
}
