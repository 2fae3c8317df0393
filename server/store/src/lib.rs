//! The database: the only place that writes SQL.
//!
//! - [`sql`]: statements that are written once for SQLite and PostgreSQL; `dialect` has the rest
//! - [`writer`]: one task that groups what waits into one durable COMMIT
//! - [`events`]: the log of a durable topic, written in the transaction of the fact
//! - [`once`]: at most once per command id; [`commands`]: so for a desk
//! - [`clock`]: the gym's day and its rules about time
//! - [`members`], [`member_search`], [`plans`], [`visits`], [`audit`]: rows of the gym
//! - [`stats`], [`snapshot`]: what the dashboard shows
//! - [`demo`]: an invented gym
//! - [`accounts`], [`auth_sessions`]: rows of sign-in
//! - [`guitar`], [`practice`]: rows of guitar sessions and of what was played in them
//!
//! Reads go to a read-only pool, so a long read never waits for the writer and the writer never
//! for a read. This crate has no sockets and no requests.
//!
//! A SQLite file has one writer. A PostgreSQL database has one per node: there a job that decides
//! on a row takes the row first ([`sql::Query::lock`]), and decides on what others have committed.

pub mod accounts;
pub mod audit;
pub mod auth_sessions;
pub mod clock;
pub mod commands;
pub mod demo;
mod dialect;
mod error;
pub mod events;
pub mod guitar;
pub mod id;
mod member_search;
pub mod members;
pub mod once;
pub mod plans;
pub mod practice;
pub mod snapshot;
pub mod sql;
pub mod stats;
pub mod visits;
pub mod writer;

pub use clock::GymTime;
pub use error::{StoreError, internal, read_failed};
pub use events::{EventPlace, LoggedEvent, NewEvent};
pub use id::Id;
pub use sqlx::Error as DatabaseError;
pub use writer::{Commit, Tx};

use anyhow::Context;
use futures_util::future::BoxFuture;
use logic::topic::Permit;
use protocol::Topic;
use std::time::Duration;

/// The database of one installation. Clones share the writer and the pool of readers.
#[derive(Clone)]
pub struct Store {
    writer: writer::Writer,
    readers: sql::Pool,
    clock: GymTime,
}

impl Store {
    /// Opens or creates the database that the settings name and brings its tables up to date.
    ///
    /// `on_commit` is called by the writer after each COMMIT, in commit order, before the answers
    /// are handed out: a reader that has an answer can already find its events in the log. On
    /// PostgreSQL other nodes commit in between, so their offsets are missing there.
    pub async fn open(
        settings: &cadence_config::DatabaseSettings,
        clock: GymTime,
        on_commit: impl Fn(Commit) + Send + Sync + 'static,
    ) -> anyhow::Result<Self> {
        let source = dialect::DatabaseSource::of(settings);
        let name = source.name();
        let mut migrated = source.migrate().await?;
        events::begin_log(&mut migrated, Topic::CheckIns).await?;
        migrated.close().await;

        let readers = source
            .readers(settings.readers)
            .await
            .with_context(|| format!("cannot open {name} for reading"))?;
        let writer = writer::Writer::start(source, clock.clone(), on_commit)
            .await
            .with_context(|| format!("cannot open {name} for writing"))?;
        Ok(Self { writer, readers, clock })
    }

    /// Connections that only read. What needs several queries at one moment is a
    /// [`Self::snapshot`].
    pub fn reader(&self) -> &sql::Pool {
        &self.readers
    }

    /// A read of several statements at one moment.
    pub async fn snapshot(&self) -> Result<sql::ReadSnapshot, sqlx::Error> {
        sql::ReadSnapshot::begin(&self.readers).await
    }

    /// Whether there is a writer, and the database answers before a proxy in front of the server
    /// would give up.
    pub async fn answers(&self) -> Result<(), sqlx::Error> {
        if self.writer.has_ended() {
            return Err(sqlx::Error::WorkerCrashed);
        }
        let answer = sql::query("SELECT 1").execute(&self.readers);
        match tokio::time::timeout(SOON, answer).await {
            Ok(answer) => answer.map(|_| ()),
            Err(_) => Err(sqlx::Error::PoolTimedOut),
        }
    }

    /// The gym's clock and its rules about time.
    pub fn clock(&self) -> &GymTime {
        &self.clock
    }

    /// Runs `job` in the writer's next group. The answer comes after the group is on disk; an
    /// `Err` undoes what the job wrote, and nothing of its neighbours. A job hands on every error
    /// of the database: after one PostgreSQL does nothing more until the job is undone.
    pub async fn write<T: Send + 'static>(
        &self,
        job: impl for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer.write(None, job).await
    }

    /// As [`Store::write`], for a command whose connection keeps an order: the job runs when its
    /// permit is due. The permit is done when the answer is on disk or final, and otherwise to be
    /// retried; both before a later job can run.
    pub async fn write_in_order<T: Send + 'static>(
        &self,
        permit: Option<Permit>,
        job: impl for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.writer.write(permit, job).await
    }
}

/// A proxy that asks for health waits hardly longer.
const SOON: Duration = Duration::from_secs(2);
