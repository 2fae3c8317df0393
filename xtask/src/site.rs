//! The folder that the server serves: `pkg/` with the client, and a copy of `public/`.
//!
//! The wanted files are collected first and then compared with the folder, so that nothing
//! is written, compressed or left behind without need.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Serialize;

use crate::file_hash::file_hash;
use crate::wasm::{CLIENTS, Client, NAME};
use crate::workspace::{Mode, Workspace};

/// Text shrinks; pictures, fonts and sound are compressed already.
const COMPRESSED: [&str; 7] = ["css", "js", "json", "svg", "txt", "wasm", "webmanifest"];

type Files = BTreeMap<PathBuf, Vec<u8>>;

/// A site on disk.
pub(crate) struct Site {
    pub(crate) folder: PathBuf,
    list: FileList,
}

/// The style sheet that both products have, and that of each, by its key in `files.json`.
const SHARED_STYLE: &str = "style/shared.css";
const STYLES: [(&str, &str); 2] = [("guitar", "style/guitar.css"), ("gym", "style/gym.css")];

/// `pkg/files.json`, from which the server reads the names of the clients' files.
#[derive(Default, Serialize)]
struct FileList {
    /// The style sheet of each product.
    css: BTreeMap<&'static str, String>,
    clients: BTreeMap<&'static str, BuiltClient>,
}

#[derive(Clone, Serialize)]
struct BuiltClient {
    js: String,
    wasm: String,
    /// The further modules of each chunk.
    chunks: BTreeMap<String, Vec<String>>,
}

pub(crate) fn assemble(workspace: &Workspace, mode: Mode, clients: &[Client]) -> Result<Site> {
    let read = |file: &Path| {
        fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
    };
    let style = |file: &str| bundle_css(&workspace.root(file), &read);
    let mut styles = Vec::new();
    for (product, file) in STYLES {
        styles.push((product, squeeze_css(&(style(SHARED_STYLE)? + &style(file)?))));
    }
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
    let list = add_clients(&mut files, clients, &styles, |bytes, stem, extension| {
        if hashed {
            format!("{stem}.{}.{extension}", file_hash(bytes))
        } else {
            format!("{stem}.{extension}")
        }
    });
    let text = serde_json::to_vec(&list)?;
    files.insert("pkg/files.json".into(), text);
    write(&folder, &files, hashed)?;
    Ok(Site { folder, list })
}

impl Site {
    /// The files that a page makes a browser download beside its HTML, with the bytes on the wire.
    /// `client` is `None` for a page that needs none; `chunk` is one of the client's.
    pub(crate) fn page_files(
        &self,
        client: Option<&str>,
        chunk: Option<&str>,
    ) -> Result<BTreeMap<PathBuf, usize>> {
        let product = if client == Some("gym") { "gym" } else { "guitar" };
        let mut names = vec![&self.list.css[product]];
        if let Some(client) = client {
            let files = self.list.clients.get(client);
            let files = files.with_context(|| format!("there is no client `{client}`"))?;
            names.extend([&files.js, &files.wasm]);
            if let Some(chunk) = chunk {
                let modules = files.chunks.get(chunk);
                names.extend(modules.with_context(|| format!("there is no chunk `{chunk}`"))?);
            }
        }
        let mut files: Vec<_> = names.iter().map(|name| Path::new("pkg").join(name)).collect();
        // The other fonts are for letters that few pages show.
        files.push("fonts/inter-basic-wght-400-700.woff2".into());
        files.push("favicon.svg".into());
        files.into_iter().map(|path| Ok((path.clone(), self.wire_size(&path)?))).collect()
    }

    /// A file's size as it is sent: compressed where the build has compressed it.
    fn wire_size(&self, path: &Path) -> Result<usize> {
        let small = self.folder.join(compressed_name(path));
        let plain = self.folder.join(path);
        let file = fs::metadata(small).or_else(|_| fs::metadata(&plain));
        let file = file.with_context(|| format!("cannot read {}", plain.display()))?;
        Ok(usize::try_from(file.len())?)
    }

    /// One line about the site.
    pub(crate) fn summary(&self) -> Result<String> {
        let mut files = Files::new();
        collect(&self.folder.join("pkg"), Path::new(""), &mut files)?;
        let wasm = files.iter().filter(|(path, _)| extension(path) == "wasm");
        let (count, bytes) = wasm.fold((0, 0), |(n, sum), (_, bytes)| (n + 1, sum + bytes.len()));
        let kilobytes = bytes.div_ceil(1000);
        Ok(format!("   site {} ({count} modules, {kilobytes} kB)", self.folder.display()))
    }
}

/// Adds scripts, modules and the style sheet under their public names.
fn add_clients(
    files: &mut Files,
    clients: &[Client],
    styles: &[(&'static str, String)],
    name: impl Fn(&[u8], &str, &str) -> String,
) -> FileList {
    let mut add = |bytes: Vec<u8>, stem: &str, extension: &str| {
        let name = name(&bytes, stem, extension);
        files.insert(Path::new("pkg").join(&name), bytes);
        name
    };
    let css = styles.iter().map(|(product, css)| {
        (*product, add(css.clone().into(), &format!("{NAME}-{product}"), "css"))
    });
    let mut list = FileList { css: css.collect(), ..FileList::default() };
    for client in clients {
        let stem = client.name.map_or(NAME.to_owned(), |name| format!("{NAME}-{name}"));
        let wasm = add(client.wasm.clone(), &stem, "wasm");
        let mut chunk_names = BTreeMap::new();
        for (file, bytes) in &client.chunk_files {
            let chunk = format!("{stem}-{}", file.trim_end_matches(".wasm"));
            chunk_names.insert(file.clone(), add(bytes.clone(), &chunk, "wasm"));
        }
        // The glue names the modules, so its own hash comes after.
        let js = add(client.js_for(&wasm, &chunk_names).into_bytes(), &stem, "js");
        let public = |files: &Vec<String>| {
            files.iter().filter_map(|file| chunk_names.get(file).cloned()).collect()
        };
        let chunks = client.chunks.iter().map(|(chunk, files)| (chunk.clone(), public(files)));
        let found = BuiltClient { js, wasm, chunks: chunks.collect() };
        for name in CLIENTS.iter().filter(|name| client.name.is_none_or(|own| own == **name)) {
            list.clients.insert(name, found.clone());
        }
    }
    list
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
            name: Some("gym"),
            js: "new URL('cadence_bg.wasm'); new URL(\"./split_desk.wasm\")".into(),
            wasm: b"wasm".to_vec(),
            chunk_files: BTreeMap::from([("split_desk.wasm".into(), b"desk".to_vec())]),
            chunks: BTreeMap::from([("desk".into(), vec!["split_desk.wasm".into()])]),
            snippets: PathBuf::new(),
        };
        let mut files = Files::new();
        let list = add_clients(
            &mut files,
            &[client],
            &[("gym", "a {}".into())],
            |bytes, stem, extension| format!("{stem}.{}.{extension}", file_hash(bytes)),
        );
        let wasm = format!("cadence-gym.{}.wasm", file_hash(b"wasm"));
        let desk = format!("cadence-gym-split_desk.{}.wasm", file_hash(b"desk"));
        let js = format!("new URL('{wasm}'); new URL(\"./{desk}\")");
        let gym = &list.clients["gym"];
        assert_eq!(gym.js, format!("cadence-gym.{}.js", file_hash(js.as_bytes())));
        assert_eq!((&gym.wasm, &gym.chunks["desk"]), (&wasm, &vec![desk.clone()]));
        for name in [&wasm, &desk] {
            assert!(files.contains_key(&Path::new("pkg").join(name)), "{name}");
        }
        assert_eq!(files.get(&Path::new("pkg").join(&gym.js)), Some(&js.into_bytes()));
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
