//! The gym's figures, always counted from the visits and never kept beside them.
//!
//! - currently in: open visits, whenever they began
//! - today: visits begun this gym day
//! - average stay: over the visits closed this gym day, those left out that the gym closed itself
//!
//! A visit that was taken back counts nowhere.

use crate::{
    Store,
    clock::GymTime,
    events,
    sql::{self, Conn},
};
use protocol::{Millis, Topic, gym::Stats};

/// Counts at `now`; `offset` is the end of the log that the connection sees.
pub async fn count(
    conn: &mut Conn,
    clock: &GymTime,
    now: Millis,
    offset: u64,
) -> Result<Stats, sqlx::Error> {
    let day = clock.day(now);
    // Every part is a range of a covering index; an open visit is not closed, and the condition for it
    // is what lets the first part use one.
    let (currently_in, today_total, finished_visits, stayed_ms) =
        sql::query_as::<(i64, i64, i64, i64)>(
            "SELECT
                (SELECT COUNT(*) FROM visits
                  WHERE check_out_at IS NULL AND undone_at IS NULL AND closed_automatically = 0),
                (SELECT COUNT(*) FROM visits
                  WHERE check_in_at >= $1 AND check_in_at < $2 AND undone_at IS NULL),
                COUNT(*),
                CAST(COALESCE(SUM(check_out_at - check_in_at), 0) AS BIGINT)
             FROM visits
             WHERE check_out_at >= $1 AND check_out_at < $2
               AND undone_at IS NULL AND closed_automatically = 0",
        )
        .bind(day.start)
        .bind(day.end)
        .fetch_one(conn)
        .await?;
    Ok(Stats {
        currently_in,
        today_total,
        average_stay_minutes: (finished_visits > 0)
            .then(|| stayed_ms as f64 / finished_visits as f64 / 60_000.0),
        finished_visits,
        as_of_offset: offset,
        timestamp: now,
    })
}

impl Store {
    /// The figures at `now`, consistent with their offset.
    pub async fn stats(&self, now: Millis) -> Result<Stats, sqlx::Error> {
        let mut tx = self.snapshot().await?;
        let offset = events::top(&mut *tx, Topic::CheckIns).await?;
        count(&mut tx, self.clock(), now, offset).await
    }
}
