//! Signing in with address and password.

use super::sign_out::sign_out;
use crate::auth::{
    Auth, Caller,
    refresh::SignInTokens,
    throttle::{Throttle, rate_limited},
};
use cadence_realtime::hub::Hub;
use cadence_store::{
    accounts::{self, Email},
    read_failed,
};
use protocol::{ErrorBody, ErrorCode, Millis, http::LoginRequest};
use std::hash::Hash;

/// Signs in. The account that was signed in here before is signed out: a browser has one account.
pub async fn sign_in(
    auth: &Auth,
    hub: &Hub,
    caller: &Caller,
    request: LoginRequest,
) -> Result<SignInTokens, ErrorBody> {
    let tokens = prove(auth, caller, request).await?;
    if !caller.who.bearer {
        // The access token may have expired before its sign-in.
        sign_out(auth, hub, caller, caller.cookies.refresh.as_deref()).await?;
    }
    Ok(tokens)
}

/// Proves an account by its password and opens a sign-in. Every try counts against the address
/// and against the account, until one is right.
async fn prove(
    auth: &Auth,
    caller: &Caller,
    request: LoginRequest,
) -> Result<SignInTokens, ErrorBody> {
    if !caller.may_sign_in {
        return Err(ErrorBody::new(
            ErrorCode::InsecureSignIn,
            "Over plain http, signing in works only on the machine itself: the password could be \
             read on the way. Use https.",
        ));
    }
    let email = Email::parse(&request.email)?;
    let throttles = auth.throttles();
    let now = auth.now();
    allow(&throttles.logins_of_address, &caller.peer, now)?;
    if let Err(refusal) = allow(&throttles.logins_of_account, &email.key(), now) {
        throttles.logins_of_address.give_back(&caller.peer);
        return Err(refusal);
    }
    let account = accounts::login(auth.store().reader(), &email).await.map_err(read_failed)?;
    let stored = account.as_ref().map(|account| account.password_hash.clone());
    let right = auth.passwords().verify(request.password, stored).await?;
    match account {
        Some(account) if right && !account.disabled => {
            throttles.logins_of_address.give_back(&caller.peer);
            throttles.logins_of_account.give_back(&email.key());
            auth.begin_sign_in(account.id).await
        }
        _ => Err(ErrorBody::new(ErrorCode::SignInRefused, "E-mail or password are wrong.")),
    }
}

fn allow<K: Eq + Hash + Clone>(
    throttle: &Throttle<K>,
    key: &K,
    now: Millis,
) -> Result<(), ErrorBody> {
    throttle.take(key, now).map_err(|wait| rate_limited("Too many tries to sign in.", wait))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        accounts::create_admin::{self, NewAdmin},
        auth::{OriginKind, RequestIdentity, cookies::Cookies, test_auth},
    };
    use std::net::IpAddr;

    const PASSWORD: &str = "correct horse battery";

    fn caller(peer: [u8; 4]) -> Caller {
        Caller {
            peer: IpAddr::from(peer),
            may_sign_in: true,
            origin: OriginKind::Absent,
            who: RequestIdentity::default(),
            cookies: Cookies::default(),
        }
    }

    fn request(email: &str, password: &str) -> LoginRequest {
        LoginRequest { email: email.to_owned(), password: password.to_owned() }
    }

    async fn with_admin() -> test_auth::TestAuth {
        let test = test_auth::auth().await;
        let admin = NewAdmin {
            email: "Boss@cadence.test".to_owned(),
            name: "The Boss".to_owned(),
            password: PASSWORD.to_owned(),
        };
        create_admin::create_admin(&test.auth, admin).await.expect("made");
        test
    }

    #[tokio::test]
    async fn the_right_password_signs_in_and_a_wrong_one_tells_nothing() {
        let test = with_admin().await;
        let here = caller([127, 0, 0, 1]);
        let good = prove(&test.auth, &here, request("boss@CADENCE.test", PASSWORD)).await;
        assert_eq!(good.map(|tokens| tokens.staff.name), Ok("The Boss".to_owned()));
        let wrong = prove(&test.auth, &here, request("boss@cadence.test", "wrong")).await;
        let nobody = prove(&test.auth, &here, request("x@cadence.test", PASSWORD)).await;
        let (wrong, nobody) = (wrong.err().expect("wrong"), nobody.err().expect("unknown"));
        assert_eq!(wrong.code, ErrorCode::SignInRefused);
        assert_eq!(wrong, nobody);
    }

    #[tokio::test]
    async fn the_sixth_wrong_password_says_how_long_to_wait() {
        let test = with_admin().await;
        for n in 0..5 {
            // From five machines: the account itself is protected.
            let from = caller([203, 0, 113, n]);
            let wrong = prove(&test.auth, &from, request("boss@cadence.test", "guess")).await;
            assert_eq!(wrong.err().map(|e| e.code), Some(ErrorCode::SignInRefused));
        }
        let from = caller([203, 0, 113, 99]);
        let sixth = prove(&test.auth, &from, request("boss@cadence.test", PASSWORD)).await;
        let body = sixth.err().expect("limited");
        assert_eq!(body.code, ErrorCode::RateLimited);
        assert_eq!(body.retry_after_ms, Some(12_001));
        assert_eq!(body.message, "Too many tries to sign in. Try again in 13 seconds.");
        test.pass(12_001);
        let later = prove(&test.auth, &from, request("boss@cadence.test", PASSWORD)).await;
        assert!(later.is_ok());
    }

    #[tokio::test]
    async fn right_passwords_are_not_counted() {
        let test = with_admin().await;
        for _ in 0..7 {
            let from = caller([127, 0, 0, 1]);
            let good = prove(&test.auth, &from, request("boss@cadence.test", PASSWORD)).await;
            assert!(good.is_ok());
        }
    }

    #[tokio::test]
    async fn passwords_do_not_cross_a_network_readably() {
        let test = with_admin().await;
        let from = Caller { may_sign_in: false, ..caller([192, 168, 1, 7]) };
        let refused = prove(&test.auth, &from, request("boss@cadence.test", PASSWORD)).await;
        assert_eq!(refused.err().map(|e| e.code), Some(ErrorCode::InsecureSignIn));
    }
}
