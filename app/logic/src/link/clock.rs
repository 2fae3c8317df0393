//! The difference between this device's clock and the server's, as NTP measures it (RFC 5905,
//! section 8): half the round trip is assumed each way; the fastest of the last answers counts.
//!
//! A person may set the device's clock, and while a device sleeps, some browsers stop their
//! monotonic clock. Both change the difference between the device's two clocks; the server's clock
//! is then unknown until it is measured again.

use crate::Monotonic;
use protocol::Millis;
use std::collections::VecDeque;

/// The two clocks of the edge: rules use the monotonic one, moments in messages the wall clock.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// By a clock that never jumps.
    pub mono: Monotonic,
    /// UTC milliseconds by this device's clock.
    pub wall: Millis,
}

/// How many answers are kept.
const MAX_SAMPLES: usize = 8;
/// How far the device's two clocks may drift apart between two answers, in milliseconds.
const CLOCK_TOLERANCE_MS: i64 = 2_000;

/// The estimate of the server's clock.
#[derive(Debug, Clone, Default)]
pub(super) struct ServerClockEstimate {
    /// Round trip, and the server's clock minus this device's wall clock.
    samples: VecDeque<(i64, Millis)>,
    /// An estimate without a measured round trip; used until the first ping's answer.
    guess: Option<Millis>,
    /// Wall clock minus monotonic clock when it was last measured.
    apart: Option<i64>,
}

impl ServerClockEstimate {
    /// Takes the server's clock from a message whose time on the way was not measured.
    pub(super) fn guess(&mut self, received: Now, server: Millis) {
        if self.is_unknown(received) {
            self.samples.clear();
        }
        self.guess = Some(server - received.wall);
        self.apart = Some(received.wall - received.mono.as_ms());
    }

    /// Notes one answer, with the server's clock in the middle of its round trip.
    pub(super) fn note(&mut self, round_trip: i64, received: Now, server: Millis) {
        if self.is_unknown(received) {
            self.samples.clear();
        }
        self.apart = Some(received.wall - received.mono.as_ms());
        let offset = server - (received.wall - round_trip / 2);
        // The server's clock was set, or it is another server's.
        if self
            .offset()
            .is_some_and(|known| (known - offset).abs() > CLOCK_TOLERANCE_MS + round_trip)
        {
            self.samples.clear();
        }
        if self.samples.len() == MAX_SAMPLES {
            self.samples.pop_front();
        }
        self.samples.push_back((round_trip, offset));
    }

    /// The server's clock minus this device's; `None` before the first answer.
    pub(super) fn offset(&self) -> Option<Millis> {
        let fastest = self.samples.iter().min_by_key(|(round_trip, _)| *round_trip);
        fastest.map(|(_, offset)| *offset).or(self.guess)
    }

    /// Whether the device's clock was set, or the device slept, since the last measurement.
    pub(super) fn is_unknown(&self, now: Now) -> bool {
        self.apart
            .is_some_and(|apart| (now.wall - now.mono.as_ms() - apart).abs() > CLOCK_TOLERANCE_MS)
    }

    /// Now on the server's clock.
    pub(super) fn server_time(&self, now: Now) -> Millis {
        now.wall + self.offset().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(mono: i64, wall: i64) -> Now {
        Now { mono: Monotonic::from_ms(mono), wall }
    }

    #[test]
    fn the_fastest_answer_counts() {
        let mut clock = ServerClockEstimate::default();
        clock.note(400, at(1_400, 1_400), 5_300);
        clock.note(10, at(2_010, 2_010), 6_005);
        assert_eq!(clock.offset(), Some(4_000));
        assert_eq!(clock.server_time(at(10, 10)), 4_010);
    }

    #[test]
    fn a_clock_that_was_set_is_unknown_until_it_is_measured_anew() {
        let mut clock = ServerClockEstimate::default();
        clock.note(2, at(1_002, 1_002), 1_001);
        assert!(!clock.is_unknown(at(3_000, 3_500)));
        assert!(clock.is_unknown(at(5_000, 100_000)));
        clock.note(4, at(5_004, 100_004), 5_002);
        assert!(!clock.is_unknown(at(6_000, 101_000)));
        assert_eq!(clock.offset(), Some(-95_000));
    }
}
