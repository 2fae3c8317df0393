//! Rows of `users`.

use crate::{
    Id, StoreError, Tx,
    sql::{self, Db},
};
use protocol::{ErrorBody, ErrorCode, UserId, account::Role};

/// Text in the form of an e-mail address. Whether it exists only a message to it would show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// Reads what was typed.
    pub fn parse(text: &str) -> Result<Self, ErrorBody> {
        let text = text.trim();
        let good = text.len() <= 254
            && !text.contains(|c: char| c.is_whitespace() || c.is_control())
            && text.split_once('@').is_some_and(|(name, host)| {
                !name.is_empty() && !host.is_empty() && !host.contains('@')
            });
        if good {
            Ok(Self(text.to_owned()))
        } else {
            Err(ErrorBody::field("email", "Enter an e-mail address such as name@example.org."))
        }
    }

    /// As it was typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which two spellings of one address are equal.
    pub fn key(&self) -> String {
        self.0.to_lowercase()
    }
}

/// An account to make.
#[derive(Clone)]
pub struct NewAccount {
    /// Its id.
    pub id: UserId,
    /// Its address.
    pub email: Email,
    /// The name to show.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// The password's hash.
    pub password_hash: String,
}

/// What signing in needs of an account.
#[derive(Clone)]
pub struct LoginRow {
    /// The account.
    pub id: UserId,
    /// The password's hash.
    pub password_hash: String,
    /// Whether it may sign in at all.
    pub disabled: bool,
}

/// Makes an account; a second one with the same address is a conflict.
pub async fn insert(tx: &mut Tx, account: &NewAccount) -> Result<(), StoreError> {
    let now = tx.now();
    let done = sql::query(
        "INSERT INTO users (id, email, email_key, name, role, password_hash, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (email_key) DO NOTHING",
    )
    .bind(Id(account.id.0))
    .bind(account.email.as_str())
    .bind(account.email.key())
    .bind(&account.name)
    .bind(account.role.name())
    .bind(&account.password_hash)
    .bind(now)
    .execute(&mut **tx)
    .await?;
    if done.rows_affected() == 1 {
        return Ok(());
    }
    let taken = format!("There is an account with the address {} already.", account.email.as_str());
    Err(ErrorBody::new(ErrorCode::Conflict, taken).into())
}

/// The account with an address.
pub async fn login(db: impl Db, email: &Email) -> Result<Option<LoginRow>, sqlx::Error> {
    let row: Option<(Id, String, bool)> = sql::query_as(
        "SELECT id, password_hash, disabled_at IS NOT NULL FROM users WHERE email_key = $1",
    )
    .bind(email.key())
    .fetch_optional(db)
    .await?;
    Ok(row.map(|(id, password_hash, disabled)| LoginRow {
        id: UserId(id.0),
        password_hash,
        disabled,
    }))
}

/// How many accounts there are.
pub async fn count(db: impl Db) -> Result<i64, sqlx::Error> {
    sql::query_scalar("SELECT count(*) FROM users").fetch_one(db).await
}

/// Replaces a password; the demo accounts get new ones when theirs are not the fixed ones.
pub async fn set_password(tx: &mut Tx, user: UserId, hash: &str) -> Result<(), sqlx::Error> {
    sql::query("UPDATE users SET password_hash = $2 WHERE id = $1")
        .bind(Id(user.0))
        .bind(hash)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{GymTime, Store};
    use cadence_config::DatabaseSettings;
    use uuid::Uuid;

    #[test]
    fn addresses_are_trimmed_and_compared_without_case() {
        let email = Email::parse("  Sam@Cadence.Test ").expect("an address");
        assert_eq!(email.as_str(), "Sam@Cadence.Test");
        assert_eq!(email.key(), "sam@cadence.test");
    }

    #[test]
    fn what_cannot_be_an_address_is_refused() {
        for text in ["", "sam", "@x", "sam@", "a b@c", "a@b@c", "a@b\n"] {
            let good = text.trim() == "a@b";
            assert_eq!(Email::parse(text).is_ok(), good, "{text:?}");
        }
    }

    #[tokio::test]
    async fn one_address_has_one_account_whatever_its_case() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = DatabaseSettings::sqlite(folder.path().join("test.db"));
        let time = GymTime::new("Test", jiff::tz::TimeZone::UTC);
        let store = Store::open(&database, time, |_| {}).await.expect("a store");
        let make = async |id, email, role| {
            let account = NewAccount {
                id,
                email: Email::parse(email).expect("an address"),
                name: "Sam".to_owned(),
                role,
                password_hash: String::new(),
            };
            store.write(move |tx| Box::pin(async move { insert(tx, &account).await })).await
        };
        make(UserId(Uuid::nil()), "sam@cadence.test", Role::Staff).await.expect("a new account");
        let made = make(UserId(Uuid::max()), "SAM@cadence.test", Role::Admin).await;
        let body = ErrorBody::from(made.expect_err("a conflict"));
        assert_eq!(body.code, ErrorCode::Conflict);
    }
}
