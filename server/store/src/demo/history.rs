//! A month of visits, and a day that is under way.

use super::{dice::Dice, people::DemoPerson};
use crate::{
    Id, NewEvent, StoreError, Tx,
    clock::{GymDay, day_number},
    sql::{Arg, Builder},
    visits::{self, MemberKey},
};
use logic::gym::decide::{MemberFacts, decide};
use protocol::{
    MemberId, Millis, RefusalId, VisitId,
    gym::{Activity, MemberRef, Refusal, Verdict, Visit},
};

const MINUTE: Millis = 60_000;

/// How many are in the gym when the demo begins, and since when at the earliest.
const IN_NOW: usize = 18;
const IN_SINCE: Millis = 90 * MINUTE;

/// When people come, as hours after the day's start at 04:00: before work, at noon, after work.
const RUSH: [i64; 16] = [2, 3, 3, 4, 5, 6, 8, 8, 9, 11, 13, 13, 14, 14, 15, 16];

const DOORS: [&str; 3] = ["Front desk", "Front desk", "Pool entrance"];

/// The thirty days before today. These are old enough that no page asks for their events.
pub(super) async fn past_month(
    tx: &mut Tx,
    people: &[DemoPerson],
    today: GymDay,
    dice: &mut Dice,
) -> Result<(), StoreError> {
    let mut visits = Vec::new();
    let mut day = today;
    for ago in 1..=30_i64 {
        day = tx.clock().day(day.start - 1);
        for person in people.iter().filter(|p| p.trains_until_days_ago.is_some_and(|d| d < ago)) {
            if !dice.percent(person.eagerness) {
                continue;
            }
            let begin = rush_hour(day, dice);
            let forgot = dice.percent(2);
            let end = if forgot { day.end } else { (begin + stay(dice)).min(day.end) };
            visits.push((Id::new(begin), person.member.id, door(dice), begin, end, forgot));
        }
    }
    for chunk in visits.chunks(500) {
        let mut query = Builder::new(
            "INSERT INTO visits (id, member_id, location, check_in_at, check_out_at,
                                 closed_automatically, recorded_at) ",
        );
        query.push_rows(chunk.iter().map(|(id, member, door, begin, end, forgot)| {
            [
                Arg::from(*id),
                Arg::from(Id(member.0)),
                Arg::from(*door),
                Arg::from(*begin),
                Arg::from(*end),
                Arg::from(i64::from(*forgot)),
                Arg::from(*begin),
            ]
        }));
        query.build().execute(&mut **tx).await?;
    }
    Ok(())
}

/// Today up to now, with its events in the order in which they happened.
pub(super) async fn today(
    tx: &mut Tx,
    people: &[DemoPerson],
    day: GymDay,
    dice: &mut Dice,
) -> Result<(), StoreError> {
    let now = tx.now();
    let mut coming: Vec<&DemoPerson> = people.iter().filter(|p| p.comes_today).collect();
    dice.shuffle(&mut coming);

    let mut facts = Vec::new();
    let window = IN_SINCE.min(now - day.start);
    // Right after the day's start only a few can have come already.
    let open = IN_NOW.min(usize::try_from(window / (2 * MINUTE)).unwrap_or_default());
    let (inside, gone) = coming.split_at(open.min(coming.len()));
    for person in inside {
        let begin = now - dice.range(MINUTE.min(window), window);
        facts.push((begin, plan_visit(&person.member, begin, None, dice)));
    }
    for person in gone {
        let begin = rush_hour(day, dice);
        let end = begin + stay(dice);
        if end < now {
            facts.push((begin, plan_visit(&person.member, begin, Some(end), dice)));
        }
    }
    for person in people.iter().filter(|p| p.is_refused_today) {
        let at = now - dice.range(MINUTE.min(window), (now - day.start).min(5 * 60 * MINUTE));
        facts.push((at, PlannedVisit::Refusal(person.member.id)));
    }
    facts.sort_by_key(|(at, _)| *at);

    let mut events = Vec::new();
    for (at, planned) in facts {
        match planned {
            PlannedVisit::Visit(visit) => record(tx, visit, day, &mut events).await?,
            PlannedVisit::Refusal(member) => refuse(tx, member, at, day, &mut events).await?,
        }
    }
    events.sort_by_key(|(at, _)| *at);
    for (at, fact) in events {
        tx.emit(NewEvent { fact, at, origin: None, outcome: None });
    }
    Ok(())
}

enum PlannedVisit {
    Visit(Visit),
    Refusal(MemberId),
}

fn plan_visit(
    member: &MemberRef,
    check_in_time: Millis,
    check_out_time: Option<Millis>,
    dice: &mut Dice,
) -> PlannedVisit {
    PlannedVisit::Visit(Visit {
        id: VisitId(Id::new(check_in_time).0),
        member: member.clone(),
        location: door(dice).to_owned(),
        check_in_time,
        check_out_time,
        closed_automatically: false,
    })
}

/// Records a visit as the door would have.
async fn record(
    tx: &mut Tx,
    visit: Visit,
    day: GymDay,
    events: &mut Vec<(Millis, Activity)>,
) -> Result<(), StoreError> {
    let key = MemberKey::of(visit.member.id);
    let door = visits::at_the_door(tx, &key, day.start).await?.ok_or_else(|| key.not_found())?;
    let decision = decide(&MemberFacts {
        soon_days: 7,
        today: day_number(day.date),
        barred: door.barred,
        subscriptions: &door.subscriptions,
        open: None,
        override_reason: None,
    });
    let begun = Visit { check_out_time: None, ..visit.clone() };
    visits::begin(tx, &begun, None, decision.takes_visit_from).await?;
    events
        .push((begun.check_in_time, Activity::CheckedIn { visit: begun, reason: decision.reason }));
    if let Some(end) = visit.check_out_time {
        visits::end(tx, visit.id, end, false).await?;
        events.push((end, Activity::CheckedOut { visit }));
    }
    Ok(())
}

/// Notes a refusal with the reason that the door would have given.
async fn refuse(
    tx: &mut Tx,
    member: MemberId,
    at: Millis,
    day: GymDay,
    events: &mut Vec<(Millis, Activity)>,
) -> Result<(), StoreError> {
    let key = MemberKey::of(member);
    let door = visits::at_the_door(tx, &key, day.start).await?.ok_or_else(|| key.not_found())?;
    let decision = decide(&MemberFacts {
        soon_days: 7,
        today: day_number(day.date),
        barred: door.barred,
        subscriptions: &door.subscriptions,
        open: None,
        override_reason: None,
    });
    if let (Verdict::Deny, Some(reason)) = (decision.verdict, decision.reason) {
        let location = DOORS[0].to_owned();
        let refusal =
            Refusal { id: RefusalId(Id::new(at).0), member: door.member, location, at, reason };
        events.push((at, Activity::Refused(refusal)));
    }
    Ok(())
}

fn rush_hour(day: GymDay, dice: &mut Dice) -> Millis {
    let hour = RUSH[dice.range(0, RUSH.len() as i64) as usize];
    day.start + hour * 60 * MINUTE + dice.range(0, 60 * MINUTE)
}

/// About 70 minutes, most between 40 and 100.
fn stay(dice: &mut Dice) -> Millis {
    20 * MINUTE + dice.range(0, 50 * MINUTE) + dice.range(0, 50 * MINUTE)
}

fn door(dice: &mut Dice) -> &'static str {
    DOORS[dice.range(0, DOORS.len() as i64) as usize]
}
