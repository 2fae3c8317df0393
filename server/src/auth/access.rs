//! The access token: a JWT that names a sign-in for at most 15 minutes.

use cadence_config::seconds;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use protocol::{Millis, SignInId, UserId, account::Role};
use serde::{Deserialize, Serialize};

const ISSUER: &str = "cadence";
const AUDIENCE: &str = "cadence/access";

/// The content of a token. Role and name are for programs that read their own token; the server
/// itself asks the database each time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims {
    iss: String,
    aud: String,
    /// The account.
    pub sub: UserId,
    /// The row of the sign-in.
    pub sid: SignInId,
    /// The account's role when the token was made.
    pub role: Role,
    /// The account's name when the token was made.
    pub name: String,
    /// When it was made, in seconds.
    pub iat: i64,
    /// When it ends, in seconds.
    pub exp: i64,
}

impl AccessClaims {
    /// Claims from `now` on for `minutes`.
    pub fn new(
        user: UserId,
        sign_in: SignInId,
        role: Role,
        name: String,
        now: Millis,
        minutes: u32,
    ) -> Self {
        let iat = now / 1_000;
        Self {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: user,
            sid: sign_in,
            role,
            name,
            iat,
            exp: iat + i64::from(minutes) * 60,
        }
    }
}

/// Why a token is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenFault {
    /// It was good and has ended.
    Expired,
    /// It is not ours, or not for this purpose.
    Invalid,
}

/// Signs and checks.
pub struct AccessKeys {
    sign: EncodingKey,
    check: DecodingKey,
    rules: Validation,
}

impl AccessKeys {
    /// Both halves of the one key.
    pub fn new(secret: &[u8]) -> Self {
        let mut rules = Validation::new(Algorithm::HS256);
        rules.set_issuer(&[ISSUER]);
        rules.set_audience(&[AUDIENCE]);
        rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        // Checked below against the clock of the store, so that tests can set it.
        rules.validate_exp = false;
        Self {
            sign: EncodingKey::from_secret(secret),
            check: DecodingKey::from_secret(secret),
            rules,
        }
    }

    /// Signs claims.
    pub fn sign(&self, claims: &AccessClaims) -> Result<String, jsonwebtoken::errors::Error> {
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &self.sign)
    }

    /// Checks signature, algorithm, issuer, audience and time.
    pub fn read(&self, token: &str, now: Millis) -> Result<AccessClaims, TokenFault> {
        let claims = jsonwebtoken::decode::<AccessClaims>(token, &self.check, &self.rules)
            .map_err(|_| TokenFault::Invalid)?
            .claims;
        let made_too_early = claims.iat * 1_000 > now + seconds(60);
        if made_too_early {
            return Err(TokenFault::Invalid);
        }
        if claims.exp * 1_000 <= now { Err(TokenFault::Expired) } else { Ok(claims) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use uuid::Uuid;

    const NOW: Millis = 1_795_000_000_000;
    const KEY: &[u8] = b"a key that is long enough for tests";

    fn claims() -> AccessClaims {
        AccessClaims::new(
            UserId(Uuid::nil()),
            SignInId(Uuid::nil()),
            Role::Staff,
            "Sam".to_owned(),
            NOW,
            15,
        )
    }

    fn signed(header: &Header, change: impl Fn(&mut Value), key: &[u8]) -> String {
        let mut value = serde_json::to_value(claims()).expect("claims are JSON");
        change(&mut value);
        jsonwebtoken::encode(header, &value, &EncodingKey::from_secret(key)).expect("signed")
    }

    #[track_caller]
    fn check(token: &str, now: Millis, expected: Result<(), TokenFault>) {
        assert_eq!(AccessKeys::new(KEY).read(token, now).map(|_| ()), expected);
    }

    #[test]
    fn a_token_is_good_until_its_end() {
        let token = AccessKeys::new(KEY).sign(&claims()).expect("signed");
        assert_eq!(AccessKeys::new(KEY).read(&token, NOW), Ok(claims()));
        check(&token, NOW + 15 * 60_000 - 1_000, Ok(()));
        check(&token, NOW + 15 * 60_000, Err(TokenFault::Expired));
        check(&token, NOW - 120_000, Err(TokenFault::Invalid));
    }

    #[test]
    fn another_key_issuer_audience_or_algorithm_is_refused() {
        let hs256 = Header::new(Algorithm::HS256);
        let same = |_: &mut Value| {};
        check(&signed(&hs256, same, KEY), NOW, Ok(()));
        check(&signed(&hs256, same, b"another key"), NOW, Err(TokenFault::Invalid));
        check(&signed(&Header::new(Algorithm::HS512), same, KEY), NOW, Err(TokenFault::Invalid));
        for (key, value) in [("aud", "cadence/other"), ("iss", "somebody")] {
            let token = signed(&hs256, |claims| claims[key] = json!(value), KEY);
            check(&token, NOW, Err(TokenFault::Invalid));
        }
        for key in ["aud", "iss", "exp", "sub"] {
            let drop = |claims: &mut Value| _ = claims.as_object_mut().expect("object").remove(key);
            check(&signed(&hs256, drop, KEY), NOW, Err(TokenFault::Invalid));
        }
    }

    #[test]
    fn an_unsigned_token_is_refused() {
        // {"alg":"none","typ":"JWT"} before the payload of a good token, without a signature.
        let token = AccessKeys::new(KEY).sign(&claims()).expect("signed");
        let payload = token.split('.').nth(1).expect("three parts");
        check(
            &format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{payload}."),
            NOW,
            Err(TokenFault::Invalid),
        );
        check("", NOW, Err(TokenFault::Invalid));
        check("a.b.c", NOW, Err(TokenFault::Invalid));
    }
}
