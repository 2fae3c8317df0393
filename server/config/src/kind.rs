//! The types that a setting can have: how each is read and how it is written in TOML.

use crate::raw_value::{RawContent, RawValue};
use std::{ops::RangeInclusive, path::PathBuf};

/// The type of a setting that is no number.
pub(crate) trait SettingKind: Sized {
    /// An example in TOML for a setting without a default.
    const EXAMPLE: &'static str = "";

    /// Reads a value. The error continues a sentence that begins with the setting's name, for
    /// example "is 7; it must be a whole number from 10 to 20". A type that can hold a password
    /// never repeats the value in its error.
    fn read(value: &RawValue) -> Result<Self, String>;

    /// The value in TOML; `None` when nothing is set.
    fn to_toml(&self) -> Option<String>;

    /// The values that are possible, as a sentence, when they do not follow from the type.
    fn choice() -> Option<String> {
        None
    }
}

/// Reads a whole number. It is no [`SettingKind`], so that a number without a range does not compile.
pub(crate) fn read_number(value: &RawValue, range: &RangeInclusive<u32>) -> Result<u32, String> {
    let number: Option<i64> = match &value.content {
        RawContent::Number(digits) | RawContent::Text(digits) => digits.trim().parse().ok(),
        _ => None,
    };
    let possible = number.and_then(|number| u32::try_from(number).ok());
    possible.filter(|number| range.contains(number)).ok_or_else(|| {
        let shown = number.map_or_else(|| value.to_string(), |number| number.to_string());
        let unit = value.unit().map(|unit| format!(" of {unit}")).unwrap_or_default();
        let (least, most) = (range.start(), range.end());
        format!("is {shown}; it must be a whole number{unit} from {least} to {most}")
    })
}

/// The numbers that are possible, as a sentence.
pub(crate) fn range_sentence(range: &RangeInclusive<u32>) -> String {
    format!("From {} to {}.", range.start(), range.end())
}

impl SettingKind for bool {
    fn read(value: &RawValue) -> Result<Self, String> {
        match &value.content {
            RawContent::Truth(truth) => Ok(*truth),
            RawContent::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
                "true" | "yes" | "on" | "1" => Ok(true),
                "false" | "no" | "off" | "0" => Ok(false),
                _ => Err(()),
            },
            _ => Err(()),
        }
        .map_err(|()| format!("is {value}; it must be true or false"))
    }

    fn to_toml(&self) -> Option<String> {
        Some(self.to_string())
    }
}

/// Text that is not empty.
impl SettingKind for String {
    fn read(value: &RawValue) -> Result<Self, String> {
        match value.text()? {
            text if text.trim().is_empty() => Err("must not be empty".to_owned()),
            text => Ok(text.to_owned()),
        }
    }

    fn to_toml(&self) -> Option<String> {
        Some(quoted(self))
    }
}

impl SettingKind for PathBuf {
    fn read(value: &RawValue) -> Result<Self, String> {
        String::read(value).map(Self::from)
    }

    fn to_toml(&self) -> Option<String> {
        Some(quoted(&self.display().to_string()))
    }
}

/// A type with a few named values.
pub(crate) trait NamedChoice: Copy + PartialEq + 'static {
    /// Each value with its name in the file.
    const CHOICES: &'static [(&'static str, Self)];
}

impl<T: NamedChoice> SettingKind for T {
    fn read(value: &RawValue) -> Result<Self, String> {
        let text = value.text()?;
        let chosen = Self::CHOICES.iter().find(|(name, _)| *name == text.trim());
        chosen
            .map(|(_, choice)| *choice)
            .ok_or_else(|| format!("is {value}; it must be {}", names_of::<T>()))
    }

    fn to_toml(&self) -> Option<String> {
        let (name, _) = Self::CHOICES.iter().find(|(_, choice)| choice == self)?;
        Some(quoted(name))
    }

    fn choice() -> Option<String> {
        let mut names = names_of::<T>();
        names.push('.');
        Some(names)
    }
}

fn names_of<T: NamedChoice>() -> String {
    T::CHOICES.iter().map(|(name, _)| quoted(name)).collect::<Vec<_>>().join(" or ")
}

/// Text as TOML writes it.
pub(crate) fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}
