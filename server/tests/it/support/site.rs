//! A server as an installation has it: a process of its own, which can be killed and started
//! again on the same database, while its clients stay.

use crate::support::{
    browser::{Browser, Cookies},
    linked::Page,
    proxy::Proxy,
    world::{cookies_of, shipped_settings},
};
use protocol::{
    Topic,
    gym::Stats,
    http::{LoginResponse, SessionResponse},
};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use sqlx::{PgPool, SqlitePool, sqlite::SqliteConnectOptions};
use std::{
    io::{BufRead, BufReader},
    net::{Ipv4Addr, SocketAddr},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};
use tempfile::TempDir;
use tokio::{sync::watch, time::sleep};

/// The address that people open; the network between is the test's.
const ORIGIN: &str = "http://cadence.test";
/// A server that takes longer to start or to stop has failed.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often something is looked at that tells nobody when it changes.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// An installation.
pub(crate) struct Site {
    data: TempDir,
    settings: Vec<(String, String)>,
    running: Option<Running>,
    target: watch::Sender<Option<SocketAddr>>,
    http: reqwest::Client,
}

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // The process may be gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Site {
    /// A running server with the demo's gym and accounts, whose limits are out of the way.
    pub(crate) async fn new() -> Self {
        Self::with(&[]).await
    }

    /// The same with settings of its own.
    pub(crate) async fn with(settings: &[(&str, &str)]) -> Self {
        let usual = [
            ("CADENCE_SERVER__PUBLIC_URL", ORIGIN),
            ("CADENCE_AUTH__SECRET", "a secret of the tests, long enough"),
            ("CADENCE_LIMITS__CONNECTIONS_PER_ADDRESS", "100000"),
            ("CADENCE_LIMITS__CONNECTIONS_PER_USER", "10000"),
            ("CADENCE_LIMITS__ANONYMOUS_PER_MINUTE", "100000"),
            ("CADENCE_LIMITS__MESSAGES_PER_SECOND", "100000"),
            ("CADENCE_LIMITS__BURST", "100000"),
            ("CADENCE_LOG__LEVEL", "warn"),
        ];
        let settings = usual.iter().chain(settings).map(|(k, v)| ((*k).into(), (*v).into()));
        let mut site = Self {
            data: TempDir::new().unwrap(),
            settings: settings.collect(),
            running: None,
            target: watch::channel(None).0,
            http: reqwest::Client::new(),
        };
        site.start(None).await;
        site
    }

    /// Starts a server on the data that there is; `fault` is where it will end by itself.
    pub(crate) async fn start(&mut self, fault: Option<&str>) {
        assert!(self.running.is_none(), "it runs already");
        for _ in 0..10 {
            let address = free_address();
            if let Some(running) = self.launch(address, fault) {
                self.running = Some(running);
                self.target.send_replace(Some(address));
                return;
            }
        }
        panic!("the server does not start");
    }

    /// `None` when it ended at once: somebody else took the port.
    fn launch(&self, address: SocketAddr, fault: Option<&str>) -> Option<Running> {
        let usual = env!("CARGO_BIN_EXE_cadence-server");
        let mut command = Command::new(std::env::var("CADENCE_SERVER").unwrap_or(usual.into()));
        command
            .args(["serve", "--demo", "--config"])
            .arg(shipped_settings())
            .envs(self.settings.iter().map(|(key, value)| (key, value)))
            .env("CADENCE_DATABASE__PATH", self.database())
            .env("LEPTOS_SITE_ADDR", address.to_string())
            .stdout(Stdio::piped());
        if let Some(fault) = fault {
            command.env("CADENCE_FAULT", fault);
        }
        let mut child = command.spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let running = Running(child);
        let started = |line: &String| line.contains("Cadence is running");
        let mut lines = stdout.lines().map_while(Result::ok);
        lines.any(|line| started(&line)).then(|| {
            // A pipe that nobody reads would stop the server one day.
            std::thread::spawn(move || lines.for_each(drop));
            running
        })
    }

    fn database(&self) -> std::path::PathBuf {
        self.data.path().join("cadence.db")
    }

    /// A network of its own to whatever server runs.
    pub(crate) fn network(&self) -> Proxy {
        Proxy::to(self.target.subscribe())
    }

    /// A network to this server while it runs, and otherwise to another one, as behind a balancer.
    pub(crate) fn network_with(&self, other: &Self) -> Proxy {
        let (mut first, mut second) = (self.target.subscribe(), other.target.subscribe());
        let (leads, target) = watch::channel(None);
        tokio::spawn(async move {
            loop {
                let address = *first.borrow_and_update();
                leads.send_replace(address.or(*second.borrow_and_update()));
                let changed = tokio::select! {
                    changed = first.changed() => changed,
                    changed = second.changed() => changed,
                };
                if changed.is_err() {
                    return;
                }
            }
        });
        Proxy::to(target)
    }

    /// The process.
    pub(crate) fn process(&self) -> u32 {
        self.running.as_ref().expect("it runs").0.id()
    }

    /// The power cut: no chance to write, close or say anything.
    pub(crate) async fn kill(&mut self) {
        self.signal(Signal::KILL);
        self.ended().await;
    }

    /// The ordinary stop; it takes its time.
    pub(crate) fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    fn signal(&self, signal: Signal) {
        let process = i32::try_from(self.process()).ok().and_then(Pid::from_raw);
        kill_process(process.expect("a process"), signal).unwrap();
    }

    /// Waits until the process has ended by itself.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let mut running = self.running.take().expect("it runs");
        let wait = async {
            loop {
                if let Some(status) = running.0.try_wait().unwrap() {
                    return status;
                }
                sleep(LOOK_EVERY).await;
            }
        };
        let status = tokio::time::timeout(PATIENCE, wait).await.expect("the server does not end");
        self.target.send_replace(None);
        status
    }

    // ── who is who ──────────────────────────────────────────────────────────────────────────

    /// The server's own address, for what goes around the bad network.
    pub(crate) fn url(&self, path: &str) -> String {
        let target = *self.target.borrow();
        format!("http://{}{path}", target.expect("it runs"))
    }

    async fn post(&self, path: &str, headers: &[(&str, &str)], body: Value) -> reqwest::Response {
        let mut request = self.http.post(self.url(path)).json(&body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        assert!(response.status().is_success(), "{path}: {}", response.status());
        response
    }

    pub(crate) async fn guitar_session(&self) -> SessionResponse {
        self.post("/api/guitar/sessions", &[], json!({})).await.json().await.unwrap()
    }

    /// The browser of a session's PC.
    pub(crate) fn pc(&self, network: &Proxy, session: &SessionResponse) -> Browser {
        let host = format!("cadence_host={}.{}", session.session_id, session.host_secret);
        let cookies = Cookies::of(&host);
        Browser { address: network.address, origin: ORIGIN.to_owned(), cookies }
    }

    /// The browser of a phone that has scanned the code.
    pub(crate) async fn phone(&self, network: &Proxy, session: &SessionResponse) -> Browser {
        let body = json!({
            "session_id": session.session_id, "secret": session.secret, "device": "phone",
        });
        let response = self.post("/api/guitar/join", &[("origin", ORIGIN)], body).await;
        let cookies = Cookies::of(&cookies_of(&response));
        Browser { address: network.address, origin: ORIGIN.to_owned(), cookies }
    }

    /// The browser of a demo account that has signed in.
    pub(crate) async fn staff(&self, network: &Proxy, who: &str) -> Browser {
        let body = credentials(who);
        let response = self.post("/api/auth/login", &[("origin", ORIGIN)], body).await;
        let cookies = Cookies::of(&cookies_of(&response));
        Browser { address: network.address, origin: ORIGIN.to_owned(), cookies }
    }

    /// Numbers of members who are not in, with a good standing.
    pub(crate) async fn members_outside(&self, many: usize) -> Vec<String> {
        let response = self.post("/api/auth/login", &[], credentials("manager")).await;
        let answer: LoginResponse = response.json().await.unwrap();
        let token = answer.access_token.unwrap();
        let mut found = Vec::new();
        for page in 1..=8 {
            let url = self.url(&format!("/api/members?text=&page={page}"));
            let response = self.http.get(url).bearer_auth(&token).send().await.unwrap();
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

    // ── what operators see ──────────────────────────────────────────────────────────────────

    /// The status of `/health/ready`; `None` when nobody answers.
    pub(crate) async fn ready(&self) -> Option<u16> {
        let response = self.http.get(self.url("/health/ready")).send().await;
        response.ok().map(|response| response.status().as_u16())
    }

    /// How many connections the server holds.
    pub(crate) async fn connections(&self) -> usize {
        let metrics = self.http.get(self.url("/metrics")).send().await.unwrap();
        let text = metrics.text().await.unwrap();
        let line = text.lines().find(|line| line.starts_with("cadence_connections ")).unwrap();
        line.rsplit_once(' ').unwrap().1.parse().unwrap()
    }

    /// The memory that the process uses, without its program.
    pub(crate) fn memory_kb(&self) -> i64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process())).unwrap();
        let line = status.lines().find(|line| line.starts_with("RssAnon:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    // ── what is true ────────────────────────────────────────────────────────────────────────

    /// The database, beside the server that writes it.
    pub(crate) async fn rows(&self) -> Rows {
        let options = SqliteConnectOptions::new().filename(self.database());
        Rows::Sqlite(SqlitePool::connect_with(options).await.unwrap())
    }
}

fn credentials(who: &str) -> Value {
    json!({"email": format!("{who}@cadence.test"), "password": format!("demo-{who}")})
}

/// A port below the range from which the system takes those of outgoing connections, so that no
/// connection of another test takes it in between.
fn free_address() -> SocketAddr {
    loop {
        let port = 20_000 + (uuid::Uuid::new_v4().as_u64_pair().0 % 10_000) as u16;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        if std::net::TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

/// The truth.
pub(crate) enum Rows {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Rows {
    pub(crate) async fn count(&self, what: &'static str) -> i64 {
        match self {
            Self::Sqlite(pool) => sqlx::query_scalar(what).fetch_one(pool).await.unwrap(),
            Self::Postgres(pool) => sqlx::query_scalar(what).fetch_one(pool).await.unwrap(),
        }
    }

    /// Every visit that there ever was.
    pub(crate) async fn visits(&self) -> Vec<String> {
        let ids = "SELECT id FROM visits";
        match self {
            Self::Sqlite(pool) => sqlx::query_scalar(ids).fetch_all(pool).await.unwrap(),
            Self::Postgres(pool) => sqlx::query_scalar(ids).fetch_all(pool).await.unwrap(),
        }
    }

    /// Visits that are open.
    pub(crate) async fn currently_in(&self) -> i64 {
        self.count("SELECT COUNT(*) FROM visits WHERE check_out_at IS NULL AND undone_at IS NULL")
            .await
    }

    /// The end of the log of check-ins; its events have no hole.
    pub(crate) async fn top(&self) -> u64 {
        let events = self.count("SELECT COUNT(*) FROM events WHERE topic = 'checkins'").await;
        let last =
            self.count("SELECT COALESCE(MAX(place), 0) FROM events WHERE topic = 'checkins'").await;
        let top = self.count("SELECT top FROM topics WHERE name = 'checkins'").await;
        assert_eq!((events, last), (top, top), "the log has a hole");
        top as u64
    }

    /// Waits until the pages show what is true, and fails if one of them broke a promise.
    pub(crate) async fn assert_shown_by(&self, pages: &[&Page]) {
        let (top, currently_in) = (self.top().await, self.currently_in().await);
        for page in pages {
            page.until("the truth", |record| {
                let shown: Option<&Stats> = record.roster.as_ref().map(|roster| roster.stats());
                record.offset(Topic::CheckIns) == top
                    && shown
                        .is_some_and(|s| (s.as_of_offset, s.currently_in) == (top, currently_in))
            })
            .await;
            page.assert_clean();
        }
    }
}
