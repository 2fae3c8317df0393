//! The log of a durable topic: one row per event, written in the transaction of the fact.
//!
//! Rows hold kind, version, ids and facts, and no names: names are joined when a row is read, so
//! that a member can be forgotten and an old event still read. The offset comes from a counter
//! row and not from an autoincrement, because commit order is not sequence order. The counter is
//! moved last in a transaction, so that another node waits for it no longer than a COMMIT takes.

use crate::{
    Id, Store, StoreError,
    sql::{self, Arg, Builder, Conn, Db},
};
pub use cadence_base::event::LoggedEvent;
use logic::topic::EventOrigin;
use protocol::{
    MemberId, Millis, Position, RefusalId, ServerMessage, Topic, VisitId,
    gym::{Activity, MemberRef, Reason, Refusal, Visit},
    server::Outcome,
};
use serde::{Deserialize, Serialize};
use std::sync::{Arc, OnceLock};
use uuid::Uuid;

/// An event that a job adds to the log of `checkins`.
#[derive(Debug, Clone)]
pub struct NewEvent {
    /// What happened.
    pub fact: Activity,
    /// When it happened, by the desk.
    pub at: Millis,
    /// Whose command made it.
    pub origin: Option<EventOrigin>,
    /// What the command is answered, in the place of the event.
    pub outcome: Option<Outcome>,
}

impl NewEvent {
    pub(super) fn logged(self, offset: u64, ts: Millis) -> LoggedEvent {
        let Self { fact, origin, outcome, .. } = self;
        LoggedEvent { topic: Topic::CheckIns, offset, ts, message: message(fact), origin, outcome }
    }
}

/// Where an event of a job will stand: known once its group has its places, which is before the
/// answer to the job is handed out.
#[derive(Debug, Clone, Default)]
pub struct EventPlace(Arc<OnceLock<u64>>);

impl EventPlace {
    /// The offset; `None` before the group has its places. Whether it was committed follows from
    /// the answer to the job.
    pub fn get(&self) -> Option<u64> {
        self.0.get().copied()
    }

    pub(super) fn set(&self, offset: u64) {
        // Each group sets its own places, once.
        let _ = self.0.set(offset);
    }
}

/// Why the log cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// A newer server wrote this kind of event: send a snapshot instead.
    #[error("the event at {offset} is `{kind}` version {version}, which this server cannot read")]
    Unreadable {
        /// Where it stands.
        offset: u64,
        /// Its kind.
        kind: String,
        /// Its version.
        version: i64,
    },
    /// The database could not.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl Store {
    /// Names this life of a topic's log.
    pub async fn epoch(&self, topic: Topic) -> Result<String, sqlx::Error> {
        sql::query_scalar("SELECT epoch FROM topics WHERE name = $1")
            .bind(topic.to_string())
            .fetch_one(self.reader())
            .await
    }

    /// The place of a topic's newest event.
    pub async fn position(&self, topic: Topic) -> Result<Position, sqlx::Error> {
        let (epoch, top): (String, i64) =
            sql::query_as("SELECT epoch, top FROM topics WHERE name = $1")
                .bind(topic.to_string())
                .fetch_one(self.reader())
                .await?;
        Ok(Position { epoch, offset: u64::try_from(top).unwrap_or_default() })
    }

    /// Begins a new life of a topic's log, unless another node has done so.
    pub async fn begin_epoch(&self, topic: Topic, old: &str) -> Result<(), StoreError> {
        let old = old.to_owned();
        self.write(move |tx| {
            Box::pin(async move {
                sql::query("UPDATE topics SET epoch = $1 WHERE name = $2 AND epoch = $3")
                    .bind(Uuid::new_v4().simple().to_string())
                    .bind(topic.to_string())
                    .bind(old)
                    .execute(&mut **tx)
                    .await?;
                Ok(())
            })
        })
        .await
    }

    /// The offset of a topic's newest event; 0 before the first.
    pub async fn top(&self, topic: Topic) -> Result<u64, sqlx::Error> {
        top(self.reader(), topic).await
    }

    /// The events after `offset`, oldest first, at most `limit`.
    pub async fn events_after(
        &self,
        topic: Topic,
        offset: u64,
        limit: u32,
    ) -> Result<Vec<LoggedEvent>, ReplayError> {
        let rows = sql::query_as::<EventRow>(
            "SELECT e.place, e.kind, e.version, e.subject_id, e.member_id, e.facts,
                    e.at, e.recorded_at, m.number, m.full_name
               FROM events e LEFT JOIN members m ON m.id = e.member_id
              WHERE e.topic = $1 AND e.place > $2
              ORDER BY e.place LIMIT $3",
        )
        .bind(topic.to_string())
        .bind(i64::try_from(offset).unwrap_or(i64::MAX))
        .bind(limit)
        .fetch_all(self.reader())
        .await?;
        rows.into_iter()
            .map(|row| {
                let (offset, ts) = (row.place as u64, row.recorded_at);
                let message = message(row.fact()?);
                Ok(LoggedEvent { topic, offset, ts, message, origin: None, outcome: None })
            })
            .collect()
    }
}

/// The newest `limit` facts of `checkins`, newest first. Those that only a newer server can read
/// are left out.
pub async fn newest(conn: &mut Conn, limit: u32) -> Result<Vec<Activity>, sqlx::Error> {
    let rows = sql::query_as::<EventRow>(
        "SELECT e.place, e.kind, e.version, e.subject_id, e.member_id, e.facts,
                e.at, e.recorded_at, m.number, m.full_name
           FROM events e LEFT JOIN members m ON m.id = e.member_id
          WHERE e.topic = $1
          ORDER BY e.place DESC LIMIT $2",
    )
    .bind(Topic::CheckIns.to_string())
    .bind(limit)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().filter_map(|row| row.fact().ok()).collect())
}

/// Makes the counter row of a topic with a random epoch, once in the life of a database.
pub(super) async fn begin_log(conn: &mut Conn, topic: Topic) -> Result<(), sqlx::Error> {
    sql::query(
        "INSERT INTO topics (name, epoch, top) VALUES ($1, $2, 0) ON CONFLICT (name) DO NOTHING",
    )
    .bind(topic.to_string())
    .bind(Uuid::new_v4().simple().to_string())
    .execute(conn)
    .await?;
    Ok(())
}

/// Lets no other group of any node put events into a topic until this one has committed.
pub(super) async fn lock_log(conn: &mut Conn, topic: Topic) -> Result<(), sqlx::Error> {
    sql::query("SELECT name FROM topics WHERE name = $1 FOR UPDATE")
        .bind(topic.to_string())
        .lock(conn)
        .await
}

/// The counter of a topic, as the connection's transaction sees it.
pub async fn top(db: impl Db, topic: Topic) -> Result<u64, sqlx::Error> {
    let top: i64 = sql::query_scalar("SELECT top FROM topics WHERE name = $1")
        .bind(topic.to_string())
        .fetch_one(db)
        .await?;
    Ok(u64::try_from(top).unwrap_or_default())
}

/// The position of a topic, as the connection's transaction sees it.
pub async fn position(conn: &mut Conn, topic: Topic) -> Result<Position, sqlx::Error> {
    let (epoch, top): (String, i64) =
        sql::query_as("SELECT epoch, top FROM topics WHERE name = $1")
            .bind(topic.to_string())
            .fetch_one(conn)
            .await?;
    Ok(Position { epoch, offset: u64::try_from(top).unwrap_or_default() })
}

/// Gives the next `many` events of a topic their numbers and returns the last of them. From here to
/// the COMMIT no other group of any node gets one, so offsets are in the order of the commits.
pub(super) async fn advance(
    conn: &mut Conn,
    topic: Topic,
    many: usize,
) -> Result<u64, sqlx::Error> {
    let top: i64 =
        sql::query_scalar("UPDATE topics SET top = top + $1 WHERE name = $2 RETURNING top")
            .bind(many as i64)
            .bind(topic.to_string())
            .fetch_one(conn)
            .await?;
    Ok(u64::try_from(top).unwrap_or_default())
}

/// Rows of one statement, the most first: few statements for many events, and few different ones
/// for the cache of prepared statements.
const AT_ONCE: [usize; 4] = [64, 16, 4, 1];

/// Writes the rows of a group, the first at `offset`. The counter was moved by [`advance`].
pub(super) async fn append(
    conn: &mut Conn,
    mut events: &[(NewEvent, EventPlace)],
    mut offset: u64,
    recorded_at: Millis,
) -> Result<(), sqlx::Error> {
    while let Some(many) = AT_ONCE.into_iter().find(|many| *many <= events.len()) {
        let (now, later) = events.split_at(many);
        let mut statement = Builder::new(
            "INSERT INTO events
                (topic, place, kind, version, subject_id, member_id, facts, at, recorded_at) ",
        );
        statement.push_rows(now.iter().zip(offset..).map(|((event, _), place)| {
            let (kind, subject, member, facts) = stored(&event.fact);
            [
                Arg::from(CHECK_INS),
                Arg::from(place as i64),
                Arg::from(kind),
                Arg::from(1),
                Arg::from(Id(subject)),
                Arg::from(Id(member.0)),
                Arg::from(facts),
                Arg::from(event.at),
                Arg::from(recorded_at),
            ]
        }));
        statement.build().execute(&mut *conn).await?;
        offset += many as u64;
        events = later;
    }
    Ok(())
}

/// A fact as a row holds it: kind, subject, member and JSON without names.
fn stored(fact: &Activity) -> (&'static str, Uuid, MemberId, String) {
    match fact {
        Activity::CheckedIn { visit, reason } => {
            (CHECKED_IN, visit.id.0, visit.member.id, VisitFacts::new(visit, reason.clone()).json())
        }
        Activity::CheckedOut { visit } => {
            (CHECKED_OUT, visit.id.0, visit.member.id, VisitFacts::new(visit, None).json())
        }
        Activity::Undone { visit, .. } => {
            (UNDONE, visit.id.0, visit.member.id, VisitFacts::new(visit, None).json())
        }
        Activity::Refused(refusal) => (
            REFUSED,
            refusal.id.0,
            refusal.member.id,
            json(&RefusalFacts {
                location: refusal.location.clone(),
                reason: refusal.reason.clone(),
            }),
        ),
    }
}

/// The message of a stored event for the topic's followers.
fn message(fact: Activity) -> ServerMessage {
    match fact {
        Activity::CheckedIn { visit, reason } => ServerMessage::MemberCheckedIn { visit, reason },
        Activity::CheckedOut { visit } => ServerMessage::MemberCheckedOut(visit),
        Activity::Undone { visit, at } => ServerMessage::CheckInUndone { visit, at },
        Activity::Refused(refusal) => ServerMessage::MemberRefused(refusal),
    }
}

const CHECK_INS: &str = "checkins";

// The kinds in the log. A stored name is for ever.
const CHECKED_IN: &str = "member_checked_in";
const CHECKED_OUT: &str = "member_checked_out";
const UNDONE: &str = "check_in_undone";
const REFUSED: &str = "refused";

/// The facts of the three kinds about a visit, version 1.
#[derive(Debug, Serialize, Deserialize)]
struct VisitFacts {
    location: String,
    check_in_time: Millis,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    check_out_time: Option<Millis>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    closed_automatically: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
}

impl VisitFacts {
    fn new(visit: &Visit, reason: Option<Reason>) -> Self {
        Self {
            location: visit.location.clone(),
            check_in_time: visit.check_in_time,
            check_out_time: visit.check_out_time,
            closed_automatically: visit.closed_automatically,
            reason,
        }
    }

    fn json(&self) -> String {
        json(self)
    }

    fn visit(self, id: VisitId, member: MemberRef) -> Visit {
        Visit {
            id,
            member,
            location: self.location,
            check_in_time: self.check_in_time,
            check_out_time: self.check_out_time,
            closed_automatically: self.closed_automatically,
        }
    }
}

/// The facts of a refusal, version 1.
#[derive(Debug, Serialize, Deserialize)]
struct RefusalFacts {
    location: String,
    reason: Reason,
}

/// A row of the log with the member's name as it is now.
#[derive(sqlx::FromRow)]
struct EventRow {
    place: i64,
    kind: String,
    version: i64,
    subject_id: Id,
    member_id: Option<Id>,
    facts: String,
    at: Millis,
    recorded_at: Millis,
    number: Option<String>,
    full_name: Option<String>,
}

impl EventRow {
    fn fact(self) -> Result<Activity, ReplayError> {
        let id = self.subject_id.0;
        let member = MemberRef {
            id: MemberId(self.member_id.map(|id| id.0).unwrap_or_default()),
            number: self.number.unwrap_or_default(),
            // Who was forgotten leaves the visit behind, and not the name.
            full_name: self.full_name.unwrap_or_else(|| "Former member".to_owned()),
        };
        let fact = match (self.kind.as_str(), self.version) {
            (CHECKED_IN, 1) => read::<VisitFacts>(&self.facts).map(|mut facts| {
                let reason = facts.reason.take();
                Activity::CheckedIn { visit: facts.visit(VisitId(id), member), reason }
            }),
            (CHECKED_OUT, 1) => read::<VisitFacts>(&self.facts)
                .map(|facts| Activity::CheckedOut { visit: facts.visit(VisitId(id), member) }),
            (UNDONE, 1) => read::<VisitFacts>(&self.facts).map(|facts| Activity::Undone {
                visit: facts.visit(VisitId(id), member),
                at: self.at,
            }),
            (REFUSED, 1) => read::<RefusalFacts>(&self.facts).map(|facts| {
                let RefusalFacts { location, reason } = facts;
                Activity::Refused(Refusal {
                    id: RefusalId(id),
                    member,
                    location,
                    at: self.at,
                    reason,
                })
            }),
            _ => None,
        };
        fact.ok_or(ReplayError::Unreadable {
            offset: self.place as u64,
            kind: self.kind,
            version: self.version,
        })
    }
}

fn read<T: serde::de::DeserializeOwned>(facts: &str) -> Option<T> {
    serde_json::from_str(facts).ok()
}

/// Facts are plain structs of ours: writing them as JSON cannot fail.
fn json(facts: &impl Serialize) -> String {
    serde_json::to_string(facts).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every kind and version that was ever written, as it stands in the database, and what it
    /// says today. Lines are added here and never changed.
    const FIXTURES: [(&str, i64, &str, &str); 6] = [
        (
            CHECKED_IN,
            1,
            r#"{"location":"Desk","check_in_time":1000}"#,
            r#"{"type":"member_checked_in","data":{"id":"$V","member":$M,"location":"Desk","check_in_time":1000}}"#,
        ),
        (
            CHECKED_IN,
            1,
            r#"{"location":"Desk","check_in_time":1000,"reason":{"why":"ends_soon","days":3}}"#,
            r#"{"type":"member_checked_in","data":{"id":"$V","member":$M,"location":"Desk","check_in_time":1000,"reason":{"why":"ends_soon","days":3}}}"#,
        ),
        (
            CHECKED_OUT,
            1,
            r#"{"location":"Desk","check_in_time":1000,"check_out_time":2000}"#,
            r#"{"type":"member_checked_out","data":{"id":"$V","member":$M,"location":"Desk","check_in_time":1000,"check_out_time":2000}}"#,
        ),
        (
            CHECKED_OUT,
            1,
            r#"{"location":"Desk","check_in_time":1000,"check_out_time":2000,"closed_automatically":true}"#,
            r#"{"type":"member_checked_out","data":{"id":"$V","member":$M,"location":"Desk","check_in_time":1000,"check_out_time":2000,"closed_automatically":true}}"#,
        ),
        (
            UNDONE,
            1,
            r#"{"location":"Desk","check_in_time":1000}"#,
            r#"{"type":"check_in_undone","data":{"id":"$V","member":$M,"location":"Desk","check_in_time":1000,"at":3000}}"#,
        ),
        (
            REFUSED,
            1,
            r#"{"location":"Desk","reason":{"why":"expired","days":2}}"#,
            r#"{"type":"activity","data":{"id":"$V","member":$M,"location":"Desk","at":3000,"reason":{"why":"expired","days":2}}}"#,
        ),
    ];

    const SUBJECT: Uuid = Uuid::from_u128(1);
    const MEMBER: MemberId = MemberId(Uuid::from_u128(2));

    fn row(kind: &str, version: i64, facts: &str, name: Option<&str>) -> EventRow {
        EventRow {
            place: 1,
            kind: kind.to_owned(),
            version,
            subject_id: Id(SUBJECT),
            member_id: Some(Id(MEMBER.0)),
            facts: facts.to_owned(),
            at: 3000,
            recorded_at: 3000,
            number: name.map(|_| "M-102048".to_owned()),
            full_name: name.map(str::to_owned),
        }
    }

    #[test]
    fn every_event_that_was_ever_written_is_read() {
        for (kind, version, facts, said) in FIXTURES {
            let fact = row(kind, version, facts, Some("Ana")).fact().expect(facts);
            let member = format!(r#"{{"id":"{MEMBER}","number":"M-102048","full_name":"Ana"}}"#);
            let said = said.replace("$V", &SUBJECT.to_string()).replace("$M", &member);
            let said: serde_json::Value = serde_json::from_str(&said).expect("a message");
            assert_eq!(serde_json::to_value(message(fact)).expect("JSON"), said, "{facts}");
        }
    }

    #[test]
    fn what_is_written_today_is_the_newest_fixture() {
        for (kind, version, facts, _) in FIXTURES {
            let fact = row(kind, version, facts, Some("Ana")).fact().expect(facts);
            let (written_kind, _, _, written) = stored(&fact);
            assert_eq!((written_kind, written.as_str()), (kind, facts));
            assert!(!written.contains("Ana"), "no names in the log");
        }
    }

    #[test]
    fn a_forgotten_member_leaves_the_event_readable() {
        let fact = row(CHECKED_OUT, 1, FIXTURES[2].2, None).fact().expect("readable");
        let Activity::CheckedOut { visit } = fact else { panic!("{fact:?}") };
        assert_eq!(visit.member.full_name, "Former member");
    }

    #[test]
    fn an_unknown_kind_or_version_is_said_and_not_guessed() {
        for (kind, version, facts) in
            [("member_flew_in", 1, "{}"), (CHECKED_IN, 2, FIXTURES[0].2), (REFUSED, 1, "{}")]
        {
            let unread = row(kind, version, facts, Some("Ana")).fact();
            assert!(matches!(unread, Err(ReplayError::Unreadable { offset: 1, .. })), "{kind}");
        }
    }
}
