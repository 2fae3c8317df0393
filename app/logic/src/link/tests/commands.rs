//! What a page sends, keeps and sends again.

use super::*;

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
    assert!(next.sent.iter().any(|e| e.id == Some(message_id(9))));
    next.receive(ack(9));
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
        id: message_id(9),
        topic: Topic::CheckIns,
        message: check_in(),
        made_at: 0,
        made_mono: None,
    };
    let mut page = Page::with_outbox(vec![record]);
    for code in [ErrorCode::NotSignedIn, ErrorCode::NotAllowed] {
        page.welcome(answer(1, true, 0));
        let refusal = ServerMessage::Error(ErrorBody::new(code, "no"));
        page.receive(Envelope::bare(refusal).with_id(Some(message_id(9))));
        assert_eq!(page.saved.len(), 1, "{code:?}");
        page.close(1006);
        page.pass(600);
    }
    page.welcome(answer(1, true, 0));
    page.receive(ack(9));
    assert!(page.saved.is_empty(), "the next person's connection took it");
}

#[test]
fn a_topic_followed_while_hello_is_on_its_way_is_subscribed_after_it() {
    let mut page = Page::with_outbox(vec![OutboxRecord {
        id: message_id(9),
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
    page.receive(ack(0));
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
        assert_eq!(page.link.status(page.now).overdue, 1);
        page.link.decide_overdue(page.now, send);
        page.work();
        assert_eq!(page.link.status(page.now).overdue, 0);
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
    assert!(page.sent.iter().any(|sent| sent.id == Some(message_id(1))));
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
        page.receive(Envelope::bare(error).with_id(Some(message_id(id))));
    };
    let count =
        |page: &Page, id| page.sent.iter().filter(|sent| sent.id == Some(message_id(id))).count();
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
    page.receive(Envelope::bare(ServerMessage::Error(error)).with_id(Some(message_id(1))));
    let times = |page: &Page| page.sent.iter().filter(|e| e.id == Some(message_id(1))).count();
    assert_eq!(times(&page), 1);
    page.pass(600);
    assert_eq!(times(&page), 2);
    assert_eq!(page.saved.len(), 1, "it is still in the outbox");
}
