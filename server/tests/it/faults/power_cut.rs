//! The server's process is killed, and started again on the same database.

use crate::support::{
    linked::Page,
    record::{Place, Record},
    site::Site,
    traffic::{Flowing, assert_visits, check_in, visit},
};
use logic::link::Phase;
use protocol::{
    ClientMessage, MessageId, Note, Topic,
    guitar::{PracticeCommand, PracticeStatus, Strum},
};
use serde_json::json;
use std::{collections::HashSet, sync::Arc, time::Duration};

/// A desk sends check-ins until the server dies at `fault`, and goes on while it is dead.
async fn check_power_cut(fault: &str) {
    const CHECK_INS: usize = 60;
    let mut site = Site::new().await;
    let members = site.members_outside(CHECK_INS).await;
    let network = site.network();
    let staff = site.staff(&network, "desk").await;
    let rows = site.rows().await;
    let before: HashSet<String> = rows.visits().await.into_iter().collect();

    site.kill().await;
    site.start(Some(fault)).await;
    let desk = Page::following(staff.clone(), "desk", Topic::CheckIns).await;
    let dashboard = Page::following(staff.clone(), "dashboard", Topic::CheckIns).await;
    let mut sent = Vec::new();
    for (count, member) in members.iter().enumerate() {
        sent.push(desk.send(Topic::CheckIns, check_in(member)));
        // One after the other at first, so that the fault meets a group in the middle.
        if count < 5 {
            let id = sent[count];
            desk.until("an answer or the end", |record| {
                record.answers.contains_key(&id) || !record.closes.is_empty()
            })
            .await;
        }
    }
    assert!(!site.ended().await.success(), "it was to be killed");
    desk.until("the end", |record| !record.closes.is_empty()).await;
    let made = async || -> HashSet<String> {
        rows.visits().await.into_iter().filter(|visit| !before.contains(visit)).collect()
    };
    let (on_disk, answered) = (made().await.len(), desk.see(|record| record.answers.len()));
    match fault.split_once(':').unwrap().0 {
        "before_commit" => assert_eq!(on_disk, answered, "what is on disk was answered"),
        "after_commit" => assert!(on_disk > answered, "{on_disk} on disk, {answered} answered"),
        // What is published may still be told, to the desk as its answer.
        _ => assert!(on_disk >= answered, "{on_disk} on disk, {answered} answered"),
    }
    site.start(None).await;
    desk.answered(&sent).await;

    let made = made().await;
    let told: HashSet<String> =
        desk.see(|record| sent.iter().filter_map(|id| visit(record, *id)).collect());
    assert_eq!(told.len(), CHECK_INS, "every check-in was answered by a visit of its own");
    assert_eq!(told, made, "what the desk was told is what is in the database");
    rows.assert_shown_by(&[&desk, &dashboard]).await;
    for page in [&desk, &dashboard] {
        assert_eq!(page.see(|record| record.snapshots(Topic::CheckIns)), 1, "no page reloads");
    }
    assert!(dashboard.see(|record| record.closes.len()) >= 1, "it lost the server");
}

#[tokio::test]
async fn a_power_cut_before_the_commit_loses_no_check_in() {
    check_power_cut("before_commit:4").await;
}

#[tokio::test]
async fn a_power_cut_between_commit_and_publishing_is_not_noticed_by_anybody() {
    check_power_cut("after_commit:4").await;
}

#[tokio::test]
async fn a_power_cut_between_publishing_and_answer_checks_nobody_in_twice() {
    check_power_cut("after_publish:4").await;
}

/// Somebody looks at a page that counts down to its next attempt.
async fn wake(page: &Page) {
    let retry_at = |record: &Record| match record.phase {
        Phase::Reconnecting { retry_at, .. } | Phase::Offline { retry_at, .. } => retry_at,
        _ => None,
    };
    page.until("a wait", |record| retry_at(record).is_some() || record.phase == Phase::Live).await;
    page.wake();
}

#[tokio::test]
async fn one_power_cut_after_the_other_while_a_desk_works_on() {
    let mut site = Site::new().await;
    let members = site.members_outside(90).await;
    let network = site.network();
    let staff = site.staff(&network, "desk").await;
    let rows = site.rows().await;
    let before = rows.visits().await;
    let desk = Arc::new(Page::following(staff.clone(), "desk", Topic::CheckIns).await);
    let dashboard = Page::following(staff, "dashboard", Topic::CheckIns).await;
    let working = Flowing::visits(&desk, members, Duration::from_millis(25));
    for cut in 1..=4 {
        let answers = desk.see(|record| record.answers.len());
        desk.until("more answers", |record| record.answers.len() >= answers + 8).await;
        site.kill().await;
        desk.until("the loss", |record| record.closes.len() >= cut).await;
        // It asks a dead address, for as long as somebody looks at it.
        let dials = desk.see(|record| record.dials.len());
        wake(&desk).await;
        desk.until("another attempt", |record| record.dials.len() > dials).await;
        site.start(None).await;
        wake(&desk).await;
        wake(&dashboard).await;
    }
    let sent = working.stop().await;
    desk.answered(&sent).await;
    assert_visits(&desk, &sent, &rows, &before).await;
    rows.assert_shown_by(&[&*desk, &dashboard]).await;
}

fn strum() -> ClientMessage {
    let strum: Strum = serde_json::from_value(json!({"direction": "down"})).unwrap();
    ClientMessage::Note(Note::Strum(strum))
}

/// The epochs of the snapshots that a page got.
fn epochs(record: &Record, topic: Topic) -> Vec<String> {
    let epoch = |place: &Place| match place {
        Place::Snapshot(position) => Some(position.epoch.clone()),
        _ => None,
    };
    record.of(topic).iter().filter_map(epoch).collect()
}

#[tokio::test]
async fn a_power_cut_in_the_middle_of_a_song_is_a_short_pause() {
    let mut site = Site::new().await;
    let session = site.guitar_session().await;
    let topic = Topic::Guitar(session.session_id);
    let (pc, phone) = (site.network(), site.network());
    let pc = Page::following(site.pc(&pc, &session), "PC", topic).await;
    let phone = Page::following(site.phone(&phone, &session).await, "phone", topic).await;
    let start = phone.send(topic, ClientMessage::PracticeStart(PracticeCommand::default()));
    phone.hold_chord(topic, "Am7");
    phone.answered(&[start]).await;
    let strums: Vec<MessageId> = (0..20).map(|_| phone.send(topic, strum())).collect();
    phone.answered(&strums).await;
    let shown = |record: &Record| record.view.shown();
    pc.until("the chord", |record| shown(record).chord.as_deref() == Some("Am7")).await;
    // When a running clock showed zero: it stays the same while it runs.
    let zero = |record: &Record| {
        let practice = shown(record).practice.expect("a practice");
        assert_eq!(practice.status, PracticeStatus::Started);
        practice.as_of - practice.elapsed_ms
    };
    let began = pc.see(zero);

    site.kill().await;
    // A strum in the dark, which nobody shall hear later, and a chord that counts.
    pc.until("the loss", |record| !record.closes.is_empty()).await;
    phone.until("the loss", |record| !record.closes.is_empty()).await;
    let lost = phone.send(topic, strum());
    site.start(None).await;
    for page in [&pc, &phone] {
        page.until("the new life", |record| {
            let epochs = epochs(record, topic);
            record.phase == Phase::Live && epochs.len() == 2 && epochs[0] != epochs[1]
        })
        .await;
        page.until("the chord again", |record| shown(record).chord.as_deref() == Some("Am7")).await;
        page.assert_clean();
        assert_eq!(page.see(zero), began, "the clock went on");
    }
    // The phone said it again: the session itself knows the chord.
    let visitor = site.network();
    let late = Page::following(site.pc(&visitor, &session), "PC", topic).await;
    late.until("the chord", |record| shown(record).chord.as_deref() == Some("Am7")).await;
    let strums = pc.see(|record| {
        let place = record.of(topic).iter().rposition(|place| matches!(place, Place::Snapshot(_)));
        record.of(topic)[place.unwrap()..].iter().filter(|place| is_strum(place)).count()
    });
    assert_eq!(strums, 0, "what was played before is past");
    assert!(phone.see(|record| !record.answers.contains_key(&lost)), "nor in between");
}

fn is_strum(place: &Place) -> bool {
    matches!(place, Place::Event { message: protocol::ServerMessage::Note(Note::Strum(_)), .. })
}
