//! A value as it was set, before the type of its setting is applied.

use std::fmt;

/// Where a value was set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ValueOrigin {
    /// A line of the file, counted from 1.
    Line(String, usize),
    /// An environment variable.
    Variable(String),
}

impl fmt::Display for ValueOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(file, line) => write!(f, "{file} line {line}"),
            Self::Variable(name) => f.write_str(name),
        }
    }
}

/// What was set, before its type is known.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum RawContent {
    /// Text in quotes, or the text of a variable.
    Text(String),
    /// A whole number in decimal digits.
    Number(String),
    /// `true` or `false`.
    Truth(bool),
    /// A list of texts.
    List(Vec<String>),
    /// Something that no setting is, by its name.
    Other(&'static str),
}

/// A value with its key and origin.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RawValue {
    pub(crate) key: String,
    pub(crate) content: RawContent,
    pub(crate) origin: ValueOrigin,
}

/// The value as an error sentence repeats it. Only types that hold no password use it.
impl fmt::Display for RawValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.content {
            RawContent::Text(text) => write!(f, "{text:?}"),
            RawContent::Number(digits) => f.write_str(digits),
            RawContent::Truth(truth) => write!(f, "{truth}"),
            RawContent::List(texts) => write!(f, "{texts:?}"),
            RawContent::Other(name) => f.write_str(name),
        }
    }
}

impl RawValue {
    /// The text that was set. The error names the kind of the value and does not repeat it.
    pub(crate) fn text(&self) -> Result<&str, String> {
        let kind = match &self.content {
            RawContent::Text(text) => return Ok(text),
            RawContent::Number(_) => "a number",
            RawContent::Truth(_) => "true or false",
            RawContent::List(_) => "a list",
            RawContent::Other(name) => name,
        };
        Err(format!("is {kind}; it must be text in quotes"))
    }

    /// The unit that the key ends with.
    pub(crate) fn unit(&self) -> Option<&'static str> {
        unit_of(&self.key).map(|(_, unit)| unit)
    }
}

/// Cuts a key such as `undo_seconds` into what is measured and the unit.
pub(crate) fn unit_of(key: &str) -> Option<(&str, &'static str)> {
    let units = [
        ("_seconds", "seconds"),
        ("_minutes", "minutes"),
        ("_hours", "hours"),
        ("_days", "days"),
        ("_bytes", "bytes"),
        ("_mib", "MiB"),
    ];
    units.into_iter().find_map(|(ending, unit)| Some((key.strip_suffix(ending)?, unit)))
}
