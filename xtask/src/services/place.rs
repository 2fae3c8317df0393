//! Where a service of one run keeps its data, and where it listens.

use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;

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
pub(super) fn folder(
    workspace: &Workspace,
    service: &str,
    for_another_user: bool,
) -> Result<PathBuf> {
    let [usual, elsewhere] = places(workspace);
    fs::create_dir_all(&usual).with_context(|| format!("cannot make {}", usual.display()))?;
    // A repository in /root, for example, is closed to others.
    let place = if !for_another_user || everybody_may_enter(&usual) { usual } else { elsewhere };
    let folder = place.join(format!("{PREFIX}{service}-{}", std::process::id()));
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

pub(super) const PREFIX: &str = "cadence-";

/// Where the folders are: here, or where every user may enter.
pub(super) fn places(workspace: &Workspace) -> [PathBuf; 2] {
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

/// Ports that Linux and macOS by default give to no outgoing connection, which could take a free one
/// before a service is started on it.
const SERVICE_PORTS: std::ops::Range<u16> = 10_000..20_000;

/// A port on which nothing listens.
pub(crate) fn free_port() -> Result<u16> {
    for _ in 0..1_000 {
        let port = SERVICE_PORTS.start
            + u16::from_le_bytes(random()?) % (SERVICE_PORTS.end - SERVICE_PORTS.start);
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    bail!("no free port in {SERVICE_PORTS:?}")
}

/// A password for one run.
pub(super) fn password() -> Result<String> {
    Ok(random::<16>()?.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0_u8; N];
    fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes))?;
    Ok(bytes)
}
