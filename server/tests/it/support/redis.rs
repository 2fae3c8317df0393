//! Redis servers of a test's own, to be flushed, stopped and started at will.

use super::ports::free_port;
use protocol::SessionId;
use rustix::process::{Pid, Signal, kill_process};
use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;
use uuid::Uuid;

/// One server, or a cluster of three.
pub(crate) struct TestRedis {
    servers: Vec<Server>,
}

struct Server {
    port: u16,
    cluster_port: Option<u16>,
    folder: TempDir,
    process: Option<Child>,
}

impl TestRedis {
    pub(crate) fn one() -> Self {
        Self { servers: vec![Server::start(None)] }
    }

    pub(crate) fn cluster() -> Self {
        let servers: Vec<Server> = (0..3).map(|_| Server::start(Some(free_port()))).collect();
        let addresses = servers.iter().map(|server| format!("127.0.0.1:{}", server.port));
        let made = Command::new("redis-cli")
            .args(["--cluster", "create"])
            .args(addresses)
            .args(["--cluster-replicas", "0", "--cluster-yes"])
            .output()
            .expect("redis-cli");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stdout));
        let cluster = Self { servers };
        cluster.until(|| {
            cluster.servers.iter().all(|s| s.ask(&["cluster", "info"]).contains("cluster_state:ok"))
        });
        cluster
    }

    /// The setting that names it.
    pub(crate) fn url(&self) -> String {
        let url = |server: &Server| format!("redis://127.0.0.1:{}", server.port);
        self.servers.iter().map(url).collect::<Vec<_>>().join(",")
    }

    /// Everything in it is lost.
    pub(crate) fn flush(&self) {
        for server in &self.servers {
            assert_eq!(server.ask(&["flushall"]).trim(), "OK");
        }
    }

    /// Puts a word where the log of a session was.
    pub(crate) fn spoil_log(&self, session: SessionId) {
        let log = format!("cadence:{{{session}}}:log");
        for server in &self.servers {
            assert_eq!(server.ask(&["set", &log, "soup"]).trim(), "OK");
        }
    }

    /// Moves the end of each node's lease in a session a minute into the past.
    pub(crate) fn end_leases(&self, session: SessionId) {
        let seats = format!("cadence:{{{session}}}:seats");
        for server in &self.servers {
            let reports = server.ask(&["hgetall", &seats]);
            let lines: Vec<&str> = reports.lines().collect();
            for report in lines.chunks_exact(2) {
                let (until, devices) = report[1].split_once(' ').unwrap();
                let over = until.parse::<i64>().unwrap() - 75_000;
                server.ask(&["hset", &seats, report[0], &format!("{over} {devices}")]);
            }
        }
    }

    /// How many sessions somebody listens to.
    pub(crate) fn sessions_heard(&self) -> usize {
        let is_session = |channel: &&str| {
            channel.rsplit(':').next().is_some_and(|name| Uuid::try_parse(name).is_ok())
        };
        let heard = |server: &Server| {
            server.ask(&["pubsub", "channels"]).lines().filter(is_session).count()
        };
        self.servers.iter().map(heard).sum()
    }

    /// The connections that listen break, all others stay; how many they were.
    pub(crate) fn cut_listeners(&self) -> usize {
        let cut = |server: &Server| server.ask(&["client", "kill", "type", "pubsub"]);
        self.servers.iter().map(|server| cut(server).trim().parse::<usize>().unwrap()).sum()
    }

    /// It dies at once, and everything in it is lost.
    pub(crate) fn stop(&mut self) {
        self.servers.iter_mut().for_each(Server::kill);
    }

    /// It says nothing any more and takes everything, as behind a network that is down.
    pub(crate) fn freeze(&self) {
        self.servers.iter().for_each(|server| server.signal(Signal::STOP));
    }

    /// It goes on where it was.
    pub(crate) fn thaw(&self) {
        self.servers.iter().for_each(|server| server.signal(Signal::CONT));
    }

    /// It is there again, on the same port, and empty.
    pub(crate) fn start(&mut self) {
        self.servers.iter_mut().for_each(Server::run);
    }

    fn until(&self, condition: impl Fn() -> bool) {
        until(condition, "the cluster");
    }
}

impl Server {
    fn start(cluster_port: Option<u16>) -> Self {
        let folder = TempDir::new().unwrap();
        let mut server = Self { port: free_port(), cluster_port, folder, process: None };
        server.run();
        server
    }

    fn run(&mut self) {
        let mut redis = Command::new("redis-server");
        redis
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no"])
            .current_dir(self.folder.path())
            .stdout(Stdio::null());
        if let Some(port) = self.cluster_port {
            redis.args(["--cluster-enabled", "yes", "--cluster-port", &port.to_string()]);
        }
        let process = redis.spawn();
        let process = process.expect("run me through `cargo xtask test`, which gets Redis");
        let id = format!("process_id:{}", process.id());
        self.process = Some(process);
        until(|| self.answers(&id), "a Redis server");
    }

    /// Whether it is this process that answers, and not another test's on the same port.
    fn answers(&mut self, process_id: &str) -> bool {
        let ended = self.process.as_mut().and_then(|process| process.try_wait().unwrap());
        assert!(ended.is_none(), "Redis on port {} ended: {ended:?}", self.port);
        self.ask(&["info", "server"]).lines().any(|line| line.trim() == process_id)
    }

    fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    fn signal(&self, signal: Signal) {
        let process = self.process.as_ref().map(|process| process.id());
        let process = process.and_then(|id| Pid::from_raw(id.cast_signed()));
        kill_process(process.expect("it runs"), signal).unwrap();
    }

    fn ask(&self, words: &[&str]) -> String {
        let port = self.port.to_string();
        let said = Command::new("redis-cli").args(["-p", &port]).args(words).output();
        String::from_utf8_lossy(&said.expect("redis-cli").stdout).into_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn until(mut condition: impl FnMut() -> bool, what: &str) {
    let patience = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < patience, "{what} does not start");
        std::thread::sleep(Duration::from_millis(20));
    }
}
