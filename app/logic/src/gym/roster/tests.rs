use super::*;
use proptest::prelude::*;
use protocol::{
    MemberId,
    gym::{CheckIn, MemberRef, Reason, UndoCheckIn},
};
use uuid::Uuid;

const DAY_START: Millis = 1_795_320_000_000;

fn member(number: u128) -> MemberRef {
    MemberRef {
        id: MemberId(Uuid::from_u128(number)),
        number: format!("M-{number}"),
        full_name: format!("Member {number}"),
    }
}

fn visit(number: u128, minute: i64) -> Visit {
    Visit {
        id: VisitId(Uuid::from_u128(1_000 + number)),
        member: member(number),
        location: "Desk 1".to_owned(),
        check_in_time: DAY_START + minute * 60_000,
        check_out_time: None,
        closed_automatically: false,
    }
}

fn left(visit: &Visit, minute: i64) -> Visit {
    Visit { check_out_time: Some(DAY_START + minute * 60_000), ..visit.clone() }
}

fn refusal(number: u128) -> Refusal {
    Refusal {
        id: RefusalId(Uuid::from_u128(9_000 + number)),
        member: member(number),
        location: "Desk 1".to_owned(),
        at: DAY_START,
        reason: Reason::Barred,
    }
}

fn empty() -> Roster {
    Roster::new(GymSnapshot {
        stats: Stats {
            currently_in: 0,
            today_total: 0,
            average_stay_minutes: None,
            finished_visits: 0,
            as_of_offset: 0,
            timestamp: DAY_START,
        },
        clock: GymClock {
            gym: "Test".to_owned(),
            utc_offset_minutes: 60,
            day_start: DAY_START,
            day_end: DAY_START + DAY_MS,
            capacity: 80,
            undo_ms: 60_000,
            repeat_ms: 10_000,
        },
        activity: Vec::new(),
        visits: Vec::new(),
        hours: Vec::new(),
    })
}

fn came(visit: &Visit) -> ServerMessage {
    ServerMessage::MemberCheckedIn { visit: visit.clone(), reason: None }
}

#[test]
fn the_figures_follow_each_event_at_once() {
    let mut roster = empty();
    let (first, second) = (visit(1, 10), visit(2, 70));
    roster.apply(&came(&first), Some(1));
    roster.apply(&came(&second), Some(2));
    assert_eq!((roster.stats().currently_in, roster.stats().today_total), (2, 2));
    assert_eq!(roster.hours(), [1, 1]);
    roster.apply(&ServerMessage::MemberCheckedOut(left(&first, 70)), Some(3));
    assert_eq!(roster.stats().currently_in, 1);
    assert_eq!(roster.stats().average_stay_minutes, Some(60.0));
    assert_eq!(roster.visits()[1].check_out_time, left(&first, 70).check_out_time);
    let undone = ServerMessage::CheckInUndone { visit: second.clone(), at: DAY_START };
    roster.apply(&undone, Some(4));
    assert_eq!((roster.stats().currently_in, roster.stats().today_total), (0, 1));
    assert_eq!((roster.hours(), roster.visits().len()), (&[1, 0][..], 1));
    roster.apply(&ServerMessage::MemberRefused(refusal(3)), Some(5));
    assert_eq!(roster.activity().len(), 5);
    assert_eq!(roster.stats().as_of_offset, 5);
}

#[test]
fn an_event_that_is_included_already_changes_nothing() {
    let mut roster = empty();
    let first = visit(1, 10);
    roster.apply(&came(&first), Some(1));
    let before = roster.clone();
    roster.apply(&came(&first), Some(1));
    assert_eq!(roster, before, "by its offset");
    roster.apply(&came(&first), Some(2));
    assert_eq!(roster.stats().currently_in, 1, "and by its visit");
    let ended = ServerMessage::MemberCheckedOut(left(&first, 20));
    roster.apply(&ended, Some(3));
    roster.apply(&ended, Some(4));
    assert_eq!(roster.stats().currently_in, 0);
    assert_eq!(roster.stats().finished_visits, 1);
}

#[test]
fn a_visit_that_is_no_longer_listed_still_counts_when_it_ends() {
    let mut roster = empty();
    for number in 0..60 {
        roster.apply(&came(&visit(number, number as i64)), Some(number as u64 + 1));
    }
    assert_eq!((roster.visits().len(), roster.activity().len()), (50, 50));
    assert_eq!(roster.visits()[0].member.number, "M-59");
    roster.apply(&ServerMessage::MemberCheckedOut(left(&visit(0, 0), 61)), Some(61));
    assert_eq!((roster.stats().currently_in, roster.stats().finished_visits), (59, 1));
}

#[test]
fn visits_that_the_gym_closed_itself_do_not_count_for_the_average_stay() {
    let mut roster = empty();
    let first = visit(1, 10);
    roster.apply(&came(&first), Some(1));
    let closed = Visit { closed_automatically: true, ..left(&first, 900) };
    roster.apply(&ServerMessage::MemberCheckedOut(closed), Some(2));
    assert_eq!(roster.stats().currently_in, 0);
    assert_eq!(roster.stats().average_stay_minutes, None);
}

#[test]
fn figures_that_are_older_than_the_shown_ones_are_ignored() {
    let mut roster = empty();
    roster.apply(&came(&visit(1, 10)), Some(1));
    let old = *empty().stats();
    roster.apply(&ServerMessage::StatsUpdate(old), None);
    assert_eq!(roster.stats().currently_in, 1);
}

#[test]
fn figures_that_are_ahead_wait_for_the_events_that_they_include() {
    let mut roster = empty();
    let counted = Stats { currently_in: 40, today_total: 41, as_of_offset: 1, ..*roster.stats() };
    roster.apply_stats(counted);
    assert_eq!(roster.stats().currently_in, 0);
    roster.apply(&came(&visit(1, 10)), Some(1));
    assert_eq!(*roster.stats(), counted, "not 41: the event is in the figures");
}

#[test]
fn ones_own_check_in_counts_where_its_answer_stands_and_a_repeat_does_not() {
    let mut roster = empty();
    let first = visit(1, 10);
    let asked = ClientMessage::CheckIn(CheckIn {
        member: "M-1".to_owned(),
        location: Some("Desk 2".to_owned()),
        notes: None,
        override_reason: None,
        at: Some(DAY_START),
    });
    let answer = |verdict, reason, visit| {
        Outcome::CheckIn(CheckInAnswer {
            verdict,
            reason,
            member: member(1),
            membership: None,
            visit,
            visit_of_month: None,
            repeated: false,
        })
    };
    let mut tell = |number: u128, outcome: &Outcome, offset| {
        roster.apply_answer(MessageId(Uuid::from_u128(number)), &asked, outcome, offset, DAY_START);
        (roster.stats().currently_in, roster.activity().len())
    };
    let allowed = answer(Verdict::Allow, None, Some(first.clone()));
    assert_eq!(tell(1, &allowed, Some(1)), (1, 1));
    assert_eq!(tell(2, &allowed, None), (1, 1), "no event, nothing counted");
    let since = Reason::AlreadyIn { since: first.check_in_time, location: "Desk 1".into() };
    let already = answer(Verdict::Warn, Some(since), Some(first.clone()));
    assert_eq!(tell(3, &already, Some(2)), (1, 1));
    let refused = answer(Verdict::Deny, Some(Reason::Barred), None);
    assert_eq!(tell(4, &refused, Some(3)), (1, 2));
    let undo = ClientMessage::UndoCheckIn(UndoCheckIn { visit: first.id, at: None });
    let undone = Outcome::Undone { visit: first };
    roster.apply_answer(MessageId(Uuid::from_u128(5)), &undo, &undone, Some(4), DAY_START);
    assert_eq!(roster.stats().currently_in, 0);
}

#[test]
fn the_gyms_day_begins_anew_and_who_is_in_stays_in() {
    let mut roster = empty();
    roster.apply(&came(&visit(1, 10)), Some(1));
    let morning = Stats {
        today_total: 0,
        currently_in: 1,
        timestamp: DAY_START + DAY_MS + 1,
        ..*roster.stats()
    };
    roster.apply(&ServerMessage::StatsUpdate(morning), None);
    assert_eq!((roster.stats().today_total, roster.stats().currently_in), (0, 1));
    assert_eq!(roster.clock().day_start, DAY_START + DAY_MS);
    assert!(roster.hours().is_empty());
    let tomorrow = visit(2, 24 * 60 + 130);
    roster.apply(&came(&tomorrow), Some(2));
    assert_eq!(roster.hours(), [0, 0, 1]);
}

#[test]
fn an_event_of_the_next_day_begins_it_even_when_no_figures_came() {
    let mut roster = empty();
    roster.apply(&came(&visit(1, 10)), Some(1));
    roster.apply(&came(&visit(2, 3 * 24 * 60 + 5)), Some(2));
    assert_eq!((roster.stats().today_total, roster.stats().currently_in), (1, 2));
    assert_eq!(roster.clock().day_start, DAY_START + 3 * DAY_MS);
    let late = visit(3, 20);
    roster.apply(&came(&late), Some(3));
    assert_eq!(roster.stats().today_total, 1, "a late record of an earlier day is not today's");
    assert_eq!(roster.visits().last(), Some(&visit(1, 10)));
    assert_eq!(roster.visits()[1], late, "and it stands at its own time");
}

proptest! {
    /// Whatever happens in whatever order, the figures equal a count from scratch.
    #[test]
    fn after_any_day_the_figures_equal_a_count_from_scratch(
        steps in proptest::collection::vec((0_u8..4, 0_usize..200, any::<bool>()), 0..300),
    ) {
        let mut roster = empty();
        let mut visits: Vec<Visit> = Vec::new();
        let mut refused = 0;
        let mut offset = 0;
        for (minute, (what, which, automatic)) in steps.into_iter().enumerate() {
            let minute = minute as i64 * 4;
            let open: Vec<usize> = (0..visits.len())
                .filter(|index| visits[*index].check_out_time.is_none())
                .collect();
            let picked = (!open.is_empty()).then(|| open[which % open.len().max(1)]);
            let message = match (what, picked) {
                (1, Some(index)) => {
                    visits[index] = Visit {
                        closed_automatically: automatic,
                        ..left(&visits[index], minute)
                    };
                    ServerMessage::MemberCheckedOut(visits[index].clone())
                }
                (2, Some(index)) => {
                    let visit = visits.remove(index);
                    ServerMessage::CheckInUndone { visit, at: DAY_START }
                }
                (3, _) => {
                    refused += 1;
                    ServerMessage::MemberRefused(refusal(refused))
                }
                _ => {
                    let visit = visit(offset as u128, minute);
                    visits.push(visit.clone());
                    came(&visit)
                }
            };
            offset += 1;
            roster.apply(&message, Some(offset));
            // A resend after a reconnect must not show.
            roster.apply(&message, Some(offset));
        }

        let stats = roster.stats();
        let is_open = |visit: &&Visit| visit.check_out_time.is_none();
        prop_assert_eq!(stats.currently_in, visits.iter().filter(is_open).count() as i64);
        prop_assert_eq!(stats.today_total, visits.len() as i64);
        let stays: Vec<f64> = visits
            .iter()
            .filter(|visit| !visit.closed_automatically)
            .filter_map(|visit| Some((visit.check_out_time? - visit.check_in_time) as f64))
            .map(|ms| ms / MINUTE_MS)
            .collect();
        prop_assert_eq!(stats.finished_visits, stays.len() as i64);
        match stats.average_stay_minutes {
            None => prop_assert!(stays.is_empty()),
            Some(mean) => {
                let scratch = stays.iter().sum::<f64>() / stays.len() as f64;
                prop_assert!((mean - scratch).abs() < 1e-6, "{} {}", mean, scratch);
            }
        }
        for (hour, count) in roster.hours().iter().enumerate() {
            let begun = |visit: &&Visit| (visit.check_in_time - DAY_START) / HOUR_MS == hour as i64;
            prop_assert_eq!(*count, visits.iter().filter(begun).count() as i64);
        }
        let newest: Vec<_> = visits.iter().rev().take(roster.visits().len()).collect();
        let shown: Vec<_> = roster.visits().iter().take(newest.len()).collect();
        if visits.len() <= MAX_LINES {
            prop_assert_eq!(shown, newest);
        }
        prop_assert!(roster.visits().len() <= MAX_LINES && roster.activity().len() <= MAX_LINES);
    }
}
