//! A database of a test's own, in SQLite or in PostgreSQL.

use cadence_config::{DatabaseSettings, DatabaseUrl};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::sync::Arc;
use tempfile::TempDir;

/// Where a contract test runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Backend {
    Sqlite,
    Postgres,
}

/// Runs each test on both databases: `sqlite::…` and `postgres::…`.
macro_rules! on_both {
    ($($name:ident)*) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $name() {
                super::$name(crate::support::backend::Backend::Sqlite).await;
            })*
        }
        mod postgres {
            $(#[tokio::test]
            async fn $name() {
                super::$name(crate::support::backend::Backend::Postgres).await;
            })*
        }
    };
}
pub(crate) use on_both;

/// An empty database. A PostgreSQL one stays until its throwaway server ends.
#[derive(Clone)]
pub(crate) struct TestDatabase {
    pub(crate) settings: DatabaseSettings,
    /// The address of the PostgreSQL database.
    pub(crate) url: String,
    name: String,
    _folder: Arc<TempDir>,
}

impl TestDatabase {
    pub(crate) async fn new(on: Backend) -> Self {
        let folder = Arc::new(TempDir::new().unwrap());
        let mut settings = DatabaseSettings::sqlite(folder.path().join("test.db"));
        let (mut url, mut name) = (String::new(), String::new());
        if on == Backend::Postgres {
            name = format!("test_{}", uuid::Uuid::new_v4().simple());
            create(&name).await;
            url = url_of(&name);
            settings.url = DatabaseUrl::try_from(url.clone()).unwrap();
        }
        Self { settings, url, name, _folder: folder }
    }

    /// A connection past the server, to do what an administrator could.
    pub(crate) async fn connect(&self) -> PgConnection {
        PgConnection::connect(&self.url).await.unwrap()
    }

    /// Ends every connection of the servers and lets nobody in, as when PostgreSQL is stopped.
    pub(crate) async fn stop(&self) {
        let mut admin = admin().await;
        let name = &self.name;
        let closed = format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false");
        admin.execute(AssertSqlSafe(closed)).await.unwrap();
        let ended = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                      WHERE datname = $1";
        sqlx::query(ended).bind(name).execute(&mut admin).await.unwrap();
    }

    /// Lets the servers in again.
    pub(crate) async fn start(&self) {
        let opened = format!("ALTER DATABASE {} WITH ALLOW_CONNECTIONS true", self.name);
        admin().await.execute(AssertSqlSafe(opened)).await.unwrap();
    }
}

async fn create(name: &str) {
    let mut admin = admin().await;
    // Sorted as people do it: a statement that rests on the order of bytes must say so.
    let as_people_do = format!(
        "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'
         LOCALE_PROVIDER icu ICU_LOCALE 'en-US'"
    );
    if admin.execute(AssertSqlSafe(as_people_do)).await.is_err() {
        // Before PostgreSQL 15, or built without ICU.
        let plain = format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'");
        admin.execute(AssertSqlSafe(plain)).await.unwrap();
    }
}

async fn admin() -> PgConnection {
    PgConnection::connect(&server()).await.unwrap()
}

fn url_of(name: &str) -> String {
    let server = server();
    let (address, _) = server.rsplit_once('/').unwrap();
    format!("{address}/{name}")
}

/// The server that the runner has started, as the address of a database that is always there.
fn server() -> String {
    std::env::var("CADENCE_TEST_POSTGRES").unwrap_or_else(|_| {
        panic!(
            "CADENCE_TEST_POSTGRES is not set: run the tests through `cargo xtask test`, which \
             starts a PostgreSQL server for them"
        )
    })
}
