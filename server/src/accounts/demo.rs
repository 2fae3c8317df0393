//! The accounts of the demo and the practices of its player.

use super::create_admin::{create, generated_password, set_password};
use crate::{auth::Auth, guitar::practice};
use cadence_store::{
    accounts::{self, Email},
    read_failed,
};
use protocol::{ErrorBody, ErrorCode, account::Role};

/// An account of the demo.
#[derive(Clone)]
pub struct DemoAccount {
    /// The address to sign in with.
    pub email: &'static str,
    /// What it may do.
    pub role: Role,
    /// The password to print.
    pub password: String,
}

const DEMO: [(&str, &str, &str, Role); 6] = [
    ("admin@cadence.test", "demo-admin", "Ada Admin", Role::Admin),
    ("manager@cadence.test", "demo-manager", "Mara Manager", Role::Manager),
    ("staff@cadence.test", "demo-staff", "Sam Staff", Role::Staff),
    ("trainer@cadence.test", "demo-trainer", "Toni Trainer", Role::Trainer),
    ("desk@cadence.test", "demo-desk", "Dana Desk", Role::FrontDesk),
    ("player@cadence.test", "demo-player", "Pat Player", Role::Player),
];

/// Makes the accounts of the demo and the player's practices. On loopback the passwords are
/// fixed; where other machines can reach the server they are generated anew on each start, so
/// that no known password ever opens it.
pub async fn seed_demo_accounts(
    auth: &Auth,
    loopback: bool,
) -> Result<Vec<DemoAccount>, ErrorBody> {
    let mut made = Vec::with_capacity(DEMO.len());
    for (email, fixed, name, role) in DEMO {
        let password = if loopback { fixed.to_owned() } else { generated_password() };
        let address = Email::parse(email)?;
        let login = || accounts::login(auth.store().reader(), &address);
        let mut known = login().await.map_err(read_failed)?;
        if known.is_none() {
            match create(auth, address.clone(), name.to_owned(), role, password.clone()).await {
                Ok(user) if role == Role::Player => practice::seed_demo(auth, user).await?,
                Ok(_) => {}
                // Another node that starts now has made it meanwhile.
                Err(taken) if taken.code == ErrorCode::Conflict => {
                    known = login().await.map_err(read_failed)?;
                }
                Err(error) => return Err(error),
            }
        }
        if let Some(known) = known {
            let same = auth.passwords().verify(password.clone(), Some(known.password_hash)).await?;
            if !same {
                set_password(auth, known.id, password.clone()).await?;
            }
        }
        made.push(DemoAccount { email, role, password });
    }
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::test_auth;
    use protocol::UserId;

    #[tokio::test]
    async fn demo_passwords_are_fixed_on_loopback_only() {
        let test = test_auth::auth().await;
        let here = seed_demo_accounts(&test.auth, true).await.expect("made");
        assert_eq!(here[0].password, "demo-admin");
        let page = practice::page(
            &test.auth,
            cadence_base::identity::PracticeOwner::User(
                user_of(&test, "player@cadence.test").await,
            ),
            None,
        );
        assert!(page.await.expect("a page").total >= 3);
        let everywhere = seed_demo_accounts(&test.auth, false).await.expect("made");
        assert_ne!(everywhere[0].password, "demo-admin");
        assert_eq!(everywhere.len(), 6);
    }

    async fn user_of(test: &test_auth::TestAuth, email: &str) -> UserId {
        let email = Email::parse(email).expect("an address");
        let login = accounts::login(test.auth.store().reader(), &email).await;
        login.expect("read").expect("the account").id
    }
}
