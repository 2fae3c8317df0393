//! Plans and the subscriptions that members have of them.

use crate::{
    Id, Store, Tx,
    sql::{self, Conn},
};
use jiff::{Span, ToSpan, civil::Date};
use protocol::{MemberId, PlanId, http::PlanRow};

/// What a member can subscribe to.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Plan {
    /// The plan.
    pub id: Id,
    /// What it is called.
    pub name: String,
    /// The length of one subscription: months or days.
    months: Option<i64>,
    days: Option<i64>,
    visits: Option<i64>,
}

impl Plan {
    /// The last day of a subscription that begins on `starts`.
    pub(crate) fn last_day(&self, starts: Date) -> Date {
        let length = match (self.months, self.days) {
            (Some(months), _) => Span::new().try_months(months),
            (None, days) => Span::new().try_days(days.unwrap_or(1)),
        };
        let after = length.map_or(starts, |length| starts.saturating_add(length));
        after.saturating_sub(1.day()).max(starts)
    }
}

impl Store {
    /// The plans in the order in which they are offered.
    pub async fn plans(&self) -> Result<Vec<PlanRow>, sqlx::Error> {
        let rows = sql::query_as::<(Id, String)>("SELECT id, name FROM plans ORDER BY position")
            .fetch_all(self.reader())
            .await?;
        Ok(rows.into_iter().map(|(id, name)| PlanRow { id: PlanId(id.0), name }).collect())
    }
}

/// One plan.
pub async fn find(conn: &mut Conn, plan: PlanId) -> Result<Option<Plan>, sqlx::Error> {
    sql::query_as("SELECT id, name, months, days, visits FROM plans WHERE id = $1")
        .bind(Id(plan.0))
        .fetch_optional(conn)
        .await
}

/// The subscription of a member that ends last.
#[derive(Debug, sqlx::FromRow)]
pub struct LastSubscription {
    /// Which plan.
    pub plan_id: Id,
    ends_on: String,
    visits_left: Option<i64>,
    /// When it was sold, in UTC milliseconds.
    pub created_at: i64,
}

impl LastSubscription {
    /// When the next one begins: on the day after, or today when nothing of it is left.
    pub fn next_start(&self, today: Date) -> Date {
        let next = match (self.visits_left, self.ends_on.parse::<Date>()) {
            (Some(0), _) | (_, Err(_)) => today,
            (_, Ok(ends)) => ends.saturating_add(1.day()),
        };
        next.max(today)
    }
}

/// The subscription of a member that ends last, if there ever was one.
pub async fn last_of(
    conn: &mut Conn,
    member: MemberId,
) -> Result<Option<LastSubscription>, sqlx::Error> {
    sql::query_as(
        "SELECT plan_id, ends_on, visits_left, created_at FROM subscriptions
          WHERE member_id = $1 ORDER BY ends_on DESC, starts_on DESC, created_at DESC LIMIT 1",
    )
    .bind(Id(member.0))
    .fetch_optional(conn)
    .await
}

/// Begins a subscription and returns its last day.
pub async fn subscribe(
    tx: &mut Tx,
    member: MemberId,
    plan: &Plan,
    starts: Date,
) -> Result<Date, sqlx::Error> {
    let (now, ends) = (tx.now(), plan.last_day(starts));
    sql::query(
        "INSERT INTO subscriptions
            (id, member_id, plan_id, starts_on, ends_on, visits_left, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(Id::new(now))
    .bind(Id(member.0))
    .bind(plan.id)
    .bind(starts.to_string())
    .bind(ends.to_string())
    .bind(plan.visits)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    Ok(ends)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn plan(months: Option<i64>, days: Option<i64>) -> Plan {
        Plan { id: Id(Uuid::nil()), name: String::new(), months, days, visits: None }
    }

    fn date(text: &str) -> Date {
        text.parse().expect("a date")
    }

    #[test]
    fn a_month_ends_on_the_day_before_its_next_beginning() {
        let month = plan(Some(1), None);
        assert_eq!(month.last_day(date("2026-11-22")), date("2026-12-21"));
        // February has no 31st: the month ends with it.
        assert_eq!(month.last_day(date("2026-01-31")), date("2026-02-27"));
        assert_eq!(plan(None, Some(1)).last_day(date("2026-11-22")), date("2026-11-22"));
        assert_eq!(plan(Some(12), None).last_day(date("2024-02-29")), date("2025-02-27"));
    }

    #[test]
    fn a_renewal_follows_what_is_left_and_else_begins_today() {
        let today = date("2026-11-22");
        let last = |ends: &str, visits_left| LastSubscription {
            plan_id: Id(Uuid::nil()),
            ends_on: ends.to_owned(),
            visits_left,
            created_at: 0,
        };
        assert_eq!(last("2026-11-30", None).next_start(today), date("2026-12-01"));
        assert_eq!(last("2026-11-01", None).next_start(today), today);
        assert_eq!(last("2027-11-01", Some(0)).next_start(today), today);
        assert_eq!(last("2026-11-30", Some(3)).next_start(today), date("2026-12-01"));
    }
}
