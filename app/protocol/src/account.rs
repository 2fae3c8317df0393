//! Roles, permissions and credentials.

use crate::{ActorId, Millis};
use serde::{Deserialize, Serialize};

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
    /// Play notes and use the practice clock of a guitar session.
    PlayInSession,
    /// Let phones into a guitar session, change their roles and remove them.
    DecideAboutPhones,
}

impl Permission {
    /// Whether a signed-in account has it, as opposed to a seat in a guitar session.
    pub fn is_of_account(self) -> bool {
        match self {
            Self::SeeGym | Self::UseDesk | Self::SeeMembers | Self::EditMembers => true,
            Self::PlayInSession | Self::DecideAboutPhones => false,
        }
    }
}

impl Role {
    /// The roles that a staff account can have.
    pub const STAFF: [Self; 5] =
        [Self::Admin, Self::Manager, Self::Staff, Self::Trainer, Self::FrontDesk];

    /// Whether this role has `permission`. The one table behind pages, API and socket. Each role
    /// names what it may do, so a new permission is closed until a role names it.
    pub fn may(self, permission: Permission) -> bool {
        use Permission::{
            DecideAboutPhones, EditMembers, PlayInSession, SeeGym, SeeMembers, UseDesk,
        };
        let granted: &[Permission] = match self {
            Self::Admin => &[SeeGym, UseDesk, SeeMembers, EditMembers],
            Self::Manager => &[SeeGym, UseDesk, SeeMembers, EditMembers],
            Self::Staff => &[SeeGym, UseDesk, SeeMembers, EditMembers],
            Self::Trainer => &[SeeGym, SeeMembers],
            Self::FrontDesk => &[SeeGym, UseDesk, SeeMembers, EditMembers],
            Self::Player => &[],
            Self::Host => &[PlayInSession, DecideAboutPhones],
            Self::Performer => &[PlayInSession],
            Self::Spectator => &[],
            Self::Waiting => &[],
        };
        granted.contains(&permission)
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
    /// The id of the account or of the seat in a guitar session: `role` says which;
    /// absent when nothing was proved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<ActorId>,
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
