//! Roles, permissions and credentials.

use crate::Millis;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a connection or request acts as. Staff roles come from the account, session roles from
/// the guitar session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    Admin,
    /// Runs the gym: everything but accounts and settings.
    Manager,
    /// Works on the floor and at the desk.
    Staff,
    /// Trains members: sees the dashboard and members, does not use the desk.
    Trainer,
    /// Works at the desk.
    FrontDesk,
    /// Has an account to keep practice in, and no part in the gym.
    Player,
    /// The PC of a guitar session: shows, sounds and decides who plays.
    Host,
    /// A phone that plays.
    Performer,
    /// A phone that watches.
    Spectator,
    /// A phone that typed the code and waits for the host's Allow.
    Waiting,
}

/// Something that a role may or may not do, the same for pages, API and socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// See the dashboard and follow `checkins`.
    SeeGym,
    /// Check members in and out, undo, override and renew.
    UseDesk,
    /// See the list of members.
    SeeMembers,
    /// Create members.
    EditMembers,
}

impl Role {
    /// The roles that a staff account can have.
    pub const STAFF: [Self; 5] =
        [Self::Admin, Self::Manager, Self::Staff, Self::Trainer, Self::FrontDesk];

    /// Whether this role has `permission`. The one table behind pages, API and socket.
    pub fn may(self, permission: Permission) -> bool {
        use Permission as P;
        match self {
            Self::Admin | Self::Manager | Self::Staff | Self::FrontDesk => true,
            Self::Trainer => matches!(permission, P::SeeGym | P::SeeMembers),
            Self::Player | Self::Host | Self::Performer | Self::Spectator | Self::Waiting => false,
        }
    }

    /// The name on the wire and in the database.
    pub fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Manager => "manager",
            Self::Staff => "staff",
            Self::Trainer => "trainer",
            Self::FrontDesk => "front_desk",
            Self::Player => "player",
            Self::Host => "host",
            Self::Performer => "performer",
            Self::Spectator => "spectator",
            Self::Waiting => "waiting",
        }
    }

    /// The name as a person reads it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Admin => "Admin",
            Self::Manager => "Manager",
            Self::Staff => "Staff",
            Self::Trainer => "Trainer",
            Self::FrontDesk => "Front desk",
            Self::Player => "Player",
            Self::Host => "Stage",
            Self::Performer => "Left hand",
            Self::Spectator => "Spectator",
            Self::Waiting => "Waiting",
        }
    }

    /// Reads a name as [`Role::name`] writes it.
    pub fn parse(name: &str) -> Option<Self> {
        let all = Self::STAFF.into_iter().chain([
            Self::Player,
            Self::Host,
            Self::Performer,
            Self::Spectator,
            Self::Waiting,
        ]);
        all.into_iter().find(|role| role.name() == name)
    }
}

/// Whom a connection acts for, as its `ack` or `welcome` states it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The account or guest, when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<Uuid>,
    /// What it acts as.
    pub role: Role,
    /// When the sign-in behind this connection ends unless it is renewed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Millis>,
}

/// The first thing a client proves. Exactly one field is set; none travels in a URL.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Credential {
    /// A single-use ticket from `POST /api/ws-ticket`.
    Ticket(String),
    /// A guitar session's secret: joins as a player.
    Secret(String),
    /// A guitar session's host secret: joins as the PC.
    HostSecret(String),
    /// A participant's token from `POST /api/guitar/join`.
    Participant(String),
}

impl std::fmt::Debug for Credential {
    /// Names the kind and hides the value, so that no log can hold a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Ticket(_) => "Ticket(…)",
            Self::Secret(_) => "Secret(…)",
            Self::HostSecret(_) => "HostSecret(…)",
            Self::Participant(_) => "Participant(…)",
        })
    }
}
