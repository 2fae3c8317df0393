//! What is ready to be written, in as few frames as the dialect allows. No timer: whatever waits
//! when the socket takes the next frame goes into it.

use super::connection::{Connection, Dialect};
use axum::extract::ws::Utf8Bytes;
use protocol::{CloseCode, Envelope, Position, ServerMessage, encode, encode_batch, server::Ack};

/// Messages of one frame.
const FRAME_MESSAGES: usize = 256;
/// A frame takes no further message beyond this many bytes.
const FRAME_BYTES: usize = 64 * 1024;

impl Connection {
    /// The next frames to write; empty when nothing is ready.
    pub(super) async fn ready(&mut self) -> Result<Vec<Utf8Bytes>, CloseCode> {
        let mut texts: Vec<Utf8Bytes> = Vec::new();
        let mut bytes = 0;
        while texts.len() < FRAME_MESSAGES && bytes < FRAME_BYTES {
            let Some(text) = self.handle.pop() else { break };
            bytes += text.len();
            texts.push(text.into());
        }
        // Events come after the answers: a `welcome` stands before what it announces.
        if texts.len() < FRAME_MESSAGES && bytes < FRAME_BYTES {
            for index in 0..self.following.len() {
                self.pull_into(index, &mut texts).await?;
            }
        }
        Ok(match self.dialect {
            Dialect::Plain => texts,
            Dialect::Ours if texts.len() <= 1 => texts,
            Dialect::Ours => {
                let texts: Vec<&str> = texts.iter().map(Utf8Bytes::as_str).collect();
                vec![encode_batch(&texts).into()]
            }
        })
    }

    async fn pull_into(
        &mut self,
        index: usize,
        texts: &mut Vec<Utf8Bytes>,
    ) -> Result<(), CloseCode> {
        let events = self.pull(index).await?;
        let ours = self.dialect == Dialect::Ours;
        let connection = self.handle.id;
        let Some(following) = self.following.get_mut(index) else { return Ok(()) };
        for event in events {
            let own = event.origin.filter(|origin| origin.connection == connection);
            let Some(origin) = own else {
                texts.push(if ours { event.numbered.clone() } else { event.plain().clone() });
                continue;
            };
            following.expected.retain(|(offset, ..)| *offset > event.offset);
            let ack = Ack { result: event.outcome.clone(), identity: None };
            let mut envelope = Envelope::bare(ServerMessage::Ack(ack)).with_id(origin.message);
            if ours {
                let epoch = following.source.log().end().epoch;
                let position = Position { epoch, offset: event.offset };
                envelope = envelope.at(following.topic, position);
            }
            texts.push(encode(&envelope).into());
        }
        // Figures go with the events that they include, never before them.
        let latest = following.source.log().latest_after(following.latest);
        if let Some(latest) = latest.filter(|l| l.as_of <= following.cursor && !following.waiting) {
            following.latest = latest.version;
            texts.push(if ours { latest.numbered } else { latest.plain });
        }
        Ok(())
    }
}
