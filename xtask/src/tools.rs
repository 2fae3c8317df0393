//! Programs that the build and the tests need: found, installed after saying so, or named.

mod browsers;
mod packages;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::file_hash::file_hash;
use crate::workspace::{Workspace, find_program, output_of, run};
use packages::{Family, apt_install, npm, packaged, rustup};

pub(crate) use browsers::{Chromium, chromium, firefox, webkit};

/// The packages of a release build: binaryen, whose compilation from source takes minutes, and terser.
const BUILD_TOOLS: &str = "xtask/tools";

/// Lets rustc compile for the browser.
pub(crate) fn wasm_target(workspace: &Workspace) -> Result<()> {
    let target = "wasm32-unknown-unknown";
    let mut rustc = workspace.command("rustc");
    let folder = output_of(rustc.args(["--print", "target-libdir", "--target", target]))?;
    if Path::new(folder.trim()).is_dir() {
        return Ok(());
    }
    println!("   {target} is missing; adding it with rustup");
    rustup(workspace, &["target", "add", target])
}

/// The source of the standard library, which a release client compiles for itself.
pub(crate) fn rust_source(workspace: &Workspace) -> Result<()> {
    let sysroot = output_of(workspace.command("rustc").args(["--print", "sysroot"]))?;
    if Path::new(sysroot.trim()).join("lib/rustlib/src/rust/library/std/Cargo.toml").is_file() {
        return Ok(());
    }
    println!("   rust-src is missing; adding it with rustup");
    rustup(workspace, &["component", "add", "rust-src"])
}

/// rustfmt and clippy, which a minimal toolchain lacks.
pub(crate) fn rust_components(workspace: &Workspace) -> Result<()> {
    for (name, command) in [("rustfmt", "fmt"), ("clippy", "clippy")] {
        let found = workspace.cargo([command, "--version"]).output()?.status.success();
        if !found {
            println!("   {name} is missing; adding it with rustup");
            rustup(workspace, &["component", "add", name])?;
        }
    }
    Ok(())
}

/// The script `wasm-opt`.
pub(crate) fn wasm_opt(workspace: &Workspace) -> Result<PathBuf> {
    Ok(npm_packages(workspace, BUILD_TOOLS)?.join("binaryen/bin/wasm-opt"))
}

/// The script `terser`, which makes scripts small.
pub(crate) fn terser(workspace: &Workspace) -> Result<PathBuf> {
    Ok(npm_packages(workspace, BUILD_TOOLS)?.join("terser/bin/terser"))
}

/// The versions of the programs that a release client goes through.
pub(crate) fn build_tools_lock(workspace: &Workspace) -> Result<Vec<u8>> {
    npm_lock(workspace, BUILD_TOOLS)
}

/// Playwright and what else `end2end/package-lock.json` lists.
pub(crate) fn end2end_packages(workspace: &Workspace) -> Result<()> {
    npm_packages(workspace, "end2end").map(drop)
}

/// The folder `node_modules` of a folder with a `package-lock.json`, with what that lists.
fn npm_packages(workspace: &Workspace, folder: &str) -> Result<PathBuf> {
    node()?;
    let packages = workspace.root(folder).join("node_modules");
    // Inside of it, so that both disappear together.
    let stamp = packages.join(".installed-from");
    let wanted = file_hash(&npm_lock(workspace, folder)?);
    if !fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        println!("   {folder}/node_modules is missing or old; running npm ci");
        let mut npm = npm(workspace, &["ci"]);
        npm.current_dir(workspace.root(folder)).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
        run(&mut npm)?;
        fs::write(stamp, wanted)?;
    }
    Ok(packages)
}

fn npm_lock(workspace: &Workspace, folder: &str) -> Result<Vec<u8>> {
    let lock = workspace.root(folder).join("package-lock.json");
    fs::read(&lock).with_context(|| lock.display().to_string())
}

/// The folder with PostgreSQL's programs.
pub(crate) fn postgres(workspace: &Workspace) -> Result<PathBuf> {
    if let Some(folder) = find_postgres() {
        return Ok(folder);
    }
    match Family::of_this_machine() {
        Family::Debian | Family::Ubuntu => {
            apt_install(workspace, &["postgresql"])?;
            find_postgres().context("apt installed postgresql, but its programs are not found")
        }
        Family::Other => bail!(
            "PostgreSQL is missing. Install its server, for example: `brew install postgresql@17` \
             (macOS; add its bin folder to PATH), `dnf install postgresql-server` (Fedora), \
             `pacman -S postgresql` (Arch); or set CADENCE_TEST_POSTGRES to the address of one"
        ),
    }
}

/// `redis-server` and `redis-cli`.
pub(crate) fn redis(workspace: &Workspace) -> Result<()> {
    packaged(workspace, "redis-server", &["redis-server", "redis-cli"], "redis")
}

/// `haproxy`, in front of several nodes.
pub(crate) fn haproxy(workspace: &Workspace) -> Result<()> {
    packaged(workspace, "haproxy", &["haproxy"], "haproxy")
}

/// Debian keeps the server's programs out of `PATH`, in a folder per version.
pub(crate) fn find_postgres() -> Option<PathBuf> {
    let complete = |folder: &PathBuf| {
        ["postgres", "initdb", "pg_ctl", "pg_isready"].iter().all(|p| folder.join(p).is_file())
    };
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    versions.sort();
    let newest = versions.into_iter().rev().map(|(_, folder)| folder).find(complete);
    newest.or_else(|| {
        let initdb = find_program("initdb")?;
        Some(initdb.canonicalize().ok()?.parent()?.to_path_buf()).filter(complete)
    })
}

/// Node brings its own package manager; it is named and not installed, since which version a
/// machine should have is its owner's decision.
fn node() -> Result<()> {
    for name in ["node", "npm"] {
        if find_program(name).is_none() {
            bail!(
                "{name} is missing: install Node 20 or later (https://nodejs.org, or \
                 `apt-get install nodejs npm` on Debian and Ubuntu)"
            );
        }
    }
    Ok(())
}
