//! The fields around each message, and frames as JSON.

use crate::{ErrorBody, ErrorCode, MessageId, Millis, Position, Topic};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A message and the fields around it. A simple client needs only `type` and `data`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Envelope<M> {
    /// `type` and `data`.
    #[serde(flatten)]
    pub message: M,
    /// Made by the client; the answer carries the same one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<MessageId>,
    /// The topic that the message belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<Topic>,
    /// The epoch of the topic's log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch: Option<String>,
    /// The event's place in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// The server's clock when the event happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ts: Option<Millis>,
}

impl<M> Envelope<M> {
    /// A message with nothing around it.
    pub fn bare(message: M) -> Self {
        Self { message, id: None, topic: None, epoch: None, offset: None, ts: None }
    }

    /// The same envelope with an id.
    #[must_use]
    pub fn with_id(mut self, id: Option<MessageId>) -> Self {
        self.id = id;
        self
    }

    /// The same envelope at a place of a topic's log.
    #[must_use]
    pub fn at(mut self, topic: Topic, position: Position) -> Self {
        self.topic = Some(topic);
        self.epoch = Some(position.epoch);
        self.offset = Some(position.offset);
        self
    }

    /// The place in a topic's log, when the envelope has one.
    pub fn position(&self) -> Option<(Topic, Position)> {
        Some((self.topic?, Position { epoch: self.epoch.clone()?, offset: self.offset? }))
    }
}

/// One message of a frame: read, or refused with the id it came with.
#[derive(Debug, Clone, PartialEq)]
pub enum Decoded<M> {
    /// Read.
    Message(Envelope<M>),
    /// Not read; the error says why.
    Refused {
        /// The id, when that much could be read.
        id: Option<MessageId>,
        /// `invalid_json`, `unknown_type` or `invalid_message`.
        error: ErrorBody,
    },
}

/// Writes one message as a JSON frame.
pub fn encode<M: Serialize>(envelope: &Envelope<M>) -> String {
    // Serializing this crate's types to JSON cannot fail: no maps with other keys than strings, no
    // fallible `Serialize`. Non-finite floats become `null`.
    serde_json::to_string(envelope).unwrap_or_default()
}

/// Joins messages that are encoded already into one frame. A single message stays as it is.
pub fn encode_batch<T: AsRef<str>>(messages: &[T]) -> String {
    if let [only] = messages {
        return only.as_ref().to_owned();
    }
    let length: usize = messages.iter().map(|m| m.as_ref().len() + 1).sum();
    let mut frame = String::with_capacity(length + 40);
    frame.push_str(BATCH_HEAD);
    for (i, message) in messages.iter().enumerate() {
        if i > 0 {
            frame.push(',');
        }
        frame.push_str(message.as_ref());
    }
    frame.push_str(BATCH_TAIL);
    frame
}

/// The text before the messages of a batch, which are separated by commas.
pub const BATCH_HEAD: &str = r#"{"type":"batch","data":{"messages":["#;
/// The text after the messages of a batch.
pub const BATCH_TAIL: &str = "]}}";

/// Reads `data` as the message that `type` names; `None` when no message has this type. The tables
/// of messages generate such functions instead of deriving `Deserialize`: serde reads a tagged enum
/// into a tree first, which would put the code for every type into the browser's client twice.
pub type Read<M> = fn(kind: &str, data: &str) -> Option<serde_json::Result<M>>;

/// Reads a JSON frame. Each message of a batch is read or refused by itself.
pub fn decode_frame<M>(frame: &str, read: Read<M>) -> Vec<Decoded<M>> {
    let head = match head_of(frame) {
        Ok(head) => head,
        Err(cause) => {
            let (code, what) = match cause.classify() {
                serde_json::error::Category::Data => (ErrorCode::InvalidMessage, "a valid message"),
                _ => (ErrorCode::InvalidJson, "valid JSON"),
            };
            let error = ErrorBody::new(code, format!("The frame is not {what}: {cause}"));
            return vec![Decoded::Refused { id: None, error }];
        }
    };
    if head.kind != "batch" {
        return vec![decode_one(&head, read)];
    }
    match head.data.map(|data| serde_json::from_str::<Batch<'_>>(data.get())) {
        Some(Ok(batch)) if batch.messages.is_empty() => {
            vec![refused(id_of(&head), ErrorCode::InvalidMessage, &"a batch without messages")]
        }
        Some(Ok(batch)) => batch
            .messages
            .iter()
            .map(|raw| match head_of(raw.get()) {
                Ok(head) => decode_one(&head, read),
                Err(cause) => refused(None, ErrorCode::InvalidMessage, &cause),
            })
            .collect(),
        Some(Err(cause)) => vec![refused(id_of(&head), ErrorCode::InvalidMessage, &cause)],
        None => vec![refused(id_of(&head), ErrorCode::InvalidMessage, &"a batch without data")],
    }
}

#[derive(Deserialize)]
struct Head<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
    #[serde(borrow, default)]
    topic: Option<&'a RawValue>,
    #[serde(borrow, default)]
    epoch: Option<&'a RawValue>,
    #[serde(borrow, default)]
    offset: Option<&'a RawValue>,
    #[serde(borrow, default)]
    ts: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Batch<'a> {
    #[serde(borrow)]
    messages: Vec<&'a RawValue>,
}

fn head_of(text: &str) -> serde_json::Result<Head<'_>> {
    let head = serde_json::from_str(text)?;
    // serde would also take the fields from an array, one after the other.
    if !text.trim_start().starts_with('{') {
        return Err(serde::de::Error::custom("a message is an object"));
    }
    Ok(head)
}

fn decode_one<M>(head: &Head<'_>, read: Read<M>) -> Decoded<M> {
    // Absent data is read as `{}`, so that `{"type": "mute"}` is enough.
    let data = head.data.map_or("{}", RawValue::get);
    match read(&head.kind, data).map(|message| around(head, message?)) {
        Some(Ok(envelope)) => Decoded::Message(envelope),
        Some(Err(cause)) => refused(id_of(head), ErrorCode::InvalidMessage, &cause),
        None if head.kind == "batch" => {
            refused(id_of(head), ErrorCode::InvalidMessage, &"batches do not nest")
        }
        None => {
            let what = format!("no message has the type `{}`", clip(&head.kind));
            refused(id_of(head), ErrorCode::UnknownType, &what)
        }
    }
}

fn around<M>(head: &Head<'_>, message: M) -> serde_json::Result<Envelope<M>> {
    Ok(Envelope {
        message,
        id: field(head.id)?,
        topic: field(head.topic)?,
        epoch: field(head.epoch)?,
        offset: field(head.offset)?,
        ts: field(head.ts)?,
    })
}

fn field<T: DeserializeOwned>(raw: Option<&RawValue>) -> serde_json::Result<Option<T>> {
    raw.map(|raw| serde_json::from_str(raw.get())).transpose()
}

fn id_of(head: &Head<'_>) -> Option<MessageId> {
    field(head.id).ok()?
}

fn refused<M>(id: Option<MessageId>, code: ErrorCode, cause: &dyn std::fmt::Display) -> Decoded<M> {
    Decoded::Refused {
        id,
        error: ErrorBody::new(code, format!("This message was not understood: {cause}")),
    }
}

/// Shortens text of a client that an answer repeats, so that the answer's size is bounded.
fn clip(text: &str) -> String {
    text.chars().take(40).collect()
}
