//! `[server]`

use crate::{kind::NamedChoice, network::AddressRange, public_url::PublicUrl, table::settings};

settings! {
    /// The server process, and the address under which people find it.
    [server] ServerSettings {
        /// In production public_url and auth.secret are required and demo data is refused.
        environment: RunMode = RunMode::Development;
        /// The address that people open, scheme and host only. Required in production; when it is
        /// https, cookies are Secure.
        public_url: Option<PublicUrl> = None;
        /// The name of this process in logs, metrics and the message `welcome`. Servers that share
        /// a database are distinguished by it.
        name: String = "local".to_owned();
        /// Proxies whose X-Forwarded-For is believed: addresses or networks such as "10.0.0.0/8".
        /// Without an entry every client behind a proxy has the proxy's address, and they share
        /// its limits. In the environment: separated by commas.
        trusted_proxies: Vec<AddressRange> = Vec::new();
        /// Seconds for which a server that stops answers /health/ready with 503 before it closes
        /// its sockets, so that a proxy in front stops sending clients here: a little more than the
        /// proxy's checks take. A restart takes longer by this time.
        unready_seconds: u32 = 0, 0..=60;
    }
}

/// Which rules apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunMode {
    /// Requires nothing and permits demo data.
    Development,
    /// Requires a public address and a secret, refuses demo data.
    Production,
}

impl NamedChoice for RunMode {
    const CHOICES: &'static [(&'static str, Self)] =
        &[("development", Self::Development), ("production", Self::Production)];
}
