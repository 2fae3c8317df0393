//! Every name in GLOSSARY.md is declared somewhere in the tree, and every file in it exists.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    path::{Path, PathBuf},
};

#[test]
fn the_glossary_names_what_the_tree_declares() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let glossary = fs::read_to_string(here.join("GLOSSARY.md")).unwrap();
    let names: Vec<&str> = glossary.lines().filter_map(last_column).flat_map(names_in).collect();
    assert!(names.len() >= 30, "{names:?}");
    let root = here.join("../..");
    let mut sources = Vec::new();
    for part in ["app", "frontend", "server"] {
        collect_sources(&root.join(part), &mut sources);
    }
    let declared = |name: &&str| {
        if name.contains('/') {
            return root.join(name).exists();
        }
        let declarations = ["struct", "enum", "trait", "type", "fn", "const"]
            .map(|keyword| format!("{keyword} {name}"));
        sources.iter().any(|source| declarations.iter().any(|d| declares(source, d)))
    };
    let unknown: Vec<_> = names.iter().filter(|name| !declared(name)).collect();
    assert!(unknown.is_empty(), "GLOSSARY.md names what is not declared: {unknown:?}");
}

fn last_column(line: &str) -> Option<&str> {
    line.strip_suffix('|')?.rsplit('|').next()
}

fn names_in(column: &str) -> impl Iterator<Item = &str> {
    column.split('`').skip(1).step_by(2)
}

/// Whether `declaration` stands in the source as whole words.
fn declares(source: &str, declaration: &str) -> bool {
    source.match_indices(declaration).any(|(at, found)| {
        let next = source[at + found.len()..].chars().next();
        next.is_none_or(|next| !next.is_alphanumeric() && next != '_')
    })
}

fn collect_sources(folder: &Path, sources: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path: PathBuf = entry.unwrap().path();
        if path.is_dir() {
            collect_sources(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push(fs::read_to_string(&path).unwrap());
        }
    }
}
