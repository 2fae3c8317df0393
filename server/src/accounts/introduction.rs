//! What a socket's introduction proves.

use crate::{
    auth::{Auth, OriginKind},
    guitar::pairing,
};
use cadence_base::identity::{HostIdentity, ParticipantIdentity, StaffIdentity};
use protocol::{ErrorBody, account::Credential, http::JoinRequest};

/// What a credential on a socket turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AcceptedIdentity {
    /// An account, by ticket.
    Staff(StaffIdentity),
    /// A stage, by host secret.
    Host(HostIdentity),
    /// A phone, by its token, or a new one by the session's secret.
    Participant(ParticipantIdentity),
}

/// What a socket's credential proves. `origin` is that of the socket's handshake; `connected`
/// names the session's phones with an open connection, which decides who plays.
pub async fn accept(
    auth: &Auth,
    credential: &Credential,
    origin: &OriginKind,
    connected: &pairing::ConnectedCheck,
) -> Result<AcceptedIdentity, ErrorBody> {
    match credential {
        Credential::Ticket(ticket) => {
            Ok(AcceptedIdentity::Staff(auth.redeem(ticket, origin).await?))
        }
        Credential::HostSecret(secret) => auth
            .host_by_secret(secret)
            .await?
            .map(AcceptedIdentity::Host)
            .ok_or_else(pairing::invalid_session),
        Credential::Participant(token) => auth
            .participant_by_token(token)
            .await?
            .map(AcceptedIdentity::Participant)
            .ok_or_else(pairing::invalid_session),
        Credential::Secret(secret) => {
            let request = JoinRequest { secret: Some(secret.clone()), ..JoinRequest::default() };
            let joined = pairing::join(auth, None, None, request, connected).await?;
            Ok(AcceptedIdentity::Participant(joined.identity))
        }
    }
}
