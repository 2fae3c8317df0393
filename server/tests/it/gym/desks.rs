//! Desks and dashboards over sockets.

use crate::support::{test_gym::actor, world::World};
use cadence_server::gym::{check_in::check_in as enter, check_out::check_out as leave};
use cadence_store::commands::CommandContext;
use protocol::{MessageId, Topic, account::Role};
use serde_json::{Value, json};
use std::collections::HashSet;
use uuid::Uuid;

fn check_in(member: &str) -> Value {
    json!({"type": "check_in", "id": Uuid::now_v7(), "data": {"member": member}})
}

#[tokio::test]
async fn a_check_in_is_answered_and_moves_every_dashboard() {
    let world = World::new().await;
    let token = world.sign_in("desk").await;
    let member = world.members_outside(&token, 1).await.remove(0);
    let mut desk = world.desk(&token).await;
    let mut dashboard = world.desk(&world.sign_in("manager").await).await;
    desk.say(check_in(&member)).await;
    let ack = desk.hear("ack").await;
    assert_eq!(ack["data"]["result"]["verdict"], "allow", "{ack}");
    let event = dashboard.hear("member_checked_in").await;
    assert_eq!(event["data"]["member"]["number"], member.as_str());
    let stats = dashboard.hear("stats_update").await;
    assert!(stats["data"]["as_of_offset"].as_u64() > Some(0));
    let echo = desk.settle().await;
    assert!(echo.iter().all(|m| m["type"] != "member_checked_in"), "nothing is echoed: {echo:?}");
}

#[tokio::test]
async fn two_desks_scan_one_member_at_once_and_one_visit_exists() {
    let world = World::new().await;
    let token = world.sign_in("desk").await;
    let member = world.members_outside(&token, 1).await.remove(0);
    let mut one = world.desk(&token).await;
    let mut two = world.desk(&token).await;
    one.say(check_in(&member)).await;
    two.say(check_in(&member)).await;
    let first = one.hear("ack").await;
    let second = two.hear("ack").await;
    let visit = |ack: &Value| ack["data"]["result"]["visit"]["id"].clone();
    assert!(visit(&first).is_string(), "{first}");
    assert_eq!(visit(&first), visit(&second));
}

#[tokio::test]
async fn an_id_that_comes_again_is_answered_as_the_first_time() {
    let world = World::new().await;
    let token = world.sign_in("desk").await;
    let members = world.members_outside(&token, 2).await;
    let mut desk = world.desk(&token).await;
    let command = check_in(&members[0]);
    desk.say(command.clone()).await;
    let first = desk.hear("ack").await;
    desk.say(command.clone()).await;
    assert_eq!(desk.hear("ack").await["data"], first["data"]);
    let mut other = check_in(&members[1]);
    other["id"] = command["id"].clone();
    desk.say(other).await;
    assert_eq!(desk.hear("error").await["data"]["code"], "id_conflict");
}

#[tokio::test]
async fn a_hundred_parallel_check_ins_are_all_seen_in_order_and_equal_the_database() {
    let world = World::with(&[
        ("CADENCE_LIMITS__MESSAGES_PER_SECOND", "1000"),
        ("CADENCE_LIMITS__BURST", "2000"),
    ])
    .await;
    let token = world.sign_in("desk").await;
    let members = world.members_outside(&token, 100).await;
    let mut dashboard = world.ours(&token, json!([{"name": "checkins"}])).await;
    let snapshot = dashboard.hear("snapshot").await;
    let before = snapshot["data"]["stats"]["currently_in"].as_i64().unwrap();
    let mut desks = Vec::new();
    for chunk in members.chunks(10) {
        let mut desk = world.desk(&token).await;
        for member in chunk {
            desk.say(check_in(member)).await;
        }
        desks.push(desk);
    }
    let mut expected = snapshot["offset"].as_u64().unwrap();
    let mut seen = HashSet::new();
    while seen.len() < 100 {
        let message = dashboard.next().await.unwrap();
        if message["type"] == "member_checked_in" {
            expected += 1;
            assert_eq!(message["offset"], expected, "offsets have no holes");
            assert!(seen.insert(message["data"]["member"]["id"].to_string()), "twice: {message}");
        }
    }
    let stats = world.state.store.stats(world.state.now()).await.unwrap();
    assert_eq!(stats.currently_in, before + 100);
    loop {
        let update = dashboard.hear("stats_update").await;
        if update["data"]["as_of_offset"] == expected {
            assert_eq!(update["data"]["currently_in"], before + 100);
            break;
        }
    }
}

#[tokio::test]
async fn a_dashboard_catches_up_from_the_database_after_a_restart() {
    let world = World::new().await;
    let token = world.sign_in("desk").await;
    let members = world.members_outside(&token, 3).await;
    let mut dashboard = world.ours(&token, json!([{"name": "checkins"}])).await;
    let snapshot = dashboard.hear("snapshot").await;
    drop(dashboard);
    let mut desk = world.desk(&token).await;
    for member in &members {
        desk.say(check_in(member)).await;
        desk.hear("ack").await;
    }
    let world = world.restart().await;
    let position =
        json!([{"name": "checkins", "epoch": snapshot["epoch"], "offset": snapshot["offset"]}]);
    let mut dashboard = world.ours(&token, position).await;
    let welcome = dashboard.hear("welcome").await;
    let topic = &welcome["data"]["topics"][0];
    assert_eq!((&topic["recovered"], &topic["replayed"]), (&json!(true), &json!(3)), "{welcome}");
    for member in &members {
        let event = dashboard.hear("member_checked_in").await;
        assert_eq!(event["data"]["member"]["number"], member.as_str());
    }
}

#[tokio::test]
async fn a_position_of_another_epoch_gets_a_snapshot() {
    let world = World::new().await;
    let token = world.sign_in("desk").await;
    let position = json!([{"name": "checkins", "epoch": "elsewhere", "offset": 57}]);
    let mut dashboard = world.ours(&token, position).await;
    let welcome = dashboard.hear("welcome").await;
    assert_eq!(welcome["data"]["topics"][0]["recovered"], false);
    assert_eq!(dashboard.hear("snapshot").await["data"]["kind"], "check_ins");
}

#[tokio::test]
async fn a_trainer_sees_the_gym_and_does_not_use_the_desk() {
    let world = World::new().await;
    let token = world.sign_in("trainer").await;
    let mut socket = world.desk(&token).await;
    socket.say(check_in("M-1")).await;
    assert_eq!(socket.hear("error").await["data"]["code"], "not_allowed");
    let id = Uuid::now_v7();
    let (status, body) =
        world.post("/api/check-ins", Some(&token), json!({"id": id, "member": "M-1"})).await;
    assert_eq!((status, &body["code"]), (403, &json!("not_allowed")));
}

#[tokio::test]
async fn a_player_is_refused_by_socket_and_api() {
    let world = World::new().await;
    let token = world.sign_in("player").await;
    let mut socket = world.plain("/ws/checkins/").await;
    let ticket = world.ticket(&token).await;
    socket.say(json!({"type": "auth", "data": {"ticket": ticket}})).await;
    assert_eq!(socket.hear("error").await["data"]["code"], "not_allowed");
    assert_eq!(socket.end().await, Some(4003));
    let url = world.url("/api/gym/snapshot");
    let response = world.http.get(url).bearer_auth(&token).send().await.unwrap();
    assert_eq!(response.status().as_u16(), 403);
}

#[tokio::test]
async fn api_and_socket_are_doors_to_one_room() {
    let world = World::new().await;
    let token = world.sign_in("desk").await;
    let member = world.members_outside(&token, 1).await.remove(0);
    let mut dashboard = world.desk(&token).await;
    let id = Uuid::now_v7();
    let body = json!({"id": id, "member": member});
    let (status, first) = world.post("/api/check-ins", Some(&token), body.clone()).await;
    assert_eq!(status, 200, "{first}");
    dashboard.hear("member_checked_in").await;
    let (_, again) = world.post("/api/check-ins", Some(&token), body.clone()).await;
    assert_eq!(first, again);
    // The same id over the socket is the same command.
    dashboard.say(json!({"type": "check_in", "id": id, "data": {"member": member}})).await;
    let ack = dashboard.hear("ack").await;
    assert_eq!(ack["data"]["result"]["visit"]["id"], first["visit"]["id"], "{ack} {first}");
}

#[tokio::test]
async fn a_replay_of_a_thousand_events_does_not_count_as_unread_answers() {
    let world = World::new().await;
    let token = world.sign_in("desk").await;
    let members = world.members_outside(&token, 100).await;
    let mut dashboard = world.ours(&token, json!([{"name": "checkins"}])).await;
    let snapshot = dashboard.hear("snapshot").await;
    drop(dashboard);
    let (store, before) = (&world.state.store, snapshot["offset"].as_u64().unwrap());
    let context = || CommandContext {
        id: MessageId(Uuid::now_v7()),
        actor: actor(Role::Manager),
        connection: None,
        message: None,
        at: None,
        permit: None,
    };
    let come_and_go = async |member: &str| {
        for _ in 0..5 {
            let command = serde_json::from_value(json!({"member": member})).unwrap();
            let _ = enter(store, context(), command).await;
            let command = serde_json::from_value(json!({"member": member})).unwrap();
            let _ = leave(store, context(), command).await;
        }
    };
    futures_util::future::join_all(members.iter().map(|member| come_and_go(member))).await;
    let missed = store.top(Topic::CheckIns).await.unwrap() - before;
    assert!((800..=1_000).contains(&missed), "{missed} events");
    let world = world.restart().await;
    let position = json!([{"name": "checkins", "epoch": snapshot["epoch"], "offset": before}]);
    let mut dashboard = world.ours(&token, position).await;
    let welcome = dashboard.hear("welcome").await;
    assert_eq!(welcome["data"]["topics"][0]["replayed"], missed, "{welcome}");
    let mut bytes = 0;
    for expected in before + 1..=before + missed {
        let event = dashboard.next().await.expect("still open");
        assert_eq!(event["offset"], expected, "{event}");
        bytes += event.to_string().len();
    }
    assert!(bytes > 256 * 1024, "only {bytes} bytes");
}

#[tokio::test]
async fn a_topic_that_cannot_be_read_now_asks_the_client_to_come_back() {
    let world = World::new().await;
    let token = world.sign_in("desk").await;
    let mut late = world.ours(&token, json!([])).await;
    late.hear("welcome").await;
    let rename = async |statement: &'static str| {
        let write = world.state.store.write(move |tx| {
            Box::pin(
                async move { Ok(cadence_store::sql::query(statement).execute(&mut **tx).await?) },
            )
        });
        write.await.unwrap();
    };
    rename("ALTER TABLE visits RENAME TO away").await;
    let mut dashboard = world.ours(&token, json!([{"name": "checkins"}])).await;
    assert_eq!(dashboard.hear("error").await["data"]["code"], "unavailable");
    assert_eq!(dashboard.end().await, Some(4112));
    let id = Uuid::now_v7();
    late.say(json!({"type": "subscribe", "id": id, "data": {"name": "checkins"}})).await;
    let error = late.hear("error").await;
    assert_eq!((&error["id"], &error["topic"]), (&json!(id), &json!("checkins")), "{error}");
    assert_eq!(late.end().await, Some(4112));
    rename("ALTER TABLE away RENAME TO visits").await;
    let mut dashboard = world.ours(&token, json!([{"name": "checkins"}])).await;
    dashboard.hear("snapshot").await;
}
