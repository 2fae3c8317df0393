//! Servers that the tests need: started for them on free ports, with data of their own, and
//! stopped when the tests end.

mod postgres;

use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::workspace::Workspace;
use postgres::Postgres;

/// All of them. They stop when this is dropped, which a failed test does not prevent. Ctrl-C
/// reaches them by itself, since they belong to the terminal's process group; what a harder end
/// has left behind is stopped and removed by the next start.
pub(crate) struct Services {
    postgres: Postgres,
}

impl Services {
    pub(crate) fn start(workspace: &Workspace) -> Result<Self> {
        remove_abandoned(workspace);
        Ok(Self { postgres: Postgres::start(workspace)? })
    }

    /// The server's settings that name the database.
    pub(crate) fn database(&self) -> [(&'static str, String); 1] {
        [("CADENCE_DATABASE__URL", self.postgres.url().to_owned())]
    }

    /// Where the tests find them.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        vec![(postgres::VARIABLE, self.postgres.url().to_owned())]
    }
}

/// A folder of this run, gone when it is dropped.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(workspace: &Workspace, name: &str) -> Result<Self> {
        folder(workspace, name, false).map(Self)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that cannot be removed does no harm; the next start tries again.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A folder for one service of this run, named after both.
fn folder(workspace: &Workspace, service: &str, for_another_user: bool) -> Result<PathBuf> {
    let [usual, elsewhere] = places(workspace);
    fs::create_dir_all(&usual).with_context(|| format!("cannot make {}", usual.display()))?;
    // A repository in /root, for example, is closed to others.
    let place = if !for_another_user || everybody_may_enter(&usual) { usual } else { elsewhere };
    let folder = place.join(format!("{PREFIX}{service}-{}", std::process::id()));
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

const PREFIX: &str = "cadence-";

/// Where the folders are: here, or where every user may enter.
fn places(workspace: &Workspace) -> [PathBuf; 2] {
    [workspace.target("services"), std::env::temp_dir()]
}

#[cfg(unix)]
fn everybody_may_enter(folder: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let enters = |folder: &Path| {
        fs::metadata(folder).is_ok_and(|data| data.permissions().mode() & 0o001 != 0)
    };
    folder.ancestors().filter(|part| !part.as_os_str().is_empty()).all(enters)
}

#[cfg(not(unix))]
fn everybody_may_enter(_: &Path) -> bool {
    true
}

/// Ends what a run that was killed has left behind.
fn remove_abandoned(workspace: &Workspace) {
    let folders = places(workspace).into_iter().filter_map(|place| fs::read_dir(place).ok());
    for folder in folders.flatten().flatten() {
        let name = folder.file_name();
        let name = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.rsplit_once('-'));
        let Some((service, process)) = name else { continue };
        let Ok(process) = process.parse::<u32>() else { continue };
        if runs(workspace, process) {
            continue;
        }
        if service == "postgres" {
            postgres::stop_abandoned(workspace, &folder.path());
        }
        // A folder that cannot be removed does no harm.
        let _ = fs::remove_dir_all(folder.path());
    }
}

fn runs(workspace: &Workspace, process: u32) -> bool {
    let mut shell = workspace.command("sh");
    shell.args(["-c", &format!("kill -0 {process} 2>/dev/null")]);
    shell.status().is_ok_and(|status| status.success())
}

/// A port that is free at this moment.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("no free port")?;
    Ok(listener.local_addr()?.port())
}

/// A password for one run.
fn password() -> Result<String> {
    let mut random = [0_u8; 16];
    fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut random))?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}
