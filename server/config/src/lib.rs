//! Everything a running server can be told: `Leptos.toml` and the environment over it, checked
//! once at start. [`Config::load`] names every mistake in one go, a sentence each, so that an
//! operator does not find them one restart at a time.

use config::{Environment, File, FileFormat, Map, Value, ValueKind};
use jiff::{civil, tz::TimeZone};
use leptos::config::LeptosOptions;
use protocol::Millis;
use serde::{Deserialize, de::DeserializeOwned};
use sqlx::postgres::PgConnectOptions;
use std::{
    collections::HashMap,
    fmt,
    net::IpAddr,
    path::{Path, PathBuf},
};

/// The file that is read from the working directory unless `--config` names another.
pub const DEFAULT_PATH: &str = "Leptos.toml";

/// The whole configuration. Its tables are those of `Leptos.toml`, where each key is explained.
#[derive(Debug, Clone)]
pub struct Config {
    /// `[server]`
    pub server: Server,
    /// `[database]`
    pub database: Database,
    /// `[redis]`
    pub redis: Redis,
    /// `[gym]`
    pub gym: Gym,
    /// `[desk]`
    pub desk: Desk,
    /// `[auth]`
    pub auth: Auth,
    /// `[limits]`
    pub limits: Limits,
    /// `[guitar]`
    pub guitar: Guitar,
    /// `[retention]`
    pub retention: Retention,
    /// `[log]`
    pub log: Log,
    /// `[[workspace.metadata.leptos]]`, as leptos itself reads it.
    pub leptos: LeptosOptions,
}

/// Which rules apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RunsIn {
    /// Needs nothing, offers demo data.
    #[default]
    Development,
    /// Requires a public address and a secret, refuses demo data.
    Production,
}

/// `[server]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// Which rules apply.
    pub environment: RunsIn,
    /// The address that people open.
    pub public_url: Option<PublicUrl>,
    /// The name of this process.
    pub name: String,
    /// Whose `X-Forwarded-For` is believed.
    #[serde(deserialize_with = "networks")]
    pub trusted_proxies: Vec<Network>,
    /// How long a server that stops says "not ready" before it closes anything.
    pub unready_seconds: u32,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            environment: RunsIn::Development,
            public_url: None,
            name: "local".to_owned(),
            trusted_proxies: Vec::new(),
            unready_seconds: 0,
        }
    }
}

/// `[database]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// The SQLite file.
    pub path: PathBuf,
    /// The PostgreSQL database, which goes before the file.
    pub url: DatabaseUrl,
    /// Connections that read.
    pub readers: u32,
    /// What each connection to the SQLite file keeps of it in memory, in MiB.
    pub cache_mib: u32,
}

impl Default for Database {
    fn default() -> Self {
        Self::sqlite("data/cadence.db")
    }
}

impl Database {
    /// A SQLite file, the rest as usual.
    pub fn sqlite(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), url: DatabaseUrl::default(), readers: 4, cache_mib: 32 }
    }
}

/// `[redis]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Redis {
    /// Where other nodes are met.
    pub url: RedisUrl,
    /// What all keys and channels begin with.
    pub prefix: String,
}

impl Default for Redis {
    fn default() -> Self {
        Self { url: RedisUrl::default(), prefix: "cadence".to_owned() }
    }
}

/// `[gym]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Gym {
    /// Its name.
    pub name: String,
    /// The zone in which its days are counted.
    pub time_zone: Zone,
    /// When its day begins.
    pub day_starts: TimeOfDay,
    /// How many people fit in; 0 when not set.
    pub capacity: u32,
    /// The door or desk of a check-in that names none.
    pub location: String,
    /// From how many days before its end a subscription is amber.
    pub ends_soon_days: u32,
}

impl Default for Gym {
    fn default() -> Self {
        Self {
            name: "Cadence Gym".to_owned(),
            time_zone: Zone(TimeZone::UTC),
            day_starts: TimeOfDay(civil::time(4, 0, 0, 0)),
            capacity: 0,
            location: "Front desk".to_owned(),
            ends_soon_days: 7,
        }
    }
}

/// `[desk]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Desk {
    /// A second scan within these seconds repeats the answer.
    pub repeat_seconds: u32,
    /// How long a check-in can be taken back.
    pub undo_seconds: u32,
    /// How old a command may be, in hours; not older than ids are remembered.
    pub command_max_age_hours: u32,
}

impl Default for Desk {
    fn default() -> Self {
        Self { repeat_seconds: 10, undo_seconds: 60, command_max_age_hours: 24 }
    }
}

/// `[auth]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Auth {
    /// Signs and derives. Empty until [`Config::load`] has made the one of development.
    pub secret: Secret,
    /// Life of an access token.
    pub access_minutes: u32,
    /// Life of a sign-in without a visit.
    pub refresh_days: u32,
    /// Life of a refresh token after its rotation.
    pub refresh_grace_seconds: u32,
    /// Life of a ticket.
    pub ticket_seconds: u32,
    /// Whether other machines may sign in over plain http.
    pub allow_plain_http_sign_in: bool,
}

impl Default for Auth {
    fn default() -> Self {
        Self {
            secret: Secret::default(),
            access_minutes: 15,
            refresh_days: 30,
            refresh_grace_seconds: 30,
            ticket_seconds: 30,
            allow_plain_http_sign_in: false,
        }
    }
}

/// `[limits]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Messages per second on sockets.
    pub messages_per_second: u32,
    /// Messages at once after a pause.
    pub burst: u32,
    /// Bytes of one frame.
    pub frame_bytes: u32,
    /// Topics of one connection.
    pub topics: u32,
    /// Connections of one user.
    pub connections_per_user: u32,
    /// Connections of one address.
    pub connections_per_address: u32,
    /// Time to introduce oneself.
    pub introduce_seconds: u32,
    /// Sign-ins of one address, and of one account.
    pub logins_per_minute: u32,
    /// Wrong codes of one address.
    pub joins_per_minute: u32,
    /// Wrong codes of everybody.
    pub joins_per_minute_in_all: u32,
    /// Anonymous and token calls of one address.
    pub anonymous_per_minute: u32,
    /// Calls of one signed-in user.
    pub user_per_second: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            messages_per_second: 100,
            burst: 200,
            frame_bytes: 65_536,
            topics: 32,
            connections_per_user: 32,
            connections_per_address: 256,
            introduce_seconds: 5,
            logins_per_minute: 5,
            joins_per_minute: 10,
            joins_per_minute_in_all: 300,
            anonymous_per_minute: 60,
            user_per_second: 20,
        }
    }
}

/// `[guitar]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Guitar {
    /// Life of an unused code.
    pub code_minutes: u32,
    /// Events kept of a session.
    pub ring_events: u32,
    /// How long they are kept.
    pub ring_seconds: u32,
    /// The practice clock stops after this silence.
    pub idle_pause_minutes: u32,
    /// The practice clock stops when both devices are gone for this long.
    pub gone_pause_minutes: u32,
}

impl Default for Guitar {
    fn default() -> Self {
        Self {
            code_minutes: 5,
            ring_events: 512,
            ring_seconds: 300,
            idle_pause_minutes: 10,
            gone_pause_minutes: 2,
        }
    }
}

/// `[retention]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Retention {
    /// Answers of commands.
    pub commands_days: u32,
    /// Ended and expired sign-ins.
    pub sign_ins_days: u32,
    /// Guitar sessions that nobody opened.
    pub guitar_sessions_days: u32,
}

impl Default for Retention {
    fn default() -> Self {
        Self { commands_days: 30, sign_ins_days: 30, guitar_sessions_days: 30 }
    }
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs, one object per line.
    Json,
}

/// `[log]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// How lines look.
    pub format: LogFormat,
    /// What is logged, as a filter of `tracing_subscriber`.
    pub level: String,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: LogFormat::Text, level: "info".to_owned() }
    }
}

/// Everything that is wrong with the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistakes(pub Vec<String>);

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_slice() {
            [only] => write!(f, "The configuration has a mistake: {only}"),
            many => {
                write!(f, "The configuration has {} mistakes:", many.len())?;
                many.iter().try_for_each(|mistake| write!(f, "\n  - {mistake}"))
            }
        }
    }
}

impl std::error::Error for Mistakes {}

impl Config {
    /// Reads the file (that of the working directory when none is named) and the environment,
    /// checks everything, and in development makes the secret when there is none yet.
    pub fn load(path: Option<&Path>) -> Result<Self, Mistakes> {
        let variables = std::env::vars_os()
            .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)));
        let mut config = Self::parse(path.unwrap_or(Path::new(DEFAULT_PATH)), variables.collect())?;
        if config.auth.secret.is_empty() {
            config.auth.secret = development_secret(&config.database.path).map_err(|cause| {
                let folder = secret_path(&config.database.path);
                Mistakes(vec![format!(
                    "The secret for development cannot be kept in {}: {cause}. Set \
                     CADENCE_AUTH__SECRET or make the folder writable.",
                    folder.display()
                )])
            })?;
        }
        Ok(config)
    }

    /// Reads and checks, and touches nothing but the file. The secret may be empty afterwards.
    pub fn parse(path: &Path, variables: HashMap<String, String>) -> Result<Self, Mistakes> {
        if !path.is_file() {
            return Err(Mistakes(vec![format!(
                "There is no file {}. Start in the folder of Leptos.toml or name it with --config.",
                path.display()
            )]));
        }
        let mut mistakes = unreachable_variables(&variables);
        let mut root = merged(path, variables)?;
        // Read by leptos itself below.
        root.remove("workspace");
        let read = &mut mistakes;
        let config = Self {
            server: table(&mut root, "server", read),
            database: table(&mut root, "database", read),
            redis: table(&mut root, "redis", read),
            gym: table(&mut root, "gym", read),
            desk: table(&mut root, "desk", read),
            auth: table(&mut root, "auth", read),
            limits: table(&mut root, "limits", read),
            guitar: table(&mut root, "guitar", read),
            retention: table(&mut root, "retention", read),
            log: table(&mut root, "log", read),
            leptos: leptos_options(path, read),
        };
        let mut unknown: Vec<&String> = root.keys().collect();
        unknown.sort();
        mistakes.extend(unknown.into_iter().map(|name| {
            format!("[{name}] is no table; the tables are {}.", TABLES.map(|t| t.0).join(", "))
        }));
        config.check(&mut mistakes);
        if mistakes.is_empty() { Ok(config) } else { Err(Mistakes(mistakes)) }
    }

    /// Whether the rules of production apply.
    pub fn is_production(&self) -> bool {
        self.server.environment == RunsIn::Production
    }

    /// Cookies are `Secure` exactly when people open the server through https.
    pub fn secure_cookies(&self) -> bool {
        self.server.public_url.as_ref().is_some_and(PublicUrl::is_https)
    }

    /// Demo data has fixed or printed passwords, so production has none of it.
    pub fn check_demo(&self) -> Result<(), Mistakes> {
        match self.server.environment {
            RunsIn::Development => Ok(()),
            RunsIn::Production => Err(Mistakes(vec![
                "--demo is refused because [server] environment is \"production\".".to_owned(),
            ])),
        }
    }

    fn check(&self, mistakes: &mut Vec<String>) {
        let mut need = |good: bool, sentence: String| {
            if !good {
                mistakes.push(sentence);
            }
        };
        if self.is_production() {
            need(
                self.server.public_url.is_some(),
                "[server] public_url is required in production, for example \
                 \"https://gym.example.org\" (environment: CADENCE_SERVER__PUBLIC_URL)."
                    .to_owned(),
            );
            need(
                !self.auth.secret.is_empty(),
                "[auth] secret is required in production: at least 32 bytes, for example from \
                 `openssl rand -hex 32` (environment: CADENCE_AUTH__SECRET)."
                    .to_owned(),
            );
        }
        need(
            self.auth.secret.is_empty() || self.auth.secret.bytes().len() >= Secret::SHORTEST,
            format!(
                "[auth] secret has {} bytes; it needs at least {}.",
                self.auth.secret.bytes().len(),
                Secret::SHORTEST
            ),
        );
        for (name, text) in [
            ("[server] name", &self.server.name),
            ("[gym] name", &self.gym.name),
            ("[gym] location", &self.gym.location),
            ("[redis] prefix", &self.redis.prefix),
        ] {
            need(!text.trim().is_empty(), format!("{name} must not be empty."));
        }
        need(
            !self.database.path.as_os_str().is_empty(),
            "[database] path must not be empty.".to_owned(),
        );
        need(
            self.redis.url.addresses().is_empty() || self.database.url.options().is_some(),
            "[redis] url is for servers that share a PostgreSQL database: set [database] url, too."
                .to_owned(),
        );
        for (name, value, least, most) in self.ranges() {
            need(
                (least..=most).contains(&value),
                format!("{name} is {value}; it must be between {least} and {most}."),
            );
        }
        need(
            self.limits.burst >= self.limits.messages_per_second,
            format!(
                "[limits] burst ({}) must not be below messages_per_second ({}).",
                self.limits.burst, self.limits.messages_per_second
            ),
        );
        if let Err(cause) = tracing_subscriber::EnvFilter::try_new(&self.log.level) {
            need(false, format!("[log] level is no filter: {cause}."));
        }
    }

    /// Every number with the least and the most that makes sense.
    fn ranges(&self) -> [(&'static str, u32, u32, u32); 32] {
        let (desk, auth, limits) = (&self.desk, &self.auth, &self.limits);
        let (guitar, retention) = (&self.guitar, &self.retention);
        const MANY: u32 = 1_000_000;
        [
            ("[server] unready_seconds", self.server.unready_seconds, 0, 60),
            ("[database] readers", self.database.readers, 1, 100),
            ("[database] cache_mib", self.database.cache_mib, 1, 10_000),
            ("[gym] capacity", self.gym.capacity, 0, 100_000),
            ("[gym] ends_soon_days", self.gym.ends_soon_days, 0, 365),
            ("[desk] repeat_seconds", desk.repeat_seconds, 0, 600),
            ("[desk] undo_seconds", desk.undo_seconds, 0, 3_600),
            // The id of an older one may be forgotten: it could run twice.
            (
                "[desk] command_max_age_hours",
                desk.command_max_age_hours,
                1,
                retention.commands_days.saturating_mul(24),
            ),
            ("[auth] access_minutes", auth.access_minutes, 1, 15),
            ("[auth] refresh_days", auth.refresh_days, 1, 365),
            ("[auth] refresh_grace_seconds", auth.refresh_grace_seconds, 0, 300),
            ("[auth] ticket_seconds", auth.ticket_seconds, 5, 300),
            ("[limits] messages_per_second", limits.messages_per_second, 1, MANY),
            ("[limits] burst", limits.burst, 1, MANY),
            ("[limits] frame_bytes", limits.frame_bytes, 1_024, 16_777_216),
            ("[limits] topics", limits.topics, 1, 1_024),
            ("[limits] connections_per_user", limits.connections_per_user, 1, MANY),
            ("[limits] connections_per_address", limits.connections_per_address, 1, MANY),
            ("[limits] introduce_seconds", limits.introduce_seconds, 1, 60),
            ("[limits] logins_per_minute", limits.logins_per_minute, 1, MANY),
            ("[limits] joins_per_minute", limits.joins_per_minute, 1, MANY),
            ("[limits] joins_per_minute_in_all", limits.joins_per_minute_in_all, 1, MANY),
            ("[limits] anonymous_per_minute", limits.anonymous_per_minute, 1, MANY),
            ("[limits] user_per_second", limits.user_per_second, 1, MANY),
            ("[guitar] code_minutes", guitar.code_minutes, 1, 60),
            ("[guitar] ring_events", guitar.ring_events, 16, 65_536),
            ("[guitar] ring_seconds", guitar.ring_seconds, 10, 3_600),
            ("[guitar] idle_pause_minutes", guitar.idle_pause_minutes, 1, 1_440),
            ("[guitar] gone_pause_minutes", guitar.gone_pause_minutes, 1, 1_440),
            ("[retention] commands_days", retention.commands_days, 7, 3_650),
            ("[retention] sign_ins_days", retention.sign_ins_days, 1, 3_650),
            ("[retention] guitar_sessions_days", retention.guitar_sessions_days, 1, 3_650),
        ]
    }
}

/// `n` seconds in milliseconds.
pub fn seconds(n: u32) -> Millis {
    Millis::from(n) * 1_000
}

/// `n` minutes in milliseconds.
pub fn minutes(n: u32) -> Millis {
    seconds(n) * 60
}

/// `n` hours in milliseconds.
pub fn hours(n: u32) -> Millis {
    minutes(n) * 60
}

/// `n` days in milliseconds.
pub fn days(n: u32) -> Millis {
    hours(n) * 24
}

/// A key that signs and derives. Its `Debug` hides it, so that no log can hold it.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// HS256 and the derived secrets of 128 bits are not worth more than this.
    pub const SHORTEST: usize = 32;

    /// A key from its text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The key itself.
    pub fn bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Whether none is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { "Secret(none)" } else { "Secret(…)" })
    }
}

/// The address of a PostgreSQL database, or none. It may hold a password, so its `Debug` shows
/// nothing, and no error repeats what was written.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// How to reach the database; `None` when SQLite is meant.
    pub fn options(&self) -> Option<PgConnectOptions> {
        if self.0.is_empty() {
            return None;
        }
        // It was read once before it became one of these.
        self.0.parse().ok()
    }
}

impl TryFrom<String> for DatabaseUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let text = text.trim();
        let known = ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme));
        if text.is_empty() || (known && text.parse::<PgConnectOptions>().is_ok()) {
            return Ok(Self(text.to_owned()));
        }
        Err("it is no address such as postgres://user:password@host:5432/cadence; the special \
             characters of a password are written as %-codes"
            .to_owned())
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "DatabaseUrl(none)" } else { "DatabaseUrl(…)" })
    }
}

/// The addresses of a Redis server, or of some of a cluster, or none. They may hold a password, so
/// its `Debug` shows nothing, and no error repeats what was written.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct RedisUrl(Vec<String>);

impl RedisUrl {
    /// Each address.
    pub fn addresses(&self) -> Vec<&str> {
        self.0.iter().map(String::as_str).collect()
    }
}

impl TryFrom<String> for RedisUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let addresses: Vec<String> =
            text.split(',').map(|part| part.trim().to_owned()).filter(|p| !p.is_empty()).collect();
        match addresses.iter().all(|address| redis::Client::open(address.as_str()).is_ok()) {
            true => Ok(Self(addresses)),
            false => Err("it is no address such as redis://:password@host:6379, or several of a \
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

/// Scheme, host and port that people open, written as a browser writes an `Origin`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct PublicUrl(String);

impl PublicUrl {
    /// For example `https://gym.example.org`; without a path and without a slash at the end.
    pub fn origin(&self) -> &str {
        &self.0
    }

    /// Whether only this machine can open it.
    pub fn is_loopback(&self) -> bool {
        let host = self.0.split("://").nth(1).unwrap_or_default();
        ["localhost", "127.0.0.1", "[::1]"].iter().any(|name| {
            host.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        })
    }

    /// Whether its scheme is https.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https://")
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for PublicUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no address such as \"https://gym.example.org\"");
        let uri: http::Uri = text.trim().parse().map_err(|_| wrong())?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(wrong());
        };
        if !matches!(scheme, "http" | "https") || authority.as_str().contains('@') {
            return Err(wrong());
        }
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(format!("{text:?} has a path; only scheme, host and port are possible"));
        }
        // A browser leaves the usual port out of an Origin.
        let usual = if scheme == "https" { 443 } else { 80 };
        let host = authority.host().to_ascii_lowercase();
        if host.is_empty() {
            return Err(wrong());
        }
        Ok(Self(match authority.port_u16().filter(|port| *port != usual) {
            Some(port) => format!("{scheme}://{host}:{port}"),
            None => format!("{scheme}://{host}"),
        }))
    }
}

/// The zone in which the gym's days are counted.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub struct Zone(pub TimeZone);

impl TryFrom<String> for Zone {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        TimeZone::get(&name)
            .map(Self)
            .map_err(|_| format!("no time zone is called {name:?}; an example is Europe/Madrid"))
    }
}

/// A time on the gym's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct TimeOfDay(pub civil::Time);

impl TryFrom<String> for TimeOfDay {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parse = || {
            let (hour, minute) = text.split_once(':')?;
            civil::Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
        };
        parse().map(Self).ok_or_else(|| format!("{text:?} is no time such as 04:00"))
    }
}

/// An address, or a range of addresses with the same first bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    /// Reads `10.0.0.0/8`, `fd00::/8`, or a single address.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is neither an address nor a network such as 10.0.0.0/8");
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        if bits > most { Err(wrong()) } else { Ok(Self { address, bits }) }
    }

    /// Whether `address` lies in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        let differ = match (self.address, address.to_canonical()) {
            (IpAddr::V4(a), IpAddr::V4(b)) => u128::from(a.to_bits() ^ b.to_bits()) << 96,
            (IpAddr::V6(a), IpAddr::V6(b)) => a.to_bits() ^ b.to_bits(),
            _ => return false,
        };
        differ.leading_zeros() >= u32::from(self.bits)
    }
}

/// A list in the file, or one string with commas in the environment.
fn networks<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Network>, D::Error> {
    struct Texts;
    impl<'de> serde::de::Visitor<'de> for Texts {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of addresses or networks")
        }

        fn visit_str<E>(self, text: &str) -> Result<Vec<String>, E> {
            Ok(text.split(',').map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()).collect())
        }

        fn visit_seq<A: serde::de::SeqAccess<'de>>(
            self,
            mut list: A,
        ) -> Result<Vec<String>, A::Error> {
            let mut texts = Vec::new();
            while let Some(text) = list.next_element()? {
                texts.push(text);
            }
            Ok(texts)
        }
    }
    let texts = deserializer.deserialize_any(Texts)?;
    texts.iter().map(|t| Network::parse(t).map_err(serde::de::Error::custom)).collect()
}

/// Lists the names of a table's keys.
type Keys = fn() -> Vec<String>;

/// Every table with its keys.
const TABLES: [(&str, Keys); 10] = [
    ("server", keys::<Server>),
    ("database", keys::<Database>),
    ("redis", keys::<Redis>),
    ("gym", keys::<Gym>),
    ("desk", keys::<Desk>),
    ("auth", keys::<Auth>),
    ("limits", keys::<Limits>),
    ("guitar", keys::<Guitar>),
    ("retention", keys::<Retention>),
    ("log", keys::<Log>),
];

/// File and environment in one map.
fn merged(path: &Path, variables: HashMap<String, String>) -> Result<Map<String, Value>, Mistakes> {
    let environment = Environment::with_prefix("CADENCE")
        .prefix_separator("_")
        .separator("__")
        .source(Some(variables.into_iter().filter(|(key, _)| key.contains("__")).collect()));
    config::Config::builder()
        .add_source(File::from(path).format(FileFormat::Toml))
        .add_source(environment)
        .build()
        .and_then(|merged| merged.cache.into_table())
        .map_err(|cause| Mistakes(vec![format!("{} cannot be read: {cause}", path.display())]))
}

/// A variable with one underscore too few sets nothing, which nobody would notice.
fn unreachable_variables(variables: &HashMap<String, String>) -> Vec<String> {
    let mut found = Vec::new();
    for (table, keys) in TABLES {
        for key in keys() {
            let meant = |dash| format!("CADENCE_{table}{dash}{key}").to_uppercase();
            if variables.contains_key(&meant("_")) {
                found.push(format!("{} sets nothing; write {}.", meant("_"), meant("__")));
            }
        }
    }
    found
}

/// Takes a table out of `root`. Each key is read by itself first, so that all mistakes are found
/// and not only the first.
fn table<T>(root: &mut Map<String, Value>, name: &str, mistakes: &mut Vec<String>) -> T
where
    T: DeserializeOwned + Default,
{
    let Some(value) = root.remove(name) else { return T::default() };
    let Ok(found) = value.into_table() else {
        mistakes.push(format!("[{name}] must be a table of settings."));
        return T::default();
    };
    let mut found: Vec<(String, Value)> = found.into_iter().collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let mut good = Map::new();
    for (key, value) in found {
        match read::<T>(Map::from([(key.clone(), value.clone())])) {
            Ok(_) => _ = good.insert(key, value),
            Err(cause) => mistakes.push(sentence::<T>(name, &key, &cause)),
        }
    }
    read(good).unwrap_or_default()
}

fn read<T: DeserializeOwned>(table: Map<String, Value>) -> Result<T, config::ConfigError> {
    Value::new(None, ValueKind::Table(table)).try_deserialize()
}

fn sentence<T: DeserializeOwned>(table: &str, key: &str, cause: &config::ConfigError) -> String {
    let keys = keys::<T>();
    if !keys.iter().any(|known| known == key) {
        return format!("[{table}] {key} is no setting; the settings are {}.", keys.join(", "));
    }
    let mut cause = cause;
    while let config::ConfigError::At { error, .. } = cause {
        cause = error;
    }
    let why = match cause {
        config::ConfigError::Type { unexpected, expected, .. } => {
            format!("it is {unexpected} and must be {expected}")
        }
        other => other.to_string(),
    };
    format!("[{table}] {key} is wrong: {}.", why.trim_end_matches('.'))
}

/// The names of a table's keys, which serde tells when it meets one that does not exist.
fn keys<T: DeserializeOwned>() -> Vec<String> {
    let nobody = Map::from([("?".to_owned(), Value::new(None, ValueKind::Boolean(true)))]);
    match read::<T>(nobody) {
        Ok(_) => Vec::new(),
        Err(cause) => {
            let text = cause.to_string();
            let known = text.split_once("expected").map_or("", |(_, known)| known);
            known.split('`').skip(1).step_by(2).map(str::to_owned).collect()
        }
    }
}

/// Reads the leptos table through leptos. Its own errors speak of Cargo.toml, whatever the file.
fn leptos_options(path: &Path, mistakes: &mut Vec<String>) -> LeptosOptions {
    match leptos::config::get_configuration(path.to_str()) {
        Ok(read) => read.leptos_options,
        Err(cause) => {
            mistakes.push(format!(
                "The table [[workspace.metadata.leptos]] of {} and the variables LEPTOS_… cannot \
                 be read: {cause:?}",
                path.display()
            ));
            LeptosOptions::builder().output_name("cadence").build()
        }
    }
}

fn secret_path(database: &Path) -> PathBuf {
    database.with_extension("secret")
}

/// The secret beside the database, made on the first start. Without it every restart would sign
/// everybody out and break every pairing link.
fn development_secret(database: &Path) -> std::io::Result<Secret> {
    use std::io::Write;
    let path = secret_path(database);
    match std::fs::read_to_string(&path) {
        Ok(text) if text.trim().len() >= Secret::SHORTEST => return Ok(Secret::new(text.trim())),
        Ok(_) => std::fs::remove_file(&path)?,
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => {}
        Err(cause) => return Err(cause),
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let text = cadence_base::token::random_token::<32>();
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&path)?.write_all(text.as_bytes())?;
    Ok(Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Leptos.toml")
    }

    fn with(variables: &[(&str, &str)]) -> Result<Config, Mistakes> {
        let variables = variables.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
        Config::parse(&shipped(), variables.collect())
    }

    #[track_caller]
    fn check_mistake(variables: &[(&str, &str)], sentence: &str) {
        let mistakes = with(variables).expect_err("a mistake").0;
        assert_eq!(mistakes, [sentence], "exactly this mistake");
    }

    #[test]
    fn the_shipped_file_holds_every_key_with_its_default() {
        let config = with(&[]).expect("the shipped file is right");
        assert_eq!(config.server, Server::default());
        assert_eq!(config.database, Database::default());
        assert_eq!(config.gym, Gym::default());
        assert_eq!(config.desk, Desk::default());
        assert_eq!(config.auth, Auth::default());
        assert_eq!(config.limits, Limits::default());
        assert_eq!(config.guitar, Guitar::default());
        assert_eq!(config.retention, Retention::default());
        assert_eq!(config.log, Log::default());
        let text = std::fs::read_to_string(shipped()).expect("the file");
        for (table, keys) in TABLES {
            let (_, rest) = text.split_once(&format!("\n[{table}]\n")).expect(table);
            let part = rest.split("\n[").next().expect("a part");
            let keys = keys();
            assert!(!keys.is_empty(), "[{table}]");
            for key in keys {
                let lines: Vec<&str> = part.lines().collect();
                let is_key =
                    |line: &str| line.trim_start_matches("# ").starts_with(&format!("{key} = "));
                let at = lines.iter().position(|l| is_key(l)).unwrap_or_else(|| {
                    panic!("[{table}] {key} is missing in Leptos.toml");
                });
                assert!(lines[at - 1].starts_with("# "), "[{table}] {key} has no explanation");
            }
        }
    }

    #[test]
    fn leptos_toml_and_cargo_toml_agree() {
        let read = |name: &str| -> toml::Table {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name);
            std::fs::read_to_string(path).expect(name).parse().expect(name)
        };
        let leptos = |table: &toml::Table| {
            table["workspace"]["metadata"]["leptos"][0].as_table().expect("a table").clone()
        };
        let (run, build) = (leptos(&read("Leptos.toml")), leptos(&read("Cargo.toml")));
        for (key, value) in &run {
            assert_eq!(build.get(key), Some(value), "{key} differs");
        }
        assert!(!run.contains_key("hash-files"), "files.json of the build decides");
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let config = with(&[
            ("CADENCE_DATABASE__PATH", "/tmp/x.db"),
            ("CADENCE_LIMITS__BURST", "5000"),
            ("CADENCE_GYM__TIME_ZONE", "Europe/Madrid"),
            ("CADENCE_SERVER__TRUSTED_PROXIES", "10.0.0.0/8, ::1"),
            ("CADENCE_AUTH__ALLOW_PLAIN_HTTP_SIGN_IN", "true"),
            ("CADENCE_LOG__FORMAT", "json"),
            ("CADENCE_SERVER__PUBLIC_URL", "https://Gym.example.org:443/"),
            ("CADENCE_SERVER_BIN", "belongs to the test runner"),
        ])
        .expect("all of it is right");
        assert_eq!(config.database.path, Path::new("/tmp/x.db"));
        assert_eq!(config.limits.burst, 5000);
        assert_eq!(config.gym.time_zone.0.iana_name(), Some("Europe/Madrid"));
        assert_eq!(config.server.trusted_proxies.len(), 2);
        assert!(config.auth.allow_plain_http_sign_in);
        assert_eq!(config.log.format, LogFormat::Json);
        let url = config.server.public_url.as_ref().expect("set");
        assert_eq!(url.origin(), "https://gym.example.org");
        assert!(config.secure_cookies());
    }

    #[test]
    fn production_names_all_that_is_missing_at_once() {
        let mistakes = with(&[("CADENCE_SERVER__ENVIRONMENT", "production")])
            .expect_err("two things are missing");
        assert_eq!(
            mistakes.to_string(),
            "The configuration has 2 mistakes:\n  - [server] public_url is required in \
             production, for example \"https://gym.example.org\" (environment: \
             CADENCE_SERVER__PUBLIC_URL).\n  - [auth] secret is required in production: at least \
             32 bytes, for example from `openssl rand -hex 32` (environment: \
             CADENCE_AUTH__SECRET)."
        );
    }

    #[test]
    fn production_refuses_demo_data() {
        let config = with(&[
            ("CADENCE_SERVER__ENVIRONMENT", "production"),
            ("CADENCE_SERVER__PUBLIC_URL", "https://gym.example.org"),
            ("CADENCE_AUTH__SECRET", "0123456789abcdef0123456789abcdef"),
        ])
        .expect("a whole configuration");
        assert!(config.check_demo().is_err());
        assert!(with(&[]).expect("right").check_demo().is_ok());
    }

    #[test]
    fn each_mistake_has_its_sentence() {
        check_mistake(
            &[("CADENCE_AUTH__SECRET", "short")],
            "[auth] secret has 5 bytes; it needs at least 32.",
        );
        check_mistake(
            &[("CADENCE_AUTH_SECRET", "x")],
            "CADENCE_AUTH_SECRET sets nothing; write CADENCE_AUTH__SECRET.",
        );
        check_mistake(
            &[("CADENCE_AUTH__ACCESS_MINUTES", "60")],
            "[auth] access_minutes is 60; it must be between 1 and 15.",
        );
        check_mistake(
            &[("CADENCE_LOG__LEVL", "info")],
            "[log] levl is no setting; the settings are format, level.",
        );
        check_mistake(
            &[("CADENCE_GYM__TIME_ZONE", "Mars/North")],
            "[gym] time_zone is wrong: no time zone is called \"Mars/North\"; an example is \
             Europe/Madrid.",
        );
        check_mistake(
            &[("CADENCE_GYM__DAY_STARTS", "25:00")],
            "[gym] day_starts is wrong: \"25:00\" is no time such as 04:00.",
        );
        check_mistake(
            &[("CADENCE_SERVER__PUBLIC_URL", "https://a.example/path")],
            "[server] public_url is wrong: \"https://a.example/path\" has a path; only scheme, \
             host and port are possible.",
        );
        check_mistake(
            &[("CADENCE_SERVER__TRUSTED_PROXIES", "10.0.0.0/40")],
            "[server] trusted_proxies is wrong: \"10.0.0.0/40\" is neither an address nor a \
             network such as 10.0.0.0/8.",
        );
        check_mistake(
            &[("CADENCE_LIMITS__BURST", "7")],
            "[limits] burst (7) must not be below messages_per_second (100).",
        );
        check_mistake(
            &[("CADENCE_MYSQL__URL", "mysql://x")],
            "[mysql] is no table; the tables are server, database, redis, gym, desk, auth, \
             limits, guitar, retention, log.",
        );
        check_mistake(
            &[("CADENCE_REDIS__URL", "redis://x")],
            "[redis] url is for servers that share a PostgreSQL database: set [database] url, too.",
        );
        check_mistake(
            &[("CADENCE_REDIS__URL", "redis://:hid den@x, memcached://y")],
            "[redis] url is wrong: it is no address such as redis://:password@host:6379, or \
             several of a cluster, separated by commas.",
        );
        check_mistake(&[("CADENCE_GYM__NAME", " ")], "[gym] name must not be empty.");
        for url in ["mysql://me:hidden@host/gym", "postgres://me:hi#den@host:x/gym", "gym"] {
            check_mistake(
                &[("CADENCE_DATABASE__URL", url)],
                "[database] url is wrong: it is no address such as \
                 postgres://user:password@host:5432/cadence; the special characters of a password \
                 are written as %-codes.",
            );
        }
        check_mistake(
            &[("CADENCE_DATABASE__READERS", "0")],
            "[database] readers is 0; it must be between 1 and 100.",
        );
        let kinds = with(&[
            ("CADENCE_LIMITS__TOPICS", "many"),
            ("CADENCE_SERVER__ENVIRONMENT", "staging"),
            ("CADENCE_LOG__LEVEL", "cadence=shout"),
        ])
        .expect_err("three mistakes")
        .0;
        assert_eq!(kinds.len(), 3, "{kinds:#?}");
        assert!(kinds[0].starts_with("[server] environment is wrong: "), "{kinds:#?}");
        assert!(kinds[1].starts_with("[limits] topics is wrong: "), "{kinds:#?}");
        assert!(kinds[2].starts_with("[log] level is no filter: "), "{kinds:#?}");
    }

    #[test]
    fn a_missing_file_is_named() {
        let mistakes = Config::parse(Path::new("/nowhere/Leptos.toml"), HashMap::new());
        let text = mistakes.expect_err("no file").to_string();
        assert!(text.contains("There is no file /nowhere/Leptos.toml"), "{text}");
    }

    #[test]
    fn a_secret_never_shows_itself() {
        let config = with(&[
            ("CADENCE_AUTH__SECRET", "0123456789abcdef0123456789abcdef"),
            ("CADENCE_DATABASE__URL", "postgres://me:hidden@db.example/gym"),
        ])
        .expect("right");
        let options = config.database.url.options().expect("PostgreSQL");
        assert_eq!((options.get_host(), options.get_database()), ("db.example", Some("gym")));
        let shown = format!("{config:?}");
        assert!(!shown.contains("0123456789") && !shown.contains("hidden"), "{shown}");
    }

    #[test]
    fn the_development_secret_is_made_once_for_the_owner_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = folder.path().join("data/cadence.db");
        let first = development_secret(&database).expect("made");
        assert!(first.bytes().len() >= Secret::SHORTEST);
        assert_eq!(development_secret(&database).expect("read"), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let file = std::fs::metadata(secret_path(&database)).expect("the file");
            assert_eq!(file.permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_public_address_without_a_host_is_a_mistake() {
        for text in ["http://:", "https://:443", "http://:3000/"] {
            assert!(PublicUrl::try_from(text.to_owned()).is_err(), "{text}");
        }
    }

    #[test]
    fn networks_contain_their_addresses() {
        let ten = Network::parse("10.0.0.0/8").expect("a network");
        assert!(ten.contains("10.9.8.7".parse().expect("an address")));
        assert!(ten.contains("::ffff:10.9.8.7".parse().expect("an address")));
        assert!(!ten.contains("11.0.0.1".parse().expect("an address")));
        let one = Network::parse("::1").expect("an address");
        assert!(one.contains("::1".parse().expect("an address")));
        assert!(!one.contains("127.0.0.1".parse().expect("an address")));
    }
}
