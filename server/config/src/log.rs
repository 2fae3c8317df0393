//! `[log]`

use crate::{
    kind::{NamedChoice, SettingKind, quoted},
    raw_value::RawValue,
    table::settings,
};
use tracing_subscriber::EnvFilter;

settings! {
    /// Log lines, which go to standard error.
    [log] LogSettings {
        /// "text" is for people, "json" for programs: one object per line.
        format: LogFormat = LogFormat::Text;
        /// What is logged: a level (error, warn, info, debug or trace, each with all before it), or
        /// a list such as "info,cadence_server=debug" with a level for each part of the server.
        level: LogFilter = LogFilter("info".to_owned());
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs, one object per line.
    Json,
}

impl NamedChoice for LogFormat {
    const CHOICES: &'static [(&'static str, Self)] = &[("text", Self::Text), ("json", Self::Json)];
}

/// A valid filter of `tracing_subscriber`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFilter(String);

impl LogFilter {
    /// The filter's directives.
    pub fn directives(&self) -> &str {
        &self.0
    }
}

impl SettingKind for LogFilter {
    fn read(value: &RawValue) -> Result<Self, String> {
        let text = value.text()?;
        let filter = EnvFilter::try_new(text).map(|_| Self(text.to_owned()));
        filter.map_err(|cause| {
            format!("is {value}; it must be a level or a list of levels ({cause})")
        })
    }

    fn to_toml(&self) -> Option<String> {
        Some(quoted(&self.0))
    }
}
