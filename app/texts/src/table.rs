//! Where the texts are. The server has the tables of all languages. A page has the table of its
//! language in its HTML, and a client begins with that one; another language's is fetched when a
//! person switches to it.

use crate::{
    Language,
    generated::{HASH, NAMESPACES},
    language,
};
use std::fmt::{Display, Write};

/// The texts of a language by namespace and place.
type Table = [&'static [&'static str]; NAMESPACES.len()];

/// A text by its place in the tables, the same in every language.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Text {
    pub namespace: u8,
    pub place: u16,
}

impl Text {
    /// The text in the page's language, tracked.
    pub fn text(self) -> &'static str {
        self.of(language())
    }

    /// The same with its values, which stand in it as `{0}`, `{1}` and so on.
    pub fn filled(self, values: &[&dyn Display]) -> String {
        let mut parts = self.text().split('{');
        let mut filled = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (number, rest) = part.split_once('}').unwrap_or_default();
            let value = number.parse().ok().and_then(|number: usize| values.get(number));
            if let Some(value) = value {
                // Writing to a string cannot fail, unless the value's own `Display` does.
                let _ = write!(filled, "{value}");
            }
            filled.push_str(rest);
        }
        filled
    }

    fn of(self, language: Language) -> &'static str {
        let namespace =
            store::with(language, |table| table.get(usize::from(self.namespace)).copied());
        let text = namespace.and_then(|texts| texts.get(usize::from(self.place)).copied());
        text.unwrap_or_default()
    }
}

/// The namespaces of a product's table: what products share, and its own.
#[cfg(not(feature = "hydrate"))]
fn is_in_table(namespace: &str, product: &str) -> bool {
    ["shared", "errors", product].contains(&namespace)
}

/// A language's texts for the pages of a product, `guitar` or `gym`, as their HTML carries them: a
/// hash of all keys and texts and the language, then one text a line.
#[cfg(not(feature = "hydrate"))]
pub fn table(language: Language, product: &str) -> String {
    let mut table = head(language);
    for (namespace, texts) in NAMESPACES.iter().zip(store::with(language, |table| *table)) {
        if is_in_table(namespace, product) {
            table.push('\n');
            table.push_str(namespace);
            table.push_str(&format!(" {}", texts.len()));
            texts.iter().for_each(|text| {
                table.push('\n');
                table.push_str(text);
            });
        }
    }
    table
}

/// The first line of a language's table.
fn head(language: Language) -> String {
    format!("{HASH} {}", language.tag())
}

/// Reads the table of a language. `None` for another language's, and for one of another release, whose
/// places are others.
fn read(language: Language, table: &str) -> Option<Table> {
    let mut lines = table.lines();
    if lines.next() != Some(&head(language)) {
        return None;
    }
    let mut read = Table::default();
    while let Some((namespace, count)) = lines.next().and_then(|head| head.split_once(' ')) {
        let number = NAMESPACES.iter().position(|known| *known == namespace)?;
        let texts: Vec<&'static str> =
            lines.by_ref().take(count.parse().ok()?).map(|text| &*text.to_owned().leak()).collect();
        read[number] = texts.leak();
    }
    Some(read)
}

/// Takes the table of a language, which then lasts as long as the page. False for a table of another
/// release or language, which is not taken.
pub fn load(language: Language, table: &str) -> bool {
    match read(language, table) {
        Some(table) => {
            store::keep(language, table);
            true
        }
        None => false,
    }
}

/// Whether the table of a language is there.
pub fn is_loaded(language: Language) -> bool {
    store::with(language, |table| table.iter().any(|texts| !texts.is_empty()))
}

#[cfg(not(feature = "hydrate"))]
mod store {
    use super::{Language, Table};
    use crate::generated::TABLES;

    pub(super) fn with<T>(language: Language, use_table: impl FnOnce(&Table) -> T) -> T {
        use_table(&TABLES[language as usize])
    }

    pub(super) fn keep(_: Language, _: Table) {}
}

#[cfg(feature = "hydrate")]
mod store {
    use super::{Language, Table};
    use std::cell::RefCell;

    thread_local! {
        /// A browser's page has one thread.
        static LOADED: RefCell<[Table; 2]> = RefCell::default();
    }

    pub(super) fn with<T>(language: Language, use_table: impl FnOnce(&Table) -> T) -> T {
        LOADED.with_borrow(|loaded| use_table(&loaded[language as usize]))
    }

    pub(super) fn keep(language: Language, table: Table) {
        LOADED.with_borrow_mut(|loaded| loaded[language as usize] = table);
    }
}

#[cfg(all(test, not(feature = "hydrate")))]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_as_it_was_written() {
        for language in Language::ALL {
            for product in ["guitar", "gym"] {
                let table = table(language, product);
                let read = read(language, &table).unwrap_or_default();
                for (number, namespace) in NAMESPACES.iter().enumerate() {
                    let whole = store::with(language, |table| table[number]);
                    let wanted = if is_in_table(namespace, product) { whole } else { &[] };
                    assert_eq!(read[number], wanted, "{namespace} for {product}");
                }
                assert!(!table.contains('<'), "it stands in HTML");
            }
        }
    }

    #[test]
    fn a_table_of_another_release_is_not_taken() {
        let other = table(Language::English, "gym").replacen(HASH, "0123456789abcdef", 1);
        let japanese = table(Language::Japanese, "gym");
        for table in [&*other, &*japanese, "", "<!DOCTYPE html>"] {
            assert!(!load(Language::English, table));
        }
    }
}
