//! The folder that the server serves: `pkg/` with the client, and a copy of `public/`.
//!
//! The wanted files are collected first and then compared with the folder, so that nothing
//! is written, compressed or left behind without need.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::file_hash::file_hash;
use crate::wasm::{Client, NAME, PARTS};
use crate::workspace::{Mode, Workspace};

/// Text shrinks; pictures, fonts and sound are compressed already.
const COMPRESSED: [&str; 7] = ["css", "js", "json", "svg", "txt", "wasm", "webmanifest"];

type Files = BTreeMap<PathBuf, Vec<u8>>;

/// A site on disk.
pub(crate) struct Site {
    pub(crate) folder: PathBuf,
    /// The files that the controller page loads, below `pkg/`.
    first_load: Vec<PathBuf>,
}

pub(crate) fn assemble(workspace: &Workspace, mode: Mode, clients: &[Client]) -> Result<Site> {
    let read = |file: &Path| {
        fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
    };
    let css = squeeze_css(&bundle_css(&workspace.root("style/main.css"), &read)?);
    let folder = workspace.target(match mode {
        Mode::Dev => "site",
        Mode::Release => "site-release",
    });

    let mut files = Files::new();
    collect(&workspace.root("public"), Path::new(""), &mut files)?;
    for client in clients {
        collect(&client.snippets, Path::new("pkg/snippets"), &mut files)?;
    }
    let hashed = mode == Mode::Release;
    let first_load = add_clients(&mut files, clients, &css, |bytes, stem, extension| {
        if hashed {
            format!("{stem}.{}.{extension}", file_hash(bytes))
        } else {
            format!("{stem}.{extension}")
        }
    });
    write(&folder, &files, hashed)?;
    Ok(Site { folder, first_load })
}

impl Site {
    /// One line about what a first visit downloads.
    pub(crate) fn sizes(&self) -> Result<String> {
        let parts = self.first_load()?;
        let words: Vec<_> = parts.iter().map(|(name, part)| format!("{name} {part}")).collect();
        Ok(format!("   site {} ({})", self.folder.display(), words.join(", ")))
    }

    /// What the controller page makes a browser download beside its HTML, by kind of file.
    pub(crate) fn first_load(&self) -> Result<BTreeMap<String, Part>> {
        let mut files = Files::new();
        collect(&self.folder, Path::new(""), &mut files)?;
        let mut parts = BTreeMap::<String, Part>::new();
        for (path, bytes) in &files {
            let extension = extension(path);
            if !self.first_load.contains(path) && !matches!(extension, "woff2" | "woff") {
                continue;
            }
            let part = parts.entry(extension.to_string()).or_default();
            part.raw += bytes.len();
            part.wire += files.get(&compressed_name(path)).map_or(bytes.len(), Vec::len);
        }
        Ok(parts)
    }
}

/// The bytes of all files of one kind: as they are, and as a browser gets them.
#[derive(Default)]
pub(crate) struct Part {
    pub(crate) raw: usize,
    pub(crate) wire: usize,
}

impl std::fmt::Display for Part {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.raw == self.wire {
            return write!(f, "{} kB", self.raw.div_ceil(1000));
        }
        write!(f, "{} kB raw, {} kB brotli", self.raw.div_ceil(1000), self.wire.div_ceil(1000))
    }
}

/// Adds scripts, modules, the style sheet, and `files.json`, which tells the server their names.
/// Returns what the controller page loads.
fn add_clients(
    files: &mut Files,
    clients: &[Client],
    css: &str,
    name: impl Fn(&[u8], &str, &str) -> String,
) -> Vec<PathBuf> {
    let pkg = Path::new("pkg");
    let css_name = name(css.as_bytes(), NAME, "css");
    files.insert(pkg.join(&css_name), css.into());
    let mut first_load = vec![pkg.join(&css_name)];
    let mut list = serde_json::Map::new();
    list.insert("css".into(), css_name.into());
    for client in clients {
        let stem = match client.part {
            Some(part) => format!("{NAME}-{part}"),
            None => NAME.to_owned(),
        };
        let wasm = name(&client.wasm, &stem, "wasm");
        // The glue names the wasm, so its own hash comes after.
        let glue = client.js_for(&wasm).into_bytes();
        let js = name(&glue, &stem, "js");
        files.insert(pkg.join(&js), glue);
        files.insert(pkg.join(&wasm), client.wasm.clone());
        if client.part.is_none_or(|part| part == "play") {
            first_load.extend([pkg.join(&js), pkg.join(&wasm)]);
        }
        for part in PARTS.iter().filter(|part| client.part.is_none_or(|own| own == **part)) {
            let pair = serde_json::json!({ "js": js, "wasm": wasm });
            list.insert((*part).to_owned(), pair);
        }
    }
    let list = serde_json::Value::Object(list).to_string();
    files.insert(pkg.join("files.json"), list.into_bytes());
    first_load
}

/// Adds every file below `from`, if that folder exists, under `to`.
fn collect(from: &Path, to: &Path, files: &mut Files) -> Result<()> {
    if !from.exists() {
        return Ok(());
    }
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let (path, name) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            collect(&path, &name, files)?;
        } else {
            let bytes =
                fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            files.insert(name, bytes);
        }
    }
    Ok(())
}

/// Makes the folder hold exactly these files, with a `.br` beside what shrinks if asked to.
fn write(folder: &Path, files: &Files, compress: bool) -> Result<()> {
    let mut found = Files::new();
    collect(folder, Path::new(""), &mut found)?;
    let (changed, left_over) = difference(&found, files, compress)?;
    for (path, bytes) in &changed {
        put(&folder.join(path), bytes)?;
    }
    for path in &left_over {
        fs::remove_file(folder.join(path))?;
    }
    Ok(())
}

/// What to write and what to remove. Compressing is slow, so it is done only for new content.
fn difference(found: &Files, files: &Files, compress: bool) -> Result<(Files, Vec<PathBuf>)> {
    let mut changed = Files::new();
    let mut wanted = BTreeSet::new();
    for (path, bytes) in files {
        let unchanged = found.get(path) == Some(bytes);
        if !unchanged {
            changed.insert(path.clone(), bytes.clone());
        }
        wanted.insert(path.clone());
        if compress && COMPRESSED.contains(&extension(path)) {
            let small = compressed_name(path);
            if !(unchanged && found.contains_key(&small)) {
                changed.insert(small.clone(), brotli(bytes)?);
            }
            wanted.insert(small);
        }
    }
    let left_over = found.keys().filter(|path| !wanted.contains(*path)).cloned().collect();
    Ok((changed, left_over))
}

fn put(path: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

fn brotli(bytes: &[u8]) -> Result<Vec<u8>> {
    let params = brotli::enc::BrotliEncoderParams {
        quality: 11,
        size_hint: bytes.len(),
        ..Default::default()
    };
    let mut small = Vec::new();
    brotli::BrotliCompress(&mut &*bytes, &mut small, &params)?;
    Ok(small)
}

fn extension(path: &Path) -> &str {
    path.extension().and_then(|extension| extension.to_str()).unwrap_or_default()
}

fn compressed_name(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".br");
    name.into()
}

/// One stylesheet, with each `@import "other.css";` line replaced by that file.
fn bundle_css(main: &Path, read: &dyn Fn(&Path) -> Result<String>) -> Result<String> {
    let mut css = String::new();
    inline_css(main, read, &mut Vec::new(), &mut css)?;
    Ok(css)
}

fn inline_css(
    file: &Path,
    read: &dyn Fn(&Path) -> Result<String>,
    open: &mut Vec<PathBuf>,
    css: &mut String,
) -> Result<()> {
    if open.iter().any(|ancestor| ancestor == file) {
        bail!("{} imports itself", file.display());
    }
    open.push(file.to_path_buf());
    for line in read(file)?.lines() {
        if line.trim_start().starts_with("@import") {
            let name = imported(line)
                .with_context(|| format!("{}: cannot inline `{}`", file.display(), line.trim()))?;
            inline_css(&file.with_file_name(name), read, open, css)?;
        } else {
            css.push_str(line);
            css.push('\n');
        }
    }
    open.pop();
    Ok(())
}

/// The same style sheet without comments, indentation and line ends.
fn squeeze_css(css: &str) -> String {
    let mut small = String::with_capacity(css.len());
    let mut rest = css;
    while let Some((before, after)) = rest.split_once("/*") {
        small.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    small.push_str(rest);
    let lines = small.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut css = String::with_capacity(small.len());
    for line in lines {
        // A selector or value may go on in the next line, where the line end is a space.
        let ends = |text: &str| text.is_empty() || text.ends_with(['{', '}', ';', ',']);
        if !ends(&css) && !line.starts_with('}') {
            css.push(' ');
        }
        css.push_str(line);
    }
    css
}

/// The file of `@import "x.css";`. Layers, media and other hosts are not understood, on purpose.
fn imported(line: &str) -> Option<&str> {
    let rest = line.trim().strip_prefix("@import")?.trim().strip_suffix(';')?.trim();
    let name = match rest.strip_prefix("url(") {
        Some(inner) => inner.strip_suffix(')')?.trim(),
        None => rest,
    };
    let name = name.strip_prefix('"')?.strip_suffix('"')?;
    (!name.contains(['"', ':'])).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundled(files: &[(&str, &str)]) -> Result<String> {
        let read = |wanted: &Path| {
            let found = files.iter().find(|(name, _)| Path::new(name) == wanted);
            found.map(|(_, text)| text.to_string()).context("no such file")
        };
        bundle_css(Path::new("main.css"), &read)
    }

    #[test]
    fn imports_are_inlined_in_order_and_relative_to_their_file() -> Result<()> {
        let css = bundled(&[
            ("main.css", "@import \"parts/a.css\";\nb {}\n"),
            ("parts/a.css", "@import url(\"deep.css\");\na {}"),
            ("parts/deep.css", "deep {}\n"),
        ])?;
        assert_eq!(css, "deep {}\na {}\nb {}\n");
        Ok(())
    }

    #[test]
    fn a_squeezed_style_sheet_says_the_same() {
        let css = "/* The page. */\na {\n  margin:\n    0 auto;\n}\n\n.b,\n.c > d { top: 0; }\n";
        assert_eq!(squeeze_css(css), "a {margin: 0 auto;}.b,.c > d { top: 0; }");
    }

    #[test]
    fn an_import_that_cannot_be_inlined_is_an_error() {
        for line in [
            "@import \"main.css\";",
            "@import \"missing.css\";",
            "@import \"https://example.com/x.css\";",
            "@import \"print.css\" print;",
        ] {
            assert!(bundled(&[("main.css", line), ("print.css", "")]).is_err(), "{line}");
        }
    }

    #[test]
    fn release_names_carry_the_hash_of_their_content_and_are_listed() {
        let client = Client {
            part: Some("play"),
            js: "new URL('cadence_bg.wasm', import.meta.url)".into(),
            wasm: b"wasm".to_vec(),
            snippets: PathBuf::new(),
        };
        let mut files = Files::new();
        add_clients(&mut files, &[client], "a {}", |bytes, stem, extension| {
            format!("{stem}.{}.{extension}", file_hash(bytes))
        });
        let wasm = format!("cadence-play.{}.wasm", file_hash(b"wasm"));
        let js = format!("new URL('{wasm}', import.meta.url)");
        let js_name = format!("cadence-play.{}.js", file_hash(js.as_bytes()));
        assert!(files.contains_key(&Path::new("pkg").join(&wasm)));
        assert_eq!(files.get(&Path::new("pkg").join(&js_name)), Some(&js.into_bytes()));
        let list = files.get(Path::new("pkg/files.json")).map(|list| String::from_utf8_lossy(list));
        let pair = format!(r#""play":{{"js":"{js_name}","wasm":"{wasm}"}}"#);
        assert!(list.is_some_and(|list| list.contains(&pair)));
    }

    #[test]
    fn only_new_content_is_written_and_nothing_old_is_left() -> Result<()> {
        let file = |name: &str, text: &str| (PathBuf::from(name), text.as_bytes().to_vec());
        let found = Files::from([
            file("pkg/old.js", "old"),
            file("pkg/old.js.br", "…"),
            file("pkg/same.css", "same"),
            file("pkg/same.css.br", "…"),
        ]);
        let files = Files::from([
            file("pkg/new.js", "new"),
            file("pkg/same.css", "same"),
            file("fonts/a.woff2", "font"),
        ]);
        let (changed, left_over) = difference(&found, &files, true)?;
        let names: Vec<_> = changed.keys().map(|path| path.to_string_lossy()).collect();
        assert_eq!(names, ["fonts/a.woff2", "pkg/new.js", "pkg/new.js.br"]);
        assert_eq!(left_over, [Path::new("pkg/old.js"), Path::new("pkg/old.js.br")]);
        Ok(())
    }
}
