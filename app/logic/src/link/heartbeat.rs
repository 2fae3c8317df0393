//! When silence means something: pings, their answers, and what was last received.

use super::Now;
use crate::Monotonic;
use protocol::{ClientMessage, Millis, guitar::Timestamp};
use std::collections::VecDeque;

/// A visible page pings this often, in milliseconds.
pub(super) const PING_EVERY_MS: i64 = 2_000;
/// After this much silence, in milliseconds, the chip turns amber.
pub(super) const QUIET_AFTER_MS: i64 = 5_000;
/// After this much silence, or time without a connection, in milliseconds, the chip turns red; a
/// silent socket is given up and dialled anew.
pub(super) const DEAD_AFTER_MS: i64 = 15_000;
/// A page that became visible or came online again pings once and waits this long, in milliseconds,
/// before it gives the socket up: phones wake with sockets that look open and are not.
pub(super) const PROBE_MS: i64 = 1_500;

/// What a live connection's silence calls for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HeartbeatAction {
    Nothing,
    Ping,
    GiveUp,
}

/// The pings of one socket and when something was last received from it.
#[derive(Debug, Default)]
pub(super) struct LinkHeartbeat {
    last_received: Monotonic,
    /// Pings without an answer, the oldest first: wall clock and monotonic clock.
    unanswered: VecDeque<(Millis, Monotonic)>,
    probe_ends: Option<Monotonic>,
    next_ping: Monotonic,
    rtt_ms: Option<u32>,
}

impl LinkHeartbeat {
    /// A socket opened.
    pub(super) fn opened(&mut self, now: Monotonic) {
        self.last_received = now;
    }

    /// Something was received.
    pub(super) fn received(&mut self, now: Monotonic) {
        self.last_received = now;
        self.probe_ends = None;
    }

    /// The page is shown again. A hidden page answers the server's own pings without running its
    /// scripts, so only silence from now on counts.
    pub(super) fn shown(&mut self, now: Monotonic) {
        self.last_received = now;
        self.unanswered.clear();
    }

    /// The socket is gone.
    pub(super) fn forget_socket(&mut self) {
        self.unanswered.clear();
        self.probe_ends = None;
        self.rtt_ms = None;
    }

    /// The next answer has to come within [`PROBE_MS`].
    pub(super) fn begin_probe(&mut self, now: Monotonic) {
        self.probe_ends.get_or_insert(now + PROBE_MS);
    }

    /// A ping to send now.
    pub(super) fn ping(&mut self, now: Now) -> ClientMessage {
        self.next_ping = now.mono + PING_EVERY_MS;
        self.unanswered.push_back((now.wall, now.mono));
        ClientMessage::Ping { timestamp: Timestamp::Millis(now.wall) }
    }

    /// An answer came. Returns its round trip in milliseconds, unless the ping is unknown.
    pub(super) fn pong(&mut self, now: Now, timestamp: &Timestamp) -> Option<i64> {
        let Timestamp::Millis(sent) = timestamp else { return None };
        let place = self.unanswered.iter().position(|(wall, _)| wall == sent)?;
        // Answers come in order: the older ones were lost with their pings.
        let (_, asked) = self.unanswered.drain(..=place).next_back()?;
        let round_trip = now.mono - asked;
        self.rtt_ms = Some(rtt(round_trip));
        Some(round_trip)
    }

    pub(super) fn awaits_pong(&self) -> bool {
        !self.unanswered.is_empty()
    }

    pub(super) fn rtt_ms(&self) -> Option<u32> {
        self.rtt_ms
    }

    pub(super) fn last_received(&self) -> Monotonic {
        self.last_received
    }

    /// Since when nothing proves that both directions work. Events of others are received also
    /// while this page's own messages are lost, so an unanswered ping counts more.
    pub(super) fn silent_since(&self) -> Monotonic {
        self.unanswered.front().map_or(self.last_received, |(_, asked)| *asked)
    }

    /// What is due on a live connection.
    pub(super) fn due(&self, now: Monotonic, visible: bool) -> HeartbeatAction {
        let probe_failed = self.probe_ends.is_some_and(|ends| now >= ends);
        let silent = visible && now - self.silent_since() >= DEAD_AFTER_MS;
        if probe_failed || silent {
            HeartbeatAction::GiveUp
        } else if visible && now >= self.next_ping {
            HeartbeatAction::Ping
        } else {
            HeartbeatAction::Nothing
        }
    }

    /// When [`LinkHeartbeat::due`] changes on a live connection.
    pub(super) fn deadline(&self, visible: bool) -> Option<Monotonic> {
        let visible = visible.then(|| self.next_ping.min(self.silent_since() + DEAD_AFTER_MS));
        [visible, self.probe_ends].into_iter().flatten().min()
    }
}

/// A round trip as pages show it.
pub(super) fn rtt(round_trip: i64) -> u32 {
    u32::try_from(round_trip).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Now {
        Now { mono: Monotonic::from_ms(ms), wall: 1_000_000 + ms }
    }

    #[test]
    fn an_unanswered_ping_counts_more_than_what_others_send() {
        let mut heartbeat = LinkHeartbeat::default();
        heartbeat.opened(at(0).mono);
        heartbeat.ping(at(1_000));
        heartbeat.received(at(9_000).mono);
        assert_eq!(heartbeat.silent_since(), at(1_000).mono);
        assert_eq!(heartbeat.due(at(1_000 + DEAD_AFTER_MS).mono, true), HeartbeatAction::GiveUp);
        assert_eq!(heartbeat.due(at(1_000 + DEAD_AFTER_MS).mono, false), HeartbeatAction::Nothing);
    }

    #[test]
    fn a_later_answer_ends_the_wait_for_the_earlier_ones() {
        let mut heartbeat = LinkHeartbeat::default();
        heartbeat.ping(at(0));
        heartbeat.ping(at(2_000));
        assert_eq!(heartbeat.pong(at(2_030), &Timestamp::Millis(1_002_000)), Some(30));
        assert!(!heartbeat.awaits_pong());
        assert_eq!(heartbeat.pong(at(2_040), &Timestamp::Millis(1_000_000)), None);
        assert_eq!(heartbeat.rtt_ms(), Some(30));
    }

    #[test]
    fn a_probe_without_an_answer_gives_the_socket_up_also_on_a_hidden_page() {
        let mut heartbeat = LinkHeartbeat::default();
        heartbeat.begin_probe(at(100).mono);
        heartbeat.begin_probe(at(1_000).mono);
        assert_eq!(heartbeat.deadline(false), Some(at(100 + PROBE_MS).mono));
        assert_eq!(heartbeat.due(at(100 + PROBE_MS).mono, false), HeartbeatAction::GiveUp);
        heartbeat.received(at(200).mono);
        assert_eq!(heartbeat.deadline(false), None);
    }
}
