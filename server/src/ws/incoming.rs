//! From a frame to its messages: size, codec, and the limits that are counted per message.

use super::connection::{Connection, ConnectionEnd};
use crate::state::AppState;
use axum::extract::ws::Message;
use cadence_base::{
    rate_limit::{Bucket, CountedBy},
    sync::lock,
};
use logic::{
    presence::Departure,
    topic::{Deferral, WireProtocol},
};
use protocol::{
    ClientMessage, CloseCode, Codec, Decoded, Envelope, ErrorBody, ErrorCode, MessageId, codec,
    decode_frame,
};
use std::{
    net::IpAddr,
    sync::{Arc, Mutex},
    time::Instant,
};

/// Messages in a row that cannot be understood before the connection is closed.
const MAX_BAD_MESSAGES: u32 = 5;
/// Messages in a row above the limit before the connection is closed.
const MAX_EXCESS_MESSAGES: u32 = 50;

/// How many messages a client may send, and how many mistakes it may make.
pub(super) struct MessageLimits {
    bucket: Arc<Mutex<Bucket>>,
    /// Messages in a row that could not be understood.
    bad: u32,
    /// Messages in a row above the limit.
    excess: u32,
}

impl MessageLimits {
    /// A client that is counted by its address until it is known.
    pub(super) fn new(state: &AppState, address: IpAddr) -> Self {
        let bucket = state.buckets.of(CountedBy::Address(address));
        Self { bucket, bad: 0, excess: 0 }
    }

    /// From now on the client's messages are counted with those of this account or seat.
    pub(super) fn count_as(&mut self, state: &AppState, counted: CountedBy) {
        self.bucket = state.buckets.of(counted);
    }

    /// Counts a message. The inner result is how many milliseconds to wait when it is over the
    /// limit; the outer one ends the connection after too many of those.
    fn count(&mut self) -> Result<Result<(), u64>, ConnectionEnd> {
        let taken = lock(&self.bucket).take(Instant::now());
        self.excess = if taken.is_ok() { 0 } else { self.excess + 1 };
        match self.excess > MAX_EXCESS_MESSAGES {
            true => Err(ConnectionEnd::Closed(CloseCode::TooManyMessages)),
            false => Ok(taken),
        }
    }
}

impl Connection {
    /// Handles a frame.
    pub(super) async fn handle_frame(&mut self, message: Message) -> Result<(), ConnectionEnd> {
        self.heartbeat.received();
        match message {
            Message::Text(text) => self.read_text(text.as_str()).await,
            Message::Binary(bytes) => self.read_bytes(&bytes).await,
            // A control frame has no answer that could ask to wait: a flood of them ends here.
            Message::Ping(_) | Message::Pong(_) => self.limits.count().map(drop),
            Message::Close(frame) => {
                let left = frame.is_none_or(|frame| matches!(frame.code, 1000 | 1001 | 1005));
                Err(ConnectionEnd::Left(if left { Departure::Closed } else { Departure::Broken }))
            }
        }
    }

    /// MessagePack where that was negotiated, and JSON otherwise.
    async fn read_bytes(&mut self, bytes: &[u8]) -> Result<(), ConnectionEnd> {
        if let Err(error) = self.check_size(bytes.len()) {
            return self.refuse(None, error);
        }
        let json = match self.topics.protocol() {
            WireProtocol::Cadence(Codec::MessagePack) => codec::unpack(bytes),
            _ => String::from_utf8(bytes.to_vec())
                .map_err(|_| ErrorBody::new(ErrorCode::InvalidJson, "Not UTF-8.")),
        };
        match json {
            Ok(json) => self.read_messages(&json).await,
            Err(error) => self.refuse(None, error),
        }
    }

    async fn read_text(&mut self, text: &str) -> Result<(), ConnectionEnd> {
        match self.check_size(text.len()) {
            Ok(()) => self.read_messages(text).await,
            Err(error) => self.refuse(None, error),
        }
    }

    fn check_size(&self, bytes: usize) -> Result<(), ErrorBody> {
        let limit = self.state.config.limits.frame_bytes;
        if bytes <= limit as usize {
            return Ok(());
        }
        let text = format!("A frame may have at most {limit} bytes.");
        Err(ErrorBody::new(ErrorCode::TooLarge, text))
    }

    async fn read_messages(&mut self, text: &str) -> Result<(), ConnectionEnd> {
        for decoded in decode_frame(text, ClientMessage::read) {
            if let Err(wait_ms) = self.limits.count()? {
                self.refuse_for_now(decoded, wait_ms)?;
                continue;
            }
            match decoded {
                Decoded::Message(envelope) => {
                    self.limits.bad = 0;
                    // Boxed: an idle connection keeps no room for what a message may need.
                    Box::pin(self.receive(envelope)).await?;
                }
                // A newer client may use types that this server does not have yet.
                Decoded::Refused { id, error } if error.code == ErrorCode::UnknownType => {
                    self.answer(id, Err(error));
                }
                Decoded::Refused { id, error } => self.refuse(id, error)?,
            }
        }
        Ok(())
    }

    /// Answers a message over the limit, and keeps later ones behind it.
    fn refuse_for_now(
        &mut self,
        decoded: Decoded<ClientMessage>,
        wait_ms: u64,
    ) -> Result<(), ConnectionEnd> {
        let error = ErrorBody::new(ErrorCode::RateLimited, "Too many messages.");
        let error = error.retry_after(wait_ms);
        let Envelope { message, id, topic, .. } = match decoded {
            Decoded::Message(envelope) => envelope,
            Decoded::Refused { id, .. } => {
                self.answer(id, Err(error));
                return Ok(());
            }
        };
        self.answer(id, Err(error));
        match self.topics.defer(id, topic.or(self.home), &message) {
            Deferral::Nothing => {}
            Deferral::Leave(topic) => self.leave(topic),
            Deferral::Close(code) => return Err(ConnectionEnd::Closed(code)),
        }
        Ok(())
    }

    /// Answers something that could not be understood; too many in a row end the connection.
    fn refuse(&mut self, id: Option<MessageId>, error: ErrorBody) -> Result<(), ConnectionEnd> {
        self.limits.bad += 1;
        self.answer(id, Err(error));
        match self.limits.bad >= MAX_BAD_MESSAGES {
            true => Err(ConnectionEnd::Closed(CloseCode::ProtocolError)),
            false => Ok(()),
        }
    }
}
