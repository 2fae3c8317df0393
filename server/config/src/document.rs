//! The text of `Leptos.toml`, written from the declarations.

use crate::table_text::{SettingText, TableText};
use std::fmt;

/// A table: what it is about, its name, and its settings.
impl fmt::Display for TableText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        comment(f, self.about)?;
        writeln!(f, "[{}]", self.name)?;
        self.settings.iter().try_for_each(|setting| setting.fmt(f))
    }
}

/// A setting with its default, or as a comment with an example when there is no default.
impl fmt::Display for SettingText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        comment(f, self.explanation)?;
        if let Some(choice) = &self.choice {
            writeln!(f, "# {choice}")?;
        }
        match &self.default {
            Some(default) => writeln!(f, "{} = {default}", self.key),
            None => writeln!(f, "# {} = {}", self.key, self.example),
        }
    }
}

/// A doc comment, whose lines begin with a space each.
fn comment(f: &mut fmt::Formatter<'_>, lines: &[&str]) -> fmt::Result {
    lines.iter().try_for_each(|line| writeln!(f, "#{line}"))
}
