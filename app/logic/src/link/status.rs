//! The connection's state, as a page shows it.

use crate::Monotonic;
use protocol::{CloseCode, Millis};

/// Where the connection stands. Times are on the page's own monotonic clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Phase {
    /// No topic is followed and nothing waits to be sent, so there is no connection.
    #[default]
    Idle,
    /// The first connection of this page is being made.
    Connecting,
    /// The connection works.
    Live,
    /// The socket is open, and for several seconds nothing has proved that both directions work: a
    /// ping has no answer, or nothing at all was received.
    Quiet {
        /// When that ping was sent, or something was last received.
        since: Monotonic,
    },
    /// The connection was lost a short while ago; the next attempt is planned or under way.
    Reconnecting {
        /// When it was lost.
        since: Monotonic,
        /// Which attempt comes next or is under way, from 1.
        attempt: u32,
        /// When the next attempt starts; `None` while one is under way or the page is hidden.
        retry_at: Option<Monotonic>,
    },
    /// The connection has been lost for longer; the page shows this in red.
    Offline {
        /// When it was lost.
        since: Monotonic,
        /// Which attempt comes next or is under way, from 1.
        attempt: u32,
        /// When the next attempt starts.
        retry_at: Option<Monotonic>,
    },
    /// The server refused for good; the code stands for what a person can do.
    Stopped(CloseCode),
}

/// What the chip shows: whether the page is live, and what waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Status {
    /// Where the connection stands.
    pub phase: Phase,
    /// Round trip of the last ping, in milliseconds.
    pub rtt_ms: Option<u32>,
    /// Commands that wait in the outbox for the server's answer.
    pub queued: usize,
    /// Commands that are too old to be sent without a person's decision.
    pub overdue: usize,
    /// For a moment after a reconnect: how many events were missed and replayed.
    pub caught_up: Option<u64>,
    /// For a moment after a reconnect: true when the log did not reach back to the page's position
    /// and the page got the whole state instead.
    pub reloaded: bool,
}

/// What the panel shows, all of it measured by the link.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Figures {
    /// Since when the present connection is live.
    pub connected_since: Option<Monotonic>,
    /// Connections after the first.
    pub reconnects: u32,
    /// The longest time without a connection, in milliseconds.
    pub longest_gap_ms: i64,
    /// Events of topics received, replayed ones included.
    pub events: u64,
    /// Of those, replayed after a reconnect.
    pub replayed: u64,
    /// Frames received.
    pub frames_in: u64,
    /// Messages in them.
    pub messages_in: u64,
    /// Bytes of their text in UTF-8.
    pub bytes_in: u64,
    /// Frames sent.
    pub frames_out: u64,
    /// Messages in them.
    pub messages_out: u64,
    /// Bytes of their text in UTF-8.
    pub bytes_out: u64,
    /// Messages sent or waiting that have no answer yet.
    pub waiting: usize,
    /// The server's clock minus this device's, in milliseconds.
    pub clock_offset_ms: Option<Millis>,
    /// Round trips of the last minute in milliseconds, the newest last, at most 30.
    pub rtts: Vec<u32>,
    /// The codec in use.
    pub codec: &'static str,
}
