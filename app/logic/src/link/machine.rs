//! The connection's life, from the first dial to the last word.

use super::{
    Delivery, Figures, OutboxRecord, Phase, Status,
    backoff::{self, Jitter},
    batch::Batcher,
    clock::ServerClock,
    cursor::Cursor,
    heartbeat::{
        DEAD_AFTER_MS, LINGER_MS, OPEN_WITHIN_MS, PING_EVERY_MS, PROBE_MS, QUIET_AFTER_MS,
    },
    inbox::Item,
    pending::PendingQueue,
};
use protocol::{
    ClientMessage, CloseCode, Codec, Envelope, ErrorBody, ErrorCode, Frame, Millis, Position, Read,
    ServerMessage, Topic,
    account::Credential,
    client::{ClientInfo, Hello},
    encode,
    guitar::Timestamp,
    gym::Stats,
    topic::TopicRequest,
};
use std::collections::{BTreeMap, VecDeque};
use uuid::Uuid;

/// The two clocks of the edge: rules use the monotonic one, moments in messages the wall clock.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// Milliseconds that never jump.
    pub mono: i64,
    /// UTC milliseconds as this device believes.
    pub wall: Millis,
}

/// What the edge has to do.
#[allow(clippy::large_enum_variant, reason = "effects are carried out one by one and not kept")]
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Open a socket and report under this number.
    Dial(u32),
    /// Close the socket with this number; nothing it says counts any more.
    Hang(u32),
    /// Send a frame on the open socket.
    Transmit(Frame),
    /// Give a delivery to whoever follows the topic.
    Deliver(Topic, Delivery),
    /// Keep a command until it is answered.
    Save(OutboxRecord),
    /// A command is answered.
    Forget(Uuid),
    /// Refresh the sign-in's cookies, then report [`Link::refreshed`].
    Refresh,
    /// Refresh the sign-in and get a ticket, then report [`Link::renewed`].
    Renew,
}

/// What came of a refresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Renewal {
    /// Signed in for another while.
    Done,
    /// The server said no: a person has to sign in.
    Refused,
    /// No answer.
    Unreachable,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing to do.
    Idle,
    /// Waiting for the next attempt; `None` waits for the page to be seen.
    Waiting { until: Option<i64> },
    /// The edge refreshes the sign-in before the next attempt.
    Refreshing { since: i64 },
    /// A socket is being opened.
    Dialling { since: i64 },
    /// The socket is open, `hello` is sent.
    Introducing { since: i64 },
    /// Welcome.
    Live { since: i64 },
    /// Refused for good.
    Stopped(CloseCode),
}

/// A followed topic.
#[derive(Debug, Default)]
pub(super) struct Following {
    pub(super) cursor: Cursor<Item>,
    /// `hello` asked for it. One that is followed anew meanwhile gets an answer of its own.
    pub(super) named: bool,
    /// The server has answered on this connection.
    pub(super) answered: bool,
    /// A `resync` is on its way.
    pub(super) asked: bool,
    /// Events up to here are a replay.
    pub(super) replay_until: u64,
    /// Figures that include more events than have come yet.
    pub(super) early_stats: Option<Stats>,
}

/// The client's side of one connection and everything that outlives it.
#[derive(Debug)]
pub struct Link {
    pub(super) device: String,
    pub(super) state: State,
    pub(super) topics: BTreeMap<Topic, Following>,
    pub(super) pending: PendingQueue,
    pub(super) subscribes: VecDeque<(Uuid, Topic)>,
    pub(super) clock: ServerClock,
    pub(super) figures: Figures,
    pub(super) codec: Codec,
    pub(super) rtt_ms: Option<u32>,
    pub(super) effects: VecDeque<Effect>,
    pub(super) last_heard: i64,
    /// Pings without an answer, the oldest first: wall clock and monotonic clock.
    pub(super) pings: VecDeque<(Millis, i64)>,
    /// Commands of an earlier page are still being read; none is sent before they are known.
    pub(super) restoring: bool,
    pub(super) expires_at: Option<Millis>,
    pub(super) restart_window: Option<(u64, u64)>,
    pub(super) not_before: i64,
    pub(super) notice: Option<(i64, Option<u64>, bool)>,
    socket: u32,
    attempt: u32,
    lost_at: Option<i64>,
    /// Since when no connection was healthy, or since the world may be another.
    trouble_since: Option<i64>,
    ever_live: bool,
    refreshed: bool,
    visible: bool,
    probe_ends: Option<i64>,
    next_ping: i64,
    unneeded_since: Option<i64>,
    batcher: Batcher,
    jitter: Jitter,
    make_id: fn(&mut Jitter, Millis) -> Uuid,
    pub(super) read: Read<ServerMessage>,
}

impl Link {
    /// A link that has not begun. `seed` is for jitter and subscription ids; `read` knows the
    /// messages of the topics that will be followed.
    pub fn new(
        device: impl Into<String>,
        visible: bool,
        seed: u64,
        read: Read<ServerMessage>,
    ) -> Self {
        Self {
            device: device.into(),
            state: State::Idle,
            topics: BTreeMap::new(),
            pending: PendingQueue::default(),
            subscribes: VecDeque::new(),
            clock: ServerClock::default(),
            figures: Figures::default(),
            codec: Codec::default(),
            rtt_ms: None,
            effects: VecDeque::new(),
            last_heard: 0,
            pings: VecDeque::new(),
            restoring: true,
            expires_at: None,
            restart_window: None,
            not_before: 0,
            notice: None,
            socket: 0,
            attempt: 0,
            lost_at: None,
            trouble_since: None,
            ever_live: false,
            refreshed: false,
            visible,
            probe_ends: None,
            next_ping: 0,
            unneeded_since: None,
            batcher: Batcher::default(),
            jitter: Jitter::new(seed),
            make_id: internal_id,
            read,
        }
    }

    /// The next thing for the edge to do.
    pub fn poll(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    // ── what pages want ─────────────────────────────────────────────────────────────────────

    /// Follows a topic from a position. Following it again asks for its state anew.
    pub fn follow(&mut self, now: Now, topic: Topic, from: Option<Position>) {
        let cursor = Cursor::at(from);
        self.topics.insert(topic, Following { cursor, ..Following::default() });
        self.unneeded_since = None;
        match self.state {
            State::Live { .. } => self.subscribe(now, topic),
            // A person went on to another page: what was refused to the last one may be given.
            State::Idle | State::Stopped(_) => self.dial(now),
            _ => {}
        }
    }

    /// Stops following a topic.
    pub fn unfollow(&mut self, now: Now, topic: Topic) {
        self.topics.remove(&topic);
        self.pending.drop_fleeting(topic);
        if matches!(self.state, State::Live { .. }) {
            self.transmit(now, Envelope::bare(ClientMessage::Unsubscribe { name: topic }), None);
        }
        if self.topics.is_empty() {
            self.unneeded_since = Some(now.mono);
        }
    }

    /// Sends a message about a topic under an id of the caller's making. A strum or a mute without a
    /// connection is not sent and not answered; everything else waits and is.
    pub fn send(&mut self, now: Now, id: Uuid, topic: Topic, message: ClientMessage) {
        // A note that nobody can hear now is worth nothing later: it would not be sounded.
        if message.is_momentary() && !matches!(self.state, State::Live { .. }) {
            return;
        }
        let record =
            OutboxRecord { id, topic, message, made_at: now.wall, made_mono: Some(now.mono) };
        if record.message.is_command() {
            self.effects.push_back(Effect::Save(record.clone()));
        }
        if let Some(given_up) = self.pending.push(record, now.wall) {
            let error = ErrorBody::new(ErrorCode::Unavailable, "Not sent: too many messages wait.");
            self.answer(given_up, Err(error), None);
        }
        self.flush_pending(now);
        if self.sleeps() {
            self.dial(now);
        }
    }

    /// The commands of an earlier page, once they are read. Must be called, also with none, and
    /// again with those that come late.
    pub fn restore(&mut self, now: Now, records: Vec<OutboxRecord>) {
        self.restoring = false;
        self.pending.restore(records, now.wall);
        if self.sleeps() && !self.pending.is_empty() {
            self.dial(now);
        }
        self.flush_pending(now);
    }

    /// A person's word about the commands older than a week.
    pub fn release_held(&mut self, now: Now, send: bool) {
        for dropped in self.pending.release_held(send) {
            self.effects.push_back(Effect::Forget(dropped.id));
        }
        self.flush_pending(now);
        if send && self.sleeps() {
            self.dial(now);
        }
    }

    /// The commands without an answer, the oldest first.
    pub fn queued(&self) -> Vec<(Uuid, ClientMessage)> {
        self.pending.commands().map(|r| (r.id, r.message.clone())).collect()
    }

    /// A person wants the connection now, also after a final close.
    pub fn reconnect(&mut self, now: Now) {
        if !matches!(self.state, State::Idle) {
            self.hang();
            self.attempt = 0;
            self.trouble_since = None;
            self.not_before = 0;
            self.refreshed = false;
            self.lost_at.get_or_insert(now.mono);
            self.dial(now);
        }
    }

    /// The server's clock now.
    pub fn server_now(&self, now: Now) -> Millis {
        self.clock.server_time(now)
    }

    // ── what the browser tells ──────────────────────────────────────────────────────────────

    /// The page became visible or hidden.
    pub fn visibility(&mut self, now: Now, visible: bool) {
        let changed = self.visible != visible;
        self.visible = visible;
        if changed && matches!(self.state, State::Live { .. }) {
            self.transmit(now, Envelope::bare(ClientMessage::Visibility { visible }), None);
        }
        if visible {
            // The server's own pings reach a hidden page without a word to its scripts: only the
            // silence from here on means something.
            self.last_heard = now.mono;
            self.pings.clear();
            self.wake(now);
        }
    }

    /// The network is there again, or the page was shown from the back-forward cache: dial at
    /// once, or ask a socket that looks open whether it still is.
    pub fn wake(&mut self, now: Now) {
        match self.state {
            State::Waiting { .. } if now.mono >= self.not_before => {
                self.trouble_since = None;
                self.dial(now);
            }
            State::Live { .. } => {
                self.probe_ends.get_or_insert(now.mono + PROBE_MS);
                self.ping(now);
            }
            _ => {}
        }
    }

    /// The socket is open, and speaks this codec.
    pub fn opened(&mut self, now: Now, socket: u32, codec: Codec) {
        if socket != self.socket || !matches!(self.state, State::Dialling { .. }) {
            return;
        }
        self.codec = codec;
        self.figures.codec = codec.name();
        self.state = State::Introducing { since: now.mono };
        self.last_heard = now.mono;
        let topics = self
            .topics
            .iter_mut()
            .map(|(topic, following)| {
                following.named = true;
                following.answered = false;
                following.asked = false;
                TopicRequest::new(*topic, following.cursor.position())
            })
            .collect();
        let client = ClientInfo { device: self.device.clone(), visible: self.visible };
        let hello = Hello { auth: None, client, topics };
        self.transmit(now, Envelope::bare(ClientMessage::Hello(hello)), None);
    }

    /// The socket closed, or failed to open (1006).
    pub fn closed(&mut self, now: Now, socket: u32, code: u16) {
        if socket == self.socket {
            self.lost(now, code);
        }
    }

    /// The answer to [`Effect::Refresh`].
    pub fn refreshed(&mut self, now: Now, renewal: Renewal) {
        if !matches!(self.state, State::Refreshing { .. }) {
            return;
        }
        match renewal {
            Renewal::Done => {
                self.expires_at = None;
                self.open_socket(now);
            }
            Renewal::Refused => self.stop(CloseCode::SignInRefused),
            Renewal::Unreachable => {
                self.refreshed = false;
                self.wait(now, None);
            }
        }
    }

    /// The answer to [`Effect::Renew`]: a ticket to show on the open socket. Without one the
    /// socket lives until the sign-in ends, and then asks again.
    pub fn renewed(&mut self, now: Now, ticket: Option<String>) {
        if let (Some(ticket), State::Live { .. }) = (ticket, self.state) {
            let auth = ClientMessage::Auth(Credential::Ticket(ticket));
            self.transmit(now, Envelope::bare(auth), None);
        }
    }

    /// Time passed; call it at [`Link::deadline`] or later.
    pub fn tick(&mut self, now: Now) {
        if let Some((frame, messages)) = self.batcher.tick(now.mono) {
            self.put_on_wire(frame, messages);
        }
        if self.notice.is_some_and(|(ends, ..)| now.mono >= ends) {
            self.notice = None;
        }
        match self.state {
            State::Waiting { until: Some(until) } if now.mono >= until => self.dial(now),
            State::Dialling { since } | State::Introducing { since }
                if now.mono >= since + OPEN_WITHIN_MS =>
            {
                self.give_up(now);
            }
            State::Refreshing { since } if now.mono >= since + OPEN_WITHIN_MS => {
                self.refreshed(now, Renewal::Unreachable);
            }
            State::Live { .. } => self.tick_live(now),
            _ => {}
        }
        if let Some(since) = self.unneeded_since
            && now.mono >= since + LINGER_MS
            && self.pending.is_empty()
        {
            self.unneeded_since = None;
            self.hang();
            self.state = State::Idle;
            (self.attempt, self.lost_at, self.trouble_since) = (0, None, None);
        }
    }

    /// When [`Link::tick`] has something to do, monotonic.
    pub fn deadline(&self, now: Now) -> Option<i64> {
        let state = match self.state {
            State::Waiting { until } => until,
            State::Refreshing { since }
            | State::Dialling { since }
            | State::Introducing { since } => Some(since + OPEN_WITHIN_MS),
            State::Live { .. } if self.visible => {
                Some(self.next_ping.min(self.unanswered_since() + DEAD_AFTER_MS))
            }
            _ => None,
        };
        let unneeded = self.unneeded_since.filter(|_| self.pending.is_empty());
        let unneeded = unneeded.map(|since| since + LINGER_MS);
        [
            state,
            unneeded,
            self.probe_ends,
            self.batcher.deadline(),
            self.pending.deadline(now.mono),
            self.notice.map(|(ends, ..)| ends),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    // ── what pages may know ─────────────────────────────────────────────────────────────────

    /// The chip's state.
    pub fn status(&self, now: Now) -> Status {
        let lost = |attempt: u32, retry_at: Option<i64>| {
            let since = self.lost_at.unwrap_or(now.mono);
            if now.mono - since >= DEAD_AFTER_MS {
                Phase::Offline { since, attempt, retry_at }
            } else if self.ever_live || attempt > 1 {
                Phase::Reconnecting { since, attempt, retry_at }
            } else {
                Phase::Connecting
            }
        };
        let phase = match self.state {
            State::Idle => Phase::Idle,
            State::Stopped(code) => Phase::Stopped(code),
            State::Waiting { until } => lost(self.attempt + 1, until),
            State::Refreshing { .. } | State::Dialling { .. } | State::Introducing { .. } => {
                lost(self.attempt.max(1), None)
            }
            State::Live { .. }
                if self.visible && now.mono - self.unanswered_since() >= QUIET_AFTER_MS =>
            {
                Phase::Quiet { since: self.unanswered_since() }
            }
            State::Live { .. } => Phase::Live,
        };
        Status {
            phase,
            rtt_ms: self.rtt_ms,
            queued: self.pending.commands().count(),
            held: self.pending.held(),
            caught_up: self.notice.and_then(|(_, caught_up, _)| caught_up),
            reloaded: self.notice.is_some_and(|(.., reloaded)| reloaded),
        }
    }

    /// The panel's figures.
    pub fn figures(&self) -> Figures {
        Figures {
            waiting: self.pending.len(),
            clock_offset_ms: self.clock.offset(),
            connected_since: match self.state {
                State::Live { since } => Some(since),
                _ => None,
            },
            ..self.figures.clone()
        }
    }

    // ── the life of a connection ────────────────────────────────────────────────────────────

    /// Nothing to do, or nothing that a hidden page would do it for.
    fn sleeps(&self) -> bool {
        matches!(self.state, State::Idle | State::Waiting { until: None })
    }

    fn dial(&mut self, now: Now) {
        let needed = !self.topics.is_empty() || self.pending.commands().next().is_some();
        if !needed {
            self.state = State::Idle;
            return;
        }
        // Phones freeze sockets of hidden pages; only commands are worth waking the radio for.
        if !self.visible && self.pending.commands().next().is_none() {
            self.state = State::Waiting { until: None };
            return;
        }
        self.attempt += 1;
        self.lost_at.get_or_insert(now.mono);
        self.trouble_since.get_or_insert(now.mono);
        let expired = self.expires_at.is_some_and(|at| self.clock.server_time(now) >= at);
        if expired && !self.refreshed {
            return self.refresh(now);
        }
        self.open_socket(now);
    }

    fn open_socket(&mut self, now: Now) {
        self.socket += 1;
        self.state = State::Dialling { since: now.mono };
        self.effects.push_back(Effect::Dial(self.socket));
    }

    fn refresh(&mut self, now: Now) {
        self.refreshed = true;
        self.state = State::Refreshing { since: now.mono };
        self.effects.push_back(Effect::Refresh);
    }

    /// The server said welcome: everything of the last connection is restored or asked for.
    pub(super) fn live(&mut self, now: Now, expires_at: Option<Millis>) {
        if self.ever_live {
            self.figures.reconnects += 1;
            let gap = self.lost_at.map_or(0, |since| now.mono - since);
            self.figures.longest_gap_ms = self.figures.longest_gap_ms.max(gap);
        }
        self.state = State::Live { since: now.mono };
        self.ever_live = true;
        self.lost_at = None;
        self.refreshed = false;
        self.restart_window = None;
        self.expires_at = expires_at;
        self.subscribes.clear();
        self.ping(now);
    }

    /// Whether an earlier connection of this page was live.
    pub(super) fn returned(&self) -> bool {
        self.figures.reconnects > 0
    }

    fn tick_live(&mut self, now: Now) {
        let probe_failed = self.probe_ends.is_some_and(|ends| now.mono >= ends);
        let silent = self.visible && now.mono - self.unanswered_since() >= DEAD_AFTER_MS;
        if probe_failed || silent {
            return self.give_up(now);
        }
        if self.visible && now.mono >= self.next_ping {
            self.ping(now);
        }
        self.flush_pending(now);
    }

    /// Since when nothing tells that both ways are open. What others say comes in also while this
    /// page's own words are lost: a ping without an answer counts more.
    fn unanswered_since(&self) -> i64 {
        self.pings.front().map_or(self.last_heard, |(_, asked)| *asked)
    }

    /// This socket leads nowhere: forget it without waiting for its own end.
    fn give_up(&mut self, now: Now) {
        self.effects.push_back(Effect::Hang(self.socket));
        self.lost(now, 1006);
    }

    fn hang(&mut self) {
        if matches!(
            self.state,
            State::Dialling { .. } | State::Introducing { .. } | State::Live { .. }
        ) {
            self.effects.push_back(Effect::Hang(self.socket));
        }
        self.socket += 1;
        self.forget_socket();
    }

    fn forget_socket(&mut self) {
        self.batcher.clear();
        self.pings.clear();
        self.pending.unsend_all();
        self.probe_ends = None;
        self.rtt_ms = None;
    }

    fn lost(&mut self, now: Now, code: u16) {
        // A socket that was silent before its end was lost when it was last heard.
        if let State::Live { since } = self.state {
            self.lost_at = Some(self.last_heard.max(now.mono - DEAD_AFTER_MS));
            // Time in which nothing was heard is no health.
            if self.last_heard - since >= backoff::HEALTHY_AFTER_MS {
                self.attempt = 0;
                self.trouble_since = None;
            }
        }
        self.trouble_since.get_or_insert(now.mono);
        self.socket += 1;
        self.forget_socket();
        let code_name = CloseCode::from_number(code);
        match code_name {
            Some(CloseCode::SignInRefused) if !self.refreshed => self.refresh(now),
            Some(code) if !CloseCode::reconnects(code.number()) => self.stop(code),
            _ if !CloseCode::reconnects(code) => self.stop(CloseCode::ProtocolError),
            _ => {
                let window = self.restart_window.take();
                self.wait(now, window);
            }
        }
    }

    fn wait(&mut self, now: Now, window: Option<(u64, u64)>) {
        let random = self.jitter.next_fraction();
        let delay = match window {
            Some((min, max)) => backoff::within_ms(min, max, random),
            None => {
                let trouble = self.trouble_since.map_or(0, |since| now.mono - since);
                backoff::delay_ms(self.attempt + 1, trouble, random)
            }
        };
        let until = (now.mono + delay).max(self.not_before);
        self.state = State::Waiting { until: Some(until) };
    }

    fn stop(&mut self, code: CloseCode) {
        self.state = State::Stopped(code);
    }

    // ── sending ─────────────────────────────────────────────────────────────────────────────

    pub(super) fn subscribe(&mut self, now: Now, topic: Topic) {
        let Some(following) = self.topics.get_mut(&topic) else { return };
        following.answered = false;
        following.asked = false;
        let request = TopicRequest::new(topic, following.cursor.position());
        let id = (self.make_id)(&mut self.jitter, now.wall);
        self.subscribes.push_back((id, topic));
        let message = Envelope::bare(ClientMessage::Subscribe(request)).with_id(Some(id));
        self.transmit(now, message, None);
    }

    /// There is a gap, or another life of the log: ask once.
    pub(super) fn resync(&mut self, now: Now, topic: Topic) {
        let Some(following) = self.topics.get_mut(&topic) else { return };
        if following.asked {
            return;
        }
        following.asked = true;
        let request = TopicRequest::new(topic, following.cursor.position());
        self.transmit(now, Envelope::bare(ClientMessage::Resync(request)), None);
    }

    /// Sends what may be sent, in order.
    pub(super) fn flush_pending(&mut self, now: Now) {
        if !matches!(self.state, State::Live { .. }) {
            return;
        }
        // A command carries the moment of its making: the server's clock has to be known.
        if self.clock.is_unknown(now) {
            if self.pings.is_empty() {
                self.ping(now);
            }
            return;
        }
        let topics = &self.topics;
        let ready = self.pending.take_ready(now.mono, self.restoring, |topic| {
            topics.get(&topic).is_some_and(|following| following.answered)
        });
        for record in ready {
            // Only now: before the first connection the server's clock was not known.
            let made_at = self.clock.server_time(now) - record.age(now);
            let OutboxRecord { id, topic, mut message, .. } = record;
            message.stamp(made_at);
            let mut envelope = Envelope::bare(message).with_id(Some(id));
            envelope.topic = Some(topic);
            self.transmit(now, envelope, Some(topic));
        }
    }

    fn ping(&mut self, now: Now) {
        self.next_ping = now.mono + PING_EVERY_MS;
        let timestamp = Timestamp::Millis(now.wall);
        self.pings.push_back((now.wall, now.mono));
        self.transmit(now, Envelope::bare(ClientMessage::Ping { timestamp }), None);
    }

    pub(super) fn transmit(
        &mut self,
        now: Now,
        envelope: Envelope<ClientMessage>,
        topic: Option<Topic>,
    ) {
        let window_ms = match topic {
            Some(Topic::CheckIns) => 100,
            Some(Topic::Guitar(_)) | None => 16,
        };
        let urgent = envelope.message.is_urgent();
        let text = encode(&envelope);
        if let Some((frame, messages)) = self.batcher.push(now.mono, text, urgent, window_ms) {
            self.put_on_wire(frame, messages);
        }
    }

    fn put_on_wire(&mut self, json: String, messages: usize) {
        let frame = self.codec.frame(json);
        self.figures.frames_out += 1;
        self.figures.messages_out += messages as u64;
        self.figures.bytes_out += frame.len() as u64;
        self.effects.push_back(Effect::Transmit(frame));
    }

    // ── what an answer does ─────────────────────────────────────────────────────────────────

    /// Hands an answer to the page, at its place when it has one.
    pub(super) fn answer(
        &mut self,
        record: OutboxRecord,
        result: Result<protocol::server::Outcome, ErrorBody>,
        offset: Option<u64>,
    ) {
        if record.message.is_command() {
            self.effects.push_back(Effect::Forget(record.id));
        }
        let OutboxRecord { id, topic, message, .. } = record;
        let delivery = Delivery::Answer { id, message, result, offset };
        self.effects.push_back(Effect::Deliver(topic, delivery));
    }

    /// Something was heard on the socket that counts.
    pub(super) fn hears(&mut self, now: Now, socket: u32) -> bool {
        if socket != self.socket {
            return false;
        }
        self.last_heard = now.mono;
        self.probe_ends = None;
        true
    }
}

/// Ids of the link's own questions need to be unique on one connection only.
fn internal_id(jitter: &mut Jitter, wall: Millis) -> Uuid {
    let mut random = [0u8; 10];
    for byte in &mut random {
        *byte = (jitter.next_fraction() * 256.0) as u8;
    }
    uuid::Builder::from_unix_timestamp_millis(wall.max(0) as u64, &random).into_uuid()
}
