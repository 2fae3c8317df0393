//! Everything that the dashboard and the desk show, at one position of the log.

use crate::{
    Store,
    clock::GymTime,
    events,
    sql::{self, Conn},
    stats, visits,
};
use protocol::{
    Millis, Topic,
    gym::{GymClock, GymSnapshot},
    http::AtPosition,
};

/// Lines of the activity stream and of the list of visits.
const NEWEST: u32 = 50;

const HOUR: Millis = 3_600_000;

impl Store {
    /// The gym at `now`. Everything comes from one transaction, the counter row first, so that a
    /// page that goes on from the position misses nothing and counts nothing twice.
    pub async fn gym_snapshot(&self, now: Millis) -> Result<AtPosition<GymSnapshot>, sqlx::Error> {
        let mut tx = self.snapshot().await?;
        let position = events::position(&mut tx, Topic::CheckIns).await?;
        let data = GymSnapshot {
            stats: stats::count(&mut tx, self.clock(), now, position.offset).await?,
            clock: gym_clock(&mut tx, self.clock(), now).await?,
            activity: events::newest(&mut tx, NEWEST).await?,
            visits: visits::newest(&mut tx, NEWEST).await?,
            hours: hours(&mut tx, self.clock(), now).await?,
        };
        Ok(AtPosition { data, position })
    }
}

/// The gym's clock; the database's settings go before the file's.
async fn gym_clock(conn: &mut Conn, clock: &GymTime, now: Millis) -> Result<GymClock, sqlx::Error> {
    let settings: Vec<(String, String)> =
        sql::query_as("SELECT name, value FROM settings WHERE name IN ('gym', 'capacity')")
            .fetch_all(conn)
            .await?;
    let mut clock = clock.gym_clock(now);
    for (name, value) in settings {
        match name.as_str() {
            "gym" => clock.gym = value,
            _ => clock.capacity = value.parse().unwrap_or(clock.capacity),
        }
    }
    Ok(clock)
}

/// Check-ins begun in each hour of the gym day so far.
async fn hours(conn: &mut Conn, clock: &GymTime, now: Millis) -> Result<Vec<i64>, sqlx::Error> {
    let day = clock.day(now);
    let counted: Vec<(i64, i64)> = sql::query_as(
        "SELECT (check_in_at - $1) / 3600000 AS hour, COUNT(*) FROM visits
          WHERE check_in_at >= $1 AND check_in_at < $2 AND undone_at IS NULL
          GROUP BY hour",
    )
    .bind(day.start)
    .bind(day.end)
    .fetch_all(conn)
    .await?;
    let so_far = usize::try_from((now - day.start) / HOUR + 1).unwrap_or(1);
    let mut hours = vec![0; so_far];
    for (hour, count) in counted {
        if let Some(slot) = usize::try_from(hour).ok().and_then(|hour| hours.get_mut(hour)) {
            *slot = count;
        }
    }
    Ok(hours)
}
