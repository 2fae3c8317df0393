//! What broken or hostile clients get: a typed answer for them, and nothing for anybody else.

use crate::support::world::World;
use serde_json::{Value, json};

#[tokio::test]
async fn every_kind_of_bad_message_gets_its_own_answer() {
    let world = World::new().await;
    let session = world.guitar_session().await;
    let mut phone = world.in_session(&session, json!({"secret": session.secret})).await;
    let good = json!({"type": "mute"});
    let cases: [(String, &str); 10] = [
        (
            // It would be kept, and told to everybody.
            format!(r#"{{"type":"practice_start","data":{{"timestamp":"{}"}}}}"#, "0".repeat(65)),
            "invalid_message",
        ),
        ("{".into(), "invalid_json"),
        ("[]".into(), "invalid_message"),
        (r#"{"type":"dance","data":{}}"#.into(), "unknown_type"),
        (r#"{"type":"chord_change","data":{"chord":7}}"#.into(), "invalid_message"),
        (r#"{"type":"chord_change","data":{"chord":"H13"}}"#.into(), "unknown_chord"),
        (r#"{"type":"chord_change","data":{}}"#.into(), "invalid_message"),
        (r#"{"type":"strum","data":{"strings":[9]}}"#.into(), "invalid_message"),
        (r#"{"type":"fret_update","data":{"frets":[99,0,0,0,0,0]}}"#.into(), "invalid_message"),
        (
            format!(
                r#"{{"type":"chord_change","data":{{"chord":{}1{}}}}}"#,
                "[".repeat(200),
                "]".repeat(200)
            ),
            "invalid_message",
        ),
    ];
    for (frame, code) in cases {
        phone.say_text(&frame).await;
        let error = phone.hear("error").await;
        assert_eq!(error["data"]["code"], code, "{frame}");
        // Something sensible in between: only five in a row close the connection.
        phone.say(good.clone()).await;
        phone.hear("ack").await;
    }
}

#[tokio::test]
async fn five_bad_frames_in_a_row_close_the_connection() {
    let world = World::new().await;
    let session = world.guitar_session().await;
    let mut phone = world.in_session(&session, json!({"secret": session.secret})).await;
    for _ in 0..5 {
        phone.say_text("nonsense").await;
    }
    assert_eq!(phone.end().await, Some(4009));
}

#[tokio::test]
async fn a_newer_client_whose_types_are_not_known_here_stays_connected() {
    let world = World::new().await;
    let session = world.guitar_session().await;
    let mut phone = world.in_session(&session, json!({"secret": session.secret})).await;
    for _ in 0..8 {
        phone.say(json!({"type": "bend", "data": {"cents": 50}})).await;
        assert_eq!(phone.hear("error").await["data"]["code"], "unknown_type");
    }
    phone.say(json!({"type": "mute"})).await;
    phone.hear("ack").await;
}

#[tokio::test]
async fn text_that_is_no_utf_8_is_answered() {
    let world = World::new().await;
    let session = world.guitar_session().await;
    let mut phone = world.in_session(&session, json!({"secret": session.secret})).await;
    phone.say_bytes(vec![0xff, 0xfe, 0x00]).await;
    assert_eq!(phone.hear("error").await["data"]["code"], "invalid_json");
}

#[tokio::test]
async fn a_frame_above_the_limit_is_refused_and_the_connection_stays() {
    let world = World::new().await;
    let session = world.guitar_session().await;
    let mut phone = world.in_session(&session, json!({"secret": session.secret})).await;
    let frame = json!({"type": "chord_change", "data": {"chord": "C".repeat(70_000)}});
    phone.say(frame).await;
    assert_eq!(phone.hear("error").await["data"]["code"], "too_large");
    phone.say(json!({"type": "mute"})).await;
    phone.hear("ack").await;
}

#[tokio::test]
async fn a_flood_is_limited_and_then_closed_and_nobody_else_notices() {
    let world = World::with(&[
        ("CADENCE_LIMITS__MESSAGES_PER_SECOND", "5"),
        ("CADENCE_LIMITS__BURST", "10"),
    ])
    .await;
    let session = world.guitar_session().await;
    let mut pc = world.in_session(&session, json!({"host_secret": session.host_secret})).await;
    let mut phone = world.in_session(&session, json!({"secret": session.secret})).await;
    for _ in 0..100 {
        phone.say(json!({"type": "mute"})).await;
    }
    let limited = phone.hear("error").await;
    assert_eq!(limited["data"]["code"], "rate_limited");
    assert!(limited["data"]["retry_after_ms"].as_u64() > Some(0));
    assert_eq!(phone.end().await, Some(4113));
    pc.settle().await;
}

#[tokio::test]
async fn messages_of_a_batch_are_counted_one_by_one() {
    let world = World::with(&[
        ("CADENCE_LIMITS__MESSAGES_PER_SECOND", "5"),
        ("CADENCE_LIMITS__BURST", "10"),
    ])
    .await;
    let session = world.guitar_session().await;
    let topic = format!("guitar:{}", session.session_id);
    let mut pc = world.dial_ours(&[]).await;
    pc.say(json!({"type": "hello", "data": {
        "auth": {"host_secret": session.host_secret},
        "client": {"device": "PC"},
        "topics": [{"name": topic}],
    }}))
    .await;
    pc.hear("snapshot").await;
    let messages: Vec<Value> = (0..20).map(|_| json!({"type": "mute", "topic": topic})).collect();
    pc.say(json!({"type": "batch", "data": {"messages": messages}})).await;
    assert_eq!(pc.hear("error").await["data"]["code"], "rate_limited");
}

#[tokio::test]
async fn the_api_answers_bad_json_with_a_typed_error() {
    let world = World::new().await;
    let response = world
        .http
        .post(world.url("/api/guitar/join"))
        .header("content-type", "application/json")
        .body("{")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status().as_u16(), 400);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["code"], "invalid_json");
}
