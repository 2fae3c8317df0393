//! Making the first administrator.

use crate::auth::{Auth, password};
use anyhow::{Context, bail};
use cadence_base::token::random_token;
use cadence_config::Config;
use cadence_store::{
    Id, Store, StoreError,
    accounts::{self, Email, NewAccount},
};
use protocol::{ErrorBody, UserId, account::Role};

/// What `cadence-server create-admin` asks for.
#[derive(Clone)]
pub struct NewAdmin {
    /// The address to sign in with.
    pub email: String,
    /// The name to show.
    pub name: String,
    /// The password.
    pub password: String,
}

const HELP: &str = "\
Usage: cadence-server create-admin --email ADDRESS --name NAME [--generate]

Makes an administrator. The password is read from standard input, one line; with --generate it
is made and printed once.";

/// `cadence-server create-admin`.
pub async fn run(config: &Config, arguments: &[String]) -> anyhow::Result<()> {
    let Some(options) = AdminOptions::parse(arguments)? else {
        println!("{HELP}");
        return Ok(());
    };
    let store = Store::open(&config.database, config.into(), |_| {}).await?;
    let auth = Auth::new(config, store)?;
    let password = if options.generate { generated_password() } else { typed_password()? };
    let email = options.email.clone();
    let admin = NewAdmin { email, name: options.name, password: password.clone() };
    create_admin(&auth, admin).await?;
    println!("{} may sign in now.", options.email);
    if options.generate {
        println!("The password, shown only this once: {password}");
    }
    Ok(())
}

struct AdminOptions {
    email: String,
    name: String,
    generate: bool,
}

impl AdminOptions {
    /// `None` when help is wanted.
    fn parse(arguments: &[String]) -> anyhow::Result<Option<Self>> {
        let (mut email, mut name, mut generate) = (None, None, false);
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match argument.as_str() {
                "--help" | "-h" => return Ok(None),
                "--email" => email = rest.next().cloned(),
                "--name" => name = rest.next().cloned(),
                "--generate" => generate = true,
                unknown => bail!("unknown option {unknown}\n\n{HELP}"),
            }
        }
        let email = email.with_context(|| format!("--email is missing\n\n{HELP}"))?;
        let name = name.with_context(|| format!("--name is missing\n\n{HELP}"))?;
        Ok(Some(Self { email, name, generate }))
    }
}

/// One line of standard input. A terminal shows what is typed; a pipe or --generate does not.
fn typed_password() -> anyhow::Result<String> {
    use std::io::{BufRead, IsTerminal};
    let input = std::io::stdin();
    if input.is_terminal() {
        eprint!("Password (it will be visible): ");
    }
    let mut line = String::new();
    input.lock().read_line(&mut line).context("the password cannot be read")?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

/// Makes an administrator; an address that is taken is a conflict.
pub async fn create_admin(auth: &Auth, admin: NewAdmin) -> Result<UserId, ErrorBody> {
    let email = Email::parse(&admin.email)?;
    let name = admin.name.trim();
    if name.chars().count() < 2 {
        return Err(ErrorBody::field("name", "A name has at least 2 characters."));
    }
    check_password(&admin.password)?;
    create(auth, email, name.to_owned(), Role::Admin, admin.password).await
}

/// A generated password: 100 bits, easy to type.
pub fn generated_password() -> String {
    let token = random_token::<13>();
    let part = |from: usize| token.get(from..from + 5).unwrap_or_default();
    [part(0), part(5), part(10), part(15), part(20)].join("-")
}

fn check_password(password: &str) -> Result<(), ErrorBody> {
    let length = password.chars().count();
    if length < password::SHORTEST {
        let text = format!("A password has at least {} characters.", password::SHORTEST);
        return Err(ErrorBody::field("password", text));
    }
    if length > password::LONGEST {
        let text = format!("A password has at most {} characters.", password::LONGEST);
        return Err(ErrorBody::field("password", text));
    }
    Ok(())
}

pub(super) async fn create(
    auth: &Auth,
    email: Email,
    name: String,
    role: Role,
    password: String,
) -> Result<UserId, ErrorBody> {
    let password_hash = auth.passwords().hash(password).await?;
    let id = UserId(Id::new(auth.now()).0);
    let account = NewAccount { id, email, name, role, password_hash };
    auth.store()
        .write(move |tx| Box::pin(async move { accounts::insert(tx, &account).await }))
        .await?;
    Ok(id)
}

pub(super) async fn set_password(
    auth: &Auth,
    user: UserId,
    password: String,
) -> Result<(), ErrorBody> {
    let hash = auth.passwords().hash(password).await?;
    let written: Result<(), StoreError> = auth
        .store()
        .write(move |tx| {
            Box::pin(async move { Ok(accounts::set_password(tx, user, &hash).await?) })
        })
        .await;
    Ok(written?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::test_auth;
    use protocol::ErrorCode;

    fn admin(email: &str, name: &str, password: &str) -> NewAdmin {
        let text = str::to_owned;
        NewAdmin { email: text(email), name: text(name), password: text(password) }
    }

    #[tokio::test]
    async fn a_second_account_with_one_address_is_refused() {
        let test = test_auth::auth().await;
        let first = admin("boss@gym.example", "Boss", "long enough");
        create_admin(&test.auth, first.clone()).await.expect("made");
        let again = create_admin(&test.auth, first).await.expect_err("a conflict");
        assert_eq!(again.code, ErrorCode::Conflict);
    }

    #[tokio::test]
    async fn each_field_is_checked_and_named() {
        let test = test_auth::auth().await;
        for (field, wrong) in [
            ("email", admin("boss", "Boss", "long enough")),
            ("name", admin("boss@gym.example", " B ", "long enough")),
            ("password", admin("boss@gym.example", "Boss", "short")),
        ] {
            let refused = create_admin(&test.auth, wrong).await.expect_err(field);
            assert_eq!(refused.field.as_deref(), Some(field));
        }
    }

    #[test]
    fn generated_passwords_are_long_and_differ() {
        let (one, two) = (generated_password(), generated_password());
        assert_eq!(one.len(), 29);
        assert_ne!(one, two);
    }
}
