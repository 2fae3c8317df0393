//! The same messages in JSON and in MessagePack.

use crate::support::{client::Socket, world::World};
use protocol::Codec;
use serde_json::{Value, json};

fn chord(name: &str) -> Value {
    json!({"type": "chord_change", "id": "01920000-0000-7000-8000-0000000000c1",
           "data": {"chord": name}})
}

#[tokio::test]
async fn a_page_that_speaks_messagepack_and_one_that_speaks_json_hear_the_same() {
    let world = World::new().await;
    let session = world.guitar_session().await;
    let mut json_page = world.stage_in(&session, Codec::Json).await;
    let mut packed_page = world.stage_in(&session, Codec::MessagePack).await;
    let mut phone = world.in_session(&session, json!({"secret": session.secret})).await;
    phone.say(chord("G")).await;
    let heard = packed_page.hear("chord_change").await;
    assert_eq!(heard, json_page.hear("chord_change").await);
    assert_eq!(heard["data"]["chord"], "G");

    packed_page
        .say(json!({"type": "batch", "data": {"messages": [
            {"type": "ping", "data": {"timestamp": 7}},
            {"type": "strum", "topic": heard["topic"], "data": {"velocity": 0.5}},
        ]}}))
        .await;
    assert_eq!(packed_page.hear("pong").await["data"]["timestamp"], 7);
    assert_eq!(json_page.hear("strum").await["data"]["velocity"], 0.5);
}

#[tokio::test]
async fn bytes_that_are_no_messagepack_are_answered_and_the_connection_stays() {
    let world = World::new().await;
    let session = world.guitar_session().await;
    let mut page = world.stage_in(&session, Codec::MessagePack).await;
    let endless_map = vec![0xdf, 0xff, 0xff, 0xff, 0xff];
    let too_deep = [vec![0x91; 60_000], vec![0xc0]].concat();
    let no_utf8 = b"\xa2\xff\xfe".to_vec();
    for (bytes, code) in
        [(endless_map, "invalid_json"), (too_deep, "invalid_json"), (no_utf8, "invalid_message")]
    {
        page.say_bytes(bytes).await;
        assert_eq!(page.hear("error").await["data"]["code"], code);
    }
    page.settle().await;
}

#[tokio::test]
async fn of_two_offers_the_clients_first_counts() {
    let world = World::new().await;
    let url = format!("ws://{}/ws", world.address);
    for (offers, packed) in [
        ("cadence.v1.json, cadence.v1.msgpack", false),
        ("cadence.v1.msgpack, cadence.v1.json", true),
        ("cadence.v9.cbor, cadence.v1.msgpack", true),
    ] {
        let page = Socket::open(&url, Some(offers), &[]).await.unwrap();
        assert_eq!(page.packed, packed, "{offers}");
    }
}
