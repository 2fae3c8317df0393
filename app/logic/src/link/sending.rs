//! What the link sends, and the answers that it hands to pages.

use super::{Delivery, Effect, Link, Now, OutboxRecord, backoff::Jitter, transmitter::ReadyFrame};
use protocol::{ClientMessage, Envelope, ErrorBody, MessageId, Millis, Topic, server::Outcome};

impl Link {
    /// Follows a topic on the open connection.
    pub(super) fn subscribe(&mut self, now: Now, topic: Topic) {
        let Some(request) = self.followed.subscribe_request(topic) else { return };
        let id = subscribe_id(&mut self.jitter, now.wall);
        self.followed.await_answer(id, topic);
        let message = Envelope::bare(ClientMessage::Subscribe(request)).with_id(Some(id));
        self.transmit(now, message, None);
    }

    /// There is a gap, or another epoch of the log: asks once.
    pub(super) fn resync(&mut self, now: Now, topic: Topic) {
        if let Some(request) = self.followed.resync_request(topic) {
            self.transmit(now, Envelope::bare(ClientMessage::Resync(request)), None);
        }
    }

    /// Sends what may be sent, in order.
    pub(super) fn send_pending(&mut self, now: Now) {
        if !self.dialer.is_live() {
            return;
        }
        // A command carries the moment of its making on the server's clock, which a pong brings.
        if self.clock.is_unknown(now) {
            if !self.heartbeat.awaits_pong() {
                self.ping(now);
            }
            return;
        }
        let followed = &self.followed;
        let ready = self.pending.take_ready(now.mono, |topic| followed.is_answered(topic));
        for record in ready {
            // Only now, because the server's clock is estimated on the first connection.
            let made_at = self.clock.server_time(now) - record.age(now);
            let OutboxRecord { id, topic, mut message, .. } = record;
            message.stamp(made_at);
            let mut envelope = Envelope::bare(message).with_id(Some(id));
            envelope.topic = Some(topic);
            self.transmit(now, envelope, Some(topic));
        }
    }

    pub(super) fn ping(&mut self, now: Now) {
        let ping = self.heartbeat.ping(now);
        self.transmit(now, Envelope::bare(ping), None);
    }

    pub(super) fn transmit(
        &mut self,
        now: Now,
        envelope: Envelope<ClientMessage>,
        topic: Option<Topic>,
    ) {
        if let Some(ready) = self.transmitter.push(now.mono, &envelope, topic) {
            self.put_on_wire(ready);
        }
    }

    pub(super) fn put_on_wire(&mut self, (frame, messages): ReadyFrame) {
        self.statistics.frame_sent(&frame, messages);
        self.effects.push_back(Effect::Transmit(frame));
    }

    /// Hands an answer to the page, at its place when it has one.
    pub(super) fn deliver_answer(
        &mut self,
        record: OutboxRecord,
        result: Result<Outcome, ErrorBody>,
        offset: Option<u64>,
    ) {
        if record.message.is_command() {
            self.effects.push_back(Effect::Forget(record.id));
        }
        let OutboxRecord { id, topic, message, .. } = record;
        self.deliver(topic, Delivery::Answer { id, message, result, offset });
    }

    pub(super) fn deliver(&mut self, topic: Topic, delivery: Delivery) {
        self.effects.push_back(Effect::Deliver(topic, delivery));
    }
}

/// The id of a `subscribe`, which has to be unique on one connection only.
fn subscribe_id(jitter: &mut Jitter, wall: Millis) -> MessageId {
    let mut random = [0u8; 10];
    for byte in &mut random {
        *byte = (jitter.next_fraction() * 256.0) as u8;
    }
    let id = uuid::Builder::from_unix_timestamp_millis(wall.max(0) as u64, &random);
    MessageId(id.into_uuid())
}
