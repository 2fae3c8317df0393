//! Signing in, staying signed in, signing out.

use crate::http::reply::{FailedCall, JsonBody, MaybeBody, private};
use crate::{
    accounts::{sign_in, sign_out},
    auth::{
        Caller,
        cookies::SetCookie,
        refresh::{RefreshOutcome, SignInTokens, refused},
    },
    state::AppState,
};
use axum::{Extension, Json, extract::State, response::Response};
use http::{StatusCode, header::SET_COOKIE};
use protocol::{
    ErrorBody,
    http::{LoginRequest, RefreshRequest, SignedIn, TicketResponse},
};

/// `POST /api/auth/login`
pub(super) async fn login(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    JsonBody(request): JsonBody<LoginRequest>,
) -> Result<Response, FailedCall> {
    let tokens = sign_in::sign_in(&state.auth, &state.hub, &caller, request).await?;
    Ok(with_tokens(&state, &caller, tokens))
}

/// `POST /api/auth/refresh`
pub(super) async fn post_refresh(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    MaybeBody(request): MaybeBody<RefreshRequest>,
) -> Result<Response, Response> {
    use axum::response::IntoResponse;
    let failed = |error: ErrorBody| FailedCall(error).into_response();
    let token = refresh_token(&caller, request).ok_or_else(|| failed(refused()))?;
    match sign_out::refresh(&state.auth, &state.hub, &token).await.map_err(failed)? {
        RefreshOutcome::Renewed(tokens) => Ok(with_tokens(&state, &caller, tokens)),
        RefreshOutcome::Reused { .. } | RefreshOutcome::Refused => {
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
) -> Result<Response, FailedCall> {
    use axum::response::IntoResponse;
    let token = refresh_token(&caller, request);
    sign_out::sign_out(&state.auth, &state.hub, &caller, token.as_deref()).await?;
    let response = StatusCode::NO_CONTENT.into_response();
    Ok(set_cookies(response, &caller, state.auth.sign_out_cookies()))
}

/// `GET /api/auth/me`
pub(super) async fn me(Extension(caller): Extension<Caller>) -> Result<Json<SignedIn>, FailedCall> {
    Ok(Json(caller.who.require()?.signed_in()))
}

/// `POST /api/ws-ticket`
pub(super) async fn ws_ticket(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
) -> Result<Response, FailedCall> {
    let ticket = state.auth.issue_ticket(caller.who.require()?, &caller.origin).await?;
    Ok(private(TicketResponse { ticket }))
}

/// A program's token comes in the body, a page's in its cookie.
fn refresh_token(caller: &Caller, request: RefreshRequest) -> Option<String> {
    match caller.is_program() {
        true => request.refresh_token,
        false => caller.cookies.refresh.clone(),
    }
}

fn with_tokens(state: &AppState, caller: &Caller, tokens: SignInTokens) -> Response {
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
