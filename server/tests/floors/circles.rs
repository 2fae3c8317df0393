//! Circles among arrows.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::tree::Arrow;

/// One circle for each set of files that reach each other, the shortest through its first file.
pub(crate) fn circles(arrows: &BTreeSet<Arrow>) -> Vec<Vec<Arrow>> {
    let mut next: BTreeMap<&str, BTreeMap<&str, &Arrow>> = BTreeMap::new();
    for arrow in arrows {
        next.entry(&arrow.from).or_default().entry(&arrow.to).or_insert(arrow);
    }
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for &file in next.keys() {
        if seen.contains(file) {
            continue;
        }
        if let Some(circle) = shortest(&next, file) {
            let reached = reachable(&next, file);
            seen.extend(reached.into_iter().filter(|other| reachable(&next, other).contains(file)));
            found.push(circle);
        }
    }
    found
}

type Next<'a> = BTreeMap<&'a str, BTreeMap<&'a str, &'a Arrow>>;

/// The shortest way from `file` back to it.
fn shortest(next: &Next<'_>, file: &str) -> Option<Vec<Arrow>> {
    let mut ways = VecDeque::from([(file, Vec::new())]);
    let mut seen = BTreeSet::new();
    while let Some((at, way)) = ways.pop_front() {
        for (&to, &arrow) in next.get(at).into_iter().flatten() {
            let way: Vec<Arrow> = way.iter().chain([arrow]).cloned().collect();
            if to == file {
                return Some(way);
            }
            if seen.insert(to) {
                ways.push_back((to, way));
            }
        }
    }
    None
}

fn reachable<'a>(next: &Next<'a>, file: &str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open = vec![file];
    while let Some(at) = open.pop() {
        for &to in next.get(at).into_iter().flat_map(BTreeMap::keys) {
            if reached.insert(to) {
                open.push(to);
            }
        }
    }
    reached
}
