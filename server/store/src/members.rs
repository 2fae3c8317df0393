//! Members as rows and as lists.

use crate::{
    Id, Store, Tx,
    clock::CurrentDay,
    member_search::{self, MemberSearch, fold},
    sql::{self, Arg, Builder, Conn},
    visits::{SubscriptionRow, card_code},
};
use logic::gym::{decide, number::MemberNumber};
use protocol::{
    MemberId, Millis, SubscriptionId,
    gym::{MemberRef, Membership},
    http::{MemberPage, MemberRow},
};
use std::collections::HashMap;

/// Rows of one page of the list.
const PER_PAGE: u32 = 25;
/// Members that a search at the desk shows: a person does not read more.
const FOUND: u32 = 8;

impl Store {
    /// At most 8 members whose name, number or phone matches, the best first.
    pub async fn find_members(&self, text: &str) -> Result<Vec<MemberRow>, sqlx::Error> {
        let Some(search) = MemberSearch::parse(text) else { return Ok(Vec::new()) };
        let mut tx = self.snapshot().await?;
        let found = search.members(&mut tx, FOUND, 0).await?;
        rows(&mut tx, self.today(), &found).await
    }

    /// A page of members, counted from 1; all of them when `text` is empty. A page after the last
    /// shows the last.
    pub async fn members_page(&self, text: &str, page: u32) -> Result<MemberPage, sqlx::Error> {
        let mut tx = self.snapshot().await?;
        let search = MemberSearch::parse(text);
        let everybody = text.trim().is_empty();
        let total = match &search {
            Some(search) => search.count(&mut tx).await?,
            None if everybody => {
                sql::query_scalar("SELECT COUNT(*) FROM members").fetch_one(&mut *tx).await?
            }
            None => 0,
        };
        let pages = u32::try_from(total).unwrap_or(u32::MAX).div_ceil(PER_PAGE).max(1);
        let page = page.clamp(1, pages);
        let offset = (page - 1) * PER_PAGE;
        let shown = match &search {
            Some(search) => search.members(&mut tx, PER_PAGE, offset).await?,
            None if everybody => {
                sql::query_scalar(
                    "SELECT id FROM members ORDER BY sort_name, id LIMIT $1 OFFSET $2",
                )
                .bind(PER_PAGE)
                .bind(offset)
                .fetch_all(&mut *tx)
                .await?
            }
            None => Vec::new(),
        };
        Ok(MemberPage {
            rows: rows(&mut tx, self.today(), &shown).await?,
            total,
            page,
            per_page: PER_PAGE,
            utc_offset_minutes: self.clock().utc_offset_minutes(self.clock().now()),
        })
    }

    fn today(&self) -> CurrentDay {
        self.clock().today(self.clock().now())
    }
}

/// One member as a row of the list.
pub async fn row(
    conn: &mut Conn,
    today: CurrentDay,
    member: MemberId,
) -> Result<Option<MemberRow>, sqlx::Error> {
    Ok(rows(conn, today, &[Id(member.0)]).await?.pop())
}

/// The rows of some members, in the order of `ids`.
async fn rows(
    conn: &mut Conn,
    today: CurrentDay,
    ids: &[Id],
) -> Result<Vec<MemberRow>, sqlx::Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = Builder::new(
        "SELECT m.id, m.number, m.full_name, m.phone, m.email, m.barred_at, m.joined_at,
                v.check_in_at,
                s.id AS subscription_id, s.starts_on, s.ends_on, s.visits_left,
                s.frozen_from, s.frozen_until, p.name AS plan
           FROM members m
           LEFT JOIN visits v
             ON v.member_id = m.id AND v.check_out_at IS NULL AND v.undone_at IS NULL
           LEFT JOIN subscriptions s ON s.member_id = m.id
           LEFT JOIN plans p ON p.id = s.plan_id
          WHERE m.id IN (",
    );
    query.push_list(ids.iter().copied()).push(")");
    let found: Vec<ListRow> = query.build_as().fetch_all(conn).await?;
    let mut members: HashMap<Id, Vec<ListRow>> = HashMap::with_capacity(ids.len());
    for row in found {
        members.entry(row.id).or_default().push(row);
    }
    Ok(ids.iter().filter_map(|id| member_row(today, members.remove(id)?)).collect())
}

#[derive(sqlx::FromRow)]
struct ListRow {
    id: Id,
    number: String,
    full_name: String,
    phone: Option<String>,
    email: Option<String>,
    barred_at: Option<Millis>,
    joined_at: Millis,
    check_in_at: Option<Millis>,
    #[sqlx(flatten)]
    subscription: SubscriptionRow,
}

/// Folds the rows of one member, one per subscription.
fn member_row(today: CurrentDay, rows: Vec<ListRow>) -> Option<MemberRow> {
    let mut subscriptions = Vec::new();
    let mut memberships: HashMap<SubscriptionId, Membership> = HashMap::new();
    let mut member = None;
    for row in rows {
        if let Some((subscription, membership)) = row.subscription.read() {
            memberships.insert(subscription.id, membership);
            subscriptions.push(subscription);
        }
        member.get_or_insert((
            MemberRef { id: MemberId(row.id.0), number: row.number, full_name: row.full_name },
            (row.phone, row.email),
            row.barred_at.is_some(),
            row.check_in_at,
            row.joined_at,
        ));
    }
    let (member, (phone, email), barred, in_since, joined_at) = member?;
    Some(MemberRow {
        member,
        phone,
        email,
        standing: decide::standing(today.day, today.soon_days, barred, &subscriptions),
        membership: decide::shown(today.day, &subscriptions)
            .and_then(|subscription| memberships.remove(&subscription.id)),
        in_since,
        joined_at,
    })
}

/// What a member's row is made of.
pub struct MemberRecord<'a> {
    /// The member.
    pub id: MemberId,
    /// The printed number.
    pub number: MemberNumber,
    /// The name as it is shown.
    pub full_name: &'a str,
    /// The telephone number as it was typed.
    pub phone: Option<&'a str>,
    /// The e-mail address as it was typed.
    pub email: Option<&'a str>,
    /// What scanners read from the card.
    pub card_code: Option<&'a str>,
    /// The moment of joining.
    pub joined_at: Millis,
}

/// Inserts a member with the words it is found by; `false` when the number or the card is taken.
pub async fn insert(tx: &mut Tx, member: &MemberRecord<'_>) -> Result<bool, sqlx::Error> {
    let inserted = sql::query(
        "INSERT INTO members
            (id, number, full_name, sort_name, phone, email, card_code, joined_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
    )
    .bind(Id(member.id.0))
    .bind(member.number.to_string())
    .bind(member.full_name)
    .bind(fold(member.full_name))
    .bind(member.phone)
    .bind(member.email)
    .bind(member.card_code.map(card_code))
    .bind(member.joined_at)
    .execute(&mut **tx)
    .await?;
    if inserted.rows_affected() == 0 {
        return Ok(false);
    }
    let index = member_search::index(member.full_name, member.number, member.phone);
    let mut query = Builder::new("INSERT INTO member_words (word, member_id, rank) ");
    let id = Id(member.id.0);
    query.push_rows(
        index.into_iter().map(|(word, rank)| [Arg::from(word), Arg::from(id), Arg::from(rank)]),
    );
    query.build().execute(&mut **tx).await?;
    Ok(true)
}

/// The next number that was never given out.
pub async fn next_number(tx: &mut Tx) -> Result<MemberNumber, sqlx::Error> {
    let serial: i64 = sql::query_scalar(
        "INSERT INTO counters (name, value) VALUES ('member_number', $1)
         ON CONFLICT (name) DO UPDATE SET value = counters.value + 1 RETURNING value",
    )
    .bind(i64::from(MemberNumber::FIRST))
    .fetch_one(&mut **tx)
    .await?;
    u32::try_from(serial)
        .ok()
        .and_then(MemberNumber::new)
        .ok_or_else(|| sqlx::Error::Protocol("all member numbers are given out".to_owned()))
}
