//! All tables of settings together.

use crate::{
    auth::AuthSettings,
    database::DatabaseSettings,
    desk::DeskSettings,
    guitar::GuitarSettings,
    gym::GymSettings,
    limits::LimitSettings,
    log::LogSettings,
    mistakes::SettingMistakes,
    public_url::PublicUrl,
    reading::SettingsReader,
    redis::RedisSettings,
    retention::RetentionSettings,
    server::{RunMode, ServerSettings},
    table::SettingsTable,
    table_text::TableText,
};
use leptos::config::LeptosOptions;

/// Declares the tables in the order of `Leptos.toml`.
macro_rules! tables {
    ($($name:ident: $Table:ident,)*) => {
        /// All settings. The tables are those of `Leptos.toml`.
        #[derive(Debug, Clone)]
        pub struct Config {
            $(
                #[doc = concat!("`[", stringify!($name), "]`")]
                pub $name: $Table,
            )*
            /// `[[workspace.metadata.leptos]]`, as leptos itself reads it.
            pub leptos: LeptosOptions,
        }

        impl Config {
            /// Reads every table.
            pub(crate) fn read(reading: &mut SettingsReader, leptos: LeptosOptions) -> Self {
                Self { $($name: $Table::read(reading),)* leptos }
            }
        }

        /// The text of every table.
        pub(crate) fn tables() -> Vec<TableText> {
            vec![$($Table::describe()),*]
        }
    };
}

tables! {
    server: ServerSettings,
    database: DatabaseSettings,
    redis: RedisSettings,
    gym: GymSettings,
    desk: DeskSettings,
    auth: AuthSettings,
    limits: LimitSettings,
    guitar: GuitarSettings,
    retention: RetentionSettings,
    log: LogSettings,
}

impl Config {
    /// Whether the rules of production apply.
    pub(crate) fn is_production(&self) -> bool {
        self.server.environment == RunMode::Production
    }

    /// Cookies are `Secure` exactly when people open the server through https.
    pub fn secure_cookies(&self) -> bool {
        self.server.public_url.as_ref().is_some_and(PublicUrl::is_https)
    }

    /// Refuses demo data in production, because its passwords are fixed or printed.
    pub fn check_demo(&self) -> Result<(), SettingMistakes> {
        match self.server.environment {
            RunMode::Development => Ok(()),
            RunMode::Production => Err(SettingMistakes::from(
                "--demo is refused because [server] environment is \"production\".".to_owned(),
            )),
        }
    }
}
