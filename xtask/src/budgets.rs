//! What each page may make a browser download, from `end2end/budgets.json`. Here the files are
//! added up; `end2end/tests/budgets.spec.ts` holds what a browser really downloads against the same
//! numbers.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::site::Site;
use crate::workspace::Workspace;

/// All numbers are bytes on the wire.
#[derive(Deserialize)]
struct Budgets {
    /// What a page of the gym may add when another one is there already.
    further: usize,
    /// By path.
    pages: BTreeMap<String, PageBudget>,
}

#[derive(Deserialize)]
struct PageBudget {
    /// Everything: HTML, style, font, icon, script, modules.
    limit: usize,
    /// What of it the HTML may take, compressed.
    html: usize,
    /// The client that the page loads, if it needs one, and which chunk of it.
    client: Option<String>,
    chunk: Option<String>,
}

/// Prints the size of each page and compares it with its budget.
pub(crate) fn check(workspace: &Workspace, site: &Site) -> Result<()> {
    let file = workspace.root("end2end/budgets.json");
    let text = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let budgets: Budgets = serde_json::from_slice(&text).context("end2end/budgets.json")?;
    let mut over = Vec::new();
    let mut compare = |what: &str, size: usize, limit: usize| {
        println!("   {what:<24} {:>3} kB of {:>3}", size.div_ceil(1000), limit / 1000);
        if size > limit {
            over.push(format!("{what}: {size} bytes, {} too many", size - limit));
        }
    };
    let mut gym = Vec::new();
    for (path, page) in &budgets.pages {
        let files = site.page_files(page.client.as_deref(), page.chunk.as_deref())?;
        compare(path, files.values().sum::<usize>() + page.html, page.limit);
        if path.starts_with("/gym") {
            gym.push((path, files));
        }
    }
    for (path, files) in &gym {
        let more = gym.iter().filter(|(first, _)| first != path).map(|(_, first)| {
            let new = files.iter().filter(|(file, _)| !first.contains_key(*file));
            new.map(|(_, size)| size).sum::<usize>()
        });
        compare(&format!("{path} after another"), more.max().unwrap_or(0), budgets.further);
    }
    if !over.is_empty() {
        bail!("too large:\n{}", over.join("\n"));
    }
    Ok(())
}
