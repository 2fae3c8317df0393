//! The tests in browsers: all of them in Chromium, and the journeys in Firefox and WebKit. They run
//! against the development server with the client that is shipped.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::report::{TestResults, read_browser_results, timed_step};
use crate::site::{self, Site};
use crate::tools::{self, Chromium};
use crate::workspace::{Mode, PACKAGES, Workspace, run};
use crate::{server, wasm};

/// The engines that Playwright does not drive: Firefox, and the driver of WebKit.
pub(crate) struct Engines {
    firefox: PathBuf,
    webkit_driver: PathBuf,
}

impl Engines {
    pub(crate) fn find(workspace: &Workspace) -> Result<Self> {
        let firefox = tools::firefox(workspace)?;
        Ok(Self { firefox, webkit_driver: tools::webkit(workspace)? })
    }
}

/// Builds the shipped client and takes the pictures of the README from it.
pub(crate) fn take_pictures(workspace: &Workspace) -> Result<()> {
    let chromium = timed_step("tools", || {
        tools::end2end_packages(workspace)?;
        tools::chromium(workspace)
    })?;
    let clients = timed_step("client (release)", || wasm::build(workspace, Mode::Release))?;
    let site = timed_step("site", || site::assemble(workspace, Mode::Release, &clients))?;
    let tests = timed_step("server", || BrowserTests::prepare(workspace, &site, ""))?;
    timed_step("pictures", || tests.take_pictures(&chromium))
}

/// Everything that a run of the tests needs beside a browser.
pub(crate) struct BrowserTests<'a> {
    workspace: &'a Workspace,
    site: &'a Path,
    server: PathBuf,
    /// Only tests with this in their name; empty means all.
    filter: &'a str,
}

impl<'a> BrowserTests<'a> {
    /// Checks the types of the tests and builds their server.
    pub(crate) fn prepare(
        workspace: &'a Workspace,
        site: &'a Site,
        filter: &'a str,
    ) -> Result<Self> {
        run(npx(workspace).args(["tsc", "--noEmit"]))?;
        // The same build as for the tests in Rust: `cargo build` would leave out the features that
        // test dependencies turn on, and compile half of the tree once more.
        let packages = PACKAGES.iter().map(|name| format!("--package={name}"));
        run(workspace.cargo(["test", "--quiet", "--no-run", "--tests"]).args(packages))?;
        let server = server::copy_for_browsers(workspace)?;
        Ok(Self { workspace, site: &site.folder, server, filter })
    }

    /// Runs the tests in `end2end/tests`.
    pub(crate) fn in_chromium(&self, chromium: &Chromium, results: &mut TestResults) -> Result<()> {
        let mut playwright = self.playwright("tests");
        name_executable(&mut playwright, chromium);
        self.run(playwright, results)
    }

    /// Runs the journeys in `end2end/engines`. Their output has a folder of its own, since a run
    /// empties its folder.
    pub(crate) fn in_engines(&self, engines: &Engines, results: &mut TestResults) -> Result<()> {
        let mut playwright = self.playwright("engines");
        playwright
            .args(["--output", "test-results/engines"])
            .env("FIREFOX", &engines.firefox)
            .env("WEBKIT_DRIVER", &engines.webkit_driver);
        self.run(playwright, results)
    }

    /// Takes the pictures of the README anew.
    pub(crate) fn take_pictures(&self, chromium: &Chromium) -> Result<()> {
        let mut playwright = self.playwright("pictures");
        playwright.arg("--config=pictures.config.ts");
        name_executable(&mut playwright, chromium);
        run(&mut playwright)
    }

    /// Playwright for the tests in a folder; it looks for the argument in whole paths.
    fn playwright(&self, folder: &str) -> Command {
        let mut playwright = npx(self.workspace);
        playwright
            .args(["playwright", "test", &format!("end2end/{folder}/")])
            .env("CADENCE_SERVER_BIN", &self.server)
            .env("LEPTOS_SITE_ROOT", self.site);
        if !self.filter.is_empty() {
            playwright.args(["--pass-with-no-tests", "--grep", &escaped(self.filter)]);
        }
        playwright
    }

    fn run(&self, mut playwright: Command, results: &mut TestResults) -> Result<()> {
        let report = self.workspace.root("end2end/test-results/report.json");
        if report.exists() {
            fs::remove_file(&report)?;
        }
        let finished = run(&mut playwright);
        if let Ok(text) = fs::read_to_string(&report) {
            *results = read_browser_results(&text)?;
        }
        finished
    }
}

fn name_executable(playwright: &mut Command, chromium: &Chromium) {
    if let Chromium::At(executable) = chromium {
        playwright.env("CHROMIUM", executable);
    }
}

/// A program of `end2end/node_modules`.
fn npx(workspace: &Workspace) -> Command {
    let mut npx = workspace.command("npx");
    npx.current_dir(workspace.root("end2end")).arg("--no-install");
    npx
}

/// The filter is a plain part of a name; `--grep` takes a regular expression.
fn escaped(filter: &str) -> String {
    let special = |c: char| !c.is_alphanumeric() && c != ' ' && c != '_';
    filter.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_taken_literally() {
        assert_eq!(escaped("a.b (c)_d"), "a\\.b \\(c\\)_d");
    }
}
