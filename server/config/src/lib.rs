//! The settings of a server: `Leptos.toml` and the environment over it, checked once at start.
//!
//! Each table has a file here, and each setting one entry in it with its name, type, default, range
//! and explanation. [`Config::load`] reports every mistake at once, one sentence each, so that an
//! operator does not find them one restart at a time.

mod auth;
mod config;
mod database;
mod desk;
mod development_secret;
mod document;
mod durations;
mod guitar;
mod gym;
mod kind;
mod limits;
mod log;
mod mistakes;
mod network;
mod public_url;
mod raw_value;
mod reading;
mod redis;
mod relations;
mod retention;
mod server;
mod table;
mod table_text;
mod unknown;

#[cfg(test)]
mod tests;

pub use auth::{AuthSettings, SigningSecret};
pub use config::Config;
pub use database::{DatabaseSettings, DatabaseUrl};
pub use desk::DeskSettings;
pub use durations::{days, hours, minutes, seconds};
pub use guitar::GuitarSettings;
pub use gym::{GymSettings, GymZone, TimeOfDay};
pub use limits::LimitSettings;
pub use log::{LogFilter, LogFormat, LogSettings};
pub use mistakes::SettingMistakes;
pub use network::AddressRange;
pub use public_url::PublicUrl;
pub use redis::{RedisSettings, RedisUrl};
pub use retention::RetentionSettings;
pub use server::{RunMode, ServerSettings};

use leptos::config::LeptosOptions;
use reading::SettingsReader;
use std::{collections::HashMap, path::Path};

/// The file that is read from the working directory unless `--config` names another.
pub const DEFAULT_PATH: &str = "Leptos.toml";

/// The tables of `Leptos.toml` with every setting's explanation, range and default.
pub fn document() -> String {
    config::tables().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

impl Config {
    /// Reads the file (that of the working directory when none is named) and the environment,
    /// checks everything, and in development makes the secret when there is none yet.
    pub fn load(path: Option<&Path>) -> Result<Self, SettingMistakes> {
        let variables = std::env::vars_os()
            .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)));
        let mut config = Self::parse(path.unwrap_or(Path::new(DEFAULT_PATH)), variables.collect())?;
        if config.auth.secret.is_empty() {
            config.auth.secret = development_secret::read_or_make(&config.database.path)?;
        }
        Ok(config)
    }

    /// Reads and checks, and touches nothing but the file. The secret may be empty afterwards.
    pub fn parse(path: &Path, variables: HashMap<String, String>) -> Result<Self, SettingMistakes> {
        let mut reading = SettingsReader::of(path, &variables)?;
        let tables = config::tables();
        for sentence in unknown::unreachable_variables(&variables, &tables) {
            reading.mistakes.add(sentence);
        }
        let leptos = leptos_options(path, &mut reading.mistakes);
        let config = Self::read(&mut reading, leptos);
        reading.refuse_the_rest(&tables);
        relations::check(&config, &mut reading);
        if reading.mistakes.0.is_empty() { Ok(config) } else { Err(reading.mistakes) }
    }
}

/// Reads the leptos table through leptos. Its own errors name Cargo.toml, whatever the file.
fn leptos_options(path: &Path, mistakes: &mut SettingMistakes) -> LeptosOptions {
    match leptos::config::get_configuration(path.to_str()) {
        Ok(read) => read.leptos_options,
        Err(cause) => {
            mistakes.add(format!(
                "The table [[workspace.metadata.leptos]] of {} and the variables LEPTOS_… cannot \
                 be read: {cause}.",
                path.display()
            ));
            LeptosOptions::builder().output_name("cadence").build()
        }
    }
}
