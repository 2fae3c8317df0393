//! The leases under which nodes report their devices to the broker.

use crate::support::redis::TestRedis;
use cadence_realtime::broker::{AppendOutcome, Broker, MessageKey};
use logic::{
    presence::{Seats, participant},
    topic::TopicEvent,
};
use protocol::{
    ConnectionId, Note, Position, SeatId, ServerMessage, SessionId, account::Role, guitar::Presence,
};
use uuid::Uuid;

#[tokio::test]
async fn devices_whose_node_comes_back_after_its_lease_count_as_changed() {
    let redis = TestRedis::one();
    let node = || Broker::new(&[redis.url().as_str()], "cadence", 64, |_, _| {}).unwrap();
    let (one, other) = (node(), node());
    let session = SessionId(Uuid::now_v7());
    let nowhere = Position { epoch: String::new(), offset: 0 };
    let phone = SeatId(Uuid::from_u128(7));
    let mut devices = Seats::default();
    devices.arrive(phone, Role::Performer, "phone", ConnectionId(Uuid::from_u128(8)), true, 0);
    let report = async || one.seats(session, &nowhere, &devices, 100_000).await.unwrap();

    let first = report().await;
    assert_eq!(report().await.version, first.version, "nothing has changed");
    redis.end_leases(session);
    let seen = other.seats(session, &nowhere, &Seats::default(), 100_000).await.unwrap();
    let status = participant(&seen.nodes, phone, 100_000).map(|phone| phone.status);
    assert_eq!(status, Some(Presence::Disconnected), "its node is dead");
    // What the other node derives from that must not be published any more.
    let back = report().await;
    assert_ne!(back.version, seen.version);
    let status = participant(&back.nodes, phone, 100_000).map(|phone| phone.status);
    assert_eq!(status, Some(Presence::Connected));
}

#[tokio::test]
async fn what_follows_from_devices_before_a_loss_is_not_published_after_it() {
    let redis = TestRedis::one();
    let node = Broker::new(&[redis.url().as_str()], "cadence", 64, |_, _| {}).unwrap();
    let session = SessionId(Uuid::now_v7());
    let nowhere = Position { epoch: String::new(), offset: 0 };
    let report = async || node.seats(session, &nowhere, &Seats::default(), 0).await.unwrap();
    let before = report().await;
    redis.flush();
    let after = report().await;
    assert_eq!(after.version, before.version, "counted from the start again");
    let event = TopicEvent::by_server(0, ServerMessage::Note(Note::Mute {}));
    let key = MessageKey { id: "", content: "" };
    let late = node.append(session, &before.end, key, &event, Some(&before.version)).await;
    assert_eq!(late.unwrap(), AppendOutcome::Outdated);
    let new = node.append(session, &after.end, key, &event, Some(&after.version)).await;
    assert!(matches!(new.unwrap(), AppendOutcome::New(_)));
}
