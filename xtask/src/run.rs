//! Starting the server with demo data.

use std::process::Command;

use anyhow::Result;

use crate::build::Built;
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace, built: &Built, server_args: &[String]) -> Result<()> {
    let mut server = Command::new(&built.server);
    server
        .current_dir(workspace.root(""))
        .args(["serve", "--demo"])
        .args(server_args)
        .env("LEPTOS_SITE_ROOT", &built.site.folder);
    // A phone can only join over the network; the server generates the demo's passwords then.
    if std::env::var_os("LEPTOS_SITE_ADDR").is_none() {
        server.env("LEPTOS_SITE_ADDR", "0.0.0.0:3000");
    }
    start(&mut server)
}

/// The server takes the place of this process: Ctrl-C and every other signal reach it
/// directly, and no server can be left behind.
#[cfg(unix)]
fn start(server: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt;
    Err(anyhow::Error::new(server.exec()).context("the server cannot be started"))
}

#[cfg(not(unix))]
fn start(server: &mut Command) -> Result<()> {
    crate::workspace::run(server)
}
