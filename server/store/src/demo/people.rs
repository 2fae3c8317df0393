//! The members of the invented gym, in every standing, and their plans.

use super::{dice::Dice, names::name};
use crate::{
    Id, StoreError, Tx,
    clock::GymDay,
    member_search::fold,
    members::{self, MemberRecord},
    sql,
};
use jiff::{ToSpan, civil::Date};
use protocol::{MemberId, Millis, gym::MemberRef};

const DAY: Millis = 24 * 60 * 60_000;

/// The demo's plans by what it needs them for.
pub(super) struct DemoPlans {
    monthly: Id,
    quarterly: Id,
    annual: Id,
    student: Id,
    pass: Id,
}

/// Makes the plans.
pub(super) async fn plans(tx: &mut Tx, now: Millis) -> Result<DemoPlans, sqlx::Error> {
    let ids: [Id; 5] = std::array::from_fn(|_| Id::new(now));
    let offered = [
        ("Monthly", 1, None),
        ("Quarterly", 3, None),
        ("Annual", 12, None),
        ("Student", 1, None),
        ("10-visit pass", 12, Some(10)),
    ];
    for (position, (id, (name, months, visits))) in ids.into_iter().zip(offered).enumerate() {
        sql::query(
            "INSERT INTO plans (id, name, months, visits, position) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(id)
        .bind(name)
        .bind(months)
        .bind(visits)
        .bind(position as i64)
        .execute(&mut **tx)
        .await?;
    }
    let [monthly, quarterly, annual, student, pass] = ids;
    Ok(DemoPlans { monthly, quarterly, annual, student, pass })
}

/// A member of the demo and the habits that its history is made of.
pub(super) struct DemoPerson {
    pub(super) member: MemberRef,
    /// The last day that the member could train, counted back from today; absent for never.
    pub(super) trains_until_days_ago: Option<i64>,
    /// Chance of a visit on any day, in percent.
    pub(super) eagerness: i64,
    pub(super) comes_today: bool,
    pub(super) is_refused_today: bool,
}

/// Makes the member of this number.
pub(super) async fn person(
    tx: &mut Tx,
    i: usize,
    plans: &DemoPlans,
    day: GymDay,
    dice: &mut Dice,
) -> Result<DemoPerson, StoreError> {
    let name = name(i);
    let story = VisitHistory::of(i, plans, dice);
    let card = dice.card();
    let phone = format!("+44 7700 900{i:03}");
    let email = format!("{}@example.org", fold(&name).replace([' ', '\''], "."));
    let joined_at = match story.trains_until_days_ago {
        Some(_) => day.start - dice.range(40, 900) * DAY,
        None => day.start,
    };
    let number = members::next_number(tx).await?;
    let record = MemberRecord {
        id: MemberId(Id::new(joined_at).0),
        number,
        full_name: &name,
        // Numbers of this range ring nowhere (Ofcom keeps them for drama); not all give theirs.
        phone: (i % 9 != 8).then_some(phone.as_str()),
        email: (i % 5 != 4).then_some(email.as_str()),
        card_code: (i % 4 != 3).then_some(card.as_str()),
        joined_at,
    };
    members::insert(tx, &record).await?;
    if story.barred {
        sql::query("UPDATE members SET barred_at = $1 WHERE id = $2")
            .bind(day.start - 9 * DAY)
            .bind(Id(record.id.0))
            .execute(&mut **tx)
            .await?;
    }
    if let Some(subscription) = &story.subscription {
        subscribe(tx, record.id, subscription, day.date, joined_at).await?;
    }
    let (id, number) = (record.id, number.to_string());
    Ok(DemoPerson {
        member: MemberRef { id, number, full_name: name },
        trains_until_days_ago: story.trains_until_days_ago,
        eagerness: dice.range(8, 45),
        comes_today: story.comes_today && dice.percent(75),
        is_refused_today: story.is_refused_today,
    })
}

/// What a member's record contains; every standing occurs.
struct VisitHistory {
    subscription: Option<GivenNames>,
    barred: bool,
    trains_until_days_ago: Option<i64>,
    comes_today: bool,
    is_refused_today: bool,
}

/// A subscription in days from today.
struct GivenNames {
    plan: Id,
    starts: i64,
    ends: i64,
    visits_left: Option<i64>,
    frozen: Option<(i64, i64)>,
}

impl VisitHistory {
    fn of(i: usize, plans: &DemoPlans, dice: &mut Dice) -> Self {
        let given =
            |plan, starts, ends| GivenNames { plan, starts, ends, visits_left: None, frozen: None };
        let active = |subscription, comes_today| Self {
            subscription: Some(subscription),
            barred: false,
            trains_until_days_ago: Some(0),
            comes_today,
            is_refused_today: false,
        };
        match i % 20 {
            3 => {
                let ago = dice.range(1, 25);
                Self {
                    trains_until_days_ago: Some(ago),
                    is_refused_today: i < 60,
                    ..active(given(plans.monthly, -30 - ago, -ago), false)
                }
            }
            7 => {
                let until = dice.range(3, 40);
                let frozen = Some((-6, until));
                Self {
                    trains_until_days_ago: Some(6),
                    is_refused_today: i < 20,
                    ..active(GivenNames { frozen, ..given(plans.annual, -120, 245 + until) }, false)
                }
            }
            11 => {
                let visits_left = Some(0);
                Self {
                    trains_until_days_ago: Some(2),
                    is_refused_today: i < 20,
                    ..active(GivenNames { visits_left, ..given(plans.pass, -70, 294) }, false)
                }
            }
            12 => {
                let visits_left = Some(dice.range(1, 10));
                active(GivenNames { visits_left, ..given(plans.pass, -40, 324) }, false)
            }
            15 => active(given(plans.monthly, -26, dice.range(0, 7)), true),
            17 => Self {
                subscription: None,
                trains_until_days_ago: None,
                is_refused_today: i < 20,
                ..active(given(plans.monthly, 0, 0), false)
            },
            18 if i % 100 == 18 => Self {
                barred: true,
                trains_until_days_ago: Some(9),
                ..active(given(plans.annual, -200, 164), false)
            },
            1 | 9 => active(given(plans.annual, -150, dice.range(60, 214)), true),
            5 => active(given(plans.student, -10, dice.range(8, 20)), true),
            14 => active(given(plans.quarterly, -40, dice.range(20, 50)), true),
            _ => active(given(plans.monthly, -15, dice.range(8, 16)), true),
        }
    }
}

async fn subscribe(
    tx: &mut Tx,
    member: MemberId,
    given: &GivenNames,
    today: Date,
    created_at: Millis,
) -> Result<(), sqlx::Error> {
    let date = |days: i64| today.saturating_add(days.days()).to_string();
    sql::query(
        "INSERT INTO subscriptions
            (id, member_id, plan_id, starts_on, ends_on, visits_left, frozen_from, frozen_until,
             created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(Id::new(created_at))
    .bind(Id(member.0))
    .bind(given.plan)
    .bind(date(given.starts))
    .bind(date(given.ends))
    .bind(given.visits_left)
    .bind(given.frozen.map(|(from, _)| date(from)))
    .bind(given.frozen.map(|(_, until)| date(until)))
    .bind(created_at)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
