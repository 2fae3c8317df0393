//! What a received frame means.

use super::{Delivery, Effect, Link, Now, page_cursor::Arrival};
use protocol::{
    ClientMessage, Decoded, Envelope, ErrorBody, Frame, MessageId, Millis, Position, ServerMessage,
    Topic, decode_frame,
    guitar::Timestamp,
    server::{Outcome, Welcome},
    topic::TopicAnswer,
};

/// What was received at a place of a topic's log.
#[derive(Debug, PartialEq)]
pub(super) enum LogEntry {
    /// An event, with the server's clock when it happened.
    Event(ServerMessage, Option<Millis>),
    /// The answer to this page's own message, in the place of its event.
    Own(MessageId, Outcome),
}

impl Link {
    /// A frame arrived.
    pub fn frame(&mut self, now: Now, socket: u32, frame: &Frame) {
        if !self.dialer.is_present(socket) {
            return;
        }
        self.heartbeat.received(now.mono);
        self.statistics.frame_received(frame);
        // The server sends valid frames; one that a broken proxy has changed is dropped.
        let Ok(text) = frame.json() else { return };
        // Unknown types are skipped: a newer server may have more of them than this page.
        for decoded in decode_frame(&text, self.read) {
            self.statistics.message_received();
            if let Decoded::Message(envelope) = decoded {
                self.receive(now, envelope);
            }
        }
        self.send_pending(now);
    }

    fn receive(&mut self, now: Now, envelope: Envelope<ServerMessage>) {
        let position = envelope.position();
        let (id, topic, ts) = (envelope.id, envelope.topic, envelope.ts);
        match envelope.message {
            ServerMessage::Welcome(welcome) => self.welcome(now, welcome),
            ServerMessage::Pong { timestamp, server_time } => {
                self.pong(now, &timestamp, server_time);
            }
            ServerMessage::AuthExpiring { .. } => self.effects.push_back(Effect::Renew),
            ServerMessage::ServerRestart { min_ms, max_ms } => {
                self.dialer.restart_announced(min_ms, max_ms);
            }
            ServerMessage::Ack(ack) => match (id, ack.result, position) {
                (Some(id), Outcome::Subscribed(answer), _) => self.subscribed(now, id, answer),
                (Some(id), outcome, Some((topic, at))) => {
                    self.arrive(now, topic, at, LogEntry::Own(id, outcome));
                }
                (Some(id), outcome, None) => {
                    self.answered(id, Ok(outcome), None);
                }
                (None, ..) => {
                    if let Some(identity) = ack.identity {
                        self.dialer.sign_in_renewed(identity.expires_at);
                    }
                }
            },
            ServerMessage::Error(error) => self.refused(now, id, topic, error),
            ServerMessage::Snapshot(snapshot) => {
                if let Some((topic, position)) = position {
                    self.snapshot(now, topic, snapshot, position);
                }
            }
            ServerMessage::StatsUpdate(stats) => {
                let Some(topic) = topic else { return };
                let Some(followed) = self.followed.get_mut(topic) else { return };
                followed.early_stats = Some(stats);
                self.release_stats(topic);
            }
            event => {
                if let Some((topic, at)) = position {
                    self.arrive(now, topic, at, LogEntry::Event(event, ts));
                }
            }
        }
    }

    fn welcome(&mut self, now: Now, welcome: Welcome) {
        if !self.dialer.is_introducing() {
            return;
        }
        self.clock.guess(now, welcome.server_time);
        if let Some(gap_ms) = self.dialer.welcomed(now, welcome.identity.expires_at) {
            self.statistics.reconnected(gap_ms);
        }
        self.followed.forget_unanswered();
        self.ping(now);
        let mut replayed = 0;
        let mut reloaded = false;
        for refused in welcome.refused {
            if self.still_follows(now, refused.name) {
                self.refuse_topic(refused.name, refused.error);
            }
        }
        for answer in welcome.topics {
            if self.still_follows(now, answer.name) {
                replayed += answer.replayed;
                reloaded |= !answer.recovered && !answer.waiting;
                self.topic_answer(answer);
            }
        }
        for topic in self.followed.not_in_hello() {
            self.subscribe(now, topic);
        }
        if self.statistics.has_reconnected() {
            self.statistics.show_notice(now.mono, replayed, reloaded);
        }
    }

    /// Whether a topic of the welcome is still the one that `hello` asked for. The server follows
    /// it for this connection: when the page has left it meanwhile, the server is asked to stop.
    fn still_follows(&mut self, now: Now, topic: Topic) -> bool {
        match self.followed.get(topic) {
            Some(followed) => followed.named_in_hello,
            None => {
                let message = ClientMessage::Unsubscribe { name: topic };
                self.transmit(now, Envelope::bare(message), None);
                false
            }
        }
    }

    fn subscribed(&mut self, now: Now, id: MessageId, answer: TopicAnswer) {
        if self.followed.take_answered(id).is_some() {
            self.topic_answer(answer);
            self.send_pending(now);
        }
    }

    fn topic_answer(&mut self, answer: TopicAnswer) {
        let Some(followed) = self.followed.get_mut(answer.name) else { return };
        if answer.waiting {
            return self.deliver(answer.name, Delivery::Waiting);
        }
        followed.answered = true;
        followed.replay_until = answer.offset;
        if answer.recovered {
            self.statistics.replay_begins(answer.replayed);
        } else {
            followed.cursor.forget();
        }
    }

    fn snapshot(
        &mut self,
        now: Now,
        topic: Topic,
        snapshot: protocol::server::Snapshot,
        position: Position,
    ) {
        let Some(followed) = self.followed.get_mut(topic) else { return };
        followed.answered = true;
        followed.resync_sent = false;
        followed.replay_until = position.offset;
        let included = followed.cursor.jump(position.clone());
        self.deliver(topic, Delivery::Snapshot { snapshot, position });
        for entry in included {
            if let LogEntry::Own(id, outcome) = entry {
                self.answered(id, Ok(outcome), None);
            }
        }
        self.release_stats(topic);
        self.send_pending(now);
    }

    fn arrive(&mut self, now: Now, topic: Topic, at: Position, entry: LogEntry) {
        let Some(followed) = self.followed.get_mut(topic) else {
            // The answer to a command about a topic that this page no longer follows.
            if let LogEntry::Own(id, outcome) = entry {
                self.answered(id, Ok(outcome), None);
            }
            return;
        };
        match followed.cursor.accept(at, entry) {
            Arrival::Ready(entries) => {
                let replay_until = followed.replay_until;
                if !followed.cursor.has_gap() {
                    followed.resync_sent = false;
                }
                for (offset, entry) in entries {
                    self.statistics.event_received();
                    match entry {
                        LogEntry::Event(message, ts) => {
                            let replayed = offset <= replay_until;
                            let offset = Some(offset);
                            let event = Delivery::Event { message, offset, ts, replayed };
                            self.deliver(topic, event);
                        }
                        LogEntry::Own(id, outcome) => {
                            if !self.answered(id, Ok(outcome), Some(offset)) {
                                return self.request_snapshot(now, topic);
                            }
                        }
                    }
                }
                self.release_stats(topic);
            }
            Arrival::Old(LogEntry::Own(id, outcome)) => {
                self.answered(id, Ok(outcome), None);
            }
            Arrival::Old(LogEntry::Event(..)) => {}
            Arrival::Gap => self.resync(now, topic),
            Arrival::Lost(entry) => {
                if let LogEntry::Own(id, outcome) = entry {
                    self.answered(id, Ok(outcome), None);
                }
                self.resync(now, topic);
            }
        }
    }

    /// Figures are shown once the page has reached the events that they include.
    fn release_stats(&mut self, topic: Topic) {
        let Some(followed) = self.followed.get_mut(topic) else { return };
        let reached = followed.cursor.offset();
        if let Some(stats) = followed.early_stats.take_if(|s| s.as_of_offset <= reached) {
            let message = ServerMessage::StatsUpdate(stats);
            let event = Delivery::Event { message, offset: None, ts: None, replayed: false };
            self.deliver(topic, event);
        }
    }

    /// False when nothing waits for this answer.
    fn answered(
        &mut self,
        id: MessageId,
        result: Result<Outcome, ErrorBody>,
        offset: Option<u64>,
    ) -> bool {
        let Some(record) = self.pending.take_answered(id) else { return false };
        self.deliver_answer(record, result, offset);
        true
    }

    /// An answer came in the place of an event, and its message is no longer pending: the message
    /// was sent twice and became an event twice, because the log, and with it the ids, was lost in
    /// between. Which event the answer stands for is lost, so the link requests a snapshot.
    fn request_snapshot(&mut self, now: Now, topic: Topic) {
        if let Some(followed) = self.followed.get_mut(topic) {
            followed.cursor.forget();
            followed.resync_sent = false;
        }
        self.resync(now, topic);
    }

    fn refused(&mut self, now: Now, id: Option<MessageId>, topic: Option<Topic>, error: ErrorBody) {
        let wait = error.retry_after_ms.unwrap_or(1_000) as i64;
        let Some(id) = id else {
            if error.retryable {
                self.dialer.hold_off(now.mono + wait);
            }
            if let Some(topic) = topic {
                self.refuse_topic(topic, error);
            }
            return;
        };
        if let Some(topic) = self.followed.take_answered(id) {
            self.refuse_topic(topic, error);
        } else if error.retryable {
            self.pending.defer(id, now.mono + wait);
        } else if !self.pending.park(id, error.code) {
            self.answered(id, Err(error), None);
        }
    }

    /// Delivers a final refusal. After a retryable one the server closes the connection, and the
    /// next `hello` asks for the topic again.
    fn refuse_topic(&mut self, topic: Topic, error: ErrorBody) {
        if !error.retryable {
            self.deliver(topic, Delivery::Refused(error));
        }
    }

    fn pong(&mut self, now: Now, timestamp: &Timestamp, server_time: Millis) {
        if let Some(round_trip) = self.heartbeat.pong(now, timestamp) {
            self.clock.note(round_trip, now, server_time);
            self.statistics.round_trip(round_trip);
        }
    }
}
