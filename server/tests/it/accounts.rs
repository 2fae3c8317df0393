//! Signing in, tickets, origins, and what ends an open connection.

use crate::{client::Socket, world::World};
use serde_json::json;

#[tokio::test]
async fn a_ticket_is_good_once() {
    let world = World::new().await;
    let token = world.sign_in("desk").await;
    let ticket = world.ticket(&token).await;
    let mut first = world.plain("/ws/checkins/").await;
    first.say(json!({"type": "auth", "data": {"ticket": ticket}})).await;
    let ack = first.hear("ack").await;
    assert_eq!(ack["data"]["role"], "front_desk");
    assert!(ack["data"]["expires_at"].is_i64());
    let mut second = world.plain("/ws/checkins/").await;
    second.say(json!({"type": "auth", "data": {"ticket": ticket}})).await;
    second.hear("error").await;
    assert_eq!(second.end().await, Some(4012));
}

#[tokio::test]
async fn signing_out_closes_the_open_socket_for_good() {
    let world = World::new().await;
    let token = world.sign_in("desk").await;
    let mut socket = world.desk(&token).await;
    let (status, _) = world.post("/api/auth/logout", Some(&token), json!({})).await;
    assert!(status < 300, "{status}");
    assert_eq!(socket.end().await, Some(4001), "4012 would ask the page to refresh");
    let (status, _) = world.post("/api/ws-ticket", Some(&token), json!({})).await;
    assert_eq!(status, 401);
}

#[tokio::test]
async fn a_sign_in_is_renewed_on_the_open_socket() {
    let world = World::new().await;
    let token = world.sign_in("desk").await;
    let mut socket = world.desk(&token).await;
    let ticket = world.ticket(&token).await;
    socket.say(json!({"type": "auth", "data": {"ticket": ticket}})).await;
    assert_eq!(socket.hear("ack").await["data"]["role"], "front_desk");
    let other = world.ticket(&world.sign_in("manager").await).await;
    socket.say(json!({"type": "auth", "data": {"ticket": other}})).await;
    assert_eq!(socket.end().await, Some(4003), "another account cannot take the connection over");
}

#[tokio::test]
async fn the_sixth_wrong_password_is_told_how_long_to_wait() {
    let world = World::new().await;
    let body = json!({"email": "desk@cadence.test", "password": "wrong"});
    for _ in 0..5 {
        let (status, answer) = world.post("/api/auth/login", None, body.clone()).await;
        assert_eq!((status, &answer["code"]), (401, &json!("sign_in_refused")));
    }
    let (status, answer) = world.post("/api/auth/login", None, body).await;
    assert_eq!((status, &answer["code"]), (429, &json!("rate_limited")));
    assert!(answer["retry_after_ms"].as_u64() > Some(0), "{answer}");
}

#[tokio::test]
async fn a_foreign_page_opens_no_socket_and_writes_nothing() {
    let world = World::new().await;
    let url = format!("ws://{}/ws", world.address);
    let foreign = [("origin", "http://evil.example".to_owned())];
    let refused = Socket::open(&url, None, &foreign).await.err().map(|e| e.to_string());
    assert!(refused.is_some_and(|text| text.contains("403")));
    let response = world
        .http
        .post(world.url("/api/guitar/sessions"))
        .header("origin", "http://evil.example")
        .json(&json!({}))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status().as_u16(), 403);
}

#[tokio::test]
async fn a_cookie_without_an_origin_opens_nothing() {
    let world = World::new().await;
    let response = world
        .http
        .post(world.url("/api/auth/login"))
        .header("origin", world.origin())
        .json(&json!({"email": "desk@cadence.test", "password": "demo-desk"}))
        .send()
        .await
        .unwrap();
    let cookies: Vec<String> = response
        .headers()
        .get_all("set-cookie")
        .iter()
        .map(|c| c.to_str().unwrap().split(';').next().unwrap().to_owned())
        .collect();
    let body: serde_json::Value = response.json().await.unwrap();
    assert!(body.get("access_token").is_none(), "a page gets no token to read: {body}");
    let cookies = cookies.join("; ");
    let hello = json!({"type": "hello", "data": {"client": {"device": "PC"}, "topics": [{"name": "checkins"}]}});

    let mut page =
        world.dial_ours(&[("origin", world.origin()), ("cookie", cookies.clone())]).await;
    page.say(hello.clone()).await;
    assert_eq!(page.hear("welcome").await["data"]["identity"]["role"], "front_desk");

    let mut program = world.dial_ours(&[("cookie", cookies)]).await;
    program.say(hello).await;
    assert_eq!(program.end().await, Some(4001));
}

#[tokio::test]
async fn whoever_says_nothing_is_asked_to_come_back() {
    let world = World::with(&[("CADENCE_LIMITS__INTRODUCE_SECONDS", "1")]).await;
    let mut socket = world.plain("/ws/checkins/").await;
    assert_eq!(socket.end().await, Some(4115));
}

#[tokio::test]
async fn an_unknown_version_is_told_to_reload() {
    let world = World::new().await;
    let url = format!("ws://{}/ws", world.address);
    let mut socket = Socket::open(&url, Some("cadence.v9.json"), &[]).await.unwrap();
    assert_eq!(socket.hear("error").await["data"]["code"], "unsupported_version");
    assert_eq!(socket.end().await, Some(4002));
}
