//! SQL that is written once and runs in SQLite and in PostgreSQL.
//!
//! Statements use `$1`, `$2` … and types that both databases have; what they write differently
//! stands in [`super::dialect`]. The functions look like sqlx's own, so that a reader of sqlx
//! can read a call. sqlx's `Any` is not used: it supports neither our ids nor derived rows.
//!
//! What a statement must heed: `SUM` of whole numbers and `COUNT` inside arithmetic are
//! `CAST(… AS BIGINT)`, the greater of two values is a `CASE`, texts are compared byte by byte.

mod conn;

pub use conn::{Conn, HeldLock, Pool, ReadSnapshot};

use crate::Id;
use conn::{in_time, lost};
use sqlx::{
    Arguments, FromRow, SqlSafeStr, SqlStr,
    postgres::{PgArguments, PgRow},
    sqlite::{SqliteArguments, SqliteRow},
};
use std::{future::Future, marker::PhantomData, ops::DerefMut};

/// A row of either database: a tuple, or a struct that derives `sqlx::FromRow`.
pub trait Row:
    for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin + 'static
{
}

impl<T> Row for T where
    T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin + 'static
{
}

/// A value on its way into a statement. An absent one keeps its type: PostgreSQL asks for it.
#[derive(Debug, Clone, PartialEq)]
pub enum Arg {
    /// A text, or none.
    Text(Option<String>),
    /// A whole number, or none.
    Int(Option<i64>),
    /// Yes or no.
    Flag(bool),
}

/// Which values become which [`Arg`], and how.
macro_rules! args {
    ($($from:ty => $kind:ident, $into:expr;)*) => {$(
        impl From<$from> for Arg {
            fn from(value: $from) -> Self {
                Self::$kind(Some(($into)(value)))
            }
        }

        impl From<Option<$from>> for Arg {
            fn from(value: Option<$from>) -> Self {
                Self::$kind(value.map($into))
            }
        }
    )*};
}

args! {
    String => Text, std::convert::identity;
    &str => Text, str::to_owned;
    &String => Text, String::clone;
    Id => Text, |id: Id| id.0.to_string();
    i64 => Int, std::convert::identity;
    i32 => Int, i64::from;
    u32 => Int, i64::from;
}

impl From<&Option<String>> for Arg {
    fn from(value: &Option<String>) -> Self {
        Self::Text(value.clone())
    }
}

impl From<bool> for Arg {
    fn from(value: bool) -> Self {
        Self::Flag(value)
    }
}

/// A statement with its values.
#[must_use = "a statement does nothing until it is sent"]
#[derive(Debug)]
pub struct Query {
    sql: SqlStr,
    args: Vec<Arg>,
}

/// A statement whose rows are read as `T`.
#[must_use = "a statement does nothing until it is sent"]
pub struct QueryAs<T> {
    query: Query,
    row: PhantomData<fn() -> T>,
}

/// A statement whose rows have one column, a `T`.
#[must_use = "a statement does nothing until it is sent"]
pub struct QueryScalar<T>(QueryAs<(T,)>);

/// A statement.
pub fn query(sql: impl SqlSafeStr) -> Query {
    Query { sql: sql.into_sql_str(), args: Vec::new() }
}

/// A statement whose rows are read as `T`.
pub fn query_as<T: Row>(sql: impl SqlSafeStr) -> QueryAs<T> {
    QueryAs { query: query(sql), row: PhantomData }
}

/// A statement whose rows have one column.
pub fn query_scalar<T>(sql: impl SqlSafeStr) -> QueryScalar<T>
where
    (T,): Row,
{
    QueryScalar(query_as(sql))
}

impl Query {
    /// The next value.
    pub fn bind(mut self, value: impl Into<Arg>) -> Self {
        self.args.push(value.into());
        self
    }

    /// Runs it, and returns how many rows it changed.
    pub async fn execute(self, db: impl Db) -> Result<ExecuteResult, sqlx::Error> {
        let mut conn = db.connection().await?;
        let rows_affected = match &mut *conn {
            Conn::Sqlite(held) => {
                let query = sqlx::query_with(self.sql, sqlite_arguments(self.args)?);
                query.execute(&mut **held).await?.rows_affected()
            }
            Conn::Postgres(held) => {
                let query = sqlx::query_with(self.sql, postgres_arguments(self.args)?);
                let answer = in_time(query.execute(&mut **held)).await;
                conn.unless_lost(answer)?.rows_affected()
            }
            Conn::Lost => return Err(lost()),
        };
        Ok(ExecuteResult { rows_affected })
    }

    /// On PostgreSQL: locks the rows that it selects until the transaction ends, so that what is
    /// read from here on includes what the holder before has committed. SQLite has one writer,
    /// so they cannot change meanwhile; the statement is not sent at all.
    pub async fn lock(self, conn: &mut Conn) -> Result<(), sqlx::Error> {
        if matches!(conn, Conn::Sqlite(_)) {
            return Ok(());
        }
        self.execute(conn).await.map(|_| ())
    }
}

impl<T: Row> QueryAs<T> {
    /// The next value.
    pub fn bind(mut self, value: impl Into<Arg>) -> Self {
        self.query = self.query.bind(value);
        self
    }

    /// All rows.
    pub async fn fetch_all(self, db: impl Db) -> Result<Vec<T>, sqlx::Error> {
        let Query { sql, args } = self.query;
        let mut conn = db.connection().await?;
        match &mut *conn {
            Conn::Sqlite(held) => {
                let query = sqlx::query_as_with(sql, sqlite_arguments(args)?);
                query.fetch_all(&mut **held).await
            }
            Conn::Postgres(held) => {
                let query = sqlx::query_as_with(sql, postgres_arguments(args)?);
                let answer = in_time(query.fetch_all(&mut **held)).await;
                conn.unless_lost(answer)
            }
            Conn::Lost => Err(lost()),
        }
    }

    /// The first row, if there is one.
    pub(crate) async fn fetch_optional(self, db: impl Db) -> Result<Option<T>, sqlx::Error> {
        let Query { sql, args } = self.query;
        let mut conn = db.connection().await?;
        match &mut *conn {
            Conn::Sqlite(held) => {
                let query = sqlx::query_as_with(sql, sqlite_arguments(args)?);
                query.fetch_optional(&mut **held).await
            }
            Conn::Postgres(held) => {
                let query = sqlx::query_as_with(sql, postgres_arguments(args)?);
                let answer = in_time(query.fetch_optional(&mut **held)).await;
                conn.unless_lost(answer)
            }
            Conn::Lost => Err(lost()),
        }
    }

    /// The first row; none is an error.
    pub async fn fetch_one(self, db: impl Db) -> Result<T, sqlx::Error> {
        self.fetch_optional(db).await?.ok_or(sqlx::Error::RowNotFound)
    }
}

impl<T> QueryScalar<T>
where
    (T,): Row,
{
    /// The next value.
    pub fn bind(self, value: impl Into<Arg>) -> Self {
        Self(self.0.bind(value))
    }

    /// The column of all rows.
    pub async fn fetch_all(self, db: impl Db) -> Result<Vec<T>, sqlx::Error> {
        Ok(self.0.fetch_all(db).await?.into_iter().map(|(value,)| value).collect())
    }

    /// The column of the first row, if there is one.
    pub(crate) async fn fetch_optional(self, db: impl Db) -> Result<Option<T>, sqlx::Error> {
        Ok(self.0.fetch_optional(db).await?.map(|(value,)| value))
    }

    /// The column of the first row; no row is an error.
    pub async fn fetch_one(self, db: impl Db) -> Result<T, sqlx::Error> {
        Ok(self.0.fetch_one(db).await?.0)
    }
}

/// What a statement changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExecuteResult {
    rows_affected: u64,
}

impl ExecuteResult {
    /// How many rows it inserted, changed or deleted.
    pub fn rows_affected(&self) -> u64 {
        self.rows_affected
    }
}

/// A statement that is put together from pieces, for lists of unknown length.
#[derive(Debug)]
pub struct Builder {
    sql: String,
    args: Vec<Arg>,
}

impl Builder {
    /// Begins a statement.
    pub fn new(sql: &str) -> Self {
        Self { sql: sql.to_owned(), args: Vec::new() }
    }

    /// Adds a piece of SQL, which never contains input.
    pub fn push(&mut self, sql: &'static str) -> &mut Self {
        self.sql.push_str(sql);
        self
    }

    /// Adds a value.
    pub(crate) fn push_bind(&mut self, value: impl Into<Arg>) -> &mut Self {
        self.args.push(value.into());
        self.sql.push('$');
        self.sql.push_str(&self.args.len().to_string());
        self
    }

    /// Adds values with commas between them.
    pub(crate) fn push_list(
        &mut self,
        values: impl IntoIterator<Item = impl Into<Arg>>,
    ) -> &mut Self {
        for (i, value) in values.into_iter().enumerate() {
            self.push(if i == 0 { "" } else { ", " });
            self.push_bind(value);
        }
        self
    }

    /// Adds `VALUES` with a pair of brackets for each row.
    pub(crate) fn push_rows<const N: usize>(
        &mut self,
        rows: impl IntoIterator<Item = [Arg; N]>,
    ) -> &mut Self {
        self.push("VALUES ");
        for (i, row) in rows.into_iter().enumerate() {
            self.push(if i == 0 { "(" } else { ", (" });
            self.push_list(row);
            self.push(")");
        }
        self
    }

    /// The whole statement.
    pub fn build(self) -> Query {
        // Made of pieces of the program's own; whatever came from outside is a bound value.
        Query { sql: sqlx::AssertSqlSafe(self.sql).into_sql_str(), args: self.args }
    }

    /// The whole statement, its rows read as `T`.
    pub(crate) fn build_as<T: Row>(self) -> QueryAs<T> {
        QueryAs { query: self.build(), row: PhantomData }
    }

    /// The whole statement, its rows of one column.
    pub(crate) fn build_scalar<T>(self) -> QueryScalar<T>
    where
        (T,): Row,
    {
        QueryScalar(self.build_as())
    }
}

/// Where a statement can be sent: a connection, or a pool that lends one.
pub trait Db: Send {
    /// The connection for one statement.
    fn connection(
        self,
    ) -> impl Future<Output = Result<impl DerefMut<Target = Conn> + Send, sqlx::Error>> + Send;
}

impl Db for &mut Conn {
    async fn connection(self) -> Result<impl DerefMut<Target = Conn> + Send, sqlx::Error> {
        Ok(self)
    }
}

impl Db for &Pool {
    async fn connection(self) -> Result<impl DerefMut<Target = Conn> + Send, sqlx::Error> {
        self.acquire().await.map(Box::new)
    }
}

fn sqlite_arguments(args: Vec<Arg>) -> Result<SqliteArguments, sqlx::Error> {
    arguments(args)
}

fn postgres_arguments(args: Vec<Arg>) -> Result<PgArguments, sqlx::Error> {
    arguments(args)
}

fn arguments<A: Arguments>(args: Vec<Arg>) -> Result<A, sqlx::Error>
where
    for<'t> Option<String>: sqlx::Encode<'t, A::Database> + sqlx::Type<A::Database>,
    for<'t> Option<i64>: sqlx::Encode<'t, A::Database> + sqlx::Type<A::Database>,
    for<'t> bool: sqlx::Encode<'t, A::Database> + sqlx::Type<A::Database>,
{
    let mut arguments = A::default();
    for arg in args {
        match arg {
            Arg::Text(text) => arguments.add(text.map(without_nul)),
            Arg::Int(number) => arguments.add(number),
            Arg::Flag(flag) => arguments.add(flag),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

/// PostgreSQL's texts cannot hold this character, which no keyboard types. Both stores leave it out, so
/// that it is no error that a client would try again for ever.
fn without_nul(mut text: String) -> String {
    if text.contains('\0') {
        text.retain(|c| c != '\0');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_numbered_in_the_order_in_which_they_come() {
        let mut statement = Builder::new("SELECT 1 WHERE a = ");
        statement.push_bind("x").push(" AND b IN (").push_list([1_i64, 2]).push(")");
        let query = statement.build();
        assert_eq!(query.sql.as_str(), "SELECT 1 WHERE a = $1 AND b IN ($2, $3)");
        assert_eq!(query.args, [Arg::from("x"), Arg::from(1), Arg::from(2)]);
    }

    #[test]
    fn rows_have_brackets() {
        let mut statement = Builder::new("INSERT INTO t (a, b) ");
        statement.push_rows([[Arg::from("x"), Arg::from(1)], [Arg::Text(None), Arg::from(2)]]);
        assert_eq!(
            statement.build().sql.as_str(),
            "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4)"
        );
    }
}
