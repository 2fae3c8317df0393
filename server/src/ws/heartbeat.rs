//! What happens to a connection because time passed: pings, silence, a missing introduction, and
//! the end of a sign-in.

use super::connection::{Connection, ConnectionEnd, WRITE_TIMEOUT};
use axum::extract::ws::{Message, WebSocket};
use bytes::Bytes;
use cadence_config::minutes;
use logic::presence::Departure;
use protocol::{CloseCode, Envelope, Millis, ServerMessage, encode};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How often the server pings; hidden browsers answer these too.
const PING_INTERVAL: Duration = Duration::from_secs(10);
/// A socket that was silent for so long, pongs included, is dead.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(30);
/// How long before a sign-in ends the client is asked to renew it; at most half its duration, so
/// that a renewal does not cause the next notice at once.
const EXPIRY_NOTICE_MS: Millis = 60_000;
/// A sign-in that ended is dropped after this grace, so that a renewal in transit can arrive.
const EXPIRY_GRACE_MS: Millis = 5_000;

/// The timers of a connection.
pub(super) struct SocketHeartbeat {
    received_at: Instant,
    next_ping: Instant,
    introduce_by: Instant,
    expiry_noticed: bool,
}

impl SocketHeartbeat {
    /// The timers of a connection that opens now.
    pub(super) fn new(introduce_within: Duration) -> Self {
        let now = Instant::now();
        Self {
            received_at: now,
            next_ping: now + PING_INTERVAL,
            introduce_by: now + introduce_within,
            expiry_noticed: false,
        }
    }

    /// A frame arrived.
    pub(super) fn received(&mut self) {
        self.received_at = Instant::now();
    }

    /// The sign-in was renewed: the next notice is due before its new end.
    pub(super) fn sign_in_renewed(&mut self) {
        self.expiry_noticed = false;
    }
}

impl Connection {
    /// When [`Connection::on_timer`] is due.
    pub(super) fn deadline(&self) -> Instant {
        let SocketHeartbeat { next_ping, introduce_by, expiry_noticed, .. } = self.heartbeat;
        let introduce = (!self.client.introduced).then_some(introduce_by);
        let expiry = self.client.principal.staff.as_ref().map(|staff| {
            let lead = if expiry_noticed { -EXPIRY_GRACE_MS } else { self.expiry_lead() };
            let wait = (staff.expires_at - lead - self.state.now()).max(0);
            Instant::now() + Duration::from_millis(wait as u64)
        });
        [introduce, expiry].into_iter().flatten().fold(next_ping, Instant::min)
    }

    /// Does what is due.
    pub(super) async fn on_timer(&mut self, socket: &mut WebSocket) -> Result<(), ConnectionEnd> {
        let now = Instant::now();
        if !self.client.introduced && now >= self.heartbeat.introduce_by {
            return Err(ConnectionEnd::Closed(CloseCode::NoIntroduction));
        }
        self.check_expiry()?;
        if now < self.heartbeat.next_ping {
            return Ok(());
        }
        self.heartbeat.next_ping = now + PING_INTERVAL;
        // While the socket is not read, silence proves nothing; the write timeout decides.
        let reads = !self.topics.answers_first();
        if reads && now - self.heartbeat.received_at > SILENCE_TIMEOUT {
            return Err(ConnectionEnd::Left(Departure::Broken));
        }
        let ping = socket.send(Message::Ping(Bytes::new()));
        match timeout(WRITE_TIMEOUT, ping).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(ConnectionEnd::Left(Departure::Broken)),
        }
    }

    /// Asks for a renewal before the sign-in ends, and drops it afterwards.
    fn check_expiry(&mut self) -> Result<(), ConnectionEnd> {
        let Some(staff) = &self.client.principal.staff else { return Ok(()) };
        let (expires_at, now) = (staff.expires_at, self.state.now());
        if now >= expires_at + EXPIRY_GRACE_MS {
            return self.lose_sign_in(CloseCode::SignInRefused);
        }
        if !self.heartbeat.expiry_noticed && now >= expires_at - self.expiry_lead() {
            self.heartbeat.expiry_noticed = true;
            let notice = ServerMessage::AuthExpiring { expires_at };
            self.handle.push(encode(&Envelope::bare(notice)));
        }
        Ok(())
    }

    fn expiry_lead(&self) -> Millis {
        let duration = minutes(self.state.config.auth.access_minutes);
        EXPIRY_NOTICE_MS.min(duration / 2)
    }
}
