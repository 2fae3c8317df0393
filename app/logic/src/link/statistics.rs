//! What the chip and the panel show of a connection, counted while it works.

use super::{Figures, heartbeat::rtt};
use crate::Monotonic;
use protocol::{Codec, Frame};

/// How long the "caught up" badge stays, in milliseconds.
const NOTICE_MS: i64 = 10_000;
/// How many round trips the panel shows: one minute of pings.
const MAX_RTTS: usize = 30;

/// What a reconnect brought, shown for a moment.
#[derive(Debug, Clone, Copy)]
struct CatchUpNotice {
    ends: Monotonic,
    /// How many missed events were replayed.
    replayed: Option<u64>,
    /// The log did not reach back, so the state came whole.
    reloaded: bool,
}

/// Counters of this page's connections.
#[derive(Debug, Default)]
pub(super) struct Statistics {
    figures: Figures,
    notice: Option<CatchUpNotice>,
}

impl Statistics {
    pub(super) fn figures(&self) -> &Figures {
        &self.figures
    }

    pub(super) fn opened(&mut self, codec: Codec) {
        self.figures.codec = codec.name();
    }

    pub(super) fn frame_sent(&mut self, frame: &Frame, messages: usize) {
        self.figures.frames_out += 1;
        self.figures.messages_out += messages as u64;
        self.figures.bytes_out += frame.len() as u64;
    }

    pub(super) fn frame_received(&mut self, frame: &Frame) {
        self.figures.frames_in += 1;
        self.figures.bytes_in += frame.len() as u64;
    }

    pub(super) fn message_received(&mut self) {
        self.figures.messages_in += 1;
    }

    pub(super) fn event_received(&mut self) {
        self.figures.events += 1;
    }

    pub(super) fn replay_begins(&mut self, events: u64) {
        self.figures.replayed += events;
    }

    pub(super) fn round_trip(&mut self, round_trip: i64) {
        if self.figures.rtts.len() == MAX_RTTS {
            self.figures.rtts.remove(0);
        }
        self.figures.rtts.push(rtt(round_trip));
    }

    /// A connection after the first is live, `gap_ms` after the one before was lost.
    pub(super) fn reconnected(&mut self, gap_ms: i64) {
        self.figures.reconnects += 1;
        self.figures.longest_gap_ms = self.figures.longest_gap_ms.max(gap_ms);
    }

    /// Whether this page had an earlier live connection.
    pub(super) fn has_reconnected(&self) -> bool {
        self.figures.reconnects > 0
    }

    /// Shows what a reconnect brought.
    pub(super) fn show_notice(&mut self, now: Monotonic, replayed: u64, reloaded: bool) {
        let replayed = (replayed > 0).then_some(replayed);
        self.notice = Some(CatchUpNotice { ends: now + NOTICE_MS, replayed, reloaded });
    }

    /// Ends the notice in time.
    pub(super) fn on_timer(&mut self, now: Monotonic) {
        self.notice = self.notice.filter(|notice| now < notice.ends);
    }

    pub(super) fn deadline(&self) -> Option<Monotonic> {
        self.notice.map(|notice| notice.ends)
    }

    /// Replayed events, and whether the state came whole.
    pub(super) fn caught_up(&self) -> (Option<u64>, bool) {
        self.notice.map_or((None, false), |notice| (notice.replayed, notice.reloaded))
    }
}
