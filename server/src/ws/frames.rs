//! What is ready to be written, in as few frames as the protocol allows. No timer: whatever waits
//! when the socket takes the next frame goes into it.

use super::connection::Connection;
use axum::extract::ws::{Message, Utf8Bytes};
use bytes::Bytes;
use cadence_base::time::mono;
use cadence_realtime::hub::log::EncodedMessage;
use logic::topic::{FrameLimits, FramePart, NextParts, PublishedEvent, WireProtocol};
use protocol::{CloseCode, Codec, codec, encode_batch};

/// How much one frame takes.
const FRAME_LIMITS: FrameLimits =
    FrameLimits { messages: 256, bytes: 64 * 1024, events_per_pull: 256 };

impl Connection {
    /// What is written next.
    pub(super) fn next_parts(&mut self) -> Result<NextParts<EncodedMessage>, CloseCode> {
        let Self { handle, topics, .. } = self;
        topics.next_parts(mono(), handle.id, &FRAME_LIMITS, || handle.pop())
    }
}

/// The frames of these messages; a broadcast's bytes are shared by all connections.
pub(super) fn frames(
    protocol: WireProtocol,
    parts: Vec<FramePart<EncodedMessage>>,
) -> Vec<Message> {
    match protocol {
        WireProtocol::Simple => parts.into_iter().map(|part| Message::Text(simple(part))).collect(),
        WireProtocol::Cadence(Codec::Json) => {
            let mut texts: Vec<Utf8Bytes> = parts.into_iter().map(json).collect();
            vec![Message::Text(match texts.len() {
                1 => texts.remove(0),
                _ => {
                    let texts: Vec<&str> = texts.iter().map(Utf8Bytes::as_str).collect();
                    encode_batch(&texts).into()
                }
            })]
        }
        WireProtocol::Cadence(Codec::MessagePack) => {
            let mut packed: Vec<Bytes> = parts.into_iter().map(pack).collect();
            vec![Message::Binary(match packed.len() {
                1 => packed.remove(0),
                _ => codec::pack_batch(&packed).into(),
            })]
        }
    }
}

fn json(part: FramePart<EncodedMessage>) -> Utf8Bytes {
    match part {
        FramePart::Text(text) => text.into(),
        FramePart::Shared(published) => published.payload.json.clone(),
    }
}

fn pack(part: FramePart<EncodedMessage>) -> Bytes {
    match part {
        FramePart::Text(text) => codec::pack(&text).into(),
        FramePart::Shared(published) => published.payload.packed().clone(),
    }
}

fn simple(part: FramePart<EncodedMessage>) -> Utf8Bytes {
    match part {
        FramePart::Text(text) => text.into(),
        FramePart::Shared(published) => {
            let PublishedEvent { event, payload } = &*published;
            payload.simple(&event.message).clone()
        }
    }
}
