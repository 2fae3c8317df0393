//! Sign-in, pairing and practice over a real database, the same for SQLite and PostgreSQL.

use crate::support::{
    backend::{Backend, TestDatabase, on_both},
    world::shipped_settings,
};
use cadence_base::identity::PracticeOwner;
use cadence_config::Config;
use cadence_realtime::hub::Hub;
use cadence_server::{
    accounts::{
        create_admin::{NewAdmin, create_admin},
        sign_in::sign_in,
    },
    auth::{
        Auth, Caller, OriginKind, RequestIdentity,
        cookies::Cookies,
        refresh::{RefreshOutcome, SignInTokens},
    },
    guitar::{
        pairing::{self, HostedSession, JoinedPhone},
        practice::{self, PracticeAnswer, PracticeChange},
    },
};
use cadence_store::{GymTime, Store};
use protocol::{
    ErrorBody, ErrorCode, MessageId, Millis, SessionId,
    account::Role,
    guitar::{PracticeCommand, PracticeStatus},
    http::{JoinRequest, LoginRequest},
};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};
use uuid::Uuid;

on_both! {
    an_account_signs_in_refreshes_and_is_ended
    a_phone_joins_by_link_and_by_code_until_it_is_removed
    a_practice_is_counted_once_and_listed
    what_nobody_needs_is_forgotten
}

const SECOND: Millis = 1_000;
const DAY: Millis = 24 * 3_600 * SECOND;
const PASSWORD: &str = "correct horse battery";
/// 2026-11-22, noon UTC.
const START: Millis = 1_795_348_800_000;

/// One node: the use cases behind pages and API, on a database that others may use too.
pub(crate) struct Node {
    pub(crate) store: Store,
    pub(crate) auth: Auth,
    pub(crate) config: Config,
    clock: Arc<AtomicI64>,
    /// Its files are there as long as it is.
    _database: TestDatabase,
}

impl Node {
    pub(crate) async fn on(database: &TestDatabase) -> Self {
        let secret = "a secret of the tests, long enough".to_owned();
        let settings = HashMap::from([("CADENCE_AUTH__SECRET".to_owned(), secret)]);
        let config = Config::parse(shipped_settings(), settings).unwrap();
        let clock = Arc::new(AtomicI64::new(START));
        let hand = Arc::clone(&clock);
        let time = GymTime::new("Test", jiff::tz::TimeZone::UTC)
            .with_clock(move || hand.load(Ordering::SeqCst));
        let store = Store::open(&database.settings, time, |_| {}).await.unwrap();
        let auth = Auth::new(&config, store.clone()).unwrap();
        Self { store, auth, config, clock, _database: database.clone() }
    }

    fn pass(&self, ms: Millis) {
        self.clock.fetch_add(ms, Ordering::SeqCst);
    }

    /// Makes an administrator and signs in.
    pub(crate) async fn signed_in(&self) -> SignInTokens {
        let email = "boss@gym.example".to_owned();
        let admin =
            NewAdmin { email: email.clone(), name: "Boss".into(), password: PASSWORD.into() };
        create_admin(&self.auth, admin).await.unwrap();
        let request = LoginRequest { email, password: PASSWORD.to_owned() };
        sign_in(&self.auth, &Hub::new(16, 60_000), &browser(), request).await.unwrap()
    }

    pub(crate) async fn refreshed(&self, token: &str) -> Option<SignInTokens> {
        match self.auth.refresh(token).await.unwrap() {
            RefreshOutcome::Renewed(tokens) => Some(tokens),
            RefreshOutcome::Reused { .. } | RefreshOutcome::Refused => None,
        }
    }

    pub(crate) async fn stage(&self) -> HostedSession {
        pairing::open(&self.auth, &browser()).await.unwrap()
    }

    pub(crate) async fn join(&self, request: JoinRequest) -> Result<JoinedPhone, ErrorBody> {
        pairing::join(&self.auth, Some(PHONE), None, request, &|_, _| Box::pin(async { true }))
            .await
    }

    pub(crate) async fn practise(
        &self,
        session: SessionId,
        id: MessageId,
        step: PracticeChange,
    ) -> Result<PracticeAnswer, ErrorBody> {
        practice::command(&self.store, id, None, session, step, PracticeCommand::default()).await
    }
}

const PHONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 168, 1, 7));

fn browser() -> Caller {
    Caller {
        peer: PHONE,
        may_sign_in: true,
        origin: OriginKind::Ours("http://localhost:3000".to_owned()),
        who: RequestIdentity::default(),
        cookies: Cookies::default(),
    }
}

pub(crate) fn by_link(hosting: &HostedSession) -> JoinRequest {
    JoinRequest { secret: Some(hosting.secret.clone()), ..JoinRequest::default() }
}

pub(crate) fn by_code(code: &str) -> JoinRequest {
    JoinRequest { code: Some(code.to_owned()), ..JoinRequest::default() }
}

async fn an_account_signs_in_refreshes_and_is_ended(on: Backend) {
    let node = Node::on(&TestDatabase::new(on).await).await;
    let first = node.signed_in().await;
    let again = NewAdmin {
        email: "BOSS@gym.example".to_owned(),
        name: "Boss".to_owned(),
        password: PASSWORD.to_owned(),
    };
    let taken = create_admin(&node.auth, again).await.unwrap_err();
    assert_eq!(taken.code, ErrorCode::Conflict);
    let staff = node.auth.staff(&first.access).await.unwrap();
    assert_eq!(staff.map(|staff| staff.name), Some("Boss".to_owned()));

    let second = node.refreshed(&first.refresh).await.unwrap();
    assert_eq!(second.staff.sign_in, first.staff.sign_in);
    let ticket = node.auth.issue_ticket(&second.staff, &OriginKind::Absent).await.unwrap();
    assert!(node.auth.redeem(&ticket, &OriginKind::Absent).await.is_ok());
    assert!(node.auth.redeem(&ticket, &OriginKind::Absent).await.is_err(), "it works once");

    node.pass(31 * SECOND);
    assert!(node.refreshed(&first.refresh).await.is_none(), "used again, and long after");
    assert_eq!(node.auth.staff(&second.access).await, Ok(None), "so the whole sign-in has ended");
    assert_eq!(node.auth.revoke(second.staff.sign_in).await, Ok(false));
}

async fn a_phone_joins_by_link_and_by_code_until_it_is_removed(on: Backend) {
    let node = Node::on(&TestDatabase::new(on).await).await;
    let opened = node.stage().await;
    let player = node.join(by_link(&opened)).await.unwrap();
    assert_eq!(player.identity.role, Role::Performer);
    let watcher = node.join(by_link(&opened)).await.unwrap();
    assert_eq!(watcher.identity.role, Role::Spectator);
    let waiting = node.join(by_code(&opened.code.text)).await.unwrap().identity;
    assert_eq!(waiting.role, Role::Waiting);
    pairing::allow(&node.auth, opened.session, waiting.participant, Role::Spectator).await.unwrap();
    let known = node.auth.participant_row(waiting.participant).await.unwrap();
    assert_eq!(known.map(|phone| phone.role), Some(Role::Spectator));

    // The PC comes back with its cookie and finds the same session and code.
    let mut pc = browser();
    let proof = opened.host_secret.as_deref().unwrap();
    pc.cookies.host = Some(format!("{}.{proof}", opened.session));
    node.pass(60 * SECOND);
    let back = pairing::host(&node.auth, &pc).await.unwrap();
    assert_eq!((back.session, &back.code.text), (opened.session, &opened.code.text));
    assert!(back.code.expires_at > opened.code.expires_at);
    let host = node.auth.host(&pc.cookies).await.unwrap().unwrap();
    let renewed = pairing::new_code(&node.auth, &host).await.unwrap();
    let late = node.join(by_code(&opened.code.text)).await.err().unwrap();
    assert_eq!(late.code, ErrorCode::CodeExpired);
    let wrong = node.join(by_code("222222")).await.err().unwrap();
    assert_eq!(wrong.code, ErrorCode::WrongCode);

    let phone = player.identity.participant;
    let after = pairing::remove(&node.auth, opened.session, phone).await.unwrap();
    assert_eq!(node.auth.participant_row(phone).await, Ok(None));
    assert!(node.join(by_link(&renewed)).await.is_err(), "the old link leads nowhere");
    assert!(node.join(by_link(&after)).await.is_ok());
    pairing::leave(&node.auth, &watcher.identity).await.unwrap();
    assert_eq!(node.auth.participant_row(watcher.identity.participant).await, Ok(None));
}

async fn a_practice_is_counted_once_and_listed(on: Backend) {
    let node = Node::on(&TestDatabase::new(on).await).await;
    let opened = node.stage().await;
    let (session, owner) = (opened.session, PracticeOwner::Guest(opened.guest.unwrap().0));
    let nothing =
        node.practise(session, MessageId(Uuid::now_v7()), PracticeChange::Pause).await.unwrap_err();
    assert_eq!(nothing.code, ErrorCode::NoPractice);

    let id = MessageId(Uuid::now_v7());
    let started = node.practise(session, id, PracticeChange::Start).await.unwrap();
    assert!(started.changed && started.fresh);
    let chords = ["G", "C", "G"].map(str::to_owned).to_vec();
    practice::record_play(&node.store, session, chords, 2).await.unwrap();
    node.pass(60 * SECOND);
    assert!(
        !node.practise(session, id, PracticeChange::Start).await.unwrap().fresh,
        "the same command"
    );
    let other = node.practise(session, id, PracticeChange::End).await.unwrap_err();
    assert_eq!(other.code, ErrorCode::IdConflict);
    let page = practice::page(&node.auth, owner, None).await.unwrap();
    assert_eq!((page.total, page.total_ms), (1, 60_000), "it counts while it runs");
    assert_eq!(page.records[0].chords, ["G", "C"]);
    assert_eq!((page.records[0].elapsed_ms, page.records[0].changes), (60_000, 2));

    // A sign of life, and then nobody for longer than the gone time.
    let guitar = &node.config.guitar;
    let alive = |presence| practice::SessionActivity { session, input: presence, presence };
    let now = node.auth.now();
    let swept = practice::sweep(&node.store, guitar, now, &[alive(now)], None).await.unwrap();
    assert!(swept.is_empty());
    node.pass(600 * SECOND);
    let now = node.auth.now();
    let paused = practice::sweep(&node.store, guitar, now, &[], None).await.unwrap();
    assert_eq!(paused.len(), 1);
    assert_eq!(paused[0].1.elapsed_ms, 60_000);
    let ended =
        node.practise(session, MessageId(Uuid::now_v7()), PracticeChange::End).await.unwrap();
    assert_eq!(ended.update.status, PracticeStatus::Ended);

    node.practise(session, MessageId(Uuid::now_v7()), PracticeChange::Start).await.unwrap();
    node.pass(SECOND);
    let page = practice::page(&node.auth, owner, None).await.unwrap();
    assert_eq!((page.total, page.total_ms), (2, 61_000));
    assert_eq!(page.records[0].status, PracticeStatus::Started, "the newest first");
}

async fn what_nobody_needs_is_forgotten(on: Backend) {
    let node = Node::on(&TestDatabase::new(on).await).await;
    let tokens = node.signed_in().await;
    node.auth.issue_ticket(&tokens.staff, &OriginKind::Absent).await.unwrap();
    let opened = node.stage().await;
    node.practise(opened.session, MessageId(Uuid::now_v7()), PracticeChange::Start).await.unwrap();
    node.pass(100 * DAY);
    node.auth.purge(&node.config.retention).await.unwrap();
    assert_eq!(node.store.forget_commands(node.auth.now()).await.unwrap(), 1);
    assert!(!pairing::is_live(&node.store, opened.session).await.unwrap());
    assert_eq!(node.auth.sign_in_of(&tokens.refresh).await, Ok(None), "with its sign-in");
    assert!(practice::current(&node.store, opened.session).await.unwrap().is_some());
}
