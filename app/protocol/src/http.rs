//! Requests and responses of the JSON API and the server functions.

use crate::{
    MessageId, Millis, ParticipantId, PlanId, Position, PracticeId, SessionId, UserId,
    account::Role, gym::MemberRef,
};
use serde::{Deserialize, Serialize};

/// `POST /api/auth/login`.
#[derive(Clone, Serialize, Deserialize)]
pub struct LoginRequest {
    /// The account's e-mail address.
    pub email: String,
    /// Its password.
    pub password: String,
}

impl std::fmt::Debug for LoginRequest {
    /// Names the account and hides the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoginRequest").field("email", &self.email).finish_non_exhaustive()
    }
}

/// The answer to login and refresh. Browsers get cookies; programs (requests without `Origin`)
/// get the tokens in the body as well.
#[derive(Clone, Serialize, Deserialize)]
pub struct LoginResponse {
    /// Who signed in.
    pub user: SignedIn,
    /// For `Authorization: Bearer`, valid for the minutes of the setting `auth.access_minutes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token: Option<String>,
    /// For `POST /api/auth/refresh`; every use returns a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
}

/// `POST /api/auth/refresh`; browsers send no body, their cookie is enough.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct RefreshRequest {
    /// The refresh token of a program.
    #[serde(default)]
    pub refresh_token: Option<String>,
}

/// The person behind a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    /// The account.
    pub id: UserId,
    /// The name to show.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// When the access ends unless it is refreshed.
    pub expires_at: Millis,
}

/// `POST /api/ws-ticket`.
#[derive(Clone, Serialize, Deserialize)]
pub struct TicketResponse {
    /// Valid for one `auth`, for the seconds of the setting `auth.ticket_seconds`.
    pub ticket: String,
}

/// `POST /api/guitar/sessions`.
#[derive(Clone, Serialize, Deserialize)]
pub struct SessionResponse {
    /// The session.
    pub session_id: SessionId,
    /// Six characters to type on a phone; the host allows each phone that comes this way.
    pub code: String,
    /// Joins as a player.
    pub secret: String,
    /// Belongs to the PC.
    pub host_secret: String,
}

/// `POST /api/guitar/join`: by code, or by session and secret.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct JoinRequest {
    /// The typed code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The session of a scanned link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// The secret of a scanned link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// What to call the device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
}

impl std::fmt::Debug for JoinRequest {
    /// Names the session and hides code and secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JoinRequest").field("session_id", &self.session_id).finish_non_exhaustive()
    }
}

/// The answer to a join.
#[derive(Clone, Serialize, Deserialize)]
pub struct JoinResponse {
    /// The session joined.
    pub session_id: SessionId,
    /// This phone's token; browsers get it as a cookie and nothing here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub participant: Option<String>,
    /// `performer`, `spectator`, or `waiting` for the host.
    pub role: Role,
}

/// What the stage shows so that a phone can join.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pairing {
    /// The session of this browser.
    pub session_id: SessionId,
    /// The six characters.
    pub code: String,
    /// When the code changes unless it is used.
    pub code_expires_at: Millis,
    /// The address to open on the phone, without its scheme.
    pub address: String,
    /// A link with the secret in its fragment, and the same as a QR code in SVG path syntax.
    pub link: String,
    /// Side of the QR code in modules.
    pub qr_size: usize,
    /// The QR code's dark modules as an SVG path in module units.
    pub qr_path: String,
    /// The server's clock when this was made.
    pub server_time: Millis,
    /// Set when no phone can reach the address (this server listens on loopback only).
    pub loopback_only: bool,
}

/// The guitar session that a phone's browser has joined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    /// The session.
    pub session_id: SessionId,
    /// This phone in it.
    pub participant: ParticipantId,
    /// What it acts as.
    pub role: Role,
}

/// One stored practice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PracticeRecord {
    /// The practice.
    pub id: PracticeId,
    /// When it began.
    pub started_at: Millis,
    /// When it ended; absent while it runs or stands.
    pub ended_at: Option<Millis>,
    /// Practised, pauses left out.
    pub elapsed_ms: Millis,
    /// Where it stands.
    pub status: crate::guitar::PracticeStatus,
    /// The chords played, in order of first use.
    pub chords: Vec<String>,
    /// How often the chord changed.
    pub changes: i64,
}

/// The practice page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PracticePage {
    /// The newest first.
    pub records: Vec<PracticeRecord>,
    /// More exist after these.
    pub more: bool,
    /// How many there are in all.
    pub total: i64,
    /// Practised in all.
    pub total_ms: Millis,
    /// The server's clock when this was read.
    pub server_time: Millis,
}

/// A member in the list and in the desk's search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberRow {
    /// Who.
    pub member: MemberRef,
    /// Telephone, when known.
    pub phone: Option<String>,
    /// E-mail, when known.
    pub email: Option<String>,
    /// The right to come in.
    pub standing: Standing,
    /// Plan, last day, visits left.
    pub membership: Option<crate::gym::Membership>,
    /// Since when the member is in.
    pub in_since: Option<Millis>,
    /// When the record was made.
    pub joined_at: Millis,
}

/// A member's right to come in today, derived from dates and never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// May come in.
    Active,
    /// May come in; ends within the setting `gym.ends_soon_days`.
    EndsSoon,
    /// Ended.
    Expired,
    /// Frozen.
    Frozen,
    /// No visits left.
    UsedUp,
    /// No subscription yet.
    None,
    /// Barred.
    Barred,
}

/// One page of members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberPage {
    /// The rows.
    pub rows: Vec<MemberRow>,
    /// How many match in all.
    pub total: i64,
    /// The page shown, from 1.
    pub page: u32,
    /// Rows per page.
    pub per_page: u32,
    /// Minutes that the gym's time is ahead of UTC now.
    pub utc_offset_minutes: i32,
}

/// A new member.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NewMember {
    /// The name, at least 2 characters.
    pub full_name: String,
    /// Telephone.
    #[serde(default)]
    pub phone: Option<String>,
    /// E-mail.
    #[serde(default)]
    pub email: Option<String>,
    /// The plan to begin with today.
    #[serde(default)]
    pub plan: Option<PlanId>,
}

/// A plan to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanRow {
    /// The plan.
    pub id: PlanId,
    /// Its name.
    pub name: String,
}

/// A page's data together with the position from which its topic goes on live.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AtPosition<T> {
    /// The data.
    pub data: T,
    /// It includes everything up to here.
    pub position: Position,
}

/// `POST /api/check-ins`: a check-in by a program, with its idempotency key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CommandRequest<C> {
    /// The idempotency key: the same id runs once.
    pub id: MessageId,
    /// The command.
    #[serde(flatten)]
    pub command: C,
}
