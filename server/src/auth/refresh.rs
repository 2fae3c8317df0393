//! Refresh tokens: each is used once and replaced. A rotated one stays good for a moment, since
//! two tabs may refresh at once; used later, it was copied, and the whole sign-in ends.

use super::{Auth, access::AccessClaims, cookies::SetCookie, failure::internal};
use cadence_base::{
    identity::StaffIdentity,
    token::{hash_token, random_token},
};
use cadence_config::{days, seconds};
use cadence_store::{Id, auth_sessions, read_failed};
use protocol::{
    ErrorBody, ErrorCode, Millis, SignInId, UserId,
    http::{LoginResponse, SignedIn},
};

/// A fresh pair of tokens.
#[derive(Clone)]
pub struct SignInTokens {
    /// The account that they act as.
    pub staff: StaffIdentity,
    /// The access token.
    pub access: String,
    /// The refresh token.
    pub refresh: String,
}

impl SignInTokens {
    /// The cookies that carry them.
    pub fn cookies(&self, auth: &Auth) -> [SetCookie; 2] {
        auth.sign_in_cookies(&self.access, &self.refresh)
    }

    /// The answer; the tokens are in it for programs only.
    pub fn response(self, program: bool) -> LoginResponse {
        let user: SignedIn = self.staff.signed_in();
        LoginResponse {
            user,
            access_token: program.then_some(self.access),
            refresh_token: program.then_some(self.refresh),
        }
    }
}

/// What came of a refresh.
pub enum RefreshOutcome {
    /// New tokens.
    Renewed(SignInTokens),
    /// The token was rotated long ago. The sign-in is revoked now: its sockets must be closed.
    Reused {
        /// The revoked sign-in.
        sign_in: SignInId,
    },
    /// The token is unknown, or its sign-in has ended.
    Refused,
}

/// The person has to sign in again.
pub fn refused() -> ErrorBody {
    ErrorBody::new(
        ErrorCode::SignInRefused,
        "The sign-in is no longer valid. Please sign in again.",
    )
}

/// What the row of a refresh token means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RefreshVerdict {
    Rotate,
    Again,
    Reused,
}

fn judge(rotated_at: Option<Millis>, now: Millis, grace: Millis) -> RefreshVerdict {
    match rotated_at {
        None => RefreshVerdict::Rotate,
        Some(at) if now - at <= grace => RefreshVerdict::Again,
        Some(_) => RefreshVerdict::Reused,
    }
}

impl Auth {
    /// Uses a refresh token.
    pub async fn refresh(&self, token: &str) -> Result<RefreshOutcome, ErrorBody> {
        enum FoundToken {
            Nothing,
            Reused(SignInId),
            Good(auth_sessions::LiveSignIn, String),
        }
        let old = hash_token(token);
        let (grace, life) =
            (seconds(self.settings().refresh_grace_seconds), days(self.settings().refresh_days));
        let found = self
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    let now = tx.now();
                    auth_sessions::lock_refresh_token(tx, &old).await?;
                    let Some(row) = auth_sessions::refresh_token(&mut **tx, &old).await? else {
                        return Ok(FoundToken::Nothing);
                    };
                    let Some(live) = auth_sessions::live(&mut **tx, row.sign_in, now).await? else {
                        return Ok(FoundToken::Nothing);
                    };
                    match judge(row.rotated_at, now, grace) {
                        RefreshVerdict::Rotate => auth_sessions::rotate(tx, &old, now).await?,
                        RefreshVerdict::Again => {}
                        RefreshVerdict::Reused => {
                            auth_sessions::revoke(tx, row.sign_in, now).await?;
                            return Ok(FoundToken::Reused(row.sign_in));
                        }
                    }
                    let new = random_token::<32>();
                    auth_sessions::issue(tx, row.sign_in, &hash_token(&new), now, life).await?;
                    Ok(FoundToken::Good(live, new))
                })
            })
            .await?;
        match found {
            FoundToken::Nothing => Ok(RefreshOutcome::Refused),
            FoundToken::Reused(sign_in) => Ok(RefreshOutcome::Reused { sign_in }),
            FoundToken::Good(live, refresh) => {
                self.tokens(live, refresh).map(RefreshOutcome::Renewed)
            }
        }
    }

    /// Opens a sign-in for an account that has proved itself.
    pub(crate) async fn begin_sign_in(&self, user: UserId) -> Result<SignInTokens, ErrorBody> {
        let life = days(self.settings().refresh_days);
        let refresh = random_token::<32>();
        let hash = hash_token(&refresh);
        let live = self
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    let now = tx.now();
                    let sign_in = SignInId(Id::new(now).0);
                    auth_sessions::insert(tx, sign_in, user, now, life).await?;
                    auth_sessions::issue(tx, sign_in, &hash, now, life).await?;
                    Ok(auth_sessions::live(&mut **tx, sign_in, now).await?)
                })
            })
            .await?;
        // The account was disabled between the password and here.
        self.tokens(live.ok_or_else(refused)?, refresh)
    }

    /// The sign-in that a refresh token belongs to, so that signing out works after the access
    /// has ended.
    pub async fn sign_in_of(&self, refresh: &str) -> Result<Option<SignInId>, ErrorBody> {
        let row = auth_sessions::refresh_token(self.store().reader(), &hash_token(refresh)).await;
        Ok(row.map_err(read_failed)?.map(|row| row.sign_in))
    }

    /// Ends a sign-in. True when it was still open; its sockets must be closed then.
    pub async fn revoke(&self, sign_in: SignInId) -> Result<bool, ErrorBody> {
        let revoked = self
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    let now = tx.now();
                    Ok(auth_sessions::revoke(tx, sign_in, now).await?)
                })
            })
            .await?;
        Ok(revoked)
    }

    fn tokens(
        &self,
        live: auth_sessions::LiveSignIn,
        refresh: String,
    ) -> Result<SignInTokens, ErrorBody> {
        let claims = AccessClaims::new(
            live.user,
            live.sign_in,
            live.role,
            live.name.clone(),
            self.now(),
            self.settings().access_minutes,
        );
        let access = self.access().sign(&claims).map_err(|cause| internal(&cause))?;
        let staff = StaffIdentity {
            user: live.user,
            sign_in: live.sign_in,
            name: live.name,
            role: live.role,
            expires_at: claims.exp * 1_000,
        };
        Ok(SignInTokens { staff, access, refresh })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::test_auth::{self, TestAuth};
    use protocol::account::Role;

    async fn signed_in() -> (TestAuth, SignInTokens) {
        let test = test_auth::auth().await;
        let user = test.account("sam@cadence.test", Role::Staff).await;
        let tokens = test.auth.begin_sign_in(user).await.expect("signed in");
        (test, tokens)
    }

    async fn renewed(test: &TestAuth, token: &str) -> Option<SignInTokens> {
        match test.auth.refresh(token).await.expect("the database works") {
            RefreshOutcome::Renewed(tokens) => Some(tokens),
            RefreshOutcome::Reused { .. } | RefreshOutcome::Refused => None,
        }
    }

    #[tokio::test]
    async fn a_refresh_replaces_the_token_and_keeps_the_sign_in() {
        let (test, first) = signed_in().await;
        test.pass(16 * 60_000);
        assert_eq!(test.auth.staff(&first.access).await, Ok(None), "the access has ended");
        let second = renewed(&test, &first.refresh).await.expect("renewed");
        assert_ne!(second.refresh, first.refresh);
        assert_eq!(second.staff.sign_in, first.staff.sign_in);
        let staff = test.auth.staff(&second.access).await.expect("the database works");
        assert_eq!(staff, Some(second.staff));
    }

    #[tokio::test]
    async fn two_tabs_may_refresh_at_once() {
        let (test, first) = signed_in().await;
        let one = renewed(&test, &first.refresh).await.expect("the first tab");
        test.pass(29_000);
        let two = renewed(&test, &first.refresh).await.expect("the second tab");
        assert_eq!(one.staff.sign_in, two.staff.sign_in);
        assert!(renewed(&test, &one.refresh).await.is_some());
        assert!(renewed(&test, &two.refresh).await.is_some());
    }

    #[tokio::test]
    async fn a_token_used_again_later_ends_the_whole_sign_in() {
        let (test, first) = signed_in().await;
        let second = renewed(&test, &first.refresh).await.expect("renewed");
        test.pass(31_000);
        let reused = test.auth.refresh(&first.refresh).await.expect("the database works");
        let RefreshOutcome::Reused { sign_in } = reused else { panic!("a reuse") };
        assert_eq!(sign_in, first.staff.sign_in);
        assert!(renewed(&test, &second.refresh).await.is_none(), "the thief's copy, or ours");
        assert_eq!(test.auth.staff(&second.access).await, Ok(None), "at once");
    }

    #[tokio::test]
    async fn revoked_disabled_unknown_and_old_ones_are_refused() {
        let (test, tokens) = signed_in().await;
        assert!(renewed(&test, "unknown").await.is_none());
        assert_eq!(test.auth.revoke(tokens.staff.sign_in).await, Ok(true));
        assert_eq!(test.auth.revoke(tokens.staff.sign_in).await, Ok(false));
        assert!(renewed(&test, &tokens.refresh).await.is_none());
        assert_eq!(test.auth.staff(&tokens.access).await, Ok(None));

        let (test, tokens) = signed_in().await;
        test.pass(31 * 24 * 3_600_000);
        assert!(renewed(&test, &tokens.refresh).await.is_none());

        let (test, tokens) = signed_in().await;
        test.disable(tokens.staff.user).await;
        assert_eq!(test.auth.staff(&tokens.access).await, Ok(None));
        assert!(renewed(&test, &tokens.refresh).await.is_none());
    }

    #[tokio::test]
    async fn a_changed_role_counts_at_once() {
        let (test, tokens) = signed_in().await;
        test.change_role(tokens.staff.user, Role::Trainer).await;
        let staff = test.auth.staff(&tokens.access).await.expect("the database works");
        assert_eq!(staff.expect("still signed in").role, Role::Trainer);
    }
}
