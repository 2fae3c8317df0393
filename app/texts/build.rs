//! Makes keys and tables of the files in `locales/`. The parser of `leptos_i18n` finds what one
//! language lacks. A key is the place of its text in the table of its namespace, so that a browser
//! downloads the texts of one language and not the code for two.

use leptos_i18n_parser::parse_locales::{
    options::{Config, ParseOptions},
    parse_locales,
};
use serde_json::{Map, Value};
use std::error::Error;
use std::fmt::Write;
use std::{env, fs, path::Path};

/// One file for each in each language.
const NAMESPACES: [&str; 5] = ["shared", "errors", "landing", "guitar", "gym"];
const LANGUAGES: [&str; 2] = ["en", "ja"];

type Result<T, E = Box<dyn Error>> = std::result::Result<T, E>;

fn main() -> Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=locales");
    let config = Config::new(LANGUAGES[0])?
        .add_locale(LANGUAGES[1])?
        .add_namespaces(NAMESPACES)?
        .parse_options(ParseOptions::new().interpolate_display(true));
    let parsed = parse_locales(None, config)?;
    // A key that one language lacks is a warning there; here it does not compile.
    for warning in parsed.diag.warnings().iter() {
        println!("cargo::error={warning}");
    }
    for error in parsed.diag.errors().iter() {
        println!("cargo::error={error}");
    }
    let code = generate()?;
    let file = Path::new(&env::var("OUT_DIR")?).join("texts.rs");
    fs::write(file, code)?;
    Ok(())
}

/// The module `keys`, the tables, and a hash of both.
fn generate() -> Result<String> {
    let mut keys = String::from("pub mod keys {\n");
    let mut tables: [String; 2] = Default::default();
    for (number, namespace) in NAMESPACES.iter().enumerate() {
        let read = |language: &str| -> Result<Map<String, Value>> {
            let file = fs::read_to_string(format!("locales/{language}/{namespace}.json"))?;
            Ok(serde_json::from_str(&file)?)
        };
        let languages = [read(LANGUAGES[0])?, read(LANGUAGES[1])?];
        let mut texts: [Vec<String>; 2] = Default::default();
        writeln!(keys, "pub mod {namespace} {{")?;
        module(&languages, number, &mut keys, &mut texts)?;
        keys.push_str("}\n");
        for (table, texts) in tables.iter_mut().zip(texts) {
            writeln!(table, "&{texts:?},")?;
        }
    }
    keys.push_str("}\n");
    let [english, japanese] = &tables;
    let hash = hash(&format!("{keys}{english}{japanese}"));
    Ok(format!(
        "{keys}
         pub const HASH: &str = \"{hash:016x}\";
         pub const NAMESPACES: [&str; {count}] = {NAMESPACES:?};
         #[cfg(not(feature = \"hydrate\"))]
         pub static TABLES: [[&[&str]; {count}]; 2] = [[{english}], [{japanese}]];\n",
        count = NAMESPACES.len()
    ))
}

/// The keys of a namespace, or of a group inside of it, in the order of the table.
fn module(
    languages: &[Map<String, Value>; 2],
    namespace: usize,
    keys: &mut String,
    texts: &mut [Vec<String>; 2],
) -> Result<()> {
    let [english, japanese] = languages;
    for (key, value) in english {
        match (value, japanese.get(key)) {
            (Value::String(english), Some(Value::String(japanese))) => {
                let names = names(english, japanese);
                let place = texts[0].len();
                declare(key, &names, namespace, place, keys)?;
                texts[0].push(numbered(english, &names)?);
                texts[1].push(numbered(japanese, &names)?);
            }
            (Value::Object(english), Some(Value::Object(japanese))) => {
                writeln!(keys, "pub mod {key} {{")?;
                module(&[english.clone(), japanese.clone()], namespace, keys, texts)?;
                keys.push_str("}\n");
            }
            // The parser has reported it.
            _ => {}
        }
    }
    Ok(())
}

/// A text without values is a constant; one with values is a type with a field for each.
fn declare(
    key: &str,
    names: &[&str],
    namespace: usize,
    place: usize,
    keys: &mut String,
) -> Result<()> {
    let text = format!("crate::table::Text {{ namespace: {namespace}, place: {place} }}");
    if names.is_empty() {
        writeln!(keys, "pub const {key}: crate::table::Text = {text};")?;
        return Ok(());
    }
    let fields: String =
        names.iter().map(|name| format!("pub {name}: &'a dyn std::fmt::Display, ")).collect();
    let values: String = names.iter().map(|name| format!("self.{name}, ")).collect();
    writeln!(
        keys,
        "pub struct {key}<'a> {{ {fields} }}
         impl {key}<'_> {{ pub fn text(&self) -> String {{ {text}.filled(&[{values}]) }} }}"
    )?;
    Ok(())
}

/// The names of the values of a text, sorted.
fn names<'a>(english: &'a str, japanese: &'a str) -> Vec<&'a str> {
    let in_text = |text: &'a str| {
        text.split("{{").skip(1).filter_map(|rest| Some(rest.split_once("}}")?.0.trim()))
    };
    let mut names: Vec<&str> = in_text(english).chain(in_text(japanese)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The text with `{0}` in the place of the first value.
fn numbered(text: &str, names: &[&str]) -> Result<String> {
    let mut parts = text.split("{{");
    let mut numbered = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once("}}").ok_or("a value without an end")?;
        let number = names.iter().position(|known| *known == name.trim()).ok_or("a new value")?;
        write!(numbered, "{{{number}}}{rest}")?;
    }
    let stray = text.replace("{{", "").replace("}}", "").contains(['{', '}', '\n', '<']);
    if stray || names.len() > 9 {
        return Err(format!("a text must not contain braces, tags or lines: {text}").into());
    }
    Ok(numbered)
}

/// FNV-1a.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
