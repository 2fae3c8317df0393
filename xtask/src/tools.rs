//! Programs that the build and the tests need: found, installed after saying so, or named.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::file_hash::file_hash;
use crate::workspace::{Workspace, find_program, output_of, run};

const BINARYEN: &str = "132.0.0";

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

/// The script `wasm-opt` of the npm package binaryen; compiling it from source takes minutes.
pub(crate) fn wasm_opt(workspace: &Workspace) -> Result<PathBuf> {
    node()?;
    let folder = workspace.target("tools");
    let package = folder.join("node_modules/binaryen");
    let version = format!("\"version\": \"{BINARYEN}\"");
    let found = fs::read_to_string(package.join("package.json"));
    if !found.is_ok_and(|manifest| manifest.contains(&version)) {
        println!("   wasm-opt is missing; installing binaryen {BINARYEN} with npm");
        fs::create_dir_all(&folder)?;
        let mut npm = npm(workspace, &["install", "--no-save", "--no-package-lock"]);
        npm.arg("--prefix").arg(&folder).arg(format!("binaryen@{BINARYEN}"));
        run(&mut npm)?;
    }
    Ok(package.join("bin/wasm-opt"))
}

/// Playwright and what else `end2end/package-lock.json` lists.
pub(crate) fn end2end_packages(workspace: &Workspace) -> Result<()> {
    node()?;
    let folder = workspace.root("end2end");
    let lock = fs::read(folder.join("package-lock.json")).context("end2end/package-lock.json")?;
    // Inside node_modules, so that both disappear together.
    let stamp = folder.join("node_modules/.installed-from");
    let wanted = file_hash(&lock);
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    println!("   end2end/node_modules is missing or old; running npm ci");
    let mut npm = npm(workspace, &["ci"]);
    run(npm.current_dir(&folder).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"))?;
    fs::write(stamp, wanted)?;
    Ok(())
}

/// The browser for the tests.
pub(crate) enum Chromium {
    At(PathBuf),
    /// The one that Playwright installs and finds by itself.
    OfPlaywright,
}

pub(crate) fn chromium(workspace: &Workspace) -> Result<Chromium> {
    if let Some(file) = find_chromium()? {
        return Ok(Chromium::At(file));
    }
    match family(&fs::read_to_string("/etc/os-release").unwrap_or_default()) {
        Family::Debian => {
            apt_install(workspace, &["chromium", "fonts-liberation"])?;
            let file = find_chromium()?.context("apt installed chromium, but it is not in PATH")?;
            Ok(Chromium::At(file))
        }
        // There the package `chromium` only points to a snap, which no container can run.
        Family::Ubuntu => {
            playwright_chromium(workspace)?;
            Ok(Chromium::OfPlaywright)
        }
        Family::Other => bail!(
            "Chromium is missing. Install it and set CHROMIUM to its executable, for example: \
             `brew install --cask chromium` (macOS), `dnf install chromium` (Fedora), \
             `pacman -S chromium` (Arch)"
        ),
    }
}

/// The folder with PostgreSQL's programs.
pub(crate) fn postgres(workspace: &Workspace) -> Result<PathBuf> {
    if let Some(folder) = find_postgres() {
        return Ok(folder);
    }
    match family(&fs::read_to_string("/etc/os-release").unwrap_or_default()) {
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

/// Programs of a Debian package, under the name that it has elsewhere.
fn packaged(
    workspace: &Workspace,
    package: &str,
    programs: &[&str],
    elsewhere: &str,
) -> Result<()> {
    let are_there = || programs.iter().all(|program| find_program(program).is_some());
    if are_there() {
        return Ok(());
    }
    match family(&fs::read_to_string("/etc/os-release").unwrap_or_default()) {
        Family::Debian | Family::Ubuntu => {
            apt_install(workspace, &[package])?;
            match are_there() {
                true => Ok(()),
                false => bail!("apt installed {package}, but its programs are not found"),
            }
        }
        Family::Other => bail!(
            "{elsewhere} is missing. Install it, for example: `brew install {elsewhere}` (macOS), \
             `dnf install {elsewhere}` (Fedora), `pacman -S {elsewhere}` (Arch)"
        ),
    }
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

fn find_chromium() -> Result<Option<PathBuf>> {
    if let Some(named) = std::env::var_os("CHROMIUM").map(PathBuf::from) {
        if !named.is_file() {
            bail!("CHROMIUM names {}, which is no file", named.display());
        }
        return Ok(Some(named));
    }
    let mac = Path::new("/Applications/Chromium.app/Contents/MacOS/Chromium");
    if mac.is_file() {
        return Ok(Some(mac.to_path_buf()));
    }
    // `chromium-browser` on Ubuntu is the script that points to the snap.
    Ok(["chromium", "google-chrome", "google-chrome-stable"].iter().find_map(|n| find_program(n)))
}

fn playwright_chromium(workspace: &Workspace) -> Result<()> {
    let end2end = workspace.root("end2end");
    let playwright = |args: &[&str]| {
        let mut command = workspace.command("npx");
        command.current_dir(&end2end).args(["--no-install", "playwright", "install"]).args(args);
        command
    };
    let plan = output_of(&mut playwright(&["--dry-run", "--only-shell", "chromium"]))?;
    let installed = plan
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Install location:"))
        .all(|folder| Path::new(folder.trim()).is_dir());
    if installed {
        return Ok(());
    }
    println!("   Chromium is missing; Playwright installs its own, and libraries with apt");
    run(&mut playwright(&["--with-deps", "--only-shell", "chromium"]))
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

fn npm(workspace: &Workspace, args: &[&str]) -> Command {
    let mut command = workspace.command("npm");
    command.args(args).args(["--no-audit", "--no-fund"]);
    command
}

fn rustup(workspace: &Workspace, args: &[&str]) -> Result<()> {
    if find_program("rustup").is_none() {
        bail!("run `rustup {}`; rustup is not here, see https://rustup.rs", args.join(" "));
    }
    run(workspace.command("rustup").args(args))
}

fn apt_install(workspace: &Workspace, packages: &[&str]) -> Result<()> {
    let names = packages.join(" ");
    let Some(rights) = root_rights(workspace)? else {
        bail!("run as root: apt-get update && apt-get install {names}");
    };
    println!("   {names}: missing; installing with apt-get");
    let apt_get = |args: &[&str]| {
        let words = [&rights[..], &["apt-get", "--yes", "--quiet"], args].concat();
        let mut command = workspace.command(words[0]);
        command.args(&words[1..]).env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    run(&mut apt_get(&["update"]))?;
    run(apt_get(&["install", "--no-install-recommends"]).args(packages))
}

/// What to write before a command to run it as root; `None` if there is no way.
fn root_rights(workspace: &Workspace) -> Result<Option<Vec<&'static str>>> {
    if output_of(workspace.command("id").arg("-u"))?.trim() == "0" {
        return Ok(Some(vec![]));
    }
    if find_program("sudo").is_none() {
        return Ok(None);
    }
    // Nobody is there to type a password in CI.
    let unattended = std::env::var_os("CI").is_some();
    Ok(Some(if unattended { vec!["sudo", "--non-interactive"] } else { vec!["sudo"] }))
}

/// Where packages come from.
#[derive(Debug, PartialEq)]
enum Family {
    Debian,
    Ubuntu,
    Other,
}

/// Reads the text of `/etc/os-release`.
fn family(os_release: &str) -> Family {
    let value = |key: &str| {
        let line = os_release.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        line.unwrap_or_default().trim_matches('"')
    };
    let mut ids = vec![value("ID")];
    ids.extend(value("ID_LIKE").split_whitespace());
    if ids.contains(&"ubuntu") {
        Family::Ubuntu
    } else if ids.contains(&"debian") {
        Family::Debian
    } else {
        Family::Other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_of_debian_or_ubuntu_is_treated_like_it() {
        assert_eq!(family("ID=debian\n"), Family::Debian);
        assert_eq!(family("ID=ubuntu\nID_LIKE=debian\n"), Family::Ubuntu);
        assert_eq!(family("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"), Family::Ubuntu);
        assert_eq!(family("ID=fedora\n"), Family::Other);
        assert_eq!(family(""), Family::Other);
    }
}
