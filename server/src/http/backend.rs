//! The pages' way in: one [`RequestBackend`] per request answers its server functions and its
//! server render, through the same use cases as the JSON API.

use crate::{
    accounts::{sign_in, sign_out},
    auth::{Caller, cookies::SetCookie},
    guitar::{
        pairing::{self, HostedSession},
        practice, session,
    },
    gym::{members, snapshot},
    state::AppState,
};
use app::backend::BackendPort;
use async_trait::async_trait;
use http::header::SET_COOKIE;
use leptos_axum::ResponseOptions;
use protocol::{
    CloseCode, ErrorBody, MemberId, Millis,
    gym::GymSnapshot,
    http::{
        AtPosition, JoinRequest, Joined, LoginRequest, MemberPage, MemberRow, NewMember, Pairing,
        PlanRow, PracticePage, SignedIn,
    },
};

/// What one request may ask and change.
pub(crate) struct RequestBackend {
    state: AppState,
    caller: Caller,
    response: ResponseOptions,
}

impl RequestBackend {
    /// Bound to the request's caller and to the headers of its answer.
    pub(crate) fn new(state: AppState, caller: Caller, response: ResponseOptions) -> Self {
        Self { state, caller, response }
    }

    fn set_cookies(&self, cookies: impl IntoIterator<Item = SetCookie>) {
        for cookie in cookies {
            self.response.append_header(SET_COOKIE, cookie);
        }
    }

    fn pairing(&self, hosting: &HostedSession) -> Pairing {
        let auth = &self.state.auth;
        let host = hosting.host_secret.as_deref();
        self.set_cookies(host.map(|secret| auth.host_cookie(hosting.session, secret)));
        let guest = hosting.guest.as_ref();
        self.set_cookies(guest.map(|(guest, token)| auth.device_cookie(*guest, token)));
        let base = self.state.lan_urls.first().map(String::as_str);
        let local = match &self.state.config.server.public_url {
            Some(public) => public.origin().to_owned(),
            None => format!("http://localhost:{}", self.state.leptos.site_addr.port()),
        };
        pairing::pairing(hosting, base, &local, self.state.now())
    }
}

#[async_trait]
impl BackendPort for RequestBackend {
    async fn signed_in(&self) -> Result<Option<SignedIn>, ErrorBody> {
        Ok(self.caller.who.staff.as_ref().map(|staff| staff.signed_in()))
    }

    async fn sign_in(&self, request: LoginRequest) -> Result<SignedIn, ErrorBody> {
        let tokens =
            sign_in::sign_in(&self.state.auth, &self.state.hub, &self.caller, request).await?;
        self.set_cookies(tokens.cookies(&self.state.auth));
        Ok(tokens.staff.signed_in())
    }

    async fn sign_out(&self) -> Result<(), ErrorBody> {
        let refresh = self.caller.cookies.refresh.as_deref();
        sign_out::sign_out(&self.state.auth, &self.state.hub, &self.caller, refresh).await?;
        self.set_cookies(self.state.auth.sign_out_cookies());
        Ok(())
    }

    async fn gym(&self) -> Result<AtPosition<GymSnapshot>, ErrorBody> {
        snapshot::snapshot(&self.state.store, self.caller.who.require()?).await
    }

    async fn find_members(&self, text: String) -> Result<Vec<MemberRow>, ErrorBody> {
        members::find_members(&self.state.store, self.caller.who.require()?, &text).await
    }

    async fn members(&self, text: String, page: u32) -> Result<MemberPage, ErrorBody> {
        members::members_page(&self.state.store, self.caller.who.require()?, &text, page).await
    }

    async fn create_member(&self, member: NewMember) -> Result<MemberRow, ErrorBody> {
        members::create_member(&self.state.store, self.caller.who.require()?, member).await
    }

    async fn plans(&self) -> Result<Vec<PlanRow>, ErrorBody> {
        members::plans(&self.state.store, self.caller.who.require()?).await
    }

    async fn renew(&self, member: MemberId) -> Result<MemberRow, ErrorBody> {
        members::renew(&self.state.store, self.caller.who.require()?, member).await
    }

    async fn host(&self) -> Result<Pairing, ErrorBody> {
        Ok(self.pairing(&pairing::host(&self.state.auth, &self.caller).await?))
    }

    async fn new_code(&self) -> Result<Pairing, ErrorBody> {
        let auth = &self.state.auth;
        let hosting = match auth.host(&self.caller.cookies).await? {
            Some(host) => pairing::new_code(auth, &host).await?,
            None => pairing::host(auth, &self.caller).await?,
        };
        Ok(self.pairing(&hosting))
    }

    async fn join(&self, request: JoinRequest) -> Result<Joined, ErrorBody> {
        let joining =
            session::join(&self.state.auth, &self.state.hub, &self.caller, request).await?;
        let phone = joining.identity;
        let cookie = |token: String| self.state.auth.participant_cookie(phone.session, &token);
        self.set_cookies(joining.token.map(cookie));
        Ok(phone.joined())
    }

    async fn leave(&self) -> Result<(), ErrorBody> {
        if let Some(phone) = self.state.auth.participant(&self.caller.cookies).await? {
            pairing::leave(&self.state.auth, &phone).await?;
            if let Some(session) = self.state.hub.session(phone.session) {
                session.remove(phone.participant, self.state.now());
            }
            // Other tabs of the same phone.
            self.state.hub.close_participant(phone.participant, CloseCode::InvalidSession);
        }
        self.set_cookies([self.state.auth.leave_cookie()]);
        Ok(())
    }

    async fn practices(&self, before: Option<Millis>) -> Result<PracticePage, ErrorBody> {
        match self.caller.who.owner() {
            Some(owner) => practice::page(&self.state.auth, owner, before).await,
            None => Ok(practice::empty_page(self.state.now())),
        }
    }
}
