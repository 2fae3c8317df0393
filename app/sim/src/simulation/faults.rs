//! Everything that goes wrong, and its end.

use super::{Simulation, event::ScheduledEvent};

impl Simulation {
    pub(super) fn fault(&mut self) {
        if self.now >= self.calm {
            return;
        }
        self.report.faults += 1;
        self.soon(200, 8_000, ScheduledEvent::Fault);
        let page = self.rng.below(self.pages.len());
        let node = self.rng.below(self.nodes.len());
        let conn = self.of_page(page).last();
        if self.pages[page].closed {
            return;
        }
        match self.rng.below(16) {
            0 => {
                if let Some(conn) = conn {
                    self.cut(conn, 1006);
                }
            }
            1 => self.lose(conn, true, false),
            2 => self.lose(conn, false, true),
            3 => self.lose(conn, true, true),
            4 => self.crash(node),
            5 => self.drain(node),
            15 => self.close(page),
            6 => self.reload(page),
            7 => {
                let until = self.now + self.rng.range(1_000, 90_000);
                self.pages[page].asleep_until = until;
            }
            8 => {
                let until = self.now + self.rng.range(500, 30_000);
                self.pages[page].offline_until = until;
            }
            9 => self.pages[page].skew = self.rng.range(-86_400_000, 86_400_000),
            10 if self.nodes.len() > 1 => self.reference.lose_room(),
            11 => {
                self.broker_away_until = self.now + self.rng.range(100, 10_000);
            }
            12 => {
                self.database_away_until = self.now + self.rng.range(100, 10_000);
            }
            13 => {
                // Deletions are lost only by a page that dies soon.
                self.pages[page].forgetful = true;
                self.soon(0, 300, ScheduledEvent::Reload { page });
            }
            _ => {
                let slow = [0, 200, 1_500][self.rng.below(3)];
                if let Some(c) = conn.and_then(|conn| self.sockets.get_mut(&conn)) {
                    c.slow = slow;
                }
            }
        }
        self.look_elsewhere(page);
    }

    /// A person looks at, or away from, a page.
    fn look_elsewhere(&mut self, page: usize) {
        if self.rng.chance(400) {
            match self.rng.chance(600) {
                true => self.wake(page),
                false => {
                    let device = &mut self.pages[page];
                    let now = device.now(self.now);
                    device.link.visibility(now, false);
                    self.settle_page(page);
                }
            }
        }
    }

    fn lose(&mut self, conn: Option<u32>, up: bool, down: bool) {
        if let Some(c) = conn.and_then(|conn| self.sockets.get_mut(&conn)) {
            c.up_lost |= up;
            c.down_lost |= down;
        }
    }

    /// The faults are over.
    pub(super) fn heal(&mut self) {
        self.broker_away_until = 0;
        self.database_away_until = 0;
        for conn in self.sockets.values_mut() {
            conn.slow = 0;
        }
        for node in 0..self.nodes.len() {
            self.start(node);
        }
        for page in 0..self.pages.len() {
            if self.pages[page].closed {
                continue;
            }
            self.pages[page].offline_until = 0;
            self.pages[page].come_back(self.now);
            self.wake(page);
        }
    }
}
