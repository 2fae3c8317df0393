//! What the tests of sign-in and guitar sessions stand on: a database of their own and a clock
//! that they move.

use super::Auth;
use cadence_base::token::{hash_token, random_token};
use cadence_config::{Config, DatabaseSettings, SigningSecret};
use cadence_store::{GymTime, Id, Store, accounts, sql};
use protocol::{Millis, UserId, account::Role};
use std::{
    collections::HashMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};
use uuid::Uuid;

/// When the tests begin: 2026-11-22, noon UTC.
pub(crate) const START: Millis = 1_795_348_800_000;

pub(crate) struct TestAuth {
    pub(crate) auth: Auth,
    clock: Arc<AtomicI64>,
    _folder: tempfile::TempDir,
}

pub(crate) fn config() -> Config {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Leptos.toml");
    let mut config = Config::parse(&shipped, HashMap::new()).expect("the shipped file is right");
    config.auth.secret = SigningSecret::new(random_token::<32>());
    config
}

pub(crate) async fn auth() -> TestAuth {
    auth_with(|_| {}).await
}

pub(crate) async fn auth_with(change: impl FnOnce(&mut Config)) -> TestAuth {
    let mut config = config();
    change(&mut config);
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Arc::new(AtomicI64::new(START));
    let hand = Arc::clone(&clock);
    let time = GymTime::new("Test", jiff::tz::TimeZone::UTC)
        .with_clock(move || hand.load(Ordering::SeqCst));
    let database = DatabaseSettings::sqlite(folder.path().join("test.db"));
    let store = Store::open(&database, time, |_| {}).await.expect("a store");
    let auth = Auth::new(&config, store).expect("keys");
    TestAuth { auth, clock, _folder: folder }
}

impl TestAuth {
    /// Moves the clock.
    pub(crate) fn pass(&self, ms: Millis) {
        self.clock.fetch_add(ms, Ordering::SeqCst);
    }

    /// An account without a usable password: hashing one takes long.
    pub(crate) async fn account(&self, email: &str, role: Role) -> UserId {
        let account = accounts::NewAccount {
            id: UserId(Id::new(self.auth.now()).0),
            email: accounts::Email::parse(email).expect("an address"),
            name: email.to_owned(),
            role,
            password_hash: hash_token("none"),
        };
        let id = account.id;
        self.auth
            .store()
            .write(move |tx| Box::pin(async move { accounts::insert(tx, &account).await }))
            .await
            .expect("a new account");
        id
    }

    pub(crate) async fn disable(&self, user: UserId) {
        self.execute("UPDATE users SET disabled_at = 1 WHERE id = $1", user.0).await;
    }

    pub(crate) async fn change_role(&self, user: UserId, role: Role) {
        assert_eq!(role, Role::Trainer, "the only one that a test needs");
        self.execute("UPDATE users SET role = 'trainer' WHERE id = $1", user.0).await;
    }

    async fn execute(&self, statement: &'static str, id: Uuid) {
        self.auth
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    sql::query(statement).bind(Id(id)).execute(&mut **tx).await?;
                    Ok(())
                })
            })
            .await
            .expect("written");
    }
}
