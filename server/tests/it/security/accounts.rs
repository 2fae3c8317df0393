//! Signing in, tickets, origins, and what ends an open connection.

use crate::support::{
    client::Socket,
    world::{World, hello_stage, topic},
};
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

#[tokio::test]
async fn signing_out_of_the_gym_does_not_end_a_guitar_in_the_same_browser() {
    let world = World::new().await;
    let cookies = world.browser("desk", "").await;
    let session = world.guitar_session().await;
    let headers = [("origin", world.origin()), ("cookie", cookies.clone())];
    let open = async |topics: serde_json::Value| {
        let mut page = world.dial_ours(&headers).await;
        page.say(hello_stage(&session, topics)).await;
        page.hear("snapshot").await;
        page.settle().await;
        page
    };
    let topic = topic(&session);
    let mut guitar = open(json!([{"name": topic}])).await;
    let mut dashboard = open(json!([{"name": "checkins"}])).await;
    let mut both = open(json!([{"name": topic}, {"name": "checkins"}])).await;
    let out = world
        .http
        .post(world.url("/api/auth/logout"))
        .header("origin", world.origin())
        .header("cookie", cookies)
        .send()
        .await
        .unwrap();
    assert_eq!(out.status().as_u16(), 204);
    assert_eq!(dashboard.end().await, Some(4001), "nothing is left of it");
    let error = both.hear("error").await;
    assert_eq!(error["topic"], "checkins", "{error}");
    guitar.say(json!({"type": "chord_change", "topic": topic, "data": {"chord": "G"}})).await;
    assert_eq!(both.hear("chord_change").await["data"]["chord"], "G");
    both.say(json!({"type": "check_in", "data": {"member": "M-1"}})).await;
    assert_eq!(both.hear("error").await["data"]["code"], "not_signed_in");
}

#[tokio::test]
async fn signing_in_with_an_access_that_has_ended_ends_the_sign_in_before() {
    let world = World::new().await;
    let cookies = world.browser("desk", "").await;
    let refresh = cookies.split("; ").find(|c| c.starts_with("cadence_refresh=")).unwrap();
    world.browser("manager", refresh).await;
    let renewed = world
        .http
        .post(world.url("/api/auth/refresh"))
        .header("origin", world.origin())
        .header("cookie", refresh)
        .send()
        .await
        .unwrap();
    assert_eq!(renewed.status().as_u16(), 401);
}

#[tokio::test]
async fn calls_of_pages_are_limited_like_those_of_programs() {
    let world = World::with(&[("CADENCE_LIMITS__ANONYMOUS_PER_MINUTE", "3")]).await;
    let call = async || {
        let request = world.http.post(world.url("/fn/who")).header("origin", world.origin());
        request.json(&json!({})).send().await.unwrap()
    };
    for _ in 0..3 {
        assert_eq!(call().await.status().as_u16(), 200);
    }
    let refused = call().await;
    assert_eq!(refused.status().as_u16(), 429);
    let body: serde_json::Value = refused.json().await.unwrap();
    assert_eq!(body["code"], "rate_limited");
}

#[tokio::test]
async fn a_call_of_a_page_has_a_largest_body() {
    let world = World::new().await;
    let body = json!({"request": {"email": "x".repeat(100_000), "password": "x"}});
    let request = world.http.post(world.url("/fn/sign_in")).header("origin", world.origin());
    let answer = request.json(&body).send().await.unwrap();
    assert!(!answer.status().is_success(), "{}", answer.status());
}

#[tokio::test]
async fn a_proxy_on_this_machine_does_not_open_the_metrics_to_the_world() {
    let status = async |world: &World, forwarded: Option<&str>| {
        let mut request = world.http.get(world.url("/metrics"));
        if let Some(forwarded) = forwarded {
            request = request.header("x-forwarded-for", forwarded);
        }
        request.send().await.unwrap().status().as_u16()
    };
    let world = World::new().await;
    assert_eq!(status(&world, None).await, 200);
    assert_eq!(status(&world, Some("203.0.113.7")).await, 404);
    assert_eq!(status(&world, Some("127.0.0.1")).await, 404, "nobody configured this proxy");
    let proxied = World::with(&[("CADENCE_SERVER__TRUSTED_PROXIES", "127.0.0.1")]).await;
    assert_eq!(status(&proxied, Some("203.0.113.7")).await, 404);
    assert_eq!(status(&proxied, Some("127.0.0.1")).await, 200);
}
