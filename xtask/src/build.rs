//! Client, site and server, built one after the other.

use std::path::PathBuf;

use anyhow::Result;

use crate::report::timed_step;
use crate::site::{self, Site};
use crate::workspace::{Mode, Workspace};
use crate::{server, wasm};

/// Everything that a start of the server needs.
pub(crate) struct Built {
    pub(crate) server: PathBuf,
    pub(crate) site: Site,
}

pub(crate) fn build(workspace: &Workspace, mode: Mode) -> Result<Built> {
    let clients = timed_step("clients", || wasm::build(workspace, mode))?;
    let site = timed_step("site", || site::assemble(workspace, mode, &clients))?;
    let server = timed_step("server", || server::build(workspace, mode))?;
    println!("{}", site.summary()?);
    Ok(Built { server, site })
}
