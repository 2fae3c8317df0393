//! Dialling, silence, sleep and close codes.

use super::*;

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
fn a_page_that_is_shown_before_the_welcome_is_not_taken_for_hidden() {
    let mut page = Page::following(None);
    page.open();
    page.link.visibility(page.now, false);
    page.link.visibility(page.now, true);
    page.pass(20);
    let told = page.sent.iter().filter_map(|sent| match &sent.message {
        ClientMessage::Hello(hello) => Some(hello.client.visible),
        ClientMessage::Visibility { visible } => Some(*visible),
        _ => None,
    });
    assert_eq!(told.collect::<Vec<_>>(), [true, false, true]);
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
        assert_eq!(page.dials, 0, "the page is hidden");
        // The outbox is read later than the page is built.
        let records = if kept { vec![left_over(page.now.wall)] } else { Vec::new() };
        page.link.restore(page.now, records);
        page.work();
        assert_eq!(page.dials, usize::from(kept));
        page.link.send(page.now, message_id(9), Topic::CheckIns, check_in());
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
    page.receive(snapshot("a", 4, "C"));
    page.send(1, chord_message("G"));
    assert_eq!(page.sent_chords(), ["G"]);
    page.receive(event("a", 5, "D"));
    assert_eq!(page.seen(), ["C", "D"]);
    assert_eq!(page.link.figures().codec, "MessagePack");
}

/// Found over a real socket: messages of others counted as a sign that the own direction works.
#[test]
fn a_page_whose_own_messages_are_lost_dials_anew_also_while_others_play() {
    let mut page = Page::following(None);
    page.welcome(answer(0, true, 0));
    for offset in 1..=60 {
        page.pass(300);
        page.receive(event("a", offset, "G"));
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
