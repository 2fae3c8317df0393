//! The link against a server that these tests play by hand.

use super::{Delivery, Effect, Link, Now, OutboxRecord, Phase, Renewal};
use protocol::{
    ClientMessage, CloseCode, Codec, ConnectionId, Decoded, Envelope, ErrorBody, ErrorCode, Note,
    Position, ServerMessage, SessionId, Topic,
    account::{Identity, Role},
    decode_frame, encode,
    guitar::{ChordChange, GuitarState, PracticeCommand},
    gym::{CheckIn, Stats},
    server::{Ack, Limits, Outcome, Snapshot, Welcome},
    topic::{TopicAnswer, TopicRequest},
};
use uuid::Uuid;

const ROOM: Topic = Topic::Guitar(SessionId(Uuid::from_u128(7)));
const SIGNED_IN_UNTIL: i64 = 900_000;

/// A page with its clock, and what it was told to do.
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
            now: Now { mono: 0, wall: 1_000_000 },
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

    /// Carries out everything the link wants.
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
                self.now.mono += 1;
            }
        }
        let rest = (end - self.now.mono).max(0);
        self.now = Now { mono: self.now.mono + rest, wall: self.now.wall + rest };
    }

    fn open(&mut self) {
        self.link.opened(self.now, self.socket, self.codec);
        self.work();
    }

    fn hear(&mut self, envelope: Envelope<ServerMessage>) {
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
        self.hear(Envelope::bare(message));
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
        self.link.send(self.now, Uuid::from_u128(id), ROOM, message);
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

    /// The chords that the page would show, one after the other, whoever they came from.
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
    Envelope::bare(ServerMessage::Ack(ack)).with_id(Some(Uuid::from_u128(id)))
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
    let id = Uuid::from_u128(1);
    OutboxRecord { id, topic: ROOM, message: check_in(), made_at, made_mono: None }
}

#[test]
fn a_snapshot_and_then_events_in_order() {
    let mut page = Page::following(None);
    page.welcome(answer(4, false, 0));
    page.hear(snapshot("a", 4, "C"));
    page.hear(event("a", 5, "G"));
    page.hear(event("a", 5, "G"));
    assert_eq!(page.seen(), ["C", "G"]);
}

#[test]
fn a_gap_is_asked_for_once_and_nothing_is_shown_out_of_order() {
    let mut page = Page::following(Some(at("a", 4)));
    page.welcome(answer(4, true, 0));
    page.hear(event("a", 6, "D"));
    page.hear(event("a", 7, "Em"));
    assert!(page.seen().is_empty());
    let asked: Vec<_> =
        page.sent.iter().filter(|e| matches!(e.message, ClientMessage::Resync(_))).collect();
    assert_eq!(asked.len(), 1);
    page.hear(event("a", 5, "G"));
    assert_eq!(page.seen(), ["G", "D", "Em"]);
}

#[test]
fn a_new_epoch_is_asked_about_and_not_dropped_as_old() {
    let mut page = Page::following(Some(at("a", 57)));
    page.welcome(answer(57, true, 0));
    page.hear(event("b", 1, "G"));
    let Some(ClientMessage::Resync(request)) = page.sent.last().map(|e| &e.message) else {
        panic!("no resync")
    };
    assert_eq!(request.position(), None);
    page.hear(snapshot("b", 1, "G"));
    page.hear(event("b", 2, "Am"));
    assert_eq!(page.seen(), ["G", "Am"]);
}

#[test]
fn after_a_loss_it_goes_on_from_where_it_was() {
    let mut page = Page::following(Some(at("a", 4)));
    page.welcome(answer(4, true, 0));
    page.hear(event("a", 5, "G"));
    page.close(1006);
    page.pass(400);
    assert_eq!(page.dials, 2);
    page.open();
    let Some(ClientMessage::Hello(hello)) = page.sent.last().map(|e| &e.message) else {
        panic!("no hello")
    };
    assert_eq!(hello.topics[0].position(), Some(at("a", 5)));
}

#[test]
fn what_was_missed_is_counted_and_marked_as_replayed() {
    let mut page = Page::following(Some(at("a", 4)));
    page.welcome(answer(4, true, 0));
    page.close(1006);
    page.pass(400);
    page.welcome(answer(6, true, 2));
    page.hear(event("a", 5, "G"));
    page.hear(event("a", 6, "D"));
    page.hear(event("a", 7, "Em"));
    let replayed: Vec<bool> = page
        .got
        .iter()
        .filter_map(|d| match d {
            Delivery::Event { replayed, .. } => Some(*replayed),
            _ => None,
        })
        .collect();
    assert_eq!(replayed, [true, true, false]);
    assert_eq!(page.link.status(page.now).caught_up, Some(2));
    assert_eq!(page.link.figures().reconnects, 1);
}

#[test]
fn an_own_message_is_applied_in_its_place_among_the_others() {
    let mut page = Page::following(Some(at("a", 4)));
    page.welcome(answer(4, true, 0));
    page.send(1, chord_message("G"));
    page.hear(event("a", 5, "C"));
    page.hear(ack(1).at(ROOM, at("a", 6)));
    assert_eq!(page.seen(), ["C", "G"], "everybody ends with G");
}

/// Found by the simulation: a retried message was carried out by two lives of a session's log.
#[test]
fn an_answer_in_the_place_of_an_event_that_this_page_cannot_know_asks_for_the_state() {
    let mut page = Page::following(None);
    page.welcome(answer(4, false, 0));
    page.hear(snapshot("a", 4, "C"));
    page.send(1, chord_message("G"));
    page.hear(ack(1).at(ROOM, at("a", 5)));
    page.hear(snapshot("b", 0, "C"));
    page.sent.clear();
    page.hear(ack(1).at(ROOM, at("b", 1)));
    let asked = page.sent.iter().map(|e| e.message.clone()).collect::<Vec<_>>();
    assert_eq!(asked, [ClientMessage::Resync(TopicRequest::new(ROOM, None))]);
    page.hear(event("b", 2, "D"));
    page.hear(snapshot("b", 2, "D"));
    assert_eq!(page.seen(), ["C", "G", "C", "D"], "nothing is shown before the state is known");
}

#[test]
fn an_unanswered_message_is_sent_again_with_its_id_and_applied_once() {
    let mut page = Page::following(Some(at("a", 4)));
    page.welcome(answer(4, true, 0));
    page.send(1, chord_message("G"));
    page.close(1006);
    page.pass(400);
    page.welcome(answer(5, true, 1));
    // It had become event 5; the answer was lost. It comes as an event now, and the repeated
    // message is answered with the old place.
    page.hear(event("a", 5, "G"));
    page.hear(ack(1).at(ROOM, at("a", 5)));
    assert_eq!(page.sent_chords(), ["G", "G"]);
    assert_eq!(page.seen(), ["G"]);
    assert_eq!(page.link.figures().waiting, 0);
}

#[test]
fn nothing_is_sent_to_a_topic_before_the_server_has_given_it() {
    let mut page = Page::following(None);
    page.send(1, chord_message("G"));
    page.open();
    assert!(page.sent_chords().is_empty());
    page.close(1006);
    page.pass(400);
    page.welcome(answer(1, true, 0));
    assert_eq!(page.sent_chords(), ["G"]);
}

#[test]
fn a_strum_without_a_connection_is_not_played_later() {
    let mut page = Page::following(None);
    page.send(1, ClientMessage::Note(Note::Mute {}));
    page.send(2, chord_message("G"));
    page.welcome(answer(1, true, 0));
    assert!(!page.sent.iter().any(|e| e.message == ClientMessage::Note(Note::Mute {})));
    assert_eq!(page.sent_chords(), ["G"]);
}

#[test]
fn a_command_survives_the_page_and_is_forgotten_when_answered() {
    let mut page = Page::following(None);
    page.send(9, ClientMessage::PracticeStart(PracticeCommand::default()));
    let kept = page.saved.clone();
    assert_eq!(kept.len(), 1);
    assert_eq!(page.link.status(page.now).queued, 1);

    let mut next = Page::with_outbox(kept);
    assert_eq!(next.dials, 1, "an outbox is worth a connection, also when nothing is followed");
    next.welcome(answer(1, true, 0));
    assert!(next.sent.iter().any(|e| e.id == Some(Uuid::from_u128(9))));
    next.hear(ack(9));
    assert!(next.saved.is_empty());
    assert_eq!(next.link.status(next.now).queued, 0);
}

#[test]
fn a_command_carries_the_moment_it_was_made_on_the_servers_clock() {
    let mut page = Page::following(None);
    page.welcome(answer(1, true, 0));
    page.send(1, check_in());
    let sent = page.sent.last().map(|e| e.message.clone());
    let Some(ClientMessage::CheckIn(command)) = sent else { panic!("no check-in") };
    assert_eq!(command.at, Some(page.now.wall));
}

#[test]
fn a_queued_command_is_not_lost_to_a_page_that_nobody_is_signed_in_on() {
    let record = OutboxRecord {
        id: Uuid::from_u128(9),
        topic: Topic::CheckIns,
        message: check_in(),
        made_at: 0,
        made_mono: None,
    };
    let mut page = Page::with_outbox(vec![record]);
    for code in [ErrorCode::NotSignedIn, ErrorCode::NotAllowed] {
        page.welcome(answer(1, true, 0));
        let refusal = ServerMessage::Error(ErrorBody::new(code, "no"));
        page.hear(Envelope::bare(refusal).with_id(Some(Uuid::from_u128(9))));
        assert_eq!(page.saved.len(), 1, "{code:?}");
        page.close(1006);
        page.pass(600);
    }
    page.welcome(answer(1, true, 0));
    page.hear(ack(9));
    assert!(page.saved.is_empty(), "the next person's connection took it");
}

#[test]
fn a_topic_followed_while_hello_is_on_its_way_is_subscribed_after_it() {
    let mut page = Page::with_outbox(vec![OutboxRecord {
        id: Uuid::from_u128(9),
        topic: Topic::CheckIns,
        message: check_in(),
        made_at: 0,
        made_mono: None,
    }]);
    page.open();
    page.link.follow(page.now, ROOM, None);
    page.hear_welcome(Vec::new());
    let subscribed = |e: &Envelope<ClientMessage>| matches!(&e.message, ClientMessage::Subscribe(request) if request.name == ROOM);
    assert!(page.sent.iter().any(subscribed), "{:?}", page.sent);
}

#[test]
fn a_refresh_that_never_ends_is_given_up() {
    let mut page = Page::following(None);
    page.welcome(answer(1, true, 0));
    page.close(CloseCode::SignInRefused.number());
    page.pass(12_000);
    assert_eq!((page.refreshes, page.dials), (1, 2));
}

#[test]
fn at_most_32_commands_are_on_their_way() {
    let mut page = Page::following(None);
    (0..40).for_each(|id| page.send(id, check_in()));
    page.welcome(answer(1, true, 0));
    let sent = |page: &Page| {
        page.sent.iter().filter(|e| matches!(e.message, ClientMessage::CheckIn(_))).count()
    };
    assert_eq!(sent(&page), 32);
    page.hear(ack(0));
    assert_eq!(sent(&page), 33);
}

#[test]
fn a_command_older_than_a_week_waits_for_a_person() {
    for send in [true, false] {
        let mut page = Page::new();
        page.now.wall = 8 * 24 * 3600 * 1000;
        page.link.restore(page.now, vec![left_over(0)]);
        page.work();
        assert_eq!(page.dials, 0);
        assert_eq!(page.link.status(page.now).held, 1);
        page.link.release_held(page.now, send);
        page.work();
        assert_eq!(page.link.status(page.now).held, 0);
        assert_eq!(page.dials, usize::from(send));
    }
}

#[test]
fn commands_that_a_slow_database_gives_late_are_sent_all_the_same() {
    let mut page = Page::following(None);
    page.welcome(answer(1, true, 0));
    let made_at = page.now.wall;
    let record = left_over(made_at);
    page.link.restore(page.now, vec![record]);
    page.work();
    assert!(page.sent.iter().any(|sent| sent.id == Some(Uuid::from_u128(1))));
}

#[test]
fn a_topic_that_is_left_and_followed_again_while_hello_is_on_its_way_gets_its_state() {
    let mut page = Page::following(Some(Position { epoch: "a".into(), offset: 3 }));
    page.open();
    page.link.unfollow(page.now, ROOM);
    page.link.follow(page.now, ROOM, None);
    page.hear_welcome(vec![answer(5, true, 2)]);
    let asked = |sent: &Envelope<ClientMessage>| {
        sent.message == ClientMessage::Subscribe(TopicRequest::new(ROOM, None))
    };
    assert!(page.sent.iter().any(asked), "{:?}", page.sent);
}

#[test]
fn a_topic_that_is_left_while_hello_is_on_its_way_is_left_at_the_server_too() {
    let mut page = Page::following(None);
    page.open();
    page.link.unfollow(page.now, ROOM);
    page.hear_welcome(vec![answer(5, false, 0)]);
    let left =
        |sent: &Envelope<ClientMessage>| sent.message == ClientMessage::Unsubscribe { name: ROOM };
    assert!(page.sent.iter().any(left), "{:?}", page.sent);
}

#[test]
fn notes_go_on_while_a_command_waits_and_a_parked_one_is_in_nobodys_way() {
    let mut page = Page::following(None);
    page.welcome(answer(1, true, 0));
    for id in 1..=40 {
        page.send(id, check_in());
    }
    let refuse = |page: &mut Page, id: u128, error: ErrorBody| {
        let error = ServerMessage::Error(error);
        page.hear(Envelope::bare(error).with_id(Some(Uuid::from_u128(id))));
    };
    let count = |page: &Page, id| {
        page.sent.iter().filter(|sent| sent.id == Some(Uuid::from_u128(id))).count()
    };
    refuse(&mut page, 1, ErrorBody::new(ErrorCode::Unavailable, "later").retry_after(5_000));
    page.send(50, ClientMessage::Note(Note::ChordChange(ChordChange { chord: "C".into() })));
    assert_eq!(count(&page, 50), 1, "a note never waits for the database");
    assert_eq!((count(&page, 33), count(&page, 2)), (0, 1), "32 commands at most");
    for id in 2..=32 {
        refuse(&mut page, id, ErrorBody::new(ErrorCode::NotSignedIn, "sign in"));
    }
    page.pass(5_100);
    assert_eq!((count(&page, 1), count(&page, 2), count(&page, 40)), (2, 1, 1));
}

#[test]
fn a_retryable_error_is_tried_again_after_its_wait() {
    let mut page = Page::following(None);
    page.welcome(answer(1, true, 0));
    page.send(1, check_in());
    let error = ErrorBody::new(ErrorCode::Unavailable, "later").retry_after(500);
    page.hear(Envelope::bare(ServerMessage::Error(error)).with_id(Some(Uuid::from_u128(1))));
    let times = |page: &Page| page.sent.iter().filter(|e| e.id == Some(Uuid::from_u128(1))).count();
    assert_eq!(times(&page), 1);
    page.pass(600);
    assert_eq!(times(&page), 2);
    assert_eq!(page.saved.len(), 1, "it is still in the outbox");
}

#[test]
fn silence_turns_amber_then_the_socket_is_given_up() {
    let mut page = Page::following(None);
    page.welcome(answer(1, true, 0));
    page.pass(4_900);
    assert_eq!(page.phase(), Phase::Live);
    page.pass(200);
    assert!(matches!(page.phase(), Phase::Quiet { .. }));
    page.pass(10_000);
    assert!(matches!(page.phase(), Phase::Offline { .. }), "{:?}", page.phase());
    page.pass(300);
    assert_eq!(page.dials, 2);
}

#[test]
fn a_page_that_wakes_up_asks_a_socket_that_looks_open_and_redials_at_once() {
    let mut page = Page::following(None);
    page.welcome(answer(1, true, 0));
    page.link.visibility(page.now, false);
    page.pass(120_000);
    assert_eq!(page.dials, 1, "a hidden page is left alone");
    page.link.visibility(page.now, true);
    page.pass(20);
    assert!(matches!(page.sent.last().map(|e| &e.message), Some(ClientMessage::Ping { .. })));
    page.pass(2_000);
    assert_eq!(page.dials, 2);
}

#[test]
fn a_hidden_page_does_not_dial_and_a_visible_one_dials_at_once() {
    let mut page = Page::following(None);
    page.welcome(answer(1, true, 0));
    page.link.visibility(page.now, false);
    page.close(1006);
    page.pass(60_000);
    assert_eq!(page.dials, 1);
    page.link.visibility(page.now, true);
    page.work();
    assert_eq!(page.dials, 2);
}

#[test]
fn a_hidden_page_dials_as_soon_as_it_has_a_command_to_send() {
    for kept in [true, false] {
        let mut page = Page::new();
        page.link = Link::new("desk", false, 42, ServerMessage::read);
        page.link.follow(page.now, Topic::CheckIns, None);
        page.work();
        assert_eq!(page.dials, 0, "nobody looks");
        // The outbox is read later than the page is built.
        let records = if kept { vec![left_over(page.now.wall)] } else { Vec::new() };
        page.link.restore(page.now, records);
        page.work();
        assert_eq!(page.dials, usize::from(kept));
        page.link.send(page.now, Uuid::from_u128(9), Topic::CheckIns, check_in());
        page.work();
        assert_eq!(page.dials, 1);
    }
}

#[test]
fn a_final_code_stops_and_a_person_can_go_on() {
    let mut page = Page::following(None);
    page.welcome(answer(1, true, 0));
    page.close(CloseCode::Removed.number());
    page.pass(120_000);
    assert_eq!(page.phase(), Phase::Stopped(CloseCode::Removed));
    assert_eq!(page.dials, 1);
    page.link.reconnect(page.now);
    page.work();
    assert_eq!(page.dials, 2);
}

#[test]
fn a_refused_sign_in_is_refreshed_once_and_only_a_refusal_is_final() {
    let mut page = Page::following(None);
    page.welcome(answer(1, true, 0));
    page.close(CloseCode::SignInRefused.number());
    assert_eq!((page.refreshes, page.dials), (1, 1));
    page.link.refreshed(page.now, Renewal::Done);
    page.work();
    assert_eq!(page.dials, 2);
    page.close(CloseCode::SignInRefused.number());
    assert_eq!(page.phase(), Phase::Stopped(CloseCode::SignInRefused));
}

#[test]
fn a_laptop_that_slept_past_its_sign_in_refreshes_before_it_dials() {
    let mut page = Page::following(None);
    page.welcome(answer(1, true, 0));
    page.link.visibility(page.now, false);
    page.close(1006);
    page.now = Now { mono: page.now.mono + 3_600_000, wall: page.now.wall + 3_600_000 };
    page.link.visibility(page.now, true);
    page.work();
    assert_eq!((page.refreshes, page.dials), (1, 1));
    page.link.refreshed(page.now, Renewal::Unreachable);
    page.work();
    assert!(!matches!(page.phase(), Phase::Stopped(_)), "no answer is no refusal");
}

#[test]
fn a_restart_is_waited_out_in_the_window_that_the_server_named() {
    let mut page = Page::following(None);
    page.welcome(answer(1, true, 0));
    page.hear_bare(ServerMessage::ServerRestart { min_ms: 3_000, max_ms: 4_000 });
    page.close(CloseCode::Restarting.number());
    page.pass(2_900);
    assert_eq!(page.dials, 1);
    page.pass(1_200);
    assert_eq!(page.dials, 2);
}

#[test]
fn a_socket_that_agreed_on_messagepack_speaks_it_both_ways() {
    let mut page = Page::following(None);
    page.codec = Codec::MessagePack;
    page.welcome(answer(4, false, 0));
    page.hear(snapshot("a", 4, "C"));
    page.send(1, chord_message("G"));
    assert_eq!(page.sent_chords(), ["G"]);
    page.hear(event("a", 5, "D"));
    assert_eq!(page.seen(), ["C", "D"]);
    assert_eq!(page.link.figures().codec, "MessagePack");
}

/// Found over a real socket: everything that others said counted as a sign of life.
#[test]
fn a_page_whose_own_words_are_lost_dials_anew_also_while_others_play() {
    let mut page = Page::following(None);
    page.welcome(answer(0, true, 0));
    for offset in 1..=60 {
        page.pass(300);
        page.hear(event("a", offset, "G"));
        if page.dials == 2 {
            break;
        }
    }
    assert_eq!(page.dials, 2, "{:?}", page.phase());
}

/// Found over a real socket: the visit was recorded twelve hours off.
#[test]
fn a_command_made_right_after_the_clock_was_set_waits_for_the_servers_time() {
    let mut page = Page::following(None);
    page.welcome(answer(0, true, 0));
    page.pong();
    let server = page.link.server_now(page.now);
    page.now.wall += 12 * 3600 * 1000;
    page.send(1, check_in());
    assert!(page.sent.iter().all(|sent| sent.id.is_none()), "not yet: {:?}", page.sent);
    page.server_wall -= 12 * 3600 * 1000;
    page.pong();
    let at = page.sent.iter().find_map(|sent| match &sent.message {
        ClientMessage::CheckIn(check_in) => check_in.at,
        _ => None,
    });
    assert!((at.expect("a check-in") - server).abs() < 100, "{at:?}, not about {server}");
}

#[test]
fn it_never_gives_up() {
    let mut page = Page::following(None);
    for _ in 0..200 {
        page.close(1006);
        page.pass(31_000);
    }
    assert!(page.dials > 190, "{}", page.dials);
}

#[test]
fn figures_wait_for_the_events_that_they_include() {
    let mut page = Page::following(Some(at("a", 4)));
    page.welcome(answer(4, true, 0));
    let stats = Stats {
        currently_in: 1,
        today_total: 1,
        average_stay_minutes: None,
        finished_visits: 0,
        as_of_offset: 6,
        timestamp: 0,
    };
    let mut early = Envelope::bare(ServerMessage::StatsUpdate(stats));
    early.topic = Some(ROOM);
    page.hear(early);
    page.hear(event("a", 5, "G"));
    assert_eq!(page.got.len(), 1);
    page.hear(event("a", 6, "D"));
    assert_eq!(page.got.len(), 3);
}
