//! PROTOCOL.md is written by this test from one sample of every message, and the test fails when
//! the file in the tree differs: the document cannot drift from the code. To renew it:
//! `UPDATE_PROTOCOL=1 cargo test -p protocol --test document`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use protocol::{
    ClientMessage, CloseCode, Decoded, Envelope, ErrorBody, ErrorCode, Note, Position, Read,
    ServerMessage, Topic,
    account::{Credential, Identity, Role},
    client::{ClientInfo, Hello},
    decode_frame, encode, encode_batch,
    guitar::{
        ChordChange, Direction, FretUpdate, GuitarState, Participant, PracticeCommand,
        PracticeStatus, PracticeUpdate, Presence, Strum, StrumSource, Timestamp,
    },
    gym::{
        Activity, CheckIn, CheckInAnswer, CheckOut, GymClock, GymSnapshot, MemberRef, Membership,
        Reason, Refusal, Stats, UndoCheckIn, Verdict, Visit,
    },
    server::{Ack, Limits, Outcome, RefusedTopic, Snapshot, Welcome},
    topic::{TopicAnswer, TopicRequest},
};
use serde::Serialize;
use std::fmt::{Debug, Write};
use uuid::Uuid;

const NOW: i64 = 1_795_351_320_000;
const SESSION: Uuid = Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001);
const SOMEBODY: Uuid = Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0002);
const VISIT: Uuid = Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0003);
const COMMAND: Uuid = Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0009);

#[test]
fn the_document_is_what_the_code_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/PROTOCOL.md");
    let wanted = document();
    if std::env::var_os("UPDATE_PROTOCOL").is_some() {
        std::fs::write(path, &wanted).unwrap();
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(found == wanted, "PROTOCOL.md is old: run with UPDATE_PROTOCOL=1 and read the change");
}

#[test]
fn every_type_has_a_sample_and_is_known_by_its_name() {
    let sampled = |types: Vec<String>, table: &[&str]| {
        let all = || table.iter().chain(Note::TYPES);
        for known in all() {
            assert!(types.iter().any(|sample| sample == known), "no sample of {known}");
        }
        assert!(types.iter().all(|sample| all().any(|known| known == sample)));
    };
    let client = client_samples().iter().map(|(message, _)| type_of(message)).collect();
    sampled(client, ClientMessage::TYPES);
    let server = server_samples().iter().map(|(message, _)| type_of(message)).collect();
    sampled(server, ServerMessage::TYPES);
}

#[test]
fn every_sample_reads_back_as_it_was_written() {
    client_samples().iter().for_each(|(message, _)| reads_back(message, ClientMessage::read));
    server_samples().iter().for_each(|(message, _)| reads_back(message, ServerMessage::read));
}

#[test]
fn the_code_of_a_newer_server_goes_by_what_it_says_of_sending_again() {
    for again in [true, false] {
        let newer = format!(
            r#"{{"type":"error","data":{{"code":"moon_phase","message":"Wait.","retryable":{again}}}}}"#
        );
        let read = decode_frame(&newer, ServerMessage::read);
        let [Decoded::Message(Envelope { message: ServerMessage::Error(error), .. })] = &read[..]
        else {
            panic!("{read:?}");
        };
        assert_eq!((error.code, error.retryable), (ErrorCode::Internal, again));
    }
}

#[test]
fn messages_of_a_batch_share_no_fate() {
    let good = encode(&Envelope::bare(chord("G")));
    let frame = encode_batch(&[
        good.as_str(),
        r#"{"type":"dance"}"#,
        r#"{"type":"strum","data":7}"#,
        &good,
    ]);
    let decoded = decode_frame(&frame, ClientMessage::read);
    let codes: Vec<Option<ErrorCode>> = decoded
        .iter()
        .map(|d| match d {
            Decoded::Message(_) => None,
            Decoded::Refused { error, .. } => Some(error.code),
        })
        .collect();
    assert_eq!(codes, [None, Some(ErrorCode::UnknownType), Some(ErrorCode::InvalidMessage), None]);
}

#[test]
fn a_frame_that_is_no_object_is_refused() {
    for (frame, code) in [
        (r#"["ping"]"#, ErrorCode::InvalidMessage),
        (r#"["mute", {}]"#, ErrorCode::InvalidMessage),
        ("7", ErrorCode::InvalidMessage),
        ("null", ErrorCode::InvalidMessage),
        ("{", ErrorCode::InvalidJson),
    ] {
        let decoded = decode_frame(frame, ClientMessage::read);
        let [Decoded::Refused { id: None, error }] = &decoded[..] else { panic!("{decoded:?}") };
        assert_eq!(error.code, code, "{frame}");
    }
}

#[test]
fn a_phone_reads_all_that_is_about_guitars() {
    for (message, _) in server_samples() {
        let frame = encode(&Envelope::bare(message.clone()));
        let read = decode_frame(&frame, ServerMessage::read_guitar);
        let about_a_gym = matches!(
            message,
            ServerMessage::MemberCheckedIn { .. }
                | ServerMessage::MemberCheckedOut(_)
                | ServerMessage::CheckInUndone { .. }
                | ServerMessage::Activity(_)
                | ServerMessage::InitialStats(_)
                | ServerMessage::StatsUpdate(_)
        );
        match message {
            ServerMessage::Ack(Ack {
                result: Outcome::CheckIn(_) | Outcome::CheckOut { .. } | Outcome::Undone { .. },
                identity,
            }) => {
                let answered = ServerMessage::Ack(Ack { result: Outcome::Done, identity });
                assert_eq!(read, [Decoded::Message(Envelope::bare(answered))]);
            }
            ServerMessage::Snapshot(Snapshot::CheckIns(_)) => {}
            _ if about_a_gym => assert!(matches!(read[..], [Decoded::Refused { .. }]), "{frame}"),
            message => assert_eq!(read, [Decoded::Message(Envelope::bare(message))], "{frame}"),
        }
    }
}

#[test]
fn batches_do_not_nest() {
    let inner =
        encode_batch(&[encode(&Envelope::bare(chord("G"))), encode(&Envelope::bare(chord("C")))]);
    let outer = encode_batch(&[inner.as_str(), inner.as_str()]);
    for decoded in decode_frame(&outer, ClientMessage::read) {
        let Decoded::Refused { error, .. } = decoded else { panic!("a nested batch was read") };
        assert_eq!(error.code, ErrorCode::InvalidMessage);
    }
}

#[test]
fn what_a_plain_client_leaves_out_does_not_matter() {
    for frame in
        [r#"{"type":"mute"}"#, r#"{"type":"practice_start"}"#, r#"{"type":"strum","data":{}}"#]
    {
        let decoded = decode_frame(frame, ClientMessage::read);
        assert!(matches!(decoded[..], [Decoded::Message(_)]), "{frame}: {decoded:?}");
    }
}

#[test]
fn a_refused_message_keeps_its_id() {
    let frame = format!(r#"{{"type":"strum","id":"{COMMAND}","data":{{"velocity":"loud"}}}}"#);
    let decoded = decode_frame(&frame, ClientMessage::read);
    let [Decoded::Refused { id, error }] = &decoded[..] else { panic!("{decoded:?}") };
    assert_eq!((*id, error.code), (Some(COMMAND), ErrorCode::InvalidMessage));
}

#[test]
fn no_secret_appears_in_debug_output() {
    let text = format!("{:?}", ClientMessage::Auth(Credential::Ticket("very-secret".into())));
    assert!(!text.contains("very-secret"), "{text}");
}

fn reads_back<M: Serialize + Debug + PartialEq + Clone>(message: &M, read: Read<M>) {
    let position = Position { epoch: "5f3a9c10".into(), offset: 42 };
    let envelope =
        Envelope::bare(message.clone()).with_id(Some(COMMAND)).at(Topic::CheckIns, position);
    let frame = encode(&envelope);
    assert_eq!(decode_frame(&frame, read), [Decoded::Message(envelope)], "{frame}");
}

fn type_of<M: Serialize>(message: &M) -> String {
    let value = serde_json::to_value(message).unwrap();
    value["type"].as_str().unwrap().to_owned()
}

fn chord(name: &str) -> ClientMessage {
    ClientMessage::Note(Note::ChordChange(ChordChange { chord: name.into() }))
}

fn member() -> MemberRef {
    MemberRef { id: SOMEBODY, number: "M-102048".into(), full_name: "Aiko Tanaka".into() }
}

fn visit() -> Visit {
    Visit {
        id: VISIT,
        member: member(),
        location: "Front desk".into(),
        check_in_time: NOW,
        check_out_time: None,
        closed_automatically: false,
    }
}

fn stats() -> Stats {
    Stats {
        currently_in: 66,
        today_total: 312,
        average_stay_minutes: Some(68.4),
        finished_visits: 246,
        as_of_offset: 1_204,
        timestamp: NOW,
    }
}

fn practice() -> PracticeUpdate {
    PracticeUpdate {
        status: PracticeStatus::Started,
        timestamp: Timestamp::Text("2026-11-22T18:42:00+09:00".into()),
        as_of: NOW,
        elapsed_ms: 462_000,
    }
}

fn phone() -> Participant {
    Participant {
        status: Presence::Connected,
        user_id: SOMEBODY,
        role: Role::Performer,
        device: "phone".into(),
    }
}

fn strum() -> Strum {
    Strum {
        direction: Direction::Down,
        velocity: 0.5,
        strings: Some(vec![1, 2, 3, 4]),
        source: StrumSource::Swipe,
        at: Some(NOW),
    }
}

fn answer(recovered: bool) -> TopicAnswer {
    TopicAnswer {
        name: Topic::CheckIns,
        epoch: "5f3a9c10".into(),
        offset: 1_204,
        recovered,
        replayed: if recovered { 12 } else { 0 },
        waiting: false,
    }
}

fn client_samples() -> Vec<(ClientMessage, &'static str)> {
    let request = || TopicRequest {
        name: Topic::CheckIns,
        epoch: Some("5f3a9c10".into()),
        offset: Some(1_192),
    };
    let command = || PracticeCommand { timestamp: None, at: Some(NOW) };
    vec![
        (
            ClientMessage::Hello(Hello {
                auth: None,
                client: ClientInfo { device: "PC".into(), visible: true },
                topics: vec![request()],
            }),
            "Our client's first message. `auth` is left out where the cookie of the handshake is enough.",
        ),
        (
            ClientMessage::Auth(Credential::Ticket("…".into())),
            "A plain client's first message, with a `ticket`, `secret`, `host_secret` or `participant`. Each `secret` makes another participant; who comes back shows the `participant` that `POST /api/guitar/join` gave. On an open connection a `ticket` renews the sign-in.",
        ),
        (
            ClientMessage::Subscribe(request()),
            "Follow one more topic, from a position if there is one.",
        ),
        (ClientMessage::Unsubscribe { name: Topic::CheckIns }, "Stop following."),
        (
            ClientMessage::Resync(request()),
            "There is a gap after this position: what follows comes again, or a snapshot.",
        ),
        (
            ClientMessage::Ping { timestamp: Timestamp::Millis(NOW) },
            "Sign of life; measures round trip and clock.",
        ),
        (
            ClientMessage::Visibility { visible: false },
            "The page was hidden or shown: presence is `away` or `connected`.",
        ),
        (chord("F#m7"), "The left hand holds a chord: a root and `` (major), `m`, `7` or `m7`."),
        (
            ClientMessage::Note(Note::FretUpdate(FretUpdate { frets: [-1, 3, 2, 0, 1, 0] })),
            "The left hand holds single frets, low E first; −1 is muted.",
        ),
        (
            ClientMessage::Note(Note::Strum(strum())),
            "The right hand plays. Everything has a default; strings are numbered 1 (high e) to 6 (low E). A strum older than 150 ms is not sounded.",
        ),
        (ClientMessage::Note(Note::Mute {}), "All strings are damped."),
        (ClientMessage::PracticeStart(command()), "Command: the clock starts or goes on."),
        (ClientMessage::PracticePause(command()), "Command: the clock stands."),
        (ClientMessage::PracticeEnd(command()), "Command: the practice ends and is stored."),
        (
            ClientMessage::Allow { participant: SOMEBODY, role: Role::Performer },
            "The host lets a waiting phone in, as `performer` or `spectator`.",
        ),
        (
            ClientMessage::Remove { participant: SOMEBODY },
            "The host removes a phone; code and secret change.",
        ),
        (
            ClientMessage::CheckIn(CheckIn {
                member: "M-102048".into(),
                location: Some("Front desk".into()),
                notes: None,
                override_reason: None,
                at: Some(NOW),
            }),
            "Command: may this member come in? `member` is an id, a number or a card code.",
        ),
        (
            ClientMessage::CheckOut(CheckOut { visit: Some(VISIT), member: None, at: Some(NOW) }),
            "Command: the visit ends. By `visit` or by `member`.",
        ),
        (
            ClientMessage::UndoCheckIn(UndoCheckIn { visit: VISIT, at: Some(NOW) }),
            "Command: takes a check-in back, within `undo_ms` of the snapshot's clock (the setting `desk.undo_seconds`).",
        ),
    ]
}

fn server_samples() -> Vec<(ServerMessage, &'static str)> {
    let identity = Identity {
        user_id: Some(SOMEBODY),
        role: Role::FrontDesk,
        expires_at: Some(NOW + 900_000),
    };
    let refusal = Refusal {
        id: COMMAND,
        member: member(),
        location: "Front desk".into(),
        at: NOW,
        reason: Reason::Expired { days: 3 },
    };
    let ack = |result| ServerMessage::Ack(Ack { result, identity: None });
    let mut left = visit();
    left.check_out_time = Some(NOW + 4_320_000);
    vec![
        (
            ServerMessage::Welcome(Welcome {
                connection: COMMAND,
                node: "local".into(),
                server_time: NOW,
                identity: identity.clone(),
                limits: Limits {
                    messages_per_second: 100,
                    burst: 200,
                    frame_bytes: 65_536,
                    topics: 32,
                },
                topics: vec![answer(true)],
                refused: vec![RefusedTopic {
                    name: Topic::Guitar(SESSION),
                    error: ErrorBody::new(ErrorCode::InvalidSession, "The session has ended."),
                }],
            }),
            "The answer to `hello`. `recovered` topics go on with `replayed` events; the others with a `snapshot`, those that are `waiting` once they are let in.",
        ),
        (
            ServerMessage::Ack(Ack { result: Outcome::Done, identity: Some(identity) }),
            "The answer to `auth`.",
        ),
        (
            ack(Outcome::Done),
            "The answer to a message that became an event; our client gets it in the event's place, with the position, unless it comes again or the event is in a snapshot.",
        ),
        (ack(Outcome::Subscribed(answer(false))), "The answer to `subscribe`."),
        (
            ack(Outcome::CheckIn(CheckInAnswer {
                verdict: Verdict::Deny,
                reason: Some(Reason::Expired { days: 3 }),
                member: member(),
                membership: Some(Membership {
                    plan: "Monthly".into(),
                    ends_on: Some("2026-11-19".into()),
                    visits_left: None,
                }),
                visit: None,
                visit_of_month: None,
                repeated: false,
            })),
            "The answer to `check_in`: `allow`, `warn` or `deny`. A refused member is a decision, and no `error`.",
        ),
        (ack(Outcome::CheckOut { visit: left.clone() }), "The answer to `check_out`."),
        (ack(Outcome::Undone { visit: visit() }), "The answer to `undo_check_in`."),
        (ack(Outcome::Practice(practice())), "The answer to a practice command."),
        (
            ack(Outcome::Participant { participant: SOMEBODY }),
            "The answer to `allow` and `remove`.",
        ),
        (
            ServerMessage::Error(
                ErrorBody::new(ErrorCode::RateLimited, "Too many messages.").retry_after(120),
            ),
            "The message was not taken. The code is stable, the sentence is for people.",
        ),
        (
            ServerMessage::Pong { timestamp: Timestamp::Millis(NOW), server_time: NOW + 3 },
            "The answer to `ping`.",
        ),
        (
            ServerMessage::Snapshot(Snapshot::Guitar(GuitarState {
                chord: Some("G".into()),
                frets: None,
                practice: Some(practice()),
                participants: vec![phone()],
            })),
            "The whole state of a guitar session at the envelope's position.",
        ),
        (
            ServerMessage::Snapshot(Snapshot::CheckIns(GymSnapshot {
                stats: stats(),
                clock: GymClock {
                    gym: "Harbour Gym".into(),
                    utc_offset_minutes: 540,
                    day_start: NOW - 40_000_000,
                    day_end: NOW + 46_400_000,
                    capacity: 80,
                    undo_ms: 60_000,
                    repeat_ms: 10_000,
                },
                activity: vec![Activity::Refused(refusal.clone())],
                visits: vec![visit()],
                hours: vec![0, 3, 12],
            })),
            "The whole state of `checkins` at the envelope's position.",
        ),
        (
            ServerMessage::AuthExpiring { expires_at: NOW + 60_000 },
            "Renew the sign-in: refresh, get a ticket, send `auth`.",
        ),
        (
            ServerMessage::ServerRestart { min_ms: 100, max_ms: 2_000 },
            "The server restarts: come back after a random wait in this window.",
        ),
        (
            ServerMessage::Note(Note::ChordChange(ChordChange { chord: "F#m7".into() })),
            "The left hand holds a chord.",
        ),
        (
            ServerMessage::Note(Note::FretUpdate(FretUpdate { frets: [-1, 3, 2, 0, 1, 0] })),
            "The left hand holds single frets.",
        ),
        (ServerMessage::Note(Note::Strum(strum())), "The right hand played."),
        (ServerMessage::Note(Note::Mute {}), "All strings are damped."),
        (
            ServerMessage::PracticeUpdate(practice()),
            "The practice clock changed. It counts on from `elapsed_ms` at `as_of` while `started`.",
        ),
        (
            ServerMessage::ConnectionUpdate(phone()),
            "A device came, slept (`away`), left (`disconnected`) or changed its role.",
        ),
        (
            ServerMessage::MemberCheckedIn {
                visit: visit(),
                reason: Some(Reason::EndsSoon { days: 2 }),
            },
            "A member came in; `reason` when it was a warning or an override.",
        ),
        (ServerMessage::MemberCheckedOut(left), "A member left."),
        (
            ServerMessage::CheckInUndone { visit: visit(), at: NOW + 20_000 },
            "A check-in was taken back; the visit no longer counts.",
        ),
        (ServerMessage::Activity(refusal), "A member was refused at a door."),
        (
            ServerMessage::InitialStats(stats()),
            "The figures when a plain client has introduced itself.",
        ),
        (
            ServerMessage::StatsUpdate(stats()),
            "The figures after a change, or when the gym's day begins. It has no offset of its own; `as_of_offset` says which events it includes.",
        ),
    ]
}

fn document() -> String {
    let mut text = String::from(HEAD);
    text.push_str("\n## From clients\n");
    client_samples().iter().for_each(|(message, what)| sample(&mut text, message, what));
    text.push_str("\n## From the server\n");
    server_samples().iter().for_each(|(message, what)| sample(&mut text, message, what));
    text.push_str("\n## Close codes\n\n40xx is final until a person acts, whatever error stood before; after 4012 a client may refresh its sign-in and come back once. 41xx reconnects, with backoff. 4112 also closes a connection whose question cannot be answered now: then no `server_restart` comes before. Any other code is the network's and means: come back.\n\n| code | name | sentence | reconnects |\n| --- | --- | --- | --- |\n");
    for code in CloseCode::ALL {
        let back = if CloseCode::reconnects(code.number()) { "yes" } else { "no" };
        writeln!(text, "| {} | {code:?} | {} | {back} |", code.number(), code.sentence()).unwrap();
    }
    text.push_str("\n## Error codes\n\n| code | HTTP | retryable |\n| --- | --- | --- |\n");
    for code in ErrorCode::ALL {
        let name = serde_json::to_value(code).unwrap();
        let again = if code.retryable() { "yes" } else { "no" };
        writeln!(text, "| `{}` | {} | {again} |", name.as_str().unwrap(), code.status()).unwrap();
    }
    text
}

fn sample<M: Serialize>(text: &mut String, message: &M, what: &str) {
    let json = serde_json::to_string_pretty(message).unwrap();
    write!(text, "\n### `{}`\n\n{what}\n\n```json\n{json}\n```\n", type_of(message)).unwrap();
}

const HEAD: &str = r#"# The protocol

Written by `tests/document.rs` from the types themselves; a test fails when the two differ. Times and limits are those of the settings as they are shipped.

A frame is JSON text: `{"type": …, "data": …}`. Around it may stand

| field | meaning |
| --- | --- |
| `id` | a UUID made by the client; the answer carries the same one, and a command or a note runs once per id |
| `topic` | `checkins` or `guitar:{session}` |
| `epoch`, `offset` | the event's place in the topic's log; offsets grow by one without holes |
| `ts` | the server's clock when it happened, UTC milliseconds |

**Plain clients** negotiate no subprotocol. They connect to `/ws/guitar/{session}/` or `/ws/checkins/`, send `auth` within 5 s, and then one message per frame, without `topic`; answers come in order. There is no replay: whoever comes, or comes back, gets the chord that is held and the practice clock, or `initial_stats`, and then what happens.

**Our client** offers the subprotocols `cadence.v1.json` and `cadence.v1.msgpack` on `/ws`; the server takes the first that it knows. In MessagePack the same messages stand in binary frames, as maps with the same field names. It introduces itself by `hello` with its position in each topic, names the topic of each note and practice command, and gets several messages in one frame:

```json
{"type": "batch", "data": {"messages": [{"type": "…", "data": {}}, {"type": "…", "data": {}}]}}
```

Messages of a batch share no fate; batches do not nest and are not empty.

**Positions.** A client applies the event at its offset + 1, drops older ones, and holds later ones and sends `resync`. Under another epoch it forgets its position and asks: the log was lost and began again at 1. A `snapshot` may come at any time and is the state at its place. A client's own message comes back as an `ack` in the place of the event, without its content: the client applies what it sent, and asks by a `resync` without a position for what it no longer knows. An `ack` without a position changes nothing: there was no event, or it comes or came as one.

**Once and in order.** A message with the id of an earlier one gets the first answer again. With that id and other content it is `id_conflict`; the moment `at` does not count as content. Commands (check-ins, check-outs, practice) are remembered for the days of the setting `retention.commands_days`, the newest 1,024 notes of a session with its log. What is answered with a retryable error is not known to be done, and may have been done all the same: our client sends it again under the same id after `retry_after_ms`, unless its event or its `ack` comes first. Without an id it may be done twice. Until the message comes again, the server answers every later command of that connection, or every later note of that connection in that session, with the retryable `unavailable`, because they were sent before the client knew. So a client that negotiates a subprotocol sends again whatever was refused for now, or sends `unsubscribe` to give notes up. Plain clients have answers in order and no such rule. `internal` is a mistake of the server that it would make again: nothing waits for such a message. A code that a client does not know goes by `retryable`.

**The moment of a command**, `at`, is on the server's clock, which `ping` tells. A moment further back than the setting `desk.command_max_age_hours` is `too_old`, one more than 2 s ahead `from_the_future`.

**Waiting.** A phone that typed a code waits for the host. Its topic is answered with `waiting`, and nothing of it comes before the host has let it in; then the `snapshot` comes.

**Silence.** The server sends a WebSocket ping every 10 s and drops a connection of which it has heard nothing for 30 s, not even a pong, without a close code. One that takes no frame for 10 s is closed with 4108. A minute before a sign-in ends comes `auth_expiring`; 5 s after its end `checkins` is left or the connection closed with 4012.

**Limits.** Every message counts, also inside batches, and so do WebSocket pings and pongs, for all connections of an account, a phone or a PC together, on each node by itself. Over the limit a message gets `rate_limited`, and whoever sends 51 such in a row is closed with 4113. A `subscribe` or `resync` over the limit closes at once: on the next connection everything is asked for anew. An `unsubscribe` is carried out all the same. A frame larger than the `frame_bytes` of `welcome` gets `too_large`, one of four times that size ends the connection (1009); the server's own frames may be larger.

**Errors.** Five messages in a row that cannot be understood, also of one batch, close the connection (4009), and so do five frames that are too large. Unknown fields are ignored on both sides; clients ignore unknown types, the server answers them with `unknown_type`, which is none of the five. An `error` with a `topic` says that the connection does not, or no longer, follow it.
"#;

proptest::proptest! {
    #[test]
    fn no_frame_whatever_it_holds_breaks_the_reader(
        text in ".{0,200}",
        cut in 0usize..400,
        place in 0usize..ClientMessage::TYPES.len() + Note::TYPES.len(),
    ) {
        let samples = client_samples();
        let frame = encode(&Envelope::bare(&samples[place].0));
        let whole = format!(r#"{{"type":"batch","data":{{"messages":[{frame},{text}]}}}}"#);
        // Any text, a frame with any text in it, and a frame that was cut anywhere.
        for frame in [text.as_str(), whole.as_str(), frame.get(..cut).unwrap_or(&frame)] {
            assert!(!decode_frame(frame, ClientMessage::read).is_empty());
        }
    }
}
