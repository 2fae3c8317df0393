//! The API through the whole router, without a socket.

use crate::{accounts::demo, auth::test_auth, http::routes, serve::Server};
use axum::{Router, body::Body, extract::ConnectInfo};
use http::{
    HeaderMap, Request, StatusCode,
    header::{ACCEPT, AUTHORIZATION, COOKIE, ORIGIN, SET_COOKIE},
};
use serde_json::{Value, json};
use std::net::SocketAddr;
use tower::ServiceExt;

struct TestServer {
    router: Router,
    origin: String,
    _folder: tempfile::TempDir,
}

struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
}

impl Reply {
    /// What a browser would send back.
    fn cookies(&self) -> String {
        let set = self.headers.get_all(SET_COOKIE).iter();
        let pairs = set.filter_map(|line| line.to_str().ok()?.split(';').next());
        pairs.collect::<Vec<_>>().join("; ")
    }

    fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

impl TestServer {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut config = test_auth::config();
        config.database.path = folder.path().join("test.db");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let server = Server::build(config, listener).await.expect("built");
        let port = server.address().expect("an address").port();
        demo::seed_demo_accounts(&server.state.auth, true).await.expect("accounts");
        Self {
            router: routes::router(server.state),
            origin: format!("http://127.0.0.1:{port}"),
            _folder: folder,
        }
    }

    async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(http::HeaderName, &str)],
        body: impl ToString,
    ) -> Reply {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        let mut request = request.body(Body::from(body.to_string())).expect("a request");
        let here: SocketAddr = "127.0.0.1:50000".parse().expect("an address");
        request.extensions_mut().insert(ConnectInfo(here));
        let response = self.router.clone().oneshot(request).await.expect("never fails");
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 1 << 20).await.expect("a body");
        let body = serde_json::from_slice(&bytes).unwrap_or_default();
        Reply { status: parts.status, headers: parts.headers, body }
    }

    async fn program(&self, email: &str, password: &str) -> String {
        let login = json!({"email": email, "password": password});
        let reply = self.send("POST", "/api/auth/login", &[], login).await;
        assert_eq!(reply.status, StatusCode::OK);
        format!("Bearer {}", reply.body["access_token"].as_str().expect("a token"))
    }
}

fn demo() -> Value {
    json!({"email": "desk@cadence.test", "password": "demo-desk"})
}

#[tokio::test]
async fn programs_get_tokens_and_pages_get_cookies() {
    let server = TestServer::start().await;
    let program = server.send("POST", "/api/auth/login", &[], demo()).await;
    assert_eq!(program.body["user"]["role"], "front_desk");
    assert!(program.body["access_token"].is_string() && program.cookies().is_empty());

    let ours = [(ORIGIN, server.origin.as_str())];
    let page = server.send("POST", "/api/auth/login", &ours, demo()).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body["access_token"].is_null() && page.body["refresh_token"].is_null());
    let cookies = page.cookies();
    let me = server.send("GET", "/api/auth/me", &[(COOKIE, &cookies)], "").await;
    assert_eq!(me.body["name"], "Dana Desk");

    let with = [(COOKIE, cookies.as_str()), (ORIGIN, server.origin.as_str())];
    let renewed = server.send("POST", "/api/auth/refresh", &with, "").await;
    assert_eq!(renewed.status, StatusCode::OK);
    assert_ne!(renewed.cookies(), cookies);
    let out = server.send("POST", "/api/auth/logout", &with, "").await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    let me = server.send("GET", "/api/auth/me", &[(COOKIE, &cookies)], "").await;
    assert_eq!((me.status, me.code()), (StatusCode::UNAUTHORIZED, "not_signed_in"));
}

#[tokio::test]
async fn foreign_pages_and_cookies_without_a_page_cannot_write() {
    let server = TestServer::start().await;
    let foreign = [(ORIGIN, "https://evil.example")];
    let login = server.send("POST", "/api/auth/login", &foreign, demo()).await;
    assert_eq!((login.status, login.code()), (StatusCode::FORBIDDEN, "foreign_origin"));
    let cookie = [(COOKIE, "cadence_access=x")];
    let unsure = server.send("POST", "/api/ws-ticket", &cookie, "").await;
    assert_eq!(unsure.code(), "foreign_origin");
    let fine = server.send("POST", "/api/ws-ticket", &[], "").await;
    assert_eq!(fine.code(), "not_signed_in");
}

#[tokio::test]
async fn opening_a_page_with_only_a_refresh_cookie_goes_on_signed_in() {
    let server = TestServer::start().await;
    let ours = [(ORIGIN, server.origin.as_str())];
    let page = server.send("POST", "/api/auth/login", &ours, demo()).await;
    let cookies = page.cookies();
    let refresh = cookies.split("; ").find(|c| c.starts_with("cadence_refresh")).expect("set");
    let html = [(COOKIE, refresh), (ACCEPT, "text/html")];
    let opened = server.send("GET", "/gym", &html, "").await;
    assert!(opened.cookies().contains("cadence_access=ey"), "{}", opened.status);
    let script = [(COOKIE, refresh), (ACCEPT, "*/*")];
    assert!(server.send("GET", "/pkg/x.js", &script, "").await.cookies().is_empty());
    let bad = [(COOKIE, "cadence_refresh=bad"), (ACCEPT, "text/html")];
    let opened = server.send("GET", "/gym", &bad, "").await;
    assert_eq!(opened.cookies(), "cadence_access=; cadence_refresh=");
}

#[tokio::test]
async fn errors_are_typed_everywhere() {
    let server = TestServer::start().await;
    let broken = server.send("POST", "/api/auth/login", &[], "{").await;
    assert_eq!((broken.status, broken.code()), (StatusCode::BAD_REQUEST, "invalid_json"));
    let wrong = server.send("POST", "/api/auth/login", &[], json!({"email": 1})).await;
    assert_eq!(wrong.code(), "invalid_message");
    let large = server.send("POST", "/api/auth/login", &[], " ".repeat(70_000)).await;
    assert_eq!((large.status, large.code()), (StatusCode::PAYLOAD_TOO_LARGE, "too_large"));
    let nowhere = server.send("GET", "/api/nowhere", &[], "").await;
    assert_eq!((nowhere.status, nowhere.code()), (StatusCode::NOT_FOUND, "not_found"));
    for _ in 0..5 {
        let mut guess = demo();
        guess["password"] = json!("guess");
        let refused = server.send("POST", "/api/auth/login", &[], guess).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::UNAUTHORIZED, "sign_in_refused"));
    }
    let sixth = server.send("POST", "/api/auth/login", &[], demo()).await;
    assert_eq!((sixth.status, sixth.code()), (StatusCode::TOO_MANY_REQUESTS, "rate_limited"));
    assert!(sixth.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn anonymous_calls_are_limited_by_address() {
    let server = TestServer::start().await;
    for _ in 0..60 {
        assert_eq!(server.send("GET", "/api/auth/me", &[], "").await.code(), "not_signed_in");
    }
    assert_eq!(server.send("GET", "/api/auth/me", &[], "").await.code(), "rate_limited");
}

#[tokio::test]
async fn roles_count_and_a_command_runs_once() {
    let server = TestServer::start().await;
    let desk = server.program("desk@cadence.test", "demo-desk").await;
    let trainer = server.program("trainer@cadence.test", "demo-trainer").await;
    let player = server.program("player@cadence.test", "demo-player").await;
    let get = async |token: &str, path: &str| {
        server.send("GET", path, &[(AUTHORIZATION, token)], "").await
    };
    assert_eq!(get(&desk, "/api/gym/snapshot").await.body["data"]["stats"]["currently_in"], 0);
    assert_eq!(get(&player, "/api/gym/snapshot").await.code(), "not_allowed");
    assert_eq!(get("Bearer nonsense", "/api/gym/snapshot").await.code(), "not_signed_in");
    assert_eq!(get(&player, "/api/practices").await.body["total"], 5);

    let member = json!({"full_name": "Ana Lía"});
    let post = async |token: &str, path: &str, body: Value| {
        server.send("POST", path, &[(AUTHORIZATION, token)], body).await
    };
    assert_eq!(post(&trainer, "/api/members", member.clone()).await.code(), "not_allowed");
    let made = post(&desk, "/api/members", member).await;
    let number = made.body["member"]["number"].as_str().expect("a number").to_owned();
    let check_in = json!({"id": uuid::Uuid::now_v7(), "member": number});
    let first = post(&desk, "/api/check-ins", check_in.clone()).await;
    assert_eq!((first.status, first.body["kind"].as_str()), (StatusCode::OK, Some("check_in")));
    assert_eq!(post(&desk, "/api/check-ins", check_in.clone()).await.body, first.body);
    assert_eq!(post(&trainer, "/api/check-ins", check_in).await.code(), "not_allowed");
}

#[tokio::test]
async fn a_program_opens_a_session_and_another_joins() {
    let server = TestServer::start().await;
    let opened = server.send("POST", "/api/guitar/sessions", &[], "").await;
    assert_eq!(opened.status, StatusCode::OK);
    let by_code = json!({"code": opened.body["code"], "device": "script"});
    let waiting = server.send("POST", "/api/guitar/join", &[], by_code.clone()).await;
    assert_eq!(waiting.body["role"], "waiting");
    assert!(waiting.body["participant"].is_string());
    let ours = [(ORIGIN, server.origin.as_str())];
    let phone = server.send("POST", "/api/guitar/join", &ours, by_code).await;
    assert!(phone.body["participant"].is_null());
    assert!(phone.cookies().starts_with("cadence_participant="));
    let stage = server.send("POST", "/api/guitar/sessions", &ours, "").await;
    assert_eq!(stage.code(), "not_allowed");
}
