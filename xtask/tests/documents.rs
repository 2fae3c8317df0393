//! What the documents name exists: files, folders, and functions and types of the code.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::{
    fs,
    path::{Path, PathBuf},
};

const DOCUMENTS: [&str; 4] =
    ["README.md", "CONTRIBUTING.md", "app/protocol/GLOSSARY.md", "app/protocol/PROTOCOL.md"];

/// Names in capitals inside a path stand for what the reader chooses.
const PLACEHOLDERS: [&str; 2] = ["NAME", "TABLE"];

/// Folders that building and running makes.
const MADE: [&str; 2] = ["target/", "data/"];

#[test]
fn every_file_that_a_document_names_exists() {
    let missing: Vec<String> = named(|word| {
        let path = word.trim_start_matches("./");
        let is_path = path.contains('/') && !path.starts_with('/') && is_plain(path);
        let is_made = MADE.iter().any(|folder| path.starts_with(folder))
            || PLACEHOLDERS.iter().any(|name| path.contains(name));
        (is_path && !is_made).then(|| !root().join(path).exists())
    });
    assert!(missing.is_empty(), "no such file:\n{}", missing.join("\n"));
}

#[test]
fn every_function_and_type_that_a_document_names_exists() {
    let code = code();
    let missing: Vec<String> = named(|word| {
        let (_, last) = word.rsplit_once("::")?;
        let is_name = !last.is_empty() && last.chars().all(|c| c.is_alphanumeric() || c == '_');
        let declared = |kind: &str| {
            let start = format!("{kind} {last}");
            code.match_indices(&start).any(|(at, _)| {
                let next = code[at + start.len()..].chars().next();
                next.is_none_or(|next| !next.is_alphanumeric() && next != '_')
            })
        };
        let kinds = ["fn", "struct", "enum", "trait", "mod", "type", "const"];
        is_name.then(|| !kinds.into_iter().any(declared))
    });
    assert!(missing.is_empty(), "nothing in the code has this name:\n{}", missing.join("\n"));
}

/// The words in backquotes, outside of examples, for which the check answers "missing". It answers
/// `None` for a word that it is not about. Fails when it is about none of them.
fn named(is_missing: impl Fn(&str) -> Option<bool>) -> Vec<String> {
    let (mut missing, mut checked) = (Vec::new(), 0);
    for document in DOCUMENTS {
        let text = fs::read_to_string(root().join(document)).unwrap();
        let prose = text.split("```").step_by(2).collect::<String>();
        for word in prose.split('`').skip(1).step_by(2) {
            let answer = is_missing(word);
            checked += usize::from(answer.is_some());
            if answer == Some(true) {
                missing.push(format!("{document}: `{word}`"));
            }
        }
    }
    assert!(checked > 5, "the documents name nothing that could be checked");
    missing
}

fn is_plain(path: &str) -> bool {
    path.chars().all(|c| c.is_ascii_alphanumeric() || "./_-".contains(c))
}

/// All Rust code of the workspace.
fn code() -> String {
    let mut folders: Vec<PathBuf> =
        ["app", "frontend", "server", "xtask"].map(|folder| root().join(folder)).into();
    let mut code = String::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                code.push_str(&fs::read_to_string(&path).unwrap());
            }
        }
    }
    code
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
