//! The link against a server that these tests play by hand.

mod commands;
mod connection;
mod events;

use super::{Delivery, Effect, Link, Now, OutboxRecord, Phase, Renewal};
use crate::Monotonic;
use protocol::{
    ClientMessage, CloseCode, Codec, ConnectionId, Decoded, Envelope, ErrorBody, ErrorCode,
    MessageId, Note, Position, ServerMessage, SessionId, Topic,
    account::{Identity, Role},
    decode_frame, encode,
    guitar::{ChordChange, GuitarState, PracticeCommand},
    gym::{CheckIn, Stats},
    server::{Ack, Limits, Outcome, Snapshot, Welcome},
    topic::{TopicAnswer, TopicRequest},
};
use uuid::Uuid;

const ROOM: Topic = Topic::Guitar(SessionId(Uuid::from_u128(7)));

fn message_id(number: u128) -> MessageId {
    MessageId(Uuid::from_u128(number))
}
const SIGNED_IN_UNTIL: i64 = 900_000;

/// A page with its clock, and the effects that its link asked for.
struct Page {
    link: Link,
    now: Now,
    socket: u32,
    codec: Codec,
    /// The server's clock minus this page's.
    server_wall: i64,
    sent: Vec<Envelope<ClientMessage>>,
    got: Vec<Delivery>,
    saved: Vec<OutboxRecord>,
    dials: usize,
    refreshes: usize,
}

impl Page {
    fn new() -> Self {
        Self::with_outbox(Vec::new())
    }

    fn with_outbox(records: Vec<OutboxRecord>) -> Self {
        let mut page = Self {
            link: Link::new("phone", true, 42, ServerMessage::read),
            now: Now { mono: Monotonic::default(), wall: 1_000_000 },
            socket: 0,
            codec: Codec::Json,
            server_wall: 0,
            sent: Vec::new(),
            got: Vec::new(),
            saved: records.clone(),
            dials: 0,
            refreshes: 0,
        };
        page.link.restore(page.now, records);
        page.work();
        page
    }

    fn following(from: Option<Position>) -> Self {
        let mut page = Self::new();
        page.link.follow(page.now, ROOM, from);
        page.work();
        page
    }

    /// Carries out the link's effects.
    fn work(&mut self) {
        while let Some(effect) = self.link.poll() {
            match effect {
                Effect::Dial(socket) => {
                    self.socket = socket;
                    self.dials += 1;
                }
                Effect::Close(_) | Effect::Renew => {}
                Effect::Refresh => self.refreshes += 1,
                Effect::Transmit(frame) => {
                    let json = frame.json().expect("our own frame");
                    for decoded in decode_frame(&json, ClientMessage::read) {
                        match decoded {
                            Decoded::Message(envelope) => self.sent.push(envelope),
                            Decoded::Refused { error, .. } => panic!("{error:?} in {json}"),
                        }
                    }
                }
                Effect::Deliver(_, delivery) => self.got.push(delivery),
                Effect::Save(record) => self.saved.push(record),
                Effect::Forget(id) => self.saved.retain(|record| record.id != id),
            }
        }
    }

    fn pass(&mut self, ms: i64) {
        let end = self.now.mono + ms;
        while let Some(at) = self.link.deadline(self.now).filter(|at| *at <= end) {
            let step = (at - self.now.mono).max(0);
            self.now = Now { mono: self.now.mono + step, wall: self.now.wall + step };
            self.link.on_timer(self.now);
            self.work();
            if step == 0 {
                self.now.mono = self.now.mono + 1;
            }
        }
        let rest = (end - self.now.mono).max(0);
        self.now = Now { mono: self.now.mono + rest, wall: self.now.wall + rest };
    }

    fn open(&mut self) {
        self.link.opened(self.now, self.socket, self.codec);
        self.work();
    }

    fn receive(&mut self, envelope: Envelope<ServerMessage>) {
        let frame = self.codec.frame(encode(&envelope));
        self.link.frame(self.now, self.socket, &frame);
        self.work();
    }

    /// Answers the last ping.
    fn pong(&mut self) {
        self.pass(20);
        let asked = self.sent.iter().rev().find_map(|sent| match &sent.message {
            ClientMessage::Ping { timestamp } => Some(timestamp.clone()),
            _ => None,
        });
        let server_time = self.now.wall + self.server_wall;
        let timestamp = asked.expect("a ping");
        self.hear_bare(ServerMessage::Pong { timestamp, server_time });
    }

    fn hear_bare(&mut self, message: ServerMessage) {
        self.receive(Envelope::bare(message));
    }

    fn close(&mut self, code: u16) {
        self.link.closed(self.now, self.socket, code);
        self.work();
    }

    fn phase(&self) -> Phase {
        self.link.status(self.now).phase
    }

    /// Opens and answers `hello`.
    fn welcome(&mut self, answer: TopicAnswer) {
        self.open();
        self.hear_welcome(vec![answer]);
    }

    fn hear_welcome(&mut self, topics: Vec<TopicAnswer>) {
        self.hear_bare(ServerMessage::Welcome(Welcome {
            connection: ConnectionId(Uuid::nil()),
            node: "test".into(),
            server_time: self.now.wall,
            identity: Identity {
                user_id: None,
                role: Role::Host,
                expires_at: Some(self.now.wall + SIGNED_IN_UNTIL),
            },
            limits: Limits { messages_per_second: 1, burst: 1, frame_bytes: 1, topics: 1 },
            topics,
            refused: Vec::new(),
        }));
    }

    fn send(&mut self, id: u128, message: ClientMessage) {
        self.link.send(self.now, message_id(id), ROOM, message);
        self.work();
    }

    /// The chords of the messages sent, in order.
    fn sent_chords(&self) -> Vec<String> {
        let chord = |e: &Envelope<ClientMessage>| match &e.message {
            ClientMessage::Note(Note::ChordChange(change)) => Some(change.chord.clone()),
            _ => None,
        };
        self.sent.iter().filter_map(chord).collect()
    }

    /// The chords that the page would show, in order, its own and those of others.
    fn seen(&self) -> Vec<String> {
        let chord = |delivery: &Delivery| match delivery {
            Delivery::Event { message: ServerMessage::Note(Note::ChordChange(c)), .. } => {
                Some(c.chord.clone())
            }
            Delivery::Answer {
                message: ClientMessage::Note(Note::ChordChange(c)),
                offset: Some(_),
                ..
            } => Some(c.chord.clone()),
            Delivery::Snapshot { snapshot: Snapshot::Guitar(state), .. } => state.chord.clone(),
            _ => None,
        };
        self.got.iter().filter_map(chord).collect()
    }
}

fn at(epoch: &str, offset: u64) -> Position {
    Position { epoch: epoch.into(), offset }
}

fn answer(offset: u64, recovered: bool, replayed: u64) -> TopicAnswer {
    TopicAnswer { name: ROOM, epoch: "a".into(), offset, recovered, replayed, waiting: false }
}

fn chord_message(chord: &str) -> ClientMessage {
    ClientMessage::Note(Note::ChordChange(ChordChange { chord: chord.into() }))
}

fn event(epoch: &str, offset: u64, chord: &str) -> Envelope<ServerMessage> {
    let message = ServerMessage::Note(Note::ChordChange(ChordChange { chord: chord.into() }));
    Envelope::bare(message).at(ROOM, at(epoch, offset))
}

fn ack(id: u128) -> Envelope<ServerMessage> {
    let ack = Ack { result: Outcome::Done, identity: None };
    Envelope::bare(ServerMessage::Ack(ack)).with_id(Some(message_id(id)))
}

fn snapshot(epoch: &str, offset: u64, chord: &str) -> Envelope<ServerMessage> {
    let state = GuitarState { chord: Some(chord.into()), ..GuitarState::default() };
    Envelope::bare(ServerMessage::Snapshot(Snapshot::Guitar(state))).at(ROOM, at(epoch, offset))
}

fn check_in() -> ClientMessage {
    ClientMessage::CheckIn(CheckIn {
        member: "M-1".into(),
        location: None,
        notes: None,
        override_reason: None,
        at: None,
    })
}

/// A command that an earlier page made.
fn left_over(made_at: i64) -> OutboxRecord {
    let id = message_id(1);
    OutboxRecord { id, topic: ROOM, message: check_in(), made_at, made_mono: None }
}
