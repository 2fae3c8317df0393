//! A client that takes nothing while much is said: it costs a number, and nobody waits for it.

use crate::{
    client::Socket,
    linked::Page,
    proxy::Flow,
    site::Site,
    traffic::note,
    world::{hello_stage, topic},
};
use logic::link::Phase;
use protocol::{Envelope, Topic, encode};
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
                let envelope = envelope.with_id(Some(Uuid::now_v7()));
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_is_frozen_costs_no_memory_and_slows_nobody() {
    const FRAMES: usize = 150;
    let site = Site::new().await;
    let session = site.guitar_session().await;
    let name = Topic::Guitar(session.session_id);
    let (cold, fine) = (site.network(), site.network());
    let frozen = Page::following(site.pc(&cold, &session), "PC", name).await;
    let witness = Page::following(site.pc(&fine, &session), "PC", name).await;
    let url = site.url("/ws").replace("http", "ws");
    let mut socket = Socket::open(&url, Some(protocol::SUBPROTOCOL_JSON), &[]).await.unwrap();
    socket.say(hello_stage(&session, json!([{"name": topic(&session)}]))).await;
    socket.hear("snapshot").await;
    let mut player = Player { socket, topic: name, played: 0 };
    // What the first frames cost once is not the frozen reader's.
    player.play(FRAMES / 2, &witness).await;
    let before = site.resident_kb();

    cold.flow(Flow::Pass, Flow::Freeze);
    player.play(FRAMES, &witness).await;
    let grown = site.resident_kb() - before;
    println!("a frozen reader behind {} notes costs {grown} KB", FRAMES * TOGETHER);
    assert!(grown < 2_048, "{grown} KB for one frozen reader");
    assert_eq!(witness.see(|record| record.snapshots(name)), 1, "the witness got every note");

    // The server gives it up: a write that is blocked for ten seconds, or its own silence.
    while site.connections().await > 2 {
        sleep(Duration::from_millis(100)).await;
    }
    cold.flow(Flow::Pass, Flow::Pass);
    let end = witness.see(|record| record.offset(name));
    frozen
        .until("its return", |record| record.phase == Phase::Live && record.offset(name) >= end)
        .await;
    for page in [&frozen, &witness] {
        page.assert_clean();
    }
    let closes = frozen.see(|record| record.closes.clone());
    println!("and comes back after {closes:?}");
}
