//! The frame around each message, and its JSON codec.

use crate::{ErrorBody, ErrorCode, Millis, Position, Topic};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::value::RawValue;
use std::borrow::Cow;
use uuid::Uuid;

/// A message and what belongs around it. A plain client needs only `type` and `data`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Envelope<M> {
    /// `type` and `data`.
    #[serde(flatten)]
    pub message: M,
    /// Made by the client; the answer carries the same one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// The topic that the message belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<Topic>,
    /// The epoch of the topic's log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<String>,
    /// The event's place in the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// The server's clock when the event happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ts: Option<Millis>,
}

impl<M> Envelope<M> {
    /// A message with nothing around it.
    pub fn bare(message: M) -> Self {
        Self { message, id: None, topic: None, epoch: None, offset: None, ts: None }
    }

    /// The same envelope with an id.
    #[must_use]
    pub fn with_id(mut self, id: Option<Uuid>) -> Self {
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
        id: Option<Uuid>,
        /// `invalid_json`, `unknown_type` or `invalid_message`.
        error: ErrorBody,
    },
}

/// Writes one message as a JSON frame.
pub fn encode<M: Serialize>(envelope: &Envelope<M>) -> String {
    // Serializing our own types to JSON cannot fail: no maps with other keys than strings, no
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

/// What stands before the messages of a batch; they are separated by commas.
pub const BATCH_HEAD: &str = r#"{"type":"batch","data":{"messages":["#;
/// What stands after the messages of a batch.
pub const BATCH_TAIL: &str = "]}}";

/// Reads a JSON frame. The messages of a batch share no fate: each is read or refused by itself.
/// `types` are the known types of `M`; they tell an unknown type from wrong data.
pub fn decode_frame<M: DeserializeOwned>(frame: &str, types: &[&str]) -> Vec<Decoded<M>> {
    let head = match serde_json::from_str::<Head<'_>>(frame) {
        Ok(head) => head,
        Err(cause) => {
            let (code, what) = match cause.classify() {
                serde_json::error::Category::Data => (ErrorCode::InvalidMessage, "message"),
                _ => (ErrorCode::InvalidJson, "JSON"),
            };
            let error = ErrorBody::new(code, format!("The frame is no valid {what}: {cause}"));
            return vec![Decoded::Refused { id: None, error }];
        }
    };
    if head.kind != "batch" {
        return vec![decode_one(&head, types, frame)];
    }
    match head.data.map(|data| serde_json::from_str::<Batch<'_>>(data.get())) {
        Some(Ok(batch)) => batch
            .messages
            .iter()
            .map(|raw| match serde_json::from_str::<Head<'_>>(raw.get()) {
                Ok(head) => decode_one(&head, types, raw.get()),
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
}

#[derive(Deserialize)]
struct Batch<'a> {
    #[serde(borrow)]
    messages: Vec<&'a RawValue>,
}

fn decode_one<M: DeserializeOwned>(head: &Head<'_>, types: &[&str], text: &str) -> Decoded<M> {
    let whole = match head.data {
        Some(_) => serde_json::from_str(text),
        // `{"type": "mute"}` is as good as `{"type": "mute", "data": {}}`.
        None => serde_json::from_str::<serde_json::Value>(text).and_then(|mut value| {
            value["data"] = serde_json::json!({});
            serde_json::from_value(value)
        }),
    };
    match whole {
        Ok(envelope) => Decoded::Message(envelope),
        Err(_) if head.kind == "batch" => {
            refused(id_of(head), ErrorCode::InvalidMessage, &"batches do not nest")
        }
        Err(_) if !types.contains(&head.kind.as_ref()) => {
            let what = format!("no message has the type `{}`", clip(&head.kind));
            refused(id_of(head), ErrorCode::UnknownType, &what)
        }
        Err(cause) => refused(id_of(head), ErrorCode::InvalidMessage, &cause),
    }
}

fn id_of(head: &Head<'_>) -> Option<Uuid> {
    serde_json::from_str(head.id?.get()).ok()
}

fn refused<M>(id: Option<Uuid>, code: ErrorCode, cause: &dyn std::fmt::Display) -> Decoded<M> {
    Decoded::Refused {
        id,
        error: ErrorBody::new(code, format!("This message was not understood: {cause}")),
    }
}

/// A client's own words in an answer, kept short so that an answer is never larger than a limit.
fn clip(text: &str) -> String {
    text.chars().take(40).collect()
}
