//! Every text of a page stands in the files of both languages, and no page holds one of its own.

#![allow(clippy::expect_used, reason = "a test stops at the first surprise")]

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Words that are the same in every language: names, keys of a keyboard, units.
const SAME_EVERYWHERE: [&str; 18] = [
    "Cadence",
    "VirtuTune",
    "AV-Gym",
    "Space",
    "Shift",
    "M",
    "ms",
    "Escape",
    "Tab",
    "Digit",
    "Numpad",
    "Enter",
    "CapsLock",
    "KeyM",
    "ArrowRight",
    "ArrowUp",
    "ArrowLeft",
    "ArrowDown",
];

/// Attributes that a person reads or a screen reader speaks, and properties of our components that
/// become text.
const SPOKEN: [&str; 7] = ["aria-label", "title", "placeholder", "alt", "text", "what", "note"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

#[test]
fn both_languages_have_the_same_keys_and_values() {
    let mut missing = Vec::new();
    let folder = root().join("locales");
    let names = |language: &str| {
        let files = fs::read_dir(folder.join(language)).expect("a folder for each language");
        let names = files.map(|file| file.expect("a file").file_name());
        let mut names: Vec<_> = names.filter_map(|name| name.into_string().ok()).collect();
        names.sort();
        names
    };
    assert_eq!(names("en"), names("ja"), "each namespace has a file in each language");
    for name in names("en") {
        let texts = |language: &str| {
            let file = fs::read_to_string(folder.join(language).join(&name)).expect("a text file");
            texts_of(&serde_json::from_str(&file).expect("valid JSON"))
        };
        missing.extend(differences(&name, &texts("en"), &texts("ja")));
    }
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
}

#[test]
fn no_page_holds_a_text_of_its_own() {
    let mut found = Vec::new();
    let pages = root().join("../src");
    for file in sources(&pages) {
        let source = fs::read_to_string(&file).expect("a source file");
        let name = file.strip_prefix(&pages).unwrap_or(&file).display().to_string();
        let texts = own_texts(&source).into_iter();
        found.extend(texts.map(|(line, text)| format!("app/src/{name}:{line}: {text:?}")));
    }
    assert!(found.is_empty(), "these belong into app/texts/locales:\n{}", found.join("\n"));
}

/// A client has only the texts of its product, and shows nothing in the place of another's.
#[test]
fn a_page_uses_the_texts_of_its_own_product() {
    let mut found = Vec::new();
    let pages = root().join("../src");
    for file in sources(&pages) {
        let source = fs::read_to_string(&file).expect("a source file");
        let name = file.strip_prefix(&pages).unwrap_or(&file).display().to_string();
        let own = match name.as_str() {
            // Rendered by the server, which has all texts.
            "guitar/landing.rs" => "landing",
            name => name.split('/').next().unwrap_or_default(),
        };
        let foreign = namespaces(&source).filter(|used| !["shared", "errors", own].contains(used));
        found.extend(foreign.map(|used| format!("app/src/{name}: {used}")));
    }
    assert!(found.is_empty(), "texts of another product:\n{}", found.join("\n"));
}

/// The namespaces of the texts that a source names.
fn namespaces(source: &str) -> impl Iterator<Item = &str> {
    let after = source.split("words!(").skip(1).chain(source.split("text!(").skip(1));
    after.filter_map(|rest| Some(rest.trim_start().split_once('.')?.0))
}

#[test]
fn a_page_with_the_text_of_another_product_is_found() {
    let source = "text!(gym.today) count_words!(shared.events, 2) words!(\n    guitar.mute)";
    let mut used: Vec<_> = namespaces(source).collect();
    used.sort_unstable();
    assert_eq!(used, ["guitar", "gym", "shared"]);
}

#[test]
fn a_lacking_key_a_lacking_value_and_an_empty_text_are_named() {
    let texts = |json: &str| texts_of(&serde_json::from_str(json).expect("valid JSON"));
    let english = texts(r#"{"a": "One", "b": {"one": "{{ count }} x", "many": "y"}, "c": "C"}"#);
    let japanese = texts(r#"{"a": "一", "b": {"one": "x", "many": "y"}, "c": " ", "d": "D"}"#);
    assert_eq!(
        differences("n.json", &english, &japanese),
        [
            "n.json: b.one has the values [\"count\"] in English and [] in Japanese",
            "n.json: c is empty in Japanese",
            "n.json: d is missing in English",
        ]
    );
}

#[test]
fn a_text_in_a_page_is_found_wherever_it_stands() {
    let page = r#"
        fn page() -> &'static str {
            let class = match x { A => "tone-good", B => "Paused" };
            view! {
                <p class="play text" data-test="Name" title="a tip">"hello "{name}</p>
                <b aria-label=move || words!(shared.close)>{if x { "yes" } else { "×" }}</b>
                <Brand product="VirtuTune"/> // "a comment"
                <kbd>"Space"</kbd>
                <input placeholder="······" on:input=f("key")/>
            }
        }
        #[cfg(test)]
        mod tests { const T: &str = "Not a page"; }
    "#;
    let found: Vec<String> = own_texts(page).into_iter().map(|(_, text)| text).collect();
    assert_eq!(found, ["Paused", "a tip", "hello ", "yes"]);
}

type Texts = BTreeMap<String, String>;

fn texts_of(value: &Value) -> Texts {
    fn walk(value: &Value, path: &str, into: &mut Texts) {
        match value {
            Value::Object(keys) => {
                for (key, value) in keys {
                    let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    walk(value, &path, into);
                }
            }
            other => drop(into.insert(path.to_owned(), other.as_str().unwrap_or("").to_owned())),
        }
    }
    let mut texts = Texts::new();
    walk(value, "", &mut texts);
    texts
}

/// The names between `{{` and `}}`, sorted.
fn values(text: &str) -> Vec<&str> {
    let mut names: Vec<&str> = text
        .split("{{")
        .skip(1)
        .filter_map(|rest| rest.split_once("}}").map(|(name, _)| name.trim()))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn differences(file: &str, english: &Texts, japanese: &Texts) -> Vec<String> {
    let mut found = Vec::new();
    let keys: std::collections::BTreeSet<&String> = english.keys().chain(japanese.keys()).collect();
    for key in keys {
        match (english.get(key), japanese.get(key)) {
            (Some(_), None) => found.push(format!("{file}: {key} is missing in Japanese")),
            (None, _) => found.push(format!("{file}: {key} is missing in English")),
            (Some(english), Some(japanese)) => {
                for (language, text) in [("English", english), ("Japanese", japanese)] {
                    if text.trim().is_empty() {
                        found.push(format!("{file}: {key} is empty in {language}"));
                    }
                }
                let (one, two) = (values(english), values(japanese));
                if one != two {
                    found.push(format!(
                        "{file}: {key} has the values {one:?} in English and {two:?} in Japanese"
                    ));
                }
            }
        }
    }
    found
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => files.extend(sources(&path)),
            // Modules of tests only.
            false if path.ends_with("fixtures.rs") || path.ends_with("tests.rs") => {}
            false if path.extension().is_some_and(|end| end == "rs") => files.push(path),
            false => {}
        }
    }
    files.sort();
    files
}

/// The string literals of a page's source that a person would read, each with its line: text nodes
/// and spoken attributes of a view, and elsewhere whatever is written like a word or sentence.
fn own_texts(source: &str) -> Vec<(usize, String)> {
    let source = source.split("#[cfg(test)]").next().unwrap_or_default();
    let views = views(source);
    let is_in_view = |at: usize| views.iter().any(|(from, to)| (*from..*to).contains(&at));
    let mut found = Vec::new();
    for (at, text) in literals(source) {
        let before = source[..at].trim_end();
        if !text.chars().any(char::is_alphabetic) || SAME_EVERYWHERE.contains(&text.trim()) {
            continue;
        }
        let is_text = match attribute(before) {
            Some(name) => SPOKEN.contains(&name),
            None if is_in_view(at) && !before.ends_with("=>") => {
                before.ends_with(['>', '}', '{', '"']) || is_sentence(&text)
            }
            None => is_sentence(&text),
        };
        // What is logged, formatted into an attribute or compared is no text of a page.
        let line = source[..at].matches('\n').count() + 1;
        if is_text && !is_technical(source, before, at) {
            found.push((line, text));
        }
    }
    found
}

/// The attribute that a literal is the value of.
fn attribute(before: &str) -> Option<&str> {
    let name = before.strip_suffix('=')?;
    let begin = name.rfind(|c: char| !(c.is_alphanumeric() || "-:_#".contains(c)))? + 1;
    (begin < name.len()).then(|| &name[begin..])
}

/// A word with a capital, or several words: no class, path or attribute has such a name.
fn is_sentence(text: &str) -> bool {
    let mut letters = text.chars();
    let capital = letters.next().is_some_and(char::is_uppercase);
    (capital && letters.next().is_some_and(|c| c.is_lowercase() || c == ' '))
        || text.chars().any(|c| c > '\u{2fff}')
}

/// Attributes of Rust (`#[error("…")]`, `reason = "…"`) and messages to programs.
fn is_technical(source: &str, before: &str, at: usize) -> bool {
    let line = source[..at].rsplit('\n').next().unwrap_or_default().trim_start();
    let call =
        ["ErrorBody::field(", "ErrorBody::new(", "ErrorCode::Unavailable, ", "expect(", "error("];
    line.starts_with("#[")
        || line.starts_with("#!")
        || line.starts_with("reason =")
        || (before.ends_with([',', '(']) && call.iter().any(|call| line.contains(call)))
}

/// The places of `view! { … }` in a source.
fn views(source: &str) -> Vec<(usize, usize)> {
    let strings: Vec<(usize, usize)> =
        literals(source).into_iter().map(|(at, text)| (at, at + text.len() + 2)).collect();
    let mut views = Vec::new();
    for (begin, _) in source.match_indices("view! {") {
        let mut depth = 0usize;
        let from = begin + "view! ".len();
        let end = source[from..].char_indices().find(|(offset, c)| {
            let at = from + offset;
            if strings.iter().any(|(from, to)| (*from..*to).contains(&at)) {
                return false;
            }
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        views.push((begin, end.map_or(source.len(), |(offset, _)| from + offset)));
    }
    views
}

/// Where each string literal begins, and what it holds. Comments, chars and lifetimes are skipped.
fn literals(source: &str) -> Vec<(usize, String)> {
    let bytes = source.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at += source[at..].find('\n').unwrap_or(source.len() - at);
            }
            b'\'' => {
                // A char is closed by the third or a later byte, a lifetime is not.
                let char_end = source[at + 1..].char_indices().nth(1).map(|(end, _)| at + 1 + end);
                at = match (bytes.get(at + 1), char_end) {
                    (Some(b'\\'), _) => at + 2 + source[at + 2..].find('\'').unwrap_or(0) + 1,
                    (_, Some(end)) if bytes.get(end) == Some(&b'\'') => end + 1,
                    _ => at + 1,
                };
            }
            b'"' => {
                let mut end = at + 1;
                while end < bytes.len() && bytes[end] != b'"' {
                    end += if bytes[end] == b'\\' { 2 } else { 1 };
                }
                let end = end.min(source.len());
                found.push((at, source[at + 1..end].to_owned()));
                at = end + 1;
            }
            _ => at += 1,
        }
    }
    found
}
