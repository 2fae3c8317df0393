//! The difference between this device's clock and the server's, as NTP measures it (RFC 5905,
//! section 8): half the round trip is assumed each way; the fastest of the last answers counts.

use protocol::Millis;
use std::collections::VecDeque;

/// How many answers are kept.
const KEPT: usize = 8;

/// The estimate of the server's clock.
#[derive(Debug, Clone, Default)]
pub struct ServerClock {
    samples: VecDeque<(i64, Millis)>,
    /// What the server said without a measured round trip; good until the first ping's answer.
    guess: Option<Millis>,
}

impl ServerClock {
    /// Notes the server's clock as a message told it on its way here.
    pub fn guess(&mut self, received: Millis, server: Millis) {
        self.guess = Some(server - received);
    }

    /// Notes one answer: sent and received on this device's wall clock, with the server's clock
    /// in between. An answer from before a jump of the device's clock is dropped.
    pub fn note(&mut self, sent: Millis, received: Millis, server: Millis) {
        let round_trip = received - sent;
        if round_trip < 0 {
            self.samples.clear();
            return;
        }
        let offset = server - (sent + round_trip / 2);
        // A clock that was set makes every older sample worthless.
        if self.offset().is_some_and(|known| (known - offset).abs() > 2_000 + round_trip) {
            self.samples.clear();
        }
        if self.samples.len() == KEPT {
            self.samples.pop_front();
        }
        self.samples.push_back((round_trip, offset));
    }

    /// The server's clock minus this device's; `None` before the first answer.
    pub fn offset(&self) -> Option<Millis> {
        let fastest = self.samples.iter().min_by_key(|(round_trip, _)| *round_trip);
        fastest.map(|(_, offset)| *offset).or(self.guess)
    }

    /// A moment of this device on the server's clock.
    pub fn server_time(&self, wall: Millis) -> Millis {
        wall + self.offset().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fastest_answer_counts() {
        let mut clock = ServerClock::default();
        clock.note(1_000, 1_400, 5_300);
        clock.note(2_000, 2_010, 6_005);
        assert_eq!(clock.offset(), Some(4_000));
        assert_eq!(clock.server_time(10), 4_010);
    }

    #[test]
    fn a_clock_that_was_set_is_measured_anew() {
        let mut clock = ServerClock::default();
        clock.note(1_000, 1_002, 1_001);
        clock.note(100_000, 100_004, 5_002);
        assert_eq!(clock.offset(), Some(-95_000));
    }
}
