//! Events, snapshots and answers, as a page receives them.

use super::*;

#[test]
fn a_snapshot_and_then_events_in_order() {
    let mut page = Page::following(None);
    page.welcome(answer(4, false, 0));
    page.receive(snapshot("a", 4, "C"));
    page.receive(event("a", 5, "G"));
    page.receive(event("a", 5, "G"));
    assert_eq!(page.seen(), ["C", "G"]);
}

#[test]
fn a_gap_is_asked_for_once_and_nothing_is_shown_out_of_order() {
    let mut page = Page::following(Some(at("a", 4)));
    page.welcome(answer(4, true, 0));
    page.receive(event("a", 6, "D"));
    page.receive(event("a", 7, "Em"));
    assert!(page.seen().is_empty());
    let asked: Vec<_> =
        page.sent.iter().filter(|e| matches!(e.message, ClientMessage::Resync(_))).collect();
    assert_eq!(asked.len(), 1);
    page.receive(event("a", 5, "G"));
    assert_eq!(page.seen(), ["G", "D", "Em"]);
}

#[test]
fn a_new_epoch_is_asked_about_and_not_dropped_as_old() {
    let mut page = Page::following(Some(at("a", 57)));
    page.welcome(answer(57, true, 0));
    page.receive(event("b", 1, "G"));
    let Some(ClientMessage::Resync(request)) = page.sent.last().map(|e| &e.message) else {
        panic!("no resync")
    };
    assert_eq!(request.position(), None);
    page.receive(snapshot("b", 1, "G"));
    page.receive(event("b", 2, "Am"));
    assert_eq!(page.seen(), ["G", "Am"]);
}

#[test]
fn after_a_loss_it_goes_on_from_where_it_was() {
    let mut page = Page::following(Some(at("a", 4)));
    page.welcome(answer(4, true, 0));
    page.receive(event("a", 5, "G"));
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
    page.receive(event("a", 5, "G"));
    page.receive(event("a", 6, "D"));
    page.receive(event("a", 7, "Em"));
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
    page.receive(event("a", 5, "C"));
    page.receive(ack(1).at(ROOM, at("a", 6)));
    assert_eq!(page.seen(), ["C", "G"], "everybody ends with G");
}

/// Found by the simulation: a retried message was carried out by two lives of a session's log.
#[test]
fn an_answer_in_the_place_of_an_event_that_this_page_cannot_know_asks_for_the_state() {
    let mut page = Page::following(None);
    page.welcome(answer(4, false, 0));
    page.receive(snapshot("a", 4, "C"));
    page.send(1, chord_message("G"));
    page.receive(ack(1).at(ROOM, at("a", 5)));
    page.receive(snapshot("b", 0, "C"));
    page.sent.clear();
    page.receive(ack(1).at(ROOM, at("b", 1)));
    let asked = page.sent.iter().map(|e| e.message.clone()).collect::<Vec<_>>();
    assert_eq!(asked, [ClientMessage::Resync(TopicRequest::new(ROOM, None))]);
    page.receive(event("b", 2, "D"));
    page.receive(snapshot("b", 2, "D"));
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
    page.receive(event("a", 5, "G"));
    page.receive(ack(1).at(ROOM, at("a", 5)));
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
    page.receive(early);
    page.receive(event("a", 5, "G"));
    assert_eq!(page.got.len(), 1);
    page.receive(event("a", 6, "D"));
    assert_eq!(page.got.len(), 3);
}
