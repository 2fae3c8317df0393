//! `[redis]`

use crate::{
    kind::{SettingKind, quoted},
    raw_value::RawValue,
    table::settings,
};
use std::fmt;

settings! {
    /// The broker of servers that share a PostgreSQL database.
    [redis] RedisSettings {
        /// A Redis or Valkey server (7 or later), such as "redis://:password@host:6379", or some
        /// servers of a cluster, separated by commas. Guitar sessions then span all servers, and
        /// check-ins arrive at once instead of within a second. It may be lost: nothing durable is
        /// in it. Better set as CADENCE_REDIS__URL, since it holds a password.
        url: RedisUrl = RedisUrl::default();
        /// What all keys and channels begin with, when other programs use the same Redis. Servers
        /// that belong together need the same.
        prefix: String = "cadence".to_owned();
    }
}

/// The addresses of a Redis server, or of some of a cluster, or none. They may hold a password, so
/// its `Debug` shows nothing, and no error repeats what was written.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct RedisUrl(Vec<String>);

impl RedisUrl {
    /// Each address.
    pub fn addresses(&self) -> Vec<&str> {
        self.0.iter().map(String::as_str).collect()
    }
}

/// The error continues a sentence: "is not an address such as …".
impl TryFrom<String> for RedisUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let addresses: Vec<String> =
            text.split(',').map(|part| part.trim().to_owned()).filter(|p| !p.is_empty()).collect();
        match addresses.iter().all(|address| redis::Client::open(address.as_str()).is_ok()) {
            true => Ok(Self(addresses)),
            false => Err("is not an address such as redis://:password@host:6379, or several of a \
                          cluster, separated by commas"
                .to_owned()),
        }
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "RedisUrl(none)" } else { "RedisUrl(…)" })
    }
}

impl SettingKind for RedisUrl {
    fn read(value: &RawValue) -> Result<Self, String> {
        Self::try_from(value.text()?.to_owned())
    }

    fn to_toml(&self) -> Option<String> {
        Some(quoted(&self.0.join(", ")))
    }
}
