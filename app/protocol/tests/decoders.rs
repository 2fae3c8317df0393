//! Whatever stands in a name, a position or a body: it is read or refused, and what was written is
//! read back.

use proptest::prelude::*;
use protocol::{
    ClientMessage, Envelope, MessageId, Note, Position, ServerMessage, SessionId, Topic,
    decode_frame, encode,
    guitar::{ChordChange, Timestamp},
    gym::{CheckIn, CheckOut, UndoCheckIn},
    http::{CommandRequest, JoinRequest, LoginRequest, NewMember, RefreshRequest},
    topic::TopicRequest,
};
use uuid::Uuid;

fn any_topic() -> impl Strategy<Value = Topic> {
    prop_oneof![
        Just(Topic::CheckIns),
        any::<u128>().prop_map(|id| Topic::Guitar(SessionId(Uuid::from_u128(id))))
    ]
}

/// Text that looks like JSON more often than chance makes it.
fn nearly_json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|b| b.to_string()),
        any::<i64>().prop_map(|n| n.to_string()),
        any::<f64>().prop_map(|n| n.to_string()),
        ".{0,20}".prop_map(|text| format!("{text:?}")),
        ".{0,20}",
    ];
    let key = prop_oneof![
        Just("member"),
        Just("id"),
        Just("at"),
        Just("name"),
        Just("epoch"),
        Just("offset"),
        Just("code"),
        Just("secret"),
        Just("session_id"),
        Just("email"),
        Just("password"),
        Just("visit"),
        Just("data"),
        Just("type"),
    ];
    leaf.prop_recursive(3, 24, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|v| format!("[{}]", v.join(","))),
            prop::collection::vec((key.clone(), inner), 0..5).prop_map(|fields| {
                let fields: Vec<String> =
                    fields.into_iter().map(|(key, value)| format!("{key:?}:{value}")).collect();
                format!("{{{}}}", fields.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn a_topic_is_read_as_it_was_written(topic in any_topic()) {
        prop_assert_eq!(Topic::parse(&topic.to_string()), Some(topic));
        let json = serde_json::to_string(&topic).expect("JSON");
        prop_assert_eq!(serde_json::from_str::<Topic>(&json).ok(), Some(topic));
    }

    #[test]
    fn a_name_is_a_topic_or_none(name in prop_oneof![".{0,60}", "guitar:.{0,40}", "checkins.{0,3}"]) {
        if let Some(topic) = Topic::parse(&name) {
            prop_assert_eq!(Topic::parse(&topic.to_string()), Some(topic));
        }
    }

    #[test]
    fn a_position_is_read_as_it_was_written(
        topic in any_topic(),
        position in prop::option::of((".{0,20}", any::<u64>())),
    ) {
        let position = position.map(|(epoch, offset)| Position { epoch, offset });
        let request = TopicRequest::new(topic, position.as_ref());
        let json = serde_json::to_string(&request).expect("JSON");
        let read: TopicRequest = serde_json::from_str(&json).expect("the same");
        prop_assert_eq!(read.position(), position);
    }

    #[test]
    fn no_body_breaks_its_reader(text in prop_oneof![nearly_json(), ".{0,200}"]) {
        // Read or refused: either is well, as long as it is one of them.
        let _ = serde_json::from_str::<TopicRequest>(&text);
        let _ = serde_json::from_str::<Position>(&text);
        let _ = serde_json::from_str::<LoginRequest>(&text);
        let _ = serde_json::from_str::<RefreshRequest>(&text);
        let _ = serde_json::from_str::<JoinRequest>(&text);
        let _ = serde_json::from_str::<NewMember>(&text);
        let _ = serde_json::from_str::<Timestamp>(&text);
        let _ = serde_json::from_str::<CommandRequest<CheckIn>>(&text);
        let _ = serde_json::from_str::<CommandRequest<CheckOut>>(&text);
        let _ = serde_json::from_str::<CommandRequest<UndoCheckIn>>(&text);
    }

    #[test]
    fn no_frame_of_a_server_breaks_the_page(
        data in nearly_json(),
        kind in prop_oneof![
            Just("ack"), Just("snapshot"), Just("member_checked_in"), Just("check_in_undone"),
            Just("welcome"), Just("error"), Just("practice_update"), Just("stats_update"), Just("x"),
        ],
        cut in 0usize..200,
    ) {
        let frame = format!(r#"{{"type":"{kind}","data":{data}}}"#);
        let cut = frame.get(..cut).unwrap_or(&frame);
        for frame in [frame.as_str(), cut] {
            prop_assert!(!decode_frame(frame, ServerMessage::read).is_empty());
            prop_assert!(!decode_frame(frame, ServerMessage::read_guitar).is_empty());
        }
    }

    #[test]
    fn an_envelope_is_read_as_it_was_written(
        chord in ".{0,40}",
        id in prop::option::of(any::<u128>()),
        place in prop::option::of((any_topic(), ".{0,20}", any::<u64>())),
        ts in prop::option::of(any::<i64>()),
    ) {
        let message = ClientMessage::Note(Note::ChordChange(ChordChange { chord }));
        let mut envelope = Envelope::bare(message).with_id(id.map(|id| MessageId(Uuid::from_u128(id))));
        if let Some((topic, epoch, offset)) = place {
            envelope = envelope.at(topic, Position { epoch, offset });
        }
        envelope.ts = ts;
        let read = decode_frame(&encode(&envelope), ClientMessage::read);
        prop_assert_eq!(read, vec![protocol::Decoded::Message(envelope)]);
    }
}
