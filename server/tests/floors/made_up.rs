//! The test of floors and circles on a small crate of invented files: that it can fail.

use crate::{circles_of, tree::Tree, upward};

const FLOORS: [&[&str]; 3] = [&["store"], &["gym", "guitar"], &["lib"]];

fn tree(files: &[(&str, &str)]) -> Tree {
    let read = |file: &str| {
        files.iter().find(|(name, _)| *name == file).map(|(_, text)| (*text).to_owned())
    };
    let mut tree = Tree::default();
    tree.add_crate("house", "src/lib.rs", &read).unwrap();
    tree
}

fn runs_up(files: &[(&str, &str)]) -> Vec<String> {
    upward(&tree(files), "src/", &FLOORS)
}

fn circles(files: &[(&str, &str)]) -> Vec<String> {
    circles_of(&tree(files), &["Hub"])
}

#[test]
fn an_import_that_runs_up_is_printed_with_file_and_line() {
    let lib = ("src/lib.rs", "mod gym;\nmod store;");
    let gym = ("src/gym.rs", "use crate::store::read;\npub fn check_in() { read() }");
    assert_eq!(runs_up(&[lib, gym, ("src/store.rs", "pub fn read() {}")]), [""; 0]);
    let ways = [
        "\npub fn read() { crate::gym::check_in() }",
        "\nuse crate::gym::check_in;\npub fn read() { check_in() }",
        "\nuse super::gym::{self};\npub fn read() { gym::check_in() }",
        "\nuse house::gym as other;\npub fn read() { tokio::select! { _ = other::check_in() => {} } }",
        "\nuse self::rows::read;\nmod rows { pub fn read() { super::super::gym::check_in() } }",
    ];
    for store in ways {
        let found = runs_up(&[lib, gym, ("src/store.rs", store)]);
        assert_eq!(found.len(), 1, "{store}: {found:?}");
        assert!(found[0].starts_with("src/store.rs:"), "{found:?}");
        assert!(found[0].contains("→ src/gym.rs"), "{found:?}");
        assert!(found[0].ends_with("runs up: store on floor 0, gym on floor 1"), "{found:?}");
    }
    let first = runs_up(&[lib, gym, ("src/store.rs", ways[0])]);
    assert!(
        first[0].starts_with("src/store.rs:2 → src/gym.rs (crate::gym::check_in)"),
        "{first:?}"
    );
}

#[test]
fn rooms_of_one_floor_do_not_import_each_other() {
    let found = runs_up(&[
        ("src/lib.rs", "mod gym; mod guitar;"),
        ("src/gym.rs", "use crate::guitar::Chord;\nfn ring(_: Chord) {}"),
        ("src/guitar.rs", "pub struct Chord;"),
    ]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("runs aside"), "{found:?}");
}

#[test]
fn a_module_without_a_floor_is_named() {
    let found = runs_up(&[("src/lib.rs", "mod cellar;"), ("src/cellar.rs", "")]);
    assert_eq!(found, ["src/cellar.rs has no floor: give it one in FLOORS"]);
}

#[test]
fn an_import_for_tests_only_does_not_count() {
    let found = runs_up(&[
        ("src/lib.rs", "mod gym; mod store;"),
        ("src/gym.rs", "pub fn check_in() {}"),
        (
            "src/store.rs",
            "#[cfg(test)]\nuse crate::gym::{check_in};\n#[cfg(test)]\nmod tests { use crate::gym; }\n\
             #[cfg(all(test, unix))] #[inline] fn all() { crate::gym::check_in() }\n\
             pub fn read() {}",
        ),
    ]);
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_name_that_is_handed_on_counts_where_it_is_declared() {
    let found = runs_up(&[
        ("src/lib.rs", "mod gym; mod store; pub use gym::Visit; pub use gym::*;"),
        ("src/gym.rs", "pub struct Visit; pub fn check_in() {}"),
        (
            "src/store.rs",
            "use crate::Visit;\nfn read(_: Visit) {}\nfn write() { crate::check_in() }",
        ),
    ]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().all(|arrow| arrow.contains("→ src/gym.rs")), "{found:?}");
}

#[test]
fn a_circle_is_printed_arrow_by_arrow() {
    let found = circles(&[
        ("src/lib.rs", "mod a; mod b; mod c;"),
        ("src/a.rs", "use crate::b::B;\npub struct A(B);"),
        ("src/b.rs", "pub struct B(\ncrate::c::C);"),
        ("src/c.rs", "pub struct C;\n\nfn back(_: &super::a::A) {}"),
    ]);
    let circle = "a circle of 3 imports:\n  src/a.rs:1 → src/b.rs (crate::b::B)\n  \
                  src/b.rs:2 → src/c.rs (crate::c::C)\n  src/c.rs:3 → src/a.rs (super::a::A)";
    assert_eq!(found, [circle]);
}

#[test]
fn a_module_that_only_hands_on_its_parts_is_in_no_circle() {
    let part = ("src/a/part.rs", "use super::other::Other;\npub struct Part(Other);");
    let other = ("src/a/other.rs", "pub struct Other;");
    let lib = ("src/lib.rs", "mod a;");
    assert_eq!(
        circles(&[lib, ("src/a/mod.rs", "mod part; mod other; pub use part::Part;"), part, other]),
        [""; 0]
    );

    let uses = ("src/a/mod.rs", "mod part; mod other; pub use part::Part; pub struct Whole(Part);");
    let back = ("src/a/part.rs", "use super::Whole;\npub struct Part; fn of(_: Whole) {}");
    assert_eq!(circles(&[lib, uses, back, other]).len(), 1);
}

#[test]
fn the_files_of_one_cut_up_type_may_import_each_other() {
    let lib = ("src/lib.rs", "mod hub;");
    let whole = (
        "src/hub/mod.rs",
        "mod topics; pub struct Hub; impl Hub { fn open() { topics::first() } }",
    );
    let part = "use super::Hub; impl<T: Into<u8>> Hub { fn topic() {} } pub fn first() {}";
    assert_eq!(circles(&[lib, whole, ("src/hub/topics.rs", part)]), [""; 0]);
    let another = "use super::Hub; struct Topics(Hub); impl Topics {} pub fn first() {}";
    assert_eq!(circles(&[lib, whole, ("src/hub/topics.rs", another)]).len(), 1);
}
