//! From the crate `frontend` to scripts and WebAssembly modules: one whole client in development; in
//! release one for each page of the guitar, so that a phone does not download a gym, and one for the
//! gym, whose pages are chunks that are loaded when they are needed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, ensure};
use wasm_bindgen_cli_support::Bindgen;

use crate::file_hash::file_hash;
use crate::short_names;
use crate::tools;
use crate::unused_functions;
use crate::workspace::{Mode, Workspace, run};

/// Changes whenever the steps below change, so that a client made by older steps is made anew.
const PIPELINE: &str = "17";

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

/// Passes of `wasm-opt` that make a module smaller and what compression leaves of it larger: they replace
/// equal pieces of code, which compress well, by different ones (inlining, shared subexpressions,
/// moved assignments), or cut the data into pieces. They would cost the phone 2 kB.
const SKIPPED_PASSES: [&str; 4] =
    ["inlining-optimizing", "local-cse", "memory-packing", "simplify-locals"];

/// How rustc compiles a release client, standard library included. After the first, which
/// `.cargo/config.toml` has for everything else, the flags are unstable: a stable compiler takes them when
/// `RUSTC_BOOTSTRAP` is 1.
const RELEASE_FLAGS: [&str; 6] = [
    "--cfg=erase_components",
    "-Zunstable-options",
    // A panic traps at once: its texts and the code that formats them were 19 kB of a phone's 276. The
    // function is found by the number in the browser's trace (see [`FUNCTION_NAMES_EXTENSION`]).
    "-Cpanic=immediate-abort",
    // `{:?}` writes nothing, in libraries either; no page shows what it would write.
    "-Zfmt-debug=none",
    // No panic carries the line of its source.
    "-Zlocation-detail=none",
    // Two equal functions stay two, each with its own name, by which `unused_functions` finds them;
    // `wasm-opt` merges them afterwards. Together that saves a phone 16 kB.
    "-Zmerge-functions=disabled",
];

/// Ends the name of the file that lists a release module's functions by their numbers.
const FUNCTION_NAMES_EXTENSION: &str = "functions.txt";

/// The clients of a release: features of the crate `frontend`, keys of `files.json`.
pub(crate) const CLIENTS: [&str; 4] = ["phone", "stage", "practice", "gym"];

/// The client with chunks.
const SPLIT_CLIENT: &str = "gym";

/// A finished client, not yet under its public names.
pub(crate) struct Client {
    /// One of [`CLIENTS`], or `None` for the whole.
    pub(crate) name: Option<&'static str>,
    /// The glue; it still names the WebAssembly files as they were made.
    pub(crate) js: String,
    /// The main module.
    pub(crate) wasm: Vec<u8>,
    /// The files that the client is split into besides, by their names in the glue.
    pub(crate) chunk_files: BTreeMap<String, Vec<u8>>,
    /// The files of each chunk of `app/src/chunks.rs`, some of which it shares with others.
    pub(crate) chunks: BTreeMap<String, Vec<String>>,
    /// Folder of scripts that the glue imports as `./snippets/…`; often there is none.
    pub(crate) snippets: PathBuf,
}

impl Client {
    /// The glue with the names under which the site has the files.
    pub(crate) fn js_for(&self, wasm_name: &str, chunk_names: &BTreeMap<String, String>) -> String {
        let mut js = self.js.replace(&format!("{NAME}_bg.wasm"), wasm_name);
        for (file, name) in chunk_names {
            js = js.replace(&format!("\"./{file}\""), &format!("\"./{name}\""));
        }
        js
    }
}

pub(crate) fn build(workspace: &Workspace, mode: Mode) -> Result<Vec<Client>> {
    tools::wasm_target(workspace)?;
    match mode {
        Mode::Dev => Ok(vec![build_client(workspace, mode, None)?]),
        Mode::Release => {
            tools::rust_source(workspace)?;
            CLIENTS.iter().map(|name| build_client(workspace, mode, Some(name))).collect()
        }
    }
}

fn build_client(workspace: &Workspace, mode: Mode, name: Option<&'static str>) -> Result<Client> {
    let profile = match mode {
        Mode::Dev => "wasm-dev",
        Mode::Release => "wasm-release",
    };
    let target = "wasm32-unknown-unknown";
    let mut cargo = workspace.cargo(["rustc", "--package=frontend", "--target", target]);
    cargo.args(["--profile", profile]);
    cargo.args(name.map(|name| format!("--features={name}")));
    if mode == Mode::Release {
        cargo.env("RUSTC_BOOTSTRAP", "1");
        // With the smaller of the library's algorithms where it has two, such as for sorting.
        cargo.args(["-Zbuild-std=std,panic_abort", "-Zbuild-std-features=optimize_for_size"]);
        // This variable wins over `RUSTFLAGS` and every file, so that none of the flags can be lost.
        cargo.env("CARGO_ENCODED_RUSTFLAGS", RELEASE_FLAGS.join("\x1f"));
    }
    let is_split = name == Some(SPLIT_CLIENT);
    if is_split {
        // By its relocations the splitter sees which functions and data a function uses.
        cargo.args(["--features=split", "--", "-Clink-args=--emit-relocs"]);
    }
    run(&mut cargo)?;

    let compiled = workspace.target(target).join(profile).join("frontend.wasm");
    let made = workspace.target("client").join(profile).join(name.unwrap_or("whole"));
    let stamp = made.join("made-from");
    let wanted = fingerprint(workspace, &compiled, mode)?;
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return read(&made, name);
    }

    if made.exists() {
        fs::remove_dir_all(&made).with_context(|| format!("cannot clear {}", made.display()))?;
    }
    fs::create_dir_all(&made)?;
    let unbound = made.join("unbound.wasm");
    if is_split {
        split(&compiled, &made, &unbound)?;
    } else {
        fs::copy(&compiled, &unbound)?;
    }
    bind(&unbound, &made, is_split)?;
    fs::remove_file(unbound)?;
    if is_split {
        inline_loader(&made)?;
    }
    if mode == Mode::Release {
        shorten_names(&made)?;
        remove_unused_functions(&made)?;
        for module in modules(&made)? {
            optimise(workspace, &module)?;
        }
        shrink_names(&made)?;
        minify(workspace, &made.join(format!("{NAME}.js")))?;
    }
    let client = read(&made, name)?;
    // Last, so that a step that was interrupted leaves no stamp behind.
    fs::write(stamp, wanted)?;
    Ok(client)
}

/// The script that loads chunks, as the main module imports it.
const LOADER: &str = "./chunk_loader.js";

/// Which files a chunk consists of.
const CHUNKS: &str = "chunks.json";

/// Cuts a client along the functions that `app/src/chunks.rs` marks, into chunks and the main module,
/// which has yet to get its glue.
fn split(compiled: &Path, into: &Path, main: &Path) -> Result<()> {
    println!("   splitting {}", compiled.display());
    let input =
        fs::read(compiled).with_context(|| format!("cannot read {}", compiled.display()))?;
    let mut options = wasm_split_cli_support::Options::new(&input);
    options.output_dir = into;
    options.main_out_path = main;
    options.link_name = LOADER;
    let main_module = format!("./{NAME}.js");
    options.main_module = &main_module;
    let made = wasm_split_cli_support::transform(options)
        .map_err(|error| anyhow!("{error:?}"))
        .context("the client could not be split")?;
    let files = |stems: Vec<String>| stems.iter().map(|stem| format!("{stem}.wasm")).collect();
    let chunks: BTreeMap<String, Vec<String>> =
        made.prefetch_map.into_iter().map(|(chunk, stems)| (chunk, files(stems))).collect();
    fs::write(into.join(CHUNKS), serde_json::to_vec(&chunks)?)?;
    Ok(())
}

fn remove_unused_functions(made: &Path) -> Result<()> {
    let mut removed = 0;
    for file in modules(made)? {
        let (module, count) = unused_functions::remove(&fs::read(&file)?)
            .with_context(|| format!("unused functions of {}", file.display()))?;
        fs::write(file, module)?;
        removed += count;
    }
    ensure!(removed > 0, "no function has the name of one that never runs");
    println!("   {removed} functions that never run are removed");
    Ok(())
}

fn bind(compiled: &Path, into: &Path, is_split: bool) -> Result<()> {
    println!("   wasm-bindgen {}", compiled.display());
    let mut bindgen = Bindgen::new();
    let wasm = fs::read(compiled).with_context(|| format!("cannot read {}", compiled.display()))?;
    bindgen.input_bytes(NAME, wasm).web(true)?.typescript(false).out_name(NAME);
    // A caller that starts the client without naming the wasm gets the right file, too.
    bindgen.omit_default_module_path(false);
    if is_split {
        // Chunks share the main module's memory, stack and table by what the linker exports.
        bindgen.keep_lld_exports(true).demangle(false);
    }
    bindgen.generate(into).context("wasm-bindgen failed")
}

/// Puts the script that loads chunks into the glue: as a file of its own it would be one more
/// request, and each of the two would contain the other's hashed name.
fn inline_loader(made: &Path) -> Result<()> {
    let (js, loader) = (made.join(format!("{NAME}.js")), made.join(LOADER));
    let (glue, code) = (fs::read_to_string(&js)?, fs::read_to_string(&loader)?);
    fs::write(js, with_loader(&glue, &code)?)?;
    fs::remove_file(loader)?;
    Ok(())
}

/// The lines `import * as star from "./chunk_loader.js"` become objects with what that script
/// exports. There is a line for each function that the main module imports.
fn with_loader(glue: &str, loader: &str) -> Result<String> {
    let exported = loader.lines().filter_map(|line| line.strip_prefix("export const "));
    let names: Vec<_> = exported.filter_map(|line| line.split_whitespace().next()).collect();
    // `initSync`, which it imports from the glue, is in scope here.
    let code: Vec<_> = loader.lines().filter(|line| !line.starts_with("import ")).collect();
    let code = code.join("\n").replace("export const ", "const ");
    let object = format!("(() => {{\n{code}\nreturn {{ {} }};\n}})()", names.join(", "));

    let mut first = None;
    let mut inlined = String::with_capacity(glue.len() + object.len());
    for line in glue.lines() {
        let star = line.strip_prefix("import * as ").filter(|_| line.contains(LOADER));
        match star.and_then(|rest| rest.split_whitespace().next()) {
            Some(star) => {
                let value = first.unwrap_or(object.as_str());
                inlined.push_str(&format!("const {star} = {value};\n"));
                first.get_or_insert(star);
            }
            None => {
                inlined.push_str(line);
                inlined.push('\n');
            }
        }
    }
    first.context("the glue does not import the loader")?;
    Ok(inlined)
}

/// Gives script and main module short names for each other, except where a chunk uses the long one.
fn shorten_names(made: &Path) -> Result<()> {
    let main = made.join(format!("{NAME}_bg.wasm"));
    let js = made.join(format!("{NAME}.js"));
    let mut chunks = Vec::new();
    for file in modules(made)?.into_iter().filter(|file| *file != main) {
        // Names are ASCII; as text they are found quickly also by a debug build.
        chunks.push(String::from_utf8_lossy(&fs::read(file)?).into_owned());
    }
    let is_in_chunk = |name: &str| chunks.iter().any(|chunk| chunk.contains(name));
    let (glue, wasm) = (fs::read_to_string(&js)?, fs::read(&main)?);
    let (glue, wasm) = short_names::shorten(&glue, &wasm, is_in_chunk)?;
    fs::write(js, glue)?;
    fs::write(main, wasm)?;
    Ok(())
}

/// The WebAssembly files in a folder.
fn modules(folder: &Path) -> Result<Vec<PathBuf>> {
    let files: std::io::Result<Vec<_>> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect();
    let is_wasm = |file: &PathBuf| file.extension().is_some_and(|extension| extension == "wasm");
    let mut modules: Vec<_> = files?.into_iter().filter(is_wasm).collect();
    modules.sort();
    Ok(modules)
}

fn optimise(workspace: &Workspace, wasm: &Path) -> Result<()> {
    println!("   wasm-opt {}", wasm.display());
    let wasm_opt = tools::wasm_opt(workspace)?;
    let mut command = workspace.command("node");
    // No pointer is below 1024, where only the last bytes of the stack lie.
    command.arg(wasm_opt).arg("-Os");
    command.args(SKIPPED_PASSES.map(|pass| format!("--skip-pass={pass}")));
    command.args(["--low-memory-unused", "--strip-producers"]);
    let names = wasm.with_extension(FUNCTION_NAMES_EXTENSION);
    command.arg(format!("--symbolmap={}", names.display()));
    command.args(WASM_FEATURES).arg(wasm).arg("-o").arg(wasm);
    run(&mut command)
}

fn minify(workspace: &Workspace, js: &Path) -> Result<()> {
    let mut command = workspace.command("node");
    command.arg(tools::terser(workspace)?).arg(js);
    run(command.args(["--module", "--compress", "--mangle", "--output"]).arg(js))
}

/// Makes script and modules compress better. Each name that they share ends in a hash, and hashes
/// do not compress: they become small numbers of the same length.
fn shrink_names(made: &Path) -> Result<()> {
    let js = made.join(format!("{NAME}.js"));
    let glue = fs::read_to_string(&js)?;
    let numbers = numbers_for_hashes(&glue);
    let mut glue = glue.into_bytes();
    replace_hashes(&mut glue, &numbers);
    fs::write(js, glue)?;
    for file in modules(made)? {
        let mut module = fs::read(&file)?;
        replace_hashes(&mut module, &numbers);
        fs::write(file, module)?;
    }
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

fn read(made: &Path, name: Option<&'static str>) -> Result<Client> {
    let js = made.join(format!("{NAME}.js"));
    let main = format!("{NAME}_bg.wasm");
    let mut chunk_files = BTreeMap::new();
    for file in modules(made)? {
        let bytes = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let file_name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        chunk_files.insert(file_name, bytes);
    }
    let wasm = chunk_files.remove(&main).with_context(|| format!("{main} was not made"))?;
    let chunks = match fs::read(made.join(CHUNKS)) {
        Ok(list) => serde_json::from_slice(&list).context(CHUNKS)?,
        Err(_) => BTreeMap::new(),
    };
    Ok(Client {
        name,
        js: fs::read_to_string(&js).with_context(|| format!("cannot read {}", js.display()))?,
        wasm,
        chunk_files,
        chunks,
        snippets: made.join("snippets"),
    })
}

/// What a finished client depends on.
fn fingerprint(workspace: &Workspace, compiled: &Path, mode: Mode) -> Result<String> {
    let wasm = fs::read(compiled).with_context(|| format!("cannot read {}", compiled.display()))?;
    let tools = match mode {
        Mode::Dev => String::new(),
        Mode::Release => file_hash(&tools::build_tools_lock(workspace)?),
    };
    Ok(format!("{PIPELINE} {tools} {}", file_hash(&wasm)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loader_becomes_part_of_the_glue() -> Result<()> {
        let glue = "import * as import1 from \"./chunk_loader.js\"\n\
                    import * as import2 from \"./chunk_loader.js\"\nexport function a() {}\n";
        let loader = "import { initSync } from \"./cadence.js\";\n\nfunction f() { initSync(); }\n\
                      export const __wasm_split_load_gym = f;\n";
        let wanted = "const import1 = (() => {\n\nfunction f() { initSync(); }\n\
                      const __wasm_split_load_gym = f;\nreturn { __wasm_split_load_gym };\n})();\n\
                      const import2 = import1;\nexport function a() {}\n";
        assert_eq!(with_loader(glue, loader)?, wanted);
        assert!(with_loader("export function a() {}", loader).is_err());
        Ok(())
    }

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
