//! Rows of `practices` and their events.

use crate::{
    Id, Tx,
    guitar::columns,
    sql::{self, Db},
};
use cadence_base::identity::PracticeOwner;
use protocol::{Millis, PracticeId, SessionId, guitar::PracticeStatus, http::PracticeRecord};
use sqlx::FromRow;

/// What happened to a practice's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PracticeChange {
    /// It began, or went on.
    Start,
    /// It stood.
    Pause,
    /// It is over.
    End,
}

impl PracticeChange {
    fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Pause => "pause",
            Self::End => "end",
        }
    }

    fn parse(name: &str) -> Self {
        match name {
            "start" => Self::Start,
            "pause" => Self::Pause,
            // The table allows nothing else.
            _ => Self::End,
        }
    }

    /// Where the clock stands after it.
    pub fn status(self) -> PracticeStatus {
        match self {
            Self::Start => PracticeStatus::Started,
            Self::Pause => PracticeStatus::Paused,
            Self::End => PracticeStatus::Ended,
        }
    }
}

/// A practice's clock: true at `as_of`, and counting on from it while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredPractice {
    /// The practice.
    pub id: PracticeId,
    /// Its session.
    pub session: SessionId,
    /// Where it stands.
    pub status: PracticeStatus,
    /// Practised up to `as_of`.
    pub elapsed_ms: Millis,
    /// When the last event happened.
    pub as_of: Millis,
    /// The last moment at which a device is known to have been there.
    pub alive_at: Millis,
}

#[derive(FromRow)]
struct StoredPracticeRow {
    id: Id,
    session: Id,
    status: String,
    elapsed_ms: Millis,
    as_of: Millis,
    alive_at: Millis,
}

impl From<StoredPracticeRow> for StoredPractice {
    fn from(row: StoredPracticeRow) -> Self {
        Self {
            id: PracticeId(row.id.0),
            session: SessionId(row.session.0),
            status: status(&row.status),
            elapsed_ms: row.elapsed_ms,
            as_of: row.as_of,
            alive_at: row.alive_at,
        }
    }
}

/// The newest practice of a session, whether it goes on or has ended.
pub async fn newest(
    db: impl Db,
    session: SessionId,
) -> Result<Option<StoredPractice>, sqlx::Error> {
    let row: Option<StoredPracticeRow> = sql::query_as(
        "SELECT id, session, status, elapsed_ms, as_of, alive_at FROM practices
         WHERE session = $1 ORDER BY status = 'ended', started_at DESC, id DESC LIMIT 1",
    )
    .bind(Id(session.0))
    .fetch_optional(db)
    .await?;
    Ok(row.map(StoredPractice::from))
}

/// Every practice whose clock runs.
pub async fn running(db: impl Db) -> Result<Vec<StoredPractice>, sqlx::Error> {
    let rows: Vec<StoredPracticeRow> = sql::query_as(
        "SELECT id, session, status, elapsed_ms, as_of, alive_at FROM practices
         WHERE status = 'started'",
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(StoredPractice::from).collect())
}

/// Makes a practice without events.
pub async fn insert(
    tx: &mut Tx,
    id: PracticeId,
    session: SessionId,
    owner: Option<PracticeOwner>,
    at: Millis,
) -> Result<(), sqlx::Error> {
    let (guest, user) = columns(owner);
    sql::query(
        "INSERT INTO practices
           (id, session, owner_guest, owner_user, status, started_at, elapsed_ms, as_of, alive_at)
         VALUES ($1, $2, $3, $4, 'started', $5, 0, $5, $5)",
    )
    .bind(Id(id.0))
    .bind(Id(session.0))
    .bind(guest)
    .bind(user)
    .bind(at)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Adds an event and sums the clock up anew from all of them.
pub async fn add_event(
    tx: &mut Tx,
    id: PracticeId,
    kind: PracticeChange,
    at: Millis,
) -> Result<(), sqlx::Error> {
    let now = tx.now();
    sql::query(
        "INSERT INTO practice_events (practice, number, kind, at, recorded_at)
         SELECT $1, 1 + count(*), $2, $3, $4 FROM practice_events WHERE practice = $1",
    )
    .bind(Id(id.0))
    .bind(kind.name())
    .bind(at)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    let events: Vec<(String, Millis)> =
        sql::query_as("SELECT kind, at FROM practice_events WHERE practice = $1 ORDER BY number")
            .bind(Id(id.0))
            .fetch_all(&mut **tx)
            .await?;
    let elapsed = elapsed(events.iter().map(|(kind, at)| (PracticeChange::parse(kind), *at)));
    let ended_at = (kind == PracticeChange::End).then_some(at);
    sql::query(
        "UPDATE practices SET status = $2, elapsed_ms = $3, as_of = $4, ended_at = $5,
                              alive_at = CASE WHEN alive_at < $4 THEN $4 ELSE alive_at END
         WHERE id = $1",
    )
    .bind(Id(id.0))
    .bind(status_name(kind.status()))
    .bind(elapsed)
    .bind(at)
    .bind(ended_at)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Practised between the events, up to the last of them. They are in order of time.
pub fn elapsed(events: impl Iterator<Item = (PracticeChange, Millis)>) -> Millis {
    let mut sum = 0;
    let mut since = None;
    for (kind, at) in events {
        match kind {
            PracticeChange::Start => _ = since.get_or_insert(at),
            PracticeChange::Pause | PracticeChange::End => {
                sum += since.take().map_or(0, |since: Millis| at - since)
            }
        }
    }
    sum
}

/// Notes that a device was there.
pub async fn seen(tx: &mut Tx, id: PracticeId, at: Millis) -> Result<(), sqlx::Error> {
    sql::query("UPDATE practices SET alive_at = $2 WHERE id = $1 AND alive_at < $2")
        .bind(Id(id.0))
        .bind(at)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The chords of a practice.
pub async fn chords(tx: &mut Tx, id: PracticeId) -> Result<Vec<String>, sqlx::Error> {
    let json: String = sql::query_scalar("SELECT chords FROM practices WHERE id = $1")
        .bind(Id(id.0))
        .fetch_one(&mut **tx)
        .await?;
    Ok(serde_json::from_str(&json).unwrap_or_default())
}

/// Replaces the chords of a practice and counts more changes.
pub async fn set_chords(
    tx: &mut Tx,
    id: PracticeId,
    chords: &[String],
    more_changes: i64,
) -> Result<(), sqlx::Error> {
    sql::query("UPDATE practices SET chords = $2, changes = changes + $3 WHERE id = $1")
        .bind(Id(id.0))
        .bind(serde_json::to_string(chords).unwrap_or_default())
        .bind(more_changes)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

#[derive(FromRow)]
struct RecordRow {
    id: Id,
    started_at: Millis,
    ended_at: Option<Millis>,
    elapsed_ms: Millis,
    status: String,
    chords: String,
    changes: i64,
}

/// At most `count` practices of an owner begun before a moment, the newest first.
pub async fn of_owner(
    db: impl Db,
    owner: PracticeOwner,
    before: Millis,
    count: i64,
    now: Millis,
) -> Result<Vec<PracticeRecord>, sqlx::Error> {
    let (guest, user) = columns(Some(owner));
    let rows: Vec<RecordRow> = sql::query_as(
        "SELECT id, started_at, ended_at, status, chords, changes,
                elapsed_ms + CASE WHEN status = 'started' AND as_of < $5 THEN $5 - as_of ELSE 0 END
                  AS elapsed_ms
         FROM practices
         WHERE (owner_guest = $1 OR owner_user = $2) AND started_at < $3
         ORDER BY started_at DESC, id DESC LIMIT $4",
    )
    .bind(guest)
    .bind(user)
    .bind(before)
    .bind(count)
    .bind(now)
    .fetch_all(db)
    .await?;
    let record = |row: RecordRow| PracticeRecord {
        id: PracticeId(row.id.0),
        started_at: row.started_at,
        ended_at: row.ended_at,
        elapsed_ms: row.elapsed_ms,
        status: status(&row.status),
        chords: serde_json::from_str(&row.chords).unwrap_or_default(),
        changes: row.changes,
    };
    Ok(rows.into_iter().map(record).collect())
}

/// How many practices an owner has, and how long they were in all.
pub async fn totals(
    db: impl Db,
    owner: PracticeOwner,
    now: Millis,
) -> Result<(i64, Millis), sqlx::Error> {
    let (guest, user) = columns(Some(owner));
    sql::query_as(
        "SELECT COUNT(*), CAST(COALESCE(SUM(
             elapsed_ms + CASE WHEN status = 'started' AND as_of < $3 THEN $3 - as_of ELSE 0 END
         ), 0) AS BIGINT)
         FROM practices WHERE owner_guest = $1 OR owner_user = $2",
    )
    .bind(guest)
    .bind(user)
    .bind(now)
    .fetch_one(db)
    .await
}

fn status_name(status: PracticeStatus) -> &'static str {
    match status {
        PracticeStatus::Started => "started",
        PracticeStatus::Paused => "paused",
        PracticeStatus::Ended => "ended",
    }
}

fn status(name: &str) -> PracticeStatus {
    match name {
        "started" => PracticeStatus::Started,
        "paused" => PracticeStatus::Paused,
        // The table allows nothing else.
        _ => PracticeStatus::Ended,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elapsed_is_what_lies_between_start_and_pause() {
        let sum = |events: &[(PracticeChange, Millis)]| elapsed(events.iter().copied());
        assert_eq!(sum(&[]), 0);
        assert_eq!(sum(&[(PracticeChange::Start, 1_000)]), 0, "counted on from the last event");
        assert_eq!(sum(&[(PracticeChange::Start, 1_000), (PracticeChange::Pause, 3_000)]), 2_000);
        let whole = [
            (PracticeChange::Start, 1_000),
            (PracticeChange::Pause, 3_000),
            (PracticeChange::Start, 10_000),
            (PracticeChange::End, 10_500),
        ];
        assert_eq!(sum(&whole), 2_500);
        let ended_while_paused =
            [(PracticeChange::Start, 0), (PracticeChange::Pause, 5), (PracticeChange::End, 99)];
        assert_eq!(sum(&ended_while_paused), 5);
    }
}
