//! Tickets: what a page shows a socket instead of a token. One works once, for 30 seconds, on a
//! socket from the same page's origin.

use super::{Auth, OriginKind, refresh};
use cadence_base::{
    identity::StaffIdentity,
    token::{hash_token, random_token},
};
use cadence_config::seconds;
use cadence_store::auth_sessions;
use protocol::ErrorBody;

impl Auth {
    /// A ticket for the account of a request.
    pub async fn issue_ticket(
        &self,
        staff: &StaffIdentity,
        origin: &OriginKind,
    ) -> Result<String, ErrorBody> {
        let ticket = random_token::<32>();
        let life = seconds(self.settings().ticket_seconds);
        let row = auth_sessions::TicketRow {
            hash: hash_token(&ticket),
            sign_in: staff.sign_in,
            origin: name(origin),
            access_ends_at: staff.expires_at,
            expires_at: self.now() + life,
        };
        self.store()
            .write(move |tx| {
                Box::pin(async move { Ok(auth_sessions::insert_ticket(tx, &row).await?) })
            })
            .await?;
        Ok(ticket)
    }

    /// Takes a ticket. It is gone afterwards, whether it was good or not.
    pub async fn redeem(
        &self,
        ticket: &str,
        origin: &OriginKind,
    ) -> Result<StaffIdentity, ErrorBody> {
        let hash = hash_token(ticket);
        let row = self
            .store()
            .write(move |tx| {
                Box::pin(async move { Ok(auth_sessions::take_ticket(tx, &hash).await?) })
            })
            .await?
            .ok_or_else(refresh::refused)?;
        if row.expires_at <= self.now() || row.origin != name(origin) {
            return Err(refresh::refused());
        }
        self.sign_in_row(row.sign_in, row.access_ends_at).await?.ok_or_else(refresh::refused)
    }
}

fn name(origin: &OriginKind) -> Option<String> {
    match origin {
        OriginKind::Absent => None,
        OriginKind::Ours(origin) => Some(origin.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::test_auth::{self, TestAuth};
    use protocol::{ErrorCode, account::Role};

    async fn signed_in() -> (TestAuth, StaffIdentity) {
        let test = test_auth::auth().await;
        let user = test.account("sam@cadence.test", Role::Staff).await;
        let tokens = test.auth.begin_sign_in(user).await.expect("signed in");
        (test, tokens.staff)
    }

    #[tokio::test]
    async fn a_ticket_works_once() {
        let (test, staff) = signed_in().await;
        let ticket = test.auth.issue_ticket(&staff, &OriginKind::Absent).await.expect("issued");
        let taken = test.auth.redeem(&ticket, &OriginKind::Absent).await;
        assert_eq!(taken, Ok(staff), "with the end of the access that asked for it");
        let again = test.auth.redeem(&ticket, &OriginKind::Absent).await;
        assert_eq!(again.expect_err("used").code, ErrorCode::SignInRefused);
    }

    #[tokio::test]
    async fn a_ticket_is_bound_to_its_page_and_its_time() {
        let (test, staff) = signed_in().await;
        let ours = OriginKind::Ours("http://localhost:3000".to_owned());
        let ticket = test.auth.issue_ticket(&staff, &ours).await.expect("issued");
        assert!(test.auth.redeem(&ticket, &OriginKind::Absent).await.is_err());
        assert!(test.auth.redeem(&ticket, &ours).await.is_err(), "the wrong try used it up");

        let ticket = test.auth.issue_ticket(&staff, &ours).await.expect("issued");
        test.pass(30_000);
        assert!(test.auth.redeem(&ticket, &ours).await.is_err());
    }

    #[tokio::test]
    async fn a_ticket_of_a_revoked_sign_in_is_worth_nothing() {
        let (test, staff) = signed_in().await;
        let ticket = test.auth.issue_ticket(&staff, &OriginKind::Absent).await.expect("issued");
        assert_eq!(test.auth.revoke(staff.sign_in).await, Ok(true));
        assert!(test.auth.redeem(&ticket, &OriginKind::Absent).await.is_err());
    }
}
