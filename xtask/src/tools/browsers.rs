//! The browsers of the tests: Chromium, Firefox and WebKit.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::packages::{Family, apt_install, packaged};
use crate::workspace::{Workspace, find_program, output_of, run};

/// The browser that Playwright drives.
pub(crate) enum Chromium {
    At(PathBuf),
    /// The one that Playwright installs and finds by itself.
    OfPlaywright,
}

pub(crate) fn chromium(workspace: &Workspace) -> Result<Chromium> {
    if let Some(file) = find_chromium()? {
        return Ok(Chromium::At(file));
    }
    match Family::of_this_machine() {
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

/// Firefox, which the tests drive over WebDriver BiDi, and the sound server that it plays to.
pub(crate) fn firefox(workspace: &Workspace) -> Result<PathBuf> {
    packaged(workspace, "pulseaudio", &["pulseaudio"], "pulseaudio")?;
    if let Some(file) = named_by("FIREFOX")? {
        return Ok(file);
    }
    let find = || ["firefox-esr", "firefox"].iter().find_map(|name| find_program(name));
    match (find(), Family::of_this_machine()) {
        (Some(file), _) => Ok(file),
        (None, Family::Debian) => {
            apt_install(workspace, &["firefox-esr"])?;
            find().context("apt installed firefox-esr, but it is not in PATH")
        }
        (None, _) => bail!(
            "Firefox is missing. Install it and set FIREFOX to its executable, for example: \
             `brew install --cask firefox` (macOS), `dnf install firefox` (Fedora); on Ubuntu from \
             packages.mozilla.org, since a snap cannot run in a container"
        ),
    }
}

/// The driver of WebKitGTK's MiniBrowser, and the virtual screen that it needs.
pub(crate) fn webkit(workspace: &Workspace) -> Result<PathBuf> {
    let find = || {
        find_program("Xvfb")?;
        find_program("WebKitWebDriver")
    };
    match (find(), Family::of_this_machine()) {
        (Some(file), _) => Ok(file),
        (None, Family::Debian | Family::Ubuntu) => {
            apt_install(workspace, &["webkit2gtk-driver", "xvfb"])?;
            find().context("apt installed webkit2gtk-driver and xvfb, but they are not in PATH")
        }
        (None, Family::Other) => bail!(
            "WebKitWebDriver or Xvfb is missing, the driver of WebKitGTK and a virtual screen. \
             Install both, for example: `dnf install webkit2gtk4.1 xorg-x11-server-Xvfb` (Fedora), \
             `pacman -S webkit2gtk-4.1 xorg-server-xvfb` (Arch); elsewhere run the tests in a \
             container with Debian"
        ),
    }
}

fn find_chromium() -> Result<Option<PathBuf>> {
    if let Some(named) = named_by("CHROMIUM")? {
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

/// The program that an environment variable names.
fn named_by(variable: &str) -> Result<Option<PathBuf>> {
    let Some(named) = std::env::var_os(variable).map(PathBuf::from) else { return Ok(None) };
    if !named.is_file() {
        bail!("{variable} names {}, which is not a file", named.display());
    }
    Ok(Some(named))
}
