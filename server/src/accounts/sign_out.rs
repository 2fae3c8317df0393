//! Ending a sign-in, and refreshing it, which may end it.

use crate::auth::{Auth, Caller, refresh::RefreshOutcome};
use cadence_realtime::hub::Hub;
use protocol::{CloseCode, ErrorBody};

/// Uses a refresh token. A reused one closes the sockets of its sign-in.
pub async fn refresh(auth: &Auth, hub: &Hub, token: &str) -> Result<RefreshOutcome, ErrorBody> {
    let refreshed = auth.refresh(token).await?;
    if let RefreshOutcome::Reused { sign_in } = &refreshed {
        tracing::warn!(%sign_in, "a refresh token was used again; its sign-in is revoked");
        hub.end_sign_in(*sign_in, CloseCode::SignInRefused);
    }
    Ok(refreshed)
}

/// Ends the caller's sign-in and its sockets. Without a sign-in this does nothing.
///
/// The sockets close with "not signed in" and not with "sign-in expired": a page would try to
/// refresh an expired one, and the refusal would take the cookies of the next sign-in.
pub async fn sign_out(
    auth: &Auth,
    hub: &Hub,
    caller: &Caller,
    refresh_token: Option<&str>,
) -> Result<(), ErrorBody> {
    let sign_in = match (&caller.who.staff, refresh_token) {
        (Some(staff), _) => Some(staff.sign_in),
        (None, Some(token)) => auth.sign_in_of(token).await?,
        (None, None) => None,
    };
    if let Some(sign_in) = sign_in {
        auth.revoke(sign_in).await?;
        hub.end_sign_in(sign_in, CloseCode::NotSignedIn);
    }
    Ok(())
}
