//! Connections to either database, borrowed or of one's own, and reads at one moment.

use sqlx::{Database, PgPool, Postgres, Sqlite, SqlitePool, pool::PoolConnection};
use std::{
    future::Future,
    io,
    ops::{Deref, DerefMut},
    time::Duration,
};

/// A PostgreSQL server that is reachable answers in this time: a wait for a lock ends before. The
/// connection behind an answer that did not come is given up.
const ANSWER: Duration = Duration::from_secs(15);

/// Connections of one database.
#[derive(Debug, Clone)]
pub enum Pool {
    /// Of a SQLite file.
    Sqlite(SqlitePool),
    /// Of a PostgreSQL server.
    Postgres(PgPool),
}

impl Pool {
    /// Borrows a connection.
    pub(crate) async fn acquire(&self) -> Result<Conn, sqlx::Error> {
        Ok(match self {
            Self::Sqlite(pool) => Conn::Sqlite(HeldLock::Pooled(pool.acquire().await?)),
            Self::Postgres(pool) => Conn::Postgres(HeldLock::Pooled(pool.acquire().await?)),
        })
    }
}

/// One connection.
pub enum Conn {
    /// To a SQLite file.
    Sqlite(HeldLock<Sqlite>),
    /// To a PostgreSQL server.
    Postgres(HeldLock<Postgres>),
    /// It did not answer and was given up.
    Lost,
}

impl Conn {
    /// Sends statements without values that are separated by semicolons.
    pub async fn run(&mut self, sql: &'static str) -> Result<(), sqlx::Error> {
        // `raw_sql` would have SQLite parse them anew each time.
        match self {
            Self::Sqlite(held) => sqlx::Executor::execute(&mut **held, sql).await.map(|_| ()),
            Self::Postgres(held) => {
                let answer = in_time(sqlx::Executor::execute(&mut **held, sql)).await;
                self.unless_lost(answer).map(|_| ())
            }
            Self::Lost => Err(lost()),
        }
    }

    /// The same, and the number that one of the statements selects.
    pub(crate) async fn run_for_number(&mut self, sql: &'static str) -> Result<i64, sqlx::Error> {
        fn number<R>(row: &R) -> Result<i64, sqlx::Error>
        where
            R: sqlx::Row,
            usize: sqlx::ColumnIndex<R>,
            for<'r> i64: sqlx::Decode<'r, R::Database> + sqlx::Type<R::Database>,
        {
            row.try_get(0)
        }
        match self {
            Self::Sqlite(held) => number(&sqlx::Executor::fetch_one(&mut **held, sql).await?),
            Self::Postgres(held) => {
                let answer = in_time(sqlx::Executor::fetch_one(&mut **held, sql)).await;
                number(&self.unless_lost(answer)?)
            }
            Self::Lost => Err(lost()),
        }
    }

    /// Closes the connection, so that SQLite folds its log into the file and PostgreSQL frees the place.
    pub async fn close(self) {
        // Whatever goes wrong now, the connection is gone afterwards.
        match self {
            Self::Sqlite(held) => drop(held.close().await),
            Self::Postgres(held) => drop(tokio::time::timeout(ANSWER, held.close()).await),
            Self::Lost => {}
        }
    }

    /// Gives the connection up when its answer did not come: the answer to the next statement
    /// would wait behind it.
    pub(super) fn unless_lost<T>(
        &mut self,
        answer: Option<Result<T, sqlx::Error>>,
    ) -> Result<T, sqlx::Error> {
        answer.unwrap_or_else(|| {
            if let Self::Postgres(HeldLock::Pooled(conn)) = self {
                conn.close_on_drop();
            }
            *self = Self::Lost;
            Err(lost())
        })
    }
}

pub(super) fn lost() -> sqlx::Error {
    sqlx::Error::Io(io::Error::new(io::ErrorKind::TimedOut, "PostgreSQL does not answer"))
}

pub(super) async fn in_time<T>(
    answer: impl Future<Output = Result<T, sqlx::Error>>,
) -> Option<Result<T, sqlx::Error>> {
    tokio::time::timeout(ANSWER, answer).await.ok()
}

/// A connection of its own, or one that goes back to its pool.
pub enum HeldLock<DB: Database> {
    /// Of its own.
    Own(DB::Connection),
    /// Borrowed.
    Pooled(PoolConnection<DB>),
}

impl<DB: Database> HeldLock<DB> {
    async fn close(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Own(conn) => sqlx::Connection::close(conn).await,
            Self::Pooled(conn) => conn.close().await,
        }
    }
}

impl<DB: Database> Deref for HeldLock<DB> {
    type Target = DB::Connection;

    fn deref(&self) -> &DB::Connection {
        match self {
            Self::Own(conn) => conn,
            Self::Pooled(conn) => conn,
        }
    }
}

impl<DB: Database> DerefMut for HeldLock<DB> {
    fn deref_mut(&mut self) -> &mut DB::Connection {
        match self {
            Self::Own(conn) => conn,
            Self::Pooled(conn) => conn,
        }
    }
}

/// A read of several statements that see the database as it is at one moment. It changes nothing
/// and ends when it is dropped.
pub struct ReadSnapshot {
    conn: Conn,
}

impl ReadSnapshot {
    /// Begins one on a borrowed connection.
    pub(crate) async fn begin(pool: &Pool) -> Result<Self, sqlx::Error> {
        let mut snapshot = Self { conn: pool.acquire().await? };
        let begin = begin_snapshot(&snapshot.conn);
        snapshot.conn.run(begin).await?;
        Ok(snapshot)
    }
}

/// Begins a transaction in which every statement sees the same moment.
fn begin_snapshot(conn: &Conn) -> &'static str {
    match conn {
        Conn::Postgres(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        _ => "BEGIN",
    }
}

impl Deref for ReadSnapshot {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.conn
    }
}

impl DerefMut for ReadSnapshot {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.conn
    }
}

impl Drop for ReadSnapshot {
    fn drop(&mut self) {
        let mut conn = std::mem::replace(&mut self.conn, Conn::Lost);
        // Without a runtime the program ends, and the connection with it.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        runtime.spawn(async move {
            // A connection that cannot end its transaction must not be lent again.
            if conn.run("ROLLBACK").await.is_err() {
                match &mut conn {
                    Conn::Sqlite(HeldLock::Pooled(conn)) => conn.close_on_drop(),
                    Conn::Postgres(HeldLock::Pooled(conn)) => conn.close_on_drop(),
                    _ => {}
                }
            }
        });
    }
}
