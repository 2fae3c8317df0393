//! How a frame is written: JSON text, or MessagePack with field names.
//!
//! MessagePack holds the same messages in fewer bytes. It is converted from and to their JSON, so
//! that a message is read and written by one piece of code and a browser downloads no second one.

use crate::{ErrorBody, ErrorCode, message_pack};
use std::borrow::Cow;

/// What a connection agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Codec {
    /// Text frames.
    #[default]
    Json,
    /// Binary frames.
    MessagePack,
}

/// One WebSocket message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// JSON.
    Text(String),
    /// MessagePack.
    Binary(Vec<u8>),
}

impl Codec {
    /// Both, the preferred one first.
    pub const ALL: [Self; 2] = [Self::Json, Self::MessagePack];

    /// The WebSocket subprotocol of a Cadence client with this codec.
    pub fn subprotocol(self) -> &'static str {
        match self {
            Self::Json => "cadence.v1.json",
            Self::MessagePack => "cadence.v1.msgpack",
        }
    }

    /// The codec of a subprotocol; `None` for another family or version.
    pub fn of_subprotocol(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|codec| codec.subprotocol() == name)
    }

    /// The name that people read.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::MessagePack => "MessagePack",
        }
    }

    /// A frame from its JSON.
    pub fn frame(self, json: String) -> Frame {
        match self {
            Self::Json => Frame::Text(json),
            Self::MessagePack => Frame::Binary(pack(&json)),
        }
    }
}

impl Frame {
    /// Bytes on the wire, without WebSocket's own few.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }

    /// Whether it has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The frame as JSON.
    ///
    /// # Errors
    /// `invalid_json` for bytes that are not MessagePack.
    pub fn json(&self) -> Result<Cow<'_, str>, ErrorBody> {
        match self {
            Self::Text(text) => Ok(Cow::Borrowed(text)),
            Self::Binary(bytes) => unpack(bytes).map(Cow::Owned),
        }
    }
}

/// MessagePack from JSON that this crate wrote.
pub fn pack(json: &str) -> Vec<u8> {
    let mut packed = Vec::with_capacity(json.len());
    // The JSON was written by this crate, so it is valid.
    let _ = message_pack::pack(json, &mut packed);
    packed
}

/// JSON from MessagePack of any origin.
///
/// # Errors
/// `invalid_json` when the bytes are not MessagePack, nest too deep, or are more than one value.
pub fn unpack(bytes: &[u8]) -> Result<String, ErrorBody> {
    let mut json = String::with_capacity(bytes.len() * 2);
    message_pack::unpack(bytes, &mut json).map_err(|cause| {
        let text = format!("The frame is not valid MessagePack: {cause}");
        ErrorBody::new(ErrorCode::InvalidJson, text)
    })?;
    Ok(json)
}

/// Joins messages that are packed already into one frame. A single message stays as it is.
pub fn pack_batch<T: AsRef<[u8]>>(messages: &[T]) -> Vec<u8> {
    if let [only] = messages {
        return only.as_ref().to_vec();
    }
    let length: usize = messages.iter().map(|m| m.as_ref().len()).sum();
    let mut frame = Vec::with_capacity(length + 32);
    // {"type": "batch", "data": {"messages": [ as maps of two and one, and an array of 32 bits.
    frame.extend(b"\x82\xa4type\xa5batch\xa4data\x81\xa8messages\xdd");
    frame.extend((messages.len() as u32).to_be_bytes());
    messages.iter().for_each(|message| frame.extend(message.as_ref()));
    frame
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            // Short ones: serde_json reads the last digit of long ones a little off.
            (-1_000_000..1_000_000).prop_map(|n| Value::from(f64::from(n) / 64.0)),
            "\\PC{0,40}".prop_map(Value::from),
        ];
        leaf.prop_recursive(6, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                prop::collection::btree_map("[a-z_]{0,8}", inner, 0..8)
                    .prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_value_comes_back_as_it_went(value in value()) {
            let packed = pack(&value.to_string());
            let back: Value = serde_json::from_str(&unpack(&packed).unwrap()).unwrap();
            prop_assert_eq!(&back, &value);
            // As another implementation writes and reads it.
            prop_assert_eq!(&rmp_serde::to_vec(&value).unwrap(), &packed);
            let read: Value = rmp_serde::from_slice(&packed).unwrap();
            prop_assert_eq!(read, value);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(json) = unpack(&bytes) {
                prop_assert!(serde_json::from_str::<Value>(&json).is_ok(), "{}", json);
            }
        }
    }

    #[test]
    fn lengths_and_numbers_take_as_few_bytes_as_they_can() {
        let lengths = [0, 15, 16, 31, 32, 255, 256, 65_535, 65_536];
        let texts = lengths.map(|length| Value::from("ä\"\n".repeat(length)));
        let arrays = lengths.map(|length| Value::from(vec![0; length]));
        let maps = lengths.map(|length| {
            let items = (0..length).map(|key| (key.to_string(), Value::Null));
            items.collect::<serde_json::Map<_, _>>().into()
        });
        let powers = (0..64).map(|bits| 1_u64 << bits);
        let positive = powers.clone().flat_map(|power| [power - 1, power]).map(Value::from);
        let negative = powers.map(|power| -(power as i128)).flat_map(|power| [power, power - 1]);
        let negative = negative.filter_map(|number| i64::try_from(number).ok()).map(Value::from);
        let values = texts.into_iter().chain(arrays).chain(maps).chain(positive).chain(negative);
        for value in values {
            let packed = pack(&value.to_string());
            assert_eq!(packed, rmp_serde::to_vec(&value).unwrap(), "{value}");
            assert_eq!(serde_json::from_str::<Value>(&unpack(&packed).unwrap()).unwrap(), value);
        }
    }

    #[test]
    fn what_only_message_pack_has_becomes_the_nearest_json_or_is_refused() {
        for (bytes, json) in [
            (&b"\xca\x3f\x00\x00\x00"[..], Some("0.5")),
            (b"\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00", Some("null")),
            (b"\xc4\x02\x01\xff", Some("[1,255]")),
            (b"\x81\x07\xc3", Some(r#"{"7":true}"#)),
            (b"\x81\xd0\x80\xc3", Some(r#"{"-128":true}"#)),
            (b"\x81\xc0\xc3", None),
            (b"\x81\x90\xc3", None),
            (b"\xa2\xff\xfe", Some("[255,254]")),
            (b"\x81\xa1\xff\xc3", None),
            (b"\xc1", None),
            (b"\xd4\x01\x00", None),
        ] {
            assert_eq!(unpack(bytes).ok().as_deref(), json, "{bytes:02x?}");
        }
    }

    #[test]
    fn messages_of_a_batch_are_joined_as_they_are() {
        let messages = [json!({"type": "ping"}), json!({"type": "mute", "data": {}})];
        let packed: Vec<_> = messages.iter().map(|m| pack(&m.to_string())).collect();
        let batch: Value = serde_json::from_str(&unpack(&pack_batch(&packed)).unwrap()).unwrap();
        assert_eq!(batch, json!({"type": "batch", "data": {"messages": messages}}));
        assert_eq!(pack_batch(&packed[..1]), packed[0]);
    }

    #[test]
    fn a_hundred_thousand_levels_and_a_promise_of_four_billion_items_are_refused() {
        assert!(unpack(&[0x91; 100_000]).is_err());
        assert!(unpack(&[0xdd, 0xff, 0xff, 0xff, 0xff]).is_err());
        assert!(unpack(&[0xdb, 0xff, 0xff, 0xff, 0xff, b'a']).is_err());
        assert!(unpack(&[]).is_err());
        assert!(unpack(&[0xc0, 0xc0]).is_err());
    }
}
