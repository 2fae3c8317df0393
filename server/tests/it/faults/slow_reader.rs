//! A client that takes nothing while much is said: it costs a number, and nobody waits for it.

use crate::support::{
    client::Socket,
    linked::Page,
    proxy::{Flow, Proxy},
    record::Record,
    site::Site,
    traffic::note,
    world::{hello_stage, topic},
};
use logic::link::Phase;
use protocol::{Envelope, MessageId, Topic, encode};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::sleep;
use uuid::Uuid;

/// Notes of one frame.
const TOGETHER: usize = 100;

/// The PC as a program, which plays as fast as it is answered.
struct Player {
    socket: Socket,
    topic: Topic,
    played: usize,
}

impl Player {
    /// Plays so many frames; everybody has heard a frame before the next one.
    async fn play(&mut self, frames: usize, witness: &Page) {
        for _ in 0..frames {
            let notes = (0..TOGETHER).map(|i| {
                let mut envelope = Envelope::bare(note(self.played + i));
                envelope.topic = Some(self.topic);
                let envelope = envelope.with_id(Some(MessageId(Uuid::now_v7())));
                serde_json::from_str::<Value>(&encode(&envelope)).unwrap()
            });
            let notes: Vec<Value> = notes.collect();
            self.socket.say(json!({"type": "batch", "data": {"messages": notes}})).await;
            self.played += TOGETHER;
            let mut end = 0;
            for _ in 0..TOGETHER {
                end = self.socket.hear("ack").await["offset"].as_u64().unwrap();
            }
            let topic = self.topic;
            witness.until("the frame", |record| record.offset(topic) >= end).await;
        }
    }
}

/// A session with somebody who plays, a page behind a network that will freeze, and a witness.
struct Scene {
    site: Site,
    topic: Topic,
    network: Proxy,
    reader: Page,
    witness: Page,
    player: Player,
}

impl Scene {
    async fn new() -> Self {
        let site = Site::new().await;
        let session = site.guitar_session().await;
        let name = Topic::Guitar(session.session_id);
        let (network, fine) = (site.network(), site.network());
        let reader = Page::following(site.pc(&network, &session), "PC", name).await;
        let witness = Page::following(site.pc(&fine, &session), "PC", name).await;
        let url = site.url("/ws").replace("http", "ws");
        let mut socket =
            Socket::open(&url, Some(protocol::Codec::Json.subprotocol()), &[]).await.unwrap();
        socket.say(hello_stage(&session, json!([{"name": topic(&session)}]))).await;
        socket.hear("snapshot").await;
        let player = Player { socket, topic: name, played: 0 };
        Self { site, topic: name, network, reader, witness, player }
    }

    async fn play(&mut self, frames: usize) {
        self.player.play(frames, &self.witness).await;
    }

    /// The reader is where the witness is, who got every note.
    async fn assert_caught_up(&self) {
        let topic = self.topic;
        let end = self.witness.see(|record| record.offset(topic));
        let there = |r: &Record| r.phase == Phase::Live && r.offset(topic) >= end;
        self.reader.until("the session's end", there).await;
        assert_eq!(self.witness.see(|record| record.snapshots(topic)), 1, "the first one");
        self.reader.assert_clean();
        self.witness.assert_clean();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_is_frozen_costs_no_memory_and_slows_nobody() {
    const FRAMES: usize = 150;
    let mut scene = Scene::new().await;
    // What the first frames cost once is not the frozen reader's.
    scene.play(FRAMES / 2).await;
    let before = scene.site.memory_kb();
    scene.network.flow(Flow::Pass, Flow::Freeze);
    scene.play(FRAMES).await;
    let grown = scene.site.memory_kb() - before;
    println!("a frozen reader behind {} notes costs {grown} KB", FRAMES * TOGETHER);
    assert!(grown < 2_048, "{grown} KB for one frozen reader");

    // The server gives it up: a write that is blocked for ten seconds.
    while scene.site.connections().await > 2 {
        sleep(Duration::from_millis(100)).await;
    }
    scene.network.flow(Flow::Pass, Flow::Pass);
    scene.assert_caught_up().await;
    assert!(scene.reader.see(|record| record.dials.len()) >= 2, "on another socket");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_thaws_in_time_catches_up_on_the_same_socket() {
    let mut scene = Scene::new().await;
    scene.network.flow(Flow::Pass, Flow::Freeze);
    // More than the ring holds.
    scene.play(20).await;
    scene.network.flow(Flow::Pass, Flow::Pass);
    scene.assert_caught_up().await;
    scene.reader.see(|record| {
        assert_eq!(record.dials.len(), 1);
        assert!(record.snapshots(scene.topic) <= 2, "a snapshot at most");
    });
}
