//! `[database]`

use crate::{
    kind::{SettingKind, quoted},
    raw_value::RawValue,
    table::settings,
};
use sqlx::postgres::PgConnectOptions;
use std::{fmt, path::PathBuf};

settings! {
    /// Where the data is kept: a SQLite file, or a PostgreSQL database.
    [database] DatabaseSettings {
        /// The SQLite file; its folder is made when it is missing. Not used when url is set.
        path: PathBuf = PathBuf::from("data/cadence.db");
        /// A PostgreSQL database (14 or later) instead, which several servers can share:
        /// "postgres://user:password@host:5432/cadence". Better set as CADENCE_DATABASE__URL, since
        /// it holds a password; add ?sslmode=verify-full when the network between is not yours. Its
        /// tables are made on the first start. Name the server itself: a pooler such as PgBouncer
        /// loses the settings of a connection. Servers that share it need the same auth.secret.
        url: DatabaseUrl = DatabaseUrl::default();
        /// Connections that read, beside the one that writes. More of them serve more pages at
        /// once; each needs the memory of cache_mib, or a connection of the PostgreSQL server.
        readers: u32 = 4, 1..=100;
        /// What each connection to the SQLite file keeps of it in memory, in MiB. It fills up in
        /// the first hours; with less, a large gym's checks read from the disk.
        cache_mib: u32 = 32, 1..=10_000;
    }
}

impl DatabaseSettings {
    /// A SQLite file, the rest as by default.
    pub fn sqlite(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), ..Self::default() }
    }
}

/// The address of a PostgreSQL database, or nothing when SQLite is meant. It may hold a password,
/// so its `Debug` shows nothing, and no error repeats what was written.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// How to reach the database; `None` when SQLite is meant.
    pub fn options(&self) -> Option<PgConnectOptions> {
        if self.0.is_empty() {
            return None;
        }
        // The constructor has parsed the same text.
        self.0.parse().ok()
    }
}

/// The error continues a sentence: "is not an address such as …".
impl TryFrom<String> for DatabaseUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let text = text.trim();
        let known = ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme));
        if text.is_empty() || (known && text.parse::<PgConnectOptions>().is_ok()) {
            return Ok(Self(text.to_owned()));
        }
        Err("is not an address such as postgres://user:password@host:5432/cadence; the special \
             characters of a password are written as %-codes"
            .to_owned())
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "DatabaseUrl(none)" } else { "DatabaseUrl(…)" })
    }
}

impl SettingKind for DatabaseUrl {
    fn read(value: &RawValue) -> Result<Self, String> {
        Self::try_from(value.text()?.to_owned())
    }

    fn to_toml(&self) -> Option<String> {
        Some(quoted(&self.0))
    }
}
