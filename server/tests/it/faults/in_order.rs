//! What one client sent is carried out in its order, also when the server could not take a part of
//! it at first.

use crate::support::{
    client::Socket,
    linked::Page,
    site::Site,
    traffic::{Flowing, notes},
    world::{World, topic},
};
use cadence_store::{Store, sql};
use protocol::Topic;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::{sync::oneshot, task::JoinHandle};
use uuid::Uuid;

/// A job that holds the writer's group until it is let go.
struct Held {
    release: oneshot::Sender<()>,
    job: JoinHandle<()>,
}

impl Held {
    /// Once it runs; what comes now waits for the next group. One that is spoilt cannot be committed.
    async fn group(store: &Store, spoilt: bool) -> Self {
        let (held, holding) = oneshot::channel();
        let (release, released) = oneshot::channel::<()>();
        let store = store.clone();
        let job = tokio::spawn(async move {
            let done = store.write(move |tx| {
                Box::pin(async move {
                    let _ = held.send(());
                    let _ = released.await;
                    if spoilt {
                        sql::query("PRAGMA defer_foreign_keys = ON").execute(&mut **tx).await?;
                        let orphan = "INSERT INTO guitar_participants
                            (id, session, role, token_hash, device, joined_at)
                            VALUES ('x', 'nowhere', 'waiting', 'x', 'x', 0)";
                        sql::query(orphan).execute(&mut **tx).await?;
                    }
                    Ok(())
                })
            });
            let _ = done.await;
        });
        holding.await.unwrap();
        Self { release, job }
    }

    async fn let_go(self) {
        self.release.send(()).unwrap();
        self.job.await.unwrap();
    }
}

async fn answer(socket: &mut Socket, to: &Value) -> Value {
    loop {
        let heard = socket.next().await.expect("an answer");
        if heard["id"] == to["id"] {
            return heard;
        }
    }
}

/// Says it as often as the server is to be waited for.
async fn answer_within_limits(socket: &mut Socket, message: &Value) -> Value {
    loop {
        socket.say(message.clone()).await;
        let answer = answer(socket, message).await;
        if answer["data"]["code"] != "rate_limited" {
            return answer;
        }
        let wait = answer["data"]["retry_after_ms"].as_u64().unwrap();
        tokio::time::sleep(Duration::from_millis(wait)).await;
    }
}

/// The first command's group is not committed, the second is in the next one.
async fn check_broken_group(world: &World, socket: &mut Socket, commands: [Value; 2]) {
    let [first, second] = &commands;
    let before = Held::group(&world.state.store, false).await;
    socket.say(first.clone()).await;
    socket.settle().await;
    // Behind the first command and in its group.
    let breaking = tokio::spawn({
        let store = world.state.store.clone();
        async move { Held::group(&store, true).await }
    });
    // The job is queued when the task has run once: the writer is held.
    tokio::task::yield_now().await;
    before.let_go().await;
    let breaking = breaking.await.unwrap();
    socket.say(second.clone()).await;
    socket.settle().await;
    breaking.let_go().await;
    for command in &commands {
        let refused = answer(socket, command).await;
        assert_eq!(refused["type"], "error", "{refused}");
        assert_eq!(refused["data"]["retryable"], true, "{refused}");
    }
    for command in &commands {
        socket.say(command.clone()).await;
        let done = answer(socket, command).await;
        assert_eq!(done["type"], "ack", "{done}");
    }
}

#[tokio::test]
async fn a_check_out_waits_for_its_check_in_that_has_to_come_again() {
    let world = World::new().await;
    let token = world.sign_in("desk").await;
    let member = world.members_outside(&token, 1).await.remove(0);
    let mut desk = world.ours(&token, json!([{"name": "checkins"}])).await;
    desk.hear("snapshot").await;
    let command = |kind| json!({"type": kind, "id": Uuid::now_v7(), "data": {"member": member}});
    let commands = [command("check_in"), command("check_out")];
    check_broken_group(&world, &mut desk, commands).await;
}

#[tokio::test]
async fn the_end_of_a_practice_waits_for_its_start_that_has_to_come_again() {
    let world = World::new().await;
    let session = world.guitar_session().await;
    let mut stage = world.stage(&session).await;
    let name = topic(&session);
    let command = |kind| json!({"type": kind, "id": Uuid::now_v7(), "topic": name, "data": {}});
    let commands = [command("practice_start"), command("practice_end")];
    check_broken_group(&world, &mut stage, commands).await;
}

#[tokio::test]
async fn a_message_that_was_refused_for_good_stops_no_other() {
    let world = World::with(&[
        ("CADENCE_LIMITS__MESSAGES_PER_SECOND", "20"),
        ("CADENCE_LIMITS__BURST", "20"),
    ])
    .await;
    let session = world.guitar_session().await;
    let mut stage = world.stage(&session).await;
    let name = topic(&session);
    let chord = |id: Uuid, chord: &str| json!({"type": "chord_change", "id": id, "topic": name, "data": {"chord": chord}});
    // Over the limit first, and then no chord at all.
    let wrong = chord(Uuid::now_v7(), "H#7");
    loop {
        stage.say(json!({"type": "ping", "data": {"timestamp": 1}})).await;
        stage.say(wrong.clone()).await;
        if answer(&mut stage, &wrong).await["data"]["code"] == "rate_limited" {
            break;
        }
    }
    assert_eq!(answer_within_limits(&mut stage, &wrong).await["data"]["code"], "unknown_chord");
    let next = chord(Uuid::now_v7(), "G");
    assert_eq!(answer_within_limits(&mut stage, &next).await["type"], "ack");
}

/// Makes the newest visit unreadable, as an edit of the database by hand can.
async fn spoil_newest_visit(world: &World) {
    let spoilt = world.state.store.write(|tx| {
        Box::pin(async move {
            let newest = "UPDATE visits SET id = 'soup' WHERE id = (SELECT MAX(id) FROM visits)";
            sql::query(newest).execute(&mut **tx).await?;
            Ok(())
        })
    });
    spoilt.await.unwrap();
}

#[tokio::test]
async fn a_simple_client_is_answered_in_order_also_when_a_command_cannot_be_carried_out() {
    let world = World::new().await;
    let token = world.sign_in("desk").await;
    let members = world.members_outside(&token, 3).await;
    let mut desk = world.desk(&token).await;
    let command = |kind, member: &String| json!({"type": kind, "data": {"member": member}});
    desk.say(command("check_in", &members[0])).await;
    desk.hear("ack").await;
    spoil_newest_visit(&world).await;
    let commands = [
        command("check_out", &members[0]),
        command("check_in", &members[1]),
        command("check_out", &members[0]),
        command("check_in", &members[2]),
    ];
    for command in &commands {
        desk.say(command.clone()).await;
    }
    let mut answers = Vec::new();
    while answers.len() < commands.len() {
        let received = desk.next().await.expect("an answer");
        let kind = received["type"].as_str().unwrap_or_default().to_owned();
        if kind == "ack" || kind == "error" {
            answers.push((kind, received["data"]["code"].clone()));
        }
    }
    let answers: Vec<_> =
        answers.iter().map(|(kind, code)| (kind.as_str(), code.as_str())).collect();
    let (refused, done) = (("error", Some("internal")), ("ack", None));
    assert_eq!(answers, [refused, done, refused, done]);
}

#[tokio::test]
async fn a_command_that_the_server_cannot_carry_out_stops_no_other() {
    let world = World::new().await;
    let token = world.sign_in("desk").await;
    let members = world.members_outside(&token, 2).await;
    let mut desk = world.ours(&token, json!([{"name": "checkins"}])).await;
    desk.hear("snapshot").await;
    let command = |kind, member: &String| json!({"type": kind, "id": Uuid::now_v7(), "data": {"member": member}});
    let scan = command("check_in", &members[0]);
    desk.say(scan.clone()).await;
    assert_eq!(answer(&mut desk, &scan).await["type"], "ack");
    spoil_newest_visit(&world).await;
    let (out, next) = (command("check_out", &members[0]), command("check_in", &members[1]));
    desk.say(out.clone()).await;
    desk.say(next.clone()).await;
    // Answers with ids are promised in no order: the `ack` in the place of an event may come before
    // the refusal of an earlier message.
    let (mut refused, mut done) = (None, None);
    while refused.is_none() || done.is_none() {
        let heard = desk.next().await.expect("an answer");
        match &heard["id"] {
            id if *id == out["id"] => refused = Some(heard),
            id if *id == next["id"] => done = Some(heard),
            _ => {}
        }
    }
    let refused = refused.unwrap();
    assert_eq!(refused["data"]["code"], "internal", "{refused}");
    assert_eq!(refused["data"]["retryable"], false, "{refused}");
    assert_eq!(done.unwrap()["type"], "ack");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hand_that_is_too_fast_is_heard_later_and_in_order() {
    let site = Site::with(&[
        ("CADENCE_LIMITS__MESSAGES_PER_SECOND", "60"),
        ("CADENCE_LIMITS__BURST", "60"),
    ])
    .await;
    let session = site.guitar_session().await;
    let topic = Topic::Guitar(session.session_id);
    let (hand, others) = (site.network(), site.network());
    let pc = Page::following(site.pc(&others, &session), "PC", topic).await;
    let phone = site.phone(&hand, &session).await;
    let phone = Arc::new(Page::following(phone, "phone", topic).await);
    let playing = Flowing::notes(&phone, topic, Duration::from_millis(4));
    pc.until("many notes", |record| notes(record, topic).len() >= 120).await;
    let sent = playing.stop().await;
    phone.answered(&sent).await;
    // Whoever is far too fast loses some; what is heard is heard in order and once.
    let heard = pc.see(|record| notes(record, topic));
    assert!(heard.is_sorted_by(|a, b| a < b), "{heard:?}");
    let last = phone.see(|record| record.outcome(*sent.last().unwrap()).is_some());
    assert!(last, "the newest note is never given up");
    pc.assert_clean();
}
