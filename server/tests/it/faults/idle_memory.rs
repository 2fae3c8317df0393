//! What an idle connection costs: the process's resident memory with 2,000 of them, divided.

use crate::support::{client::Socket, ports::free_port, world::shipped_settings};
use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};
use tempfile::TempDir;

const CONNECTIONS: usize = 2_000;
const LIMIT_KB: f64 = 10.0;

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // The process may be gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn an_idle_connection_costs_at_most_ten_kilobytes() {
    let data = TempDir::new().unwrap();
    let port = free_port();
    let mut child = Command::new(env!("CARGO_BIN_EXE_cadence-server"))
        .args(["serve", "--config"])
        .arg(shipped_settings())
        .env("CADENCE_DATABASE__PATH", data.path().join("cadence.db"))
        .env("LEPTOS_SITE_ADDR", format!("127.0.0.1:{port}"))
        .env("CADENCE_LIMITS__CONNECTIONS_PER_ADDRESS", "100000")
        .env("CADENCE_LIMITS__ANONYMOUS_PER_MINUTE", "100000")
        .env("CADENCE_LIMITS__MESSAGES_PER_SECOND", "100000")
        .env("CADENCE_LIMITS__BURST", "100000")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let stdout = BufReader::new(child.stdout.take().unwrap());
    let server = Running(child);
    let running =
        stdout.lines().map_while(Result::ok).any(|line| line.contains("Cadence is running"));
    assert!(running, "the server did not start");

    let http = reqwest::Client::new();
    let session: protocol::http::SessionResponse = http
        .post(format!("http://127.0.0.1:{port}/api/guitar/sessions"))
        .json(&serde_json::json!({}))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let url = format!("ws://127.0.0.1:{port}/ws");
    let topic = format!("guitar:{}", session.session_id);
    let connect = || async {
        let mut socket =
            Socket::open(&url, Some(protocol::Codec::Json.subprotocol()), &[]).await.unwrap();
        socket
            .say(serde_json::json!({"type": "hello", "data": {
                "auth": {"host_secret": session.host_secret},
                "client": {"device": "PC"},
                "topics": [{"name": topic}],
            }}))
            .await;
        socket.hear("snapshot").await;
        socket
    };
    // What the first connections cost once is not theirs.
    let mut sockets = Vec::with_capacity(CONNECTIONS + 50);
    for _ in 0..50 {
        sockets.push(connect().await);
    }
    let before = resident_kb(server.0.id());
    for _ in 0..CONNECTIONS {
        sockets.push(connect().await);
    }
    let each = (resident_kb(server.0.id()) - before) / CONNECTIONS as f64;
    println!("memory per idle connection: {each:.1} KB of at most {LIMIT_KB} KB");
    assert!(each <= LIMIT_KB, "{each:.1} KB per idle connection");
}

fn resident_kb(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
