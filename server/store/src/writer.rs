//! Group commit: one task owns the one connection of this node that writes.
//!
//! It collects everything that waits, runs each job behind its own SAVEPOINT, and makes one
//! COMMIT for all. So a burst from many desks costs one fsync, and still every answer means
//! "on disk". Only after the COMMIT the events are published and the answers handed out.

use crate::{
    StoreError,
    clock::GymTime,
    dialect::{self, DatabaseSource},
    error::{internal, unavailable},
    events::{self, EventPlace, NewEvent},
    sql::Conn,
    stats,
};
pub use cadence_base::event::Commit;
use cadence_base::faults::{self, FaultPoint};
use futures_util::{FutureExt, future::BoxFuture};
use logic::topic::{Permit, order::out_of_order};
use protocol::{Millis, Topic};
use std::{
    ops::{Deref, DerefMut},
    panic::AssertUnwindSafe,
};
use tokio::sync::{mpsc, oneshot};

/// A job's access to the database: derefs to the connection, inside the group's transaction.
pub struct Tx {
    conn: Conn,
    clock: GymTime,
    /// The moment of the group, the `recorded_at` of everything in it.
    now: Millis,
    /// What the jobs so far add to the log of `checkins`.
    events: Vec<(NewEvent, EventPlace)>,
    /// Places that get the end of that log.
    ends: Vec<EventPlace>,
}

impl Tx {
    /// The moment of this group, for everything that it records. On PostgreSQL it is the
    /// database's own, the same for all nodes.
    pub fn now(&self) -> Millis {
        self.now
    }

    /// The gym's clock and its rules about time.
    pub fn clock(&self) -> &GymTime {
        &self.clock
    }

    /// Puts an event into its topic's log. It gets its place when the group commits, is published
    /// afterwards, and is forgotten if the job fails.
    pub fn emit(&mut self, event: NewEvent) -> EventPlace {
        let place = EventPlace::default();
        self.events.push((event, place.clone()));
        place
    }

    /// Where the log of `checkins` ends when this group commits. What was made by this group or
    /// by any that committed before stands there or earlier.
    pub(crate) fn end_of_log(&mut self) -> EventPlace {
        let end = EventPlace::default();
        self.ends.push(end.clone());
        end
    }
}

impl Deref for Tx {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.conn
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.conn
    }
}

/// The way to the writer. The task ends when the last clone is gone.
#[derive(Clone)]
pub(super) struct Writer {
    jobs: mpsc::Sender<WaitingJob>,
}

/// Jobs that may wait; more wait in `write` itself, which is back-pressure.
const WAITING_JOBS: usize = 1_024;
/// Jobs of one group. More would make the first of them wait longer than a scan may take.
const GROUP: usize = 256;

impl Writer {
    pub(super) async fn start(
        source: DatabaseSource,
        clock: GymTime,
        on_commit: impl Fn(Commit) + Send + Sync + 'static,
    ) -> Result<Self, sqlx::Error> {
        let conn = source.writer().await?;
        let mut tx = Tx { conn, now: clock.now(), clock, events: Vec::new(), ends: Vec::new() };
        // An empty group, given up: the clock is right before its first use, and a database
        // that cannot be written to is noticed at the start.
        tx.begin(&source).await?;
        tx.run("ROLLBACK").await?;
        let (jobs, waiting) = mpsc::channel(WAITING_JOBS);
        tokio::spawn(run(source, tx, waiting, on_commit));
        Ok(Self { jobs })
    }

    /// Whether nothing can be written any more until the server is started again.
    pub(super) fn has_ended(&self) -> bool {
        self.jobs.is_closed()
    }

    /// Runs a job in the next group. A permit ends here, see [`super::Store::write_in_order`].
    pub(super) async fn write<T: Send + 'static>(
        &self,
        permit: Option<Permit>,
        job: impl for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (sender, receiver) = oneshot::channel();
        let ordered = permit.clone();
        let run: RunJob = Box::new(move |tx| {
            let due = ordered.as_ref().is_none_or(Permit::is_due);
            let work = due.then(|| job(tx));
            async move {
                let result = match work {
                    Some(work) => caught(work).await,
                    None => Err(out_of_order().into()),
                };
                let keep = result.is_ok();
                match (&ordered, &result) {
                    (Some(permit), Err(error)) if error.retryable() => permit.retry(),
                    (Some(permit), Err(_)) => permit.done(),
                    _ => {}
                }
                let answer: JobAnswer = Box::new(move |on_disk| {
                    match ordered.filter(|_| keep) {
                        Some(permit) if on_disk => permit.done(),
                        Some(permit) => permit.retry(),
                        None => {}
                    }
                    // The caller may have given up; what was committed stays.
                    let _ = sender.send(if on_disk || !keep { result } else { lost() });
                });
                JobResult { keep, answer }
            }
            .boxed()
        });
        if let Err(unsent) = self.jobs.send(WaitingJob { permit, run }).await {
            unsent.0.give_up();
            return Err(unavailable().into());
        }
        // A job that is given up drops its sender.
        receiver.await.unwrap_or_else(|_| lost())
    }
}

/// A job that panics fails alone: the writer goes on, and the caller is answered.
pub(super) async fn caught<T>(
    work: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, StoreError> {
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| {
        tracing::error!("a write panicked; it is undone");
        Err(internal().into())
    })
}

fn lost<T>() -> Result<T, StoreError> {
    Err(unavailable().into())
}

/// A job that waits for its group.
struct WaitingJob {
    permit: Option<Permit>,
    run: RunJob,
}

impl WaitingJob {
    /// The job does not run: its group, or the writer, has ended before.
    fn give_up(self) {
        if let Some(permit) = self.permit {
            permit.retry();
        }
    }
}

/// A job's work with its result's type erased.
type RunJob = Box<dyn for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, JobResult> + Send>;
/// Hands out the job's result; the argument is whether the group is on disk.
type JobAnswer = Box<dyn FnOnce(bool) + Send>;

struct JobResult {
    keep: bool,
    answer: JobAnswer,
}

/// The task: commits groups until the last sender is gone. A connection that broke is opened anew.
async fn run(
    source: DatabaseSource,
    mut tx: Tx,
    mut waiting: mpsc::Receiver<WaitingJob>,
    on_commit: impl Fn(Commit) + Send + Sync + 'static,
) {
    let mut group = Vec::with_capacity(GROUP);
    while waiting.recv_many(&mut group, GROUP).await > 0 {
        let mut answers = Vec::with_capacity(group.len());
        let mut jobs = group.drain(..);
        match commit_group(&source, &mut tx, &mut jobs, &mut answers).await {
            Ok(commit) => {
                if !commit.events.is_empty() {
                    faults::reach(FaultPoint::AfterCommit);
                    on_commit(commit);
                    faults::reach(FaultPoint::AfterPublish);
                }
                answers.into_iter().for_each(|answer| answer(true));
            }
            Err(cause) => {
                // Whether a COMMIT without an answer happened is not known here: a command that
                // comes again finds its id row, or not.
                tracing::error!(%cause, "a group of writes was not committed");
                jobs.for_each(WaitingJob::give_up);
                // Before the answers: a caller that tries again at once finds a good connection.
                if let Err(cause) = tx.reopen(&source).await {
                    tracing::error!(%cause, "the database cannot be opened again");
                }
                answers.into_iter().for_each(|answer| answer(false));
            }
        }
    }
    tx.conn.close().await;
}

/// Runs the jobs of one group and commits. After an `Err` nothing of the group is on disk, except
/// that the answer to a COMMIT may have been lost.
async fn commit_group(
    source: &DatabaseSource,
    tx: &mut Tx,
    jobs: &mut impl Iterator<Item = WaitingJob>,
    answers: &mut Vec<JobAnswer>,
) -> Result<Commit, sqlx::Error> {
    tx.begin(source).await?;
    let mut next = "";
    for job in jobs {
        let events = tx.events.len();
        if !next.is_empty() {
            tx.run(next).await?;
        }
        let done = (job.run)(tx).await;
        // One round trip where there could be two. After a rollback the savepoint still stands, and
        // COMMIT releases the last one.
        next = "RELEASE job; SAVEPOINT job";
        // Before the rollback can fail, so that the caller gets the job's own result.
        answers.push(done.answer);
        if !done.keep {
            tx.run("ROLLBACK TO job").await?;
            next = "";
            tx.events.truncate(events);
        }
    }
    let commit = tx.write_events().await?;
    if !commit.events.is_empty() {
        faults::reach(FaultPoint::BeforeCommit);
    }
    dialect::commit_group(tx).await?;
    Ok(commit)
}

impl Tx {
    /// Begins a group. A connection that broke while nothing was asked of it is replaced
    /// without an error.
    async fn begin(&mut self, source: &DatabaseSource) -> Result<(), sqlx::Error> {
        self.events.clear();
        self.ends.clear();
        let begun = match dialect::begin_group(self).await {
            Ok(begun) => begun,
            Err(cause) => {
                tracing::warn!(%cause, "the connection that writes is opened again");
                self.reopen(source).await?;
                dialect::begin_group(self).await?
            }
        };
        self.now = match begun {
            Some(now) => self.clock.set_by_database(now),
            None => self.clock.now(),
        };
        Ok(())
    }

    async fn reopen(&mut self, source: &DatabaseSource) -> Result<(), sqlx::Error> {
        // The old one first: a transaction that it may still hold would keep the new one waiting.
        std::mem::replace(&mut self.conn, Conn::Lost).close().await;
        self.conn = source.writer().await?;
        Ok(())
    }

    /// Gives the group's events their places and writes them, last of all: the counter is what
    /// other nodes wait for. Of several topics each node would take the counters in one order.
    async fn write_events(&mut self) -> Result<Commit, sqlx::Error> {
        let Self { conn, clock, now, events, ends } = self;
        let many = events.len();
        if many == 0 {
            if !ends.is_empty() {
                let top = events::top(conn, Topic::CheckIns).await?;
                ends.drain(..).for_each(|end| end.set(top));
            }
            return Ok(Commit { events: Vec::new(), stats: None });
        }
        let top = events::advance(conn, Topic::CheckIns, many).await?;
        ends.drain(..).for_each(|end| end.set(top));
        let first = top + 1 - many as u64;
        events::append(conn, events, first, *now).await?;
        let stats = stats::count(conn, clock, *now, top).await?;
        let logged = events.drain(..).zip(first..).map(|((event, place), offset)| {
            place.set(offset);
            event.logged(offset, *now)
        });
        Ok(Commit { events: logged.collect(), stats: Some(stats) })
    }
}
