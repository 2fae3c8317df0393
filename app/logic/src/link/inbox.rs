//! What a received frame means.

use super::{
    Delivery,
    cursor::Arrival,
    machine::{Effect, Link, Now, State},
};
use protocol::{
    ClientMessage, Decoded, Envelope, ErrorBody, Frame, Millis, Position, ServerMessage, Topic,
    decode_frame,
    guitar::Timestamp,
    server::{Outcome, Welcome},
    topic::TopicAnswer,
};
use uuid::Uuid;

/// How long the "caught up" badge stays, in milliseconds.
const NOTICE_MS: i64 = 10_000;
/// How many round trips the panel shows: one minute of pings.
const RTTS_KEPT: usize = 30;

/// Something at a place of a topic's log.
#[derive(Debug, PartialEq)]
pub(super) enum Item {
    /// Somebody's event.
    Event(ServerMessage, Option<Millis>),
    /// The answer to this page's own message, in the place of its event.
    Own(Uuid, Outcome),
}

impl Link {
    /// A frame arrived.
    pub fn frame(&mut self, now: Now, socket: u32, frame: &Frame) {
        if !self.hears(now, socket) {
            return;
        }
        self.figures.frames_in += 1;
        self.figures.bytes_in += frame.len() as u64;
        // Our own server packs well; what a broken proxy made of it is as good as nothing.
        let Ok(text) = frame.json() else { return };
        // Unknown types are skipped: a newer server may say more than this page understands.
        for decoded in decode_frame(&text, self.read) {
            self.figures.messages_in += 1;
            if let Decoded::Message(envelope) = decoded {
                self.receive(now, envelope);
            }
        }
        self.flush_pending(now);
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
                self.restart_window = Some((min_ms, max_ms));
            }
            ServerMessage::Ack(ack) => match (id, ack.result, position) {
                (Some(id), Outcome::Subscribed(answer), _) => self.subscribed(now, id, answer),
                (Some(id), outcome, Some((topic, at))) => {
                    self.arrive(now, topic, at, Item::Own(id, outcome));
                }
                (Some(id), outcome, None) => {
                    self.answered(id, Ok(outcome), None);
                }
                (None, ..) => {
                    if let Some(identity) = ack.identity {
                        self.expires_at = identity.expires_at;
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
                let Some(following) = topic.and_then(|topic| self.topics.get_mut(&topic)) else {
                    return;
                };
                following.early_stats = Some(stats);
                self.release_stats(topic);
            }
            event => {
                if let Some((topic, at)) = position {
                    self.arrive(now, topic, at, Item::Event(event, ts));
                }
            }
        }
    }

    fn welcome(&mut self, now: Now, welcome: Welcome) {
        if !matches!(self.state, State::Introducing { .. }) {
            return;
        }
        self.clock.guess(now, welcome.server_time);
        self.live(now, welcome.identity.expires_at);
        let mut replayed = 0;
        let mut reloaded = false;
        for refused in welcome.refused {
            if self.named(now, refused.name) {
                self.refuse_topic(refused.name, refused.error);
            }
        }
        for answer in welcome.topics {
            if self.named(now, answer.name) {
                replayed += answer.replayed;
                reloaded |= !answer.recovered && !answer.waiting;
                self.topic_answer(answer);
            }
        }
        // Followed while `hello` was on its way.
        let new: Vec<Topic> =
            self.topics.iter().filter(|(_, f)| !f.named).map(|(topic, _)| *topic).collect();
        new.into_iter().for_each(|topic| self.subscribe(now, topic));
        if self.returned() {
            let caught_up = (replayed > 0).then_some(replayed);
            self.notice = Some((now.mono + NOTICE_MS, caught_up, reloaded));
        }
    }

    /// Whether a topic of the welcome is still the one that `hello` asked for. The server follows
    /// it: one that the page has left meanwhile it is told to leave, too.
    fn named(&mut self, now: Now, topic: Topic) -> bool {
        match self.topics.get(&topic) {
            Some(following) => following.named,
            None => {
                let message = ClientMessage::Unsubscribe { name: topic };
                self.transmit(now, Envelope::bare(message), None);
                false
            }
        }
    }

    fn subscribed(&mut self, now: Now, id: Uuid, answer: TopicAnswer) {
        let asked = self.subscribes.iter().position(|(asked, _)| *asked == id);
        if let Some(place) = asked {
            self.subscribes.remove(place);
            self.topic_answer(answer);
            self.flush_pending(now);
        }
    }

    fn topic_answer(&mut self, answer: TopicAnswer) {
        let Some(following) = self.topics.get_mut(&answer.name) else { return };
        if answer.waiting {
            return self.deliver(answer.name, Delivery::Waiting);
        }
        following.answered = true;
        following.replay_until = answer.offset;
        if answer.recovered {
            self.figures.replayed += answer.replayed;
        } else {
            following.cursor.forget();
        }
    }

    fn snapshot(
        &mut self,
        now: Now,
        topic: Topic,
        snapshot: protocol::server::Snapshot,
        position: Position,
    ) {
        let Some(following) = self.topics.get_mut(&topic) else { return };
        following.answered = true;
        following.asked = false;
        following.replay_until = position.offset;
        let included = following.cursor.jump(position.clone());
        self.deliver(topic, Delivery::Snapshot { snapshot, position });
        for item in included {
            if let Item::Own(id, outcome) = item {
                self.answered(id, Ok(outcome), None);
            }
        }
        self.release_stats(Some(topic));
        self.flush_pending(now);
    }

    fn arrive(&mut self, now: Now, topic: Topic, at: Position, item: Item) {
        let Some(following) = self.topics.get_mut(&topic) else {
            // The answer to a command about a topic that this page no longer follows.
            if let Item::Own(id, outcome) = item {
                self.answered(id, Ok(outcome), None);
            }
            return;
        };
        match following.cursor.accept(at, item) {
            Arrival::Ready(items) => {
                let replay_until = following.replay_until;
                if !following.cursor.has_gap() {
                    following.asked = false;
                }
                for (offset, item) in items {
                    self.figures.events += 1;
                    match item {
                        Item::Event(message, ts) => {
                            let replayed = offset <= replay_until;
                            let offset = Some(offset);
                            let event = Delivery::Event { message, offset, ts, replayed };
                            self.deliver(topic, event);
                        }
                        Item::Own(id, outcome) => {
                            if !self.answered(id, Ok(outcome), Some(offset)) {
                                return self.lose_place(now, topic);
                            }
                        }
                    }
                }
                self.release_stats(Some(topic));
            }
            Arrival::Old(Item::Own(id, outcome)) => {
                self.answered(id, Ok(outcome), None);
            }
            Arrival::Old(Item::Event(..)) => {}
            Arrival::Gap => self.resync(now, topic),
            Arrival::Lost(item) => {
                if let Item::Own(id, outcome) = item {
                    self.answered(id, Ok(outcome), None);
                }
                self.resync(now, topic);
            }
        }
    }

    /// Figures are shown once the page has reached the events that they include.
    fn release_stats(&mut self, topic: Option<Topic>) {
        let Some(topic) = topic else { return };
        let Some(following) = self.topics.get_mut(&topic) else { return };
        let reached = following.cursor.offset();
        if let Some(stats) = following.early_stats.take_if(|s| s.as_of_offset <= reached) {
            let message = ServerMessage::StatsUpdate(stats);
            let event = Delivery::Event { message, offset: None, ts: None, replayed: false };
            self.deliver(topic, event);
        }
    }

    /// False when nothing waits for this answer.
    fn answered(
        &mut self,
        id: Uuid,
        result: Result<Outcome, ErrorBody>,
        offset: Option<u64>,
    ) -> bool {
        let Some(record) = self.pending.answered(id) else { return false };
        self.answer(record, result, offset);
        true
    }

    /// An answer stands where an event should be, and the message that it answers is forgotten:
    /// a message that was sent twice became an event twice, because the log and with it the ids
    /// were lost in between. What the event was nobody here knows; the state does.
    fn lose_place(&mut self, now: Now, topic: Topic) {
        if let Some(following) = self.topics.get_mut(&topic) {
            following.cursor.forget();
            following.asked = false;
        }
        self.resync(now, topic);
    }

    fn refused(&mut self, now: Now, id: Option<Uuid>, topic: Option<Topic>, error: ErrorBody) {
        let wait = error.retry_after_ms.unwrap_or(1_000) as i64;
        let Some(id) = id else {
            if error.retryable {
                self.not_before = self.not_before.max(now.mono + wait);
            }
            if let Some(topic) = topic {
                self.refuse_topic(topic, error);
            }
            return;
        };
        if let Some(place) = self.subscribes.iter().position(|(asked, _)| *asked == id) {
            if let Some((_, topic)) = self.subscribes.remove(place) {
                self.refuse_topic(topic, error);
            }
        } else if error.retryable {
            self.pending.retry(id, now.mono + wait);
        } else if !self.pending.parks(id, error.code) {
            self.answered(id, Err(error), None);
        }
    }

    /// A topic that the server could not give now comes with the next connection: the server
    /// closes this one.
    fn refuse_topic(&mut self, topic: Topic, error: ErrorBody) {
        if !error.retryable {
            self.deliver(topic, Delivery::Refused(error));
        }
    }

    fn pong(&mut self, now: Now, timestamp: &Timestamp, server_time: Millis) {
        let Timestamp::Millis(sent) = timestamp else { return };
        let asked = self.pings.iter().position(|(wall, _)| wall == sent);
        // Answers come in order: the older ones were lost with their questions.
        let Some((_, asked)) = asked.and_then(|place| self.pings.drain(..=place).next_back())
        else {
            return;
        };
        let round_trip = now.mono - asked;
        self.clock.note(round_trip, now, server_time);
        let rtt = u32::try_from(round_trip).unwrap_or(u32::MAX);
        self.rtt_ms = Some(rtt);
        if self.figures.rtts.len() == RTTS_KEPT {
            self.figures.rtts.remove(0);
        }
        self.figures.rtts.push(rtt);
    }

    fn deliver(&mut self, topic: Topic, delivery: Delivery) {
        self.effects.push_back(Effect::Deliver(topic, delivery));
    }
}
