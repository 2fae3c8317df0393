//! The database: the only place that writes SQL.
//!
//! - [`writer`]: one task that groups what waits into one durable COMMIT
//! - [`events`]: the log of a durable topic, written in the transaction of the fact
//! - [`commands`]: at most once per command id
//! - [`clock`]: the gym's day and its rules about time
//! - [`members`], [`member_search`], [`plans`], [`visits`], [`audit`]: rows of the gym
//! - [`stats`], [`snapshot`]: what the dashboard shows
//! - [`demo`]: an invented gym
//! - [`accounts`], [`auth_sessions`]: rows of sign-in
//! - [`guitar`], [`practice`]: rows of guitar sessions and of what was played in them
//!
//! Reads go to a read-only pool, so a long read never waits for the writer and the writer never
//! for a read. This module knows no socket and no request.

pub mod accounts;
pub mod audit;
pub mod auth_sessions;
pub mod clock;
pub mod commands;
pub mod demo;
pub mod events;
pub mod guitar;
pub mod id;
pub mod member_search;
pub mod members;
pub mod plans;
pub mod practice;
pub mod snapshot;
pub mod stats;
pub mod visits;
pub mod writer;

pub use clock::GymTime;
pub use events::{LoggedEvent, NewEvent, Origin};
pub use id::Id;
pub use writer::{Commit, Tx};

use anyhow::Context;
use futures_util::future::BoxFuture;
use protocol::{ErrorBody, ErrorCode, Topic};
use sqlx::{
    SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{path::Path, time::Duration};

/// The database of one installation. Clones share the writer and the pool of readers.
#[derive(Clone)]
pub struct Store {
    writer: writer::Writer,
    readers: SqlitePool,
    clock: GymTime,
}

impl Store {
    /// Opens or creates the database at `path` and brings its tables up to date.
    ///
    /// `on_commit` is called by the writer after each COMMIT, in commit order, before the answers
    /// are handed out: a reader that has an answer can already find its events in the log.
    pub async fn open(
        path: &Path,
        clock: GymTime,
        on_commit: impl Fn(Commit) + Send + Sync + 'static,
    ) -> anyhow::Result<Self> {
        let options = connect_options(path);
        let migrations = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options.clone())
            .await
            .with_context(|| format!("cannot open the database at {}", path.display()))?;
        sqlx::migrate!("./migrations")
            .run(&migrations)
            .await
            .context("cannot bring the database's tables up to date")?;
        events::begin_log(&migrations, Topic::CheckIns).await?;
        migrations.close().await;

        let writer = writer::Writer::start(options.clone(), clock.clone(), on_commit).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(Duration::from_secs(5))
            .connect_with(options.read_only(true).create_if_missing(false))
            .await
            .context("cannot open the database for reading")?;
        Ok(Self { writer, readers, clock })
    }

    /// Connections that only read. A snapshot over several queries needs one transaction.
    pub fn reader(&self) -> &SqlitePool {
        &self.readers
    }

    /// The gym's clock and its rules about time.
    pub fn clock(&self) -> &GymTime {
        &self.clock
    }

    /// Runs `job` in the writer's next group. The answer comes after the group is on disk; an
    /// `Err` undoes what the job wrote, and nothing of its neighbours.
    pub async fn write<T: Send + 'static>(
        &self,
        job: impl for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer.write(job).await
    }
}

/// Readers beside the writer. SQLite reads are short; more only wait for the same cores.
const READERS: u32 = 4;

/// What every connection has in common.
fn connect_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // Each ack means "on disk", also when the power fails right after it.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(5))
        .statement_cache_capacity(256)
        // 32 MiB of pages where SQLite's own 2 MiB would be read again in every group, and a
        // checkpoint every 32 MiB of log, in which a page that changed often is written once.
        .pragma("cache_size", "-32768")
        .pragma("wal_autocheckpoint", "8000")
}

/// Why a write did not happen.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A rule says no; the body says why.
    #[error(transparent)]
    Refused(#[from] ErrorBody),
    /// The database could not.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl From<StoreError> for ErrorBody {
    /// What the client is told. The cause of a database failure goes to the log, here and once.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(body) => body,
            StoreError::Database(cause) => {
                tracing::error!(%cause, "the database failed");
                unavailable()
            }
        }
    }
}

/// The retryable error of a database that could not.
fn unavailable() -> ErrorBody {
    ErrorBody::new(ErrorCode::Unavailable, "The database is not available. Try again in a moment.")
        .retry_after(1_000)
}

/// What a read that failed tells the client; see [`StoreError`].
pub fn read_failed(cause: sqlx::Error) -> ErrorBody {
    StoreError::Database(cause).into()
}
