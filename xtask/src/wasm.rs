//! From the crate `frontend` to scripts and modules: one whole client in development, in release
//! one per part, so that a phone at a guitar does not download a gym.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::file_hash::file_hash;
use crate::tools;
use crate::workspace::{Mode, Workspace, run};

/// Changes whenever the steps below change, so that a client made by older steps is made anew.
const PIPELINE: &str = "3";

/// The output name that is compiled into leptos (see `.cargo/config.toml`).
pub(crate) const NAME: &str = "cadence";

/// `--all-features` would write compact imports, which Chromium refuses.
const WASM_FEATURES: [&str; 8] = [
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
    "--enable-call-indirect-overlong",
];

/// The parts of the client: features of the crate `frontend`, keys of `files.json`.
pub(crate) const PARTS: [&str; 3] = ["play", "stage", "gym"];

/// The finished client, not yet under its public names.
pub(crate) struct Client {
    /// One of [`PARTS`], or `None` for the whole.
    pub(crate) part: Option<&'static str>,
    /// The glue; it still names the wasm file as wasm-bindgen does.
    pub(crate) js: String,
    pub(crate) wasm: Vec<u8>,
    /// Folder of scripts that the glue imports as `./snippets/…`; often there is none.
    pub(crate) snippets: PathBuf,
}

impl Client {
    /// The glue, fetching the wasm under the name that the site gives it.
    pub(crate) fn js_for(&self, wasm_name: &str) -> String {
        self.js.replace(&format!("{NAME}_bg.wasm"), wasm_name)
    }
}

pub(crate) fn build(workspace: &Workspace, mode: Mode) -> Result<Vec<Client>> {
    tools::wasm_target(workspace)?;
    match mode {
        Mode::Dev => Ok(vec![build_part(workspace, mode, None)?]),
        Mode::Release => PARTS.iter().map(|part| build_part(workspace, mode, Some(part))).collect(),
    }
}

fn build_part(workspace: &Workspace, mode: Mode, part: Option<&'static str>) -> Result<Client> {
    let profile = match mode {
        Mode::Dev => "wasm-dev",
        Mode::Release => "wasm-release",
    };
    let target = "wasm32-unknown-unknown";
    let features = format!("--features={}", part.unwrap_or_default());
    run(&mut workspace.cargo([
        "build",
        "--package=frontend",
        &features,
        "--target",
        target,
        "--profile",
        profile,
    ]))?;

    let compiled = workspace.target(target).join(profile).join("frontend.wasm");
    let made = workspace.target("client").join(profile).join(part.unwrap_or("whole"));
    let stamp = made.join("made-from");
    let wanted = fingerprint(&compiled)?;
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return read(&made, part);
    }

    if made.exists() {
        fs::remove_dir_all(&made).with_context(|| format!("cannot clear {}", made.display()))?;
    }
    bind(&compiled, &made, mode)?;
    if mode == Mode::Release {
        optimise(workspace, &made.join(format!("{NAME}_bg.wasm")))?;
        shrink_names(&made)?;
    }
    let client = read(&made, part)?;
    // Last, so that a step that was interrupted leaves no stamp behind.
    fs::write(stamp, wanted)?;
    Ok(client)
}

fn bind(compiled: &Path, into: &Path, mode: Mode) -> Result<()> {
    println!("   wasm-bindgen {}", compiled.display());
    let mut bindgen = Bindgen::new();
    bindgen.input_path(compiled).web(true)?.typescript(false).out_name(NAME);
    // Whoever starts the client without naming the wasm gets the right file, too.
    bindgen.omit_default_module_path(false);
    if mode == Mode::Release {
        bindgen.remove_name_section(true).remove_producers_section(true);
    }
    bindgen.generate(into).context("wasm-bindgen failed")
}

fn optimise(workspace: &Workspace, wasm: &Path) -> Result<()> {
    println!("   wasm-opt -Oz {}", wasm.display());
    let wasm_opt = tools::wasm_opt(workspace)?;
    let mut command = workspace.command("node");
    // Generic code makes many functions that differ in a constant only; merging them leaves
    // parameters that a second round can still tidy up.
    command.arg(wasm_opt).args(["-Oz", "--merge-similar-functions", "-Oz"]);
    command.args(WASM_FEATURES).arg(wasm).arg("-o").arg(wasm);
    run(&mut command)
}

/// Makes script and module compress better. Each name that they share ends in a hash, and hashes
/// do not compress: they become small numbers of the same length. Indentation goes, too.
fn shrink_names(made: &Path) -> Result<()> {
    let (js, wasm) = (made.join(format!("{NAME}.js")), made.join(format!("{NAME}_bg.wasm")));
    let glue = fs::read_to_string(&js)?;
    let numbers = numbers_for_hashes(&glue);
    let glue = glue.lines().map(str::trim_start).collect::<Vec<_>>().join("\n");
    let mut glue = glue.into_bytes();
    let mut module = fs::read(&wasm)?;
    replace_hashes(&mut glue, &numbers);
    replace_hashes(&mut module, &numbers);
    fs::write(js, glue)?;
    fs::write(wasm, module)?;
    Ok(())
}

const HASH: usize = 16;

/// A number for each hash, which counts the names that are the same up to it.
fn numbers_for_hashes(glue: &str) -> BTreeMap<[u8; HASH], [u8; HASH]> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words: BTreeSet<&str> = glue.split(|c| !is_word(c)).collect();
    let mut counts = BTreeMap::<&str, usize>::new();
    let mut numbers = BTreeMap::new();
    for (name, hash) in words.iter().filter_map(|word| word.rsplit_once('_')) {
        let Ok(hash) = <[u8; HASH]>::try_from(hash.as_bytes()) else { continue };
        if !hash.iter().all(u8::is_ascii_hexdigit) {
            continue;
        }
        let count = counts.entry(name).or_default();
        let mut number = [b'0'; HASH];
        let digits = count.to_string();
        number[HASH - digits.len()..].copy_from_slice(digits.as_bytes());
        *count += 1;
        numbers.insert(hash, number);
    }
    numbers
}

fn replace_hashes(bytes: &mut [u8], numbers: &BTreeMap<[u8; HASH], [u8; HASH]>) {
    for start in 1..bytes.len().saturating_sub(HASH) + 1 {
        let word = &mut bytes[start - 1..start + HASH];
        if word[0] != b'_' || !word[1].is_ascii_hexdigit() {
            continue;
        }
        let hash = <[u8; HASH]>::try_from(&word[1..]).unwrap_or_default();
        if let Some(number) = numbers.get(&hash) {
            word[1..].copy_from_slice(number);
        }
    }
}

fn read(made: &Path, part: Option<&'static str>) -> Result<Client> {
    let js = made.join(format!("{NAME}.js"));
    let wasm = made.join(format!("{NAME}_bg.wasm"));
    Ok(Client {
        part,
        js: fs::read_to_string(&js).with_context(|| format!("cannot read {}", js.display()))?,
        wasm: fs::read(&wasm).with_context(|| format!("cannot read {}", wasm.display()))?,
        snippets: made.join("snippets"),
    })
}

fn fingerprint(compiled: &Path) -> Result<String> {
    let wasm = fs::read(compiled).with_context(|| format!("cannot read {}", compiled.display()))?;
    Ok(format!("{PIPELINE} {}", file_hash(&wasm)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_become_numbers_that_still_tell_names_apart() {
        let glue = "imports.__wbg_set_0f2a4c6e8b1d3f50 = () => {};\n\
                    imports.__wbg_set_9999999999999999 = () => {};\n\
                    imports.__wbg_now_00112233445566ff = '__wbg_now_short';";
        let numbers = numbers_for_hashes(glue);
        let mut module = b"\x1a__wbg_set_9999999999999999\x00__wbg_now_00112233445566ff".to_vec();
        replace_hashes(&mut module, &numbers);
        let wanted = b"\x1a__wbg_set_0000000000000001\x00__wbg_now_0000000000000000";
        assert_eq!(module, wanted.to_vec());
    }
}
