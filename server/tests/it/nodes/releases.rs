//! Servers of two releases run on one database while an update goes round: what the release
//! before this one says to the database must still be understood by the newest tables.
//!
//! So a migration expands first: new tables, new columns with a default or without NOT NULL. The
//! release that brings them writes both the old and the new and fills in what is missing. Only
//! the release after it, when no older server runs any more, takes the old away. This file then
//! gets the statements of the release that was current, and loses those of the one before.

use crate::support::backend::{Backend, TestDatabase, on_both};
use cadence_store::{GymTime, Store, sql};

on_both! {
    the_statements_of_the_release_before_still_run
    a_server_starts_on_tables_that_a_newer_release_has_expanded
}

/// What the release with the migrations 0001 and 0002 sends, with values in the place of `$1`.
const RELEASED: &str = include_str!("released.sql");

async fn open(database: &TestDatabase) -> Store {
    let clock = GymTime::new("Test", jiff::tz::TimeZone::UTC);
    Store::open(&database.settings, clock, |_| {}).await.unwrap()
}

async fn the_statements_of_the_release_before_still_run(on: Backend) {
    let database = TestDatabase::new(on).await;
    let store = open(&database).await;
    let mut run = 0;
    for statement in RELEASED.split(";\n") {
        let lines: Vec<_> = statement.lines().filter(|line| !line.starts_with("--")).collect();
        let statement = lines.join("\n");
        if statement.trim().is_empty() {
            continue;
        }
        let shown = statement.clone();
        let changed = store
            .write(move |tx| {
                Box::pin(async move {
                    let query = sql::query(sqlx::AssertSqlSafe(statement));
                    Ok(query.execute(&mut **tx).await?.rows_affected())
                })
            })
            .await
            .unwrap_or_else(|error| panic!("{error}: {shown}"));
        let reads = shown.trim_start().starts_with("SELECT");
        assert!(reads || changed > 0, "it changes nothing any more: {shown}");
        run += 1;
    }
    assert!(run > 40, "only {run} statements");
}

async fn a_server_starts_on_tables_that_a_newer_release_has_expanded(on: Backend) {
    let database = TestDatabase::new(on).await;
    let newer = open(&database).await;
    for statement in [
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         SELECT 9999, 'of a newer release', success, checksum, 0 FROM _sqlx_migrations
          WHERE version = 1",
        "ALTER TABLE members ADD COLUMN nickname TEXT",
    ] {
        newer
            .write(move |tx| {
                Box::pin(async move {
                    sql::query(statement).execute(&mut **tx).await?;
                    Ok(())
                })
            })
            .await
            .unwrap();
    }
    open(&database).await;
}
