//! Makes keys and texts of the files in `locales/`, by the parser and the generator of
//! `leptos_i18n`. Its own macro cannot make texts with values as strings, and its build helper
//! brings the tables of all languages of the world, which are not needed here.

use leptos_i18n_parser::parse_locales::{
    options::{Config, ParseOptions},
    parse_locales,
};
use std::error::Error;
use std::{env, fs, path::Path};

/// One file for each in each language.
const NAMESPACES: [&str; 5] = ["shared", "errors", "landing", "guitar", "gym"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=locales");
    let config = Config::new("en")?
        .add_locale("ja")?
        .add_namespaces(NAMESPACES)?
        .parse_options(ParseOptions::new().interpolate_display(true));
    let texts = parse_locales(None, config)?;
    // A key that one language lacks is a warning there; here it does not compile.
    for warning in texts.diag.warnings().iter() {
        println!("cargo::error={warning}");
    }
    for error in texts.diag.errors().iter() {
        println!("cargo::error={error}");
    }
    let code = leptos_i18n_codegen::gen_code(&texts, None, false, None, false)?;
    let file = Path::new(&env::var("OUT_DIR")?).join("texts.rs");
    fs::write(file, code.to_string())?;
    Ok(())
}
