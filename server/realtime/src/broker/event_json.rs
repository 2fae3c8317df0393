//! An event as JSON, for the broker's log and the bus.

use logic::topic::{EventOrigin, TopicEvent};
use protocol::{ConnectionId, MessageId, Millis, ServerMessage, server::Outcome};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use uuid::Uuid;

#[derive(Serialize)]
struct WrittenEvent<'a> {
    ts: Millis,
    node: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<ConnectionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<MessageId>,
    outcome: &'a Outcome,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    decided: bool,
    #[serde(flatten)]
    message: &'a ServerMessage,
}

#[derive(Deserialize)]
struct ReadEvent<'a> {
    ts: Millis,
    node: Uuid,
    #[serde(default)]
    connection: Option<ConnectionId>,
    #[serde(default)]
    id: Option<MessageId>,
    outcome: Outcome,
    #[serde(default)]
    decided: bool,
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    data: &'a RawValue,
}

/// Writes an event that this node made.
pub(super) fn write_event(node: Uuid, event: &TopicEvent) -> String {
    let TopicEvent { ts, message, origin, outcome, decided } = event;
    let connection = origin.map(|origin| origin.connection);
    let id = origin.and_then(|origin| origin.message);
    // Types of ours: writing them as JSON cannot fail.
    let (ts, decided) = (*ts, *decided);
    serde_json::to_string(&WrittenEvent { ts, node, connection, id, outcome, decided, message })
        .unwrap_or_default()
}

/// Reads an event and the node that made it; `None` for one that a newer version wrote.
pub(super) fn read_event(text: &str) -> Option<(Uuid, TopicEvent)> {
    let ReadEvent { ts, node, connection, id, outcome, decided, kind, data } =
        serde_json::from_str(text).ok()?;
    let message = ServerMessage::read(&kind, data.get())?.ok()?;
    let origin = connection.map(|connection| EventOrigin { connection, message: id });
    Some((node, TopicEvent { ts, message, origin, outcome, decided }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broker::parse_bus_message;
    use logic::presence::Seats;
    use proptest::prelude::*;
    use protocol::{Note, guitar::ChordChange};

    proptest! {
        /// Another node may be of another version, or Redis shared with something else.
        #[test]
        fn any_text_on_the_bus_or_in_the_log_is_an_event_or_none(
            any in any::<String>(),
            cut in 0usize..200,
            place in any::<i64>(),
        ) {
            let chord = ServerMessage::Note(Note::ChordChange(ChordChange { chord: any.clone() }));
            let text = write_event(Uuid::nil(), &TopicEvent::by_server(place, chord));
            let sent = format!("a {place} {text}");
            let cut = sent.char_indices().map(|(at, _)| at).take(cut).last().unwrap_or(0);
            prop_assert_eq!(parse_bus_message(&sent).is_some(), place >= 0);
            prop_assert!(parse_bus_message(&sent[..cut]).is_none(), "a part of a message");
            for text in [&sent[cut..], &*any] {
                let _ = (parse_bus_message(text), read_event(text), serde_json::from_str::<Seats>(text));
            }
        }
    }

    #[test]
    fn an_event_comes_back_as_it_went_and_one_of_a_newer_version_is_refused() {
        let node = Uuid::from_u128(1);
        let event = TopicEvent {
            ts: 5,
            message: ServerMessage::Note(Note::ChordChange(ChordChange { chord: "Am7".into() })),
            origin: Some(EventOrigin {
                connection: ConnectionId(Uuid::from_u128(2)),
                message: Some(MessageId(Uuid::from_u128(3))),
            }),
            outcome: Outcome::Done,
            decided: false,
        };
        let text = write_event(node, &event);
        let (by, read_back) = read_event(&text).expect("an event");
        assert_eq!(
            (by, &read_back.message, read_back.origin),
            (node, &event.message, event.origin)
        );
        assert!(read_event(&text.replace("chord_change", "chord_bend")).is_none());
        assert!(read_event("{").is_none());
    }
}
