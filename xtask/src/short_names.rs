//! What a script and its module call of each other, under short names: wasm-bindgen's are long, and
//! a browser would download each of them twice. Exports that no page calls go.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow, ensure};
use walrus::Module;

/// The script and the module with short names. Names that `is_kept` stay.
pub(crate) fn shorten(
    glue: &str,
    wasm: &[u8],
    is_kept: impl Fn(&str) -> bool,
) -> Result<(String, Vec<u8>)> {
    let mut module =
        Module::from_buffer(wasm).map_err(|error| anyhow!("the client is damaged: {error:?}"))?;
    remove_stream_exports(&mut module)?;
    let mut names = BTreeMap::new();
    let mut shorten = |name: &mut String| {
        // Only wasm-bindgen's own; `hydrate` and `memory` are called from outside.
        let is_generated = ["__wbg_", "__wbindgen_", "wasm_bindgen__"];
        if is_generated.iter().any(|start| name.starts_with(start)) && !is_kept(name) {
            let count = names.len();
            let short: &mut String = names.entry(name.clone()).or_insert_with(|| short_name(count));
            *name = short.clone();
        }
    };
    module.imports.iter_mut().for_each(|import| shorten(&mut import.name));
    module.exports.iter_mut().for_each(|export| shorten(&mut export.name));
    Ok((replace_words(&without_streams(glue), &names), module.emit_wasm()))
}

/// The classes of `wasm_streams`, as exports are called that belong to them.
const STREAM_CLASSES: [&str; 3] =
    ["IntoUnderlyingByteSource", "IntoUnderlyingSource", "IntoUnderlyingSink"];

/// Removes what `wasm_streams` exports for streams made in Rust. Exports are never dead code, so each
/// client would have them, and no server function of ours streams.
fn remove_stream_exports(module: &mut Module) -> Result<()> {
    let is_of_streams = |name: &str| {
        let name = name.strip_prefix("__wbg_").unwrap_or(name);
        STREAM_CLASSES.iter().any(|class| {
            name.split('_').next().is_some_and(|start| start.eq_ignore_ascii_case(class))
        })
    };
    // Rust code that makes a stream imports the constructor of its class.
    let mut imports = module.imports.iter();
    let makes_streams = imports.any(|import| is_of_streams(&import.name));
    ensure!(!makes_streams, "the client makes a stream, whose exports are removed here");
    let exports = module.exports.iter().filter(|export| is_of_streams(&export.name));
    let exports: Vec<_> = exports.map(|export| export.id()).collect();
    exports.into_iter().for_each(|id| module.exports.delete(id));
    Ok(())
}

/// The script with its classes for streams as dead code, which minifying removes.
fn without_streams(glue: &str) -> String {
    let is_of_streams = |line: &str, start: &str| {
        STREAM_CLASSES.iter().any(|class| line.starts_with(&format!("{start}{class}")))
    };
    let mut dead = String::with_capacity(glue.len());
    for line in glue.lines().filter(|line| !is_of_streams(line, "if (Symbol.dispose) ")) {
        match line.strip_prefix("export ").filter(|class| is_of_streams(class, "class ")) {
            Some(class) => dead.push_str(class),
            None => dead.push_str(&line.replace("new FinalizationRegistry", PURE_REGISTRY)),
        }
        dead.push('\n');
    }
    dead
}

/// A registry that nothing registers with may be left out.
const PURE_REGISTRY: &str = "/*#__PURE__*/ new FinalizationRegistry";

/// `$a`, `$b`, … `$z`, `$ba`, … The sign keeps them apart from words of the language, such as `if`, and
/// from names that the script has already.
fn short_name(mut number: usize) -> String {
    let mut name = Vec::new();
    loop {
        name.insert(0, b'a' + (number % 26) as u8);
        number /= 26;
        if number == 0 {
            name.insert(0, b'$');
            return name.into_iter().map(char::from).collect();
        }
    }
}

fn replace_words(text: &str, names: &BTreeMap<String, String>) -> String {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    let mut replaced = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_word) {
        let (before, word) = rest.split_at(start);
        let (word, after) = word.split_at(word.find(|c| !is_word(c)).unwrap_or(word.len()));
        replaced.push_str(before);
        replaced.push_str(names.get(word).map_or(word, String::as_str));
        rest = after;
    }
    replaced + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_words_are_replaced() {
        let names = BTreeMap::from([("__wbg_get".to_owned(), "a".to_owned())]);
        let glue = "imports.__wbg_get = () => __wbg_get_imports(__wbg_get);";
        assert_eq!(replace_words(glue, &names), "imports.a = () => __wbg_get_imports(a);");
    }

    #[test]
    fn classes_for_streams_become_dead_code() {
        let glue = "export class IntoUnderlyingSink {\n}\n\
                    if (Symbol.dispose) IntoUnderlyingSink.prototype[Symbol.dispose] = 0;\n\
                    export class Kept {\n}\n";
        assert_eq!(
            without_streams(glue),
            "class IntoUnderlyingSink {\n}\nexport class Kept {\n}\n"
        );
    }

    #[test]
    fn a_short_name_is_no_word_of_the_language() {
        // The 213th name was `if`, and the practice page did not start.
        let names: Vec<_> = [0, 25, 26, 213, 676].map(short_name).into();
        assert_eq!(names, ["$a", "$z", "$ba", "$if", "$baa"]);
    }
}
