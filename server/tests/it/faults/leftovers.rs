//! What those who are gone leave behind in the server: nothing.

use crate::support::world::{World, cookies_of, hello_stage, topic};
use cadence_base::rate_limit::CountedBy;
use cadence_store::sql;
use serde_json::json;
use std::{
    net::Ipv4Addr,
    sync::{Arc, Weak},
    time::{Duration, Instant},
};
use tokio::time::{sleep, timeout};

/// Longer than any device may stay away.
const AN_HOUR_MS: i64 = 3_600_000;
const PATIENCE: Duration = Duration::from_secs(30);

/// Looks until something is so that tells nobody when it changes.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    let looking = async {
        while !is_so() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(timeout(PATIENCE, looking).await.is_ok(), "{what}");
}

/// Nobody is woken by the log any more.
fn assert_nobody_follows(log: &cadence_realtime::hub::log::NodeLog) {
    let text = format!("{log:?}");
    assert!(text.contains("followers: {}"), "{} still follows", log.topic);
}

#[tokio::test]
async fn three_hundred_visitors_leave_no_connection_follower_or_bucket_behind() {
    let world = World::with(&[
        ("CADENCE_LIMITS__BURST", "10000"),
        ("CADENCE_LIMITS__USER_PER_SECOND", "10000"),
    ])
    .await;
    let token = world.sign_in("desk").await;
    let session = world.guitar_session().await;
    let state = &world.state;
    for round in 0..60 {
        // One who says nothing, one who leaves properly, one who vanishes, a desk, a wrong one.
        let silent = world.plain("/ws/checkins/").await;
        let stage = world.stage(&session).await;
        let mut phone = world.in_session(&session, json!({"secret": session.secret})).await;
        let desk = world.ours(&token, json!([{"name": "checkins"}])).await;
        let mut wrong = world.dial_ours(&[]).await;
        wrong.say(json!({"type": "hello", "data": {"client": {"device": "PC"}}})).await;
        phone.say(json!({"type": "mute"})).await;
        match round % 2 {
            0 => {
                stage.leave().await;
                desk.leave().await;
            }
            _ => drop((stage, desk)),
        }
        drop((silent, phone, wrong));
    }
    until("a connection stays", || state.hub.connections() == 0).await;
    assert_nobody_follows(state.hub.checkins());
    assert_nobody_follows(state.hub.session(session.session_id).unwrap().log());

    let phones: Vec<String> = sql::query_scalar("SELECT id FROM guitar_participants")
        .fetch_all(state.store.reader())
        .await
        .unwrap();
    assert_eq!(phones.len(), 60);
    let counted = phones.iter().map(|phone| CountedBy::Seat(phone.parse().unwrap()));
    let counted = counted.chain([CountedBy::Address(Ipv4Addr::LOCALHOST.into())]);
    let buckets: Vec<Weak<_>> = counted.map(|c| Arc::downgrade(&state.buckets.of(c))).collect();
    // Full again, as the sweeper will find them.
    state.buckets.sweep(Instant::now() + Duration::from_secs(3_600));
    let kept = buckets.iter().filter(|bucket| bucket.strong_count() > 0).count();
    assert_eq!(kept, 0, "buckets of people who are gone");
}

#[tokio::test]
async fn fifty_guitar_sessions_that_were_left_are_ready_to_be_forgotten() {
    let world = World::with(&[("CADENCE_LIMITS__ANONYMOUS_PER_MINUTE", "10000")]).await;
    let state = &world.state;
    let mut sessions = Vec::new();
    for _ in 0..50 {
        let session = world.guitar_session().await;
        let stage = world.stage(&session).await;
        let joined = world
            .http
            .post(world.url("/api/guitar/join"))
            .header("origin", world.origin())
            .json(&json!({"code": session.code, "device": "phone"}))
            .send()
            .await
            .unwrap();
        // It waits for the host, and gives up.
        let headers = [("origin", world.origin()), ("cookie", cookies_of(&joined))];
        let mut phone = world.dial_ours(&headers).await;
        phone
            .say(json!({"type": "hello", "data": {
                "client": {"device": "phone"}, "topics": [{"name": topic(&session)}],
            }}))
            .await;
        phone.hear("welcome").await;
        drop((stage, phone));
        sessions.push(session);
    }
    until("a connection stays", || state.hub.connections() == 0).await;
    let now = state.now() + AN_HOUR_MS;
    for session in &sessions {
        let session = state.hub.session(session.session_id).unwrap();
        assert_nobody_follows(session.log());
        // As the sweeper, an hour later.
        session.sweep(now);
        assert!(session.is_forgotten(now), "somebody's seat is kept");
    }
    // A session that was in memory and one that was not are opened alike.
    let mut again = world.dial_ours(&[]).await;
    let session = &sessions[0];
    again.say(hello_stage(session, json!([{"name": topic(session)}]))).await;
    again.hear("snapshot").await;
}
