//! The link: what pages and the browser report to it, passed on to the parts that decide.

use super::{
    Effect, Figures, Now, OutboxRecord, Renewal, Status,
    backoff::Jitter,
    clock::ServerClockEstimate,
    dialer::{Demand, Dialer, DialerTimeout},
    followed_topics::FollowedTopics,
    heartbeat::{HeartbeatAction, LinkHeartbeat, QUIET_AFTER_MS},
    pending::PendingQueue,
    statistics::Statistics,
    transmitter::Transmitter,
};
use crate::Monotonic;
use protocol::{
    ClientMessage, Codec, Envelope, ErrorBody, ErrorCode, MessageId, Millis, Position, Read,
    ServerMessage, Topic,
    account::Credential,
    client::{ClientInfo, Hello},
};
use std::collections::VecDeque;

/// The client's side of one connection and everything that outlives it.
#[derive(Debug)]
pub struct Link {
    device: String,
    visible: bool,
    pub(super) read: Read<ServerMessage>,
    pub(super) dialer: Dialer,
    pub(super) heartbeat: LinkHeartbeat,
    pub(super) clock: ServerClockEstimate,
    pub(super) followed: FollowedTopics,
    pub(super) pending: PendingQueue,
    pub(super) transmitter: Transmitter,
    pub(super) statistics: Statistics,
    pub(super) jitter: Jitter,
    pub(super) effects: VecDeque<Effect>,
}

impl Link {
    /// A link that has not begun. `seed` is for jitter and subscription ids; `read` reads the
    /// messages of the topics that will be followed.
    pub fn new(
        device: impl Into<String>,
        visible: bool,
        seed: u64,
        read: Read<ServerMessage>,
    ) -> Self {
        Self {
            device: device.into(),
            visible,
            read,
            dialer: Dialer::new(),
            heartbeat: LinkHeartbeat::default(),
            clock: ServerClockEstimate::default(),
            followed: FollowedTopics::default(),
            pending: PendingQueue::default(),
            transmitter: Transmitter::default(),
            statistics: Statistics::default(),
            jitter: Jitter::new(seed),
            effects: VecDeque::new(),
        }
    }

    /// The next thing for the edge to do.
    pub fn poll(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    // ── called by pages ─────────────────────────────────────────────────────────────────────

    /// Follows a topic from a position. Following it again asks for its state anew.
    pub fn follow(&mut self, now: Now, topic: Topic, from: Option<Position>) {
        self.followed.follow(topic, from);
        self.dialer.set_unneeded(None);
        if self.dialer.is_live() {
            self.subscribe(now, topic);
        } else if self.dialer.is_at_rest() {
            // A person went on to another page: a refusal to the last one may not hold for it.
            self.dial(now);
        }
    }

    /// Stops following a topic.
    pub fn unfollow(&mut self, now: Now, topic: Topic) {
        self.followed.unfollow(topic);
        self.pending.drop_notes(topic);
        if self.dialer.is_live() {
            self.transmit(now, Envelope::bare(ClientMessage::Unsubscribe { name: topic }), None);
        }
        if self.followed.is_empty() {
            self.dialer.set_unneeded(Some(now.mono));
        }
    }

    /// Sends a message about a topic under an id of the caller's making. A strum or a mute without
    /// a connection is not sent and not answered; everything else waits for a connection and is
    /// answered.
    pub fn send(&mut self, now: Now, id: MessageId, topic: Topic, message: ClientMessage) {
        if message.is_momentary() && !self.dialer.is_live() {
            return;
        }
        let record =
            OutboxRecord { id, topic, message, made_at: now.wall, made_mono: Some(now.mono) };
        if record.message.is_command() {
            self.effects.push_back(Effect::Save(record.clone()));
        }
        if let Some(given_up) = self.pending.push(record, now.wall) {
            let error = ErrorBody::new(ErrorCode::Unavailable, "Not sent: too many messages wait.");
            self.deliver_answer(given_up, Err(error), None);
        }
        self.send_pending(now);
        if self.dialer.is_asleep() {
            self.dial(now);
        }
    }

    /// The commands of an earlier page, once they are read. Must be called, also with none, and
    /// again with those that come late.
    pub fn restore(&mut self, now: Now, records: Vec<OutboxRecord>) {
        self.pending.restore(records, now.wall);
        if self.dialer.is_asleep() && !self.pending.is_empty() {
            self.dial(now);
        }
        self.send_pending(now);
    }

    /// A person's decision about the overdue commands: send them, or drop them.
    pub fn decide_overdue(&mut self, now: Now, send: bool) {
        for dropped in self.pending.decide_overdue(send) {
            self.effects.push_back(Effect::Forget(dropped.id));
        }
        self.send_pending(now);
        if send && self.dialer.is_asleep() {
            self.dial(now);
        }
    }

    /// The commands without an answer, the oldest first.
    pub fn queued(&self) -> Vec<(MessageId, ClientMessage)> {
        self.pending.commands().map(|r| (r.id, r.message.clone())).collect()
    }

    /// Connects at once because a person asked for it, also after a final close.
    pub fn reconnect(&mut self, now: Now) {
        if !self.dialer.is_idle() {
            self.hang_up();
            self.dialer.start_over(now);
            self.dial(now);
        }
    }

    /// The server's clock now.
    pub fn server_now(&self, now: Now) -> Millis {
        self.clock.server_time(now)
    }

    /// The chip's state.
    pub fn status(&self, now: Now) -> Status {
        let silent_since = self.heartbeat.silent_since();
        let quiet = self.visible && now.mono - silent_since >= QUIET_AFTER_MS;
        let (caught_up, reloaded) = self.statistics.caught_up();
        Status {
            phase: self.dialer.phase(now, quiet.then_some(silent_since)),
            rtt_ms: self.heartbeat.rtt_ms(),
            queued: self.pending.commands().count(),
            overdue: self.pending.overdue(),
            caught_up,
            reloaded,
        }
    }

    /// The panel's figures.
    pub fn figures(&self) -> Figures {
        Figures {
            waiting: self.pending.len(),
            clock_offset_ms: self.clock.offset(),
            connected_since: self.dialer.live_since(),
            ..self.statistics.figures().clone()
        }
    }

    // ── reported by the browser ─────────────────────────────────────────────────────────────

    /// The page became visible or hidden.
    pub fn visibility(&mut self, now: Now, visible: bool) {
        let changed = self.visible != visible;
        self.visible = visible;
        // Also behind a `hello` without its answer, which named the visibility of before.
        if changed && (self.dialer.is_live() || self.dialer.is_introducing()) {
            self.transmit(now, Envelope::bare(ClientMessage::Visibility { visible }), None);
        }
        if visible {
            self.heartbeat.shown(now.mono);
            self.wake(now);
        }
    }

    /// The network is there again, or the page was shown from the back-forward cache: dials at
    /// once, or probes a socket that looks open.
    pub fn wake(&mut self, now: Now) {
        if self.dialer.is_live() {
            self.heartbeat.begin_probe(now.mono);
            self.ping(now);
        } else if self.dialer.wake(now) {
            self.dial(now);
        }
    }

    /// The socket is open, and uses this codec.
    pub fn opened(&mut self, now: Now, socket: u32, codec: Codec) {
        if !self.dialer.opened(now, socket) {
            return;
        }
        self.transmitter.opened(codec);
        self.statistics.opened(codec);
        self.heartbeat.opened(now.mono);
        let topics = self.followed.hello_requests();
        let client = ClientInfo { device: self.device.clone(), visible: self.visible };
        let hello = Hello { auth: None, client, topics };
        self.transmit(now, Envelope::bare(ClientMessage::Hello(hello)), None);
    }

    /// The socket closed, or failed to open (1006).
    pub fn closed(&mut self, now: Now, socket: u32, code: u16) {
        if self.dialer.is_present(socket) {
            self.lost(now, code);
        }
    }

    /// The answer to [`Effect::Refresh`].
    pub fn refreshed(&mut self, now: Now, renewal: Renewal) {
        let random = || self.jitter.next_fraction();
        let effect = self.dialer.refreshed(now, &renewal, random);
        self.effects.extend(effect);
    }

    /// The answer to [`Effect::Renew`]: a ticket to show on the open socket. Without one the
    /// socket lives until the sign-in ends, and then asks again.
    pub fn renewed(&mut self, now: Now, ticket: Option<String>) {
        if let (Some(ticket), true) = (ticket, self.dialer.is_live()) {
            let auth = ClientMessage::Auth(Credential::Ticket(ticket));
            self.transmit(now, Envelope::bare(auth), None);
        }
    }

    /// Time passed; call it at [`Link::deadline`] or later.
    pub fn on_timer(&mut self, now: Now) {
        if let Some(ready) = self.transmitter.due(now.mono) {
            self.put_on_wire(ready);
        }
        self.statistics.on_timer(now.mono);
        if self.dialer.is_live() {
            self.check_heartbeat(now);
        } else {
            match self.dialer.due(now.mono) {
                Some(DialerTimeout::Retry) => self.dial(now),
                Some(DialerTimeout::NotOpened) => self.give_up(now),
                Some(DialerTimeout::NotRefreshed) => self.refreshed(now, Renewal::Unreachable),
                None => {}
            }
        }
        if self.pending.is_empty() && self.dialer.linger_ends().is_some_and(|at| now.mono >= at) {
            self.hang_up();
            self.dialer.rest();
        }
    }

    /// When [`Link::on_timer`] has something to do.
    pub fn deadline(&self, now: Now) -> Option<Monotonic> {
        let heartbeat = self.dialer.is_live().then(|| self.heartbeat.deadline(self.visible));
        [
            self.dialer.deadline(),
            self.dialer.linger_ends().filter(|_| self.pending.is_empty()),
            heartbeat.flatten(),
            self.transmitter.deadline(),
            self.pending.deadline(now.mono),
            self.statistics.deadline(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    // ── the life of a connection ────────────────────────────────────────────────────────────

    fn dial(&mut self, now: Now) {
        let demand = if self.pending.commands().next().is_some() {
            Demand::Commands
        } else if self.followed.is_empty() {
            Demand::Nothing
        } else {
            Demand::Topics
        };
        let server_now = self.clock.server_time(now);
        self.effects.extend(self.dialer.dial(now, demand, self.visible, server_now));
    }

    fn check_heartbeat(&mut self, now: Now) {
        match self.heartbeat.due(now.mono, self.visible) {
            HeartbeatAction::GiveUp => return self.give_up(now),
            HeartbeatAction::Ping => self.ping(now),
            HeartbeatAction::Nothing => {}
        }
        self.send_pending(now);
    }

    /// The socket does not work: forgets it without waiting for its own end.
    fn give_up(&mut self, now: Now) {
        let (close, code) = self.dialer.give_up();
        self.effects.push_back(close);
        self.lost(now, code);
    }

    fn hang_up(&mut self) {
        self.effects.extend(self.dialer.hang_up());
        self.forget_socket();
    }

    fn lost(&mut self, now: Now, code: u16) {
        let last_received = self.heartbeat.last_received();
        self.forget_socket();
        let random = || self.jitter.next_fraction();
        let effect = self.dialer.lost(now, code, last_received, random);
        self.effects.extend(effect);
    }

    fn forget_socket(&mut self) {
        self.transmitter.clear();
        self.heartbeat.forget_socket();
        self.pending.unsend_all();
    }
}
