//! Where code may stand: an import goes down only, never up and never around.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod circles;
mod made_up;
mod source;
mod tree;

use std::{collections::BTreeSet, fs, path::Path};

use circles::circles;
use tree::{Arrow, Tree};

/// The floors of the server crate, the lowest first: a module imports from its own room and from
/// lower floors. Rooms on one floor do not import each other. The longest name that fits a module
/// counts.
const FLOORS: [&[&str]; 11] = [
    &["telemetry"],
    &["auth"],
    &["state"],
    &["gym", "guitar"],
    // A socket's introduction may make a phone of the guitar, and the demo fills both products.
    &["accounts"],
    &["http", "jobs"],
    &["ws"],
    &["http::routes"],
    &["serve"],
    &["welcome"],
    &["lib", "main"],
];

/// Types whose methods are spread over several files of one folder: those files may import each
/// other.
const CUT_UP: [&str; 6] = ["Auth", "Connection", "Hub", "Link", "Session", "Store"];

/// What only some crates of the workspace may depend on. The settings check addresses of databases
/// and brokers with the types of those who will use them; they open no connection.
const OWNED: [(&str, [&str; 2]); 2] = [
    ("sqlx", ["cadence-store", "cadence-config"]),
    ("redis", ["cadence-realtime", "cadence-config"]),
];

/// Crates of the server that do not depend on each other, so that an event does not wait for a
/// database and the store needs no connection.
const APART: [(&str, &str); 2] =
    [("cadence-realtime", "cadence-store"), ("cadence-store", "cadence-realtime")];

#[test]
fn no_import_of_the_server_runs_up() {
    let upward = upward(&read_crate("server"), "server/src/", &FLOORS);
    assert!(upward.is_empty(), "\n{}\n", upward.join("\n"));
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let found: Vec<String> =
        folders().iter().flat_map(|folder| circles_of(&read_crate(folder), &CUT_UP)).collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n\n"));
}

#[test]
fn only_the_store_writes_sql_and_only_the_realtime_part_knows_the_broker() {
    for folder in folders() {
        let manifest = manifest(&folder);
        let package = manifest["package"]["name"].as_str().unwrap().to_owned();
        let depends =
            |name: &str| manifest.get("dependencies").is_some_and(|all| all.get(name).is_some());
        for (dependency, owners) in OWNED {
            let may = owners.contains(&package.as_str());
            assert!(
                may || !depends(dependency),
                "{package} depends on {dependency}; only {owners:?} may"
            );
        }
        for (one, other) in APART {
            assert!(package != one || !depends(other), "{one} depends on {other}");
        }
    }
}

/// Arrows of the crate in `folder` that run up or aside by `floors`, and modules without a floor.
fn upward(tree: &Tree, folder: &str, floors: &[&[&str]]) -> Vec<String> {
    let room = |file: &str| {
        let module =
            file.trim_start_matches(folder).trim_end_matches(".rs").trim_end_matches("/mod");
        let module = module.replace('/', "::");
        let rooms = floors
            .iter()
            .enumerate()
            .flat_map(|(floor, rooms)| rooms.iter().map(move |room| (floor, *room)));
        rooms
            .filter(|(_, room)| {
                module
                    .strip_prefix(room)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
            })
            .max_by_key(|(_, room)| room.len())
    };
    let homeless = tree
        .files()
        .into_iter()
        .filter(|file| room(file).is_none())
        .map(|file| format!("{file} has no floor: give it one in FLOORS"));
    let arrows = tree.arrows().into_iter().filter_map(|arrow| {
        let ((from, from_room), (to, to_room)) = (room(&arrow.from)?, room(&arrow.to)?);
        let way = if to > from { "up" } else { "aside" };
        (to > from || to == from && from_room != to_room).then(|| {
            format!("{arrow} runs {way}: {from_room} on floor {from}, {to_room} on floor {to}")
        })
    });
    homeless.chain(arrows).collect()
}

/// Circles among the files of a crate, but for those between the files of one cut-up type.
fn circles_of(tree: &Tree, cut_up: &[&str]) -> Vec<String> {
    let mut arrows = tree.arrows();
    for name in cut_up {
        let parts = tree.files_implementing(name);
        arrows.retain(|arrow| {
            !(parts.contains(arrow.from.as_str())
                && parts.contains(arrow.to.as_str())
                && folder_of(&arrow.from) == folder_of(&arrow.to))
        });
    }
    let text = |circle: Vec<Arrow>| {
        let lines: Vec<String> = circle.iter().map(|arrow| format!("  {arrow}")).collect();
        format!("a circle of {} imports:\n{}", lines.len(), lines.join("\n"))
    };
    circles(&arrows).into_iter().map(text).collect()
}

fn folder_of(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The library of the crate in `folder`, and its program.
fn read_crate(folder: &str) -> Tree {
    let read = |file: &str| fs::read_to_string(root().join(file)).ok();
    let name = manifest(folder)["package"]["name"].as_str().unwrap().replace('-', "_");
    let mut tree = Tree::default();
    let (library, program) = (format!("{folder}/src/lib.rs"), format!("{folder}/src/main.rs"));
    for (name, file) in [(name.clone(), library), (format!("{name} (program)"), program)] {
        if root().join(&file).exists() {
            tree.add_crate(&name, &file, &read).unwrap();
        }
    }
    assert!(!tree.files().is_empty(), "{folder} has no code");
    tree
}

/// Every member of the workspace.
fn folders() -> BTreeSet<String> {
    let members = manifest("")["workspace"]["members"].as_array().unwrap().clone();
    members.iter().map(|member| member.as_str().unwrap().to_owned()).collect()
}

fn manifest(folder: &str) -> toml::Table {
    fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap().parse().unwrap()
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
