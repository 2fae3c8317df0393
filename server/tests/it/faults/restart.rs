//! What a stop and a start are for those who are connected.

use crate::support::world::World;
use serde_json::json;
use tokio::sync::oneshot;
use uuid::Uuid;

#[tokio::test]
async fn on_restart_every_client_is_told_when_to_come_back() {
    let world = World::new().await;
    let session = world.guitar_session().await;
    let token = world.sign_in("desk").await;
    let stage = world.stage(&session).await;
    let phone = world.in_session(&session, json!({"secret": session.secret})).await;
    let desk = world.desk(&token).await;
    let silent = world.plain("/ws/checkins/").await;
    let world = world.restart().await;
    for mut socket in [stage, phone, desk, silent] {
        let restart = socket.hear("server_restart").await;
        assert!(restart["data"]["max_ms"].as_u64() > Some(0), "{restart}");
        assert_eq!(socket.end().await, Some(4112));
    }
    world.stage(&session).await;
}

#[tokio::test]
async fn a_long_outage_is_not_counted_as_practice() {
    let world = World::new().await;
    let session = world.guitar_session().await;
    let mut pc = world.in_session(&session, json!({"host_secret": session.host_secret})).await;
    // The last sign of life is an hour old, as after an outage of an hour.
    let at = world.state.now() - 3_600_000;
    pc.say(json!({"type": "practice_start", "data": {"at": at}})).await;
    assert_eq!(pc.hear("ack").await["data"]["result"]["status"], "started");
    let world = world.restart().await;
    let mut pc = world.in_session(&session, json!({"host_secret": session.host_secret})).await;
    let update = pc.hear("practice_update").await;
    assert_eq!(update["data"]["status"], "paused", "{update}");
    assert_eq!(update["data"]["elapsed_ms"], 0, "{update}");
}

#[tokio::test]
async fn a_command_that_is_under_way_at_the_stop_is_answered_before_the_goodbye() {
    let world = World::new().await;
    let token = world.sign_in("desk").await;
    let member = world.members_outside(&token, 1).await.remove(0);
    let mut desk = world.ours(&token, json!([{"name": "checkins"}])).await;
    desk.hear("snapshot").await;
    let (held, holding) = oneshot::channel();
    let (release, released) = oneshot::channel::<()>();
    let store = world.state.store.clone();
    let slow_disk = tokio::spawn(async move {
        let wait = store.write(move |_| {
            Box::pin(async move {
                let _ = held.send(());
                let _ = released.await;
                Ok(())
            })
        });
        wait.await.unwrap();
    });
    holding.await.unwrap();
    let id = Uuid::now_v7();
    desk.say(json!({"type": "check_in", "id": id, "data": {"member": member}})).await;
    // What is answered after it has been read after it.
    desk.settle().await;
    let waiting = async {
        desk.hear("server_restart").await;
        release.send(()).unwrap();
        let ack = desk.hear("ack").await;
        assert_eq!(
            (ack["id"].as_str(), ack["data"]["result"]["kind"].as_str()),
            (Some(id.to_string().as_str()), Some("check_in"),)
        );
        assert_eq!(desk.end().await, Some(4112));
    };
    tokio::join!(world.restart(), waiting);
    slow_disk.await.unwrap();
}
