//! All that SQLite and PostgreSQL do differently: how they are opened, how a transaction begins
//! and ends, whose clock counts, and what a migration's text becomes.

use crate::sql::{Conn, HeldLock, Pool};
use anyhow::Context;
use protocol::Millis;
use sqlx::{
    AssertSqlSafe, ConnectOptions, SqlSafeStr,
    migrate::Migrator,
    pool::PoolOptions,
    postgres::PgConnectOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use std::time::Duration;

/// One set of files for both; see [`in_postgres`] for what PostgreSQL reads differently. While an
/// update goes round, the release before this one runs on the new tables: expand first, fill in,
/// and take away a release later. A file that was released is never changed.
static MIGRATIONS: Migrator = sqlx::migrate!("../migrations");

/// How long opening a connection may take, and waiting for one of the pool. While PostgreSQL is
/// away, every answer takes as long.
const OPEN: Duration = Duration::from_secs(3);

/// Where the data is, and how it is opened.
#[derive(Clone)]
pub(super) enum DatabaseSource {
    Sqlite(SqliteConnectOptions),
    Postgres(PgConnectOptions),
}

impl DatabaseSource {
    /// PostgreSQL when an address is set, otherwise the file.
    pub(super) fn of(settings: &cadence_config::DatabaseSettings) -> Self {
        match settings.url.options() {
            Some(options) => Self::Postgres(postgres(options)),
            None => Self::Sqlite(sqlite(settings)),
        }
    }

    /// Brings the tables up to date. Of several nodes that start at once on PostgreSQL one does
    /// it, and the others wait.
    pub(super) async fn migrate(&self) -> anyhow::Result<Conn> {
        if let Self::Sqlite(options) = self
            && let Some(folder) = options.get_filename().parent()
        {
            std::fs::create_dir_all(folder)
                .with_context(|| format!("cannot make the folder {}", folder.display()))?;
        }
        let mut conn =
            self.connect().await.with_context(|| format!("cannot open {}", self.name()))?;
        let done = match &mut conn {
            Conn::Sqlite(held) => migrations(str::to_owned).run(&mut **held).await,
            Conn::Postgres(held) => migrations(in_postgres).run(&mut **held).await,
            Conn::Lost => Ok(()),
        };
        done.context("cannot bring the database's tables up to date")?;
        Ok(conn)
    }

    /// A connection of its own, as every connection is.
    async fn connect(&self) -> Result<Conn, sqlx::Error> {
        let timed_out = |_| sqlx::Error::PoolTimedOut;
        Ok(match self {
            Self::Sqlite(options) => Conn::Sqlite(HeldLock::Own(options.connect().await?)),
            Self::Postgres(options) => {
                let opened = tokio::time::timeout(OPEN, options.connect()).await;
                Conn::Postgres(HeldLock::Own(opened.map_err(timed_out)??))
            }
        })
    }

    /// The connection that writes.
    pub(super) async fn writer(&self) -> Result<Conn, sqlx::Error> {
        let Self::Postgres(options) = self else { return self.connect().await };
        let options = options.clone().options([
            // A job that waits longer for another node fails, retryable, and its group goes on.
            ("lock_timeout", "3s"),
            // A node that stands still in the middle of a group must not hold its locks.
            ("idle_in_transaction_session_timeout", "15s"),
        ]);
        let mut conn = Self::Postgres(options).connect().await?;
        // Each ack means "on disk", whatever the server's own setting; a stronger one stays.
        conn.run(
            "SELECT set_config('synchronous_commit', 'on', false)
              WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply')",
        )
        .await?;
        Ok(conn)
    }

    /// Connections that can only read.
    pub(super) async fn readers(&self, many: u32) -> Result<Pool, sqlx::Error> {
        Ok(match self {
            Self::Sqlite(options) => {
                let options = options.clone().read_only(true).create_if_missing(false);
                let pool = PoolOptions::new().max_connections(many).acquire_timeout(OPEN);
                Pool::Sqlite(pool.connect_with(options).await?)
            }
            Self::Postgres(options) => {
                let options = options.clone().options([
                    ("default_transaction_read_only", "on"),
                    ("statement_timeout", "10s"),
                ]);
                let pool = PoolOptions::new().max_connections(many).acquire_timeout(OPEN);
                Pool::Postgres(pool.connect_with(options).await?)
            }
        })
    }

    /// The database's name for an operator, without user and password.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Sqlite(options) => {
                format!("the database at {}", options.get_filename().display())
            }
            Self::Postgres(options) => format!(
                "the PostgreSQL database {} at {}:{}",
                options.get_database().unwrap_or(options.get_username()),
                options.get_host(),
                options.get_port()
            ),
        }
    }
}

fn sqlite(settings: &cadence_config::DatabaseSettings) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(&settings.path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // Each ack means "on disk", also when the power fails right after it.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        .statement_cache_capacity(256)
        // SQLite's own 2 MiB would be read again in every group. Below zero it is in KiB.
        .pragma("cache_size", format!("-{}", u64::from(settings.cache_mib) * 1024))
        // A checkpoint every 32 MiB of log, in which a page that changed often is written once.
        .pragma("wal_autocheckpoint", "8000")
}

fn postgres(options: PgConnectOptions) -> PgConnectOptions {
    let options = options.statement_cache_capacity(256);
    match options.get_application_name() {
        Some(_) => options,
        None => options.application_name("cadence"),
    }
}

// ── transactions ─────────────────────────────────────────────────────────────────────────────

/// Begins the transaction of a group with the savepoint of its first job. Returns the database's
/// time where that is the one that counts.
pub(super) async fn begin_group(conn: &mut Conn) -> Result<Option<Millis>, sqlx::Error> {
    match conn {
        // The clock of PostgreSQL is the same for all nodes. Each statement sees what was
        // committed before it, which is what a row that was waited for needs.
        Conn::Postgres(_) => {
            let now = conn.run_for_number(
                "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SAVEPOINT job;
                 SELECT CAST(FLOOR(EXTRACT(EPOCH FROM now()) * 1000) AS BIGINT)",
            );
            now.await.map(Some)
        }
        // IMMEDIATE: a later upgrade from reading to writing could fail half way through.
        _ => conn.run("BEGIN IMMEDIATE; SAVEPOINT job").await.map(|()| None),
    }
}

/// Ends the transaction of a group.
pub(super) async fn commit_group(conn: &mut Conn) -> Result<(), sqlx::Error> {
    match conn {
        // After an error that a job kept to itself, COMMIT alone would answer as if all were well
        // and have undone everything. RELEASE shows it.
        Conn::Postgres(_) => conn.run("RELEASE job; COMMIT").await,
        _ => conn.run("COMMIT").await,
    }
}

// ── migrations ───────────────────────────────────────────────────────────────────────────────

/// The migrations in one database's words; their checksums stay those of the files.
fn migrations(words: impl Fn(&str) -> String) -> Migrator {
    let translated = MIGRATIONS.iter().cloned().map(|mut migration| {
        migration.sql = AssertSqlSafe(words(migration.sql.as_str())).into_sql_str();
        migration
    });
    let mut migrator = Migrator::with_migrations(translated.collect());
    // A server of the release before must start on tables that a newer one has expanded: while
    // the update goes round, and when it is taken back.
    migrator.set_ignore_missing(true);
    migrator
}

/// One migration in PostgreSQL's words. SQLite's STRICT is what PostgreSQL always does; its
/// INTEGER has 64 bits; and it compares texts byte by byte, which the search by ranges of words
/// and the order of every list rest on.
fn in_postgres(sql: &str) -> String {
    let mut translated = String::with_capacity(sql.len());
    for line in sql.lines() {
        let (code, comment) = line.split_once("--").map_or((line, ""), |(code, text)| (code, text));
        let mut rest = code;
        while let Some(start) = rest.find(|c: char| c.is_ascii_alphabetic()) {
            let (before, word) = rest.split_at(start);
            let end = word.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            let (word, after) = word.split_at(end.unwrap_or(word.len()));
            translated.push_str(before);
            translated.push_str(match word {
                "INTEGER" => "BIGINT",
                "TEXT" => "TEXT COLLATE \"C\"",
                word => word,
            });
            rest = after;
        }
        translated.push_str(rest);
        if !comment.is_empty() {
            translated.push_str("--");
            translated.push_str(comment);
        }
        translated.push('\n');
    }
    translated.replace(") STRICT, WITHOUT ROWID;", ");").replace(") STRICT;", ");")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_migration_is_translated_word_by_word() {
        let file = "-- TEXT and INTEGER\nCREATE TABLE a (\n  id TEXT PRIMARY KEY, -- INTEGER\n  \
                    n_INTEGER INTEGER NOT NULL\n) STRICT, WITHOUT ROWID;\n";
        assert_eq!(
            in_postgres(file),
            "-- TEXT and INTEGER\nCREATE TABLE a (\n  id TEXT COLLATE \"C\" PRIMARY KEY, -- \
             INTEGER\n  n_INTEGER BIGINT NOT NULL\n);\n"
        );
    }

    #[test]
    fn no_migration_says_what_only_sqlite_understands() {
        for migration in migrations(in_postgres).iter() {
            let sql = migration.sql.as_str();
            for word in ["STRICT", "ROWID", "AUTOINCREMENT", "PRAGMA"] {
                assert!(!sql.contains(word), "{word} in {}", migration.description);
            }
        }
    }
}
