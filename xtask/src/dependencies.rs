//! Licences, sources, banned crates and security advisories of all dependencies, by `cargo deny`
//! with the rules of `deny.toml`.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::workspace::{Workspace, find_program, run};

/// The version that is compiled where no `cargo-deny` is installed.
const CARGO_DENY: &str = "0.20.2";

/// Fails on a dependency that `deny.toml` does not allow. The advisory database comes from the
/// network: without a connection to it the other checks run, and the output names what was left out.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let program = cargo_deny(workspace)?;
    let deny = |args: &[&str]| {
        let mut command = workspace.command(&program);
        command.args(["--log-level", "error"]).args(args);
        command
    };
    run(&mut deny(&["check", "licenses", "bans", "sources"]))?;
    let fetched = deny(&["fetch", "db"]).output().context("cargo-deny cannot be started")?;
    if !fetched.status.success() {
        println!("   advisories NOT checked: the advisory database cannot be reached from here");
        return Ok(());
    }
    run(&mut deny(&["check", "--disable-fetch", "advisories"]))
}

/// `cargo-deny` of this machine, or one compiled into the target folder.
fn cargo_deny(workspace: &Workspace) -> Result<PathBuf> {
    if let Some(installed) = find_program("cargo-deny") {
        return Ok(installed);
    }
    let folder = workspace.target("tools");
    let program = folder.join("bin/cargo-deny");
    if !program.is_file() {
        println!("   cargo-deny is missing; compiling version {CARGO_DENY} (some minutes, once)");
        let package = format!("cargo-deny@{CARGO_DENY}");
        let words = ["install", "--locked", "--quiet", &package, "--root"];
        run(workspace.cargo(words).arg(&folder))?;
    }
    Ok(program)
}
