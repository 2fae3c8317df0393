//! Signing in, staying signed in, signing out.

use super::reply::{Body, Failed, MaybeBody, private};
use crate::{
    auth::{
        Caller,
        cookies::SetCookie,
        refresh::{Refreshed, Tokens, refused},
    },
    sign_in as use_case,
    state::AppState,
};
use axum::{Extension, Json, extract::State, response::Response};
use http::{StatusCode, header::SET_COOKIE};
use protocol::{
    CloseCode, ErrorBody,
    http::{LoginRequest, RefreshRequest, SignedIn, TicketResponse},
};

/// `POST /api/auth/login`
pub(super) async fn login(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Body(request): Body<LoginRequest>,
) -> Result<Response, Failed> {
    let tokens = sign_in(&state, &caller, request).await?;
    Ok(with_tokens(&state, &caller, tokens))
}

/// `POST /api/auth/refresh`
pub(super) async fn post_refresh(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    MaybeBody(request): MaybeBody<RefreshRequest>,
) -> Result<Response, Response> {
    use axum::response::IntoResponse;
    let failed = |error: ErrorBody| Failed(error).into_response();
    let token = refresh_token(&caller, request).ok_or_else(|| failed(refused()))?;
    match refresh(&state, &token).await.map_err(failed)? {
        Refreshed::Renewed(tokens) => Ok(with_tokens(&state, &caller, tokens)),
        Refreshed::Reused { .. } | Refreshed::Refused => {
            let response = failed(refused());
            Err(set_cookies(response, &caller, state.auth.sign_out_cookies()))
        }
    }
}

/// `POST /api/auth/logout`
pub(super) async fn logout(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    MaybeBody(request): MaybeBody<RefreshRequest>,
) -> Result<Response, Failed> {
    use axum::response::IntoResponse;
    let token = refresh_token(&caller, request);
    sign_out(&state, &caller, token.as_deref()).await?;
    let response = StatusCode::NO_CONTENT.into_response();
    Ok(set_cookies(response, &caller, state.auth.sign_out_cookies()))
}

/// `GET /api/auth/me`
pub(super) async fn me(Extension(caller): Extension<Caller>) -> Result<Json<SignedIn>, Failed> {
    Ok(Json(caller.who.require()?.signed_in()))
}

/// `POST /api/ws-ticket`
pub(super) async fn ws_ticket(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
) -> Result<Response, Failed> {
    let ticket = state.auth.issue_ticket(caller.who.require()?, &caller.origin).await?;
    Ok(private(TicketResponse { ticket }))
}

/// Signs in. Whoever was signed in here before is signed out: a browser has one account.
pub(crate) async fn sign_in(
    state: &AppState,
    caller: &Caller,
    request: LoginRequest,
) -> Result<Tokens, ErrorBody> {
    let tokens = use_case::sign_in(&state.auth, caller, request).await?;
    if !caller.who.bearer {
        // The access may have ended before its sign-in.
        sign_out(state, caller, caller.cookies.refresh.as_deref()).await?;
    }
    Ok(tokens)
}

/// Uses a refresh token; a reused one closes the sockets of its sign-in.
pub(crate) async fn refresh(state: &AppState, token: &str) -> Result<Refreshed, ErrorBody> {
    let refreshed = state.auth.refresh(token).await?;
    if let Refreshed::Reused { sign_in } = &refreshed {
        tracing::warn!(%sign_in, "a refresh token was used again; its sign-in is revoked");
        state.hub.end_sign_in(*sign_in, CloseCode::SignInRefused);
    }
    Ok(refreshed)
}

/// Ends the caller's sign-in and its sockets. Without one there is nothing to do.
///
/// The sockets are told that nobody is signed in, not that the sign-in has expired: a page would
/// try to refresh that, and the refusal would take the cookies of whoever signs in next.
pub(crate) async fn sign_out(
    state: &AppState,
    caller: &Caller,
    refresh_token: Option<&str>,
) -> Result<(), ErrorBody> {
    let sign_in = match (&caller.who.staff, refresh_token) {
        (Some(staff), _) => Some(staff.sign_in),
        (None, Some(token)) => state.auth.sign_in_of(token).await?,
        (None, None) => None,
    };
    if let Some(sign_in) = sign_in {
        state.auth.revoke(sign_in).await?;
        state.hub.end_sign_in(sign_in, CloseCode::NotSignedIn);
    }
    Ok(())
}

/// A program's token comes in the body, a page's in its cookie.
fn refresh_token(caller: &Caller, request: RefreshRequest) -> Option<String> {
    match caller.is_program() {
        true => request.refresh_token,
        false => caller.cookies.refresh.clone(),
    }
}

fn with_tokens(state: &AppState, caller: &Caller, tokens: Tokens) -> Response {
    let cookies = tokens.cookies(&state.auth);
    set_cookies(private(tokens.response(caller.is_program())), caller, cookies)
}

/// Programs get no cookies: they would have to name an Origin from then on.
fn set_cookies(mut response: Response, caller: &Caller, cookies: [SetCookie; 2]) -> Response {
    if !caller.is_program() {
        let headers = response.headers_mut();
        cookies.into_iter().for_each(|cookie| _ = headers.append(SET_COOKIE, cookie));
    }
    response
}
