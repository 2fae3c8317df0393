//! Group commit: one task owns the one connection that writes.
//!
//! It collects everything that waits, runs each job behind its own SAVEPOINT, and makes one
//! COMMIT for all. So a burst from many desks costs one fsync, and still every answer means
//! "on disk". Only after the COMMIT the events are published and the answers handed out.

use super::{
    StoreError,
    clock::GymTime,
    events::{self, LoggedEvent, NewEvent},
    stats, unavailable,
};
use crate::faults::{self, Point};
use anyhow::Context;
use futures_util::{FutureExt, future::BoxFuture};
use protocol::{Millis, Topic, gym::Stats};
use sqlx::{ConnectOptions, Connection, Executor, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{
    ops::{Deref, DerefMut},
    panic::AssertUnwindSafe,
};
use tokio::sync::{mpsc, oneshot};

/// What one COMMIT made, for whoever publishes.
#[derive(Debug)]
pub struct Commit {
    /// The events in the order of their offsets.
    pub events: Vec<LoggedEvent>,
    /// The figures, counted in the same transaction; set when `checkins` got events.
    pub stats: Option<Stats>,
}

/// A job's access to the database: derefs to the connection, inside the group's transaction.
pub struct Tx {
    conn: SqliteConnection,
    clock: GymTime,
    /// The moment of the group, the `recorded_at` of everything in it.
    now: Millis,
    /// Where the log of `checkins` stood before this group, and where it stands now; known once
    /// a job has made an event.
    log: Option<(u64, u64)>,
    events: Vec<LoggedEvent>,
}

impl Tx {
    /// The moment of this group, for everything that it records.
    pub fn now(&self) -> Millis {
        self.now
    }

    /// The gym's clock and its rules about time.
    pub fn clock(&self) -> &GymTime {
        &self.clock
    }

    /// Writes an event into its topic's log and returns its offset. It is published after the
    /// COMMIT, and not at all if the job fails.
    pub async fn emit(&mut self, event: NewEvent) -> Result<u64, StoreError> {
        let (before, top) = match self.log {
            Some(log) => log,
            None => {
                let top = events::top(&mut self.conn, Topic::CheckIns).await?;
                (top, top)
            }
        };
        let offset = top + 1;
        events::append(&mut self.conn, &event, offset, self.now).await?;
        self.log = Some((before, offset));
        self.events.push(event.logged(offset, self.now));
        Ok(offset)
    }
}

impl Deref for Tx {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.conn
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.conn
    }
}

/// The way to the writer. The task ends when the last clone is gone.
#[derive(Clone)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
}

/// Jobs that may wait; more wait in `write` itself, which is back-pressure.
const WAITING_JOBS: usize = 1_024;
/// Jobs of one group. More would make the first of them wait longer than a scan may take.
const GROUP: usize = 256;

impl Writer {
    pub(super) async fn start(
        options: SqliteConnectOptions,
        clock: GymTime,
        on_commit: impl Fn(Commit) + Send + Sync + 'static,
    ) -> anyhow::Result<Self> {
        let conn = options.connect().await.context("cannot open the database for writing")?;
        let (jobs, waiting) = mpsc::channel(WAITING_JOBS);
        tokio::spawn(run(options, conn, clock, waiting, on_commit));
        Ok(Self { jobs })
    }

    pub(super) async fn write<T: Send + 'static>(
        &self,
        job: impl for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move |tx| {
            let work = job(tx);
            async move {
                let result = work.await;
                let keep = result.is_ok();
                let answer: Answer = Box::new(move |on_disk| {
                    // Nobody listens any more: the caller gave up, the fact stays.
                    let _ = sender.send(if on_disk || !keep { result } else { lost() });
                });
                Done { keep, answer }
            }
            .boxed()
        });
        self.jobs.send(job).await.map_err(|_| unavailable())?;
        // The answer is dropped without a word when the job panicked or the group was given up.
        receiver.await.unwrap_or_else(|_| lost())
    }
}

fn lost<T>() -> Result<T, StoreError> {
    Err(unavailable().into())
}

/// A job with its result's type erased.
type Job = Box<dyn for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, Done> + Send>;
/// Hands out the job's result; the argument is whether the group is on disk.
type Answer = Box<dyn FnOnce(bool) + Send>;

struct Done {
    keep: bool,
    answer: Answer,
}

/// The task: groups until nobody can ask any more. A connection that broke is opened anew.
async fn run(
    options: SqliteConnectOptions,
    conn: SqliteConnection,
    clock: GymTime,
    mut waiting: mpsc::Receiver<Job>,
    on_commit: impl Fn(Commit) + Send + Sync + 'static,
) {
    let new_tx =
        |conn| Tx { conn, clock: clock.clone(), now: clock.now(), log: None, events: Vec::new() };
    let mut tx = new_tx(conn);
    let mut group = Vec::with_capacity(GROUP);
    while waiting.recv_many(&mut group, GROUP).await > 0 {
        tx.now = clock.now();
        let mut answers = Vec::with_capacity(group.len());
        match commit_group(&mut tx, group.drain(..), &mut answers).await {
            Ok(commit) => {
                if !commit.events.is_empty() {
                    faults::reach(Point::AfterCommit);
                    on_commit(commit);
                    faults::reach(Point::AfterPublish);
                }
                answers.into_iter().for_each(|answer| answer(true));
            }
            Err(cause) => {
                tracing::error!(%cause, "a group of writes was not committed");
                // Before the answers: a caller that tries again at once finds a good connection.
                match options.connect().await {
                    Ok(conn) => {
                        let broken = std::mem::replace(&mut tx, new_tx(conn));
                        let _ = broken.conn.close().await;
                    }
                    Err(cause) => tracing::error!(%cause, "the database cannot be opened again"),
                }
                answers.into_iter().for_each(|answer| answer(false));
            }
        }
    }
    // Folds the write-ahead log into the database file.
    let _ = tx.conn.close().await;
}

/// Runs the jobs of one group and commits. After an `Err` nothing of the group is on disk.
async fn commit_group(
    tx: &mut Tx,
    group: impl Iterator<Item = Job>,
    answers: &mut Vec<Answer>,
) -> Result<Commit, sqlx::Error> {
    tx.log = None;
    tx.events.clear();
    // IMMEDIATE: a later upgrade from reading to writing could fail half way through the group.
    tx.conn.execute("BEGIN IMMEDIATE; SAVEPOINT job").await?;
    let mut next = "";
    for job in group {
        let (log, events) = (tx.log, tx.events.len());
        if !next.is_empty() {
            tx.conn.execute(next).await?;
        }
        let done = AssertUnwindSafe(job(tx)).catch_unwind().await;
        if done.is_err() {
            tracing::error!("a write panicked; it was undone");
        }
        // One round trip where there could be two. After a rollback the savepoint still stands, and
        // COMMIT releases the last one.
        next = "RELEASE job; SAVEPOINT job";
        if !matches!(&done, Ok(done) if done.keep) {
            tx.conn.execute("ROLLBACK TO job").await?;
            (tx.log, next) = (log, "");
            tx.events.truncate(events);
        }
        answers.extend(done.ok().map(|done| done.answer));
    }
    let stats = match tx.log {
        Some((before, top)) if top > before => {
            events::set_top(&mut tx.conn, Topic::CheckIns, before, top).await?;
            faults::reach(Point::BeforeCommit);
            Some(stats::count(&mut tx.conn, &tx.clock, tx.now, top).await?)
        }
        _ => None,
    };
    tx.conn.execute("COMMIT").await?;
    Ok(Commit { events: std::mem::take(&mut tx.events), stats })
}
