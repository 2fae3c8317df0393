//! The gym for programs.

use crate::http::reply::{FailedCall, JsonBody};
use crate::{
    auth::Caller,
    gym::{
        check_in as check_in_case, check_out as check_out_case, members as member_cases, snapshot,
        undo_check_in as undo_case,
    },
    state::AppState,
};
use axum::{
    Extension, Json,
    extract::{Path, Query, State},
};
use cadence_store::commands::{CommandAnswer, CommandContext};
use protocol::{
    ErrorBody, MemberId, MessageId, Millis,
    gym::{CheckIn, CheckOut, GymSnapshot, UndoCheckIn},
    http::{AtPosition, CommandRequest, MemberPage, MemberRow, NewMember},
    server::Outcome,
};
use serde::Deserialize;
use uuid::Uuid;

/// `GET /api/gym/snapshot`
pub(super) async fn snapshot(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<AtPosition<GymSnapshot>>, FailedCall> {
    Ok(Json(snapshot::snapshot(&state.store, caller.who.require()?).await?))
}

#[derive(Deserialize)]
pub(super) struct MemberQuery {
    #[serde(default)]
    text: String,
    page: Option<u32>,
}

/// `GET /api/members?text=&page=`
pub(super) async fn members(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Query(search): Query<MemberQuery>,
) -> Result<Json<MemberPage>, FailedCall> {
    let (actor, page) = (caller.who.require()?, search.page.unwrap_or(1));
    Ok(Json(member_cases::members_page(&state.store, actor, &search.text, page).await?))
}

/// `POST /api/members`
pub(super) async fn create_member(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    JsonBody(member): JsonBody<NewMember>,
) -> Result<Json<MemberRow>, FailedCall> {
    let actor = caller.who.require()?;
    Ok(Json(member_cases::create_member(&state.store, actor, member).await?))
}

/// `POST /api/members/{id}/renew`
pub(super) async fn renew(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    Path(member): Path<String>,
) -> Result<Json<MemberRow>, FailedCall> {
    let actor = caller.who.require()?;
    // An unparsable id becomes the nil UUID, which matches no member, so the answer is 404.
    let member = member.parse().unwrap_or(MemberId(Uuid::nil()));
    Ok(Json(member_cases::renew(&state.store, actor, member).await?))
}

/// `POST /api/check-ins`
pub(super) async fn check_in(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    JsonBody(CommandRequest { id, command }): JsonBody<CommandRequest<CheckIn>>,
) -> Result<Json<Outcome>, FailedCall> {
    let context = context(&caller, id, command.at)?;
    answer(check_in_case::check_in(&state.store, context, command).await)
}

/// `POST /api/check-outs`
pub(super) async fn check_out(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    JsonBody(CommandRequest { id, command }): JsonBody<CommandRequest<CheckOut>>,
) -> Result<Json<Outcome>, FailedCall> {
    let context = context(&caller, id, command.at)?;
    answer(check_out_case::check_out(&state.store, context, command).await)
}

/// `POST /api/check-ins/undo`
pub(super) async fn undo_check_in(
    State(state): State<AppState>,
    Extension(caller): Extension<Caller>,
    JsonBody(CommandRequest { id, command }): JsonBody<CommandRequest<UndoCheckIn>>,
) -> Result<Json<Outcome>, FailedCall> {
    let context = context(&caller, id, command.at)?;
    answer(undo_case::undo_check_in(&state.store, context, command).await)
}

fn context(
    caller: &Caller,
    id: MessageId,
    at: Option<Millis>,
) -> Result<CommandContext, ErrorBody> {
    Ok(CommandContext {
        id,
        actor: caller.who.require()?.clone(),
        connection: None,
        message: None,
        at,
        permit: None,
    })
}

/// What came of a command, in the words that an `ack` uses on the socket.
fn answer(answer: Result<CommandAnswer, ErrorBody>) -> Result<Json<Outcome>, FailedCall> {
    Ok(Json(answer?.outcome))
}
