//! Messages on their way to the wire: encoded, batched, and framed in the codec of the socket.

use super::batch::Batcher;
use crate::Monotonic;
use protocol::{ClientMessage, Codec, Envelope, Frame, Topic, encode};

/// How long a message about the gym may wait for others, in milliseconds.
const DESK_WINDOW_MS: i64 = 100;
/// How long a message about a guitar session, or about no topic, may wait, in milliseconds.
const GUITAR_WINDOW_MS: i64 = 16;

/// A frame to send now, and how many messages it holds.
pub(super) type ReadyFrame = (Frame, usize);

/// What one socket still has to be given.
#[derive(Debug, Default)]
pub(super) struct Transmitter {
    codec: Codec,
    batcher: Batcher,
}

impl Transmitter {
    /// A socket opened that uses this codec.
    pub(super) fn opened(&mut self, codec: Codec) {
        self.codec = codec;
    }

    /// Takes a message about a topic.
    pub(super) fn push(
        &mut self,
        now: Monotonic,
        envelope: &Envelope<ClientMessage>,
        topic: Option<Topic>,
    ) -> Option<ReadyFrame> {
        let window_ms = match topic {
            Some(Topic::CheckIns) => DESK_WINDOW_MS,
            Some(Topic::Guitar(_)) | None => GUITAR_WINDOW_MS,
        };
        let urgent = envelope.message.is_urgent();
        let batch = self.batcher.push(now, encode(envelope), urgent, window_ms);
        batch.map(|batch| self.framed(batch))
    }

    /// The frame of a window that has ended.
    pub(super) fn due(&mut self, now: Monotonic) -> Option<ReadyFrame> {
        let batch = self.batcher.due(now);
        batch.map(|batch| self.framed(batch))
    }

    /// When [`Transmitter::due`] has a frame.
    pub(super) fn deadline(&self) -> Option<Monotonic> {
        self.batcher.deadline()
    }

    /// The socket is gone: what matters is resent with its id.
    pub(super) fn clear(&mut self) {
        self.batcher.clear();
    }

    fn framed(&self, (json, messages): (String, usize)) -> ReadyFrame {
        (self.codec.frame(json), messages)
    }
}
