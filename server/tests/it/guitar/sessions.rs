//! A guitar session over sockets.

use crate::support::world::{World, cookies_of, hello_stage, topic};
use serde_json::{Value, json};
use uuid::Uuid;

fn chord(name: &str) -> Value {
    json!({"type": "chord_change", "data": {"chord": name}})
}

#[tokio::test]
async fn a_plain_phone_plays_and_a_plain_pc_hears_it() {
    let world = World::new().await;
    let session = world.guitar_session().await;
    let mut pc = world.in_session(&session, json!({"host_secret": session.host_secret})).await;
    let mut phone = world.in_session(&session, json!({"secret": session.secret})).await;
    phone.say(chord("G")).await;
    phone.say(json!({"type": "strum", "data": {"direction": "up", "velocity": 0.5}})).await;
    assert_eq!(pc.hear("chord_change").await["data"]["chord"], "G");
    let strum = pc.hear("strum").await;
    assert_eq!(strum["data"]["direction"], "up");
    assert!(strum.get("offset").is_none(), "a plain client gets type and data: {strum}");
    let echoes: Vec<Value> = phone.settle().await;
    assert!(echoes.iter().all(|m| m["type"] != "chord_change"), "nothing is echoed: {echoes:?}");
    assert_eq!(echoes.iter().filter(|m| m["type"] == "ack").count(), 2);
}

#[tokio::test]
async fn a_late_joiner_sees_chord_and_practice_at_once() {
    let world = World::new().await;
    let session = world.guitar_session().await;
    let mut pc = world.in_session(&session, json!({"host_secret": session.host_secret})).await;
    pc.say(chord("Am7")).await;
    pc.say(json!({"type": "practice_start", "data": {"timestamp": "2026-11-22T10:00:00Z"}})).await;
    pc.hear("ack").await;
    pc.hear("ack").await;
    let mut phone = world.in_session(&session, json!({"secret": session.secret})).await;
    assert_eq!(phone.hear("chord_change").await["data"]["chord"], "Am7");
    assert_eq!(phone.hear("practice_update").await["data"]["status"], "started");
}

#[tokio::test]
async fn practice_is_one_clock_for_both_and_survives_a_restart() {
    let world = World::new().await;
    let session = world.guitar_session().await;
    let mut pc = world.in_session(&session, json!({"host_secret": session.host_secret})).await;
    let mut phone = world.in_session(&session, json!({"secret": session.secret})).await;
    phone.say(json!({"type": "practice_start", "data": {"timestamp": "early"}})).await;
    let update = pc.hear("practice_update").await;
    assert_eq!(update["data"]["status"], "started");
    assert_eq!(update["data"]["timestamp"], "early", "echoed as it came");

    let world = world.restart().await;
    let mut pc = world.in_session(&session, json!({"host_secret": session.host_secret})).await;
    assert_eq!(pc.hear("practice_update").await["data"]["status"], "started");
    pc.say(json!({"type": "practice_end"})).await;
    let ack = pc.hear("ack").await;
    assert_eq!(ack["data"]["result"]["status"], "ended", "{ack}");
}

#[tokio::test]
async fn the_same_command_twice_runs_once() {
    let world = World::new().await;
    let session = world.guitar_session().await;
    let mut pc = world.in_session(&session, json!({"host_secret": session.host_secret})).await;
    let mut phone = world.in_session(&session, json!({"secret": session.secret})).await;
    let id = "01920000-0000-7000-8000-0000000000aa";
    let start = json!({"type": "practice_start", "id": id, "data": {}});
    phone.say(start.clone()).await;
    let first = phone.hear("ack").await;
    phone.say(start).await;
    let second = phone.hear("ack").await;
    assert_eq!(first["data"], second["data"]);
    let strum = json!({"type": "strum", "id": "01920000-0000-7000-8000-0000000000ab", "data": {}});
    phone.say(strum.clone()).await;
    phone.say(strum).await;
    phone.settle().await;
    let heard = pc.settle().await;
    let count = |kind: &str| heard.iter().filter(|m| m["type"] == kind).count();
    assert_eq!((count("practice_update"), count("strum")), (1, 1), "{heard:?}");
}

#[tokio::test]
async fn the_second_phone_watches_and_may_not_play() {
    let world = World::new().await;
    let session = world.guitar_session().await;
    let mut first = world.in_session(&session, json!({"secret": session.secret})).await;
    let mut second = world.plain(&format!("/ws/guitar/{}/", session.session_id)).await;
    second.say(json!({"type": "auth", "data": {"secret": session.secret}})).await;
    assert_eq!(second.hear("ack").await["data"]["role"], "spectator");
    second.say(chord("C")).await;
    assert_eq!(second.hear("error").await["data"]["code"], "not_allowed");
    first.say(chord("D")).await;
    assert_eq!(second.hear("chord_change").await["data"]["chord"], "D");
}

#[tokio::test]
async fn a_phone_with_the_code_waits_for_the_host() {
    let world = World::new().await;
    let session = world.guitar_session().await;
    let mut pc = world.in_session(&session, json!({"host_secret": session.host_secret})).await;
    let (status, joined) = world
        .post("/api/guitar/join", None, json!({"code": session.code, "device": "phone"}))
        .await;
    assert_eq!((status, &joined["role"]), (200, &json!("waiting")));
    let mut phone = world.in_session(&session, json!({"participant": joined["participant"]})).await;
    phone.say(chord("G")).await;
    assert_eq!(phone.hear("error").await["data"]["code"], "not_allowed");
    let waiting = loop {
        let update = pc.hear("connection_update").await;
        if update["data"]["role"] == "waiting" {
            break update;
        }
    };
    let who = waiting["data"]["user_id"].clone();
    pc.say(json!({"type": "allow", "data": {"participant": who, "role": "performer"}})).await;
    pc.hear("ack").await;
    phone.say(chord("G")).await;
    assert_eq!(pc.hear("chord_change").await["data"]["chord"], "G");
}

#[tokio::test]
async fn a_removed_phone_is_told_so_and_the_old_link_is_worth_nothing() {
    let world = World::new().await;
    let session = world.guitar_session().await;
    let mut pc = world.in_session(&session, json!({"host_secret": session.host_secret})).await;
    let mut phone = world.in_session(&session, json!({"secret": session.secret})).await;
    let who = loop {
        let update = pc.hear("connection_update").await;
        if update["data"]["role"] == "performer" {
            break update["data"]["user_id"].clone();
        }
    };
    pc.say(json!({"type": "remove", "data": {"participant": who}})).await;
    pc.hear("ack").await;
    assert_eq!(phone.end().await, Some(4010));
    let mut again = world.plain(&format!("/ws/guitar/{}/", session.session_id)).await;
    again.say(json!({"type": "auth", "data": {"secret": session.secret}})).await;
    assert_eq!(again.hear("error").await["data"]["code"], "invalid_session");
    assert_eq!(again.end().await, Some(4000));
}

#[tokio::test]
async fn our_client_goes_on_from_its_position() {
    let world = World::new().await;
    let session = world.guitar_session().await;
    let mut phone = world.in_session(&session, json!({"secret": session.secret})).await;
    let topic = format!("guitar:{}", session.session_id);
    let hello = |position: Value| {
        let mut request = json!({"name": topic});
        if let (Some(request), Some(position)) = (request.as_object_mut(), position.as_object()) {
            request.extend(position.clone());
        }
        json!({"type": "hello", "data": {
            "auth": {"host_secret": session.host_secret},
            "client": {"device": "PC"},
            "topics": [request],
        }})
    };
    let mut pc = world.dial_ours(&[]).await;
    pc.say(hello(Value::Null)).await;
    let welcome = pc.hear("welcome").await;
    assert_eq!(welcome["data"]["topics"][0]["recovered"], false);
    let snapshot = pc.hear("snapshot").await;
    phone.say(chord("G")).await;
    let event = pc.hear("chord_change").await;
    assert!(event["offset"].as_u64() > snapshot["offset"].as_u64());
    drop(pc);

    for name in ["C", "D", "Em"] {
        phone.say(chord(name)).await;
    }
    phone.settle().await;
    let mut pc = world.dial_ours(&[]).await;
    pc.say(hello(json!({"epoch": event["epoch"], "offset": event["offset"]}))).await;
    let welcome = pc.hear("welcome").await;
    assert_eq!(welcome["data"]["topics"][0]["recovered"], true);
    let mut expected = event["offset"].as_u64().unwrap();
    let mut chords = Vec::new();
    while chords.len() < 3 {
        let message = pc.next().await.unwrap();
        expected += 1;
        assert_eq!(message["offset"], expected, "offsets have no holes");
        if message["type"] == "chord_change" {
            chords.push(message["data"]["chord"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(chords, ["C", "D", "Em"]);
}

#[tokio::test]
async fn our_client_gets_its_ack_in_the_place_of_its_event() {
    let world = World::new().await;
    let session = world.guitar_session().await;
    let topic = format!("guitar:{}", session.session_id);
    let mut pc = world.dial_ours(&[]).await;
    pc.say(json!({"type": "hello", "data": {
        "auth": {"host_secret": session.host_secret},
        "client": {"device": "PC"},
        "topics": [{"name": topic}],
    }}))
    .await;
    let snapshot = pc.hear("snapshot").await;
    let id = "01920000-0000-7000-8000-0000000000ac";
    pc.say(json!({"type": "chord_change", "id": id, "topic": topic, "data": {"chord": "G"}})).await;
    let ack = pc.hear("ack").await;
    assert_eq!(ack["id"], id);
    assert!(ack["offset"].as_u64() > snapshot["offset"].as_u64(), "{ack}");
}

#[tokio::test]
async fn a_session_that_does_not_exist_is_explained_and_final() {
    let world = World::new().await;
    for session in ["01920000-0000-7000-8000-000000000000", "not-an-id"] {
        let mut socket = world.plain(&format!("/ws/guitar/{session}/")).await;
        socket.say(json!({"type": "auth", "data": {"secret": "wrong"}})).await;
        assert_eq!(socket.hear("error").await["data"]["code"], "invalid_session");
        assert_eq!(socket.end().await, Some(4000));
    }
}

#[tokio::test]
async fn wrong_codes_are_limited_per_address() {
    let world = World::new().await;
    let mut codes = Vec::new();
    for _ in 0..12 {
        let (_, body) = world.post("/api/guitar/join", None, json!({"code": "ZZZZZZ"})).await;
        codes.push(body["code"].as_str().unwrap().to_owned());
    }
    assert_eq!(codes[..10], ["wrong_code"; 10].map(str::to_owned));
    assert_eq!(codes[11], "rate_limited");
}

#[tokio::test]
async fn a_socket_takes_one_seat_however_often_it_says_the_secret() {
    let world = World::new().await;
    let session = world.guitar_session().await;
    let mut pc = world.in_session(&session, json!({"host_secret": session.host_secret})).await;
    let mut phone = world.in_session(&session, json!({"secret": session.secret})).await;
    for credential in ["secret", "host_secret"] {
        let secret = if credential == "secret" { &session.secret } else { &session.host_secret };
        phone.say(json!({"type": "auth", "data": {credential: secret}})).await;
        assert_eq!(phone.hear("error").await["data"]["code"], "not_allowed");
    }
    phone.say(chord("G")).await;
    assert_eq!(pc.hear("chord_change").await["data"]["chord"], "G", "the connection stays");
    let seats: i64 = cadence_store::sql::query_scalar("SELECT count(*) FROM guitar_participants")
        .fetch_one(world.state.store.reader())
        .await
        .unwrap();
    assert_eq!(seats, 1);
}

#[tokio::test]
async fn a_program_that_reconnects_plays_again() {
    let world = World::new().await;
    let session = world.guitar_session().await;
    for _ in 0..3 {
        let mut program = world.plain(&format!("/ws/guitar/{}/", session.session_id)).await;
        program.say(json!({"type": "auth", "data": {"secret": session.secret}})).await;
        assert_eq!(program.hear("ack").await["data"]["role"], "performer");
        program.leave().await;
    }
}

#[tokio::test]
async fn a_phone_that_was_allowed_on_the_way_to_its_socket_plays() {
    let world = World::new().await;
    let session = world.guitar_session().await;
    let mut pc = world.in_session(&session, json!({"host_secret": session.host_secret})).await;
    let joined = world
        .http
        .post(world.url("/api/guitar/join"))
        .header("origin", world.origin())
        .json(&json!({"code": session.code, "device": "phone"}))
        .send()
        .await
        .unwrap();
    let headers = [("origin", world.origin()), ("cookie", cookies_of(&joined))];
    // The handshake reads the role; the host allows the phone before its `hello`.
    let mut phone = world.dial_ours(&headers).await;
    let who: String = cadence_store::sql::query_scalar("SELECT id FROM guitar_participants")
        .fetch_one(world.state.store.reader())
        .await
        .unwrap();
    pc.say(json!({"type": "allow", "data": {"participant": who, "role": "performer"}})).await;
    pc.hear("ack").await;
    let topic = topic(&session);
    phone
        .say(json!({"type": "hello", "data": {
            "client": {"device": "phone"}, "topics": [{"name": topic}],
        }}))
        .await;
    let welcome = phone.hear("welcome").await;
    assert_eq!(welcome["data"]["identity"]["role"], "performer", "{welcome}");
    phone.hear("snapshot").await;
    phone.say(json!({"type": "chord_change", "topic": topic, "data": {"chord": "G"}})).await;
    assert_eq!(pc.hear("chord_change").await["data"]["chord"], "G");
}

fn step(kind: &str, topic: &str) -> Value {
    json!({"type": kind, "id": Uuid::now_v7(), "topic": topic, "data": {}})
}

#[tokio::test]
async fn a_queued_practice_step_needs_no_followed_topic() {
    let world = World::new().await;
    let session = world.guitar_session().await;
    let topic = topic(&session);
    let mut pc = world.stage(&session).await;
    let mut returning = world.dial_ours(&[]).await;
    returning.say(hello_stage(&session, json!([]))).await;
    for (kind, status) in [("practice_start", "started"), ("practice_pause", "paused")] {
        returning.say(step(kind, &topic)).await;
        let ack = returning.hear("ack").await;
        assert_eq!(ack["data"]["result"]["status"], status, "{ack}");
        assert_eq!(pc.hear("practice_update").await["data"]["status"], status);
    }
    returning.say(step("practice_end", &format!("guitar:{}", Uuid::nil()))).await;
    assert_eq!(returning.hear("error").await["data"]["code"], "not_allowed");
}

#[tokio::test]
async fn practice_steps_of_one_connection_do_not_overtake_each_other() {
    let world = World::new().await;
    let session = world.guitar_session().await;
    let topic = topic(&session);
    let mut pc = world.stage(&session).await;
    let mut phone = world.in_session(&session, json!({"secret": session.secret})).await;
    pc.say(step("practice_start", &topic)).await;
    phone.hear("practice_update").await;
    // Something to store before the pause.
    phone.say(chord("G")).await;
    phone.say(chord("C")).await;
    phone.settle().await;
    let steps = ["pause", "start", "end", "start", "pause", "start"];
    let messages: Vec<Value> =
        steps.iter().map(|kind| step(&format!("practice_{kind}"), &topic)).collect();
    pc.say(json!({"type": "batch", "data": {"messages": messages}})).await;
    let status = ["paused", "started", "ended", "started", "paused", "started"];
    for expected in status {
        assert_eq!(phone.hear("practice_update").await["data"]["status"], expected);
    }
    let chords: Vec<String> =
        cadence_store::sql::query_scalar("SELECT chords FROM practices ORDER BY started_at")
            .fetch_all(world.state.store.reader())
            .await
            .unwrap();
    assert!(chords.contains(&r#"["G","C"]"#.to_owned()), "{chords:?}");
}

#[tokio::test]
async fn an_answer_is_not_lost_when_a_snapshot_goes_over_its_event() {
    let world = World::new().await;
    let session = world.guitar_session().await;
    let topic = topic(&session);
    let mut pc = world.stage(&session).await;
    let id = Uuid::now_v7();
    pc.say(json!({"type": "batch", "data": {"messages": [
        {"type": "chord_change", "id": id, "topic": topic, "data": {"chord": "G"}},
        {"type": "resync", "data": {"name": topic, "epoch": "another", "offset": 7}},
    ]}}))
    .await;
    assert_eq!(pc.hear("snapshot").await["data"]["chord"], "G");
    let ack = pc.hear("ack").await;
    assert_eq!(ack["id"], id.to_string());
    assert!(ack.get("offset").is_none(), "its place is behind the snapshot: {ack}");
}

#[tokio::test]
async fn a_reader_that_falls_behind_again_and_again_is_closed() {
    let world = World::with(&[("CADENCE_GUITAR__RING_EVENTS", "16")]).await;
    let session = world.guitar_session().await;
    let topic = topic(&session);
    let mut pc = world.stage(&session).await;
    for round in 1..=3 {
        let messages: Vec<Value> =
            (0..20).map(|_| json!({"type": "mute", "topic": topic, "data": {}})).collect();
        pc.say(json!({"type": "batch", "data": {"messages": messages}})).await;
        if round < 3 {
            pc.hear("snapshot").await;
        }
    }
    assert_eq!(pc.end().await, Some(4108));
}

#[tokio::test]
async fn a_topic_that_hello_names_often_is_followed_once() {
    let world = World::with(&[("CADENCE_LIMITS__TOPICS", "1")]).await;
    let session = world.guitar_session().await;
    let one = json!({"name": topic(&session)});
    let mut pc = world.dial_ours(&[]).await;
    let topics = json!([one, one, one, {"name": "checkins"}]);
    pc.say(hello_stage(&session, topics)).await;
    let welcome = pc.hear("welcome").await;
    assert_eq!(welcome["data"]["topics"].as_array().map(Vec::len), Some(1), "{welcome}");
    let refused = &welcome["data"]["refused"];
    assert_eq!(refused.as_array().map(Vec::len), Some(1), "{welcome}");
    assert_eq!(refused[0]["error"]["code"], "too_many_topics");
    let snapshots = pc.settle().await.iter().filter(|m| m["type"] == "snapshot").count();
    assert_eq!(snapshots, 1);
}
