//! Servers of two releases run on one database while an update goes round: what the release
//! before this one says to the database must still be understood by the newest tables.
//!
//! So a migration expands first: new tables, new columns with a default or without NOT NULL. The
//! release that brings them writes both the old and the new and fills in what is missing. Only
//! the release after it, when no older server runs any more, takes the old away. This file then
//! gets the statements of the release that was current, and loses those of the one before.

use crate::backend::{Backend, TestDatabase, on_both};
use cadence_server::store::{GymTime, Store, sql};

on_both! {
    the_statements_of_the_release_before_still_run
}

/// What the release with the migrations 0001 and 0002 sends, with values in the place of `$1`.
const RELEASED: &str = include_str!("released.sql");

async fn the_statements_of_the_release_before_still_run(on: Backend) {
    let database = TestDatabase::new(on).await;
    let clock = GymTime::new("Test", jiff::tz::TimeZone::UTC);
    let store = Store::open(&database.settings, clock, |_| {}).await.unwrap();
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
