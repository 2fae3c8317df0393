//! What is ready to be written, in as few frames as the dialect allows. No timer: whatever waits
//! when the socket takes the next frame goes into it.

use super::connection::{Connection, Dialect};
use crate::hub::log::Answer;
use axum::extract::ws::Utf8Bytes;
use logic::topic::Line;
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
        let lines = self.pull(index).await?;
        let ours = self.dialect == Dialect::Ours;
        let Some(following) = self.following.get(index) else { return Ok(()) };
        let ack = |(id, result): Answer, offset: Option<u64>| -> Utf8Bytes {
            let ack = ServerMessage::Ack(Ack { result, identity: None });
            let mut envelope = Envelope::bare(ack).with_id(id);
            if let (true, Some(offset)) = (ours, offset) {
                let epoch = following.reader.at().epoch.clone();
                envelope = envelope.at(following.topic, Position { epoch, offset });
            }
            encode(&envelope).into()
        };
        texts.extend(lines.into_iter().map(|line| match line {
            Line::Event(_, event) if ours => event.numbered.clone(),
            Line::Event(_, event) => event.plain().clone(),
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
            texts.push(if ours { latest.numbered } else { latest.plain });
            if let Some(following) = self.following.get_mut(index) {
                following.latest = latest.version;
            }
        }
        Ok(())
    }
}
