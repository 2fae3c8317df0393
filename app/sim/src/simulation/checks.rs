//! What must be true in the end.

use super::Simulation;
use crate::{
    page::{SentMessage, SimulatedPage},
    reference::{self, ROOM, clock_in},
};
use protocol::{
    MessageId,
    guitar::{Participant, Presence},
};
use std::collections::BTreeMap;

impl Simulation {
    pub(super) fn check(&self) {
        self.check_simple_clients();
        self.check_presence();
        for (number, page) in self.pages.iter().enumerate() {
            self.check_effects(number, page);
            self.check_order(number, page);
            if page.closed {
                continue;
            }
            for topic in &page.topics {
                let end = self.reference.log(*topic).end();
                let view = &page.views[topic];
                assert_eq!(
                    view.at.as_ref(),
                    Some(end),
                    "page {number} did not reach {topic}'s end"
                );
                assert_eq!(
                    view.state,
                    self.reference.state(*topic, end),
                    "page {number} in {topic}"
                );
            }
            if page.topics.contains(&ROOM) {
                let shown = clock_in(&page.views[&ROOM].state);
                assert_eq!(shown, self.reference.current(), "page {number}'s clock");
            }
            // A command of an earlier load that was refused waits for a person: another account may
            // have made it.
            let refused = |id: &MessageId| page.made.get(id).is_some_and(|made| !made.allowed);
            let waiting = page.link.figures().waiting;
            assert_eq!(
                waiting,
                page.outbox.keys().filter(|id| refused(id)).count(),
                "page {number} waits for answers that never come: {:?}",
                page.link
            );
            let left = page.outbox.keys().find(|id| !refused(id));
            assert_eq!(left, None, "page {number} still waits for {:?}", page.outbox);
            for (id, made) in page.made.iter().filter(|(_, made)| made.command && made.allowed) {
                assert!(made.done, "page {number}: the command {id} was never answered");
                assert_eq!(self.times_of(*id, made), 1, "the command {id} was not carried out");
            }
        }
    }

    /// What a person did took effect at most once, and nothing without permission.
    fn check_effects(&self, number: usize, page: &SimulatedPage) {
        for (id, made) in &page.made {
            let events = self.reference.log(made.topic).most_in_one_epoch(*id);
            let times = self.times_of(*id, made);
            assert!(events.max(times) <= 1, "{id} was carried out {times} times, {events} events");
            let allowed = made.allowed || times == 0;
            assert!(allowed, "page {number}: {id} was carried out without permission");
        }
    }

    fn times_of(&self, id: MessageId, made: &SentMessage) -> usize {
        match made.command && made.topic == ROOM {
            true => self.reference.steps.iter().filter(|step| **step == id).count(),
            false => self.reference.log(made.topic).most_in_one_epoch(id),
        }
    }

    /// The session shows the devices that follow it, and no others. While no node has it open, no
    /// page gets its state.
    fn check_presence(&self) {
        if self.nodes.iter().all(|node| node.room.is_none()) {
            return;
        }
        let pages = self.pages.iter().filter(|page| page.topics.contains(&ROOM) && !page.closed);
        let pages = pages.map(|page| (page.seat, page.roles));
        let programs = self.simple_clients.iter().filter(|client| client.topic == ROOM);
        let programs = programs.map(|client| (client.seat, client.roles));
        let there = pages.chain(programs).filter_map(|(user_id, roles)| {
            let (role, status) = (roles.session, Presence::Connected);
            reference::shown_seat(&Participant { user_id, role, status, device: String::new() })
        });
        let shown = self.reference.state(ROOM, self.reference.room.end());
        assert_eq!(reference::seats_in(&shown), there.collect::<Vec<_>>(), "the devices");
    }

    /// Every program is connected and was sent everything; what it sent took effect at most once.
    fn check_simple_clients(&self) {
        for (number, client) in self.simple_clients.iter().enumerate() {
            let mut connections = self.nodes.iter().flat_map(|node| &node.connections);
            let served = connections.find(|(conn, _)| Some(**conn) == client.conn);
            let reached = served.and_then(|(_, served)| served.wire.reached(client.topic));
            let log = self.reference.log(client.topic);
            assert_eq!(reached, Some(log.end()), "program {number} did not reach the end");
            for (id, made) in &client.made {
                let in_log = log.most_in_one_epoch(*id);
                let steps = self.reference.steps.iter().filter(|step| *step == id).count();
                let times = in_log.max(steps);
                assert!(times <= 1, "{id} was carried out {times} times");
                assert!(made.allowed || times == 0, "{id} was carried out without permission");
                assert!(!made.command || !made.done || times == 1, "{id} was not carried out");
            }
        }
    }

    /// What a person did stands in the order in which it was done: commands for ever, notes as
    /// long as the page stayed. Where a log was lost, a note may have become an event twice.
    fn check_order(&self, number: usize, page: &SimulatedPage) {
        let mut last = BTreeMap::new();
        for (id, made) in page.made.iter().filter(|(id, _)| !self.refused.contains(id)) {
            let place = match made.command && made.topic == ROOM {
                true => self.reference.steps.iter().position(|step| step == id).map(|at| at as u64),
                false => self.reference.log(made.topic).only_place(*id),
            };
            let Some(place) = place else { continue };
            let stay = (!made.command).then_some(made.stay);
            let before = last.insert((made.topic, stay), place);
            assert!(before <= Some(place), "page {number}: {id} was carried out before its turn");
        }
    }
}
