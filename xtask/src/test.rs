//! `cargo xtask test`: every check of this project, in the order in which they fail fastest.

use std::ffi::OsStr;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::browser_tests::{BrowserTests, Engines};
use crate::report::{RunReport, TestResults, read_rust_results};
use crate::services::Services;
use crate::tools::Chromium;
use crate::workspace::{Mode, PACKAGES, Workspace, find_program, output_of, run, run_and_keep};
use crate::{budgets, dependencies, site, tools, wasm};

/// Worlds of the simulation in every test run; `cargo xtask sim` takes any number.
const SEEDS: &str = "5000";

/// Why a step has nothing to work with.
const STEP_BEFORE: &str = "not run, because a step before it failed";

/// What the command line asks of the tests.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct TestOptions {
    /// Without the release client and without browsers.
    pub(crate) fast: bool,
    /// Only tests with this in their name; empty means all.
    pub(crate) filter: String,
}

/// Runs every step, also after one failed. Returns whether all of them passed.
pub(crate) fn test(workspace: &Workspace, options: &TestOptions) -> Result<bool> {
    let mut report = RunReport::default();
    let chromium = report.step("tools", |_| find_tools(workspace, options.fast)).flatten();
    let engines = if options.fast {
        None
    } else {
        report.step("tools (engines)", |_| Engines::find(workspace))
    };

    if options.filter.is_empty() {
        report.step("format", |_| run(&mut workspace.cargo(["fmt", "--all", "--check"])));
        report.step("clippy", |_| run(&mut clippy(workspace, &["--all-targets"])));
        report.step("clippy (wasm)", |_| run(&mut clippy(workspace, &WASM_FRONTEND)));
        report.step("features (wasm)", |_| no_ssr_in_wasm(workspace));
        report.step("dependencies", |_| dependencies::check(workspace));
    }

    // Without them the tests that need them fail with that reason, and the others run.
    let services = report.step("services", |_| Services::start(workspace));
    report.step("tests", |results| {
        rust_tests(workspace, &PACKAGES, services.as_ref(), options, results)
    });
    drop(services);
    if options.filter.is_empty() {
        report.step("simulation", |_| run(&mut simulation(workspace, &["--seeds", SEEDS])));
    }
    report.step("tests of xtask", |results| {
        rust_tests(workspace, &["xtask"], None, options, results)
    });

    if !options.fast {
        browser_steps(workspace, options, chromium.as_ref(), engines.as_ref(), &mut report);
    }

    let (passed, failed) = report.total();
    if !options.filter.is_empty() && passed + failed == 0 {
        report.step("filter", |_| -> Result<()> {
            bail!("no test has `{}` in its name", options.filter)
        });
    }
    report.print();
    Ok(report.all_ok())
}

/// The release client, its sizes, and the tests in each browser.
fn browser_steps(
    workspace: &Workspace,
    options: &TestOptions,
    chromium: Option<&Chromium>,
    engines: Option<&Engines>,
    report: &mut RunReport,
) {
    let site = report.step("client (release)", |_| {
        let clients = wasm::build(workspace, Mode::Release)?;
        site::assemble(workspace, Mode::Release, &clients)
    });
    if let Some(site) = &site {
        report.step("sizes", |_| budgets::check(workspace, site));
    }
    let tests = report.step("browsers (build)", |_| {
        let site = site.as_ref().context(STEP_BEFORE)?;
        BrowserTests::prepare(workspace, site, &options.filter)
    });
    report.step("chromium", |results| {
        let chromium = chromium.context(STEP_BEFORE)?;
        tests.as_ref().context(STEP_BEFORE)?.in_chromium(chromium, results)
    });
    report.step("firefox and webkit", |results| {
        let engines = engines.context(STEP_BEFORE)?;
        tests.as_ref().context(STEP_BEFORE)?.in_engines(engines, results)
    });
}

/// Chromium is `None` when the tests run without a browser.
fn find_tools(workspace: &Workspace, fast: bool) -> Result<Option<Chromium>> {
    tools::rust_components(workspace)?;
    tools::wasm_target(workspace)?;
    tools::redis(workspace)?;
    if fast {
        return Ok(None);
    }
    tools::rust_source(workspace)?;
    tools::end2end_packages(workspace)?;
    tools::chromium(workspace).map(Some)
}

const WASM_FRONTEND: [&str; 2] = ["--package=frontend", "--target=wasm32-unknown-unknown"];

/// In release: a million worlds take minutes there, and hours otherwise.
pub(crate) fn simulation<S: AsRef<OsStr>>(workspace: &Workspace, args: &[S]) -> Command {
    let mut cargo = workspace.cargo(["run", "--release", "--package=sim", "--"]);
    cargo.args(args);
    cargo
}

/// Denies warnings through clippy's own arguments; RUSTFLAGS would rebuild everything.
fn clippy(workspace: &Workspace, what: &[&str]) -> Command {
    workspace.cargo([&["clippy"], what, &["--", "--deny=warnings"]].concat())
}

/// With `ssr` in the browser, every event handler of leptos is `None` and panics.
fn no_ssr_in_wasm(workspace: &Workspace) -> Result<()> {
    let words = ["tree", "--edges=features", "--invert=tachys"];
    let tree = output_of(workspace.cargo(words).args(WASM_FRONTEND))?;
    let found: Vec<_> = tree.lines().filter(|line| line.contains("feature \"ssr\"")).collect();
    if !found.is_empty() {
        bail!("the client is built with server rendering:\n{}", found.join("\n"));
    }
    Ok(())
}

/// Unit and integration tests, with nextest where it is installed.
fn rust_tests(
    workspace: &Workspace,
    packages: &[&str],
    services: Option<&Services>,
    options: &TestOptions,
    results: &mut TestResults,
) -> Result<()> {
    let packages: Vec<_> = packages.iter().map(|name| format!("--package={name}")).collect();
    let mut cargo = if find_program("cargo-nextest").is_some() {
        workspace.cargo(["nextest", "run", "--no-fail-fast", "--no-tests=pass"])
    } else {
        workspace.cargo(["test", "--no-fail-fast", "--tests"])
    };
    cargo.args(&packages).envs(services.map(Services::variables).unwrap_or_default());
    if !options.filter.is_empty() {
        cargo.args(["--", &options.filter]);
    }
    let (status, output) = run_and_keep(&mut cargo)?;
    *results = read_rust_results(&output);
    if !status.success() {
        bail!("{} tests failed ({status})", results.failed);
    }
    Ok(())
}
