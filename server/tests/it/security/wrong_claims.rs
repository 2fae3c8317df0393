//! Messages that are well formed and claim what cannot be: positions, moments, ids.

use crate::support::{
    browser::{Browser, Cookies},
    client::Socket,
    linked::Page,
    traffic::{check_in, notes_with_one_id},
    world::{World, topic},
};
use logic::link::Phase;
use protocol::{Topic, server::Outcome};
use serde_json::{Value, json};
use uuid::Uuid;

const DAY: i64 = 24 * 3_600_000;

#[tokio::test]
async fn a_position_that_cannot_be_gets_a_snapshot() {
    let world = World::new().await;
    let token = world.sign_in("desk").await;
    let mut first = world.ours(&token, json!([{"name": "checkins"}])).await;
    let gym = first.hear("snapshot").await;
    let session = world.guitar_session().await;
    let mut stage = world.stage(&session).await;
    let name = topic(&session);
    stage.say(json!({"type": "mute", "topic": name, "id": Uuid::now_v7()})).await;
    let guitar = stage.hear("ack").await;

    for known in [&gym, &guitar] {
        let (epoch, end) = (&known["epoch"], known["offset"].as_u64().unwrap());
        let claims = [
            json!({"epoch": epoch, "offset": end + 1}),
            json!({"epoch": epoch, "offset": u64::MAX}),
            json!({"epoch": epoch, "offset": i64::MAX}),
            json!({"epoch": "", "offset": 0}),
            json!({"epoch": "elsewhere", "offset": u64::MAX}),
            json!({"epoch": "x".repeat(10_000), "offset": end}),
        ];
        for claim in claims {
            let mut request = claim.clone();
            request["name"] = known["topic"].clone();
            // At the introduction …
            let mut socket = match known["topic"] == "checkins" {
                true => world.ours(&token, json!([request])).await,
                false => introduced(&world, &session, json!([request])).await,
            };
            let welcome = socket.hear("welcome").await;
            assert_eq!(welcome["data"]["topics"][0]["recovered"], false, "{claim}");
            let snapshot = socket.hear("snapshot").await;
            assert!(snapshot["offset"].as_u64() >= Some(end), "{snapshot}");
            // … and later.
            for kind in ["resync", "subscribe"] {
                socket.say(json!({"type": kind, "id": Uuid::now_v7(), "data": request})).await;
                socket.hear("snapshot").await;
            }
        }
        for offset in [json!(-1), json!(1.5), json!("1"), json!(18_446_744_073_709_551_616.0)] {
            let request = json!({"name": known["topic"], "epoch": epoch, "offset": offset});
            first.say(json!({"type": "subscribe", "data": request})).await;
            assert_eq!(first.hear("error").await["data"]["code"], "invalid_message", "{offset}");
            first.settle().await;
        }
    }
}

async fn introduced(
    world: &World,
    session: &protocol::http::SessionResponse,
    topics: Value,
) -> Socket {
    let mut socket = world.dial_ours(&[]).await;
    socket.say(crate::support::world::hello_stage(session, topics)).await;
    socket
}

#[tokio::test]
async fn a_moment_that_cannot_be_is_refused_and_the_next_command_is_not() {
    let world = World::new().await;
    let token = world.sign_in("desk").await;
    let member = world.members_outside(&token, 1).await.remove(0);
    let session = world.guitar_session().await;
    let mut desk = world.desk(&token).await;
    let mut pc = world.in_session(&session, json!({"host_secret": session.host_secret})).await;
    let now = world.state.now();
    let moments = [
        (now + 60_000, "from_the_future"),
        (now + DAY, "from_the_future"),
        (i64::MAX, "from_the_future"),
        (now - DAY - 60_000, "too_old"),
        (0, "too_old"),
        (-1, "too_old"),
        (i64::MIN, "too_old"),
    ];
    for (at, code) in moments {
        desk.say(json!({"type": "check_in", "data": {"member": member, "at": at}})).await;
        assert_eq!(desk.hear("error").await["data"]["code"], code, "{at}");
        pc.say(json!({"type": "practice_start", "data": {"at": at}})).await;
        assert_eq!(pc.hear("error").await["data"]["code"], code, "{at}");
    }
    for at in [json!(1.5), json!("now"), json!(u64::MAX)] {
        desk.say(json!({"type": "check_in", "data": {"member": member, "at": at}})).await;
        assert_eq!(desk.hear("error").await["data"]["code"], "invalid_message", "{at}");
        desk.settle().await;
    }
    // A strum is heard whatever its moment, and nobody's clock breaks on it.
    for at in [i64::MIN, i64::MAX] {
        pc.say(json!({"type": "strum", "data": {"at": at}})).await;
        pc.hear("ack").await;
    }
    let at = now - DAY + 60_000;
    desk.say(json!({"type": "check_in", "data": {"member": member, "at": at}})).await;
    let ack = desk.hear("ack").await;
    assert_eq!(ack["data"]["result"]["visit"]["check_in_time"], at, "{ack}");
}

#[tokio::test]
async fn an_id_that_comes_again_with_other_content_is_a_conflict() {
    let world = World::new().await;
    let token = world.sign_in("desk").await;
    let member = world.members_outside(&token, 1).await.remove(0);
    let session = world.guitar_session().await;
    let mut pc = world.in_session(&session, json!({"host_secret": session.host_secret})).await;
    let mut desk = world.desk(&token).await;
    let id = Uuid::now_v7();
    // Gym and guitar do not know each other's ids, nor does another session.
    desk.say(json!({"type": "check_in", "id": id, "data": {"member": member}})).await;
    desk.hear("ack").await;
    pc.say(json!({"type": "practice_start", "id": id, "data": {}})).await;
    pc.hear("ack").await;
    let other = world.guitar_session().await;
    let mut elsewhere = world.in_session(&other, json!({"host_secret": other.host_secret})).await;
    elsewhere.say(json!({"type": "practice_start", "id": id, "data": {}})).await;
    assert_eq!(elsewhere.hear("ack").await["data"]["result"]["status"], "started");

    for kind in ["practice_pause", "practice_end"] {
        pc.say(json!({"type": kind, "id": id, "data": {}})).await;
        assert_eq!(pc.hear("error").await["data"]["code"], "id_conflict");
    }
    for content in [json!({"member": member, "location": "Back door"}), json!({"member": "M-1"})] {
        desk.say(json!({"type": "check_in", "id": id, "data": content})).await;
        assert_eq!(desk.hear("error").await["data"]["code"], "id_conflict", "{content}");
    }
    desk.say(json!({"type": "check_out", "id": id, "data": {"member": member}})).await;
    assert_eq!(desk.hear("error").await["data"]["code"], "id_conflict");
    for wrong in [json!("not-an-id"), json!(7), json!({})] {
        desk.say(json!({"type": "check_in", "id": wrong, "data": {"member": member}})).await;
        assert_eq!(desk.hear("error").await["data"]["code"], "invalid_message", "{wrong}");
        desk.settle().await;
    }
    pc.say(json!({"type": "practice_pause", "id": Uuid::now_v7(), "data": {}})).await;
    assert_eq!(pc.hear("ack").await["data"]["result"]["status"], "paused");
}

#[tokio::test]
async fn a_note_with_the_id_of_another_one_is_a_conflict_and_not_swallowed() {
    let world = World::new().await;
    let session = world.guitar_session().await;
    let mut pc = world.in_session(&session, json!({"host_secret": session.host_secret})).await;
    let mut phone = world.in_session(&session, json!({"secret": session.secret})).await;
    notes_with_one_id(&mut phone, &mut pc).await;
}

/// A desk whose clock jumps: what it records is at the true time.
#[tokio::test]
async fn a_desk_whose_clock_jumps_by_a_day_and_back_records_the_true_time() {
    let world = World::new().await;
    let token = world.sign_in("manager").await;
    let members = world.members_outside(&token, 3).await;
    let cookies = Cookies::of(&world.browser("desk", "").await);
    let browser = Browser { address: world.address, origin: world.origin(), cookies };
    let desk = Page::following(browser, "desk", Topic::CheckIns).await;
    let mut members = members.iter();
    for ahead in [DAY, 0, -DAY] {
        desk.set_clock(ahead);
        // The next answer to a ping measures it; the link asks every two seconds.
        desk.until("the new offset", |record| {
            record.clock_offset.is_some_and(|offset| (offset + ahead).abs() < 1_000)
        })
        .await;
        let id = desk.send(Topic::CheckIns, check_in(members.next().unwrap()));
        desk.answered(&[id]).await;
        let at = desk.see(|record| match record.outcome(id) {
            Some(Outcome::CheckIn(answer)) => answer.visit.as_ref().map(|v| v.check_in_time),
            other => panic!("{ahead} ms: {other:?} {:?}", record.answers[&id]),
        });
        let off = at.expect("a visit") - world.state.now();
        assert!(off.abs() < 5_000, "the clock is {ahead} ms ahead, the visit {off} ms");
        assert_eq!(desk.see(|record| record.phase), Phase::Live);
    }
    desk.assert_clean();
}

/// Before the next ping is answered, the link knows the jump only by its own monotonic clock.
#[tokio::test]
async fn a_desk_whose_clock_was_just_set_records_the_true_time() {
    const HALF_A_DAY: i64 = DAY / 2;
    let world = World::new().await;
    let token = world.sign_in("manager").await;
    let members = world.members_outside(&token, 2).await;
    let cookies = Cookies::of(&world.browser("desk", "").await);
    let browser = Browser { address: world.address, origin: world.origin(), cookies };
    let desk = Page::following(browser, "desk", Topic::CheckIns).await;
    desk.until("the clock's offset", |record| record.clock_offset.is_some()).await;
    for (member, ahead) in members.iter().zip([-HALF_A_DAY, HALF_A_DAY]) {
        desk.set_clock(ahead);
        let id = desk.send(Topic::CheckIns, check_in(member));
        desk.answered(&[id]).await;
        let at = desk.see(|record| match record.outcome(id) {
            Some(Outcome::CheckIn(answer)) => answer.visit.as_ref().map(|v| v.check_in_time),
            _ => panic!("{ahead} ms: {:?}", record.answers[&id]),
        });
        let off = at.expect("a visit") - world.state.now();
        assert!(off.abs() < 5_000, "the clock is {ahead} ms ahead, the visit {off} ms");
    }
}
