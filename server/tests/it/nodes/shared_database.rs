//! Several nodes on one PostgreSQL database, and a database that goes away and comes back. Nothing
//! here waits for time to pass: what must meet, meets at a barrier or at a lock.

use crate::{
    guitar::people::{Node, by_code, by_link},
    support::{
        backend::{Backend, TestDatabase},
        test_gym::{Gym, card, check_in_of, context},
        world::World,
    },
};
use cadence_config::{DatabaseSettings, DatabaseUrl};
use cadence_server::{
    auth::OriginKind,
    guitar::practice::{self, PracticeChange},
    gym::{check_in::check_in, check_out::close_forgotten, members},
};
use cadence_store::{
    GymTime, Store, StoreError,
    sql::{self, Conn},
};
use protocol::{
    ErrorBody, MessageId, Topic,
    account::Role,
    gym::{Reason, Verdict},
};
use sqlx::{Connection, Executor};
use std::{collections::HashSet, sync::Arc};
use tokio::sync::Barrier;
use uuid::Uuid;

async fn two_gyms() -> (Gym, Gym) {
    let one = Gym::open(Backend::Postgres).await;
    let two = one.another_node().await;
    (one, two)
}

async fn two_nodes() -> (Node, Node) {
    let database = TestDatabase::new(Backend::Postgres).await;
    tokio::join!(Node::on(&database), Node::on(&database))
}

#[tokio::test]
async fn two_nodes_scan_one_member_and_one_visit_begins() {
    let (one, two) = two_gyms().await;
    let member = one.member("Ana Lía", Some(2)).await;
    let scans = (0..64).map(|i| {
        let store = if i % 2 == 0 { one.store.clone() } else { two.store.clone() };
        let code = member.member.number.clone();
        tokio::spawn(async move { check_in(&store, context(), check_in_of(&code)).await })
    });
    let (mut visits, mut events, mut inside) = (HashSet::new(), 0, 0);
    for scan in scans.collect::<Vec<_>>() {
        let answer = scan.await.expect("no panic").expect("a friendly answer");
        events += usize::from(answer.event.is_some());
        let card = card(answer);
        inside +=
            usize::from(card.repeated || matches!(card.reason, Some(Reason::AlreadyIn { .. })));
        visits.insert(card.visit.expect("everybody sees the visit").id);
    }
    assert_eq!((visits.len(), events, inside), (1, 1, 63));
    assert_eq!(one.count("SELECT COUNT(*) FROM visits").await, 1);
    assert_eq!(two.count("SELECT visits_left FROM subscriptions").await, 1, "paid once");
}

#[tokio::test]
async fn two_nodes_number_their_events_without_holes_in_the_order_of_their_commits() {
    let (one, two) = two_gyms().await;
    let mut codes = Vec::new();
    for i in 0..120 {
        codes.push(one.member(&format!("Member {i}"), Some(1)).await.member.number);
    }
    // Twelve desks, six at each node, and each scans one after the other: many small groups.
    let desks: Vec<_> = codes
        .chunks(10)
        .zip([&one, &two].into_iter().cycle())
        .map(|(codes, gym)| {
            let (store, codes) = (gym.store.clone(), codes.to_vec());
            tokio::spawn(async move {
                let mut places = Vec::new();
                for code in codes {
                    let answer = check_in(&store, context(), check_in_of(&code)).await;
                    places.push(answer.expect("let in").event.expect("an event").1);
                }
                places
            })
        })
        .collect();
    let mut places = Vec::new();
    for desk in desks {
        places.extend(desk.await.expect("no panic"));
    }
    places.sort_unstable();
    assert_eq!(places, (1..=120).collect::<Vec<u64>>());
    assert_eq!(one.top().await, 120);

    let mut published = Vec::new();
    for gym in [&one, &two] {
        let commits = std::mem::take(&mut *gym.commits.lock().expect("unpoisoned"));
        assert!((2..60).contains(&commits.len()), "{} groups", commits.len());
        let mut before = 0;
        for commit in commits {
            let (first, last) = (commit.events[0].offset, commit.events.last().unwrap().offset);
            assert!(first > before, "this node's commits come in order");
            assert_eq!(last - first + 1, commit.events.len() as u64, "a commit has no hole");
            // Every event is a check-in, so the figures say what the counting could see.
            let stats = commit.stats.expect("figures");
            assert_eq!((stats.currently_in as u64, stats.as_of_offset), (last, last));
            before = last;
            published.extend(first..=last);
        }
    }
    published.sort_unstable();
    assert_eq!(published, (1..=120).collect::<Vec<u64>>());
}

#[tokio::test]
async fn one_command_sent_to_two_nodes_at_once_runs_once() {
    let (one, two) = two_gyms().await;
    for round in 0..10 {
        let member = one.member(&format!("Member {round}"), Some(1)).await;
        let (context, command) = (context(), check_in_of(&member.member.number));
        let (first, second) = tokio::join!(
            check_in(&one.store, context.clone(), command.clone()),
            check_in(&two.store, context, command)
        );
        let (first, second) = (first.expect("let in"), second.expect("let in"));
        assert_eq!(first.outcome, second.outcome);
        assert!(first.fresh != second.fresh, "one ran it, the other was told");
        let (made, told) = if first.fresh { (first, second) } else { (second, first) };
        assert!(told.event >= made.event, "an answer must not overtake the event");
    }
    assert_eq!(one.count("SELECT COUNT(*) FROM visits").await, 10);
    assert_eq!(one.top().await, 10);
}

#[tokio::test]
async fn forgotten_visits_are_closed_once_and_renewing_twice_sells_one_plan() {
    let (one, two) = two_gyms().await;
    let mut last = None;
    for i in 0..20 {
        let member = one.member(&format!("Member {i}"), Some(1)).await;
        one.scan(&member.member.number).await;
        last = Some(member.member.id);
    }
    let morning = one.now() + 20 * 3_600_000;
    let (first, second) =
        tokio::join!(close_forgotten(&one.store, morning), close_forgotten(&two.store, morning));
    assert_eq!(first.unwrap() + second.unwrap(), 20);
    assert_eq!(one.top().await, 40);

    one.sql("UPDATE subscriptions SET created_at = 0").await;
    let (desk, member) = (crate::support::test_gym::desk(), last.expect("twenty"));
    let (first, second) = tokio::join!(
        members::renew(&one.store, &desk, member),
        members::renew(&two.store, &desk, member)
    );
    assert_eq!(first.expect("renewed"), second.expect("renewed already"));
    assert_eq!(one.count("SELECT COUNT(*) FROM subscriptions").await, 21);
}

#[tokio::test]
async fn of_two_jobs_that_wait_for_each_other_one_is_undone_and_no_neighbour() {
    let (one, two) = two_gyms().await;
    one.sql("INSERT INTO settings (name, value) VALUES ('a', '0'), ('b', '0')").await;
    let both_hold_one = Arc::new(Barrier::new(2));
    let crossing = |gym: &Gym, first: &'static str, second: &'static str| {
        let (store, met) = (gym.store.clone(), Arc::clone(&both_hold_one));
        async move {
            store
                .write(move |tx| {
                    Box::pin(async move {
                        add_one(tx, first).await?;
                        met.wait().await;
                        add_one(tx, second).await?;
                        Ok(())
                    })
                })
                .await
        }
    };
    let neighbour = |gym: &Gym, name: &'static str| {
        let store = gym.store.clone();
        async move {
            store
                .write(move |tx| {
                    Box::pin(async move {
                        let insert = "INSERT INTO settings (name, value) VALUES ($1, '0')";
                        sql::query(insert).bind(name).execute(&mut **tx).await?;
                        Ok(())
                    })
                })
                .await
        }
    };
    let (before, ab, ba, after) = tokio::join!(
        neighbour(&one, "before"),
        crossing(&one, "a", "b"),
        crossing(&two, "b", "a"),
        neighbour(&two, "after")
    );
    assert!(before.is_ok() && after.is_ok(), "{before:?} {after:?}");
    let failed: Vec<ErrorBody> =
        [ab, ba].into_iter().filter_map(Result::err).map(Into::into).collect();
    assert_eq!(failed.len(), 1, "one gave way");
    assert!(failed[0].retryable);
    assert_eq!(one.count("SELECT COUNT(*) FROM settings WHERE value = '1'").await, 2);
    assert_eq!(one.count("SELECT COUNT(*) FROM settings").await, 4);
}

async fn add_one(conn: &mut Conn, name: &str) -> Result<(), StoreError> {
    let done = sql::query("UPDATE settings SET value = '1' WHERE name = $1").bind(name);
    done.execute(conn).await?;
    Ok(())
}

#[tokio::test]
async fn a_connection_that_is_killed_in_the_middle_of_a_group_fails_retryable() {
    let gym = Gym::open(Backend::Postgres).await;
    let ana = gym.member("Ana Lía", Some(1)).await;
    gym.commits.lock().expect("unpoisoned").clear();
    let killed = gym.store.write(|tx| {
        Box::pin(async move {
            sql::query("INSERT INTO settings (name, value) VALUES ('x', 'y')")
                .execute(&mut **tx)
                .await?;
            sql::query("SELECT pg_terminate_backend(pg_backend_pid())").execute(&mut **tx).await?;
            Ok(())
        })
    });
    let body: ErrorBody = killed.await.expect_err("the connection is gone").into();
    assert!(body.retryable);
    assert!(gym.commits.lock().expect("unpoisoned").is_empty());
    assert_eq!(gym.count("SELECT COUNT(*) FROM settings").await, 0);
    assert_eq!(gym.scan(&ana.member.number).await.verdict, Verdict::Allow);
}

#[tokio::test]
async fn a_connection_that_broke_while_nothing_happened_is_replaced_unnoticed() {
    let gym = Gym::open(Backend::Postgres).await;
    let ana = gym.member("Ana Lía", Some(1)).await;
    let mut admin = gym.database.connect().await;
    let killed = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
    admin.execute(killed).await.unwrap();
    assert_eq!(gym.scan(&ana.member.number).await.verdict, Verdict::Allow);
    assert_eq!(gym.stats().await, (1, 1, None));
}

#[tokio::test]
async fn a_commit_without_an_answer_is_retryable_and_its_repetition_safe() {
    let gym = Gym::open(Backend::Postgres).await;
    let ana = gym.member("Ana Lía", Some(1)).await;
    let mut admin = gym.database.connect().await;
    // The connection ends while it commits.
    admin
        .execute(
            "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS
               $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
             CREATE CONSTRAINT TRIGGER late AFTER INSERT ON visits DEFERRABLE INITIALLY DEFERRED
               FOR EACH ROW EXECUTE FUNCTION die()",
        )
        .await
        .unwrap();
    let context = context();
    let lost = gym.check_in(context.clone(), &ana.member.number).await.expect_err("no answer");
    assert!(lost.retryable);
    admin.execute("DROP TRIGGER late ON visits").await.unwrap();
    gym.check_in(context.clone(), &ana.member.number).await.expect("let in");
    assert!(!gym.check_in(context, &ana.member.number).await.expect("let in").fresh);
    assert_eq!(gym.count("SELECT COUNT(*) FROM visits").await, 1);
    assert_eq!(gym.top().await, 1);
}

#[tokio::test]
async fn an_error_that_a_job_keeps_to_itself_is_never_an_ack() {
    let gym = Gym::open(Backend::Postgres).await;
    let careless = gym.store.write(|tx| {
        Box::pin(async move {
            sql::query("INSERT INTO settings (name, value) VALUES ('x', 'y')")
                .execute(&mut **tx)
                .await?;
            // PostgreSQL undoes all of a transaction in which a statement failed.
            assert!(sql::query("SELECT nothing").execute(&mut **tx).await.is_err());
            Ok(())
        })
    });
    assert!(ErrorBody::from(careless.await.expect_err("nothing was kept")).retryable);
    assert_eq!(gym.count("SELECT COUNT(*) FROM settings").await, 0);
}

#[tokio::test]
async fn two_nodes_start_at_once_on_an_empty_database() {
    let (one, two) = two_nodes().await;
    let topic = Topic::CheckIns;
    let epoch = one.store.epoch(topic).await.expect("an epoch");
    assert_eq!(two.store.epoch(topic).await.expect("an epoch"), epoch);
    assert_eq!(one.store.top(topic).await.expect("a top"), 0);
}

#[tokio::test]
async fn an_ack_means_on_disk_whatever_the_server_says() {
    for (setting, kept) in [("off", "on"), ("local", "on"), ("remote_apply", "remote_apply")] {
        let database = TestDatabase::new(Backend::Postgres).await;
        let mut admin = database.connect().await;
        let weak = format!("SET synchronous_commit = {setting}");
        let name: String =
            sqlx::query_scalar("SELECT current_database()").fetch_one(&mut admin).await.unwrap();
        let weak = format!("ALTER DATABASE {name} {weak}");
        admin.execute(sqlx::AssertSqlSafe(weak)).await.unwrap();
        let node = Node::on(&database).await;
        let found = node.store.write(|tx| {
            Box::pin(async move {
                let shown = sql::query_scalar::<String>("SHOW synchronous_commit");
                Ok(shown.fetch_one(&mut **tx).await?)
            })
        });
        assert_eq!(found.await.unwrap(), kept);
        admin.close().await.unwrap();
    }
}

#[tokio::test]
async fn what_is_recorded_carries_the_time_of_the_database() {
    let database = TestDatabase::new(Backend::Postgres).await;
    let clock = GymTime::new("Test", jiff::tz::TimeZone::UTC);
    let store = Store::open(&database.settings, clock, |_| {}).await.unwrap();
    let (ours, theirs) = store
        .write(|tx| {
            Box::pin(async move {
                let now = "SELECT CAST(FLOOR(EXTRACT(EPOCH FROM now()) * 1000) AS BIGINT)";
                let theirs = sql::query_scalar::<i64>(now).fetch_one(&mut **tx).await?;
                Ok((tx.now(), theirs))
            })
        })
        .await
        .unwrap();
    assert_eq!(ours, theirs);
    assert!((store.clock().now() - theirs).abs() < 10_000);
}

#[tokio::test]
async fn a_database_that_cannot_be_reached_is_named_without_its_password() {
    let mut settings = DatabaseSettings::sqlite("unused");
    let url = "postgres://cadence:hidden@127.0.0.1:1/gym".to_owned();
    settings.url = DatabaseUrl::try_from(url).unwrap();
    let clock = GymTime::new("Test", jiff::tz::TimeZone::UTC);
    let refused = Store::open(&settings, clock, |_| {}).await.err().expect("nobody listens there");
    let shown = format!("{refused:#} {refused:?}");
    assert!(shown.contains("cannot open the PostgreSQL database gym at 127.0.0.1:1"), "{shown}");
    assert!(!shown.contains("hidden"), "{shown}");
}

#[tokio::test]
async fn both_databases_have_the_same_tables() {
    let columns = "SELECT table_name, column_name, data_type || COALESCE(collation_name, '')
                     FROM information_schema.columns
                    WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations'
                    ORDER BY table_name COLLATE \"C\", ordinal_position";
    let in_sqlite =
        "SELECT m.name, c.name, CASE WHEN c.type = 'TEXT' THEN 'textC' ELSE 'bigint' END
                       FROM sqlite_schema m, pragma_table_info(m.name) c
                      WHERE m.type = 'table' AND m.name NOT LIKE '_sqlx%'
                        AND m.name NOT LIKE 'sqlite_%'
                      ORDER BY m.name, c.cid";
    let read = async |on, statement: &'static str| -> Vec<(String, String, String)> {
        let node = Node::on(&TestDatabase::new(on).await).await;
        sql::query_as(statement).fetch_all(node.store.reader()).await.unwrap()
    };
    let postgres = read(Backend::Postgres, columns).await;
    assert!(postgres.len() > 80, "{}", postgres.len());
    assert_eq!(postgres, read(Backend::Sqlite, in_sqlite).await);
}

#[tokio::test]
async fn of_two_phones_that_join_two_nodes_at_once_one_plays() {
    let (one, two) = two_nodes().await;
    for _ in 0..5 {
        let opened = one.stage().await;
        let (first, second) = tokio::join!(one.join(by_link(&opened)), two.join(by_link(&opened)));
        let roles = [first.unwrap().identity.role, second.unwrap().identity.role];
        assert!(roles.contains(&Role::Performer) && roles.contains(&Role::Spectator), "{roles:?}");
    }
}

#[tokio::test]
async fn a_session_shows_one_code_when_two_nodes_make_one() {
    let (one, two) = two_nodes().await;
    let opened = one.stage().await;
    let proof = opened.host_secret.clone().unwrap();
    let cookies = cadence_server::auth::cookies::Cookies {
        host: Some(format!("{}.{proof}", opened.session)),
        ..Default::default()
    };
    let host = one.auth.host(&cookies).await.unwrap().unwrap();
    let new = cadence_server::guitar::pairing::new_code;
    let (first, second, _) = tokio::join!(
        new(&one.auth, &host),
        new(&two.auth, &host),
        two.join(by_code(&opened.code.text))
    );
    let codes = [opened.code, first.unwrap().code, second.unwrap().code];
    let mut good = 0;
    for code in codes {
        good += usize::from(one.join(by_code(&code.text)).await.is_ok());
    }
    assert_eq!(good, 1, "the others have ended");
}

#[tokio::test]
async fn a_practice_that_two_nodes_start_at_once_is_one() {
    let (one, two) = two_nodes().await;
    let opened = one.stage().await;
    let session = opened.session;
    let (first, second) = tokio::join!(
        one.practise(session, MessageId(Uuid::now_v7()), PracticeChange::Start),
        two.practise(session, MessageId(Uuid::now_v7()), PracticeChange::Start)
    );
    assert!(first.unwrap().changed != second.unwrap().changed);
    let (first, second) = tokio::join!(
        one.practise(session, MessageId(Uuid::now_v7()), PracticeChange::Pause),
        practice::sweep(&two.store, &two.config.guitar, two.auth.now() + 600_000, &[], None)
    );
    let paused = usize::from(first.unwrap().changed) + second.unwrap().len();
    assert_eq!(paused, 1, "it stands since one moment");
    let owner = cadence_base::identity::PracticeOwner::Guest(opened.guest.unwrap().0);
    assert_eq!(practice::page(&one.auth, owner, None).await.unwrap().total, 1);
}

#[tokio::test]
async fn tickets_work_once_and_refresh_tokens_on_every_node() {
    let (one, two) = two_nodes().await;
    let tokens = one.signed_in().await;
    let absent = OriginKind::Absent;
    for _ in 0..5 {
        let ticket = one.auth.issue_ticket(&tokens.staff, &absent).await.unwrap();
        let (first, second) =
            tokio::join!(one.auth.redeem(&ticket, &absent), two.auth.redeem(&ticket, &absent));
        assert!(first.is_ok() != second.is_ok());
    }
    // Two tabs that a proxy has sent to two nodes.
    let (first, second) =
        tokio::join!(one.refreshed(&tokens.refresh), two.refreshed(&tokens.refresh));
    assert_eq!(first.unwrap().staff.sign_in, second.unwrap().staff.sign_in);
    assert_eq!(two.auth.revoke(tokens.staff.sign_in).await, Ok(true));
    assert_eq!(one.auth.staff(&tokens.access).await, Ok(None), "at once, everywhere");
}

#[tokio::test]
async fn a_server_is_ready_again_when_its_database_is() {
    let database = TestDatabase::new(Backend::Postgres).await;
    let world = World::on(&database).await;
    let health = async || {
        let answer = world.http.get(world.url("/health/ready")).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert_eq!(
        health().await,
        (200, r#"{"ready":true,"database":"ok","stopping":false}"#.to_owned())
    );
    let token = world.sign_in("desk").await;
    let member = world.members_outside(&token, 1).await.remove(0);
    let mut dashboard = world.desk(&token).await;

    database.stop().await;
    assert_eq!(health().await.0, 503);
    let id = Uuid::new_v4();
    let body = serde_json::json!({"id": id, "member": member});
    let (status, answer) = world.post("/api/check-ins", Some(&token), body.clone()).await;
    assert_eq!((status, &answer["code"]), (503, &"unavailable".into()), "{answer}");
    assert_eq!(answer["retryable"], true, "{answer}");

    database.start().await;
    assert_eq!(health().await.0, 200);
    let (status, answer) = world.post("/api/check-ins", Some(&token), body).await;
    assert_eq!(status, 200, "{answer}");
    dashboard.hear("member_checked_in").await;
}
