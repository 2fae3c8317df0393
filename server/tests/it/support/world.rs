//! A server of a test's own: a free port, a fresh database, the demo's gym and accounts.

use crate::support::{backend::TestDatabase, client::Socket, ports::free_port, redis::TestRedis};
use cadence_config::Config;
use cadence_server::{accounts::demo as demo_accounts, serve::Server, state::AppState};
use cadence_store::demo;
use protocol::{
    Codec,
    http::{LoginResponse, SessionResponse, TicketResponse},
};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
};
use tempfile::TempDir;
use tokio::{net::TcpListener, runtime::Runtime, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// The shipped settings.
pub(crate) fn shipped_settings() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../Leptos.toml"))
}

/// A running server.
pub(crate) struct World {
    pub(crate) address: SocketAddr,
    pub(crate) state: AppState,
    pub(crate) http: reqwest::Client,
    data: TempDir,
    overrides: Vec<(&'static str, String)>,
    stop: CancellationToken,
    running: JoinHandle<()>,
    process: Process,
}

/// Threads of its own, for a server that will be killed.
struct Process(Option<Runtime>);

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(&[]).await
    }

    /// A server with some settings of its own.
    pub(crate) async fn with(overrides: &[(&'static str, &'static str)]) -> Self {
        let overrides = overrides.iter().map(|(key, value)| (*key, (*value).to_owned()));
        Self::with_demo(overrides.collect()).await
    }

    /// A server on a PostgreSQL database.
    pub(crate) async fn on(database: &TestDatabase) -> Self {
        Self::with_demo(vec![("CADENCE_DATABASE__URL", database.url.clone())]).await
    }

    /// A server that shares a database and a Redis with others; nobody has an account yet.
    pub(crate) async fn beside(database: &TestDatabase, redis: &TestRedis) -> Self {
        let overrides = vec![
            ("CADENCE_DATABASE__URL", database.url.clone()),
            ("CADENCE_REDIS__URL", redis.url()),
            // Everybody comes from one address here.
            ("CADENCE_LIMITS__ANONYMOUS_PER_MINUTE", "10000".to_owned()),
            ("CADENCE_LIMITS__CONNECTIONS_PER_ADDRESS", "10000".to_owned()),
            ("CADENCE_LIMITS__MESSAGES_PER_SECOND", "10000".to_owned()),
            ("CADENCE_LIMITS__BURST", "10000".to_owned()),
        ];
        let starting = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .unwrap();
            let folder = TempDir::new().unwrap();
            let address = (Ipv4Addr::LOCALHOST, free_port()).into();
            let world = runtime.block_on(Self::start(folder, address, overrides));
            (runtime, world)
        });
        let (runtime, mut world) = starting.join().unwrap();
        world.process = Process(Some(runtime));
        world
    }

    /// Everything of this server ends at once and in the middle of whatever it does.
    pub(crate) fn kill(&mut self) {
        self.process = Process(None);
    }

    async fn with_demo(overrides: Vec<(&'static str, String)>) -> Self {
        let address = (Ipv4Addr::LOCALHOST, free_port()).into();
        let world = Self::start(TempDir::new().unwrap(), address, overrides).await;
        world.seed().await;
        world
    }

    /// The demo's gym and accounts.
    pub(crate) async fn seed(&self) {
        demo::seed_demo(&self.state.store, self.state.now()).await.unwrap();
        demo_accounts::seed_demo_accounts(&self.state.auth, true).await.unwrap();
    }

    async fn start(
        data: TempDir,
        address: SocketAddr,
        overrides: Vec<(&'static str, String)>,
    ) -> Self {
        let database = data.path().join("cadence.db").display().to_string();
        let mut variables: HashMap<String, String> = HashMap::from([
            ("CADENCE_DATABASE__PATH".to_owned(), database),
            ("CADENCE_AUTH__SECRET".to_owned(), "a secret of the tests, long enough".to_owned()),
        ]);
        variables.extend(overrides.iter().map(|(k, v)| ((*k).to_owned(), v.clone())));
        let config = Config::parse(shipped_settings(), variables).unwrap();
        let listener = TcpListener::bind(address).await.unwrap();
        let server = Server::build(config, listener).await.unwrap();
        let (address, state) = (server.address().unwrap(), server.state.clone());
        let stop = CancellationToken::new();
        let running = tokio::spawn({
            let stop = stop.clone();
            async move { server.run(stop).await.unwrap() }
        });
        let http = reqwest::Client::builder().build().unwrap();
        let process = Process(None);
        Self { address, state, http, data, overrides, stop, running, process }
    }

    /// Stops the server and starts another one on the same port and data.
    pub(crate) async fn restart(self) -> Self {
        self.stop.cancel();
        self.running.await.unwrap();
        Self::start(self.data, self.address, self.overrides).await
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The Origin of this server's own pages.
    pub(crate) fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.address.port())
    }

    pub(crate) async fn post(&self, path: &str, token: Option<&str>, body: Value) -> (u16, Value) {
        let mut request = self.http.post(self.url(path)).json(&body);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        (status, response.json().await.unwrap_or(Value::Null))
    }

    /// A demo account's access token: `desk`, `manager`, `trainer` …
    pub(crate) async fn sign_in(&self, who: &str) -> String {
        let body =
            json!({"email": format!("{who}@cadence.test"), "password": format!("demo-{who}")});
        let (status, body) = self.post("/api/auth/login", None, body).await;
        assert_eq!(status, 200, "{body}");
        let answer: LoginResponse = serde_json::from_value(body).unwrap();
        answer.access_token.unwrap()
    }

    /// The cookies of a browser in which a demo account has signed in.
    pub(crate) async fn browser(&self, who: &str, cookies: &str) -> String {
        let body =
            json!({"email": format!("{who}@cadence.test"), "password": format!("demo-{who}")});
        let response = self
            .http
            .post(self.url("/api/auth/login"))
            .header("origin", self.origin())
            .header("cookie", cookies)
            .json(&body)
            .send()
            .await
            .unwrap();
        cookies_of(&response)
    }

    pub(crate) async fn ticket(&self, token: &str) -> String {
        let (status, body) = self.post("/api/ws-ticket", Some(token), json!({})).await;
        assert_eq!(status, 200, "{body}");
        serde_json::from_value::<TicketResponse>(body).unwrap().ticket
    }

    pub(crate) async fn guitar_session(&self) -> SessionResponse {
        let (status, body) = self.post("/api/guitar/sessions", None, json!({})).await;
        assert_eq!(status, 200, "{body}");
        serde_json::from_value(body).unwrap()
    }

    /// A plain client on a path that has said nothing yet.
    pub(crate) async fn plain(&self, path: &str) -> Socket {
        Socket::open(&format!("ws://{}{path}", self.address), None, &[]).await.unwrap()
    }

    /// A plain client in a guitar session.
    pub(crate) async fn in_session(&self, session: &SessionResponse, credential: Value) -> Socket {
        let mut socket = self.plain(&format!("/ws/guitar/{}/", session.session_id)).await;
        socket.say(json!({"type": "auth", "data": credential})).await;
        let ack = socket.hear("ack").await;
        assert!(ack["data"]["role"].is_string(), "{ack}");
        socket
    }

    /// Our own client's dialect, as the PC of a guitar session.
    pub(crate) async fn stage(&self, session: &SessionResponse) -> Socket {
        self.stage_in(session, Codec::Json).await
    }

    pub(crate) async fn stage_in(&self, session: &SessionResponse, codec: Codec) -> Socket {
        let url = format!("ws://{}/ws", self.address);
        let mut socket = Socket::open(&url, Some(codec.subprotocol()), &[]).await.unwrap();
        socket.say(hello_stage(session, json!([{"name": topic(session)}]))).await;
        socket.hear("snapshot").await;
        socket
    }

    /// The same, with the snapshot that it was given.
    pub(crate) async fn dial_stage(&self, session: &SessionResponse) -> (Socket, Value) {
        let mut socket = self.hello(session, json!([{"name": topic(session)}])).await;
        let snapshot = socket.hear("snapshot").await;
        (socket, snapshot)
    }

    /// The PC of a guitar session that comes back with its positions.
    pub(crate) async fn hello(&self, session: &SessionResponse, topics: Value) -> Socket {
        let mut socket = self.dial_ours(&[]).await;
        socket.say(hello_stage(session, topics)).await;
        socket
    }

    /// A plain desk.
    pub(crate) async fn desk(&self, token: &str) -> Socket {
        let mut socket = self.plain("/ws/checkins/").await;
        let ticket = self.ticket(token).await;
        socket.say(json!({"type": "auth", "data": {"ticket": ticket}})).await;
        socket.hear("ack").await;
        socket.hear("initial_stats").await;
        socket
    }

    /// Our own client's dialect, introduced by a ticket.
    pub(crate) async fn ours(&self, token: &str, topics: Value) -> Socket {
        let mut socket = self.dial_ours(&[]).await;
        let ticket = self.ticket(token).await;
        let hello =
            json!({"auth": {"ticket": ticket}, "client": {"device": "PC"}, "topics": topics});
        socket.say(json!({"type": "hello", "data": hello})).await;
        socket
    }

    pub(crate) async fn dial_ours(&self, headers: &[(&'static str, String)]) -> Socket {
        let url = format!("ws://{}/ws", self.address);
        Socket::open(&url, Some(Codec::Json.subprotocol()), headers).await.unwrap()
    }

    /// Numbers of members who are not in, with a good standing.
    pub(crate) async fn members_outside(&self, token: &str, many: usize) -> Vec<String> {
        let mut found = Vec::new();
        for page in 1..=8 {
            let url = self.url(&format!("/api/members?text=&page={page}"));
            let response = self.http.get(url).bearer_auth(token).send().await.unwrap();
            let body: Value = response.json().await.unwrap();
            for row in body["rows"].as_array().unwrap() {
                if row["standing"] == "active" && row["in_since"].is_null() {
                    found.push(row["member"]["number"].as_str().unwrap().to_owned());
                }
            }
        }
        assert!(found.len() >= many, "only {} members are outside", found.len());
        found.truncate(many);
        found
    }
}

/// What a browser would send back.
pub(crate) fn cookies_of(response: &reqwest::Response) -> String {
    let set = response.headers().get_all("set-cookie").iter();
    let pairs: Vec<&str> =
        set.map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap()).collect();
    pairs.join("; ")
}

pub(crate) fn topic(session: &SessionResponse) -> String {
    format!("guitar:{}", session.session_id)
}

/// The introduction of a guitar session's PC.
pub(crate) fn hello_stage(session: &SessionResponse, topics: Value) -> Value {
    json!({"type": "hello", "data": {
        "auth": {"host_secret": session.host_secret},
        "client": {"device": "PC"},
        "topics": topics,
    }})
}
