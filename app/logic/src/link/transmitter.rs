//! Messages on their way to the wire: encoded, batched, and framed in the codec of the socket.
//!
//! Several messages share a frame: the first after a pause is sent at once, later ones of a window
//! are sent together, and an urgent one is sent at once with everything that waits before it.

use crate::Monotonic;
use protocol::{ClientMessage, Codec, Envelope, Frame, Topic, encode, encode_batch};

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

/// Encoded messages that wait for their window to end.
#[derive(Debug, Default)]
struct Batcher {
    waiting: Vec<String>,
    window_ends: Monotonic,
}

impl Batcher {
    /// Takes a message; returns a frame to send now, if any, and how many messages it holds.
    fn push(
        &mut self,
        now: Monotonic,
        message: String,
        urgent: bool,
        window_ms: i64,
    ) -> Option<(String, usize)> {
        self.waiting.push(message);
        if urgent || now >= self.window_ends {
            self.window_ends = now + window_ms;
            return self.flush();
        }
        None
    }

    /// The frame of a window that has ended.
    fn due(&mut self, now: Monotonic) -> Option<(String, usize)> {
        if self.waiting.is_empty() || now < self.window_ends {
            return None;
        }
        self.flush()
    }

    /// When [`Batcher::due`] has something to do.
    fn deadline(&self) -> Option<Monotonic> {
        (!self.waiting.is_empty()).then_some(self.window_ends)
    }

    /// Drops what waits, because the socket is gone; messages with an id are resent.
    fn clear(&mut self) {
        self.waiting.clear();
    }

    fn flush(&mut self) -> Option<(String, usize)> {
        if self.waiting.is_empty() {
            return None;
        }
        let frame = encode_batch(&self.waiting);
        let count = self.waiting.len();
        self.waiting.clear();
        Some((frame, count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Monotonic {
        Monotonic::from_ms(ms)
    }

    fn slide(batcher: &mut Batcher, now: i64, n: u32) -> Option<(String, usize)> {
        batcher.push(at(now), n.to_string(), false, 16)
    }

    #[test]
    fn the_first_goes_at_once_and_the_rest_of_the_window_together() {
        let mut batcher = Batcher::default();
        assert_eq!(slide(&mut batcher, 100, 1), Some(("1".into(), 1)));
        assert_eq!(slide(&mut batcher, 105, 2), None);
        assert_eq!(slide(&mut batcher, 110, 3), None);
        assert_eq!(batcher.deadline(), Some(at(116)));
        assert_eq!(batcher.due(at(115)), None);
        let (frame, count) = batcher.due(at(116)).unwrap();
        assert_eq!(count, 2);
        assert_eq!(frame, r#"{"type":"batch","data":{"messages":[2,3]}}"#);
    }

    #[test]
    fn an_urgent_message_flushes_what_waits_and_never_overtakes() {
        let mut batcher = Batcher::default();
        slide(&mut batcher, 100, 1);
        slide(&mut batcher, 101, 2);
        let (frame, _) = batcher.push(at(102), "9".into(), true, 16).unwrap();
        assert_eq!(frame, r#"{"type":"batch","data":{"messages":[2,9]}}"#);
    }
}
