//! Visits, and what a check-in needs of a member.

use crate::{
    Id, Tx,
    clock::day_number,
    sql::{self, Conn},
};
use jiff::civil::Date;
use logic::gym::{
    decide::{Freeze, Subscription},
    number::{MemberNumber, NumberError, has_prefix},
};
use protocol::{
    ErrorBody, ErrorCode, MemberId, Millis, SubscriptionId, VisitId,
    gym::{MemberRef, Membership, Visit},
};

/// How a member is named at a desk: by id, printed number or card code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberKey {
    id: Option<MemberId>,
    number: Option<MemberNumber>,
    code: String,
    misread: bool,
}

impl MemberKey {
    /// Reads what was typed or scanned; the error is for a form.
    pub fn parse(text: &str) -> Result<Self, ErrorBody> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ErrorBody::field("member", "Scan a card, or type a number or name."));
        }
        let number = MemberNumber::parse(text);
        Ok(Self {
            id: text.parse().ok(),
            // Digits alone may also be a card code; only the prefix makes them meant as a number.
            misread: number == Err(NumberError::WrongCheckDigit)
                && (has_prefix(text) || text.len() < 8),
            number: number.ok(),
            code: card_code(text),
        })
    }

    /// A member by id.
    pub fn of(id: MemberId) -> Self {
        Self { id: Some(id), number: None, code: String::new(), misread: false }
    }

    /// The error when no member matches.
    pub fn not_found(&self) -> ErrorBody {
        let sentence = match (self.misread, self.number) {
            (true, _) => "This number has a typing error: its check digit does not fit.".to_owned(),
            (false, Some(number)) => format!("No member has the number {number}."),
            (false, None) => "No member has this number or card.".to_owned(),
        };
        ErrorBody {
            field: Some("member".to_owned()),
            ..ErrorBody::new(ErrorCode::MemberNotFound, sentence)
        }
    }
}

/// A card code as it is stored: scanners differ in case and in the blanks around it.
pub fn card_code(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_uppercase).collect()
}

/// Everything that the door decides by.
#[derive(Debug)]
pub struct AtTheDoor {
    /// The member at the door.
    pub member: MemberRef,
    /// Whether the member is barred from the gym.
    pub barred: bool,
    /// The visit that has not ended.
    pub open: Option<Visit>,
    /// All subscriptions.
    pub subscriptions: Vec<Subscription<SubscriptionId>>,
    /// Visits begun in the calendar month of the gym day.
    pub visits_this_month: i64,
    plans: Vec<(SubscriptionId, Membership)>,
}

impl AtTheDoor {
    /// The right to come in as the card shows it.
    pub fn membership(&self, subscription: Option<SubscriptionId>) -> Option<Membership> {
        let (_, membership) = self.plans.iter().find(|(id, _)| Some(*id) == subscription)?;
        Some(membership.clone())
    }
}

/// Takes the member whom a desk names, before anything is decided: of two desks on two nodes the
/// second decides on what the first has recorded.
pub async fn lock_member(tx: &mut Tx, key: &MemberKey) -> Result<(), sqlx::Error> {
    sql::query(
        "SELECT id FROM members WHERE id = $1 OR number = $2 OR card_code = $3
          ORDER BY id FOR UPDATE",
    )
    .bind(key.id.map(|id| Id(id.0)))
    .bind(key.number.map(|number| number.to_string()))
    .bind(&key.code)
    .lock(tx)
    .await
}

/// The same for the member of a visit.
pub async fn lock_member_of(tx: &mut Tx, visit: VisitId) -> Result<(), sqlx::Error> {
    sql::query(
        "SELECT m.id FROM members m JOIN visits v ON v.member_id = m.id
          WHERE v.id = $1 FOR UPDATE OF m",
    )
    .bind(Id(visit.0))
    .lock(tx)
    .await
}

/// Reads, in one query, what the door decides by. `month_start` is for the count of visits.
pub async fn at_the_door(
    conn: &mut Conn,
    key: &MemberKey,
    month_start: Millis,
) -> Result<Option<AtTheDoor>, sqlx::Error> {
    let rows = sql::query_as::<DoorRow>(
        "SELECT m.id, m.number, m.full_name, m.barred_at,
                v.id AS visit_id, v.location, v.check_in_at,
                s.id AS subscription_id, s.starts_on, s.ends_on, s.visits_left,
                s.frozen_from, s.frozen_until, p.name AS plan,
                (SELECT COUNT(*) FROM visits c
                  WHERE c.member_id = m.id AND c.check_in_at >= $4
                    AND c.undone_at IS NULL) AS month_visits
           FROM members m
           LEFT JOIN visits v
             ON v.member_id = m.id AND v.check_out_at IS NULL AND v.undone_at IS NULL
           LEFT JOIN subscriptions s ON s.member_id = m.id
           LEFT JOIN plans p ON p.id = s.plan_id
          WHERE m.id = $1 OR m.number = $2 OR m.card_code = $3",
    )
    .bind(key.id.map(|id| Id(id.0)))
    .bind(key.number.map(|number| number.to_string()))
    .bind(&key.code)
    .bind(month_start)
    .fetch_all(conn)
    .await?;
    Ok(door(key, rows))
}

#[derive(sqlx::FromRow)]
struct DoorRow {
    id: Id,
    number: String,
    full_name: String,
    barred_at: Option<Millis>,
    visit_id: Option<Id>,
    location: Option<String>,
    check_in_at: Option<Millis>,
    #[sqlx(flatten)]
    subscription: SubscriptionRow,
    month_visits: i64,
}

/// The columns of a subscription in an outer join.
#[derive(sqlx::FromRow)]
pub struct SubscriptionRow {
    subscription_id: Option<Id>,
    starts_on: Option<String>,
    ends_on: Option<String>,
    visits_left: Option<i64>,
    frozen_from: Option<String>,
    frozen_until: Option<String>,
    plan: Option<String>,
}

impl SubscriptionRow {
    /// As the rules and as the card see it; `None` where the join found none.
    pub fn read(self) -> Option<(Subscription<SubscriptionId>, Membership)> {
        let id = SubscriptionId(self.subscription_id?.0);
        let ends_on = self.ends_on?;
        let freeze = self.frozen_from.zip(self.frozen_until).and_then(|(from, until)| {
            Some(Freeze { from: day(&from)?, until: day(&until)?, until_date: until })
        });
        let subscription = Subscription {
            id,
            starts: day(&self.starts_on?)?,
            ends: day(&ends_on)?,
            visits_left: self.visits_left,
            freeze,
        };
        let membership = Membership {
            plan: self.plan.unwrap_or_default(),
            ends_on: Some(ends_on),
            visits_left: self.visits_left,
        };
        Some((subscription, membership))
    }
}

fn day(date: &str) -> Option<i64> {
    date.parse::<Date>().ok().map(day_number)
}

fn door(key: &MemberKey, rows: Vec<DoorRow>) -> Option<AtTheDoor> {
    // A card code may by chance be another member's number; then the number is meant.
    let number = key.number.map(|number| number.to_string());
    let meant = rows
        .iter()
        .find(|row| Some(&row.number) == number.as_ref())
        .or(rows.first())
        .map(|row| row.id)?;
    let mut found: Option<AtTheDoor> = None;
    for row in rows.into_iter().filter(|row| row.id == meant) {
        let DoorRow { id, number, full_name, .. } = row;
        let door = found.get_or_insert_with(|| {
            let member = MemberRef { id: MemberId(id.0), number, full_name };
            let open = row.visit_id.zip(row.location).zip(row.check_in_at);
            AtTheDoor {
                barred: row.barred_at.is_some(),
                open: open.map(|((visit, location), check_in_time)| Visit {
                    id: VisitId(visit.0),
                    member: member.clone(),
                    location,
                    check_in_time,
                    check_out_time: None,
                    closed_automatically: false,
                }),
                member,
                subscriptions: Vec::new(),
                visits_this_month: row.month_visits,
                plans: Vec::new(),
            }
        });
        if let Some((subscription, membership)) = row.subscription.read() {
            door.plans.push((subscription.id, membership));
            door.subscriptions.push(subscription);
        }
    }
    found
}

/// Begins a visit. The member is locked and has no open one; the index enforces it once more.
pub async fn begin(
    tx: &mut Tx,
    visit: &Visit,
    notes: Option<&str>,
    pass: Option<SubscriptionId>,
) -> Result<(), sqlx::Error> {
    let now = tx.now();
    sql::query(
        "INSERT INTO visits
            (id, member_id, location, notes, check_in_at, subscription_id, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(Id(visit.id.0))
    .bind(Id(visit.member.id.0))
    .bind(&visit.location)
    .bind(notes)
    .bind(visit.check_in_time)
    .bind(pass.map(|pass| Id(pass.0)))
    .bind(now)
    .execute(&mut **tx)
    .await?;
    if let Some(pass) = pass {
        count_pass(tx, pass, -1).await?;
    }
    Ok(())
}

/// Takes a visit from a pass, or gives it back.
pub async fn count_pass(tx: &mut Tx, pass: SubscriptionId, by: i64) -> Result<(), sqlx::Error> {
    sql::query("UPDATE subscriptions SET visits_left = visits_left + $1 WHERE id = $2")
        .bind(by)
        .bind(Id(pass.0))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Ends an open visit; `false` when it was ended meanwhile.
pub async fn end(
    tx: &mut Tx,
    visit: VisitId,
    at: Millis,
    automatically: bool,
) -> Result<bool, sqlx::Error> {
    let ended = sql::query(
        "UPDATE visits SET check_out_at = $1, closed_automatically = $2
          WHERE id = $3 AND check_out_at IS NULL",
    )
    .bind(at)
    .bind(i64::from(automatically))
    .bind(Id(visit.0))
    .execute(&mut **tx)
    .await?;
    Ok(ended.rows_affected() == 1)
}

/// Marks a visit as taken back.
pub async fn take_back(tx: &mut Tx, visit: VisitId, at: Millis) -> Result<(), sqlx::Error> {
    sql::query("UPDATE visits SET undone_at = $1 WHERE id = $2 AND undone_at IS NULL")
        .bind(at)
        .bind(Id(visit.0))
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// A visit with the columns that are not on the wire.
#[derive(Debug)]
pub struct StoredVisit {
    /// The visit as pages show it.
    pub visit: Visit,
    /// When the check-in was taken back.
    pub undone_at: Option<Millis>,
    /// When it was recorded; the visit itself may have begun earlier.
    pub recorded_at: Millis,
    /// The pass that it used up.
    pub pass: Option<SubscriptionId>,
}

/// One visit.
pub async fn find(conn: &mut Conn, visit: VisitId) -> Result<Option<StoredVisit>, sqlx::Error> {
    let row = sql::query_as::<VisitRow>(
        "SELECT v.id, v.location, v.check_in_at, v.check_out_at, v.closed_automatically,
                v.undone_at, v.recorded_at, v.subscription_id,
                m.id AS member_id, m.number, m.full_name
           FROM visits v JOIN members m ON m.id = v.member_id WHERE v.id = $1",
    )
    .bind(Id(visit.0))
    .fetch_optional(conn)
    .await?;
    Ok(row.map(VisitRow::stored))
}

/// The open visits that began before a moment, oldest first.
pub async fn open_before(conn: &mut Conn, before: Millis) -> Result<Vec<Visit>, sqlx::Error> {
    let rows = sql::query_as::<VisitRow>(
        "SELECT v.id, v.location, v.check_in_at, v.check_out_at, v.closed_automatically,
                v.undone_at, v.recorded_at, v.subscription_id,
                m.id AS member_id, m.number, m.full_name
           FROM visits v JOIN members m ON m.id = v.member_id
          WHERE v.check_out_at IS NULL AND v.undone_at IS NULL AND v.closed_automatically = 0
            AND v.check_in_at < $1
          ORDER BY v.check_in_at",
    )
    .bind(before)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.stored().visit).collect())
}

/// The newest visits that count, newest first.
pub async fn newest(conn: &mut Conn, limit: u32) -> Result<Vec<Visit>, sqlx::Error> {
    let rows = sql::query_as::<VisitRow>(
        "SELECT v.id, v.location, v.check_in_at, v.check_out_at, v.closed_automatically,
                v.undone_at, v.recorded_at, v.subscription_id,
                m.id AS member_id, m.number, m.full_name
           FROM visits v JOIN members m ON m.id = v.member_id
          WHERE v.undone_at IS NULL
          ORDER BY v.check_in_at DESC LIMIT $1",
    )
    .bind(limit)
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.stored().visit).collect())
}

#[derive(sqlx::FromRow)]
struct VisitRow {
    id: Id,
    location: String,
    check_in_at: Millis,
    check_out_at: Option<Millis>,
    closed_automatically: i64,
    undone_at: Option<Millis>,
    recorded_at: Millis,
    subscription_id: Option<Id>,
    member_id: Id,
    number: String,
    full_name: String,
}

impl VisitRow {
    fn stored(self) -> StoredVisit {
        StoredVisit {
            visit: Visit {
                id: VisitId(self.id.0),
                member: MemberRef {
                    id: MemberId(self.member_id.0),
                    number: self.number,
                    full_name: self.full_name,
                },
                location: self.location,
                check_in_time: self.check_in_at,
                check_out_time: self.check_out_at,
                closed_automatically: self.closed_automatically != 0,
            },
            undone_at: self.undone_at,
            recorded_at: self.recorded_at,
            pass: self.subscription_id.map(|id| SubscriptionId(id.0)),
        }
    }
}
