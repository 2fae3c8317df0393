//! Sentences about names that do not exist, with the name that was probably meant.

use crate::{raw_value::unit_of, table_text::TableText};
use std::collections::HashMap;

/// The sentence about a key that the table `known` does not have.
pub(crate) fn unknown_setting(known: &TableText, key: &str, tables: &[TableText]) -> String {
    let table = known.name;
    let keys = || known.settings.iter().map(|setting| setting.key);
    if let Some((meant, unit)) = other_unit(key, keys()) {
        return format!("[{table}] has no setting `{key}`; `{meant}` is the same in {unit}.");
    }
    let elsewhere: Vec<String> = tables
        .iter()
        .filter(|other| other.has(key))
        .map(|other| format!("[{}]", other.name))
        .collect();
    let hint = match (elsewhere.is_empty(), closest(key, keys())) {
        (false, _) => format!("`{key}` belongs to {}", elsewhere.join(" or ")),
        (true, Some(meant)) => format!("did you mean `{meant}`?"),
        (true, None) => format!("its settings are {}", keys().collect::<Vec<_>>().join(", ")),
    };
    ended(format!("[{table}] has no setting `{key}`; {hint}"))
}

/// The sentence about a table that does not exist.
pub(crate) fn unknown_table(table: &str, tables: &[TableText]) -> String {
    let names = || tables.iter().map(|known| known.name);
    let hint = match closest(table, names()) {
        Some(meant) => format!("did you mean [{meant}]?"),
        None => format!("the tables are {}", names().collect::<Vec<_>>().join(", ")),
    };
    ended(format!("There is no table [{table}]; {hint}"))
}

/// Sentences about variables such as `CADENCE_AUTH_SECRET`, which would set a setting if they had
/// a second underscore between table and key. Without it they would be ignored silently.
pub(crate) fn unreachable_variables(
    variables: &HashMap<String, String>,
    tables: &[TableText],
) -> Vec<String> {
    let names = tables
        .iter()
        .flat_map(|table| table.settings.iter().map(|setting| (table.name, setting.key)));
    names
        .filter_map(|(table, key)| {
            let name = |between| format!("CADENCE_{table}{between}{key}").to_uppercase();
            let found = variables.contains_key(&name("_"));
            found.then(|| format!("{} sets nothing; write {}.", name("_"), name("__")))
        })
        .collect()
}

/// The key that measures the same thing in another unit, and that unit.
fn other_unit<'a>(
    key: &str,
    mut keys: impl Iterator<Item = &'a str>,
) -> Option<(&'a str, &'static str)> {
    let (measured, _) = unit_of(key)?;
    keys.find_map(|known| {
        let (same, unit) = unit_of(known)?;
        (same == measured).then_some((known, unit))
    })
}

/// The name that differs least from `name`, when it differs in no more than a third of its letters.
fn closest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let most = (name.chars().count() / 3).max(1);
    let distances = names.map(|known| (strsim::damerau_levenshtein(name, known), known));
    distances.filter(|(distance, _)| *distance <= most).min().map(|(_, known)| known)
}

/// A question mark ends a sentence already.
fn ended(mut sentence: String) -> String {
    if !sentence.ends_with('?') {
        sentence.push('.');
    }
    sentence
}
