//! A command as the browser's database keeps it.

use super::Now;
use crate::Monotonic;
use protocol::{ClientMessage, Decoded, Envelope, MessageId, Millis, Topic, decode_frame, encode};

/// A device sleeps with a page open for at most so long, in milliseconds; a larger difference
/// between its two clocks means that its wall clock was set.
const LONGEST_SLEEP_MS: i64 = 12 * 3600 * 1000;

/// A message and the moment it was made. Commands are kept in the browser's database, one record
/// each, so that two tabs cannot overwrite each other's.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxRecord {
    /// Its id. UUIDv7, so that records sorted by id are in the order of their making.
    pub id: MessageId,
    /// The topic that it is about.
    pub topic: Topic,
    /// The message.
    pub message: ClientMessage,
    /// This device's clock when it was made.
    pub made_at: Millis,
    /// This page's monotonic clock when it was made; `None` for one of an earlier page.
    pub made_mono: Option<Monotonic>,
}

impl OutboxRecord {
    /// The record as text: the command as a frame, with the moment of its making.
    pub fn to_text(&self) -> String {
        let mut envelope = Envelope::bare(self.message.clone()).with_id(Some(self.id));
        envelope.topic = Some(self.topic);
        envelope.ts = Some(self.made_at);
        encode(&envelope)
    }

    /// Reads what [`OutboxRecord::to_text`] wrote; `None` for a record of another version.
    pub fn from_text(text: &str) -> Option<Self> {
        let Decoded::Message(envelope) = decode_frame(text, ClientMessage::read_command).pop()?
        else {
            return None;
        };
        let Envelope { message, id, topic, ts, .. } = envelope;
        Some(Self { id: id?, topic: topic?, message, made_at: ts?, made_mono: None })
    }

    /// How long ago it was made, in milliseconds: by the longer of the two clocks, because a wall
    /// clock that was set back, or a monotonic clock that stood still while the device slept, makes
    /// it too short. When the wall clock is ahead by more than any sleep, it was set forward, and
    /// the monotonic clock alone counts; otherwise the command would be refused as too old.
    pub(super) fn age(&self, now: Now) -> i64 {
        let by_wall = now.wall - self.made_at;
        let age = match self.made_mono.map(|made| now.mono - made) {
            Some(by_mono) if by_wall - by_mono > LONGEST_SLEEP_MS => by_mono,
            Some(by_mono) => by_wall.max(by_mono),
            None => by_wall,
        };
        age.max(0)
    }
}
