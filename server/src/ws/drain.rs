//! What is ready to be written, in as few frames as the dialect allows. No timer: whatever waits
//! when the socket takes the next frame goes into it.

use super::connection::{Connection, Dialect};
use axum::extract::ws::{Message, Utf8Bytes};
use bytes::Bytes;
use cadence_base::sync::lock;
use cadence_realtime::hub::log::{Answer, Event};
use logic::topic::Line;
use protocol::{
    CloseCode, Codec, Envelope, Position, ServerMessage, codec, encode, encode_batch, server::Ack,
};
use std::sync::Arc;

/// Messages of one frame.
const FRAME_MESSAGES: usize = 256;
/// A frame takes no further message beyond this many bytes.
const FRAME_BYTES: usize = 64 * 1024;

/// A message that is ready to be written.
enum Piece {
    /// Made for this connection, as JSON.
    Text(Utf8Bytes),
    /// Shared by all that follow the topic.
    Event(Arc<Event>),
}

impl Connection {
    /// The next frames to write; empty when nothing is ready.
    pub(super) async fn ready(&mut self) -> Result<Vec<Message>, CloseCode> {
        let mut pieces: Vec<Piece> = Vec::new();
        let mut bytes = 0;
        while pieces.len() < FRAME_MESSAGES && bytes < FRAME_BYTES {
            let Some(text) = self.handle.pop() else { break };
            bytes += text.len();
            pieces.push(Piece::Text(text.into()));
        }
        // Events come after the answers: a `welcome` stands before what it announces.
        if pieces.len() < FRAME_MESSAGES && bytes < FRAME_BYTES {
            for index in 0..self.following.len() {
                self.pull_into(index, &mut pieces).await?;
            }
        }
        Ok(self.frames(&pieces))
    }

    fn frames(&self, pieces: &[Piece]) -> Vec<Message> {
        if pieces.is_empty() {
            return Vec::new();
        }
        match self.dialect {
            Dialect::Plain => pieces.iter().map(|piece| Message::Text(piece.plain())).collect(),
            Dialect::Ours(Codec::Json) => match pieces {
                [only] => vec![Message::Text(only.json().clone())],
                _ => {
                    let texts: Vec<&str> = pieces.iter().map(|p| p.json().as_str()).collect();
                    vec![Message::Text(encode_batch(&texts).into())]
                }
            },
            Dialect::Ours(Codec::MessagePack) => {
                let packed: Vec<Bytes> = pieces.iter().map(Piece::packed).collect();
                let frame = match &packed[..] {
                    [only] => only.clone(),
                    _ => codec::pack_batch(&packed).into(),
                };
                vec![Message::Binary(frame)]
            }
        }
    }

    async fn pull_into(&mut self, index: usize, pieces: &mut Vec<Piece>) -> Result<(), CloseCode> {
        let lines = self.pull(index).await?;
        let ours = self.is_ours();
        let Some(following) = self.following.get_mut(index) else { return Ok(()) };
        for line in &lines {
            // It may have been refused for now, although it was carried out: nobody sends it again.
            if let Line::Own(_, event) = line
                && let Some(id) = event.fact.origin.and_then(|origin| origin.message)
            {
                match event.fact.message {
                    ServerMessage::PracticeUpdate(_) => lock(&self.order).answered(id),
                    _ => following.notes.answered(id),
                }
            }
        }
        let ack = |(id, result): Answer, offset: Option<u64>| {
            let ack = ServerMessage::Ack(Ack { result, identity: None });
            let mut envelope = Envelope::bare(ack).with_id(id);
            if let (true, Some(offset)) = (ours, offset) {
                let epoch = following.reader.at().epoch.clone();
                envelope = envelope.at(following.topic, Position { epoch, offset });
            }
            Piece::Text(encode(&envelope).into())
        };
        pieces.extend(lines.into_iter().map(|line| match line {
            Line::Event(_, event) => Piece::Event(event),
            Line::Own(offset, event) => {
                let id = event.fact.origin.and_then(|origin| origin.message);
                ack((id, event.fact.outcome.clone()), Some(offset))
            }
            Line::Answer(offset, answer) => ack(answer, Some(offset)),
            Line::Repeat(answer) => ack(answer, None),
        }));
        // Figures go with the events that they include, never before them.
        let reached = following.reader.at().offset;
        let latest = following.source.log().latest_after(following.latest);
        if let Some(latest) = latest.filter(|l| l.as_of <= reached && !following.waiting) {
            pieces.push(Piece::Text(if ours { latest.numbered } else { latest.plain }));
            if let Some(following) = self.following.get_mut(index) {
                following.latest = latest.version;
            }
        }
        Ok(())
    }
}

impl Piece {
    fn json(&self) -> &Utf8Bytes {
        match self {
            Self::Text(text) => text,
            Self::Event(event) => &event.numbered,
        }
    }

    fn packed(&self) -> Bytes {
        match self {
            Self::Text(text) => codec::pack(text).into(),
            Self::Event(event) => event.packed().clone(),
        }
    }

    fn plain(&self) -> Utf8Bytes {
        match self {
            Self::Text(text) => text.clone(),
            Self::Event(event) => event.plain().clone(),
        }
    }
}
