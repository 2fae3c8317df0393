//! The gym's rules over a real database, the same for SQLite and PostgreSQL. Time is a number that
//! each test sets: nothing waits.

use crate::support::{
    backend::{Backend, on_both},
    test_gym::{
        Gym, HOUR, MINUTE, SECOND, actor, at, card, check_in_of, code, context, desk, open,
    },
};
use cadence_server::gym::{
    check_in::check_in,
    check_out::{check_out, close_forgotten},
    members, snapshot,
    undo_check_in::undo_check_in,
};
use cadence_store::{
    NewEvent, StoreError, commands::CommandContext, demo::seed_demo, events::ReplayError, sql,
};
use protocol::{
    ConnectionId, ErrorBody, ErrorCode, MemberId, Millis, ServerMessage, Topic, VisitId,
    account::Role,
    gym::{Activity, CheckIn, CheckInAnswer, CheckOut, Reason, UndoCheckIn, Verdict, Visit},
    http::{MemberRow, NewMember, Standing},
};
use std::sync::atomic::Ordering;
use uuid::Uuid;

on_both! {
    sixty_four_desks_scan_one_member_and_one_visit_begins
    a_hundred_parallel_check_ins_equal_the_database
    a_job_that_fails_or_panics_undoes_itself_and_no_neighbour
    the_same_id_runs_once_and_is_answered_alike
    a_refusal_with_an_id_stays_a_refusal
    a_second_scan_within_ten_seconds_repeats_the_first_card
    a_refused_member_is_in_the_log_once_and_in_after_renewing
    an_override_lets_in_and_is_audited
    a_nul_in_a_text_is_left_out
    a_pass_counts_down_and_undo_gives_the_visit_back
    undo_ends_after_sixty_seconds_and_happens_once
    the_average_is_over_the_visits_of_today_that_people_ended
    a_command_counts_when_it_was_made_but_not_from_long_ago_or_the_future
    a_snapshot_and_its_position_are_one
    the_log_says_what_was_published
    an_ack_means_on_disk
    a_commit_that_fails_is_answered_as_retryable_and_publishes_nothing
    the_log_lives_as_long_as_its_database
    two_letters_find_the_right_person
    a_wrong_check_digit_is_named
    numbers_are_given_out_once
    a_second_click_on_renew_sells_nothing_twice
    roles_are_checked_by_the_use_cases
    the_demo_is_made_once_and_shows_every_standing
    the_demo_can_be_made_right_after_the_day_began
}

async fn sixty_four_desks_scan_one_member_and_one_visit_begins(on: Backend) {
    let gym = Gym::open(on).await;
    let member = gym.member("Ana Lía", Some(1)).await;
    let scans = (0..64).map(|_| {
        let (store, code) = (gym.store.clone(), member.member.number.clone());
        tokio::spawn(async move { check_in(&store, context(), check_in_of(&code)).await })
    });
    let mut visits = std::collections::HashSet::new();
    let mut events = 0;
    for scan in scans.collect::<Vec<_>>() {
        let answer = scan.await.expect("no panic").expect("a friendly answer");
        events += usize::from(answer.event.is_some());
        visits.insert(card(answer).visit.expect("everybody sees the visit").id);
    }
    assert_eq!((visits.len(), events), (1, 1));
    assert_eq!(gym.count("SELECT COUNT(*) FROM visits").await, 1);
    assert_eq!(gym.stats().await, (1, 1, None));
}

async fn a_hundred_parallel_check_ins_equal_the_database(on: Backend) {
    let gym = Gym::open(on).await;
    let mut codes = Vec::new();
    for i in 0..100 {
        codes.push(gym.member(&format!("Member {i}"), Some(1)).await.member.number);
    }
    let scans: Vec<_> = codes
        .into_iter()
        .map(|code| {
            let store = gym.store.clone();
            tokio::spawn(async move { check_in(&store, context(), check_in_of(&code)).await })
        })
        .collect();
    let mut places = Vec::new();
    for scan in scans {
        places.push(scan.await.expect("no panic").expect("let in").event.expect("an event").1);
    }
    places.sort_unstable();
    assert_eq!(places, (1..=100).collect::<Vec<u64>>());

    // What was published is in order, without a hole, and its figures are the database's.
    let commits = std::mem::take(&mut *gym.commits.lock().expect("unpoisoned"));
    let published: Vec<u64> =
        commits.iter().flat_map(|commit| commit.events.iter().map(|event| event.offset)).collect();
    assert_eq!(published, (1..=100).collect::<Vec<u64>>());
    let last = commits.last().and_then(|commit| commit.stats).expect("figures");
    assert_eq!((last.currently_in, last.today_total, last.as_of_offset), (100, 100, 100));
    assert_eq!(gym.stats().await, (100, 100, None));
    assert!(commits.len() < 100, "a burst is committed in groups");
}

async fn a_job_that_fails_or_panics_undoes_itself_and_no_neighbour(on: Backend) {
    let gym = Gym::open(on).await;
    let jobs: Vec<_> = (0..30_i64)
        .map(|i| {
            let (store, now) = (gym.store.clone(), gym.now());
            tokio::spawn(async move {
                store
                    .write(move |tx| {
                        Box::pin(async move {
                            sql::query("INSERT INTO settings (name, value) VALUES ($1, 'x')")
                                .bind(format!("job {i}"))
                                .execute(&mut **tx)
                                .await?;
                            let visit = visit_of(VisitId(Uuid::from_u128(i as u128)), now);
                            let fact = Activity::CheckedOut { visit };
                            let event = NewEvent { fact, at: now, origin: None, outcome: None };
                            let place = tx.emit(event);
                            match i % 3 {
                                0 => Ok(place),
                                1 => Err(StoreError::Refused(ErrorBody::field("i", "odd one"))),
                                _ => panic!("a mistake in a job"),
                            }
                        })
                    })
                    .await
            })
        })
        .collect();
    let mut places = Vec::new();
    for (i, job) in jobs.into_iter().enumerate() {
        match (i % 3, job.await.expect("the caller does not panic")) {
            (0, Ok(place)) => places.push(place.get().expect("on disk")),
            (1, Err(StoreError::Refused(body))) => assert_eq!(body.code, ErrorCode::InvalidInput),
            (2, Err(StoreError::Refused(body))) => assert_eq!(body.code, ErrorCode::Internal),
            (_, other) => panic!("{other:?}"),
        }
    }
    places.sort_unstable();
    assert_eq!(places, (1..=10).collect::<Vec<u64>>());
    assert_eq!(gym.count("SELECT COUNT(*) FROM settings WHERE name LIKE 'job %'").await, 10);
    assert_eq!(gym.count("SELECT COUNT(*) FROM events").await, 10);
    assert_eq!(gym.top().await, 10);
}

fn visit_of(id: VisitId, check_in_time: Millis) -> Visit {
    Visit {
        id,
        member: protocol::gym::MemberRef {
            id: MemberId(Uuid::nil()),
            number: String::new(),
            full_name: String::new(),
        },
        location: "Desk".to_owned(),
        check_in_time,
        check_out_time: None,
        closed_automatically: false,
    }
}

async fn the_same_id_runs_once_and_is_answered_alike(on: Backend) {
    let gym = Gym::open(on).await;
    let member = gym.member("Ana Lía", Some(2)).await;
    let context = context();
    let first = gym.check_in(context.clone(), &member.member.number).await.expect("let in");
    gym.pass_time(HOUR);
    let second = gym.check_in(context.clone(), &member.member.number).await.expect("let in");
    assert!(first.fresh && !second.fresh);
    assert_eq!(first.outcome, second.outcome);
    assert_eq!((first.event, second.event), (Some((Topic::CheckIns, 1)), first.event));
    gym.scan(&gym.member("Bo", Some(1)).await.member.number).await;
    let third = gym.check_in(context.clone(), &member.member.number).await.expect("let in");
    assert_eq!(third.event, Some((Topic::CheckIns, 2)), "where the log ends");
    assert_eq!(gym.count("SELECT COUNT(*) FROM visits").await, 2);
    assert_eq!(gym.count("SELECT CAST(SUM(visits_left) AS BIGINT) FROM subscriptions").await, 1);
    assert_eq!(gym.top().await, 2);

    // Corrected by the clock offset it is still the same command; with another member it is not.
    let stamped = CheckIn { at: Some(gym.now()), ..check_in_of(&member.member.number) };
    let third = check_in(&gym.store, context.clone(), stamped).await.expect("let in");
    assert_eq!(third.outcome, first.outcome);
    let other = gym.member("Cy", Some(1)).await;
    let conflict = gym.check_in(context.clone(), &other.member.number).await;
    assert_eq!(code(conflict), ErrorCode::IdConflict);
    let undo = UndoCheckIn { visit: VisitId(Uuid::nil()), at: None };
    assert_eq!(code(undo_check_in(&gym.store, context, undo).await), ErrorCode::IdConflict);
}

async fn a_refusal_with_an_id_stays_a_refusal(on: Backend) {
    let gym = Gym::open(on).await;
    let member = gym.member("Ana Lía", Some(1)).await;
    let (context, out) =
        (context(), CheckOut { member: Some(member.member.number.clone()), ..CheckOut::default() });
    let first = check_out(&gym.store, context.clone(), out.clone()).await;
    assert_eq!(code(first), ErrorCode::NotCheckedIn);
    gym.scan(&member.member.number).await;
    // The late repetition of the same command must not end the visit that began since.
    assert_eq!(code(check_out(&gym.store, context, out).await), ErrorCode::NotCheckedIn);
    assert_eq!(gym.stats().await.0, 1);
}

async fn a_second_scan_within_ten_seconds_repeats_the_first_card(on: Backend) {
    let gym = Gym::open(on).await;
    let member = gym.member("Ana Lía", Some(1)).await;
    let first = gym.scan(&member.member.number).await;
    assert_eq!((first.verdict, first.visit_of_month), (Verdict::Allow, Some(1)));
    gym.pass_time(9 * SECOND);
    let second = gym.scan(&member.member.id.to_string()).await;
    assert_eq!(second, CheckInAnswer { repeated: true, ..first.clone() });
    // The time counts from the first scan, so a card left on the reader becomes amber.
    gym.pass_time(2 * SECOND);
    let third = gym.scan(&member.member.number).await;
    let since = first.visit.as_ref().expect("a visit").check_in_time;
    let reason = Reason::AlreadyIn { since, location: "Front desk".to_owned() };
    assert_eq!((third.verdict, third.reason, third.repeated), (Verdict::Warn, Some(reason), false));
    assert_eq!(third.visit, first.visit);
    assert_eq!(gym.top().await, 1);
}

async fn a_refused_member_is_in_the_log_once_and_in_after_renewing(on: Backend) {
    let gym = Gym::open(on).await;
    let member = gym.member("Ana Lía", Some(1)).await;
    gym.sql("UPDATE subscriptions SET starts_on = '2026-10-20', ends_on = '2026-11-19'").await;
    let red = gym.scan(&member.member.number).await;
    assert_eq!((red.verdict, &red.reason), (Verdict::Deny, &Some(Reason::Expired { days: 3 })));
    assert_eq!((red.visit.as_ref(), gym.top().await), (None, 1));
    assert_eq!(gym.scan(&member.member.number).await, CheckInAnswer { repeated: true, ..red });
    assert_eq!(gym.top().await, 1);

    gym.pass_time(SECOND);
    gym.sql("UPDATE subscriptions SET created_at = 0").await;
    let renewed = gym.renew(&member).await;
    assert_eq!(renewed.standing, Standing::Active);
    assert_eq!(
        renewed.membership.and_then(|membership| membership.ends_on).as_deref(),
        Some("2026-12-21")
    );
    assert_eq!(gym.scan(&member.member.number).await.verdict, Verdict::Allow);
    let events = gym.store.events_after(Topic::CheckIns, 0, 10).await.expect("the log");
    assert!(matches!(events[0].message, ServerMessage::MemberRefused(_)));
    assert!(matches!(events[1].message, ServerMessage::MemberCheckedIn { .. }));
}

async fn an_override_lets_in_and_is_audited(on: Backend) {
    let gym = Gym::open(on).await;
    let member = gym.member("Ana Lía", None).await;
    let red = gym.scan(&member.member.number).await;
    assert_eq!((red.verdict, red.reason), (Verdict::Deny, Some(Reason::NoSubscription)));
    let command = CheckIn {
        override_reason: Some("trial visit".to_owned()),
        ..check_in_of(&member.member.number)
    };
    let amber = card(check_in(&gym.store, context(), command).await.expect("let in"));
    let reason = Reason::Overridden { reason: "trial visit".to_owned() };
    assert_eq!((amber.verdict, amber.reason), (Verdict::Warn, Some(reason)));
    assert!(amber.visit.is_some());
    let audited = "SELECT COUNT(*) FROM audit WHERE action = 'check_in_overridden'
                    AND reason = 'trial visit' AND actor_name = 'Dana Desk'";
    assert_eq!(gym.count(audited).await, 1);
}

async fn a_nul_in_a_text_is_left_out(on: Backend) {
    let gym = Gym::open(on).await;
    let member = gym.member("Ana Lía", Some(1)).await;
    let notes = Some("left\0 early".to_owned());
    let command = CheckIn { notes, ..check_in_of(&member.member.number) };
    check_in(&gym.store, context(), command).await.expect("let in");
    assert_eq!(gym.count("SELECT COUNT(*) FROM visits WHERE notes = 'left early'").await, 1);
    assert_eq!(code(gym.check_in(context(), "04\0").await), ErrorCode::MemberNotFound);
}

async fn a_pass_counts_down_and_undo_gives_the_visit_back(on: Backend) {
    let gym = Gym::open(on).await;
    let member = gym.member("Ana Lía", Some(2)).await;
    let left = |card: &CheckInAnswer| card.membership.as_ref().and_then(|m| m.visits_left);

    let first = gym.scan(&member.member.number).await;
    assert_eq!((first.verdict, left(&first)), (Verdict::Allow, Some(1)));
    gym.undo(first.visit.as_ref().expect("a visit")).await.expect("taken back");
    assert_eq!(gym.count("SELECT visits_left FROM subscriptions").await, 2);
    assert_eq!(gym.stats().await, (0, 0, None));
    assert_eq!(gym.count("SELECT COUNT(*) FROM audit WHERE action = 'check_in_undone'").await, 1);

    // Undone and scanned again within ten seconds: a new visit, not the card of the old one.
    let again = gym.scan(&member.member.number).await;
    assert_eq!((again.repeated, left(&again), again.visit_of_month), (false, Some(1), Some(1)));
    gym.check_out(&member).await.expect("out");
    let last = gym.scan(&member.member.number).await;
    assert_eq!((last.reason.as_ref(), left(&last)), (Some(&Reason::LastVisit), Some(0)));
    gym.check_out(&member).await.expect("out");
    gym.pass_time(MINUTE);
    let red = gym.scan(&member.member.number).await;
    assert_eq!((red.verdict, red.reason), (Verdict::Deny, Some(Reason::NoVisitsLeft)));
}

async fn undo_ends_after_sixty_seconds_and_happens_once(on: Backend) {
    let gym = Gym::open(on).await;
    let ana = gym.member("Ana Lía", Some(1)).await;
    let bo = gym.member("Bo Lin", Some(1)).await;
    let visit = gym.scan(&ana.member.number).await.visit.expect("a visit");
    gym.pass_time(60 * SECOND);
    let first = gym.undo(&visit).await.expect("the last moment");
    let second = gym.undo(&visit).await.expect("two desks are both right");
    assert_eq!(first.outcome, second.outcome);
    assert_eq!((first.event.map(|(_, place)| place), second.event), (Some(2), None));

    let visit = gym.scan(&bo.member.number).await.visit.expect("a visit");
    gym.pass_time(60 * SECOND + 1);
    assert_eq!(code(gym.undo(&visit).await), ErrorCode::UndoExpired);
    assert_eq!(gym.stats().await, (1, 1, None));

    // Queued offline for an hour: nobody could see the card before it was recorded.
    let late = CommandContext { at: Some(gym.now() - HOUR), ..context() };
    let visit =
        card(gym.check_in(late, &ana.member.number).await.expect("in")).visit.expect("a visit");
    assert_eq!(visit.check_in_time, gym.now() - HOUR);
    gym.undo(&visit).await.expect("taken back");
}

async fn the_average_is_over_the_visits_of_today_that_people_ended(on: Backend) {
    let gym = Gym::open(on).await;
    let ana = gym.member("Ana Lía", Some(1)).await;
    let bo = gym.member("Bo Lin", Some(1)).await;
    let cy = gym.member("Cy Young", Some(1)).await;
    for member in [&ana, &bo, &cy] {
        gym.scan(&member.member.number).await;
    }
    gym.pass_time(30 * MINUTE);
    gym.check_out(&ana).await.expect("out");
    gym.pass_time(60 * MINUTE);
    gym.check_out(&bo).await.expect("out");
    assert_eq!(gym.stats().await, (1, 3, Some(60.0)));
    assert_eq!(code(gym.check_out(&bo).await), ErrorCode::NotCheckedIn);

    // The next morning: the day has rolled over without an event, and whoever forgot is still in
    // until the gym closes the visit itself.
    let morning = at("2026-11-23T03:00:00Z");
    gym.now.store(morning - 1, Ordering::Relaxed);
    assert_eq!(gym.stats().await, (1, 3, Some(60.0)));
    gym.now.store(morning, Ordering::Relaxed);
    assert_eq!(gym.stats().await, (1, 0, None));
    assert_eq!(close_forgotten(&gym.store, morning).await, Ok(1));
    assert_eq!(close_forgotten(&gym.store, morning).await, Ok(0));
    assert_eq!(gym.stats().await, (0, 0, None));
    let events = gym.store.events_after(Topic::CheckIns, 5, 10).await.expect("the log");
    assert!(
        matches!(&events[..], [one] if matches!(&one.message, ServerMessage::MemberCheckedOut(v) if v.closed_automatically))
    );
}

async fn a_command_counts_when_it_was_made_but_not_from_long_ago_or_the_future(on: Backend) {
    let gym = Gym::open(on).await;
    let ana = gym.member("Ana Lía", Some(1)).await;
    let scan = |by: Millis| {
        let context = CommandContext { at: Some(gym.now() + by), ..context() };
        check_in(&gym.store, context, check_in_of(&ana.member.number))
    };
    assert_eq!(code(scan(-24 * HOUR - 1).await), ErrorCode::TooOld);
    assert_eq!(code(scan(2 * SECOND + 1).await), ErrorCode::FromTheFuture);
    let visit = card(scan(2 * SECOND).await.expect("in")).visit.expect("a visit");
    assert_eq!(visit.check_in_time, gym.now(), "a clock a little ahead is set right");
    gym.undo(&visit).await.expect("taken back");
    // Yesterday evening: an open visit, and none of today's.
    let late = card(scan(-20 * HOUR).await.expect("in"));
    assert_eq!(late.verdict, Verdict::Deny, "the plan began today");
}

async fn a_snapshot_and_its_position_are_one(on: Backend) {
    let gym = Gym::open(on).await;
    let mut codes = Vec::new();
    for i in 0..60 {
        codes.push(gym.member(&format!("Member {i}"), Some(1)).await.member.number);
    }
    let scans: Vec<_> = codes
        .into_iter()
        .map(|code| {
            let store = gym.store.clone();
            tokio::spawn(async move { check_in(&store, context(), check_in_of(&code)).await })
        })
        .collect();
    for _ in 0..40 {
        let shown = snapshot::snapshot(&gym.store, &desk()).await.expect("a snapshot");
        let (stats, offset) = (shown.data.stats, shown.position.offset);
        // Every event so far is a check-in, so the offset says what the figures must be.
        assert_eq!((stats.currently_in as u64, stats.as_of_offset), (offset, offset));
        assert_eq!(shown.data.hours.iter().sum::<i64>(), stats.today_total);
        assert_eq!(shown.data.visits.len() as u64, offset.min(50));
        assert_eq!(shown.data.activity.len() as u64, offset.min(50));
        tokio::task::yield_now().await;
    }
    for scan in scans {
        scan.await.expect("no panic").expect("in");
    }
    let shown = snapshot::snapshot(&gym.store, &desk()).await.expect("a snapshot");
    assert_eq!(shown.position.offset, 60);
    // From 04:00 to 11:00 is seven full hours and the one that has begun.
    assert_eq!(shown.data.hours, [0, 0, 0, 0, 0, 0, 0, 60]);
    assert_eq!(shown.data.clock.utc_offset_minutes, 60);
}

async fn the_log_says_what_was_published(on: Backend) {
    let gym = Gym::open(on).await;
    let ana = gym.member("Ana Lía", Some(1)).await;
    let bo = gym.member("Bo Lin", None).await;
    let visit = gym.scan(&ana.member.number).await.visit.expect("a visit");
    gym.scan(&bo.member.number).await;
    gym.undo(&visit).await.expect("taken back");
    gym.scan(&ana.member.number).await;
    gym.check_out(&ana).await.expect("out");

    let log = gym.store.events_after(Topic::CheckIns, 0, 100).await.expect("the log");
    let commits = std::mem::take(&mut *gym.commits.lock().expect("unpoisoned"));
    let published: Vec<_> = commits.iter().flat_map(|commit| &commit.events).collect();
    assert_eq!(log.len(), 5);
    for (read, published) in log.iter().zip(published) {
        assert_eq!((read.offset, read.ts), (published.offset, published.ts));
        assert_eq!(read.message, published.message);
        let origin = published.origin.expect("a command made it");
        assert_eq!(origin.connection, ConnectionId(Uuid::from_u128(8)));
        assert!(origin.message.is_some() && published.outcome.is_some());
    }
    let after = gym.store.events_after(Topic::CheckIns, 3, 1).await.expect("the log");
    assert_eq!(after.iter().map(|event| event.offset).collect::<Vec<_>>(), [4]);

    gym.sql("UPDATE events SET version = 2 WHERE place = 4").await;
    let unreadable = gym.store.events_after(Topic::CheckIns, 0, 100).await;
    assert!(matches!(unreadable, Err(ReplayError::Unreadable { offset: 4, version: 2, .. })));
}

async fn an_ack_means_on_disk(on: Backend) {
    let gym = Gym::open(on).await;
    let setting = async |name: &'static str| {
        gym.store
            .write(move |tx| {
                Box::pin(async move {
                    Ok(sql::query_scalar::<String>(name).fetch_one(&mut **tx).await?)
                })
            })
            .await
            .expect("the writer answers")
    };
    match on {
        Backend::Sqlite => {
            let pragmas = "SELECT s.synchronous || ' ' || j.journal_mode || ' ' || f.foreign_keys
                             FROM pragma_synchronous s, pragma_journal_mode j, pragma_foreign_keys f";
            assert_eq!(setting(pragmas).await, "2 wal 1");
        }
        Backend::Postgres => assert_eq!(setting("SHOW synchronous_commit").await, "on"),
    }
    let refused = sql::query("DELETE FROM visits").execute(gym.store.reader()).await;
    assert!(refused.is_err(), "the readers cannot write");
}

async fn a_commit_that_fails_is_answered_as_retryable_and_publishes_nothing(on: Backend) {
    let gym = Gym::open(on).await;
    let ana = gym.member("Ana Lía", Some(1)).await;
    // A constraint that is looked at only when the group commits.
    gym.sql("CREATE TABLE late (id TEXT REFERENCES visits (id) DEFERRABLE INITIALLY DEFERRED)")
        .await;
    gym.commits.lock().expect("unpoisoned").clear();
    let broken = {
        let store = gym.store.clone();
        async move {
            store
                .write(|tx| {
                    Box::pin(async move {
                        sql::query("INSERT INTO late VALUES ('nobody')").execute(&mut **tx).await?;
                        Ok(())
                    })
                })
                .await
        }
    };
    let (broken, scanned) = tokio::join!(broken, gym.check_in(context(), &ana.member.number));
    let body: ErrorBody = broken.expect_err("not committed").into();
    assert!(body.retryable);
    match scanned {
        // In the same group it shares the fate; in the next one it is untouched.
        Err(body) => {
            assert!(body.retryable);
            assert_eq!(gym.top().await, 0);
            assert!(gym.commits.lock().expect("unpoisoned").is_empty());
            gym.scan(&ana.member.number).await;
        }
        Ok(_) => assert_eq!(gym.top().await, 1),
    }
    assert_eq!(gym.stats().await, (1, 1, None));
}

async fn the_log_lives_as_long_as_its_database(on: Backend) {
    let gym = Gym::open(on).await;
    let ana = gym.member("Ana Lía", Some(1)).await;
    gym.scan(&ana.member.number).await;
    let epoch = gym.store.epoch(Topic::CheckIns).await.expect("an epoch");
    let again = open(&gym.database, &gym.now, &gym.commits).await;
    assert_eq!(again.epoch(Topic::CheckIns).await.expect("an epoch"), epoch);
    assert_eq!(again.top(Topic::CheckIns).await.expect("a top"), 1);
    let other = Gym::open(on).await;
    assert_ne!(other.store.epoch(Topic::CheckIns).await.expect("an epoch"), epoch);
}

async fn two_letters_find_the_right_person(on: Backend) {
    let gym = Gym::open(on).await;
    let zoe = gym.member("Zoë Škvorecký", Some(1)).await;
    let ana = gym.member("Ana Zoellner", None).await;
    let phone = NewMember {
        full_name: "Ben Ibáñez".to_owned(),
        phone: Some("+44 7700 900123".to_owned()),
        ..NewMember::default()
    };
    let ben = members::create_member(&gym.store, &desk(), phone).await.expect("a member");
    let number = zoe.member.number.clone();
    for (text, expected) in [
        ("zo", vec![&zoe, &ana]),
        ("ZOË", vec![&zoe, &ana]),
        ("sk", vec![&zoe]),
        ("zo skv", vec![&zoe]),
        ("iban", vec![&ben]),
        ("0123", vec![&ben]),
        ("07700 900", vec![&ben]),
        (number.as_str(), vec![&zoe]),
        (&number[2..], vec![&zoe]),
        ("z", vec![]),
        ("xy", vec![]),
        ("%%", vec![]),
    ] {
        let found = members::find_members(&gym.store, &desk(), text).await.expect("an answer");
        let names = |rows: &[&MemberRow]| -> Vec<String> {
            rows.iter().map(|row| row.member.full_name.clone()).collect()
        };
        assert_eq!(names(&found.iter().collect::<Vec<_>>()), names(&expected), "{text}");
    }
    let page = members::members_page(&gym.store, &desk(), "", 9).await.expect("a page");
    assert_eq!((page.total, page.page, page.rows.len()), (3, 1, 3));
}

async fn a_wrong_check_digit_is_named(on: Backend) {
    let gym = Gym::open(on).await;
    let ana = gym.member("Ana Lía", Some(1)).await;
    let mut wrong = ana.member.number.clone();
    let last = wrong.pop().expect("a digit");
    wrong.push(if last == '9' { '0' } else { char::from(last as u8 + 1) });
    let error = gym.check_in(context(), &wrong).await.expect_err("a typing error");
    assert_eq!(error.code, ErrorCode::MemberNotFound);
    assert!(error.message.contains("check digit"), "{}", error.message);
    // The same number in other clothes is the same member, and so is the card.
    gym.sql("UPDATE members SET card_code = '04AB12CD'").await;
    let spaced = ana.member.number.replace("M-", " m ");
    for text in [spaced.as_str(), "04ab 12cd", &ana.member.id.to_string()] {
        assert_eq!(gym.scan(text).await.member.id, ana.member.id, "{text}");
    }
}

async fn numbers_are_given_out_once(on: Backend) {
    let gym = Gym::open(on).await;
    let created: Vec<_> = (0..40)
        .map(|i| {
            let store = gym.store.clone();
            let member = NewMember { full_name: format!("Member {i}"), ..NewMember::default() };
            tokio::spawn(async move { members::create_member(&store, &desk(), member).await })
        })
        .collect();
    let mut numbers = std::collections::HashSet::new();
    for member in created {
        numbers.insert(member.await.expect("no panic").expect("a member").member.number);
    }
    assert_eq!(numbers.len(), 40);
}

async fn a_second_click_on_renew_sells_nothing_twice(on: Backend) {
    let gym = Gym::open(on).await;
    let ana = gym.member("Ana Lía", Some(1)).await;
    gym.pass_time(HOUR);
    for _ in 0..2 {
        gym.renew(&ana).await;
    }
    assert_eq!(gym.count("SELECT COUNT(*) FROM subscriptions").await, 2);
    let last = "SELECT COUNT(*) FROM subscriptions
                 WHERE starts_on = '2026-12-22' AND ends_on = '2027-01-21'";
    assert_eq!(gym.count(last).await, 1);
    let nobody = gym.member("No Plan", None).await;
    let error = members::renew(&gym.store, &desk(), nobody.member.id).await.expect_err("no plan");
    assert_eq!(error.field.as_deref(), Some("plan"));
}

async fn roles_are_checked_by_the_use_cases(on: Backend) {
    let gym = Gym::open(on).await;
    let ana = gym.member("Ana Lía", Some(1)).await;
    let trainer = actor(Role::Trainer);
    let context = CommandContext { actor: trainer.clone(), ..context() };
    let refused = check_in(&gym.store, context, check_in_of(&ana.member.number)).await;
    assert_eq!(code(refused), ErrorCode::NotAllowed);
    let renewed = members::renew(&gym.store, &trainer, ana.member.id).await;
    assert_eq!(renewed.expect_err("a refusal").code, ErrorCode::NotAllowed);
    assert!(snapshot::snapshot(&gym.store, &trainer).await.is_ok());
    let player = snapshot::snapshot(&gym.store, &actor(Role::Player)).await;
    assert_eq!(player.expect_err("a refusal").code, ErrorCode::NotAllowed);
}

async fn the_demo_is_made_once_and_shows_every_standing(on: Backend) {
    let gym = Gym::open(on).await;
    gym.sql("DELETE FROM plans").await;
    gym.now.store(at("2026-11-22T17:30:00Z"), Ordering::Relaxed);
    let begun = std::time::Instant::now();
    assert_eq!(seed_demo(&gym.store, gym.now()).await, Ok(true));
    assert!(begun.elapsed() < std::time::Duration::from_secs(2), "{:?}", begun.elapsed());
    assert_eq!(seed_demo(&gym.store, gym.now()).await, Ok(false));

    let shown = snapshot::snapshot(&gym.store, &desk()).await.expect("a snapshot");
    assert_eq!((shown.data.clock.gym.as_str(), shown.data.clock.capacity), ("Harbour Gym", 60));
    assert_eq!(shown.data.stats.currently_in, 18);
    assert!(shown.data.stats.today_total > 40, "{:?}", shown.data.stats);
    let average = shown.data.stats.average_stay_minutes.expect("people have left");
    assert!((60.0..80.0).contains(&average), "{average}");
    let refused = shown.data.activity.iter().filter(|a| matches!(a, Activity::Refused(_))).count();
    assert!(refused > 1, "{refused}");
    let log = gym.store.events_after(Topic::CheckIns, 0, 1_000).await.expect("the log");
    assert_eq!(log.last().map(|event| event.offset), Some(shown.position.offset));

    let mut standings = std::collections::HashSet::new();
    for page in 1..=8 {
        let page = members::members_page(&gym.store, &desk(), "", page).await.expect("a page");
        assert_eq!(page.total, 200);
        standings.extend(page.rows.iter().map(|row| format!("{:?}", row.standing)));
    }
    assert_eq!(standings.len(), 7, "{standings:?}");
    assert!(gym.count("SELECT COUNT(*) FROM visits").await > 500);
}

async fn the_demo_can_be_made_right_after_the_day_began(on: Backend) {
    for time in ["2026-11-22T03:00:00Z", "2026-11-22T03:20:00Z", "2026-11-23T02:59:59Z"] {
        let gym = Gym::open(on).await;
        gym.sql("DELETE FROM plans").await;
        gym.now.store(at(time), Ordering::Relaxed);
        assert_eq!(seed_demo(&gym.store, gym.now()).await, Ok(true));
        let shown = snapshot::snapshot(&gym.store, &desk()).await.expect("a snapshot");
        assert_eq!(shown.data.visits.first().map(|v| v.check_in_time > gym.now()), Some(false));
        assert!(shown.data.stats.today_total >= shown.data.stats.currently_in);
    }
}
