//! The package managers: apt, npm and rustup.

use std::fs;
use std::process::Command;

use anyhow::{Result, bail};

use crate::workspace::{Workspace, find_program, output_of, run};

/// Programs of a Debian package, under the name that it has elsewhere.
pub(super) fn packaged(
    workspace: &Workspace,
    package: &str,
    programs: &[&str],
    elsewhere: &str,
) -> Result<()> {
    let are_there = || programs.iter().all(|program| find_program(program).is_some());
    if are_there() {
        return Ok(());
    }
    match Family::of_this_machine() {
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

pub(super) fn npm(workspace: &Workspace, args: &[&str]) -> Command {
    let mut command = workspace.command("npm");
    command.args(args).args(["--no-audit", "--no-fund"]);
    command
}

pub(super) fn rustup(workspace: &Workspace, args: &[&str]) -> Result<()> {
    if find_program("rustup").is_none() {
        bail!("run `rustup {}`; rustup is not here, see https://rustup.rs", args.join(" "));
    }
    run(workspace.command("rustup").args(args))
}

pub(super) fn apt_install(workspace: &Workspace, packages: &[&str]) -> Result<()> {
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
    // CI has no person who could type a password.
    let unattended = std::env::var_os("CI").is_some();
    Ok(Some(if unattended { vec!["sudo", "--non-interactive"] } else { vec!["sudo"] }))
}

/// Where packages come from.
#[derive(Debug, PartialEq)]
pub(super) enum Family {
    Debian,
    Ubuntu,
    Other,
}

impl Family {
    pub(super) fn of_this_machine() -> Self {
        family(&fs::read_to_string("/etc/os-release").unwrap_or_default())
    }
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
