//! Servers that the tests need: started for them on free ports, with data of their own, and
//! stopped when the tests end.

mod place;
mod postgres;

use std::fs;

use anyhow::Result;

use crate::workspace::Workspace;
pub(crate) use place::{Folder, free_port};
use place::{PREFIX, places};
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
