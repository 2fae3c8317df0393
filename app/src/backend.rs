//! The port to the server's use cases, and the server functions over it. Pages call the functions;
//! on the server they reach the same use cases as the JSON API.
#![allow(
    missing_docs,
    reason = "the server macro makes structs of the arguments, with no place for docs"
)]

use leptos::{
    prelude::*,
    server_fn::{Bytes, ContentType, Decodes, Encodes, Format, FormatType, codec::Post},
};
use protocol::{
    ErrorBody, ErrorCode, MemberId, Millis,
    gym::GymSnapshot,
    http::{
        AtPosition, JoinRequest, Joined, LoginRequest, MemberPage, MemberRow, NewMember, Pairing,
        PlanRow, PracticePage, SignedIn,
    },
};
use serde::{
    Deserialize, Serialize,
    de::{DeserializeOwned, Error as _},
};
use std::sync::Arc;

/// Why a server function failed: the same typed error as everywhere, or the network's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{0}")]
pub struct CallFailure(pub ErrorBody);

impl From<ErrorBody> for CallFailure {
    fn from(body: ErrorBody) -> Self {
        Self(body)
    }
}

impl FromServerFnError for CallFailure {
    type Encoder = JsonText;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        // An empty sentence means to pages that no server was reached.
        let sentence = match &error {
            ServerFnErrorErr::Request(_) => "",
            _ => "the answer could not be read",
        };
        Self(ErrorBody::new(ErrorCode::Unavailable, sentence))
    }
}

/// JSON that is read as text, like everything else that a browser gets: leptos' own encoding
/// reads bytes, for which a phone would download serde's readers a second time.
pub struct JsonText;

/// The arguments and the answer in the bodies of a `POST`.
type PostJson = Post<JsonText>;

impl ContentType for JsonText {
    const CONTENT_TYPE: &'static str = "application/json";
}

impl FormatType for JsonText {
    const FORMAT_TYPE: Format = Format::Text;
}

impl<T: Serialize> Encodes<T> for JsonText {
    type Error = serde_json::Error;

    fn encode(output: &T) -> Result<Bytes, Self::Error> {
        serde_json::to_vec(output).map(Bytes::from)
    }
}

impl<T: DeserializeOwned> Decodes<T> for JsonText {
    type Error = serde_json::Error;

    fn decode(bytes: Bytes) -> Result<T, Self::Error> {
        serde_json::from_str(std::str::from_utf8(&bytes).map_err(Self::Error::custom)?)
    }
}

/// The session that this browser has joined as a phone. The server reads it before it renders a phone's
/// page and puts it into the request's context, so that the phone need not have the code to wait for
/// a resource.
#[derive(Debug, Clone)]
pub struct JoinedSession(pub Option<Joined>);

/// What the server implements, bound to one request: it has the request's identity and can set
/// cookies.
#[async_trait::async_trait]
pub trait BackendPort: Send + Sync {
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
    /// A page of members; `text` as above, all members when empty.
    async fn members(&self, text: String, page: u32) -> Result<MemberPage, ErrorBody>;
    /// Creates a member with a generated number.
    async fn create_member(&self, member: NewMember) -> Result<MemberRow, ErrorBody>;
    /// The plans to choose from.
    async fn plans(&self) -> Result<Vec<PlanRow>, ErrorBody>;
    /// Renews a member's last plan from today or from its end.
    async fn renew(&self, member: MemberId) -> Result<MemberRow, ErrorBody>;
    /// This browser's guitar session as host, made when there is none.
    async fn host(&self) -> Result<Pairing, ErrorBody>;
    /// A fresh code for this browser's session.
    async fn new_code(&self) -> Result<Pairing, ErrorBody>;
    /// Joins a session as a phone and sets the cookie.
    async fn join(&self, request: JoinRequest) -> Result<Joined, ErrorBody>;
    /// Leaves it.
    async fn leave(&self) -> Result<(), ErrorBody>;
    /// This browser's practices, the newest first, begun before a moment.
    async fn practices(&self, before: Option<Millis>) -> Result<PracticePage, ErrorBody>;
}

/// The backend of this request.
#[cfg(feature = "ssr")]
fn backend() -> Result<SharedBackend, CallFailure> {
    use_context::<SharedBackend>().ok_or_else(|| {
        ErrorBody::new(ErrorCode::Unavailable, "No backend serves this request.").into()
    })
}

/// The backend as the server puts it into a request's context.
pub type SharedBackend = Arc<dyn BackendPort>;

/// Makes a server function of each line and a function of the same shape over it.
///
/// A refusal travels as a value with status 200: leptos 0.8 answers every error of a server
/// function with status 500, and a wrong code is no fault of the server. Only what prevents an
/// answer at all is an error of the call.
macro_rules! calls {
    ($($(#[doc = $doc:literal])* $name:ident, $wire:ident, $endpoint:literal => $method:ident($($arg:ident: $type:ty),*) -> $out:ty;)*) => {$(
        #[server(prefix = "/fn", endpoint = $endpoint, input = PostJson, output = PostJson)]
        async fn $wire($($arg: $type),*) -> Result<Result<$out, ErrorBody>, CallFailure> {
            Ok(backend()?.$method($($arg),*).await)
        }

        $(#[doc = $doc])*
        pub async fn $name($($arg: $type),*) -> Result<$out, CallFailure> {
            $wire($($arg),*).await?.map_err(CallFailure)
        }
    )*};
}

calls! {
    /// Who is signed in.
    who, call_who, "who" => signed_in() -> Option<SignedIn>;
    /// Signs in.
    sign_in, call_sign_in, "sign_in" => sign_in(request: LoginRequest) -> SignedIn;
    /// Signs out.
    sign_out, call_sign_out, "sign_out" => sign_out() -> ();
    /// The gym at one position of `checkins`.
    gym, call_gym, "gym" => gym() -> AtPosition<GymSnapshot>;
    /// At most 8 members whose name, number or phone matches.
    find_members, call_find_members, "find_members" => find_members(text: String) -> Vec<MemberRow>;
    /// A page of members.
    members, call_members, "members" => members(text: String, page: u32) -> MemberPage;
    /// Creates a member.
    create_member, call_create_member, "create_member" => create_member(member: NewMember) -> MemberRow;
    /// The plans to choose from.
    plans, call_plans, "plans" => plans() -> Vec<PlanRow>;
    /// Renews a member's last plan.
    renew, call_renew, "renew" => renew(member: MemberId) -> MemberRow;
    /// This browser's guitar session as host.
    host, call_host, "host" => host() -> Pairing;
    /// A fresh code for this browser's session.
    new_code, call_new_code, "new_code" => new_code() -> Pairing;
    /// Joins a session as a phone.
    join, call_join, "join" => join(request: JoinRequest) -> Joined;
    /// Leaves it.
    leave, call_leave, "leave" => leave() -> ();
    /// This browser's practices.
    practices, call_practices, "practices" => practices(before: Option<Millis>) -> PracticePage;
}
