//! From headers and credentials to who they belong to.
//!
//! A proof is never believed by itself: every one names a row, and the row is read each time. So
//! a revoked sign-in, a disabled account, a changed role or a removed phone counts at once.

use super::{
    Auth, OriginKind,
    access::TokenFault,
    cookies::{Cookies, split_cookie},
};
use cadence_base::identity::{HostIdentity, ParticipantIdentity, PracticeOwner, StaffIdentity};
use cadence_base::token::hash_token;
use cadence_store::{auth_sessions, guitar, read_failed};
use http::{HeaderMap, header::AUTHORIZATION};
use logic::permission::not_signed_in;
use protocol::{ErrorBody, GuestId, Millis, ParticipantId, SignInId};
use std::net::{IpAddr, SocketAddr};

/// Who a request acts as by its cookies or its bearer token.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RequestIdentity {
    /// The account.
    pub staff: Option<StaffIdentity>,
    /// True when the account came from `Authorization: Bearer`, as programs send it.
    pub bearer: bool,
    /// The guest that this browser is.
    pub device: Option<GuestId>,
}

impl RequestIdentity {
    /// The account, or the error that asks to sign in.
    pub fn require(&self) -> Result<&StaffIdentity, ErrorBody> {
        self.staff.as_ref().ok_or_else(not_signed_in)
    }

    /// Whose practices this request may read: the account's, else the browser's.
    pub fn owner(&self) -> Option<PracticeOwner> {
        self.staff
            .as_ref()
            .map(|s| PracticeOwner::User(s.user))
            .or(self.device.map(PracticeOwner::Guest))
    }
}

/// What use cases need of one request. [`attach_caller`] puts it into the
/// request's extensions.
///
/// [`attach_caller`]: crate::http::caller::attach_caller
#[derive(Debug, Clone)]
pub struct Caller {
    /// Where it comes from as limits count it, behind trusted proxies too.
    pub peer: IpAddr,
    /// Whether passwords may cross the way that it came.
    pub may_sign_in: bool,
    /// Which page sent it.
    pub origin: OriginKind,
    /// Who is behind it.
    pub who: RequestIdentity,
    /// The cookies that it carries.
    pub cookies: Cookies,
}

impl Caller {
    /// Reads a request's headers; `origin` was checked before.
    pub async fn of(
        auth: &Auth,
        origin: OriginKind,
        headers: &HeaderMap,
        socket: Option<SocketAddr>,
    ) -> Result<Self, ErrorBody> {
        let way = auth.way(headers, socket);
        Ok(Self {
            peer: way.counted(),
            may_sign_in: way.private || auth.settings().allow_plain_http_sign_in,
            origin,
            who: auth.identify(headers).await?,
            cookies: Cookies::read(headers),
        })
    }

    /// A program: it sends no `Origin`, gets tokens in bodies and no cookies.
    pub fn is_program(&self) -> bool {
        self.origin == OriginKind::Absent
    }
}

impl Auth {
    /// Who a request acts as. A bearer token counts alone: with a bad one the request is not signed
    /// in, even if a cookie is good.
    pub async fn identify(&self, headers: &HeaderMap) -> Result<RequestIdentity, ErrorBody> {
        let cookies = Cookies::read(headers);
        let bearer = headers.contains_key(AUTHORIZATION);
        let token = if bearer { bearer_token(headers) } else { cookies.access.as_deref() };
        let staff = match token {
            Some(token) => self.staff(token).await?,
            None => None,
        };
        let device = match &cookies.device {
            Some(device) if !bearer => self.device(device).await?,
            _ => None,
        };
        Ok(RequestIdentity { staff, bearer, device })
    }

    /// The account behind an access token, when token, sign-in and account are good.
    pub async fn staff(&self, token: &str) -> Result<Option<StaffIdentity>, ErrorBody> {
        let claims = match self.access().read(token, self.now()) {
            Ok(claims) => claims,
            Err(TokenFault::Expired | TokenFault::Invalid) => return Ok(None),
        };
        let expires_at = claims.exp * 1_000;
        let staff = self.sign_in_row(claims.sid, expires_at).await?;
        Ok(staff.filter(|staff| staff.user == claims.sub))
    }

    /// Reads a sign-in again: `None` once it is revoked or its account disabled. A socket calls
    /// this after it has registered, so that no revocation slips between.
    pub async fn sign_in_row(
        &self,
        sign_in: SignInId,
        expires_at: Millis,
    ) -> Result<Option<StaffIdentity>, ErrorBody> {
        let row = auth_sessions::live(self.store().reader(), sign_in, self.now())
            .await
            .map_err(read_failed)?;
        Ok(row.map(|row| StaffIdentity {
            user: row.user,
            sign_in,
            name: row.name,
            role: row.role,
            expires_at,
        }))
    }

    /// The stage that this browser is, by its cookie.
    pub async fn host(&self, cookies: &Cookies) -> Result<Option<HostIdentity>, ErrorBody> {
        let Some((session, secret)) = cookies.host.as_deref().and_then(split_cookie) else {
            return Ok(None);
        };
        Ok(self.host_by_secret(secret).await?.filter(|host| host.session == session))
    }

    /// The phone that this browser is, by its cookie.
    pub async fn participant(
        &self,
        cookies: &Cookies,
    ) -> Result<Option<ParticipantIdentity>, ErrorBody> {
        let Some((session, token)) = cookies.participant.as_deref().and_then(split_cookie) else {
            return Ok(None);
        };
        Ok(self.participant_by_token(token).await?.filter(|phone| phone.session == session))
    }

    /// Reads a phone again: `None` once it is removed or its session has ended.
    pub async fn participant_row(
        &self,
        participant: ParticipantId,
    ) -> Result<Option<ParticipantIdentity>, ErrorBody> {
        guitar::participant(self.store().reader(), participant).await.map_err(read_failed)
    }

    pub(crate) async fn host_by_secret(
        &self,
        secret: &str,
    ) -> Result<Option<HostIdentity>, ErrorBody> {
        guitar::host(self.store().reader(), &hash_token(secret)).await.map_err(read_failed)
    }

    pub(crate) async fn participant_by_token(
        &self,
        token: &str,
    ) -> Result<Option<ParticipantIdentity>, ErrorBody> {
        guitar::participant_by_hash(self.store().reader(), &hash_token(token))
            .await
            .map_err(read_failed)
    }

    async fn device(&self, cookie: &str) -> Result<Option<GuestId>, ErrorBody> {
        let Some((guest, token)) = split_cookie::<GuestId>(cookie) else { return Ok(None) };
        let known =
            guitar::guest(self.store().reader(), &hash_token(token)).await.map_err(read_failed)?;
        Ok(known.filter(|known| *known == guest))
    }
}

fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
