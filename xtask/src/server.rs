//! The server's executable.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::workspace::{Mode, Workspace, run};

const NAME: &str = "cadence-server";

pub(crate) fn build(workspace: &Workspace, mode: Mode) -> Result<PathBuf> {
    let mut cargo = workspace.cargo(["build", "--package", NAME]);
    if mode == Mode::Release {
        cargo.arg("--release");
    }
    run(&mut cargo)?;
    Ok(executable(workspace, mode))
}

/// A copy in a folder of its own, so that a build that goes on at the same time does not change
/// what is under test.
pub(crate) fn copy_for_browsers(workspace: &Workspace) -> Result<PathBuf> {
    let built = executable(workspace, Mode::Dev);
    let folder = workspace.target("end2end");
    fs::create_dir_all(&folder)?;
    let copy = folder.join(built.file_name().unwrap_or(NAME.as_ref()));
    fs::copy(&built, &copy).with_context(|| format!("cannot copy {}", built.display()))?;
    Ok(copy)
}

fn executable(workspace: &Workspace, mode: Mode) -> PathBuf {
    let profile = match mode {
        Mode::Dev => "debug",
        Mode::Release => "release",
    };
    workspace.target(profile).join(format!("{NAME}{}", std::env::consts::EXE_SUFFIX))
}
