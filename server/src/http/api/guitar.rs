//! Guitar sessions for programs, and what joining means for the hub.

use crate::http::reply::{FailedCall, JsonBody, private};
use crate::{
    auth::Caller,
    guitar::{pairing, practice, session},
    state::AppState,
};
use axum::{
    Extension, Json,
    extract::{Query, State},
    response::Response,
};
use http::header::SET_COOKIE;
use protocol::{
    ErrorBody, ErrorCode, Millis,
    http::{JoinRequest, JoinResponse, PracticePage, SessionResponse},
};
use serde::Deserialize;

/// `POST /api/guitar/sessions`
pub(super) async fn open_session(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
) -> Result<Response, FailedCall> {
    if !caller.is_program() {
        // The host secret of a page belongs into an HttpOnly cookie and never into its scripts.
        let text = "This address is for programs; a page opens its session on the stage.";
        return Err(ErrorBody::new(ErrorCode::NotAllowed, text).into());
    }
    let hosting = pairing::open(&state.auth, &caller).await?;
    Ok(private(SessionResponse {
        session_id: hosting.session,
        code: hosting.code.text,
        secret: hosting.secret,
        host_secret: hosting.host_secret.unwrap_or_default(),
    }))
}

/// `POST /api/guitar/join`
pub(super) async fn post_join(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    JsonBody(request): JsonBody<JoinRequest>,
) -> Result<Response, FailedCall> {
    let joining = session::join(&state.auth, &state.hub, &caller, request).await?;
    let phone = &joining.identity;
    let cookie = match &joining.token {
        Some(token) if !caller.is_program() => {
            Some(state.auth.participant_cookie(phone.session, token))
        }
        _ => None,
    };
    let mut response = private(JoinResponse {
        session_id: phone.session,
        role: phone.role,
        participant: joining.token.filter(|_| caller.is_program()),
    });
    if let Some(cookie) = cookie {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    Ok(response)
}

#[derive(Deserialize)]
pub(super) struct PracticesBefore {
    before: Option<Millis>,
}

/// `GET /api/practices?before=`
pub(super) async fn practices(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Query(PracticesBefore { before }): Query<PracticesBefore>,
) -> Result<Json<PracticePage>, FailedCall> {
    let owner = caller.who.owner().ok_or_else(logic::permission::not_signed_in)?;
    Ok(Json(practice::page(&state.auth, owner, before).await?))
}
