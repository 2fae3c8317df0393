//! Who a request or a connection acts as, as plain data. `auth` proves it.

use logic::permission::check_permission;
use protocol::{
    ErrorBody, GuestId, Millis, ParticipantId, SessionId, SignInId, UserId,
    account::{Identity, Permission, Role},
    http::{Joined, SignedIn},
};

/// A signed-in account: behind a request, behind a connection, and as the author of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StaffIdentity {
    /// The account.
    pub user: UserId,
    /// The row of this sign-in; revoking it ends everything that it opened.
    pub sign_in: SignInId,
    /// The name to show.
    pub name: String,
    /// The role as the account has it now, not as the token has it.
    pub role: Role,
    /// When the access behind it ends unless it is refreshed.
    pub expires_at: Millis,
}

impl StaffIdentity {
    /// Refuses an account whose role lacks `permission`.
    ///
    /// # Errors
    /// `not_allowed`.
    pub fn check_permission(&self, permission: Permission) -> Result<(), ErrorBody> {
        check_permission(Some(self.role), permission)
    }

    /// As it stands on the wire.
    pub fn on_the_wire(&self) -> Identity {
        Identity {
            user_id: Some(self.user.into()),
            role: self.role,
            expires_at: Some(self.expires_at),
        }
    }

    /// As pages show it.
    pub fn signed_in(&self) -> SignedIn {
        SignedIn {
            id: self.user,
            name: self.name.clone(),
            role: self.role,
            expires_at: self.expires_at,
        }
    }
}

/// Whose practice it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PracticeOwner {
    /// A browser without an account.
    Guest(GuestId),
    /// An account.
    User(UserId),
}

/// The PC of a guitar session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostIdentity {
    /// The session that it decides about.
    pub session: SessionId,
    /// Whose practice is counted; none when a program opened the session.
    pub owner: Option<PracticeOwner>,
}

/// A phone in a guitar session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParticipantIdentity {
    /// The session.
    pub session: SessionId,
    /// The phone in it.
    pub participant: ParticipantId,
    /// What it may do.
    pub role: Role,
    /// What to call it.
    pub device: String,
}

impl ParticipantIdentity {
    /// As the phone itself gets it.
    pub fn joined(&self) -> Joined {
        Joined { session_id: self.session, participant: self.participant, role: self.role }
    }
}
