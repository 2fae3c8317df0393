//! A throwaway PostgreSQL server.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::place::{folder, free_port, password};
use crate::tools;
use crate::workspace::{Workspace, output_of, run};

/// Tells the tests where PostgreSQL is. Set beforehand, it names a server that is there already,
/// and a user of it who may make databases and end connections. The databases `test_…` stay there.
pub(super) const VARIABLE: &str = "CADENCE_TEST_POSTGRES";

/// How long a start may take; a second is usual.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) struct Postgres {
    url: String,
    running: Option<Running>,
}

impl Postgres {
    pub(super) fn start(workspace: &Workspace) -> Result<Self> {
        if let Ok(url) = std::env::var(VARIABLE) {
            println!("   PostgreSQL: the server that {VARIABLE} names");
            return Ok(Self { url, running: None });
        }
        let programs = tools::postgres(workspace)?;
        let user = User::for_servers(workspace)?;
        let folder = folder(workspace, "postgres", user.is_some())?;
        // From here on the folder is removed, whatever happens.
        let mut running = Running { programs, user, folder, server: None };
        let password = password()?;
        let port = free_port()?;
        running.make(workspace, &password)?;
        running.start(workspace, port)?;
        let url = format!("postgres://postgres:{password}@127.0.0.1:{port}/postgres");
        println!("   PostgreSQL: {} on port {port}", running.programs.display());
        Ok(Self { url, running: Some(running) })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.running.take());
    }
}

/// A server with its data, both gone when it is dropped.
struct Running {
    /// The folder of `postgres`, `initdb` and the rest.
    programs: PathBuf,
    user: Option<User>,
    folder: PathBuf,
    server: Option<Child>,
}

impl Running {
    fn make(&self, workspace: &Workspace, password: &str) -> Result<()> {
        let file = self.folder.join("password");
        fs::write(&file, password)?;
        if let Some(user) = &self.user {
            user.own(&self.folder)?;
            user.own(&file)?;
        }
        let mut initdb = self.command(workspace, "initdb");
        initdb
            .args(["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--no-locale"])
            .args(["--no-sync", "--no-instructions"])
            .arg(format!("--pwfile={}", file.display()))
            .arg("--pgdata")
            .arg(self.data())
            .stdout(self.log("initdb.log")?);
        run(&mut initdb)?;
        Ok(fs::remove_file(file)?)
    }

    fn start(&mut self, workspace: &Workspace, port: u16) -> Result<()> {
        let mut postgres = self.command(workspace, "postgres");
        postgres.arg("-D").arg(self.data());
        for setting in [
            "listen_addresses=127.0.0.1",
            &format!("port={port}"),
            "unix_socket_directories=",
            "max_connections=200",
            // Every test makes a database, which is written to the log once more.
            "max_wal_size=256MB",
        ] {
            postgres.args(["-c", setting]);
        }
        postgres.stdout(self.log("server.log")?).stderr(self.log("server.log")?);
        let server = postgres.spawn().context("postgres cannot be started")?;
        let server = self.server.insert(server);
        let begun = Instant::now();
        loop {
            if server.try_wait()?.is_some() || begun.elapsed() > PATIENCE {
                let log = fs::read_to_string(self.folder.join("server.log")).unwrap_or_default();
                bail!("PostgreSQL did not start:\n{log}");
            }
            let mut ready = workspace.command(self.programs.join("pg_isready"));
            ready.args(["--quiet", "--host=127.0.0.1", &format!("--port={port}")]);
            if ready.status().context("pg_isready cannot be started")?.success() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn command(&self, workspace: &Workspace, program: &str) -> Command {
        command(workspace, &self.programs.join(program), self.user.as_ref(), &self.folder)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn log(&self, name: &str) -> Result<fs::File> {
        let file = self.folder.join(name);
        let open = fs::OpenOptions::new().create(true).append(true).open(&file);
        open.with_context(|| format!("cannot write {}", file.display()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            let mut stop = Command::new(self.programs.join("pg_ctl"));
            let stop = stop_fast(&mut stop, &self.data());
            if let Some(user) = &self.user {
                user.take_on(stop);
            }
            let stopped = stop.current_dir(&self.folder).status();
            if !stopped.is_ok_and(|status| status.success()) {
                // It may have ended by itself, by Ctrl-C.
                let _ = server.kill();
            }
            let _ = server.wait();
        }
        // A folder that cannot be removed does no harm; the next start tries again.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The data is removed afterwards, so the server may stop without writing it.
fn stop_fast<'c>(pg_ctl: &'c mut Command, data: &Path) -> &'c mut Command {
    pg_ctl.args(["stop", "--silent", "--wait", "--mode=immediate", "--pgdata"]).arg(data)
}

/// Stops the server in a folder that another run has left.
pub(super) fn stop_abandoned(workspace: &Workspace, folder: &Path) {
    let data = folder.join("data");
    if !data.join("postmaster.pid").exists() {
        return;
    }
    let (Some(programs), Ok(user)) = (tools::find_postgres(), User::for_servers(workspace)) else {
        return;
    };
    println!("   stopping the PostgreSQL server of a run that was killed");
    let mut pg_ctl = command(workspace, &programs.join("pg_ctl"), user.as_ref(), folder);
    // One that does not run any more is what is wanted.
    let _ = stop_fast(&mut pg_ctl, &data).status();
}

fn command(workspace: &Workspace, program: &Path, user: Option<&User>, folder: &Path) -> Command {
    let mut command = workspace.command(program);
    command.current_dir(folder);
    if let Some(user) = user {
        user.take_on(&mut command);
    }
    command
}

/// PostgreSQL refuses to run as root: then it runs as the user that its package makes.
#[derive(Clone, Copy)]
struct User {
    id: u32,
    group: u32,
}

impl User {
    /// `None` when this process is not root and can run servers itself.
    fn for_servers(workspace: &Workspace) -> Result<Option<Self>> {
        let id = |args: &[&str]| -> Result<u32> {
            Ok(output_of(workspace.command("id").args(args))?.trim().parse()?)
        };
        if id(&["-u"])? != 0 {
            return Ok(None);
        }
        let postgres = |flag| {
            id(&[flag, "postgres"]).context(
                "PostgreSQL does not run as root, and there is no user `postgres` to run it as: \
                 `useradd --system postgres` makes one",
            )
        };
        Ok(Some(Self { id: postgres("-u")?, group: postgres("-g")? }))
    }

    #[cfg(unix)]
    fn own(self, path: &Path) -> Result<()> {
        std::os::unix::fs::chown(path, Some(self.id), Some(self.group))
            .with_context(|| format!("cannot hand {} over", path.display()))
    }

    #[cfg(unix)]
    fn take_on(self, command: &mut Command) {
        use std::os::unix::process::CommandExt;
        command.uid(self.id).gid(self.group);
    }

    #[cfg(not(unix))]
    fn own(self, _: &Path) -> Result<()> {
        Ok(())
    }

    #[cfg(not(unix))]
    fn take_on(self, _: &mut Command) {}
}
