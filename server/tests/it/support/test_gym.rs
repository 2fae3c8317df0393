//! A gym for the tests of the store: its rules, its people, and a clock that the test moves.

use crate::support::backend::{Backend, TestDatabase};
use cadence_base::identity::StaffIdentity;
use cadence_server::gym::{
    check_in::check_in, check_out::check_out, members, undo_check_in::undo_check_in,
};
use cadence_store::{
    Commit, GymTime, Store,
    commands::{CommandAnswer, CommandContext},
    sql::{self, Query},
};
use protocol::{
    ConnectionId, ErrorBody, ErrorCode, MessageId, Millis, PlanId, SignInId, Topic, UserId,
    account::Role,
    gym::{CheckIn, CheckInAnswer, CheckOut, UndoCheckIn, Visit},
    http::{MemberRow, NewMember},
    server::Outcome,
};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicI64, Ordering},
};
use uuid::Uuid;

pub(crate) const SECOND: Millis = 1_000;
pub(crate) const MINUTE: Millis = 60 * SECOND;
pub(crate) const HOUR: Millis = 60 * MINUTE;

/// A gym in Berlin on 2026-11-22 at 11:00, with its four plans and nobody in it.
pub(crate) struct Gym {
    pub(crate) store: Store,
    pub(crate) now: Arc<AtomicI64>,
    pub(crate) commits: Arc<Mutex<Vec<Commit>>>,
    pub(crate) database: TestDatabase,
}

impl Gym {
    pub(crate) async fn open(on: Backend) -> Self {
        let database = TestDatabase::new(on).await;
        let now = Arc::new(AtomicI64::new(at("2026-11-22T10:00:00Z")));
        let commits = Arc::new(Mutex::new(Vec::new()));
        let store = open(&database, &now, &commits).await;
        let gym = Self { store, now, commits, database };
        for (id, name, months, visits) in [(1, "Monthly", 1, None), (2, "Pass", 12, Some(2))] {
            let insert = sql::query(
                "INSERT INTO plans (id, name, months, visits, position) VALUES ($1, $2, $3, $4, 0)",
            );
            gym.run_sql(
                insert.bind(Uuid::from_u128(id).to_string()).bind(name).bind(months).bind(visits),
            )
            .await;
        }
        gym
    }

    /// A second server on the same database.
    pub(crate) async fn another_node(&self) -> Self {
        let (database, now) = (self.database.clone(), Arc::clone(&self.now));
        let commits = Arc::default();
        let store = open(&database, &now, &commits).await;
        Self { store, now, commits, database }
    }

    /// Runs one statement in the writer.
    pub(crate) async fn run_sql(&self, statement: Query) {
        self.store
            .write(|tx| Box::pin(async move { Ok(statement.execute(&mut **tx).await?) }))
            .await
            .expect("the statement runs");
    }

    pub(crate) async fn sql(&self, statement: &'static str) {
        self.run_sql(sql::query(statement)).await;
    }

    pub(crate) fn pass_time(&self, by: Millis) {
        self.now.fetch_add(by, Ordering::Relaxed);
    }

    pub(crate) fn now(&self) -> Millis {
        self.now.load(Ordering::Relaxed)
    }

    pub(crate) async fn member(&self, name: &str, plan: Option<u128>) -> MemberRow {
        let member = NewMember {
            full_name: name.to_owned(),
            plan: plan.map(|plan| PlanId(Uuid::from_u128(plan))),
            ..NewMember::default()
        };
        members::create_member(&self.store, &desk(), member).await.expect("a member")
    }

    pub(crate) async fn renew(&self, member: &MemberRow) -> MemberRow {
        members::renew(&self.store, &desk(), member.member.id).await.expect("renewed")
    }

    pub(crate) async fn scan(&self, code: &str) -> CheckInAnswer {
        card(self.check_in(context(), code).await.expect("an answer"))
    }

    pub(crate) async fn check_in(
        &self,
        context: CommandContext,
        code: &str,
    ) -> Result<CommandAnswer, ErrorBody> {
        check_in(&self.store, context, check_in_of(code)).await
    }

    pub(crate) async fn undo(&self, visit: &Visit) -> Result<CommandAnswer, ErrorBody> {
        let command = UndoCheckIn { visit: visit.id, at: None };
        undo_check_in(&self.store, context(), command).await
    }

    pub(crate) async fn check_out(&self, member: &MemberRow) -> Result<CommandAnswer, ErrorBody> {
        let member = Some(member.member.number.clone());
        check_out(&self.store, context(), CheckOut { member, ..CheckOut::default() }).await
    }

    pub(crate) async fn stats(&self) -> (i64, i64, Option<f64>) {
        let stats = self.store.stats(self.now()).await.expect("figures");
        (stats.currently_in, stats.today_total, stats.average_stay_minutes)
    }

    pub(crate) async fn top(&self) -> u64 {
        self.store.top(Topic::CheckIns).await.expect("a top")
    }

    pub(crate) async fn count(&self, query: &'static str) -> i64 {
        sql::query_scalar(query).fetch_one(self.store.reader()).await.expect("a count")
    }
}

pub(crate) async fn open(
    database: &TestDatabase,
    now: &Arc<AtomicI64>,
    commits: &Arc<Mutex<Vec<Commit>>>,
) -> Store {
    let zone = jiff::tz::TimeZone::get("Europe/Berlin").expect("bundled");
    let (clock, seen) = (Arc::clone(now), Arc::clone(commits));
    let clock = GymTime::new("Test gym", zone).with_clock(move || clock.load(Ordering::Relaxed));
    Store::open(&database.settings, clock, move |commit| {
        seen.lock().expect("unpoisoned").push(commit);
    })
    .await
    .expect("a store")
}

pub(crate) fn at(text: &str) -> Millis {
    text.parse::<jiff::Timestamp>().expect("a timestamp").as_millisecond()
}

pub(crate) fn actor(role: Role) -> StaffIdentity {
    StaffIdentity {
        user: UserId(Uuid::from_u128(7)),
        sign_in: SignInId(Uuid::from_u128(9)),
        name: "Dana Desk".to_owned(),
        role,
        expires_at: Millis::MAX,
    }
}

pub(crate) fn desk() -> StaffIdentity {
    actor(Role::FrontDesk)
}

pub(crate) fn context() -> CommandContext {
    let (connection, message) =
        (Some(ConnectionId(Uuid::from_u128(8))), Some(MessageId(Uuid::new_v4())));
    CommandContext {
        id: MessageId(Uuid::new_v4()),
        actor: desk(),
        connection,
        message,
        at: None,
        permit: None,
    }
}

pub(crate) fn check_in_of(code: &str) -> CheckIn {
    CheckIn {
        member: code.to_owned(),
        location: None,
        notes: None,
        override_reason: None,
        at: None,
    }
}

pub(crate) fn card(answer: CommandAnswer) -> CheckInAnswer {
    match answer.outcome {
        Outcome::CheckIn(card) => card,
        other => panic!("{other:?} is no card"),
    }
}

pub(crate) fn code(result: Result<CommandAnswer, ErrorBody>) -> ErrorCode {
    result.expect_err("a refusal").code
}
