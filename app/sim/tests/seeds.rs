//! A few worlds with every build; `cargo xtask test` runs thousands in release.

use std::panic::catch_unwind;

/// More on demand: `cargo xtask sim --seeds N`.
const SEEDS: u64 = 50;

#[test]
fn bad_networks_lose_nothing_and_double_nothing() {
    let broken: Vec<u64> =
        (0..SEEDS).filter(|seed| catch_unwind(|| sim::run(*seed)).is_err()).collect();
    assert!(broken.is_empty(), "these seeds broke a promise: {broken:?}");
}

#[test]
fn a_seed_is_one_world() {
    assert_eq!(sim::run(7), sim::run(7));
}
