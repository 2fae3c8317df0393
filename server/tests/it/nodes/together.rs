//! Two servers with one PostgreSQL and one Redis: what people on different ones notice of each
//! other, and what they do not notice of a server, a Redis or a database that goes away.

use crate::support::{
    backend::{Backend, TestDatabase},
    client::Socket,
    redis::TestRedis,
    traffic::notes_with_one_id,
    world::{World, topic},
};
use cadence_server::guitar::practice;
use protocol::{
    MessageId, ParticipantId, Topic,
    guitar::{PracticeCommand, Presence},
    http::SessionResponse,
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use uuid::Uuid;

struct Together {
    one: World,
    two: World,
    redis: TestRedis,
    database: TestDatabase,
}

impl Together {
    async fn new() -> Self {
        Self::with(TestRedis::one()).await
    }

    async fn with(redis: TestRedis) -> Self {
        let database = TestDatabase::new(Backend::Postgres).await;
        let one = World::beside(&database, &redis).await;
        one.seed().await;
        let two = World::beside(&database, &redis).await;
        Self { one, two, redis, database }
    }
}

fn chord(name: &str) -> Value {
    json!({"type": "chord_change", "id": Uuid::now_v7(), "data": {"chord": name}})
}

async fn phone_on(world: &World, session: &SessionResponse) -> Socket {
    world.in_session(session, json!({"secret": session.secret})).await
}

/// Says it until it is taken, as the link and people do.
async fn insist(socket: &mut Socket, message: Value) {
    let patience = Instant::now() + Duration::from_secs(20);
    loop {
        socket.say(message.clone()).await;
        let answer = loop {
            let heard = socket.next().await.expect("an answer");
            if heard["id"] == message["id"] {
                break heard;
            }
        };
        if answer["type"] == "ack" {
            return;
        }
        // The host's word may still be on its way from the other server.
        let later = answer["data"]["retryable"] == true || answer["data"]["code"] == "not_allowed";
        assert!(later && Instant::now() < patience, "{answer}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until the PC is told that a phone is so; a lease takes 15 s to end.
async fn presence(pc: &mut Socket, status: &str) {
    let patience = Instant::now() + Duration::from_secs(40);
    loop {
        let told = |m: &Value| {
            m["type"] == "connection_update"
                && m["data"]["role"] != "host"
                && m["data"]["status"] == status
        };
        if pc.settle().await.iter().any(told) {
            return;
        }
        assert!(Instant::now() < patience, "no phone is ever {status}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until the PC is told how the clock stands; servers compare every ten seconds.
async fn clock(pc: &mut Socket, status: &str) {
    let patience = Instant::now() + Duration::from_secs(40);
    let told = |m: &Value| m["type"] == "practice_update" && m["data"]["status"] == status;
    while !pc.settle().await.iter().any(told) {
        assert!(Instant::now() < patience, "nobody tells that the clock is {status}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Waits until a page shows a chord, from an event or from the whole state.
async fn shows(page: &mut Socket, chord: &str) {
    loop {
        let heard = page.next().await.expect("a message");
        if heard["data"]["chord"] == chord {
            return;
        }
    }
}

async fn play_over_both(together: &Together) {
    let session = together.one.guitar_session().await;
    let mut pc = together.one.stage(&session).await;
    let mut phone = phone_on(&together.two, &session).await;
    presence(&mut pc, "connected").await;
    let mut last = None;
    for name in ["C", "G", "D", "Em"] {
        phone.say(chord(name)).await;
        let heard = pc.hear("chord_change").await;
        assert_eq!(heard["data"]["chord"], name);
        let offset = heard["offset"].as_u64().unwrap();
        assert!(last.is_none_or(|last| offset == last + 1), "{offset} after {last:?}");
        last = Some(offset);
    }
    let heard = phone.settle().await;
    assert!(heard.iter().all(|m| m["type"] != "chord_change"), "no echo: {heard:?}");
    phone.leave().await;
    presence(&mut pc, "disconnected").await;
}

#[tokio::test]
async fn a_phone_on_one_server_plays_on_a_pc_on_the_other() {
    play_over_both(&Together::new().await).await;
}

#[tokio::test]
async fn a_phone_on_one_server_plays_on_a_pc_on_the_other_through_a_cluster() {
    play_over_both(&Together::with(TestRedis::cluster()).await).await;
}

#[tokio::test]
async fn a_late_joiner_on_the_other_server_sees_chord_players_and_practice() {
    let together = Together::new().await;
    let session = together.one.guitar_session().await;
    let mut phone = phone_on(&together.one, &session).await;
    phone.say(chord("Am7")).await;
    phone.say(json!({"type": "practice_start", "data": {}})).await;
    phone.hear("ack").await;
    phone.hear("ack").await;
    let here = together.one.state.hub.session(session.session_id).unwrap();
    together
        .until(|| {
            let players = here.snapshot().0.participants;
            players.iter().any(|player| player.status == Presence::Connected)
        })
        .await;
    let (_pc, snapshot) = together.two.dial_stage(&session).await;
    let state = snapshot["data"].clone();
    assert_eq!(state["chord"], "Am7");
    assert_eq!(state["practice"]["status"], "started");
    let players = state["participants"].as_array().unwrap();
    let player = players.iter().find(|player| player["role"] == "performer");
    assert_eq!(player.unwrap()["status"], "connected", "{state}");
}

#[tokio::test]
async fn the_host_allows_and_removes_a_phone_on_the_other_server() {
    let together = Together::new().await;
    let session = together.one.guitar_session().await;
    let mut pc = together.one.stage(&session).await;
    let (status, joined) =
        together.two.post("/api/guitar/join", None, json!({"code": session.code})).await;
    assert_eq!(status, 200, "{joined}");
    let mut phone =
        together.two.in_session(&session, json!({"participant": joined["participant"]})).await;
    let who = loop {
        let update = pc.hear("connection_update").await;
        if update["data"]["role"] == "waiting" {
            break update["data"]["user_id"].clone();
        }
    };
    let name = topic(&session);
    pc.say(json!({"type": "allow", "id": Uuid::now_v7(), "topic": name,
                  "data": {"participant": who, "role": "performer"}}))
        .await;
    insist(&mut phone, chord("C")).await;
    shows(&mut pc, "C").await;
    pc.say(json!({"type": "remove", "id": Uuid::now_v7(), "topic": name,
                  "data": {"participant": who}}))
        .await;
    assert_eq!(phone.end().await, Some(4010));
}

#[tokio::test]
async fn a_server_that_dies_takes_its_phones_with_it_only_for_a_while() {
    let mut together = Together::new().await;
    let session = together.one.guitar_session().await;
    let mut pc = together.one.stage(&session).await;
    let (status, joined) =
        together.two.post("/api/guitar/join", None, json!({"secret": session.secret})).await;
    assert_eq!(status, 200, "{joined}");
    let phone = json!({"participant": joined["participant"]});
    let mut there = together.two.in_session(&session, phone.clone()).await;
    presence(&mut pc, "connected").await;
    there.say(chord("G")).await;
    shows(&mut pc, "G").await;
    together.two.kill();
    // Its lease ends after 15 s; then the phone is away, and not gone at once.
    presence(&mut pc, "away").await;
    let mut here = together.one.in_session(&session, phone).await;
    presence(&mut pc, "connected").await;
    insist(&mut here, chord("D")).await;
    shows(&mut pc, "D").await;
}

#[tokio::test]
async fn a_client_that_changes_servers_goes_on_where_it_was() {
    let together = Together::new().await;
    let session = together.one.guitar_session().await;
    let (mut pc, snapshot) = together.one.dial_stage(&session).await;
    let mut phone = phone_on(&together.one, &session).await;
    phone.say(chord("C")).await;
    let seen = pc.hear("chord_change").await;
    assert_eq!(seen["epoch"], snapshot["epoch"]);
    drop(pc);
    for name in ["G", "D"] {
        phone.say(chord(name)).await;
        phone.hear("ack").await;
    }
    let position =
        json!([{"name": topic(&session), "epoch": seen["epoch"], "offset": seen["offset"]}]);
    let mut pc = together.two.hello(&session, position).await;
    let welcome = pc.hear("welcome").await;
    assert_eq!(welcome["data"]["topics"][0]["recovered"], true, "{welcome}");
    assert_eq!(pc.hear("chord_change").await["data"]["chord"], "G");
    assert_eq!(pc.hear("chord_change").await["data"]["chord"], "D");
}

#[tokio::test]
async fn a_note_with_the_id_of_another_one_is_a_conflict_also_at_the_broker() {
    let together = Together::new().await;
    let session = together.one.guitar_session().await;
    let host = json!({"host_secret": session.host_secret});
    let mut pc = together.one.in_session(&session, host).await;
    let mut phone = phone_on(&together.two, &session).await;
    presence(&mut pc, "connected").await;
    notes_with_one_id(&mut phone, &mut pc).await;
}

#[tokio::test]
async fn an_emptied_redis_begins_a_new_life_and_the_song_goes_on() {
    empty(Together::new().await).await;
}

#[tokio::test]
async fn an_emptied_cluster_begins_a_new_life_and_the_song_goes_on() {
    empty(Together::with(TestRedis::cluster()).await).await;
}

async fn empty(together: Together) {
    let token = together.one.sign_in("manager").await;
    let members = together.one.members_outside(&token, 2).await;
    let mut desk = together.one.desk(&token).await;
    let mut dashboard = together.two.desk(&token).await;
    check_in(&mut desk, &members[0]).await;
    dashboard.hear("member_checked_in").await;
    let session = together.one.guitar_session().await;
    let (mut pc, snapshot) = together.one.dial_stage(&session).await;
    let mut phone = phone_on(&together.two, &session).await;
    phone.say(json!({"type": "practice_start", "id": Uuid::now_v7(), "data": {}})).await;
    pc.hear("practice_update").await;
    together.redis.flush();
    insist(&mut phone, chord("G")).await;
    let anew = pc.hear("snapshot").await;
    assert_ne!(anew["epoch"], snapshot["epoch"], "another life of the log");
    insist(&mut phone, chord("D")).await;
    shows(&mut pc, "D").await;
    // What lasts is known again: in the snapshot, or said after it.
    let (mut late, state) = together.two.dial_stage(&session).await;
    if state["data"]["practice"]["status"] != "started" {
        clock(&mut late, "started").await;
    }
    let somebody = state["data"]["participants"].as_array().unwrap();
    if !somebody.iter().any(|p| p["status"] == "connected") {
        presence(&mut late, "connected").await;
    }
    // What is in the database was never at Redis.
    check_in(&mut desk, &members[1]).await;
    let heard = dashboard.hear("member_checked_in").await;
    assert_eq!(heard["data"]["member"]["number"], members[1].as_str());
    let visits = together.one.members_outside(&token, 1).await;
    assert!(!visits.contains(&members[0]) && !visits.contains(&members[1]), "both are in");
}

#[tokio::test]
async fn a_server_hears_all_its_sessions_again_after_its_way_to_redis_broke() {
    let together = Together::new().await;
    // More than it asks for at once.
    let mut stages = Vec::new();
    for _ in 0..520 {
        let session = together.one.guitar_session().await;
        stages.push((together.one.stage(&session).await, session));
    }
    together.until(|| together.redis.sessions_heard() == stages.len()).await;
    assert_eq!(together.redis.cut_listeners(), 2, "each server listens once");
    together.until(|| together.redis.sessions_heard() == stages.len()).await;
    for (stage, session) in [stages.swap_remove(0), stages.swap_remove(400)].iter_mut() {
        let mut phone = phone_on(&together.two, session).await;
        insist(&mut phone, chord("G")).await;
        shows(stage, "G").await;
    }
}

#[tokio::test]
async fn a_session_that_redis_refuses_stops_no_other_session() {
    let together = Together::new().await;
    let (spoilt, sound) =
        (together.one.guitar_session().await, together.one.guitar_session().await);
    let mut refused = together.one.stage(&spoilt).await;
    let mut stage = together.one.stage(&sound).await;
    together.redis.spoil_log(spoilt.session_id);
    let note = |session| json!({"type": "strum", "id": Uuid::now_v7(), "topic": topic(session), "data": {}});
    let again = note(&spoilt);
    for _ in 0..20 {
        refused.say(again.clone()).await;
        assert_eq!(refused.hear("error").await["data"]["code"], "broker_unavailable");
        stage.say(note(&sound)).await;
        stage.hear("ack").await;
    }
}

#[tokio::test]
async fn while_redis_is_away_notes_are_refused_for_now_and_check_ins_go_on() {
    without_redis(TestRedis::stop, TestRedis::start).await;
}

#[tokio::test]
async fn while_redis_hangs_notes_are_refused_for_now_and_check_ins_go_on() {
    without_redis(|redis| redis.freeze(), |redis| redis.thaw()).await;
}

async fn without_redis(away: impl Fn(&mut TestRedis), back: impl Fn(&mut TestRedis)) {
    let mut together = Together::new().await;
    let session = together.one.guitar_session().await;
    let mut pc = together.one.stage(&session).await;
    let mut phone = phone_on(&together.two, &session).await;
    presence(&mut pc, "connected").await;
    let token = together.one.sign_in("manager").await;
    let members = together.one.members_outside(&token, 3).await;
    let mut desk = together.one.desk(&token).await;
    let mut dashboard = together.two.desk(&token).await;
    check_in(&mut desk, &members[0]).await;
    dashboard.hear("member_checked_in").await;

    away(&mut together.redis);
    phone.say(chord("G")).await;
    let refused = phone.hear("error").await;
    assert_eq!(refused["data"]["code"], "broker_unavailable", "{refused}");
    assert_eq!(refused["data"]["retryable"], true);
    check_in(&mut desk, &members[1]).await;
    let heard = dashboard.hear("member_checked_in").await;
    assert_eq!(heard["data"]["member"]["number"], members[1].as_str());
    // Figures follow, too.
    dashboard.hear("stats_update").await;

    back(&mut together.redis);
    insist(&mut phone, chord("D")).await;
    shows(&mut pc, "D").await;
    check_in(&mut desk, &members[2]).await;
    dashboard.hear("member_checked_in").await;
}

#[tokio::test]
async fn a_phone_that_was_removed_by_a_server_that_died_is_out_all_the_same() {
    let together = Together::new().await;
    let session = together.one.guitar_session().await;
    let mut pc = together.one.stage(&session).await;
    let mut phone = phone_on(&together.two, &session).await;
    presence(&mut pc, "connected").await;
    let (_, state) = together.one.dial_stage(&session).await;
    let phones = state["data"]["participants"].as_array().unwrap();
    let phones = phones.iter().filter(|p| p["role"] != "host");
    let phones: Vec<ParticipantId> =
        phones.map(|p| serde_json::from_value(p["user_id"].clone()).unwrap()).collect();
    // A third server carries the host's word out, and nobody hears of it.
    let silent = World::on(&together.database).await;
    let (auth, id) = (&silent.state.auth, session.session_id);
    cadence_server::guitar::pairing::remove(auth, id, phones[0]).await.unwrap();
    assert_eq!(phone.end().await, Some(4010));
    presence(&mut pc, "disconnected").await;
}

#[tokio::test]
async fn two_desks_on_two_servers_scan_one_member_and_one_visit_begins() {
    let together = Together::new().await;
    let token = together.one.sign_in("manager").await;
    let members = together.one.members_outside(&token, 20).await;
    let mut one = together.one.desk(&token).await;
    let mut two = together.two.desk(&token).await;
    for member in &members {
        let (first, second) = tokio::join!(check_in(&mut one, member), check_in(&mut two, member));
        let visits = [&first, &second].map(|card| card["visit"]["id"].clone());
        assert_eq!(visits[0], visits[1], "{first} {second}");
    }
    let top = together.one.state.store.top(Topic::CheckIns).await.unwrap();
    let (_, seen) = (top, together.two.state.hub.checkins());
    together.until(|| seen.end().offset == top).await;
    assert_eq!(together.one.state.hub.checkins().end(), seen.end());
}

#[tokio::test]
async fn a_commit_that_nobody_was_told_of_is_found_within_a_second() {
    let together = Together::new().await;
    let token = together.one.sign_in("manager").await;
    let members = together.one.members_outside(&token, 1).await;
    let mut dashboard = together.two.desk(&token).await;
    // A third server, without a word on the bus: it could have died right after its commit.
    let silent = World::on(&together.database).await;
    let mut desk = silent.desk(&silent.sign_in("manager").await).await;
    check_in(&mut desk, &members[0]).await;
    let heard = dashboard.hear("member_checked_in").await;
    assert_eq!(heard["data"]["member"]["number"], members[0].as_str());
}

#[tokio::test]
async fn a_plain_client_is_answered_in_order_also_when_another_servers_event_is_late() {
    let together = Together::new().await;
    let token = together.one.sign_in("manager").await;
    let members = together.one.members_outside(&token, 2).await;
    let mut plain = together.one.plain("/ws/checkins/").await;
    let ticket = together.one.ticket(&token).await;
    plain.say(json!({"type": "auth", "data": {"ticket": ticket}})).await;
    plain.hear("ack").await;
    // An event that nobody is told of stands before the plain client's own.
    let silent = World::on(&together.database).await;
    let mut desk = silent.desk(&silent.sign_in("manager").await).await;
    check_in(&mut desk, &members[0]).await;
    plain.say(json!({"type": "check_in", "data": {"member": members[1]}})).await;
    plain.say(json!({"type": "ping", "data": {"timestamp": 1}})).await;
    let mut answers = Vec::new();
    while answers.len() < 2 {
        let heard = plain.next().await.expect("an answer");
        if heard["type"] == "ack" || heard["type"] == "pong" {
            answers.push(heard["type"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(answers, ["ack", "pong"]);
}

#[tokio::test]
async fn a_clock_that_another_server_changed_without_a_word_is_shown_as_it_stands() {
    let together = Together::new().await;
    let session = together.one.guitar_session().await;
    let mut pc = together.one.stage(&session).await;
    pc.say(json!({"type": "practice_start", "id": Uuid::now_v7(), "topic": topic(&session),
                  "data": {}}))
        .await;
    pc.hear("ack").await;
    let two = &together.two.state;
    let later = two.now() + 600_000;
    practice::sweep(&two.store, &two.config.guitar, later, &[], None).await.unwrap();
    clock(&mut pc, "paused").await;
    // It dies right after its commit.
    let start = practice::PracticeChange::Start;
    let (id, command) = (MessageId(Uuid::now_v7()), PracticeCommand::default());
    practice::command(&two.store, id, None, session.session_id, start, command).await.unwrap();
    clock(&mut pc, "started").await;
}

#[tokio::test]
async fn signing_out_on_one_server_closes_the_page_on_the_other() {
    let together = Together::new().await;
    let cookies = together.one.browser("manager", "").await;
    let mut page = together
        .two
        .dial_ours(&[("cookie", cookies.clone()), ("origin", together.two.origin())])
        .await;
    page.say(json!({"type": "hello", "data": {
        "client": {"device": "PC"}, "topics": [{"name": "checkins"}],
    }}))
    .await;
    page.hear("snapshot").await;
    let out = together
        .one
        .http
        .post(together.one.url("/api/auth/logout"))
        .header("origin", together.one.origin())
        .header("cookie", cookies)
        .send()
        .await
        .unwrap();
    assert_eq!(out.status(), 204);
    assert_eq!(page.end().await, Some(4001));
}

#[tokio::test]
async fn a_database_that_was_stopped_refuses_for_now_and_goes_on() {
    let together = Together::new().await;
    let token = together.one.sign_in("manager").await;
    let members = together.one.members_outside(&token, 2).await;
    let mut desk = together.one.desk(&token).await;
    let mut dashboard = together.two.desk(&token).await;
    together.database.stop().await;
    let scan = json!({"type": "check_in", "id": Uuid::now_v7(), "data": {"member": members[0]}});
    desk.say(scan.clone()).await;
    let refused = desk.hear("error").await;
    assert_eq!(refused["data"]["retryable"], true, "{refused}");
    together.database.start().await;
    insist(&mut desk, scan).await;
    let heard = dashboard.hear("member_checked_in").await;
    assert_eq!(heard["data"]["member"]["number"], members[0].as_str());
    check_in(&mut desk, &members[1]).await;
    dashboard.hear("member_checked_in").await;
}

/// Scans a member and returns the card.
async fn check_in(desk: &mut Socket, member: &str) -> Value {
    let id = Uuid::now_v7();
    desk.say(json!({"type": "check_in", "id": id, "data": {"member": member}})).await;
    loop {
        let heard = desk.next().await.expect("an answer");
        if heard["id"] == json!(id) {
            assert_eq!(heard["type"], "ack", "{heard}");
            return heard["data"]["result"].clone();
        }
    }
}

impl Together {
    async fn until(&self, condition: impl Fn() -> bool) {
        let patience = Instant::now() + Duration::from_secs(10);
        while !condition() {
            assert!(Instant::now() < patience, "it never comes true");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}
