//! When a connection is opened and given up, and how long the link waits before it reconnects. One
//! state at a time, and beside it what the next attempt depends on.

use super::{
    Effect, Now, Phase, Renewal,
    backoff::{self, HEALTHY_AFTER_MS},
    heartbeat::DEAD_AFTER_MS,
};
use crate::Monotonic;
use protocol::{CloseCode, Millis};

/// A socket that does not open, or a server that does not answer `hello`, within this time is
/// given up, in milliseconds.
pub(super) const OPEN_WITHIN_MS: i64 = 10_000;
/// A connection without followers and commands is closed after this time, in milliseconds, so that
/// going from page to page keeps it.
pub(super) const LINGER_MS: i64 = 2_000;
/// The close code that stands for every end without one (RFC 6455, 7.4.1).
const ABNORMAL_CLOSURE: u16 = 1006;

/// Where the connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ConnectionState {
    /// Nothing to do.
    Idle,
    /// Waiting for the next attempt; `None` waits for the page to be seen.
    Waiting { until: Option<Monotonic> },
    /// The edge refreshes the sign-in before the next attempt.
    Refreshing { since: Monotonic },
    /// A socket is being opened.
    Dialling { since: Monotonic },
    /// The socket is open, `hello` is sent.
    Introducing { since: Monotonic },
    /// `welcome` has come.
    Live { since: Monotonic },
    /// Refused for good.
    Stopped(CloseCode),
}

/// What a connection is needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Demand {
    Nothing,
    /// Topics are followed; a hidden page can wait.
    Topics,
    /// Commands wait to be sent, also while the page is hidden.
    Commands,
}

/// What time has made due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DialerTimeout {
    /// The wait is over: dial.
    Retry,
    /// The socket did not open, or the server did not answer `hello`.
    NotOpened,
    /// The refresh has no answer.
    NotRefreshed,
}

/// The life of the connection.
#[derive(Debug)]
pub(super) struct Dialer {
    state: ConnectionState,
    /// The number of the present socket; reports under other numbers are ignored.
    socket: u32,
    /// Attempts since the last healthy connection.
    attempt: u32,
    lost_at: Option<Monotonic>,
    /// Since when no connection was healthy; forgotten when the network may have changed.
    outage_since: Option<Monotonic>,
    was_live: bool,
    /// The sign-in was refreshed since the last welcome: a second refusal is final.
    refreshed: bool,
    /// When the sign-in ends, on the server's clock.
    expires_at: Option<Millis>,
    /// The window of `server_restart`, in milliseconds.
    restart_window: Option<(u64, u64)>,
    /// The server asked for no attempt before this moment.
    not_before: Monotonic,
    /// Since when no topic is followed.
    unneeded_since: Option<Monotonic>,
}

impl Dialer {
    pub(super) fn new() -> Self {
        Self {
            state: ConnectionState::Idle,
            socket: 0,
            attempt: 0,
            lost_at: None,
            outage_since: None,
            was_live: false,
            refreshed: false,
            expires_at: None,
            restart_window: None,
            not_before: Monotonic::default(),
            unneeded_since: None,
        }
    }

    // ── where it stands ─────────────────────────────────────────────────────────────────────

    pub(super) fn is_present(&self, socket: u32) -> bool {
        socket == self.socket
    }

    pub(super) fn is_live(&self) -> bool {
        matches!(self.state, ConnectionState::Live { .. })
    }

    pub(super) fn is_introducing(&self) -> bool {
        matches!(self.state, ConnectionState::Introducing { .. })
    }

    pub(super) fn live_since(&self) -> Option<Monotonic> {
        match self.state {
            ConnectionState::Live { since } => Some(since),
            _ => None,
        }
    }

    /// Nothing to do, or nothing that a hidden page would do it for.
    pub(super) fn is_asleep(&self) -> bool {
        matches!(self.state, ConnectionState::Idle | ConnectionState::Waiting { until: None })
    }

    pub(super) fn is_idle(&self) -> bool {
        self.state == ConnectionState::Idle
    }

    /// Idle or refused for good: only a new need begins another attempt.
    pub(super) fn is_at_rest(&self) -> bool {
        matches!(self.state, ConnectionState::Idle | ConnectionState::Stopped(_))
    }

    /// The phase that pages see; `quiet_since` is set while a live connection is silent.
    pub(super) fn phase(&self, now: Now, quiet_since: Option<Monotonic>) -> Phase {
        match self.state {
            ConnectionState::Idle => Phase::Idle,
            ConnectionState::Stopped(code) => Phase::Stopped(code),
            ConnectionState::Waiting { until } => self.lost_phase(now, self.attempt + 1, until),
            ConnectionState::Refreshing { .. }
            | ConnectionState::Dialling { .. }
            | ConnectionState::Introducing { .. } => {
                self.lost_phase(now, self.attempt.max(1), None)
            }
            ConnectionState::Live { .. } => match quiet_since {
                Some(since) => Phase::Quiet { since },
                None => Phase::Live,
            },
        }
    }

    fn lost_phase(&self, now: Now, attempt: u32, retry_at: Option<Monotonic>) -> Phase {
        let since = self.lost_at.unwrap_or(now.mono);
        if now.mono - since >= DEAD_AFTER_MS {
            Phase::Offline { since, attempt, retry_at }
        } else if self.was_live || attempt > 1 {
            Phase::Reconnecting { since, attempt, retry_at }
        } else {
            Phase::Connecting
        }
    }

    /// What is due now.
    pub(super) fn due(&self, now: Monotonic) -> Option<DialerTimeout> {
        match self.state {
            ConnectionState::Waiting { until: Some(until) } if now >= until => {
                Some(DialerTimeout::Retry)
            }
            ConnectionState::Dialling { since } | ConnectionState::Introducing { since }
                if now >= since + OPEN_WITHIN_MS =>
            {
                Some(DialerTimeout::NotOpened)
            }
            ConnectionState::Refreshing { since } if now >= since + OPEN_WITHIN_MS => {
                Some(DialerTimeout::NotRefreshed)
            }
            _ => None,
        }
    }

    /// When [`Dialer::due`] changes.
    pub(super) fn deadline(&self) -> Option<Monotonic> {
        match self.state {
            ConnectionState::Waiting { until } => until,
            ConnectionState::Refreshing { since }
            | ConnectionState::Dialling { since }
            | ConnectionState::Introducing { since } => Some(since + OPEN_WITHIN_MS),
            ConnectionState::Idle | ConnectionState::Live { .. } | ConnectionState::Stopped(_) => {
                None
            }
        }
    }

    /// When an unneeded connection is closed.
    pub(super) fn linger_ends(&self) -> Option<Monotonic> {
        self.unneeded_since.map(|since| since + LINGER_MS)
    }

    // ── attempts ────────────────────────────────────────────────────────────────────────────

    /// Begins an attempt, or rests when there is no need for one.
    pub(super) fn dial(
        &mut self,
        now: Now,
        demand: Demand,
        visible: bool,
        server_now: Millis,
    ) -> Option<Effect> {
        match demand {
            Demand::Nothing => {
                self.state = ConnectionState::Idle;
                return None;
            }
            // Phones freeze sockets of hidden pages; only commands are worth waking the radio for.
            Demand::Topics if !visible => {
                self.state = ConnectionState::Waiting { until: None };
                return None;
            }
            Demand::Topics | Demand::Commands => {}
        }
        self.attempt += 1;
        self.lost_at.get_or_insert(now.mono);
        self.outage_since.get_or_insert(now.mono);
        let expired = self.expires_at.is_some_and(|at| server_now >= at);
        Some(if expired && !self.refreshed { self.refresh(now) } else { self.open_socket(now) })
    }

    fn open_socket(&mut self, now: Now) -> Effect {
        self.socket += 1;
        self.state = ConnectionState::Dialling { since: now.mono };
        Effect::Dial(self.socket)
    }

    fn refresh(&mut self, now: Now) -> Effect {
        self.refreshed = true;
        self.state = ConnectionState::Refreshing { since: now.mono };
        Effect::Refresh
    }

    /// The network may have changed: whether to dial at once instead of at the end of the wait.
    pub(super) fn wake(&mut self, now: Now) -> bool {
        let waits = matches!(self.state, ConnectionState::Waiting { .. });
        if waits && now.mono >= self.not_before {
            self.outage_since = None;
            return true;
        }
        false
    }

    /// Forgets every wait and every refusal, because a person asked for the connection.
    pub(super) fn start_over(&mut self, now: Now) {
        self.attempt = 0;
        self.outage_since = None;
        self.not_before = Monotonic::default();
        self.refreshed = false;
        self.lost_at.get_or_insert(now.mono);
    }

    /// The answer to [`Effect::Refresh`].
    pub(super) fn refreshed(
        &mut self,
        now: Now,
        renewal: &Renewal,
        random: impl FnOnce() -> f64,
    ) -> Option<Effect> {
        if !matches!(self.state, ConnectionState::Refreshing { .. }) {
            return None;
        }
        match renewal {
            Renewal::Done => {
                self.expires_at = None;
                Some(self.open_socket(now))
            }
            Renewal::Refused => {
                self.state = ConnectionState::Stopped(CloseCode::SignInRefused);
                None
            }
            Renewal::Unreachable => {
                self.refreshed = false;
                self.wait(now, None, random);
                None
            }
        }
    }

    // ── a connection begins and ends ────────────────────────────────────────────────────────

    /// The present socket is open; false for a report about another one.
    pub(super) fn opened(&mut self, now: Now, socket: u32) -> bool {
        let expected =
            self.is_present(socket) && matches!(self.state, ConnectionState::Dialling { .. });
        if expected {
            self.state = ConnectionState::Introducing { since: now.mono };
        }
        expected
    }

    /// `welcome` has come. Returns how long there was no connection, when there was an earlier one.
    pub(super) fn welcomed(&mut self, now: Now, expires_at: Option<Millis>) -> Option<i64> {
        let gap_ms = self.lost_at.map_or(0, |since| now.mono - since);
        let returned = self.was_live.then_some(gap_ms);
        self.state = ConnectionState::Live { since: now.mono };
        self.was_live = true;
        self.lost_at = None;
        self.refreshed = false;
        self.restart_window = None;
        self.expires_at = expires_at;
        returned
    }

    /// The sign-in was renewed on the open socket.
    pub(super) fn sign_in_renewed(&mut self, expires_at: Option<Millis>) {
        self.expires_at = expires_at;
    }

    /// The server announced a restart, with the window in which to come back.
    pub(super) fn restart_announced(&mut self, min_ms: u64, max_ms: u64) {
        self.restart_window = Some((min_ms, max_ms));
    }

    /// The server asked for no attempt before this moment.
    pub(super) fn hold_off(&mut self, until: Monotonic) {
        self.not_before = self.not_before.max(until);
    }

    /// No topic is followed any more, or one is again.
    pub(super) fn set_unneeded(&mut self, since: Option<Monotonic>) {
        self.unneeded_since = since;
    }

    /// The present socket is of no use: closes it without waiting for its own end.
    pub(super) fn give_up(&mut self) -> (Effect, u16) {
        (Effect::Close(self.socket), ABNORMAL_CLOSURE)
    }

    /// Leaves the present socket, if there is one.
    pub(super) fn hang_up(&mut self) -> Option<Effect> {
        let has_socket = matches!(
            self.state,
            ConnectionState::Dialling { .. }
                | ConnectionState::Introducing { .. }
                | ConnectionState::Live { .. }
        );
        let left = has_socket.then_some(Effect::Close(self.socket));
        self.socket += 1;
        left
    }

    /// Rests until there is a need again.
    pub(super) fn rest(&mut self) {
        self.unneeded_since = None;
        self.state = ConnectionState::Idle;
        (self.attempt, self.lost_at, self.outage_since) = (0, None, None);
    }

    /// The socket ended with `code`; `last_received` is when something last came from it.
    pub(super) fn lost(
        &mut self,
        now: Now,
        code: u16,
        last_received: Monotonic,
        random: impl FnOnce() -> f64,
    ) -> Option<Effect> {
        // A socket that was silent before its end was lost when it was last received.
        if let ConnectionState::Live { since } = self.state {
            self.lost_at = Some(last_received.max(now.mono - DEAD_AFTER_MS));
            // Silent time does not count as healthy.
            if last_received - since >= HEALTHY_AFTER_MS {
                self.attempt = 0;
                self.outage_since = None;
            }
        }
        self.outage_since.get_or_insert(now.mono);
        self.socket += 1;
        match CloseCode::from_number(code) {
            Some(CloseCode::SignInRefused) if !self.refreshed => return Some(self.refresh(now)),
            known if !CloseCode::reconnects(code) => {
                let reason = known.unwrap_or(CloseCode::ProtocolError);
                self.state = ConnectionState::Stopped(reason);
            }
            _ => {
                let window = self.restart_window.take();
                self.wait(now, window, random);
            }
        }
        None
    }

    /// Waits before it reconnects: within the window of a restart that the server announced, else
    /// by [`backoff`], and never shorter than the server asked for.
    fn wait(&mut self, now: Now, window: Option<(u64, u64)>, random: impl FnOnce() -> f64) {
        let delay = match window {
            Some((min, max)) => backoff::within_ms(min, max, random()),
            None => {
                let outage = self.outage_since.map_or(0, |since| now.mono - since);
                backoff::reconnect_delay_ms(self.attempt + 1, outage, random())
            }
        };
        let until = (now.mono + delay).max(self.not_before);
        self.state = ConnectionState::Waiting { until: Some(until) };
    }
}
