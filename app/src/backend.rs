//! The port to what the server knows, and the server functions over it. Pages call the functions;
//! on the server they reach the same use cases as the JSON API.
#![allow(
    missing_docs,
    reason = "the server macro makes structs of the arguments, with no place for docs"
)]

use leptos::{
    prelude::*,
    server_fn::codec::{Json, JsonEncoding},
};
use protocol::{
    ErrorBody, ErrorCode, Millis,
    gym::GymSnapshot,
    http::{
        AtPosition, JoinRequest, Joined, LoginRequest, MemberPage, MemberRow, NewMember, Pairing,
        PlanRow, PracticePage, SignedIn,
    },
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use uuid::Uuid;

/// Why a server function failed: the same typed error as everywhere, or the network's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{0}")]
pub struct Failure(pub ErrorBody);

impl From<ErrorBody> for Failure {
    fn from(body: ErrorBody) -> Self {
        Self(body)
    }
}

impl FromServerFnError for Failure {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        let sentence = match &error {
            ServerFnErrorErr::Request(_) => "The server cannot be reached. Try again in a moment.",
            _ => "The server could not answer. Try again in a moment.",
        };
        Self(ErrorBody::new(ErrorCode::Unavailable, sentence))
    }
}

/// What the server implements, bound to one request: it knows who asks and can set cookies.
#[async_trait::async_trait]
pub trait Backend: Send + Sync {
    /// Who is signed in.
    async fn signed_in(&self) -> Result<Option<SignedIn>, ErrorBody>;
    /// Signs in and sets the cookies.
    async fn sign_in(&self, request: LoginRequest) -> Result<SignedIn, ErrorBody>;
    /// Signs out here and closes this sign-in's sockets.
    async fn sign_out(&self) -> Result<(), ErrorBody>;
    /// The gym at one position of `checkins`.
    async fn gym(&self) -> Result<AtPosition<GymSnapshot>, ErrorBody>;
    /// At most 8 members whose name, number or phone matches.
    async fn find_members(&self, text: String) -> Result<Vec<MemberRow>, ErrorBody>;
    /// A page of members; `text` as above, everybody when empty.
    async fn members(&self, text: String, page: u32) -> Result<MemberPage, ErrorBody>;
    /// Creates a member with a generated number.
    async fn create_member(&self, member: NewMember) -> Result<MemberRow, ErrorBody>;
    /// The plans to choose from.
    async fn plans(&self) -> Result<Vec<PlanRow>, ErrorBody>;
    /// Renews a member's last plan from today or from its end.
    async fn renew(&self, member: Uuid) -> Result<MemberRow, ErrorBody>;
    /// This browser's guitar session as host, made when there is none.
    async fn host(&self) -> Result<Pairing, ErrorBody>;
    /// A fresh code for this browser's session.
    async fn new_code(&self) -> Result<Pairing, ErrorBody>;
    /// Joins a session as a phone and sets the cookie.
    async fn join(&self, request: JoinRequest) -> Result<Joined, ErrorBody>;
    /// The session that this browser has joined as a phone.
    async fn joined(&self) -> Result<Option<Joined>, ErrorBody>;
    /// Leaves it.
    async fn leave(&self) -> Result<(), ErrorBody>;
    /// This browser's practices, the newest first, begun before a moment.
    async fn practices(&self, before: Option<Millis>) -> Result<PracticePage, ErrorBody>;
}

/// The backend of this request.
#[cfg(feature = "ssr")]
fn backend() -> Result<SharedBackend, Failure> {
    use_context::<SharedBackend>().ok_or_else(|| {
        ErrorBody::new(ErrorCode::Unavailable, "No backend serves this request.").into()
    })
}

/// The backend as the server puts it into a request's context.
pub type SharedBackend = Arc<dyn Backend>;

/// Who is signed in.
#[server(prefix = "/fn", endpoint = "who", input = Json)]
pub async fn who() -> Result<Option<SignedIn>, Failure> {
    Ok(backend()?.signed_in().await?)
}

/// Signs in.
#[server(prefix = "/fn", endpoint = "sign_in", input = Json)]
pub async fn sign_in(request: LoginRequest) -> Result<SignedIn, Failure> {
    Ok(backend()?.sign_in(request).await?)
}

/// Signs out.
#[server(prefix = "/fn", endpoint = "sign_out", input = Json)]
pub async fn sign_out() -> Result<(), Failure> {
    Ok(backend()?.sign_out().await?)
}

/// The gym at one position of `checkins`.
#[server(prefix = "/fn", endpoint = "gym", input = Json)]
pub async fn gym() -> Result<AtPosition<GymSnapshot>, Failure> {
    Ok(backend()?.gym().await?)
}

/// At most 8 members whose name, number or phone matches.
#[server(prefix = "/fn", endpoint = "find_members", input = Json)]
pub async fn find_members(text: String) -> Result<Vec<MemberRow>, Failure> {
    Ok(backend()?.find_members(text).await?)
}

/// A page of members.
#[server(prefix = "/fn", endpoint = "members", input = Json)]
pub async fn members(text: String, page: u32) -> Result<MemberPage, Failure> {
    Ok(backend()?.members(text, page).await?)
}

/// Creates a member.
#[server(prefix = "/fn", endpoint = "create_member", input = Json)]
pub async fn create_member(member: NewMember) -> Result<MemberRow, Failure> {
    Ok(backend()?.create_member(member).await?)
}

/// The plans to choose from.
#[server(prefix = "/fn", endpoint = "plans", input = Json)]
pub async fn plans() -> Result<Vec<PlanRow>, Failure> {
    Ok(backend()?.plans().await?)
}

/// Renews a member's last plan.
#[server(prefix = "/fn", endpoint = "renew", input = Json)]
pub async fn renew(member: Uuid) -> Result<MemberRow, Failure> {
    Ok(backend()?.renew(member).await?)
}

/// This browser's guitar session as host.
#[server(prefix = "/fn", endpoint = "host", input = Json)]
pub async fn host() -> Result<Pairing, Failure> {
    Ok(backend()?.host().await?)
}

/// A fresh code for this browser's session.
#[server(prefix = "/fn", endpoint = "new_code", input = Json)]
pub async fn new_code() -> Result<Pairing, Failure> {
    Ok(backend()?.new_code().await?)
}

/// Joins a session as a phone.
#[server(prefix = "/fn", endpoint = "join", input = Json)]
pub async fn join(request: JoinRequest) -> Result<Joined, Failure> {
    Ok(backend()?.join(request).await?)
}

/// The session that this browser has joined as a phone.
#[server(prefix = "/fn", endpoint = "joined_session", input = Json)]
pub async fn joined_session() -> Result<Option<Joined>, Failure> {
    Ok(backend()?.joined().await?)
}

/// Leaves it.
#[server(prefix = "/fn", endpoint = "leave", input = Json)]
pub async fn leave() -> Result<(), Failure> {
    Ok(backend()?.leave().await?)
}

/// This browser's practices.
#[server(prefix = "/fn", endpoint = "practices", input = Json)]
pub async fn practices(before: Option<Millis>) -> Result<PracticePage, Failure> {
    Ok(backend()?.practices(before).await?)
}
