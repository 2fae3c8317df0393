//! Several servers on one machine, as an operator would run them on several: a PostgreSQL and a
//! Redis that they share, and a proxy in front. All data is gone when they stop.

use std::fs;
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::build::Built;
use crate::services::{Folder, Services, free_port};
use crate::tools;
use crate::workspace::Workspace;

/// Where the proxy listens: on this machine only.
const PROXY: &str = "127.0.0.1:3000";
const PUBLIC_URL: &str = "http://localhost:3000";

/// How long each part may take to start.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn run(
    workspace: &Workspace,
    built: &Built,
    count: u16,
    server_args: &[String],
) -> Result<()> {
    tools::redis(workspace)?;
    tools::haproxy(workspace)?;
    // Instead of ending at once: everything that was started is to be stopped.
    let stopped = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stopped);
    ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed))?;
    let services = Services::start(workspace)?;
    let folder = Folder::new(workspace, "nodes")?;
    let mut parts = Parts(Vec::new());

    let redis = free_port()?;
    let mut command = workspace.command("redis-server");
    command.args(["--port", &redis.to_string(), "--bind", "127.0.0.1"]);
    command.args(["--save", "", "--appendonly", "no"]).stdout(Stdio::null());
    parts.start("Redis", command.current_dir(folder.path()), redis)?;

    let mut ports = Vec::new();
    for number in 1..=count {
        let port = free_port()?;
        let mut node = workspace.command(&built.server);
        node.current_dir(workspace.root(""))
            .args(["serve", "--demo"])
            .args(server_args)
            .envs(services.database())
            .env("CADENCE_REDIS__URL", format!("redis://127.0.0.1:{redis}"))
            .env("CADENCE_SERVER__NAME", format!("node {number}"))
            .env("CADENCE_SERVER__PUBLIC_URL", PUBLIC_URL)
            .env("CADENCE_SERVER__TRUSTED_PROXIES", "127.0.0.1")
            .env("CADENCE_SERVER__UNREADY_SECONDS", "2")
            .env("LEPTOS_SITE_ADDR", format!("127.0.0.1:{port}"))
            .env("LEPTOS_SITE_ROOT", &built.site.folder);
        // All of them greet with the same words.
        if number > 1 {
            node.stdout(Stdio::null());
        }
        parts.start(&format!("node {number}"), &mut node, port)?;
        ports.push(port);
    }

    let settings = folder.path().join("haproxy.cfg");
    fs::write(&settings, proxy_settings(&ports))?;
    let mut proxy = workspace.command("haproxy");
    proxy.arg("-f").arg(&settings);
    parts.start("the proxy", &mut proxy, 3000)?;
    println!("  {count} nodes behind {PUBLIC_URL}; Ctrl-C stops them.");
    parts.wait(&stopped)
}

/// Round robin over the nodes whose `/health/ready` answers.
fn proxy_settings(ports: &[u16]) -> String {
    let servers = ports.iter().enumerate().map(|(number, port)| {
        format!("  server node{} 127.0.0.1:{port} check inter 500\n", number + 1)
    });
    format!(
        "\
defaults
  mode http
  timeout connect 1s
  timeout client 60s
  timeout server 60s
  timeout tunnel 1h
  timeout check 2s
frontend cadence
  bind {PROXY}
  default_backend nodes
backend nodes
  balance roundrobin
  option forwardfor
  option httpchk GET /health/ready
  option redispatch
  retries 3
{}",
        servers.collect::<String>()
    )
}

/// Programs that run until the first of them ends; then all are stopped.
struct Parts(Vec<(String, Child)>);

impl Parts {
    fn start(&mut self, name: &str, command: &mut Command, port: u16) -> Result<()> {
        let child = command.spawn().with_context(|| format!("{name} cannot be started"))?;
        self.0.push((name.to_owned(), child));
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if let Some(ended) = self.ended()? {
                bail!("{ended} ended before {name} was there");
            }
            if begun.elapsed() > PATIENCE {
                bail!("{name} does not start");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Until the person stops it, or a part ends that the others need.
    fn wait(mut self, stopped: &AtomicBool) -> Result<()> {
        while !stopped.load(Ordering::Relaxed) {
            if let Some(ended) = self.ended()? {
                bail!("{ended} has ended; the others are stopped");
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(())
    }

    /// The first part that does not run any more, apart from the nodes, which may be killed to see
    /// what happens.
    fn ended(&mut self) -> Result<Option<String>> {
        let mut nodes = 0;
        for (name, child) in &mut self.0 {
            let runs = child.try_wait()?.is_none();
            let is_node = name.starts_with("node ");
            nodes += usize::from(is_node && runs);
            if !runs && !is_node {
                return Ok(Some(name.clone()));
            }
        }
        let any_node = self.0.iter().any(|(name, _)| name.starts_with("node "));
        Ok((any_node && nodes == 0).then(|| "every node".to_owned()))
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        for (_, child) in self.0.iter_mut().rev() {
            // One that has ended by itself is what is wanted.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
