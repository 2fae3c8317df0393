//! What the file and the environment set, where each value comes from, and the mistakes that are
//! found on the way.

use crate::{
    kind::{SettingKind, read_number},
    mistakes::SettingMistakes,
    raw_value::{RawContent, RawValue, ValueOrigin},
    table_text::TableText,
};
use std::{
    collections::{BTreeMap, HashMap},
    ops::RangeInclusive,
    path::Path,
};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// The table and the key of a setting.
pub(crate) type SettingName = (&'static str, &'static str);

/// The values of the file with those of the environment over them. Each is taken out once; what is
/// left in the end has no setting.
pub(crate) struct SettingsReader {
    tables: BTreeMap<String, BTreeMap<String, RawValue>>,
    taken: BTreeMap<SettingName, TakenValue>,
    /// What was wrong so far.
    pub(crate) mistakes: SettingMistakes,
}

/// A value that was taken out.
struct TakenValue {
    origin: ValueOrigin,
    /// Whether it was what the setting needs.
    usable: bool,
}

impl SettingsReader {
    /// Reads the file and puts the variables `CADENCE_<TABLE>__<KEY>` over it. A file that is
    /// missing or no TOML is an error by itself, with a sentence for each place.
    pub(crate) fn of(
        path: &Path,
        variables: &HashMap<String, String>,
    ) -> Result<Self, SettingMistakes> {
        let mut reading = Self {
            tables: BTreeMap::new(),
            taken: BTreeMap::new(),
            mistakes: SettingMistakes::default(),
        };
        reading.add_file(path)?;
        reading.add_variables(variables);
        Ok(reading)
    }

    /// Takes the value of a setting, or its default when the value is missing or wrong.
    pub(crate) fn take<K: SettingKind>(&mut self, name: SettingName, default: K) -> K {
        self.take_with(name, default, K::read)
    }

    /// The same for a number.
    pub(crate) fn take_number(
        &mut self,
        name: SettingName,
        default: u32,
        range: &RangeInclusive<u32>,
    ) -> u32 {
        self.take_with(name, default, |value| read_number(value, range))
    }

    fn take_with<T>(
        &mut self,
        name: SettingName,
        default: T,
        read: impl FnOnce(&RawValue) -> Result<T, String>,
    ) -> T {
        let (table, key) = name;
        let Some(value) = self.tables.get_mut(table).and_then(|values| values.remove(key)) else {
            return default;
        };
        let read = read(&value);
        let origin = value.origin;
        if let Err(why) = &read {
            self.mistakes.add(format!("{origin}: [{table}] {key} {why}."));
        }
        self.taken.insert(name, TakenValue { origin, usable: read.is_ok() });
        read.unwrap_or(default)
    }

    /// Notes that a relation between settings does not hold, with the origins of those that were
    /// set. Nothing is noted when one of them was wrong by itself.
    pub(crate) fn refuse(&mut self, settings: &[SettingName], sentence: &str) {
        let taken: Vec<&TakenValue> =
            settings.iter().filter_map(|name| self.taken.get(name)).collect();
        if taken.iter().any(|taken| !taken.usable) {
            return;
        }
        let origins: Vec<String> = taken.iter().map(|taken| taken.origin.to_string()).collect();
        self.mistakes.add(match origins.is_empty() {
            true => sentence.to_owned(),
            false => format!("{}: {sentence}", origins.join(" and ")),
        });
    }

    /// Notes everything that was set and not taken.
    pub(crate) fn refuse_the_rest(&mut self, tables: &[TableText]) {
        for (table, values) in std::mem::take(&mut self.tables) {
            match tables.iter().find(|known| known.name == table) {
                Some(known) => {
                    for value in values.into_values() {
                        let sentence = crate::unknown::unknown_setting(known, &value.key, tables);
                        self.mistakes.add(format!("{}: {sentence}", value.origin));
                    }
                }
                None => {
                    if let Some(value) = values.into_values().next() {
                        let sentence = crate::unknown::unknown_table(&table, tables);
                        self.mistakes.add(format!("{}: {sentence}", value.origin));
                    }
                }
            }
        }
    }

    fn add_file(&mut self, path: &Path) -> Result<(), SettingMistakes> {
        let name = path.display().to_string();
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {
                return Err(SettingMistakes::from(format!(
                    "There is no file {name}. Start in the folder of Leptos.toml or name it with \
                     --config."
                )));
            }
            Err(cause) => {
                return Err(SettingMistakes::from(format!("{name} cannot be read: {cause}.")));
            }
        };
        let (file, errors) = DeTable::parse_recoverable(&text);
        if !errors.is_empty() {
            let mut mistakes = SettingMistakes::default();
            for error in errors {
                // The error's own text would repeat the line, which may hold a password.
                let line = line_of(&text, error.span().map_or(0, |span| span.start));
                mistakes.add(format!("{name} line {line}: {}.", error.message()));
            }
            return Err(mistakes);
        }
        for (key, value) in file.into_inner() {
            let line = line_of(&text, key.span().start);
            self.add_table(&name, &text, key.into_inner().into_owned(), value, line);
        }
        Ok(())
    }

    fn add_table(
        &mut self,
        file: &str,
        text: &str,
        table: String,
        value: Spanned<DeValue<'_>>,
        line: usize,
    ) {
        // Leptos reads its own table `[[workspace.metadata.leptos]]`.
        if table == "workspace" {
            return;
        }
        let DeValue::Table(values) = value.into_inner() else {
            self.mistakes.add(format!(
                "{file} line {line}: `{table}` stands outside of a table; the tables are written \
                 in brackets, for example [gym]."
            ));
            return;
        };
        let found = self.tables.entry(table).or_default();
        for (key, value) in values {
            let line = line_of(text, key.span().start);
            let key = key.into_inner().into_owned();
            let origin = ValueOrigin::Line(file.to_owned(), line);
            let content = content_of(value.into_inner());
            found.insert(key.clone(), RawValue { key, content, origin });
        }
    }

    fn add_variables(&mut self, variables: &HashMap<String, String>) {
        for (name, text) in variables {
            let lower = name.to_ascii_lowercase();
            let named = lower.strip_prefix("cadence_").and_then(|rest| rest.split_once("__"));
            let Some((table, key)) = named else { continue };
            let value = RawValue {
                key: key.to_owned(),
                content: RawContent::Text(text.clone()),
                origin: ValueOrigin::Variable(name.clone()),
            };
            self.tables.entry(table.to_owned()).or_default().insert(key.to_owned(), value);
        }
    }
}

fn line_of(text: &str, position: usize) -> usize {
    text.bytes().take(position).filter(|byte| *byte == b'\n').count() + 1
}

fn content_of(value: DeValue<'_>) -> RawContent {
    match value {
        DeValue::String(text) => RawContent::Text(text.into_owned()),
        DeValue::Integer(number) if number.radix() == 10 => {
            RawContent::Number(number.as_str().to_owned())
        }
        DeValue::Integer(_) => RawContent::Other("a number that is not decimal"),
        DeValue::Float(_) => RawContent::Other("a number with a decimal point"),
        DeValue::Boolean(truth) => RawContent::Truth(truth),
        DeValue::Datetime(_) => RawContent::Other("a date or a time without quotes"),
        DeValue::Table(_) => RawContent::Other("a table"),
        DeValue::Array(items) => {
            let texts = items.iter().map(|item| match item.get_ref() {
                DeValue::String(text) => Some(text.to_string()),
                _ => None,
            });
            match texts.collect::<Option<Vec<String>>>() {
                Some(texts) => RawContent::List(texts),
                None => RawContent::Other("a list of other things than texts"),
            }
        }
    }
}
